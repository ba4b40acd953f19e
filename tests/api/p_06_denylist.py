#!/usr/bin/env python3
"""Whom the operator refuses: configured and set by PUT /denylist, at once, at every worker, over restarts, and with what reason shown to whom."""
import concurrent.futures
import hashlib
import json
import signal
import subprocess
import tempfile

from daemon import ATTEST, BUILD, Daemon, b64u, check, done, evidence, unb64u, until
from manage import Manager, Signer

body, ARK = evidence()
LIST = "/denylist"
report = unb64u(json.loads(unb64u(body["report"]))["SnpReport"])
CHIP, MEASUREMENT = report[0x1A0:0x1E0].hex(), report[0x90:0xC0].hex()
TOKENS = {"reader": "reader-0123456789abcdef", "contributor": "contributor-0123456789"}


def entry(kind, value, reason=None):
    return {"kind": kind, "value": value, **({"reason": reason} if reason else {})}


def put(m, *entries):
    return m.ask("PUT", LIST, json.dumps({"entries": entries}), "application/json")


def denied(a, kind):
    """Is it a rejection of this kind, and of nothing else?"""
    failed = [c for c in a.json()["error"]["checks"] if c["outcome"] == "fail"] if a.status == 400 else []
    return [c["id"] for c in failed] == ["deny." + kind] and failed[0]["found"] and f"deny.{kind} (" in a.json()["error"]["message"]


with tempfile.TemporaryDirectory() as folder:
    signer = Signer(folder, "signer")
    config = "workers: {verify: 3}\nisolated: {freshness: required}\ntokens:\n" + "".join(
        f"  - {{name: {n}, sha256: {hashlib.sha256(t.encode()).hexdigest()}, role: {n}}}\n" for n, t in TOKENS.items()) + f"""
deny:
  - {{kind: fmspc, value: '00906ED50000', reason: for everybody}}
providers:
  - {{name: first}}
  - {{name: second, deny: [{{kind: product, value: mIlAn, reason: seeds are public}}, {{kind: advisory, value: INTEL-SA-00615}}]}}
  - {{name: third, trust_model: Isolated, policy_signers: [{signer.pem}]}}
"""
    state = folder + "/daemon"
    subprocess.run(["mkdir", "-m", "700", state], check=True)
    with Daemon(config=config, folder=state) as d:
        m, second = Manager(d, "first"), Manager(d, "second")
        at = "/p/first" + ATTEST
        attest = lambda headers=None: d.attest(body, headers, at)
        configured = [entry("fmspc", "00906ED50000", "for everybody")]
        a = m.ask("GET", LIST)
        check(a.status == 200 and a.json() == {"entries": [], "configured": configured}, "a list that was never set", a.body)
        check(second.ask("GET", LIST).json()["configured"] == configured + [
            entry("product", "mIlAn", "seeds are public"), entry("advisory", "INTEL-SA-00615")], "what the configuration names, for both")
        check(attest().status == 200, "nobody is denied by what does not apply")

        a = d.attest(body, path="/p/second" + ATTEST)
        check(denied(a, "product"), "denied by the provider's configuration", a.body)
        check(b"seeds" not in a.body and b"expected" not in a.body, "the reason is the operator's", a.body)
        a = d.attest(body, {"Authorization": "Bearer " + TOKENS["reader"]}, "/p/second" + ATTEST)
        shown = [c for c in a.json()["error"]["checks"] if c["id"] == "deny.product"][0]
        check(shown["expected"].endswith("seeds are public") and shown["found"] == "Milan", "and readers'", shown)

        # At once, and at every worker: as many requests at a time as keep all of them busy.
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            for i in range(4):
                a = put(m, entry("chip-id", CHIP.upper(), "stolen"), entry("signer", "00" * 32))
                check(a.status == 200 and a.json()["entries"] == [entry("chip-id", CHIP, "stolen"), entry("signer", "00" * 32)] and
                      a.json()["setBy"] == "administrator", f"set, round {i}", a.body)
                answers = list(pool.map(lambda _: attest(), range(24)))
                check(all(denied(x, "chip-id") for x in answers), f"denied everywhere, round {i}", [x.status for x in answers])
                check(put(m).status == 200, f"cleared, round {i}")
                answers = list(pool.map(lambda _: attest(), range(24)))
                check(all(x.status == 200 for x in answers), f"permitted everywhere, round {i}", [x.status for x in answers])
        check(d.attest(body, path="/p/third" + ATTEST).status == 200, "other providers have their own lists")
        check(put(second).status == 200 and denied(d.attest(body, path="/p/second" + ATTEST), "product"),
              "an empty list takes nothing away from the configuration")
        a = put(Manager(d, "third"), entry("measurement", MEASUREMENT))
        check(a.status == 200 and denied(d.attest(body, path="/p/third" + ATTEST), "measurement"), "an Isolated provider's needs a role, no signature", a.body)

        kept = [entry("product", "Milan", 'quoted "and" \u00fc')]
        check(put(m, *kept).status == 200, "a list to keep")
        for text, code, part in (
                ('', "InvalidParameter", "deny-list"), ('[]', "InvalidParameter", "entries"), ('{"entries":[],"x":1}', "InvalidParameter", "nothing else"),
                ('{"entries":[{"kind":"chip-id","value":"' + "a" * 127 + '"}]}', "InvalidParameter", "entries[0]: value of chip-id"),
                ('{"entries":[{"kind":"product","value":"Milan"},{"kind":"moon","value":"x"}]}', "InvalidParameter", "entries[1]: kind: found \\\"moon\\\""),
                ('{"entries":[{"kind":"product","value":"Milan","value":"Genoa"}]}', "InvalidParameter", "deny-list"),
                (json.dumps({"entries": [entry("product", "Milan")] * 4097}), "RequestTooLarge", "4097 entries")):
            a = m.ask("PUT", LIST, text, "application/json")
            check(a.status in (400, 413) and a.code() == code and part.encode() in a.body, f"refused: {text[:50]}", a.body)
            check(m.ask("GET", LIST).json()["entries"] == kept, "and nothing changed")
        a = m.announce("PUT", LIST, 2 ** 20 + 1, "application/json")
        check(a.status == 413 and a.code() == "RequestTooLarge" and b"1048577 bytes" in a.body, "refused: one byte too many", a.body)
        check(m.ask("GET", LIST).json()["entries"] == kept, "and nothing changed by that either")
        a = m.ask("PUT", LIST, '{"entries":[]}', "text/plain")
        check(a.status == 415, "a media type that is not JSON", a.body)
        a = put(m, *[entry("product", "Milan")] * 4096)
        check(a.status == 200 and len(a.json()["entries"]) == 4096, "as many entries as are accepted", a.status)
        a = m.ask("PUT", LIST, '{"entries":[]' + " " * (2 ** 20 - 14) + '}', "application/json")
        check(a.status == 200, "as many bytes as are accepted", a.body)
        for n in TOKENS:
            a = put(Manager(d, "first", TOKENS[n]), *kept)
            check(a.status == (200 if n == "contributor" else 401), f"set as {n}", a.body)
        audit = [r for r in d.audit() if r["action"] == "denylist.set"]
        check(audit[0]["caller"] == "administrator" and audit[0]["status"] == 200 and audit[0]["statementHash"] ==
              b64u(hashlib.sha256(json.dumps({"entries": [entry("chip-id", CHIP, "stolen"), entry("signer", "00" * 32)]}, separators=(",", ":")).encode()).digest()),
              "recorded, with the hash of the list", audit[0])
        check({r["status"] for r in audit} == {200, 400, 401, 413} and audit[-1]["provider"] == "first", "refusals too", {r["status"] for r in audit})

        # A configuration that is read again.
        d.config.write_text(config.replace("deny:\n", "deny:\n  - {kind: measurement, value: " + MEASUREMENT + "}\n"))
        d.process.send_signal(signal.SIGHUP)
        failed = lambda: {c["id"] for c in d.attest(body, path="/p/second" + ATTEST).json()["error"]["checks"] if c["outcome"] == "fail"}
        check(until(lambda: failed() == {"deny.product", "deny.measurement"}), "SIGHUP brings the configured list up to date", failed())
        d.process.kill()
        d.wait_exit()

    with Daemon(config=config, folder=state) as d:
        a = Manager(d, "first").ask("GET", LIST).json()
        check(a["entries"] == kept and a["setBy"] == "contributor", "the list survives a kill", a)
        check(denied(d.attest(body, path="/p/first" + ATTEST), "product"), "and denies from the first request on")

    for bad, part in (("{kind: moon, value: x}", 'deny[1].kind: found "moon"'), ("{kind: ppid, value: abc}", "deny[1]: value of ppid: found \"abc\", want 32"),
                      ("{kind: ppid}", 'deny[1]: key "value" is missing'), ("{kind: product, value: Milan, until: 2027}", 'unknown key "until"')):
        for text in (f"deny:\n  - {{kind: product, value: Milan}}\n  - {bad}\n", f"providers:\n  - name: one\n    deny:\n    - {{kind: product, value: Milan}}\n    - {bad}\n"):
            path = folder + "/bad.yaml"
            open(path, "w").write(text)
            r = subprocess.run([BUILD / "attestd", "--config", path, "--print-config"], capture_output=True, text=True)
            check(r.returncode != 0 and part in r.stderr and "line " in r.stderr, f"a configuration with {bad} is refused", r.stderr)
done()

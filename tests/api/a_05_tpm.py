#!/usr/bin/env python3
"""POST /attest/Tpm: both rounds, who may, what a wrong message is told, and reference values at start and on SIGHUP."""
import json
import signal
import tempfile
import time

from daemon import VECTORS, Daemon, b64u, check, claims, done, header, skip, unb64u
from manage import Manager, unsigned, policy
from tpmkit import INIT, PERMIT, POLICY, READS, TOKENS, TpmMaker, challenge, opened, path

CONFIG = TOKENS + """
workers: {verify: 2}
providers:
- {name: first}
- {name: open, tpm_attestation_authentication: Disabled}
"""


def data(text):
    return {"data": b64u(text if isinstance(text, bytes) else text.encode())}


# Bodies that are neither message: what is sent, part of what is answered.
WRONG = [
    ("no member data", {}, "data"),
    ("data is a number", {"data": 1}, "data"),
    ("data is not base64url", {"data": "$$$"}, "data"),
    ("data is empty", {"data": ""}, ""),
    ("no JSON inside", data("payload"), ""),
    ("not an object inside", data("[]"), ""),
    ("payload is a list", data('{"payload":[]}'), "payload"),
    ("no type", data('{"payload":{}}'), "type"),
    ("another type", data('{"payload":{"type":"aikpub"}}'), "aikcert"),
    ("type in capitals", data('{"payload":{"type":"AIKCERT"}}'), "aikcert"),
    ("type and request", data('{"payload":{"type":"aikcert","request":"a.b.c"}}'), ""),
    ("request is no JWS", data('{"payload":{"request":"a"}}'), ""),
    ("request is a number", data('{"payload":{"request":1}}'), "request"),
    ("a member twice", data('{"payload":{"type":"aikcert","type":"aikcert"}}'), ""),
    ("a TPM evidence file", {"type": "Tpm", "nonce": "AA", "akPub": "AA", "quotes": [], "pcrs": {}, "logs": []}, "data"),
    ("a TPM evidence file in data", data('{"type":"Tpm","nonce":"AA","akPub":"AA","quotes":[],"pcrs":{},"logs":[]}'), ""),
    ("no JSON at all", b"\xff\x54\x43\x47", ""),
]


def shape(answer):
    """What a client sees of an answer to message 1, without its random parts."""
    inner = opened(answer)
    return {"outer": sorted(answer.json()), "inner": sorted(inner), "challenge": len(unb64u(inner["challenge"])),
            "padding": "=" in answer.json()["data"] + inner["challenge"] + inner["service_context"],
            "media": answer.headers["content-type"].split(";")[0]}


with Daemon(config=CONFIG) as d, TpmMaker() as maker:
    admin = Manager(d, "first")
    a = d.attest(INIT, READS, path("first"))
    first = shape(a)
    check(a.status == 200 and first == {"outer": ["data"], "inner": ["challenge", "service_context"], "challenge": 16,
                                        "padding": False, "media": "application/json"}, "message 1 gets a challenge", a.body)
    recorded = VECTORS / "tpm" / "maa" / "attest-tpm-init-recorded.json"
    if recorded.exists():
        pair = json.loads(recorded.read_text())["requests"][0]
        a = d.attest(pair["body"], READS, path("first").replace("2022-08-01", "2020-10-01"))
        inner = json.loads(unb64u(pair["response_body"]["data"]))["payload"]
        check(a.status == pair["response_status"] and sorted(pair["response_body"]) == first["outer"] and
              sorted(inner) == first["inner"] and len(unb64u(inner["challenge"])) == first["challenge"] and
              opened(a)["challenge"] != inner["challenge"], "the recorded message 1, answered in the recorded shape", a.body)
    else:
        skip("the recorded message 1", "no vectors")
    a = d.attest(data('{"type":"aikcert"}'), READS, path("first"))
    check(a.status == 200 and shape(a) == first, "message 1 without its wrapping", a.body)

    for name, body, part in WRONG:
        a = d.attest(body, READS, path("first"))
        check(a.status == 400 and a.code() == "InvalidParameter" and part in a.json()["error"]["message"], name, a.body[:400])

    a = d.attest(data('{"payload":' + "[" * 1000), READS, path("first"))
    check(a.status in (400, 413), "nesting bomb", a.body[:400])

    # Who may.
    for name, headers, want in [("nobody", {}, 401), ("a reader", READS, 200), ("an unknown bearer", {"Authorization": "Bearer x"}, 401),
                                ("the administrator", {"Authorization": "Bearer " + admin.bearer}, 200)]:
        a = d.attest(INIT, headers, path("first"))
        check(a.status == want and (want == 200 or a.headers.get("www-authenticate") == "Bearer"), f"{name}: {want}",
              (a.status, a.headers))
    a = d.attest(maker.message(challenge(d, "first")), {}, path("first"))
    check(a.status == 401 and "tpm_attestation_authentication" in a.json()["error"]["message"], "message 2 needs the bearer too", a.body)
    check(d.attest(INIT, {}, path("open")).status == 200, "a provider with Disabled wants none")
    a = d.attest(INIT, {"Authorization": "Bearer x"}, path("open"))
    check(a.status == 401, "but refuses a bad one", a.body)

    # Message 2.
    a = d.attest(maker.message(challenge(d, "first")), READS, path("first"))
    check(a.status == 400 and a.code() == "PolicyEvaluationError", "without a policy nothing is permitted", a.body)
    for provider in ("first", "open"):
        got = Manager(d, provider).claims("PUT", POLICY, unsigned(policy(PERMIT)))
        check(got.get("x-ms-policy-result") == "Updated", f"{provider}: a policy that asks for no AK certificate", got)
    before = time.time()
    a = d.attest(maker.message(challenge(d, "first")), READS, path("first"))
    token = opened(a).get("report") if a.status == 200 else None
    check(token and set(a.json()) == {"data"}, "message 2 gets a report", a.body)
    if token:
        c, h = claims(token), header(token)
        check(h["alg"] == "RS256" and h["typ"] == "JWT" and "x5c" in h and "jku" not in h, "its header is that of Tpm tokens", h)
        check(c["iss"].endswith("/p/first") or c["iss"], "its issuer is the provider's", c)
        check(c["exp"] - c["iat"] == 86400 and c["iat"] - c["nbf"] == 300 and before - 2 < c["iat"] < time.time() + 2,
              "a day, from 300 seconds before", c)
        check(c["nonce"] == c["rp_data"] == "cnAtZGF0YQ" and c["cnf"]["jwk"]["kty"] == "RSA" and len(c["jti"]) == 40, "rp_data and the key", c)
        check(c["x-ms-attestation-type"] == "tpm" and c["ver"] == c["x-ms-ver"] == "1.0", "type and version", c)
        check(c.get("aikValidated") is False, "what the policy issues", c)
    short = PERMIT.replace("issuancerules{", 'issuancerules{=> issueproperty(type="report_validity_in_minutes", value=5);'
                           '=> issueproperty(type="omit_x5c", value=true);')
    admin.claims("PUT", POLICY, unsigned(policy(short)))
    a = d.attest(maker.message(challenge(d, "first")), READS, path("first"))
    c, h = (claims(opened(a)["report"]), header(opened(a)["report"])) if a.status == 200 else ({}, {})
    check(c and c["exp"] - c["iat"] == 300 and "x5t" in h and "x5c" not in h, "life and certificates as the policy says", a.body)
    a = d.attest(maker.message(challenge(d, "first")), READS, path("first") + "&explain=true")
    check(a.status == 200 and set(a.json()) == {"data", "explain"}, "explain=true for a reader", a.body[:300])
    admin.claims("PUT", POLICY, unsigned(policy(PERMIT)))

    # A quote that carries something else: the check is named.
    for provider, headers in (("open", {}), ("first", READS)):
        a = d.attest(maker.message(challenge(d, provider, headers), extra=b64u(b"other nonce")), headers, path(provider))
        bad = [x for x in a.json()["error"].get("checks", []) if x["outcome"] == "fail"]
        check(a.status == 400 and bad and bad[0]["id"] == "tpm.quote.nonce", "another nonce is refused by its check", a.body[:600])
    a = d.attest(maker.message(challenge(d, "first")), READS, path("first"))
    records = [r for r in d.audit() if r["type"] == "Tpm"]
    check(records and records[-1]["verdict"] == "permitted" and records[-1]["tokenSha256"] and records[-1]["caller"] == "reader",
          "message 2 is in the audit log", records[-1:])
    check(any(r.get("failedCheck") == "tpm.quote.nonce" for r in records), "with the check that failed")
    given = len(d.audit())
    d.attest(INIT, READS, path("first"))
    check(len(d.audit()) == given, "a challenge is no decision")
    metrics = d.ask("GET", "/metrics").body.decode()
    counted = {s: int(line.split()[-1]) for s in ("issued", "used", "refused") for line in metrics.splitlines()
               if line.startswith(f'attestd_challenges_total{{state="{s}"}}')}
    check(counted.get("issued", 0) > 9 and counted.get("used", 0) >= 4, "challenges are counted", counted)

# Reference values.
with tempfile.TemporaryDirectory() as folder:
    names, digests = folder + "/names.txt", folder + "/digests.txt"
    open(names, "w").write("# known\n000b" + "ab" * 32 + "\n")
    open(digests, "w").write("sha256:" + "cd" * 32 + " /usr/bin/true\n")
    config = TOKENS + f"workers: {{verify: 1}}\nmeasured_boot: {{ak_names: [{names}], code_digests: [{digests}]}}\n"

    def refused(config):
        try:
            with Daemon(config=config) as d:
                return "started"
        except RuntimeError as why:
            return str(why)

    with Daemon(config=config) as d:
        check(any("measured-boot.read" in line and "files=2" in line for line in d.log), "reference values are read", d.log)
        check(d.attest(INIT, READS, path()).status == 200, "and the daemon serves")
        open(names, "a").write("not a name\n")
        d.process.send_signal(signal.SIGHUP)
        line = d.wait_log("reload.refused")
        check(line and names in line and "line 3" in line, "a bad file on SIGHUP is refused by file and line", line)
        check(d.attest(INIT, READS, path()).status == 200, "and the daemon goes on")
        open(names, "w").write("000b" + "ef" * 32 + "\n")
        d.process.send_signal(signal.SIGHUP)
        check(d.wait_log("reloaded") and d.attest(INIT, READS, path()).status == 200, "a good one is taken")
    open(digests, "w").write("sha256:" + "cd" * 32 + "\nsha256:xyz\n")
    text = refused(config)
    check(digests in text and "line 2" in text, "a bad file at start too", text)
    text = refused(config.replace(names, "/nonexistent/names"))
    check("measured_boot.ak_names" in text and "/nonexistent/names" in text, "a missing one", text)
done()

#!/usr/bin/env python3
"""attest policy check, eval, hash, wrap, diff and suggest: exit codes, text, and the shape of their JSON."""
import base64
import json
import pathlib
import subprocess

from command import BAD, GOOD, UNUSABLE, Folder, at_clock, attest, check, evidence_files, expect
from daemon import CLOCK, REPO, VECTORS, b64u, done, flipped, skip, unb64u

REQUEST, REPORT, CHAIN, ARK = evidence_files()
PERMIT = 'version=1.0;\nauthorizationrules\n{\n\tc:[type=="a", value==true] => permit();\n};\n'
RULES = ('version=1.0;authorizationrules{[type=="vmpl",value!=0]=>deny();c:[type=="name"]=>permit();};'
         'issuancerules{c:[type=="name"]=>issue(claim=c);};')

with Folder() as f:
    good, bad = f.file("good.txt", PERMIT), f.file("bad.txt", PERMIT.replace("=> permit", "=> alow").replace("==true", "=true"))
    jws = f.file("good.jws", attest("policy", "wrap", good).out)

    r = expect(GOOD, "check", "policy", "check", "--format", "json", good, err="")
    v = r.json()
    check(set(v) == {"ok", "hash", "problems"} and v["ok"] is True and len(v["hash"]) == 43, "check: JSON", r)
    r = expect(BAD, "check: a bad one", "policy", "check", "--format", "json", bad, err="")
    members = {"severity", "id", "line", "column", "message", "expected", "found", "rule", "sourceLine"}
    v = r.json()
    check(v["ok"] is False and len(v["problems"]) == 2 and
          all(members <= set(p) <= members | {"hint"} and p["severity"] == "error" and p["line"] == 4 and
              p["sourceLine"].strip() == 'c:[type=="a", value=true] => alow();' for p in v["problems"]), "check: all problems", r)
    r = expect(BAD, "check: text", "policy", "check", bad, out="2 errors, 0 warnings")
    lines = r.out.splitlines()
    caret = next(i for i, line in enumerate(lines) if line.strip() == "^")
    check("alow" in r.out and "hint" in r.out and lines[caret].expandtabs()[:6] == "      " and
          lines[caret - 1].expandtabs()[len(lines[caret].expandtabs()) - 1] == "=", "check: the caret stands under it", r)
    expect(GOOD, "check: warnings are no errors", "policy", "check", f.file("w", "version=1.0;authorizationrules{=>permit();};"),
           out="0 errors, 1 warning\n")
    expect(GOOD, "check: a policy JWS", "policy", "check", jws, out="0 errors")
    expect(GOOD, "check: standard input", "policy", "check", "-", stdin=PERMIT, out="0 errors")
    expect(BAD, "check: an empty file", "policy", "check", f.file("empty", ""))
    expect(BAD, "check: what is no text", "policy", "check", REPORT, out="not UTF-8")
    expect(UNUSABLE, "check: a broken JWS", "policy", "check", f.file("bad.jws", "eyJhbGciOiJub25lIn0.e30."), out="")

    claims = f.file("claims.json", '{"name":"me","vmpl":0}')
    rules = f.file("rules.txt", RULES)
    r = expect(GOOD, "eval", "policy", "eval", "--format", "json", "--claims", claims, rules, err="")
    v = r.json()
    check(set(v) == {"decision", "outgoing", "properties", "added", "rules", "steps"} and v["decision"] == "permit" and
          v["outgoing"] == {"name": "me"}, "eval: JSON", r)
    check([x["fired"] for x in v["rules"]] == [False, True, True] and v["rules"][0]["why"] and
          v["rules"][1]["bound"] == [{"identifier": "c", "claims": [
              {"type": "name", "value": "me", "issuer": "AttestationService"}]}], "eval: rules and what they bound", v["rules"])
    r = expect(GOOD, "eval: text", "policy", "eval", "--claims", claims, rules, out='        c: name = "me"\n')
    check("condition 1 did not hold" in r.out and r.out.startswith("✔ permit\n"), "eval: what did not fire, and why", r)
    r = expect(BAD, "eval: denied", "policy", "eval", "--claims", f.file("c", '{"name":"me","vmpl":2}'), rules,
               out="✗ deny: A Deny claim was issued, authorization failed.")
    check("        vmpl = 2\n" in r.out, "eval: the claim that denied", r)
    expect(BAD, "eval: not permitted", "policy", "eval", "--claims", f.file("c", "{}"), rules, out="✗ no-permit")
    expect(BAD, "eval: an evaluation error", "policy", "eval", "--claims", claims, f.file("e", 'version=1.2;authorizationrules{'
           'c:[type=="name"]=>add(type="b",value=NegateBool(c.value));=>permit();};'), out="✗ error: line 1: ")
    long = f.file("c", json.dumps({"name": "x" * 1000, "vmpl": 0}))
    check("…" in expect(GOOD, "eval: a long value", "policy", "eval", "--claims", long, rules).out, "eval: is cut")
    expect(GOOD, "eval: a policy JWS", "policy", "eval", "--claims", f.file("c", '{"a":true}'), jws)
    expect(GOOD, "eval: claims from standard input", "policy", "eval", "--claims", "-", good, stdin='[{"type":"a","value":true}]')
    expect(UNUSABLE, "eval without --claims", "policy", "eval", rules, out="", err="wants --claims")
    expect(UNUSABLE, "eval: claims that are none", "policy", "eval", "--claims", good, rules, out="", err="claims: ")
    expect(UNUSABLE, "eval: a policy that does not parse", "policy", "eval", "--claims", claims, bad, out="",
           err="Policy Parser Exception")

    expect(GOOD, "hash", "policy", "hash", "-", stdin="version= 1.0;authorizationrules{=> permit();};",
           out="9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco\n", err="")
    v = attest("policy", "check", "--format", "json", jws).json()
    check(attest("policy", "hash", good).out == v["hash"] + "\n", "hash: of a JWS's text, check shows it")

    head, payload, signature = jws.read_text().strip().split(".")
    check(unb64u(head) == b'{"alg":"none"}' and signature == "" and
          json.loads(unb64u(payload)) == {"AttestationPolicy": b64u(PERMIT.encode())}, "wrap: unsigned", jws.read_text())
    key, cert, other = (pathlib.Path(f.name) / n for n in ("key.pem", "cert.pem", "other.pem"))
    for k, c in ((key, cert), (other, pathlib.Path(f.name) / "other-cert.pem")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", k,
                        "-out", c, "-subj", "/CN=policy signer", "-days", "10"], check=True, capture_output=True)
    r = expect(GOOD, "wrap: signed", "policy", "wrap", good, "--key", key, "--cert", cert, err="")
    head, payload, signature = r.out.strip().split(".")
    der = subprocess.run(["openssl", "x509", "-in", cert, "-outform", "DER"], check=True, capture_output=True).stdout
    check(json.loads(unb64u(head))["alg"] == "ES256" and len(unb64u(signature)) == 64 and
          json.loads(unb64u(head))["x5c"] == [base64.b64encode(der).decode()], "wrap: header and signature", r)
    expect(GOOD, "wrap: a signed one can be checked", "policy", "check", "-", stdin=r.out, out="0 errors")
    expect(UNUSABLE, "wrap: a key without certificate", "policy", "wrap", good, "--key", key, out="", err="belong together")
    expect(UNUSABLE, "wrap: a certificate without key", "policy", "wrap", good, "--cert", cert, out="", err="belong together")
    expect(UNUSABLE, "wrap: another key's certificate", "policy", "wrap", good, "--key", other, "--cert", cert, out="",
           err="not of the signing key")
    expect(UNUSABLE, "wrap: a key that is none", "policy", "wrap", good, "--key", good, "--cert", cert, out="")

    same = f.file("same.txt", 'version=1.0; // the same\nauthorizationrules{x:[value==true,type=="a"]=>permit();};')
    expect(GOOD, "diff: the same meaning", "policy", "diff", good, same, out="the rules mean the same")
    expect(GOOD, "diff: with itself as a JWS", "policy", "diff", good, jws, err="")
    changed = f.file("changed.txt", PERMIT.replace("};", '\t[type=="b"] => deny();\n};'))
    r = expect(BAD, "diff: a rule more", "policy", "diff", good, changed, out=f'+ {changed}:5: [type=="b"] => deny();\n')
    expect(BAD, "diff: a rule less", "policy", "diff", changed, good, out=f'- {changed}:5: [type=="b"] => deny();\n')
    a, b = f.file("a.json", '{"a":true,"b":1}'), f.file("b.json", '{"a":true}')
    r = expect(BAD, "diff: decisions", "policy", "diff", "--claims", a, "--claims", b, good, changed,
               out=f"{a}: permit becomes deny\n")
    check(f"{b}: permit\n" in r.out, "diff: decisions that stay", r)
    r = expect(BAD, "diff: JSON", "policy", "diff", "--format", "json", "--claims", a, good, changed, err="")
    v = r.json()
    check(v["equal"] is False and v["from"]["rules"] == 1 and v["to"]["rules"] == 2 and
          [s["section"] for s in v["sections"]] == ["configurationrules", "authorizationrules", "issuancerules"] and
          v["sections"][1]["added"] == [{"line": 5, "rule": '[type=="b"] => deny();'}] and
          len(v["sections"][1]["unchanged"]) == 1 and v["sections"][1]["removed"] == [] and
          v["decisions"][0]["from"] == "permit" and v["decisions"][0]["to"] == "deny", "diff: JSON members", r)
    expect(UNUSABLE, "diff: one that does not parse", "policy", "diff", good, bad, out="", err="to: ")
    expect(UNUSABLE, "diff: claims that are none", "policy", "diff", "--claims", good, good, same, out="", err="claims[0]: ")

    r = expect(GOOD, "suggest", "policy", "suggest", *at_clock(REQUEST), out="\nversion=1.0;\n", err="only because of --anchors")
    suggested = f.file("suggested.txt", r.out)
    r = expect(GOOD, "suggest: it is a good policy", "policy", "check", suggested, out="0 errors, 0 warnings")
    expect(GOOD, "suggest: it permits this evidence", "verify", *at_clock("--policy", suggested, REQUEST), out="permitted")
    seen = attest("verify", "--format", "json", *at_clock(REQUEST)).json()["claims"]
    for claim, value in (("x-ms-sevsnpvm-launchmeasurement", "00" * 48), ("x-ms-sevsnpvm-is-debuggable", True),
                         ("x-ms-sevsnpvm-vmpl", 1), ("x-ms-sevsnpvm-snpfw-svn", 1), ("x-attestd-snp-product", "Genoa"),
                         ("x-attestd-snp-signing-key", "VLEK"), ("x-ms-sevsnpvm-migration-allowed", True),
                         ("x-ms-sevsnpvm-idkeydigest", "00" * 48)):
        changed = f.file("c", json.dumps({**seen, claim: value}))
        expect(BAD, f"suggest: another {claim} is denied", "policy", "eval", "--claims", changed, suggested, out="✗ deny")
        expect(BAD, f"suggest: without {claim} nothing is permitted", "policy", "eval", "--claims",
               f.file("c", json.dumps({k: x for k, x in seen.items() if k != claim})), suggested, out="✗ no-permit")
    expect(GOOD, "suggest: a raw report", "policy", "suggest", *at_clock("--certs", CHAIN, REPORT), out="version=1.0;")
    expect(BAD, "suggest: evidence that is rejected", "policy", "suggest", "--at", CLOCK, REQUEST, out="", err="rejected")
    expect(BAD, "suggest: damaged evidence", "policy", "suggest",
           *at_clock(f.file("flipped", json.dumps(flipped(json.loads(REQUEST.read_text()), 0x90)))), out="", err="hint: ")
    expect(UNUSABLE, "suggest: evidence that cannot be decided", "policy", "suggest", *at_clock(REPORT), out="", err="undecided")
    expect(UNUSABLE, "suggest: what is no evidence", "policy", "suggest", *at_clock(good), out="")

    real = VECTORS / "snp" / "v3-milan-aci.report.bin"
    if real.exists():
        r = expect(GOOD, "suggest: a real report", "policy", "suggest", "--at", "2026-03-31T12:00:00Z", "--allow", "no-crl",
                   "--certs", VECTORS / "snp" / "v3-milan-aci.vcek.pem", "--certs", VECTORS / "snp" / "milan_ask_ark_asvk.pem",
                   real, out="x-ms-sevsnpvm-hostdata")
    else:
        skip("suggest: a real report", "vectors are absent")
with Folder() as f:
    lab = REPO / "tests" / "vectors" / "lab"
    names = ["--ak-names", lab / "ak-names.txt"]
    tpm = f.file("tpm.txt", expect(GOOD, "suggest: a machine with a TPM", "policy", "suggest", *names, lab / "sbon.json",
                                   out="x-attestd-verified-boot").out)
    expect(GOOD, "suggest: it permits that machine", "verify", *names, "--policy", tpm, lab / "sbon.json", out="permitted")
    for other in ("sboff", "mokbypass", "uki-sbon"):
        expect(BAD, f"suggest: not {other}", "verify", *names, "--policy", tpm, lab / f"{other}.json", out="denied")
done()

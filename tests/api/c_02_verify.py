#!/usr/bin/env python3
"""attest verify, inspect, token verify, submit and jmespath: exit codes, inputs, and the shape of their JSON."""
import datetime
import json

from command import BAD, GOOD, UNUSABLE, Folder, at_clock, attest, check, evidence_files, expect
from daemon import CLOCK, Daemon, b64u, claims, done, flipped

REQUEST, REPORT, CHAIN, ARK = evidence_files()
body = json.loads(REQUEST.read_text())
PERMIT = "version=1.0;authorizationrules{=>permit();};"
DENY = 'version=1.0;authorizationrules{=>permit();[type=="x-ms-sevsnpvm-vmpl"]=>deny();};'
ISSUE = PERMIT + 'issuancerules{=>issue(type="mine",value=7);};'
MEMBERS = {"verdict", "type", "claims", "issued", "policy", "checks", "relaxed"}


def shape(v, verdict):
    """The contract of --format json."""
    failed = [c for c in v["checks"] if c["outcome"] == "fail"]
    return (MEMBERS <= set(v) <= MEMBERS | {"error", "hint", "simulatedAnchor", "tcb"} and v["verdict"] == verdict and
            v["type"] == "SevSnpVm" and isinstance(v["claims"], dict) and isinstance(v["issued"], dict) and
            set(v["policy"]) == {"hash", "decision"} and isinstance(v["relaxed"], list) and
            all(c["outcome"] in ("pass", "fail", "n/a") and c["id"] and c["title"] for c in v["checks"]) and
            all(set(c) <= {"id", "outcome", "title", "expected", "found"} for c in v["checks"]) and
            all("found" in c for c in failed) and bool(failed) == (verdict == "rejected") and
            ("error" in v) == (verdict != "permitted") and ("error" not in v or set(v["error"]) == {"code", "message"}))


def verified(code, verdict, name, *args, **kw):
    r = expect(code, name, "verify", "--format", "json", *args, **kw)
    try:
        v = r.json()
    except ValueError:
        v = {}
    check(v and shape(v, verdict), f"{name}: JSON", r)
    return v


with Folder() as f:
    permit, deny, issue = f.file("permit", PERMIT), f.file("deny", DENY), f.file("issue", ISSUE)
    v = verified(GOOD, "permitted", "a request body", *at_clock(REQUEST))
    check(v["policy"] == {"hash": "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco", "decision": "permit"} and
          v["simulatedAnchor"] and v["claims"]["x-ms-attestation-type"] == "sevsnpvm", "policy, claims, anchor", v)
    verified(GOOD, "permitted", "from standard input", *at_clock("-"), stdin=REQUEST.read_bytes())
    verified(GOOD, "permitted", "a raw report with its certificates", *at_clock("--certs", CHAIN, REPORT))
    verified(GOOD, "permitted", "with its type in any case", *at_clock("--type", "sEVsNPvM", REQUEST))
    anchors = permit.parent / "anchors"
    anchors.mkdir()
    f.file("anchors/ark.pem", ARK.read_bytes())
    verified(GOOD, "permitted", "anchors from a folder", "--at", CLOCK, "--anchors", anchors, REQUEST)
    v = verified(GOOD, "permitted", "a policy that issues", *at_clock("--policy", issue, REQUEST))
    check(v["issued"] == {"mine": 7}, "what it issued", v["issued"])
    v = verified(BAD, "denied", "a policy that denies", *at_clock("--policy", deny, REQUEST))
    check(v["error"]["code"] == "PolicyEvaluationError" and v["policy"]["decision"] == "deny" and
          "line 1 of the policy denies: x-ms-sevsnpvm-vmpl is 0" in v["hint"], "which rule, and what it saw", v)
    jws = f.file("policy.jws", attest("policy", "wrap", deny).out)
    check(verified(BAD, "denied", "a policy JWS", *at_clock("--policy", jws, REQUEST))["policy"] == v["policy"],
          "judges as its text, with its hash")
    v = verified(BAD, "rejected", "a product line that is denied", *at_clock("--deny", "product=milan=seeds are public", REQUEST))
    check([(c["id"], c["found"], c["expected"]) for c in v["checks"] if c["outcome"] == "fail"] ==
          [("deny.product", "Milan", "one that is not denied: seeds are public")], "by name, with the reason", v)
    denied = f.file("deny.json", json.dumps({"entries": [{"kind": "fmspc", "value": "00906ed50000"}, {"kind": "product", "value": "Milan"}]}))
    v = verified(BAD, "rejected", "a list", *at_clock("--deny", "ppid=" + "00" * 16, "--deny-list", denied, REQUEST))
    check([c["id"] for c in v["checks"] if c["outcome"] == "fail"] == ["deny.product"], "of which one fits", v)
    verified(GOOD, "permitted", "others are denied", *at_clock("--deny", "product=Genoa", "--deny", "signer=" + "ab" * 48, REQUEST))
    expect(UNUSABLE, "no value", "verify", *at_clock("--deny", "product", REQUEST), out="", err="want kind=value")
    expect(UNUSABLE, "no such kind", "verify", *at_clock("--deny", "planet=Mars", REQUEST), out="", err='--deny: kind: found "planet"')
    expect(UNUSABLE, "no such value", "verify", *at_clock("--deny", "ppid=abc", REQUEST), out="", err="want 32 hexadecimal digits")
    expect(UNUSABLE, "no list", "verify", *at_clock("--deny-list", permit, REQUEST), out="", err="permit: deny-list: ")
    v = verified(BAD, "rejected", "without the anchor", "--at", CLOCK, REQUEST)
    check(v["claims"] == {} and v["policy"] == {"hash": None, "decision": "not-evaluated"}, "no claims, no policy", v)
    v = verified(BAD, "rejected", "one bit changed", *at_clock(f.file("flipped", json.dumps(flipped(body, 0x90)))))
    check(v["error"]["code"] == "InvalidParameter" and v["hint"], "why, and a hint", v)
    verified(BAD, "rejected", "long after", "--anchors", ARK, "--at", "2099-01-01T00:00:00Z", REQUEST)
    v = verified(UNUSABLE, "undecided", "a report without certificates", *at_clock(REPORT))
    check(v["error"]["code"] == "CollateralUnavailable", "what is missing", v)
    verified(BAD, "rejected", "another nonce", *at_clock("--nonce", "1", REQUEST))
    verified(BAD, "rejected", "other runtime data", *at_clock("--runtime-data", permit, "--certs", CHAIN, REPORT))
    verified(BAD, "rejected", "no report at all", *at_clock("--type", "SevSnpVm", f.file("short", '{"report":"AAAA"}')))
    text = attest("verify", *at_clock("--policy", deny, REQUEST))
    check(text.code == BAD and "denied" in text.out and "hint:" in text.out and "policy:  deny" in text.out, "text form", text)

    for name, args, part in (
            ("a policy that does not parse", ("--policy", f.file("bad", "version=1.0;")), "does not parse"),
            ("a policy that is no text", ("--policy", REPORT), "does not parse"),
            ("a broken policy JWS", ("--policy", f.file("bad.jws", "eyJhbGciOiJub25lIn0.e30.")), "AttestationPolicy"),
            ("a policy and a default", ("--policy", permit, "--defaults", "maa"), "exclude each other"),
            ("unknown defaults", ("--defaults", "lax"), "want maa or strict"),
            ("an unknown type", ("--type", "Toaster"), "unknown attestation type"),
            ("an unknown relaxation", ("--allow", "vlek,everything"), 'unknown relaxation "everything"'),
            ("a time that is none", ("--at", "yesterday"), "--at: "),
            ("an unknown type of data", ("--runtime-type", "yaml"), "want binary or json"),
            ("anchors that are none", ("--anchors", permit), "anchors[1]"),
            ("certificates that are none", ("--certs", permit), "endorsements[0]")):
        expect(UNUSABLE, f"verify: {name}", "verify", *at_clock(*args, REQUEST), out="", err=part)
    for name, content in (("empty", ""), ("text", "hello"), ("a list", "[]"), ("an object", "{}"),
                          ("half a request", REQUEST.read_bytes()[:500]), ("a certificate", (ARK.parent / "leaf.der").read_bytes())):
        path = f.file("evidence", content)
        expect(UNUSABLE, f"verify: evidence that is {name}", "verify", *at_clock(path), out="")
        expect(GOOD if name == "a certificate" else UNUSABLE, f"inspect: {name}", "inspect", "--format", "json", path)

    for name, path, kind in (("a request", REQUEST, "attestation request"), ("a report", REPORT, "evidence"),
                             ("a chain", CHAIN, "certificate bundle"), ("a root", ARK, "certificate"),
                             ("a revocation list", ARK.parent / "crl.der", "revocation list"),
                             ("a policy", permit, "policy text"), ("a policy JWS", jws, "policy JWS")):
        r = expect(GOOD, f"inspect: {name}", "inspect", "--format", "json", path)
        check(r.json()["kind"] == kind, f"inspect: {name} is {kind}", r)
        expect(GOOD, f"inspect: {name} in text", "inspect", path, out=kind)
    expect(GOOD, "inspect: standard input", "inspect", "-", stdin=PERMIT, out="policy text")

    doc = f.file("doc.json", '{"a":[1,2,{"b":"x"}]}')
    for code, query, document, out, err in (
            (GOOD, "a[2].b", doc, '"x"\n', ""), (GOOD, "nothing", doc, "null\n", ""),
            (GOOD, "a[?@ > `1`]", doc, "[2]\n", ""), (BAD, "a[", doc, "", "syntax: "),
            (BAD, "abs(a)", doc, "", "invalid-type: "), (BAD, "a[::0]", doc, "", "invalid-value: "),
            (BAD, "abs()", doc, "", "invalid-arity: "), (BAD, "f(a)", doc, "", "unknown-function: "),
            (BAD, "", doc, "", "syntax: "), (UNUSABLE, "a", f.file("half.json", "{"), "", "document: "),
            (UNUSABLE, "a", f.file("deep.json", "[" * 5000), "", "document: "),
            (UNUSABLE, "a", f.file("wide.json", "[" + "1," * 200000 + "1]"), "", "document: ")):
        expect(code, f"jmespath {query!r} of {document.name}", "jmespath", query, document, out=out, err=err)
    expect(GOOD, "jmespath reads standard input", "jmespath", "a", stdin='{"a":5}', out="5\n")
    expect(GOOD, "jmespath reads -", "jmespath", "a", "-", stdin='{"a":5}', out="5\n")

    with Daemon() as d:
        ca = d.data / "tls" / "ca.pem"
        server = ("--server", d.url, "--ca", ca)
        r = expect(GOOD, "submit prints a token", "submit", *server, REQUEST, err="")
        token = r.out.strip()
        path = f.file("token", r.out)
        out = f.file("out", "")
        expect(GOOD, "submit --token-out", "submit", *server, "--token-out", out, REQUEST, out="token written to")
        check(out.read_text().count(".") == 2, "the token is in the file", out.read_text())
        expect(BAD, "submit: refused", "submit", *server, f.file("flipped", json.dumps(flipped(body, 0x90))),
               out="refused (HTTP 400)")
        r = expect(BAD, "submit: refused, in JSON", "submit", *server, "--format", "json", "--type", "SevSnpVm",
                   f.file("x", '{"report":"AAAA"}'))
        check(r.json()["error"]["code"] == "InvalidParameter", "submit: the service's error", r)
        expect(UNUSABLE, "submit: a raw report without certificates cannot be decided", "submit", *server, REPORT,
               out="CollateralUnavailable")
        expect(UNUSABLE, "submit without --server", "submit", REQUEST, out="", err="wants --server")
        expect(UNUSABLE, "submit: an unknown type", "submit", *server, "--type", "Toaster", REQUEST, out="", err="--type")
        expect(UNUSABLE, "submit: what is no evidence", "submit", *server, permit, out="", err="evidence of no known kind")
        expect(UNUSABLE, "submit without the service's CA", "submit", "--server", d.url, REQUEST, out="")
        expect(UNUSABLE, "submit: a token file that cannot be written", "submit", *server, "--token-out", "/nonexistent/t",
               REQUEST, err="No such file")

        jwks = f.file("jwks", d.ask("GET", "/certs").body)
        # --clock is the time of verification; tokens are dated by the machine's clock.
        issued = datetime.datetime.fromtimestamp(claims(token)["iat"], datetime.timezone.utc)
        at, later = (t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (issued, issued + datetime.timedelta(days=1)))
        keys = ("--jwks", jwks, "--issuer", d.url, "--at", at)
        r = expect(GOOD, "token verify", "token", "verify", "--format", "json", *keys, path)
        v = r.json()
        check(set(v) == {"valid", "header", "payload", "checks"} and v["valid"] is True and
              v["payload"] == claims(token) and v["header"]["alg"] == "RS256" and
              all(c["outcome"] in ("pass", "n/a") for c in v["checks"]), "token verify: JSON", r)
        expect(GOOD, "token verify --server", "token", "verify", *server, "--at", at, path, out="valid")
        expect(GOOD, "token verify: the token itself", "token", "verify", *keys, token, out="valid")
        expect(GOOD, "token verify: standard input", "token", "verify", *keys, "-", stdin=token + "\n", out="valid")
        expect(GOOD, "token verify: what is wanted of it", "token", "verify", *keys, "--type", "SevSnpVm", "--policy-hash",
               claims(token)["x-ms-policy-hash"], path, out="valid")
        for name, args, check_id in (
                ("another issuer", ("--issuer", "https://other"), "token.issuer"),
                ("an audience", ("--audience", "me"), "token.audience"), ("a nonce", ("--nonce", "1"), "token.nonce"),
                ("another type", ("--type", "tdxvm"), "token.type"), ("another policy", ("--policy-hash", "x"), "token.policy"),
                ("a day later", ("--at", later), "token.exp"),
                ("keys that are none", ("--jwks", permit), "token.key_set")):
            r = expect(BAD, f"token verify: {name}", "token", "verify", "--format", "json", *keys, *args, path)
            failed = [c["id"] for c in r.json()["checks"] if c["outcome"] == "fail"]
            check(r.json()["valid"] is False and failed[0].startswith(check_id) and set(r.json()["error"]) == {"code", "message"},
                  f"token verify: {name}: JSON", r)
        head, payload, signature = token.split(".")
        bent = f.file("bent", ".".join((head, b64u(json.dumps({**claims(token), "x": 1}).encode()), signature)))
        expect(BAD, "token verify: a changed payload", "token", "verify", *keys, bent, out="not valid")
        expect(BAD, "token verify: no token at all", "token", "verify", *keys, doc, out="not valid")
        r = expect(BAD, "token verify: no token at all, in JSON", "token", "verify", "--format", "json", *keys, doc)
        check(r.json()["header"] is None and r.json()["payload"] is None, "token verify: its parts are null", r)
        for name, args, part in (
                ("neither keys nor server", (), "--jwks FILE with --issuer"),
                ("both", ("--jwks", jwks, *server), "--jwks FILE with --issuer"),
                ("keys without issuer", ("--jwks", jwks), "wants --issuer"),
                ("a leeway that is none", (*keys, "--leeway", "301"), "want 0 to 300")):
            expect(UNUSABLE, f"token verify: {name}", "token", "verify", *args, path, out="", err=part)
        url = d.url
    expect(UNUSABLE, "submit to a server that is gone", "submit", "--server", url, REQUEST, out="", err=url.split("//")[1])
    expect(UNUSABLE, "token verify with a server that is gone", "token", "verify", "--server", url, path, out="")
    expect(UNUSABLE, "submit to no URL", "submit", "--server", "file:///etc/passwd", REQUEST, out="")
done()

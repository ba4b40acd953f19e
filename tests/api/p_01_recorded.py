#!/usr/bin/env python3
"""The recorded management calls of the real service, claim for claim; and the leniencies that its clients force."""
import base64
import hashlib
import json
import tempfile

from daemon import ATTEST, VECTORS, VERSION, Daemon, b64u, check, claims, done, evidence, header, skip
from manage import (ADD, CERTS, DENY, EMPTY, PERMIT, POLICY, REMOVE, RESET, Manager, Signer, compact, policy, token_hash,
                    unsigned)

body, _ = evidence()
GOLDEN = VECTORS / "maa-golden"
OWN = {"iat", "nbf", "exp", "iss"}


def recorded(name):
    return json.loads((GOLDEN / name).read_text())["steps"]


def wanted(step):
    return {k: v for k, v in step["decoded"]["claims"].items() if k not in OWN}


def body_of(step, steps):
    """A body that was not recorded is rebuilt from the answers: what was set is what GET returned."""
    request = step["request"]
    if request["method"] == "GET" or "body" in request:
        return request.get("body")
    if ":reset" in request["path"]:
        return EMPTY
    return next(s["decoded"]["claims"]["x-ms-policy"] for s in steps[steps.index(step):] if s["request"]["method"] == "GET")


def replay(m, name):
    steps = recorded(name)
    for i, step in enumerate(steps):
        request = step["request"]
        a = m.ask(request["method"], request["path"], body_of(step, steps))
        if not check(a.status == step["response"]["status"], f"{name} step {i}: status", (a.status, a.body)):
            continue
        got = claims(a.json()["token"])
        check({k: v for k, v in got.items() if k not in OWN} == wanted(step), f"{name} step {i}: claims", got)
        check(got["exp"] == got["iat"] + 3600 and got["nbf"] == got["iat"] and got["iss"] == m.daemon.url,
              f"{name} step {i}: registered claims", got)
        check(sorted(header(a.json()["token"])) == ["alg", "jku", "kid", "typ"], f"{name} step {i}: header")


with tempfile.TemporaryDirectory() as folder:
    registered, other = Signer(folder, "registered"), Signer(folder, "other", "ES384")
    leaf = Signer(folder, "leaf", ca=False)
    config = f"""
workers: {{verify: 2}}
providers:
  - name: open
  - name: closed
    trust_model: Isolated
    policy_signers: [{registered.pem}]
"""
    with Daemon(config=config) as d:
        m, closed = Manager(d), Manager(d, "closed")
        if GOLDEN.exists():
            for name in ("policy-get-default-sgx.aad.json", "policy-get-default-tpm.aad.json",
                         "policy-set-get-reset-unsigned-sgx.aad.json", "policy-set-get-reset-signed-tpm.aad.json",
                         "certificates-get.aad.json"):
                replay(m, name)
            step = recorded("certificates-add-refused.aad.json")[0]
            a = m.certificate(step["request"]["path"], registered.sign({"policyCertificate": registered.jwk()}))
            want = step["response"]["body"]["error"]
            check(a.status == 400 and a.code() == want["code"] and "The operation is disallowed" in want["message"] and
                  "The operation is disallowed" in a.json()["error"]["message"], "certificates:add on an AAD provider", a.body)
            step = recorded("certificates-add.isolated.json")[0]
            # The .NET client: alg RSA256, plus signs of x5c as JSON escapes.
            text = json.dumps({"alg": "RSA256", "x5c": registered.chain()}).replace("+", "\\u002B")
            signing = b64u(text.encode()) + "." + b64u(json.dumps(step["request"]["jws_payload"]).encode())
            from manage import openssl
            jws = signing + "." + b64u(openssl("dgst", "-sha256", "-sign", registered.key, input=signing.encode()))
            a = closed.certificate(step["request"]["path"], jws)
            check(a.status == 200, "certificates:add on an Isolated provider", a.body)
            got = {k: v for k, v in claims(a.json()["token"]).items() if k not in OWN}
            check(got == wanted(step), "its claims", got)
            check(set(closed.thumbprints()) == {registered.thumbprint, got["x-ms-certificate-thumbprint"]},
                  "both certificates are listed", closed.thumbprints())
            want = wanted(recorded("certificates-get.isolated.json")[0])["x-ms-policy-certificates"]["keys"][0]
            keys = closed.claims("GET", CERTS)["x-ms-policy-certificates"]["keys"]
            check(all(set(k) == set(want) and k["alg"] == "RS256" and k["kty"] == "RSA" and k["use"] == "sig" and
                      len(k["x5c"]) == 1 for k in keys), "in the recorded shape", keys)
        else:
            skip("the recorded calls", "vectors are absent")

        # Vertical: a policy that is set decides.
        check(d.attest(body).status == 200, "the default policy permits")
        jws = unsigned(policy(DENY))
        got = m.claims("PUT", POLICY, jws)
        check(got == {"x-ms-policy-result": "Updated", "x-ms-policy-token-hash": token_hash(jws)}, "PUT", got)
        check(m.policy() == jws, "GET gives it back byte for byte", m.policy())
        a = d.attest(body)
        check(a.status == 400 and a.code() == "PolicyEvaluationError", "and it decides", a.body)
        jws = other.sign(policy(PERMIT))
        check(m.claims("PUT", POLICY, jws).get("x-ms-policy-signer") ==
              {"alg": "ES384", "kty": "EC", "use": "sig", "x5c": [other.b64]}, "anybody may sign at an AAD provider")
        got = claims(d.attest(body).json()["token"])
        check(got["x-ms-policy-signer"] == {"alg": "ES384", "kty": "EC", "use": "sig", "x5c": [other.b64]},
              "attestation tokens name the signer of the active policy", got)
        got = claims(d.attest({**body, "draftPolicyForAttestation": PERMIT}).json()["token"])
        check("x-ms-policy-signer" not in got, "but not those of a draft policy", got)
        check(m.claims("POST", RESET, EMPTY) == {"x-ms-policy-result": "Removed"}, "reset")
        check("x-ms-policy-signer" not in claims(d.attest(body).json()["token"]), "after a reset nobody signed")

        # Leniencies
        jws = registered.sign(policy(PERMIT), {"alg": "RSA256", "jwk": {"x5c": registered.chain()}})
        check(m.claims("PUT", POLICY, jws).get("x-ms-policy-token-hash") == token_hash(jws), "RSA256 and jwk.x5c (Python)")
        check(closed.claims("PUT", POLICY, jws).get("x-ms-policy-token-hash") == token_hash(jws), "also on Isolated")
        jws = unsigned(policy(PERMIT))
        for media, text in (("text/plain", json.dumps(jws)), ("application/json", json.dumps(jws)),
                            ("text/plain; charset=utf-8", jws + "\n")):
            check(m.claims("PUT", POLICY, text, media).get("x-ms-policy-token-hash") == token_hash(jws) and m.policy() == jws,
                  f"PUT as {media}, {text[:1]}…")
        check(m.claims("PUT", "/POLICIES/sevsnpvm?" + VERSION, jws).get("x-ms-policy-result") == "Updated", "letter case")
        for name in ("policyCertificate", "maa-policyCertificate", "x-ms-policyCertificate", "aas-policyCertificate"):
            jws = registered.sign({name: {**other.jwk(), "alg": "ES384", "use": "sig"}})
            a = closed.certificate(ADD, jws)
            check(a.status == 200 and claims(a.json()["token"])["x-ms-certificate-thumbprint"] == other.thumbprint,
                  f"a certificate as {name}; adding again is the same", a.body)
        text = json.dumps({"policyCertificateToRemove": registered.sign({"policyCertificate": other.jwk()})})
        a = closed.ask("POST", REMOVE, text, "application/json")
        check(a.status == 200 and claims(a.json()["token"])["x-ms-policycertificates-result"] == "IsAbsent" and
              other.thumbprint not in closed.thumbprints(), "remove, as OpenAPI 2025-06-01 writes it", a.body)

        # Refusals by their code
        rows = (("not a JWS", "PUT", POLICY, "hello", "InvalidOperation"),
                ("an empty body", "PUT", POLICY, "", "InvalidOperation"),
                ("not base64url", "PUT", POLICY, "e30.@@.", "InvalidOperation"),
                ("no AttestationPolicy", "PUT", POLICY, unsigned({"attestationPolicy": "x"}), "InvalidOperation"),
                ("AttestationPolicy that is not base64url", "PUT", POLICY, unsigned({"AttestationPolicy": "?"}), "InvalidOperation"),
                ("a policy as raw text", "PUT", POLICY, PERMIT, "InvalidOperation"),
                ("alg none with a signature", "PUT", POLICY, compact({"alg": "none"}, policy(PERMIT), b"x"), "InvalidParameter"),
                ("an unknown alg", "PUT", POLICY, compact({"alg": "HS256"}, policy(PERMIT), b"x"), "InvalidParameter"),
                ("a signature that is wrong", "PUT", POLICY, other.sign(policy(PERMIT))[:-8] + "AAAAAAAA", "InvalidParameter"),
                ("crit", "PUT", POLICY, compact({"alg": "none", "crit": ["x"]}, policy(PERMIT)), "InvalidParameter"),
                ("a policy that does not parse", "PUT", POLICY, unsigned(policy("version= 1.0;\nnonsense")), "PolicyParsingError"),
                ("an empty policy", "PUT", POLICY, unsigned(policy("")), "PolicyParsingError"),
                ("reset with a policy inside", "POST", RESET, unsigned(policy(PERMIT)), "InvalidOperation"),
                ("reset without a JWS", "POST", RESET, "", "InvalidOperation"))
        before = m.policy()
        for name, method, path, text, code in rows:
            a = m.ask(method, path, text)
            check(a.status == 400 and a.code() == code, f"refused: {name}", a.body)
        message = m.ask("PUT", POLICY, unsigned(policy("version= 1.0;\nnonsense"))).json()["error"]["message"]
        check(message.startswith("Policy Parser Exception Thrown: Offending symbol: 'nonsense'\nLine: '2', Column: '0'\n"
                                 "Failure message: '") and "\nFailing rule: 'policy" in message, "the message's shape", message)
        check(m.policy() == before, "and nothing changed")
        check(m.ask("PUT", POLICY, jws, "image/png").status == 415, "a content type that is neither text nor JSON")
        check(m.announce("PUT", POLICY, 2 ** 21 + 1).status == 413, "more than 2 MiB")
        check(m.ask("DELETE", POLICY).status == 405 and m.ask("DELETE", POLICY).headers["allow"] == "GET, HEAD, PUT", "405")
        check(m.ask("GET", "/policies/Nonsense?" + VERSION).status == 404, "an unknown type")
        check(m.ask("GET", "/policies/SevSnpVm").status == 400, "api-version is required")
        a = closed.certificate(ADD, registered.sign({"policyCertificate": leaf.jwk()}))
        check(a.status == 400 and a.code() == "InvalidParameter" and "CA:TRUE" in a.json()["error"]["message"],
              "a certificate that is no CA", a.body)
        for payload in ({}, {"policyCertificate": {"kty": "RSA", "x5c": []}}, {"policyCertificate": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "x5c": [registered.b64]}},
                        {"policyCertificate": {"kty": "RSA", "x5c": ["AAAA"]}}, {"policyCertificate": registered.jwk(),
                                                                               "maa-policyCertificate": registered.jwk()}):
            a = closed.certificate(ADD, registered.sign(payload))
            check(a.status == 400 and a.code() in ("InvalidOperation", "InvalidParameter"), f"no certificate: {str(payload)[:40]}", a.body)
        for t in closed.thumbprints():
            if t != registered.thumbprint:
                pem = next(k for k in closed.claims("GET", CERTS)["x-ms-policy-certificates"]["keys"]
                           if hashlib.sha1(base64.b64decode(k["x5c"][0])).hexdigest().upper() == t)
                closed.certificate(REMOVE, registered.sign({"policyCertificate": {"kty": pem["kty"], "x5c": pem["x5c"]}}))
        a = closed.certificate(REMOVE, registered.sign({"policyCertificate": registered.jwk()}))
        check(a.status == 400 and a.code() == "InvalidOperation" and closed.thumbprints() == [registered.thumbprint],
              "the last certificate stays", a.body)

        # What the record says
        m.claims("PUT", POLICY, unsigned(policy(DENY)))
        r = d.audit()[-1]
        check(r["action"] == "policy.set" and r["caller"] == "administrator" and r["type"] == "SevSnpVm" and
              r["statementHash"] == token_hash(unsigned(policy(DENY))) and r["entry"] > 1 and r["status"] == 200 and
              len(r["policyHash"]) == 43, "the audit log holds the change", r)
        m.ask("PUT", POLICY, "hello")
        r = d.audit()[-1]
        check(r["status"] == 400 and r["error"] == "InvalidOperation" and "entry" not in r, "and the refusal", r)
        hash_ = b64u(hashlib.sha256(b64u(DENY.encode()).encode()).digest())
        check(m.history()[-1]["policyHash"] == hash_ and d.audit()[-2]["policyHash"] == hash_, "x-ms-policy-hash")
        a = d.attest({**body, "draftPolicyForAttestation": PERMIT},
                     {"Authorization": "Bearer " + m.bearer}, ATTEST + "&explain=true")
        check(a.status == 200 and a.json()["explain"]["decision"] == "permit" and a.json()["explain"]["rules"][0]["fired"],
              "explain beside the token", a.body)
        a = d.attest(body, {"Authorization": "Bearer " + m.bearer}, ATTEST + "&explain=true")
        check(a.status == 400 and a.json()["error"]["explain"]["decision"] == "deny", "explain inside the error", a.body)
        check(d.attest(body, path=ATTEST + "&explain=true").status == 401, "explain is for readers")
        check(d.attest(body, path=ATTEST + "&explain=maybe").status == 400, "explain=maybe")
        check("explain" not in d.attest(body, path=ATTEST + "&explain=false").json()["error"], "explain=false")
done()

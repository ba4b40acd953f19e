#!/usr/bin/env python3
"""An Isolated provider: what is not signed by whom it trusts, fresh and for this purpose, changes nothing."""
import json
import pathlib
import subprocess
import tempfile
import time

from daemon import BUILD, Daemon, b64u, check, claims, done, evidence
from manage import (ADD, DENY, PERMIT, POLICY, REMOVE, RESET, SHADOW, Manager, Signer, compact, fresh, policy,
                    token_hash, unsigned)

body, _ = evidence()
ROLLBACK = "/policies/SevSnpVm:rollback?to=1"
CONFIG = """
workers: {verify: 1}
isolated: {freshness: %s}
providers:
  - name: closed
    trust_model: Isolated
    policy_signers: [%s]
"""


def state(m):
    return (m.policy(), m.policy(SHADOW), m.history(), m.thumbprints())


def refused(m, before, name, method, path, jws, part, code=None):
    text, media = (json.dumps(jws), "application/json") if "/certificates" in path else (jws, "text/plain")
    a = m.ask(method, path, text, media)
    found = a.json().get("error", {"message": ""})
    check(a.status == 400 and part in found["message"] and (not code or a.code() == code) and state(m) == before,
          f"refused, nothing changed: {name}", (a.status, a.body))


with tempfile.TemporaryDirectory() as folder:
    mine = Signer(folder, "mine")
    issued = Signer(folder, "issued", "ES256", issuer=mine, ca=False)
    under = Signer(folder, "under", issuer=Signer(folder, "middle", "ES384", issuer=mine), ca=False)
    stranger = Signer(folder, "stranger")
    orphan = Signer(folder, "orphan", issuer=stranger, ca=False)
    nonca = Signer(folder, "nonca", issuer=Signer(folder, "noissuer", "ES256", issuer=mine, ca=False), ca=False)
    expired = Signer(folder, "expired", "ES256", issuer=mine, ca=False, days=-1)
    pathlib.Path(folder, "twin").mkdir()
    namesake = Signer(folder + "/twin", "mine")
    second = Signer(folder, "second", "ES512")

    def calls(sign, payload):
        """Each change as (name, method, path, JWS)."""
        cert = {"policyCertificate": second.jwk()}
        return [("set", "PUT", POLICY, sign({**policy(DENY), **payload})), ("reset", "POST", RESET, sign(payload or "")),
                ("shadow", "PUT", SHADOW, sign({**policy(DENY), **payload})), ("shadow removal", "DELETE", SHADOW, sign(payload or "")),
                ("rollback", "POST", ROLLBACK, sign({**payload, "rollbackTo": 1})),
                ("certificate add", "POST", ADD, sign({**cert, **payload})), ("certificate removal", "POST", REMOVE, sign({**cert, **payload}))]

    with Daemon(config=CONFIG % ("compat", mine.pem)) as d:
        m = Manager(d)
        check(m.thumbprints() == [mine.thumbprint], "policy_signers are registered at the first start")
        jws = mine.sign(policy(PERMIT))
        check(m.claims("PUT", POLICY, jws)["x-ms-policy-signer"]["x5c"] == [mine.b64], "signed by the registered certificate")
        for who, name in ((issued, "issued by the registered one"), (under, "two steps below it")):
            check(m.claims("PUT", POLICY, who.sign(policy(PERMIT))).get("x-ms-policy-result") == "Updated", f"a signer {name}",
                  m.ask("PUT", POLICY, who.sign(policy(PERMIT))).body)
        check(m.claims("PUT", POLICY, issued.sign(policy(PERMIT), {"alg": "ES256", "x5c": [issued.b64]})).get("x-ms-policy-result") ==
              "Updated", "the issuer need not be sent")
        m.claims("PUT", SHADOW, mine.sign(policy(PERMIT)))
        check(claims(d.attest(body).json()["token"])["x-ms-policy-signer"]["x5c"] == [issued.b64], "tokens name the signer")

        before = state(m)
        for name, method, path, jws in calls(unsigned, {}):
            refused(m, before, "alg none: " + name, method, path, jws, "alg none", "InvalidOperation")
        for name, method, path, jws in calls(stranger.sign, {}):
            refused(m, before, "unregistered certificate: " + name, method, path, jws, "not registered", "InvalidParameter")
        p = policy(DENY)
        rows = (("x5c chain to nowhere", orphan.sign(p), "not registered"),
                ("an issuer that is no CA", nonca.sign(p), "no CA"),
                ("a certificate of the registered one's name", namesake.sign(p), "not registered"),
                ("an expired certificate below the registered one", expired.sign(p), "not valid after"),
                ("ES256 with an RSA key", mine.sign(p, {"alg": "ES256", "x5c": [mine.b64]}), "does not fit the key"),
                ("RS256 with an EC key", issued.sign(p, {"alg": "RS256", "x5c": issued.chain()}), "does not fit the key"),
                ("ES384 with a P-256 key", issued.sign(p, {"alg": "ES384", "x5c": issued.chain()}), "does not fit the key"),
                ("the registered certificate with another's signature", stranger.sign(p, {"alg": "RS256", "x5c": [mine.b64]}), "RS256"),
                ("the registered certificate behind the signer's own", stranger.sign(p, {"alg": "RS256", "x5c": [stranger.b64, mine.b64]}),
                 "issuer is"),
                ("x5c and jwk.x5c at once", mine.sign(p, {"alg": "RS256", "x5c": [mine.b64], "jwk": {"x5c": [mine.b64]}}), "both x5c and jwk.x5c"),
                ("no certificate", mine.sign(p, {"alg": "RS256"}), "neither x5c nor jwk.x5c"),
                ("jku instead of a certificate (B12)", mine.sign(p, {"alg": "RS256", "jku": d.url + "/certs", "kid": "x"}), "neither x5c"),
                ("a key in jwk (B12)", mine.sign(p, {"alg": "RS256", "jwk": {"kty": "RSA", "n": "AA", "e": "AQAB"}}), "neither x5c"),
                ("HS256 with the certificate as secret", mine.sign(p, {"alg": "HS256", "x5c": [mine.b64]}), "HS256"),
                ("alg None", compact({"alg": "None", "x5c": [mine.b64]}, p), "None"),
                ("crit", mine.sign(p, {"alg": "RS256", "x5c": [mine.b64], "crit": ["b64"], "b64": False}), "crit"),
                ("a payload that was exchanged", (lambda t: t[0] + "." + unsigned(policy(PERMIT)).split(".")[1] + "." + t[2])(
                    mine.sign(p).split(".")), "RS256"),
                ("a signed policy as a reset", mine.sign(p), "payload is not empty"))
        for name, jws, part in rows:
            method, path = ("POST", RESET) if name.endswith("a reset") else ("PUT", POLICY)
            refused(m, before, name, method, path, jws, part)
        refused(m, before, "rollback without a statement", "POST", ROLLBACK, "", "empty", "InvalidOperation")
        refused(m, before, "shadow removal without a statement", "DELETE", SHADOW, "", "empty", "InvalidOperation")
        a = d.attest({**body, "draftPolicyForAttestation": PERMIT})
        check(a.status == 200 and a.json()["token"].endswith("."), "a draft of anybody's gives an unsigned token only", a.body)
        for name, payload, part in (("another provider's (aud)", {"aud": "https://other.example"}, "aud is not"),
                                    ("another purpose (target)", {"target": "policies/SevSnpVm:reset"}, "target is not")):
            refused(m, before, "made for " + name, "PUT", POLICY, mine.sign({**p, **payload}), part, "InvalidOperation")
        refused(m, before, "rollback to another entry", "POST", ROLLBACK, mine.sign({"rollbackTo": 2}), "rollbackTo is not 1")
        got = m.claims("PUT", POLICY, mine.sign({**policy(PERMIT), "aud": d.url, "target": "policies/SevSnpVm"}))
        check(got["x-ms-policy-result"] == "Updated", "what names this provider and purpose is taken", got)

        # compat: a repeated statement is taken, and logged
        again = mine.sign(policy(PERMIT, serial=1))
        m.ask("PUT", POLICY, again)
        m.ask("PUT", POLICY, mine.sign(policy(PERMIT, serial=2)))
        n = len(m.history())
        a = m.ask("PUT", POLICY, again)
        line = d.wait_log(token_hash(again))
        check(a.status == 200 and len(m.history()) == n + 1 and line and "statement.repeated" in line, "compat: a repeated JWS is logged",
              (a.body, line))
        check(m.certificate(ADD, mine.sign({"policyCertificate": second.jwk()})).status == 200 and
              m.claims("PUT", POLICY, second.sign(policy(PERMIT))).get("x-ms-policy-result") == "Updated", "a second signer")
        check(m.certificate(REMOVE, second.sign({"policyCertificate": mine.jwk()})).status == 200 and
              m.ask("PUT", POLICY, mine.sign(policy(DENY))).status == 400, "may remove the first, who then may nothing")
        check(m.ask("PUT", POLICY, issued.sign(policy(DENY))).status == 400, "nor those below")
        d.stop(keep=True)
        with Daemon(config=CONFIG % ("compat", mine.pem), folder=d.folder) as later:
            check(Manager(later).thumbprints() == [second.thumbprint], "policy_signers are not registered again")

    with Daemon(config=CONFIG % ("required", mine.pem)) as d:
        m = Manager(d)
        for name, method, path, jws in (("set", "PUT", POLICY, mine.sign({**policy(PERMIT), **fresh()})),
                                        ("shadow", "PUT", SHADOW, mine.sign({**policy(PERMIT), **fresh()})),
                                        ("reset", "POST", RESET, mine.sign(fresh())),
                                        ("rollback", "POST", ROLLBACK, mine.sign(fresh(rollbackTo=1)))):
            check(m.claims(method, path, jws).get("x-ms-policy-result") in ("Updated", "Removed"), f"required: a fresh {name}",
                  m.ask(method, path, jws).body)
        before = state(m)
        for name, method, path, jws in calls(mine.sign, {}):
            refused(m, before, "required: no jti: " + name, method, path, jws, "is missing", "InvalidOperation")
        now = int(time.time())
        for name, payload, part in (("no iat", {"jti": "a"}, "iat is missing"), ("iat as text", {"jti": "a", "iat": str(now)}, "iat is missing"),
                                    ("too old", fresh(iat=now - 400), "not fresh"), ("from the future", fresh(iat=now + 400), "not fresh"),
                                    ("an empty jti", fresh(jti=""), "jti is missing"), ("a long jti", fresh(jti="x" * 257), "jti is missing"),
                                    ("jti as a number", fresh(jti=7), "jti is missing"), ("a NUL in jti", fresh(jti="a\0b"), "jti is missing")):
            refused(m, before, "required: " + name, "PUT", POLICY, mine.sign({**policy(DENY), **payload}), part, "InvalidOperation")
        refused(m, before, "required: rollback that does not say where to", "POST", ROLLBACK, mine.sign(fresh()), "rollbackTo is missing")
        # B11: an old signed policy is uploaded again; so is a reset, and a change of certificates.
        m.certificate(ADD, mine.sign({"policyCertificate": second.jwk(), **fresh()}))
        m.claims("PUT", SHADOW, mine.sign({**policy(PERMIT), **fresh()}))
        for name, method, path, jws in calls(mine.sign, fresh()):
            # Each of these shares one jti: the first is taken, every other one is a second use of it.
            a = m.ask(method, path, json.dumps(jws) if "/cert" in path else jws, "application/json" if "/cert" in path else "text/plain")
            if name == "set":
                check(a.status == 200, "required: the first use of a jti", a.body)
                before = state(m)
                refused(m, before, "B11: the same policy again", method, path, jws, "used before", "InvalidOperation")
            else:
                check(a.status == 400 and "used before" in a.json()["error"]["message"] and state(m) == before,
                      f"B11: a jti that was used: {name}", a.body)
        reset = mine.sign(fresh())
        check(m.ask("POST", RESET, reset).status == 200, "a reset")
        m.ask("PUT", POLICY, mine.sign({**policy(PERMIT), **fresh()}))
        before = state(m)
        refused(m, before, "B11: a replayed reset", "POST", RESET, reset, "used before", "InvalidOperation")
        change = mine.sign({"policyCertificate": second.jwk(), **fresh()})
        check(m.certificate(REMOVE, change).status == 200, "a certificate is removed")
        before = state(m)
        refused(m, before, "B11: its statement turned around", "POST", ADD, change, "used before", "InvalidOperation")
        jws = mine.sign({**policy(DENY), **fresh()})
        d.stop(keep=True)
        with Daemon(config=CONFIG % ("required", mine.pem), folder=d.folder) as later:
            m2 = Manager(later)
            before = state(m2)
            refused(m2, before, "B11: also after a restart", "POST", RESET, reset, "used before")
            check(m2.ask("PUT", POLICY, jws).status == 200, "what was not used is still fresh")
            check(m2.ask("PUT", POLICY, jws).status == 400, "once")

    with Daemon(config="policy: {defaults: strict}\n" + CONFIG % ("compat", mine.pem)) as d:
        m = Manager(d)
        a = d.attest(body)
        check(a.status == 400 and a.code() == "PolicyEvaluationError", "strict: an Isolated provider without a policy denies all", a.body)
        check(m.policy() == "eyJhbGciOiJub25lIn0." + b64u(json.dumps(policy(DENY), separators=(",", ":")).encode()) + ".",
              "and says so", m.policy())
        m.claims("PUT", POLICY, mine.sign(policy(PERMIT)))
        check(d.attest(body).status == 200, "until one is set")

    def starts(config):
        try:
            with Daemon(config=config) as d:
                return "ready"
        except RuntimeError as why:
            return str(why)
    check("has no policy-signing certificate" in starts("providers: [{name: closed, trust_model: Isolated}]\n"),
          "an Isolated provider without any signer does not start")
    check("trust_model is AAD" in starts(f"providers: [{{name: open, policy_signers: [{mine.pem}]}}]\n"), "signers on an AAD provider")
    check("policy_signers" in starts(CONFIG % ("compat", folder + "/absent.pem")), "a signer's file that is absent")
    check("want certificates as PEM" in starts(CONFIG % ("compat", mine.key)), "a signer's file without a certificate")
    # attest policy wrap makes what the service takes.
    text = folder + "/p.txt"
    open(text, "w").write(PERMIT)
    made = subprocess.run([BUILD / "attest", "policy", "wrap", text, "--key", mine.key, "--cert", mine.pem], capture_output=True, text=True)
    with Daemon(config=CONFIG % ("compat", mine.pem)) as d:
        check(Manager(d).ask("PUT", POLICY, made.stdout.strip()).status == 200, "attest policy wrap --key --cert", made)
done()

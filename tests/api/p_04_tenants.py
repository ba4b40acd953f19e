#!/usr/bin/env python3
"""Two providers in one daemon: nothing of the one is accepted at, or visible from, the other (A24, B7)."""
import hashlib
import itertools
import json
import tempfile

from daemon import ATTEST, Daemon, check, claims, done, evidence, header
from manage import (ADD, CERTS, DENY, HISTORY, PERMIT, POLICY, REMOVE, RESET, SHADOW, Manager, Signer, fresh, policy, unsigned)

body, _ = evidence()
TOKENS = {"open": "open-token-0123456789", "left": "left-token-0123456789", "right": "right-token-0123456789"}


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


with tempfile.TemporaryDirectory() as folder:
    signer = {"left": Signer(folder, "left"), "right": Signer(folder, "right", "ES256"), "shared": Signer(folder, "shared")}
    config = f"""
workers: {{verify: 1}}
isolated: {{freshness: required}}
tokens:
""" + "".join(f"  - {{name: {n}, sha256: {sha(t)}, role: contributor, provider: {n}}}\n" for n, t in TOKENS.items()) + f"""
providers:
  - {{name: open, hosts: [open.example]}}
  - {{name: left, trust_model: Isolated, hosts: [left.example], policy_signers: [{signer["left"].pem}, {signer["shared"].pem}]}}
  - {{name: right, trust_model: Isolated, hosts: [right.example], policy_signers: [{signer["right"].pem}, {signer["shared"].pem}]}}
"""
    with Daemon(config=config) as d:
        at = {n: Manager(d, n, TOKENS[n]) for n in TOKENS}
        admin = {n: Manager(d, n) for n in TOKENS}

        def signed(name, payload):
            return unsigned(payload) if name == "open" else signer[name].sign({**payload, **fresh()})

        def marked(text):
            return policy(f'version= 1.0;authorizationrules{{=> permit();}};issuancerules{{=> issue(type="mark", value="{text}");}};')

        def state(name):
            m = admin[name]
            return (m.policy(), m.policy(SHADOW), m.history(), m.thumbprints())

        for n in TOKENS:
            check(at[n].claims("PUT", POLICY, signed(n, marked(n))).get("x-ms-policy-result") == "Updated", f"{n} sets its policy")
        token = {n: d.attest(body, path=f"/p/{n}" + ATTEST).json()["token"] for n in TOKENS}
        kid = {n: {k["kid"] for k in d.ask("GET", f"/p/{n}/certs").json()["keys"]} for n in TOKENS}
        for a, b in itertools.permutations(TOKENS, 2):
            before = state(b)
            # Bearer
            stranger = Manager(d, b, TOKENS[a])
            for method, path, text in (("GET", POLICY, None), ("GET", HISTORY, None), ("GET", HISTORY + "/1", None), ("GET", SHADOW, None),
                                       ("GET", CERTS, None), ("PUT", POLICY, signed(b, policy(DENY))),
                                       ("POST", RESET, signed(b, {})), ("PUT", SHADOW, signed(b, policy(DENY)))):
                r = stranger.ask(method, path, text)
                check(r.status == 401 and r.code() == "Unauthorized" and state(b) == before, f"{a}'s bearer at {b}: {method} {path}", r.body)
            r = d.attest(body, {"Authorization": "Bearer " + TOKENS[a]}, f"/p/{b}" + ATTEST)
            check(r.status == 401, f"{a}'s bearer at {b}'s attest, where none is needed", r.body)
            # B7: the provider is that of the route, whatever host or body say.
            r = d.ask("GET", f"/p/{b}" + POLICY, headers={"Authorization": "Bearer " + TOKENS[a], "Host": a + ".example"})
            check(r.status == 401, f"B7: {a}'s host name does not help at /p/{b}", r.body)
            # Policy
            check(claims(token[a])["x-ms-policy"]["mark"] == a and marked(a)["AttestationPolicy"] not in str(state(b)) and
                  a not in [e["setBy"] for e in admin[b].history()], f"{a}'s policy is not seen at {b}")
            # Signer
            if a != "open" and b != "open":
                for m in (at[b], admin[b]):
                    r = m.ask("PUT", POLICY, signed(a, policy(DENY)))
                    check(r.status == 400 and "not registered" in r.json()["error"]["message"] and state(b) == before,
                          f"a policy of {a}'s signer at {b}", r.body)
                for path in (ADD, REMOVE):
                    r = admin[b].certificate(path, signer[a].sign({"policyCertificate": signer[a].jwk(), **fresh()}))
                    check(r.status == 400 and state(b) == before, f"{a}'s signer changes certificates of {b}: {path}", r.body)
            check(a == "open" or signer[a].thumbprint not in admin[b].thumbprints(), f"{a}'s certificate is not seen at {b}")
            # A24: keys and issuer
            check(header(token[a])["kid"] not in kid[b] and not kid[a] & kid[b], f"A24: {a}'s key is not among {b}'s")
            check(claims(token[a])["iss"] != claims(token[b])["iss"] and
                  d.ask("GET", f"/p/{b}/.well-known/openid-configuration").json()["issuer"] == claims(token[b])["iss"],
                  f"A24: issuers of {a} and {b} differ")
        # A signer that both trust: a statement is for one provider when it says so; a jti is used at each apart.
        jws = signer["shared"].sign({**policy(PERMIT), **fresh(aud=claims(token["left"])["iss"])})
        check(at["right"].ask("PUT", POLICY, jws).status == 400 and at["left"].ask("PUT", POLICY, jws).status == 200,
              "B7: a statement for left is not taken at right")
        before = state("right")
        check(at["left"].claims("POST", RESET, signed("left", {})) == {"x-ms-policy-result": "Removed"} and state("right") == before,
              "left's reset leaves right alone")
        check(at["open"].claims("GET", CERTS) == {"x-ms-policy-certificates": {"keys": []}}, "an AAD provider has no certificates")
        for host in ("left.example", "right.example", "open.example"):
            r = d.ask("GET", POLICY, headers={"Authorization": "Bearer " + TOKENS[host.split(".")[0]], "Host": host})
            check(r.status == 200 and claims(r.json()["token"])["iss"] == claims(token[host.split(".")[0]])["iss"], f"by host: {host}", r.body)
        check(d.ask("GET", POLICY, headers={"Authorization": "Bearer " + TOKENS["left"], "Host": "nobody.example"}).status == 421, "B7: no host of ours")
        names = {r["provider"] for r in d.audit() if r.get("caller") in TOKENS and r["status"] == 200 and r["provider"] != r["caller"]}
        check(not names, "in the audit log every caller is at its own provider", names)
        check(json.dumps(TOKENS["left"])[1:-1] not in (d.data / "audit" / "audit.log").read_text() + "\n".join(d.log), "no bearer in the logs")
done()

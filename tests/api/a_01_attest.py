#!/usr/bin/env python3
"""A SEV-SNP report in, a signed token out; refusals with their reason; the audit log."""
import base64
import hashlib
import json

from daemon import (ATTEST, VECTORS, VERSION, Daemon, b64u, check, claims, done, evidence, flipped, header, skip,
                    unb64u)

body, _ = evidence()
PERMIT = "version= 1.0;authorizationrules{=> permit();};"
DENY = "version= 1.0;authorizationrules{=> deny();};"
SILENT = 'version= 1.0;authorizationrules{[type=="nothing"] => permit();};'


def verify_signature(token, jwks):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    head, payload, signature = token.split(".")
    key = next(k for k in jwks["keys"] if k["kid"] == header(token)["kid"])
    public = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0])).public_key()
    public.verify(unb64u(signature), f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())


with Daemon() as d:
    a = d.attest(body)
    if not check(a.status == 200, "evidence that is good gets a token", a.body):
        done()
    token = a.json()["token"]
    c = claims(token)
    check(a.headers["content-type"] == "application/json; charset=utf-8", "content type", a.headers)
    check(a.headers["x-ms-maa-service-version"].count(".") == 3, "service version is four numbers", a.headers)
    check("server" not in a.headers, "no Server header pretends to be another product", a.headers)
    check(c["iss"] == d.url and header(token)["jku"] == d.url + "/certs", "issuer and jku are the base URL", c)
    check(c["exp"] == c["iat"] + 28800 and c["nbf"] == c["iat"], "lifetime is eight hours", c)
    check(c["x-ms-attestation-type"] == "sevsnpvm" and c["x-ms-ver"] == "1.0", "type and version claims", c)
    check(c["x-ms-policy-hash"] == "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco", "hash of the default policy", c)
    check(len(c["jti"]) == 64 and c["jti"] != claims(d.attest(body).json()["token"])["jti"], "jti is unique", c)
    try:
        verify_signature(token, d.ask("GET", "/certs").json())
        check(True, "the signature verifies with the certificate of /certs")
    except ImportError:
        skip("the signature verifies with the certificate of /certs", "python3-cryptography is absent")

    for path in ("/attest/sevsnpvm?" + VERSION, "/ATTEST/SEVSNPVM?" + VERSION, "/Attest/SevSnpVm?api-version=2020-10-01",
                 "/p/default" + ATTEST):
        check(d.attest(body, path=path).status == 200, f"path {path}")
    check(d.attest(body, {"Content-Type": "application/json; charset=utf-8"}).status == 200, "content type with charset")
    check(d.attest({k.upper(): v for k, v in body.items()}).status == 200, "member names in capitals")
    a = d.attest({**body, "nonce": "18446744073709551615"})
    check(a.status == 200 and "nonce" in claims(a.json()["token"]), "a nonce comes back", a.body)
    a = d.attest('{"nonce":18446744073709551615,' + json.dumps(body)[1:])
    check(a.status == 200 and str(claims(a.json()["token"])["nonce"]) == "18446744073709551615",
          "a numeric nonce of 2^64-1 comes back", a.body)
    a = d.attest(body, {"traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"})
    check(a.headers["x-ms-request-id"].startswith("00-0123456789abcdef0123456789abcdef-"), "trace id is echoed",
          a.headers)

    a = d.attest({**body, "draftPolicyForAttestation": PERMIT})
    check(a.status == 200 and header(a.json()["token"])["alg"] == "none" and a.json()["token"].endswith("."),
          "a draft policy's token is unsigned", a.body)
    a = d.attest({**body, "draftPolicyForAttestation": DENY})
    check(a.status == 400 and a.code() == "PolicyEvaluationError" and
          "A Deny claim was issued, authorization failed." in a.json()["error"]["message"], "a denying draft", a.body)
    a = d.attest({**body, "draftPolicyForAttestation": SILENT})
    check(a.status == 400 and a.code() == "PolicyEvaluationError" and "No Permit claim was issued" in
          a.json()["error"]["message"], "a draft that does not permit", a.body)
    a = d.attest({**body, "draftPolicyForAttestation": "version= 1.0;rubbish"})
    check(a.status == 400 and a.code() == "PolicyParsingError", "a draft that does not parse", a.body)

    a = d.attest(flipped(body, 0x90), {"traceparent": "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-0123456789abcdef-01"})
    failed = [x["id"] for x in a.json()["error"].get("checks", []) if x["outcome"] == "fail"]
    check(a.status == 400 and a.code() == "InvalidParameter" and failed == ["snp.signature"],
          "a changed measurement: the signature check is named", a.body)
    record = d.audit()[-1]
    check(record["verdict"] == "rejected" and record["failedCheck"] == "snp.signature" and record["status"] == 400 and
          record["request"] == a.headers["x-ms-request-id"] and "tokenSha256" not in record,
          "the audit log holds the refusal", record)

    a = d.attest(body)
    record = d.audit()[-1]
    sent = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    check(record["verdict"] == "permitted" and record["evidenceSha256"] == sent and
          record["tokenSha256"] == hashlib.sha256(a.json()["token"].encode()).hexdigest() and
          record["policyHash"] == c["x-ms-policy-hash"] and record["provider"] == "default",
          "the audit log holds the decision", record)

    admin = (d.data / "admin.token").read_text().strip()
    a = d.attest(body, {"Authorization": "Bearer " + admin})
    check(a.status == 200 and d.audit()[-1]["caller"] == "administrator", "the administrator is known", a.body)
    for bearer in ("Bearer wrong", "Bearer " + admin + "x", "Basic " + admin, "Bearer "):
        a = d.attest(body, {"Authorization": bearer})
        check(a.status == 401 and a.code() == "Unauthorized", f"a bad bearer is refused ({bearer[:12]})", a.body)
    text = "\n".join(d.log) + (d.data / "audit" / "audit.log").read_text()
    check(admin not in text and token not in text, "D3: no bearer and no token in the logs")
    large = d.attest(json.dumps(body) + " " * 150000)
    check(large.status == 200, "a body that travels by memfd", large.body)

golden = VECTORS / "maa-golden" / "attest-snp-simple.json"
if golden.exists():
    step = json.loads(golden.read_text())["steps"][0]
    with Daemon(clock="2025-04-08T04:15:00Z", anchors=False) as d:
        a = d.attest(step["request"]["body"], path=step["request"]["path"])
        if check(a.status == 200, "the recorded request", a.body):
            own = {"iat", "nbf", "exp", "jti", "iss"}
            want = {k: v for k, v in step["decoded"]["claims"].items() if k not in own}
            got = {k: v for k, v in claims(a.json()["token"]).items() if k not in own}
            check(got == want, "the claims of the real service", set(got.items()) ^ set(want.items()))
        a = d.attest(body)
        check(a.status == 400, "a simulated root is not trusted without being an anchor", a.body)
else:
    skip("the recorded request", "vectors are absent")
done()

"""Our tokens verified by PyJWT, or where it is missing by `cryptography` alone; and tokens of theirs for us.

token_py.py check FILE    prints "ok ..." or "not ok ..." lines
token_py.py make          prints the document that `make_token verify` reads
"""
import base64
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

try:
    import jwt
except ImportError:
    jwt = None

HASHES = {"RS256": hashes.SHA256(), "ES256": hashes.SHA256(), "ES384": hashes.SHA384(), "ES512": hashes.SHA512()}
FIELDS = {"ES256": 32, "ES384": 48, "ES512": 66}


def decode(s):
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


def encode(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def expect(name, fn):
    try:
        fn()
        print(f"ok {name}")
    except Exception as err:  # every kind of failure is the answer here
        print(f"not ok {name}: {type(err).__name__} {err}")


def verify_plain(token, key, alg):
    """The signature by `cryptography` alone; returns the claims."""
    signed, sig = token.rsplit(".", 1)
    sig = decode(sig)
    if alg == "RS256":
        key.verify(sig, signed.encode(), padding.PKCS1v15(), HASHES[alg])
    else:
        n = FIELDS[alg]
        if len(sig) != 2 * n:
            raise ValueError(f"signature of {len(sig)} bytes, want {2 * n}")
        der = encode_dss_signature(int.from_bytes(sig[:n], "big"), int.from_bytes(sig[n:], "big"))
        key.verify(der, signed.encode(), ec.ECDSA(HASHES[alg]))
    return json.loads(decode(signed.split(".")[1]))


def verify_pyjwt(token, doc, alg):
    """No clock: the times are compared by the caller."""
    keys = jwt.PyJWKSet.from_dict(doc["jwks"])
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(k for k in keys.keys if k.key_id == kid)
    return jwt.decode(token, key.key, algorithms=[alg], issuer=doc["issuer"], audience="https://relying.test",
                      options={"require": ["exp", "nbf", "iat", "iss", "aud", "jti"], "verify_exp": False,
                               "verify_nbf": False, "verify_iat": False})


def certificate(doc, token):
    kid = json.loads(decode(token.split(".")[0]))["kid"]
    jwk = next(k for k in doc["jwks"]["keys"] if k["kid"] == kid)
    return x509.load_der_x509_certificate(base64.b64decode(jwk["x5c"][0], validate=True))


def same_claims(claims, doc):
    want = {"iss": doc["issuer"], "iat": doc["now"], "nbf": doc["now"], "exp": doc["now"] + 3600, "x-ms-ver": "1.0",
            "text": "ä€", "nonce": "n", "aud": "https://relying.test", "x-ms-attestation-type": "sevsnpvm"}
    if {k: v for k, v in claims.items() if k != "jti"} != want or len(claims["jti"]) != 64:
        raise ValueError(f"claims differ: {claims}")


def refused(fn, token):
    head, payload, sig = token.split(".")
    claims = dict(json.loads(decode(payload)), nonce="other")
    try:
        fn(".".join([head, encode(json.dumps(claims).encode()), sig]))
    except Exception:
        return
    raise ValueError("a changed payload was accepted")


def check(doc):
    for row in doc["tokens"]:
        alg, token = row["alg"], row["token"]
        cert = certificate(doc, token)
        key = cert.public_key()
        expect(f"{alg} by the certificate of x5c[0]", lambda: same_claims(verify_plain(token, key, alg), doc))
        expect(f"{alg} certificate names the issuer", lambda: names_issuer(cert, doc["issuer"]))
        expect(f"{alg} with a changed payload", lambda: refused(lambda t: verify_plain(t, key, alg), token))
        if jwt:
            expect(f"{alg} by PyJWT", lambda: same_claims(verify_pyjwt(token, doc, alg), doc))
            expect(f"{alg} with a changed payload by PyJWT", lambda: refused(lambda t: verify_pyjwt(t, doc, alg), token))


def names_issuer(cert, issuer):
    cn = cert.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    if cn != issuer or cert.issuer != cert.subject:
        raise ValueError(f"subject {cert.subject}, issuer {cert.issuer}")


def new_key(alg):
    if alg == "RS256":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key({"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}[alg])


def sign(key, alg, text):
    if alg == "RS256":
        return key.sign(text, padding.PKCS1v15(), HASHES[alg])
    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(HASHES[alg])))
    return r.to_bytes(FIELDS[alg], "big") + s.to_bytes(FIELDS[alg], "big")


def jwk_of(key, alg):
    n = key.public_key().public_numbers()
    if alg == "RS256":
        return {"kty": "RSA", "n": encode(n.n.to_bytes(256, "big")), "e": encode(n.e.to_bytes(3, "big"))}
    size = FIELDS[alg]
    return {"kty": "EC", "crv": {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[alg],
            "x": encode(n.x.to_bytes(size, "big")), "y": encode(n.y.to_bytes(size, "big"))}


def make():
    doc = {"issuer": "https://verifier.test", "now": 1700000000, "jwks": {"keys": []}, "tokens": []}
    claims = {"iss": doc["issuer"], "iat": doc["now"], "nbf": doc["now"], "exp": doc["now"] + 60, "text": "ä€"}
    for alg in HASHES:
        key = new_key(alg)
        header = {"alg": alg, "kid": alg, "typ": "JWT"}
        if jwt:
            token = jwt.encode(claims, key, algorithm=alg, headers={"kid": alg})
        else:
            text = encode(json.dumps(header).encode()) + "." + encode(json.dumps(claims).encode())
            token = text + "." + encode(sign(key, alg, text.encode()))
        doc["jwks"]["keys"].append(dict(jwk_of(key, alg), kid=alg))
        doc["tokens"].append({"alg": alg, "token": token})
    print(json.dumps(doc))


if sys.argv[1] == "make":
    make()
else:
    with open(sys.argv[2], encoding="utf-8") as f:
        check(json.load(f))

"""Management of a running daemon: bearers, signers with keys made by openssl, and JWS of any shape."""
import base64
import hashlib
import json
import pathlib
import subprocess
import time
import uuid

from daemon import VERSION, b64u, claims

PERMIT = "version= 1.0;authorizationrules{=> permit();};"
DENY = "version= 1.0;authorizationrules{=> deny();};"
EMPTY = "eyJhbGciOiJub25lIn0.."
POLICY = "/policies/SevSnpVm?" + VERSION
RESET = "/policies/SevSnpVm:reset?" + VERSION
SHADOW = "/policies/SevSnpVm:shadow"
HISTORY = "/policies/SevSnpVm/history"
CERTS = "/certificates?" + VERSION
ADD = "/certificates:add?" + VERSION
REMOVE = "/certificates:remove?" + VERSION


def openssl(*args, **kw):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, **kw).stdout


def policy(text, **more):
    return {"AttestationPolicy": b64u(text.encode()), **more}


def fresh(**more):
    """What isolated.freshness required wants."""
    return {"iat": int(time.time()), "jti": str(uuid.uuid4()), **more}


def compact(header, payload, signature=b""):
    body = payload if isinstance(payload, (bytes, str)) else json.dumps(payload)
    body = body.encode() if isinstance(body, str) else body
    return f"{b64u(json.dumps(header).encode())}.{b64u(body)}.{b64u(signature)}"


def unsigned(payload):
    return compact({"alg": "none"}, payload)


def token_hash(jws):
    return b64u(hashlib.sha256(jws.encode()).digest())


def raw_ecdsa(der, size):
    """r and s of a DER signature, each in size bytes."""
    at, out = 2 + (der[1] > 127), b""
    for _ in range(2):
        n = der[at + 1]
        out += int.from_bytes(der[at + 2:at + 2 + n], "big").to_bytes(size, "big")
        at += 2 + n
    return out


KINDS = {"RS256": ("rsa:2048", None, "sha256", 0), "ES256": ("ec", "prime256v1", "sha256", 32),
         "ES384": ("ec", "secp384r1", "sha384", 48), "ES512": ("ec", "secp521r1", "sha512", 66)}


class Signer:
    """A key and a certificate: self-signed, or issued by another signer."""

    def __init__(self, folder, name, alg="RS256", issuer=None, ca=True, days=30):
        folder = pathlib.Path(folder)
        self.alg, self.issuer = alg, issuer
        self.key, self.pem = folder / (name + ".key"), folder / (name + ".pem")
        kind, curve, self.digest, self.size = KINDS[alg]
        request = folder / (name + ".csr")
        openssl("req", "-new", "-newkey", kind, *(["-pkeyopt", "ec_paramgen_curve:" + curve] if curve else []), "-nodes",
                "-keyout", self.key, "-out", request, "-subj", "/CN=" + name)
        extensions = folder / (name + ".cnf")
        extensions.write_text("basicConstraints=critical,CA:" + ("TRUE" if ca else "FALSE") + "\n")
        sign = ["-CA", issuer.pem, "-CAkey", issuer.key, "-CAcreateserial"] if issuer else ["-key", self.key]
        openssl("x509", "-req", "-in", request, "-out", self.pem, "-days", days, "-" + (issuer or self).digest, "-extfile",
                extensions, *sign)
        self.der = openssl("x509", "-in", self.pem, "-outform", "DER")
        self.b64 = base64.b64encode(self.der).decode()
        self.thumbprint = hashlib.sha1(self.der).hexdigest().upper()

    def chain(self):
        return [self.b64] + (self.issuer.chain() if self.issuer else [])

    def sign(self, payload, header=None, alg=None):
        """header None: alg and x5c with the whole chain."""
        header = header or {"alg": alg or self.alg, "x5c": self.chain()}
        text = compact(header, payload)[:-1]
        der = openssl("dgst", "-" + self.digest, "-sign", self.key, input=text.encode())
        return text + "." + b64u(raw_ecdsa(der, self.size) if self.size else der)

    def jwk(self):
        return {"kty": "EC" if self.size else "RSA", "x5c": [self.b64]}


class Manager:
    """Speaks to one provider of a daemon with one bearer (the administrator's unless given)."""

    def __init__(self, daemon, provider=None, bearer=None):
        self.daemon = daemon
        self.prefix = "/p/" + provider if provider else ""
        self.bearer = bearer or (daemon.data / "admin.token").read_text().strip()

    def ask(self, method, path, body=None, media="text/plain", connection=None):
        headers = {"Content-Type": media} if body is not None else {}
        if self.bearer:
            headers["Authorization"] = "Bearer " + self.bearer
        return self.daemon.ask(method, self.prefix + path, body, headers, connection)

    def announce(self, method, path, length, media="text/plain"):
        headers = {"Content-Type": media, "Authorization": "Bearer " + self.bearer}
        return self.daemon.announce(method, self.prefix + path, length, headers)

    def claims(self, method, path, body=None, media="text/plain"):
        """The claims of a result token without the registered ones; else status and code as refused."""
        a = self.ask(method, path, body, media)
        if a.status != 200:
            return {"refused": f"{a.status} {a.code()}", "body": a.body}
        own = {"iat", "nbf", "exp", "iss"}
        return {k: v for k, v in claims(a.json()["token"]).items() if k not in own}

    def policy(self, path=POLICY):
        got = self.claims("GET", path)
        return got.get("x-ms-policy", got.get("refused"))

    def history(self, path=HISTORY):
        return self.ask("GET", path).json()["entries"]

    def thumbprints(self):
        keys = self.claims("GET", CERTS)["x-ms-policy-certificates"]["keys"]
        return [hashlib.sha1(base64.b64decode(k["x5c"][0])).hexdigest().upper() for k in keys]

    def certificate(self, path, jws):
        return self.ask("POST", path, json.dumps(jws), "application/json")

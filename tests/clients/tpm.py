"""attestTpm of the clients: a daemon that trusts the CA of a software TPM, what clients send, and what they must get.

Message 2 answers a challenge, so a client makes it on the way: it runs `maker` and gives it one line, the challenge, the
context and the keywords of the case; the second line it gets back is the message as base64url (tests/api/tpm_message.py).
"""
import contextlib
import hashlib
import os
import shutil
import sys
import time

import tpm_message
from daemon import Daemon

POLICY = """version=1.2;
authorizationrules {
    c:[type=="aikValidated", value==true] && d:[type=="secureBootEnabled", value==true] => permit();
};
issuancerules {
    c:[type=="aikValidated"] => issue(claim=c);
    c:[type=="secureBootEnabled"] => issue(claim=c);
};"""
BEARERS = {role: f"static-tpm-{role}-token-for-the-client-tests" for role in ("reader", "contributor")}
CLAIMS = {"x-ms-attestation-type": "tpm", "aikValidated": True, "secureBootEnabled": True}


def case(name, status=200, code=None, again=False, **keywords):
    """One message 2; again: the message of the case before, once more."""
    return {"name": name, "status": status, "code": code, "again": again, "keywords": keywords}


BEFORE = [case("no policy is set", 400, "PolicyEvaluationError")]
CASES = [
    case("a sound message"),
    case("the same message again", 400, "InvalidParameter", again=True),
    case("a key bound by a certification", bound="certify"),
    case("a key that nothing binds", 400, "InvalidParameter", bound="none"),
    case("a quote for another challenge", 400, "InvalidParameter", extra="AAAA"),
    case("a quote by another key", 400, "InvalidParameter", wrong_ak=True),
    case("a changed PCR value", 400, "InvalidParameter", damage="pcr"),
    case("a changed log", 400, "InvalidParameter", damage="log"),
    case("a message of another key", 400, "InvalidParameter", forged=True),
    case("an attestation key without certificate", 400, "InvalidParameter", cert=False),
    case("a machine with Secure Boot off", 400, "PolicyEvaluationError", machine="sboff"),
]


@contextlib.contextmanager
def measuring(folder):
    """The daemon, and the part of the scene that says where and what."""
    tpm, home = tpm_message.SoftTpm(folder / "tpm"), folder / "measuring"
    anchors = home / "data" / "test-anchors"
    anchors.mkdir(parents=True, mode=0o700)
    os.chmod(home / "data", 0o700)
    shutil.copy(tpm.ca, anchors)
    rows = [f"  - {{name: tpm-{role}, role: {role}, sha256: {hashlib.sha256(text.encode()).hexdigest()}}}"
            for role, text in BEARERS.items()]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with Daemon(config="tokens:\n" + "\n".join(rows) + "\n", clock=now, anchors=False, folder=home) as d:
        yield d, {"tpm": {"url": d.url, "issuer": d.url, **BEARERS, "policy": POLICY, "before": BEFORE, "cases": CASES,
                          "init": tpm.init().decode(), "unknown": tpm.init("aikpub").decode(), "claims": CLAIMS,
                          "rp": tpm_message.b64u(tpm_message.RP_DATA), "key": tpm.key.jwk(),
                          "maker": [sys.executable, tpm_message.__file__, str(tpm.folder)]}}

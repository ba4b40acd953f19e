"""Both rounds of the Tpm protocol against a running daemon, with a TPM of software (make_tpm.c)."""
import hashlib
import json
import subprocess

from daemon import BUILD, VERSION, b64u, unb64u

TPM = "/attest/Tpm?" + VERSION
POLICY = "/policies/Tpm?" + VERSION
INIT = {"data": b64u(b'{"payload":{"type":"aikcert"}}')}
ANYBODY = 'configurationrules{=> issueproperty(type="require_valid_aik_cert", value=false);};'
PERMIT = f'version=1.2;{ANYBODY}authorizationrules{{=> permit();}};issuancerules{{c:[type=="aikValidated"] => issue(claim=c);}};'
DENY = f"version=1.2;{ANYBODY}authorizationrules{{=> deny();}};issuancerules{{}};"
READER = "reader-0123456789abcdef"
READS = {"Authorization": "Bearer " + READER}
TOKENS = f"tokens: [{{name: reader, role: reader, sha256: {hashlib.sha256(READER.encode()).hexdigest()}}}]\n"


def path(provider=None):
    return ("/p/" + provider if provider else "") + TPM


def opened(answer):
    """What is inside data of an answer."""
    return json.loads(unb64u(answer.json()["data"]))["payload"]


def failed(answer):
    """The first check that failed, of a refusal."""
    return next((c["id"] for c in answer.json()["error"].get("checks", []) if c["outcome"] == "fail"), None)


def challenge(d, provider=None, headers=READS):
    return opened(d.attest(INIT, headers, path(provider)))


class TpmMaker:
    def __init__(self):
        self.process = subprocess.Popen([BUILD / "tests" / "api" / "make_tpm"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def message(self, given, **more):
        """Message 2 for what message 1 was answered with."""
        self.process.stdin.write(json.dumps({**given, **more}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

"""The official Python client against a running attestd.  Usage: client.py SCENE; prints one line a check."""
import base64
import hashlib
import json
import pathlib
import ssl
import subprocess
import sys
import time
from collections import namedtuple

from azure.core.exceptions import HttpResponseError
from azure.security.attestation import (AttestationAdministrationClient, AttestationClient,
                                        AttestationPolicyToken)
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

TYPE = "SevSnpVm"
POLICY = 'version= 1.0;\nauthorizationrules{[type=="x-ms-attestation-type"] => permit();};'
SIGNED = "version=1.0;\nauthorizationrules { => permit(); };\nissuancerules { };"
Bearer = namedtuple("Bearer", "token expires_on")
scene = json.loads(pathlib.Path(sys.argv[1]).read_text())
keys = scene["keys"]


class Static:
    def __init__(self, text):
        self.text = text

    def get_token(self, *_scopes, **_options):
        return Bearer(self.text, int(time.time()) + 3600)


def check(ok, name, shown=None):
    print(f"{'ok' if ok else 'not ok'} {name}", flush=True)
    if not ok:
        print(f"# found: {shown!r}", flush=True)


def step(name, run):
    """One check: run returns (good, shown), or throws."""
    try:
        good, shown = run()
    except Exception as e:  # what any SDK fault is: a failed check
        good, shown = False, e
    check(good, name, shown)


def refused(name, status, code, run):
    try:
        check(False, name, run())
    except HttpResponseError as e:
        found = (e.status_code, e.error.code if e.error else None)
        check(found == (status, code), name, (found, str(e)))


def common(place):
    return {"connection_verify": scene["ca"], "retry_total": 0, "validate_issuer": True,
            "issuer": place["issuer"]}


def admin(place, bearer=None):
    credential = Static(bearer or place["contributor"])
    return AttestationAdministrationClient(place["url"], credential, **common(place))


def by(pair):
    return {"signing_key": pair["key"], "signing_certificate": pair["certificate"]} if pair else {}


def same(pem, pair):
    return ssl.PEM_cert_to_DER_cert(pem) == ssl.PEM_cert_to_DER_cert(pair["certificate"])


def set_and_read(client, text, pair=None):
    """Sets a policy, compares the hash the server saw with our own, and reads it back."""
    result, _ = client.set_policy(TYPE, text, **by(pair))
    jws = AttestationPolicyToken(text, **by(pair)).to_jwt_string()
    own = base64.urlsafe_b64encode(hashlib.sha256(jws.encode()).digest()).rstrip(b"=").decode()
    seen = result.policy_token_hash
    seen = seen if isinstance(seen, str) else base64.urlsafe_b64encode(seen).rstrip(b"=").decode()
    back, _ = client.get_policy(TYPE)
    signer = same(result.policy_signer.certificates[0], pair) if pair else result.policy_signer is None
    good = result.policy_resolution == "Updated" and seen.rstrip("=") == own and signer and back == text
    return good, (vars(result), own, back)


def reset_and_read(client, standard, pair=None):
    result, _ = client.reset_policy(TYPE, **by(pair))
    return result.policy_resolution == "Removed" and client.get_policy(TYPE)[0] == standard, vars(result)


def metadata(label, place):
    client = AttestationClient(place["url"], Static(place["reader"]), **common(place))

    def openid():
        found = client.get_open_id_metadata()
        return found["issuer"] == place["issuer"] and found["jwks_uri"] == place["issuer"] + "/certs", found

    def signers():
        found = client.get_signing_certificates()
        return found and all(s.key_id and s.certificates for s in found), found
    step(f"{label}: openid metadata", openid)
    step(f"{label}: signers", signers)
    for kind in ("SgxEnclave", "OpenEnclave", TYPE):
        def default(kind=kind):
            text, _ = admin(place).get_policy(kind)
            return "permit()" in text, text
        step(f"{label}: default policy of {kind}", default)
    step(f"{label}: Tpm has an empty one", lambda: (admin(place).get_policy("Tpm")[0] == "", None))


def authorisation(label, place, other):
    reader = admin(place, place["reader"])
    step(f"{label}: a reader reads", lambda: (reader.get_policy(TYPE)[0] != "", None))
    refused(f"{label}: a reader sets nothing", 401, "Unauthorized", lambda: reader.set_policy(TYPE, POLICY))
    for who, bearer in (("a wrong token", "x" * 43), ("the other provider's token", other["contributor"])):
        client = admin(place, bearer)
        refused(f"{label}: {who} reads nothing", 401, "Unauthorized", lambda c=client: c.get_policy(TYPE))
        refused(f"{label}: {who} sets nothing", 401, "Unauthorized",
                lambda c=client: c.set_policy(TYPE, POLICY, **by(keys["signer"])))


def aad(place):
    client = admin(place)
    standard = client.get_policy(TYPE)[0]
    step("aad: set unsigned", lambda: set_and_read(client, POLICY))
    for name in ("signer", "stranger"):
        step(f"aad: set signed by {name}", lambda n=name: set_and_read(client, SIGNED, keys[n]))
    refused("aad: a policy that does not parse", 400, "PolicyParsingError",
            lambda: client.set_policy(TYPE, "version= 1.0;authorizationrules{"))
    step("aad: the refused one changed nothing", lambda: (client.get_policy(TYPE)[0] == SIGNED, None))
    for pair in (None, keys["signer"]):
        step(f"aad: reset {'signed' if pair else 'unsigned'}",
             lambda p=pair: reset_and_read(client, standard, p))

    def none():
        found = client.get_policy_management_certificates()[0]
        return found == [], found
    step("aad: no certificates", none)
    for call in (client.add_policy_management_certificate, client.remove_policy_management_certificate):
        refused(f"aad: {call.__name__} is disallowed", 400, "InvalidOperation",
                lambda c=call: c(keys["second"]["certificate"], **by(keys["signer"])))


def isolated_policies(client):
    standard = client.get_policy(TYPE)[0]
    refused("isolated: set unsigned", 400, "InvalidOperation", lambda: client.set_policy(TYPE, POLICY))
    for name in ("stranger", "second"):
        refused(f"isolated: set signed by {name}", 400, "InvalidParameter",
                lambda n=name: client.set_policy(TYPE, POLICY, **by(keys[n])))
    step("isolated: the refused ones changed nothing", lambda: (client.get_policy(TYPE)[0] == standard, None))
    step("isolated: set signed by signer", lambda: set_and_read(client, SIGNED, keys["signer"]))
    refused("isolated: reset unsigned", 400, "InvalidOperation", lambda: client.reset_policy(TYPE))
    refused("isolated: reset signed by stranger", 400, "InvalidParameter",
            lambda: client.reset_policy(TYPE, **by(keys["stranger"])))
    step("isolated: reset signed by signer", lambda: reset_and_read(client, standard, keys["signer"]))


def isolated_certificates(client):
    signer, second, stranger, ec = (keys[n] for n in ("signer", "second", "stranger", "ec"))
    add, remove = client.add_policy_management_certificate, client.remove_policy_management_certificate

    def listed(*wanted):
        found = client.get_policy_management_certificates()[0]
        return len(found) == len(wanted) and all(any(same(f[0], w) for f in found) for w in wanted)

    def change(call, pair, resolution, *after):
        result, _ = call(pair["certificate"], **by(signer))
        return (result.certificate_resolution == resolution and result.certificate_thumbprint == pair["sha1"]
                and listed(*after)), vars(result)
    step("isolated: the configured certificate", lambda: (listed(signer), None))
    refused("isolated: add signed by stranger", 400, "InvalidParameter",
            lambda: add(stranger["certificate"], **by(stranger)))
    step("isolated: add", lambda: change(add, second, "IsPresent", signer, second))
    step("isolated: add again", lambda: change(add, second, "IsPresent", signer, second))
    step("isolated: add ec", lambda: change(add, ec, "IsPresent", signer, second, ec))
    step("isolated: set signed by the added second", lambda: set_and_read(client, SIGNED, second))
    step("isolated: remove", lambda: change(remove, second, "IsAbsent", signer, ec))
    step("isolated: remove ec", lambda: change(remove, ec, "IsAbsent", signer))
    refused("isolated: set signed by the removed one", 400, "InvalidParameter",
            lambda: client.set_policy(TYPE, POLICY, **by(second)))
    refused("isolated: remove the last", 400, "InvalidOperation",
            lambda: remove(signer["certificate"], **by(signer)))


def sent(case):
    """The arguments of one call."""
    kind = "json" if case["json"] else "data"
    data = {f"{name}_{kind}": base64.b64decode(case[name]) for name in ("runtime", "inittime") if case[name]}
    return {**data, **({"draft_policy": case["draft"]} if case["draft"] else {})}


def received(case, place, result, token):
    """Everything of the answer that is as it should be."""
    claims = {"mrenclave": result.mr_enclave, "mrsigner": result.mr_signer, "debug": result.is_debuggable,
              "product": result.product_id, "svn": result.svn}
    held = base64.b64decode(case["runtime"]) if case["runtime"] else None
    runtime = json.loads(held) if held and case["json"] else None
    quote = hashlib.sha256(base64.b64decode(case["evidence"])).hexdigest()
    good = [claims == case["claims"], result.issuer == place["issuer"],
            result.sgx_collateral["quotehash"] == quote, (token.algorithm == "none") == bool(case["draft"]),
            case["draft"] or not case["runtime"] or
            (result.runtime_claims == runtime if case["json"] else result.enclave_held_data == held),
            # this client sends the type of init-time JSON without the data
            result.inittime_claims is None]
    return all(good), (good, claims, vars(result))


def not_sent(name, run):
    try:
        check(False, name, run())
    except ValueError as e:
        check("valid JSON" in str(e), name, e)


def attest(place):
    """The recorded and simulated evidence; the client validates each token itself."""
    client = AttestationClient(place["url"], Static(place["reader"]), **common(place))
    calls = {"sgx": client.attest_sgx_enclave, "oe": client.attest_open_enclave}
    for case in place["cases"]:
        def run(case=case):
            return calls[case["call"]](base64.b64decode(case["evidence"]), **sent(case))
        if case["json"] and base64.b64decode(case["runtime"]).endswith(b"\0"):
            not_sent(f"attest {case['name']}: this client takes no JSON with a NUL behind it", run)
        elif case["status"] != 200:
            refused(f"attest {case['name']}", case["status"], case["code"], run)
        else:
            step(f"attest {case['name']}", lambda case=case, run=run: received(case, place, *run()))


def made(place, challenge, keywords):
    """Message 2 by a TPM of software."""
    payload = json.loads(challenge)["payload"]
    line = json.dumps({"challenge": payload["challenge"], "service_context": payload["service_context"], **keywords})
    out = subprocess.run(place["maker"], input=line + "\n", text=True, check=True, stdout=subprocess.PIPE).stdout
    return decoded(out.splitlines()[1]).decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_by(signers, jwt):
    """Raises unless the signature is by the signer that the token names."""
    head, body, signature = jwt.split(".")
    kid = json.loads(decoded(head))["kid"]
    pem = next(s.certificates[0] for s in signers if s.key_id == kid)
    load_pem_x509_certificate(pem.encode()).public_key().verify(decoded(signature), f"{head}.{body}".encode(),
                                                                padding.PKCS1v15(), SHA256())


def reported(place, client, answer):
    """Everything of a token for a TPM that is as it should be."""
    jwt = json.loads(answer)["payload"]["report"]
    signed_by(client.get_signing_certificates(), jwt)
    found = json.loads(decoded(jwt.split(".")[1]))
    good = [found["iss"] == place["issuer"], found["rp_data"] == found["nonce"] == place["rp"],
            found["cnf"] == {"jwk": place["key"]}, found.items() >= place["claims"].items()]
    return all(good), (good, found)


def measured(place, client, case, last):
    """One message 2 for a new challenge, or the one before again; the message."""
    message = last if case["again"] else made(place, client.attest_tpm(place["init"]), case["keywords"])
    name = f"tpm: {case['name']}"
    if case["status"] != 200:
        refused(name, case["status"], case["code"], lambda: client.attest_tpm(message))
    else:
        step(name, lambda: reported(place, client, client.attest_tpm(message)))
    return message


def tpm(place):
    """Both rounds of attest_tpm, around a policy that is set in between."""
    client, last = AttestationClient(place["url"], Static(place["reader"]), **common(place)), None

    def challenge():
        found = json.loads(client.attest_tpm(place["init"]))["payload"]
        return len(decoded(found["challenge"])) == 16 and decoded(found["service_context"]), found
    step("tpm: a challenge", challenge)
    refused("tpm: no message of the protocol", 400, "InvalidParameter", lambda: client.attest_tpm(place["unknown"]))
    for case in place["before"]:
        measured(place, client, case, None)

    def set_policy():
        result, _ = admin(place).set_policy("Tpm", place["policy"])
        return result.policy_resolution == "Updated" and admin(place).get_policy("Tpm")[0] == place["policy"], vars(result)
    step("tpm: set a policy", set_policy)
    for case in place["cases"]:
        last = measured(place, client, case, last)


for name, elsewhere in (("aad", "isolated"), ("isolated", "aad")):
    metadata(name, scene[name])
    authorisation(name, scene[name], scene[elsewhere])
aad(scene["aad"])
isolated_policies(admin(scene["isolated"]))
isolated_certificates(admin(scene["isolated"]))
tpm(scene["tpm"])
for place in scene.get("attest", []):
    attest(place)

#!/usr/bin/env python3
"""POST /tpm/enrol and /tpm/enrolments: a software TPM proves that an attestation key is in it and gets a certificate;
whatever else is sent gets none.  An endorsement key keeps its attestation key until an administrator removes it."""
import datetime
import hashlib
import json
import pathlib
import shutil
import signal
import struct
import tempfile

from daemon import Daemon, b64u, check, done, skip, unb64u, until
from manage import openssl
from swtpm import Swtpm, available
from tpmkit import READER, READS, TOKENS, failed

WRITER = "writer-0123456789abcdef"
WRITES = {"Authorization": "Bearer " + WRITER}
TOKENS = TOKENS.rstrip("]\n") + f", {{name: writer, role: contributor, sha256: " \
                                f"{hashlib.sha256(WRITER.encode()).hexdigest()}}}]\n"
JSON = {"Content-Type": "application/json"}
FIXED_SIGN = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign"


class Machine(Swtpm):
    """A TPM with endorsement keys and attestation keys by name."""
    def __init__(self):
        super().__init__(banks="sha256")
        self.run("tpm2_createek", "-c", "ek.ctx", "-G", "rsa", "-u", "ek.pub")
        self.tool("tpm2_nvread", "0x1c00002", "-o", "ek.der")
        self.ek_cert = (self.folder / "ek.der").read_bytes()

    def run(self, *words):
        out = self.tool(*words)
        self.tool("tpm2_flushcontext", "-t")
        return out

    def ak(self, name, *options):
        """A restricted signing key below the endorsement key; its public area."""
        self.run("tpm2_createak", "-C", "ek.ctx", "-c", name + ".ctx", "-u", name + ".pub", "-n", name + ".name",
                 *(options or ("-G", "ecc", "-g", "sha256", "-s", "ecdsa")))
        return (self.folder / (name + ".pub")).read_bytes()

    def plain_key(self, name):
        """A key that signs whatever it is given, in the owner's hierarchy."""
        self.run("tpm2_createprimary", "-C", "o", "-c", "owner.ctx")
        self.tool("tpm2_create", "-C", "owner.ctx", "-G", "ecc", "-u", name + ".pub", "-r", name + ".priv",
                  "-a", FIXED_SIGN)
        self.tool("tpm2_flushcontext", "-t")
        return (self.folder / (name + ".pub")).read_bytes()

    def name(self, ak):
        return (self.folder / (ak + ".name")).read_bytes().hex()

    def activate(self, ak, first):
        """The secret of a credential; None when this TPM does not open it."""
        blob = struct.pack(">II", 0xBADCC0DE, 1) + unb64u(first["credentialBlob"]) + unb64u(first["encryptedSecret"])
        (self.folder / "cred.blob").write_bytes(blob)
        out = self.folder / "secret.bin"
        out.unlink(missing_ok=True)
        self.tool("tpm2_startauthsession", "--policy-session", "-S", "s.ctx")
        self.tool("tpm2_policysecret", "-S", "s.ctx", "-c", "e")
        self.tool("tpm2_activatecredential", "-c", ak + ".ctx", "-C", "ek.ctx", "-i", "cred.blob", "-o", out,
                  "-P", "session:s.ctx", check=False)
        self.tool("tpm2_flushcontext", "s.ctx", check=False)
        self.tool("tpm2_flushcontext", "-t", check=False)
        return out.read_bytes() if out.exists() else None


def begin(d, machine, ak_pub, provider="first", headers=READS, **more):
    body = {"ekCert": b64u(machine.ek_cert), "akPub": b64u(ak_pub), **more}
    return d.ask("POST", f"/p/{provider}/tpm/enrol", json.dumps(body), {**JSON, **headers})


def finish(d, context, secret, provider="first", headers=READS):
    body = {"context": context, "secret": b64u(secret)}
    return d.ask("POST", f"/p/{provider}/tpm/enrol", json.dumps(body), {**JSON, **headers})


def enrol(d, machine, ak, ak_pub, provider="first", headers=READS):
    """Both steps; the answer of the second, or that of the first when it was refused."""
    a = begin(d, machine, ak_pub, provider, headers)
    if a.status != 200:
        return a
    return finish(d, a.json()["context"], machine.activate(ak, a.json()), provider, headers)


def listed(d, provider="first", query=""):
    return d.ask("GET", f"/p/{provider}/tpm/enrolments{query}", headers=READS)


def remove(d, ek_id, provider="first", headers=WRITES):
    return d.ask("DELETE", f"/p/{provider}/tpm/enrolments/{ek_id}", headers=headers)


def at_issue(machine, later=60):
    """A time at which the endorsement key certificate is valid."""
    text = openssl("x509", "-inform", "DER", "-noout", "-startdate", input=machine.ek_cert).decode().strip()
    start = datetime.datetime.strptime(text.split("=")[1], "%b %d %H:%M:%S %Y %Z")
    return (start + datetime.timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificate(folder, answer):
    """What openssl says of an issued certificate, and whether it verifies below the CA that came with it."""
    for name, member in (("ak", "akCert"), ("ca", "caCert")):
        der = unb64u(answer.json()[member])
        (folder / (name + ".pem")).write_bytes(openssl("x509", "-inform", "DER", input=der))
    text = openssl("x509", "-in", folder / "ak.pem", "-noout", "-text").decode()
    key = openssl("x509", "-in", folder / "ak.pem", "-noout", "-pubkey")
    return text, key


def days(text):
    """Between notBefore and notAfter."""
    ends = [datetime.datetime.strptime(line.split(": ", 1)[1].strip(), "%b %d %H:%M:%S %Y %Z")
            for line in text.splitlines() if "Not Before" in line or "Not After" in line]
    return (ends[1] - ends[0]).total_seconds() / 86400


if not available() or not shutil.which("tpm2_activatecredential"):
    skip("enrolment of a software TPM", "swtpm and tpm2-tools are not installed")
    done()

scratch = pathlib.Path(tempfile.mkdtemp(prefix="attestd-enrol-"))
with Machine() as one, Machine() as two:
    clock = at_issue(max(one, two, key=at_issue))
    one_roots = ", ".join(map(str, one.roots))
    config = TOKENS + f"""
workers: {{verify: 1}}
tpm: {{ek_roots: [{one_roots}]}}
providers:
- {{name: first}}
- {{name: open, tpm_attestation_authentication: Disabled}}
"""
    ak, other, two_ak = one.ak("ak"), one.ak("other"), two.ak("ak")
    plain = one.plain_key("plain")
    with Daemon(config=config, anchors=False, clock=clock, folder=scratch) as d:

        # The way it is meant.
        a = begin(d, one, ak)
        first = a.json()
        check(a.status == 200 and sorted(first) == ["akName", "context", "credentialBlob", "ekId", "encryptedSecret", "expires"],
              "EK certificate and AK get a credential and a sealed context", a.body)
        check(first["akName"] == one.name("ak"), "the AK's name is the TPM's own", first)
        secret = one.activate("ak", first)
        check(secret and len(secret) == 32, "the TPM opens the credential")
        check(listed(d).json() == {"entries": []}, "a credential enrols nobody")
        a = finish(d, first["context"], secret)
        check(a.status == 200 and sorted(a.json()) == ["akCert", "akName", "caCert", "ekId", "expires"],
              "the secret earns a certificate", a.body)
        text, key = certificate(scratch, a)
        check("2.23.133.8.3" in text and "Digital Signature" in text and "CA:TRUE" not in text,
              "it is an attestation key certificate", text)
        check(f"CN = {one.name('ak')[4:68]}" in text, "its subject is made from the AK's name", text)
        check(0 < days(text) <= 30, "it is good for at most 30 days", text)
        one.run("tpm2_readpublic", "-c", "ak.ctx", "-f", "pem", "-o", "ak.pem")
        check(key == (one.folder / "ak.pem").read_bytes(), "its key is the AK's", key)
        at = int(datetime.datetime.strptime(clock, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp())
        verified = openssl("verify", "-attime", at, "-CAfile", scratch / "ca.pem", scratch / "ak.pem")
        check(b": OK" in verified, "it verifies below the provider's CA", verified)
        ca = openssl("x509", "-in", scratch / "ca.pem", "-noout", "-text").decode()
        check("CA:TRUE, pathlen:0" in ca and 3650 <= days(ca) <= 3653, "which is a CA without CAs below it, for ten years", ca)
        entry = listed(d).json()["entries"]
        check(len(entry) == 1 and entry[0]["ekId"] == first["ekId"] and entry[0]["akName"] == first["akName"] and
              entry[0]["manufacturer"] == "id:00001014" and entry[0]["model"] == "swtpm" and entry[0]["enrolledBy"] == "reader",
              "the enrolment is listed, with what the certificate says of the TPM", entry)
        record = [r for r in d.audit() if r["action"] == "tpm.enrol"]
        check(len(record) == 1 and record[0]["ekId"] == first["ekId"] and record[0]["akName"] == first["akName"] and
              record[0]["caller"] == "reader", "and recorded", record)
        check(begin(d, one, ak, ekChain=[b64u(openssl("x509", "-in", p, "-outform", "DER")) for p in one.roots]).status == 200,
              "a chain may be sent along")
        padded = {"ekCert": b64u(one.ek_cert + bytes(100)), "akPub": b64u(ak)}
        a = d.ask("POST", "/p/first/tpm/enrol", json.dumps(padded), {**JSON, **READS})
        check(a.status == 200 and a.json()["ekId"] == first["ekId"], "a certificate may have zeros behind it, as in NV", a.body)
        rsa = one.ak("rsa", "-G", "rsa", "-g", "sha256", "-s", "rsassa")
        check(begin(d, one, rsa).status == 200, "an RSA attestation key gets a credential too")

        # security-history A16: AK and EK are bound by what only the TPM can do.
        a = finish(d, first["context"], bytes(32))
        check(a.status == 400 and failed(a) == "enrol.secret", "a wrong secret earns nothing", a.body)
        a = finish(d, first["context"], secret[:31])
        check(a.status == 400 and failed(a) == "enrol.secret", "nor does a part of it", a.body)
        a = finish(d, begin(d, one, other).json()["context"], secret)
        check(a.status == 400 and failed(a) == "enrol.secret", "nor does the secret of another credential", a.body)
        two_on_one = begin(d, one, two_ak)
        check(two_on_one.status == 200 and two.activate("ak", two_on_one.json()) is None,
              "a credential for one TPM's EK is not opened by another TPM that has the AK", two_on_one.body)
        check(one.activate("ak", two_on_one.json()) is None, "nor by the TPM with the EK, which has not that AK")
        check(one.activate("other", begin(d, one, ak).json()) is None, "nor with another AK of the same TPM")
        a = begin(d, two, two_ak)
        check(a.status == 400 and failed(a) == "enrol.ek.chain" and "tpm.ek_roots" in a.json()["error"]["hint"],
              "an EK certificate below another root is refused", a.body)
        a = begin(d, one, plain)
        check(a.status == 400 and failed(a) == "enrol.ak.attributes", "an AK that is not restricted is refused", a.body)
        a = d.ask("POST", "/p/first/tpm/enrol", json.dumps({"ekCert": b64u(openssl("x509", "-in", one.roots[0], "-outform", "DER")),
                                                           "akPub": b64u(ak)}), {**JSON, **READS})
        check(a.status == 400 and failed(a) == "enrol.ek.purpose", "a CA's certificate is none of an EK", a.body)
        refused = [r.get("failedCheck") for r in d.audit() if r["action"] == "tpm.enrol" and r["status"] == 400]
        check({"enrol.secret", "enrol.ek.chain", "enrol.ak.attributes", "enrol.ek.purpose"} <= set(refused),
              "refusals are recorded with their check", refused)

        # Contexts.
        fresh = begin(d, one, ak).json()
        secret = one.activate("ak", fresh)
        a = finish(d, fresh["context"], secret, "open")
        check(a.status == 400 and failed(a) == "enrol.context", "a context is good at its own provider only", a.body)
        flipped = bytearray(unb64u(fresh["context"]))
        flipped[len(flipped) // 2] ^= 1
        a = finish(d, b64u(bytes(flipped)), secret)
        check(a.status == 400 and failed(a) == "enrol.context", "a damaged context is refused", a.body)
        check(finish(d, "", b"").status == 400, "and so is an empty one")

        # security-history A17: an EK keeps its AK.
        a = finish(d, fresh["context"], secret)
        entry = listed(d).json()["entries"]
        check(a.status == 200 and len(entry) == 1, "enrolling the same AK again renews the certificate", a.body)
        a = enrol(d, one, "other", other)
        check(a.status == 400 and a.code() == "InvalidOperation" and "DELETE" in a.json()["error"]["hint"] and
              "akCert" not in a.json(), "the same EK with another AK is refused, with what to do", a.body)
        check([e["akName"] for e in listed(d).json()["entries"]] == [one.name("ak")], "and the enrolment stays what it was")
        check([r["akName"] for r in d.audit() if r["action"] == "tpm.enrol" and r.get("error") == "InvalidOperation"] ==
              [one.name("other")], "the attempt is recorded")
        check(listed(d, "open").json() == {"entries": []}, "another provider knows nothing of it")
        a = remove(d, entry[0]["ekId"], headers=READS)
        check(a.status == 401 and len(listed(d).json()["entries"]) == 1, "a reader does not remove it", a.body)
        check(remove(d, entry[0]["ekId"], "open").status == 404, "nor is it removed at another provider")
        check(remove(d, "00" * 32).status == 404 and remove(d, "zz").status == 404, "what is not there is not found")

        # Who may.
        a = begin(d, one, ak, headers={})
        check(a.status == 401, "without a bearer nobody enrols", a.body)
        check(begin(d, one, ak, headers={"Authorization": "Bearer nobody"}).status == 401, "nor with an unknown one")
        check(finish(d, fresh["context"], secret, headers={}).status == 401, "nor is a secret looked at")
        check(begin(d, one, ak, "open", headers={}).status == 200, "where the provider says so, none is needed")
        check(begin(d, one, ak, "open", headers={"Authorization": "Bearer nobody"}).status == 401, "but a bad one is refused")
        check(d.ask("GET", "/p/open/tpm/enrolments").status == 401, "the list needs a reader")
        a = enrol(d, one, "other", other, "open", {})
        check(a.status == 200 and "enrolledBy" not in listed(d, "open").json()["entries"][0],
              "at another provider the same EK may have another AK", a.body)
        text, _ = certificate(scratch, a)
        check("CN = attestd AK CA of open" in text, "certified by that provider's own CA", text)

        # What is no body of either step.
        for name, body, part in (("no member", {}, "ekCert"), ("a member of both steps", {"context": "AA", "ekCert": "AA"}, "member"),
                                 ("an unknown member", {"ekCert": "AA", "akPub": "AA", "ek": 1}, "member"),
                                 ("a number", {"ekCert": 1, "akPub": "AA"}, "ekCert"),
                                 ("too many certificates", {"ekCert": "AA", "akPub": "AA", "ekChain": ["AA"] * 9}, "ekChain"),
                                 ("no base64", {"ekCert": "$$", "akPub": "AA"}, "ekCert")):
            a = d.ask("POST", "/p/first/tpm/enrol", json.dumps(body), {**JSON, **READS})
            check(a.status in (400, 413) and part in a.json()["error"]["message"], f"body with {name}", a.body)
        a = d.announce("POST", "/p/first/tpm/enrol", 2 ** 20 + 1, {**JSON, **READS})
        check(a.status == 413, "a body of a mebibyte is too long", a.status)

        # Pages.
        for n, top in ((1, 1), (1, 1000)):
            a = listed(d, query=f"?top={top}").json()
            check(len(a["entries"]) == n and "nextLink" not in a, f"a page of at most {top}", a)
        check(listed(d, query="?skip=1").json() == {"entries": []}, "behind the last entry there is none")

        # kill -9: what was answered stays.
        d.process.send_signal(signal.SIGKILL)
        d.process.wait(30)
    later = at_issue(one, 3600)
    with Daemon(config=config, anchors=False, clock=later, folder=scratch) as d:
        check([e["akName"] for e in listed(d).json()["entries"]] == [one.name("ak")], "after kill -9 the enrolment is there")
        check(enrol(d, one, "other", other).status == 400, "the EK still keeps its AK")
        a = finish(d, fresh["context"], secret)
        check(a.status == 400 and failed(a) == "enrol.context.current" and "begin again" in a.json()["error"]["hint"],
              "an hour later the context has expired", a.body)
        before = (scratch / "ca.pem").read_bytes()
        a = enrol(d, one, "ak", ak)
        entry = listed(d).json()["entries"][0]
        check(a.status == 200 and entry["renewedAt"] > entry["enrolledAt"], "the same AK gets its certificate renewed", entry)
        certificate(scratch, enrol(d, one, "other", other, "open", {}))
        check((scratch / "ca.pem").read_bytes() == before, "by the same CA as before")
        a = remove(d, entry["ekId"].upper())
        check(a.status == 200 and a.json()["removed"]["akName"] == one.name("ak"), "a contributor removes the enrolment", a.body)
        removed = [r for r in d.audit() if r["action"] == "tpm.enrolment.remove" and r["status"] == 200]
        check(len(removed) == 1 and removed[0]["caller"] == "writer" and removed[0]["akName"] == one.name("ak"),
              "which is recorded", removed)
        a = enrol(d, one, "other", other)
        check(a.status == 200 and listed(d).json()["entries"][0]["akName"] == one.name("other"),
              "then the EK is enrolled with another AK", a.body)

        # Another configuration: other roots, none, and files that are none.
        def reload(roots):
            d.config.write_text(config.replace(f"[{one_roots}]", roots))
            d.process.send_signal(signal.SIGHUP)
            return d.wait_log("reload") or ""

        two_roots = "[" + ", ".join(map(str, two.roots)) + "]"
        reload(two_roots)
        until(lambda: begin(d, two, two_ak).status == 200)      # workers are replaced one after the other
        a = enrol(d, two, "ak", two_ak)
        check(a.status == 200 and len(listed(d, query="?top=1").json()["entries"]) == 1, "SIGHUP brings other roots", a.body)
        link = listed(d, query="?top=1").json()["nextLink"]
        check(link.endswith("/tpm/enrolments?top=1&skip=" + str(listed(d).json()["entries"][0]["n"])), "a page says where the next is", link)
        check(failed(begin(d, one, ak)) == "enrol.ek.chain", "and the old ones are trusted no more")
        reload("[]")
        until(lambda: begin(d, two, two_ak).status != 200)
        a = begin(d, two, two_ak)
        check(a.status == 400 and failed(a) == "enrol.ek.chain" and "no endorsement key roots are configured" in a.json()["error"]["hint"],
              "without roots nobody is enrolled, and the hint says so", a.body)
        leaf = d.folder / "leaf.der"
        leaf.write_bytes(one.ek_cert)
        said = reload(f"[{leaf}]")
        check("tpm.ek_roots" in said and "not that of a CA" in said, "a root that is no CA is refused, and the old configuration stays", said)
shutil.rmtree(scratch, ignore_errors=True)
done()

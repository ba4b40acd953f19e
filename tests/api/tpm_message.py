"""Messages of the Tpm protocol from a TPM made of software: what a recorded lab machine measured, quoted by a key of ours.

    tpm = SoftTpm(folder)               keys, a certificate of the attestation key, and the CA that issued it
    tpm.init()                          message 1, bytes
    opened = opened_challenge(answer)   of the bytes that message 1 was answered with
    tpm.request(*opened)                message 2 (attReqV2), bytes; every part can be broken by keyword
    report(answer)                      the token of the bytes that message 2 was answered with

Bytes are those that clients send as base64url in "data".  Keys and signatures are made by the openssl command.
Usage as a program: tpm_message.py FOLDER, then one JSON object a line on standard input, {"challenge","service_context"}
and the keywords of request() (extra as base64url); each line of standard output but the first is message 2 as base64url.
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys

LAB = pathlib.Path(__file__).resolve().parents[1] / "vectors" / "lab"
SHA256, RSASSA, NULL, RSA = 0x000B, 0x0014, 0x0010, 0x0001
MAGIC, QUOTE, CERTIFY = 0xFF544347, 0x8018, 0x8017
AK_ATTRIBUTES = 0x00050072              # fixedTPM fixedParent sensitiveDataOrigin userWithAuth restricted sign
KEY_ATTRIBUTES = 0x00040072             # the same without restricted: signs what it is given
ALL = 0xFFFFFF
RP_DATA = b"data of the relying party"
AK_EXTENSIONS = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=2.23.133.8.3\n"


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def be(value, size):
    return value.to_bytes(size, "big")


def sized(data):
    """TPM2B."""
    return be(len(data), 2) + data


def openssl(*words, data=None):
    return subprocess.run(["openssl", *map(str, words)], input=data, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


class Key:
    """An RSA key of 2048 bits in a file."""
    def __init__(self, file):
        self.file = file
        if not file.exists():
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", file)
        words = openssl("rsa", "-in", file, "-noout", "-modulus").decode()
        self.modulus = bytes.fromhex(words.strip().removeprefix("Modulus="))

    def jwk(self):
        return {"kty": "RSA", "n": b64u(self.modulus), "e": "AQAB"}

    def sign(self, data, pss=False):
        options = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32") if pss else ()
        return openssl("dgst", "-sha256", *options, "-sign", self.file, data=data)

    def public(self, attributes):
        """TPMT_PUBLIC of an RSASSA key with SHA-256."""
        return (be(RSA, 2) + be(SHA256, 2) + be(attributes, 4) + sized(b"") + be(NULL, 2) + be(RSASSA, 2) +
                be(SHA256, 2) + be(2048, 2) + be(0, 4) + sized(self.modulus))

    def name(self, attributes):
        return be(SHA256, 2) + hashlib.sha256(self.public(attributes)).digest()


def attest(kind, extra, attested, magic=MAGIC, reset=7, restart=2):
    """TPMS_ATTEST."""
    signer = sized(be(SHA256, 2) + bytes(32))
    clock = be(123456, 8) + be(reset, 4) + be(restart, 4) + b"\1"
    return be(magic, 4) + be(kind, 2) + signer + sized(extra) + clock + be(0x20240101, 8) + attested


def signature(key, data):
    """TPMT_SIGNATURE."""
    return be(RSASSA, 2) + be(SHA256, 2) + sized(key.sign(data))


def values_of(machine):
    """PCR values of the machine's SHA-256 bank."""
    rows = [line.split() for line in (LAB / machine / "pcrs.txt").read_text().splitlines()]
    return {int(index): bytes.fromhex(value) for bank, index, value in rows if bank == "sha256"}


def logs_of(machine):
    return [{"type": kind, "log": b64u((LAB / machine / name).read_bytes())}
            for kind, name in (("TCG", "binary_bios_measurements"), ("IMA", "ima_binary"))]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def flipped_text(text, at):
    return b64u(flipped(unb64u(text), at))


def opened_challenge(answer):
    """Challenge and context as message 1 was answered: base64url texts."""
    payload = json.loads(answer)["payload"]
    return payload["challenge"], payload["service_context"]


def report(answer):
    return json.loads(answer)["payload"]["report"]


class SoftTpm:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ak, self.other, self.key = (Key(self.folder / f"{name}.key") for name in ("ak", "other-ak", "request"))
        self.ca = self.folder / "ak-ca.pem"
        self.ak_name = self.ak.name(AK_ATTRIBUTES).hex()
        self.ak_certificate = self._certify()

    def _certify(self):
        """The attestation key's certificate, as an AK CA issues them."""
        ca_key, request, extensions, out = (self.folder / n for n in ("ak-ca.key", "ak.csr", "ak.ext", "ak.der"))
        if out.exists():
            return out.read_bytes()
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", ca_key, "-out", self.ca, "-days", "3650",
                "-subj", "/CN=test AK CA", "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        extensions.write_text(AK_EXTENSIONS)
        openssl("req", "-new", "-key", self.ak.file, "-subj", "/CN=test attestation key", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-set_serial", "2", "-days", "3650",
                "-extfile", extensions, "-outform", "DER", "-out", out)
        return out.read_bytes()

    @staticmethod
    def init(kind="aikcert"):
        return compact({"payload": {"type": kind}}).encode()

    def attestation(self, extra, *, machine="sbon", mask=ALL, values=None, given=None, logs=None, cert=True,
                    wrong_ak=False, quote=None, damage=None, **of_attest):
        """One of current_attestation and boot_attestation.

        values: PCRs that the quote is over, given: those sent beside it, {index: bytes} instead of the machine's;
        logs: instead of the machine's; mask: PCRs quoted; cert: False sends none; wrong_ak: another key signs;
        quote: TPMS_ATTEST instead; damage: "log", "pcr", "quote" or "signature" has one bit changed;
        of_attest: kind, magic, reset, restart.
        """
        values = values_of(machine) | (values or {})
        chosen = [i for i in range(24) if mask >> i & 1]
        digest = hashlib.sha256(b"".join(values[i] for i in chosen)).digest()
        selection = be(1, 4) + be(SHA256, 2) + b"\3" + mask.to_bytes(3, "little")
        made = quote or attest(of_attest.pop("kind", QUOTE), extra, selection + sized(digest), **of_attest)
        sent = values | (given or {})
        out = {"logs": logs_of(machine) if logs is None else logs,
               **({"aik_cert": b64u(self.ak_certificate)} if cert else {}), "aik_pub": self.ak.jwk(),
               "pcrs": [{"algorithm": SHA256, "values": [{"index": i, "digest": b64u(sent[i])} for i in chosen]}],
               "quote": b64u(made), "signature": b64u(signature(self.other if wrong_ak else self.ak, made))}
        return broken(out, damage)

    def certified(self, key, challenge):
        """info.tpm_certify of a key."""
        name = key.name(KEY_ATTRIBUTES)
        made = attest(CERTIFY, challenge, sized(name) + sized(name))
        return {"tpm_certify": {"public": b64u(key.public(KEY_ATTRIBUTES)), "certification": b64u(made),
                                "signature": b64u(signature(self.ak, made))}}

    def request(self, challenge, context, *, bound="quote", extra=None, header=None, boot=None, members=None,
                change=None, forged=False, **of_quote):
        """Message 2, from the texts of the answer to message 1.

        bound: "quote", "certify" or "none" says how the request key is bound; extra: what the quote carries instead;
        header: members of the JWS header; boot: keywords of a boot_attestation; members: of att_data; change: called
        with the payload before it is signed; forged: signed by a key that is not in it; others: see attestation().
        """
        raw, jwk = unb64u(challenge), compact(self.key.jwk())
        nonce = hashlib.sha256(jwk.encode() + b"\0" + raw).digest() if bound == "quote" else raw
        info = {"quote": {"tpm_quote": {"hash_alg": "sha-256"}}, "certify": self.certified(self.key, raw), "none": {}}[bound]
        tpm = {"current_attestation": self.attestation(nonce if extra is None else extra, **of_quote)}
        if boot is not None:
            tpm["boot_attestation"] = self.attestation(b"boot", **boot)
        payload = {"att_type": "basic", "att_data": {
            "rp_id": "https://relying.example", "rp_data": b64u(RP_DATA), "challenge": challenge,
            "tpm_att_data": tpm, "request_key": {"jwk": self.key.jwk(), "info": info}, "other_keys": [],
            "custom_claims": [], "service_context": context, **(members or {})}}
        if change:
            change(payload)
        head = {"alg": "PS256", "typ": "attReqV2", **(header or {})}
        text = f"{b64u(compact(head).encode())}.{b64u(compact(payload).encode())}"
        signed = (self.other if forged else self.key).sign(text.encode(), pss=True)
        return compact({"payload": {"request": f"{text}.{b64u(signed)}"}}).encode()


def broken(attestation, what):
    """The same with one bit changed."""
    if what == "log":
        attestation["logs"][0]["log"] = flipped_text(attestation["logs"][0]["log"], 400)
    elif what == "pcr":
        row = attestation["pcrs"][0]["values"][0]
        row["digest"] = flipped_text(row["digest"], 0)
    elif what:
        attestation[what] = flipped_text(attestation[what], 60)
    return attestation


def main():
    tpm = SoftTpm(sys.argv[1])
    print(compact({"ak_name": tpm.ak_name, "ca": str(tpm.ca)}), flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        if "extra" in given:
            given["extra"] = unb64u(given["extra"])
        print(b64u(tpm.request(given.pop("challenge"), given.pop("service_context"), **given)), flush=True)


if __name__ == "__main__":
    main()

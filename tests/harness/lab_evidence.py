#!/usr/bin/env python3
"""TPM evidence files of the lab's machines, from their captures.

  lab_evidence.py CAPTURES OUT

CAPTURES has a folder for each machine, as spec/trusted-launch-lab.md describes them; OUT gets NAME.json, and
ak-names.txt with the names of their attestation keys.  The same captures give the same files.
"""
import base64, json, pathlib, sys

MACHINES = ["mokbypass", "sbdis", "sboff", "sbon", "uki-sboff", "uki-sbon"]


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def quoted_nonce(quote):
    length = int.from_bytes(quote[42:44], "big")
    return quote[44 : 44 + length]


def evidence(machine):
    read = lambda name: (machine / name).read_bytes()
    pcrs = {}
    for line in read("pcrs.txt").decode().split("\n"):
        if line.startswith("sha256 "):
            _, index, value = line.split()
            pcrs[index] = value.lower()
    logs = [("tcg", "binary_bios_measurements"), ("ima", "ima_binary")]
    return {
        "type": "Tpm",
        "nonce": b64u(quoted_nonce(read("quote_sha256.msg"))),
        "akPub": b64u(read("ak.pub")),
        "ekCert": b64u(read("ek_rsa.der")),
        "quotes": [{"quote": b64u(read("quote_sha256.msg")), "signature": b64u(read("quote_sha256.sig")),
                    "bank": "sha256"}],
        "pcrs": {"sha256": pcrs},
        "logs": [{"type": kind, "data": base64.b64encode(read(name)).decode()} for kind, name in logs],
    }


def main():
    captures, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    names = ["# Names of the attestation keys of the lab's machines: nameAlg and digest"]
    for name in MACHINES:
        (out / f"{name}.json").write_text(json.dumps(evidence(captures / name), indent=1) + "\n")
        names.append(f"{(captures / name / 'ak.name').read_bytes().hex()}  # {name}")
    (out / "ak-names.txt").write_text("\n".join(names) + "\n")


if __name__ == "__main__":
    main()

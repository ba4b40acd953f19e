"""Driver of PyPI dcap-qvl: peer.py QUOTE COLLATERAL SECONDS; what it is asked: bench/peers/README.md."""
import base64
import json
import sys

import dcap_qvl

HEX = ("root_ca_crl", "pck_crl", "tcb_info_signature", "qe_identity_signature")
ORDER = ("pck_crl_issuer_chain", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "tcb_info", "tcb_info_signature",
         "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature")


def collateral(text):
    members = json.loads(text)
    return dcap_qvl.QuoteCollateralV3(*(bytes.fromhex(members[n]) if n in HEX else members[n] for n in ORDER))


def judge(quote, given, now):
    try:
        r = dcap_qvl.verify(quote, given, now)
    except ValueError as e:
        return {"accepted": False, "why": str(e)}
    return {"accepted": True, "status": r.status, "advisories": r.advisory_ids}


def main():
    with open(sys.argv[1], "rb") as f:
        quote = f.read()
    with open(sys.argv[2], encoding="ascii") as f:
        text = f.read()
    now, kept = int(sys.argv[3]), collateral(text)
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "warm":
            for _ in range(int(rest[0])):
                dcap_qvl.verify(quote, kept, now)
        elif word == "cold":
            for _ in range(int(rest[0])):
                dcap_qvl.verify(quote, collateral(text), now)
        print(json.dumps(judge(base64.b64decode(rest[0]) if rest else quote, kept, now)) if word == "judge" else "done",
              flush=True)


main()

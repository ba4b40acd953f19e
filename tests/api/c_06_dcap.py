#!/usr/bin/env python3
"""Every SGX and TDX vector and all made-here cases through attest verify, as a stranger would run them."""
import base64
import json
import re

from command import BAD, GOOD, UNUSABLE, Folder, attest, check, expect
from daemon import VECTORS, done, skip

SGX, TDX, MADE = VECTORS / "sgx", VECTORS / "tdx", VECTORS / "sgx" / "made-here"
ACCEPTED = {"UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"}
LEVEL = "dcap.tcb.level"
# Stages that the cases name, and the checks at which ours stops there; several where the order of checks decides.
STAGES = {
    "format": "dcap.quote.form dcap.quote.vendor dcap.pck.certs",
    "attestation-key": "dcap.qe.binding dcap.quote.signature",
    "quote-signature": "dcap.quote.signature",
    "qe-report-signature": "dcap.qe.signature",
    "qe-report-data": "dcap.qe.binding",
    "qe-identity-mismatch": "dcap.qe.identity",
    "untrusted-root": "dcap.pck.root dcap.tcb.chain",
    "tcb-info-expired": "dcap.tcb.current dcap.crl.current",
    "tcb-info-not-yet-valid": "dcap.tcb.current",
    "qe-identity-expired": "dcap.qe_identity.current",
    "tcb-info-signature": "dcap.tcb.signature",
    "tcb-signing-cert": "dcap.tcb.chain dcap.qe_identity.chain",
    "tcb-info-mismatch": "dcap.tcb.info",
    "tcb-info-format": "dcap.tcb.form",
    "tcb-unrecognized-status": "dcap.tcb.supported",
    "tcb-not-supported": "dcap.tcb.supported",
    "qe-tcb-not-supported": "dcap.tcb.supported",
    "tdx-module-mismatch": "tdx.module.listed tdx.module.identity",
    "crl-expired": "dcap.crl.current",
    "crl-issuer-mismatch": "dcap.crl.issuer",
    "crl-signature": "dcap.crl.signature",
    "pck-revoked": "dcap.crl.pck",
    "intermediate-revoked": "dcap.crl.ca",
    "tcb-signing-revoked": "dcap.tcb.signer_crl",
    "cert-expired": "dcap.pck.validity",
    "pck-format": "dcap.pck.leaf dcap.pck.extension",
    "not-yet-valid": "dcap.crl.current",
}


def rows(path):
    lines = path.read_text().splitlines()
    return [dict(zip(lines[0].split("\t"), line.split("\t"))) for line in lines[1:]]


def verify(*args):
    """Exit code, the answer, and the ids of failed checks."""
    r = attest("verify", "--format", "json", *args)
    try:
        v = r.json()
    except ValueError:
        v = {"error": r.err}
    return r.code, v, [c["id"] for c in v.get("checks", []) if c["outcome"] == "fail"]


def with_status(name, status, *args):
    """The status, accepted or refused by that check alone; accepted on demand unless it is Revoked."""
    code, v, failed = verify(*args)
    accepted = status in ACCEPTED
    check(v.get("tcb", {}).get("status") == status and failed == ([] if accepted else [LEVEL]) and
          code == (GOOD if accepted else BAD), f"{name}: {status}", (code, failed, v.get("tcb"), v.get("error")))
    if accepted:
        return v
    code, w, failed = verify("--tcb-accept", "UpToDate" if status == "Revoked" else status, *args)
    check((code, failed) == ((BAD, [LEVEL]) if status == "Revoked" else (GOOD, [])) and w["tcb"] == v["tcb"],
          f"{name}: {status} {'is never accepted' if status == 'Revoked' else 'accepted on demand'}", (code, failed))
    return w


def made_here():
    cases = rows(MADE / "cases.tsv")
    check(len(cases) == 129, "129 cases", len(cases))
    anchor = ("--anchors", MADE / "test-root-ca.der")
    for case in cases:
        args = (*anchor, "--collateral", MADE / case["collateral"], "--at", case["time"])
        quote = MADE / case["quote"]
        # said, since a malformed quote is not recognised: by the TEE type where the header reaches it
        args = (*args, "--type", "TdxVm" if quote.read_bytes()[4:5] == b"\x81" else "SgxEnclave", quote)
        outcome, _, what = case["expected"].partition(":")
        if outcome == "FAIL":
            code, v, failed = verify(*args)
            check(code == BAD and failed[:1] and failed[0] in STAGES[what].split() and "tcb" not in v and
                  v["claims"] == {}, f"{case['case']}: stops at {what}", (code, failed, v.get("error")))
            continue
        status, _, debug = what.partition(";")
        v = with_status(case["case"], status, *args)
        if debug:
            code, _, failed = verify("--defaults", "strict", *args)
            check(code == BAD and not failed, f"{case['case']}: the strict policy denies debug", (code, failed))


# What a host or somebody else can open is denied by the strict default, whether PROVENANCE says so or not.
OPEN = {"x-ms-sgx-is-debuggable": True, "x-attestd-tdx-untrusted": True, "x-attestd-tdx-migratable": True}
OK = re.compile(r"OK, status (\w+) at (\S+); advisories \[(.*?)\]; tcbDate (\S+); collateral earliest expiry (\S+); "
                r"tcbEvaluationDataNumber tcb=(\d+) qe=(\d+); fmspc (\w+);")


def collateral_of(folder, text):
    name = re.search(r"with (\S+\.collateral\.json)", text).group(1)
    return next(p for p in folder.iterdir() if p.name.endswith(name.lstrip(".")))


def recorded(folder, name, quote, text):
    """One expectation of a PROVENANCE file: status, advisories, dates, number, platform, and the strict policy."""
    status, at, advisories, date, expiry, tcb, qe, fmspc = OK.search(text).groups()
    args = ("--collateral", collateral_of(folder, text), "--at", at, quote)
    v = with_status(name, status, *args)
    want = {"status": status, "advisories": advisories.split(",") if advisories else [], "date": date,
            "evaluationDataNumber": min(int(tcb), int(qe)), "earliestExpiry": expiry}
    check(v.get("tcb") == want, f"{name}: advisories and dates", (v.get("tcb"), want))
    check(v["claims"].get("x-attestd-dcap-fmspc") == fmspc and "simulatedAnchor" not in v or not v["simulatedAnchor"],
          f"{name}: the platform, under Intel's root", v["claims"].get("x-attestd-dcap-fmspc"))
    denied = any(v["claims"].get(claim) == value for claim, value in OPEN.items())
    check(denied or "policy default must reject" not in text, f"{name}: what can be opened is seen", v["claims"])
    code, v, failed = verify("--defaults", "strict", "--tcb-accept", status, *args)
    check(not failed and code == (BAD if denied else GOOD), f"{name}: the strict policy {'denies' if denied else 'permits'}",
          (code, v.get("error")))


# Those whose expectation is not a status: exit code, and the failed check or what is missing.
OTHERS = {
    "oe-report-v1-debug-00906ea10000.bin": ("2022-04-27T00:00:00Z", BAD, "dcap.pck.chain"),
    "sgx-v3-certtype3.quote.bin": ("2022-04-27T00:00:00Z", UNUSABLE, "PCK certificate"),
    "sgx-v3-chain-out-of-order.quote.bin": ("2022-04-27T00:00:00Z", UNUSABLE, "tcb-info SGX-00906ea10000"),
    "sgx-v3-corrupted.quote.bin": ("2022-04-27T00:00:00Z", BAD, "dcap.quote.signature"),
    "tdx-v5-90c06f000000-notsupported.quote.bin": ("2026-02-20T00:00:00Z", BAD, "dcap.tcb.supported"),
    "tdx-v4-00a06d080000-integrity.quote.bin": ("2026-02-20T00:00:00Z", UNUSABLE, "tcb-info TDX-00a06d080000"),
}


def other(folder, name, text):
    at, want, part = OTHERS[name]
    args = ("--collateral", collateral_of(folder, text)) if "use with" in text else ()
    code, v, failed = verify(*args, "--at", at, folder / name)
    found = failed[0] if failed else v.get("error", {}).get("message", "")
    check(code == want and part in found, f"{name}: {part}", (code, failed, v.get("error")))


def real():
    for folder in (SGX, TDX):
        for row in rows(folder / "PROVENANCE.tsv"):
            name, text = row["file"], row["expected verification result and parameters"]
            path = folder / name
            if name in OTHERS:
                other(folder, name, text)
            elif name.endswith(".quote.bin"):
                for i, part in enumerate(text.split(" || ")):
                    recorded(folder, name + (f" ({i + 1})" if i else ""), path, part)
            elif name.endswith(".json"):
                r = expect(GOOD, f"{name}: known", "inspect", "--format", "json", path)
                check(r.json()["kind"] == "collateral", f"{name}: collateral", r)
            elif name.endswith((".der", ".pem")):
                expect(GOOD, f"{name}: known", "inspect", path)


def intel_sample():
    """A quote that only names its platform: its PCK certificate comes beside it."""
    folder = SGX / "intel-sample"
    args = ["--anchors", folder / "trustedRootCaCert.pem", "--at", "2020-01-01T00:00:00Z"]
    for name in ("tcbInfo.json", "qeIdentity.json", "tcbSignChain.pem", "rootCaCrl.der", "intermediateCaCrl.der"):
        args += ["--collateral", folder / name]
    code, v, failed = verify(*args, folder / "quote.dat")
    check(code == UNUSABLE and "PCK certificate" in v["error"]["message"], "intel-sample: what is missing", (code, failed, v))
    with_status("intel-sample/quote.dat", "UpToDate", *args, "--certs", folder / "pckCert.pem", "--certs",
                folder / "pckSignChain.pem", folder / "quote.dat")


def oe_endorsements():
    """Open Enclave's binary endorsements are the collateral of the recorded quotes."""
    with_status("oe-endorsements-v1.bin", "OutOfDate", "--collateral", SGX / "oe-endorsements-v1.bin", "--at",
                "2022-05-01T00:00:00Z", VECTORS / "maa-golden" / "sgx-wus.quote.bin")


def pointers():
    """Quotes of other folders, whose expectations are files here."""
    text = (SGX / "sgx-wus-maa.expected.txt").read_text()
    line = next(line for line in text.splitlines() if "OK, status" in line) + ";"
    collateral = " use with sgx-v3-00906ed50000.2022-04.collateral.json"
    for name in ("sgx-wus.quote.bin", "sgx-wus.oe-report.bin"):
        recorded(SGX, name, VECTORS / "maa-golden" / name, line + collateral)
    text = (TDX / "azure-td-quote.expected.txt").read_text()
    evidence = json.loads((VECTORS / "azure-cvm" / "evidence-tdx.json").read_text())["td_quote"]
    with Folder() as f:
        quote = f.file("td-quote.bin", base64.b64decode(evidence.replace("-", "+").replace("_", "/") + "=="))
        v = with_status("azure-td-quote", "OutOfDate", "--collateral", TDX / "tdx-00806f050000.2026-06.eval21.collateral.json",
                        "--at", "2026-06-14T00:00:00Z", quote)
        wanted = re.search(r"advisories (\S+?);", text).group(1).split(",")
        check(v["tcb"]["advisories"] == wanted and v["tcb"]["date"] == "2023-08-09T00:00:00Z" and
              v["claims"]["tdx_td_attributes"] == "0" * 16 and v["claims"]["tdx_tee_tcb_svn"].startswith("020106"),
              "azure-td-quote: advisories, date, attributes, SVN", v["tcb"])


if MADE.exists():
    made_here()
    real()
    intel_sample()
    oe_endorsements()
    pointers()
else:
    skip("vectors", f"no {MADE}")
done()

#!/usr/bin/env python3
"""attest simulate SgxEnclave, OpenEnclave and TdxVm: options reach the claims, keys are kept, faults fail what they name."""
from command import BAD, GOOD, UNUSABLE, Folder, attest, check, expect
from daemon import CLOCK, done

NAMES = ("attest-request.json", "quote.bin", "evidence.bin", "pck-chain.pem", "root.pem", "collateral.json",
         "evaluation-numbers.json")


def verify(folder, *args, file="attest-request.json"):
    r = attest("verify", "--format", "json", "--at", CLOCK, "--anchors", f"{folder}/root.pem", "--collateral",
               f"{folder}/collateral.json", *args, f"{folder}/{file}")
    return r, r.json() if r.out else {}


def failed(v):
    return [c["id"] for c in v["checks"] if c["outcome"] == "fail"]


with Folder() as f:
    runtime, init = f.file("runtime", '{"key":"k"}'), f.file("init", '{"boot":1}')
    for kind in ("SgxEnclave", "OpenEnclave", "TdxVm"):
        r = expect(GOOD, f"{kind}: made", "simulate", kind.lower(), "--at", CLOCK, "-o", f.name, out="try: attest verify",
                   err="")
        check(all(f"{f.name}/{n}" in r.out for n in NAMES), f"{kind}: the files are named", r)
        for file in ("attest-request.json", "evidence.bin"):
            r, v = verify(f.name, file=file)
            check(r.code == GOOD and v["type"] == kind and v["simulatedAnchor"] is True and v["tcb"]["status"] == "UpToDate",
                  f"{kind}: {file} verifies", r)
        expect(BAD, f"{kind}: not without its root", "verify", "--at", CLOCK, "--collateral", f"{f.name}/collateral.json",
               f"{f.name}/attest-request.json", out="dcap.pck.root")
        expect(UNUSABLE, f"{kind}: not without collateral", "verify", "--at", CLOCK, "--anchors", f"{f.name}/root.pem",
               f"{f.name}/attest-request.json", out="tcb-info")
        expect(GOOD, f"{kind}: collateral is good", "collateral", "status", "--at", CLOCK, "--anchors", f"{f.name}/root.pem",
               f"{f.name}/collateral.json", f"{f.name}/evaluation-numbers.json", out="5 good")

        faults = {line.split()[0]: line.split()[1] for line in
                  expect(GOOD, f"{kind}: faults", "simulate", kind, "--fault", "list", err="").out.splitlines()}
        check(len(faults) > 55, f"{kind}: faults have names and checks", faults)
        keys = ("--keys", f"{f.name}/keys-{kind}.pem")
        wrong = []
        for name, wanted in faults.items():
            attest("simulate", kind, "--at", CLOCK, *keys, "--fault", name, "-o", f.name)
            r, v = verify(f.name, "--type", kind)
            if wanted != "dcap.tcb.evaluation" and (r.code != BAD or failed(v)[:1] != [wanted]):
                wrong.append((name, wanted, r.code, failed(v)))
        check(not wrong, f"{kind}: each of {len(faults)} faults fails the check that it names", wrong)

    expect(GOOD, "every option of an enclave", "simulate", "OpenEnclave", "--at", CLOCK, "-o", f.name, "--runtime-data", runtime,
           "--inittime-data", init, "--data-type", "binary", "--nonce", "n1", "--fmspc", "112233445566", "--ppid", "aa" * 16,
           "--platform-instance", "bb" * 16, "--pce-id", "0100", "--pce-svn", "15", "--cpu-svn", "0102" * 8, "--sgx-type", "2",
           "--platform-flags", "dynamic", "--qe-svn", "11", "--status", "SWHardeningNeeded", "--advisories",
           "INTEL-SA-00001,INTEL-SA-00002", "--evaluation", "33", "--mrenclave", "cc" * 32, "--mrsigner", "dd" * 32,
           "--product-id", "77", "--svn", "0x10", "--config-svn", "5", "--family-id", "ee" * 16, "--ext-product-id", "ff" * 16,
           "--debug", "--pck-expires", "2027-01-01T00:00:00Z", "--issued", "2026-01-02T00:00:00Z", "--expires",
           "2026-01-30T00:00:00Z", "--tcb-date", "2025-08-13T00:00:00Z", "--crl-number", "300", "--ca", "platform")
    r, v = verify(f.name, "--nonce", "n1")
    c = v["claims"]
    check(r.code == GOOD and c["x-ms-sgx-is-debuggable"] is True and c["x-ms-sgx-mrenclave"] == "cc" * 32 and
          c["x-ms-sgx-mrsigner"] == "dd" * 32 and c["x-ms-sgx-product-id"] == 77 and c["x-ms-sgx-svn"] == 16 and
          c["x-ms-sgx-config-svn"] == 5 and c["x-attestd-dcap-fmspc"] == "112233445566" and
          c["x-attestd-dcap-dynamic-platform"] is True and c["x-attestd-dcap-smt"] is False and
          c["x-attestd-dcap-ppid"] == "aa" * 16 and c["x-attestd-dcap-platform-instance"] == "bb" * 16 and
          c["x-attestd-dcap-pce-id"] == "0100" and c["x-attestd-dcap-sgx-type"] == 2, "its claims", c)
    check(v["tcb"]["status"] == "SWHardeningNeeded" and v["tcb"]["advisories"] == ["INTEL-SA-00001", "INTEL-SA-00002"] and
          v["tcb"]["evaluationDataNumber"] == 33 and v["tcb"]["earliestExpiry"] == "2026-01-30T00:00:00Z", "its TCB", v["tcb"])

    expect(GOOD, "every option of a TD", "simulate", "TdxVm", "--at", CLOCK, "-o", f.name, "--td-report", "1.5", "--report-data",
           "12" * 64, "--td-attributes", "0000003000000000", "--xfam", "e702060000000000", "--tee-tcb-svn", "09020300" + "00" * 12,
           "--mrseam", "a1" * 48, "--mrtd", "a2" * 48, "--mrconfigid", "a3" * 48, "--mrowner", "a4" * 48, "--mrownerconfig",
           "a5" * 48, "--rtmr0", "b0" * 48, "--rtmr1", "b1" * 48, "--rtmr2", "b2" * 48, "--rtmr3", "b3" * 48, "--mrservicetd",
           "c0" * 48, "--status", "TDRelaunchAdvisedConfigurationNeeded", "--quote-version", "5", "--certification", "4")
    r, v = verify(f.name, "--tcb-accept", "TDRelaunchAdvisedConfigurationNeeded")
    c = v["claims"]
    check(r.code == GOOD and [c["tdx_" + n] for n in ("mrseam", "mrtd", "mrconfigid", "mrowner", "mrownerconfig", "rtmr0", "rtmr1",
                                                      "rtmr2", "rtmr3")] == [n * 48 for n in (
        "a1", "a2", "a3", "a4", "a5", "b0", "b1", "b2", "b3")] and c["tdx_report_data"] == "12" * 64 and
          c["tdx_td_attributes"] == "0000003000000000" and c["tdx_xfam"] == "e702060000000000" and
          c["x-attestd-tdx-mrservicetd"] == "c0" * 48 and c["x-attestd-tdx-migratable"] is True, "its claims", (r, c))
    check(v["tcb"]["status"] == "TDRelaunchAdvisedConfigurationNeeded", "its TCB", v["tcb"])

    expect(GOOD, "a quote that only names its platform", "simulate", "SgxEnclave", "--at", CLOCK, "-o", f.name,
           "--certification", "3")
    r, v = verify(f.name)
    check(r.code == UNUSABLE and "PCK certificate" in v["error"]["message"], "wants its certificate", v.get("error"))
    r, v = verify(f.name, "--certs", f"{f.name}/pck-chain.pem")
    check(r.code == GOOD, "and verifies with it", r)

    for form in ("report", "legacy", "evidence"):
        expect(GOOD, f"Open Enclave's {form}", "simulate", "OpenEnclave", "--at", CLOCK, "-o", f.name, "--oe-form", form,
               "--oe-claims", runtime)
        r, v = verify(f.name)
        check(r.code == GOOD, f"Open Enclave's {form} verifies", r)

    # one manufacturer, two moments: what an early TCB recovery would do to a machine
    keys = ("--keys", f"{f.name}/kept.pem")
    for name, args in (("standard", ()), ("early", ("--status", "OutOfDate", "--evaluation", "21", "--advisories",
                                                    "INTEL-SA-00009"))):
        expect(GOOD, f"{name} collateral", "simulate", "TdxVm", "--at", CLOCK, *keys, *args, "-o", f"{f.name}/{name}")
    early = attest("verify", "--format", "json", "--at", CLOCK, "--anchors", f"{f.name}/standard/root.pem", "--collateral",
                   f"{f.name}/early/collateral.json", f"{f.name}/standard/attest-request.json")
    check(early.code == BAD and failed(early.json()) == ["dcap.tcb.level"] and early.json()["tcb"]["status"] == "OutOfDate",
          "kept keys: collateral of one run for evidence of another", early)
    attest("simulate", "TdxVm", "--at", CLOCK, *keys, "--revoke", "pck", "-o", f.name)
    check(failed(verify(f.name)[1]) == ["dcap.crl.pck"], "--revoke pck")
    attest("simulate", "TdxVm", "--at", CLOCK, *keys, "--revoke", "ca", "-o", f.name)
    check(failed(verify(f.name)[1]) == ["dcap.crl.ca"], "--revoke ca")

    for what, args, part in (
            ("another type's option", ("SgxEnclave", "--mrtd", "00" * 48), "takes no --mrtd"),
            ("SNP's option", ("TdxVm", "--vmpl", "1"), "takes no --vmpl"),
            ("an option of SGX for SNP", ("SevSnpVm", "--svn", "1"), "takes no --svn"),
            ("an unknown fault", ("TdxVm", "--fault", "none"), "none"),
            ("an unknown status", ("TdxVm", "--status", "Fine"), "Fine"),
            ("a relaunch of a TD report 1.0", ("TdxVm", "--status", "TDRelaunchAdvised"), "1.5"),
            ("a quote version 3 of a TD", ("TdxVm", "--quote-version", "3"), "version 3"),
            ("a TD report 1.5 in version 4", ("TdxVm", "--quote-version", "4", "--td-report", "1.5"), "version 4"),
            ("certification data of type 6", ("SgxEnclave", "--certification", "6"), "type 6"),
            ("an unknown CA", ("SgxEnclave", "--ca", "other"), "--ca"),
            ("unknown flags", ("SgxEnclave", "--platform-flags", "fast"), "--platform-flags"),
            ("a short FMSPC", ("SgxEnclave", "--fmspc", "00"), "--fmspc"),
            ("an SVN of 65536", ("SgxEnclave", "--svn", "65536"), "--svn"),
            ("an SGX type of 256", ("SgxEnclave", "--sgx-type", "256"), "--sgx-type"),
            ("a time that is none", ("SgxEnclave", "--issued", "now"), "--issued"),
            ("an advisory with a quotation mark", ("SgxEnclave", "--advisories", 'a"b'), "advisory"),
            ("keys that are none", ("SgxEnclave", "--keys", runtime), "private keys"),
            ("claims that are not there", ("OpenEnclave", "--oe-claims", "/nonexistent/f"), "No such file")):
        expect(UNUSABLE, f"refused: {what}", "simulate", *args, "-o", f.name, err=part)
    expect(UNUSABLE, "refused: no folder", "simulate", "SgxEnclave", err="-o DIR")
done()

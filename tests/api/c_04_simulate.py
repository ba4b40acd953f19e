#!/usr/bin/env python3
"""attest simulate: evidence of every product verifies with its own root only; faults fail the check they name."""
from command import BAD, GOOD, UNUSABLE, Folder, attest, check, expect
from daemon import CLOCK, done

for product, version in (("Milan", 3), ("Genoa", 3), ("Turin", 5)):
    with Folder() as f:
        r = expect(GOOD, f"{product}: made", "simulate", "sevsnpvm", "--product", product, "--at", CLOCK, "-o", f.name,
                   out="try: attest verify", err="")
        names = ("attest-request.json", "report.bin", "extended-report.bin", "leaf.der", "chain.pem", "ark.pem", "crl.der")
        paths = {n: f"{f.name}/{n}" for n in names}
        check(all(p in r.out for p in paths.values()), f"{product}: the files are named", r)
        verify = ("verify", "--format", "json", "--at", CLOCK)
        request, anchor = paths["attest-request.json"], ("--anchors", paths["ark.pem"])
        v = expect(GOOD, f"{product}: verifies", *verify, *anchor, request).json()
        check(v["claims"]["x-attestd-snp-product"] == product and v["claims"]["x-attestd-snp-report-version"] == version and
              v["simulatedAnchor"] is True, f"{product}: claims", v)
        check(("x-attestd-snp-reported-tcb-fmc" in v["claims"]) == (product == "Turin"), f"{product}: TCB layout")
        expect(GOOD, f"{product}: with its revocation list", *verify, *anchor, "--collateral", paths["crl.der"], request)
        expect(GOOD, f"{product}: extended report", *verify, *anchor, paths["extended-report.bin"])
        expect(BAD, f"{product}: not without its root", *verify, request, out="snp.ark.pinned")
        policy = f.file("policy", attest("policy", "suggest", *anchor, "--at", CLOCK, request).out)
        expect(GOOD, f"{product}: the suggested policy permits it", *verify, *anchor, "--policy", policy, request)

with Folder() as f:
    r = expect(GOOD, "--fault list", "simulate", "SevSnpVm", "--fault", "list", err="")
    faults = {line.split()[0]: line.split()[1] for line in r.out.splitlines()}
    check(len(faults) > 20, "faults have names and checks", faults)
    runtime, init = f.file("runtime", '{"key":"k"}'), f.file("init", '{"boot":1}')
    expect(GOOD, "every option", "simulate", "SevSnpVm", "--at", CLOCK, "--report-version", "2", "--tcb",
           "bootloader=5,tee=1,snp=30,microcode=220", "--policy", "0xb0000", "--measurement", "11" * 48, "--runtime-data", runtime,
           "--inittime-data", init, "--chip-id", "22" * 64, "--nonce", "n1", "--vmpl", "1", "--key", "vcek", "-o", f.name)
    v = expect(GOOD, "verifies", "verify", "--format", "json", "--at", CLOCK, "--anchors", f.name + "/ark.pem", "--nonce", "n1",
               f.name + "/attest-request.json").json()
    c = v["claims"]
    check(c["x-ms-sevsnpvm-bootloader-svn"] == 5 and c["x-ms-sevsnpvm-snpfw-svn"] == 30 and c["x-ms-sevsnpvm-vmpl"] == 1 and
          c["x-ms-sevsnpvm-is-debuggable"] is True and c["x-ms-sevsnpvm-launchmeasurement"] == "11" * 48 and
          c["x-attestd-snp-chip-id"] == "22" * 64 and c["x-ms-runtime"] == {"key": "k"} and c["x-ms-inittime"] == {"boot": 1} and
          c["x-attestd-snp-report-version"] == 2, "claims say what was asked for", c)
    r = expect(GOOD, "suggest for debuggable evidence warns", "policy", "suggest", "--at", CLOCK, "--anchors",
               f.name + "/ark.pem", f.name + "/attest-request.json", out="// WARNING: this evidence has true")
    policy = f.file("policy", r.out)
    expect(GOOD, "and still permits it", "verify", "--at", CLOCK, "--anchors", f.name + "/ark.pem", "--policy", policy,
           f.name + "/attest-request.json")
    name, wanted = next(iter(faults.items()))
    expect(GOOD, f"fault {name}", "simulate", "SevSnpVm", "--at", CLOCK, "--fault", name, "-o", f.name)
    v = expect(BAD, f"fault {name} is found", "verify", "--format", "json", "--at", CLOCK, "--anchors", f.name + "/ark.pem",
               f.name + "/attest-request.json").json()
    first = next(c["id"] for c in v["checks"] if c["outcome"] == "fail")
    check(first == wanted, f"fault {name} fails {wanted}", first)

    for what, args, part in (
            ("an unknown type", ("Toaster", "-o", f.name), "unknown type"), ("no folder", ("SevSnpVm",), "-o DIR"),
            ("an unknown product", ("SevSnpVm", "--product", "Rome", "-o", f.name), "Rome"),
            ("an unknown fault", ("SevSnpVm", "--fault", "none", "-o", f.name), "none"),
            ("a short measurement", ("SevSnpVm", "--measurement", "11", "-o", f.name), "--measurement"),
            ("a privilege level of 4", ("SevSnpVm", "--vmpl", "4", "-o", f.name), "--vmpl"),
            ("a report version of 6", ("SevSnpVm", "--report-version", "6", "-o", f.name), "--report-version"),
            ("a negative number", ("SevSnpVm", "--vmpl", "-1", "-o", f.name), "--vmpl"),
            ("an unknown component", ("SevSnpVm", "--tcb", "cpu=1", "-o", f.name), "--tcb"),
            ("a component of 256", ("SevSnpVm", "--tcb", "snp=256", "-o", f.name), "--tcb"),
            ("an unknown key", ("SevSnpVm", "--key", "vxek", "-o", f.name), "--key"),
            ("runtime data that is not there", ("SevSnpVm", "--runtime-data", "/nonexistent/f", "-o", f.name), "No such file")):
        expect(UNUSABLE, f"refused: {what}", "simulate", *args, err=part)
    expect(UNUSABLE, "refused: a folder that cannot be made", "simulate", "SevSnpVm", "--at", CLOCK, "-o", "/nonexistent/x",
           err="/nonexistent/x")
done()

#!/usr/bin/env python3
"""attest collect: evidence from a software TPM, checked by tpm2_checkquote and by attest verify; the doctor, row by row."""
import json
import os
import subprocess

from command import ATTEST, BAD, GOOD, UNUSABLE, Folder, Ran, attest, check, expect
from daemon import REPO, done, skip, unb64u
from swtpm import Swtpm, available, ima_extensions

LAB = REPO / "tests" / "vectors" / "lab"
SBON = LAB / "sbon"
LOG, IMA = SBON / "binary_bios_measurements", SBON / "ima_binary"
NONCE = "0123456789abcdef" * 4
SECURE_BOOT = "firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
GOOD_SYSFS = {
    "class/tpm/tpm0/tpm_version_major": b"2\n", "kernel/security/lsm": b"lockdown,integrity",
    "kernel/security/tpm0/binary_bios_measurements": LOG.read_bytes(),
    "kernel/security/ima/binary_runtime_measurements": IMA.read_bytes(),
    "kernel/security/ima/runtime_measurements_count": b"41\n", SECURE_BOOT: b"\x06\0\0\0\1",
}


def sysfs(f, name, **changed):
    """A folder like /sys; files of GOOD_SYSFS by their last name, changed or (None) left out."""
    root = os.path.join(f.name, name)
    for path, content in GOOD_SYSFS.items():
        last = path.rsplit("/", 1)[1].split("-")[0]
        content = changed.get(last, content)
        if content is not None:
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "wb") as out:
                out.write(content)
    return root


def row(r, name):
    return next(c for c in r.json()["checks"] if c["id"] == "doctor." + name)


def doctor(name, check_id, outcome, *args, found="", fix="", code=None):
    """One test: what a row of the doctor's table says."""
    r = attest("collect", "--doctor", "--format", "json", *args)
    c = row(r, check_id)
    ok = c["outcome"] == outcome and found in c["found"] and fix in c.get("fix", "") and ("fix" in c) == (outcome == "fail")
    check(ok and (code is None or r.code == code), f"doctor: {name}", r)
    return r


def without_tpm(f):
    """Rows that a fake /sys and a file in the place of the device show."""
    device = f.file("tpmrm0", b"")
    as_device = ("--tcti", f"device:{device}")
    good = sysfs(f, "good")
    doctor("no TPM", "tpm", "fail", "--sysfs", f.name, *as_device, found="No such file", fix="firmware", code=BAD)
    doctor("no device file", "tpm", "fail", "--sysfs", good, "--tcti", "device:/nonexistent/tpm", found="/nonexistent/tpm")
    doctor("a device file", "tpm", "pass", "--sysfs", good, *as_device, found=str(device))
    doctor("a TPM 1.2", "version", "fail", "--sysfs", sysfs(f, "old", tpm_version_major=b"1\n"), *as_device,
           found="version 1", fix="1.2")
    doctor("a TPM 2.0", "version", "pass", "--sysfs", good, *as_device)
    doctor("permission", "permission", "pass", "--sysfs", good, *as_device)
    doctor("a device that is no TPM", "answers", "fail", "--sysfs", good, *as_device)
    doctor("what a silent TPM hides", "bank", "n/a", "--sysfs", good, *as_device)
    doctor("nothing listens", "answers", "fail", "--tcti", "swtpm:host=127.0.0.1,port=1", fix="running")
    logs = ("--sysfs",)
    doctor("an event log", "event_log", "pass", *logs, good, *as_device, found="15058 bytes")
    doctor("no event log", "event_log", "fail", *logs, sysfs(f, "nolog", binary_bios_measurements=None), *as_device,
           found="No such file", fix="linuxefi")
    doctor("an empty event log", "event_log", "fail", *logs, sysfs(f, "empty", binary_bios_measurements=b""), *as_device,
           found="0 bytes")
    doctor("no securityfs", "event_log", "fail", *logs, sysfs(f, "nosec", binary_bios_measurements=None, lsm=None), *as_device,
           fix="mount -t securityfs")
    doctor("Secure Boot on", "secure_boot", "pass", *logs, good, *as_device)
    doctor("Secure Boot off", "secure_boot", "fail", *logs, sysfs(f, "sboff", SecureBoot=b"\x06\0\0\0\0"), *as_device,
           found="off", fix="firmware")
    doctor("a variable of another length", "secure_boot", "fail", *logs, sysfs(f, "sblen", SecureBoot=b"\1"), *as_device,
           found="length")
    doctor("no UEFI", "secure_boot", "fail", *logs, sysfs(f, "bios", SecureBoot=None), *as_device, found="UEFI", fix="OVMF")
    doctor("IMA", "ima", "pass", *logs, good, *as_device, found="41 entries")
    doctor("IMA off", "ima", "fail", *logs, sysfs(f, "noima", binary_runtime_measurements=None), *as_device, fix="CONFIG_IMA")
    doctor("IMA without a rule", "ima", "fail", *logs, sysfs(f, "norule", runtime_measurements_count=b"1\n"), *as_device,
           found="boot_aggregate", fix="ima_policy")
    permission(f, device, good)


def permission(f, device, good):
    """As a user who may not: another one when this one may everything."""
    os.chmod(f.name, 0o755)
    os.chmod(device, 0)
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    log = os.path.join(good, "kernel/security/tpm0/binary_bios_measurements")
    os.chmod(log, 0)
    try:
        run = Ran(subprocess.run([ATTEST, "collect", "--doctor", "--format", "json", "--sysfs", good, "--tcti",
                                  f"device:{device}"], capture_output=True, **user))
    except PermissionError as e:
        return skip("doctor: no permission", str(e))
    c = row(run, "permission")
    check(c["outcome"] == "fail" and "Permission denied" in c["found"] and "tss" in c["fix"], "doctor: no permission", run)
    check(row(run, "answers")["outcome"] == "n/a", "doctor: a TPM that may not be opened is not asked", run)
    c = row(run, "event_log")
    check(c["outcome"] == "fail" and "root" in c["fix"], "doctor: a log that only root may read", run)
    refused = Ran(subprocess.run([ATTEST, "collect", "-o", "/dev/null", "--tcti", f"device:{device}"], capture_output=True, **user))
    check(refused.code == UNUSABLE and "Permission denied" in refused.err, "collect says so too", refused)
    os.chmod(log, 0o644)


def usage(f):
    expect(UNUSABLE, "neither -o nor --doctor", "collect", out="", err="usage: attest collect")
    expect(UNUSABLE, "another type", "collect", "--type", "SevSnpVm", "-o", f.name + "/x", out="", err="Tpm evidence only")
    expect(UNUSABLE, "an unknown type", "collect", "--type", "Abacus", "-o", f.name + "/x", out="", err="unknown attestation type")
    expect(UNUSABLE, "no device", "collect", "--tcti", "device:/nonexistent/tpm", "-o", f.name + "/x", out="",
           err="/nonexistent/tpm: No such file")
    expect(UNUSABLE, "the TCTI of the environment is used", "collect", "-o", f.name + "/x", out="", err="/nonexistent/env",
           TPM2TOOLS_TCTI="device:/nonexistent/env")
    expect(UNUSABLE, "--tcti before the environment", "collect", "--tcti", "device:/nonexistent/tpm", "-o", f.name + "/x",
           err="/nonexistent/tpm", TPM2TOOLS_TCTI="device:/nonexistent/env")
    for option, value, why in (("--nonce", "zz" * 8, "--nonce"), ("--nonce", "00" * 65, "1 to 64 bytes"),
                               ("--nonce", "", "1 to 64 bytes"), ("--nonce", "012", "--nonce")):
        expect(UNUSABLE, f"{option} {value[:8]}", "collect", option, value, "-o", f.name + "/x", out="", err=why)
    for value in ("", "24", "0-24", "7-0", "a", "0,", "-1", "0--1", "0;1"):
        expect(UNUSABLE, f"--pcrs {value}", "collect", f"--pcrs={value}", "-o", f.name + "/x", out="", err="--pcrs")
    expect(UNUSABLE, "--ak of no kind", "collect", "--ak", "dsa", "-o", f.name + "/x", out="", err="want rsa or ecc")


def parts(f, evidence):
    """Files as the tools take them."""
    quote = evidence["quotes"][0]
    return [f.file(name, unb64u(text)) for name, text in
            (("ak.pub", evidence["akPub"]), ("q.msg", quote["quote"]), ("q.sig", quote["signature"]))]


def oracle(tpm, f, evidence, nonce):
    pub, msg, sig = parts(f, evidence)
    return tpm.tool("tpm2_checkquote", "-u", pub, "-m", msg, "-s", sig, "-g", "sha256", "-q", nonce, check=False)


def collected(tpm, f, name, *args, code=GOOD, **kw):
    path = os.path.join(f.name, "evidence.json")
    r = expect(code, name, "collect", "--tcti", tpm.tcti, "-o", path, *args, **kw)
    with open(path) as text:
        return r, json.load(text), path


def lab_machine(tpm, f):
    """The TPM of the lab's machine once more: its event log and its IMA list measured into it."""
    tpm.replay(LOG.read_bytes())
    tpm.extend(ima_extensions(IMA.read_bytes()))
    _, evidence, path = collected(tpm, f, "collect", "--sysfs", sysfs(f, "sys"), "--nonce", NONCE, out="written to")
    known = {line.split()[1]: line.split()[2].lower() for line in (SBON / "pcrs.txt").read_text().splitlines()
             if line.startswith("sha256 ")}
    check(evidence["pcrs"]["sha256"] == known, "the PCRs are those of the lab's machine", evidence["pcrs"])
    check(oracle(tpm, f, evidence, NONCE).returncode == 0, "tpm2_checkquote agrees with the quote")
    check(oracle(tpm, f, evidence, "00" + NONCE[2:]).returncode != 0, "and not with another nonce")
    check([log["type"] for log in evidence["logs"]] == ["tcg", "ima"], "both lists are in the file", evidence["logs"])
    check(unb64u(evidence["nonce"]).hex() == NONCE, "and the nonce")
    check(tpm.tool("tpm2_getcap", "handles-transient").stdout.strip() == "", "nothing is left loaded in the TPM")
    return evidence, path


def verified(tpm, f, evidence, path):
    name = attest("collect", "--tcti", tpm.tcti, "-o", f.name + "/again.json", "--format", "json").json()["akName"]
    names = f.file("names.txt", name + "  # this TPM\n")
    policy = f.file("permit.txt", "version=1.0;authorizationrules{=> permit();};issuancerules{};")
    call = ("verify", "--ak-names", names, "--policy", policy, "--nonce")
    expect(GOOD, "attest verify permits it", *call, NONCE, path, out="tpm.quote.nonce")
    expect(BAD, "not with another nonce", *call, "00" + NONCE[2:], path, out="✗ tpm.quote.nonce")
    other = f.file("other.txt", name[:-2] + ("00" if name[-2:] != "00" else "01") + "\n")
    expect(BAD, "not with a key that nobody vouches for", "verify", "--ak-names", other, "--policy", policy, "--nonce", NONCE, path,
           out="✗ tpm.ak.vouched")
    changed = {**evidence, "pcrs": {"sha256": {**evidence["pcrs"]["sha256"], "7": "00" * 32}}}
    expect(BAD, "not with other values", *call, NONCE, f.file("changed.json", json.dumps(changed)), out="✗ tpm.quote.pcr_digest")


def options(tpm, f):
    _, evidence, _ = collected(tpm, f, "without --nonce", "--pcrs", "0-7,10")
    check(len(unb64u(evidence["nonce"])) == 32, "the nonce is 32 random bytes", evidence["nonce"])
    check(list(evidence["pcrs"]["sha256"]) == ["0", "1", "2", "3", "4", "5", "6", "7", "10"], "--pcrs", evidence["pcrs"])
    check(oracle(tpm, f, evidence, unb64u(evidence["nonce"]).hex()).returncode == 0, "tpm2_checkquote agrees")
    _, again, _ = collected(tpm, f, "again")
    check(again["nonce"] != evidence["nonce"] and again["akPub"] == evidence["akPub"], "another nonce, the same key")
    r, evidence, _ = collected(tpm, f, "an ECC key", "--ak", "ecc", "--nonce", NONCE)
    check(oracle(tpm, f, evidence, NONCE).returncode == 0, "tpm2_checkquote agrees with ECDSA")
    collected(tpm, f, "TPM2TOOLS_TCTI", TPM2TOOLS_TCTI=tpm.tcti)
    r, evidence, _ = collected(tpm, f, "no logs", "--sysfs", f.name, out="! event log")
    check("logs" in evidence and evidence["logs"] == [], "a quote without a log is legal", evidence["logs"])
    _, evidence, _ = collected(tpm, f, "logs by name", "--sysfs", f.name, "--event-log", LOG, "--ima", IMA)
    check(len(evidence["logs"]) == 2, "both are in the file")
    call = ("collect", "--tcti", tpm.tcti, "-o", f.name + "/x")
    expect(UNUSABLE, "a log that was named and is missing", *call, "--event-log", "/nonexistent/log", out="", err="No such file")
    expect(UNUSABLE, "a file that cannot be written", "collect", "--tcti", tpm.tcti, "-o", "/nonexistent/x", out="", err="No such file")
    expect(UNUSABLE, "no key at the handle", *call, "--ak-handle", "0x81012345", out="", err="handle 0x81012345")
    expect(UNUSABLE, "no such NV index", *call, "--ak-cert-nv", "0x01812345", out="", err="no NV index 0x01812345")
    expect(UNUSABLE, "no handle", *call, "--ak-handle", "key", out="", err="--ak-handle")
    expect(UNUSABLE, "a certificate file that is missing", *call, "--ak-cert", "/nonexistent/c", out="", err="No such file")
    _, evidence, _ = collected(tpm, f, "a certificate from a file", "--ak-cert", f.file("c.der", b"certificate"))
    check(unb64u(evidence["akCert"]) == b"certificate", "it is in the file as it was", evidence["akCert"])


def ready_made_key(tpm, f):
    """A key as Azure's virtual TPMs have it: at its handle, with its certificate in NV."""
    tpm.tool("tpm2_createek", "-c", "ek.ctx", "-G", "rsa", "-u", "ek.pub")
    tpm.tool("tpm2_createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", "rsa", "-g", "sha256", "-s", "rsassa", "-u", "az.pub")
    tpm.tool("tpm2_flushcontext", "-t")
    tpm.tool("tpm2_evictcontrol", "-C", "o", "-c", "ak.ctx", "0x81000003")
    tpm.tool("tpm2_flushcontext", "-t")
    der = bytes(range(256)) * 4
    tpm.tool("tpm2_nvdefine", "0x01C101D0", "-C", "o", "-s", len(der), "-a", "ownerread|ownerwrite")
    tpm.tool("tpm2_nvwrite", "0x01C101D0", "-C", "o", "-i", f.file("az.der", der))
    _, evidence, _ = collected(tpm, f, "Azure's key is used", "--nonce", NONCE, out="NV 0x01C101D0")
    check(unb64u(evidence["akPub"]) == (tpm.folder / "az.pub").read_bytes(), "it is that key")
    check(unb64u(evidence["akCert"]) == der, "with its certificate, which the owner may read", evidence["akCert"])
    check(oracle(tpm, f, evidence, NONCE).returncode == 0, "tpm2_checkquote agrees")
    _, evidence, _ = collected(tpm, f, "the same by option", "--ak-handle", "0x81000003")
    check(unb64u(evidence["akPub"]) == (tpm.folder / "az.pub").read_bytes() and "akCert" not in evidence,
          "no certificate that nobody asked for", evidence)
    _, evidence, _ = collected(tpm, f, "--ak rsa takes our own", "--ak", "rsa")
    check(unb64u(evidence["akPub"]) != (tpm.folder / "az.pub").read_bytes(), "it is another key")


def with_tpm(f):
    with Swtpm() as tpm:
        evidence, path = lab_machine(tpm, f)
        verified(tpm, f, evidence, path)
        options(tpm, f)
        swtpm = ("--tcti", tpm.tcti, "--sysfs", sysfs(f, "sys"))
        doctor("a software TPM", "tpm", "pass", *swtpm, found="reached by swtpm")
        doctor("it answers", "answers", "pass", *swtpm)
        doctor("its bank", "bank", "pass", *swtpm, found="sha256")
        doctor("its EK certificate", "ek_certificate", "pass", *swtpm, found="0x01C00002")
        doctor("no AK certificate", "ak_certificate", "fail", *swtpm, fix="--enrol", code=BAD)
        r = doctor("an AK certificate", "ak_certificate", "pass", *swtpm, "--ak-cert", f.file("c.der", b"c"), code=GOOD)
        check(r.json()["ok"] is True, "all is well", r)
        r = expect(BAD, "doctor as text", "collect", "--doctor", *swtpm, out="✗ doctor.ak_certificate")
        check("      fix       " in r.out and "– doctor.version" in r.out, "with what to do", r)
        ready_made_key(tpm, f)
        tpm.restart()
        _, after, _ = collected(tpm, f, "after a restart", "--ak", "rsa")
        check(after["akPub"] == evidence["akPub"], "the key is the same", after["akPub"])
        check(set(after["pcrs"]["sha256"][str(i)] for i in range(8)) == {"00" * 32}, "the PCRs are not")
    with Swtpm(certificates=False, banks="sha1") as tpm:
        swtpm = ("--tcti", tpm.tcti)
        doctor("SHA-1 only", "bank", "fail", *swtpm, found="sha1", fix="pcrallocate")
        doctor("no EK certificate", "ek_certificate", "fail", *swtpm, found="none", fix="lists its name")
        expect(UNUSABLE, "no bank to quote", "collect", *swtpm, "-o", f.name + "/x", out="", err="no PCR bank of SHA-256")
    with Swtpm(certificates=False, banks="sha1,sha256,sha384") as tpm:
        _, evidence, _ = collected(tpm, f, "several banks", "--nonce", NONCE, out="! EK certificate")
        check(list(evidence["pcrs"]) == ["sha256", "sha384"], "SHA-256 and better are quoted", list(evidence["pcrs"]))
        check(oracle(tpm, f, evidence, NONCE).returncode == 0, "tpm2_checkquote agrees")


with Folder() as folder:
    usage(folder)
    without_tpm(folder)
    if available():
        with_tpm(folder)
    else:
        skip("evidence from a software TPM", "no swtpm and tpm2-tools; scripts/setup installs them")
done()

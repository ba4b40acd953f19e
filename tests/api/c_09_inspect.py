#!/usr/bin/env python3
"""attest inspect of what a TPM machine leaves: every vector file is what it is, or refused; tpm2_eventlog agrees."""
import json
import re
import shutil
import subprocess

from command import GOOD, UNUSABLE, Folder, attest, check, expect
from daemon import REPO, VECTORS, done, skip, unb64u

LAB = REPO / "tests" / "vectors" / "lab"
LOG, IMA, STATEMENT, PUBLIC = "event log", "IMA measurement list", "TPM statement", "TPM public area"
# What a file is, by its name; the first that fits counts.  None: refused, as a text, key or number for other programs.
KINDS = [
    (r"(PROVENANCE|pcrs-known|secret2?\.bin|/cmdline|/lockdown|/version|dmesg|/pcrs\.|pcr10\.txt|pcr7\.txt|README|ak-names)", None),
    (r"maa/|windows-gcp-shielded|linux-tpm12|malformed-text|/empty\.bin", None),
    (r"secp256k1\.pem", None),          # a curve that nobody here accepts
    (r"(SecureBoot|SetupMode|MokSBStateRT)-", None),        # a byte says nothing without its name
    (r"SbatLevel", "SBAT level"),
    (r"(efivars/|dbxupdate)", "EFI signature list"),
    (r"(eventlog/[^/]*\.bin|adversarial/|binary_bios_measurements)", LOG),
    (r"(ima_ascii|ima_binary|keylime-ima-log|lab-.*ima-(sig|ng))", IMA),
    (r"\.msg$", STATEMENT), (r"\.sig$", "TPM signature"), (r"\.pub$", PUBLIC), (r"\.name$", "TPM name"),
    (r"cred2?\.blob$", "TPM credential"),
    (r"(ima-(ec|rsa)\.pem|ek-ca|azure|\.crt|ek_rsa)", "certificate"),
    (r"\.pem$", "public key"),
    (r"\.json$", "evidence"),
]
# Logs that are damaged on purpose: still a log, with what is wrong.
DAMAGED = {"truncated-mid-event": "ends inside its digests", "digest-count-max": "4294967295 digests",
           "event-size-max": "past the end", "unknown-digest-alg": "0x7777", "pcr-index-24plus": "PCR 99",
           "spec-id-alg-count-max": "1073741824 digest algorithms"}


def files():
    found = [LAB]
    if VECTORS.exists():
        found += [VECTORS / name for name in ("eventlog", "ima", "tpm")]
    return sorted(f for folder in found for f in folder.rglob("*") if f.is_file())


def wanted(file):
    return next((kind for pattern, kind in KINDS if re.search(pattern, str(file))), "?")


def seen(file):
    r = attest("inspect", "--format", "json", file)
    if r.code == GOOD:
        return r.json()
    return {"kind": None, "problem": r.err} if r.code == UNUSABLE and "of no known kind" in r.err else {"kind": str(r)}


def oracle(file):
    """Number of events and PCR values as tpm2_eventlog has them, or None where it cannot read the file."""
    r = subprocess.run(["tpm2_eventlog", file], capture_output=True, text=True, errors="replace")
    if r.returncode or "\npcrs:" not in r.stdout:
        return None
    head, tail = r.stdout.rsplit("\npcrs:", 1)
    values, bank = {}, None
    for line in tail.splitlines():
        name, _, value = (part.strip() for part in line.partition(":"))
        if name and not value:
            bank = values.setdefault(name, {})
        elif name:
            bank[name] = value.removeprefix("0x")
    return len(re.findall(r"^- EventNum:", head, re.M)), values


described = {f: seen(f) for f in files()}
for name, group in (("made here", [f for f in described if LAB in f.parents]),
                    ("of others", [f for f in described if LAB not in f.parents])):
    if not group:
        skip(f"files {name}: each is recognised", "no vectors")
        continue
    wrong = {str(f): (described[f]["kind"], wanted(f)) for f in group if described[f]["kind"] != wanted(f)}
    check(not wrong, f"files {name}: each of {len(group)} is recognised as what it is, or refused", wrong)
    problems = {f.stem: described[f]["problem"] for f in group if described[f]["kind"] and "problem" in described[f]}
    check(all(any(text in problems.get(stem, "") for text in [part]) for stem, part in DAMAGED.items()) and
          set(problems) == set(DAMAGED) if name == "of others" else not problems,
          f"files {name}: what is damaged says what is wrong", problems)

logs = {f: o for f, o in described.items() if o["kind"] == LOG and "problem" not in o}
compared = 0
if not shutil.which("tpm2_eventlog"):
    skip("tpm2_eventlog agrees", "it is not installed")
else:
    for f, o in logs.items():
        other = oracle(f)
        if not other:
            continue
        n, values = other
        # There the Spec ID event is an event, not the log's header; events of SHA-1 records have no numbers; and
        # EV_NO_ACTION extends PCR 0, which the specification forbids.
        extended = {"0"} if any(e["digest"] == "not measured" for e in o["events"]) else set()
        differ = [(bank, i) for bank, pcrs in values.items() for i, v in pcrs.items()
                  if i not in extended and o["pcrs"].get(bank, {}).get(i) != v]
        count = o["eventCount"] + 1 if o["form"].startswith("crypto-agile") else 0
        compared += 1
        check(not differ and n == count, f"tpm2_eventlog agrees about {f.relative_to(f.parents[1])}", (n, count, differ))
    check(compared >= 6, f"tpm2_eventlog read {compared} of {len(logs)} logs", compared)

known = VECTORS / "eventlog" / "pcrs-known.json"
for name, row in json.loads(known.read_text()).items() if known.exists() else ():
    mine = described[known.parent / name]["pcrs"]
    differ = [(bank, i) for bank, pcrs in row["replay"].items() for i, v in pcrs.items()
              if i in mine.get(bank, {}) and mine[bank][i] != v.lower()]
    check(not differ and set(row["replay"]) <= set(mine), f"known PCR values of {name}", differ)

sbon = LAB / "sbon"
log = described[sbon / "binary_bios_measurements"]
for row in (line.split() for line in (sbon / "pcrs.txt").read_text().splitlines()):
    bank, pcr, value = row
    if pcr in log["pcrs"].get(bank, {}):
        check(log["pcrs"][bank][pcr] == value.lower(), f"{bank} PCR {pcr} of the log is the machine's", log["pcrs"][bank][pcr])
variable = next(e for e in log["events"] if e["text"].startswith("SecureBoot-"))
check(variable["text"].endswith(": 01") and variable["pcr"] == 7 and variable["digest"] == "covers the data",
      "SecureBoot shows its value, and that it was measured", variable)

with Folder() as f:
    data = (sbon / "binary_bios_measurements").read_bytes()
    at = data.index("SecureBoot".encode("utf-16-le")) + 20
    forged = attest("inspect", "--format", "json", f.file("forged", data[:at] + b"\0" + data[at + 1:])).json()
    variable = next(e for e in forged["events"] if e["text"].startswith("SecureBoot-"))
    check(variable["digest"] == "DOES NOT COVER" and forged["uncovered"] == 1,
          "a value that was changed afterwards is not covered by its digest", variable)
    ima = (sbon / "ima_binary").read_bytes()
    cut = attest("inspect", "--format", "json", f.file("cut", ima[:-1])).json()
    whole = described[sbon / "ima_binary"]
    check("problem" in cut and cut["entryCount"] == whole["entryCount"] - 1, "a list that ends early says so", cut)
    # An entry whose template hash is zero: the file changed while it was measured.
    bad = attest("inspect", "--format", "json", f.file("violation", ima[:4] + bytes(20) + ima[24:])).json()
    check(bad["violations"] == 1 and "violation" in bad["firstEntries"][0], "a violation is counted and shown", bad)
    whole = json.loads((LAB / "sbon.json").read_text())
    quote, public = unb64u(whole["quotes"][0]["quote"]), unb64u(whole["akPub"])
    expect(GOOD, "a quote that is cut", "inspect", f.file("quote", quote[:-1]), out="problem", err="")
    expect(UNUSABLE, "a public area with a byte behind", "inspect", f.file("pub", public + b"\0"),
           out="", err="of no known kind")
    ak = seen(f.file("ak", public))
    quote = seen(f.file("quote", quote))
    expect(GOOD, "short lists take one line", "inspect", f.file("quote.bin", unb64u(whole["quotes"][0]["quote"])),
           out="0 1 2 3 4 5 6 7", err="")

whole = described[sbon / "ima_binary"]
check(whole["entryCount"] == len((sbon / "ima_ascii").read_text().splitlines()) and
      whole["templates"] == {"ima-sig": whole["entryCount"]} and whole["signatures"] > 0 and
      len(whole["firstEntries"]) == len(whole["lastEntries"]) == 5, "an IMA list is counted, its ends are shown", whole)
ascii_list = described[sbon / "ima_ascii"]
check({**ascii_list, "form": ""} == {**whole, "form": ""}, "ascii and binary say the same", ascii_list)
names = (LAB / "ak-names.txt").read_text().split()
check(ak["kind"] == PUBLIC and ak["name"] == names[names.index("sbon") - 2] and ak["role"] == "attestation key" and
      ak["attributes"] == ["fixedTPM", "fixedParent", "sensitiveDataOrigin", "userWithAuth", "restricted", "sign"],
      "an attestation key: its name as the TPM gave it, its attributes by name", ak)
ek = next((o for f, o in described.items() if f.name == "ek.pub"), None)
if ek:
    check(ek["role"] == "storage or endorsement key" and "decrypt" in ek["attributes"],
          "an endorsement key is no attestation key", ek)
check(quote["statement"] == "quote" and quote["extraData"] == "00112233445566778899aabbccddeeff" * 2 and
      7 in quote["selection"]["sha256"], "a quote: nonce and selection", quote)
db = next((o for f, o in described.items() if f.name.startswith("db-") and "sbon" in f.parts and "uki" not in str(f)), None)
if db:
    check("Microsoft Corporation UEFI CA 2011" in [e.get("name") for e in db["entries"]], "db: entries with their names", db)
states = {"sbon": "on", "sboff": "off", "sbdis": "off", "mokbypass": "on, but shim validates nothing", "uki-sbon": "on",
          "uki-sboff": "off"}
found = {m: described[LAB / m / "binary_bios_measurements"]["secureBoot"]["state"] for m in states}
check(found == states, "what a log says of Secure Boot", found)
expect(GOOD, "a log as text has one line for each event", "inspect", sbon / "binary_bios_measurements",
       out="  [3]  7  EV_EFI_VARIABLE_DRIVER_CONFIG  covers the data  SecureBoot-", err="")
done()

#!/usr/bin/env python3
"""make bench-peers: our verification beside other people's, same evidence, same collateral, rounds in turn, one run.

bench/peers/run.py [--build DIR] [--rounds N] [--round-ms N] [--differential]

Downloads the peers at their pinned versions with the ordinary clients (cargo, npm, pip, go) into DIR/peers, once.
A peer whose runtime is missing is left out and named.  Prints tables; JSON in DIR/bench-peers.json.
--differential: damaged quotes judged by the peers, instead of timing.
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import eventlogs
from driver import Driver, figure

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VECTORS = pathlib.Path(os.environ.get("ATTEST_VECTORS", ROOT / ".." / "shared" / "vectors")).resolve()
DIFFERENTIAL = ROOT / "tests/interop/dcap_qvl_diff.py"
MODES = ("warm", "fresh", "cold")

Evidence = collections.namedtuple("Evidence", "title floor evidence endorsements seconds")
EVIDENCE = {
    "sgx": Evidence("SGX quote v3, FMSPC 00a067110000", "dcap", "sgx/sgx-v3-00a067110000.quote.bin",
                    "sgx/sgx-v3-00a067110000.collateral.json", 1750377600),
    "tdx": Evidence("TDX quote v4, FMSPC b0c06f000000", "dcap", "tdx/tdx-v4-b0c06f000000.quote.bin",
                    "tdx/tdx-v4-b0c06f000000.collateral.json", 1750377600),
    "tdx-2023": Evidence("TDX quote v4 of 2023, FMSPC 50806f000000", "dcap", "tdx/tdx-v4-50806f000000.quote.bin",
                         "tdx/tdx-50806f000000.2023-06.collateral.json", 1687219200),
    "snp": Evidence("SEV-SNP report v2, Milan", "snp", "maa-golden/snp-aci.report.bin",
                    "maa-golden/snp-aci.vcek-chain.pem", 1744104603),
}
FLOORS = {"dcap": "P-256 verifications by libcrypto: warm 2, fresh 4, cold 9",
          "snp": "libcrypto: a P-384 verification; fresh and cold and two RSA-4096 PSS"}

# refuses: evidence that it does not accept, and the reason it gives.  partly: what it is asked leaves out.
Peer = collections.namedtuple("Peer", "name make command evidence refuses skips")
TDX_SKIPS = ("issue dates, vendor id, signer and attributes of a module identity; quotes of version 5 and every status but "
             "UpToDate are refused")


def ran(command, **options):
    made = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return None if made.returncode == 0 else f"{command[0]}: {' '.join(made.stdout.split())[-300:]}"


def make_ours(build, _):
    return ran(["ninja", "-C", build, "bench/peers/ours", "bench/peers/floor_driver", "bench/peers/eventlog_driver",
                "tests/interop/dcap_judge"])


def make_crate(build, home):
    return ran(["cargo", "build", "--release", "--locked", "--manifest-path", HERE / "rust/Cargo.toml", "--target-dir", home])


def make_python(build, home):
    return (ran([sys.executable, "-m", "venv", home]) or
            ran([home / "bin/python", "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r",
                 HERE / "python/requirements.txt"]))


def make_npm(build, home):
    for name in ("package.json", "package-lock.json", "peer.mjs"):
        shutil.copy(HERE / "js" / name, home)
    return ran(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=home)


def make_go(build, home):
    return ran(["go", "build", "-mod=readonly", "-o", home / "peer", "."], cwd=HERE / "go")


def make_tools(build, home):
    return None if shutil.which("tpm2_eventlog") else "no tpm2_eventlog (Debian: tpm2-tools)"


PEERS = [
    Peer("libattest", make_ours, lambda b, h: [b / "bench/peers/ours"], tuple(EVIDENCE), {}, ""),
    Peer("dcap-qvl 0.7.1 (crate)", make_crate, lambda b, h: [h / "release/peer"], ("sgx", "tdx", "tdx-2023"),
         {"tdx-2023": "SEPT_VE_DISABLE"},
         "PCE-ID, tcbType, name of the PCK certificate, half of the QE's report data, outer certification type, bytes left over"),
    Peer("dcap-qvl 0.7.0 (PyPI)", make_python, lambda b, h: [h / "bin/python", HERE / "python/peer.py"],
         ("sgx", "tdx", "tdx-2023"), {"tdx-2023": "SEPT_VE_DISABLE"},
         "as the crate; and who signed the collateral"),
    Peer("@phala/dcap-qvl 0.3.9 (npm)", make_npm, lambda b, h: ["node", h / "peer.mjs"], ("sgx", "tdx", "tdx-2023"),
         {"tdx-2023": "SEPT_VE_DISABLE"},
         "as PyPI; and signatures and dates of revocation lists, vendor id, TDX module identity"),
    Peer("go-tdx-guest 0.3.1 (Go)", make_go, lambda b, h: [h / "peer", "tdx"], ("tdx", "tdx-2023"),
         {"tdx": "FMSPC from PCK Certificate"}, TDX_SKIPS),
    Peer("go-tdx-guest 0.3.1, signatures only", make_go, lambda b, h: [h / "peer", "tdx-signatures"], ("tdx", "tdx-2023"), {},
         "its default: no TCB, no QE identity, no revocation; four signatures in all"),
    Peer("go-sev-guest 0.15.0 (Go)", make_go, lambda b, h: [h / "peer", "snp"], ("snp",), {},
         "no policy, no claims; revocation only with a fetched list"),
    Peer("libattest, event log", make_ours, lambda b, h: [b / "bench/peers/eventlog_driver", "replay"], ("eventlog",), {},
         "parse and replay; compares every PCR that is given"),
    Peer("go-eventlog 0.0.2 (Go)", make_go, lambda b, h: [h / "peer", "eventlog"], ("eventlog",), {},
         "parse and replay: tcg.ParseAndReplay; PCRs without events are not looked at"),
    Peer("tpm2_eventlog, a process", make_tools, lambda b, h: ["tpm2_eventlog"], ("eventlog",), {},
         "includes start of the process, replay of all banks, the whole log as YAML; compares with no PCR"),
]


def installed(peer, build):
    """(folder, None) or (folder, why not): made once for each content of the peer's files."""
    name = peer.make.__name__.removeprefix("make_")
    home = build / "peers" / name
    if name in ("ours", "tools"):
        return home, peer.make(build, home)
    sources = sorted(p for p in (HERE / {"crate": "rust", "npm": "js"}.get(name, name)).rglob("*") if p.is_file())
    wanted = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()
    stamp = home / "stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return home, None
    home.mkdir(parents=True, exist_ok=True)
    print(f"  installing {peer.name}", file=sys.stderr)
    try:
        why = peer.make(build, home)
    except OSError as e:
        why = str(e)
    if not why:
        stamp.write_text(wanted)
    return home, why


def verdict(driver):
    r = json.loads(driver.ask("judge"))
    tcb = r.get("tcb") or r
    return (r["accepted"], tcb.get("status"), sorted(tcb.get("advisories") or [])), r.get("why", "")


def agreed(name, drivers, peers):
    """Drops those who are known to refuse; the others must say what we say."""
    ours, _ = verdict(drivers[0])
    if not ours[0]:
        raise RuntimeError(f"{name}: libattest refuses")
    notes = {}
    for d in list(drivers[1:]):
        theirs, why = verdict(d)
        reason = next(p.refuses.get(name) for p in peers if p.name == d.peer)
        if reason and not theirs[0] and re.search(reason, why):
            notes[d.peer] = " ".join(why.split())
            d.close()
            drivers.remove(d)
        elif theirs != ours and theirs != (True, None, []):     # the latter: it has no status to tell
            raise RuntimeError(f"{name}: {d.peer} says {theirs} {why}, libattest {ours}")
    return ours, notes


def measure(name, peers, homes, build, args):
    e = EVIDENCE[name]
    files = [VECTORS / e.evidence, VECTORS / e.endorsements, e.seconds]
    drivers = []
    for p in peers:
        if name in p.evidence:
            command = p.command(build, homes[p.name])
            drivers.append(Driver(p.name, e, [*command, *files], MODES if p.name == "libattest" else ("warm", "cold")))
    said, notes = agreed(name, drivers, peers)
    floor = Driver("floor", e, [build / "bench/peers/floor_driver", e.floor], MODES)
    for d in (floor, *drivers):
        d.prepare(args.round_ms)
    for i in range(args.rounds):
        print(f"  {e.title}, round {i + 1} of {args.rounds}", file=sys.stderr)
        for d in (floor, *drivers):
            d.round()
    for d in (floor, *drivers):
        d.close()
    return {"evidence": e.title, "floor": FLOORS[e.floor], "verdict": said, "refused": notes,
            "figures": [figure(d, mode, floor) for d in (floor, *drivers) for mode in d.modes]}


def table(measured, peers):
    print(f"\n**{measured['evidence']}**: {measured['verdict'][1] or 'accepted'}. Floor: {measured['floor']}.\n")
    print(f"| {'verifier':<36} | {'warm µs':>9} | {'× floor':>7} | {'cold µs':>9} | {'× floor':>7} | does not check |")
    print(f"|{'-' * 38}|{'-' * 10}:|{'-' * 8}:|{'-' * 10}:|{'-' * 8}:|---|")
    by = {(f["verifier"], f["mode"]): f for f in measured["figures"]}
    for name in dict.fromkeys(f["verifier"] for f in measured["figures"]):
        warm, cold = by[name, "warm"], by[name, "cold"]
        skips = next((p.skips for p in peers if p.name == name), "")
        print(f"| {name:<36} | {warm['cpu_us']:>9} | {warm['ratio']:>7.2f} | {cold['cpu_us']:>9} | {cold['ratio']:>7.2f} | {skips} |")
    fresh = by["libattest", "fresh"]
    print(f"\nlibattest, new context with prepared collateral: {fresh['cpu_us']} µs, {fresh['ratio']:.2f} × floor.")
    for name, why in measured["refused"].items():
        print(f"Not measured: {name} refuses it: \"{why}\".")


def differential(peers, homes, build):
    """Whoever has rows in the table of differences."""
    bad = 0
    for p in peers:
        row = {"make_crate": "dcap-qvl crate", "make_npm": "dcap-qvl npm"}.get(p.make.__name__)
        row = "go-tdx-guest" if p.name.startswith("go-tdx-guest 0.3.1 (") else row
        if row:
            print(f"# {p.name}", flush=True)
            bad |= subprocess.call([sys.executable, DIFFERENTIAL, "--driver", row,
                                    *map(str, p.command(build, homes[p.name])), build / "tests/interop/dcap_judge"])
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--round-ms", type=int, default=60, help="CPU time of one verifier in one round")
    parser.add_argument("--differential", action="store_true")
    args = parser.parse_args()
    build = args.build.resolve()
    homes, peers, missing = {}, [], {}
    for p in PEERS:
        homes[p.name], why = installed(p, build)
        if why:
            missing[p.name] = why
        else:
            peers.append(p)
    if "libattest" in missing or not (VECTORS / EVIDENCE["sgx"].evidence).exists():
        sys.exit(f"bench-peers: {missing.get('libattest', f'no vectors in {VECTORS}')}")
    if args.differential:
        sys.exit(differential(peers, homes, build))
    results = [measure(name, peers, homes, build, args) for name in EVIDENCE]
    for measured in results:
        table(measured, peers)
    logs = eventlogs.measure_all([(p, p.command(build, homes[p.name])) for p in peers if "eventlog" in p.evidence],
                                 build, VECTORS, args)
    eventlogs.table(logs)
    for name, why in missing.items():
        print(f"Left out: {name}: {why}")
    out = build / "bench-peers.json"
    out.write_text(json.dumps({"processors": os.cpu_count(), "rounds": args.rounds, "missing": missing, "results": results,
                               "event_logs": logs}, indent=1) + "\n")
    print(f"\nalso as JSON: {out}")


main()

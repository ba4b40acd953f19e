"""Event logs replayed by libattest, go-eventlog and tpm2_eventlog beside the digests alone, in turn; used by run.py.

Before timing, everybody must find the PCRs as they are given, and must not in a log with one digest changed.
"""
import collections
import json
import pathlib
import re
import resource
import subprocess
import sys
import time

from driver import Driver, figure

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LAB = ROOT / "tests/vectors/lab/sbon"
LARGE = "gce-ubuntu-2104-sb-on-no-dbx.bin"
SEPARATOR = bytes.fromhex("df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119")    # SHA-256 of four zeros
FLOOR = "one SHA-256 by libcrypto for each event that changes a PCR"

Log = collections.namedtuple("Log", "title path pcrs")


def known_pcrs(vectors, folder):
    """PCRs that others published for the log, as a file of lines: bank, PCR, value."""
    known = json.loads((vectors / "eventlog/pcrs-known.json").read_text())[LARGE]["replay"]
    out = folder / (LARGE + ".pcrs.txt")
    out.write_text("".join(f"{bank} {pcr} {value}\n" for bank, values in known.items() for pcr, value in values.items()))
    return out


def logs(vectors, folder):
    yield Log("Debian 12 under QEMU, Secure Boot on", LAB / "binary_bios_measurements", LAB / "pcrs.txt")
    if (vectors / "eventlog" / LARGE).exists():
        yield Log("Ubuntu 21.04 on a cloud machine, three banks", vectors / "eventlog" / LARGE, known_pcrs(vectors, folder))


def given(log):
    """The SHA-256 bank."""
    lines = (line.split() for line in log.pcrs.read_text().splitlines())
    return {int(w[1]): w[2].lower() for w in lines if w and w[0] == "sha256"}


class Process(Driver):
    """A command that is started for each log: the time of its children, from start to end."""

    def __init__(self, peer, command):
        self.peer, self.modes, self.command = peer, ("warm",), [str(c) for c in command]
        self.cpu, self.wall = {"warm": []}, {"warm": []}

    def run(self, mode, n):
        usage, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic_ns()
        for _ in range(n):
            subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall = time.monotonic_ns() - wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
        return cpu * 1e6 / n, wall / n / 1e3

    def accepts(self, log):
        """It judges nothing, so its values are compared here."""
        text = subprocess.run(self.command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        bank = re.search(r"^pcrs:.*?^  sha256:\n((?:    [^\n]*\n)+)", text, re.M | re.S)[1]
        values = {int(i): v for i, v in re.findall(r"(\d+) *: 0x([0-9a-f]+)", bank)}
        return bool(values) and all(given(log).get(i) == v for i, v in values.items())

    def close(self):
        pass


def start(peer, command, path, pcrs):
    if peer.endswith("a process"):
        return Process(peer, [*command, path])
    return Driver(peer, None, [*command, path, pcrs, *(["0"] if command[-1] == "eventlog" else [])], ("warm",))


def accepts(driver, log):
    return driver.accepts(log) if isinstance(driver, Process) else json.loads(driver.ask("judge"))["accepted"]


def check(peers, log, folder):
    """Everybody accepts the log, and nobody with a digest changed."""
    changed, at = bytearray(log.path.read_bytes()), log.path.read_bytes().index(SEPARATOR)
    changed[at] ^= 1
    other = folder / "changed.bin"
    other.write_bytes(changed)
    for peer, command in peers:
        for path, expected in ((log.path, True), (other, False)):
            driver = start(peer.name, command, path, log.pcrs)
            if accepts(driver, log) != expected:
                raise RuntimeError(f"{log.title}: {peer.name} {'refuses it' if expected else 'takes a changed digest'}")
            driver.close()


def measure(peers, log, build, args):
    drivers = [start("floor", [build / "bench/peers/eventlog_driver", "floor"], log.path, log.pcrs)]
    drivers += [start(p.name, command, log.path, log.pcrs) for p, command in peers]
    for d in drivers:
        d.prepare(args.round_ms)
    for i in range(args.rounds):
        print(f"  {log.title}, round {i + 1} of {args.rounds}", file=sys.stderr)
        for d in drivers:
            d.round()
    for d in drivers:
        d.close()
    skips = {p.name: p.skips for p, _ in peers}
    return {"log": log.title, "bytes": log.path.stat().st_size, "floor": FLOOR,
            "figures": [figure(d, "warm", drivers[0]) | {"does": skips.get(d.peer, "")} for d in drivers]}


def measure_all(peers, build, vectors, args):
    folder = build / "peers/eventlogs"
    folder.mkdir(parents=True, exist_ok=True)
    out = []
    for log in logs(vectors, folder):
        check(peers, log, folder)
        out.append(measure(peers, log, build, args))
    return out


def table(measured):
    for m in measured:
        floor = m["figures"][0]
        print(f"\n**Event log: {m['log']}, {m['bytes']} bytes**: all find the PCRs as given. Floor: {m['floor']}.\n")
        print(f"| {'replay':<26} | {'CPU µs':>9} | {'× floor':>8} | {'wall µs':>9} | {'× floor':>8} | what it is |")
        print(f"|{'-' * 28}|{'-' * 10}:|{'-' * 9}:|{'-' * 10}:|{'-' * 9}:|---|")
        for f in m["figures"]:
            print(f"| {f['verifier']:<26} | {f['cpu_us']:>9} | {f['ratio']:>8.2f} | {f['wall_us']:>9} | "
                  f"{f['wall_us'] / floor['wall_us']:>8.2f} | {f['does']} |")

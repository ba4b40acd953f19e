#!/usr/bin/env python3
"""make lab: boots Debian's signed chain four ways under emulation and attests each boot to a running attestd.

lab.py FOLDER [SCENARIO...]        scenarios: on off disabled bypassed; captures stay in FOLDER
"""
import json
import os
import pathlib
import subprocess
import sys
import time

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests" / "api"), str(REPO / "tests" / "harness")]

from daemon import BUILD, Daemon, b64u  # noqa: E402
from lab_evidence import evidence  # noqa: E402
from machine import SCENARIOS, Failure, Machine, Parts  # noqa: E402
from manage import Manager, policy, unsigned  # noqa: E402
from tpmkit import POLICY, READER, READS, TOKENS, TPM  # noqa: E402

POLICY_FILE = REPO / "policies" / "measured-boot.txt"
TITLES = {"on": "Secure Boot on", "off": "Secure Boot off, no keys", "disabled": "keys, but Secure Boot disabled",
          "bypassed": "Secure Boot on, validation in shim off"}
started = time.monotonic()


def say(*lines, end="\n"):
    print(*lines, sep="\n", end=end, flush=True)


def timed(title, work):
    say(f"  {title:<44}", end="")
    begin = time.monotonic()
    result = work()
    say(f" {time.monotonic() - begin:3.0f} s")
    return result


class Client:
    """lab_message: makes the messages; this posts them."""
    def __init__(self, daemon):
        self.daemon = daemon
        self.process = subprocess.Popen([BUILD / "tests" / "lab" / "lab_message"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure("lab_message ended")
        return line.strip()

    def told(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.hear()

    def post(self, body):
        return self.daemon.attest(body, READS, TPM)

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)


def captured(folder):
    """The capture as a TPM evidence file."""
    whole = evidence(folder)
    whole["akCert"] = b64u((folder / "ak.der").read_bytes())
    file = folder / "evidence.json"
    file.write_text(json.dumps(whole))
    return file


def offline(folder, nonce, names):
    """What attest verify says of the same evidence, without the service."""
    r = subprocess.run([BUILD / "attest", "verify", "--type", "Tpm", "--nonce", nonce, "--ak-names", names, "--policy",
                        POLICY_FILE, "--format", "json", folder / "evidence.json"], capture_output=True, text=True)
    if not r.stdout:
        raise Failure(r.stderr.strip())
    return json.loads(r.stdout)


def token_is_good(daemon, token, folder):
    file = folder / "token.jwt"
    file.write_text(token)
    return subprocess.run([BUILD / "attest", "token", "verify", "--server", daemon.url, "--ca",
                           daemon.data / "tls" / "ca.pem", file], capture_output=True).returncode == 0


def attest(daemon, machine, scenario, names):
    """One boot, from the challenge to the service's word.  True: as it should be."""
    client = Client(daemon)
    try:
        first = client.post(client.hear())
        if first.status != 200:
            raise Failure(f"no challenge: {first.status} {first.body[:300]}")
        nonce = client.told(first.body.decode())
        folder = machine.boot(scenario, nonce, lambda: say(".", end=""))
        answer = client.post(client.told(str(captured(folder))))
        verdict = offline(folder, nonce, names)
        if answer.status == 200:
            token = client.told(answer.body.decode())
            good = token_is_good(daemon, token, folder) and verdict["verdict"] == "permitted"
            say(f" token, {'valid' if good else 'BUT NOT AS IT SHOULD BE'}", end="")
            return good and scenario == "on"
        say(f" {answer.json()['error']['code']}", end="")
        why = verdict.get("hint") or verdict.get("error", {}).get("message") or answer.body.decode()
        (folder / "why").write_text(why)
        return verdict["verdict"] == "denied" and scenario != "on"
    finally:
        client.close()


def boots(folder, machine, wanted):
    names = folder / "ak-names.txt"
    names.write_text(machine.key_name + "\n")
    config = f"{TOKENS}tpm: {{ek_roots: [{', '.join(map(str, machine.tpm.roots))}]}}\nchallenge: {{lifetime: 1800}}\n"
    right = 0
    with Daemon(config=config, clock=None, anchors=False) as daemon:
        put = Manager(daemon).ask("PUT", POLICY, unsigned(policy(POLICY_FILE.read_text())))
        if put.status != 200:
            raise Failure(f"the service does not take {POLICY_FILE.name}: {put.body[:300]}")
        bearer = folder / "bearer"
        bearer.write_text(READER)
        timed("enrolment of the attestation key", lambda: machine.enrol(BUILD / "attest", "--server", daemon.url, "--ca",
              daemon.data / "tls" / "ca.pem", "--bearer-file", bearer))
        for scenario in wanted:
            ok = timed(TITLES[scenario], lambda: attest(daemon, machine, scenario, names))
            why = folder / scenario / "why"
            if why.exists():
                say(*["      " + reason for reason in why.read_text().strip().split("; ")])
            say(f"      {'as expected' if ok else 'NOT AS EXPECTED, see ' + str(folder / scenario)}")
            right += ok
    return right


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:] or list(SCENARIOS)
    unknown = set(wanted) - set(SCENARIOS)
    if unknown:
        raise Failure(f"unknown scenario {' '.join(sorted(unknown))}, want {' '.join(SCENARIOS)}")
    folder.mkdir(parents=True, exist_ok=True)
    parts = timed("shim, GRUB and kernel from the archive", lambda: Parts(folder))
    say("      " + ", ".join(parts.names()))
    machine = timed("a TPM with an attestation key, and a disk", lambda: Machine(folder, parts))
    try:
        right = boots(folder, machine, wanted)
    finally:
        machine.close()
    say(f"lab: {right} of {len(wanted)} boots attested as expected, {time.monotonic() - started:.0f} s")
    return 0 if right == len(wanted) else 1


if __name__ == "__main__":
    os.nice(5)
    try:
        sys.exit(main())
    except Failure as e:
        say(f"\nlab: {e}")
        sys.exit(1)

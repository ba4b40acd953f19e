#!/usr/bin/env python3
"""The roles are separated: what code in the verify role or the front tries, the kernel or the signer refuses.

Runs attestd-probe, the daemon with two traitors in it (probe.c), and looks into the memory of its processes.
"""
import base64
import os
import re

from daemon import Daemon, check, done, evidence, skip, until

EPERM, EACCES, OPERATION = 1, 13, 9
body, _ = evidence()


def key_secrets(pem):
    """Byte strings that only someone with the private key has: its two RSA primes and the private exponent."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    n = load_pem_private_key(pem, None).private_numbers()
    numbers = [n.p, n.q, n.d, n.dmp1]
    plain = [x.to_bytes((x.bit_length() + 7) // 8, "big") for x in numbers]
    return plain + [x[::-1] for x in plain]


def memory_holds(pid, secrets):
    """Does the memory of a process hold one of the byte strings (first 32 bytes of each)?"""
    pattern = re.compile(b"|".join(re.escape(s[:32]) for s in secrets))
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            span, mode = line.split()[:2]
            if "r" not in mode or "[v" in line:
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            try:
                mem.seek(start)
                if pattern.search(mem.read(end - start)):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
    return False


def status_of(pid, name):
    with open(f"/proc/{pid}/status") as f:
        return next(line.split()[1] for line in f if line.startswith(name + ":"))


with Daemon(program="tests/api/attestd-probe", config="workers: {verify: 1}\n") as d:
    def worker(what):
        a = d.attest("PROBE " + what)
        return a.json()["errno"] if a.status == 200 else "died"

    check(worker("nothing") == 0, "a probe that does nothing succeeds: the probe works")
    for what in ("open", "create", "socket", "connect", "execve", "fork", "ptrace", "kill", "exec-memory"):
        got = worker(what)
        check(got in (EPERM, EACCES, "died"), f"verify: {what} is refused", got)
    check(d.attest(body).status == 200, "and the service goes on")

    def front(what):
        try:
            return d.ask("GET", "/probe/" + what).json()["errno"]
        except OSError:
            return "died"

    check(front("open-tls") == 0 and front("write-store") == 0, "front: its own folders are open to it")
    for what in ("open-key", "write-tls", "open-passwd"):
        got = front(what)
        check(got in (EPERM, EACCES), f"front: {what} is refused", got)
    check(front("sign-result") == 0, "signer: a management result is signed for the front")
    for what in ("sign-attestation", "sign-disguised", "sign-issuer", "seal"):
        got = front(what)
        check(got not in (0, 255), f"signer: {what} on the front's channel is refused", got)
    check(until(lambda: sum("signer.refused" in line for line in d.log) == 4), "and logged", d.log)
    check(worker("seal-as-another") == 1, "signer: nothing is sealed in another provider's name")
    check(until(lambda: any("belongs to another provider" in line for line in d.log)), "which is logged too", d.log)

    signer, = d.roles("signer")
    verify, = until(lambda: d.roles("verify"))
    for role in ("front", "verify", "signer"):
        pid = d.roles(role)[0]
        check(status_of(pid, "NoNewPrivs") == "1" and status_of(pid, "Seccomp") == "2", f"{role}: no new privileges, seccomp")
    fds = {os.readlink(f"/proc/{verify}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{verify}/fd") if int(fd) > 2}
    check(fds == {"socket"} and len(os.listdir(f"/proc/{verify}/fd")) == 6, "verify: three sockets and nothing else", fds)
    try:
        sealing = [(d.data / "keys" / "default.sealing.key").read_bytes()]
        check(len(sealing[0]) == 32 and memory_holds(signer, sealing), "the sealing key is in the signer's memory")
        check(not any(memory_holds(pid, sealing) for pid in (verify, d.roles("front")[0], d.process.pid)), "and in no other role's")
        secrets = key_secrets((d.data / "keys" / "default.RS256.key.pem").read_bytes())
        check(memory_holds(signer, secrets), "the signing key is in the signer's memory: the search works")
        check(not memory_holds(verify, secrets), "it is not in a verify worker's")
        check(not memory_holds(d.roles("front")[0], secrets), "nor in the front's")
        check(not memory_holds(d.process.pid, secrets), "nor in the parent's")
    except (ImportError, PermissionError) as why:
        skip("the signing key is in the signer's memory only", str(why))
    admin = (d.data / "admin.token").read_bytes().strip()
    d.attest(body, {"Authorization": "Bearer " + admin.decode()})
    check(not memory_holds(verify, [admin]), "a bearer is wiped from the worker after use")
    for what in ("execve", "ptrace"):
        got = front(what)
        check(got in (EPERM, EACCES, "died"), f"front: {what} is refused", got)
done()

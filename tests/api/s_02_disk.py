#!/usr/bin/env python3
"""A full disk and a read-only data directory: 503, and the old policy stays active."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from daemon import Daemon, check, claims, done, evidence, skip
from manage import EMPTY, POLICY, RESET, SHADOW, Manager, policy, token_hash, unsigned

body, _ = evidence()
MARK = 'version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="mark", value="%s");};'
OLD = unsigned(policy(MARK % "old"))


def run(*args):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True)


def mark(d):
    return claims(d.attest(body).json()["token"])["x-ms-policy"]["mark"]


def refused(m, name):
    """Writes until the disk says no; the refusal and what is left of it."""
    for i in range(200):
        a = m.ask("PUT", POLICY, unsigned(policy(MARK % (f"{i} " + "x" * 50000))))
        if a.status != 200:
            break
    check(a.status == 503 and a.code() == "ServiceUnavailable" and "store" in a.json()["error"]["message"], f"{name}: 503", a.body)
    before = m.policy(), m.history()
    for method, path, jws in (("PUT", POLICY, unsigned(policy(MARK % ("y" * 300000)))), ("PUT", SHADOW, unsigned(policy(MARK % ("y" * 300000))))):
        a = m.ask(method, path, jws)
        check(a.status == 503 and (m.policy(), m.history()) == before, f"{name}: {method} {path} changes nothing", a.body)
    return before


def full_disk(folder):
    data = folder / "data"
    data.mkdir()
    if os.geteuid() != 0 or run("mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", data).returncode != 0:
        skip("a full disk", "needs root, to mount a small file system")
        return
    try:
        with Daemon(folder=folder) as d:
            m = Manager(d)
            check(m.claims("PUT", POLICY, OLD)["x-ms-policy-token-hash"] == token_hash(OLD) and mark(d) == "old", "a policy before")
            ballast = os.open(data / "ballast", os.O_WRONLY | os.O_CREAT)
            try:
                while True:
                    os.write(ballast, b"\0" * 4096)
            except OSError:
                os.close(ballast)
            before = refused(m, "full disk")
            (data / "ballast").unlink(missing_ok=True)
            check((m.policy(), m.history()) == before and d.attest(body).status == 200, "with room again the policy is the same")
            check(m.claims("PUT", POLICY, OLD).get("x-ms-policy-result") == "Updated" and mark(d) == "old", "and can be changed")
            entries = m.history()
            check([e["n"] for e in entries] == list(range(1, len(entries) + 1)), "no gaps", entries)
            check("attestd_store_failures_total 0" not in d.ask("GET", "/metrics").body.decode(), "failures are counted")
            check(d.stop(keep=True) == 0, "the daemon stops in order")
        with Daemon(folder=folder) as d:
            check(Manager(d).history() == entries and mark(d) == "old", "and a restart sees the same")
    finally:
        run("umount", data)


def immutable(folder):
    """The files cannot be written while the daemon has them open, as after an error of the disk."""
    with Daemon(folder=folder) as d:
        m, store = Manager(d), folder / "data" / "store"
        m.claims("PUT", POLICY, OLD)
        files = sorted(store.iterdir())
        if run("chattr", "+i", *files).returncode != 0:
            skip("files that cannot be written", "needs root and a file system with the immutable attribute")
            return
        try:
            a = m.ask("PUT", POLICY, unsigned(policy(MARK % "new")))
            check(a.status == 503 and a.code() == "ServiceUnavailable", "files that cannot be written: 503", a.body)
            check(m.ask("POST", RESET, EMPTY).status == 503 and m.policy() == OLD and mark(d) == "old", "the old policy stays active")
            check(d.ask("GET", "/readyz").status == 200, "attesting goes on")
        finally:
            run("chattr", "-i", *files)
        check(m.claims("PUT", POLICY, unsigned(policy(MARK % "new"))).get("x-ms-policy-result") == "Updated" and mark(d) == "new" and
              [e["n"] for e in m.history()] == [1, 2], "and can be changed later")


def read_only(folder):
    """A daemon that cannot read what was set must not fall back to the default policy: it does not start."""
    with Daemon(folder=folder) as d:
        Manager(d).claims("PUT", POLICY, OLD)
        d.stop(keep=True)
    store = folder / "data" / "store"
    if os.geteuid() == 0:
        made = run("mount", "--bind", store, store).returncode == 0 and run("mount", "-o", "remount,ro,bind", store).returncode == 0
    else:
        os.chmod(store, 0o500)
        made = True
    if not made:
        skip("a read-only store at start", "cannot mount here")
        return
    try:
        with Daemon(folder=folder) as d:
            a = Manager(d).ask("PUT", POLICY, unsigned(policy(MARK % "new")))
            check(a.status == 503 and mark(d) == "old", "a read-only store at start: 503, the old policy is active", a.body)
    except RuntimeError as why:
        check("store" in str(why), "a read-only store at start: refused with the reason", why)
    finally:
        if os.geteuid() == 0:
            run("umount", store)
        else:
            os.chmod(store, 0o700)
    with Daemon(folder=folder) as d:
        check(mark(d) == "old", "writable again: the old policy is active")


for scenario in (full_disk, immutable, read_only):
    place = pathlib.Path(tempfile.mkdtemp(prefix="attestd-test-"))
    try:
        scenario(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
done()

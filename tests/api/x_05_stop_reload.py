#!/usr/bin/env python3
"""Stopping, reloading, and starts that are refused."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from daemon import BUILD, Daemon, check, claims, done, evidence, until

body, anchor = evidence()


def run(*args):
    return subprocess.run([BUILD / "attestd", *args], capture_output=True, text=True, timeout=60)


for args, part in ((["--bogus"], "--bogus"), (["--listen"], "--listen"), (["--clock", "2026-01-01T00:00:00Z"], "--insecure-test"),
                   (["--clock", "noon", "--insecure-test"], "noon"), (["--config", "/nonexistent"], "/nonexistent"),
                   (["--listen", "nonsense"], "nonsense"), (["extra"], "extra")):
    r = run(*args)
    check(r.returncode == 2 and part in r.stderr and not r.stdout, f"refused: {' '.join(args)}", (r.returncode, r.stderr))
r = run("--role", "front")
check(r.returncode not in (0, None), "a role cannot be started by hand", r.returncode)
check(run("--help").returncode == 0 and "--data-dir" in run("--help").stdout, "--help")
check(run("--version").stdout.startswith("attestd "), "--version")
with tempfile.TemporaryDirectory() as folder:
    r = run("--print-config", "--data-dir", folder, "--listen", "[::1]:0")
    path = os.path.join(folder, "c.yaml")
    with open(path, "w") as f:
        f.write(r.stdout)
    again = run("--print-config", "--config", path)
    check(r.returncode == 0 and again.stdout == r.stdout and "[::1]:0" in r.stdout, "--print-config prints what it reads",
          (r.stdout, r.stderr, again.stderr))
    os.chmod(folder, 0o755)
    r = run("--data-dir", folder, "--listen", "127.0.0.1:0")
    check(r.returncode == 2 and "0700" in r.stderr, "a data directory that others may enter", r.stderr)

with Daemon() as d:
    r = run("--data-dir", str(d.data), "--listen", "127.0.0.1:0")
    check(r.returncode == 2 and "another attestd" in r.stderr, "a second daemon on the same data", r.stderr)
    r = run("--data-dir", str(d.folder / "other"), "--listen", f"127.0.0.1:{d.port}")
    check(r.returncode == 2 and str(d.port) in r.stderr, "a port that is taken", r.stderr)

    worker = d.roles("verify")
    for w in worker:
        os.kill(w, signal.SIGSTOP)
    answers = []
    c = d.connect()
    t = threading.Thread(target=lambda: answers.append(d.attest(body, connection=c)))
    t.start()
    until(lambda: "attestd_in_flight 1" in d.ask("GET", "/metrics").body.decode())
    d.process.send_signal(signal.SIGTERM)
    check(d.wait_log("stopping"), "SIGTERM is announced")

    def refused():
        try:
            socket.create_connection(("127.0.0.1", d.port), timeout=1).close()
        except OSError:
            return True
        return False
    check(until(refused), "nothing new is accepted")
    begun = time.monotonic()
    for w in worker:
        os.kill(w, signal.SIGCONT)
    t.join()
    check(answers and answers[0].status == 200, "what is in flight is finished", answers)
    check(d.wait_exit() == 0, "and the daemon ends with 0", d.process.returncode)
    took = time.monotonic() - begun
    check(took < 5, "as soon as that is done, although a client keeps its connection", took)

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "notify")
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(20)
    os.environ["NOTIFY_SOCKET"] = path
    with Daemon() as d:
        check(s.recv(64) == b"READY=1", "systemd is told READY")
        d.process.send_signal(signal.SIGTERM)
        check(s.recv(64) == b"STOPPING=1", "and STOPPING")
    del os.environ["NOTIFY_SOCKET"]

with Daemon(config="token: {lifetime: 600}\n") as d:
    before = d.roles("verify")
    a = d.attest(body)
    c = claims(a.json()["token"])
    check(c["exp"] - c["iat"] == 600, "the configured lifetime")
    d.config.write_text("token: {lifetime: 900}\nlimits: {body: {SevSnpVm: 1024}}\n")
    d.process.send_signal(signal.SIGHUP)
    check(d.wait_log("reloaded"), "SIGHUP reloads", d.log)
    check(until(lambda: d.attest(body).status == 413), "the front has the new limits")
    d.config.write_text("token: {lifetime: 900}\n")
    d.process.send_signal(signal.SIGHUP)
    check(d.wait_log("reloaded"), "and again", d.log)
    check(until(lambda: (a := d.attest(body)).status == 200 and
                claims(a.json()["token"])["exp"] - claims(a.json()["token"])["iat"] == 900), "the signer the new lifetime")
    check(until(lambda: not set(before) & set(d.roles("verify"))), "every worker is a new one")
    for text, part in (("nonsense: 1\n", "nonsense"), ("token: {algorithm: ES256}\n", "token.algorithm"),
                       ("listen: 127.0.0.1:1\nlimits: {connections: 7}\n", "limits.connections")):
        d.config.write_text(text)
        d.process.send_signal(signal.SIGHUP)
        line = d.wait_log("reload.refused")
        check(line and part in line, f"a reload that is refused names {part}", line)
    check(d.attest(body).status == 200, "the old configuration stays")
    d.config.write_text("token: {lifetime: 900}\n")
    shutil.rmtree(d.data / "test-anchors")
    d.process.send_signal(signal.SIGHUP)
    check(d.wait_log("reloaded") and until(lambda: d.attest(body).status == 400), "anchors are read again",
          (d.attest(body).body, d.log[-5:]))
done()

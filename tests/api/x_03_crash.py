#!/usr/bin/env python3
"""Verify workers that die, hang or are spent: one request fails at most, the next succeeds."""
import os
import signal
import threading

from daemon import Daemon, check, done, evidence, until

body, _ = evidence()


def metric(d, name):
    for line in d.ask("GET", "/metrics").body.decode().splitlines():
        if line.split(" ")[0] == name:
            return float(line.split()[-1])
    return None


def in_background(d, n):
    answers = []
    def one():
        try:
            answers.append(d.attest(body))
        except Exception as why:    # shown by the check that counts the answers
            answers.append(why)
    threads = [threading.Thread(target=one) for _ in range(n)]
    for t in threads:
        t.start()
    return threads, answers


with Daemon(config="workers: {verify: 1}\n") as d:
    check(d.attest(body).status == 200, "a worker works")
    worker, = d.roles("verify")
    os.kill(worker, signal.SIGSTOP)
    threads, answers = in_background(d, 4)
    check(until(lambda: (metric(d, "attestd_in_flight") or 0) + (metric(d, "attestd_queue_length") or 0) == 4),
          "four requests wait for a worker that is stopped")
    os.kill(worker, signal.SIGKILL)
    for t in threads:
        t.join()
    statuses = sorted(getattr(a, "status", 0) for a in answers)
    check(statuses == [200, 200, 200, 500], "only the request that was being worked on fails", answers)
    failed = next((a for a in answers if getattr(a, "status", 0) == 500), None)
    check(failed and failed.code() == "InternalError", "with 500 in the envelope", failed and failed.body)
    check([r for r in d.audit() if r["status"] == 500 and "verdict" not in r], "and is in the audit log", d.audit())
    check(d.attest(body).status == 200 and d.roles("verify") != [worker], "the next succeeds, in a new process")
    check(d.wait_log("worker.died"), "the log tells of the death")

    for i in range(5):
        victim, = until(lambda: d.roles("verify")) or [None]
        lost = metric(d, "attestd_worker_restarts_total")
        os.kill(victim, signal.SIGKILL)
        until(lambda: metric(d, "attestd_worker_restarts_total") > lost)
        check(d.attest(body).status == 200, f"served after kill {i + 1}")

with Daemon(config="workers: {verify: 2}\n") as d:
    stop, bad = threading.Event(), []
    count = [0]
    def load():
        c = d.connect()
        while not stop.is_set():
            a = d.attest(body, connection=c)
            count[0] += 1
            if a.status != 200:
                bad.append(a)
    threads = [threading.Thread(target=load) for _ in range(8)]
    for t in threads:
        t.start()
    kills = 3
    for i in range(kills):
        before = count[0]
        until(lambda: count[0] >= before + 20)
        os.kill(d.roles("verify")[0], signal.SIGKILL)
    before = count[0]
    until(lambda: count[0] >= before + 20)
    stop.set()
    for t in threads:
        t.join()
    check(len(bad) <= kills and all(a.status == 500 and a.code() == "InternalError" for a in bad),
          f"kill -9 under load: at most one failure each ({count[0]} requests)", [(a.status, a.body) for a in bad])

with Daemon(config="workers: {verify: 1}\nlimits: {answer_seconds: 1}\n") as d:
    worker, = d.roles("verify")
    os.kill(worker, signal.SIGSTOP)
    a = d.attest(body)
    check(a.status == 500 and a.code() == "InternalError", "a worker that hangs is killed", a.body)
    check(d.attest(body).status == 200 and metric(d, "attestd_workers_stuck_total") == 1, "and replaced")

with Daemon(config="workers: {verify: 1}\nlimits: {queue: 2}\n") as d:
    worker, = d.roles("verify")
    os.kill(worker, signal.SIGSTOP)
    threads, answers = in_background(d, 4)      # two at the worker, two in the queue
    until(lambda: (metric(d, "attestd_in_flight") or 0) + (metric(d, "attestd_queue_length") or 0) == 4)
    a = d.attest(body)
    check(a.status == 503 and a.code() == "ServiceUnavailable" and "retry-after" in a.headers, "a full queue", a.body)
    os.kill(worker, signal.SIGCONT)
    for t in threads:
        t.join()
    check([a.status for a in answers] == [200] * 4, "the others are served", answers)

with Daemon(config="workers: {verify: 1, requests: 3}\n") as d:
    worker, = d.roles("verify")
    c = d.connect()
    statuses = set()
    def replaced():
        statuses.add(d.attest(body, connection=c).status)
        return worker not in d.roles("verify")
    check(until(replaced) and statuses == {200}, "a worker is replaced after its share, unnoticed", statuses)

for role in ("front", "signer"):
    with Daemon() as d:
        os.kill(d.roles(role)[0], signal.SIGKILL)
        status = d.wait_exit()
        check(status == 1, f"the death of the {role} ends the daemon with 1", status)
        left = until(lambda: not d.roles("verify") and not d.roles("signer") and not d.roles("front"))
        check(left, "no process is left")
with Daemon() as d:
    children = d.roles("verify") + d.roles("signer") + d.roles("front")
    d.process.kill()
    d.wait_exit()
    check(until(lambda: not any(os.path.exists(f"/proc/{p}/exe") for p in children)), "no role outlives the parent")
done()

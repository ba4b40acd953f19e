#!/usr/bin/env python3
"""kill -9 of the whole daemon at random moments of 500 policy writes: what was acknowledged is there, whole, without gaps."""
import os
import random
import shutil
import signal
import tempfile
import threading

from daemon import Daemon, check, claims, done, evidence
from manage import HISTORY, POLICY, Manager, policy, token_hash, unsigned

WRITES, KILLS, WRITERS = 500, 20, 3
dice = random.Random(20260124)
body, _ = evidence()
folder = tempfile.mkdtemp(prefix="attestd-test-")
sent, acknowledged, lock = {}, [], threading.Lock()


def text(n):
    return f'version= 1.0;authorizationrules{{=> permit();}};issuancerules{{=> issue(type="mark", value="{n} {"x" * dice.randrange(3000)}");}};'


def write(d, m, stop):
    """Writes until told to stop, the target is met, or the daemon is gone."""
    try:
        c = d.connect()
        while not stop.is_set():
            with lock:
                n = len(sent)
                if n == WRITES:
                    return
                jws = unsigned(policy(text(n)))
                sent[token_hash(jws)] = jws
            a = m.ask("PUT", POLICY, jws, connection=c)
            if a.status == 200:
                with lock:
                    acknowledged.append(claims(a.json()["token"])["x-ms-policy-token-hash"])
    except OSError:
        pass


def kill(d):
    """Every process at once, as a power cut would; nobody cleans up."""
    victims = [d.process.pid] + d.roles("front") + d.roles("verify") + d.roles("signer")
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    d.process.wait()


problems = []
for round_ in range(KILLS + 1):
    last = round_ == KILLS
    d = Daemon(folder=folder, config="workers: {verify: 2}\n")
    m = Manager(d)
    stop = threading.Event()
    until_n = WRITES if last else (round_ + 1) * WRITES // (KILLS + 1)
    threads = [threading.Thread(target=write, args=(d, m, stop)) for _ in range(WRITERS)]
    for t in threads:
        t.start()
    if not last:
        while len(sent) < until_n and any(t.is_alive() for t in threads):
            threads[0].join(0.001)
        threads[0].join(dice.random() * 0.02)   # somewhere inside a write
        kill(d)
        stop.set()
    for t in threads:
        t.join()
    if last:
        entries = m.history()
    else:
        with Daemon(folder=folder) as again:
            entries = Manager(again).history()
            now = Manager(again).policy()
        # The one that is active is the last of the history.
        if entries and now != sent.get(entries[-1]["tokenHash"]):
            problems.append((round_, "active", now[:80]))
    stored = [e["tokenHash"] for e in entries]
    if [e["n"] for e in entries] != list(range(1, len(entries) + 1)):
        problems.append((round_, "gaps", [e["n"] for e in entries]))
    lost = [h for h in acknowledged if h not in set(stored)]
    if lost:
        problems.append((round_, "lost", len(lost)))
    if not set(stored) <= set(sent) or len(set(stored)) != len(stored):
        problems.append((round_, "not what was sent"))
check(len(sent) == WRITES, f"{WRITES} writes were made", len(sent))
check(len(acknowledged) > WRITES // 2, f"{len(acknowledged)} were acknowledged, {KILLS} kills", len(acknowledged))
check(not problems, "after each kill: every acknowledged write is there, no gap, nothing that was not sent", problems)
check(entries, "there is a history")
whole = all(m.ask("GET", f"{HISTORY}/{e['n']}").json()["policy"] == sent[e["tokenHash"]] for e in entries)
check(whole, f"each of the {len(entries)} policies is byte for byte what was sent")
check(d.attest(body).status == 200 and [m.policy()] == [sent[e["tokenHash"]] for e in entries[-1:]], "and the last one judges")
check(d.stop() == 0, "the daemon stops in order")
shutil.rmtree(folder, ignore_errors=True)
done()

#!/usr/bin/env python3
"""Ten thousand random and mutated requests leave the daemon healthy and no bigger."""
import json
import random

from daemon import ATTEST, Daemon, check, done, evidence, unb64u, b64u

body, _ = evidence()
good = json.dumps(body)
inner = json.loads(unb64u(body["report"]))
COUNT = 10000
dice = random.Random(20260115)


def mutated_text():
    text = bytearray(good.encode())
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text))
        what = dice.randrange(3)
        if what == 0:
            text[at] ^= 1 << dice.randrange(8)
        elif what == 1:
            del text[at:at + dice.randint(1, 200)]
        else:
            text[at:at] = bytes(dice.choices(b'{}[]",:\\0aA-_ \x00\xff', k=dice.randint(1, 20)))
        text = text or bytearray(b"{")
    return bytes(text)


def mutated_report():
    report = bytearray(unb64u(inner["SnpReport"]))
    report[dice.randrange(len(report))] ^= 1 << dice.randrange(8)
    chain = bytearray(unb64u(inner["VcekCertChain"]))
    if dice.randrange(2):
        chain[dice.randrange(len(chain))] ^= 1 << dice.randrange(8)
    return json.dumps({**body, "report": b64u(json.dumps(
        {"SnpReport": b64u(bytes(report)), "VcekCertChain": b64u(bytes(chain))}).encode())}).encode()


def random_bytes():
    return dice.randbytes(dice.randint(0, 3000))


def memory(d):
    """Private bytes of all roles together, KiB."""
    total = 0
    for role in ("front", "signer", "verify"):
        for pid in d.roles(role):
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Private_"))
    return total


with Daemon(config="workers: {verify: 2, requests: 0}\n") as d:
    processes = d.roles("verify") + d.roles("front") + d.roles("signer")
    c = d.connect()
    statuses, permitted, middle = {}, 0, None
    for i in range(COUNT):
        make = (mutated_text, mutated_report, random_bytes)[i % 3 if i % 10 else 1]
        sent = make()
        try:
            a = d.attest(sent, connection=c)
        except OSError:
            c = d.connect()
            continue
        statuses[a.status] = statuses.get(a.status, 0) + 1
        if a.status == 200 and sent != good.encode():
            token_ok = make is mutated_text     # a change in white space or an ignored member may leave it good
            permitted += not token_ok
        if i == COUNT // 2:
            middle = memory(d)
    end = memory(d)
    # 413: more JSON values than are read; 503: the mutation made the certificates unfindable.
    check(set(statuses) <= {200, 400, 413, 503} and statuses[400] > COUNT * 0.95, f"every answer is a verdict or a reason: {statuses}", statuses)
    check(permitted <= statuses.get(400, 0) // 100, "changed reports are not permitted", permitted)
    check(end <= middle * 1.1 + 2048, f"memory does not grow: {middle} KiB at half time, {end} KiB at the end")
    check(d.roles("verify") + d.roles("front") + d.roles("signer") == processes, "no process died")
    check(d.attest(good).status == 200, "good evidence still gets a token")
done()

#!/usr/bin/env python3
"""Sources that hang, fail, lie or cannot be found: warm requests do not notice, cold ones are told what is missing."""
import statistics
import threading
import time

from daemon import check, done, until
from sourced import ENGLISH, SGX, Platform, Service, config_of, pcs, scene

FAULTS = ["500", "503", "404", "truncated", "wrong-signature", "wrong-type", "redirect", "no-chain", "bad-chain", "huge"]
ROUNDS, PER_ROUND, SETTLE, TRIES = 12, 60, 20, 4


class Warm:
    """One keep-alive connection that asks the same again and again."""

    def __init__(self, d, platform):
        self.d, self.body, self.connection = d, platform.body, d.connect()

    def times(self, n):
        taken = []
        for _ in range(n):
            start = time.perf_counter()
            a = self.d.attest(self.body, path=SGX, connection=self.connection)
            taken.append(time.perf_counter() - start)
            if a.status != 200:
                raise RuntimeError(a.body)
        return taken


def in_background(d, platforms):
    """Cold requests."""
    threads = [threading.Thread(target=d.attest, args=(p.body,), kwargs={"path": SGX}) for p in platforms]
    for t in threads:
        t.start()
    return threads


def loaded(d, mock, warm, others):
    """Warm requests while cold ones wait for a source that hangs; afterwards they are cold again."""
    mock.fault("hang", path="fmspc=", times=0)
    threads = in_background(d, others)
    until(lambda: d.metrics()["attestd_collateral_waiting"] == len(others))
    taken = warm.times(PER_ROUND)
    mock.clear()
    for t in threads:
        t.join()
    for i in range(1, len(others) + 1):
        d.admin("DELETE", f"/collateral?kind=tcb-info&key=SGX-{i:012x}")
    warm.times(SETTLE)
    return taken


def interleaved(d, mock, warm, others):
    """Median over rounds of the median with by the median without; which comes first alternates."""
    ratios = []
    for i in range(ROUNDS):
        quiet = warm.times(PER_ROUND) if i % 2 else None
        busy = loaded(d, mock, warm, others)
        quiet = quiet or warm.times(PER_ROUND)
        ratios.append(statistics.median(busy) / statistics.median(quiet))
    return statistics.median(ratios)


def cold(d, platform):
    start = time.monotonic()
    a = d.attest(platform.body, path=SGX)
    return a, time.monotonic() - start


def told(a, *parts):
    return a.status == 503 and a.code() == "CollateralUnavailable" and all(
        p in a.json()["error"]["message"] for p in parts)


with scene() as (folder, mock):
    platforms = [Platform(folder, f"p{i}", "--fmspc", f"{i:012x}") for i in range(1, 20)]
    known, rest = platforms[0], platforms[1:]
    for p in platforms:
        mock.add(p.collateral)
    with Service(folder / "service", config_of([pcs(mock)], more="workers: {verify: 2}\n"), roots=[known.root]) as d:
        check(d.attest(known.body, path=SGX).status == 200, "a known platform")
        for fault, p in zip(FAULTS, rest):
            key = f"SGX-{int(p.folder.name[1:]):012x}"
            mock.fault(fault, path="tcb?fmspc", times=0)
            a, took = cold(d, p)
            check(told(a, "tcb-info", key, ENGLISH), f"{fault}: 503 names item and source", a.body)
            check(a.headers.get("retry-after"), f"{fault}: Retry-After")
            check(d.attest(known.body, path=SGX).status == 200, f"{fault}: the known platform is served")
            mock.clear()
            check(until(lambda: d.attest(p.body, path=SGX).status == 200), f"{fault}: over, and so is the refusal")
        check(mock.count("/trap") == 0, "a redirect is not followed")
        p = rest[len(FAULTS)]
        mock.fault("hang", path="tcb?fmspc", times=0)
        a, took = cold(d, p)
        check(told(a, "tcb-info", ENGLISH) and took < 10, "hang: 503 within the deadline", (took, a.body))
        mock.clear()
        p = rest[len(FAULTS) + 1]
        mock.fault("429", path="tcb?fmspc", times=0, retry_after="2")
        a, took = cold(d, p)
        check(told(a, "tcb-info", ENGLISH), "429: 503 names item and source", (a.body, d.log[-8:], took))
        asked = mock.count("tcb?fmspc")
        check(told(cold(d, p)[0], "tcb-info", ENGLISH, "left alone") and mock.count("tcb?fmspc") == asked,
              "429: the source is left alone for as long as it wants")
        mock.clear()
        check(until(lambda: d.attest(p.body, path=SGX).status == 200), "429: asked again after Retry-After")

with scene() as (folder, mock):
    known, other = Platform(folder, "known"), Platform(folder, "other", "--fmspc", "0c0c0c0c0c0c")
    mock.add(known.collateral)
    mock.add(other.collateral)
    service = folder / "service"
    with Service(service, config_of([pcs(mock)]), roots=[known.root]) as d:
        check(d.attest(known.body, path=SGX).status == 200, "a known platform")
    nowhere = f"name: {ENGLISH}, kind: pcs, url: 'https://collateral.invalid'"
    with Service(service, config_of([nowhere]), roots=[known.root]) as d:
        check(d.attest(known.body, path=SGX).status == 200, "a source without address: the known platform is served")
        a, took = cold(d, other)
        check(told(a, "tcb-info", ENGLISH) and took < 10, "a source without address: 503 names item and source", a.body)
    mock.fault("500", path="/pcs/", times=0)
    with Service(service, config_of([pcs(mock), pcs(mock, "second", "pccs2")]), roots=[known.root]) as d:
        a, _ = cold(d, other)
        check(a.status == 200 and any(i["source"] == "second" for i in d.items().values()),
              "the second source is asked when the first fails", a.body)
    mock.clear()
    for name in ["wrong-signature", "truncated"]:
        fresh = Platform(folder, name, "--fmspc", f"0d0d0d0d0d{len(name):02x}")
        mock.add(fresh.collateral)
        mock.fault(name, path="/pcs/", times=0)
        with Service(service, config_of([pcs(mock), pcs(mock, "second", "pccs2")]), roots=[known.root]) as d:
            a, _ = cold(d, fresh)
            key = ("tcb-info", f"SGX-0d0d0d0d0d{len(name):02x}")
            check(a.status == 200 and d.items()[key]["source"] == "second",
                  f"{name}: the second source is asked when what the first serves is no good", a.body)
        mock.clear()

with scene() as (folder, mock):
    known = Platform(folder, "known")
    others = [Platform(folder, f"cold{i}", "--fmspc", f"{i:012x}") for i in range(1, 5)]
    for p in [known, *others]:
        mock.add(p.collateral)
    tuned = "deadline_ms: 30000, retries: 0, breaker_failures: 1000, unauthentic_per_minute: 6000"
    with Service(folder / "service", config_of([pcs(mock)], fetch=tuned, more="workers: {verify: 2}\n"),
                 roots=[known.root]) as d:
        warm = Warm(d, known)
        warm.times(100)
        ratio = None
        for _ in range(TRIES):          # the machine has other work too: the best of a few
            found = interleaved(d, mock, warm, others)
            ratio = found if ratio is None else min(ratio, found)
            if ratio <= 1.05:
                break
        check(ratio <= 1.05, f"warm requests while others wait for a source that hangs: {ratio:.3f} of the time without")
done()

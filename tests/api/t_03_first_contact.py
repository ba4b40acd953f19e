#!/usr/bin/env python3
"""1,000 concurrent first contacts with one new FMSPC: one fetch per item, and everybody is served."""
import resource
import threading

from daemon import check, done, until
from sourced import SGX, Platform, Service, config_of, pcs, scene

CLIENTS = 1000
CONFIG = f"""
limits: {{queue: {CLIENTS + 8}, connections: {CLIENTS + 64}, connections_per_ip: {CLIENTS + 64}, answer_seconds: 120,
         request_seconds: 120}}
workers: {{verify: 2}}
"""

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * CLIENTS), hard))
threading.stack_size(256 * 1024)


def client(d, body, statuses):
    try:
        statuses.append(d.attest(body, path=SGX).status)
    except OSError as e:
        statuses.append(repr(e))


with scene() as (folder, mock):
    platform = Platform(folder, "new", "--fmspc", "0123456789ab")
    mock.add(platform.collateral)
    tuned = "deadline_ms: 60000, retries: 0, unauthentic_per_minute: 6000"
    with Service(folder / "service", config_of([pcs(mock)], fetch=tuned, more=CONFIG), roots=[platform.root]) as d:
        # Held back until all of them wait for it.
        mock.fault("hang", path="tcb?fmspc", times=0)
        statuses = []
        threads = [threading.Thread(target=client, args=(d, platform.body, statuses)) for _ in range(CLIENTS)]
        for t in threads:
            t.start()
        waiting = until(lambda: d.metrics()["attestd_collateral_waiting"] == CLIENTS, 120)
        check(waiting, f"{CLIENTS} requests wait", (d.metrics()["attestd_collateral_waiting"], statuses[:3]))
        mock.clear()
        for t in threads:
            t.join()
        check(statuses == CLIENTS * [200], "all are permitted", {s: statuses.count(s) for s in set(statuses)})
        m = d.metrics()
        check(m['attestd_collateral_fetches_total{outcome="accepted"}'] == 4, "four items were fetched, once each",
              {k: v for k, v in m.items() if "fetches" in k})
        check(all(mock.count(path) == 1 for path in ("tcb?fmspc", "qe/identity", "IntelSGXRootCA", "pckcrl")),
              "one question each at the source", mock.counts())
        check(m["attestd_collateral_waiting"] == 0, "nobody waits any more")

with scene() as (folder, mock):
    platform = Platform(folder, "new", "--fmspc", "0123456789ab")
    mock.add(platform.collateral)
    few = "limits: {queue: 4, answer_seconds: 2}\nworkers: {verify: 1}\n"
    with Service(folder / "service", config_of([pcs(mock)], fetch="deadline_ms: 60000, retries: 0", more=few),
                 roots=[platform.root]) as d:
        mock.fault("hang", path="tcb?fmspc", times=0)
        statuses = []
        threads = [threading.Thread(target=client, args=(d, platform.body, statuses)) for _ in range(4)]
        for t in threads:
            t.start()
        check(until(lambda: d.metrics()["attestd_collateral_waiting"] == 4), "as many as limits.queue may wait")
        a = d.attest(platform.body, path=SGX)
        check(a.status == 503 and a.code() == "ServiceUnavailable", "one more is refused at once", a.body)
        for t in threads:
            t.join()
        check(statuses == 4 * [503], "the others are answered after limits.answer_seconds", statuses)
        mock.clear()
        check(until(lambda: d.attest(platform.body, path=SGX).status == 200), "what came later is there for the next")
done()

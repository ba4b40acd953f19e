#!/usr/bin/env python3
"""Nothing goes backwards: older TCB info, lower CRL and evaluation numbers, the clock; nothing is fetched from evidence;
a worker that dies while it judges costs that one fetch (security-history B5, B6, B13)."""
import os
import signal
import socket
import sqlite3
import subprocess
import threading

from daemon import BUILD, CLOCK, check, done, until
from sourced import SGX, Platform, Service, config_of, pcs, scene

KEY = "SGX-0a0b0c0d0e0f"
LATER = "2026-02-20T12:00:00Z"


def machine(folder, name, *options, at=CLOCK):
    return Platform(folder, name, "--fmspc", KEY[4:], *options, at=at)


def refused(a, *parts):
    return a.status == 503 and a.code() == "CollateralUnavailable" and all(
        p in a.json()["error"]["message"] for p in parts)


def fresh(mock):
    """A mock that has forgotten what it served."""
    mock.material.__init__()


# A newer set was accepted; then, after it expired, the source serves what is older in one way or another.
for name, options, part in [
        ("older TCB info", ("--evaluation", 18, "--crl-number", 7, "--issued", "2026-01-02T00:00:00Z", "--expires",
                            "2026-03-20T12:00:00Z"), "issue"),
        ("lower CRL number", ("--evaluation", 18, "--crl-number", 6), "number"),
        ("lower evaluation number", ("--evaluation", 17, "--crl-number", 8), "17 is lower than 18")]:
    with scene() as (folder, mock):
        first = machine(folder, "first", "--evaluation", 18, "--crl-number", 7)
        service, config = folder / "service", config_of([pcs(mock)])
        mock.add(first.collateral)
        with Service(service, config, roots=[first.root]) as d:
            check(d.attest(first.body, path=SGX).status == 200, "evaluation number 18, CRL number 7")
        p = machine(folder, "second", *options, at=LATER)
        fresh(mock)
        mock.add(p.collateral)
        with Service(service, config, roots=[first.root], clock=LATER) as d:
            a = d.attest(p.body, path=SGX)
            check(refused(a, part), f"then {name}: refused", a.body)
            if "evaluation" not in name:
                continue
            check(d.ask("DELETE", f"/collateral?kind=tcb-info&key={KEY}").status == 401, "going back needs a contributor")
            gone = [d.admin("DELETE", f"/collateral?kind={kind}&key={key}").status
                    for kind, key in (("tcb-info", KEY), ("qe-identity", "QE"))]
            check(gone == [200, 200] and d.admin("DELETE", "/collateral?kind=x").status == 400, "DELETE /collateral")
            check(d.attest(p.body, path=SGX).status == 200, "then an administrator has gone back")
            check(any(r["action"] == "collateral.forget" for r in d.audit()), "and it is in the audit log")

# The offline folder is held to the same.
with scene() as (folder, mock):
    first = machine(folder, "first", "--evaluation", 18, "--crl-number", 7)
    older = machine(folder, "older", "--evaluation", 17, "--crl-number", 7)
    offline = folder / "offline"
    offline.mkdir()
    config = f"collateral: {{dir: {offline}}}\n"
    (offline / "set.json").write_bytes(first.collateral.read_bytes())
    with Service(folder / "service", config, roots=[first.root]) as d:
        check(d.attest(first.body, path=SGX).status == 200, "offline: evaluation number 18")
        (offline / "set.json").write_bytes(older.collateral.read_bytes())
        d.process.send_signal(signal.SIGHUP)
        d.wait_log("collateral.offline")
        check(d.attest(first.body, path=SGX).status == 200 and d.admin("GET", "/collateral").json()["items"],
              "a folder with 17 after it: still served")
        chosen = [i for i in d.admin("GET", "/collateral").json()["items"]
                  if i["kind"] == "tcb-info" and i["baselines"]]
        check([i["evaluation"] for i in chosen] == [18], "by 18", chosen)

# Which number is used is configuration or policy.
with scene() as (folder, mock):
    low = machine(folder, "low", "--evaluation", 17, "--status", "OutOfDate")
    high = machine(folder, "high", "--evaluation", 18)
    for p in (low, high):
        mock.add(p.collateral)
    for baseline, status in (("standard", 400), ("early", 200), ("17", 400), ("18", 200), ("19", 503)):
        config = config_of([pcs(mock)], more=f"tcb: {{baseline: {baseline}}}\n")
        with Service(folder / f"b{baseline}", config, roots=[low.root]) as d:
            a = d.attest(low.body, path=SGX)
            check(a.status == status, f"tcb.baseline {baseline}: {status}", a.body)
            if baseline == "17":
                policy = ('version=1.2;configurationrules{=> issueproperty(type="x-ms-sgx-tcbidentifier", value="18");};'
                          "authorizationrules{=> permit();};issuancerules{};")
                a = d.attest({**low.body, "draftPolicyForAttestation": policy}, path=SGX)
                check(a.status == 200, "a policy's x-ms-sgx-tcbidentifier wins", a.body)
                check(d.attest(low.body, path=SGX).status == 400, "and does not stay")
    config = config_of([pcs(mock)], more="tcb: {accept: [UpToDate, OutOfDate], min_evaluation: 17}\n")
    with Service(folder / "accept", config, roots=[low.root]) as d:
        check(d.attest(low.body, path=SGX).status == 200, "tcb.accept: OutOfDate is accepted")
    config = config_of([pcs(mock)], more="tcb: {accept: [UpToDate, OutOfDate], min_evaluation: 18}\n")
    with Service(folder / "minimum", config, roots=[low.root]) as d:
        check(d.attest(low.body, path=SGX).status == 400, "tcb.min_evaluation: 17 is refused")

# The clock.
with scene() as (folder, mock):
    service = folder / "service"
    Service(service, "{}\n", clock=None).stop()
    database = service / "data" / "store" / "attestd.db"
    with sqlite3.connect(database) as db:
        db.execute("UPDATE time_floor SET floor_s = floor_s + 86400")
    db.close()
    run = [BUILD / "attestd", "--config", service / "config.yaml", "--data-dir", service / "data", "--listen", "127.0.0.1:0"]
    r = subprocess.run(run, capture_output=True, text=True, timeout=60)
    check(r.returncode == 1 and "--reset-time-floor" in r.stderr, "a clock before the time last seen: no start", r.stderr)
    Service(service, "{}\n").stop()
    check(True, "--clock does not look at it")
    r = subprocess.run(run, capture_output=True, text=True, timeout=60)
    check(r.returncode == 1, "nor change it")
    with Service(service, "{}\n", clock=None, args=["--reset-time-floor"]):
        check(True, "--reset-time-floor: started")
    with Service(service, "{}\n", clock=None):
        check(True, "and from then on without it")

# URLs in certificates are not asked.
with scene() as (folder, mock):
    trap = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{trap.getsockname()[1]}/list.crl"
    p = machine(folder, "p", "--url", url)
    check(url.encode() in b"".join((p.folder / "quote.bin").read_bytes().split(b"\0")) or
          url in subprocess.run(["openssl", "x509", "-noout", "-text", "-in", p.folder / "pck-chain.pem"],
                                capture_output=True, text=True).stdout, "the PCK certificate names a loopback URL")
    with Service(folder / "without", "{}\n", roots=[p.root]) as d:
        check(d.attest(p.body, path=SGX).status == 503, "without a source: 503")
    mock.add(p.collateral)
    with Service(folder / "with", config_of([pcs(mock)]), roots=[p.root]) as d:
        check(d.attest(p.body, path=SGX).status == 200, "with one: permitted")
    trap.setblocking(False)
    try:
        trap.accept()
        check(False, "nobody came to the URL in the certificate")
    except BlockingIOError:
        check(True, "nobody came to the URL in the certificate")

# A worker killed while it judges.
with scene() as (folder, mock):
    p = machine(folder, "p")
    mock.add(p.collateral)
    with Service(folder / "service", config_of([pcs(mock)], more="workers: {verify: 1}\n"), roots=[p.root]) as d:
        mock.fault("hang", path="tcb?fmspc", times=0)
        answers = []
        t = threading.Thread(target=lambda: answers.append(d.attest(p.body, path=SGX)))
        t.start()
        accepted = 'attestd_collateral_fetches_total{outcome="accepted"}'
        check(until(lambda: d.metrics()[accepted] == 3), "three of four items are there")
        worker = d.roles("verify")[0]
        os.kill(worker, signal.SIGSTOP)
        mock.clear()
        check(until(lambda: d.metrics()["attestd_in_flight"] == 1), "the fourth is being judged")
        os.kill(worker, signal.SIGKILL)
        t.join()
        check(refused(answers[0], "tcb-info", KEY, "failed"), "the worker dies over it: 503 names the item", answers[0].body)
        check(until(lambda: d.attest(p.body, path=SGX).status == 200), "the next request has it fetched again")
        check(d.metrics()[accepted] == 4, "the other items were kept")

# A fetch role that dies is started again, and what it had not answered is asked again.
with scene() as (folder, mock):
    p = machine(folder, "p")
    mock.add(p.collateral)
    tuned = "deadline_ms: 60000, retries: 0"
    with Service(folder / "service", config_of([pcs(mock)], fetch=tuned), roots=[p.root]) as d:
        mock.fault("hang", path="tcb?fmspc", times=1)
        answers = []
        t = threading.Thread(target=lambda: answers.append(d.attest(p.body, path=SGX)))
        t.start()
        mock.wait(1, "tcb?fmspc")
        os.kill(d.roles("fetch")[0], signal.SIGKILL)
        t.join()
        check(answers[0].status == 200, "the fetch role dies: the request is served all the same", answers[0].body)
done()

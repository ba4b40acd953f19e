#!/usr/bin/env python3
"""Endorsements fetched, stored and kept: first contact, warm, after a restart without network; same verdict as the command."""
import json
import subprocess

from daemon import ATTEST, BUILD, VECTORS, VERSION, b64u, check, done, skip, unb64u
from sourced import ENGLISH, SGX, TDX, Platform, Service, config_of, failed, pcs, scene

# quote, collateral, time, path
REAL = [
    ("sgx/sgx-v3-00a067110000.quote.bin", "sgx/sgx-v3-00a067110000.collateral.json", "2025-06-20T00:00:00Z", "SgxEnclave"),
    ("sgx/sgx-v3-00906ed50000-debug.quote.bin", "sgx/sgx-v3-00906ed50000.2022-04.collateral.json", "2022-04-27T00:00:00Z",
     "SgxEnclave"),
    ("maa-golden/sgx-wus.quote.bin", "sgx/sgx-v3-00906ed50000.2022-04.collateral.json", "2022-04-27T00:00:00Z", "SgxEnclave"),
    ("maa-golden/sgx-wus.oe-report.bin", "sgx/sgx-v3-00906ed50000.2022-04.collateral.json", "2022-04-27T00:00:00Z",
     "OpenEnclave"),
    ("tdx/tdx-v4-b0c06f000000.quote.bin", "tdx/tdx-v4-b0c06f000000.collateral.json", "2025-06-20T00:00:00Z", "TdxVm"),
    ("tdx/tdx-v5-90c06f000000-relaunch.quote.bin", "tdx/tdx-90c06f000000.2025-02.eval18.collateral.json",
     "2025-02-27T00:00:00Z", "TdxVm"),
    ("tdx/tdx-v5-90c06f000000-relaunch.quote.bin", "tdx/tdx-90c06f000000.2025-06.eval17.collateral.json",
     "2025-06-20T00:00:00Z", "TdxVm"),
    ("tdx/tdx-v5-00806f050000-outofdate.quote.bin", "tdx/tdx-00806f050000.2026-06.eval21.collateral.json",
     "2026-06-14T00:00:00Z", "TdxVm"),
    ("tdx/tdx-v4-50806f000000.quote.bin", "tdx/tdx-50806f000000.2023-06.collateral.json", "2023-06-20T00:00:00Z", "TdxVm"),
    ("tdx/tdx-v4-50806f000000-debug.quote.bin", "tdx/tdx-50806f000000.2023-06.collateral.json", "2023-06-20T00:00:00Z",
     "TdxVm"),
    ("tdx/tdx-v5-90c06f000000-notsupported.quote.bin", "tdx/tdx-90c06f000000.2026-02.eval18.collateral.json",
     "2026-02-20T00:00:00Z", "TdxVm"),
    ("sgx/oe-report-v1-debug-00906ea10000.bin", None, "2022-04-27T00:00:00Z", "OpenEnclave"),
    ("sgx/sgx-v3-certtype3.quote.bin", None, "2022-04-27T00:00:00Z", "SgxEnclave"),
    ("sgx/sgx-v3-chain-out-of-order.quote.bin", None, "2022-04-27T00:00:00Z", "SgxEnclave"),
    ("sgx/sgx-v3-corrupted.quote.bin", None, "2022-04-27T00:00:00Z", "SgxEnclave"),
    ("tdx/tdx-v4-00a06d080000-integrity.quote.bin", None, "2026-02-20T00:00:00Z", "TdxVm"),
]


def questions(mock):
    """Those that evidence asks; the list of evaluation numbers is fetched in the background."""
    return sum(n for path, n in mock.counts().items() if "tcbevaluationdatanumbers" not in path)


def by_command(quote, collateral, at, kind):
    command = [BUILD / "attest", "verify", "--type", kind, "--at", at, "--format", "json"]
    r = subprocess.run(command + (["--collateral", VECTORS / collateral] if collateral else []) + [VECTORS / quote],
                       capture_output=True, text=True)
    v = json.loads(r.stdout)
    return v["verdict"], next((c["id"] for c in v["checks"] if c["outcome"] == "fail"), None)


def by_service(d, quote, kind):
    member = "report" if kind == "OpenEnclave" else "quote"
    a = d.attest({member: b64u((VECTORS / quote).read_bytes())}, path=f"/attest/{kind}?{VERSION}")
    if a.status == 200:
        return "permitted", None
    if a.status == 503 and a.code() == "CollateralUnavailable":
        return "undecided", failed(a)
    return ("denied" if a.code() == "PolicyEvaluationError" else "rejected"), failed(a)


def same_verdicts():
    for quote, collateral, at, kind in REAL:
        with scene() as (folder, mock):
            if collateral:
                mock.add(VECTORS / collateral)
            with Service(folder, config_of([pcs(mock)], more="workers: {verify: 1}\n"), clock=at) as d:
                want = by_command(quote, collateral, at, kind)
                cold, warm = by_service(d, quote, kind), by_service(d, quote, kind)
                check(cold == want and warm == want, f"{quote} at {at}: as attest verify, cold and warm",
                      (want, cold, warm, d.log[-3:]))


with scene() as (folder, mock):
    sgx = Platform(folder, "sgx", "--fmspc", "0a0b0c0d0e0f")
    tdx = Platform(folder, "tdx", "--fmspc", "1a1b1c1d1e1f", kind="TdxVm")
    for p in (sgx, tdx):
        mock.add(p.collateral)
    config = config_of([pcs(mock)], more="workers: {verify: 2}\n")
    service = folder / "service"
    with Service(service, config, roots=[sgx.root]) as d:
        a = d.attest(sgx.body, path=SGX)
        check(a.status == 200, "SGX, first contact: fetched and permitted", a.body)
        a = d.attest(tdx.body, path=TDX)
        check(a.status == 200, "TDX, first contact", a.body)
        asked = questions(mock)
        check(mock.count("tcb?fmspc=0a0b0c0d0e0f") == 1 and mock.count("IntelSGXRootCA") == 1,
              "each item was fetched once", mock.counts())
        check(all(d.attest(p.body, path=path).status == 200 for p, path in 10 * [(sgx, SGX), (tdx, TDX)]),
              "warm: permitted, from either worker")
        check(questions(mock) == asked, "warm: nothing is asked", mock.counts())
        items = d.items()
        wanted = {("tcb-info", "SGX-0a0b0c0d0e0f"), ("tcb-info", "TDX-1a1b1c1d1e1f"), ("qe-identity", "QE"),
                  ("qe-identity", "TD_QE"), ("pck-crl", "platform"), ("root-crl", "root")}
        check(wanted <= set(items), "GET /collateral lists them", sorted(items))
        one = items["tcb-info", "SGX-0a0b0c0d0e0f"]
        check(one["source"] == ENGLISH and one["fault"] == "good" and one["baselines"] == ["standard"] and
              one["evaluation"] == 20 and one["expiresInSeconds"] > 0, "with source, age, expiry, baseline", one)
        check(d.ask("GET", "/collateral").status == 401, "GET /collateral needs a reader")
        m = d.metrics()
        check(m['attestd_collateral_expires_seconds{kind="qe-identity",key="TD_QE",evaluation="20"}'] > 86400 and
              m[f'attestd_collateral_source_total{{source="{ENGLISH}",outcome="accepted"}}'] == 6,
              "/metrics shows expiry and sources", {k: v for k, v in m.items() if "collateral" in k})
        check("warnings" not in d.ask("GET", "/readyz").json(), "/readyz has no warnings")
        # A configuration read again gives new workers and a new fetch role; the store stays.
        d.process.send_signal(1)
        d.wait_log(" reloaded")
        check(d.attest(sgx.body, path=SGX).status == 200 and questions(mock) == asked, "after SIGHUP: from the store",
              (asked, mock.counts()))
        baselines = d.admin("GET", "/tcbbaselines/SgxEnclave?" + VERSION)
        check(baselines.status == 200, "GET /tcbbaselines", baselines.body)
        if baselines.status == 200:
            check([(b["tcbEvaluationDataNumber"], b["isSelectedTcb"]) for b in baselines.json()["tcbBaselines"]] ==
                  [(20, True)], "GET /tcbbaselines names what is stored", baselines.body)
    mock.fault("hang", path="/", times=0)
    with Service(service, "{}\n", roots=[sgx.root]) as d:
        check(all(d.attest(p.body, path=path).status == 200 for p, path in ((sgx, SGX), (tdx, TDX))),
              "started again without sources: from the store")
    with Service(service, config, roots=[sgx.root]) as d:
        check(all(d.attest(p.body, path=path).status == 200 for p, path in ((sgx, SGX), (tdx, TDX))),
              "started again while the sources hang: from the store")
    with Service(service, "{}\n", roots=[sgx.root], clock="2026-03-01T00:00:00Z") as d:
        a = d.attest(sgx.body, path=SGX)
        check(a.status == 503 and a.code() == "CollateralUnavailable" and "expired" in a.json()["error"]["message"],
              "what has expired is not used", a.body)
        warnings = d.ask("GET", "/readyz").json().get("warnings", [])
        check(d.ask("GET", "/readyz").status == 200 and any("SGX-0a0b0c0d0e0f expired" in w for w in warnings),
              "/readyz warns, and is ready", warnings)
        check(d.items()["tcb-info", "SGX-0a0b0c0d0e0f"]["fault"] == "expired", "GET /collateral says so")
    mock.clear()

# What workers have kept, they forget when there is something newer.
with scene() as (folder, mock):
    good = Platform(folder, "good", "--fmspc", "0a0b0c0d0e0f")
    worse = Platform(folder, "worse", "--fmspc", "0a0b0c0d0e0f", "--status", "OutOfDate", "--issued", "2026-01-10T00:00:00Z")
    mock.add(good.collateral)
    with Service(folder / "service", config_of([pcs(mock)], more="workers: {verify: 2}\n"), roots=[good.root]) as d:
        check(all(d.attest(good.body, path=SGX).status == 200 for _ in range(4)), "up to date")
        mock.material.__init__()
        mock.add(worse.collateral)
        check(d.attest(good.body, path=SGX).status == 200, "kept")
        d.admin("DELETE", "/collateral?kind=tcb-info&key=SGX-0a0b0c0d0e0f")
        a = d.attest(good.body, path=SGX)
        check(a.status == 400 and failed(a) == "dcap.tcb.level", "then the newer one counts, in every worker", a.body)
        check(all(d.attest(good.body, path=SGX).status == 400 for _ in range(4)), "for good")

with scene() as (folder, mock):
    sgx = Platform(folder, "sgx")
    offline = folder / "offline"
    offline.mkdir()
    (offline / "set.json").write_bytes(sgx.collateral.read_bytes())
    config = f"collateral: {{dir: {offline}}}\n"
    service = folder / "service"
    with Service(service, config, roots=[sgx.root]) as d:
        check(d.attest(sgx.body, path=SGX).status == 200, "offline folder alone: permitted")
        check(d.items()["tcb-info", next(k for t, k in d.items() if t == "tcb-info")]["source"] == "offline",
              "its items are listed")
        check(not d.roles("fetch"), "no source, no fetch role")
    (offline / "set.json").unlink()
    with Service(service, config, roots=[sgx.root]) as d:
        check(d.attest(sgx.body, path=SGX).status == 200, "the folder is empty now: from the store")

with scene() as (folder, mock):
    subprocess.run([BUILD / "attest", "simulate", "SevSnpVm", "--at", "2026-01-15T12:00:00Z", "-o", folder / "snp"],
                   check=True, stdout=subprocess.DEVNULL)
    mock.add(folder / "snp")
    body = json.loads((folder / "snp" / "attest-request.json").read_text())
    inner = json.loads(unb64u(body["report"]))
    inner.pop("VcekCertChain", None)
    bare = {**body, "report": b64u(json.dumps(inner).encode())}
    config = config_of([f"name: {ENGLISH}, kind: kds, url: '{mock.url('kds')}'"])
    with Service(folder / "service", config, roots=[folder / "snp" / "ark.pem"]) as d:
        a = d.attest(bare, path=ATTEST)
        check(a.status == 200, "SNP without certificates: VCEK, chain and CRL from KDS", a.body)
        before = sum(mock.counts().values())
        check(d.attest(bare, path=ATTEST).status == 200 and sum(mock.counts().values()) == before, "warm: nothing is asked")
        check({k for k, _ in d.items()} == {"snp-vcek", "snp-chain", "snp-crl"}, "all three are stored", d.items())
    config = config_of([f"name: {ENGLISH}, kind: kds, url: '{mock.url('kds')}'"])
    mock.fault("404", path="/crl", times=0)
    with Service(folder / "second", config, roots=[folder / "snp" / "ark.pem"]) as d:
        a = d.attest(body, path=ATTEST)
        check(a.status == 503 and "snp-crl" in a.json()["error"]["message"],
              "a KDS is configured: without its CRL nothing is decided", a.body)
    mock.clear()

if (VECTORS / "sgx").exists():
    same_verdicts()
else:
    skip("same verdicts as attest verify", "no vectors")
done()

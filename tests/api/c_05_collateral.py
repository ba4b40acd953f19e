#!/usr/bin/env python3
"""attest collateral status, export, import and fetch; two sets compared; the service from a bundle, without a network."""
import base64
import hashlib
import json
import pathlib
import shutil
import sys

from command import BAD, GOOD, UNUSABLE, Folder, attest, check, evidence_files, expect
from daemon import CLOCK, REPO, VECTORS, Daemon, b64u, claims, done, skip

sys.path.insert(0, str(REPO / "tests" / "mock"))
import sources      # noqa: E402

REQUEST, REPORT, CHAIN, ARK = evidence_files()
LEAF, CRL = ARK.parent / "leaf.der", ARK.parent / "crl.der"
AT = ("--anchors", ARK, "--at", CLOCK)
SNP = (LEAF, CHAIN, CRL)
KINDS = ["snp-crl", "snp-vcek", "snp-chain"]        # in the order of their expiry


def sealed(bundle):
    """The text of a bundle with its digests made again, as somebody would who wants to be believed."""
    for item in bundle["items"]:
        item["sha256"] = hashlib.sha256(base64.b64decode(item["piece"])).hexdigest()
    text = json.dumps(bundle["items"])
    return '{"attestd-bundle":1,"items":%s,"sha256":"%s"}' % (text, hashlib.sha256(text.encode()).hexdigest())


def verified(*args):
    r = attest("verify", "--format", "json", *args)
    return r.code, json.loads(r.out) if r.out else r.err


def names(folder):
    return sorted(p.name for p in pathlib.Path(folder).iterdir()) if pathlib.Path(folder).exists() else []


def status(f):
    r = expect(GOOD, "status", "collateral", "status", "--format", "json", *AT, *SNP, err="")
    v = r.json()
    check(v["at"] == CLOCK and v["good"] is True and [i["kind"] for i in v["items"]] == KINDS and
          all(i["state"] == "good" and i["simulated"] and i["daysLeft"] > 7 and len(i["sha256"]) == 64 for i in v["items"]) and
          v["items"][0]["crlNumber"] == "1", "status: JSON, sorted by expiry", r)
    expires = v["items"][0]["expires"]
    r = expect(GOOD, "status: text", "collateral", "status", *AT, *SNP, out="✔ snp-crl Milan-vcek")
    check("days left" in r.out and expires in r.out and "3 good, 0 for less than 7 days, 0 bad" in r.out, "status: text says how long", r)
    at = ("--anchors", ARK, "--at")
    day = expires[:8] + f"{int(expires[8:10]) - 3:02}" + expires[10:]
    r = expect(GOOD, "status: soon is a warning", "collateral", "status", *at, day, *SNP, out="! snp-crl Milan-vcek")
    check("3 days left" in r.out and "1 for less than 7 days" in r.out, "status: days left", r)
    later = expires[:8] + f"{int(expires[8:10]) + 2:02}" + expires[10:]
    r = expect(BAD, "status: expired", "collateral", "status", *at, later, *SNP, out="✗ snp-crl Milan-vcek")
    check("2 days ago" in r.out and "why:  expired: " in r.out and "hint: fetch the current one" in r.out, "status: why and what to do", r)
    r = expect(BAD, "status: of a root that nobody trusts", "collateral", "status", "--format", "json", "--at", CLOCK, *SNP)
    check(r.json()["good"] is False and {i["fault"] for i in r.json()["items"]} == {"root"} and
          all(i["why"] and i["hint"] for i in r.json()["items"]), "status: fault, why and hint", r)
    for name, args, part in (
            ("what is no collateral", (REQUEST,), "endorsements"), ("nothing", (), "usage: "),
            ("a file and a service", ("--server", "https://127.0.0.1:1", LEAF), "usage: "),
            ("a file that is not there", ("/nonexistent",), "No such file"),
            ("a root alone", (ARK,), "no item")):
        expect(UNUSABLE, f"status: {name}", "collateral", "status", *AT, *args, out="", err=part)


def bundles(f):
    bundle, again, folder = f.file("b.json", ""), f.file("again.json", ""), pathlib.Path(f.name) / "dir"
    expect(GOOD, "export", "collateral", "export", *AT, "-o", bundle, *SNP, out="3 items in")
    expect(GOOD, "export: again", "collateral", "export", *AT, "-o", again, *reversed(SNP), CRL)
    check(bundle.read_bytes() == again.read_bytes(), "export: the same items make the same bytes")
    v = json.loads(bundle.read_text())
    check(v["attestd-bundle"] == 1 and [i["kind"] for i in v["items"]] == sorted(KINDS) and
          all(hashlib.sha256(base64.b64decode(i["piece"])).hexdigest() == i["sha256"] for i in v["items"]), "export: the format", v)
    check(base64.b64encode(CRL.read_bytes())[:64] in
          base64.b64decode(v["items"][1]["piece"]).replace(b"\n", b""), "export: the exact bytes are in it")

    r = expect(GOOD, "import", "collateral", "import", *AT, bundle, "-o", folder, out="3 items in")
    check(len(names(folder)) == 3 and r.out.count("written") == 3, "import: one file for each item", names(folder))
    before = {p: (folder / p).read_bytes() for p in names(folder)}
    r = expect(GOOD, "import: again", "collateral", "import", *AT, "-o", folder, bundle, out="there")
    check("written" not in r.out and before == {p: (folder / p).read_bytes() for p in names(folder)}, "import: nothing to do", r)
    first = verified(*AT, *(x for p in SNP for x in ("--collateral", p)), REPORT)
    check(first[0] == GOOD and first[1]["verdict"] == "permitted", "the evidence is permitted", first)
    check(verified(*AT, "--collateral", bundle, REPORT) == first, "a bundle is collateral, with the same answer")
    check(verified(*AT, "--collateral", folder, REPORT) == first, "and so is the folder that it was imported into")
    expect(GOOD, "status of a bundle", "collateral", "status", *AT, bundle, out="3 good")
    expect(GOOD, "export of a bundle", "collateral", "export", *AT, "-o", again, bundle)
    check(bundle.read_bytes() == again.read_bytes(), "export of a bundle is that bundle")
    expect(GOOD, "inspect of a bundle", "inspect", bundle, out="collateral bundle")
    return bundle, folder, first


def damage(f, bundle, folder):
    text, fresh = bundle.read_text(), pathlib.Path(f.name) / "fresh"
    piece = json.loads(text)["items"][1]["piece"]
    changed = piece[:200] + ("A" if piece[200] != "A" else "B") + piece[201:]
    bad = f.file("bad.json", text.replace(piece, changed))
    for name, args in (("import", ("collateral", "import", *AT, "-o", fresh, bad)), ("status", ("collateral", "status", *AT, bad)),
                       ("verify", ("verify", *AT, "--collateral", bad, REPORT)),
                       ("export", ("collateral", "export", *AT, "-o", fresh, bad))):
        expect(UNUSABLE, f"{name}: a changed byte in a piece is found and named", *args, out="",
               err="items[1]: snp-crl Milan-vcek: changed: SHA-256 is ")
    beside = f.file("beside.json", text.replace('"key":"Milan-vcek"', '"key":"Genoa-vcek"', 1))
    expect(UNUSABLE, "import: a changed byte beside the pieces", "collateral", "import", *AT, "-o", fresh, beside, out="",
           err="what stands beside them")
    expect(GOOD, "inspect: a damaged bundle", "inspect", bad, out="changed: SHA-256")
    expect(UNUSABLE, "import: no bundle", "collateral", "import", *AT, "-o", fresh, LEAF, out="", err="no bundle")
    expect(UNUSABLE, "import: no folder", "collateral", "import", *AT, bundle, out="", err="wants -o DIR")
    expect(UNUSABLE, "import: a folder that is a file", "collateral", "import", *AT, "-o", bundle, bundle, out="", err="no folder")
    expect(UNUSABLE, "export: nowhere", "collateral", "export", *AT, *SNP, out="", err="wants -o BUNDLE")
    v = json.loads(text)
    v["items"][1]["key"] = "Genoa-vcek"
    r = expect(BAD, "import: an item that is not what it says", "collateral", "import", *AT, "-o", fresh, f.file("x", sealed(v)),
               out="nothing written")
    check("the piece is snp-crl Milan-vcek" in r.out and not fresh.exists(), "import: says what it is, and writes nothing", r)
    r = expect(BAD, "import: --partial takes the others", "collateral", "import", *AT, "--partial", "-o", fresh, f.file("x", sealed(v)),
               out="2 items in")
    check(len(names(fresh)) == 2 and "refused" in r.out, "import: the others are there", names(fresh))
    untrusted = pathlib.Path(f.name) / "untrusted"
    r = expect(BAD, "import: of a root that nobody trusts", "collateral", "import", "--at", CLOCK, "-o", untrusted, bundle,
               out="3 of 3 refused: nothing written")
    check(not untrusted.exists() and "why:  root: " in r.out and "hint:" in r.out, "import: with the reason", r)
    r = expect(BAD, "import: expired", "collateral", "import", "--anchors", ARK, "--at", "2027-06-01T00:00:00Z", "-o", untrusted, bundle,
               out="1 of 3 refused: nothing written")
    check("expired: " in r.out and not untrusted.exists(), "import: nothing of it", r)
    expect(BAD, "export: of a root that nobody trusts", "collateral", "export", "--at", CLOCK, "-o", untrusted, *SNP,
           out="nothing written")
    check(not untrusted.exists(), "export: nothing of it")
    expect(GOOD, "export: expired is exported", "collateral", "export", "--anchors", ARK, "--at", "2027-06-01T00:00:00Z", "-o",
           untrusted, *SNP, out="! expired")


def rollback(f):
    """Two editions of Intel's QE identity with one evaluation number, both valid at the time."""
    at, target = ("--at", "2025-06-20T00:00:00Z"), pathlib.Path(f.name) / "rollback"
    old, new = f.file("old.json", ""), f.file("new.json", "")
    expect(GOOD, "rollback: the old edition", "collateral", "export", *at, "-o", old, EVAL17)
    expect(GOOD, "rollback: the new edition", "collateral", "export", *at, "-o", new, VECTORS / INTEL[2][2])
    expect(GOOD, "rollback: old", "collateral", "import", *at, "-o", target, old, out="written   qe-identity TD_QE (17)")
    expect(GOOD, "rollback: new over old", "collateral", "import", *at, "-o", target, new,
           out="written   qe-identity TD_QE (17)")
    before = {p: (target / p).read_bytes() for p in names(target)}
    r = expect(BAD, "rollback: old over new", "collateral", "import", *at, "--partial", "-o", target, old,
               out="why:  qe-identity TD_QE: issued at")
    check("was seen before" in r.out and before == {p: (target / p).read_bytes() for p in names(target)},
          "rollback: the new edition stays", r)
    with sources.Sources() as mock:
        mock.add(EVAL17)
        r = expect(BAD, "rollback: by a source", "collateral", "fetch", *at, "--source", mock.url("pcs"), "-o", target,
                   "qe-identity/TD_QE", out="was seen before")
    check(before == {p: (target / p).read_bytes() for p in names(target)}, "rollback: the new edition stays once more", r)


def offline(f, folder, bundle, raw):
    """No source is configured, so that nothing can be asked of anybody."""
    at_rest = pathlib.Path(f.name) / "one"
    at_rest.mkdir()
    (at_rest / "bundle.json").write_bytes(bundle.read_bytes())
    body = {"report": b64u(REPORT.read_bytes())}
    for name, where in (("imported folder", folder), ("bundle", at_rest)):
        with Daemon(f"collateral: {{dir: {where}}}\n") as d:
            answer = d.attest(body)
            got = claims(answer.json()["token"]) if answer.status == 200 else answer.body
            want = raw[1]["issued"] | raw[1]["claims"]
            check(answer.status == 200 and all(got[k] == v for k, v in want.items() if k in got) and
                  got["x-ms-sevsnpvm-launchmeasurement"] == want["x-ms-sevsnpvm-launchmeasurement"],
                  f"the service from the {name}: the same verdict as attest verify", got)
            r = expect(GOOD, f"status --server: {name}", "collateral", "status", "--format", "json", "--server", d.url, "--ca",
                       d.data / "tls" / "ca.pem", "--token", d.data / "admin.token")
# Certificates of the folder do not get out of date and are not listed.
            check("snp-crl" in {i["kind"] for i in r.json()["items"]} and r.json()["good"], "status --server: what can expire", r)
            expect(UNUSABLE, "status --server: without a token", "collateral", "status", "--server", d.url, "--ca",
                   d.data / "tls" / "ca.pem", out="", err="HTTP 401")
    with Daemon() as d:
        check(d.attest(body).status == 503, "the service without collateral cannot decide")


def fetch(f):
    folder, bundle = pathlib.Path(f.name) / "fetched", f.file("fetched.json", "")
    with sources.Sources() as mock:
        mock.add(ARK.parent)
        kds = ("--kind", "kds", "--source", mock.url("kds") + "/", *AT)
        r = expect(GOOD, "fetch: what the evidence needs", "collateral", "fetch", *kds, "--evidence", REPORT, "-o", folder, err="")
        check(all(f"✔ {kind} Milan-" in r.out for kind in KINDS) and len(names(folder)) == 3, "fetch: a line for each item", r)
        code, v = verified(*AT, "--collateral", folder, REPORT)
        check(code == GOOD, "fetch: with it the evidence is permitted", v)
        asked = mock.count()
        expect(GOOD, "fetch: into a bundle", "collateral", "fetch", *kds, "-o", bundle, "snp-chain/Milan-vcek", "snp-crl/Milan-vcek",
               out="2 items in")
        check(mock.count() > asked and json.loads(bundle.read_text())["items"], "fetch: the bundle is there")
        unknown = "snp-vcek/Milan-" + "ab" * 64 + "-04000000000018db"
        expect(UNUSABLE, "fetch: what the source does not have", "collateral", "fetch", *kds, "-o", bundle, unknown, out="has no such item")
        mock.fault("500")
        expect(UNUSABLE, "fetch: a source that fails", "collateral", "fetch", *kds, "-o", bundle, "snp-chain/Milan-vcek", out="status 500")
        mock.clear()
        mock.fault("429", retry_after="7")
        expect(UNUSABLE, "fetch: a source that is busy", "collateral", "fetch", *kds, "-o", bundle, "snp-chain/Milan-vcek",
               out="asks to wait for 7 s")
        mock.clear()
        mock.fault("wrong-signature", path="/crl")
        r = expect(BAD, "fetch: what is not authentic", "collateral", "fetch", *kds, "-o", pathlib.Path(f.name) / "none",
                   "snp-crl/Milan-vcek", out="✗ snp-crl Milan-vcek")
        check("why:  signature: " in r.out and not names(pathlib.Path(f.name) / "none"), "fetch: is not kept", r)
        mock.clear()
        mock.fault("redirect")
        expect(UNUSABLE, "fetch: a redirect", "collateral", "fetch", *kds, "-o", bundle, "snp-chain/Milan-vcek", out="status 302")
        check(mock.count("/trap") == 0, "fetch: is not followed")
        mock.clear()
        expect(UNUSABLE, "fetch: the wrong kind of source", "collateral", "fetch", *kds, "-o", bundle, "tcb-info/SGX-00906ed50000",
               out="a source of kind kds has no tcb-info")
    expect(UNUSABLE, "fetch: nobody is there", "collateral", "fetch", *kds, "-o", bundle, "snp-chain/Milan-vcek", out="why:  ")
    source = ("--source", "https://127.0.0.1:1")
    for name, args, part in (
            ("no source", ("-o", bundle, "root-crl/root"), "--source URL -o DIR|BUNDLE"), ("nowhere", (*source, "root-crl/root"), "--source URL -o DIR|BUNDLE"),
            ("nothing", (*source, "-o", bundle), "wants --evidence"),
            ("no kind of source", (*source, "--kind", "x", "-o", bundle), "--kind"),
            ("no key", (*source, "-o", bundle, "root-crl"), "want KIND/KEY"),
            ("a key that is none", (*source, "-o", bundle, "tcb-info/SGX-zz"), "no key of that kind"),
            ("a kind that is none", (*source, "-o", bundle, "x/y"), "no kind of endorsement"),
            ("a baseline that is none", (*source, "-o", bundle, "--baseline", "late", "tcb-info/SGX-00906ed50000"), "baseline"),
            ("no TEE", (*source, "-o", bundle, "--fmspc", "00906ed50000", "--tee", "x"), "--tee"),
            ("evidence that is none", (*source, "-o", bundle, "--evidence", LEAF), "of no known kind")):
        expect(UNUSABLE, f"fetch: {name}", "collateral", "fetch", *args, out="", err=part)


def simulated(f):
    """Each type whose collateral is Intel's, under a throw-away root: bundle, folder, policy, service."""
    for type_, member in (("SgxEnclave", "quote"), ("OpenEnclave", "report"), ("TdxVm", "quote")):
        made = pathlib.Path(f.name) / f"sim-{type_}"
        attest("simulate", type_, "--at", CLOCK, "-o", made)
        at = ("--anchors", made / "root.pem", "--at", CLOCK)
        bundle, folder = f.file(f"sim-{type_}.json", ""), pathlib.Path(f.name) / f"sim-{type_}-dir"
        first = verified(*at, "--collateral", made / "collateral.json", made / "evidence.bin")
        check(first[0] == GOOD and first[1]["type"] == type_, f"simulated {type_}: permitted", first)
        expect(GOOD, f"simulated {type_}: export", "collateral", "export", *at, "-o", bundle, made / "collateral.json",
               made / "evaluation-numbers.json", out="5 items in")
        expect(GOOD, f"simulated {type_}: import", "collateral", "import", *at, "-o", folder, bundle, out="5 items in")
        r = expect(GOOD, f"simulated {type_}: status", "collateral", "status", "--format", "json", *at, folder)
        check({i["kind"] for i in r.json()["items"]} ==
              {"tcb-info", "qe-identity", "evaluation-numbers", "pck-crl", "root-crl"}, "all kinds of item", r)
        for where in (bundle, folder):
            check(verified(*at, "--collateral", where, made / "evidence.bin") == first, f"simulated {type_}: {where.name}")
        r = expect(GOOD, f"simulated {type_}: policy suggest", "policy", "suggest", *at, "--collateral", folder,
                   made / "evidence.bin")
        expect(GOOD, f"simulated {type_}: the suggested policy permits it", "verify", *at, "--collateral", folder, "--policy",
               f.file("suggested.txt", r.out), made / "evidence.bin", out="permitted")
        expect(GOOD, f"simulated {type_}: the PCK certificate is described", "inspect", made / "pck-chain.pem", out="sgxExtension")
        home = pathlib.Path(f.name) / f"home-{type_}"
        (home / "data" / "test-anchors").mkdir(parents=True, mode=0o700)
        (home / "data").chmod(0o700)
        shutil.copy(made / "root.pem", home / "data" / "test-anchors")
        version = "2023-04-01-preview" if type_ == "TdxVm" else "2022-08-01"
        with Daemon(f"collateral: {{dir: {folder}}}\n", anchors=False, folder=home) as d:
            answer = d.attest({member: b64u((made / "evidence.bin").read_bytes())}, path=f"/attest/{type_}?api-version={version}")
            got = claims(answer.json()["token"]) if answer.status == 200 else answer.body
            check(answer.status == 200 and all(got.get(k) == v for k, v in first[1]["issued"].items()),
                  f"simulated {type_}: the service without a network gives the same verdict", got)


QUOTE, TDX = VECTORS / "tdx" / "tdx-v5-90c06f000000-relaunch.quote.bin", VECTORS / "tdx"
EVAL17, EVAL18 = (TDX / f"tdx-90c06f000000.{name}.collateral.json" for name in ("2025-06.eval17", "2025-02.eval18"))


def compare():
    at = ("--at", "2025-06-20T00:00:00Z", "--collateral", EVAL17)
    second = ("--compare-collateral", EVAL18, "--compare-at", "2025-02-27T00:00:00Z")
    r = expect(GOOD, "compare: the exit code is that of the first", "verify", "--format", "json", *at, *second, QUOTE)
    v = r.json()["comparison"]
    check(v["changes"] is True and v["verdict"] == {"first": "permitted", "second": "rejected"} and
          v["status"] == {"first": "UpToDate", "second": "TDRelaunchAdvised"} and
          v["evaluationDataNumber"] == {"first": 17, "second": 18} and
          v["advisories"]["added"] == ["INTEL-SA-01036", "INTEL-SA-01099"] and v["advisories"]["removed"] == [] and
          v["short"] == {"first": None, "second": "TDX module ISVSVN is 4, needs 6"} and
          v["earliestExpiry"] == {"first": "2025-07-04T09:40:18Z", "second": "2025-03-22T11:31:38Z"}, "compare: JSON", v)
    r = expect(GOOD, "compare: text", "verify", *at, *second, QUOTE, out="verdict            permitted → rejected")
    check("status             UpToDate → TDRelaunchAdvised" in r.out and "short              none → TDX module ISVSVN is 4, needs 6\n"
          in r.out and "new advisories     INTEL-SA-01036, INTEL-SA-01099" in r.out, "compare: what changes", r)
    r = expect(BAD, "compare: the other way round", "verify", "--format", "json", "--at", "2025-02-27T00:00:00Z", "--collateral", EVAL18,
               "--compare-collateral", EVAL17, "--compare-at", "2025-06-20T00:00:00Z", QUOTE)
    check(r.json()["comparison"]["advisories"]["removed"] == ["INTEL-SA-01036", "INTEL-SA-01099"], "compare: advisories that go", r)
    r = expect(GOOD, "compare: at the same time the second has expired", "verify", "--format", "json", *at,
               "--compare-collateral", EVAL18, QUOTE)
    check(r.json()["comparison"]["verdict"]["second"] == "rejected" and "current" in r.json()["comparison"]["reason"]["second"],
          "compare: and that is the reason", r)
    expect(GOOD, "compare: nothing changes", "verify", *at, "--compare-collateral", EVAL17, QUOTE,
           out="nothing changes: permitted, UpToDate")
    r = expect(GOOD, "compare: nothing changes, in JSON", "verify", "--format", "json", *at, "--compare-collateral", EVAL17, QUOTE)
    check(r.json()["comparison"]["changes"] is False, "compare: says so", r)
    r = expect(GOOD, "compare: what is short, though it is accepted", "verify", "--format", "json", *at, *second, "--tcb-accept",
               "UpToDate,TDRelaunchAdvised", QUOTE)
    v = r.json()["comparison"]
    check(v["verdict"]["second"] == "permitted" and v["short"]["second"] == "TDX module ISVSVN is 4, needs 6", "compare: accepted", v)
    expect(UNUSABLE, "compare: a second set that is none", "verify", *at, "--compare-collateral", QUOTE, QUOTE, out="",
           err="--compare-collateral")
    expect(UNUSABLE, "compare: a time and no set", "verify", *at, "--compare-at", CLOCK, QUOTE, out="", err="wants --compare-collateral")


# Type, quote, collateral, time: one of each type whose collateral is Intel's.
INTEL = (
    ("SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin", "sgx/sgx-v3-00a067110000.collateral.json", "2025-06-20T00:00:00Z"),
    ("OpenEnclave", "maa-golden/sgx-wus.oe-report.bin", "sgx/sgx-v3-00906ed50000.2022-04.collateral.json", "2022-04-27T00:00:00Z"),
    ("TdxVm", "tdx/tdx-v4-b0c06f000000.quote.bin", "tdx/tdx-v4-b0c06f000000.collateral.json", "2025-06-20T00:00:00Z"),
)


def intel(f):
    for type_, quote, collateral, at in INTEL:
        quote, collateral = VECTORS / quote, VECTORS / collateral
        bundle, folder = f.file(f"{type_}.json", ""), pathlib.Path(f.name) / type_
        accept = ("--tcb-accept", "UpToDate,SWHardeningNeeded,ConfigurationAndSWHardeningNeeded,OutOfDate")
        first = verified("--at", at, *accept, "--collateral", collateral, quote)
        check(first[0] == GOOD and first[1]["type"] == type_, f"{type_}: permitted", first)
        expect(GOOD, f"{type_}: export", "collateral", "export", "--at", at, "-o", bundle, collateral, out="4 items in")
        expect(GOOD, f"{type_}: import", "collateral", "import", "--at", at, "-o", folder, bundle, out="4 items in")
        for name, where in (("bundle", bundle), ("folder", folder)):
            check(verified("--at", at, *accept, "--collateral", where, quote) == first, f"{type_}: the same from the {name}")
        r = expect(GOOD, f"{type_}: policy suggest", "policy", "suggest", "--at", at, *accept, "--collateral", collateral, quote)
        policy = f.file("suggested.txt", r.out)
        expect(GOOD, f"{type_}: the suggested policy permits it", "verify", "--at", at, *accept, "--collateral", collateral,
               "--policy", policy, quote, out="permitted")
        member = "report" if type_ == "OpenEnclave" else "quote"
        path = f"/attest/{type_}?api-version=2022-08-01" if type_ != "TdxVm" else "/attest/TdxVm?api-version=2023-04-01-preview"
        with Daemon(f"collateral: {{dir: {folder}}}\ntcb: {{accept: [{accept[1]}]}}\n", clock=at, anchors=False) as d:
            answer = d.attest({member: b64u(quote.read_bytes())}, path=path)
            got = claims(answer.json()["token"]) if answer.status == 200 else answer.body
            want = first[1]["issued"]
            check(answer.status == 200 and all(got.get(k) == v for k, v in want.items()),
                  f"{type_}: the service without a network gives the same verdict", got)


def fetch_intel(f):
    quote, at = VECTORS / INTEL[2][1], INTEL[2][3]
    with sources.Sources() as mock:
        mock.add(VECTORS / INTEL[2][2])
        root = ("--root-crl-url", mock.url("pcs") + "/IntelSGXRootCA.der")
        for kind in ("pcs", "pccs", "thim"):
            folder = pathlib.Path(f.name) / kind
            expect(GOOD, f"fetch: {kind}", "collateral", "fetch", "--at", at, "--kind", kind, "--source", mock.url(kind),
                   *(root if kind == "pcs" else ()), "--evidence", quote, "-o", folder, out="4 items in")
            expect(GOOD, f"fetch: {kind} is enough", "verify", "--at", at, "--collateral", folder, quote, out="permitted")
        folder = pathlib.Path(f.name) / "fmspc"
        expect(GOOD, "fetch: by FMSPC", "collateral", "fetch", "--at", at, "--source", mock.url("pcs"), *root, "--fmspc",
               "B0C06F000000", "--tee", "tdx", "-o", folder, out="4 items in")
        expect(GOOD, "fetch: by FMSPC is enough", "verify", "--at", at, "--collateral", folder, quote, out="permitted")
        expect(GOOD, "fetch: a baseline", "collateral", "fetch", "--at", at, "--source", mock.url("pcs"), "--baseline", "17",
               "tcb-info/TDX-b0c06f000000", "-o", folder, out="tcb-info TDX-b0c06f000000 (17)")
        check(mock.count("tcbEvaluationDataNumber=17") == 1, "fetch: asks for that number", mock.counts())


def hints():
    at = ("--at", "2022-04-27T00:00:00Z", "--collateral", VECTORS / INTEL[1][2])
    r = expect(BAD, "hint: a status that is not accepted", "verify", *at, VECTORS / INTEL[1][1],
               out="hint:    raise what is named as short")
    check("PCESVN is 10, needs 11" in r.out, "hint: what is short is named", r)
    expect(UNUSABLE, "hint: nothing at hand", "verify", "--at", INTEL[2][3], VECTORS / INTEL[2][1],
           out="hint:    attest collateral fetch --evidence")
    expect(BAD, "hint: expired", "verify", "--at", "2025-08-01T00:00:00Z", "--collateral", VECTORS / INTEL[2][2], VECTORS / INTEL[2][1],
           out="hint:    fetch Intel's current revocation lists")


def inspect(f):
    for name, path, part in (
            ("collateral", VECTORS / INTEL[0][2], "SGX-00a067110000"), ("a raw answer", VECTORS / "sgx" / "tcbinfo-00606a000000.tcb17.json",
             "SGX-00606a000000"), ("evaluation numbers", VECTORS / "tdx" / "tcbevaluationdatanumbers.tdx.json", "recoveryEvent"),
            ("a PCK certificate", VECTORS / "sgx" / "intel-sample" / "pckCert.pem", "fmspc                    00707f000000"),
            ("a revocation list", VECTORS / "sgx" / "intel-sample" / "rootCaCrl.der", "crlNumber")):
        if path.exists():
            expect(GOOD, f"inspect: {name}", "inspect", path, out=part)


with Folder() as f:
    status(f)
    bundle, folder, raw = bundles(f)
    damage(f, bundle, folder)
    fetch(f)
    offline(f, folder, bundle, raw)
    simulated(f)
    garbage = f.file("garbage", '{"report":"AAAA"}')
    r = expect(UNUSABLE, "garbage in a request", "verify", garbage, out="", err="looked for evidence of OpenEnclave or SevSnpVm")
    expect(GOOD, "garbage in a request, inspected", "inspect", garbage, out="3 bytes of no known kind")
    if VECTORS.exists():
        compare()
        intel(f)
        rollback(f)
        fetch_intel(f)
        hints()
        inspect(f)
    else:
        skip("Intel's collateral", "no vectors")
done()

#!/usr/bin/env python3
"""SGX, Open Enclave and TDX through the daemon: the recorded pairs claim for claim, simulated evidence, no URL followed."""
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from daemon import BUILD, CLOCK, VECTORS, VERSION, Daemon, b64u, check, claims, done, header, skip, unb64u

GOLDEN = VECTORS / "maa-golden"
COLLATERAL = VECTORS / "sgx" / "sgx-v3-00906ed50000.2022-04.collateral.json"
THEN = "2022-04-27T00:00:00Z"
PAIRS = ("attest-sgx-simple.aad", "attest-sgx-runtime-json.aad", "attest-sgx-draft-policy.aad", "attest-oe-simple.shared",
         "attest-oe-runtime-binary.shared")
OWN = {"iss", "iat", "nbf", "exp", "jti"}
UNKNOWN = {"qeidhash", "tcbinfohash"}           # digests of documents that were not recorded
HASHES = {"x-ms-sgx-collateral", "maa-attestationcollateral"}


def comparable(token):
    """Claims without the service's own, and without the two digests whose inputs nobody has."""
    return {k: {h: x for h, x in v.items() if h not in UNKNOWN} if k in HASHES else v
            for k, v in claims(token).items() if k not in OWN}


def wanted(step):
    return {k: {h: x for h, x in v.items() if h not in UNKNOWN} if k in HASHES else v
            for k, v in step["decoded"]["claims"].items() if k not in OWN}


def evidence_of(body):
    return unb64u(body.get("quote") or body.get("report"))


def answered(d, name, step):
    request = step["request"]
    a = d.attest(request["body"], path=request["path"])
    if not check(a.status == step["response"]["status"], f"{name}: status", (a.status, a.body)):
        return
    if a.status != 200:
        check(a.code() == step["response"]["body"]["error"]["code"] and
              "No Permit claim was issued" in a.json()["error"]["message"], f"{name}: the recorded error", a.body)
        return
    token = a.json()["token"]
    got, want = comparable(token), wanted(step)
    check(got == want, f"{name}: the recorded claims",
          {k: (got.get(k), want.get(k)) for k in set(got) | set(want) if got.get(k) != want.get(k)})
    whole, collateral = claims(token), claims(token)["x-ms-sgx-collateral"]
    check(set(whole) == set(step["decoded"]["claims"]) and set(collateral) == set(
        step["decoded"]["claims"]["x-ms-sgx-collateral"]), f"{name}: no claim more or less", whole)
    check(collateral["quotehash"] == hashlib.sha256(evidence_of(request["body"])).hexdigest() and
          all(len(h) == 64 for h in collateral.values()), f"{name}: digests of collateral", collateral)
    check(whole["iss"] == d.url and whole["exp"] == whole["iat"] + 28800, f"{name}: issuer and lifetime", whole)
    check(header(token)["alg"] == step["decoded"]["header"]["alg"] and
          (header(token)["alg"] == "RS256") == bool(token.split(".")[2]), f"{name}: algorithm", header(token))


def recorded():
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(COLLATERAL, folder)
        config = f"collateral: {{dir: {folder}}}\ntcb: {{accept: [UpToDate, SWHardeningNeeded, OutOfDate]}}\n"
        with Daemon(config=config, clock=THEN, anchors=False) as d:
            for pair in PAIRS:
                for i, step in enumerate(json.loads((GOLDEN / f"{pair}.json").read_text())["steps"]):
                    answered(d, f"{pair} {i}", step)
            oe_body = json.loads((GOLDEN / "attest-oe-simple.shared.json").read_text())["steps"][0]["request"]["body"]
            broken = bytearray(evidence_of(oe_body))
            broken[16 + 48 + 64] ^= 1
            a = d.attest({"report": b64u(bytes(broken))}, path=f"/attest/OpenEnclave?{VERSION}")
            failed = [c["id"] for c in a.json()["error"]["checks"] if c["outcome"] == "fail"]
            check(a.status == 400 and failed == ["dcap.quote.signature"], "another measurement: the signature", a.body)
        with Daemon(config=f"collateral: {{dir: {folder}}}\n", clock=THEN, anchors=False) as d:
            a = d.attest(oe_body, path=f"/attest/OpenEnclave?{VERSION}")
            check(a.status == 400 and "dcap.tcb.level" in a.json()["error"]["message"] and "OutOfDate" in
                  a.json()["error"]["message"] and "needs" in a.json()["error"]["message"],
                  "out of date by default, and what is short is named", a.body)
        with Daemon(clock=THEN, anchors=False) as d:
            a = d.attest(oe_body, path=f"/attest/OpenEnclave?{VERSION}")
            check(a.status == 503 and a.code() == "CollateralUnavailable" and "tcb-info SGX-00906ed50000" in
                  a.json()["error"]["message"], "without collateral: what is missing", a.body)


class Simulated:
    """Machines under one root, and the daemon's folder of collateral for them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.collateral = self.folder / "collateral"
        self.collateral.mkdir()

    def make(self, name, kind, *options):
        out = self.folder / name
        subprocess.run([BUILD / "attest", "simulate", kind, "--at", CLOCK, "--keys", self.folder / "keys.pem", *options,
                        "-o", out], check=True, stdout=subprocess.DEVNULL)
        shutil.copy(out / "collateral.json", self.collateral / f"{name}.json")
        return json.loads((out / "attest-request.json").read_text())

    def daemon(self, name, collateral=True):
        """A data directory of its own; every root made here is an anchor."""
        folder = self.folder / name
        anchors = folder / "data" / "test-anchors"
        anchors.mkdir(parents=True, mode=0o700)
        os.chmod(folder / "data", 0o700)
        for root in self.folder.glob("*/root.pem"):
            shutil.copy(root, anchors / f"{root.parent.name}.pem")
        config = f"collateral: {{dir: {self.collateral}}}\n" if collateral else ""
        return Daemon(config=config, anchors=False, folder=folder)


def simulated():
    with tempfile.TemporaryDirectory() as folder:
        s = Simulated(folder)
        data = s.folder / "data.json"
        data.write_text('{"key":"k"}')
        bound = ("--runtime-data", data, "--inittime-data", data)
        sgx = s.make("sgx", "SgxEnclave", "--fmspc", "00aa11000001", "--svn", "7", *bound)
        oe = s.make("oe", "OpenEnclave", "--fmspc", "00aa11000002", "--product-id", "9", "--debug")
        tdx = s.make("tdx", "TdxVm", "--fmspc", "00aa11000003", "--td-report", "1.5", *bound)
        old = s.make("old", "TdxVm", "--fmspc", "00aa11000004", "--status", "OutOfDate", "--advisories", "INTEL-SA-00001")
        with s.daemon("served") as d:
            for kind, body, want in (
                    ("SgxEnclave", sgx, {"x-ms-sgx-svn": 7, "x-ms-runtime": {"key": "k"}, "x-ms-inittime": {"key": "k"}}),
                    ("OpenEnclave", oe, {"x-ms-sgx-product-id": 9, "x-ms-sgx-is-debuggable": True}),
                    ("TdxVm", tdx, {"attester_tcb_status": "UpToDate", "tdx_seamsvn": 263, "dbgstat": "disabled",
                                    "x-ms-runtime": {"key": "k"}})):
                a = d.attest(body, path=f"/attest/{kind}?{VERSION}")
                got = claims(a.json()["token"]) if a.status == 200 else {}
                check(all(got.get(k) == v for k, v in want.items()) and got["x-ms-attestation-type"] in
                      ("sgx", "tdxvm"), f"simulated {kind}: a token with its claims", a.body)
            a = d.attest(old, path=f"/attest/TdxVm?{VERSION}")
            message = a.json()["error"]["message"]
            check(a.status == 400 and "OutOfDate" in message and "component 1 is 70, needs 110" in message and
                  "INTEL-SA-00001" in message, "out of date: what is short, and the advisory", message)
            for kind, body in (("SgxEnclave", tdx), ("TdxVm", sgx)):
                a = d.attest(body, path=f"/attest/{kind}?{VERSION}")
                check(a.status == 400 and a.code() == "InvalidParameter", f"evidence of another type at {kind}", a.body)
            a = d.attest({**sgx, "runtimeData": {"data": b64u(b"{}"), "dataType": "JSON"}}, path=f"/attest/SgxEnclave?{VERSION}")
            check(a.status == 400 and "sgx.report_data" in a.json()["error"]["message"], "other runtime data", a.body)


def b13_no_url_is_followed():
    """B13: certificates of evidence that name a place on this machine for lists and issuers; nobody comes."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        listening.setblocking(False)
        url = "http://127.0.0.1:%d" % listening.getsockname()[1]
        s = Simulated(folder)
        kinds = ("SgxEnclave", "OpenEnclave", "TdxVm")
        bodies = {kind: s.make(kind, kind, "--fmspc", f"00aa1100001{i}", "--url", url) for i, kind in enumerate(kinds)}
        for kind in kinds:
            path = s.folder / kind
            command = [BUILD / "attest", "verify", "--at", CLOCK, "--anchors", path / "root.pem", path / "attest-request.json"]
            have = subprocess.run([*command, "--collateral", path / "collateral.json"], capture_output=True, check=False)
            lack = subprocess.run(command, capture_output=True, check=False)
            check((have.returncode, lack.returncode) == (0, 2), f"B13 {kind}: attest verify with and without collateral",
                  (have.returncode, lack.returncode))
        with s.daemon("with") as d:
            for kind in kinds:
                a = d.attest(bodies[kind], path=f"/attest/{kind}?{VERSION}")
                check(a.status == 200, f"B13 {kind}: the daemon with collateral", a.body)
        with s.daemon("without", collateral=False) as d:
            for kind in kinds:
                a = d.attest(bodies[kind], path=f"/attest/{kind}?{VERSION}")
                check(a.status == 503 and a.code() == "CollateralUnavailable", f"B13 {kind}: the daemon without", a.body)
        try:
            came = listening.accept()
        except BlockingIOError:
            came = None
        check(came is None, "B13: the place that certificates name was never asked", came)


if COLLATERAL.exists():
    recorded()
else:
    skip("recorded pairs", f"no {COLLATERAL}")
simulated()
b13_no_url_is_followed()
done()

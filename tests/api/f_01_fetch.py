"""The real fetch role, driven by fetch-probe, against the mock of PCS, PCCS, KDS and THIM."""
import base64
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import daemon
from daemon import check

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mock"))
import sources  # noqa: E402

LIMIT_S = 30
FMSPC = "00906ed50000"
CHAIN = "-----BEGIN CERTIFICATE-----\nc2lnbmluZytyb290\n-----END CERTIFICATE-----\n"
CHIP, TCB = bytes(range(64)), bytes([4, 0, 0, 0, 0, 0, 24, 219])
VCEK = f"Milan-{CHIP.hex()}-{TCB.hex()}"
PCK = f"{'01' * 16}-0000-{'0f' * 16}-0d00"
DER_CRL = b"\x30\x81\x80" + b"Intel SGX PCK Platform CA" + bytes(100)
DER_ROOT = b"\x30\x81\x90" + bytes(range(1, 141))


def collateral(number, date="2026-01-01"):
    """Form only: nobody judges it here."""
    tcb = {"id": "SGX", "version": 3, "fmspc": FMSPC.upper(), "tcbEvaluationDataNumber": number, "issueDate": date}
    return {"tcb_info": json.dumps(tcb), "tcb_info_signature": "ab" * 64, "tcb_info_issuer_chain": CHAIN,
            "qe_identity": json.dumps({"id": "QE", "tcbEvaluationDataNumber": number}),
            "qe_identity_signature": "cd" * 64, "qe_identity_issuer_chain": CHAIN,
            "pck_crl_issuer_chain": CHAIN, "pck_crl": DER_CRL.hex(), "root_ca_crl": DER_ROOT.hex()}


def fill(mock, folder):
    for number in (17, 18):
        mock.material.add_collateral(collateral(number))
    numbers = folder / "numbers.json"
    numbers.write_text('{"tcbEvaluationDataNumbers":{"id":"SGX"},"signature":"00"}')
    mock.add(numbers)
    report = bytearray(1184)
    report[0x1a0:0x1e0], report[0x180:0x188] = CHIP, TCB
    (folder / "report.bin").write_bytes(report)
    (folder / "leaf.der").write_bytes(b"\x30\x82\x01\x00" + bytes(256))
    (folder / "chain.pem").write_text(3 * CHAIN)
    (folder / "crl.der").write_bytes(DER_CRL)
    mock.add(folder)
    mock.material.pck[tuple(PCK.split("-"))] = CHAIN, 2 * CHAIN


class Fetcher:
    """fetch-probe with a configuration."""

    def __init__(self, entries, tuning="", api_key=""):
        self.folder = tempfile.TemporaryDirectory(prefix="attestd-fetch-")
        path = pathlib.Path(self.folder.name) / "config.yaml"
        path.write_text("log: {level: debug}\nsandbox: %s\ncollateral:\n  fetch: {%s}\n  sources:\n%s" % (
            os.environ.get("ATTESTD_SANDBOX", "strict"), tuning, "".join(f"  - {e}\n" for e in entries)))
        self.process = subprocess.Popen([daemon.BUILD / "tests" / "api" / "fetch-probe", path, api_key], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.answers, self.log, self.last, self.kept = queue.Queue(), [], 0, {}
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_log, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.answers.put(json.loads(line))
        self.answers.put(None)

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def send(self, kind, key, baseline="", authentic=True):
        self.last += 1
        self.process.stdin.write(f"{self.last} {kind} {key} {baseline or '-'} {int(authentic)}\n")
        return self.last

    def wait(self, number):
        while number not in self.kept:
            answer = self.answers.get(timeout=LIMIT_S)
            if answer is None:
                raise RuntimeError("fetch-probe ended:\n" + "\n".join(self.log[-20:]))
            answer["pieces"] = [base64.b64decode(piece) for piece in answer["pieces"]]
            self.kept[answer["id"]] = answer
        return self.kept.pop(number)

    def ask(self, *args, **kwargs):
        return self.wait(self.send(*args, **kwargs))

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(LIMIT_S)
        self.folder.cleanup()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def entry(mock, kind, name=None, more=""):
    root = f", root_crl_url: '{mock.url(kind)}/IntelSGXRootCA.der'" if kind.rstrip("0123456789") == "pcs" else ""
    return f"{{name: {name or kind}, kind: {kind.rstrip('0123456789')}, url: '{mock.url(kind)}'{root}{more}}}"


def body(outer, inner, signature):
    return ('{"%s":%s,"signature":"%s"}' % (outer, inner, signature)).encode()


def test_items(mock):
    c17, c18 = collateral(17), collateral(18)
    tcb = [body("tcbInfo", c["tcb_info"], "ab" * 64) for c in (c17, c18)]
    rows = [("tcb-info", "SGX-" + FMSPC, "", [tcb[0], CHAIN.encode()]),
            ("tcb-info", "SGX-" + FMSPC, "early", [tcb[1], CHAIN.encode()]),
            ("tcb-info", "SGX-" + FMSPC, "18", [tcb[1], CHAIN.encode()]),
            ("qe-identity", "QE", "standard", [body("enclaveIdentity", c17["qe_identity"], "cd" * 64), CHAIN.encode()]),
            ("pck-crl", "platform", "", [DER_CRL, CHAIN.encode()]),
            ("root-crl", "root", "", [DER_ROOT, CHAIN.encode()])]
    numbers = ("evaluation-numbers", "SGX", "", [mock.material.numbers["SGX"], CHAIN.encode()])
    leaf = mock.material.snp_leaf["Milan", CHIP.hex(), TCB]
    pck = ("pck-cert", PCK, "", [CHAIN.encode(), 2 * CHAIN.encode()])
    plain = {"pcs": rows + [numbers], "pccs": rows[:-1] + [numbers, pck, ("root-crl", "root", "", [DER_ROOT.hex().encode(), CHAIN.encode()])],
             "thim": rows[:-1] + [pck, ("root-crl", "root", "", [sources.pem_of("X509 CRL", DER_ROOT).encode(), CHAIN.encode()]),
                                  ("snp-vcek", VCEK, "", [(sources.pem_of("CERTIFICATE", leaf) + 2 * CHAIN).encode()])],
             "kds": [("snp-vcek", VCEK, "", [leaf, 2 * CHAIN.encode()]), ("snp-chain", "Milan-vcek", "", [2 * CHAIN.encode()]),
                     ("snp-chain", "Milan-vlek", "", [2 * CHAIN.encode()]),
                     ("snp-crl", "Milan-vcek", "", [DER_CRL, 2 * CHAIN.encode()])]}
    for kind, wanted in plain.items():
        with Fetcher([entry(mock, kind)]) as f:
            for item, key, baseline, pieces in wanted:
                got = f.ask(item, key, baseline)
                check(got["outcome"] == "found" and got["pieces"] == pieces and got["source"] == kind,
                      f"{kind} brings {item} {key[:20]} {baseline}", got)
            check(f.close() == 0, f"{kind}: the role ends well with its channel", f.log[-5:])


def test_refused(mock):
    with Fetcher([entry(mock, "pcs")]) as f:
        for args, text in ((("snp-vcek", VCEK), "no source is configured for snp-vcek"),
                           (("tcb-info", "SGX-../../../x"), "is no key of that kind"),
                           (("tcb-info", "SGX-00906ED50000"), "is no key of that kind"),
                           (("tcb-info", "SGX-" + FMSPC, "early&x=y"), "baseline"),
                           (("nonsense", "x"), "is no kind of endorsement")):
            got = f.ask(*args)
            check(got["outcome"] == "refused" and text in got["tried"], f"refused: {args[0]} {args[1][:20]}", got)


QE = ("qe-identity", "QE")
FAILURES = {    # fault: what the answer says of it
    "500": "status 500", "503": "status 503", "truncated": "transfer closed", "wrong-type": "text/html that are something else",
    "redirect": "status 302", "no-chain": "no header SGX-Enclave-Identity-Issuer-Chain", "bad-chain": "not percent-encoded",
    "huge": "larger than 1048576 bytes", "hang": "timed out", "drip": "timed out"}


def test_faults(mock):
    """Each fault alone ends the question with a reason; with a second source it is overcome."""
    for fault, text in FAILURES.items():
        mock.clear()
        mock.fault(fault, "/pcs/sgx/certification/v4/qe/")
        tuning = "deadline_ms: %d, retries: 0" % (400 if text == "timed out" else 5000)
        with Fetcher([entry(mock, "pcs")], tuning) as f:
            got = f.ask(*QE)
            check(got["outcome"] == "failed" and got["tried"].startswith("pcs: ") and text in got["tried"] and not got["pieces"],
                  f"{fault}: fails and says why", got)
        with Fetcher([entry(mock, "pcs"), entry(mock, "pccs")], tuning) as f:
            got = f.ask(*QE)
            check(got["outcome"] == "found" and got["source"] == "pccs" and text in got["tried"], f"{fault}: the next source is asked", got)
            check(f.ask("pck-crl", "platform")["source"] == "pcs", f"{fault}: of one item says nothing of another")
    check(mock.count("/trap") == 0, "no redirect was followed")


def test_wrong_signature(mock):
    mock.fault("wrong-signature", "/pcs/")
    with Fetcher([entry(mock, "pcs")]) as f:
        got = f.ask(*QE)
        check(got["outcome"] == "found" and got["pieces"][0].endswith(b'cc"}') is False and len(got["pieces"]) == 2,
              "signatures are the worker's business", got)


def test_names(mock):
    with Fetcher(["{name: nowhere, kind: pcs, url: 'https://pcs.invalid'}", entry(mock, "pccs")], "deadline_ms: 3000, retries: 0") as f:
        got = f.ask(*QE)
        check(got["source"] == "pccs" and "nowhere: " in got["tried"], "a name that does not resolve: the next source is asked", got)
    port = mock.port
    with Fetcher([f"{{name: closed, kind: pcs, url: 'http://127.0.0.1:{free_port()}'}}"], "retries: 0") as f:
        got = f.ask(*QE)
        check(got["outcome"] == "failed" and "connect" in got["tried"].lower() and str(port) not in got["tried"], "nobody listens", got)


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_repetitions(mock):
    mock.fault("500", "/pcs/", times=2)
    with Fetcher([entry(mock, "pcs")]) as f:
        before = mock.count("/pcs/")
        got = f.ask(*QE)
        check(got["outcome"] == "found" and mock.count("/pcs/") - before == 3, "the third attempt succeeds", got)
        mock.fault("500", "/pcs/")
        got = f.ask(*QE)
        check(got["outcome"] == "failed" and "(3 times)" in got["tried"] and mock.count("/pcs/") - before == 6, "three attempts and no more", got)
        mock.clear()
        mock.fault("404", "/pcs/")
        got = f.ask(*QE)
        check(got["outcome"] == "absent" and mock.count("/pcs/") - before == 7, "absent is not asked again", got)


def test_absent(mock):
    rows = ((("404", None), "found", "pccs"), (("404", "404"), "absent", ""), (("410", "404"), "absent", ""),
            (("404", "500"), "failed", ""), (("500", "404"), "failed", ""), ((None, "500"), "found", "pcs"))
    for (first, second), outcome, source in rows:
        mock.clear()
        for fault, path in ((first, "/pcs/"), (second, "/pccs/")):
            if fault:
                mock.fault(fault, path)
        with Fetcher([entry(mock, "pcs"), entry(mock, "pccs")], "retries: 0") as f:
            got = f.ask(*QE)
            check((got["outcome"], got["source"]) == (outcome, source), f"{first}, then {second}: {outcome}", got)
            check(outcome != "absent" or got["seconds"] == 600, "absent: for how long", got)


def test_slow(mock):
    """A hanging question delays no other, not even of the same source."""
    mock.fault("hang", "/pcs/sgx/certification/v4/qe/")
    with Fetcher([entry(mock, "pcs")], "deadline_ms: 30000") as f:
        slow = f.send(*QE)
        mock.wait(1, "/pcs/sgx/certification/v4/qe/")
        quick = [f.send("pck-crl", "platform") for _ in range(20)]
        check(all(f.wait(n)["outcome"] == "found" for n in quick) and slow not in f.kept, "twenty answers while one question hangs")
        mock.clear()
        check(f.wait(slow)["outcome"] == "found", "and that one too, in the end")


def test_many(mock):
    mock.fault("hang", "/pcs/")
    with Fetcher([entry(mock, "pcs")], "deadline_ms: 60000, retries: 0") as f:
        numbers = [f.send("tcb-info", "SGX-%012x" % i) for i in range(128)]
        mock.wait(16, "tcb?fmspc=0000000000")
        got = f.ask(*QE)
        check(got["outcome"] == "refused" and got["seconds"] == 1 and "too many" in got["tried"], "at most 128 questions at once", got)
        check(mock.count("tcb?fmspc=0000000000") == 16, "of which 16 at one host", mock.count("tcb?fmspc=0000000000"))
        mock.clear()
        check({f.wait(n)["outcome"] for n in numbers} == {"absent"}, "all of them are answered")


def test_wait(mock):
    """Retry-After in seconds and as a date: the source is left alone, and another asked."""
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100))
    for fault, after, low, high in (("429", "7", 5, 7), ("503", "7", 5, 7), ("429", date, 60, 100), ("429", None, 28, 30),
                                    ("429", "99999999", 3590, 3600)):
        mock.clear()
        mock.fault(fault, "/pcs/", retry_after=after)
        with Fetcher([entry(mock, "pcs")]) as f:
            got = f.ask(*QE)
            check(got["outcome"] == "failed" and low <= got["seconds"] <= high, f"{fault} with Retry-After {after}", got)
            before = mock.count("/pcs/")
            got = f.ask("pck-crl", "platform")
            check(got["outcome"] == "refused" and low - 3 <= got["seconds"] <= high and mock.count("/pcs/") == before,
                  "then it is not asked", got)
        with Fetcher([entry(mock, "pcs"), entry(mock, "pccs")]) as f:
            check([f.ask(*QE)["source"] for _ in range(2)] == ["pccs", "pccs"], "the next source is asked", f.log[-3:])


def test_breaker(mock):
    mock.fault("500", "/pcs/")
    with Fetcher([entry(mock, "pcs")], "retries: 0, breaker_failures: 2, breaker_seconds: 1") as f:
        before = mock.count("/pcs/")
        outcomes = [f.ask(*QE)["outcome"] for _ in range(4)]
        check(outcomes == ["failed", "failed", "refused", "refused"] and mock.count("/pcs/") - before == 2, "two failures open it", outcomes)
        got = daemon.until(lambda: (a := f.ask(*QE))["outcome"] != "refused" and a)
        check(got["outcome"] == "failed" and mock.count("/pcs/") - before == 3, "one question is the probe", got)
        got = f.ask(*QE)
        check(got["outcome"] == "refused" and got["seconds"] == 2, "and doubles the time", got)
        mock.clear()
        got = daemon.until(lambda: (a := f.ask(*QE))["outcome"] != "refused" and a)
        check(got["outcome"] == "found", "a probe that succeeds closes it", got)
        check(f.ask("pck-crl", "platform")["outcome"] == "found", "for everything")
        check(any("source-left-alone" in line for line in f.log), "the log says so", f.log)


def test_unauthentic(mock):
    stranger = ["tcb-info", "SGX-0000000000%02x"]
    with Fetcher([entry(mock, "pcs")], "unauthentic_per_minute: 3, breaker_failures: 2, retries: 2") as f:
        before = mock.count("/pcs/")
        first = [f.ask(stranger[0], stranger[1] % i, authentic=False)["outcome"] for i in range(3)]
        check(first == ["absent"] * 3 and mock.count("/pcs/") - before == 3, "three are asked about", first)
        got = f.ask(stranger[0], stranger[1] % 3, authentic=False)
        check(got["outcome"] == "refused" and 1 <= got["seconds"] <= 60, "the fourth is not", got)
        got = f.ask(stranger[0], stranger[1] % 1, authentic=False)
        check(got["outcome"] == "absent" and got["seconds"] > 500, "what was absent is remembered", got)
        check(mock.count("/pcs/") - before == 3, "without asking")
        check(f.ask("tcb-info", "SGX-" + FMSPC)["outcome"] == "found", "known machines are served all the same")
        check(f.ask(stranger[0], stranger[1] % 1)["outcome"] == "absent" and mock.count("/pcs/") - before == 5,
              "the memory of strangers is not that of known machines")
    mock.fault("500", "000000000000")
    with Fetcher([entry(mock, "pcs")], "unauthentic_per_minute: 9, breaker_failures: 2, retries: 0") as f:
        outcomes = [f.ask(stranger[0], stranger[1] % 0, authentic=False)["outcome"] for i in range(3)]
        check(outcomes == ["failed", "failed", "refused"], "their failures open their breaker", outcomes)
        check(f.ask("tcb-info", "SGX-" + FMSPC)["outcome"] == "found", "and not that of known machines")
    mock.clear()
    mock.fault("500", "/pcs/")
    with Fetcher([entry(mock, "pcs")], "unauthentic_per_minute: 2") as f:
        before = mock.count("/pcs/")
        f.ask(stranger[0], stranger[1] % 0, authentic=False)
        check(mock.count("/pcs/") - before == 2, "repetitions cost the same", mock.count("/pcs/") - before)


def test_issuers(mock):
    """What certifies an item comes along when it can be had, and is not asked for each time."""
    with Fetcher([entry(mock, "kds")]) as f:
        before = mock.count("cert_chain")
        for _ in range(3):
            f.ask("snp-vcek", VCEK)
        check(mock.count("cert_chain") - before == 1, "one chain for three certificates")
    mock.fault("500", "cert_chain")
    with Fetcher([entry(mock, "kds")]) as f:
        got = f.ask("snp-vcek", VCEK)
        check(got["outcome"] == "found" and len(got["pieces"]) == 1, "without it the certificate comes alone", got)
    with Fetcher([entry(mock, "pcs")]) as f:
        got = f.ask("root-crl", "root")
        check(len(got["pieces"]) == 2, "the root comes with the root's list", got)


def test_api_key(mock):
    with Fetcher([entry(mock, "pcs")], api_key="top-secret-key") as f:
        f.ask(*QE)
        sent = {k.lower(): v for k, v in mock.requests[-1][1].items()}
        check(sent.get("ocp-apim-subscription-key") == "top-secret-key", "the API key is sent", sent)
        check(f.close() == 0 and not any("secret" in line for line in f.log), "and not logged")
    with Fetcher([entry(mock, "kds")], api_key="top-secret-key") as f:
        f.ask("snp-chain", "Milan-vcek")
        check("top-secret-key" not in str(mock.requests[-1][1]), "other kinds have none")


def test_tls(folder):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
               "-subj", "/CN=mock", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with sources.Sources(tls=(folder / "cert.pem", folder / "key.pem")) as mock:
        fill(mock, folder)
        with Fetcher([entry(mock, "pccs", more=f", ca_file: '{folder / 'cert.pem'}'")]) as f:
            check(f.ask(*QE)["outcome"] == "found", "a private CA is trusted where it is configured")
            check(f.ask("pck-crl", "platform")["outcome"] == "found", "again")
        with Fetcher([entry(mock, "pccs")], "retries: 0") as f:
            got = f.ask(*QE)
            check(got["outcome"] == "failed" and "certificate" in got["tried"], "and nowhere else", got)
        # The same bytes in a file that was not there when the role shut itself in.
        link = folder / "ca.pem"
        link.symlink_to(folder / "cert.pem")
        with Fetcher([entry(mock, "pccs", more=f", ca_file: '{link}'")], "retries: 0") as f:
            check(f.ask("nonsense", "x")["outcome"] == "refused", "the role is in its sandbox")
            (folder / "later.pem").write_bytes((folder / "cert.pem").read_bytes())
            link.unlink()
            link.symlink_to(folder / "later.pem")
            got = f.ask(*QE)
            if any("sandbox.incomplete" in line for line in f.log):
                daemon.skip("files that are not the role's", "no sandbox in this build")
            else:
                check(got["outcome"] == "failed" and "certificate" in got["tried"], "files that are not the role's stay closed", got)


def run():
    with sources.Sources() as mock, tempfile.TemporaryDirectory() as folder:
        fill(mock, pathlib.Path(folder))
        for test in (test_items, test_refused, test_faults, test_wrong_signature, test_names, test_repetitions, test_absent,
                     test_slow, test_many, test_wait, test_breaker, test_unauthentic, test_issuers, test_api_key):
            mock.clear()
            test(mock)
        test_tls(pathlib.Path(folder))
    daemon.done()


if __name__ == "__main__":
    run()

"""One server that plays the sources of collateral: Intel's PCS, a PCCS, AMD's KDS, Azure's THIM.  Standard library only.

From a test:

    import sources                                      # tests/mock must be on sys.path
    with sources.Sources() as mock:                     # tls=(certificate file, key file): https
        mock.add("…/collateral/sgx.json")               # normalised collateral, raw PCS answers, or a folder of
        mock.add("…/sim")                               # `attest simulate SevSnpVm`; product defaults to Milan
        url = mock.url("pcs")                           # base URL for collateral.sources: pcs, pccs, kds, thim;
                                                        # pcs2, kds7, ... are more of that kind with the same files
        mock.fault("500", path="/pcs/", times=2)        # for requests whose path and query hold the text
        mock.count("tcb?fmspc")                         # requests so far whose path and query hold the text
        mock.wait(3, "/pcs/")                           # until three of them came; False after the time limit
        mock.clear()                                    # no more faults; what hangs goes on

Faults: hang (no answer until clear()), 500, 503, 404, 410, 429 (retry_after="7" or an HTTP date), truncated (connection
ends inside the body), wrong-signature (one hex digit or the last byte), wrong-type (a page of HTML), drip (a byte per
0.2 s), redirect (to /trap here; count("/trap") must stay 0), no-chain (no issuer chain header), bad-chain (header
that does not decode), huge (a body without end).  The newest fault that matches decides; times=0 is for ever.

From a shell, with the same names:  sources.py [--listen 127.0.0.1:0] [--tls CERT KEY] FILE|FOLDER...
prints `ready URL`.  GET /_control/counts gives {path: number}; POST /_control/fault takes {"kind":…,"path":…,"times":…,
"retry_after":…}; POST /_control/clear; POST /_control/add takes {"path":…}.
"""
import argparse
import base64
import http.server
import json
import pathlib
import re
import select
import ssl
import sys
import threading
import urllib.parse

LIMIT_S = 30
SGX_PATH = re.compile(r"/(sgx|tdx)/certification/v[34]/(.+)")
KDS_PATH = re.compile(r"/(vcek|vlek)/v1/(Milan|Genoa|Turin)/(.+)")
THIM_SNP = re.compile(r"/SevSnpVM/certificates/([0-9a-f]+)/([0-9a-f]+)")
# Which SPL a request names, and the byte of the TCB it stands for.
SPLS = {"Milan": {"blSPL": 0, "teeSPL": 1, "snpSPL": 6, "ucodeSPL": 7}}
SPLS["Genoa"] = SPLS["Milan"]
SPLS["Turin"] = {"fmcSPL": 0, "blSPL": 1, "teeSPL": 2, "snpSPL": 3, "ucodeSPL": 7}


class Answer:
    def __init__(self, status, body=b"", kind="text/plain", **headers):
        self.status, self.body, self.kind = status, body if isinstance(body, bytes) else body.encode(), kind
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def quoted(pem):
    return urllib.parse.quote(pem, safe="")


def pem_of(label, der):
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


class Material:
    """What there is to serve."""

    def __init__(self):
        self.documents = {}     # (tee, what, key): {evaluation number: (body, chain)}
        self.crls, self.root_crl, self.numbers = {}, None, {}
        self.pck = {}           # (qeid, pceid, cpusvn, pcesvn) in hex: (PEM, chain)
        self.snp_leaf, self.snp_chain, self.snp_crl = {}, {}, {}

    def add(self, path, product):
        path = pathlib.Path(path)
        if path.is_dir():
            self.add_snp(path, product)
            return
        d = json.loads(path.read_text())
        if "tcbEvaluationDataNumbers" in d:
            self.numbers[d["tcbEvaluationDataNumbers"]["id"]] = path.read_bytes()
        elif "tcbInfo" in d:
            self._document(json.dumps(d["tcbInfo"]), path.read_bytes(), "")
        else:
            self.add_collateral(d)

    def add_collateral(self, d):
        for member, outer in (("tcb_info", "tcbInfo"), ("qe_identity", "enclaveIdentity")):
            body = '{"%s":%s,"signature":"%s"}' % (outer, d[member], d[member + "_signature"])
            self._document(d[member], body.encode(), d[member + "_issuer_chain"])
        crl = bytes.fromhex(d["pck_crl"])
        ca = "platform" if b"Platform CA" in crl else "processor"
        self.crls[ca] = (crl, d["pck_crl_issuer_chain"])
        self.root_crl = bytes.fromhex(d["root_ca_crl"])

    def _document(self, inner, body, chain):
        try:
            d = json.loads(inner)
        except ValueError:
            return
        if "fmspc" in d:
            key = (d.get("id", "SGX"), "tcb", d["fmspc"].lower())
        else:
            key = ("TDX" if d["id"] == "TD_QE" else "SGX", "qve" if d["id"] == "QVE" else "qe", "")
        self.documents.setdefault(key, {})[d.get("tcbEvaluationDataNumber", 0)] = (body, chain)

    def add_snp(self, folder, product):
        report = (folder / "report.bin").read_bytes()
        chip, tcb = report[0x1a0:0x1e0], report[0x180:0x188]
        if product == "Turin":
            chip = chip[:8]
        certificates = re.findall(r"-----BEGIN CERT.+?-----END CERTIFICATE-----\n", (folder / "chain.pem").read_text(),
                                  re.S)
        self.snp_leaf[product, chip.hex(), tcb] = (folder / "leaf.der").read_bytes()
        self.snp_chain[product] = "".join(certificates[1:])
        if (folder / "crl.der").exists():
            self.snp_crl[product] = (folder / "crl.der").read_bytes()

    # ---- answers: None is 404 ----

    def sgx(self, tee, rest, query, kind):
        what = {"tcb": "tcb", "qe/identity": "qe", "qve/identity": "qve"}.get(rest)
        if rest == "tcb" and not re.fullmatch("[0-9a-fA-F]{12}", query.get("fmspc", "")):
            return Answer(400, Error_Code="InvalidRequestParameters", Error_Message="fmspc")
        if what:
            if "update" in query and "tcbEvaluationDataNumber" in query:
                return Answer(400, Error_Code="InvalidRequestParameters", Error_Message="update and number")
            return self._tcb_or_identity(tee.upper(), what, query)
        if rest == "pckcrl":
            return self._pck_crl(query)
        if rest == "pckcert" and kind in ("pccs", "thim"):
            found = self.pck.get(tuple(query.get(name) for name in ("qeid", "pceid", "cpusvn", "pcesvn")))
            return found and Answer(200, found[0], "application/x-pem-file",
                                    SGX_PCK_Certificate_Issuer_Chain=quoted(found[1]))
        if rest == "rootcacrl" and kind in ("pccs", "thim") and self.root_crl:
            body = pem_of("X509 CRL", self.root_crl) if kind == "thim" else self.root_crl.hex()
            return Answer(200, body, "text/plain")
        if rest == "tcbevaluationdatanumbers" and tee.upper() in self.numbers:
            chains = [chain for editions in self.documents.values() for _, chain in editions.values() if chain]
            return Answer(200, self.numbers[tee.upper()], "application/json",
                          TCB_Evaluation_Data_Numbers_Issuer_Chain=quoted(chains[0] if chains else ""))
        return None

    def _tcb_or_identity(self, tee, what, query):
        editions = self.documents.get((tee, what, query.get("fmspc", "").lower()))
        if not editions:
            return None
        number = query.get("tcbEvaluationDataNumber")
        update = query.get("update", "standard")
        if number is None:
            number = max(editions) if update == "early" else min(editions)
        elif int(number) not in editions:
            return Answer(410 if int(number) < min(editions) else 404)
        body, chain = editions[int(number)]
        name = "TCB_Info_Issuer_Chain" if what == "tcb" else "SGX_Enclave_Identity_Issuer_Chain"
        return Answer(200, body, "application/json", **{name: quoted(chain), "Request_ID": "mock"})

    def _pck_crl(self, query):
        if query.get("ca") not in ("platform", "processor"):
            return Answer(400, Error_Code="InvalidRequestParameters", Error_Message="ca")
        if query["ca"] not in self.crls:
            return None
        crl, chain = self.crls[query["ca"]]
        if query.get("encoding", "pem") == "der":
            return Answer(200, crl, "application/pkix-crl", SGX_PCK_CRL_Issuer_Chain=quoted(chain))
        return Answer(200, pem_of("X509 CRL", crl), "application/x-pem-file", SGX_PCK_CRL_Issuer_Chain=quoted(chain))

    def kds(self, leaf, product, rest, query):
        if rest == "cert_chain" and product in self.snp_chain:
            return Answer(200, self.snp_chain[product], "application/x-pem-file")
        if rest == "crl" and product in self.snp_crl:
            return Answer(200, self.snp_crl[product], "application/pkix-crl")
        if leaf != "vcek" or not re.fullmatch("[0-9a-f]+", rest):
            return None
        if set(query) != set(SPLS[product]):
            return Answer(400, "the parameters of another product")
        tcb = bytearray(8)
        for name, at in SPLS[product].items():
            tcb[at] = int(query[name])
        found = self.snp_leaf.get((product, rest, bytes(tcb)))
        return found and Answer(200, found, "application/octet-stream")

    def thim_snp(self, chip, tcb):
        for (product, have, bytes_), leaf in self.snp_leaf.items():
            if have == chip and int.from_bytes(bytes_, "little") == int(tcb, 16):
                return Answer(200, pem_of("CERTIFICATE", leaf) + self.snp_chain[product], "application/x-pem-file")
        return None

    def answer(self, path, query):
        match = re.fullmatch(r"/(pcs|pccs|kds|thim)[0-9]*(/.*)", path)
        if not match:
            return None
        kind, rest = match.groups()
        if kind == "pcs" and rest == "/IntelSGXRootCA.der":
            return self.root_crl and Answer(200, self.root_crl, "application/pkix-crl")
        if kind in ("kds", "thim") and (m := KDS_PATH.fullmatch(rest)):
            return self.kds(*m.groups(), query)
        if kind == "thim" and (m := THIM_SNP.fullmatch(rest)):
            return self.thim_snp(*m.groups())
        if kind != "kds" and (m := SGX_PATH.fullmatch(rest)):
            return self.sgx(*m.groups(), query, kind)
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        if self.path == "/_control/counts":
            self._send(Answer(200, json.dumps(self.server.owner.counts()), "application/json"))
            return
        fault = self.server.owner.came(self.path, dict(self.headers))
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        answer = self.server.owner.material.answer(parts.path, query) or Answer(404, "no such item")
        getattr(self, "_fault_" + fault["kind"].replace("-", "_"))(answer, fault) if fault else self._send(answer)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        known = {"/_control/fault": lambda: self.server.owner.fault(body.pop("kind"), **body),
                 "/_control/clear": self.server.owner.clear,
                 "/_control/add": lambda: self.server.owner.add(**body)}
        if self.path in known:
            known[self.path]()
        self._send(Answer(200 if self.path in known else 404))

    def _head(self, a, length=None):
        self.send_response(a.status)
        for name, value in a.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", a.kind)
        self.send_header("Content-Length", len(a.body) if length is None else length)
        self.end_headers()

    def _send(self, a):
        self._head(a)
        self.wfile.write(a.body)

    # ---- faults ----

    def _status(self, status, fault):
        a = Answer(status, "a fault that a test asked for")
        if fault.get("retry_after"):
            a.headers["Retry-After"] = fault["retry_after"]
        self._send(a)

    def _fault_500(self, a, fault):
        self._status(500, fault)

    def _fault_503(self, a, fault):
        self._status(503, fault)

    def _fault_429(self, a, fault):
        self._status(429, fault)

    def _fault_404(self, a, fault):
        self._status(404, fault)

    def _fault_410(self, a, fault):
        self._status(410, fault)

    def _fault_hang(self, a, fault):
        """Until clear(), or until the other side has gone."""
        while not fault["over"].wait(0.05):
            if select.select([self.connection], [], [], 0)[0]:
                self.close_connection = True
                return
        self._send(a)

    def _fault_truncated(self, a, fault):
        self._head(a)
        self.wfile.write(a.body[:len(a.body) // 2])
        self.close_connection = True

    def _fault_wrong_signature(self, a, fault):
        at = a.body.rfind(b'"') - 1 if a.body.startswith(b"{") else len(a.body) - 1
        byte = a.body[at:at + 1]
        other = (b"1" if byte == b"0" else b"0") if a.body.startswith(b"{") else bytes([byte[0] ^ 1])
        a.body = a.body[:at] + other + a.body[at + 1:]
        self._send(a)

    def _fault_wrong_type(self, a, fault):
        self._send(Answer(200, "<html><body>Please log in to the network.</body></html>", "text/html"))

    def _fault_drip(self, a, fault):
        self._head(a)
        for i in range(len(a.body)):
            if fault["over"].wait(0.2):
                self.wfile.write(a.body[i:])
                return
            self.wfile.write(a.body[i:i + 1])

    def _fault_redirect(self, a, fault):
        host, port = self.server.server_address[:2]
        self._send(Answer(302, Location=f"http://{host}:{port}/trap"))

    def _fault_no_chain(self, a, fault):
        a.headers = {}
        self._send(a)

    def _fault_bad_chain(self, a, fault):
        a.headers = {name: "%2" if name.endswith("Chain") else value for name, value in a.headers.items()}
        self._send(a)

    def _fault_huge(self, a, fault):
        self._head(a, 1 << 40)
        while not fault["over"].is_set():
            self.wfile.write(bytes(1 << 16))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        """A client that goes away in the middle is what faults are for."""


class Sources:
    def __init__(self, listen=("127.0.0.1", 0), tls=None):
        self.material = Material()
        self._changed = threading.Condition()
        self._counts, self._faults, self.requests = {}, [], []
        self._server = Server(listen, Handler)
        self._server.owner = self
        self.scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, name):
        return f"{self.scheme}://127.0.0.1:{self.port}/{name}"

    def add(self, path, product="Milan"):
        self.material.add(path, product)

    def fault(self, kind, path="", times=0, retry_after=None):
        if not hasattr(Handler, "_fault_" + kind.replace("-", "_")):
            raise ValueError(f"no fault {kind}")
        with self._changed:
            self._faults.append({"kind": kind, "path": path, "left": times or None, "retry_after": retry_after,
                                 "over": threading.Event()})

    def clear(self):
        with self._changed:
            faults, self._faults = self._faults, []
        for fault in faults:
            fault["over"].set()

    def came(self, path, headers):
        """Counts a request; the fault that it meets, or None."""
        with self._changed:
            self._counts[path] = self._counts.get(path, 0) + 1
            self.requests.append((path, headers))
            self._changed.notify_all()
            for fault in reversed(self._faults):
                if fault["path"] in path and fault["left"] != 0:
                    fault["left"] = fault["left"] and fault["left"] - 1
                    return fault
        return None

    def counts(self):
        with self._changed:
            return dict(self._counts)

    def count(self, part=""):
        return sum(n for path, n in self.counts().items() if part in path)

    def wait(self, n, part="", seconds=LIMIT_S):
        with self._changed:
            return self._changed.wait_for(
                lambda: sum(k for path, k in self._counts.items() if part in path) >= n, seconds)

    def close(self):
        self.clear()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    parser = argparse.ArgumentParser(description="plays PCS, PCCS, KDS and THIM from files")
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--product", default="Milan", help="of the folders")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    host, port = options.listen.rsplit(":", 1)
    with Sources((host, int(port)), options.tls) as mock:
        for path in options.files:
            mock.add(path, options.product)
        print("ready", mock.url("")[:-1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

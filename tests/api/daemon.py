"""Starts the built attestd on a free port with a data directory of its own; TAP output; evidence to send.

BUILD names the build folder, ATTEST_VECTORS the vectors.  Nothing here sleeps: waiting is for an event, with a limit.
"""
import base64
import fcntl
import http.client
import json
import os
import pathlib
import queue
import select
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()
REPO = pathlib.Path(os.environ.get("REPO", pathlib.Path(__file__).resolve().parents[2]))
VECTORS = pathlib.Path(os.environ.get("ATTEST_VECTORS", REPO / ".." / "shared" / "vectors"))
CLOCK = "2026-01-15T12:00:00Z"      # the simulated evidence is made for this time
VERSION = "api-version=2022-08-01"
ATTEST = "/attest/SevSnpVm?" + VERSION
LIMIT_S = 30
_tests = []


def check(ok, name, shown=None):
    """One test."""
    _tests.append(bool(ok))
    print(f"{'ok' if ok else 'not ok'} {len(_tests)} - {name}", flush=True)
    if not ok and shown is not None:
        print(f"# found: {str(shown)[:1500]}", flush=True)
    return ok


def skip(name, why):
    _tests.append(True)
    print(f"ok {len(_tests)} - {name} # SKIP {why}", flush=True)


def done():
    print(f"1..{len(_tests)}", flush=True)
    sys.exit(0 if _tests and all(_tests) else 1)


def until(predicate, seconds=LIMIT_S):
    """Asks again and again until the answer is true; None when the time is over."""
    end = time.monotonic() + seconds
    while True:
        found = predicate()
        if found or time.monotonic() > end:
            return found or None
        select.select([], [], [], 0.005)


def evidence():
    """A request body that is permitted at CLOCK, and its root; made once for all tests of a build folder."""
    folder = BUILD / "api-evidence"
    with open(BUILD / "api-evidence.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ark.pem").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([BUILD / "attest", "simulate", "SevSnpVm", "--at", CLOCK, "-o", folder],
                           check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "attest-request.json").read_text()), folder / "ark.pem"


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def flipped(body, offset):
    """The request with one bit of its report changed."""
    inner = json.loads(unb64u(body["report"]))
    report = bytearray(unb64u(inner["SnpReport"]))
    report[offset] ^= 1
    inner["SnpReport"] = b64u(bytes(report))
    return {**body, "report": b64u(json.dumps(inner).encode())}


def claims(token):
    return json.loads(unb64u(token.split(".")[1]))


def header(token):
    return json.loads(unb64u(token.split(".")[0]))


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def code(self):
        """The code of a well-formed error envelope."""
        error = self.json()["error"]
        same = error["innererror"] == {"code": error["code"], "message": error["message"]}
        return error["code"] if same and error["message"] and error["requestId"] else None


class Daemon:
    def __init__(self, config="", args=(), clock=CLOCK, anchors=True, program="attestd", folder=None, listen="127.0.0.1:0"):
        self.own = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="attestd-test-"))
        self.data = self.folder / "data"
        self.config = self.folder / "config.yaml"
        self.config.write_text(config or "{}\n")
        if anchors:
            (self.data / "test-anchors").mkdir(parents=True, exist_ok=True, mode=0o700)
            os.chmod(self.data, 0o700)
            shutil.copy(evidence()[1], self.data / "test-anchors")
        command = [BUILD / program, "--config", self.config, "--data-dir", self.data, "--listen", listen, *args]
        if os.environ.get("ATTESTD_SANDBOX"):
            command += ["--sandbox", os.environ["ATTESTD_SANDBOX"]]
        if clock:
            command += ["--insecure-test", "--clock", clock]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.log, self.lines = [], queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        ready = self.wait_log("attestd: ready ")
        if not ready:
            self.process.kill()
            raise RuntimeError("attestd did not get ready:\n" + "\n".join(self.log))
        self.url = ready.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.tls = ssl.create_default_context(cafile=self.data / "tls" / "ca.pem")

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def wait_log(self, part, seconds=LIMIT_S):
        """The next log line that holds the text; None when it does not come."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.001, end - time.monotonic()))
            except queue.Empty:
                return None
            if line is None or part in line:
                return line

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=LIMIT_S)

    def ask(self, method, path, body=None, headers=None, connection=None):
        c = connection or self.connect()
        c.request(method, path, body, headers or {})
        answer = Answer(c.getresponse())
        if not connection:
            c.close()
        return answer

    def announce(self, method, path, length, headers):
        """Sends the head of a request whose body would have that length, and nothing of the body: a connection
        that is refused by the length closes while the body would be on its way."""
        c = self.connect()
        c.putrequest(method, path)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            c.putheader(name, value)
        c.endheaders()
        answer = Answer(c.getresponse())
        c.close()
        return answer

    def attest(self, body, headers=None, path=ATTEST, connection=None):
        text = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.ask("POST", path, text, {"Content-Type": "application/json", **(headers or {})}, connection)

    def roles(self, name):
        """Process ids of the children in a role."""
        found = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
                words = (stat.parent / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue
            if parent == self.process.pid and words[1:3] == [b"--role", name.encode()]:
                found.append(int(stat.parent.name))
        return sorted(found)

    def audit(self):
        return [json.loads(line) for line in (self.data / "audit" / "audit.log").read_text().splitlines()]

    def wait_exit(self, seconds=LIMIT_S):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, keep=False):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.wait_exit()
        if status is None:
            self.process.kill()
        if self.own and not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

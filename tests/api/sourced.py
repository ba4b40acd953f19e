"""A daemon that fetches its endorsements from the mock of PCS and KDS; simulated platforms under one root."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from daemon import BUILD, CLOCK, VERSION, Daemon

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mock"))
import sources  # noqa: E402,F401

SGX = "/attest/SgxEnclave?" + VERSION
TDX = "/attest/TdxVm?" + VERSION
ENGLISH = "SourceUnderTest"     # a name that nothing else prints
QUICK = "deadline_ms: 1500, retries: 0, breaker_failures: 1000, unauthentic_per_minute: 6000, absent_seconds: 1"


class Platform:
    """Evidence and collateral of one simulated machine."""

    def __init__(self, folder, name, *options, kind="SgxEnclave", at=CLOCK):
        self.folder = pathlib.Path(folder) / name
        subprocess.run([BUILD / "attest", "simulate", kind, "--at", at, "--keys", pathlib.Path(folder) / "keys.pem",
                        *map(str, options), "-o", self.folder], check=True, stdout=subprocess.DEVNULL)
        self.body = json.loads((self.folder / "attest-request.json").read_text())
        self.collateral = self.folder / "collateral.json"
        self.root = self.folder / "root.pem"


def config_of(entries, fetch=QUICK, more=""):
    listed = "".join(f"    - {{{entry}}}\n" for entry in entries)
    return f"collateral:\n  fetch: {{{fetch}}}\n" + (f"  sources:\n{listed}" if entries else "") + more


def pcs(mock, name=ENGLISH, kind="pcs", **more):
    url = mock.url(kind)
    root = f", root_crl_url: '{url}/IntelSGXRootCA.der'" if kind.startswith("pcs") else ""
    return f"name: {name}, kind: {kind.rstrip('0123456789')}, url: '{url}'{root}" + "".join(
        f", {k}: {v}" for k, v in more.items())


class Service(Daemon):
    """With a folder that outlives it, so that it can be started again on the same data."""

    def __init__(self, folder, config, roots=(), **more):
        folder = pathlib.Path(folder)
        anchors = folder / "data" / "test-anchors"
        anchors.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(folder / "data", 0o700)
        for i, root in enumerate(roots):
            shutil.copy(root, anchors / f"root{i}{pathlib.Path(root).suffix}")
        super().__init__(config=config, anchors=False, folder=folder, **more)

    def admin(self, method, path):
        token = (self.data / "admin.token").read_text().strip()
        return self.ask(method, path, headers={"Authorization": "Bearer " + token})

    def metrics(self):
        """Name with labels: value."""
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}

    def items(self):
        """What GET /collateral lists, by kind and key; of several evaluation numbers the highest."""
        listed = self.admin("GET", "/collateral").json()["items"]
        return {(i["kind"], i["key"]): i for i in listed}


@contextlib.contextmanager
def scene():
    """A folder and a mock."""
    with tempfile.TemporaryDirectory(prefix="attestd-sourced-") as folder, sources.Sources() as mock:
        yield pathlib.Path(folder), mock


def failed(answer):
    """The check that failed first, or None."""
    checks = answer.json()["error"].get("checks", [])
    return next((c["id"] for c in checks if c["outcome"] == "fail"), None)

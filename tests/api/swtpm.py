"""A software TPM with a state of its own; event logs taken apart, and replayed into it.

  with Swtpm() as tpm:
      tpm.replay(log)                     # its PCRs are then those of the machine that wrote the log
      attest("collect", "--tcti", tpm.tcti, ...)

Nothing sleeps: swtpm has its ports, or has ended because somebody else has them, when its socket answers.
"""
import datetime
import hashlib
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile

from daemon import until

HASHES = {4: ("sha1", 20), 11: ("sha256", 32), 12: ("sha384", 48), 13: ("sha512", 64)}
EV_NO_ACTION = 3


def available():
    """Are the tools there?  In CI they must be."""
    found = all(shutil.which(tool) for tool in ("swtpm", "swtpm_setup", "tpm2_pcrextend"))
    if not found and os.environ.get("CI") == "true":
        raise RuntimeError("no swtpm or tpm2-tools; scripts/setup installs them")
    return found


def _answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def ports():
    """Two neighbouring ports that are free now, below those that the kernel gives away by itself."""
    while True:
        port = random.randrange(20001, 32000, 2)
        try:
            for p in (port, port + 1):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", p))
            return port
        except OSError:
            continue


class Swtpm:
    def __init__(self, certificates=True, banks="sha256", state=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attestd-tpm-"))
        self.state = self.folder / "state"
        self.process = None
        if state:
            shutil.copytree(state, self.state)
        else:
            self._manufacture(certificates, banks)
        self.start()

    def _manufacture(self, certificates, banks):
        """A new TPM; its EK certificate is by a CA that belongs to this folder."""
        ca = self.folder / "ca"
        ca.mkdir()
        self.state.mkdir()
        conf = self.folder / "setup.conf"
        localca, options = self.folder / "localca.conf", self.folder / "options"
        localca.write_text(f"statedir = {ca}\nsigningkey = {ca}/signkey.pem\nissuercert = {ca}/issuercert.pem\n"
                           f"certserial = {ca}/certserial\n")
        options.write_text("--platform-manufacturer Lab\n--platform-version 1\n--platform-model Lab\n")
        conf.write_text(f"create_certs_tool = {shutil.which('swtpm_localca')}\n"
                        f"create_certs_tool_config = {localca}\ncreate_certs_tool_options = {options}\n")
        made = ["--create-ek-cert", "--create-platform-cert", "--lock-nvram"] if certificates else []
        # Files of its own; who runs as root is not made another user by the tool.
        run = subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", self.state, "--config", conf, "--overwrite",
                              "--pcr-banks", banks, "--runas", str(os.getuid()), *made],
                             capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError("swtpm_setup: " + run.stdout + run.stderr)
        self.roots = sorted(p for p in ca.glob("*cert.pem"))

    def start(self):
        """Power on: PCRs are zero again, the reset counter has grown."""
        for _ in range(20):
            self.port = ports()
            self.process = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}",
                 "--server", f"type=tcp,port={self.port},bindaddr=127.0.0.1",
                 "--ctrl", f"type=tcp,port={self.port + 1},bindaddr=127.0.0.1",
                 "--flags", "not-need-init,startup-clear"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # The control port: a connection to the other one would be the one client it serves.
            if until(lambda: self.process.poll() is not None or _answers(self.port + 1)) and self.process.poll() is None:
                break
        else:
            raise RuntimeError("swtpm does not start")
        self.tcti = f"swtpm:host=127.0.0.1,port={self.port}"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def restart(self):
        self.stop()
        self.start()

    def tool(self, name, *args, check=True):
        """One of the tpm2 tools; what it says."""
        run = subprocess.run([name, *map(str, args)], capture_output=True, text=True, cwd=self.folder,
                             env={**os.environ, "TPM2TOOLS_TCTI": self.tcti})
        if check and run.returncode:
            raise RuntimeError(f"{name}: {run.stdout}{run.stderr}")
        return run

    def time(self, later=60):
        """As daemons take it with --clock: so many seconds after the EK certificate was issued."""
        self.tool("tpm2_nvread", "0x1c00002", "-o", "ek.der")
        text = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", self.folder / "ek.der", "-noout", "-startdate"],
                              check=True, capture_output=True, text=True).stdout
        start = datetime.datetime.strptime(text.strip().split("=")[1], "%b %d %H:%M:%S %Y %Z")
        return (start + datetime.timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def extend(self, extensions):
        """(pcr, bank, hex), as many as wanted: the tool takes several at a time, in their order."""
        words = [f"{pcr}:{bank}={digest}" for pcr, bank, digest in extensions]
        for i in range(0, len(words), 100):
            self.tool("tpm2_pcrextend", *words[i:i + 100])

    def replay(self, log, bank="sha256"):
        self.extend((pcr, bank, digests[bank].hex()) for pcr, kind, digests, _ in events(log)
                    if kind != EV_NO_ACTION)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def events(log):
    """(pcr, type, {bank: digest}, data) of a crypto-agile log, without its first event."""
    pcr, kind = struct.unpack_from("<II", log)
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    while at < len(log):
        pcr, kind, n = struct.unpack_from("<III", log, at)
        at += 12
        digests = {}
        for _ in range(n):
            name, length = HASHES[struct.unpack_from("<H", log, at)[0]]
            digests[name] = log[at + 2:at + 2 + length]
            at += 2 + length
        size = struct.unpack_from("<I", log, at)[0]
        yield pcr, kind, digests, log[at + 4:at + 4 + size]
        at += 4 + size


def ima_extensions(listed):
    """(10, "sha256", hex) of each entry of a binary list, as kernels since 5.8 extend the bank."""
    at = 0
    while at < len(listed):
        pcr = struct.unpack_from("<I", listed, at)[0]
        name = struct.unpack_from("<I", listed, at + 24)[0]
        size = struct.unpack_from("<I", listed, at + 28 + name)[0]
        data = listed[at + 32 + name:at + 32 + name + size]
        violation = not any(listed[at + 4:at + 24])
        yield pcr, "sha256", "ff" * 32 if violation else hashlib.sha256(data).hexdigest()
        at += 32 + name + size

"""A running attestd for measurements: CPU time of all its processes, load by wrk."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

TICKS = os.sysconf("SC_CLK_TCK")


def children(pid):
    """pid and everything below it."""
    found = [pid]
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
                found += children(int(entry.name))
    return found


def cpu_us(pids):
    total = 0.0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total * 1e6


class Daemon:
    """attestd on a free port with its own data folder; simulated evidence is trusted through test anchors."""

    def __init__(self, build, data, anchor):
        self.build, self.data = pathlib.Path(build), pathlib.Path(data)
        (self.data / "test-anchors").mkdir(parents=True, mode=0o700)
        self.data.chmod(0o700)
        shutil.copy(anchor, self.data / "test-anchors")
        # A worker that is replaced in the middle of a round takes its CPU time with it.
        self.config = self.data / "bench.yaml"
        self.config.write_text("workers: {requests: 0}\n")

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.build / "attestd", "--config", self.config, "--data-dir", self.data, "--listen", "127.0.0.1:0", "--insecure-test"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            ready = re.match(r"attestd: ready (https://\S+)", line)
            if ready:
                self.url = ready.group(1)
                break
        else:
            raise RuntimeError("attestd did not become ready")
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *exc):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.drain.wait(timeout=30)

    def load(self, body, connections, seconds):
        """Keep-alive POSTs for so many seconds; per request: CPU of all roles and latency."""
        script = tempfile.NamedTemporaryFile("w", suffix=".lua")
        with script:
            script.write('local f = io.open("%s", "rb")\nwrk.method = "POST"\nwrk.body = f:read("*a")\n'
                         'wrk.headers["Content-Type"] = "application/json"\n'
                         'done = function(s, l, r) io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", s.requests, '
                         's.duration, l:percentile(50), l:percentile(99), s.errors.status + s.errors.connect + '
                         's.errors.read + s.errors.write + s.errors.timeout)) end\n' % body)
            script.flush()
            pids = children(self.process.pid)
            before = cpu_us(pids)
            out = subprocess.run(
                ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name,
                 f"{self.url}/attest/SevSnpVm?api-version=2022-08-01"], check=True, capture_output=True, text=True)
            used = cpu_us(pids) - before
        requests, duration, p50, p99, errors = map(int, re.search(r"RESULT (.*)", out.stdout).group(1).split())
        if errors or not requests:
            raise RuntimeError(f"{errors} of {requests} requests failed:\n{out.stdout}")
        return {"cpu_us": used / requests, "p50_us": p50, "p99_us": p99, "per_second": requests * 1e6 / duration}

    def peak_kib(self):
        total = 0
        for pid in children(self.process.pid):
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            total += int(re.search(r"VmHWM:\s+(\d+)", status).group(1))
        return total

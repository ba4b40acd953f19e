"""What is timed: a peer's process that is told what to do, its CPU clock read from outside; figures beside the floor."""
import statistics
import subprocess
import time

WARM_UP_S, SAMPLE_MAX = 0.4, 20000


class Driver:
    """A process that is told what to do, a line at a time; what it costs is read from its CPU clock."""

    def __init__(self, peer, evidence, command, modes):
        self.peer, self.modes = peer, modes
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.clock = (~self.process.pid << 3) | 2       # clock_getcpuclockid(3) of Linux
        self.cpu = {mode: [] for mode in modes}
        self.wall = {mode: [] for mode in modes}

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.peer}: ended at \"{line}\"")
        return answer

    def run(self, mode, n):
        """Microseconds of CPU time of all its threads, and of wall time, for one."""
        cpu, wall = time.clock_gettime_ns(self.clock), time.monotonic_ns()
        self.ask(f"{mode} {n}")
        return ((time.clock_gettime_ns(self.clock) - cpu) / n / 1e3, (time.monotonic_ns() - wall) / n / 1e3)

    def prepare(self, round_ms):
        """Warms up (compilers that compile while running too), and sees how many fill a round."""
        self.n = {}
        for mode in self.modes:
            end = time.monotonic() + WARM_UP_S
            us = self.run(mode, 1)[0]
            while time.monotonic() < end:
                us = self.run(mode, 20)[0]
            self.n[mode] = max(5, min(SAMPLE_MAX, int(round_ms * 1000 / max(us, 1))))

    def round(self):
        for mode in self.modes:
            cpu, wall = self.run(mode, self.n[mode])
            self.cpu[mode].append(cpu)
            self.wall[mode].append(wall)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def figure(d, mode, floor):
    ratio = statistics.median(a / b for a, b in zip(d.cpu[mode], floor.cpu[mode]))
    return {"verifier": d.peer, "mode": mode, "cpu_us": round(statistics.median(d.cpu[mode]), 1),
            "min_us": round(min(d.cpu[mode]), 1), "max_us": round(max(d.cpu[mode]), 1),
            "wall_us": round(statistics.median(d.wall[mode]), 1), "ratio": round(ratio, 3)}

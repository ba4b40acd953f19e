"""Runs the built attest; the scenario files c_* read as tables of calls with their exit code and output."""
import json
import os
import pathlib
import pty
import select
import subprocess
import tempfile

from daemon import BUILD, CLOCK, check, evidence

GOOD, BAD, UNUSABLE = 0, 1, 2
ATTEST = BUILD / "attest"


class Ran:
    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout.decode(), process.stderr.decode()

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit {self.code}\n# {self.out[:700]}\n# {self.err[:700]}"


def attest(*args, stdin=b"", **env):
    """Runs to its end with no terminal in sight."""
    text = stdin if isinstance(stdin, bytes) else stdin.encode()
    return Ran(subprocess.run([ATTEST, *map(str, args)], input=text, capture_output=True, env={**os.environ, **env}))


def expect(code, name, *args, out=None, err=None, **kw):
    """One test: the exit code, and texts that the two streams hold ("" = nothing was written)."""
    r = attest(*args, **kw)
    ok = r.code == code
    for want, found in ((out, r.out), (err, r.err)):
        ok = ok and (want is None or (want in found if want else not found))
    # What goes wrong is said on standard error, in one line that begins with the program's name.
    if code == UNUSABLE and not r.out:
        ok = ok and r.err.startswith("attest: ")
    check(ok, name, r)
    return r


def on_terminal(*args, **env):
    """What the command writes when standard output is a terminal."""
    master, slave = pty.openpty()
    inherited = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    process = subprocess.Popen([ATTEST, *map(str, args)], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                               env={**inherited, **env})
    os.close(slave)
    out = b""
    while select.select([master], [], [], 30)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:         # the other end is closed
            break
        if not piece:
            break
        out += piece
    os.close(master)
    process.wait(30)
    return out.decode()


def evidence_files():
    """Paths of the simulated request body, raw report, certificate chain and root; good at CLOCK."""
    _, ark = evidence()
    return ark.parent / "attest-request.json", ark.parent / "report.bin", ark.parent / "chain.pem", ark


def at_clock(*args):
    """Options that make the simulated evidence acceptable."""
    return ("--anchors", evidence_files()[3], "--at", CLOCK, *args)


class Folder(tempfile.TemporaryDirectory):
    """A scratch folder; file(name, text) makes a file in it."""

    def file(self, name, content):
        path = pathlib.Path(self.name) / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def __enter__(self):
        super().__enter__()
        return self

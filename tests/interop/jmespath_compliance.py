#!/usr/bin/env python3
"""Runs the public JMESPath compliance suite through `attest jmespath`.

tests/interop/jmespath_compliance.py FOLDER [PROGRAM]     PROGRAM: default build/attest

FOLDER holds the suite's *.json files; they are not part of this repository.  Prints every case that
differs and a last line "N of M cases pass"; ends with 1 unless all do.  Benchmarks without a result
are not cases.
"""
import json
import pathlib
import subprocess
import sys


def cases(folder):
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        for suite in json.loads(path.read_text(encoding="utf-8")):
            for case in suite["cases"]:
                if "result" in case or "error" in case:
                    yield path.name, json.dumps(suite["given"]), case


def same(a, b):
    """Equal JSON values; Python's own == takes true for 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def passes(program, given, case):
    run = subprocess.run([program, "jmespath", case["expression"], "-"], input=given.encode(),
                         capture_output=True, check=False)
    if "error" in case:
        return run.returncode != 0 and case["error"] in run.stderr.decode(), run
    return run.returncode == 0 and same(json.loads(run.stdout), case["result"]), run


def main():
    program = sys.argv[2] if len(sys.argv) > 2 else "build/attest"
    good = total = 0
    for name, given, case in cases(sys.argv[1]):
        ok, run = passes(program, given, case)
        total += 1
        good += ok
        if not ok:
            print(f"{name}: {case['expression']}: want {case.get('result', case.get('error'))!r}, "
                  f"got {run.stdout.decode()!r} {run.stderr.decode()!r}")
    print(f"{good} of {total} cases pass")
    return 0 if total and good == total else 1


sys.exit(main())

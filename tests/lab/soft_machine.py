#!/usr/bin/env python3
"""A machine of software for the demo: a TPM that runs, with the measurements of the lab's machine with Secure Boot on.

Prints how the TPM is reached, then the CA certificates of its endorsement key, a line each, and an empty line.  It is
there until standard input ends.
"""
import pathlib
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "api"))

from swtpm import Swtpm, available, ima_extensions  # noqa: E402

SBON = REPO / "tests" / "vectors" / "lab" / "sbon"

if not available():
    sys.exit("swtpm and tpm2-tools are not installed: scripts/setup")
with Swtpm() as tpm:
    tpm.replay((SBON / "binary_bios_measurements").read_bytes())
    tpm.extend(ima_extensions((SBON / "ima_binary").read_bytes()))
    print(tpm.tcti, *tpm.roots, "", sep="\n", flush=True)
    sys.stdin.read()

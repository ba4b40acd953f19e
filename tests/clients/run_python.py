#!/usr/bin/env python3
"""PyPI azure-security-attestation against attestd; the isolated provider by its host name."""
import sys

from clients import HERE, failed_command, installed, need, run

need("python", "openssl")


def install(folder):
    return (failed_command([sys.executable, "-m", "venv", folder / "venv"]) or
            failed_command([folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet",
                            "--require-hashes", "--only-binary", ":all:", "-r", folder / "requirements.txt"]))


home = installed("python", ["requirements.txt"], install)
run("python", lambda scene: [home / "venv" / "bin" / "python", HERE / "python" / "client.py", scene],
    isolated_by_host=True)

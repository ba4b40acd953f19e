#!/usr/bin/env python3
"""npm @azure/attestation against attestd; the isolated provider by its path prefix."""
import shutil

from clients import HERE, failed_command, installed, need, run

need("js", "node", "openssl")


def install(folder):
    need("js", "npm")
    return failed_command(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"],
                          cwd=folder)


home = installed("js", ["package.json", "package-lock.json", ".npmrc"], install)
shutil.copy(HERE / "js" / "client.mjs", home)       # it finds node_modules beside itself
run("js", lambda scene: ["node", home / "client.mjs", scene],
    environment=lambda ca: {"NODE_EXTRA_CA_CERTS": str(ca)})

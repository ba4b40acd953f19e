#!/usr/bin/env python3
"""Maven com.azure:azure-security-attestation against attestd; the isolated provider by its path prefix."""
import hashlib
import os

from clients import HERE, check, done, failed_command, installed, need, run

PINS = ["pom.xml", "libraries.sha256", "Client.java"]
STORE_PASSWORD = "changeit"
need("java", "java", "keytool", "openssl")


def wrong_libraries(folder):
    """The resolved libraries must be exactly the listed ones."""
    listed = dict(reversed(line.split()) for line in (folder / "libraries.sha256").read_text().splitlines())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "lib").iterdir()}
    return sorted(name for name in {*listed, *found} if listed.get(name) != found.get(name))


def install(folder):
    need("java", "mvn", "javac")
    failed = failed_command(["mvn", "-q", "-B", "-C", "dependency:copy-dependencies",
                             "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'lib'}"], cwd=folder)
    if failed:
        return failed
    wrong = wrong_libraries(folder)
    if wrong:
        check(False, "java: the libraries are the pinned ones", wrong)
        done()
    return failed_command(["javac", "-Xlint:all,-processing,-classfile", "-Werror",
                           "-cp", folder / "lib" / "*", "-d", folder / "classes", folder / "Client.java"])


def trust(folder, authorities):
    for i, text in enumerate(authorities):
        ca = folder / f"ca{i}.pem"
        ca.write_text(text)
        failed = failed_command(["keytool", "-importcert", "-noprompt", "-alias", f"attestd{i}", "-file", ca,
                                 "-storetype", "PKCS12", "-keystore", folder / "trust.p12",
                                 "-storepass", STORE_PASSWORD])
        check(not failed, "java: the truststore", failed)


def command(scene):
    return ["java", "-XX:TieredStopAtLevel=1", f"-Djavax.net.ssl.trustStore={scene.parent / 'trust.p12'}",
            f"-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}",
            "-cp", f"{home / 'lib' / '*'}{os.pathsep}{home / 'classes'}", "Client", scene]


home = installed("java", PINS, install)
run("java", command, prepare=trust)

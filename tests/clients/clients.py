"""What the runners share: a daemon with two providers, keys to sign with, a client's lines as TAP."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "api"))
from daemon import BUILD, Daemon, check, done, skip  # noqa: E402  (the helper of the API tests)
from evidence import attesting  # noqa: E402
from tpm import measuring  # noqa: E402

CACHE = BUILD / "clients"
RUN_LIMIT_S = 240
PAIRS = {"signer": ["rsa:2048"], "second": ["rsa:2048"], "stranger": ["rsa:2048"],
         "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}
CONFIG = """
workers: {{verify: 1}}
tokens:
{tokens}
providers:
  - name: aad
  - name: isolated
    hosts: [localhost]
    trust_model: Isolated
    policy_signers: ["{signer}"]
"""


def finish_without(client, why):
    """This client cannot run here: said, and in CI a failure."""
    if os.environ.get("CI") == "true":
        check(False, f"{client} can run", why)
    else:
        skip(client, why)
    done()


def need(client, *programs):
    for program in programs:
        if not shutil.which(program):
            finish_without(client, f"{program} is missing (scripts/setup --with-clients)")


def installed(client, pins, install):
    """The client's folder in the cache; install(folder) fills it, once per content of the pinned files."""
    folder = CACHE / client
    stamp = folder / "stamp"
    wanted = hashlib.sha256(b"".join((HERE / client / pin).read_bytes() for pin in pins)).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for pin in pins:
        shutil.copy(HERE / client / pin, folder)
    failed = install(folder)
    if failed:
        finish_without(client, failed)
    stamp.write_text(wanted)
    return folder


def failed_command(command, **options):
    """None when the command succeeds, else what it was and the end of what it said."""
    try:
        made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    except OSError as e:
        return str(e)
    shown = " ".join(str(word) for word in command[:4])
    return f"{shown}: {' '.join(made.stdout.split())[-300:]}" if made.returncode else None


def make_pairs(folder):
    """Keys with self-signed certificates, made anew for each run."""
    pairs = {}
    for name, kind in PAIRS.items():
        key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-sha256", "-days", "30",
                        "-keyout", key, "-out", certificate, "-subj", f"/CN=policy signer {name}"],
                       check=True, stderr=subprocess.DEVNULL)
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        pairs[name] = {"key": key.read_text(), "certificate": certificate.read_text(),
                       "sha1": hashlib.sha1(der).hexdigest().upper()}
    return pairs


def configuration(folder):
    rows = [f"  - {{name: {provider}-{role}, role: {role}, provider: {provider}, "
            f"sha256: {hashlib.sha256(bearer(provider, role).encode()).hexdigest()}}}"
            for provider in ("aad", "isolated") for role in ("reader", "contributor")]
    return CONFIG.format(tokens="\n".join(rows), signer=folder / "signer.pem")


def bearer(provider, role):
    return f"static-{provider}-{role}-token-for-the-client-tests"


def scene_for(daemon, pairs, isolated_by_host):
    """What a client program is told."""
    path = f"{daemon.url}/p/isolated"
    urls = {"aad": daemon.url, "isolated": f"https://localhost:{daemon.port}" if isolated_by_host else path}
    places = {name: {"url": url, "issuer": daemon.url + ("" if name == "aad" else "/p/isolated"),
                     **{role: bearer(name, role) for role in ("reader", "contributor")}}
              for name, url in urls.items()}
    return {"keys": pairs, **places}


def report(client, made):
    """The lines of a client as numbered checks; it must have ended well, and have made some."""
    lines = made.stdout.splitlines()
    results = [i for i, line in enumerate(lines) if re.match(r"(not )?ok ", line)]
    for i in results:
        word, name = lines[i].split("ok ", 1)
        after = lines[i + 1] if i + 1 < len(lines) else ""
        check(not word, f"{client}: {name}", after.removeprefix("# found: "))
    check(made.returncode == 0 and results, f"{client}: ran to the end",
          (made.returncode, made.stderr[-1200:]))


def run(client, command, environment=None, prepare=None, isolated_by_host=False):
    """Starts the daemons, runs command(scene file) against them, and reports; prepare takes the texts of their CAs."""
    folder = CACHE / f"{client}.run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pairs = make_pairs(folder)
    with (Daemon(config=configuration(folder), clock=None, anchors=False) as daemon, measuring(folder) as (tpm, measured),
          attesting(folder) as (others, more)):
        scene, ca = folder / "scene.json", folder / "ca.pem"
        authorities = [(d.data / "tls" / "ca.pem").read_text() for d in (daemon, tpm, *others)]
        ca.write_text("".join(authorities))
        scene.write_text(json.dumps({**scene_for(daemon, pairs, isolated_by_host), **measured, **more, "ca": str(ca)}))
        if prepare:
            prepare(folder, authorities)
        words, extra = command(scene), environment(ca) if environment else {}
        made = subprocess.run(words, env={**os.environ, **extra}, capture_output=True, text=True,
                              timeout=RUN_LIMIT_S)
        report(client, made)
        for d in (daemon, tpm, *others):
            check(d.stop() == 0, f"{client}: the daemon stops cleanly", d.log[-20:])
        if not others:
            skip(f"{client}: attestation", "the vectors are absent")
    shutil.rmtree(folder, ignore_errors=True)
    done()

"""What the clients attest: recorded SGX and Open Enclave evidence, simulated for init-time data, and a daemon for it."""
import base64
import contextlib
import hashlib
import os
import shutil
import subprocess

from daemon import BUILD, VECTORS, Daemon

GOLDEN = VECTORS / "maa-golden"
COLLATERAL = VECTORS / "sgx" / "sgx-v3-00906ed50000.2022-04.collateral.json"
THEN = "2022-04-27T00:00:00Z"           # inside that collateral's validity; tokens bear the machine's own time
PERMIT = ('version= 1.0;\nauthorizationrules{[type=="x-ms-sgx-is-debuggable"] => permit();};\n'
          'issuancerules{=> issue(type="mine", value="yes");};')
SILENT = 'version= 1.0;\nauthorizationrules{[type=="no-such-claim"] => permit();};'
READER = "static-reader-token-of-the-clients-that-attest"        # Python's client always sends one
RUNTIME, INITTIME = b'{"key":"run"}', b'{"key":"init"}'


def text(data):
    return None if data is None else base64.b64encode(data).decode()


def case(call, name, evidence, **more):
    """One call of a client: what it sends, what it must get; data as plain base64, absent ones null."""
    wanted = {"runtime": None, "inittime": None, "json": False, "draft": None, "status": 200, "code": None, "claims": {}}
    return {"call": call, "name": f"{call}: {name}", "evidence": text(evidence), **wanted, **more}


def with_data(call, evidence, runtime, inittime=None):
    """The same evidence with its data as Binary and as JSON, without and with draft policies."""
    data = {"runtime": text(runtime), "inittime": text(inittime)}
    for kind in (False, True):
        name = "JSON" if kind else "Binary"
        yield case(call, f"{name} data", evidence, **data, json=kind)
        yield case(call, f"{name} data, a draft that permits", evidence, **data, json=kind, draft=PERMIT)
        yield case(call, f"{name} data, a draft that does not", evidence, **data, json=kind, draft=SILENT, status=400,
                   code="PolicyEvaluationError")


def recorded(call):
    evidence = (GOLDEN / ("sgx-wus.quote.bin" if call == "sgx" else "sgx-wus.oe-report.bin")).read_bytes()
    runtime = (GOLDEN / "sgx-wus.runtime-data.bin").read_bytes()
    quote = evidence[0 if call == "sgx" else 16:]
    enclave = {"mrenclave": quote[112:144].hex(), "mrsigner": quote[176:208].hex(), "debug": bool(quote[96] & 2),
               "product": int.from_bytes(quote[304:306], "little"), "svn": int.from_bytes(quote[306:308], "little")}
    cases = [case(call, "no data", evidence), case(call, "a draft that permits", evidence, draft=PERMIT),
             case(call, "other runtime data", evidence, runtime=text(b"other"), status=400, code="InvalidParameter"),
             case(call, "damaged evidence", evidence[:200] + bytes([evidence[200] ^ 1]) + evidence[201:], status=400,
                  code="InvalidParameter"), *with_data(call, evidence, runtime)]
    return [{**c, "claims": enclave} for c in cases]


def simulated(folder, call):
    """Evidence with KSS, to which init-time data can be bound."""
    data = {"runtime": RUNTIME, "inittime": INITTIME}
    for name, content in data.items():
        (folder / name).write_bytes(content)
    out = folder / f"simulated-{call}"
    subprocess.run([BUILD / "attest", "simulate", {"sgx": "SgxEnclave", "oe": "OpenEnclave"}[call], "--at", THEN, "--keys",
                    folder / "simulated.pem", "--runtime-data", folder / "runtime", "--inittime-data", folder / "inittime",
                    "--mrenclave", "11" * 32, "--mrsigner", "22" * 32, "--product-id", "33", "--svn", "44", "-o", out],
                   check=True, stdout=subprocess.DEVNULL)
    evidence = (out / "evidence.bin").read_bytes()
    claims = {"mrenclave": "11" * 32, "mrsigner": "22" * 32, "debug": False, "product": 33, "svn": 44}
    return out, [{**c, "name": c["name"] + " and init-time data", "claims": claims}
                 for c in with_data(call, evidence, RUNTIME, INITTIME)]


def start(folder, name, files, root=None):
    """A daemon with this collateral, and with the root of simulated evidence as an anchor."""
    home, collateral = folder / name, folder / f"{name}-collateral"
    anchors = home / "data" / "test-anchors"
    anchors.mkdir(parents=True, mode=0o700)
    os.chmod(home / "data", 0o700)
    collateral.mkdir()
    for i, file in enumerate(files):
        shutil.copy(file, collateral / f"{i}.json")
    if root:
        shutil.copy(root, anchors)
    digest = hashlib.sha256(READER.encode()).hexdigest()
    config = (f"collateral: {{dir: '{collateral}'}}\ntcb: {{accept: [UpToDate, SWHardeningNeeded, OutOfDate]}}\n"
              f"tokens: [{{name: attester, role: reader, sha256: {digest}}}]\n")
    return Daemon(config=config, clock=THEN, anchors=False, folder=home)


@contextlib.contextmanager
def attesting(folder):
    """Daemons to attest at, and the part of the scene that says where and what; none where the vectors are absent."""
    if not COLLATERAL.exists():
        yield [], {}
        return
    made = [simulated(folder, call) for call in ("sgx", "oe")]
    files = [out / "collateral.json" for out, _ in made]
    with start(folder, "recorded", [COLLATERAL]) as one, start(folder, "simulated", files, made[0][0] / "root.pem") as two:
        cases = {one: recorded("sgx") + recorded("oe"), two: made[0][1] + made[1][1]}
        yield [one, two], {"attest": [{"url": d.url, "issuer": d.url, "reader": READER, "cases": c} for d, c in cases.items()]}

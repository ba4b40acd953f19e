#!/usr/bin/env python3
"""POST /challenges: a nonce is good for one appraisal, whoever asks how often at the same time; what it is good for is the policy's."""
import concurrent.futures
import datetime
import hashlib
import json
import pathlib
import subprocess
import tempfile
import threading
import time

from daemon import ATTEST, BUILD, CLOCK, REPO, Daemon, b64u, check, done, flipped, unb64u, until
from manage import Manager, policy, unsigned

FRESH = 'version= 1.0;authorizationrules{[type=="x-attestd-freshness", value=="challenge"] => permit();};' \
        'issuancerules{c:[type=="x-attestd-freshness"] => issue(claim=c);};'
NONE = 'version= 1.0;authorizationrules{[type=="x-attestd-freshness", value=="none"] => permit();};'
SHOW = "version= 1.0;authorizationrules{=> permit();};issuancerules{c:[type==\"x-attestd-freshness\"] => issue(type=\"fresh\", value=c.value);};"
TOKEN = "reader-0123456789abcdef"


class Maker:
    """Evidence bound to runtime data, all of one root."""

    def __init__(self, ark):
        self.process = subprocess.Popen([BUILD / "tests" / "api" / "make_snp", REPO / "tests" / "keys", CLOCK, ark],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def request(self, runtime):
        self.process.stdin.write(json.dumps(runtime) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.communicate()


with tempfile.TemporaryDirectory() as folder:
    state = pathlib.Path(folder) / "daemon"
    (state / "data" / "test-anchors").mkdir(parents=True, mode=0o700)
    (state / "data").chmod(0o700)
    state.chmod(0o700)
    maker = Maker(state / "data" / "test-anchors" / "challenge-ark.pem")
    config = f"""
workers: {{verify: 3}}
limits: {{challenges: 8}}
tokens: [{{name: reader, role: reader, sha256: {hashlib.sha256(TOKEN.encode()).hexdigest()}}}]
providers: [{{name: first}}, {{name: second}}]
"""

    def challenge(d, provider="first", headers=None):
        return d.ask("POST", f"/p/{provider}/challenges", headers=headers or {})

    def nonce(d, provider="first"):
        return challenge(d, provider).json()["nonce"]

    def permitted(d, request, provider="first"):
        a = d.attest(request, path=f"/p/{provider}" + ATTEST)
        return {200: True, 400: False}.get(a.status)

    with Daemon(config=config, folder=state) as d:
        before = time.time()
        a = challenge(d)
        check(a.status == 200 and set(a.json()) == {"nonce", "expires"} and len(unb64u(a.json()["nonce"])) == 32 and len(a.json()["nonce"]) == 43,
              "32 bytes of base64url and when they expire", a.body)
        expires = datetime.datetime.strptime(a.json()["expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
        check(before + 298 < expires <= time.time() + 300, "after five minutes", (before, expires))
        for provider in ("first", "second"):
            m = Manager(d, provider)
            check(m.claims("PUT", "/policies/SevSnpVm?api-version=2022-08-01", unsigned(policy(FRESH))).get("x-ms-policy-result") == "Updated",
                  f"{provider} permits only what is fresh")
        first = maker.request({"nonce": a.json()["nonce"], "key": 1})
        a = d.attest(first, path="/p/first" + ATTEST)
        check(a.status == 200, "fresh evidence", a.body)
        check(json.loads(unb64u(a.json()["token"].split(".")[1]))["x-attestd-freshness"] == "challenge", "the policy may issue the claim")
        check(permitted(d, first) is False, "the same again is not fresh")
        check(permitted(d, maker.request({"nonce": json.loads(unb64u(first["runtimeData"]["data"]))["nonce"]})) is False, "nor is other evidence with the same nonce")
        check(permitted(d, maker.request({"nonce": b64u(bytes(32))})) is False, "a nonce that was never given out")
        check(permitted(d, maker.request({"other": nonce(d)})) is False, "a nonce in another member")
        check(permitted(d, maker.request({"Nonce": nonce(d)})) is False, "a member of another spelling")
        check(permitted(d, maker.request({"x": {"nonce": nonce(d)}})) is False, "a nonce deeper down")
        n = nonce(d)
        check(permitted(d, maker.request({"nonce": n + "="})) is False and permitted(d, maker.request({"nonce": n[:-1]})) is False and
              permitted(d, maker.request({"nonce": [n]})) is False, "nearly a nonce")
        binary = maker.request({"nonce": n})
        binary["runtimeData"]["dataType"] = "Binary"
        check(permitted(d, binary) is False, "binary runtime data says nothing")
        unbound = {k: v for k, v in maker.request({"nonce": n}).items() if k != "runtimeData"}
        check(permitted(d, unbound) is False, "nor does runtime data that is not sent")
        top = {**unbound, "nonce": n}
        check(permitted(d, top) is False, "the request's own nonce is not bound to the evidence")
        forged = flipped(maker.request({"nonce": n}), 0x90)
        check(permitted(d, forged) is False, "forged evidence")
        foreign = maker.request({"nonce": n})
        foreign["runtimeData"] = maker.request({"nonce": n, "more": 1})["runtimeData"]
        check(permitted(d, foreign) is False, "runtime data of other evidence")
        check(permitted(d, maker.request({"nonce": n})) is True, "none of these used the nonce up")

        n = nonce(d, "second")
        check(permitted(d, maker.request({"nonce": n})) is False, "another provider's nonce")
        check(permitted(d, maker.request({"nonce": n}), "second") is True, "which it did not use up")
        n = nonce(d)
        denied = {**maker.request({"nonce": n}), "draftPolicyForAttestation": NONE}
        check(permitted(d, denied) is False, "denied although, or because, it is fresh")
        check(permitted(d, maker.request({"nonce": n})) is False, "the nonce is used up all the same")
        m = Manager(d, "first")
        m.ask("PUT", "/policies/SevSnpVm?api-version=2022-08-01", unsigned(policy(SHOW)))
        shown = lambda r: json.loads(unb64u(d.attest(r, path="/p/first" + ATTEST).json()["token"].split(".")[1]))["fresh"]
        n = nonce(d)
        check([shown(maker.request({"nonce": n})), shown(maker.request({"nonce": n})), shown(maker.request({"a": 1}))] == ["challenge", "none", "none"],
              "without a policy that asks for it nothing is refused")

        # A thousand uses of one nonce at a time.
        m.ask("PUT", "/policies/SevSnpVm?api-version=2022-08-01", unsigned(policy(FRESH)))
        text = json.dumps(maker.request({"nonce": nonce(d)}))
        threads, local = 50, threading.local()

        def use(_):
            if not hasattr(local, "connection"):
                local.connection = d.connect()
            return d.attest(text, path="/p/first" + ATTEST, connection=local.connection).status

        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            statuses = list(pool.map(use, range(1000)))
        check(statuses.count(200) == 1 and statuses.count(400) == 999, "1,000 uses of one nonce: one is fresh", {s: statuses.count(s) for s in set(statuses)})

        # Limits: what is given out and not back; some is kept for callers with a bearer.
        reader = {"Authorization": "Bearer " + TOKEN}
        given = until(lambda: [a.status for a in [challenge(d)] if a.status == 503] or None)
        a = challenge(d)
        check(given and a.status == 503 and a.code() == "ServiceUnavailable" and "retry-after" in a.headers, "as many as may be", a.body)
        more = [challenge(d, headers=reader) for _ in range(3)]
        check([a.status for a in more] == [200, 200, 503], "some are kept for callers with a bearer", [a.status for a in more])
        check(permitted(d, maker.request({"nonce": more[0].json()["nonce"]})) is True and challenge(d, headers=reader).status == 200, "one used is one free")
        check(challenge(d, "second").status == 200, "each provider has its own")
        a = challenge(d, "second", {"Authorization": "Bearer nobody"})
        check(a.status == 401 and a.code() == "Unauthorized", "an unknown bearer is refused where none is needed", a.body)
        a = challenge(d, "second", {"Authorization": "Basic x"})
        check(a.status == 401, "a malformed one too", a.body)
        metrics = d.ask("GET", "/metrics").body.decode()
        check('attestd_challenges_total{state="used"}' in metrics and 'attestd_challenges_total{state="issued"}' in metrics, "counted")
        old = nonce(d, "second")
    with Daemon(config=config.replace("limits:", "challenge: {lifetime: 1}\nlimits:"), folder=state) as d:
        check(permitted(d, maker.request({"nonce": old}), "second") is False, "a restart forgets")
        a = challenge(d, "second").json()
        request = maker.request({"nonce": a["nonce"]})
        late = datetime.datetime.strptime(a["expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp() + 1
        until(lambda: time.time() > late)
        check(permitted(d, request, "second") is False, "a nonce that expired")
        check(permitted(d, maker.request({"nonce": nonce(d, "second")}), "second") is True, "and one that did not")
    maker.close()
done()

#!/usr/bin/env python3
"""A challenge of type Tpm is good for one report: whoever uses it how often at a time, whatever dies in between (security-history A19)."""
import concurrent.futures
import datetime
import http.client
import os
import shutil
import signal
import tempfile

from daemon import CLOCK, Daemon, b64u, check, done, unb64u, until
from manage import Manager, policy, unsigned
from tpmkit import DENY, PERMIT, POLICY, READS, TOKENS, TpmMaker, challenge, failed, path

MANY = 200
CONFIG = TOKENS + """
workers: {verify: 3}
challenge: {lifetime: 60}
providers: [{name: first}, {name: second}]
"""


def later(seconds):
    at = datetime.datetime.strptime(CLOCK, "%Y-%m-%dT%H:%M:%SZ") + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def send(d, message, provider="first", headers=None):
    return d.attest(message, {**READS, **(headers or {})}, path(provider))


def outcome(d, message, provider="first", headers=None):
    """"token", or the check that failed."""
    a = send(d, message, provider, headers)
    return "token" if a.status == 200 else failed(a) or f"{a.status} {a.code()}"


def allow(d, text=PERMIT):
    for provider in ("first", "second"):
        Manager(d, provider).claims("PUT", POLICY, unsigned(policy(text)))


def kill(d):
    """Every process at once, as a power cut would."""
    for pid in [d.process.pid] + d.roles("front") + d.roles("verify") + d.roles("signer"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    d.process.wait()


def damaged(given, at):
    raw = bytearray(unb64u(given["service_context"]))
    raw[at] ^= 1
    return {**given, "service_context": b64u(bytes(raw))}


folder = tempfile.mkdtemp(prefix="attestd-test-")
with TpmMaker() as maker:
    with Daemon(config=CONFIG, folder=folder) as d:
        allow(d)
        all_ = [challenge(d, "first") for _ in range(MANY)]
        check(len({g["challenge"] for g in all_}) == MANY and len({g["service_context"] for g in all_}) == MANY and
              all(len(unb64u(g["challenge"])) == 16 for g in all_), f"{MANY} challenges of 16 bytes, no two alike")
        check(not any(unb64u(g["challenge"]) in unb64u(g["service_context"]) for g in all_), "the context shows nothing of it")
        one = maker.message(all_[0])
        check(outcome(d, one) == "token", "a challenge is good for a report")
        check(outcome(d, one) == "tpm.context.unused", "the same message again is refused")
        check(outcome(d, maker.message(all_[0])) == "tpm.context.unused", "other evidence for the same challenge too")
        check(outcome(d, maker.message({**all_[1], "challenge": all_[2]["challenge"]})) == "tpm.message.challenge", "another challenge than the context's")
        check(outcome(d, maker.message(all_[1], extra=b64u(bytes(32)))) == "tpm.quote.nonce", "a quote that carries another nonce")
        size = len(unb64u(all_[1]["service_context"]))
        got = {outcome(d, maker.message(damaged(all_[1], at))) for at in range(0, size, 7)}
        check(got == {"tpm.context.authentic"}, "a damaged context", got)
        for name, context, want in (("empty", "", "400 InvalidParameter"), ("short", "AA", "tpm.context.authentic"),
                                    ("another service's", b64u(b'{"ProtectionKeyName":"00"}'), "tpm.context.authentic"),
                                    ("long", b64u(bytes(45000)), "413 RequestTooLarge")):
            got = outcome(d, maker.message({**all_[1], "service_context": context}))
            check(got == want, f"a context that is {name}", got)
        check(outcome(d, maker.message(challenge(d, "second"))) == "tpm.context.authentic", "another provider's context")
        check(outcome(d, maker.message(all_[1])) == "token", "none of these used the challenge up")

        allow(d, DENY)
        message = maker.message(all_[3])
        check(outcome(d, message) == "400 PolicyEvaluationError", "denied")
        allow(d)
        check(outcome(d, message) == "tpm.context.unused", "which uses the challenge up")

        message = maker.message(all_[4])
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            got = list(pool.map(lambda _: outcome(d, message), range(64)))
        check(got.count("token") == 1 and got.count("tpm.context.unused") == 63, "64 uses at a time: one token", {g: got.count(g) for g in set(got)})
        kept = [all_[5], all_[6]]
    with Daemon(config=CONFIG, folder=folder) as d:
        check(outcome(d, one) == "tpm.context.unused", "a restart remembers what was used")
        check(outcome(d, maker.message(kept[0])) == "token", "and what was given out before is still good")
    with Daemon(config=CONFIG, folder=folder, clock=later(59)) as d:
        check(outcome(d, one) == "tpm.context.unused", "until it expires")
    with Daemon(config=CONFIG, folder=folder, clock=later(60)) as d:
        check(outcome(d, maker.message(kept[1])) == "tpm.context.current", "an expired challenge")
        check(outcome(d, one) == "tpm.context.current", "used or not")
    with Daemon(config=CONFIG, folder=folder, clock=later(59)) as d:
        check(outcome(d, one) == "tpm.context.unused" and outcome(d, maker.message(kept[1])) == "token", "a clock set back revives none that was used")
    with Daemon(config=CONFIG.replace("providers", "limits: {used_contexts: 1}\nproviders"), folder=folder) as d:
        a = send(d, maker.message(challenge(d, "first")))
        check(a.status == 503 and a.code() == "ServiceUnavailable", "as many as may be remembered", a.body)
        got = [send(d, maker.message(challenge(d, "second")), "second").status for _ in range(2)]
        check(got == [200, 503], "each provider has its own", got)

    # Something dies between the use and the answer.
    with Daemon(config=CONFIG, folder=folder, program="tests/api/attestd-probe") as d:
        message = maker.message(challenge(d, "first"))
        a = send(d, message, headers={"traceparent": f"00-dead{'1' * 28}-{'2' * 16}-01"})
        check(a.status == 500, "the worker dies once the challenge is used: no answer", a.body)
        check(until(lambda: outcome(d, message) == "tpm.context.unused"), "and no second one")
        message = maker.message(challenge(d, "first"))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            try_ = pool.submit(send, d, message, "first", {"traceparent": f"00-feed{'1' * 28}-{'2' * 16}-01"})
            check(d.wait_log("probe.hangs"), "the daemon is killed at the same place")
            kill(d)
            lost = try_.exception()
            check(isinstance(lost, (OSError, http.client.HTTPException)) or try_.result().status == 500, "no report reaches the client", lost)
    with Daemon(config=CONFIG, folder=folder) as d:
        check(outcome(d, message) == "tpm.context.unused", "what was used before the kill stays used")
        check(outcome(d, maker.message(challenge(d, "first"))) == "token", "and the next challenge is good")
    os.remove(os.path.join(folder, "data", "keys", "first.sealing.key"))
    with Daemon(config=CONFIG, folder=folder) as d:
        check(outcome(d, maker.message(kept[1])) == "tpm.context.authentic", "with the sealing key goes what it sealed")
shutil.rmtree(folder, ignore_errors=True)
done()

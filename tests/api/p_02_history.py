#!/usr/bin/env python3
"""History, rollback and shadow policies; what workers judge by after a change, a restart, a worker's death."""
import os
import signal

from daemon import Daemon, check, claims, done, evidence, until
from manage import (DENY, EMPTY, HISTORY, PERMIT, POLICY, RESET, SHADOW, Manager, policy, token_hash, unsigned)

body, _ = evidence()
ISSUE = 'version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type="mark", value="%s");};'


def mark(d):
    a = d.attest(body)
    return claims(a.json()["token"]).get("x-ms-policy", {}).get("mark") if a.status == 200 else a.code()


def shadows(d):
    text = d.ask("GET", "/metrics").body.decode().splitlines()
    return {line.split('"')[1]: int(line.split()[-1]) for line in text if line.startswith("attestd_shadow_total{")}


with Daemon(config="workers: {verify: 2}\n") as d:
    m = Manager(d)
    check(m.history() == [], "no history at first")
    check(m.ask("GET", HISTORY + "/1").status == 404, "nor an entry")
    first, second = unsigned(policy(ISSUE % "one")), unsigned(policy(ISSUE % "two"))
    m.claims("PUT", POLICY, first)
    check(mark(d) == "one", "the first policy judges")
    m.claims("PUT", POLICY, second)
    check(mark(d) == "two", "then the second")
    m.claims("POST", RESET, EMPTY)
    check(mark(d) is None, "then the default")
    entries = m.history()
    check([(e["n"], e["action"]) for e in entries] == [(1, "set"), (2, "set"), (3, "reset")], "numbered without gaps", entries)
    check(entries[0]["tokenHash"] == token_hash(first) and entries[0]["setBy"] == "administrator" and
          entries[0]["setAt"].endswith("Z") and "policyHash" not in entries[2] and "policy" not in entries[0], "what each holds", entries)
    check(m.ask("GET", HISTORY + "/2").json()["policy"] == second, "an entry with its policy")
    for n in ("0", "4", "x", "-1", "1x", "99999999999999999999"):
        check(m.ask("GET", HISTORY + "/" + n).status in (400, 404), f"no entry {n}")

    got = m.claims("POST", "/policies/SevSnpVm:rollback?to=1")
    check(got == {"x-ms-policy-result": "Updated", "x-ms-policy-token-hash": token_hash(first)}, "rollback", got)
    check(mark(d) == "one" and m.policy() == first, "the first policy is active again")
    last = m.history()[-1]
    check((last["n"], last["action"], last["of"]) == (4, "rollback", 1), "as a new entry that says where it came from", last)
    check(m.claims("POST", "/policies/SevSnpVm:rollback?to=3") == {"x-ms-policy-result": "Removed"} and mark(d) is None,
          "rollback to a reset is the default")
    for to, status in (("9", 404), ("0", 400), ("", 400), ("two", 400)):
        check(m.ask("POST", "/policies/SevSnpVm:rollback?to=" + to).status == status, f"rollback to '{to}'")
    check(m.ask("POST", "/policies/SevSnpVm:rollback").status == 400, "rollback to nothing")
    check(len(m.history()) == 5 and m.history("/policies/Tpm/history") == [], "refusals leave no entry; types are apart")

    # A20: an unknown or unreadable policy is never replaced by one that accepts.
    check(m.ask("PUT", POLICY, unsigned(policy("version= 9.9;authorizationrules{=> permit();};"))).status == 400 and mark(d) is None,
          "A20: a policy of an unknown version is refused")
    m.claims("PUT", POLICY, unsigned(policy("version= 1.0;authorizationrules{};")))
    check(mark(d) == "PolicyEvaluationError", "A20: a policy without rules permits nothing")
    # A29: what a policy asks for and does not find is a denial with a reason, not a crash.
    workers = d.roles("verify")
    m.claims("PUT", POLICY, unsigned(policy('version= 1.0;authorizationrules{c:[type=="no-such-claim"] => permit();};')))
    a = d.attest(body)
    check(a.code() == "PolicyEvaluationError" and "No Permit claim" in a.json()["error"]["message"] and
          d.roles("verify") == workers, "A29: a missing claim denies with a reason", a.body)
    jmes = 'version= 1.2;authorizationrules{c:[type=="x-ms-ver"] && [type=="t", value==JmesPath(c.value, "a[")] => permit();};'
    a = m.ask("PUT", POLICY, unsigned(policy(jmes)))
    check(a.status in (200, 400) and d.attest(body).status == 400 and d.roles("verify") == workers, "A29: a bad query neither", a.body)

    # Shadow
    m.claims("POST", RESET, EMPTY)
    check(m.ask("GET", SHADOW).status == 404, "no shadow at first")
    jws = unsigned(policy(DENY))
    check(m.claims("PUT", SHADOW, jws)["x-ms-policy-token-hash"] == token_hash(jws) and m.policy(SHADOW) == jws, "a shadow is set")
    before, count = shadows(d), len(m.history())
    a = d.attest(body)
    check(a.status == 200, "it does not decide", a.body)
    after = shadows(d)
    check(after["would_deny"] == before["would_deny"] + 1, "it is counted", after)
    check(d.wait_log("shadow.differs") and d.audit()[-1]["shadowDecision"] == "deny" and len(d.audit()[-1]["shadowPolicyHash"]) == 43,
          "logged, and in the audit record", d.audit()[-1])
    check(b"shadow" not in a.body and "shadow" not in str(claims(a.json()["token"])), "and nowhere in the answer")
    m.claims("PUT", SHADOW, unsigned(policy(PERMIT)))
    d.attest(body)
    check(shadows(d)["same"] == after["same"] + 1, "one that agrees")
    m.claims("PUT", POLICY, unsigned(policy(DENY)))
    check(d.attest(body).status == 400 and shadows(d)["would_permit"] == 1, "one that would permit does not permit")
    check(d.attest({**body, "draftPolicyForAttestation": PERMIT}).status == 200 and sum(shadows(d).values()) == 3,
          "a draft is not compared")
    check(len(m.history()) == count + 1, "shadows are not in the history")
    check(m.ask("PUT", SHADOW, unsigned(policy("rubbish"))).code() == "PolicyParsingError", "a shadow must parse")
    check(m.claims("DELETE", SHADOW) == {"x-ms-policy-result": "Removed"} and m.ask("GET", SHADOW).status == 404, "removed")
    d.attest(body)
    check(sum(shadows(d).values()) == 3, "and no longer counted")

    # Every worker, also a new one, knows the active policy before its first request.
    m.claims("PUT", POLICY, first)
    for w in d.roles("verify"):
        os.kill(w, signal.SIGKILL)
    check(until(lambda: d.attest(body).status == 200) and mark(d) == "one", "workers that were replaced")
    for i in range(20):
        m.claims("PUT", POLICY, unsigned(policy(ISSUE % i)))
        if mark(d) != str(i) or mark(d) != str(i):
            break
    check(i == 19, "after an acknowledged PUT no request is judged by an older policy", i)
    large = "version= 1.0;authorizationrules{=> permit();};issuancerules{=> issue(type=\"mark\", value=\"%s\");};" % ("x" * 200000)
    check(m.claims("PUT", POLICY, unsigned(policy(large)))["x-ms-policy-result"] == "Updated" and len(mark(d)) == 200000 and
          m.policy() == unsigned(policy(large)), "a policy of 200 kB")
    m.claims("PUT", POLICY, second)
    entries = m.history()
    d.stop(keep=True)
    with Daemon(folder=d.folder) as again:
        m = Manager(again)
        check(m.history() == entries and m.policy() == second and mark(again) == "two", "all is there after a restart")
done()

#!/usr/bin/env python3
"""The largest policy there may be, through all that is done with policies; and a history in pages."""
import json

from daemon import Daemon, check, claims, done, evidence, unb64u
from manage import HISTORY, POLICY, SHADOW, Manager, policy, token_hash, unsigned

body, _ = evidence()
LIMIT = 2 ** 20
HEAD = 'version= 1.0;authorizationrules{=> permit();'
TAIL = '};issuancerules{=> issue(type="mark", value="%s");};'


def large(mark, size=LIMIT):
    """Rules that do not apply, and a comment up to the size."""
    tail = TAIL % mark
    rules = "".join(f'[type=="no-such-claim-{i}", value=="x"] => deny();' for i in range(200))
    room = size - len(HEAD) - len(rules) - len(tail) - 5
    return HEAD + rules + "//" + "x" * room + "\r\n" + tail + "\n"


def mark(d):
    a = d.attest(body)
    return claims(a.json()["token"]).get("x-ms-policy", {}).get("mark") if a.status == 200 else a.code()


with Daemon(config="workers: {verify: 2}\nlimits: {answer_seconds: 60}\n") as d:
    m = Manager(d)
    one, two = large("one"), large("two")
    check(len(one.encode()) == LIMIT, "a policy of 1 MiB")
    first, second = unsigned(policy(one)), unsigned(policy(two))
    got = m.claims("PUT", POLICY, first)
    check(got.get("x-ms-policy-token-hash") == token_hash(first), "is set", str(got)[:300])
    check(mark(d) == "one", "judges")
    check(m.policy() == first, "comes back byte for byte")
    a = m.ask("PUT", POLICY, unsigned(policy(large("three", LIMIT + 1))))
    check(a.status == 400 and a.code() == "PolicyParsingError" and b"1048577 bytes" in a.body, "one byte more is refused", a.body[:300])
    check(m.claims("PUT", POLICY, json.dumps(second), "application/json").get("x-ms-policy-result") == "Updated" and mark(d) == "two", "as a JSON string too")
    check(m.claims("POST", "/policies/SevSnpVm:rollback?to=1").get("x-ms-policy-token-hash") == token_hash(first) and mark(d) == "one", "is rolled back to")
    check(m.claims("PUT", SHADOW, second).get("x-ms-policy-result") == "Updated" and mark(d) == "one" and m.policy(SHADOW) == second, "is a shadow")
    check(m.ask("GET", HISTORY + "/2").json()["policy"] == second, "is in the history")
    check(unb64u(json.loads(unb64u(first.split(".")[1]))["AttestationPolicy"]).decode() == one, "(the JWS holds it)")
    spaces = unsigned(policy(HEAD + "};")) + " " * 2 ** 21
    check(m.ask("PUT", POLICY, spaces[:2 ** 21]).status == 200, "a body of 2 MiB")
    check(m.announce("PUT", POLICY, 2 ** 21 + 1).status == 413, "one byte more")
    for other in ("SgxEnclave", "OpenEnclave", "TdxVm", "AzureGuest", "Tpm", "SevSnpVm"):
        a = m.claims("PUT", f"/policies/{other}?api-version=2022-08-01", first)
        b = m.claims("PUT", f"/policies/{other}:shadow", second)
        check(a.get("x-ms-policy-result") == b.get("x-ms-policy-result") == "Updated", f"{other} has such policies too", (str(a)[:200], str(b)[:200]))
    check(mark(d) == "one", "with all of them one is judged by its own")

with Daemon() as d:
    m = Manager(d)
    N = 23
    texts = [unsigned(policy(HEAD + TAIL % i)) for i in range(N)]
    for text in texts:
        m.ask("PUT", POLICY, text)
    whole = m.ask("GET", HISTORY).json()
    check(whole["active"] == N and [e["n"] for e in whole["entries"]] == list(range(1, N + 1)) and "nextLink" not in whole, "a short history is one page", whole)
    for top in (1, 7, N - 1, N, N + 1, 1000):
        seen, path = [], f"{HISTORY}?top={top}"
        while path:
            a = m.ask("GET", path)
            page = a.json()
            if a.status != 200 or len(page["entries"]) > top or page["active"] != N:
                break
            seen += page["entries"]
            link = page.get("nextLink")
            check(link is None or link.startswith(d.url + HISTORY + "?top="), "a link that can be followed", link)
            path = link and link[len(d.url):]
        check(seen == whole["entries"], f"pages of {top} are the whole", (a.status, len(seen)))
    page = m.ask("GET", f"{HISTORY}?skip={N - 2}").json()
    check([e["n"] for e in page["entries"]] == [N - 1, N] and "nextLink" not in page, "the last two", page)
    page = m.ask("GET", f"{HISTORY}?skip={N}&top=5").json()
    check(page["entries"] == [] and page["active"] == N and "nextLink" not in page, "nothing behind the end", page)
    page = Manager(d, "default").ask("GET", f"{HISTORY}?top=22").json()
    check(page["nextLink"] == f"{d.url}{HISTORY}?top=22&skip=22", "the link is at the issuer's address, whatever the request's", page.get("nextLink"))
    for query in ("top=0", "top=1001", "top=-1", "top=x", "top=", "skip=-1", "skip=x", "skip=", "skip=99999999999999999999", "top=1x"):
        a = m.ask("GET", f"{HISTORY}?{query}")
        check(a.status == 400 and a.code() == "InvalidParameter" and query.split("=")[0].encode() in a.body, f"{query} is refused", a.body)
done()

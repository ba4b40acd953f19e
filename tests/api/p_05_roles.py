#!/usr/bin/env python3
"""Every route with every role: who may what.  The routes are read from the daemon's own table."""
import hashlib
import re

from daemon import ATTEST, REPO, VERSION, Daemon, check, done, evidence
from manage import EMPTY, PERMIT, Manager, policy, unsigned

body, _ = evidence()
ROLES = ("anonymous", "unknown", "malformed", "elsewhere", "reader", "contributor", "administrator")
# What a role reaches: none, or at least these.
MAY = {"NONE": ROLES, "OPTIONAL": ("anonymous", "reader", "contributor", "administrator"),
       "READER": ("reader", "contributor", "administrator"), "CONTRIBUTOR": ("contributor", "administrator")}


def table():
    """(label, pattern, method, least role) of every row of server/api/route_tbl.h."""
    text = (REPO / "server" / "api" / "route_tbl.h").read_text().replace("\\\n", " ")
    for label, pattern, rest in re.findall(r'X\((\w+),\s+"([^"]+)",\s+(.*?),\s+api_\w+\)', text):
        maa = re.match(r"API_(?:MAA|OURS)\((\w+), .*?, (\w+), (\w+), (\w+)\)", rest)
        yield label, pattern, *((maa[1], maa[3]) if maa else {"API_GET": ("GET", "NONE"), "API_POST_EVIDENCE": ("POST", "OPTIONAL")}[rest])


routes = list(table())
# The metrics have a label for each route, and one for no route.
labels = (REPO / "server" / "log" / "metrics_tbl.h").read_text().split("#define METRIC_ROUTES(X)")[1].split("enum")[0]
check(sorted(r[0] for r in routes) + ["none"] == sorted(set(re.findall(r"X\((\w+)\)", labels)) - {"none"}) + ["none"], "the whole table was read", routes)
check({r[0] for r in routes if r[3] in ("NONE", "OPTIONAL")} == {"attest", "certs", "openid", "livez", "readyz", "metrics", "challenge", "enrol"},
      "without a bearer: attesting, enrolling where the provider lets strangers, public documents and health, nothing else", routes)
check(all((r[3] == "CONTRIBUTOR") == (r[2] != "GET") for r in routes if r[3] not in ("NONE", "OPTIONAL")),
      "readers read, contributors change", routes)
tokens = {"reader": "reader-0123456789abcdef", "contributor": "contributor-0123456789", "elsewhere": "elsewhere-0123456789"}
config = "tokens:\n" + "".join(
    f"  - {{name: {n}, sha256: {hashlib.sha256(t.encode()).hexdigest()}, role: {'contributor' if n == 'elsewhere' else n}"
    f"{', provider: second' if n == 'elsewhere' else ''}}}\n" for n, t in tokens.items()) + "providers:\n  - name: first\n  - name: second\n"

with Daemon(config=config) as d:
    m = Manager(d)
    headers = {"anonymous": {}, "unknown": {"Authorization": "Bearer nobody"}, "malformed": {"Authorization": "Basic " + m.bearer},
               "administrator": {"Authorization": "Bearer " + m.bearer},
               **{n: {"Authorization": "Bearer " + t} for n, t in tokens.items()}}
    bodies = {"attest": body, "policy_set": unsigned(policy(PERMIT)), "shadow_set": unsigned(policy(PERMIT)), "policy_reset": EMPTY,
              "certificates_add": unsigned({}), "certificates_remove": unsigned({}), "denylist_set": '{"entries":[]}', "enrol": '{"ekCert":"AAAA","akPub":"AAAA"}'}
    least_of = {"enrol": "READER"}     # tpm_attestation_authentication is Enabled
    m.ask("PUT", "/policies/SevSnpVm?" + VERSION, unsigned(policy(PERMIT)))
    for label, pattern, method, least in routes:
        path = pattern.replace("{type}", "SevSnpVm").replace("{n}", "1").replace("{ekId}", "00" * 32) + "?" + VERSION + {
            "policy_rollback": "&to=1", "collateral_forget": "&kind=root-crl&key=root"}.get(label, "")
        for role in ROLES:
            if label.startswith("shadow"):
                m.ask("PUT", "/policies/SevSnpVm:shadow", unsigned(policy(PERMIT)))
            entries = len(m.history())
            if label == "attest":
                a = d.attest(body, headers[role], path=path)
            else:
                media = {"Content-Type": "application/json" if label in ("denylist_set", "enrol") else "text/plain"} if label in bodies else {}
                a = d.ask(method, path, bodies.get(label), {**headers[role], **media})
            # Certificates of an AAD provider, an enrolment of nothing: allowed to ask, refused for another reason.
            good = {"certificates_add": 400, "certificates_remove": 400, "enrol": 400, "enrolment_remove": 404}.get(label, 200)
            allowed = role in MAY[least_of.get(label, least)]
            check(a.status == (good if allowed else 401) and (allowed or (a.code() == "Unauthorized" and len(m.history()) == entries)),
                  f"{label} as {role}: {'allowed' if allowed else 'refused'}", (a.status, a.body))
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for pattern in sorted({r[1] for r in routes}):
            if method in {r[2] for r in routes if r[1] == pattern}:
                continue
            path = pattern.replace("{type}", "SevSnpVm").replace("{n}", "1").replace("{ekId}", "00" * 32) + "?" + VERSION
            a = d.ask(method, path, "x" if method in ("PUT", "POST") else None, headers["administrator"])
            check(a.status == 405 and a.code() == "MethodNotAllowed", f"{method} {pattern} does not exist", (a.status, a.body))
    for path in ("/policies", "/policies/", "/policies/SevSnpVm/", "/policies/SevSnpVm:reset:reset", "/policies/SevSnpVm/history/1/2", "/certificates/",
                 "/certificates:", "/policies/SevSnpVm%3Areset/x", "/admin", "/policies/../certs"):
        a = d.ask("GET", path + "?" + VERSION, headers=headers["administrator"])
        check(a.status == 404, f"{path} does not exist", (a.status, a.body))
    for scheme in ("bearer ", "BEARER "):
        check(d.ask("GET", "/certificates?" + VERSION, headers={"Authorization": scheme + m.bearer}).status == 200, f"scheme {scheme}")
    for value in (m.bearer, "Bearer", "Bearer ", "Bearer  " + m.bearer, "Bearer " + m.bearer + " ", "Bearer " + m.bearer[:-1], "Bearer " + m.bearer.swapcase()):
        a = d.ask("GET", "/certificates?" + VERSION, headers={"Authorization": value})
        check(a.status == 401 or value.endswith(" ") and value.strip() == "Bearer " + m.bearer, "a bearer that is nearly right", (value[:9], a.status))
    refused = [r for r in d.audit() if r["status"] == 401 and r["action"] != "attest"]
    check(refused and {"policy.set", "read"} <= {r["action"] for r in refused}, "refusals of bearers are recorded", refused[:2])
done()

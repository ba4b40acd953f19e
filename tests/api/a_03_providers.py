#!/usr/bin/env python3
"""Several providers in one daemon: found by host or path, each with its own key and issuer."""
from daemon import ATTEST, Daemon, check, claims, done, evidence, header

body, _ = evidence()
CONFIG = """
workers: {verify: 1}
providers:
  - name: first
    hosts: [first.example]
  - name: second
    issuer: https://second.example
    hosts: ["second.example", "two.example:9"]
  - name: third
"""
with Daemon(config=CONFIG) as d:
    def ask(host, path="/certs"):
        return d.ask("GET", path, headers={"Host": host})

    kid = {name: d.ask("GET", f"/p/{name}/certs").json()["keys"][0]["kid"] for name in ("first", "second", "third")}
    check(len(set(kid.values())) == 3, "three keys", kid)
    for host, name in (("first.example", "first"), ("FIRST.example:1234", "first"), ("second.example", "second"),
                       ("two.example:9", "second"), (d.url[8:], "first")):
        a = ask(host)
        check(a.status == 200 and a.json()["keys"][0]["kid"] == kid[name], f"host {host} is {name}", a.body)
    for host in ("two.example", "evil.example", "", "second.example.evil"):
        a = ask(host)
        check(a.status == 421 and a.code() == "MisdirectedRequest", f"host '{host}' is nobody's", a.body)
    check(ask("evil.example", "/p/Third/certs").status == 200, "a path prefix needs no known host")
    check(ask("evil.example", "/p/fourth/certs").status == 404, "an unknown provider in the path")
    for name, issuer in (("first", d.url), ("second", "https://second.example"), ("third", d.url + "/p/third")):
        token = d.attest(body, path=f"/p/{name}" + ATTEST).json()["token"]
        openid = d.ask("GET", f"/p/{name}/.well-known/openid-configuration").json()
        check(claims(token)["iss"] == issuer and header(token)["kid"] == kid[name] and openid["issuer"] == issuer,
              f"issuer and key of {name}", claims(token))
    check([r["provider"] for r in d.audit()] == ["first", "second", "third"], "the audit log tells them apart")
    check(len(d.roles("verify")) == 3, "a worker belongs to one provider")
done()

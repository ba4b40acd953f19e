#!/usr/bin/env python3
"""Public documents, health, metrics; what a first start makes and a second start keeps."""
import json
import os
import stat

from daemon import CLOCK, VERSION, Daemon, check, done, evidence

body, _ = evidence()
with Daemon() as d:
    certs = d.ask("GET", "/certs")
    keys = certs.json()["keys"]
    check(certs.status == 200 and certs.headers["content-type"] == "application/json; charset=utf-8" and
          all(k["x5c"] and k["kid"] and k["kty"] == "RSA" for k in keys), "/certs", certs.body)
    check(d.ask("GET", "/certs?" + VERSION, headers={"Authorization": "Bearer x"}).body == certs.body,
          "/certs with a version and a bearer is the same")
    head = d.ask("HEAD", "/certs")
    check(head.status == 200 and head.body == b"" and int(head.headers["content-length"]) == len(certs.body), "HEAD /certs")
    openid = d.ask("GET", "/.well-known/openid-configuration").json()
    check(openid["issuer"] == d.url and openid["jwks_uri"] == d.url + "/certs" and
          openid["id_token_signing_alg_values_supported"] == ["RS256"], "openid-configuration", openid)
    check(d.ask("GET", "/.WELL-KNOWN/OpenId-Configuration").json() == openid, "its path in other letters")
    check(d.ask("GET", "/livez").status == 200, "/livez")
    ready = d.ask("GET", "/readyz")
    check(ready.status == 200 and ready.json()["insecureTest"] is True and ready.json()["clock"] == CLOCK and
          ready.json()["testAnchors"] == 1, "/readyz announces the frozen clock and the test anchors", ready.body)
    check(any("clock.frozen" in line for line in d.log) and any("test-anchors.trusted" in line for line in d.log),
          "so does the log", d.log)
    d.attest(body)
    text = d.ask("GET", "/metrics").body.decode()
    check('attestd_verdicts_total{verdict="permitted"} 1' in text, "/metrics counts verdicts", text)
    check('attestd_requests_total{route="attest",code="2xx"} 1' in text, "/metrics counts requests", text)
    check("attestd_workers_alive" in text and "attestd_request_seconds_bucket" in text, "/metrics gauges and histograms")
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in [d.data, *d.data.rglob("*")] if "test-anchors" not in str(p)}
    check(all(mode in (0o700, 0o600) for mode in modes.values()), "everything is for the owner only", modes)
    names = sorted(p.name for p in (d.data / "tls").iterdir())
    check(names == ["ca.pem", "server.key", "server.pem"], "the key of the private CA is nowhere", names)
    lines = [line for line in d.log if line.startswith("attestd: ready ")]
    check(lines == ["attestd: ready " + d.url], "exactly one ready line", lines)
    status = d.stop(keep=True)
    check(status == 0, "SIGTERM ends with 0", status)

    listen = d.url[len("https://"):]
    with Daemon(folder=d.folder, listen=listen) as again:
        check(again.ask("GET", "/certs").body == certs.body, "a second start keeps key and certificate")
    with Daemon(folder=d.folder, listen="localhost:0") as moved:
        other = moved.ask("GET", "/certs").json()["keys"]
        check(other[0]["kid"] == keys[0]["kid"] and other[0]["x5c"] != keys[0]["x5c"],
              "another issuer: same key, new certificate")

for algorithm, kty in (("ES256", "EC"), ("ES384", "EC")):
    with Daemon(config=f"token: {{algorithm: {algorithm}, lifetime: 600, audience: me}}\n") as d:
        a = d.attest(body)
        from daemon import claims, header
        token = a.json()["token"]
        c = claims(token)
        check(header(token)["alg"] == algorithm and c["exp"] - c["iat"] == 600 and c["aud"] == "me" and
              d.ask("GET", "/certs").json()["keys"][0]["kty"] == kty, f"{algorithm}, lifetime and audience", a.body)
os.environ["NOTIFY_SOCKET"] = ""
done()

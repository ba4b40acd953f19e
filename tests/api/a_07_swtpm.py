#!/usr/bin/env python3
"""A whole run with a software TPM: attestation key, its proof to the EK, evidence, both rounds, token; and every way in
which it must fail, each by its check."""
import hashlib
import json
import pathlib

from command import BAD, GOOD, UNUSABLE, Folder, attest, check, expect
from daemon import REPO, Daemon, b64u, claims, done, skip, unb64u
from manage import Manager, policy, unsigned
from swtpm import Swtpm, available, events, ima_extensions
from tpm_message import Key, compact
from tpmkit import POLICY, READER, READS, TOKENS, challenge, failed, path

SBON = REPO / "tests" / "vectors" / "lab" / "sbon"
LOG, IMA = SBON / "binary_bios_measurements", SBON / "ima_binary"
PERMIT = ('version=1.2;authorizationrules{c:[type=="secureBootEnabled", value==true] => permit();};'
          'issuancerules{c:[type=="secureBootEnabled"] => issue(claim=c);c:[type=="aikValidated"] => issue(claim=c);};')


def config(roots):
    return f"{TOKENS}workers: {{verify: 1}}\ntpm: {{ek_roots: [{', '.join(map(str, roots))}]}}\n"


def replay_lab(tpm):
    tpm.replay(LOG.read_bytes())
    tpm.extend(ima_extensions(IMA.read_bytes()))


class Client:
    """attest submit of this TPM; and messages of our own making, for what attest would never send."""

    def __init__(self, d, tpm, f):
        self.d, self.tpm, self.f = d, tpm, f
        self.bearer = f.file("bearer", READER + "\n")
        self.key = Key(pathlib.Path(f.name) / "request.key")

    def server(self):
        return ("--server", self.d.url, "--ca", self.d.data / "tls" / "ca.pem")

    def words(self, *more, tpm=None, log=LOG, state="state"):
        return ("submit", *self.server(), "--bearer-file", self.bearer, "--type", "Tpm", "--tcti", (tpm or self.tpm).tcti,
                "--sysfs", self.f.name, "--event-log", log, "--ima", IMA, "--state", pathlib.Path(self.f.name) / state, *more)

    def evidence(self, nonce, *more, tpm=None):
        out = pathlib.Path(self.f.name) / "evidence.json"
        r = attest("collect", "--tcti", (tpm or self.tpm).tcti, "--event-log", LOG, "--ima", IMA, "--state",
                   pathlib.Path(self.f.name) / "state", "--nonce", nonce.hex(), "-o", out, *more)
        assert r.code == GOOD, r
        return json.loads(out.read_text())

    def message(self, given, *more, nonce=None, tpm=None, change=None):
        """Message 2 around what attest collect says; change is called with the attestation before it is signed."""
        jwk = self.key.jwk()
        extra = hashlib.sha256(compact(jwk).encode() + b"\0" + unb64u(given["challenge"])).digest()
        ev = self.evidence(nonce or extra, *more, tpm=tpm)
        now = {"logs": [{"type": log["type"].upper(), "log": log["data"]} for log in ev["logs"]], "aik_pub": jwk_of(ev["akPub"]),
               "pcrs": [{"algorithm": 11, "values": [{"index": int(i), "digest": b64u(bytes.fromhex(v))}
                                                     for i, v in ev["pcrs"]["sha256"].items()]}],
               **{name: ev["quotes"][0][name] for name in ("quote", "signature")}}
        if "akCert" in ev:
            now["aik_cert"] = ev["akCert"]
        if change:
            change(now)
        payload = {"att_type": "basic", "att_data": {
            "challenge": given["challenge"], "tpm_att_data": {"current_attestation": now},
            "request_key": {"jwk": jwk, "info": {"tpm_quote": {"hash_alg": "sha-256"}}},
            "service_context": given["service_context"]}}
        text = f"{b64u(compact({'alg': 'PS256', 'typ': 'attReqV2'}).encode())}.{b64u(compact(payload).encode())}"
        jws = f"{text}.{b64u(self.key.sign(text.encode(), pss=True))}"
        return {"data": b64u(compact({"payload": {"request": jws}}).encode())}

    def outcome(self, message):
        """"token", or the check that failed."""
        a = self.d.attest(message, READS, path())
        return "token" if a.status == 200 else failed(a) or a.body.decode()


def jwk_of(ak_pub):
    """Of a TPM2B_PUBLIC of an RSA key: the modulus ends it."""
    return {"kty": "RSA", "n": b64u(unb64u(ak_pub)[-256:]), "e": "AQAB"}


def flipped(text, at):
    raw = bytearray(unb64u(text))
    raw[at] ^= 1
    return b64u(bytes(raw))


def enrolment(c):
    r = expect(BAD, "before it is enrolled, nobody vouches for the key", *c.words(), out="refused (HTTP 400)")
    check("tpm.ak.vouched" in r.out, "which is the check that fails", r)
    expect(UNUSABLE, "without a bearer the service says so", "submit", *c.server(), "--type", "Tpm", "--tcti", c.tpm.tcti,
           "--bearer-file", "/nonexistent/bearer", out="", err="No such file")
    expect(BAD, "with a wrong one too", "submit", *c.server(), "--type", "Tpm", "--tcti", c.tpm.tcti, "--bearer-file",
           c.f.file("wrong", "x\n"), out="HTTP 401")
    token = pathlib.Path(c.f.name) / "token.jwt"
    r = expect(GOOD, "attest submit --enrol", *c.words("--enrol", "--rp-id", "https://relying.example", "--rp-data", "cnAtZGF0YQ",
                                                       "--token-out", token), out="token written to")
    check("✔ enrolled" in r.out and "✔ quote" in r.out and r.err == "", "it says what it did", r)
    return token


def token_is_good(c, token, clock):
    verify = ("token", "verify", *c.server(), "--at", clock, "--type", "tpm")
    expect(GOOD, "attest token verify", *verify, "--nonce", "cnAtZGF0YQ", token)
    expect(BAD, "not with another nonce", *verify, "--nonce", "b3RoZXI", token)
    told = claims(token.read_text())
    check(told["secureBootEnabled"] is True and told["aikValidated"] is True, "the token tells what the policy issues", told)
    check(told["cnf"]["jwk"]["kty"] == "RSA" and told["rp_data"] == "cnAtZGF0YQ", "and the request key", told)
    kept = list((pathlib.Path(c.f.name) / "state").iterdir())
    check(len(kept) == 1 and kept[0].name.startswith("ak-000b") and kept[0].suffix == ".der", "the certificate is kept", kept)
    r = expect(GOOD, "the next run needs no enrolment", *c.words(), err="")
    check(r.out.count(".") == 2 and r.out.count("\n") == 1, "without --token-out the token is all that is printed", r)
    check(claims(r.out)["cnf"] != told["cnf"], "each run has a request key of its own")
    expect(GOOD, "enrolling once more renews the certificate", *c.words("--enrol"))
    r = attest("collect", "--doctor", "--format", "json", "--tcti", c.tpm.tcti, "--state", kept[0].parent)
    row = next(x for x in r.json()["checks"] if x["id"] == "doctor.ak_certificate")
    check(row["outcome"] == "pass", "the doctor knows the certificate", row)


def refused_by_attest(c, two):
    """What the command itself can be made to send."""
    def refusal(check_id, name, *more, **kw):
        r = expect(BAD, name, *c.words(*more, **kw), out="refused (HTTP 400)")
        check(f"check:   {check_id}\n" in r.out, f"{name}: {check_id}", r)

    refusal("tpm.quote.required", "PCRs left out", "--pcrs", "0-7,10")
    other = attest("collect", "--tcti", two.tcti, "--format", "json", "-o", c.f.name + "/two.json")
    certificate = next((pathlib.Path(c.f.name) / "state").iterdir())
    refusal("tpm.ak.certificate.key", "another TPM with this TPM's certificate", "--ak-cert", certificate, tpm=two)
    check(other.code == GOOD, "the other TPM can quote", other)
    other_log = c.f.file("other.log", (REPO / "tests/vectors/lab/sboff/binary_bios_measurements").read_bytes())
    refusal("tpm.eventlog.replay", "the log of another machine", log=other_log)
    r = expect(BAD, "refusals as JSON", *c.words("--pcrs", "0-7,10", "--format", "json"), err="")
    check(r.json()["error"]["checks"], "hold the checks", r)
    refusal("enrol.ek.chain", "an EK certificate of an unknown maker", "--enrol", tpm=two)


def refused_by_message(c, two):
    def outcome(name, want, *options, given=None, **kw):
        found = c.outcome(c.message(given or challenge(c.d), *options, **kw))
        check(found == want, f"{name}: {want}", found)

    outcome("our own message", "token")
    outcome("a wrong nonce", "tpm.quote.nonce", nonce=b"another nonce")
    ev = c.evidence(b"quote of the other TPM", tpm=two)
    quote = {name: ev["quotes"][0][name] for name in ("quote", "signature")}
    outcome("a wrong AK signed the quote", "tpm.quote.signature", change=lambda now: now.update(quote))
    outcome("a wrong AK in the message", "tpm.ak.certificate.key", change=lambda now: now.update(aik_pub=jwk_of(ev["akPub"])))
    outcome("no certificate", "tpm.ak.vouched", change=lambda now: now.pop("aik_cert"))
    outcome("a damaged certificate", "tpm.ak.certificate.chain",
            change=lambda now: now.update(aik_cert=flipped(now["aik_cert"], -10)))

    def other_values(now):
        now["pcrs"][0]["values"][7]["digest"] = b64u(bytes(32))

    outcome("a quote of other PCR values", "tpm.quote.pcr_digest", change=other_values)
    outcome("a value left out", "tpm.quote.values", change=lambda now: now["pcrs"][0]["values"].pop())
    outcome("a quote of other PCRs", "tpm.quote.required", "--pcrs", "0-7,10")

    def tampered(at):
        def change(now):
            now["logs"][0]["log"] = flipped(now["logs"][0]["log"], at)
        return change

    digest = next(digests["sha256"] for pcr, _, digests, _ in events(LOG.read_bytes()) if pcr == 4)
    outcome("a tampered digest in the log", "tpm.eventlog.replay", change=tampered(LOG.read_bytes().index(digest)))
    data = LOG.read_bytes().index("SecureBoot".encode("utf-16-le")) + len("SecureBoot") * 2
    outcome("tampered data in the log", "tpm.eventlog.covered", change=tampered(data))
    outcome("a log cut in the middle", "tpm.eventlog.form",
            change=lambda now: now["logs"][0].update(log=b64u(unb64u(now["logs"][0]["log"])[:-7])))
    digest = IMA.read_bytes().rindex(b"sha256:\0") + 8
    outcome("a tampered IMA list", "tpm.ima.replay",
            change=lambda now: now["logs"][1].update(log=flipped(now["logs"][1]["log"], digest)))
    given = challenge(c.d)
    message = c.message(given)
    check(c.outcome(message) == "token", "a challenge is used")
    check(c.outcome(message) == "tpm.context.unused", "a replayed message: tpm.context.unused")
    outcome("a replayed service_context", "tpm.context.unused", given=given)
    first, second = challenge(c.d), challenge(c.d)
    outcome("the context of another challenge", "tpm.message.challenge", given={**first, "service_context": second["service_context"]})
    outcome("a damaged context", "tpm.context.authentic",
            given={**first, "service_context": flipped(first["service_context"], 20)})
    return challenge(c.d)


def whole_run(one, two, f):
    clock = max(one, two, key=Swtpm.time).time()
    d = Daemon(config=config(one.roots), anchors=False, clock=clock)
    try:
        put = Manager(d).claims("PUT", POLICY, unsigned(policy(PERMIT)))
        check(put.get("x-ms-policy-result") == "Updated", "a policy for type Tpm", put)
        c = Client(d, one, f)
        token = enrolment(c)
        token_is_good(c, token, clock)
        refused_by_attest(c, two)
        given = refused_by_message(c, two)
        d.stop(keep=True)
        d = c.d = Daemon(config=config(one.roots + two.roots), anchors=False, clock=one.time(3600), folder=d.folder)
        found = c.outcome(c.message(given))
        check(found == "tpm.context.current", "an expired service_context: tpm.context.current", found)
        other = {"tpm": two, "state": "two"}
        expect(GOOD, "an ECC attestation key", *c.words("--ak", "ecc", "--enrol", **other), err="")
        expect(GOOD, "and again with its certificate", *c.words("--ak", "ecc", **other), err="")
        expect(BAD, "the EK keeps that key", *c.words("--ak", "rsa", "--enrol", **other), out="another attestation key")
        one.restart()
        r = expect(BAD, "after a restart of the TPM the old log is not its own", *c.words(), out="refused (HTTP 400)")
        check("tpm.eventlog.replay" in r.out, "which is the check that fails", r)
        replay_lab(one)
        expect(GOOD, "measured again it is permitted", *c.words())
    finally:
        d.own = True
        d.stop()


if available():
    with Folder() as folder, Swtpm() as first_tpm, Swtpm() as second_tpm:
        replay_lab(first_tpm)
        replay_lab(second_tpm)
        whole_run(first_tpm, second_tpm, folder)
else:
    skip("a whole run with a software TPM", "no swtpm and tpm2-tools; scripts/setup installs them")
done()

#!/usr/bin/env python3
"""Damaged SGX and TDX quotes, judged by us and by dcap-qvl: the verdicts agree, or the table below says why not.

dcap_qvl_diff.py JUDGE CACHE              prints TAP; JUDGE is the built dcap_judge, CACHE where a venv may live
dcap_qvl_diff.py --driver NAME COMMAND... JUDGE    the same quotes against a driver of bench/peers (rows of NAME)

Against PyPI dcap-qvl 0.7.0 (dcap_qvl_requirements.txt): it has the fixes of CVE-2026-22696 (0.3.9) and of the holes known
since (short component lists, module identity, vendor id).  What is compared is the decision and, where
both accept, TCB status and advisories.  We accept every status but Revoked here and a policy that permits all, as it does.
A difference that no row explains fails, and so does a row that explains nothing any more.
"""
import base64
import collections
import datetime
import importlib.util
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

import dcap_qvl_cases

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
VECTORS = pathlib.Path(os.environ.get("ATTEST_VECTORS", REPO / ".." / "shared" / "vectors"))
PINS = HERE / "dcap_qvl_requirements.txt"
SEED = 20250620
SHOWN = 12

Pair = collections.namedtuple("Pair", "type quote collateral time")
DAMAGED = [     # each also lends its parts to the one before
    Pair("SgxEnclave", "sgx/sgx-v3-00a067110000", "sgx/sgx-v3-00a067110000", "2025-06-20T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v4-b0c06f000000", "tdx/tdx-v4-b0c06f000000", "2025-06-20T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v5-90c06f000000-relaunch", "tdx/tdx-90c06f000000.2025-06.eval17", "2025-06-20T00:00:00Z"),
]
TDX_2023 = Pair("TdxVm", "tdx/tdx-v4-50806f000000", "tdx/tdx-50806f000000.2023-06", "2023-06-20T00:00:00Z")
WHOLE = DAMAGED + [
    Pair("SgxEnclave", "sgx/sgx-v3-00906ed50000-debug", "sgx/sgx-v3-00906ed50000.2022-04", "2022-04-27T00:00:00Z"),
    Pair("SgxEnclave", "sgx/sgx-v3-00a067110000", "sgx/sgx-v3-00a067110000", "2025-06-01T00:00:00Z"),
    Pair("SgxEnclave", "sgx/sgx-v3-00a067110000", "sgx/sgx-v3-00a067110000", "2025-08-01T00:00:00Z"),
    Pair("SgxEnclave", "sgx/sgx-v3-00a067110000", "tdx/tdx-v4-b0c06f000000", "2025-06-20T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v4-b0c06f000000", "tdx/tdx-90c06f000000.2025-06.eval17", "2025-06-20T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v4-b0c06f000000", "sgx/sgx-v3-00a067110000", "2025-06-20T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v5-90c06f000000-relaunch", "tdx/tdx-90c06f000000.2025-02.eval18", "2025-02-27T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v5-90c06f000000-relaunch", "tdx/tdx-90c06f000000.2026-02.eval18", "2026-02-20T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v5-00806f050000-outofdate", "tdx/tdx-00806f050000.2026-06.eval21", "2026-06-14T00:00:00Z"),
    Pair("TdxVm", "tdx/tdx-v5-90c06f000000-notsupported", "tdx/tdx-90c06f000000.2026-02.eval18", "2026-02-20T00:00:00Z"),
    TDX_2023,
    Pair("TdxVm", "tdx/tdx-v4-50806f000000-debug", "tdx/tdx-50806f000000.2023-06", "2023-06-20T00:00:00Z"),
]

# Every kind of difference.  accepts: who does ("us", "them", "both": another status or advisories); ours and theirs:
# patterns that the other's reason must match ("" for the one who accepts); kinds: and the kind of damage.
Row = collections.namedtuple("Row", "name accepts ours theirs why kinds", defaults=[""])
SHORT_CHAIN = r"^chain: leaf( root)?$|^type 5 over data of type 4"
QUOTE_ROWS = [
    Row("bytes inside that no length covers", "them", r"^dcap\.quote\.form .*bytes at offset \d+ behind the certification data", "",
        "we: the parts nest exactly (sgx-tdx 2.5), as no signature covers what is left over; they read on and ignore the rest"),
    Row("bytes behind the quote", "them", r"^dcap\.quote\.form .*behind offset \d+ are not zero", "",
        "we: only the zero padding of real quotes is let pass, nobody signed anything else; they ignore all of it"),
    Row("outer certification type", "them", r"^dcap\.quote\.form .*outer certification data of type \d+, want 6", "",
        "we: a version 4 or 5 quote has type 6 there (sgx-tdx 2.5); they never look at the number"),
    Row("length of the certificates", "them", r"^dcap\.quote\.form .*type 5 has \d+ bytes, want 1 to 16384", "",
        "we: a bound on what an unauthenticated caller makes us decode; theirs is 1 MiB"),
    Row("spelling of PEM", "them", r"^dcap\.pck\.certs .*found (pem: offset|no PEM)", "",
        "we: RFC 7468 strictly, so that two readers cannot see two chains; their reader skips what it does not understand, "
        "takes any label and decodes base64 with blanks in it"),
    Row("a certificate that is not needed is malformed", "them", r"^dcap\.pck\.certs .*found bundle: certificate 2: ", "",
        "the root that the quote carries: they have their own copy and never decode that one; we read all that was sent"),
    Row("the quote's root is damaged", "them", r"^dcap\.pck\.(chain|root) .*(self-signed root|Intel SGX Root CA)", "",
        "the same: we pin the root's key and take the certificate from the quote, so it must be authentic itself"),
    Row("the quote's root has another name", "them", r"^- certificate Intel SGX Root CA", "",
        "the same: without a root certificate at hand the verdict is undecided, not refused", r"flip certificate 2"),
    Row("a shorter chain", "us", "", r"UnknownIssuer",
        "we: what a quote leaves out is taken from the collateral, which brings the PCK CA and the root", SHORT_CHAIN),
    Row("two PCK certificates", "them", r"^dcap\.pck\.leaf .*found [2-9] of", "",
        "we: exactly one, so that nobody can choose which; they take the first in the text"),
    Row("order of the chain", "us", "", r"CaUsedAsEndEntity",
        "we: ordered by who issued whom, as real quotes are not always leaf first (sgx-v3-chain-out-of-order); they take the "
        "first as the leaf"),
    Row("certification type 4", "us", "", r"Unsupported DCAP PCK cert format: 4",
        "we: type 4 carries the PCK certificate and is supported (sgx-tdx 2.5); here it even brings the chain"),
    Row("empty line behind BEGIN", "us", "", r"Failed to extract PCK certificates.*invalid header",
        "we: empty lines are no content; their reader takes the next line for a header of RFC 1421"),
]
WHOLE_ROWS = [
    Row("tail of the QE's report data", "them", r"^dcap\.qe\.binding .* and 32 zero bytes", "",
        "we: all 64 bytes are compared (sgx-tdx 5 step 8); they look at the first half"),
    Row("signer of collateral", "them", r"^dcap\.(tcb|qe_identity)\.chain .*found no certificate .Intel SGX TCB Signing", "",
        "we: by the TCB Signing certificate, right below the root; 0.7.0 takes any certificate that chains to the root, a "
        "platform's PCK too. The crate refuses it from 0.7.1 on; no such Python package yet"),
    Row("PCE-ID", "them", r"^dcap\.tcb\.info .*PCE-ID", "",
        "we: TCB Info is for one FMSPC and one PCE-ID (sgx-tdx 5 step 6); they compare the first"),
    Row("tcbType", "them", r"^dcap\.tcb\.form .*tcbType: 1, want 0", "",
        "we: 0 is the only kind of comparison there is; they do not read the member"),
    Row("name of the PCK certificate", "them", r"^dcap\.pck\.leaf .*found 0 of", "",
        "we: the PCK certificate is known by its name (sgx-tdx 1.1); they take the first in the text"),
    Row("TCB Info version 2", "us", "", r"Failed to decode TcbInfo.*missing field .sgxtcbcomponents",
        "we: its member names of before version 3 too (sgx-tdx 4.2); they read version 3 only"),
    Row("SGX quotes of versions 4 and 5", "us", "", r"SGX TEE quote must have version 3",
        "we: supported (sgx-tdx 2); they refuse them"),
    Row("service TD", "us", "", r"Invalid MR service TD",
        "we: a claim, and what policies decide on (the strict default denies it); they refuse unless asked"),
    Row("attributes of the TD", "us", "", r"SEPT_VE_DISABLE is not enabled",
        "we: a claim, likewise; they demand the bit"),
    Row("debug enclave or TD", "us", "", r"Debug mode is enabled",
        "we: debug is a claim, and what policies decide on (the strict default denies it); they refuse"),
]
def rows_of(*names):
    return [row for row in QUOTE_ROWS if row.name in names]


NPM_ROWS = rows_of("bytes inside that no length covers", "bytes behind the quote", "outer certification type",
                   "length of the certificates", "spelling of PEM", "order of the chain", "certification type 4") + [
    Row("authentication data behind 32 bytes", "them", r"^dcap\.qe\.binding ", "",
        "we: all of it is hashed (sgx-tdx 5 step 8); they hash 32 bytes, whatever is sent", r"^auth data of another length"),
    Row("number of certificates", "them", r"^dcap\.pck\.certs .*found \d\d certificates", "",
        "we: 4 at most"),
    Row("the third certificate is the root", "us", "", r"(leaf|intermediate) signature invalid|chain is too short",
        "we: ordered by who issued whom, and completed from the collateral; they need leaf and PCK CA, in this order",
        SHORT_CHAIN + r"|^chain: (leaf root ca|leaf ca ca root|another ca last)"),
]
GO_ROWS = rows_of("bytes behind the quote", "spelling of PEM") + [
    Row("three certificates in order", "us", "",
        r"incomplete PCK Certificate chain|unexpected trailing bytes|extensions length found 5|is not expected in certificate's",
        "we: ordered by who issued whom, completed from the collateral, text around them let pass; they need exactly three",
        SHORT_CHAIN + r"|^chain: |^spelling: "),
    Row("certification type 4 in Go", "us", "", r"chain data type invalid, got 4, expected 5",
        "we: type 4 carries the PCK certificate and is supported (sgx-tdx 2.5)"),
]
PEERS = {       # rows, and which quotes are damaged
    "dcap-qvl": (QUOTE_ROWS + WHOLE_ROWS, DAMAGED),
    "dcap-qvl crate": (QUOTE_ROWS, DAMAGED),
    "dcap-qvl npm": (NPM_ROWS, DAMAGED[:2]),
    "go-tdx-guest": (GO_ROWS, [TDX_2023]),
}


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class DcapQvl:
    """PyPI dcap-qvl, in this process."""

    def __init__(self, pair, root=None):
        import dcap_qvl
        self.library, self.now, self.root = dcap_qvl, seconds(pair.time), root
        d = json.loads(collateral_of(pair).read_text())
        for name in ("root_ca_crl", "pck_crl", "tcb_info_signature", "qe_identity_signature"):
            d[name] = bytes.fromhex(d[name])
        self.collateral = dcap_qvl.QuoteCollateralV3(
            *(d[name] for name in ("pck_crl_issuer_chain", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "tcb_info",
                                   "tcb_info_signature", "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature")))

    def judge(self, quote):
        """(status and advisories or None, why not)"""
        try:
            if self.root:
                r = self.library.verify_with_root_ca(quote, self.collateral, self.root, self.now)
            else:
                r = self.library.verify(quote, self.collateral, self.now)
        except ValueError as e:
            return None, " ".join(str(e).split())
        return (r.status, sorted(r.advisory_ids)), ""

    def close(self):
        pass


class Driver:
    """A driver of bench/peers in its own process."""

    def __init__(self, command, pair):
        self.process = subprocess.Popen([*command, quote_of(pair), collateral_of(pair), str(seconds(pair.time))],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def judge(self, quote):
        if not quote:
            return None, "nothing to judge"
        self.process.stdin.write(b"judge " + base64.b64encode(quote) + b"\n")
        self.process.stdin.flush()
        r = json.loads(self.process.stdout.readline())
        return ((r["status"], sorted(r["advisories"])), "") if r["accepted"] else (None, " ".join(r["why"].split()))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def quote_of(pair):
    return VECTORS / f"{pair.quote}.quote.bin"


def collateral_of(pair):
    path = VECTORS / f"{pair.collateral}.collateral.json"
    return path if path.exists() else VECTORS / pair.collateral


def ours(judge, pair, quotes, anchor=None):
    """For each quote (status and advisories or None, "check text")."""
    command = [judge, pair.type, collateral_of(pair), pair.time] + ([anchor] if anchor else [])
    made = subprocess.run(command, input=b"".join(struct.pack("<I", len(q)) + q for q in quotes), stdout=subprocess.PIPE,
                          check=True)
    lines = made.stdout.decode("latin-1").splitlines()
    if len(lines) != len(quotes):
        raise RuntimeError(f"dcap_judge answered {len(lines)} of {len(quotes)} quotes")
    for line in lines:
        verdict, tcb, check, text = line.split("\t")
        tcb = json.loads(tcb) if tcb != "-" else None
        yield (tcb["status"], sorted(tcb["advisories"])) if verdict == "permitted" else None, f"{check} {text}"


class Comparison:
    """Counts what agrees and what rows explain; prints TAP."""

    def __init__(self, rows):
        self.rows, self.hits, self.tests, self.failed = rows, collections.Counter(), 0, 0

    def line(self, ok, name, shown=()):
        self.tests += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.tests} - {name}")
        for text in shown:
            print(f"# {text}")

    def explain(self, kind, mine, theirs):
        accepts = "both" if mine[0] and theirs[0] else "us" if mine[0] else "them"
        return next((row for row in self.rows if row.accepts == accepts and re.search(row.kinds, kind) and
                     re.search(row.ours, "" if mine[0] else mine[1]) and re.search(row.theirs, theirs[1])), None)

    def compare(self, name, triples):
        """triples of (class, ours, theirs)"""
        counts, strange = collections.Counter(), []
        for kind, mine, theirs in triples:
            row = None if mine[0] == theirs[0] else self.explain(kind, mine, theirs)
            if row:
                self.hits[row.name] += 1
            elif mine[0] != theirs[0]:
                strange.append(f"{kind}: we {mine[0] or 'refuse'} [{mine[1][:200]}], they {theirs[0] or 'refuse'} "
                               f"[{theirs[1][:200]}]")
                continue
            counts["explained" if row else "both accept" if mine[0] else "both refuse"] += 1
        said = ", ".join(f"{counts[key]} {key}" for key in ("both accept", "both refuse", "explained"))
        self.line(not strange, f"{name}: {sum(counts.values()) + len(strange)} quotes, {said}, {len(strange)} unexplained",
                  strange[:SHOWN])

    def done(self):
        for row in self.rows:
            self.line(self.hits[row.name], f"explained {self.hits[row.name]} times: {row.name}", [row.why])
        print(f"1..{self.tests}")
        return 1 if self.failed else 0


def damaged(c, judge, peer, pairs):
    for i, pair in enumerate(pairs):
        quote, other = (quote_of(p).read_bytes() for p in (pair, DAMAGED[(i + 1) % len(DAMAGED)]))
        if dcap_qvl_cases.Quote(quote).build() != quote:
            c.line(False, f"{pair.quote} put together again is itself")
        made = list(dcap_qvl_cases.cases(quote, other, SEED + i))
        mine, them = list(ours(judge, pair, [q for _, q in made])), peer(pair)
        theirs = [them.judge(q) for _, q in made]
        them.close()
        c.line(mine[0][0] and mine[0][0] == theirs[0][0], f"{pair.quote} itself is accepted by both as {mine[0][0]}")
        c.compare(f"{pair.quote}, damaged", ((k, m, t) for (k, _), m, t in zip(made, mine, theirs)))


def whole(c, judge):
    """Real quotes with collateral that fits and that does not, and the cases of the test root."""
    triples = []
    for pair in WHOLE:
        quote = quote_of(pair).read_bytes()
        triples.append((f"{pair.quote} with {pair.collateral} at {pair.time}", next(ours(judge, pair, [quote])),
                        DcapQvl(pair).judge(quote)))
    c.compare("real quotes", triples)
    made, triples = "sgx/made-here", []
    root = VECTORS / made / "test-root-ca.der"
    for line in (VECTORS / made / "cases.tsv").read_text().splitlines()[1:]:
        name, path, collateral, time, _, _ = line.split("\t")
        quote = (VECTORS / made / path).read_bytes()
        tee = "TdxVm" if quote[4:8] == b"\x81\0\0\0" else "SgxEnclave"
        pair = Pair(tee, path, f"{made}/{collateral}", time)
        try:
            theirs = DcapQvl(pair, root.read_bytes()).judge(quote)
        except (TypeError, ValueError, KeyError) as e:
            theirs = None, f"collateral: {e}"
        triples.append((name, next(ours(judge, pair, [quote], root)), theirs))
    c.compare("cases under the test root", triples)


def venv_python(cache):
    """A Python that has dcap-qvl, made once for each content of the pins; None when it cannot be had."""
    venv = cache / "dcap-qvl"
    python, stamp = venv / "bin" / "python", venv / "stamp"
    if stamp.exists() and stamp.read_text() == PINS.read_text():
        return python
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "dcap-qvl.log").open("w") as log:
        for command in ([sys.executable, "-m", "venv", "--clear", venv],
                        [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", PINS]):
            try:
                if subprocess.call(command, stdout=log, stderr=log):
                    return None
            except OSError:
                return None
    stamp.write_text(PINS.read_text())
    return python


def without(why):
    failure = os.environ.get("CI") == "true"
    print(f"{'not ok' if failure else 'ok'} 1 - dcap-qvl{': ' if failure else ' # SKIP '}{why}\n1..1")
    return int(failure)


def main():
    args = sys.argv[1:]
    if not (VECTORS / "sgx/made-here/cases.tsv").exists():
        return without("the vectors are absent")
    if args[0] == "--driver":
        rows, pairs = PEERS[args[1]]
        c = Comparison(rows)
        damaged(c, args[-1], lambda pair: Driver(args[2:-1], pair), pairs)
        return c.done()
    if not importlib.util.find_spec("dcap_qvl"):
        python = venv_python(pathlib.Path(args[1]))
        if not python:
            return without("pip could not install it (scripts/setup --with-clients)")
        os.execv(python, [python, *sys.argv])
    rows, pairs = PEERS["dcap-qvl"]
    c = Comparison(rows)
    damaged(c, args[0], DcapQvl, pairs)
    whole(c, args[0])
    return c.done()


sys.exit(main())

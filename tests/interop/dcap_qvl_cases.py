"""Damaged DCAP quotes for the differential test: a real quote taken apart, changed in one way, put together again.

cases(quote, other, seed) yields (class, bytes); the same seed gives the same cases.  Layout: sgx-tdx section 2.
"""
import random
import re
import struct

HEADER = [("version", 2), ("key_type", 2), ("tee", 4), ("qe_svn", 2), ("pce_svn", 2), ("vendor", 16), ("user_data", 20)]
ENCLAVE = [("cpusvn", 16), ("miscselect", 4), ("reserved1", 12), ("isvextprodid", 16), ("attributes", 16),
           ("mrenclave", 32), ("reserved2", 32), ("mrsigner", 32), ("reserved3", 32), ("configid", 64),
           ("isvprodid", 2), ("isvsvn", 2), ("configsvn", 2), ("reserved4", 42), ("isvfamilyid", 16), ("report_data", 64)]
TD_10 = [("tee_tcb_svn", 16), ("mrseam", 48), ("mrsignerseam", 48), ("seam_attributes", 8), ("td_attributes", 8),
         ("xfam", 8), ("mrtd", 48), ("mrconfigid", 48), ("mrowner", 48), ("mrownerconfig", 48), ("rtmr0", 48),
         ("rtmr1", 48), ("rtmr2", 48), ("rtmr3", 48), ("report_data", 64)]
TD_15 = TD_10 + [("tee_tcb_svn_2", 16), ("mrservicetd", 48)]
BODIES = {1: ENCLAVE, 2: TD_10, 3: TD_15}
N_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
FLIPS_PER_FIELD, FLIPS_PER_CERTIFICATE = 32, 250
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n?", re.S)


class Quote:
    """The parts of a well-formed quote; build() writes it with some of them changed and every length right."""

    def __init__(self, data):
        self.data = data
        self.spans = []         # (name, start, end) of every field, in order
        self._at = 0
        version, tee = struct.unpack_from("<H2xI", data)
        body = 2 if tee == 0x81 else 1
        self._fields("header", HEADER)
        if version == 5:
            body = struct.unpack_from("<H", data, self._at)[0]
            self._fields("descriptor", [("type", 2), ("len", 4)])
        self._fields("body", BODIES[body])
        self.version, self.signed = version, data[:self._at]
        self._fields("signature", [("len", 4)])
        self.sig, self.key = self._take("signature.quote", 64), self._take("signature.key", 64)
        if version > 3:
            self._fields("outer", [("type", 2), ("len", 4)])
        qe = self._at
        self._fields("qe", ENCLAVE)
        self.qe = data[qe:self._at]
        self.qe_sig = self._take("qe.signature", 64)
        n = struct.unpack("<H", self._take("auth.len", 2))[0]
        self.auth = self._take("auth.data", n)
        self.cert_type = struct.unpack("<H", self._take("cert.type", 2))[0]
        n = struct.unpack("<I", self._take("cert.len", 4))[0]
        self.cert_at = self._at
        self.cert = data[self._at:self._at + n]
        self.end = self._at + n
        self.tail = data[self.end:]
        self.pems = [m.group(0) for m in PEM.finditer(self.cert)]

    def _take(self, name, n):
        self.spans.append((name, self._at, self._at + n))
        self._at += n
        return self.data[self._at - n:self._at]

    def _fields(self, prefix, fields):
        for name, n in fields:
            self._take(f"{prefix}.{name}", n)

    def build(self, outer_type=6, after_cert=b"", after_qe=b"", **new):
        """after_cert: behind the certification data but inside what holds it; after_qe: behind the outer one."""
        part = lambda name: new.get(name, getattr(self, name))  # noqa: E731
        inner = (part("qe") + part("qe_sig") + struct.pack("<H", len(part("auth"))) + part("auth") +
                 struct.pack("<HI", part("cert_type"), len(part("cert"))) + part("cert") + after_cert)
        if self.version > 3:
            inner = struct.pack("<HI", outer_type, len(inner)) + inner
        inner = part("sig") + part("key") + inner + after_qe
        return part("signed") + struct.pack("<I", len(inner)) + inner + part("tail")


def flipped(data, bit):
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def flips(q, rng):
    """Bits of every field, and of each certificate."""
    for name, start, end in q.spans:
        bits = range(start * 8, end * 8)
        for bit in rng.sample(bits, min(len(bits), FLIPS_PER_FIELD)):
            yield f"flip {name}", flipped(q.data, bit)
    for i, m in enumerate(PEM.finditer(q.cert)):
        bits = range((q.cert_at + m.start()) * 8, (q.cert_at + m.end()) * 8)
        for bit in rng.sample(bits, FLIPS_PER_CERTIFICATE):
            yield f"flip certificate {i}", flipped(q.data, bit)
    for bit in range(q.end * 8, len(q.data) * 8, 5):
        yield "flip padding", flipped(q.data, bit)


def inversions(q, _):
    for i in range(q.cert_at):
        yield "invert byte", q.data[:i] + bytes([q.data[i] ^ 0xff]) + q.data[i + 1:]


def truncations(q, _):
    lengths = list(range(0, q.cert_at + 64)) + list(range(q.cert_at + 64, len(q.data), 11)) + [q.end - 1, q.end]
    for n in lengths:
        yield "truncate", q.data[:n]


def swaps(q, other, _):
    """Parts in each other's place, and parts of another quote."""
    yield "swap signatures", q.build(sig=q.qe_sig, qe_sig=q.sig)
    yield "swap key and signature", q.build(sig=q.key, key=q.sig)
    for name in ("sig", "key", "qe_sig"):
        part = getattr(q, name)
        yield f"halves of {name} swapped", q.build(**{name: part[32:] + part[:32]})
        yield f"{name} reversed", q.build(**{name: part[::-1]})
        yield f"{name} little-endian", q.build(**{name: part[31::-1] + part[:31:-1]})
    for name in ("signed", "sig", "key", "qe", "qe_sig", "auth", "cert"):
        yield f"{name} of another quote", q.build(**{name: getattr(other, name)})
    parts = ("sig", "key", "qe", "qe_sig", "auth", "cert")
    yield "signature data of another quote", q.build(**{n: getattr(other, n) for n in parts})
    yield "QE of another quote", q.build(**{n: getattr(other, n) for n in parts[2:]})
    if len(q.signed) == 48 + 384:
        yield "QE report as body", q.build(signed=q.signed[:48] + q.qe)
        yield "body as QE report", q.build(qe=q.signed[48:])


def signatures(q, _):
    """Edge values of r, s and the key; n - s verifies as s does."""
    for name in ("sig", "qe_sig"):
        r, s = getattr(q, name)[:32], getattr(q, name)[32:]
        number = int.from_bytes(s, "big")
        yield f"{name}: n - s", q.build(**{name: r + (N_P256 - number).to_bytes(32, "big")})
        for what, value in (("0", 0), ("1", 1), ("n", N_P256), ("n - 1", N_P256 - 1), ("all ones", (1 << 256) - 1)):
            edge = value.to_bytes(32, "big")
            yield f"{name}: r = {what}", q.build(**{name: edge + s})
            yield f"{name}: s = {what}", q.build(**{name: r + edge})
            yield f"{name}: r = s = {what}", q.build(**{name: edge + edge})
    for what, value in (("zero", bytes(64)), ("ones", b"\xff" * 64), ("off the curve", bytes(63) + b"\1")):
        yield f"key: {what}", q.build(key=value)
        yield f"key and signature: {what}", q.build(key=value, sig=value)


def lengths(q, rng):
    for name, start, end in q.spans:
        if not name.endswith(".len"):
            continue
        n = int.from_bytes(q.data[start:end], "little")
        top = (1 << 8 * (end - start)) - 1
        values = {0, 1, n - 1, n + 1, n + 70, n * 2, top, top - 1, top // 2} | {rng.randrange(top) for _ in range(24)}
        for value in sorted(v for v in values if 0 <= v <= top and v != n):
            yield f"length {name}", q.data[:start] + value.to_bytes(end - start, "little") + q.data[end:]
    for n in (0, 1, 16, 31, 33, 64, 512, 4096, 65535):
        yield "auth data of another length", q.build(auth=(q.auth * (n // 32 + 1))[:n])


def certification(q, _):
    """Other kinds of certification data, with bytes of that kind and with the chain."""
    fits = {1: bytes(36), 2: bytes(276), 3: bytes(404), 4: q.pems[0], 6: q.qe, 7: bytes(64)}
    for kind in list(range(0, 10)) + [255, 256, 1280, 65535]:
        if kind != 5:
            yield "certification type", q.build(cert_type=kind)
        if kind in fits:
            yield f"certification data of type {kind}", q.build(cert_type=kind, cert=fits[kind])
            yield f"type 5 over data of type {kind}", q.build(cert=fits[kind])
        if kind != 6 and q.version > 3:
            yield "outer certification type", q.build(outer_type=kind)


def trailing(q, _):
    for what, extra in (("a zero", b"\0"), ("zeros", bytes(70)), ("zeros", bytes(4096)), ("a byte", b"\1"),
                        ("text", b"text"), ("zeros, then a byte", bytes(9) + b"\1"), ("itself", q.data)):
        yield f"behind the quote: {what}", q.build(tail=q.tail + extra)
        yield f"behind the certification data: {what}", q.build(after_cert=extra)
        yield f"behind the outer certification data: {what}", q.build(after_qe=extra)
    yield "without padding", q.build(tail=b"")


def chains(q, other, _):
    """Certificates left out, repeated, in other orders, of another chain."""
    pems, (leaf, ca, root) = q.pems, q.pems
    orders = {"leaf ca": leaf + ca, "leaf": leaf, "leaf root": leaf + root, "ca root": ca + root, "none": b"",
              "leaf root ca": leaf + root + ca, "ca leaf root": ca + leaf + root, "ca root leaf": ca + root + leaf,
              "root ca leaf": root + ca + leaf, "root leaf ca": root + leaf + ca, "leaf leaf ca root": leaf + leaf + ca + root,
              "leaf ca ca root": leaf + ca + ca + root, "leaf ca root root": leaf + ca + root + root,
              "twice": (leaf + ca + root) * 2, "ten times the root": leaf + ca + root * 10,
              "leaf of another": other.pems[0] + ca + root, "ca of another": leaf + other.pems[1] + root,
              "another leaf first": other.pems[0] + leaf + ca + root, "another leaf last": b"".join(pems) + other.pems[0],
              "another ca last": b"".join(pems) + other.pems[1], "another chain last": b"".join(pems + other.pems)}
    for name, text in orders.items():
        yield f"chain: {name}", q.build(cert=text)
        yield f"chain: {name}", q.build(cert=text + b"\0")


def spelling(q, _):
    """The same certificates in another spelling of PEM, and spellings that are none."""
    text = q.cert.rstrip(b"\0")
    first = text.index(b"\n") + 1
    yield from ((f"spelling: {name}", q.build(cert=new)) for name, new in (
        ("no NUL", text), ("two NULs", text + b"\0\0"), ("NUL in front", b"\0" + text), ("NULs", text + bytes(64)),
        ("CRLF", text.replace(b"\n", b"\r\n")), ("CR", text.replace(b"\n", b"\r")),
        ("no last newline", text.rstrip(b"\n")), ("empty lines", text.replace(b"\n", b"\n\n")),
        ("blanks at line ends", text.replace(b"\n", b" \n")), ("tabs in front", text.replace(b"\n", b"\n\t")),
        ("one line", re.sub(rb"(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])", b"", text)),
        ("words between", text.replace(b"-----BEGIN", b"words\n-----BEGIN")), ("words behind", text + b"words\n"),
        ("words in front", b"words\n" + text), ("words in a certificate", text[:first] + b"Name: value\n\n" + text[first:]),
        ("a blank in base64", text[:first + 8] + b" " + text[first + 8:]),
        ("a letter too many", text[:first + 8] + b"A" + text[first + 8:]),
        ("a star in base64", text[:first + 8] + b"*" + text[first + 9:]),
        ("a zero byte in base64", text[:first + 8] + b"\0" + text[first + 8:]),
        ("equals sign inside", text[:first + 8] + b"=" + text[first + 9:]),
        ("lower-case label", text.replace(b"CERTIFICATE", b"certificate")),
        ("TRUSTED label", text.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE")),
        ("X509 label", text.replace(b"CERTIFICATE", b"X509 CERTIFICATE")),
        ("key label", text.replace(b"CERTIFICATE", b"PUBLIC KEY")),
        ("labels differ", text.replace(b"END CERTIFICATE", b"END X509 CERTIFICATE", 1)),
        ("no end line", text[:text.index(b"-----END")]), ("four dashes", text.replace(b"-----", b"----")),
        ("six dashes", text.replace(b"-----", b"------")), ("byte order mark", b"\xef\xbb\xbf" + text),
        ("UTF-16", text.decode("ascii").encode("utf-16")), ("17 KiB of newlines", text + b"\n" * 17000),
        ("DER", bytes(4) + q.pems[0])))


def cases(data, other_data, seed):
    q, other, rng = Quote(data), Quote(other_data), random.Random(seed)
    yield "unchanged", data
    for make in (flips, inversions, truncations, signatures, lengths, certification, trailing, spelling):
        yield from make(q, rng)
    for make in (swaps, chains):
        yield from make(q, other, rng)

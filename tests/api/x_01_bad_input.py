#!/usr/bin/env python3
"""Bad requests: each gets its status and code in the envelope, and the connection stays usable where it can."""
import json
import socket

from daemon import ATTEST, VERSION, Daemon, check, done, evidence

body, _ = evidence()
good = json.dumps(body)
JSON = {"Content-Type": "application/json"}
LIMIT = 262144
dup = good[:-1] + ',"report":"AA"}'

# name, method, path, headers, body, status, code, part of the message
ROWS = [
    ("unknown path", "GET", "/nothing", {}, None, 404, "NotFound", "path"),
    ("path with a slash too many", "GET", "/certs/", {}, None, 404, "NotFound", ""),
    ("no path", "GET", "/", {}, None, 404, "NotFound", ""),
    ("NUL behind the path", "GET", "/certs%00", {}, None, 404, "NotFound", ""),
    ("unknown type", "POST", "/attest/Nonsense?" + VERSION, JSON, good, 404, "NotFound", "Nonsense"),
    ("type too long", "POST", "/attest/" + "x" * 300 + "?" + VERSION, JSON, good, 404, "NotFound", ""),
    ("GET on attest", "GET", ATTEST, {}, None, 405, "MethodNotAllowed", "POST"),
    ("DELETE on attest", "DELETE", ATTEST, {}, None, 405, "MethodNotAllowed", "POST"),
    ("POST on certs", "POST", "/certs", JSON, "{}", 405, "MethodNotAllowed", "GET"),
    ("no api-version", "POST", "/attest/SevSnpVm", JSON, good, 400, "InvalidParameter", "api-version"),
    ("unknown api-version", "POST", "/attest/SevSnpVm?api-version=1999-01-01", JSON, good, 400, "InvalidParameter",
     "1999-01-01"),
    ("empty api-version", "POST", "/attest/SevSnpVm?api-version=", JSON, good, 400, "InvalidParameter", "api-version"),
    ("no content type", "POST", ATTEST, {}, good, 415, "UnsupportedMediaType", "application/json"),
    ("text/plain", "POST", ATTEST, {"Content-Type": "text/plain"}, good, 415, "UnsupportedMediaType", "text/plain"),
    ("application/jsonp", "POST", ATTEST, {"Content-Type": "application/jsonp"}, good, 415, "UnsupportedMediaType", ""),
    ("one byte above the limit", "POST", ATTEST, JSON, " " * (LIMIT + 1 - len(good)) + good, 413, "RequestTooLarge",
     str(LIMIT)),
    ("empty body", "POST", ATTEST, JSON, "", 400, "InvalidParameter", ""),
    ("not JSON", "POST", ATTEST, JSON, "{", 400, "InvalidParameter", ""),
    ("not an object", "POST", ATTEST, JSON, "[]", 400, "InvalidParameter", ""),
    ("trailing text", "POST", ATTEST, JSON, good + "x", 400, "InvalidParameter", ""),
    ("not UTF-8", "POST", ATTEST, JSON, good[:-1].encode() + b',"x":"\xff"}', 400, "InvalidParameter", ""),
    ("a member twice", "POST", ATTEST, JSON, dup, 400, "InvalidParameter", "report"),
    ("a member twice but for case", "POST", ATTEST, JSON, dup.replace('"report":"AA"', '"Report":"AA"'), 400,
     "InvalidParameter", "eport"),
    ("no report", "POST", ATTEST, JSON, "{}", 400, "InvalidParameter", "report"),
    ("report is a number", "POST", ATTEST, JSON, '{"report":1}', 400, "InvalidParameter", "report"),
    ("report is not base64", "POST", ATTEST, JSON, '{"report":"$$$$"}', 400, "InvalidParameter", "report"),
    ("report is no JSON inside", "POST", ATTEST, JSON, '{"report":"AAAA"}', 400, "InvalidParameter", "report"),
    ("nesting bomb", "POST", ATTEST, JSON, "[" * 1000, 400, "InvalidParameter", ""),
    ("two bearers", "POST", ATTEST, {**JSON, "Authorization": "Bearer a, Bearer b"}, good, 401, "Unauthorized", ""),
]

with Daemon() as d:
    keep = d.connect()
    for name, method, path, headers, text, status, code, part in ROWS:
        try:
            a = d.ask(method, path, text, headers, keep)
        except (BrokenPipeError, ConnectionError):
            keep = d.connect()
            a = d.ask(method, path, text, headers, keep)
        check(a.status == status and a.code() == code and part in a.json()["error"]["message"], name,
              (a.status, a.body[:400]))
        if status == 405:
            check("allow" in a.headers, name + ": Allow", a.headers)
    check(d.attest(good, connection=keep).status == 200, "the connection still serves")
    check(d.attest(" " * (LIMIT - len(good)) + good).status == 200, "a body at the limit")

    def chunked(size):
        c = d.connect()
        c.request("POST", ATTEST, iter([b" " * 65536] * (size // 65536) + [good.encode()]), JSON, encode_chunked=True)
        from daemon import Answer
        return Answer(c.getresponse())
    a = chunked(LIMIT)
    check(a.status == 413 and a.code() == "RequestTooLarge", "a chunked body is counted", a.body)
    check(chunked(65536).status == 200, "a chunked body within the limit")

    def raw(text):
        with d.tls.wrap_socket(socket.create_connection(("127.0.0.1", d.port)), server_hostname="127.0.0.1") as s:
            s.settimeout(20)
            s.sendall(text.encode())
            got = b""
            try:
                while b"\r\n\r\n" not in got and (more := s.recv(65536)):
                    got += more
            except OSError:
                pass
            return got.split(b"\r\n")[0]

    head = f"POST {ATTEST} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for name, extra in (("length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                        ("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
                        ("two hosts", "Host: y\r\nContent-Length: 2\r\n"),
                        ("two bearer headers", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\nContent-Length: 2\r\n")):
        line = raw(head + extra + "\r\n0\r\n\r\n{}")
        check(b" 400 " in line, "refused: " + name, line)
    for name, extra in (("a length far above the limit", "Content-Length: 99999999\r\n"),
                        ("a client that asks first", "Content-Length: 300000\r\nExpect: 100-continue\r\n")):
        line = raw(head + extra + "\r\n")
        check(b" 413 " in line, "413 before the body: " + name, line)
    for name, text in (("no HTTP at all", "\x16\x03\x01 hello\r\n\r\n"), ("a line without end", "GET /" + "a" * 70000)):
        line = raw(text)
        check(line == b"" or b" 4" in line[:13], name, line)
    check(d.attest(good).status == 200, "the daemon is well")
    check("attestd_body_too_large_total 4" in d.ask("GET", "/metrics").body.decode(), "413 is counted",
          [x for x in d.ask("GET", "/metrics").body.decode().splitlines() if "too_large" in x])
done()

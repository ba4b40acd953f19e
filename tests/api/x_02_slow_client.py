#!/usr/bin/env python3
"""Slow clients are cut off by a deadline that counts from the acceptance of the connection."""
import socket
import ssl
import time

from daemon import ATTEST, Daemon, check, done, evidence, json

body, _ = evidence()
good = json.dumps(body).encode()
SECONDS = 2
HEAD = (f"POST {ATTEST} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(good)}\r\n\r\n").encode()


def tcp(d):
    s = socket.create_connection(("127.0.0.1", d.port))
    s.settimeout(SECONDS * 5)
    return s


def tls(d):
    return d.tls.wrap_socket(tcp(d), server_hostname="127.0.0.1")


def dripped(s, data):
    """Sends a byte, waits for an answer for a moment, sends the next, until the other side hangs up; seconds it took."""
    begin = time.monotonic()
    s.settimeout(0.05)
    for i in range(len(data)):
        try:
            s.sendall(data[i:i + 1])
            if s.recv(1) == b"":
                break
        except (socket.timeout, ssl.SSLWantReadError):
            pass
        except OSError:
            break
        if time.monotonic() - begin > SECONDS * 5:
            break
    return time.monotonic() - begin


def hung_up(s):
    """Seconds until the other side closes."""
    begin = time.monotonic()
    try:
        while s.recv(65536):
            pass
    except socket.timeout:
        return 1e9
    except OSError:
        pass
    return time.monotonic() - begin


def in_time(seconds):
    return SECONDS * 0.5 <= seconds <= SECONDS * 2.5


with Daemon(config=f"limits: {{request_seconds: {SECONDS}}}\n") as d:
    took = hung_up(tcp(d))
    check(in_time(took), "a client that never speaks TLS", took)
    took = dripped(tcp(d), bytes.fromhex("1603010200010001fc0303") + bytes(500))
    check(in_time(took), "a TLS handshake byte by byte", took)
    took = hung_up(tls(d))
    check(in_time(took), "a handshake and then silence", took)
    took = dripped(tls(d), HEAD)
    check(in_time(took), "headers byte by byte: each byte does not buy time", took)
    s = tls(d)
    s.sendall(HEAD)
    took = dripped(s, good)
    check(in_time(took), "a body byte by byte", took)

    s = tls(d)
    begin = time.monotonic()
    dripped_head = HEAD + good[:-1]
    s.sendall(dripped_head)
    s.settimeout(SECONDS * 0.6)
    try:
        early = s.recv(1)
    except (socket.timeout, ssl.SSLWantReadError):
        early = None
    s.settimeout(SECONDS * 5)
    s.sendall(good[-1:])
    first = s.recv(12)
    check(early is None and first.endswith(b"200"), "slow but in time is served", (early, first))

    c = d.connect()
    check(d.attest(good, connection=c).status == 200, "a connection that is kept")
    took = hung_up(c.sock)
    check(in_time(took), "is closed when nothing more comes", took)
    text = d.ask("GET", "/metrics").body.decode()
    cut = [x for x in text.splitlines() if x.startswith("attestd_connections_cut_total") and "deadline" in x]
    check(cut and int(cut[0].split()[-1]) >= 6, "cuts are counted", cut)
    check(d.attest(good).status == 200, "the daemon is well")
done()

#!/usr/bin/env python3
"""The life of the fetch role in the daemon: started when there are sources, and again when it dies; reload; API keys."""
import os
import signal
import subprocess
import threading

from daemon import BUILD, check, done, until
from sourced import SGX, Platform, Service, config_of, pcs, scene


def role(d, other_than=()):
    return until(lambda: [pid for pid in d.roles("fetch") if pid not in other_than])


def reload(d, config):
    d.config.write_text(config)
    d.process.send_signal(signal.SIGHUP)


def attest(d, platform):
    return d.attest(platform.body, path=SGX)


with scene() as (folder, mock):
    platforms = [Platform(folder, f"p{i}", "--fmspc", f"{i:012x}") for i in range(1, 7)]
    for p in platforms:
        mock.add(p.collateral)
    roots = [platforms[0].root]
    config = config_of([pcs(mock)])

    with Service(folder / "one", config, roots) as d:
        first = role(d)
        check(len(first) == 1, "one fetch role", first)
        check(attest(d, platforms[0]).status == 200, "first contact")
        os.kill(first[0], signal.SIGKILL)
        check(d.wait_log("fetch.died"), "its death is logged")
        second = role(d, first)
        check(len(second) == 1, "and another is started", second)
        check(attest(d, platforms[0]).status == 200 and attest(d, platforms[1]).status == 200, "warm and cold requests after that")

        # A question that hangs when the role dies.
        mock.fault("hang", "/pcs/")
        answers = []
        t = threading.Thread(target=lambda: answers.append(attest(d, platforms[2])))
        t.start()
        mock.wait(1, "fmspc=000000000003")
        os.kill(second[0], signal.SIGKILL)
        third = role(d, first + second)
        mock.clear()
        t.join()
        check(answers[0].status in (200, 503), "a request that waited for it is answered", answers[0].status)
        check(attest(d, platforms[2]).status == 200, "and succeeds afterwards")

        before = mock.count("/pccs/")
        reload(d, config_of([pcs(mock, kind="pccs")]))
        check(d.wait_log("reloaded") and role(d, third), "SIGHUP starts it anew")
        check(attest(d, platforms[3]).status == 200 and mock.count("/pccs/") > before, "with the new sources")
        check(sum("fetch.died" in line for line in d.log) == 2, "which is no accident", d.log[-10:])

        key = folder / "api.key"
        pid = role(d)
        reload(d, config_of([pcs(mock, kind="pcs", key_file=str(key))]))
        check(d.wait_log("reload.refused"), "an API key that is not there: the reload is refused")
        check(role(d) == pid, "and the role stays")
        key.write_text("two words\n")
        reload(d, config_of([pcs(mock, kind="pcs", key_file=str(key))]))
        line = d.wait_log("reload.refused")
        check(line and "one line of at most" in line and "two words" not in line, "a key file with something else", line)
        key.write_text("top-secret-key\n")
        reload(d, config_of([pcs(mock, kind="pcs", key_file=str(key))]))
        check(d.wait_log("reloaded") and role(d, pid), "a key")
        check(attest(d, platforms[4]).status == 200, "first contact with it")
        sent = {k.lower(): v for k, v in mock.requests[-1][1].items()}
        check(sent.get("ocp-apim-subscription-key") == "top-secret-key", "it is sent", sent)
        shown = subprocess.run([BUILD / "attestd", "--print-config", "--config", d.config], capture_output=True, text=True)
        check("secret" not in shown.stdout and not any("top-secret" in line for line in d.log), "and neither printed nor logged")

        pid = role(d)
        reload(d, "{}\n")
        check(d.wait_log("reloaded") and until(lambda: not d.roles("fetch")), "no sources any more, no fetch role")
        check(attest(d, platforms[0]).status == 200, "what is stored is used on")
        reload(d, config)
        check(d.wait_log("reloaded") and role(d), "sources again, a fetch role again")
        check(attest(d, platforms[5]).status == 200, "which works")
        children = [p for name in ("front", "signer", "verify", "fetch") for p in d.roles(name)]
        check(d.stop(keep=True) == 0, "SIGTERM ends everything with status 0")
        check(not any(os.path.exists(f"/proc/{p}") for p in children), "and no child is left")

    broken = config_of([pcs(mock, ca_file=str(folder / "nothing.pem"))])
    with Service(folder / "two", broken, roots) as d:
        check(d.wait_log("ca_file"), "a ca_file that is not there: the role says so and dies")
        check(d.ask("GET", "/livez").status == 200, "the daemon serves without it")
        check(attest(d, platforms[0]).status == 503, "what it would have to fetch is missing")
        check(d.stop(keep=True) == 0, "and it stops in order")
done()

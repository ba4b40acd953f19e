#!/usr/bin/env python3
"""attest: help, version, unknown words and options, unreadable input of every command; colour on a terminal only."""
import subprocess

from command import ATTEST, BAD, GOOD, UNUSABLE, Folder, at_clock, attest, check, evidence_files, expect, on_terminal
from daemon import done

REQUEST, REPORT, CHAIN, ARK = evidence_files()
POLICY = "version=1.0;authorizationrules{[type==\"a\"]=>permit();};"
# name: enough good arguments that only what a test adds is wrong ("-" is a file that every command can open)
COMMANDS = {
    "verify": ["-"], "inspect": ["-"], "policy check": ["-"], "policy eval": ["--claims", "-", "-"],
    "policy hash": ["-"], "policy wrap": ["-"], "policy diff": ["-", "-"], "policy suggest": ["-"],
    "token verify": ["--jwks", "-", "--issuer", "https://i", "-"], "jmespath": ["a", "-"],
    "submit": ["--server", "https://127.0.0.1:1", "-"], "simulate": ["SevSnpVm", "-o", "/nonexistent/x"],
    "collect": ["--tcti", "device:/nonexistent/tpm", "-o", "/nonexistent/x"],
    "collateral status": ["-"], "collateral export": ["-o", "/nonexistent/x", "-"],
    "collateral import": ["-", "-o", "/nonexistent/x"],
    "collateral fetch": ["--source", "https://127.0.0.1:1", "-o", "/nonexistent/x", "--evidence", "-"],
}
MANY = {"collateral status", "collateral export", "collateral fetch"}       # take any number of words

r = expect(GOOD, "--help", "--help", err="")
listed = {line[9:26].strip() for line in r.out.splitlines() if line.startswith("  attest ")}
check(listed == set(COMMANDS), "it lists the commands, and each is tested here", listed ^ set(COMMANDS))
expect(GOOD, "--version", "--version", out="attest 0.", err="")
r = attest()
check(r.code == UNUSABLE and not r.out and "--help" in r.err, "nothing at all is usage", r)
expect(UNUSABLE, "an unknown command", "frobnicate", out="", err="unknown command frobnicate")
expect(UNUSABLE, "an unknown second word", "policy", "frobnicate", out="", err="unknown command policy frobnicate")
expect(UNUSABLE, "a command of two words without the second", "policy", out="", err="unknown command policy")
expect(GOOD, "--help of a family of commands", "policy", "--help", out="attest policy diff")

for name, good in COMMANDS.items():
    words = name.split()
    r = expect(GOOD, f"{name} --help", *words, "--help", out="attest " + name, err="")
    check(len(r.out.splitlines()) >= 2, f"{name} --help says what it does", r)
    options = [line.split()[0] for line in r.out.splitlines() if line.startswith("  -")]
    check(all(option.startswith("-") for option in options), f"{name} --help lists options", options)
    expect(GOOD, f"{name} --help behind other options", *words, "--nonsense", "--help")
    expect(UNUSABLE, f"{name}: an unknown option", *words, *good, "--nonsense", out="", err="unknown option --nonsense")
    expect(UNUSABLE, f"{name}: an unknown short option", *words, *good, "-z", out="", err="unknown option -z")
    expect(UNUSABLE, f"{name}: too few words", *words, out="", err="usage: attest " + name)
    if name not in MANY:
        expect(UNUSABLE, f"{name}: too many words", *words, *good, "more", "more", "more", out="", err="usage: attest " + name)
    if "--format" in options:
        expect(UNUSABLE, f"{name}: --format without a value", *words, *good, "--format", out="", err="--format wants text|json")
        expect(UNUSABLE, f"{name}: an unknown format", *words, *good, "--format", "xml", out="", err="want text or json")
    if name != "simulate":
        missing = ["/nonexistent/file" if a == "-" else a for a in good]
        expect(UNUSABLE, f"{name}: a file that is not there", *words, *missing, out="", err="No such file")
        folder = ["/" if a == "-" else a for a in good]
        expect(UNUSABLE, f"{name}: a folder where a file is wanted", *words, *folder, out="", err="attest: ")

expect(UNUSABLE, "a flag-like word is taken as a word behind --", "inspect", "--", "--help", out="", err="No such file")
expect(UNUSABLE, "-o without a value", "simulate", "SevSnpVm", "-o", out="", err="-o wants DIR")
expect(UNUSABLE, "more arguments than there is room for", "inspect", *["x"] * 65, out="", err="more than 64 arguments")
with Folder() as f:
    policy = f.file("policy.txt", POLICY)
    expect(GOOD, "--name=value is --name value", "policy", "check", "--format=json", policy, out='"ok": true')
    expect(GOOD, "the last value of an option counts", "policy", "check", "--format=text", "--format=json", policy,
           out='"ok": true')

    calls = {"verify": ("verify", *at_clock(REQUEST)), "policy check": ("policy", "check", policy)}
    for name, call in calls.items():
        check("\033[" in on_terminal(*call, TERM="xterm"), f"{name}: colour on a terminal")
        check("\033[" not in on_terminal(*call, TERM="xterm", NO_COLOR="1"), f"{name}: none with NO_COLOR")
        check("\033[" not in on_terminal(*call, TERM="dumb"), f"{name}: none on a dumb terminal")
        plain = attest(*call, TERM="xterm")
        check("\033[" not in plain.out and "✔" in plain.out, f"{name}: none in a pipe", plain)
        json_out = on_terminal(*call, "--format", "json", TERM="xterm")
        check("\033[" not in json_out, f"{name}: none in JSON", json_out)

for name, call in {"verify": ("verify", *at_clock(REQUEST, "--format", "json")), "inspect": ("inspect", REPORT),
                   "policy hash": ("policy", "hash", REPORT), "help": ("--help",)}.items():
    with open("/dev/full", "w") as full:
        r = subprocess.run([ATTEST, *map(str, call)], stdout=full, stderr=subprocess.PIPE)
        check(r.returncode == UNUSABLE, f"{name}: output that cannot be written is no success", (r.returncode, r.stderr))
expect(BAD, "what is bad is 1, not 2", "verify", "--at", "2026-01-15T12:00:00Z", REQUEST, out="snp.ark.pinned")
done()

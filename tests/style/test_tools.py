#!/usr/bin/env python3
"""Shows that each style tool goes red on a bad sample, says where, and is quiet on the good one.  Prints TAP.

Every case writes a small tree into a temporary folder: one file that is right, then the same file with one thing wrong.
"""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = '''#include "lib/base/rd.h"

static const int table[] = {
	1,
	2,
};

int f(int a)
{
	return table[a];
}
'''
HEADER = '''/* x.h - a sample. */
#ifndef X_H
#define X_H

int f(int a);

#endif
'''


def body(lines):
    return "int f(int a)\n{\n" + "\n".join(lines) + "\n}\n"


def nested(depth):
    lines = ["\t" * (i + 1) + f"if (a > {i})" for i in range(depth)]
    return body(lines + ["\t" * (depth + 1) + "return 1;", "\treturn 0;"])


def mapping(rows):
    return body(["\tswitch (a) {"] + [line for i in range(rows) for line in (f"\tcase {i}:", f"\t\treturn {i + 7};")] +
                ["\t}", "\treturn 0;"])


# path, text, what check-style must print (None: it must be quiet)
STYLE = [
    ("lib/a/x.c", GOOD, None),
    ("lib/a/x.h", HEADER, None),
    ("lib/a/x.h", HEADER.replace("x.h - a", "a"), "lib/a/x.h:1: no first line"),
    ("lib/a/x.c", GOOD + "/* " + "y" * 110 + " */\n", "lib/a/x.c:12: line of 116 columns"),
    ("tests/x.c", GOOD + "\t" * 13 + "int yyyyyyy;\n", "tests/x.c:12: line of 116 columns"),
    ("lib/a/x.c", GOOD + "int g(void); \n", "lib/a/x.c:12: white space at the end"),
    ("lib/a/x.c", GOOD + "/* TODO later */\n", "lib/a/x.c:12: TODO without an issue"),
    ("lib/a/x.c", GOOD + "/*\n * FIXME: later\n */\n", "lib/a/x.c:13: FIXME without an issue"),
    ("lib/a/x.c", GOOD + "/* TODO #12: later */\n", None),
    ("lib/a/x.c", body(["\ta++;"] * 98), None),
    ("lib/a/x.c", body(["\ta++;"] * 99), "lib/a/x.c:1: function f of 101 lines"),
    ("lib/a/x.c", body(["\tstatic const int t[] = {"] + ["\t\t1,"] * 200 + ["\t};", "\treturn t[a];"]), None),
    ("lib/a/x.c", mapping(200), None),
    ("lib/a/x.c", mapping(200).replace("return 9;", "a++;\n\t\tbreak;"), None),
    ("lib/a/x.c", mapping(120).replace("\t\treturn", "\t\ta++;\n\t\treturn"), "lib/a/x.c:1: function f of"),
    ("lib/a/x.c", "int a_1(void);\n" * 1001, "lib/a/x.c:1: file of 1001 lines"),
    ("lib/a/x.c", "int a_1(void);\n" * 1000, None),
    ("lib/a/x.c", "static const int t[] = {\n" + "\t1,\n" * 1200 + "};\n", None),
    ("lib/a/x.c", nested(4), None),
    ("lib/a/x.c", nested(5), "lib/a/x.c:8: 5 levels of nesting in f"),
    ("lib/a/x.c", body(["\tfor (;;)", "\t\twhile (a)", "\t\t\tdo {", "\t\t\t\tswitch (a) {", "\t\t\t\tcase 1:",
                        "\t\t\t\t\tif (a)", "\t\t\t\t\t\ta--;", "\t\t\t\t}", "\t\t\t} while (a);"]), "5 levels of nesting"),
    ("lib/a/x.c", body(["\tif (a == 1)", "\t\treturn 1;"] + ["\telse if (a == 2)", "\t\treturn 2;"] * 8), None),
    ("lib/a/x.c", GOOD.replace("int a)", ", ".join(f"int a{i}" for i in range(7)) + ")"), None),
    ("lib/a/x.c", GOOD.replace("int a)", ", ".join(f"int a{i}" for i in range(8)) + ")"), "f with 8 parameters"),
    ("lib/a/x.c", body(["\tgoto out;", "out:", "\treturn a;"]), "lib/a/x.c:3: goto"),
    ("lib/a/x.c", body(["\tstrcpy(a, b);"]), "lib/a/x.c:3: call of strcpy"),
    ("lib/a/x.c", body(["\tsprintf(a, b);"]), "call of sprintf"),
    ("server/x.c", body(["\treturn atoi(b);"]), "call of atoi"),
    ("lib/a/x.c", body(["\tmemcpy(a, b, 3);"]), "call of memcpy"),
    ("lib/base/x.c", body(["\tmemcpy(a, b, 3);"]), None),
    ("cli/x.c", body(["\treturn memcmp(a, b, 3);"]), "call of memcmp"),
    ("lib/a/x.c", body(['\treturn f("strcpy(a)"); /* strcpy(b) */']), None),
    ("lib/a/x.c", body(["\treturn ops->memcpy(a);"]), None),
    ("lib/a/x.c", body(["\treturn time(0);"]), "call of time in the library"),
    ("server/x.c", body(["\treturn time(0);"]), None),
    ("lib/a/x.c", body(["\texit(1);"]), "call of exit in the library"),
    ("lib/a/x.c", body(["\treturn ntohl(a);"]), "ntohl"),
    ("lib/a/x.c", GOOD + "static int counter;\n", "lib/a/x.c:12: mutable variable at file scope"),
    ("lib/a/x.c", GOOD + "static struct y z = {\n\t1\n};\n", "mutable variable at file scope"),
    ("server/x.c", GOOD + "static int counter;\n", None),
    ("lib/a/x.c", GOOD + "struct y {\n\tint z;\n};\nstatic int g(int x);\n", None),
    ("lib/a/x.c", GOOD + "typedef int fn(int a);\nstatic fn g, h;\n", None),
    ("lib/a/x.c", GOOD + "typedef struct y y_t;\n", "typedef of a struct"),
    ("lib/a/x.c", GOOD + "#define FAIL(x) do { \\\n\tif (x) \\\n\t\treturn 1; \\\n} while (0)\n", "lib/a/x.c:12: hidden control flow"),
    ("lib/a/utils.c", GOOD, "a file named utils.c"),
    ("fuzz/fuzz_x.c", "int a;\n" * 61, "fuzz target of 61 lines"),
]

# path, its include, what check-includes must print
INCLUDES = [
    ("lib/json/x.c", '"lib/base/rd.h"', None),
    ("lib/base/x.c", '"lib/json/json.h"', "lib/base/x.c:1: lib/base may not include lib/json"),
    ("lib/base/x.c", '<openssl/evp.h>', "<openssl/evp.h> is not for lib/base"),
    ("lib/crypto/x.c", '<openssl/evp.h>', None),
    ("server/signer/key_file.c", '<openssl/evp.h>', None),
    ("server/signer/signer.c", '<openssl/evp.h>', "<openssl/evp.h> is not for server/signer"),
    ("lib/policy/x.c", '"lib/evidence/format.h"', "lib/policy may not include lib/evidence"),
    ("lib/evidence/snp/x.c", '"lib/policy/policy.h"', "lib/evidence/snp may not include lib/policy"),
    ("lib/evidence/snp/x.c", '"lib/evidence/format.h"', None),
    ("lib/evidence/snp/x.c", '"lib/evidence/tpm/quote.h"', "lib/evidence/snp may not include lib/evidence/tpm"),
    ("lib/evidence/snp/x.c", '"lib/json/json.h"', "lib/evidence/snp may not include lib/json"),
    ("lib/evidence/tdx/x.c", '"lib/evidence/sgx/qe_report.h"', None),
    ("lib/evidence/tdx/x.c", '"lib/evidence/sgx/quote.h"', "lib/evidence/tdx may not include lib/evidence/sgx"),
    ("lib/policy/jmespath/x.c", '"lib/claims/claims.h"', "lib/policy/jmespath may not include lib/claims"),
    ("lib/attest/x.c", '"lib/evidence/tpm/quote.h"', None),
    ("include/libattest/x.h", '"lib/base/rd.h"', "include/libattest may not include lib/base"),
    ("include/libattest/x.h", '"libattest/error.h"', None),
    ("server/http/x.c", '"server/api/api.h"', "server/http may not include server/api"),
    ("cli/x.c", '"lib/evidence/format.h"', "cli may not include lib/evidence"),
    ("lib/base/x.c", '<time.h>', "<time.h> is not for lib/base"),
    ("server/log/x.c", '<time.h>', None),
    ("server/log/x.c", '<glib.h>', "<glib.h> is not for server/log"),
    ("lib/base/x.c", '"rd.h"', "no such file from the root"),
    ("server/newroom/x.c", '"lib/base/rd.h"', "no row for this folder"),
    ("lib/evidence/newformat/x.c", '"lib/base/rd.h"', "no row for this folder"),
    ("tests/unit/x.c", '"lib/evidence/tpm/quote.h"', None),
]
TARGETS = ("lib/base/rd.h", "lib/json/json.h", "lib/evidence/format.h", "lib/policy/policy.h", "lib/claims/claims.h",
           "lib/evidence/tpm/quote.h", "lib/evidence/sgx/quote.h", "lib/evidence/sgx/qe_report.h", "include/libattest/error.h",
           "server/api/api.h")

HEADERS = [
    (HEADER, None),
    (HEADER.replace("int f(int a);", "int f(size_t n);"), "lib/a/x.h:1: does not compile alone"),
    (HEADER.replace("int f(int a);", "struct y { int z; };").replace("#ifndef X_H\n#define X_H\n", "").replace("#endif\n", ""),
     "lib/a/x.h:1: does not compile alone"),
]

PUBLIC = "#define ATT_API __attribute__((visibility(\"default\")))\nATT_API int att_one(void);\n" \
    "ATT_API const char *att_two(int a,\n    int b);\n"
EXPORTED = "int att_one(void) { return 1; }\nconst char *att_two(int a, int b) { return a + b ? \"\" : 0; }\n"
EXPORTS = [
    (PUBLIC, EXPORTED, None),
    (PUBLIC, EXPORTED + "int att_extra(void) { return 1; }\n", "exports att_extra"),
    (PUBLIC + "ATT_API int att_three(void);\n", EXPORTED, "x.h:5: att_three is not exported"),
    (PUBLIC + "int att_four(void);\n", EXPORTED, "x.h:5: att_four has no ATT_API"),
]


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def check(self, name, done, want):
        """A run must end with 1 and print `want`, or with 0 and print nothing but its summary."""
        fine = (done.returncode == 1 and want in done.stdout) if want else done.returncode == 0
        self.count += 1
        self.failed += not fine
        print(f"{'ok' if fine else 'not ok'} {self.count} - {name}")
        if not fine:
            print("".join(f"# {line}\n" for line in (f"want: {want}", *(done.stdout + done.stderr).splitlines())), end="")


def write(root, path, text):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def run(tool, root, *arguments):
    return subprocess.run([str(ROOT / "tools" / tool), "--root", str(root), *arguments], capture_output=True, text=True, check=False)


def in_new_folder(test):
    with tempfile.TemporaryDirectory() as folder:
        test(pathlib.Path(folder))


def style_cases(tap):
    for number, (path, text, want) in enumerate(STYLE):
        def case(root):
            write(root, path, text)
            tap.check(f"check-style {number} {want or 'quiet'}", run("check-style", root), want)
        in_new_folder(case)


def readme_cases(tap):
    def case(root):
        for name in "wxyz":
            write(root, f"lib/a/{name}.c", GOOD)
        tap.check("check-style folder without README", run("check-style", root), "lib/a:0: 4 files and no README.md")
        write(root, "lib/a/README.md", "x\n" * 30)
        tap.check("check-style folder with README", run("check-style", root), None)
        write(root, "lib/a/README.md", "x\n" * 31)
        tap.check("check-style README too long", run("check-style", root), "too long a README")
    in_new_folder(case)


def exception_cases(tap):
    def case(root):
        write(root, "lib/a/x.c", GOOD + "static int counter;\n")
        write(root, "tools/style-exceptions.txt", "lib/a/x.c\tmutable variable\ta sample\n")
        tap.check("check-style exception", run("check-style", root), None)
        write(root, "tools/style-exceptions.txt", "lib/a/x.c\tmutable variable\n")
        tap.check("check-style exception without a reason", run("check-style", root), "no reason")
        write(root, "lib/a/x.c", GOOD)
        write(root, "tools/style-exceptions.txt", "lib/a/x.c\tmutable variable\ta sample\n")
        tap.check("check-style exception nobody needs", run("check-style", root), "nothing needs this exception")
    in_new_folder(case)


def include_cases(tap):
    for path, include, want in INCLUDES:
        def case(root):
            for target in TARGETS:
                write(root, target, "")
            write(root, path, f"#include {include}\n")
            tap.check(f"check-includes {path} {include}", run("check-includes", root), want)
        in_new_folder(case)


def header_cases(tap):
    for text, want in HEADERS:
        def case(root):
            write(root, "lib/a/x.h", text)
            (root / "include").mkdir()
            tap.check(f"check-headers {want or 'quiet'}", run("check-headers", root), want)
        in_new_folder(case)


def export_cases(tap):
    for public, source, want in EXPORTS:
        def case(root):
            write(root, "include/libattest/x.h", public)
            write(root, "x.c", source)
            library = str(root / "x.so")
            subprocess.run(["cc", "-shared", "-fPIC", "-o", library, str(root / "x.c")], check=True)
            tap.check(f"check-exports {want or 'quiet'}", run("check-exports", root, library), want)
        in_new_folder(case)


def main():
    tap = Tap()
    for cases in (style_cases, readme_cases, exception_cases, include_cases, header_cases, export_cases):
        cases(tap)
    def empty(root):
        for tool in ("check-style", "check-includes", "check-headers"):
            tap.check(f"{tool} on an empty tree", run(tool, root), "0 findings")
    in_new_folder(empty)
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


sys.exit(main())

"""A small view of C source for the style tools: text without comments and literals, functions, statements.

It reads the project's own style (a function's brace stands in column one); it is no compiler.
"""
import re

CONTROL = {"if", "for", "while", "switch"}
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|->|\+\+|--|<<=?|>>=?|[=!<>]=|&&|\|\||\.\.\.|[^\s\w]")
LITERAL = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def blank(text, keep_strings=False):
    """The text with comments (and the inside of literals) turned into spaces; line numbers stay."""
    def replace(match):
        found = match.group(0)
        if found[0] in "\"'":
            if keep_strings:
                return found
            return found[0] + re.sub(r"[^\n]", " ", found[1:-1]) + found[0]
        return re.sub(r"[^\n]", " ", found)
    return LITERAL.sub(replace, text)


def comments(text):
    """(line, comment) for each comment."""
    for match in LITERAL.finditer(text):
        if match.group(0)[0] == "/":
            yield text.count("\n", 0, match.start()) + 1, match.group(0)


def drop_preprocessor(code):
    """Blank text without its # lines and their continuations."""
    out, skipping = [], False
    for line in code.split("\n"):
        if skipping or line.lstrip().startswith("#"):
            skipping = line.rstrip().endswith("\\")
            out.append("")
        else:
            skipping = False
            out.append(line)
    return "\n".join(out)


def macros(code):
    """(line, whole text) of each #define, with its continuation lines."""
    lines = code.split("\n")
    for i, line in enumerate(lines):
        if re.match(r"\s*#\s*define\b", line):
            j = i
            while lines[j].rstrip().endswith("\\") and j + 1 < len(lines):
                j += 1
            yield i + 1, "\n".join(lines[i:j + 1])


class Token:
    def __init__(self, text, line):
        self.text, self.line = text, line


def tokens(code):
    line, pos = 1, 0
    for match in TOKEN.finditer(code):
        line += code.count("\n", pos, match.start())
        pos = match.start()
        yield Token(match.group(0), line)


PAIRS = {"(": ")", "[": "]", "{": "}"}


def closing(toks, i):
    """Index of the bracket that closes the one at i; the last index when it never does."""
    depth = 0
    for j in range(i, len(toks)):
        if toks[j].text in PAIRS:
            depth += 1
        elif toks[j].text in PAIRS.values():
            depth -= 1
            if depth == 0:
                return j
    return len(toks) - 1


class Function:
    """name, parameter count, first line of the declarator, lines of the body's braces, tokens of the body."""


class Declaration:
    """A top-level declaration: its tokens up to the initialiser or semicolon, and the initialiser's lines."""


def parameters(toks, start, end):
    depth, commas, names = 0, 0, [t.text for t in toks[start + 1:end]]
    for text in names:
        if text in PAIRS:
            depth += 1
        elif text in PAIRS.values():
            depth -= 1
        elif text == "," and depth == 0:
            commas += 1
    return 0 if names in ([], ["void"]) else commas + 1


def parameter_list(toks, head):
    """Index of the parameter list's opening bracket in a declarator, or None."""
    for k, index in enumerate(head):
        if toks[index].text == "(" and k > 0 and re.match(r"[A-Za-z_]", toks[head[k - 1]].text) and \
                not toks[head[k - 1]].text.startswith(("__attribute__", "ATT_AUTO")):
            return index
    return None


def top_level(code):
    """Functions and declarations of a file whose comments, literals and preprocessor lines are blank."""
    toks = list(tokens(drop_preprocessor(code)))
    functions, declarations = [], []
    i = 0
    while i < len(toks):
        start, head, initialiser = i, [], None
        while i < len(toks):
            text = toks[i].text
            if text == ";":
                i += 1
                break
            if text == "=":
                head.append(i)
                i += 1
                if i < len(toks) and toks[i].text == "{":
                    end = closing(toks, i)
                    initialiser = (toks[i].line, toks[end].line)
                    i = end + 1
                continue
            if text == "{":
                end = closing(toks, i)
                opening = parameter_list(toks, head)
                if opening is not None and not any(toks[h].text in ("=",) for h in head):
                    f = Function()
                    f.name = toks[head[head.index(opening) - 1]].text
                    f.params = parameters(toks, opening, closing(toks, opening))
                    f.line, f.first, f.last = toks[start].line, toks[i].line, toks[end].line
                    f.body = toks[i + 1:end]
                    functions.append(f)
                    i = end + 1
                    head = []
                    break
                i = end + 1                     # struct, union or enum body
                head.append(end)
                continue
            if text in ("(", "["):
                end = closing(toks, i)
                head.append(i)
                head.extend(range(i + 1, end + 1) if text == "(" and end - i < 2 else [end])
                i = end + 1
                continue
            head.append(i)
            i += 1
        if head:
            d = Declaration()
            d.line = toks[start].line
            d.words = [toks[h].text for h in head]
            d.initialiser = initialiser
            declarations.append(d)
        if i == start:
            i += 1
    return functions, declarations


def nesting(body):
    """(depth, line) of the deepest statement: how many control statements stand around it."""
    deepest = [(0, body[0].line if body else 0)]

    def expression(i):
        while i < len(body) and body[i].text != ";":
            if body[i].text == "}":
                return i
            i = closing(body, i) + 1 if body[i].text in PAIRS else i + 1
        return i + 1

    def block(i, depth):                        # behind its opening brace
        while i < len(body) and body[i].text != "}":
            i = statement(i, depth)
        return i + 1

    def inside(i, depth):
        if i < len(body):
            deepest.append((depth, body[i].line))
        return statement(i, depth)

    def conditional(i, depth):
        i = inside(closing(body, i + 1) + 1, depth + 1)
        while i < len(body) and body[i].text == "else":
            chained = i + 1 < len(body) and body[i + 1].text == "if"
            i = inside(closing(body, i + 2) + 1 if chained else i + 1, depth + 1)
        return i

    def statement(i, depth):
        if i >= len(body):
            return i
        text, after = body[i].text, body[i + 1].text if i + 1 < len(body) else ""
        if text == "{":
            return block(i + 1, depth)
        if text == "if":
            return conditional(i, depth)
        if text in CONTROL:
            return inside(closing(body, i + 1) + 1, depth + 1)
        if text == "do":
            return expression(inside(i + 1, depth + 1))
        if text in ("case", "default"):
            while i < len(body) and body[i].text != ":":
                i += 1
            return i + 1
        if re.match(r"[A-Za-z_]", text) and after == "(":
            end = closing(body, i + 1)
            if end + 1 < len(body) and body[end + 1].text == "{":       # a loop macro
                return inside(end + 1, depth + 1)
        return expression(i)

    i = 0
    while i < len(body):
        before = i
        i = statement(i, 0)
        if i == before:
            i += 1
    return max(deepest)

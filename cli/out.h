/* out.h - verdicts, checks and reports for people (ticks, crosses, hints; colour on a terminal only) and
 * for programs. */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include "lib/base/arena.h"
#include "lib/json/json.h"
#include "libattest/attest.h"

#define OUT_SIMULATED "trusted only because of --anchors; no vendor root stands behind this evidence"

/* comparison: compare.h; NULL: none was asked for. */
ATT_CHECK bool out_verdict_text(const struct att_result *r, const char *name,
    const struct json *comparison, struct att_error *e);
ATT_CHECK bool out_verdict_json(struct arena *a, const struct att_result *r, const struct json *comparison,
    struct att_error *e);

/* The list of checks: a tick, cross or dash, id, title; expected and found under a failed one. */
void out_checks(const struct att_check *v, size_t n);
/* NULL: out of memory. */
struct json *checks_json(struct arena *a, const struct att_check *v, size_t n);
struct json *error_json(struct arena *a, const struct att_error *why);          /* {"code","message"} */
/* Prints one JSON document with a final newline. */
ATT_CHECK bool out_json(struct arena *a, const struct json *v, struct att_error *e);

enum mark { MARK_GOOD, MARK_BAD, MARK_NONE, MARK_WARN };
void out_mark(enum mark m);                     /* "✔", "✗", "–" or "!", coloured on a terminal */
void out_bold(const char *text, enum mark m);

#endif

/*
 * checklist.h - what a verifier did: one row per check that can fail, and its outcome.
 *
 * Every format has one table of rows.  A checklist starts with every outcome "not reached",
 * and there is no way to turn a failed check into a passed one.  Outcomes of an appraisal are
 * shown to people, so texts name the thing, the value found and the value wanted.
 */
#ifndef BASE_CHECKLIST_H
#define BASE_CHECKLIST_H

#include "lib/base/arena.h"

enum check_outcome { CHECK_NA = 0, CHECK_PASS, CHECK_FAIL };

struct check_row {
	const char *id;         /* "snp.signature"; stable, part of the interface */
	const char *title;      /* one line for people */
	const char *spec;       /* reference: document and section */
	/* may stay "not reached" in a verified appraisal: it does not apply to all evidence */
	bool optional;
};

struct check_result {
	enum check_outcome outcome;
	bool expected_private;  /* expected comes from the operator's configuration or policy */
	const char *expected;   /* arena; NULL unless failed */
	const char *found;      /* arena; NULL unless failed */
};

struct checklist {
	struct arena *a;        /* holds the texts */
	const struct check_row *rows;
	struct check_result *results;   /* n of them, same order as rows */
	size_t n;
	size_t first_failed;    /* n when none failed */
};

ATT_CHECK bool checklist_init(struct checklist *c, struct arena *a, const struct check_row *rows,
    size_t n, struct att_error *e);
/* Marks row i passed, unless it failed before.  Always true, so it can end a condition. */
bool check_pass(struct checklist *c, size_t i);
/* Marks row i failed with texts made by check_text() or constants.  Always false. */
bool check_fail(struct checklist *c, size_t i, const char *expected, const char *found);
/* As check_fail, for an expected value that callers without the reader role must not see. */
bool check_fail_private(struct checklist *c, size_t i, const char *expected, const char *found);
/* printf into the checklist's arena, cut at 511 bytes and masked as error texts are; on exhausted memory a
 * constant text, never NULL. */
const char *check_text(struct checklist *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *check_text_hex(struct checklist *c, const void *p, size_t n);
bool checklist_failed(const struct checklist *c);       /* did any row fail? */
/* No row failed and every row that is not optional passed: a verifier that skips a step cannot say yes.
 * If not, *missing is the first such row.  A list without rows is not complete. */
bool checklist_complete(const struct checklist *c, size_t *missing);

#endif

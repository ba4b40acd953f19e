#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/compare.h"
#include "cli/out.h"

static bool colours(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

static const struct { const char *sign, *colour; } marks[] = {
	[MARK_GOOD] = { "✔", "\033[32m" }, [MARK_BAD] = { "✗", "\033[31m" }, [MARK_NONE] = { "–", "\033[2m" },
	[MARK_WARN] = { "!", "\033[33m" },
};

void out_mark(enum mark m)
{
	(void)printf(colours() ? "%s%s\033[0m" : "%.0s%s", marks[m].colour, marks[m].sign);
}

void out_bold(const char *text, enum mark m)
{
	if (colours())
		(void)printf("\033[1m%s%s\033[0m", marks[m].colour, text);
	else
		(void)fputs(text, stdout);
}

static void out_check(const struct att_check *c)
{
	static const enum mark by_outcome[] = {
		[ATT_CHECK_NA] = MARK_NONE, [ATT_CHECK_PASS] = MARK_GOOD, [ATT_CHECK_FAIL] = MARK_BAD,
	};

	(void)fputs("  ", stdout);
	out_mark(by_outcome[c->outcome]);
	(void)printf(" %-26s %s\n", c->id, c->title);
	if (c->outcome != ATT_CHECK_FAIL)
		return;
	(void)printf("      expected  %s\n", c->expected ? c->expected : "(not shown)");
	(void)printf("      found     %s\n", c->found ? c->found : "nothing");
}

void out_checks(const struct att_check *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out_check(&v[i]);
}

/* Evidence has many checks that apply to some of its kind only: those are counted. */
static void out_checks_made(const struct att_check *v, size_t n)
{
	size_t left_out = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].outcome == ATT_CHECK_NA)
			left_out++;
		else
			out_check(&v[i]);
	if (left_out == 0)
		return;
	(void)fputs("  ", stdout);
	out_mark(MARK_NONE);
	(void)printf(" %zu checks were not reached or do not apply (--format json lists them)\n", left_out);
}

bool out_verdict_text(const struct att_result *r, const char *name, const struct json *comparison,
    struct att_error *e)
{
	enum mark m = r->verdict == ATT_PERMITTED ? MARK_GOOD : r->verdict == ATT_UNDECIDED ? MARK_NONE :
	    MARK_BAD;

	(void)printf("%s evidence %s\n", r->type, name);
	out_checks_made(r->checks, r->nchecks);
	(void)fputs("\n", stdout);
	out_mark(m);
	(void)fputs(" ", stdout);
	out_bold(att_verdict_name(r->verdict), m);
	(void)fputs("\n", stdout);
	if (r->error.code != ATT_E_OK)
		(void)printf("  why:     %s: %s\n", att_err_name(r->error.code), r->error.text);
	if (r->policy_hash)
		(void)printf("  policy:  %s (hash %s)\n", r->policy_decision, r->policy_hash);
	for (size_t i = 0; i < r->nrelaxed; i++)
		(void)printf("  relaxed: %s\n", r->relaxed[i]);
	if (r->simulated_anchor)
		(void)printf("  note:    %s\n", OUT_SIMULATED);
	if (r->hint)
		(void)printf("  hint:    %s\n", r->hint);
	if (comparison)
		out_comparison_text(comparison);
	return fflush(stdout) == 0 ? true : att_fail(e, ATT_E_INTERNAL, "cannot write to standard output");
}

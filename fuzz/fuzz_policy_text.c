/*
 * Any bytes as a policy text: a refusal has a problem with a place inside the text, an accepted
 * policy has none and keeps the limits; checking and compiling agree.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_problem(const struct policy_problem *p, size_t size)
{
	assert(p->message && p->message[0] && p->token && p->expected && p->rule && p->id && p->source_line);
	assert(p->offset <= size && p->line >= 1 && p->column <= p->offset);
	assert(p->caret <= strlen(p->source_line) && p->caret <= p->column);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct policy_problem problem;
	struct policy_report r;
	struct policy *p = NULL;
	struct att_error e = { 0 };
	bool ok;

	assert(a);
	ok = policy_compile(a, (const char *)data, size, &p, &problem, &e);
	assert(ok == (p != NULL) && ok == (e.code == ATT_E_OK) && ok == (problem.message == NULL));
	if (ok)
		assert(policy_rule_count(p) <= POLICY_RULES_MAX && policy_minor_version(p) <= 2);
	else
		assert(e.code == ATT_E_POLICY_PARSE);
	att_error_clear(&e);
	assert(policy_check(a, (const char *)data, size, 0, &r, &e));
	assert((r.policy != NULL) == ok && (r.nproblems == 0) == ok);
	assert(r.nproblems <= POLICY_PROBLEMS_MAX && r.nwarnings <= POLICY_PROBLEMS_MAX && (ok ||
	    r.nwarnings == 0));
	for (size_t i = 0; i < r.nproblems; i++)
		check_problem(&r.problems[i], size);
	for (size_t i = 0; i < r.nwarnings; i++)
		check_problem(&r.warnings[i], size);
	assert(ok || problem.offset == r.problems[0].offset);
	arena_free(a);
	return 0;
}

/* Compiling: text to tree, or to a list of problems. */
#include "lib/policy/policy.h"

#include "lib/base/utf8.h"
#include "lib/policy/ast.h"
#include "lib/policy/check.h"
#include "lib/policy/lint.h"
#include "lib/policy/parse.h"

static size_t first_bad_byte(const char *s, size_t n)
{
	size_t i = 0, len = 1;

	for (; i < n && len; i += len)
		len = utf8_char_len(s + i, n - i);
	return i;
}

static bool check_text(struct problems *ps)
{
	size_t bad = first_bad_byte(ps->text, ps->len);
	struct complaint c = { .id = "encoding", .at = { .off = bad, .len = 1 },
	    .message = "the text is not UTF-8", .hint = "save the file as UTF-8" };

	if (ps->len > POLICY_TEXT_MAX) {
		c = (struct complaint){ .id = "limit", .message = problem_text(ps,
		    "text of %zu bytes, the limit of a policy is %zu", ps->len, POLICY_TEXT_MAX) };
		ps->len = POLICY_TEXT_MAX;
		return problem_add(ps, &c);
	}
	return bad == ps->len || problem_add(ps, &c);
}

/* Fills *p and ps.  False when memory ran out; e says so. */
static bool build(struct problems *ps, struct policy *p)
{
	bool version_known = false;

	if (!check_text(ps))
		return !ps->nomem;
	if (ps->n > 0)
		return true;
	if (!parse_policy(ps, p, &version_known) || !check_policy(ps, p, version_known))
		return !ps->nomem;
	problems_sort(ps);
	return ps->n > 0 || names_intern(ps->a, p, ps->e);
}

static bool compile(struct problems *ps, struct policy **out)
{
	struct policy *p = arena_alloc(ps->a, sizeof *p);

	*out = NULL;
	if (!p)
		return arena_fail(ps->a, ps->e);
	if (!build(ps, p))
		return false;
	problems_sort(ps);
	*out = ps->n == 0 ? p : NULL;
	return true;
}

bool policy_compile(struct arena *a, const char *text, size_t len, struct policy **out,
    struct policy_problem *problem, struct att_error *e)
{
	struct problems ps = { .a = a, .e = e, .text = text, .len = len };
	struct policy *p;

	if (problem)
		*problem = (struct policy_problem){ 0 };
	if (!compile(&ps, &p))
		return false;
	if (!p) {
		if (problem)
			*problem = ps.v[0];
		return problem_report(&ps.v[0], e);
	}
	*out = p;
	return true;
}

bool policy_check(struct arena *a, const char *text, size_t len, unsigned formats,
    struct policy_report *out, struct att_error *e)
{
	struct problems ps = { .a = a, .e = e, .text = text, .len = len };
	struct problems warnings = ps;
	struct policy *p;

	warnings.lints = true;
	if (!compile(&ps, &p))
		return false;
	if (p && !lint_policy(&warnings, p, formats))
		return false;
	problems_sort(&warnings);
	*out = (struct policy_report){ p, ps.v, ps.n, warnings.v, warnings.n };
	return true;
}

unsigned policy_minor_version(const struct policy *p)
{
	return p->minor;
}

size_t policy_rule_count(const struct policy *p)
{
	return p->nrules;
}

/* Lints about what a policy lets through. */
#include <string.h>

#include "lib/policy/action.h"
#include "lib/policy/lint.h"

static bool permits(const struct rule *r)
{
	return r->action->verdict == POLICY_PERMIT;
}

static bool denies(const struct rule *r)
{
	return r->action->verdict == POLICY_DENY;
}

static const struct rule *first_permit(const struct lint *l)
{
	const struct rule *r = l->p->sections[SEC_AUTHZ].rules;

	while (r && !permits(r))
		r = r->next;
	return r;
}

void lint_permit_all(struct lint *l, const struct lint_row *row)
{
	if (permits(l->rule) && !l->rule->conditions)
		lint_warn(l, row, &l->rule->action_at,
		    "permit() without any condition permits all genuine evidence that no deny() rule refuses",
		    "put conditions before =>, or deny what must not pass");
}

void lint_no_permit(struct lint *l, const struct lint_row *row)
{
	if (!first_permit(l))
		lint_warn(l, row, &l->p->sections[SEC_AUTHZ].at,
		    "no rule permits: every request is refused", NULL);
}

/* What tells that something runs in debug mode, and the value it must have. */
static const struct debug_claim {
	unsigned format;
	const char *name;
	enum claim_kind kind;
	bool good;
	const char *good_text;
} debug_claims[] = {
	{ CLAIM_F_SGX, "x-ms-sgx-is-debuggable", CLAIM_BOOL, false, NULL },
	{ CLAIM_F_SGX, "$is-debuggable", CLAIM_BOOL, false, NULL },
	{ CLAIM_F_SNP, "x-ms-sevsnpvm-is-debuggable", CLAIM_BOOL, false, NULL },
	{ CLAIM_F_TDX, "tdx_td_attributes_debug", CLAIM_BOOL, false, NULL },
	{ CLAIM_F_TDX, "dbgstat", CLAIM_STRING, false, "disabled" },
	{ CLAIM_F_AZGUEST, "x-ms-azurevm-debuggersdisabled", CLAIM_BOOL, true, NULL }
};
#define NDEBUG_CLAIMS (sizeof debug_claims / sizeof debug_claims[0])

static bool is_good(const struct debug_claim *d, const struct value *v)
{
	if (v->kind != d->kind)
		return false;
	return d->kind == CLAIM_BOOL ? v->b == d->good : strcmp(v->s, d->good_text) == 0;
}

/* Does the condition hold only for the good value (want true), or only for bad ones? */
static bool asks_debug(const struct condition *c, const struct debug_claim *d, bool want)
{
	const char *name = condition_name(c);
	const struct test *t = find_test(c, PROP_VALUE);
	bool good;

	if (!name || strcmp(name, d->name) != 0 || c->negated || !t || t->rhs->kind != EX_LITERAL)
		return false;
	if (t->cmp != CMP_EQ && t->cmp != CMP_NE)
		return false;
	good = is_good(d, &t->rhs->lit);
	return (t->cmp == CMP_EQ ? good : !good) == want;
}

static bool rule_asks_debug(const struct rule *r, unsigned format, bool want)
{
	for (const struct condition *c = r->conditions; c; c = c->next)
		for (size_t i = 0; i < NDEBUG_CLAIMS; i++)
			if (debug_claims[i].format == format && asks_debug(c, &debug_claims[i], want))
				return true;
	return false;
}

/* Some rule denies debug mode on sight, or every permit asks for its absence. */
static bool debug_refused(const struct lint *l, unsigned format)
{
	bool all = true;

	for (const struct rule *r = l->p->sections[SEC_AUTHZ].rules; r; r = r->next) {
		if (denies(r) && r->nconditions == 1 && rule_asks_debug(r, format, false))
			return true;
		if (permits(r) && !rule_asks_debug(r, format, true))
			all = false;
	}
	return all;
}

/* The attestation types whose claims the policy asks for. */
static unsigned formats_asked(const struct lint *l)
{
	unsigned formats = 0;

	for (const struct rule *r = l->p->sections[SEC_AUTHZ].rules; r; r = r->next)
		for (const struct condition *c = r->conditions; c; c = c->next) {
			const char *name = condition_name(c);
			const struct claim_name *known = name ? claim_name_find(name) : NULL;

			/* A name of several types tells nothing. */
			if (known && (known->formats & (known->formats - 1)) == 0)
				formats |= known->formats;
		}
	return formats & ~(unsigned)CLAIM_F_ALL;
}

void lint_debug(struct lint *l, const struct lint_row *row)
{
	unsigned formats = l->formats ? l->formats : formats_asked(l);
	const struct rule *permit = first_permit(l);
	unsigned last = 0;

	for (size_t i = 0; permit && i < NDEBUG_CLAIMS && !l->stop; i++) {
		const struct debug_claim *d = &debug_claims[i];

		if (!(formats & d->format) || d->format == last || debug_refused(l, d->format))
			continue;
		last = d->format;
		lint_warn(l, row, &permit->at, problem_text(l->ps,
		    "debug mode is not refused: no rule denies a bad %s", d->name),
		    problem_text(l->ps, "add [type==\"%s\", value==%s] => deny();", d->name,
		    d->good ? "false" : "true"));
	}
}

static bool named(const struct condition *c, const char *name, const char *alias)
{
	const char *asked = condition_name(c);

	return asked && (strcmp(asked, name) == 0 || strcmp(asked, alias) == 0);
}

static bool rule_names(const struct rule *r, const char *name, const char *alias)
{
	for (const struct condition *c = r->conditions; c; c = c->next)
		if (named(c, name, alias) && find_test(c, PROP_VALUE))
			return true;
	return false;
}

/* value >= 0 passes everything, so it is no minimum. */
static bool sets_minimum(const struct condition *c)
{
	for (const struct test *t = c->tests; t; t = t->next)
		if (t->prop == PROP_VALUE && t->cmp != CMP_NE && t->cmp != CMP_LT && t->cmp != CMP_LE &&
		    !(t->rhs->kind == EX_LITERAL && t->cmp == CMP_GE && t->rhs->lit.i <= 0))
			return true;
	return false;
}

static bool rule_sets_minimum(const struct rule *r)
{
	for (const struct condition *c = r->conditions; c; c = c->next)
		if (named(c, "x-ms-sgx-svn", "$svn") && sets_minimum(c))
			return true;
	return false;
}

static bool denied_on(const struct lint *l, const char *name, const char *alias)
{
	for (const struct rule *r = l->p->sections[SEC_AUTHZ].rules; r; r = r->next)
		if (denies(r) && rule_names(r, name, alias))
			return true;
	return false;
}

/* A signer signs many enclaves and keeps signing fixed ones: security-history row B9. */
void lint_signer(struct lint *l, const struct lint_row *row)
{
	const struct rule *r = l->rule;
	bool product, svn;

	if (!permits(r) || !rule_names(r, "x-ms-sgx-mrsigner", "$sgx-mrsigner") ||
	    rule_names(r, "x-ms-sgx-mrenclave", "$sgx-mrenclave"))
		return;
	product = rule_names(r, "x-ms-sgx-product-id", "$product-id") ||
	    denied_on(l, "x-ms-sgx-product-id", "$product-id");
	svn = rule_sets_minimum(r) || denied_on(l, "x-ms-sgx-svn", "$svn");
	if (product && svn)
		return;
	lint_warn(l, row, &r->at, problem_text(l->ps,
	    "the signer is checked without %s%s%s: any other or older enclave of that signer passes",
	    product ? "" : "product id", product || svn ? "" : " and ",
	    svn ? "" : "minimum SVN"),
	    "add [type==\"x-ms-sgx-product-id\", value==...] && [type==\"x-ms-sgx-svn\", value>=...]");
}

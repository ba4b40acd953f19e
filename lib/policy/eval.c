#include "lib/policy/eval.h"

#include "lib/policy/action.h"

/* Recorded sentences (spec section 5). */
static const char no_permit[] =
    "No Permit claim was issued in the authorizationrules section, authorization failed.";
static const char denied[] = "A Deny claim was issued, authorization failed.";

const char *policy_decision_name(enum policy_decision d)
{
	static const char *const names[] = {
		[POLICY_NO_PERMIT] = "no-permit", [POLICY_PERMIT] = "permit", [POLICY_DENY] = "deny",
		[POLICY_ERROR] = "error"
	};

	return names[d];
}

static bool eval_conditions(struct eval *ev, const struct rule *r, struct policy_trace *t, bool *all)
{
	struct policy_bound *bound = r->nconditions ? ev_alloc(ev, r->nconditions, sizeof *bound) : NULL;
	size_t n = 0;

	*all = true;
	if (r->nconditions && !bound)
		return false;
	t->bound = bound;
	for (const struct condition *c = r->conditions; c; c = c->next) {
		struct bound b;

		if (!eval_condition(ev, c, &b, all))
			return false;
		if (!*all) {
			t->failed_condition = n;
			return true;
		}
		if (c->slot >= 0)
			ev->slots[c->slot] = b;
		bound[n++] = (struct policy_bound){ c->negated ? NULL : c->ident, b.at, b.n };
		t->nbound = n;
	}
	return true;
}

static bool eval_rule(struct eval *ev, const struct rule *r, struct policy_trace *t)
{
	*t = (struct policy_trace){ .line = r->at.line, .section = section_name(ev->section),
	    .action = r->action->name };
	ev->rule = r;
	if (!eval_conditions(ev, r, t, &t->fired))
		t->fired = false;
	else if (!t->fired)
		return true;
	else if (eval_action(ev, r))
		return true;
	return false;
}

static bool eval_section(struct eval *ev, enum pol_section s, struct policy_trace *trace, size_t *n)
{
	ev->section = s;
	for (const struct rule *r = ev->p->sections[s].rules; r; r = r->next)
		if (!eval_rule(ev, r, &trace[(*n)++]))
			return false;
	ev->rule = NULL;
	return true;
}

static bool permitted(const struct eval *ev)
{
	return ev->permit && !ev->deny;
}

/* Sections in order; issuance only when authorization went well. */
static bool run(struct eval *ev, struct policy_trace *trace, size_t *n)
{
	return eval_section(ev, SEC_CONFIG, trace, n) && eval_section(ev, SEC_AUTHZ, trace, n) &&
	    (!permitted(ev) || eval_section(ev, SEC_ISSUANCE, trace, n)) && properties_check(ev);
}

static void finish(const struct eval *ev, bool ok, bool permit, struct policy_result *out)
{
	out->incoming = ev->in.c;
	out->steps = ev->steps;
	out->outgoing = out->properties = claims_make(ev->a);
	if (!ok) {
		out->decision = POLICY_ERROR;
		out->message = ev->message;
	} else if (ev->deny) {
		out->decision = POLICY_DENY;
		out->message = denied;
	} else if (!permit) {
		out->message = no_permit;
	} else {
		out->decision = POLICY_PERMIT;
		out->outgoing = ev->outgoing.c;
		out->properties = ev->properties.c;
		out->outgoing.a = out->properties.a = ev->a;
	}
}

static void eval_init(struct eval *ev, const struct policy *p, const struct policy_limits *limits,
    struct arena *a)
{
	static const struct policy_limits standard = { POLICY_STEPS_DEFAULT, POLICY_MEMORY_DEFAULT };

	*ev = (struct eval){ .p = p, .a = a, .a_start = arena_used(a) };
	ev->limits = limits ? *limits : standard;
}

bool policy_eval(const struct policy *p, const struct claims *incoming, const struct policy_limits *limits,
    struct arena *a, struct policy_result *out, struct att_error *e)
{
	struct policy_result r = { 0 };
	struct policy_trace *trace;
	struct eval ev;
	bool ok;

	eval_init(&ev, p, limits, a);
	trace = ev_alloc(&ev, p->nrules, sizeof *trace);
	ok = trace && cset_load(&ev, &ev.in, incoming) && run(&ev, trace, &r.ntrace);
	arena_free(ev.scratch);
	if (ev.nomem)
		return arena_fail(a, e);
	r.trace = trace;
	finish(&ev, ok, permitted(&ev), &r);
	*out = r;
	return true;
}

bool policy_configure(const struct policy *p, const struct policy_limits *limits, struct arena *a,
    struct policy_result *out, struct att_error *e)
{
	struct policy_result r = { 0 };
	struct claims none = claims_make(a);
	struct policy_trace *trace;
	struct eval ev;
	bool ok;

	eval_init(&ev, p, limits, a);
	trace = ev_alloc(&ev, p->sections[SEC_CONFIG].nrules, sizeof *trace);
	ok = trace && cset_load(&ev, &ev.in, &none) && eval_section(&ev, SEC_CONFIG, trace, &r.ntrace) &&
	    properties_check(&ev);
	arena_free(ev.scratch);
	if (ev.nomem)
		return arena_fail(a, e);
	r.trace = trace;
	finish(&ev, ok, true, &r);
	*out = r;
	return true;
}

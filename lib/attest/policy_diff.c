/* What changed between two policies: rules by meaning, and what both say about given claims. */
#include <string.h>

#include "lib/attest/api_call.h"
#include "lib/attest/appraisal.h"
#include "lib/attest/rule_text.h"
#include "libattest/policy.h"

struct rule_row {
	const char *shown, *key;
	size_t line;
	size_t partner;         /* index + 1 in the other policy; 0: none */
};

struct rule_list {
	struct rule_row *v;
	size_t n;
	bool ordered;           /* some rule makes claims: the order matters */
};

static bool list_rules(struct arena *a, const struct section *s, struct rule_list *out, struct att_error *e)
{
	size_t i = 0;

	*out = (struct rule_list){ .v = arena_array(a, s->nrules + 1, sizeof *out->v), .n = s->nrules };
	if (!out->v)
		return arena_fail(a, e);
	for (const struct rule *r = s->rules; r && i < out->n; r = r->next, i++) {
		out->v[i].line = r->at.line;
		out->ordered = out->ordered || rule_makes_claims(r);
		if (!rule_text(a, r, RULE_SHOWN, &out->v[i].shown, e) ||
		    !rule_text(a, r, RULE_KEY, &out->v[i].key, e))
			return false;
	}
	out->n = i;
	return true;
}

/* Each rule finds the first free equal one; most stand where they stood, so the search begins behind the
 * last. */
static void pair_up(struct rule_list *from, struct rule_list *to)
{
	size_t start = 0;

	for (size_t i = 0; i < from->n; i++)
		for (size_t step = 0; step < to->n; step++) {
			size_t k = (start + step) % to->n;
			if (to->v[k].partner || strcmp(from->v[i].key, to->v[k].key) != 0)
				continue;
			from->v[i].partner = k + 1;
			to->v[k].partner = i + 1;
			start = k + 1;
			break;
		}
}

static bool is_reordered(const struct rule_list *from, const struct rule_list *to)
{
	size_t last = 0;

	for (size_t i = 0; i < from->n; i++) {
		if (!from->v[i].partner)
			continue;
		if (from->v[i].partner < last)
			return from->ordered || to->ordered;
		last = from->v[i].partner;
	}
	return false;
}

static struct json *alone_json(struct arena *a, const struct rule_list *l)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < l->n; i++) {
		struct json *o = l->v[i].partner ? NULL : json_object(a);
		if (l->v[i].partner)
			continue;
		if (!json_put(a, o, "line", json_int(a, (int64_t)l->v[i].line)) ||
		    !json_put(a, o, "rule", json_string(a, l->v[i].shown)) || !json_append(list, o))
			return NULL;
	}
	return list;
}

static struct json *unchanged_json(struct arena *a, const struct rule_list *from, const struct rule_list *to)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < from->n; i++) {
		const struct rule_row *r = &from->v[i];
		struct json *o = r->partner ? json_object(a) : NULL;
		if (!r->partner)
			continue;
		if (!json_put(a, o, "line", json_int(a, (int64_t)r->line)) ||
		    !json_put(a, o, "toLine", json_int(a, (int64_t)to->v[r->partner - 1].line)) ||
		    !json_put(a, o, "rule", json_string(a, r->shown)) || !json_append(list, o))
			return NULL;
	}
	return list;
}

/* One section of both; *equal is cleared when it differs.  NULL: out of memory, or e says why. */
static struct json *section_json(struct arena *a, const struct policy *from, const struct policy *to,
    enum pol_section s, bool *equal, struct att_error *e)
{
	struct rule_list f, t;
	struct json *o = json_object(a), *removed, *added;
	bool moved;

	if (!list_rules(a, &from->sections[s], &f, e) || !list_rules(a, &to->sections[s], &t, e))
		return NULL;
	pair_up(&f, &t);
	moved = is_reordered(&f, &t);
	removed = alone_json(a, &f);
	added = alone_json(a, &t);
	if (moved || (removed && removed->len) || (added && added->len))
		*equal = false;
	return json_put(a, o, "section", json_string(a, section_name(s))) &&
	    json_put(a, o, "removed", removed) &&
	    json_put(a, o, "added", added) && json_put(a, o, "unchanged", unchanged_json(a, &f, &t)) &&
	    json_put(a, o, "reordered", json_bool(a, moved)) ? o : NULL;
}

static struct json *sections_json(struct arena *a, const struct policy *from, const struct policy *to,
    bool *equal, struct att_error *e)
{
	struct json *list = json_array(a);

	*equal = true;
	for (unsigned s = 0; s < SEC_COUNT; s++)
		if (!json_append(list, section_json(a, from, to, (enum pol_section)s, equal, e)))
			return NULL;
	return list;
}

static struct json *head_json(struct api_call *k, const struct policy *p, struct att_bytes text,
    struct att_error *e)
{
	struct json *o = json_object(k->a);
	char hash[44];

	return policy_hash(k->c, k->a, api_text(text), text.len, hash, e) &&
	    json_put(k->a, o, "version", json_string(k->a, arena_printf(k->a, "1.%u",
	    policy_minor_version(p)))) && json_put(k->a, o, "hash", json_string(k->a, hash)) &&
	    json_put(k->a, o, "rules", json_int(k->a, (int64_t)policy_rule_count(p))) ? o : NULL;
}

static bool put_decision(struct arena *a, struct json *o, const char *name, const struct policy_result *r)
{
	const char *message = arena_printf(a, "%sMessage", name);

	return message && json_put(a, o, name, json_string(a, policy_decision_name(r->decision))) &&
	    (!r->message || json_put(a, o, message, json_string(a, r->message)));
}

static bool decide(struct arena *a, const struct policy *p, struct att_bytes claims_text,
    const struct att_settings *s, struct policy_result *out, struct att_error *e)
{
	struct policy_limits limits = { .steps = s->policy_steps, .memory = s->memory_limit };
	struct claims claims = claims_make(a);
	struct json *v;

	return json_parse(a, claims_text.data, claims_text.len, NULL, &v, e) &&
	    claims_from_json(&claims, v, e) && policy_eval(p, &claims, &limits, a, out, e);
}

/* What both policies say about one text of claims. */
static struct json *decision_json(struct arena *a, struct policy *const p[2], struct att_bytes claims,
    const struct att_settings *s, struct att_error *e)
{
	struct json *o = json_object(a);
	struct policy_result r[2];

	return decide(a, p[0], claims, s, &r[0], e) && decide(a, p[1], claims, s, &r[1], e) &&
	    put_decision(a, o, "from", &r[0]) && put_decision(a, o, "to", &r[1]) ? o : NULL;
}

struct diff_input {
	const struct att_policy_pair *texts;
	const struct att_bytes *claims;
	size_t nclaims;
	const struct att_settings *settings;
};

static struct json *diff_json(struct api_call *k, const struct diff_input *in, struct policy *const p[2],
    struct att_error *e)
{
	struct arena *a = k->a;
	struct json *o = json_object(a), *decisions = json_array(a), *sections;
	bool equal, ok;

	sections = sections_json(a, p[0], p[1], &equal, e);
	ok = json_put(a, o, "equal", json_bool(a, equal)) &&
	    json_put(a, o, "from", head_json(k, p[0], in->texts->from, e)) &&
	    json_put(a, o, "to", head_json(k, p[1], in->texts->to, e)) &&
	    json_put(a, o, "sections", sections);
	for (size_t i = 0; ok && i < in->nclaims; i++) {
		ok = json_append(decisions, decision_json(a, p, in->claims[i], in->settings, e)) != NULL;
		if (!ok)
			(void)att_within(e, "claims[%zu]", i);
	}
	if (!ok || !json_put(a, o, "decisions", decisions)) {
		if (!e || e->code == ATT_E_OK)
			(void)arena_fail(a, e);
		return NULL;
	}
	return o;
}

static bool diff(struct api_call *k, const struct diff_input *in, char **out, size_t *n, struct att_error *e)
{
	struct att_bytes from = in->texts->from, to = in->texts->to;
	struct policy *p[2];

	if (!policy_compile(k->a, api_text(from), from.len, &p[0], NULL, e))
		return att_within(e, "from");
	if (!policy_compile(k->a, api_text(to), to.len, &p[1], NULL, e))
		return att_within(e, "to");
	return json_write(k->a, diff_json(k, in, p, e), JSON_COMPACT, out, n, e);
}

bool att_policy_diff(const struct att_policy_pair *texts, const struct att_bytes *claims, size_t nclaims,
    const struct att_settings *s, char **json, struct att_error *e)
{
	struct diff_input in = { texts, claims, nclaims, s };
	struct api_call k = { 0 };
	char *out = NULL;
	size_t n = 0;

	if (!api_call_begin(&k, e) || !diff(&k, &in, &out, &n, e))
		out = NULL;
	return api_call_end(&k, out, n, json, e);
}

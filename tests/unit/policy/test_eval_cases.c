/* Every case of vectors/policies/eval-cases.json. */
#include "tests/unit/policy/policy_harness.h"

static struct json *load_cases(struct arena *a)
{
	struct blob b = vector_file("policies/eval-cases.json");
	struct att_error e = { 0 };
	struct json *j;

	CHECK_OK(json_parse(a, b.p, b.n, NULL, &j, &e), &e);
	blob_free(&b);
	return j;
}

/* Values of one name as a JSON array, as in the "added" member. */
static const char *values_text(struct arena *a, const struct claims *c, const char *name)
{
	struct json *array = json_array(a);
	struct att_error e = { 0 };
	char *s;
	size_t n;

	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			assert_non_null(json_append(array, claim_value_json(&c->v[i], a)));
	CHECK_OK(json_write(a, array, JSON_SORTED, &s, &n, &e), &e);
	return s;
}

static const char *json_text(struct arena *a, const struct json *j)
{
	struct att_error e = { 0 };
	char *s;
	size_t n;

	CHECK_OK(json_write(a, j, JSON_SORTED, &s, &n, &e), &e);
	return s;
}

/* What differs, or NULL. */
static const char *difference(struct arena *a, const struct json *c, const struct policy_result *r)
{
	const struct json *outgoing = json_get(c, "outgoing"), *property = json_get(c, "property");
	const struct json *added = json_get(c, "added");

	if (!json_str_eq(json_get(c, "verdict"), policy_decision_name(r->decision)))
		return arena_printf(a, "decision %s: %s", policy_decision_name(r->decision),
		    r->message ? r->message : "");
	if (outgoing && strcmp(json_text(a, outgoing), as_text(a, &r->outgoing)) != 0)
		return arena_printf(a, "outgoing %s", as_text(a, &r->outgoing));
	if (property && strcmp(json_text(a, property), as_text(a, &r->properties)) != 0)
		return arena_printf(a, "properties %s", as_text(a, &r->properties));
	for (const struct json *m = added ? added->child : NULL; m; m = m->next)
		if (strcmp(json_text(a, m), values_text(a, &r->incoming, m->name)) != 0)
			return arena_printf(a, "added %s: %s", m->name, values_text(a, &r->incoming,
			    m->name));
	return NULL;
}

static const char *run_case(struct arena *a, const struct json *c)
{
	struct att_error e = { 0 };
	struct claims in = claims_make(a);
	struct policy_result r;
	const struct json *text = json_get(c, "policy");
	struct policy *p;

	if (!policy_compile(a, text->s, text->len, &p, NULL, &e) || !claims_from_json(&in, json_get(c,
	    "incoming"), &e))
		return arena_strdup(a, e.text);
	CHECK_OK(policy_eval(p, &in, NULL, a, &r, &e), &e);
	return difference(a, c, &r);
}

static void all_cases(void **state)
{
	struct arena *a = arena_new(ARENA);
	size_t failed = 0, n = 0;

	(void)state;
	need_vectors();
	for (const struct json *c = json_get(load_cases(a), "cases")->child; c; c = c->next, n++) {
		const char *why = run_case(a, c);

		if (!why)
			continue;
		failed++;
		print_message("# case %s: %s\n", json_get(c, "name")->s, why);
	}
	print_message("# %zu evaluation cases, %zu differ\n", n, failed);
	assert_int_equal(failed, 0);
	assert_true(n >= 46);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_cases) };

	return cmocka_run_group_tests_name("policy/eval_cases", tests, NULL, NULL);
}

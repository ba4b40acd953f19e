/* The table of claim names: order, reserved and read-only names, and the recorded tokens. */
#include "tests/harness/check.h"

#include <string.h>

#include "lib/claims/names.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool in_family(const char *name)
{
	return starts(name, "x-ms-") || starts(name, "tdx_") || starts(name, "attester_") || starts(name,
	    "x-attestd-");
}

static const char *const fixed[] = {
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "nonce", "ver", "rp_data"
};

static bool is_fixed(const char *name)
{
	for (size_t i = 0; i < COUNT(fixed); i++)
		if (strcmp(fixed[i], name) == 0)
			return true;
	return false;
}

static void walk(void **state)
{
	(void)state;
	for (size_t i = 0; i < claim_name_count(); i++) {
		const struct claim_name *n = claim_name_at(i);

		if (i > 0 && strcmp(claim_name_at(i - 1)->name, n->name) >= 0)
			fail_msg("%s is out of order", n->name);
		assert_ptr_equal(claim_name_find(n->name), n);
		assert_true(n->formats != 0);
		/* exactly the fixed names and the four families are reserved */
		assert_int_equal(claim_name_reserved(n->name), is_fixed(n->name) || in_family(n->name));
		/* our own names never reach the token unasked */
		if (starts(n->name, "x-attestd-"))
			assert_true(n->in_policy && !n->in_token);
		if (n->name[0] == '$')
			assert_true(n->in_policy && !n->in_token && n->alias_of);
		if (n->alias_of)
			assert_int_equal(claim_name_find(n->alias_of)->kind, n->kind);
		assert_int_equal(claim_name_read_only(n->name),
		    strcmp(n->name, "pcrs") == 0 || strcmp(n->name, "bootPcrs") == 0);
	}
	assert_null(claim_name_at(claim_name_count()));
}

static void reserved(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fixed); i++)
		assert_true(claim_name_reserved(fixed[i]));
	assert_true(claim_name_reserved("x-ms-sevsnpvm-hostdata"));
	assert_true(claim_name_reserved("attester_tcb_status"));
	assert_true(claim_name_reserved("x-attestd-snp-reported-tcb-fmc"));
	/* an unknown name of a family identifies nothing */
	assert_false(claim_name_reserved("x-ms-made-up"));
	assert_false(claim_name_reserved("tdx_"));
	assert_false(claim_name_reserved("tee"));
	assert_false(claim_name_reserved("secureboot"));
	assert_false(claim_name_reserved(""));
	assert_null(claim_name_find("x-ms-sgx-mrsigne"));
	assert_null(claim_name_find("X-MS-SGX-MRSIGNER"));
}

static bool fits(const struct claim_name *n, const struct json *v)
{
	if (v->kind == JSON_ARRAY && n->kind != CLAIM_JSON)     /* a set */
		return v->child == NULL || fits(n, v->child);
	return n->kind == (v->kind == JSON_STRING ? CLAIM_STRING : v->kind == JSON_INT ? CLAIM_INT :
	    v->kind == JSON_BOOL ? CLAIM_BOOL : CLAIM_JSON);
}

static size_t check_members(const char *file, const struct json *object, const struct json *issued)
{
	size_t known = 0;

	for (const struct json *m = object->child; m; m = m->next) {
		const struct claim_name *n = claim_name_find(m->name);

		if (!n && (in_family(m->name) || !json_get(issued, m->name)))
			fail_msg("%s: %s is not in the table", file, m->name);
		if (n && !fits(n, m))
			fail_msg("%s: %s has another type", file, m->name);
		known += n != NULL;
	}
	return known;
}

/* Every claim of the recorded tokens that no policy issued is in the table, with its type. */
static void recorded_tokens(void **state)
{
	static const char *const files[] = {
		"azurevm-windows-cvm", "openenclave-default-no-runtime", "sevsnpvm-container-real",
		    "sevsnpvm-docs",
		"sgx-default-no-runtime", "sgx-draft-policy-unsigned", "sgx-runtime-binary",
		    "sgx-runtime-json", "tdxvm-docs"
	};
	struct arena *a = arena_new((size_t)1 << 26);
	size_t known = 0;

	(void)state;
	need_vectors();
	for (size_t i = 0; i < COUNT(files); i++) {
		struct blob b = vector_file(arena_printf(a, "tokens/%s.json", files[i]));
		struct att_error e = { 0 };
		const struct json *tee, *payload;
		struct json *j;

		CHECK_OK(json_parse(a, b.p, b.n, NULL, &j, &e), &e);
		payload = json_get(j, "payload") ? json_get(j, "payload") : j;
		known += check_members(files[i], payload, json_get(payload, "x-ms-policy"));
		tee = json_get(payload, "x-ms-isolation-tee");
		known += tee ? check_members(files[i], tee, NULL) : 0;
		blob_free(&b);
	}
	assert_true(known > 150);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk), cmocka_unit_test(reserved), cmocka_unit_test(recorded_tokens)
	};

	return cmocka_run_group_tests_name("claims/names", tests, NULL, NULL);
}

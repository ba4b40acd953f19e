/* att_inspect of logs, TPM structures and Secure Boot variables: whole, cut and damaged. */
#include "tests/unit/attest/api_harness.h"

#include "lib/base/rd.h"
#include "libattest/inspect.h"

#define SBON "tests/vectors/lab/sbon/"
#define MADE "eventlog/made-here/sbon/"

struct api_fixture api;

/* The description, or NULL when the bytes are of no known kind, which is said. */
static const struct json *described(const void *p, size_t n)
{
	char *text;

	att_error_clear(&api.e);
	if (att_inspect((struct att_bytes){ p, n }, &text, &api.e))
		return json_taken(text);
	check_error(&api.e, ATT_E_BAD_FORMAT, "of no known kind", __FILE__, __LINE__);
	return NULL;
}

static bool is_kind(const struct json *v, const char *kind)
{
	return json_str_eq(json_get(v, "kind"), kind);
}

static void event_log(void **state)
{
	struct blob b = repo_file(SBON "binary_bios_measurements");
	const struct json *v = described(b.p, b.n), *pcrs;

	(void)state;
	assert_true(is_kind(v, "event log"));
	assert_int_equal(json_get(v, "eventCount")->i, 48);
	assert_int_equal(json_get(v, "events")->len, 48);
	assert_int_equal(json_get(v, "uncovered")->i, 0);
	pcrs = json_get(json_get(v, "pcrs"), "sha256");
	assert_string_equal(json_get(pcrs, "7")->s,
	    "75677db6f14082d3bfec4d14bdd75c8d72612ef6914ca99cd5a5997b7a21309d");
	blob_free(&b);
}

/* However it is cut: a shorter log, or a log with a problem; nothing else, and nothing at all only
 * at the start. */
static void cut_logs(void **state)
{
	struct blob b = repo_file(SBON "binary_bios_measurements");

	(void)state;
	for (size_t n = 0; n < b.n; n += n < 200 ? 1 : 37) {
		uint8_t *p = malloc(n + 1);
		const struct json *v;

		bytes_copy(p, b.p, n);
		v = described(p, n);
		assert_true(v ? is_kind(v, "event log") : n < 46);
		if (v && !json_get(v, "problem"))
			assert_true(json_get(v, "eventCount")->i < 48);
		free(p);
	}
	blob_free(&b);
}

static void damaged_logs(void **state)
{
	struct blob b = repo_file(SBON "binary_bios_measurements");
	const struct json *v;

	(void)state;
	for (size_t at = 0; at < b.n; at += 29) {
		b.p[at] ^= 0xff;
		v = described(b.p, b.n);
		assert_true(!v || is_kind(v, "event log"));
		b.p[at] ^= 0xff;
	}
	blob_free(&b);
}

static void ima_list(const char *path, const char *form)
{
	struct blob b = repo_file(path);
	const struct json *v = described(b.p, b.n);

	assert_true(is_kind(v, "IMA measurement list"));
	assert_string_equal(json_get(v, "form")->s, form);
	assert_int_equal(json_get(v, "entryCount")->i, 52);
	assert_int_equal(json_get(v, "firstEntries")->len, 5);
	assert_int_equal(json_get(v, "lastEntries")->len, 5);
	assert_int_equal(json_get(json_get(v, "lastEntries")->last, "entry")->i, 51);
	for (size_t n = 0; n < b.n; n += 11) {
		v = described(b.p, n);
		assert_true(!v || is_kind(v, "IMA measurement list"));
		/* A line may end early and still be one. */
		assert_true(!v || json_get(v, "entryCount")->i < 52 + (form[0] == 'a'));
	}
	blob_free(&b);
}

static void ima_lists(void **state)
{
	(void)state;
	ima_list(SBON "ima_binary", "binary");
	ima_list(SBON "ima_ascii", "ascii");
}

/* Files whose every shorter form is something else, or has a problem. */
static const struct {
	const char *file, *kind;
} structures[] = {
	{ MADE "quote_sha256.msg", "TPM statement" },
	{ MADE "quote_ec.msg", "TPM statement" },
	{ "tpm/made-here/certify.msg", "TPM statement" },
	{ MADE "ak.pub", "TPM public area" },
	{ MADE "ek.pub", "TPM public area" },
	{ MADE "akec.pub", "TPM public area" },
	{ MADE "quote_sha256.sig", "TPM signature" },
	{ MADE "quote_ec.sig", "TPM signature" },
	{ MADE "ak.name", "TPM name" },
	{ "tpm/made-here/cred.blob", "TPM credential" },
	{ MADE "ak.pem", "public key" },
	{ MADE "efivars/SbatLevelRT-605dab50-e046-4300-abb6-3dd810dd8b23", "SBAT level" },
	{ MADE "efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f", "EFI signature list" },
	{ "tpm/dbxupdate-2014-08-11.bin", "EFI signature list" },
};

static void small_structures(void **state)
{
	const struct json *v;

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof structures / sizeof structures[0]; i++) {
		struct blob b = vector_file(structures[i].file);

		v = described(b.p, b.n);
		assert_true(is_kind(v, structures[i].kind));
		assert_null(json_get(v, "problem"));
		for (size_t n = 0; n < b.n; n++) {
			v = described(b.p, n);
			/* A text may end early; of an update, whole lists may be left. */
			if (v && is_kind(v, structures[i].kind) && !json_get(v, "problem"))
				assert_true(is_kind(v, "SBAT level") ||
				    is_kind(v, "EFI signature list") || is_kind(v, "public key"));
		}
		blob_free(&b);
	}
}

static void what_a_key_is(void **state)
{
	static const struct {
		const char *file, *role;
	} rows[] = {
		{ MADE "ak.pub", "attestation key" },
		{ MADE "ek.pub", "storage or endorsement key" },
		{ "tpm/made-here/key.pub", "ordinary key" },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct blob b = vector_file(rows[i].file);

		assert_string_equal(json_get(described(b.p, b.n), "role")->s, rows[i].role);
		blob_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_log),
		cmocka_unit_test(cut_logs),
		cmocka_unit_test(damaged_logs),
		cmocka_unit_test(ima_lists),
		cmocka_unit_test(small_structures),
		cmocka_unit_test(what_a_key_is),
	};

	return cmocka_run_group_tests(tests, api_setup, api_teardown);
}

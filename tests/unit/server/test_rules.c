/* server/signer/rules.c, server/auth/principal.c, server/worker/settings.c: who may have what. */
#include "tests/harness/check.h"

#include <string.h>

#include "lib/base/hex.h"
#include "server/auth/principal.h"
#include "server/ipc/messages.h"
#include "server/signer/rules.h"
#include "server/worker/worker.h"

static void test_management(void **state)
{
	static const struct { const char *claims, *text; enum att_err code; } rows[] = {
		{ "{\"x-ms-policy-result\":\"Updated\",\"x-ms-policy-token-hash\":\"x\","
		  "\"x-ms-policy-signer\":{}}",
		  NULL, ATT_E_OK },
		{ "{\"x-ms-policy\":\"a.b.\"}", NULL, ATT_E_OK },
		{ "{\"x-ms-policy-certificates\":{\"keys\":[]}}", NULL, ATT_E_OK },
		{ "{\"x-ms-certificate-thumbprint\":\"A\",\"x-ms-policycertificates-result\":\"IsPresent\"}",
		  NULL, ATT_E_OK },
		{ "{}", "at least one", ATT_E_OPERATION },
		{ "[]", "not an object", ATT_E_BAD_FORMAT },
		{ "{\"x-ms-policy\":1,\"x-ms-policy\":2}", "", ATT_E_BAD_JSON },
		{ "{\"x-ms-attestation-type\":\"sgx\"}", "has no x-ms-attestation-type", ATT_E_OPERATION },
		{ "{\"x-ms-policy-result\":\"x\",\"iss\":\"y\"}", "has no iss", ATT_E_OPERATION },
		{ "{\"x-ms-policy-result\":\"x\",\"sub\":\"y\"}", "has no sub", ATT_E_OPERATION },
		{ "{\"X-MS-Policy-Result\":\"x\"}", "has no X-MS", ATT_E_OPERATION },
		{ "{\"x-ms-policy\\u0000\":\"x\"}", "has no", ATT_E_OPERATION },
	};
	struct arena *a = arena_new(MIB);
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rd claims = rd_text(rows[i].claims);
		if (rows[i].code == ATT_E_OK)
			CHECK_OK(rules_management(a, claims, &e), &e);
		else
			CHECK_ERR(rules_management(a, claims, &e), &e, rows[i].code, rows[i].text);
	}
	arena_free(a);
}

static void test_attestation(void **state)
{
	struct arena *a = arena_new(MIB);
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(rules_attestation(a, rd_text("{\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy\":{},"
	    "\"nonce\":18446744073709551615}"), &e), &e);
	CHECK_ERR(rules_attestation(a, rd_text("{\"x-ms-policy\":{}}"), &e), &e, ATT_E_OPERATION,
	    "has x-ms-attestation-type");
	/* A worker that was taken over cannot forge the result of a policy change, escapes or not. */
	CHECK_ERR(rules_attestation(a,
	    rd_text("{\"x-ms-attestation-type\":\"sgx\",\"x-ms-policy\\u002dresult\":\"Updated\"}"),
	    &e), &e, ATT_E_OPERATION, "has no x-ms-policy-result");
	arena_free(a);
}

static void test_principals(void **state)
{
	static const char yaml[] = "tokens:\n"
	    "  - {name: r, role: reader, "
	    "sha256: 1111111111111111111111111111111111111111111111111111111111111111}\n"
	    "  - {name: c, role: contributor, provider: second, "
	    "sha256: 2222222222222222222222222222222222222222222222222222222222222222}\n"
	    "providers:\n  - name: first\n  - name: second\n";
	uint8_t admin[32], r[32], c[32], none[32];
	struct arena *a = arena_new(MIB);
	struct config *config = NULL;
	struct principals list;
	struct att_error e = { 0 };

	(void)state;
	memset(admin, 0xad, 32);
	memset(r, 0x11, 32);
	memset(c, 0x22, 32);
	memset(none, 0, 32);
	CHECK_OK(config_parse(yaml, sizeof yaml - 1, &config, &e), &e);
	CHECK_OK(principals_make(a, config, "first", admin, &list, &e), &e);
	assert_string_equal(principals_find(&list, admin)->name, "administrator");
	assert_int_equal(principals_find(&list, r)->role, PRINCIPAL_READER);
	assert_null(principals_find(&list, c));         /* belongs to the other provider */
	assert_null(principals_find(&list, none));
	CHECK_OK(principals_make(a, config, "second", admin, &list, &e), &e);
	assert_int_equal(principals_find(&list, c)->role, PRINCIPAL_CONTRIBUTOR);
	config_free(config);
	arena_free(a);
}

static void test_settings(void **state)
{
	static const char yaml[] = "allow: [vlek]\npolicy: {defaults: strict}\n"
	    "snp: {min_tcb: {milan: {snp: 24, microcode: 219}}}\nlimits: {memory: 33554432}\n"
	    "providers:\n  - name: first\n  - name: second\n    allow: [no-crl, masked-chip-id]\n";
	struct config *config = NULL;
	struct att_settings s;
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(config_parse(yaml, sizeof yaml - 1, &config, &e), &e);
	CHECK_OK(worker_settings(config, 0, &s, &e), &e);
	assert_int_equal(s.allow, ATT_ALLOW_VLEK);
	assert_int_equal(s.defaults, ATT_DEFAULTS_STRICT);
	assert_true(s.snp_min_tcb_set);
	assert_int_equal(s.snp_min_tcb[ATT_SNP_MILAN].snp, 24);
	assert_int_equal(s.snp_min_tcb[ATT_SNP_MILAN].microcode, 219);
	assert_int_equal(s.memory_limit, 33554432);
	CHECK_OK(worker_settings(config, 1, &s, &e), &e);
	assert_int_equal(s.allow, ATT_ALLOW_NO_CRL | ATT_ALLOW_MASKED_CHIP_ID);
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_management),
		cmocka_unit_test(test_attestation),
		cmocka_unit_test(test_principals),
		cmocka_unit_test(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

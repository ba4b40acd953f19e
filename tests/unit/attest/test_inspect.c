/* att_inspect: what a file is and what it says; garbage is an error, never more. */
#include "tests/unit/attest/api_harness.h"
#include "tests/unit/evidence/snp/fix.h"

#include "libattest/endorse.h"
#include "libattest/inspect.h"
#include "libattest/token.h"

struct api_fixture api;
static struct fix fix;
static struct sim_snp_output evidence;

static int setup(void **state)
{
	struct sim_snp_options o;
	int failed = api_setup(state);

	fix_init(&fix);
	fix_sim_options(&o, "Milan");
	o.runtime_data = bytes_of("{\"a\":1}");
	o.inittime_data = bytes_of("{\"b\":2}");
	o.nonce = "12345";
	o.crl = true;
	if (!failed)
		evidence = fix_sim(&fix, api.a, &o);
	return failed;
}

static int teardown(void **state)
{
	fix_clear(&fix);
	return api_teardown(state);
}

static const struct json *inspected(const void *p, size_t n)
{
	char *text;

	CHECK_OK(att_inspect((struct att_bytes){ p, n }, &text, &api.e), &api.e);
	return json_taken(text);
}

static const char *kind_of(const void *p, size_t n)
{
	return json_get(inspected(p, n), "kind")->s;
}

static void reports(void **state)
{
	const struct json *v = inspected(evidence.report.p, evidence.report.n);
	const struct json *e = json_get(v, "evidence");

	(void)state;
	assert_string_equal(json_get(v, "kind")->s, "evidence");
	assert_string_equal(json_get(v, "type")->s, "SevSnpVm");
	assert_int_equal(json_get(e, "x-ms-sevsnpvm-launchmeasurement")->len, 96);
	assert_int_equal(json_get(e, "certificates")->i, 0);
	v = inspected(evidence.extended.p, evidence.extended.n);
	assert_true(json_get(json_get(v, "evidence"), "certificates")->i > 0);
}

static void requests(void **state)
{
	const struct json *v = inspected(evidence.request_json.p, evidence.request_json.n);
	const char *broken = "{\"report\":\"AAAA\",\"draftPolicyForAttestation\":\"x\"}";

	(void)state;
	assert_string_equal(json_get(v, "kind")->s, "attestation request");
	assert_true(json_is(json_get(v, "evidence"), JSON_OBJECT));
	assert_string_equal(compact(json_get(v, "runtimeData")), "{\"a\":1}");
	assert_string_equal(compact(json_get(v, "initTimeData")), "{\"b\":2}");
	assert_non_null(json_get(v, "nonce"));
	assert_null(json_get(v, "draftPolicyForAttestation"));
	/* A request whose evidence is broken still shows what it is, and the problem. */
	v = inspected(broken, strlen(broken));
	assert_string_equal(json_get(v, "kind")->s, "attestation request");
	assert_true(json_is(json_get(v, "problem"), JSON_STRING));
	assert_null(json_get(v, "evidence"));
	assert_string_equal(json_get(v, "draftPolicyForAttestation")->s, "x");
}

static void certificates(void **state)
{
	const struct json *v = inspected(evidence.leaf_der.p, evidence.leaf_der.n), *c;

	(void)state;
	assert_string_equal(json_get(v, "kind")->s, "certificate");
	c = json_get(v, "certificates")->child;
	assert_non_null(strstr(json_get(c, "subject")->s, "SEV-VCEK"));
	assert_string_equal(json_get(json_get(c, "key"), "kind")->s, "EC P-384");
	assert_int_equal(json_get(c, "sha256")->len, 64);
	assert_false(json_get(c, "isCa")->b);
	v = inspected(evidence.chain_pem.p, evidence.chain_pem.n);
	assert_string_equal(json_get(v, "kind")->s, "certificate bundle");
	assert_int_equal(json_get(v, "certificates")->len, 3);
	assert_string_equal(kind_of(evidence.ark_pem.p, evidence.ark_pem.n), "certificate");
	v = inspected(evidence.crl_der.p, evidence.crl_der.n);
	assert_string_equal(json_get(v, "kind")->s, "revocation list");
	assert_non_null(json_get(v, "issuerCommonName"));
	assert_string_equal(json_get(v, "crlNumber")->s, "01");
	assert_int_equal(json_get(v, "revoked")->i, 0);
	assert_non_null(json_get(v, "nextUpdate"));
}

static void bundles(void **state)
{
	struct att_endorsement i = { .kind = "snp-crl", .key = "Milan-vcek", .issued_s = 1700000000,
	    .expires_s = INT64_MIN, .bytes = { evidence.crl_der.p, evidence.crl_der.n } };
	const struct json *v, *first;
	char *text;
	size_t n;

	(void)state;
	CHECK_OK(att_bundle_write(&i, 1, &text, &n, &api.e), &api.e);
	v = inspected(text, n);
	assert_string_equal(json_get(v, "kind")->s, "collateral bundle");
	first = json_get(v, "items")->child;
	assert_string_equal(json_get(first, "kind")->s, "snp-crl");
	assert_string_equal(json_get(first, "issued")->s, "2023-11-14T22:13:20Z");
	assert_true(json_is(json_get(first, "expires"), JSON_NULL));
	assert_int_equal(json_get(first, "bytes")->i, (int64_t)evidence.crl_der.n);
	assert_null(json_get(v, "problem"));
	/* A damaged one is still one, and says where. */
	*strstr(text, "Milan") = 'X';
	v = inspected(text, n);
	assert_string_equal(json_get(v, "kind")->s, "collateral bundle");
	assert_null(json_get(v, "items"));
	assert_non_null(strstr(json_get(v, "problem")->s, "changed: SHA-256"));
	free(text);
}

static void policies(void **state)
{
	const char *text = "version=1.0;authorizationrules{=>permit();};",
	    *bad = "version=1.0;authorizationrules{";
	const struct json *v = inspected(text, strlen(text));
	char *jws;

	(void)state;
	assert_string_equal(json_get(v, "kind")->s, "policy text");
	assert_true(json_get(v, "parses")->b);
	assert_int_equal(json_get(v, "hash")->len, 43);
	assert_false(json_get(inspected(bad, strlen(bad)), "parses")->b);
	CHECK_OK(att_policy_wrap(bytes_of(text), &jws, &api.e), &api.e);
	v = inspected(jws, strlen(jws));
	assert_string_equal(json_get(v, "kind")->s, "policy JWS");
	assert_false(json_get(v, "signed")->b);
	assert_string_equal(json_get(v, "policyText")->s, text);
	free(jws);
	/* base64url that is no text: shown without it. */
	text = "eyJhbGciOiJub25lIn0.eyJBdHRlc3RhdGlvblBvbGljeSI6IioifQ.";
	v = inspected(text, strlen(text));
	assert_string_equal(json_get(v, "kind")->s, "policy JWS");
	assert_null(json_get(v, "policyText"));
}

static void tokens(void **state)
{
	struct att_token_std std = { .issuer = "https://verifier.test", .now_s = 1700000000,
	    .lifetime_s = 60 };
	struct att_signing_key *k;
	const struct json *v;
	char *token;

	(void)state;
	CHECK_OK(att_signing_key_generate(ATT_ES256, &k, &api.e), &api.e);
	CHECK_OK(att_signing_key_self_certify(k, std.issuer, 1699999999, 1800000000, &api.e), &api.e);
	CHECK_OK(att_token_sign(k, bytes_of("{\"a\":1}"), &std, &token, &api.e), &api.e);
	v = inspected(token, strlen(token));
	assert_string_equal(json_get(v, "kind")->s, "token");
	assert_true(json_get(v, "signed")->b);
	assert_string_equal(json_get(json_get(v, "header"), "alg")->s, "ES256");
	assert_int_equal(json_get(json_get(v, "payload"), "a")->i, 1);
	v = inspected(arena_printf(api.a, "%s\r\n", token), strlen(token) + 2);
	assert_string_equal(json_get(v, "kind")->s, "token");
	free(token);
	att_signing_key_free(k);
}

static bool refused(const void *p, size_t n)
{
	char *text;

	return att_inspect((struct att_bytes){ p, n }, &text, &api.e);
}

static void garbage(void **state)
{
	static const char *const rows[] = { "", "x", "{}", "[]", "null", "{\"a\":1}", "eyJ", "eyJ.eyJ.",
	    "version=1.0;",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		    "-----BEGIN X509 CRL-----", "0\x82" };
	uint8_t noise[4096];
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(refused(rows[i], strlen(rows[i])), &api.e, ATT_E_BAD_FORMAT, "no known kind");
	CHECK_ERR(refused(NULL, 0), &api.e, ATT_E_BAD_FORMAT, "0 bytes of no known kind");
	for (size_t i = 0; i < sizeof noise; i++) {
		x = x * 1664525u + 1013904223u;
		noise[i] = (uint8_t)(x >> 24);
	}
	CHECK_ERR(refused(noise, sizeof noise), &api.e, ATT_E_BAD_FORMAT, "4096 bytes");
}

/* A file that is cut or damaged is another kind, or none, but always an answer. */
static void damage(void **state)
{
	const struct sim_bytes files[] = { evidence.report, evidence.leaf_der, evidence.crl_der };
	char *text;

	(void)state;
	for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
		uint8_t *copy = arena_memdup(api.a, files[f].p, files[f].n);
		for (size_t n = 0; n < files[f].n; n += 13)
			if (att_inspect((struct att_bytes){ copy, n }, &text, NULL))
				free(text);
		for (size_t i = 0; i < files[f].n; i += 5) {
			copy[i] ^= 0xFF;
			if (att_inspect((struct att_bytes){ copy, files[f].n }, &text, NULL))
				(void)json_taken(text);
			copy[i] ^= 0xFF;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports), cmocka_unit_test(requests), cmocka_unit_test(certificates),
		cmocka_unit_test(bundles), cmocka_unit_test(policies), cmocka_unit_test(tokens),
		    cmocka_unit_test(garbage),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* lib/attest/manage.c and policy_types.c: statements of operators, and the default policies by type. */
#include "tests/unit/token/kit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/evidence/format.h"
#include "libattest/manage.h"

#define PERMIT "version= 1.0;authorizationrules{=> permit();};"
#define POLICY "{\"AttestationPolicy\":\"dmVyc2lvbj0gMS4wO2F1dGhvcml6YXRpb25ydWxlc3s9PiBwZXJtaXQoKTt9Ow\"}"
#define HEADER "{\"alg\":\"RS256\",\"x5c\":[\"$X5C\"]}"

static struct att_bytes der_of(enum kit_key key)
{
	const char *text = kit_fill(key, "$X5C");
	uint8_t *der;
	size_t n;
	struct att_error e = { 0 };

	CHECK_OK(b64_decode_arena(B64_STD, kit.a, text, strlen(text), &der, &n, &e), &e);
	return (struct att_bytes){ der, n };
}

/* Rules of an Isolated provider that trusts KIT_RSA. */
static struct att_statement_rules isolated(enum att_statement_kind kind)
{
	static struct att_bytes registered;

	registered = der_of(KIT_RSA);
	return (struct att_statement_rules){ .kind = kind,
		.signature_required = true,
		.registered = &registered,
		.nregistered = 1,
		.issuer = ISSUER,
		.target = "policies/Tpm",
		.now_s = NOW };
}

static bool judge(const char *body, const struct att_statement_rules *r, struct att_statement **s,
    struct att_error *e)
{
	*s = NULL;
	att_error_clear(e);
	return att_statement_judge(kit_bytes(body), r, s, e);
}

static void refuses(
    const char *body, const struct att_statement_rules *r, enum att_err code, const char *part)
{
	struct att_statement *s;
	struct att_error e = { 0 };

	if (judge(body, r, &s, &e))
		fail_msg("accepted, want \"%s\": %s", part, body);
	check_error(&e, code, part, __FILE__, __LINE__);
	assert_null(s);
}

static struct att_statement *accepts(const char *body, const struct att_statement_rules *r)
{
	struct att_statement *s;
	struct att_error e = { 0 };

	CHECK_OK(judge(body, r, &s, &e), &e);
	return s;
}

static void a_signed_policy(void **state)
{
	struct att_statement_rules r = isolated(ATT_STATEMENT_POLICY);
	const char *jws = kit_token(KIT_RSA, HEADER, POLICY);
	struct att_statement *s = accepts(jws, &r);

	(void)state;
	assert_int_equal(s->jws.len, strlen(jws));
	assert_memory_equal(s->jws.data, jws, s->jws.len);
	assert_int_equal(s->text.len, strlen(PERMIT));
	assert_memory_equal(s->text.data, PERMIT, s->text.len);
	assert_string_equal(s->text_hash, "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco");
	assert_int_equal(strlen(s->token_hash), 43);
	assert_string_equal(s->signer_json, kit_fill(KIT_RSA,
	    "{\"alg\":\"RS256\",\"kty\":\"RSA\",\"use\":\"sig\",\"x5c\":[\"$X5C\"]}"));
	assert_null(s->jti);
	att_statement_free(s);
	att_statement_free(NULL);
}

static void the_spellings_of_clients(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"RSA256\",\"x5c\":[\"$X5C\"]}", "{\"alg\":\"RS256\",\"jwk\":{\"x5c\":[\"$X5C\"]}}",
		"{ \"typ\" : \"JWT\", \"alg\" : \"RS256\", \"x5c\" : [ \"$X5C\" ] }",
	};
	static const char *const wraps[] = { "%s", "%s\n", " %s\r\n", "\"%s\"", "  \"%s\" " };
	struct att_statement_rules r = isolated(ATT_STATEMENT_POLICY);

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		att_statement_free(accepts(kit_token(KIT_RSA, headers[i], POLICY), &r));
	for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
		struct buf b = buf_make(kit.a);
		const char *jws = kit_token(KIT_RSA, HEADER, POLICY), *at = strstr(wraps[i], "%s");
		struct att_statement *s;
		buf_put(&b, wraps[i], (size_t)(at - wraps[i]));
		buf_str(&b, jws);
		buf_str(&b, at + 2);
		s = accepts(b.p, &r);
		assert_int_equal(s->jws.len, strlen(jws));
		att_statement_free(s);
	}
}

static const struct {
	const char *name, *header, *payload;
	enum kit_key key;
	enum att_err code;
	const char *part;
} breaks[] = {
	{ "another signer", HEADER, POLICY, KIT_OTHER, ATT_E_NOT_AUTHENTIC, "not registered" },
	{ "wrong key type", "{\"alg\":\"ES256\",\"x5c\":[\"$X5C\"]}", POLICY, KIT_RSA,
	    ATT_E_UNSUPPORTED, "does not fit the key" },
	{ "no alg", "{\"x5c\":[\"$X5C\"]}", POLICY, KIT_RSA, ATT_E_OPERATION, "no alg" },
	{ "HS256", "{\"alg\":\"HS256\",\"x5c\":[\"$X5C\"]}", POLICY, KIT_RSA, ATT_E_UNSUPPORTED,
	    "not in the list" },
	{ "none with a signature", "{\"alg\":\"none\",\"x5c\":[\"$X5C\"]}", POLICY, KIT_RSA,
	    ATT_E_UNSUPPORTED, "not in the list" },
	{ "crit", "{\"alg\":\"RS256\",\"x5c\":[\"$X5C\"],\"crit\":[\"a\"]}", POLICY, KIT_RSA,
	    ATT_E_UNSUPPORTED, "crit" },
	{ "no certificate", "{\"alg\":\"RS256\"}", POLICY, KIT_RSA, ATT_E_BAD_FORMAT,
	    "neither x5c nor" },
	{ "an empty x5c", "{\"alg\":\"RS256\",\"x5c\":[]}", POLICY, KIT_RSA, ATT_E_BAD_FORMAT,
	    "not an array" },
	{ "alg twice", "{\"alg\":\"RS256\",\"alg\":\"none\",\"x5c\":[\"$X5C\"]}", POLICY, KIT_RSA,
	    ATT_E_OPERATION, "header" },
	{ "an empty payload", HEADER, "", KIT_RSA, ATT_E_OPERATION, "no string AttestationPolicy" },
	{ "an array", HEADER, "[]", KIT_RSA, ATT_E_OPERATION, "not a JSON object" },
	{ "no JSON", HEADER, "{", KIT_RSA, ATT_E_OPERATION, "payload" },
	{ "another letter case", HEADER, "{\"attestationPolicy\":\"AAAA\"}", KIT_RSA,
	    ATT_E_OPERATION, "no string" },
	{ "a number", HEADER, "{\"AttestationPolicy\":1}", KIT_RSA, ATT_E_OPERATION, "no string" },
	{ "no base64url", HEADER, "{\"AttestationPolicy\":\"*\"}", KIT_RSA, ATT_E_OPERATION,
	    "AttestationPolicy: " },
	{ "no policy", HEADER, "{\"AttestationPolicy\":\"AAAA\"}", KIT_RSA, ATT_E_POLICY_PARSE,
	    "Policy Parser Exception" },
	{ "another issuer", HEADER, "{\"AttestationPolicy\":\"AAAA\",\"aud\":\"https://b\"}",
	    KIT_RSA, ATT_E_OPERATION, "aud is not" },
	{ "another purpose", HEADER,
	    "{\"AttestationPolicy\":\"AAAA\",\"target\":\"policies/Tpm:reset\"}", KIT_RSA,
	    ATT_E_OPERATION, "target is not policies/Tpm" },
	{ "a purpose that is no text", HEADER, "{\"AttestationPolicy\":\"AAAA\",\"target\":7}",
	    KIT_RSA, ATT_E_OPERATION, "target is not" },
	{ "a rollback", HEADER, "{\"AttestationPolicy\":\"AAAA\",\"rollbackTo\":1}", KIT_RSA,
	    ATT_E_OPERATION, "rollbackTo is not" },
};

static void the_break_list(void **state)
{
	struct att_statement_rules r = isolated(ATT_STATEMENT_POLICY);

	(void)state;
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
		refuses(kit_token(breaks[i].key, breaks[i].header, breaks[i].payload), &r,
		    breaks[i].code, breaks[i].part);
	refuses(kit_unsigned("{\"alg\":\"none\"}", POLICY), &r, ATT_E_OPERATION, "found alg none");
	refuses("", &r, ATT_E_OPERATION, "the body is empty");
	refuses("\"", &r, ATT_E_OPERATION, "body: ");
	refuses("{}", &r, ATT_E_OPERATION, "want a JWS");
	refuses("{\"policyCertificateToAdd\":\"a.b.c\"}", &r, ATT_E_OPERATION, "want a JWS");
}

/* Nothing that is shorter, and nothing with one character changed, is a statement of ours. */
static void truncated_and_damaged(void **state)
{
	struct att_statement_rules r = isolated(ATT_STATEMENT_POLICY);
	char *jws = arena_strdup(kit.a, kit_token(KIT_RSA, HEADER, POLICY));
	size_t n = strlen(jws), step = n / 200 + 1;
	struct att_statement *s;
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < n; i += i < n - 20 ? step : 1) {
		char kept = jws[i];
		s = NULL;
		att_error_clear(&e);
		assert_false(att_statement_judge((struct att_bytes){ (const uint8_t *)jws, i }, &r, &s, &e));
		assert_int_not_equal(e.code, ATT_E_OK);
		jws[i] = kept == 'A' ? 'B' : 'A';
		assert_false(judge(jws, &r, &s, &e));
		assert_int_not_equal(e.code, ATT_E_OK);
		jws[i] = kept;
	}
	att_statement_free(accepts(jws, &r));
}

static void freshness(void **state)
{
	static const struct { int64_t iat; bool ok;
	} times[] = {
		{ NOW, true },
		{ NOW - ATT_FRESH_PAST_S, true },
		{ NOW - ATT_FRESH_PAST_S - 1, false },
		{ NOW + ATT_FRESH_FUTURE_S, true },
		{ NOW + ATT_FRESH_FUTURE_S + 1, false },
		{ INT64_MAX, false },
		{ INT64_MIN + 1, false },
		{ 0, false },
	};
	struct att_statement_rules r = isolated(ATT_STATEMENT_COMMAND);
	struct att_statement *s;

	(void)state;
	att_statement_free(accepts(kit_token(KIT_RSA, HEADER, ""), &r));
	r.fresh = true;
	refuses(kit_token(KIT_RSA, HEADER, ""), &r, ATT_E_OPERATION, "jti is missing");
	refuses(kit_token(KIT_RSA, HEADER, "{\"jti\":\"a\"}"), &r, ATT_E_OPERATION, "iat is missing");
	refuses(kit_token(KIT_RSA, HEADER, "{\"jti\":\"a\",\"iat\":1.7e9}"), &r, ATT_E_OPERATION,
	    "iat is missing");
	refuses(kit_token(KIT_RSA, HEADER, "{\"jti\":\"\",\"iat\":1700000000}"), &r,
	    ATT_E_OPERATION, "jti is missing");
	refuses(kit_token(KIT_RSA, HEADER, "{\"jti\":\"a\\u0000b\",\"iat\":1700000000}"), &r,
	    ATT_E_OPERATION, "jti is missing");
	refuses(kit_token(KIT_RSA, HEADER, "{\"jti\":\"a\",\"iat\":1700000000,\"x\":1}"), &r,
	    ATT_E_OPERATION, "not empty: found x");
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		const char *jws = kit_token(KIT_RSA, HEADER,
		    arena_printf(kit.a, "{\"jti\":\"a\",\"iat\":%lld}", (long long)times[i].iat));
		if (!times[i].ok) {
			refuses(jws, &r, ATT_E_OPERATION, "not fresh");
			continue;
		}
		s = accepts(jws, &r);
		assert_string_equal(s->jti, "a");
		assert_int_equal(s->iat_s, times[i].iat);
		att_statement_free(s);
	}
	r.rollback_to = 3;
	refuses(kit_token(KIT_RSA, HEADER, "{\"jti\":\"a\",\"iat\":1700000000}"), &r,
	    ATT_E_OPERATION, "rollbackTo is missing");
	att_statement_free(accepts(
	    kit_token(KIT_RSA, HEADER, "{\"jti\":\"a\",\"iat\":1700000000,\"rollbackTo\":3}"), &r));
}

static void an_absent_command(void **state)
{
	struct att_statement_rules r = { .kind = ATT_STATEMENT_COMMAND, .may_be_absent = true, .now_s = NOW };
	struct att_statement *s = accepts(" \n", &r);

	(void)state;
	assert_string_equal(s->token_hash, "");
	att_statement_free(s);
	att_statement_free(accepts("eyJhbGciOiJub25lIn0..", &r));
	r.may_be_absent = false;
	refuses("", &r, ATT_E_OPERATION, "empty");
	r.may_be_absent = r.signature_required = true;
	refuses("", &r, ATT_E_OPERATION, "empty");
}

static void certificates(void **state)
{
	struct att_statement_rules r = isolated(ATT_STATEMENT_CERTIFICATE);
	const char *payload =
	    kit_fill(KIT_P384, "{\"policyCertificate\":{\"kty\":\"EC\",\"x5c\":[\"$X5C\"]}}");
	const char *jws = kit_token(KIT_RSA, HEADER, payload);
	struct att_statement *s = accepts(jws, &r);
	struct att_bytes der = der_of(KIT_P384);
	struct att_error e = { 0 };
	char *json;

	(void)state;
	assert_int_equal(s->certificate.len, der.len);
	assert_memory_equal(s->certificate.data, der.data, der.len);
	assert_int_equal(strspn(s->thumbprint, "0123456789ABCDEF"), 40);
	att_statement_free(s);
	att_statement_free(accepts(arena_printf(kit.a, "{\"policyCertificateToRemove\":\"%s\"}", jws), &r));
	refuses(arena_printf(kit.a, "{\"policyCertificateToRemove\":\"%s\",\"x\":1}", jws), &r,
	    ATT_E_OPERATION, "want a JWS");
	/* kty is whatever clients write; members that are a key must be this one. */
	att_statement_free(accepts(kit_token(KIT_RSA, HEADER,
	    kit_fill(KIT_P384, "{\"policyCertificate\":{\"kty\":\"X.509\",\"x5c\":[\"$X5C\"]}}")), &r));
	refuses(kit_token(KIT_RSA, HEADER, kit_fill(KIT_P384,
	    "{\"policyCertificate\":{\"kty\":\"RSA\",\"n\":7,\"e\":\"AQAB\",\"x5c\":[\"$X5C\"]}}")), &r,
	    ATT_E_BAD_FORMAT, "policyCertificate");
	refuses(kit_token(KIT_RSA, HEADER,
		    kit_fill(KIT_P384,
			"{\"policyCertificate\":{\"kty\":\"EC\",\"x5c\":[\"$X5C\",\"$X5C\"]}}")),
	    &r, ATT_E_OPERATION, "one certificate");
	refuses(kit_token(KIT_RSA, HEADER, "{\"policyCertificate\":[]}"), &r, ATT_E_OPERATION,
	    "no object policyCertificate");
	refuses(kit_token(
		    KIT_RSA, HEADER, "{\"policyCertificate\":{\"kty\":\"EC\",\"x5c\":[\"AAAA\"]}}"),
	    &r, ATT_E_BAD_FORMAT, "policyCertificate");
	CHECK_OK(att_certificates_jwks(&der, 1, &json, &e), &e);
	assert_string_equal(json, kit_fill(KIT_P384,
	    "{\"keys\":[{\"alg\":\"ES384\",\"kty\":\"EC\",\"use\":\"sig\",\"x5c\":[\"$X5C\"]}]}"));
	free(json);
	CHECK_OK(att_certificates_jwks(NULL, 0, &json, &e), &e);
	assert_string_equal(json, "{\"keys\":[]}");
	free(json);
	der.len--;
	CHECK_ERR(att_certificates_jwks(&der, 1, &json, &e), &e, ATT_E_BAD_FORMAT, "");
}

static void the_limit(void **state)
{
	struct att_statement_rules r = { .kind = ATT_STATEMENT_POLICY, .now_s = NOW };
	char *big = malloc(ATT_STATEMENT_MAX + 2);
	struct att_statement *s = NULL;
	struct att_error e = { 0 };

	(void)state;
	assert_non_null(big);
	memset(big, ' ', ATT_STATEMENT_MAX + 1);
	CHECK_ERR(att_statement_judge(
		      (struct att_bytes){ (uint8_t *)big, ATT_STATEMENT_MAX + 1 }, &r, &s, &e),
	    &e, ATT_E_LIMIT, "at most");
	CHECK_ERR(att_statement_judge(
		      (struct att_bytes){ (uint8_t *)big, ATT_STATEMENT_MAX }, &r, &s, &e),
	    &e, ATT_E_OPERATION, "empty");
	free(big);
}

static const struct { const char *type, *file;
} recorded[] = {
	{ "SgxEnclave", "policies/default-sgxenclave-v1.0.txt" },
	{ "OpenEnclave", "policies/default-openenclave-v1.0.txt" },
	{ "SevSnpVm", "policies/default-sevsnpvm.txt" },
	{ "TdxVm", "policies/default-tdxvm.txt" },
	{ "AzureGuest", "policies/default-azureguest.txt" },
	{ "Tpm", "policies/default-tpm.txt" },
};

static void the_default_policies(void **state)
{
	struct att_settings s;
	size_t n = 0;

	(void)state;
	need_vectors();
	att_settings_default(&s);
	for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
		struct blob want = vector_file(recorded[i].file);
		char *text = att_default_policy(recorded[i].type, &s);
		assert_non_null(text);
		assert_string_equal(text, (const char *)want.p);
		free(text);
		blob_free(&want);
	}
	while (att_policy_type_name((unsigned)n))
		n++;
	assert_int_equal(n, sizeof recorded / sizeof *recorded);
}

static void the_types(void **state)
{
	const char *name;
	struct att_settings s;
	char *text;

	(void)state;
	att_settings_default(&s);
	assert_string_equal(att_policy_type_find("sgxENCLAVE"), "SgxEnclave");
	assert_null(att_policy_type_find("Sgx"));
	assert_null(att_policy_type_find(""));
	for (size_t i = 0; format_at(i); i++)
		assert_string_equal(att_policy_type_find(format_at(i)->name), format_at(i)->name);
	for (unsigned i = 0; (name = att_policy_type_name(i)); i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, att_policy_type_name(k));
	s.defaults = ATT_DEFAULTS_STRICT;
	text = att_default_policy("SevSnpVm", &s);
	assert_non_null(strstr(text, "permit"));
	free(text);
	s.isolated = true;
	for (unsigned i = 0; (name = att_policy_type_name(i)); i++) {
		text = att_default_policy(name, &s);
		assert_null(strstr(text, "permit"));
		free(text);
	}
	s.defaults = ATT_DEFAULTS_MAA;
	text = att_default_policy("SevSnpVm", &s);
	assert_string_equal(text, PERMIT);
	free(text);
	assert_null(att_default_policy("Nonsense", &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_policy),
		cmocka_unit_test(the_spellings_of_clients),
		cmocka_unit_test(the_break_list),
		cmocka_unit_test(truncated_and_damaged),
		cmocka_unit_test(freshness),
		cmocka_unit_test(an_absent_command),
		cmocka_unit_test(certificates),
		cmocka_unit_test(the_limit),
		cmocka_unit_test(the_default_policies),
		cmocka_unit_test(the_types),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}

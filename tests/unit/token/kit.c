#include "tests/unit/token/kit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"

struct kit kit;
bool kit_seen[JWT_NCHECKS];

const struct att_token_wanted kit_wanted = {
	.issuer = ISSUER, .audience = "https://relying.test",
	.policy_hash = "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco",
	.nonce = "n-1", .attestation_type = "sevsnpvm", .now_s = NOW, .leeway_s = 60,
};

struct member { const char *name, *value; };
static const struct member good[] = {
	{ "iss", "\"" ISSUER "\"" },
	{ "iat", "1699999990" },
	{ "nbf", "1699999990" },
	{ "exp", "1700003600" },
	{ "aud", "\"https://relying.test\"" },
	{ "nonce", "\"n-1\"" },
	{ "x-ms-attestation-type", "\"sevsnpvm\"" },
	{ "x-ms-policy-hash", "\"9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco\"" },
};

static struct att_signing_key *p521_key(void)
{
	ATT_AUTO_STRUCT(privkey) priv = NULL;
	struct secret pem = { 0 };
	struct att_signing_key *k;
	struct att_error e = { 0 };

	CHECK_OK(privkey_generate(KEY_P521, 0, &priv, &e), &e);
	CHECK_OK(privkey_to_pem(priv, &pem, &e), &e);
	CHECK_OK(att_signing_key_load((struct att_bytes){ pem.p, pem.len }, kit_bytes(NULL), &k, &e), &e);
	secret_clear(&pem);
	return k;
}

int kit_setup(void **state)
{
	static const enum att_token_alg algs[KIT_NKEYS] = {
		[KIT_RSA] = ATT_RS256,
		[KIT_P256] = ATT_ES256,
		[KIT_P384] = ATT_ES384,
		[KIT_OTHER] = ATT_RS256,
	};
	struct att_error e = { 0 };

	(void)state;
	kit.a = arena_new((size_t)256 << 20);
	kit.c = crypto_new(&e);
	assert_non_null(kit.a);
	assert_non_null(kit.c);
	for (size_t i = 0; i < KIT_NKEYS; i++) {
		if (i == KIT_P521)
			kit.keys[i] = p521_key();
		else
			CHECK_OK(att_signing_key_generate(algs[i], &kit.keys[i], &e), &e);
		CHECK_OK(att_signing_key_self_certify(kit.keys[i], ISSUER, NOW - 3600, NOW + 86400, &e), &e);
	}
	CHECK_OK(att_token_jwks(kit.keys, KIT_OTHER, &kit.jwks, &e), &e);
	return 0;
}

int kit_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < KIT_NKEYS; i++)
		att_signing_key_free(kit.keys[i]);
	free(kit.jwks);
	crypto_free(kit.c);
	arena_free(kit.a);
	return 0;
}

struct att_bytes kit_bytes(const char *s)
{
	return (struct att_bytes){ (const uint8_t *)s, s ? strlen(s) : 0 };
}

char *kit_fill(enum kit_key key, const char *text)
{
	const struct att_signing_key *k = kit.keys[key];
	const struct json *x5c = jws_x5c(kit.a, &k->chain);
	struct buf b = buf_make(kit.a);

	while (*text) {
		if (strncmp(text, "$KID", 4) == 0) {
			buf_str(&b, k->kid);
			text += 4;
		} else if (strncmp(text, "$X5C", 4) == 0) {
			buf_str(&b, x5c->child->s);
			text += 4;
		} else {
			buf_char(&b, *text++);
		}
	}
	assert_true(buf_ok(&b, NULL));
	return b.p;
}

char *kit_join(const char *header, const char *payload, const void *sig, size_t sig_len)
{
	return arena_printf(kit.a, "%s.%s.%s", b64_encode_arena(B64_URL, kit.a, header, strlen(header)),
	    b64_encode_arena(B64_URL, kit.a, payload, strlen(payload)),
	    b64_encode_arena(B64_URL, kit.a, sig, sig_len));
}

char *kit_token(enum kit_key key, const char *header, const char *payload)
{
	struct att_signing_key *k = kit.keys[key];
	char *unsigned_token = kit_join(kit_fill(key, header), payload, "", 0);
	uint8_t sig[SIG_MAX];
	size_t n = sizeof sig;
	struct att_error e = { 0 };

	CHECK_OK(sig_sign(k->c, k->priv, k->alg->sig,
		     rd_make(unsigned_token, strlen(unsigned_token) - 1), sig, &n, &e),
	    &e);
	return kit_join(kit_fill(key, header), payload, sig, n);
}

char *kit_unsigned(const char *header, const char *payload)
{
	return kit_join(kit_fill(KIT_RSA, header), payload, "", 0);
}

char *kit_header(enum kit_key key)
{
	return arena_printf(kit.a,
	    "{\"alg\":\"%s\",\"jku\":\"" ISSUER "/certs\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	    kit.keys[key]->alg->name, kit.keys[key]->kid);
}

char *kit_payload(const char *name, const char *value)
{
	struct buf b = buf_make(kit.a);

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		const char *v = name && strcmp(name, good[i].name) == 0 ? value : good[i].value;
		if (v)
			buf_fmt(&b, "%s\"%s\":%s", b.len ? "," : "{", good[i].name, v);
	}
	buf_char(&b, '}');
	assert_true(buf_ok(&b, NULL));
	return b.p;
}

struct att_token_report *kit_verify(const char *token, const char *jwks, const struct att_token_wanted *w)
{
	struct att_token_report *r = NULL;
	struct att_error e = { 0 };

	CHECK_OK(att_token_verify(
	             kit_bytes(token), kit_bytes(jwks ? jwks : kit.jwks), w ? w : &kit_wanted, &r, &e),
	    &e);
	assert_int_equal(r->nchecks, JWT_NCHECKS);
	assert_int_equal(r->valid, r->error.code == ATT_E_OK);
	return r;
}

static void show(const struct att_token_report *r)
{
	for (size_t i = 0; i < r->nchecks; i++)
		if (r->checks[i].outcome == ATT_CHECK_FAIL)
			print_error("%s: expected %s, found %s\n", r->checks[i].id, r->checks[i].expected,
			    r->checks[i].found);
}

void kit_check_fails(const char *token, const char *jwks, const struct att_token_wanted *w,
    enum jwt_check row, const char *substring)
{
	struct att_token_report *r = kit_verify(token, jwks, w);
	const struct att_check *c = &r->checks[row];

	assert_false(r->valid);
	for (size_t i = 0; i < row; i++)
		if (r->checks[i].outcome == ATT_CHECK_FAIL ||
		    (r->checks[i].outcome == ATT_CHECK_NA && !jwt_rows[i].optional)) {
			show(r);
			fail_msg("%s is not the first failure, %s did not pass", jwt_rows[row].id,
			    r->checks[i].id);
		}
	if (c->outcome != ATT_CHECK_FAIL)
		fail_msg("%s did not fail", c->id);
	assert_non_null(c->expected);
	if (!strstr(c->found, substring) && !strstr(c->expected, substring))
		fail_msg(
		    "%s: expected \"%s\", found \"%s\": no \"%s\"", c->id, c->expected, c->found, substring);
	assert_non_null(strstr(r->error.text, c->id));
	kit_seen[row] = true;
	att_token_report_free(r);
}

void kit_check_valid(const char *token, const char *jwks, const struct att_token_wanted *w)
{
	struct att_token_report *r = kit_verify(token, jwks, w);

	if (!r->valid) {
		show(r);
		fail_msg("token is not valid: %s", r->error.text);
	}
	att_token_report_free(r);
}

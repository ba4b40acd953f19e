/*
 * make_token.c - our half of the interoperability test.
 *
 *   make_token            prints {"issuer","now","jwks",tokens:[{"alg","token"}]}: one token per algorithm
 *   make_token verify     reads the same from standard input, made by another library, and says "ok ALG" or
 *                         "not ok ALG reason" for each token
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/json/json.h"
#include "lib/token/key.h"

#define ISSUER "https://verifier.test"
#define NOW INT64_C(1700000000)
#define NKEYS 3

static const char claims[] =
    "{\"x-ms-attestation-type\":\"sevsnpvm\",\"nonce\":\"n\",\"text\":\"\xc3\xa4\xe2\x82\xac\"}";

static int die(const struct att_error *e)
{
	(void)fprintf(stderr, "make_token: %s\n", e->text);
	return 2;
}

static bool make_one(enum att_token_alg alg, struct att_signing_key **k, char **token, struct att_error *e)
{
	const struct att_token_std std = { .issuer = ISSUER,
		.now_s = NOW,
		.lifetime_s = 3600,
		.with_jti = true,
		.audience = "https://relying.test" };

	return att_signing_key_generate(alg, k, e) &&
	       att_signing_key_self_certify(*k, ISSUER, NOW - 60, NOW + 86400, e) &&
	       att_token_sign(
	           *k, (struct att_bytes){ (const uint8_t *)claims, sizeof claims - 1 }, &std, token, e);
}

static int make(void)
{
	static const struct { enum att_token_alg alg; const char *name; } algs[NKEYS] = {
		{ ATT_RS256, "RS256" }, { ATT_ES256, "ES256" }, { ATT_ES384, "ES384" },
	};
	struct att_signing_key *keys[NKEYS] = { NULL };
	char *tokens[NKEYS], *jwks;
	struct att_error e = { 0 };

	for (size_t i = 0; i < NKEYS; i++)
		if (!make_one(algs[i].alg, &keys[i], &tokens[i], &e))
			return die(&e);
	if (!att_token_jwks(keys, NKEYS, &jwks, &e))
		return die(&e);
	(void)printf(
	    "{\"issuer\":\"%s\",\"now\":%lld,\"jwks\":%s,\"tokens\":[", ISSUER, (long long)NOW, jwks);
	for (size_t i = 0; i < NKEYS; i++) {
		(void)printf("%s{\"alg\":\"%s\",\"token\":\"%s\"}", i ? "," : "", algs[i].name, tokens[i]);
		free(tokens[i]);
		att_signing_key_free(keys[i]);
	}
	(void)puts("]}");
	free(jwks);
	return 0;
}

static bool read_all(struct buf *in)
{
	char part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof part, stdin)) > 0)
		buf_put(in, part, n);
	return buf_ok(in, NULL);
}

static void verify_one(const struct json *t, const char *jwks, size_t n, const struct att_token_wanted *w)
{
	const struct json *token = json_get(t, "token");
	struct att_token_report *r = NULL;
	struct att_error e = { 0 };

	if (!att_token_verify((struct att_bytes){ (const uint8_t *)token->s, token->len },
	    (struct att_bytes){ (const uint8_t *)jwks, n }, w, &r, &e))
		(void)printf("not ok %s %s\n", json_get(t, "alg")->s, e.text);
	else if (!r->valid)
		(void)printf("not ok %s %s\n", json_get(t, "alg")->s, r->error.text);
	else
		(void)printf("ok %s\n", json_get(t, "alg")->s);
	att_token_report_free(r);
}

static int verify(void)
{
	ATT_AUTO_STRUCT(arena) a = arena_new((size_t)16 << 20);
	struct buf in = buf_make(a);
	struct att_error e = { 0 };
	struct json *doc;
	struct att_token_wanted w = { 0 };
	char *jwks;
	size_t n;

	if (!a || !read_all(&in) || !json_parse(a, in.p, in.len, NULL, &doc, &e) ||
	    !json_write(a, json_get(doc, "jwks"), JSON_COMPACT, &jwks, &n, &e))
		return die(&e);
	w.issuer = json_get(doc, "issuer")->s;
	w.now_s = json_get(doc, "now")->i;
	for (const struct json *t = json_get(doc, "tokens")->child; t; t = t->next)
		verify_one(t, jwks, n, &w);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "verify") == 0)
		return verify();
	return make();
}

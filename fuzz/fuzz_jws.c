/*
 * fuzz_jws.c - tokens, policies and key sets of strangers (lib/token).
 *
 * Property: the good token is of a throw-away key whose private half is gone, so nothing is valid but
 * what has the good token's signing input; an error is set exactly when the answer is no.
 */
#include <assert.h>
#include <string.h>

#include "lib/token/jwt.h"
#include "lib/token/key.h"

static const char good[] =
    "eyJhbGciOiJFUzI1NiIsImprdSI6Imh0dHBzOi8vdmVyaWZpZXIudGVzdC9jZXJ0cyIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.e"
    "yJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly92ZXJpZmllci50ZXN0IiwibmJmIjoxNzAwM"
    "DAwMDAwLCJub25jZSI6Im4ifQ.vmhBS2mzERHxAJrVEWdSHdATSK-ULo1Rdi3KztbsXi7mTr2ZgDUUNYQSJj6zLfv2EzKA_izvNn"
    "B3Te56qjIgKQ";
static const char jwks[] =
    "{\"keys\":[{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"OBuGuXztlPoZxCK3V_2Tgau4O-2gAY9HU"
    "nlezc4aDDc\",\"y\":\"zxCvspSR9cqM30DO9n1yT653ghYXQ-gUlvnrxWLZAEM\"}]}";
static const struct att_token_wanted wanted = { .issuer = "https://verifier.test", .now_s = 1700000000 };
#define BYTES(text) ((struct att_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static bool good_input(const uint8_t *data, size_t size)
{
	const size_t n = (size_t)(strrchr(good, '.') - good) + 1;
	return size > n && bytes_equal(data, good, n);
}

static void verify(struct arena *a, struct crypto *c, struct att_bytes token, struct att_bytes keys)
{
	struct att_token_report r = { 0 };
	struct att_error e = { 0 };

	assert(jwt_verify(a, c, token, keys, &wanted, &r, &e));
	assert(r.valid == (r.error.code == ATT_E_OK));
	assert(!r.valid || good_input(token.data, token.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct att_error e = { 0 };
	ATT_AUTO_STRUCT(arena) a = arena_new((size_t)64 << 20);
	struct jws_signer s = { 0 };
	struct jws j;
	bool ok;

	c = c ? c : crypto_new(&e);
	assert(a && c);
	verify(a, c, (struct att_bytes){ data, size }, BYTES(jwks));
	if (size && data[0] == '{')
		verify(a, c, BYTES(good), (struct att_bytes){ data, size });
	ok = jws_parse(a, data, size, &j, &e) && jws_verify_x5c(a, c, &j, &s, &e);
	assert(ok == (e.code == ATT_E_OK) && ok == (s.chain.n > 0));
	jws_signer_clear(&s);
	return 0;
}

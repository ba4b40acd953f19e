/* server/signer/ak_ca.c: the CA is kept,
    and certifies only what its own provider sealed and the secret proves. */
#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/crypto/crypto.h"
#include "server/signer/ak_ca.h"

#define NOW INT64_C(1800000000)

static char folder[64];
static struct arena *memory;
static struct att_error e;
static struct secret one_key, two_key;
static uint8_t secret[ATT_ENROL_SECRET];

static int set_up(void **state)
{
	char keys[80];

	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/test-ak-ca-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(keys, sizeof keys, "%s/keys", folder);
	memory = arena_new(MIB);
	memset(secret, 7, sizeof secret);
	return memory && mkdir(keys, 0700) == 0 && sealing_key_open(folder, "one", &one_key, &e) &&
	    sealing_key_open(folder, "two", &two_key, &e) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "keys/one.sealing.key", "keys/two.sealing.key",
	    "keys/one.ak-ca.key.pem",
		"keys/one.ak-ca.cert.der", "keys/two.ak-ca.key.pem", "keys/two.ak-ca.cert.der",
		    "keys", "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	secret_clear(&one_key);
	secret_clear(&two_key);
	arena_free(memory);
	return 0;
}

static void put_be(struct buf *b, uint64_t v, unsigned n)
{
	while (n-- > 0)
		buf_char(b, (char)(v >> (8 * n)));
}

/* TPM2B_PUBLIC of a P-256 key. */
static void put_public(struct buf *out, uint32_t attributes)
{
	struct crypto *c = crypto_new(&e);
	struct privkey *key;
	struct pubkey *pub;
	struct buf b = buf_make(memory);
	const uint8_t *spki;
	size_t n;

	CHECK_OK(privkey_generate(KEY_P256, 0, &key, &e), &e);
	CHECK_OK(privkey_public(c, key, &pub, &e), &e);
	spki = pubkey_spki(pub, &n);
	put_be(&b, 0x0023000B, 4);
	put_be(&b, attributes, 4);
	put_be(&b, 0, 2);
	put_be(&b, 0x00100018, 4);              /* no symmetric, ECDSA */
	put_be(&b, 0x000B00030010, 6);          /* with SHA-256, P-256, no KDF */
	put_be(&b, 32, 2);
	buf_put(&b, spki + n - 64, 32);
	put_be(&b, 32, 2);
	buf_put(&b, spki + n - 32, 32);
	put_be(out, b.len, 2);
	buf_put(out, b.p, b.len);
	pubkey_free(pub);
	privkey_free(key);
	crypto_free(c);
}

/* As att_enrol_begin() makes it: a worker may seal any. */
static struct rd state_of(uint32_t attributes, int64_t expires_s)
{
	struct crypto *c = crypto_new(&e);
	struct buf b = buf_make(memory), public = buf_make(memory);
	uint8_t sha256[32], ek_id[32] = { 1 };

	CHECK_OK(digest(c, DIGEST_SHA256, secret, sizeof secret, sha256, &e), &e);
	crypto_free(c);
	put_public(&public, attributes);
	buf_char(&b, 1);
	buf_le64(&b, (uint64_t)expires_s);
	buf_put(&b, sha256, sizeof sha256);
	buf_put(&b, ek_id, sizeof ek_id);
	buf_le32_block(&b, public.p, public.len);
	for (unsigned i = 0; i < 4; i++)
		buf_le32_block(&b, "text", 4);
	return rd_make(b.p, b.len);
}

static struct rd seal(const struct sealing *s, uint8_t purpose, struct rd state)
{
	struct frame f = { .op = OP_SEAL, .block = { rd_make(&purpose, 1), state } };
	struct rd out;

	CHECK_OK(sealing_answer(s, &f, &out, &e), &e);
	return out;
}

static bool issue(const struct ak_issuer *own, struct rd sealed, const void *p, size_t n)
{
	struct frame f = { .op = OP_ENROL_ISSUE, .block = { sealed, rd_make(p, n) } };
	uint64_t expires;
	struct rd out;

	att_error_clear(&e);
	if (!ak_ca_answer(own, &f, &out, &e))
		return false;
	assert_true(rd_le64(&out, &expires) && expires == (uint64_t)(NOW - 300 + 86400) &&
	    rd_left(&out) > 300);
	return true;
}

static void a_ca_is_made_once(void **state)
{
	struct att_ak_ca *first, *again, *later, *two;
	struct att_bytes a, b;

	(void)state;
	CHECK_OK(ak_ca_open(folder, "one", NOW, &first, &e), &e);
	CHECK_OK(ak_ca_open(folder, "one", NOW + 86400, &again, &e), &e);
	CHECK_OK(ak_ca_open(folder, "two", NOW, &two, &e), &e);
	a = att_ak_ca_certificate(first);
	b = att_ak_ca_certificate(again);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	b = att_ak_ca_certificate(two);
	assert_true(a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
	/* Less than a year left: another certificate. */
	CHECK_OK(ak_ca_open(folder, "one", NOW + INT64_C(3300) * 86400, &later, &e), &e);
	b = att_ak_ca_certificate(later);
	assert_true(a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
	att_ak_ca_free(first);
	att_ak_ca_free(again);
	att_ak_ca_free(later);
	att_ak_ca_free(two);
}

static void only_state_and_secret_together_are_certified(void **state)
{
	struct ak_issuer own = { .sealing = { "one", &one_key, memory }, .now_s = NOW,
	    .lifetime_s = 86400 };
	struct sealing two = { "two", &two_key, memory }, posing = { "two", &one_key, memory };
	struct rd good = state_of(0x00050072, NOW + 10);
	uint8_t wrong[ATT_ENROL_SECRET] = { 0 };
	const struct {
		struct rd sealed;
		const char *why;
	} refused[] = {
		{ seal(&two, SEAL_TPM_ENROL, good), "enrol.context" },          /* another provider's key */
		{ seal(&posing, SEAL_TPM_ENROL, good), "enrol.context" },
		    /* another provider's name */
		{ seal(&own.sealing, SEAL_TPM_CHALLENGE, good), "enrol.context" },
		{ seal(&own.sealing, SEAL_TPM_ENROL, rd_make("state", 5)), "enrol.context" },
		{ good, "enrol.context" },                                      /* not sealed at all */
		{ seal(&own.sealing, SEAL_TPM_ENROL, state_of(0x00050072, NOW)), "enrol.context.current" },
		{ seal(&own.sealing, SEAL_TPM_ENROL, state_of(0x00040072, NOW + 10)),
		    "enrol.ak.attributes" },
	};

	(void)state;
	CHECK_OK(ak_ca_open(folder, "one", NOW, &own.ca, &e), &e);
	good = seal(&own.sealing, SEAL_TPM_ENROL, good);
	assert_true(issue(&own, good, secret, sizeof secret));
	assert_false(issue(&own, good, wrong, sizeof wrong));
	assert_int_equal(e.code, ATT_E_NOT_AUTHENTIC);
	assert_non_null(strstr(e.text, "enrol.secret"));
	assert_false(issue(&own, good, secret, sizeof secret - 1));
	assert_false(issue(&own, good, NULL, 0));
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_false(issue(&own, refused[i].sealed, secret, sizeof secret));
		assert_int_equal(e.code, ATT_E_NOT_AUTHENTIC);
		assert_non_null(strstr(e.text, refused[i].why));
	}
	att_ak_ca_free(own.ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_ca_is_made_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_state_and_secret_together_are_certified,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

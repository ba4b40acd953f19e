/* The n-th allocation failing, for every n: a clean error, nothing kept, libcrypto's queue empty. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "lib/x509/ext_snp.h"
#include "tests/unit/x509/help.h"

static struct crypto *c;
static struct party root, leaf;
static bool counting;
static size_t countdown;
static bool fired;

static bool fails_now(void)
{
	if (!counting)
		return false;
	if (countdown > 0) {
		countdown--;
		return false;
	}
	fired = true;
	return true;
}

static void *get(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : malloc(n);
}

static void *again(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : realloc(p, n);
}

static void put(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Runs work() with every allocation of libcrypto and of lib/crypto and lib/x509 failing once, in turn. */
static void each_allocation(bool (*work)(struct att_error *e))
{
	bool done = false;

	for (size_t n = 0; !done && n < 5000; n++) {
		struct att_error e = { 0 };
		bool ok;
		countdown = n;
		fired = false;
		counting = true;
		ok = work(&e);
		counting = false;
		done = !fired;
		assert_int_equal(ok, e.code == ATT_E_OK);
		if (done)
			assert_true(ok);
		assert_int_equal(ERR_peek_error(), 0);
	}
	assert_true(done);
}

static bool parse_leaf(struct att_error *e)
{
	struct x509_bundle b = { 0 };
	size_t n;
	const uint8_t *der = x509_der(leaf.cert, &n);
	bool ok = x509_bundle_parse(c, der, n, &b, e);

	assert_true(ok || !b.certs);
	x509_bundle_clear(&b);
	return ok;
}

static bool parse_root(struct att_error *e)
{
	struct x509_cert *out = NULL;
	size_t n;
	const uint8_t *der = x509_der(root.cert, &n);
	bool ok = x509_cert_from_der(c, der, n, &out, e);

	assert_int_equal(ok, out != NULL);
	x509_cert_free(out);
	return ok;
}

static bool verify_leaf(struct att_error *e)
{
	return x509_issued_by(c, leaf.cert, root.cert, 0, e);
}

static bool sign(struct att_error *e)
{
	uint8_t sig[SIG_MAX];
	size_t n;

	return sig_sign(c, leaf.priv, SIG_ECDSA_P384_SHA384, rd_make("x", 1), sig, &n, e);
}

static bool new_crypto(struct att_error *e)
{
	struct crypto *other = crypto_new(e);
	bool ok = other != NULL;

	crypto_free(other);
	return ok;
}

static void certificates(void **state)
{
	(void)state;
	each_allocation(parse_leaf);
	each_allocation(parse_root);
}

static void signatures(void **state)
{
	(void)state;
	each_allocation(verify_leaf);
	each_allocation(sign);
}

static void contexts(void **state)
{
	(void)state;
	each_allocation(new_crypto);
}

static int setup(void **state)
{
	struct x509_template t = { .pathlen = -1 };

	(void)state;
	c = crypto_new(NULL);
	if (!c)
		return -1;
	party_make(c, &root, "Root", NULL, ca_template(-1), KEY_RSA);
	party_make(c, &leaf, "Leaf", &root, t, KEY_P384);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	party_clear(&leaf);
	party_clear(&root);
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates),
		cmocka_unit_test(signatures),
		cmocka_unit_test(contexts),
	};
	if (CRYPTO_set_mem_functions(get, again, put) != 1)
		return 1;
	return cmocka_run_group_tests_name("x509/nomem", tests, setup, teardown);
}

/* Chains and bundles: each condition of a step, issuers found in a heap, texts with several blocks. */
#include <string.h>

#include "lib/crypto/der.h"
#include "tests/unit/x509/help.h"

static struct crypto *c;
static struct party root, mid, leaf;

static const enum key_kind kinds[] = { KEY_RSA, KEY_P256, KEY_P384, KEY_P521 };

static struct x509_template leaf_template(void)
{
	return (struct x509_template){ .pathlen = -1 };
}

/* Each kind of key signs, and is signed by the next kind. */
static void every_kind_of_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct party ca, ee;
		struct att_error e = { 0 };
		enum sig_alg alg;

		party_make(c, &ca, "CA", NULL, ca_template(-1), kinds[i]);
		party_make(c, &ee, "EE", &ca, leaf_template(), kinds[(i + 1) % 4]);
		CHECK_OK(x509_issued_by(c, ca.cert, ca.cert, 0, &e), &e);
		CHECK_OK(x509_issued_by(c, ee.cert, ca.cert, 0, &e), &e);
		assert_true(x509_sig_alg(ee.cert, &alg) && alg == alg_for(kinds[i]));
		party_clear(&ee);
		party_clear(&ca);
	}
}

static void every_rsa_algorithm(void **state)
{
	struct party ca, ee;

	(void)state;
	party_make(c, &ca, "CA", NULL, ca_template(-1), KEY_RSA);
	for (enum sig_alg alg = SIG_RSA_PKCS1_SHA384; alg <= SIG_RSA_PSS_SHA512; alg++) {
		struct x509_template t = leaf_template();
		struct att_error e = { 0 };
		enum sig_alg found;

		t.alg = alg;
		party_make(c, &ee, "EE", &ca, t, KEY_P256);
		assert_true(x509_sig_alg(ee.cert, &found) && found == alg);
		CHECK_OK(x509_issued_by(c, ee.cert, ca.cert, 0, &e), &e);
		party_clear(&ee);
	}
	party_clear(&ca);
}

static void refused(const struct party *cert, const struct party *issuer, unsigned below, const char *text)
{
	struct att_error e = { 0 };

	CHECK_ERR(x509_issued_by(c, cert->cert, issuer->cert, below, &e), &e, ATT_E_NOT_AUTHENTIC, text);
}

static void step_conditions(void **state)
{
	struct party no_ca, no_usage, twin, x;
	struct x509_template t = { .with_bc = true, .pathlen = -1 };
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(x509_issued_by(c, leaf.cert, mid.cert, 0, &e), &e);
	CHECK_OK(x509_issued_by(c, mid.cert, root.cert, 1, &e), &e);
	refused(&leaf, &root, 0, "issuer is \"Mid\", not \"CN=Root\"");
	refused(&mid, &leaf, 0, "issuer is");
	refused(&leaf, &mid, 1, "1 CAs below \"CN=Mid\", at most 0");
	refused(&mid, &root, 3, "3 CAs below \"CN=Root\", at most 2");

	party_make(c, &no_ca, "Mid", &root, t, KEY_P256);
	refused(&leaf, &no_ca, 0, "is no CA");
	t = (struct x509_template){ .pathlen = -1, .key_usage = 1U << 5 };
	party_make(c, &x, "Mid", &root, t, KEY_P256);
	refused(&leaf, &x, 0, "is no CA");              /* keyCertSign without basicConstraints */
	party_clear(&x);
	t = (struct x509_template){ .ca = true, .pathlen = -1, .key_usage = 1U << 6 };
	party_make(c, &no_usage, "Mid", &root, t, KEY_P256);
	refused(&leaf, &no_usage, 0, "lacks keyCertSign");
	t = (struct x509_template){ .ca = true, .pathlen = -1 };
	party_make(c, &twin, "Mid", &root, t, KEY_P256);
	refused(&leaf, &twin, 0, "does not verify");    /* the right name over another key */
	party_make(c, &x, "X", &twin, leaf_template(), KEY_P256);
	CHECK_OK(x509_issued_by(c, x.cert, twin.cert, 0, &e), &e);      /* no keyUsage at all */
	party_clear(&x);
	party_clear(&twin);
	party_clear(&no_usage);
	party_clear(&no_ca);
}

/* Names are compared by their bytes: the same text in another string type is another name. */
static void names_by_bytes(void **state)
{
	const struct x509_rdn utf8 = { "CN", "US" }, printable = { "C", "US" };
	struct x509_template t = ca_template(-1);
	struct party ca, ee;

	(void)state;
	t.subject = &printable;
	t.nsubject = 1;
	party_make(c, &ca, "unused", NULL, t, KEY_P256);
	t = leaf_template();
	t.issuer = &utf8;
	t.nissuer = 1;
	party_make(c, &ee, "EE", &ca, t, KEY_P256);
	refused(&ee, &ca, 0, "issuer is");
	party_clear(&ee);
	party_clear(&ca);
}

/* A key of another kind under the name of the issuer: refused before any arithmetic. */
static void issuer_key_of_another_kind(void **state)
{
	struct x509_template t = ca_template(0);
	struct att_error e = { 0 };
	struct party x;

	(void)state;
	party_make(c, &x, "Mid", &root, t, KEY_RSA);
	CHECK_ERR(x509_issued_by(c, leaf.cert, x.cert, 0, &e), &e, ATT_E_UNSUPPORTED, "does not fit the key");
	party_clear(&x);
}

/* The AlgorithmIdentifier's PSS parameters: exactly ours or an algorithm we do not verify. */
static void pss_parameters(void **state)
{
	static const char hash[] = "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00";
	static const struct { const char *why; size_t at; uint8_t from, to; } rows[] = {
		{ "hash SHA-256", 14, 0x02, 0x01 }, { "hash SHA-512", 14, 0x02, 0x03 },
		  { "MGF hash SHA-256", 44, 0x02, 0x01 },
		{ "MGF1's OID", 31, 0x08, 0x09 }, { "salt 47", 51, 48, 47 }, { "salt 32", 51, 48, 32 },
		  { "salt -1", 51, 48, 255 },
		{ "tag of the salt", 47, 0xa2, 0xa1 },
	};
	struct party ca, ee;
	struct rd r, outer, tbs, in, alg, alg_in;
	const uint8_t *der;
	uint8_t copy[2048];
	size_t n, at;

	(void)state;
	party_make(c, &ca, "CA", NULL, ca_template(-1), KEY_RSA);
	party_make(c, &ee, "EE", &ca, leaf_template(), KEY_P256);
	der = x509_der(ee.cert, &n);
	assert_true(n < sizeof copy);
	r = rd_make(der, n);
	assert_true(der_take(&r, DER_SEQUENCE, &outer) && der_take_whole(&outer, DER_SEQUENCE, &tbs, &in) &&
	    der_take_whole(&outer, DER_SEQUENCE, &alg, &alg_in));
	at = rd_off(&alg_in) + 11 + 2;          /* behind the OID and the head of the parameters */
	assert_memory_equal(der + at, hash, 17);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct x509_cert *bad = NULL;
		struct att_error e = { 0 };
		uint8_t *inner;
		enum sig_alg found;

		bytes_copy(copy, der, n);
		inner = memmem(copy, at - 20, der + rd_off(&alg_in), rd_left(&alg_in));
		assert_non_null(inner);
		for (unsigned side = 0; side < 2; side++) {
			uint8_t *p = side ? copy + at : inner + 13;
			if (p[rows[i].at] != rows[i].from)
				fail_msg("%s: found %02x", rows[i].why, p[rows[i].at]);
			p[rows[i].at] = rows[i].to;
		}
		CHECK_OK(x509_cert_from_der(c, copy, n, &bad, &e), &e);
		if (x509_sig_alg(bad, &found))
			fail_msg("accepted: %s", rows[i].why);
		CHECK_ERR(x509_issued_by(c, bad, ca.cert, 0, &e), &e, ATT_E_UNSUPPORTED, "not supported");
		x509_cert_free(bad);
	}
	party_clear(&ee);
	party_clear(&ca);
}

static void finds_the_issuer_in_a_heap(void **state)
{
	struct x509_bundle b = { 0 };
	struct att_error e = { 0 };
	struct party twin;

	(void)state;
	party_make(c, &twin, "Mid", &root, ca_template(0), KEY_P256);
	assert_null(x509_find_issuer(c, &b, leaf.cert, 0, &e));
	check_error(&e, ATT_E_NOT_AUTHENTIC, "is not among 0 certificates", __FILE__, __LINE__);
	CHECK_OK(x509_bundle_add(&b, leaf.cert, &e), &e);
	CHECK_OK(x509_bundle_add(&b, twin.cert, &e), &e);
	assert_null(x509_find_issuer(c, &b, leaf.cert, 0, &e));
	check_error(&e, ATT_E_NOT_AUTHENTIC, "does not verify", __FILE__, __LINE__);
	CHECK_OK(x509_bundle_add(&b, mid.cert, &e), &e);
	assert_ptr_equal(x509_find_issuer(c, &b, leaf.cert, 0, &e), mid.cert);
	assert_int_equal(e.code, ATT_E_OK);
	x509_bundle_clear(&b);
	assert_int_equal(b.n, 0);
	x509_bundle_clear(&b);
	party_clear(&twin);
}

/* ---- bundles */

static void put_pem(struct arena *a, struct buf *b, const struct x509_cert *cert)
{
	size_t n;
	const uint8_t *der = x509_der(cert, &n);

	buf_str(b, x509_to_pem(a, der, n));
}

static void to_crlf(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_char(b, '\r');
		buf_char(b, *text);
	}
}

static void pem_bundles(void **state)
{
	struct arena *a = arena_new((size_t)1 << 24);
	struct buf lf = buf_make(a), crlf = buf_make(a);
	struct x509_bundle b = { 0 };
	struct att_error e = { 0 };
	const uint8_t *der;
	size_t n;

	(void)state;
	buf_str(&lf, "subject=leaf\n");
	put_pem(a, &lf, leaf.cert);
	buf_str(&lf, "\nsome text - with dashes\n");
	put_pem(a, &lf, mid.cert);
	put_pem(a, &lf, root.cert);
	to_crlf(&crlf, lf.p);
	CHECK_OK(x509_bundle_parse(c, lf.p, lf.len, &b, &e), &e);
	assert_int_equal(b.n, 3);
	assert_memory_equal(x509_sha256(b.certs[1]), x509_sha256(mid.cert), 32);
	x509_bundle_clear(&b);
	CHECK_OK(x509_bundle_parse(c, crlf.p, crlf.len, &b, &e), &e);
	assert_int_equal(b.n, 3);
	x509_bundle_clear(&b);
	der = x509_der(leaf.cert, &n);
	CHECK_OK(x509_bundle_parse(c, der, n, &b, &e), &e);
	assert_int_equal(b.n, 1);
	x509_bundle_clear(&b);
	/* Every prefix: an error, or as many certificates as blocks begin in it. */
	for (size_t cut = 0; cut < lf.len; cut++) {
		char *text = arena_strndup(a, lf.p, cut), *at = text;
		size_t begins = 0;
		for (; (at = strstr(at, "-----BEGIN ")); at++)
			begins++;
		att_error_clear(&e);
		if (x509_bundle_parse(c, text, cut, &b, &e))
			assert_int_equal(b.n, begins);
		else
			assert_int_not_equal(e.code, ATT_E_OK);
		x509_bundle_clear(&b);
	}
	arena_free(a);
}

static void bundles_that_are_refused(void **state)
{
	struct arena *a = arena_new((size_t)1 << 20);
	struct buf many = buf_make(a);
	struct x509_bundle b = { 0 };
	struct att_error e = { 0 };
	static const struct { const char *text; const char *want; } rows[] = {
		{ "", "neither DER nor PEM" }, { "text", "neither DER nor PEM" },
		  { "0\x01", "neither DER nor PEM" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "offset 0" },
		{ "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n",
		  "offset 0" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		  "certificate 0: certificate: not a whole" },
		{ "\x30\x82", "not a whole DER" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(x509_bundle_parse(c, rows[i].text, strlen(rows[i].text), &b, &e), &e,
		    ATT_E_BAD_FORMAT, rows[i].want);
	for (unsigned i = 0; i < X509_BUNDLE_MAX; i++)
		put_pem(a, &many, leaf.cert);
	CHECK_OK(x509_bundle_parse(c, many.p, many.len, &b, &e), &e);
	assert_int_equal(b.n, X509_BUNDLE_MAX);
	x509_bundle_clear(&b);
	put_pem(a, &many, leaf.cert);
	CHECK_ERR(x509_bundle_parse(c, many.p, many.len, &b, &e), &e, ATT_E_LIMIT, "more than 16");
	assert_null(b.certs);
	arena_free(a);
}

/* ---- making */

static void refuses_to_make(void **state)
{
	static const struct x509_ext odd = { "not an oid", false, NULL, 0 };
	struct x509_template t = { .subject = &(struct x509_rdn){ "CN", "X" }, .nsubject = 1, .pathlen = -1,
	    .alg = SIG_ECDSA_P256_SHA256,
		.exts = &odd, .nexts = 1 };
	struct x509_cert *out = NULL;
	struct att_error e = { 0 };

	(void)state;
	CHECK_ERR(x509_make(c, &t, leaf.pub, root.priv, &out, &e), &e, ATT_E_BAD_FORMAT, "malformed");
	t.nexts = 0;
	t.alg = SIG_RSA_PKCS1_SHA256;
	CHECK_ERR(x509_make(c, &t, leaf.pub, root.priv, &out, &e), &e, ATT_E_UNSUPPORTED, "does not fit");
	assert_null(out);
}

static void critical_unknown_can_be_made_but_not_read(void **state)
{
	static const struct x509_ext ext = { "1.2.3.4", true, (const uint8_t *)"\5", 1 };
	struct x509_template t = { .pathlen = -1, .exts = &ext, .nexts = 1 };
	struct arena *a = arena_new((size_t)1 << 20);
	struct buf der = buf_make(a);
	struct x509_cert *out = NULL;
	struct att_error e = { 0 };

	(void)state;
	party_der(c, &leaf, "X", &root, t, &der);
	CHECK_ERR(x509_cert_from_der(c, der.p, der.len, &out, &e), &e, ATT_E_UNSUPPORTED,
	    "critical extension 1.2.3.4");
	arena_free(a);
}

static int setup(void **state)
{
	(void)state;
	c = crypto_new(NULL);
	if (!c)
		return -1;
	party_make(c, &root, "Root", NULL, ca_template(2), KEY_P256);
	party_make(c, &mid, "Mid", &root, ca_template(0), KEY_P256);
	party_make(c, &leaf, "Leaf", &mid, leaf_template(), KEY_P256);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	party_clear(&leaf);
	party_clear(&mid);
	party_clear(&root);
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_key),
		cmocka_unit_test(every_rsa_algorithm),
		cmocka_unit_test(step_conditions),
		cmocka_unit_test(names_by_bytes),
		cmocka_unit_test(issuer_key_of_another_kind),
		cmocka_unit_test(pss_parameters),
		cmocka_unit_test(finds_the_issuer_in_a_heap),
		cmocka_unit_test(pem_bundles),
		cmocka_unit_test(bundles_that_are_refused),
		cmocka_unit_test(refuses_to_make),
		cmocka_unit_test(critical_unknown_can_be_made_but_not_read),
	};
	return cmocka_run_group_tests_name("x509/chain", tests, setup, teardown);
}

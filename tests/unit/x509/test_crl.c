/* Revocation lists: what they say, who may say it, and what we refuse to read. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/crypto/der.h"
#include "tests/unit/x509/help.h"

static struct crypto *c;
static struct party root, rsa_root, mid, other_mid;

#define NEXT (T0 + 86400)

static struct x509_crl_template template(const uint64_t *revoked, size_t n)
{
	return (struct x509_crl_template){ .issuer = root.cert, .this_update_s = T0, .next_update_s = NEXT,
	    .number = 7,
		.revoked = revoked, .nrevoked = n, .alg = SIG_ECDSA_P256_SHA256 };
}

static struct x509_crl *make(const struct x509_crl_template *t, struct privkey *k)
{
	struct arena *a = arena_new((size_t)1 << 28);
	struct att_error e = { 0 };
	struct x509_crl *l = NULL;
	uint8_t *der;
	size_t n;

	CHECK_OK(x509_make_crl(a, t, k, &der, &n, &e), &e);
	CHECK_OK(x509_crl_parse(c, der, n, &l, &e), &e);
	arena_free(a);
	return l;
}

static void says_what_was_put_in(void **state)
{
	static const uint64_t serials[] = { 300, 5, 0x80, 1, 256, 0, UINT64_MAX };
	struct x509_crl_template t = template(serials, 7);
	ATT_AUTO_STRUCT(x509_crl) l = make(&t, root.priv);
	struct att_error e = { 0 };
	const uint8_t *number;
	size_t n;

	(void)state;
	assert_true(x509_crl_this_update(l) == T0 && x509_crl_next_update(l) == NEXT);
	assert_string_equal(x509_crl_issuer_cn(l), "Root");
	assert_int_equal(x509_crl_nrevoked(l), 7);
	number = x509_crl_number(l, &n);
	assert_true(n == 1 && number[0] == 7);
	assert_true(x509_crl_names_issuer(l, root.cert) && !x509_crl_names_issuer(l, mid.cert));
	CHECK_OK(x509_crl_signed_by(c, l, root.cert, &e), &e);
	for (size_t i = 0; i < 7; i++) {
		struct x509_template ct = { .serial = serials[i], .pathlen = -1 };
		struct party p;
		party_make(c, &p, "P", &root, ct, KEY_P256);
		assert_true(x509_crl_revokes(l, p.cert));
		party_clear(&p);
		ct.serial = serials[i] ^ 0x10000;
		party_make(c, &p, "P", &root, ct, KEY_P256);
		assert_false(x509_crl_revokes(l, p.cert));
		party_clear(&p);
		ct.serial = serials[i];
		party_make(c, &p, "P", &mid, ct, KEY_P256);     /* the same number under another issuer */
		assert_false(x509_crl_revokes(l, p.cert));
		party_clear(&p);
	}
}

static void rsa_pss_list(void **state)
{
	struct x509_crl_template t = template(NULL, 0);
	struct att_error e = { 0 };
	struct x509_crl *l;

	(void)state;
	t.issuer = rsa_root.cert;
	t.alg = SIG_RSA_PSS_SHA384;                     /* as AMD's */
	l = make(&t, rsa_root.priv);
	CHECK_OK(x509_crl_signed_by(c, l, rsa_root.cert, &e), &e);
	assert_int_equal(x509_crl_nrevoked(l), 0);
	CHECK_ERR(x509_crl_signed_by(c, l, root.cert, &e), &e, ATT_E_NOT_AUTHENTIC, "issuer is \"RSA\"");
	x509_crl_free(l);
	x509_crl_free(NULL);
}

static void who_may_sign(void **state)
{
	struct x509_crl_template t = template(NULL, 0);
	struct x509_template ct = { .ca = true, .pathlen = -1, .key_usage = 1U << 5 };
	struct att_error e = { 0 };
	struct x509_crl *l;
	struct party p;

	(void)state;
	party_make(c, &p, "P", &root, ct, KEY_P256);
	t.issuer = p.cert;
	l = make(&t, p.priv);
	CHECK_ERR(x509_crl_signed_by(c, l, p.cert, &e), &e, ATT_E_NOT_AUTHENTIC, "lacks cRLSign");
	x509_crl_free(l);
	t.issuer = mid.cert;
	l = make(&t, p.priv);                           /* the right name, another key */
	CHECK_ERR(x509_crl_signed_by(c, l, mid.cert, &e), &e, ATT_E_NOT_AUTHENTIC, "does not verify");
	x509_crl_free(l);
	party_clear(&p);
	l = make(&t, mid.priv);
	CHECK_OK(x509_crl_signed_by(c, l, mid.cert, &e), &e);
	CHECK_ERR(x509_crl_signed_by(c, l, other_mid.cert, &e), &e, ATT_E_NOT_AUTHENTIC, "does not verify");
	x509_crl_free(l);
}

static void dates(void **state)
{
	struct x509_crl_template t = template(NULL, 0);
	struct x509_crl *l = make(&t, root.priv);
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(x509_crl_current(l, T0, &e), &e);
	CHECK_OK(x509_crl_current(l, NEXT, &e), &e);
	CHECK_ERR(x509_crl_current(l, T0 - 1, &e), &e, ATT_E_NOT_AUTHENTIC, "not current before");
	CHECK_ERR(x509_crl_current(l, NEXT + 1, &e), &e, ATT_E_NOT_AUTHENTIC, "not current after");
	x509_crl_free(l);
	t.next_update_s = 0;
	l = make(&t, root.priv);
	assert_true(x509_crl_next_update(l) == INT64_MIN);
	CHECK_ERR(x509_crl_current(l, T0, &e), &e, ATT_E_NOT_AUTHENTIC, "without nextUpdate");
	x509_crl_free(l);
}

static void extensions_that_change_the_meaning(void **state)
{
	static const struct { struct x509_ext x; enum att_err code; const char *text; } rows[] = {
		{ { "2.5.29.27", true, (const uint8_t *)"\2\1\1", 3 }, ATT_E_UNSUPPORTED, "2.5.29.27" },
		{ { "2.5.29.27", false, (const uint8_t *)"\2\1\1", 3 }, ATT_E_UNSUPPORTED, "delta" },
		{ { "2.5.29.28", true, (const uint8_t *)"\x30\0", 2 }, ATT_E_UNSUPPORTED, "2.5.29.28" },
		{ { "2.5.29.28", false, (const uint8_t *)"\x30\0", 2 }, ATT_E_UNSUPPORTED, "indirect" },
		{ { "1.2.3.4", true, (const uint8_t *)"\5\0", 2 }, ATT_E_UNSUPPORTED, "1.2.3.4" },
		{ { "2.5.29.20", false, (const uint8_t *)"\2\1\1", 3 }, ATT_E_BAD_FORMAT, "twice" },
		{ { "1.2.3.4", false, (const uint8_t *)"\5\0", 2 }, ATT_E_OK, "" },
	};
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };
	struct x509_crl *l = NULL;
	uint8_t *der;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct x509_crl_template t = template(NULL, 0);
		t.exts = &rows[i].x;
		t.nexts = 1;
		CHECK_OK(x509_make_crl(a, &t, root.priv, &der, &n, &e), &e);
		if (rows[i].code)
			CHECK_ERR(x509_crl_parse(c, der, n, &l, &e), &e, rows[i].code, rows[i].text);
		else
			CHECK_OK(x509_crl_parse(c, der, n, &l, &e), &e);
	}
	x509_crl_free(l);
	arena_free(a);
}

/* ---- put together from parts: entries and heads that make() does not write */

static const uint8_t alg_p256[] = { 0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };

#define THIS "\x17\x0d" "240101000000Z"
#define ENTRY "\x30\x12\x02\x01\x05" THIS
#define V2 "\x02\x01\x01"

static bool parse_parts(struct arena *a, const char *version, size_t nversion, const char *rest, size_t nrest,
    struct x509_crl **l, struct att_error *e)
{
	struct buf tbs = buf_make(a), all = buf_make(a), out = buf_make(a);
	struct rd issuer = x509_subject_der(root.cert);
	static const uint8_t signature[128];

	buf_put(&tbs, version, nversion);
	buf_put(&tbs, alg_p256, sizeof alg_p256);
	buf_put(&tbs, rd_ptr(&issuer), rd_left(&issuer));
	buf_put(&tbs, rest, nrest);
	der_put_buf(&all, DER_SEQUENCE, &tbs);
	buf_put(&all, alg_p256, sizeof alg_p256);
	der_put_bits(&all, signature, sizeof signature);
	der_put_buf(&out, DER_SEQUENCE, &all);
	return x509_crl_parse(c, out.p, out.len, l, e);
}

static void every_part_broken(void **state)
{
#define ROW(v, r, code, text) { v, sizeof v - 1, r, sizeof r - 1, code, text }
	static const struct {
		const char *version;
		size_t nversion;
		const char *rest;
		size_t nrest;
		enum att_err code;
		const char *text;
	} rows[] = {
		ROW(V2, THIS, ATT_E_OK, ""),
		ROW("", THIS, ATT_E_OK, ""),
		ROW(V2, THIS THIS, ATT_E_OK, ""),
		ROW(V2, THIS "\x30\x00", ATT_E_OK, ""),
		ROW(V2, THIS "\x30\x14" ENTRY, ATT_E_OK, ""),
		ROW("\x02\x01\x00", THIS, ATT_E_BAD_FORMAT, "version"),
		ROW("\x02\x01\x02", THIS, ATT_E_BAD_FORMAT, "version"),
		ROW(V2, "", ATT_E_BAD_FORMAT, "thisUpdate"),
		ROW(V2, "\x17\x0d" "240101000000X", ATT_E_BAD_FORMAT, "thisUpdate"),
		ROW(V2, THIS "\x17\x0d" "241301000000Z", ATT_E_BAD_FORMAT, "nextUpdate"),
		ROW(V2, THIS "\x05\x00", ATT_E_BAD_FORMAT, "nor the end"),
		ROW(V2, THIS "\x30\x02\x30\x00", ATT_E_BAD_FORMAT, "less than 20"),
		ROW(V2, THIS "\x30\x14\x30\x12\x02\x01\x85" THIS, ATT_E_BAD_FORMAT, "revoked[0]"),
		ROW(V2, THIS "\x30\x16" ENTRY "\x05\x00", ATT_E_BAD_FORMAT, "less than 20"),
		ROW(V2, THIS "\x30\x16\x30\x14\x02\x01\x05" THIS "\x05\x00", ATT_E_BAD_FORMAT,
		    "neither extensions nor"),
		/* reasonCode, then certificateIssuer critical and not, then an unknown one */
		ROW(V2, THIS "\x30\x22\x30\x20\x02\x01\x05" THIS
		    "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01",
		    ATT_E_OK, ""),
		ROW("", THIS "\x30\x22\x30\x20\x02\x01\x05" THIS
		    "\x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01",
		    ATT_E_BAD_FORMAT, "version 1"),
		ROW(V2, THIS "\x30\x24\x30\x22\x02\x01\x05" THIS
		    "\x30\x0e\x30\x0c\x06\x03\x55\x1d\x1d\x01\x01\xff\x04\x02\x30\x00",
		    ATT_E_UNSUPPORTED, "2.5.29.29"),
		ROW(V2, THIS "\x30\x21\x30\x1f\x02\x01\x05" THIS
		    "\x30\x0b\x30\x09\x06\x03\x55\x1d\x1d\x04\x02\x30\x00",
		    ATT_E_UNSUPPORTED, "indirect"),
		ROW(V2, THIS "\x30\x24\x30\x22\x02\x01\x05" THIS
		    "\x30\x0e\x30\x0c\x06\x03\x55\x1d\x63\x01\x01\xff\x04\x02\x30\x00",
		    ATT_E_UNSUPPORTED, "2.5.29.99"),
		ROW(V2, THIS "\xa0\x02\x30\x00", ATT_E_BAD_FORMAT, "empty list"),
		ROW("", THIS "\xa0\x0e\x30\x0c\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x01",
		    ATT_E_BAD_FORMAT, "version 2"),
		ROW(V2, THIS "\xa0\x0e\x30\x0c\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x01", ATT_E_OK,
		    ""),
		ROW(V2, THIS "\xa0\x0e\x30\x0c\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x81",
		    ATT_E_BAD_FORMAT, "CRL number"),
	};
#undef ROW
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct x509_crl *l = NULL;
		att_error_clear(&e);
		if (parse_parts(a, rows[i].version, rows[i].nversion, rows[i].rest, rows[i].nrest, &l, &e) !=
		    (rows[i].code == ATT_E_OK))
			fail_msg("row %zu: %s", i, e.text);
		if (rows[i].code)
			check_error(&e, rows[i].code, rows[i].text, __FILE__, (int)i);
		x509_crl_free(l);
	}
	arena_free(a);
}

/* The algorithm outside is not signed; it has to be the one inside. */
static void algorithm_outside(void **state)
{
	struct x509_crl_template t = template(NULL, 0);
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };
	struct x509_crl *l = NULL;
	uint8_t *der, *at;
	size_t n;

	(void)state;
	CHECK_OK(x509_make_crl(a, &t, root.priv, &der, &n, &e), &e);
	at = memmem(der + 20, n - 20, alg_p256, sizeof alg_p256);
	assert_non_null(at);
	at[sizeof alg_p256 - 1] = 3;                    /* ecdsa-with-SHA384 */
	CHECK_ERR(x509_crl_parse(c, der, n, &l, &e), &e, ATT_E_BAD_FORMAT, "inside differs");
	arena_free(a);
}

static void tampered_and_cut(void **state)
{
	static const uint64_t serials[] = { 1, 2, 3 };
	struct x509_crl_template t = template(serials, 3);
	struct arena *a = arena_new((size_t)1 << 20);
	struct att_error e = { 0 };
	uint8_t *der;
	size_t n;

	(void)state;
	CHECK_OK(x509_make_crl(a, &t, root.priv, &der, &n, &e), &e);
	for (size_t cut = 0; cut < n; cut++) {
		struct x509_crl *l = NULL;
		CHECK_ERR(x509_crl_parse(c, der, cut, &l, &e), &e, ATT_E_BAD_FORMAT, "CRL: ");
	}
	for (size_t at = 0; at < n; at++) {
		struct x509_crl *l = NULL;
		der[at] ^= 0xff;
		att_error_clear(&e);
		if (x509_crl_parse(c, der, n, &l, &e) && x509_crl_signed_by(c, l, root.cert, &e))
			fail_msg("byte %zu is not covered", at);
		assert_int_not_equal(e.code, ATT_E_OK);
		x509_crl_free(l);
		der[at] ^= 0xff;
	}
	arena_free(a);
}

static void pem_form(void **state)
{
	struct x509_crl_template t = template(NULL, 0);
	struct arena *a = arena_new((size_t)1 << 20);
	struct buf one = buf_make(a), two = buf_make(a);
	struct att_error e = { 0 };
	struct x509_crl *l = NULL;
	uint8_t *der;
	size_t n;

	(void)state;
	CHECK_OK(x509_make_crl(a, &t, root.priv, &der, &n, &e), &e);
	buf_fmt(&one, "-----BEGIN X509 CRL-----\n%s\n-----END X509 CRL-----\n",
	    b64_encode_arena(B64_STD, a, der, n));
	buf_fmt(&two, "%s%s", one.p, one.p);
	CHECK_OK(x509_crl_parse(c, one.p, one.len, &l, &e), &e);
	x509_crl_free(l);
	l = NULL;
	CHECK_ERR(x509_crl_parse(c, two.p, two.len, &l, &e), &e, ATT_E_BAD_FORMAT, "more than one");
	CHECK_ERR(x509_crl_parse(c, "text", 4, &l, &e), &e, ATT_E_BAD_FORMAT, "neither DER nor");
	CHECK_ERR(x509_crl_parse(c, "", 0, &l, &e), &e, ATT_E_BAD_FORMAT, "neither DER nor");
	assert_null(l);
	arena_free(a);
}

/* A list of the largest size is read, and each of its numbers found; one byte more is refused. */
static void large_lists(void **state)
{
	size_t n = 150000, len;
	uint64_t *serials = calloc(n, sizeof *serials);
	struct arena *a = arena_new((size_t)1 << 30);
	struct x509_crl_template t = template(serials, n);
	struct att_error e = { 0 };
	struct x509_crl *l = NULL;
	uint8_t *der, *big;

	(void)state;
	assert_non_null(serials);
	for (size_t i = 0; i < n; i++)
		serials[i] = (uint64_t)(i * 2654435761U) % 1000003 * 2 + 1;     /* odd, in no order */
	CHECK_OK(x509_make_crl(a, &t, root.priv, &der, &len, &e), &e);
	assert_in_range(len, 3000000, X509_CRL_MAX);
	CHECK_OK(x509_crl_parse(c, der, len, &l, &e), &e);
	assert_int_equal(x509_crl_nrevoked(l), n);
	CHECK_OK(x509_crl_signed_by(c, l, root.cert, &e), &e);
	for (size_t i = 0; i < n; i += 50000) {
		struct x509_template ct = { .serial = serials[i], .pathlen = -1 };
		struct party p;
		party_make(c, &p, "P", &root, ct, KEY_P256);
		assert_true(x509_crl_revokes(l, p.cert));
		party_clear(&p);
		ct.serial = serials[i] + 1;
		party_make(c, &p, "P", &root, ct, KEY_P256);
		assert_false(x509_crl_revokes(l, p.cert));
		party_clear(&p);
	}
	x509_crl_free(l);
	big = calloc(1, 2 * X509_CRL_MAX + 1);
	assert_non_null(big);
	bytes_copy(big, "\x30\x84", 2);
	CHECK_ERR(x509_crl_parse(c, big, X509_CRL_MAX + 1, &l, &e), &e, ATT_E_LIMIT, "at most 4194304");
	CHECK_ERR(x509_crl_parse(c, big, 2 * X509_CRL_MAX + 1, &l, &e), &e, ATT_E_LIMIT, "at most 4194304");
	free(big);
	free(serials);
	arena_free(a);
}

static int setup(void **state)
{
	(void)state;
	c = crypto_new(NULL);
	if (!c)
		return -1;
	party_make(c, &root, "Root", NULL, ca_template(-1), KEY_P256);
	party_make(c, &rsa_root, "RSA", NULL, ca_template(-1), KEY_RSA);
	party_make(c, &mid, "Mid", &root, ca_template(0), KEY_P256);
	party_make(c, &other_mid, "Mid", &root, ca_template(0), KEY_P256);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	party_clear(&other_mid);
	party_clear(&mid);
	party_clear(&rsa_root);
	party_clear(&root);
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_was_put_in),
		cmocka_unit_test(rsa_pss_list),
		cmocka_unit_test(who_may_sign),
		cmocka_unit_test(dates),
		cmocka_unit_test(extensions_that_change_the_meaning),
		cmocka_unit_test(every_part_broken),
		cmocka_unit_test(algorithm_outside),
		cmocka_unit_test(tampered_and_cut),
		cmocka_unit_test(pem_form),
		cmocka_unit_test(large_lists),
	};
	return cmocka_run_group_tests_name("x509/crl", tests, setup, teardown);
}

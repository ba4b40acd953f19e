/* An operator's reference values: every form that is accepted, and what is said of those that are not. */
#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/evidence/measuredboot/reference_parts.h"
#include "tests/harness/check.h"

static struct arena *a;
static struct crypto *c;
static struct att_error e;
static struct x509_cert *rsa, *ec;      /* the lab's certificates */
static struct blob rsa_pem, ec_pem;

static struct x509_cert *only(struct blob pem)
{
	struct x509_bundle b = { 0 };
	struct x509_cert *cert;

	CHECK_OK(x509_bundle_parse(c, pem.p, pem.n, &b, &e), &e);
	cert = x509_cert_ref(b.certs[0]);
	x509_bundle_clear(&b);
	return cert;
}

static int set_up(void **state)
{
	(void)state;
	a = arena_new((size_t)64 << 20);
	c = crypto_new(&e);
	rsa_pem = repo_file("tests/vectors/lab/ima-rsa.pem");
	ec_pem = repo_file("tests/vectors/lab/ima-ec.pem");
	rsa = only(rsa_pem);
	ec = only(ec_pem);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	x509_cert_free(rsa);
	x509_cert_free(ec);
	blob_free(&rsa_pem);
	blob_free(&ec_pem);
	crypto_free(c);
	arena_free(a);
	return 0;
}

static struct att_bytes bytes_of(const char *s)
{
	return (struct att_bytes){ (const uint8_t *)s, strlen(s) };
}

static struct att_bytes of_buf(const struct buf *b)
{
	return (struct att_bytes){ (const uint8_t *)b->p, b->len };
}

static struct att_bytes der_of(const struct x509_cert *cert)
{
	struct att_bytes b;

	b.data = x509_der(cert, &b.len);
	return b;
}

static const uint8_t x509_type[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15,
	0x5c, 0x2b, 0xf0, 0x72 };
static const uint8_t sha256_type[16] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9,
	0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 };
static const uint8_t sha1_type[16] = { 0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a, 0xb1, 0x87, 0xbe, 0x01,
	0x49, 0x66, 0x31, 0xbd };

/* One EFI_SIGNATURE_LIST of one entry. */
static void put_list(struct buf *b, const uint8_t type[16], struct att_bytes data)
{
	static const uint8_t owner[16] = { 7 };

	buf_put(b, type, 16);
	buf_le32(b, (uint32_t)(28 + 16 + data.len));
	buf_le32(b, 0);
	buf_le32(b, (uint32_t)(16 + data.len));
	buf_put(b, owner, 16);
	buf_put(b, data.data, data.len);
	assert_true(buf_ok(b, NULL));
}

static struct att_bytes hash_bytes(uint8_t b, size_t n)
{
	uint8_t *p = arena_alloc(a, n);

	memset(p, b, n);
	return (struct att_bytes){ p, n };
}

static struct att_reference *made(const struct att_reference_given *g)
{
	struct att_reference *r = NULL;

	CHECK_OK(att_reference_new(g, &r, &e), &e);
	return r;
}

static bool holds_cert(const struct att_reference *r, const struct x509_cert *cert)
{
	uint8_t no[32] = { 1 };
	bool by_cert = reference_secureboot_key(r, x509_sha256(cert), no),
	    by_key = reference_secureboot_key(r, no, pubkey_spki_sha256(x509_pubkey(cert)));

	assert_int_equal(by_cert, by_key);
	return by_cert;
}

static void nothing_at_all(void **state)
{
	struct att_reference_given g = { 0 };
	struct att_reference *r = made(&g);
	uint8_t zero[32] = { 0 };

	(void)state;
	assert_false(reference_secureboot_key(r, zero, zero));
	assert_false(reference_ak_name(r, rd_make(zero, 0)));
	assert_null(r->digests);
	assert_false(r->has_dbx || r->has_sbat);
	assert_int_equal(r->nsigners, 0);
	att_reference_free(r);
	att_reference_free(NULL);
}

/* The same two certificates in each form. */
static void forms_of_secureboot_keys(void **state)
{
	struct buf both = buf_make(a), lists = buf_make(a), vars = buf_make(a), text = buf_make(a);
	char hex[65];

	(void)state;
	buf_put(&both, rsa_pem.p, rsa_pem.n);
	buf_str(&both, "text between\n");
	buf_put(&both, ec_pem.p, ec_pem.n);
	put_list(&lists, x509_type, der_of(rsa));
	put_list(&lists, x509_type, der_of(ec));
	buf_le32(&vars, 0x27);
	buf_put(&vars, lists.p, lists.len);
	hex_encode(x509_sha256(rsa), 32, hex);
	buf_fmt(&text, "# keys\nsha256:%s  our own\n", hex);
	hex_encode(x509_sha256(ec), 32, hex);
	buf_fmt(&text, "\r\nsha256:%s\r\n", hex);
	for (size_t i = 0; i < 5; i++) {
		struct att_bytes forms[][2] = {
			{ of_buf(&both) }, { of_buf(&lists) }, { of_buf(&vars) }, { of_buf(&text) },
			{ der_of(rsa), der_of(ec) },
		};
		struct att_reference_given g = { .secureboot_keys = forms[i],
			.nsecureboot_keys = i == 4 ? 2 : 1 };
		struct att_reference *r = made(&g);
		uint8_t no[32] = { 0 };

		assert_true(reference_secureboot_key(r, x509_sha256(rsa), NULL));
		assert_true(reference_secureboot_key(r, x509_sha256(ec), no));
		assert_int_equal(r->nsecureboot_keys, i == 3 ? 2 : 4);
		if (i != 3)
			assert_true(holds_cert(r, rsa) && holds_cert(r, ec));
		assert_false(reference_secureboot_key(r, no, no));
		for (size_t n = 1; n < r->nsecureboot_keys; n++)
			assert_true(memcmp(r->secureboot_keys[n - 1], r->secureboot_keys[n], 32) < 0);
		att_reference_free(r);
	}
}

static void image_hashes_may_be_keys(void **state)
{
	struct buf l = buf_make(a);
	struct att_bytes in, hash = hash_bytes(5, 32);
	struct att_reference_given g = { .secureboot_keys = &in, .nsecureboot_keys = 1 };
	struct att_reference *r;

	(void)state;
	put_list(&l, sha256_type, hash);
	in = of_buf(&l);
	r = made(&g);
	assert_true(reference_secureboot_key(r, hash.data, NULL));
	att_reference_free(r);
}

/* Which list, which entry, where, what was found. */
static void errors_say_where(void **state)
{
	struct buf sha1 = buf_make(a), cut = buf_make(a), tail = buf_make(a), good = buf_make(a);
	struct att_bytes der = der_of(ec);
	struct {
		enum { KEYS, DBX, SBAT, SIGNERS, DIGESTS, NAMES } list;
		struct att_bytes in;
		enum att_err code;
		const char *says;
	} rows[] = {
		{ KEYS, bytes_of(""), ATT_E_BAD_FORMAT, "secureboot_keys[1]: no key" },
		{ KEYS, bytes_of("# nothing\n"), ATT_E_BAD_FORMAT, "secureboot_keys[1]: no key" },
		{ KEYS, bytes_of("\nsha256:12"), ATT_E_BAD_FORMAT,
		    "secureboot_keys[1]: line 2: found \"sha256:12\", want sha256:" },
		{ KEYS, bytes_of("sha512:12"), ATT_E_BAD_FORMAT, "line 1: found \"sha512:12\"" },
		{ KEYS, bytes_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		    ATT_E_BAD_FORMAT, "secureboot_keys[1]: block 0: signature list: entry is no X.509" },
		{ KEYS, bytes_of("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
		    ATT_E_BAD_FORMAT, "secureboot_keys[1]: " },
		{ KEYS, { der.data, der.len - 1 }, ATT_E_BAD_FORMAT, "secureboot_keys[1]: " },
		{ KEYS, { NULL, 0 }, ATT_E_BAD_FORMAT, "1 bytes behind a certificate" },
		{ KEYS, { NULL, 0 }, ATT_E_UNSUPPORTED,
		    "secureboot_keys[1]: signature list entry 0: type SHA-1, want X.509 or SHA-256" },
		{ KEYS, { NULL, 0 }, ATT_E_TRUNCATED, "signature list at offset 0" },
		{ DBX, bytes_of(""), ATT_E_BAD_FORMAT, "dbx[1]: signature lists without an entry" },
		{ DBX, bytes_of("sha256:12"), ATT_E_TRUNCATED, "dbx[1]: signature list at offset 0" },
		{ SBAT, bytes_of("sbat,1\nshim"), ATT_E_BAD_FORMAT, "sbat: line 2: want" },
		{ SBAT, bytes_of("sbat,1\nshim,4\nshim,x\nab,1\n"), ATT_E_BAD_FORMAT, "sbat: line 3" },
		{ SIGNERS, bytes_of("hello"), ATT_E_BAD_FORMAT, "code_signers[1]: 5 bytes that are neither" },
		{ SIGNERS, bytes_of(""), ATT_E_BAD_FORMAT, "code_signers[1]: 0 bytes" },
		{ SIGNERS, { der.data, der.len - 1 }, ATT_E_BAD_FORMAT, "code_signers[1]: " },
		{ SIGNERS, bytes_of("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
		    ATT_E_BAD_FORMAT, "code_signers[1]: block 0: " },
		{ DIGESTS, bytes_of("\n\nzz"), ATT_E_BAD_FORMAT, "code_digests: text 1, line 3: \"zz\"" },
		{ NAMES, bytes_of("000b"), ATT_E_BAD_FORMAT,
		    "ak_names[1]: line 1: found \"000b\" of 4 characters" },
		{ NAMES, bytes_of("# a\n0004000b"), ATT_E_BAD_FORMAT, "ak_names[1]: line 2" },
		{ NAMES, bytes_of("0012b000000000000000000000000000000000000000000000000000000000000000000"),
		    ATT_E_BAD_FORMAT, "want nameAlg" },
	};

	(void)state;
	put_list(&sha1, sha1_type, hash_bytes(1, 20));
	put_list(&cut, x509_type, der);
	buf_put(&tail, der.data, der.len);
	buf_char(&tail, 0);
	rows[7].in = of_buf(&tail);
	rows[8].in = of_buf(&sha1);
	rows[9].in = (struct att_bytes){ (const uint8_t *)cut.p, cut.len - 1 };
	put_list(&good, sha256_type, hash_bytes(1, 32));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		/* a good one first: the number is that of the bad one */
		struct att_bytes keys[2] = { der, rows[i].in }, dbx[2] = { of_buf(&good), rows[i].in },
		    lines[2] = { bytes_of("#"), rows[i].in };
		struct att_reference_given g = { 0 };
		struct att_reference *r = NULL;

		switch (rows[i].list) {
		case KEYS: g.secureboot_keys = keys; g.nsecureboot_keys = 2; break;
		case DBX: g.dbx = dbx; g.ndbx = 2; break;
		case SBAT: g.sbat = rows[i].in; break;
		case SIGNERS: g.code_signers = keys; g.ncode_signers = 2; break;
		case DIGESTS: g.code_digests = lines; g.ncode_digests = 2; break;
		case NAMES: g.ak_names = lines; g.nak_names = 2; break;
		}
		CHECK_ERR(att_reference_new(&g, &r, &e), &e, rows[i].code, rows[i].says);
		assert_null(r);
	}
}

static void revocation_lists_are_joined(void **state)
{
	struct buf one = buf_make(a), two = buf_make(a);
	struct att_bytes in[2];
	struct att_reference_given g = { .dbx = in, .ndbx = 2 };
	struct att_reference *r;

	(void)state;
	put_list(&one, sha256_type, hash_bytes(1, 32));
	buf_le32(&two, 0x27);           /* as efivars gives it */
	put_list(&two, sha256_type, hash_bytes(2, 32));
	put_list(&two, x509_type, der_of(ec));
	in[0] = of_buf(&one);
	in[1] = of_buf(&two);
	r = made(&g);
	/* nothing is borrowed */
	memset(one.p, 0, one.len);
	memset(two.p, 0, two.len);
	assert_true(r->has_dbx);
	assert_int_equal(r->dbx.n, 3);
	assert_int_equal(r->dbx.nunknown, 0);
	assert_memory_equal(rd_ptr(&r->dbx.v[0].data), hash_bytes(1, 32).data, 32);
	assert_memory_equal(rd_ptr(&r->dbx.v[1].data), hash_bytes(2, 32).data, 32);
	assert_int_equal(r->dbx.v[2].kind, SIG_KIND_X509);
	att_reference_free(r);
}

static void generations(void **state)
{
	struct att_reference_given g = { .sbat = bytes_of("sbat,1,2024010900\nshim,4\ngrub,3\n") };
	struct att_reference *r = made(&g);

	(void)state;
	assert_true(r->has_sbat);
	assert_int_equal(r->sbat.n, 2);
	assert_string_equal(r->sbat.v[1].name, "grub");
	att_reference_free(r);
}

/* A PEM public key as the certificate has it. */
static struct att_bytes bare_key(const struct x509_cert *cert)
{
	struct buf b = buf_make(a);
	size_t n;
	const uint8_t *spki = pubkey_spki(x509_pubkey(cert), &n);

	buf_str(&b, "-----BEGIN PUBLIC KEY-----\n");
	for (size_t i = 0; i < n; i += 48) {
		buf_str(&b, b64_encode_arena(B64_STD, a, spki + i, n - i < 48 ? n - i : 48));
		buf_char(&b, '\n');
	}
	buf_str(&b, "-----END PUBLIC KEY-----\n");
	assert_true(buf_ok(&b, NULL));
	return of_buf(&b);
}

/* Certificates by their subjectKeyIdentifier; bare keys by what the kernel computes: here the same. */
static void code_signers(void **state)
{
	struct att_bytes in[4] = { { rsa_pem.p, rsa_pem.n }, der_of(ec), bare_key(rsa), bare_key(ec) };
	struct att_reference_given g = { .code_signers = in, .ncode_signers = 4 };
	struct att_reference *r = made(&g);

	(void)state;
	assert_int_equal(r->nsigners, 4);
	assert_memory_equal(r->signers[0].keyid, "\x77\x5b\x70\x44", 4);
	assert_memory_equal(r->signers[1].keyid, "\xed\xb8\x65\xbb", 4);
	assert_memory_equal(r->signers[2].keyid, "\x77\x5b\x70\x44", 4);
	assert_memory_equal(r->signers[3].keyid, "\xed\xb8\x65\xbb", 4);
	assert_string_equal(r->signers[1].name, "CN=Lab IMA EC signing key");
	assert_string_equal(r->signers[3].name, "key edb865bb");
	assert_memory_equal(r->signers[1].sha256, x509_sha256(ec), 32);
	assert_memory_equal(r->signers[3].sha256, pubkey_spki_sha256(x509_pubkey(ec)), 32);
	assert_int_equal(pubkey_kind(r->signers[0].key), KEY_RSA);
	att_reference_free(r);
}

/* A certificate that has no identifier is found by the one that is computed. */
static void a_signer_without_an_identifier(void **state)
{
	ATT_AUTO_STRUCT(privkey) key = NULL;
	ATT_AUTO_STRUCT(pubkey) pub = NULL;
	ATT_AUTO_STRUCT(x509_cert) plain = NULL;
	struct x509_rdn name = { "CN", "signer" };
	struct x509_template t = { .subject = &name, .nsubject = 1, .issuer = &name, .nissuer = 1,
		.serial = 1,
		.not_after_s = 1, .pathlen = -1, .alg = SIG_ECDSA_P256_SHA256 };
	struct att_bytes in[2];
	struct att_reference_given g = { .code_signers = in, .ncode_signers = 2 };
	struct att_reference *r;

	(void)state;
	CHECK_OK(privkey_generate(KEY_P256, 0, &key, &e), &e);
	CHECK_OK(privkey_public(c, key, &pub, &e), &e);
	CHECK_OK(x509_make(c, &t, pub, key, &plain, &e), &e);
	in[0] = der_of(plain);
	in[1] = bare_key(plain);
	r = made(&g);
	assert_memory_equal(r->signers[0].keyid, r->signers[1].keyid, 4);
	att_reference_free(r);
}

static void names_of_attestation_keys(void **state)
{
	struct blob lab = repo_file("tests/vectors/lab/ak-names.txt");
	struct att_bytes in[3] = { { lab.p, lab.n },
		bytes_of("0004AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		bytes_of("000b0000000000000000000000000000000000000000000000000000000000ff") };
	struct att_reference_given g = { .ak_names = in, .nak_names = 3 };
	struct att_reference *r = made(&g);
	uint8_t name[34];

	(void)state;
	/* the last is the SHA-256 of a key, whatever it begins with */
	assert_int_equal(r->nak_names, 8);
	CHECK_OK(hex_decode("000bc1e6b32610fae852ff06ef839938fbd820052a4a9d83712e09300779e502febe", 68, name,
	    34,
	    &e), &e);
	assert_true(reference_ak_name(r, rd_make(name, 34)));
	assert_false(reference_ak_name(r, rd_make(name, 33)));
	name[33] ^= 1;
	assert_false(reference_ak_name(r, rd_make(name, 34)));
	memset(name, 0xAA, 22);
	name[0] = 0, name[1] = 4;
	assert_true(reference_ak_name(r, rd_make(name, 22)));
	att_reference_free(r);
	blob_free(&lab);
}

static void limits(void **state)
{
	struct att_bytes *in = arena_array(a, REFERENCE_SIGNERS_MAX + 1, sizeof *in);
	struct att_reference_given g = { .code_signers = in, .ncode_signers = REFERENCE_SIGNERS_MAX };
	struct att_reference *r;

	(void)state;
	for (size_t i = 0; i <= REFERENCE_SIGNERS_MAX; i++)
		in[i] = der_of(ec);
	r = made(&g);
	assert_int_equal(r->nsigners, REFERENCE_SIGNERS_MAX);
	att_reference_free(r);
	g.ncode_signers++;
	CHECK_ERR(att_reference_new(&g, &r, &e), &e, ATT_E_LIMIT, "code_signers[1024]: more than 1024");
	/* twice the SHA-256 values of a certificate: the same value counts, too */
	g = (struct att_reference_given){ .sbat = hash_bytes('a', REFERENCE_SBAT_BYTES + 1) };
	CHECK_ERR(att_reference_new(&g, &r, &e), &e, ATT_E_LIMIT, "sbat: 16385 bytes, at most 16384");
	g.sbat.len--;
	CHECK_ERR(att_reference_new(&g, &r, &e), &e, ATT_E_BAD_FORMAT, "sbat: line 1");
}

/* A revocation list at the limit of its entries, and one past it. */
static void limit_of_revocations(void **state)
{
	struct buf half = buf_make(a), one = buf_make(a);
	struct att_bytes in[3];
	struct att_reference_given g = { .dbx = in, .ndbx = 2 };
	struct att_reference *r;

	(void)state;
	buf_put(&half, sha256_type, 16);
	buf_le32(&half, 28 + 48 * SIGLIST_ENTRIES_MAX);
	buf_le32(&half, 0);
	buf_le32(&half, 48);
	for (size_t i = 0; i < SIGLIST_ENTRIES_MAX; i++)
		buf_put(&half, hash_bytes(3, 48).data, 48);
	put_list(&one, sha256_type, hash_bytes(4, 32));
	in[0] = in[1] = of_buf(&half);
	in[2] = of_buf(&one);
	r = made(&g);
	assert_int_equal(r->dbx.n, REFERENCE_DBX_MAX);
	att_reference_free(r);
	g.ndbx = 3;
	CHECK_ERR(att_reference_new(&g, &r, &e), &e, ATT_E_LIMIT, "dbx: 65537 entries, at most 65536");
	/* the same as keys, which hold the value once */
	g = (struct att_reference_given){ .secureboot_keys = in, .nsecureboot_keys = 2 };
	r = made(&g);
	assert_int_equal(r->nsecureboot_keys, 1);
	att_reference_free(r);
	g.nsecureboot_keys = 3;
	CHECK_ERR(att_reference_new(&g, &r, &e), &e, ATT_E_LIMIT, "secureboot_keys[2]: ");
}

/* Every truncation and every damaged byte of a list: read or refused, never more. */
static void truncation_and_damage(void **state)
{
	struct buf l = buf_make(a);
	uint8_t *copy;

	(void)state;
	buf_le32(&l, 0x27);
	put_list(&l, sha256_type, hash_bytes(1, 32));
	put_list(&l, x509_type, der_of(ec));
	copy = arena_memdup(a, l.p, l.len);
	for (size_t n = 0; n < 2 * l.len; n++) {
		struct att_bytes in = { copy, n < l.len ? n : l.len };
		struct att_reference_given g = { .secureboot_keys = &in, .nsecureboot_keys = 1, .dbx = &in,
			.ndbx = 1 };
		struct att_reference *r = NULL;

		if (n >= l.len)
			copy[n - l.len] ^= 0xFF;
		att_error_clear(&e);
		if (!att_reference_new(&g, &r, &e))
			assert_int_not_equal(e.code, ATT_E_OK);
		else if (n < l.len)
			assert_int_equal(r->dbx.n, 1);  /* cut between the lists */
		att_reference_free(r);
		if (n >= l.len)
			copy[n - l.len] ^= 0xFF;
	}
}

static void failing_memory(void **state)
{
	struct buf l = buf_make(a);
	struct att_bytes list, certs[2] = { { rsa_pem.p, rsa_pem.n }, bare_key(ec) },
	    digests = bytes_of("sha1:0101010101010101010101010101010101010101"),
	    names = bytes_of("00040101010101010101010101010101010101010101");
	struct att_reference_given g = { .secureboot_keys = &list, .nsecureboot_keys = 1,
		.dbx = &list, .ndbx = 1,
		.code_signers = certs, .ncode_signers = 2, .sbat = bytes_of("sbat,1\nshim,2\n"),
		.code_digests = &digests, .ncode_digests = 1, .ak_names = &names, .nak_names = 1 };
	bool ok = false;

	(void)state;
	put_list(&l, x509_type, der_of(ec));
	list = of_buf(&l);
	for (size_t n = 0; !ok; n++) {
		struct failing f;
		struct arena *failing = arena_failing(&f, n);
		struct att_reference *r = NULL;

		att_error_clear(&e);
		ok = failing && reference_make_in(failing, &g, &r, &e);
		if (ok)
			reference_clear(r);
		else if (failing)
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(failing);
		assert_in_range(n, 0, 200);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_at_all), cmocka_unit_test(forms_of_secureboot_keys),
		cmocka_unit_test(image_hashes_may_be_keys), cmocka_unit_test(errors_say_where),
		cmocka_unit_test(revocation_lists_are_joined), cmocka_unit_test(generations),
		cmocka_unit_test(code_signers), cmocka_unit_test(a_signer_without_an_identifier),
		cmocka_unit_test(names_of_attestation_keys), cmocka_unit_test(limits),
		cmocka_unit_test(limit_of_revocations), cmocka_unit_test(truncation_and_damage),
		cmocka_unit_test(failing_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

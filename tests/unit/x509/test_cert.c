/* Certificates put together from parts, each part wrong in one way. */
#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"
#include "lib/crypto/der.h"
#include "tests/unit/x509/help.h"

static struct crypto *c;
static struct party someone;

/* The parts of a TBSCertificate, each whole DER in hex; then what stands behind the TBS. */
enum part { VERSION, SERIAL, ALG, ISSUER, VALIDITY, SUBJECT, SPKI, EXTS, OUTER_ALG, SIGNATURE, AFTER,
    NPARTS };

#define ALG_P256 "300a06082a8648ce3d040302"
#define NAME_A "300c310a300806035504030c0141"
#define DATES "301e170d3233303130313030303030305a170d3333303130313030303030305a"
static const char *const good[NPARTS] = {
	[VERSION] = "a003020102", [SERIAL] = "020105", [ALG] = ALG_P256, [ISSUER] = NAME_A, [VALIDITY] =
	    DATES,
	[SUBJECT] = NAME_A, [SPKI] = NULL, [EXTS] = "", [OUTER_ALG] = ALG_P256, [SIGNATURE] = "03020055",
	    [AFTER] = "",
};

/* [3] with one SEQUENCE of the extensions given. */
#define BC_TRUE "300f0603551d130101ff040530030101ff"
#define BC_EMPTY "30090603551d1304023000"
#define UNKNOWN "300806042a0304050400"
#define UNKNOWN_CRITICAL "300b06042a0304050101ff0400"

static void put_hex(struct buf *b, const char *hex)
{
	uint8_t bytes[1024];
	size_t n = strlen(hex) / 2;

	assert_true(n <= sizeof bytes);
	assert_true(hex_decode(hex, 2 * n, bytes, n, NULL));
	buf_put(b, bytes, n);
}

/* An EXTS row "!..." stands for the extensions alone; the wrapping is added here. */
static void put_exts(struct buf *b, const char *hex)
{
	struct buf list = buf_make(b->a), seq = buf_make(b->a);

	if (hex[0] != '!') {
		put_hex(b, hex);
		return;
	}
	put_hex(&list, hex + 1);
	der_put_buf(&seq, DER_SEQUENCE, &list);
	der_put_buf(b, DER_CTX_CONS(3), &seq);
}

static struct buf assemble(struct arena *a, enum part changed, const char *hex)
{
	struct buf tbs = buf_make(a), all = buf_make(a), out = buf_make(a);
	const uint8_t *spki;
	size_t n;

	for (enum part p = VERSION; p <= EXTS; p++) {
		const char *text = p == changed ? hex : good[p];
		if (p == EXTS)
			put_exts(&tbs, text);
		else if (text)
			put_hex(&tbs, text);
		else {
			spki = pubkey_spki(someone.pub, &n);
			buf_put(&tbs, spki, n);
		}
	}
	der_put_buf(&all, DER_SEQUENCE, &tbs);
	put_hex(&all, changed == OUTER_ALG ? hex : good[OUTER_ALG]);
	put_hex(&all, changed == SIGNATURE ? hex : good[SIGNATURE]);
	der_put_buf(&out, DER_SEQUENCE, &all);
	put_hex(&out, changed == AFTER ? hex : good[AFTER]);
	assert_true(buf_ok(&out, NULL));
	return out;
}

static const struct break_row {
	enum part part;
	const char *hex;
	enum att_err code;              /* OK: must be accepted */
	const char *text;
} rows[] = {
	{ AFTER, "", ATT_E_OK, "" },
	{ AFTER, "00", ATT_E_BAD_FORMAT, "1 bytes behind it" },
	{ AFTER, "3000", ATT_E_BAD_FORMAT, "2 bytes behind it" },
	{ VERSION, "", ATT_E_OK, "" },                                  /* v1 by default */
	{ VERSION, "a003020101", ATT_E_OK, "" },                        /* v2 */
	{ VERSION, "a003020100", ATT_E_BAD_FORMAT, "version" },         /* a default is left out in DER */
	{ VERSION, "a003020103", ATT_E_BAD_FORMAT, "version" },
	{ VERSION, "a0030201ff", ATT_E_BAD_FORMAT, "version" },
	{ VERSION, "a00402020002", ATT_E_BAD_FORMAT, "version" },
	{ VERSION, "a006020102020102", ATT_E_BAD_FORMAT, "version" },
	{ SERIAL, "020100", ATT_E_OK, "" },                             /* VCEK: 0 */
	{ SERIAL, "0214" "7fffffffffffffffffffffffffffffffffffffff", ATT_E_OK, "" },
	{ SERIAL, "021500" "ffffffffffffffffffffffffffffffffffffffff", ATT_E_OK, "" },
	{ SERIAL, "0215" "01ffffffffffffffffffffffffffffffffffffffff", ATT_E_BAD_FORMAT, "serial" },
	{ SERIAL, "020181", ATT_E_BAD_FORMAT, "serial" },
	{ SERIAL, "02020001", ATT_E_BAD_FORMAT, "serial" },
	{ SERIAL, "0200", ATT_E_BAD_FORMAT, "serial" },
	{ SERIAL, "", ATT_E_BAD_FORMAT, "serial" },
	{ ALG, "300a06082a8648ce3d040303", ATT_E_BAD_FORMAT, "inside differs" },
	{ ALG, "300c06082a8648ce3d0403020500", ATT_E_BAD_FORMAT, "inside differs" },
	{ OUTER_ALG, "300a06082a8648ce3d040303", ATT_E_BAD_FORMAT, "inside differs" },
	{ OUTER_ALG, "", ATT_E_BAD_FORMAT, "a signature" },
	{ SIGNATURE, "03020155", ATT_E_BAD_FORMAT, "a signature" },
	{ SIGNATURE, "0300", ATT_E_BAD_FORMAT, "a signature" },
	{ SIGNATURE, "04020055", ATT_E_BAD_FORMAT, "a signature" },
	{ SIGNATURE, "030200550500", ATT_E_BAD_FORMAT, "a signature" },
	{ ISSUER, "3000", ATT_E_OK, "" },
	{ ISSUER, "30023100", ATT_E_BAD_FORMAT, "not an RDN" },
	{ ISSUER, "300c300a300806035504030c0141", ATT_E_BAD_FORMAT, "not an RDN" },
	{ ISSUER, "300a3108300606035504030c", ATT_E_BAD_FORMAT, "not a type and a value" },
	{ ISSUER, "300e310c300a06035504030c01410500", ATT_E_BAD_FORMAT, "not a type and a value" },
	{ SUBJECT, "300c310a300806035504830c0141", ATT_E_BAD_FORMAT, "subject: name" },
	{ SUBJECT, "3000", ATT_E_OK, "" },
	{ SUBJECT, "3100", ATT_E_BAD_FORMAT, "no subject name" },
	{ VALIDITY, "3000", ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "300f170d3233303130313030303030305a", ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "301c" "170b323330313031303030305a" "170d3333303130313030303030305a", ATT_E_BAD_FORMAT,
	  "validity" },
	{ VALIDITY, "301e" "170d3233303133323030303030305a" "170d3333303130313030303030305a",
	  ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "301e" "170d3233313330313030303030305a" "170d3333303130313030303030305a",
	  ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "301e" "170d3233303130313234303030305a" "170d3333303130313030303030305a",
	  ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "301e" "170d3233303130313030303036305a" "170d3333303130313030303030305a",
	  ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "301e" "170d32333031303130303030303058" "170d3333303130313030303030305a",
	  ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "301e" "170d2d33303130313030303030305a" "170d3333303130313030303030305a",
	  ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "3020" "170d3233303130313030303030305a" "180f39393939313233313233353935395a", ATT_E_OK,
	  "" },
	{ VALIDITY, "3020" "170d3233303130313030303030305a" "180f32303233303232393030303030305a",
	  ATT_E_BAD_FORMAT, "validity" },
	{ VALIDITY, "3020" "170d3233303130313030303030305a" "180f32303234303232393030303030305a", ATT_E_OK,
	  "" },
	{ VALIDITY, "3022" "170d3233303130313030303030305a" "181132303234303232393030303030302e305a",
	  ATT_E_BAD_FORMAT,
	  "validity" },
	{ VALIDITY, "3020" "170d3233303130313030303030305a" "170d3333303130313030303030305a" "0500",
	  ATT_E_BAD_FORMAT,
	  "validity" },
	{ SPKI, "3000", ATT_E_BAD_FORMAT, "key: " },
	{ SPKI, "0500", ATT_E_BAD_FORMAT, "no public key" },
	{ SPKI, "30083003060155030100", ATT_E_UNSUPPORTED, "neither RSA nor EC" },
	{ EXTS, "", ATT_E_OK, "" },
	{ EXTS, "!" UNKNOWN, ATT_E_OK, "" },
	{ EXTS, "!" UNKNOWN_CRITICAL, ATT_E_UNSUPPORTED, "critical extension 1.2.3.4.5" },
	{ EXTS, "!" UNKNOWN UNKNOWN, ATT_E_BAD_FORMAT, "extension 1.2.3.4.5 twice" },
	{ EXTS, "!" BC_TRUE BC_EMPTY, ATT_E_BAD_FORMAT, "extension 2.5.29.19 twice" },
	{ EXTS, "!" BC_TRUE, ATT_E_OK, "" },
	{ EXTS, "!" BC_EMPTY, ATT_E_OK, "" },
	{ EXTS, "!", ATT_E_BAD_FORMAT, "empty list" },
	{ EXTS, "a300", ATT_E_BAD_FORMAT, "not a list of extensions" },
	{ EXTS, "a3023100", ATT_E_BAD_FORMAT, "not a list of extensions" },
	{ EXTS, "a30c300a" UNKNOWN "0500", ATT_E_BAD_FORMAT, "neither extensions nor the end" },
	{ EXTS, "810101", ATT_E_BAD_FORMAT, "neither extensions nor the end" },         /* issuerUniqueID */
	{ EXTS, "82020055", ATT_E_BAD_FORMAT, "neither extensions nor the end" },       /* subjectUniqueID */
	{ EXTS, "!300b06042a0304050101000400", ATT_E_BAD_FORMAT, "not an extension" }, /* FALSE */
	{ EXTS, "!300b06042a0304050101010400", ATT_E_BAD_FORMAT, "not an extension" },  /* BER TRUE */
	{ EXTS, "!300606042a030405", ATT_E_BAD_FORMAT, "not an extension" },
	{ EXTS, "!300a06042a03040504000500", ATT_E_BAD_FORMAT, "not an extension" },
	{ EXTS, "!300d0603551d1e0101ff0403300101", ATT_E_UNSUPPORTED, "2.5.29.30" },    /* nameConstraints */
	{ EXTS, "!300c0603551d240101ff04023000", ATT_E_UNSUPPORTED, "2.5.29.36" }, /* policyConstraints */
	{ EXTS, "!300c0603551d200101ff04023000", ATT_E_OK, "" }, /* certificatePolicies */
	/* basicConstraints */
	{ EXTS, "!300c0603551d130405300301" "0100", ATT_E_BAD_FORMAT, "basicConstraints" }, /* FALSE */
	{ EXTS, "!300c0603551d1304053003020100", ATT_E_BAD_FORMAT, "basicConstraints" }, /* no CA */
	{ EXTS, "!300f0603551d13040830060101ff020100", ATT_E_OK, "" },
	{ EXTS, "!300f0603551d13040830060101ff0201ff", ATT_E_BAD_FORMAT, "basicConstraints" },
	{ EXTS, "!300b0603551d13040430000500", ATT_E_BAD_FORMAT, "basicConstraints" },
	{ EXTS, "!30070603551d130400", ATT_E_BAD_FORMAT, "basicConstraints" },
	/* keyUsage */
	{ EXTS, "!300b0603551d0f040403020106", ATT_E_OK, "" },
	{ EXTS, "!300b0603551d0f040403020204", ATT_E_OK, "" },
	{ EXTS, "!300b0603551d0f040403020104", ATT_E_OK, "" },          /* a zero bit too many: AMD's ASK */
	{ EXTS, "!300b0603551d0f040403020206", ATT_E_BAD_FORMAT, "keyUsage" },  /* an unused bit set */
	{ EXTS, "!300b0603551d0f040403020006", ATT_E_OK, "" },
	{ EXTS, "!300b0603551d0f040403020806", ATT_E_BAD_FORMAT, "keyUsage" },
	{ EXTS, "!300b0603551d0f040403020000", ATT_E_BAD_FORMAT, "keyUsage" },  /* no bit at all */
	{ EXTS, "!300a0603551d0f0403030100", ATT_E_BAD_FORMAT, "keyUsage" },
	{ EXTS, "!300c0603551d0f04050303070080", ATT_E_OK, "" },                /* decipherOnly, bit 8 */
	{ EXTS, "!300d0603551d0f0406030400000080", ATT_E_BAD_FORMAT, "keyUsage" },
	/* extKeyUsage */
	{ EXTS, "!30130603551d25040c300a06082b06010505070301", ATT_E_OK, "" },
	{ EXTS, "!30090603551d2504023000", ATT_E_BAD_FORMAT, "extKeyUsage" },
	{ EXTS, "!300b0603551d25040430020500", ATT_E_BAD_FORMAT, "extKeyUsage" },
};

static void every_part_broken(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *a = arena_new((size_t)1 << 20);
		struct buf der = assemble(a, rows[i].part, rows[i].hex);
		struct x509_cert *cert = NULL;

		att_error_clear(&e);
		if (x509_cert_from_der(c, der.p, der.len, &cert, &e) != (rows[i].code == ATT_E_OK))
			fail_msg("row %zu (%s): %s", i, rows[i].hex, e.text);
		if (rows[i].code)
			check_error(&e, rows[i].code, rows[i].text, __FILE__, (int)i);
		x509_cert_free(cert);
		arena_free(a);
	}
}

static void extensions_need_version_3(void **state)
{
	static const char *const versions[] = { "", "a003020101" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena *a = arena_new((size_t)1 << 20);
		struct buf der = assemble(a, EXTS, "!" UNKNOWN), tbs = buf_make(a), all = buf_make(a), out =
		    buf_make(a);
		struct rd r = rd_make(der.p, der.len), outer, whole, inside, version;
		struct att_error e = { 0 };
		struct x509_cert *cert = NULL;

		assert_true(der_take(&r, DER_SEQUENCE, &outer) && der_take_whole(&outer, DER_SEQUENCE, &whole,
		    &inside));
		assert_true(der_take(&inside, DER_CTX_CONS(0), &version));
		put_hex(&tbs, versions[i]);
		buf_put(&tbs, rd_ptr(&inside), rd_left(&inside));
		der_put_buf(&all, DER_SEQUENCE, &tbs);
		buf_put(&all, rd_ptr(&outer), rd_left(&outer));
		der_put_buf(&out, DER_SEQUENCE, &all);
		CHECK_ERR(x509_cert_from_der(c, out.p, out.len, &cert, &e), &e, ATT_E_BAD_FORMAT, "want 3");
		arena_free(a);
	}
}

static void extensions_are_limited(void **state)
{
	(void)state;
	for (unsigned n = 32; n <= 33; n++) {
		struct arena *a = arena_new((size_t)1 << 20);
		char hex[33 * 20 + 2] = "!";
		struct att_error e = { 0 };
		struct x509_cert *cert = NULL;
		struct buf der;

		for (unsigned i = 0; i < n; i++)
			(void)snprintf(hex + 1 + 18 * i, 19, "30070603551d%02x0400", 64 + i);
		der = assemble(a, EXTS, hex);
		if (n == 32)
			CHECK_OK(x509_cert_from_der(c, der.p, der.len, &cert, &e), &e);
		else
			CHECK_ERR(x509_cert_from_der(c, der.p, der.len, &cert, &e), &e, ATT_E_LIMIT,
			    "more than 32 extensions");
		if (n == 32)
			x509_cert_free(cert);
		arena_free(a);
	}
}

static void size_is_limited(void **state)
{
	static uint8_t big[X509_DER_MAX + 1];
	struct att_error e = { 0 };
	struct x509_cert *cert = NULL;

	(void)state;
	CHECK_ERR(x509_cert_from_der(c, big, sizeof big, &cert, &e), &e, ATT_E_LIMIT,
	    "16385 bytes, at most 16384");
	CHECK_ERR(x509_cert_from_der(c, big, sizeof big - 1, &cert, &e), &e, ATT_E_BAD_FORMAT, "SEQUENCE");
	CHECK_ERR(x509_cert_from_der(c, NULL, 0, &cert, &e), &e, ATT_E_BAD_FORMAT, "SEQUENCE");
}

static void facts(void **state)
{
	static const struct x509_rdn subject[] = { { "OU", "Unit" }, { "C", "US" }, { "CN", "A, \"B\"" } };
	static const char *const names[] = { "host.example", "127.0.0.1", "::1" };
	static const uint8_t value[] = { 1, 2, 3 };
	const struct x509_ext ext = { "1.3.6.1.4.1.99999.1", false, value, sizeof value };
	struct x509_template t = { .subject = subject, .nsubject = 3, .serial = 0x80, .key_usage =
	    1U | 1U << 8,
		.ext_key_usage = "serverAuth", .dns_names = names, .ndns = 3, .key_ids = true, .exts = &ext,
		    .nexts = 1,
		.with_bc = true, .pathlen = -1 };
	struct party root, leaf;
	struct rd r;
	const uint8_t *serial;
	size_t n;

	(void)state;
	party_make(c, &root, "Root", NULL, ca_template(3), KEY_P256);
	party_make(c, &leaf, "unused", &root, t, KEY_P384);
	assert_string_equal(x509_subject_cn(leaf.cert), "A, \"B\"");
	assert_string_equal(x509_issuer_cn(leaf.cert), "Root");
	assert_string_equal(x509_subject_text(leaf.cert), "CN=A\\, \\\"B\\\",C=US,OU=Unit");
	assert_int_equal(x509_version(leaf.cert), 3);
	assert_true(x509_not_before(leaf.cert) == T0 && x509_not_after(leaf.cert) == T1);
	serial = x509_serial(leaf.cert, &n);
	assert_true(n == 1 && serial[0] == 0x80);
	assert_false(x509_is_ca(leaf.cert) || x509_may_sign_certs(leaf.cert) ||
	    x509_may_sign_crls(leaf.cert));
	assert_int_equal(x509_pathlen(leaf.cert), -1);
	assert_int_equal(x509_pathlen(root.cert), 3);
	assert_int_equal(x509_key_usage(leaf.cert), 1U | 1U << 8);
	assert_true(x509_self_issued(root.cert) && !x509_self_issued(leaf.cert));
	assert_true(x509_has_eku(leaf.cert, "1.3.6.1.5.5.7.3.1"));
	assert_false(x509_has_eku(leaf.cert, "1.3.6.1.5.5.7.3.2") ||
	    x509_has_eku(root.cert, "1.3.6.1.5.5.7.3.1") ||
	    x509_has_eku(leaf.cert, "nonsense"));
	assert_true(x509_extension(leaf.cert, "1.3.6.1.4.1.99999.1", &r) && der_is(&r, value, 3));
	assert_int_equal(rd_off(&r), 0);
	assert_false(x509_extension(leaf.cert, "1.3.6.1.4.1.99999.2", &r) ||
	    x509_extension(leaf.cert, "x", &r));
	assert_true(x509_extension(leaf.cert, "2.5.29.17", &r));
	assert_int_equal(rd_left(&r), 2 + 2 + 12 + 2 + 4 + 2 + 16);
	assert_true(x509_extension(leaf.cert, "2.5.29.14", &r) && x509_extension(leaf.cert, "2.5.29.35", &r));
	assert_ptr_equal(x509_cert_ref(leaf.cert), leaf.cert);
	x509_cert_free(leaf.cert);
	x509_cert_free(NULL);
	assert_null(x509_cert_ref(NULL));
	party_clear(&leaf);
	party_clear(&root);
}

/* name_cn(): what may be compared and what counts as absent. */
static void common_names(void **state)
{
	static const struct { const char *subject, *cn, *text; } names[] = {
		{ NAME_A, "A", "CN=A" },
		{ "3000", "", "" },
		{ "300d310b300906035504030c024100", "", "CN=#4100" },                   /* a NUL */
		{ "300d310b300906035504030c02410a", "", "CN=#410a" },                   /* a line end */
		{ "300d310b300906035504030c02c3a4", "\xc3\xa4", "CN=\xc3\xa4" },
		{ "300d310b300906035504030c02c080", "", "CN=#c080" },                   /* overlong NUL */
		{ "300e310c300a06035504030c03eda080", "", "CN=#eda080" },               /* surrogate */
		{ "300f310d300b06035504030c04f4908080", "", "CN=#f4908080" },           /* above U+10FFFF */
		{ "300f310d300b06035504030c04f09f9880", "\xf0\x9f\x98\x80", "CN=\xf0\x9f\x98\x80" },
		{ "300c310a300806035504030c01c2", "", "CN=#c2" },             /* cut in a character */
		{ "300d310b300906035504031e0200e4", "\xc3\xa4", "CN=\xc3\xa4" },        /* BMPString */
		{ "300d310b300906035504031e02d800", "", "CN=#d800" },
		{ "300c310a3008060355040314" "0141", "A", "CN=A" },
		{ "300c310a3008060355040314" "01e4", "", "CN=#e4" },
		{ "300c310a3008060355040304" "0141", "", "CN=#41" },                    /* an OCTET STRING */
		{ "3018310a300806035504030c0141310a300806035504030c0142", "", "CN=B,CN=A" },   /* two */
		{ "30163114300806035504030c0141300806035504" "060c0142", "A", "CN=A+C=B" },
		{ "300c310a300806035504630c0141", "", "2.5.4.99=A" },
		{ "300d310b300906035504030c022341", "#A", "CN=\\#A" },
		{ "300d310b300906035504030c022041", " A", "CN=\\ A" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct arena *a = arena_new((size_t)1 << 20);
		struct buf der = assemble(a, SUBJECT, names[i].subject);
		struct att_error e = { 0 };
		struct x509_cert *cert = NULL;

		CHECK_OK(x509_cert_from_der(c, der.p, der.len, &cert, &e), &e);
		assert_string_equal(x509_subject_cn(cert), names[i].cn);
		assert_string_equal(x509_subject_text(cert), names[i].text);
		x509_cert_free(cert);
		arena_free(a);
	}
}

static void long_names_are_cut_or_absent(void **state)
{
	char text[200];
	struct x509_rdn rdn = { "CN", text };

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t n = 120; n < 140; n++) {
		struct x509_template t = { .subject = &rdn, .nsubject = 1, .pathlen = -1 };
		struct party p;
		text[n] = 0;
		party_make(c, &p, "unused", NULL, t, KEY_P256);
		assert_int_equal(strlen(x509_subject_cn(p.cert)), n < X509_NAME_TEXT_MAX ? n : 0);
		assert_true(strlen(x509_subject_text(p.cert)) < X509_NAME_TEXT_MAX);
		party_clear(&p);
		text[n] = 'x';
	}
}

/* UTCTime up to 2049, GeneralizedTime after it, and seconds there and back. */
static void times(void **state)
{
	/* 1950, 1970, 2000-02-29, both sides of 2050, and the last second of 9999 */
	static const int64_t at[] = { -631152000, 1, 951782400, 2524607999, 2524608000,
		INT64_C(253402300799) };

	(void)state;
	for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
		struct x509_template t = { .not_before_s = at[0], .not_after_s = at[i], .pathlen = -1 };
		struct att_error e = { 0 };
		struct party p;

		party_make(c, &p, "T", NULL, t, KEY_P256);
		assert_true(x509_not_before(p.cert) == at[0]);
		assert_true(x509_not_after(p.cert) == at[i]);
		CHECK_OK(x509_valid_at(p.cert, x509_not_after(p.cert), &e), &e);
		CHECK_OK(x509_valid_at(p.cert, x509_not_before(p.cert), &e), &e);
		CHECK_ERR(x509_valid_at(p.cert, x509_not_after(p.cert) + 1, &e), &e, ATT_E_NOT_AUTHENTIC,
		    "not valid after");
		CHECK_ERR(x509_valid_at(p.cert, x509_not_before(p.cert) - 1, &e), &e, ATT_E_NOT_AUTHENTIC,
		    "not valid before 1950-01-01T00:00:00Z, it is 1949-12-31T23:59:59Z");
		party_clear(&p);
	}
}

static int setup(void **state)
{
	(void)state;
	c = crypto_new(NULL);
	if (!c)
		return -1;
	return privkey_generate(KEY_P256, 0, &someone.priv, NULL) &&
	    privkey_public(c, someone.priv, &someone.pub, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	party_clear(&someone);
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_broken),
		cmocka_unit_test(extensions_need_version_3),
		cmocka_unit_test(extensions_are_limited),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(facts),
		cmocka_unit_test(common_names),
		cmocka_unit_test(long_names_are_cut_or_absent),
		cmocka_unit_test(times),
	};
	return cmocka_run_group_tests_name("x509/cert", tests, setup, teardown);
}

/* AMD's extensions: both layouts, and each extension absent, doubled in meaning, too large or malformed. */
#include <string.h>

#include "lib/x509/ext_snp.h"
#include "tests/unit/x509/help.h"

#define ARC "1.3.6.1.4.1.3704.1."
#define MAX_EXTS 16

static struct crypto *c;
static struct party ask;

#define V(oid, bytes) { ARC oid, false, (const uint8_t *)bytes, sizeof bytes - 1 }
#define HEX16 "\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11"
#define HWID64 HEX16 HEX16 HEX16 HEX16

static const struct x509_ext milan[] = {
	V("1", "\2\1\0"), V("2", "\x16\x08Milan-B0"), V("3.1", "\2\1\3"), V("3.2", "\2\1\0"),
	    V("3.4", "\2\1\0"),
	V("3.5", "\2\1\0"), V("3.6", "\2\1\0"), V("3.7", "\2\1\0"), V("3.3", "\2\1\x18"),
	    V("3.8", "\2\2\0\xdb"),
	V("4", HWID64),
};
static const struct x509_ext turin[] = {
	V("1", "\2\1\1"), V("2", "\x16\x05Turin"), V("3.1", "\2\1\1"), V("3.2", "\2\1\1"), V("3.5", "\2\1\0"),
	V("3.6", "\2\1\0"), V("3.7", "\2\1\0"), V("3.3", "\2\1\4"), V("3.8", "\2\1\x51"), V("3.9", "\2\1\1"),
	V("4", "\2\6\3\4\5\6\7\x08"),
};
#define NEXTS 11
_Static_assert(sizeof milan == NEXTS * sizeof milan[0] && sizeof turin == sizeof milan,
    "one count for both layouts");

static struct x509_cert *cert_with(const struct x509_ext *exts, size_t n)
{
	struct x509_template t = { .pathlen = -1, .exts = exts, .nexts = n };
	struct x509_cert *cert;
	struct party p;

	party_make(c, &p, "SEV-VCEK", &ask, t, KEY_P384);
	cert = x509_cert_ref(p.cert);
	party_clear(&p);
	return cert;
}

/* The base list with one extension replaced, added (an OID not there) or, without value, left out. */
static struct x509_cert *changed(const struct x509_ext *base, struct x509_ext x)
{
	struct x509_ext exts[MAX_EXTS];
	size_t count = 0;
	bool replaced = false;

	for (size_t i = 0; i < NEXTS; i++) {
		bool same = strcmp(base[i].oid, x.oid) == 0;
		replaced = replaced || same;
		if (!same)
			exts[count++] = base[i];
		else if (x.value)
			exts[count++] = x;
	}
	if (!replaced)
		exts[count++] = x;
	return cert_with(exts, count);
}

static void both_layouts(void **state)
{
	struct x509_cert *m = cert_with(milan, NEXTS), *t = cert_with(turin, NEXTS);
	struct att_error e = { 0 };
	struct ext_snp s;

	(void)state;
	CHECK_OK(ext_snp_parse(m, &s, &e), &e);
	assert_int_equal(s.struct_version, 0);
	assert_string_equal(s.product, "Milan-B0");
	assert_true(s.bootloader == 3 && s.tee == 0 && s.snp == 0x18 && s.microcode == 0xdb);
	assert_true(s.has_hwid && s.hwid_len == 64 && !s.has_csp_id && !s.has_fmc);
	assert_memory_equal(s.hwid, HWID64, 64);
	CHECK_OK(ext_snp_parse(t, &s, &e), &e);
	assert_true(s.struct_version == 1 && s.has_fmc && s.fmc == 1 && s.microcode == 0x51 &&
	    s.hwid_len == 8);
	assert_memory_equal(s.hwid, "\2\6\3\4\5\6\7\x08\0", 9);         /* raw, not an INTEGER */
	x509_cert_free(m);
	x509_cert_free(t);
}

static void each_one_absent(void **state)
{
	struct att_error e = { 0 };
	struct ext_snp s;

	(void)state;
	for (unsigned layout = 0; layout < 2; layout++) {
		const struct x509_ext *base = layout ? turin : milan;
		for (size_t i = 0; i < NEXTS; i++) {
			struct x509_cert *cert = changed(base, (struct x509_ext){ base[i].oid, false, NULL,
			    0 });
			CHECK_ERR(ext_snp_parse(cert, &s, &e), &e, ATT_E_BAD_FORMAT,
			    strcmp(base[i].oid, ARC "4") == 0 ? "neither HWID" : "is absent");
			x509_cert_free(cert);
		}
	}
}

static void changed_values(void **state)
{
	static const struct { struct x509_ext x; bool turin; const char *text; } rows[] = {
		{ V("4", "\x04\x40" HWID64), false, NULL }, { V("4", "\x04\x08" "01234567"), true, NULL },
		{ V("3.4", "\2\1\0"), true, NULL },                             /* reserved, may come back */
		{ V("3.8", "\2\2\0\xff"), false, NULL },
		{ V("1", "\2\1\2"), false, "structVersion" }, { V("1", "\2\1\0\0"), false, "structVersion" },
		{ V("1", "\x0a\1\0"), false, "structVersion" }, { V("1", "\2\1\1"), false, "fmcSPL" },
		{ V("2", "\x0c\x08Milan-B0"), false, "productName" },
		  { V("2", "\x16\x00"), false, "productName" },
		{ V("2", "\x16\x08Milan-B0\0"), false, "productName" },
		  { V("2", "\x16\x03\x41\0B"), false, "productName" },
		{ V("2", "\x16\x20" "0123456789abcdef0123456789abcdef"), false, "productName" },
		{ V("2", "\x16\x1f" "0123456789abcdef0123456789abcde"), false, NULL },
		{ V("3.1", "\2\2\1\0"), false, "blSPL" }, { V("3.1", "\2\2\0\x7f"), false, "blSPL" },
		{ V("3.1", "\2\1\xff"), false, "blSPL" }, { V("3.2", "\2\0"), false, "teeSPL" },
		{ V("3.3", "\2\1\1\0"), false, "snpSPL" }, { V("3.7", "\4\1\1"), false, "spl7" },
		{ V("3.8", "\3\1\1"), false, "ucodeSPL" }, { V("3.9", "\2\1\1"), false, "does not belong" },
		{ V("4", "01234567"), false, "HWID" }, { V("4", HWID64), true, "HWID" },
		  { V("4", HWID64 "x"), false, "HWID" },
		{ V("4", "\x04\x40" HWID64 "x"), false, "HWID" },
		  { V("4", "\x04\x3f" HWID64), false, "HWID" },
		{ V("4", "\x05\x40" HWID64), false, "HWID" }, { V("4", ""), false, "HWID" },
		{ V("5", "\x16\x04" "CN=a"), false, "both HWID" },
	};
	struct att_error e = { 0 };
	struct ext_snp s;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct x509_cert *cert = changed(rows[i].turin ? turin : milan, rows[i].x);
		att_error_clear(&e);
		if (ext_snp_parse(cert, &s, &e) != !rows[i].text)
			fail_msg("row %zu (%s): %s", i, rows[i].x.oid, e.text);
		if (rows[i].text)
			check_error(&e, ATT_E_BAD_FORMAT, rows[i].text, __FILE__, (int)i);
		x509_cert_free(cert);
	}
}

static void vlek(void **state)
{
	struct x509_ext exts[NEXTS];
	char id[2 + 128] = "\x16\x7f";
	struct att_error e = { 0 };
	struct x509_cert *cert;
	struct ext_snp s;

	(void)state;
	for (size_t i = 0; i < NEXTS - 1; i++)
		exts[i] = milan[i];
	exts[NEXTS - 1] = (struct x509_ext)V("5", "\x16\x04" "CN=a");
	cert = cert_with(exts, NEXTS);
	CHECK_OK(ext_snp_parse(cert, &s, &e), &e);
	assert_true(s.has_csp_id && !s.has_hwid && s.hwid_len == 0);
	assert_string_equal(s.csp_id, "CN=a");
	x509_cert_free(cert);
	memset(id + 2, 'a', 128);
	exts[NEXTS - 1] = (struct x509_ext){ ARC "5", false, (const uint8_t *)id, 129 };
	cert = cert_with(exts, NEXTS);
	CHECK_OK(ext_snp_parse(cert, &s, &e), &e);
	assert_int_equal(strlen(s.csp_id), 127);
	x509_cert_free(cert);
	exts[NEXTS - 1] = (struct x509_ext)V("5", "\x16\x04" "CN=a\0");
	cert = cert_with(exts, NEXTS);
	CHECK_ERR(ext_snp_parse(cert, &s, &e), &e, ATT_E_BAD_FORMAT, "CSP_ID");
	x509_cert_free(cert);
}

static int setup(void **state)
{
	(void)state;
	c = crypto_new(NULL);
	if (!c)
		return -1;
	party_make(c, &ask, "SEV-Test", NULL, ca_template(0), KEY_P384);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	party_clear(&ask);
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_layouts),
		cmocka_unit_test(each_one_absent),
		cmocka_unit_test(changed_values),
		cmocka_unit_test(vlek),
	};
	return cmocka_run_group_tests_name("x509/ext_snp", tests, setup, teardown);
}

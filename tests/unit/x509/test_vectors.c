/* Real certificates: AMD's chains and chip certificates, MAA's signing certificates, Intel's CRLs. */
#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/json/json.h"
#include "lib/x509/ext_snp.h"
#include "tests/harness/check.h"

#define IN_2026 INT64_C(1772366400)     /* 2026-03-01: every VCEK used here is valid */

static struct crypto *c;

static struct x509_bundle bundle(const char *path)
{
	struct blob b = vector_file(path);
	struct x509_bundle out = { 0 };
	struct att_error e = { 0 };

	CHECK_OK(x509_bundle_parse(c, b.p, b.n, &out, &e), &e);
	blob_free(&b);
	return out;
}

static void same_hex(const uint8_t *p, size_t n, const char *hex)
{
	char text[2 * 64 + 1];

	hex_encode(p, n, text);
	assert_string_equal(text, hex);
}

/* spec: sev-snp §7.1, the table. */
static const struct ca_row {
	const char *file;
	size_t at;
	const char *cn, *issuer, *serial, *spki, *sha256;
	int pathlen;
} cas[] = {
	{ "milan", 1, "ARK-Milan", "ARK-Milan", "010000",
	  "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9",
	  "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd", -1 },
	{ "milan", 0, "SEV-Milan", "ARK-Milan", "010001",
	  "42491669ccb851d627ea9846cd24eccbeb7de7c2a62740120fff88001d38ebb6",
	  "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b", 0 },
	{ "milan", 2, "SEV-VLEK-Milan", "ARK-Milan", "010101",
	  "66450a123ea5876206df67f2514a4fea224c0f63b18313423078b0edc4535e33",
	  "c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5", 0 },
	{ "genoa", 1, "ARK-Genoa", "ARK-Genoa", "020000",
	  "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831",
	  "4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1", -1 },
	{ "genoa", 0, "SEV-Genoa", "ARK-Genoa", "020002",
	  "0324d55bcd48ba877a8fd87c0e1b4934dec8448e3807a24384a34dc6a6c9ebb8",
	  "5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521", 0 },
	{ "genoa", 2, "SEV-VLEK-Genoa", "ARK-Genoa", "020101",
	  "7d1633252ebbadaa75f96e9b4e6f7d43a90ceb3f843937482630f8da2459264e",
	  "197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372", 0 },
	{ "turin", 1, "ARK-Turin", "ARK-Turin", "030000",
	  "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08",
	  "1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a", -1 },
	{ "turin", 0, "SEV-Turin", "ARK-Turin", "030001",
	  "0000ead352025f208bf55297c4192c34cd1b878002107366d8f2065a9ae7d3a9",
	  "5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185", 0 },
	{ "turin", 2, "SEV-VLEK-Turin", "ARK-Turin", "030101",
	  "bfc441408b2f806c5dbf180bd8920e6e60dd404d82141780d85dbf962954d386",
	  "104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c", 0 },
};

static void amd_authorities(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof cas / sizeof cas[0]; i++) {
		const struct ca_row *row = &cas[i];
		char path[64];
		struct x509_bundle b;
		const struct x509_cert *ca;
		struct att_error e = { 0 };
		enum sig_alg alg;
		const uint8_t *serial;
		size_t n;

		(void)snprintf(path, sizeof path, "snp/%s_ask_ark_asvk.pem", row->file);
		b = bundle(path);
		assert_int_equal(b.n, 3);
		ca = b.certs[row->at];
		assert_string_equal(x509_subject_cn(ca), row->cn);
		assert_string_equal(x509_issuer_cn(ca), row->issuer);
		same_hex(pubkey_spki_sha256(x509_pubkey(ca)), 32, row->spki);
		same_hex(x509_sha256(ca), 32, row->sha256);
		serial = x509_serial(ca, &n);
		same_hex(serial, n, row->serial);
		assert_int_equal(x509_version(ca), 3);
		assert_true(x509_is_ca(ca) && x509_may_sign_certs(ca));
		assert_int_equal(x509_may_sign_crls(ca), row->at == 1);
		assert_int_equal(x509_pathlen(ca), row->pathlen);
		assert_true(x509_sig_alg(ca, &alg));
		assert_int_equal(alg, SIG_RSA_PSS_SHA384);
		assert_int_equal(pubkey_bits(x509_pubkey(ca)), 4096);
		assert_int_equal(x509_self_issued(ca), row->at == 1);
		CHECK_OK(x509_issued_by(c, ca, b.certs[1], row->at == 1 ? 0 : 1, &e), &e);
		CHECK_OK(x509_valid_at(ca, IN_2026, &e), &e);
		if (row->at != 1)
			CHECK_ERR(x509_issued_by(c, b.certs[1], ca, 0, &e), &e, ATT_E_NOT_AUTHENTIC,
			    "issuer is");
		x509_bundle_clear(&b);
	}
}

static const struct leaf_row {
	const char *file, *ca;
	size_t ca_at;
	bool authentic;
	struct ext_snp ext;
	const char *hwid;               /* first bytes */
} leaves[] = {
	{ "v2-milan-debug.vcek.der", "milan", 0, true, { .product = "Milan-B0", .bootloader = 2, .snp = 5,
	  .microcode = 68,
	  .has_hwid = true, .hwid_len = 64 }, "" },
	{ "v2-milan-azure.vcek.der", "milan", 0, true, { .product = "Milan-B0", .bootloader = 3, .snp = 8,
	  .microcode = 115,
	  .has_hwid = true, .hwid_len = 64 }, "" },
	{ "v3-milan-aci.vcek.pem", "milan", 0, true, { .product = "Milan-B0", .bootloader = 4, .snp = 0x18,
	  .microcode = 0xdb, .has_hwid = true, .hwid_len = 64 }, "" },
	{ "v3-milan-vlek.der", "milan", 2, true, { .product = "Milan", .bootloader = 4, .snp = 0x18,
	  .microcode = 0xd9,
	  .has_csp_id = true, .csp_id = "CN=cc-us-east-2.amazonaws.com" }, "" },
	{ "v5-turin.vcek.pem", "turin", 0, true, { .struct_version = 1, .product = "Turin", .has_fmc = true,
	  .fmc = 1,
	  .bootloader = 1, .tee = 1, .snp = 4, .microcode = 0x51, .has_hwid = true, .hwid_len = 8 }, "" },
	{ "bad-vcek.hwid-raw.der", "milan", 0, false, { .product = "Milan-B0", .bootloader = 0, .has_hwid =
	  true,
	  .hwid_len = 64 }, "000102030405" },
	{ "bad-vcek.hwid-der.der", "milan", 0, false, { .product = "Milan-B0", .bootloader = 0, .has_hwid =
	  true,
	  .hwid_len = 64 }, "000102030405" },
};

static void same_extensions(const struct ext_snp *found, const struct leaf_row *row)
{
	const struct ext_snp *want = &row->ext;
	char hex[2 * 64 + 1];

	assert_int_equal(found->struct_version, want->struct_version);
	assert_string_equal(found->product, want->product);
	assert_int_equal(found->has_hwid, want->has_hwid);
	assert_int_equal(found->hwid_len, want->hwid_len);
	assert_int_equal(found->has_csp_id, want->has_csp_id);
	assert_string_equal(found->csp_id, want->csp_id);
	hex_encode(found->hwid, sizeof found->hwid, hex);
	assert_memory_equal(hex, row->hwid, strlen(row->hwid));
	assert_true(bytes_zero(found->hwid + found->hwid_len, sizeof found->hwid - found->hwid_len));
	if (!row->authentic)
		return;
	assert_int_equal(found->bootloader, want->bootloader);
	assert_int_equal(found->tee, want->tee);
	assert_int_equal(found->snp, want->snp);
	assert_int_equal(found->microcode, want->microcode);
	assert_int_equal(found->has_fmc, want->has_fmc);
	assert_int_equal(found->fmc, want->fmc);
	assert_true(bytes_zero(found->reserved, sizeof found->reserved));
}

static void amd_chip_certificates(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
		const struct leaf_row *row = &leaves[i];
		char path[64], ca_path[64];
		struct x509_bundle b, ca;
		struct ext_snp ext;
		struct att_error e = { 0 };
		size_t n;

		(void)snprintf(path, sizeof path, "snp/%s", row->file);
		(void)snprintf(ca_path, sizeof ca_path, "snp/%s_ask_ark_asvk.pem", row->ca);
		b = bundle(path);
		ca = bundle(ca_path);
		assert_int_equal(b.n, 1);
		assert_int_equal(pubkey_kind(x509_pubkey(b.certs[0])), KEY_P384);
		assert_false(x509_is_ca(b.certs[0]));
		CHECK_OK(ext_snp_parse(b.certs[0], &ext, &e), &e);
		same_extensions(&ext, row);
		if (row->authentic) {
			assert_memory_equal(x509_serial(b.certs[0], &n), "", 1);
			CHECK_OK(x509_issued_by(c, b.certs[0], ca.certs[row->ca_at], 0, &e), &e);
			assert_ptr_equal(x509_find_issuer(c, &ca, b.certs[0], 0, &e), ca.certs[row->ca_at]);
			CHECK_ERR(x509_issued_by(c, b.certs[0], ca.certs[2 - row->ca_at], 0, &e), &e,
			    ATT_E_NOT_AUTHENTIC, "issuer is");
		} else {
			CHECK_ERR(x509_issued_by(c, b.certs[0], ca.certs[0], 0, &e), &e, ATT_E_NOT_AUTHENTIC,
			    "");
			CHECK_ERR(x509_find_issuer(c, &ca, b.certs[0], 0, &e), &e, ATT_E_NOT_AUTHENTIC, "");
		}
		CHECK_ERR(x509_issued_by(c, b.certs[0], ca.certs[1], 0, &e), &e, ATT_E_NOT_AUTHENTIC,
		    "issuer is");
		x509_bundle_clear(&b);
		x509_bundle_clear(&ca);
	}
}

static void thim_order_bundle(void **state)
{
	struct x509_bundle b;
	struct att_error e = { 0 };
	struct ext_snp ext;

	(void)state;
	need_vectors();
	b = bundle("maa-golden/snp-aci.vcek-chain.pem");
	assert_int_equal(b.n, 3);
	CHECK_OK(x509_issued_by(c, b.certs[0], b.certs[1], 0, &e), &e);
	CHECK_OK(x509_issued_by(c, b.certs[1], b.certs[2], 1, &e), &e);
	CHECK_OK(x509_issued_by(c, b.certs[2], b.certs[2], 1, &e), &e);
	CHECK_OK(ext_snp_parse(b.certs[0], &ext, &e), &e);
	CHECK_ERR(ext_snp_parse(b.certs[1], &ext, &e), &e, ATT_E_BAD_FORMAT, "structVersion");
	assert_string_equal(x509_subject_text(b.certs[0]),
	    "CN=SEV-VCEK,O=Advanced Micro Devices,ST=CA,L=Santa Clara,C=US,OU=Engineering");
	x509_bundle_clear(&b);
}

/* Every prefix fails to parse; every damaged byte fails to parse or to verify: nothing in it is unsigned. */
static void one_vcek_damaged_everywhere(void **state)
{
	struct x509_bundle ca;
	struct blob b;
	struct att_error e = { 0 };
	size_t parsed = 0;

	(void)state;
	need_vectors();
	ca = bundle("snp/milan_ask_ark_asvk.pem");
	b = vector_file("snp/v2-milan-azure.vcek.der");
	for (size_t n = 0; n < b.n; n++) {
		struct x509_cert *out = NULL;
		CHECK_ERR(x509_cert_from_der(c, b.p, n, &out, &e), &e, ATT_E_BAD_FORMAT, "certificate: ");
		assert_null(out);
	}
	for (size_t at = 0; at < b.n; at++) {
		struct x509_cert *out = NULL;
		b.p[at] ^= 0xff;
		att_error_clear(&e);
		if (x509_cert_from_der(c, b.p, b.n, &out, &e)) {
			parsed++;
			if (x509_issued_by(c, out, ca.certs[0], 0, &e))
				fail_msg("byte %zu is not covered", at);
		}
		assert_int_not_equal(e.code, ATT_E_OK);
		x509_cert_free(out);
		b.p[at] ^= 0xff;
	}
	assert_in_range(parsed, 100, b.n);
	blob_free(&b);
	x509_bundle_clear(&ca);
}

/* MAA's keys: self-signed certificates, some with a large private extension (an SGX quote). */
static void maa_signing_certificates(void **state)
{
	static const char *const files[] = { "maa-golden/jwks-aad.json", "maa-golden/jwks-isolated.json",
		"maa-golden/jwks-shared.json" };
	struct arena *a = arena_new((size_t)8 << 20);
	struct att_error e = { 0 };
	size_t seen = 0;

	(void)state;
	need_vectors();
	for (size_t i = 0; i < 3; i++) {
		struct blob b = vector_file(files[i]);
		struct json *v;
		CHECK_OK(json_parse(a, b.p, b.n, NULL, &v, &e), &e);
		for (const struct json *k = json_get(v, "keys")->child; k; k = k->next)
			for (const struct json *x = json_get(k, "x5c") ? json_get(k, "x5c")->child : NULL; x;
			    x = x->next) {
				struct x509_cert *cert = NULL;
				uint8_t *der;
				size_t n;
				CHECK_OK(b64_decode_arena(B64_STD, a, x->s, x->len, &der, &n, &e), &e);
				CHECK_OK(x509_cert_from_der(c, der, n, &cert, &e), &e);
				seen++;
				x509_cert_free(cert);
			}
		blob_free(&b);
	}
	assert_in_range(seen, 3, 1000);
	arena_free(a);
}

static void intel_lists(void **state)
{
	struct x509_bundle chain;
	struct blob b;
	struct x509_crl *l = NULL;
	struct att_error e = { 0 };
	size_t n;

	(void)state;
	need_vectors();
	chain = bundle("sgx/intel-sample/pckSignChain.pem");
	b = vector_file("sgx/intel-sample/intermediateCaCrl.der");
	CHECK_OK(x509_crl_parse(c, b.p, b.n, &l, &e), &e);
	assert_int_equal(x509_crl_nrevoked(l), 1);
	assert_non_null(x509_crl_number(l, &n));
	CHECK_OK(x509_crl_signed_by(c, l, chain.certs[0], &e), &e);
	CHECK_ERR(x509_crl_signed_by(c, l, chain.certs[1], &e), &e, ATT_E_NOT_AUTHENTIC, "issuer is");
	assert_false(x509_crl_revokes(l, chain.certs[0]));
	x509_crl_free(l);
	for (size_t at = 0; at < b.n; at++) {
		l = NULL;
		b.p[at] ^= 0xff;
		att_error_clear(&e);
		if (x509_crl_parse(c, b.p, b.n, &l, &e) && x509_crl_signed_by(c, l, chain.certs[0], &e))
			fail_msg("byte %zu of the CRL is not covered", at);
		x509_crl_free(l);
		b.p[at] ^= 0xff;
	}
	for (size_t cut = 0; cut < b.n; cut++) {
		l = NULL;
		CHECK_ERR(x509_crl_parse(c, b.p, cut, &l, &e), &e, ATT_E_BAD_FORMAT, "CRL");
	}
	blob_free(&b);
	x509_bundle_clear(&chain);
}

static int setup(void **state)
{
	(void)state;
	c = crypto_new(NULL);
	return c ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	crypto_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amd_authorities),
		cmocka_unit_test(amd_chip_certificates),
		cmocka_unit_test(thim_order_bundle),
		cmocka_unit_test(one_vcek_damaged_everywhere),
		cmocka_unit_test(maa_signing_certificates),
		cmocka_unit_test(intel_lists),
	};
	return cmocka_run_group_tests_name("x509/vectors", tests, setup, teardown);
}

/* Who vouches: chains, pins, names; endorsement key certificates. */
#include <string.h>

#include "tests/unit/evidence/tpm/kit.h"

#define NOW 1800000000                  /* 2027-01-15 */
#define KU_SIGN 1U
#define KU_CA (1U << 5 | 1U << 6)

static struct kit k;
static struct att_settings settings;
static struct trust t;
static struct privkey *root_key, *ca_key;
static struct x509_cert *root, *ca;
static struct x509_bundle anchors, sent;

static const uint8_t eku_ak[] = { 0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x03 };
static const uint8_t eku_ek[] = { 0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x01 };
/* GeneralNames { directoryName { 2.23.133.2.1 = "id:494e5443" } } */
static const uint8_t san[] = { 0x30, 0x1c, 0xa4, 0x1a, 0x30, 0x18, 0x31, 0x16, 0x30, 0x14, 0x06, 0x05, 0x67,
	0x81, 0x05, 0x02, 0x01, 0x0c, 0x0b, 'i', 'd', ':', '4', '9', '4', 'e', '5', '4', '4', '3' };

struct leaf {
	struct privkey *key;                    /* whose certificate it is */
	struct privkey *issuer_key;
	const struct x509_cert *issuer;
	const uint8_t *eku; size_t eku_len;
	const uint8_t *san; size_t san_len;
	unsigned key_usage;
	bool is_ca;
	int64_t from, to;
	uint64_t serial;
};

static struct x509_cert *make(const struct leaf *l, const char *cn)
{
	const struct x509_rdn subject = { "CN", cn };
	struct x509_ext exts[2];
	struct x509_template x = { .subject = &subject,
		.nsubject = 1,
		.issuer_cert = l->issuer,
		.serial = l->serial ? l->serial : 5,
		.not_before_s = l->from,
		.not_after_s = l->to,
		.ca = l->is_ca,
		.pathlen = -1,
		.key_usage = l->key_usage,
		.exts = exts,
		.alg = SIG_ECDSA_P256_SHA256 };
	struct x509_cert *cert = NULL;
	struct pubkey *pub = NULL;

	if (l->eku)
		exts[x.nexts++] = (struct x509_ext){ "2.5.29.37", false, l->eku, l->eku_len };
	if (l->san)
		exts[x.nexts++] = (struct x509_ext){ "2.5.29.17", true, l->san, l->san_len };
	CHECK_OK(privkey_public(k.c, l->key, &pub, &k.e), &k.e);
	CHECK_OK(x509_make(k.c, &x, pub, l->issuer_key, &cert, &k.e), &k.e);
	pubkey_free(pub);
	return cert;
}

static struct leaf sound_leaf(void)
{
	return (struct leaf){ .key = k.key, .issuer_key = ca_key, .issuer = ca, .eku = eku_ak,
		.eku_len = sizeof eku_ak, .key_usage = KU_SIGN, .from = NOW - 100, .to = NOW + 100 };
}

static int set_up(void **state)
{
	struct leaf l;

	(void)state;
	kit_init(&k);
	att_settings_default(&settings);
	CHECK_OK(privkey_generate(KEY_P256, 0, &root_key, &k.e), &k.e);
	CHECK_OK(privkey_generate(KEY_P256, 0, &ca_key, &k.e), &k.e);
	l = (struct leaf){ .key = root_key, .issuer_key = root_key, .key_usage = KU_CA, .is_ca = true,
		.from = NOW - 1000, .to = NOW + 1000 };
	root = make(&l, "root");
	l.key = ca_key;
	l.issuer = root;
	ca = make(&l, "ca");
	CHECK_OK(x509_bundle_add(&anchors, root, &k.e), &k.e);
	CHECK_OK(x509_bundle_add(&sent, ca, &k.e), &k.e);
	t = (struct trust){ .crypto = k.c, .now_s = NOW, .settings = &settings, .anchors = &anchors };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	x509_bundle_clear(&anchors);
	x509_bundle_clear(&sent);
	x509_cert_free(root);
	x509_cert_free(ca);
	privkey_free(root_key);
	privkey_free(ca_key);
	kit_clear(&k);
	return 0;
}

static const char *vouch(const struct tpm_vouchers *v, struct tpm_ak_facts *f)
{
	static struct made m;
	struct tpm_public pub;
	struct tpm_ak ak = { 0 };
	const char *id;

	kit_fresh(&k);
	kit_sound(&k, &m);
	assert_string_equal(kit_ak(&k, &m, &pub, &ak), "ok");
	*f = (struct tpm_ak_facts){ 0 };
	id = kit_verdict(&k, tpm_ak_vouch(&k.m, &t, &ak, v, f));
	tpm_ak_clear(&ak);
	return id;
}

static const char *vouch_leaf(const struct leaf *l, struct tpm_ak_facts *f)
{
	struct x509_cert *cert = make(l, "ak");
	const struct tpm_vouchers v = { .cert = cert, .sent = &sent, .required = true };
	const char *id = vouch(&v, f);

	x509_cert_free(cert);
	return id;
}

static void a_certificate_under_an_anchor_vouches(void **state)
{
	struct leaf l = sound_leaf();
	struct tpm_ak_facts f;

	(void)state;
	assert_string_equal(vouch_leaf(&l, &f), "ok");
	assert_int_equal(f.who, TPM_VOUCHED_ANCHOR);
	assert_true(f.validated);
	assert_int_equal(strlen(f.pub_hash), 44);
	assert_string_equal(f.root, "CN=root");
	for (size_t i = TPM_CHECK_AK_CERT_KEY; i <= TPM_CHECK_AK_VOUCHED; i++)
		assert_int_equal(k.checks.results[i].outcome, CHECK_PASS);
}

static void each_fault_of_a_certificate_fails_its_check(void **state)
{
	struct leaf l = sound_leaf();
	struct tpm_ak_facts f;

	(void)state;
	l.key = k.other;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.key");
	l = sound_leaf();
	l.eku = eku_ek;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.purpose");
	l.eku = NULL;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.purpose");
	l = sound_leaf();
	l.is_ca = true;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.purpose");
	l = sound_leaf();
	l.key_usage = 1U << 2;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.purpose");
	l = sound_leaf();
	l.issuer_key = k.other;                 /* the CA's name, another's signature */
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.chain");
	l = sound_leaf();
	l.to = NOW - 1;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.validity");
	l = sound_leaf();
	l.from = NOW + 1;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.validity");
}

static void without_the_anchor_the_chain_ends_nowhere(void **state)
{
	struct leaf l = sound_leaf();
	struct tpm_ak_facts f;

	(void)state;
	t.anchors = NULL;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.chain");
	t.anchors = &anchors;
}

static struct x509_crl *crl(const struct x509_cert *issuer, struct privkey *key, uint64_t revoked)
{
	const struct x509_crl_template x = { .issuer = issuer, .this_update_s = NOW - 10,
		.next_update_s = NOW + 10, .number = 1, .revoked = &revoked, .nrevoked = revoked ? 1 : 0,
		.alg = SIG_ECDSA_P256_SHA256 };
	struct x509_crl *out = NULL;
	uint8_t *der;
	size_t n;

	CHECK_OK(x509_make_crl(k.a, &x, key, &der, &n, &k.e), &k.e);
	CHECK_OK(x509_crl_parse(k.c, der, n, &out, &k.e), &k.e);
	return out;
}

static void revocation_lists_count(void **state)
{
	struct x509_crl *lists[] = { crl(ca, ca_key, 77), crl(root, root_key, 0) };
	struct leaf l = sound_leaf();
	struct tpm_ak_facts f;

	(void)state;
	settings.crl_required = true;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.revocation");
	settings.allow = ATT_ALLOW_NO_CRL;
	assert_string_equal(vouch_leaf(&l, &f), "ok");
	assert_true(f.no_crl);
	settings.allow = 0;
	t.crls = lists;
	t.ncrls = 2;
	assert_string_equal(vouch_leaf(&l, &f), "ok");
	assert_false(f.no_crl);
	l.serial = 77;
	assert_string_equal(vouch_leaf(&l, &f), "tpm.ak.certificate.revocation");
	t.crls = NULL;
	t.ncrls = 0;
	settings.crl_required = false;
	x509_crl_free(lists[0]);
	x509_crl_free(lists[1]);
}

/* A list may name the key itself, for protocols that show no public area. */
static void a_listed_key_vouches(void **state)
{
	uint8_t sha[32] = { 0 };
	struct rd list = rd_make(sha, 32);
	struct tpm_vouchers v = { .required = true, .listed = &list, .nlisted = 1 };
	struct pubkey *key;
	struct tpm_ak_facts f;

	(void)state;
	CHECK_OK(privkey_public(k.c, k.key, &key, &k.e), &k.e);
	bytes_copy(sha, pubkey_spki_sha256(key), 32);
	pubkey_free(key);
	assert_string_equal(vouch(&v, &f), "ok");
	assert_int_equal(f.who, TPM_VOUCHED_LISTED);
	sha[31] ^= 1;
	assert_string_equal(vouch(&v, &f), "tpm.ak.vouched");
	sha[31] ^= 1;
	list = rd_make(sha, 31);
	assert_string_equal(vouch(&v, &f), "tpm.ak.vouched");
}

/* Enrolled and listed names, where no certificate helps. */
static void names_vouch(void **state)
{
	struct tpm_public pub;
	struct tpm_name name;
	struct rd list[2], wrong;
	struct tpm_vouchers v = { .required = true };
	struct leaf l = sound_leaf();
	struct x509_cert *cert;
	struct tpm_ak_facts f;

	(void)state;
	CHECK_OK(tpm_public_parse(kit_public(&k, k.key, KIT_ATTRIBUTES, TPM_ALG_SHA256, TPM_ALG_ECDSA,
	    TPM_ALG_SHA256), &pub, &k.e), &k.e);
	CHECK_OK(tpm_public_name(k.c, &pub, &name, &k.e), &k.e);
	list[0] = rd_make("\0\x0b", 2);
	list[1] = rd_make(name.bytes, name.len);
	wrong = rd_make(name.bytes, name.len - 1);
	assert_string_equal(vouch(&v, &f), "tpm.ak.vouched");
	v.listed = &wrong;
	v.nlisted = 1;
	assert_string_equal(vouch(&v, &f), "tpm.ak.vouched");
	v.listed = list;
	v.nlisted = 2;
	assert_string_equal(vouch(&v, &f), "ok");
	assert_int_equal(f.who, TPM_VOUCHED_LISTED);
	v.enrolled = list;
	v.nenrolled = 2;
	assert_string_equal(vouch(&v, &f), "ok");
	assert_int_equal(f.who, TPM_VOUCHED_ENROLLED);
	/* A certificate that fails is told, and no obstacle. */
	l.key = k.other;
	v.cert = cert = make(&l, "other");
	assert_string_equal(vouch(&v, &f), "ok");
	assert_int_equal(f.who, TPM_VOUCHED_ENROLLED);
	assert_non_null(strstr(f.why_not, "of another key"));
	assert_int_equal(k.checks.results[TPM_CHECK_AK_CERT_KEY].outcome, CHECK_NA);
	x509_cert_free(cert);
}

static void where_none_is_required_it_is_a_fact(void **state)
{
	const struct tpm_vouchers v = { .required = false };
	struct tpm_ak_facts f;

	(void)state;
	assert_string_equal(vouch(&v, &f), "ok");
	assert_false(f.validated);
	assert_string_equal(tpm_voucher_name(f.who), "none");
	assert_int_equal(k.checks.results[TPM_CHECK_AK_VOUCHED].outcome, CHECK_NA);
}

/* A bare key has no name, so no list of names can hold it; a certificate can vouch. */
static void a_bare_key_needs_a_certificate(void **state)
{
	const struct rd empty = rd_make(NULL, 0);
	struct tpm_vouchers v = { .listed = &empty, .nlisted = 1, .required = true };
	struct leaf l = sound_leaf();
	struct x509_cert *cert = make(&l, "ak");
	struct tpm_ak ak = { 0 };
	struct tpm_ak_facts f;

	(void)state;
	kit_fresh(&k);
	tpm_ak_from_key(&k.m, x509_pubkey(cert), &ak);
	assert_string_equal(kit_verdict(&k, tpm_ak_vouch(&k.m, &t, &ak, &v, &f)), "tpm.ak.vouched");
	kit_fresh(&k);
	v.cert = cert;
	v.sent = &sent;
	assert_string_equal(kit_verdict(&k, tpm_ak_vouch(&k.m, &t, &ak, &v, &f)), "ok");
	assert_int_equal(k.checks.results[TPM_CHECK_AK_ATTRIBUTES].outcome, CHECK_NA);
	x509_cert_free(cert);
	tpm_ak_clear(&ak);
}

static struct x509_cert *cert_file(const char *path)
{
	struct blob b = vector_file(path);
	struct x509_bundle set = { 0 };
	struct x509_cert *cert;

	CHECK_OK(x509_bundle_parse(k.c, b.p, b.n, &set, &k.e), &k.e);
	cert = x509_cert_ref(set.certs[0]);
	x509_bundle_clear(&set);
	blob_free(&b);
	return cert;
}

/* The intermediate is never sent: it is known as a key; or given, and then leads to the pinned root. */
static void azures_certificate_chains_to_what_is_compiled_in(void **state)
{
	struct x509_cert *leaf, *mid, *top;
	struct x509_bundle given = { 0 };
	struct trust azure = { .crypto = k.c, .now_s = 1787000000, .settings = &settings };
	struct tpm_chain chain;
	enum tpm_chain_step step;

	(void)state;
	need_vectors();
	leaf = cert_file("tpm/azure-tl-akcert.der");
	mid = cert_file("tpm/azure-vtpm-ca-03.pem");
	top = cert_file("tpm/azure-vtpm-root-2023.pem");
	azure.now_s = x509_not_before(leaf) + 1;
	assert_true(tpm_root_pinned(pubkey_spki_sha256(x509_pubkey(top))));
	assert_false(tpm_root_pinned(pubkey_spki_sha256(x509_pubkey(mid))));
	CHECK_OK(tpm_chain_verify(&azure, k.a, leaf, NULL, &chain, &step, &k.e), &k.e);
	assert_string_equal(chain.root, "Global Virtual TPM CA - 03");
	assert_false(chain.simulated);
	CHECK_OK(x509_bundle_add(&given, mid, &k.e), &k.e);
	CHECK_OK(x509_bundle_add(&given, top, &k.e), &k.e);
	CHECK_OK(tpm_chain_verify(&azure, k.a, leaf, &given, &chain, &step, &k.e), &k.e);
	assert_non_null(strstr(chain.root, "Azure Virtual TPM Root"));
	assert_false(chain.simulated);
	azure.now_s = x509_not_after(leaf) + 1;
	CHECK_ERR(tpm_chain_verify(&azure, k.a, leaf, NULL, &chain, &step, &k.e), &k.e,
	    ATT_E_NOT_AUTHENTIC, "not valid after");
	assert_int_equal(step, TPM_STEP_VALIDITY);
	x509_bundle_clear(&given);
	x509_cert_free(leaf);
	x509_cert_free(mid);
	x509_cert_free(top);
}

static void an_endorsement_certificate_names_its_tpm(void **state)
{
	struct trust lab = { .crypto = k.c, .now_s = NOW, .settings = &settings };
	struct x509_bundle roots = { 0 }, between = { 0 };
	struct x509_cert *ek, *issuer, *top;
	struct tpm_ek_facts f;

	(void)state;
	need_vectors();
	ek = cert_file("tpm/made-here/ek_rsa.der");
	issuer = cert_file("tpm/made-here/ek-ca-issuer.pem");
	top = cert_file("tpm/made-here/ek-ca-root.pem");
	CHECK_OK(x509_bundle_add(&roots, top, &k.e), &k.e);
	CHECK_OK(x509_bundle_add(&between, issuer, &k.e), &k.e);
	CHECK_ERR(tpm_ek_cert_check(&lab, k.a, ek, &between, &f, &k.e), &k.e, ATT_E_NOT_AUTHENTIC,
	    "is not known");
	lab.anchors = &roots;
	CHECK_OK(tpm_ek_cert_check(&lab, k.a, ek, &between, &f, &k.e), &k.e);
	assert_string_equal(f.manufacturer, "id:00001014");
	assert_string_equal(f.vendor, "?\?\?\?");          /* 00 00 10 14: nothing printable */
	assert_string_equal(f.model, "swtpm");
	assert_string_equal(f.version, "id:20191023");
	assert_true(f.chain.simulated);
	x509_bundle_clear(&roots);
	x509_bundle_clear(&between);
	x509_cert_free(ek);
	x509_cert_free(issuer);
	x509_cert_free(top);
}

static void ek_rules(void **state)
{
	static const uint8_t dns[] = { 0x30, 0x04, 0x82, 0x02, 'a', 'b' };      /* no TPM is named */
	struct leaf l = sound_leaf();
	struct x509_cert *cert;
	struct tpm_ek_facts f;
	static const struct { int fault; const char *text; } rows[] = {
		{ 1, "lacks 2.23.133.8.1" }, { 2, "keyAgreement" }, { 3, "subjectAltName" }, { 4, "a CA's" },
		{ 5, "is not known" }, { 6, "subjectAltName" },
	};

	(void)state;
	l.eku = eku_ek;
	l.san = san;
	l.san_len = sizeof san;
	l.key_usage = 1U << 4;
	cert = make(&l, "ek");
	CHECK_OK(tpm_ek_cert_check(&t, k.a, cert, &sent, &f, &k.e), &k.e);
	assert_string_equal(f.vendor, "INTC");
	x509_cert_free(cert);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct leaf bad = l;

		bad.eku = rows[i].fault == 1 ? eku_ak : l.eku;
		bad.key_usage = rows[i].fault == 2 ? 1U << 2 : l.key_usage;
		bad.san = rows[i].fault == 3 ? NULL : l.san;
		if (rows[i].fault == 6) {
			bad.san = dns;
			bad.san_len = sizeof dns;
		}
		bad.is_ca = rows[i].fault == 4;
		cert = make(&bad, "ek");
		CHECK_ERR(tpm_ek_cert_check(&t, k.a, cert, rows[i].fault == 5 ? NULL : &sent, &f, &k.e), &k.e,
		    ATT_E_NOT_AUTHENTIC, rows[i].text);
		x509_cert_free(cert);
	}
}

static void padding_behind_a_certificate_is_cut(void **state)
{
	static const uint8_t padded[] = { 0x30, 2, 5, 0, 0, 0, 0 }, spoilt[] = { 0x30, 2, 5, 0, 0, 1 };
	struct rd der;

	(void)state;
	CHECK_OK(tpm_cert_trim(rd_make(padded, sizeof padded), &der, &k.e), &k.e);
	assert_int_equal(rd_left(&der), 4);
	CHECK_ERR(tpm_cert_trim(rd_make(spoilt, sizeof spoilt), &der, &k.e), &k.e, ATT_E_BAD_FORMAT,
	    "not all zero");
	CHECK_ERR(tpm_cert_trim(rd_make(padded, 3), &der, &k.e), &k.e, ATT_E_BAD_FORMAT, "SEQUENCE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_under_an_anchor_vouches),
		cmocka_unit_test(each_fault_of_a_certificate_fails_its_check),
		cmocka_unit_test(without_the_anchor_the_chain_ends_nowhere),
		cmocka_unit_test(revocation_lists_count),
		cmocka_unit_test(a_listed_key_vouches), cmocka_unit_test(names_vouch),
		cmocka_unit_test(a_bare_key_needs_a_certificate),
		cmocka_unit_test(where_none_is_required_it_is_a_fact),
		cmocka_unit_test(azures_certificate_chains_to_what_is_compiled_in),
		cmocka_unit_test(an_endorsement_certificate_names_its_tpm),
		cmocka_unit_test(ek_rules),
		cmocka_unit_test(padding_behind_a_certificate_is_cut),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

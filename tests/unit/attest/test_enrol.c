/* libattest/enrol.h: what earns a credential, what the secret earns, and what the CA certifies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libattest/enrol.h"
#include "libattest/token.h"
#include "tests/unit/evidence/tpm/kit.h"

#define NOW INT64_C(1800000000)         /* 2027-01-15 */
#define DAY INT64_C(86400)
#define KU_CA (1U << 5 | 1U << 6)
#define KU_AGREE (1U << 4)

static struct kit k;
static struct att_settings settings;
static struct privkey *root_key, *weak_key;
static struct x509_cert *root;
static struct att_bytes root_der;
static uint8_t secret[ATT_ENROL_SECRET], entropy[ATT_ENROL_RANDOM];

static const uint8_t eku_ek[] = { 0x30, 0x07, 0x06, 0x05, 0x67, 0x81, 0x05, 0x08, 0x01 };
/* GeneralNames { directoryName { 2.23.133.2.1 = "id:494e5443" } } */
static const uint8_t san[] = { 0x30, 0x1c, 0xa4, 0x1a, 0x30, 0x18, 0x31, 0x16, 0x30, 0x14, 0x06, 0x05, 0x67,
	0x81, 0x05, 0x02, 0x01, 0x0c, 0x0b, 'i', 'd', ':', '4', '9', '4', 'e', '5', '4', '4', '3' };

/* What an EK certificate is made of; sound() passes. */
struct ek {
	struct privkey *key, *issuer_key;
	bool no_eku, no_san;
	int64_t from, to;
};

static struct att_bytes bytes_of(struct rd r)
{
	return (struct att_bytes){ rd_ptr(&r), rd_left(&r) };
}

static struct ek sound(void)
{
	return (struct ek){ .key = k.other, .issuer_key = root_key, .from = NOW - DAY, .to = NOW + DAY };
}

/* In the kit's arena. */
static struct att_bytes certificate(const struct ek *ek)
{
	const struct x509_rdn name = { "CN", "ek" };
	const struct x509_ext both[] = { { "2.5.29.37", false, eku_ek, sizeof eku_ek },
		{ "2.5.29.17", true, san, sizeof san } };
	struct x509_template t = { .subject = &name, .nsubject = 1, .issuer_cert = root, .serial = 7,
		.not_before_s = ek->from, .not_after_s = ek->to, .pathlen = -1, .key_usage = KU_AGREE,
		.exts = ek->no_eku ? both + 1 : both, .nexts = ek->no_eku || ek->no_san ? 1 : 2,
		.alg = SIG_ECDSA_P256_SHA256 };
	struct pubkey *pub = NULL;
	struct buf der = buf_make(k.a);

	CHECK_OK(privkey_public(k.c, ek->key, &pub, &k.e), &k.e);
	CHECK_OK(x509_make_der(k.c, &t, pub, ek->issuer_key, &der, &k.e), &k.e);
	pubkey_free(pub);
	return bytes_of(kit_rd(&der));
}

static struct att_bytes public_2b(struct rd tpmt)
{
	struct buf b = buf_make(k.a);

	kit_2b(&b, rd_ptr(&tpmt), rd_left(&tpmt));
	return bytes_of(kit_rd(&b));
}

static struct att_bytes ak_of(uint32_t attributes, uint16_t name_alg)
{
	return public_2b(kit_public(&k, k.key, attributes, name_alg, TPM_ALG_ECDSA, TPM_ALG_SHA256));
}

static int set_up(void **state)
{
	const struct x509_rdn name = { "CN", "maker" };
	const struct x509_template t = { .subject = &name, .nsubject = 1, .issuer = &name, .nissuer = 1,
		.serial = 1, .not_before_s = NOW - 1000 * DAY, .not_after_s = NOW + 1000 * DAY, .ca = true,
		.pathlen = -1, .key_usage = KU_CA, .alg = SIG_ECDSA_P256_SHA256 };
	struct pubkey *pub = NULL;

	(void)state;
	kit_init(&k);
	att_settings_default(&settings);
	CHECK_OK(privkey_generate(KEY_P256, 0, &root_key, &k.e), &k.e);
	CHECK_OK(privkey_generate(KEY_RSA, 2560, &weak_key, &k.e), &k.e);
	CHECK_OK(privkey_public(k.c, root_key, &pub, &k.e), &k.e);
	CHECK_OK(x509_make(k.c, &t, pub, root_key, &root, &k.e), &k.e);
	pubkey_free(pub);
	root_der.data = x509_der(root, &root_der.len);
	memset(secret, 's', sizeof secret);
	memset(entropy, 'r', sizeof entropy);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	x509_cert_free(root);
	privkey_free(root_key);
	privkey_free(weak_key);
	kit_clear(&k);
	return 0;
}

static struct att_enrol_request request(struct att_bytes ek_cert, struct att_bytes ak)
{
	return (struct att_enrol_request){ .ek_cert = ek_cert, .ak_public = ak, .ek_roots = &root_der,
		.nek_roots = 1, .now_s = NOW, .expires_s = NOW + 300, .settings = &settings,
		    .secret = secret,
		.random = entropy };
}

/* The first failed check, or "ok". */
static const char *failed(const struct att_enrolment *o)
{
	for (size_t i = 0; i < o->nchecks; i++)
		if (o->checks[i].outcome == ATT_CHECK_FAIL) {
			assert_false(o->accepted);
			assert_int_equal(o->error.code, ATT_E_NOT_AUTHENTIC);
			assert_non_null(o->hint);
			assert_non_null(strstr(o->error.text, o->checks[i].id));
			return o->checks[i].id;
		}
	assert_true(o->accepted);
	return "ok";
}

static const char *begun(const struct att_enrol_request *r)
{
	struct att_enrolment *o;
	const char *id;

	CHECK_OK(att_enrol_begin(r, &o, &k.e), &k.e);
	id = failed(o);
	assert_true(o->accepted || (o->state.len == 0 && o->id_object.len == 0));
	att_enrolment_free(o);
	return id;
}

static const char *begun_with(const struct ek *ek)
{
	struct att_enrol_request r = request(certificate(ek), ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256));

	return begun(&r);
}

static struct att_enrolment *sound_begin(void)
{
	struct ek ek = sound();
	struct att_enrol_request r = request(certificate(&ek), ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256));
	struct att_enrolment *o;

	CHECK_OK(att_enrol_begin(&r, &o, &k.e), &k.e);
	assert_string_equal(failed(o), "ok");
	return o;
}

static void a_sound_key_gets_a_credential(void **state)
{
	struct att_enrolment *o = sound_begin(), *again = sound_begin();
	struct pubkey *pub;

	(void)state;
	for (size_t i = 0; i < o->nchecks; i++)
		assert_int_equal(o->checks[i].outcome, ATT_CHECK_PASS);
	assert_string_equal(o->manufacturer, "id:494e5443");
	assert_string_equal(o->vendor, "INTC");
	assert_int_equal(o->ak_name.len, 34);
	CHECK_OK(privkey_public(k.c, k.other, &pub, &k.e), &k.e);
	assert_memory_equal(o->ek_id, pubkey_spki_sha256(pub), 32);
	pubkey_free(pub);
	assert_true(o->id_object.len > 32 && o->encrypted_secret.len > 64);
	assert_null(memmem(o->state.data, o->state.len, secret, 8));
	/* Everything is an argument: only the certificate's signature is another one. */
	assert_int_equal(o->id_object.len, again->id_object.len);
	assert_memory_equal(o->id_object.data, again->id_object.data, o->id_object.len);
	assert_memory_equal(o->state.data, again->state.data, o->state.len);
	att_enrolment_free(o);
	att_enrolment_free(again);
}

/* security-history A16 */
static void each_fault_of_an_endorsement_key_certificate_fails_its_check(void **state)
{
	struct ek ek = sound();
	struct att_bytes cut = certificate(&ek);
	struct att_enrol_request r = request((struct att_bytes){ cut.data, cut.len - 1 },
	    ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256));
	const struct att_bytes broken = { (const uint8_t *)"0", 1 };

	(void)state;
	assert_string_equal(begun(&r), "enrol.ek.certificate");
	r.ek_cert = (struct att_bytes){ 0 };
	assert_string_equal(begun(&r), "enrol.ek.certificate");
	r.ek_cert = cut;
	r.ek_chain = &broken;
	r.nek_chain = 1;
	assert_string_equal(begun(&r), "enrol.ek.certificate");
	ek.no_eku = true;
	assert_string_equal(begun_with(&ek), "enrol.ek.purpose");
	ek = sound();
	ek.no_san = true;
	assert_string_equal(begun_with(&ek), "enrol.ek.purpose");
	ek = sound();
	ek.issuer_key = k.key;                  /* the maker's name, another's signature */
	assert_string_equal(begun_with(&ek), "enrol.ek.chain");
	ek = sound();
	ek.to = NOW - 1;
	assert_string_equal(begun_with(&ek), "enrol.ek.validity");
	ek = sound();
	ek.from = NOW + 1;
	assert_string_equal(begun_with(&ek), "enrol.ek.validity");
}

static void revocation_lists_may_be_demanded(void **state)
{
	struct ek ek = sound();
	struct att_enrol_request r = request(certificate(&ek), ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256));
	struct att_enrolment *o;

	(void)state;
	settings.crl_required = true;
	assert_string_equal(begun(&r), "enrol.ek.revocation");
	settings.allow = ATT_ALLOW_NO_CRL;
	CHECK_OK(att_enrol_begin(&r, &o, &k.e), &k.e);
	assert_true(o->accepted && o->no_crl);
	att_enrolment_free(o);
	att_settings_default(&settings);
}

static void an_endorsement_key_without_a_template_is_refused(void **state)
{
	const struct x509_rdn name = { "CN", "ek" };
	const struct x509_ext exts[] = { { "2.5.29.37", false, eku_ek, sizeof eku_ek },
		{ "2.5.29.17", true, san, sizeof san } };
	struct x509_template t = { .subject = &name, .nsubject = 1, .issuer_cert = root, .serial = 7,
		.not_before_s = NOW - DAY, .not_after_s = NOW + DAY, .pathlen = -1, .key_usage = 1U << 2,
		.exts = exts, .nexts = 2, .alg = SIG_ECDSA_P256_SHA256 };
	struct buf der = buf_make(k.a);
	struct att_enrol_request r;
	struct pubkey *pub;

	(void)state;
	CHECK_OK(privkey_public(k.c, weak_key, &pub, &k.e), &k.e);
	CHECK_OK(x509_make_der(k.c, &t, pub, root_key, &der, &k.e), &k.e);
	pubkey_free(pub);
	r = request(bytes_of(kit_rd(&der)), ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256));
	assert_string_equal(begun(&r), "enrol.ek.key");
}

static void without_roots_nobody_is_enrolled(void **state)
{
	struct ek ek = sound();
	struct att_enrol_request r = request(certificate(&ek), ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256));
	struct att_enrolment *o;

	(void)state;
	r.nek_roots = 0;
	CHECK_OK(att_enrol_begin(&r, &o, &k.e), &k.e);
	assert_string_equal(failed(o), "enrol.ek.chain");
	assert_non_null(strstr(o->hint, "no endorsement key roots are configured"));
	att_enrolment_free(o);
}

static void each_fault_of_an_attestation_key_fails_its_check(void **state)
{
	static const uint32_t must[] = { TPMA_FIXED_TPM, TPMA_FIXED_PARENT, TPMA_SENSITIVE_DATA_ORIGIN,
		TPMA_RESTRICTED, TPMA_SIGN };
	struct ek ek = sound();
	struct att_bytes cert = certificate(&ek), ak = ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256);
	struct att_enrol_request r = request(cert, ak);

	(void)state;
	for (size_t cut = 0; cut < ak.len; cut++) {
		r.ak_public.len = cut;
		assert_string_equal(begun(&r), "enrol.ak.public");
	}
	r.ak_public = public_2b(kit_weak_public(&k));
	assert_string_equal(begun(&r), "enrol.ak.key");
	r.ak_public = ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA1);
	assert_string_equal(begun(&r), "enrol.ak.name_alg");
	for (size_t i = 0; i < sizeof must / sizeof must[0]; i++) {
		r.ak_public = ak_of(KIT_ATTRIBUTES & ~must[i], TPM_ALG_SHA256);
		assert_string_equal(begun(&r), "enrol.ak.attributes");
	}
	r.ak_public = ak_of(KIT_ATTRIBUTES | TPMA_DECRYPT, TPM_ALG_SHA256);
	assert_string_equal(begun(&r), "enrol.ak.attributes");
}

static void chains_have_a_limit(void **state)
{
	struct ek ek = sound();
	struct att_enrol_request r = request(certificate(&ek), ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256));
	struct att_bytes many[ATT_ENROL_CHAIN_MAX + 1];
	struct att_enrolment *o;

	(void)state;
	for (size_t i = 0; i <= ATT_ENROL_CHAIN_MAX; i++)
		many[i] = root_der;
	r.ek_chain = many;
	r.nek_chain = ATT_ENROL_CHAIN_MAX;
	assert_string_equal(begun(&r), "ok");
	r.nek_chain++;
	CHECK_ERR(att_enrol_begin(&r, &o, &k.e), &k.e, ATT_E_LIMIT, "ekChain: 9 certificates");
}

/* The second step */

static const char *finished(struct att_bytes state, const void *p, size_t n, int64_t now_s)
{
	struct att_enrolment *o;
	const char *id;

	CHECK_OK(att_enrol_finish(state, (struct att_bytes){ p, n }, now_s, &o, &k.e), &k.e);
	id = failed(o);
	assert_true(o->accepted || o->ak_public.len == 0);
	att_enrolment_free(o);
	return id;
}

static void the_secret_finishes(void **state)
{
	struct att_enrolment *b = sound_begin(), *o;

	(void)state;
	CHECK_OK(att_enrol_finish(b->state, (struct att_bytes){ secret, sizeof secret }, NOW, &o,
	    &k.e), &k.e);
	assert_string_equal(failed(o), "ok");
	assert_memory_equal(o->ek_id, b->ek_id, sizeof o->ek_id);
	assert_int_equal(o->ak_name.len, b->ak_name.len);
	assert_memory_equal(o->ak_name.data, b->ak_name.data, o->ak_name.len);
	assert_string_equal(o->manufacturer, b->manufacturer);
	assert_string_equal(o->vendor, b->vendor);
	att_enrolment_free(o);
	att_enrolment_free(b);
}

static void nothing_else_does(void **state)
{
	struct att_enrolment *b = sound_begin();
	struct att_bytes cut = b->state;
	uint8_t wrong[ATT_ENROL_SECRET + 1];

	(void)state;
	for (size_t i = 0; i < sizeof secret; i++) {
		memcpy(wrong, secret, sizeof secret);
		wrong[i] ^= 1;
		assert_string_equal(finished(b->state, wrong, sizeof secret, NOW), "enrol.secret");
	}
	memcpy(wrong, secret, sizeof secret);
	wrong[sizeof secret] = 0;
	assert_string_equal(finished(b->state, wrong, sizeof wrong, NOW), "enrol.secret");
	assert_string_equal(finished(b->state, secret, sizeof secret - 1, NOW), "enrol.secret");
	assert_string_equal(finished(b->state, NULL, 0, NOW), "enrol.secret");
	assert_string_equal(finished(b->state, secret, sizeof secret, NOW + 299), "ok");
	assert_string_equal(finished(b->state, secret, sizeof secret, NOW + 300), "enrol.context.current");
	for (cut.len = 0; cut.len < b->state.len; cut.len++)
		assert_string_equal(finished(cut, secret, sizeof secret, NOW), "enrol.context");
	att_enrolment_free(b);
}

static void a_state_of_another_version_is_none(void **state)
{
	struct att_enrolment *b = sound_begin();
	uint8_t *copy = arena_memdup(k.a, b->state.data, b->state.len);

	(void)state;
	copy[0]++;
	assert_string_equal(finished((struct att_bytes){ copy, b->state.len }, secret, sizeof secret, NOW),
	    "enrol.context");
	att_enrolment_free(b);
}

/* The CA */

static struct att_ak_ca *new_ca(void)
{
	struct att_ak_ca *ca;

	CHECK_OK(att_ak_ca_generate(&ca, &k.e), &k.e);
	assert_false(att_ak_ca_is_current(ca, NOW));
	CHECK_OK(att_ak_ca_certify(ca, "default", NOW, 5, &k.e), &k.e);
	return ca;
}

static struct x509_cert *parsed(struct att_bytes der)
{
	struct x509_cert *cert;

	CHECK_OK(x509_cert_from_der(k.c, der.data, der.len, &cert, &k.e), &k.e);
	return cert;
}

static void a_ca_signs_attestation_keys_and_nothing_more(void **state)
{
	struct att_ak_ca *ca = new_ca();
	struct x509_cert *cert = parsed(att_ak_ca_certificate(ca));

	(void)state;
	assert_true(x509_is_ca(cert) && x509_self_issued(cert));
	assert_int_equal(x509_pathlen(cert), 0);
	assert_string_equal(x509_subject_cn(cert), "attestd AK CA of default");
	assert_int_equal(x509_not_after(cert) - x509_not_before(cert), ATT_AK_CA_LIFETIME_S);
	assert_true(att_ak_ca_is_current(ca, NOW));
	assert_false(att_ak_ca_is_current(ca, NOW - 2 * DAY));
	assert_false(att_ak_ca_is_current(ca, x509_not_after(cert) - 364 * DAY));
	x509_cert_free(cert);
	CHECK_ERR(att_ak_ca_certify(ca, "a-name-of-25-characters-xx", NOW, 5, &k.e), &k.e,
	    ATT_E_LIMIT, "provider");
	att_ak_ca_free(ca);
}

static const char *vouched(struct att_ak_ca *ca, struct att_bytes der, int64_t now_s,
    struct tpm_ak_facts *f)
{
	static struct made m;
	struct x509_bundle anchors = { 0 };
	struct trust t = { .crypto = k.c, .now_s = now_s, .settings = &settings, .anchors = &anchors };
	struct x509_cert *cert = parsed(der), *root_of = parsed(att_ak_ca_certificate(ca));
	const struct tpm_vouchers v = { .cert = cert, .required = true };
	struct tpm_public pub;
	struct tpm_ak ak = { 0 };
	const char *id;

	CHECK_OK(x509_bundle_add(&anchors, root_of, &k.e), &k.e);
	kit_fresh(&k);
	kit_sound(&k, &m);
	assert_string_equal(kit_ak(&k, &m, &pub, &ak), "ok");
	*f = (struct tpm_ak_facts){ 0 };
	id = kit_verdict(&k, tpm_ak_vouch(&k.m, &t, &ak, &v, f));
	tpm_ak_clear(&ak);
	x509_bundle_clear(&anchors);
	x509_cert_free(cert);
	x509_cert_free(root_of);
	return id;
}

static void what_it_issues_vouches_for_the_key(void **state)
{
	struct att_ak_ca *ca = new_ca();
	const struct att_ak_terms terms = { NOW, 90 * DAY, 6 };
	struct att_ak_certificate made;
	struct tpm_ak_facts f;
	struct x509_cert *cert;

	(void)state;
	CHECK_OK(att_ak_ca_issue(ca, ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256), &terms, &made, &k.e), &k.e);
	cert = parsed(made.der);
	assert_int_equal(x509_not_before(cert), NOW - 300);
	assert_int_equal(x509_not_after(cert), NOW - 300 + 30 * DAY);
	assert_int_equal(x509_not_after(cert), made.expires_s);
	assert_true(x509_has_eku(cert, TPM_OID_AK_CERT));
	assert_int_equal(x509_key_usage(cert), 1);
	assert_false(x509_is_ca(cert));
	assert_int_equal(strlen(x509_subject_cn(cert)), 64);
	x509_cert_free(cert);
	assert_string_equal(vouched(ca, made.der, NOW, &f), "ok");
	assert_int_equal(f.who, TPM_VOUCHED_ANCHOR);
	assert_string_equal(vouched(ca, made.der, made.expires_s + 1, &f), "tpm.ak.certificate.validity");
	/* A new certificate of the CA takes nothing from what it issued before. */
	CHECK_OK(att_ak_ca_certify(ca, "default", NOW + DAY, 9, &k.e), &k.e);
	assert_string_equal(vouched(ca, made.der, NOW + 2 * DAY, &f), "ok");
	free((void *)(uintptr_t)made.der.data);
	att_ak_ca_free(ca);
}

static void it_issues_for_no_other_key(void **state)
{
	struct att_bytes good = ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA256);
	const struct {
		struct att_bytes ak;
		int64_t now_s;
		const char *why;
	} refused[] = {
		{ ak_of(KIT_ATTRIBUTES & ~TPMA_RESTRICTED, TPM_ALG_SHA256), NOW, "enrol.ak.attributes" },
		{ ak_of(KIT_ATTRIBUTES, TPM_ALG_SHA1), NOW, "enrol.ak.name_alg" },
		{ { good.data, good.len - 1 }, NOW, "enrol.ak.public" },
		{ good, NOW + 20 * 365 * DAY, "not valid" },
	};
	struct att_ak_ca *ca = new_ca();
	struct att_ak_certificate made = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		const struct att_ak_terms terms = { refused[i].now_s, DAY, 6 };
		CHECK_ERR(att_ak_ca_issue(ca, refused[i].ak, &terms, &made, &k.e), &k.e,
		    ATT_E_NOT_AUTHENTIC,
		    refused[i].why);
	}
	assert_null(made.der.data);
	att_ak_ca_free(ca);
}

static void a_ca_is_kept(void **state)
{
	struct att_ak_ca *ca = new_ca(), *other = new_ca(), *again;
	struct att_bytes der = att_ak_ca_certificate(ca);
	char *pem;
	size_t n;

	(void)state;
	CHECK_OK(att_ak_ca_export(ca, &pem, &n, &k.e), &k.e);
	CHECK_OK(att_ak_ca_load((struct att_bytes){ (uint8_t *)pem, n }, der, &again, &k.e), &k.e);
	assert_true(att_ak_ca_is_current(again, NOW));
	att_ak_ca_free(again);
	CHECK_ERR(att_ak_ca_load((struct att_bytes){ (uint8_t *)pem, n },
	    att_ak_ca_certificate(other), &again, &k.e),
	    &k.e, ATT_E_BAD_FORMAT, "another key");
	CHECK_ERR(att_ak_ca_load((struct att_bytes){ (uint8_t *)pem, n - 40 }, der, &again, &k.e), &k.e,
	    ATT_E_BAD_FORMAT, "CA key");
	att_secret_free(pem, n);
	att_ak_ca_free(ca);
	att_ak_ca_free(other);
}

static void roots_are_cas(void **state)
{
	struct ek ek = sound();

	(void)state;
	CHECK_OK(att_enrol_roots_check(root_der, &k.e), &k.e);
	CHECK_ERR(att_enrol_roots_check(certificate(&ek), &k.e), &k.e, ATT_E_BAD_FORMAT,
	    "not that of a CA");
	for (size_t cut = 0; cut < root_der.len; cut++) {
		att_error_clear(&k.e);
		assert_false(att_enrol_roots_check((struct att_bytes){ root_der.data, cut }, &k.e));
		assert_int_not_equal(k.e.code, ATT_E_OK);
	}
}

static struct att_bytes vector(const char *name)
{
	char path[128];
	struct blob b;
	struct att_bytes out;

	(void)snprintf(path, sizeof path, "tpm/made-here/%s", name);
	b = vector_file(path);
	out = (struct att_bytes){ arena_memdup(k.a, b.p, b.n + 1), b.n };
	blob_free(&b);
	return out;
}

/* swtpm's certificate and keys, at a time when it was valid. */
static void recorded_keys_get_credentials(void **state)
{
	static const char *const aks[] = { "ak_rsassa.pub", "ak_rsapss.pub", "ak_p256.pub", "ak_p384.pub",
		"ak_rsassa_sha384.pub" };
	struct att_bytes roots[2];
	struct att_enrol_request r;
	struct x509_cert *ek;

	(void)state;
	need_vectors();
	roots[0] = vector("ek-ca-root.pem");
	roots[1] = vector("ek-ca-issuer.pem");
	r = request(vector("ek_rsa.der"), vector("ak_rsassa.pub"));
	ek = parsed(r.ek_cert);
	r.now_s = x509_not_before(ek) + 1;
	x509_cert_free(ek);
	assert_string_equal(begun(&r), "enrol.ek.chain");
	r.ek_roots = roots;
	r.nek_roots = 2;
	for (size_t i = 0; i < sizeof aks / sizeof aks[0]; i++) {
		r.ak_public = vector(aks[i]);
		assert_string_equal(begun(&r), "ok");
	}
	r.ak_public = vector("key.pub");                /* signs anything */
	assert_string_equal(begun(&r), "enrol.ak.attributes");
	r.ak_public = vector("ek.pub");
	assert_string_equal(begun(&r), "enrol.ak.attributes");
}

int main(void)
{
#define T(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
		T(a_sound_key_gets_a_credential),
		T(each_fault_of_an_endorsement_key_certificate_fails_its_check),
		T(revocation_lists_may_be_demanded),
		T(an_endorsement_key_without_a_template_is_refused),
		T(without_roots_nobody_is_enrolled),
		T(each_fault_of_an_attestation_key_fails_its_check),
		T(chains_have_a_limit),
		T(the_secret_finishes),
		T(nothing_else_does),
		T(a_state_of_another_version_is_none),
		T(a_ca_signs_attestation_keys_and_nothing_more),
		T(what_it_issues_vouches_for_the_key),
		T(it_issues_for_no_other_key),
		T(a_ca_is_kept),
		T(roots_are_cas),
		T(recorded_keys_get_credentials),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* ak_ca.c - libattest/enrol.h: the CA that certifies attestation keys. spec: tpm-eventlog §1.5 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attest/enrol.h"
#include "lib/base/auto.h"
#include "lib/base/hex.h"
#include "lib/evidence/tpm/trust.h"
#include "lib/x509/x509.h"

#define ISSUE_MEMORY ((size_t)1 << 20)
#define PROVIDER_MAX 24
#define DAY_S ((int64_t)24 * 3600)
#define BACKDATE_S 300                  /* clocks of verifiers differ */
#define KU_DIGITAL_SIGNATURE (1U << 0)
#define KU_CERT_SIGN (1U << 5)
#define KU_CRL_SIGN (1U << 6)
#define CN_BYTES 32                     /* of a name's digest: 64 digits are what a CN may have */

ATT_AUTO_DEFINE_STRUCT(arena, arena_free);

struct att_ak_ca {
	struct crypto *crypto;
	struct privkey *key;
	struct pubkey *pub;
	struct x509_cert *cert;         /* NULL: none yet */
};

ATT_AUTO_DEFINE_STRUCT(att_ak_ca, att_ak_ca_free);

void att_ak_ca_free(struct att_ak_ca *ca)
{
	if (!ca)
		return;
	x509_cert_free(ca->cert);
	pubkey_free(ca->pub);
	privkey_free(ca->key);
	crypto_free(ca->crypto);
	free(ca);
}

static struct att_ak_ca *ca_new(struct att_error *e)
{
	ATT_AUTO_STRUCT(att_ak_ca) ca = calloc(1, sizeof *ca);

	if (!ca) {
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
		return NULL;
	}
	ca->crypto = crypto_new(e);
	return ca->crypto ? ATT_STEAL(ca) : NULL;
}

bool att_ak_ca_generate(struct att_ak_ca **out, struct att_error *e)
{
	ATT_AUTO_STRUCT(att_ak_ca) ca = ca_new(e);

	if (!ca || !privkey_generate(KEY_P256, 0, &ca->key, e) ||
	    !privkey_public(ca->crypto, ca->key, &ca->pub, e))
		return false;
	*out = ATT_STEAL(ca);
	return true;
}

static bool load_certificate(struct att_ak_ca *ca, struct att_bytes der, struct att_error *e)
{
	if (der.len == 0)
		return true;
	if (!x509_cert_from_der(ca->crypto, der.data, der.len, &ca->cert, e))
		return att_within(e, "CA certificate");
	return bytes_equal(pubkey_spki_sha256(x509_pubkey(ca->cert)), pubkey_spki_sha256(ca->pub), 32) ||
	    att_fail(e, ATT_E_BAD_FORMAT, "CA certificate: it is for another key");
}

bool att_ak_ca_load(struct att_bytes pem_key, struct att_bytes der, struct att_ak_ca **out,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(att_ak_ca) ca = ca_new(e);

	if (!ca)
		return false;
	if (!privkey_from_pem((const char *)pem_key.data, pem_key.len, &ca->key, e))
		return att_within(e, "CA key");
	if (privkey_kind(ca->key) != KEY_P256)
		return att_fail(e, ATT_E_UNSUPPORTED, "CA key: it is none of P-256");
	if (!privkey_public(ca->crypto, ca->key, &ca->pub, e) || !load_certificate(ca, der, e))
		return false;
	*out = ATT_STEAL(ca);
	return true;
}

bool att_ak_ca_export(const struct att_ak_ca *ca, char **pem, size_t *len, struct att_error *e)
{
	struct secret s = { 0 };
	char *copy;

	if (!privkey_to_pem(ca->key, &s, e))
		return att_within(e, "CA key");
	copy = malloc(s.len + 1);
	if (copy) {
		bytes_copy(copy, s.p, s.len);
		copy[s.len] = 0;
		*pem = copy;
		*len = s.len;
	}
	secret_clear(&s);
	return copy || att_fail(e, ATT_E_NOMEM, "out of memory");
}

bool att_ak_ca_is_current(const struct att_ak_ca *ca, int64_t now_s)
{
	return ca->cert && x509_not_before(ca->cert) <= now_s &&
	    x509_not_after(ca->cert) >= now_s + 365 * DAY_S;
}

bool att_ak_ca_certify(struct att_ak_ca *ca, const char *provider, int64_t now_s, uint64_t serial,
    struct att_error *e)
{
	char cn[64];
	struct x509_rdn name = { "CN", cn };
	struct x509_template t = { .subject = &name, .nsubject = 1, .issuer = &name, .nissuer = 1,
		.serial = serial >> 1 | 1, .not_before_s = now_s - DAY_S,
		.not_after_s = now_s - DAY_S + ATT_AK_CA_LIFETIME_S, .ca = true, .pathlen = 0,
		.key_usage = KU_CERT_SIGN | KU_CRL_SIGN, .key_ids = true, .alg = SIG_ECDSA_P256_SHA256 };
	struct x509_cert *cert;

	if (strlen(provider) > PROVIDER_MAX)
		return att_fail(e, ATT_E_LIMIT, "provider \"%.40s\": more than %d characters", provider,
		    PROVIDER_MAX);
	(void)snprintf(cn, sizeof cn, "attestd AK CA of %s", provider);
	if (!x509_make(ca->crypto, &t, ca->pub, ca->key, &cert, e))
		return att_within(e, "CA certificate");
	x509_cert_free(ca->cert);
	ca->cert = cert;
	return true;
}

struct att_bytes att_ak_ca_certificate(const struct att_ak_ca *ca)
{
	struct att_bytes b = { 0 };

	if (ca->cert)
		b.data = x509_der(ca->cert, &b.len);
	return b;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool issue(struct att_ak_ca *ca, const struct tpm_ak *ak, const struct x509_template *times,
    struct x509_cert **out, struct att_error *e)
{
	char cn[2 * CN_BYTES + 1];
	struct x509_rdn name = { "CN", cn };
	struct x509_template t = *times;

	t.subject = &name;
	t.nsubject = 1;
	t.issuer_cert = ca->cert;
	t.pathlen = -1;
	t.key_usage = KU_DIGITAL_SIGNATURE;
	t.ext_key_usage = TPM_OID_AK_CERT;
	t.key_ids = true;
	t.alg = SIG_ECDSA_P256_SHA256;
	hex_encode(ak->name.bytes + 2, CN_BYTES, cn);
	return x509_make(ca->crypto, &t, ak->key, ca->key, out, e);
}

static bool give(const struct x509_cert *cert, struct att_bytes *out, struct att_error *e)
{
	size_t n;
	const uint8_t *der = x509_der(cert, &n);
	uint8_t *copy = malloc(n);

	if (!copy)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	bytes_copy(copy, der, n);
	*out = (struct att_bytes){ copy, n };
	return true;
}

/* The same checks as at the beginning of an enrolment: who asks for a certificate is not believed. */
static bool read_ak(struct att_ak_ca *ca, struct arena *a, struct att_bytes tpm2b, struct enrol_ak *out,
    struct att_error *e)
{
	static const struct check_row rows[1 + ENROL_AK_ROWS] = {
		{ "enrol.ak.public", "", "", false }, { "enrol.ak.key", "", "", false },
		{ "enrol.ak.name_alg", "", "", false }, { "enrol.ak.attributes", "", "", false },
	};
	struct checklist c;
	struct att_error fault = { 0 };

	if (!checklist_init(&c, a, rows, sizeof rows / sizeof rows[0], e))
		return false;
	if (enrol_ak_read(&c, 0, ca->crypto, rd_make(tpm2b.data, tpm2b.len), out, &fault))
		return true;
	if (fault.code != ATT_E_OK)
		return att_fail(e, fault.code, "%s", fault.text);
	return att_fail(e, ATT_E_NOT_AUTHENTIC, "%s: %s", rows[c.first_failed].id,
	    c.results[c.first_failed].found);
}

bool att_ak_ca_issue(struct att_ak_ca *ca, struct att_bytes ak_public, const struct att_ak_terms *terms,
    struct att_ak_certificate *out, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(ISSUE_MEMORY);
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	struct enrol_ak ak = { 0 };
	struct x509_template t = { .serial = terms->serial >> 1 | 1,
		.not_before_s = terms->now_s - BACKDATE_S };
	bool ok;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!ca->cert || terms->lifetime_s <= BACKDATE_S || !x509_valid_at(ca->cert, terms->now_s, e))
		return att_fail(e, ATT_E_INTERNAL,
		    "CA: no certificate that is valid now, or %lld s of life asked for",
		    (long long)terms->lifetime_s);
	t.not_after_s = least(t.not_before_s + least(terms->lifetime_s, ATT_AK_CERT_MAX_S),
	    x509_not_after(ca->cert));
	ok = read_ak(ca, a, ak_public, &ak, e) && issue(ca, &ak.ak, &t, &cert, e) && give(cert,
	    &out->der, e);
	if (ok)
		out->expires_s = t.not_after_s;
	tpm_ak_clear(&ak.ak);
	return ok;
}

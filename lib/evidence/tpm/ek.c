/* ek.c - endorsement key certificates (TCG EK Credential Profile, section 3). spec: tpm-eventlog §1.5 */
#include <string.h>

#include "lib/base/hex.h"
#include "lib/crypto/der.h"
#include "lib/evidence/tpm/trust.h"

#define OID_SAN "2.5.29.17"
#define KU_KEY_ENCIPHERMENT (1U << 2)
#define KU_KEY_AGREEMENT (1U << 4)

static const struct attribute {
	const char *oid;
	size_t off;
} attributes[] = {
	{ "2.23.133.2.1", offsetof(struct tpm_ek_facts, manufacturer) },
	{ "2.23.133.2.2", offsetof(struct tpm_ek_facts, model) },
	{ "2.23.133.2.3", offsetof(struct tpm_ek_facts, version) },
};

static bool attribute_text(struct rd value, char *out)
{
	size_t n = rd_left(&value);

	if (n > TPM_ATTRIBUTE_MAX || *out || !rd_copy(&value, out, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
	return true;
}

/* AttributeTypeAndValue; attributes of no concern are left out. */
static bool attribute(struct rd pair, struct tpm_ek_facts *f)
{
	uint8_t want[DER_OID_MAX], tag;
	struct rd oid, value;
	size_t n;

	if (!der_oid(&pair, &oid) || !der_any(&pair, &tag, &value) || !rd_empty(&pair))
		return false;
	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
		if (der_oid_encode(attributes[i].oid, want, &n) && der_is(&oid, want, n))
			return (tag == DER_UTF8 || tag == DER_PRINTABLE || tag == DER_IA5) &&
			    attribute_text(value, (char *)f + attributes[i].off);
	return true;
}

static bool directory_name(struct rd name, struct tpm_ek_facts *f)
{
	struct rd rdns, set, pair;

	if (!der_take(&name, DER_SEQUENCE, &rdns) || !rd_empty(&name))
		return false;
	while (!rd_empty(&rdns)) {
		if (!der_take(&rdns, DER_SET, &set))
			return false;
		while (!rd_empty(&set))
			if (!der_take(&set, DER_SEQUENCE, &pair) || !attribute(pair, f))
				return false;
	}
	return true;
}

/* GeneralNames; of which directoryName [4] is understood. */
static bool alt_names(struct rd in, struct tpm_ek_facts *f)
{
	struct rd list, name;
	uint8_t tag;

	if (!der_take(&in, DER_SEQUENCE, &list) || !rd_empty(&in))
		return false;
	while (!rd_empty(&list))
		if (!der_any(&list, &tag, &name) || (tag == DER_CTX_CONS(4) && !directory_name(name, f)))
			return false;
	return true;
}

/* "id:" and eight hex digits: four characters of the TCG vendor registry. */
static void vendor(struct tpm_ek_facts *f)
{
	uint8_t id[4];

	if (strlen(f->manufacturer) != 11 || strncmp(f->manufacturer, "id:", 3) != 0 ||
	    !hex_decode(f->manufacturer + 3, 8, id, sizeof id, NULL))
		return;
	for (size_t i = 0; i < sizeof id; i++) {
		f->vendor[i] = (char)id[i];
		if (id[i] < ' ' || id[i] > '~')
			f->vendor[i] = '?';
	}
}

static bool form(const struct x509_cert *cert, struct att_error *e)
{
	unsigned usage = x509_key_usage(cert);
	bool rsa = pubkey_kind(x509_pubkey(cert)) == KEY_RSA;

	if (!x509_has_eku(cert, TPM_OID_EK_CERT))
		return att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "endorsement key certificate: extended key usage lacks " TPM_OID_EK_CERT);
	if (x509_is_ca(cert))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "endorsement key certificate: a CA's");
	if (usage && !(usage & (rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT)))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "endorsement key certificate: key usage lacks %s",
		    rsa ? "keyEncipherment" : "keyAgreement");
	return true;
}

bool tpm_ek_cert_facts(const struct x509_cert *cert, struct tpm_ek_facts *out, struct att_error *e)
{
	struct tpm_ek_facts f = { 0 };
	struct rd san;

	if (!form(cert, e))
		return false;
	/* The extension may be critical: this is where it is understood. */
	if (!x509_extension(cert, OID_SAN, &san) || !alt_names(san, &f) || !*f.manufacturer)
		return att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "endorsement key certificate: no subjectAltName with a TPM's manufacturer");
	vendor(&f);
	*out = f;
	return true;
}

bool tpm_ek_cert_check(const struct trust *t, struct arena *a, const struct x509_cert *cert,
    const struct x509_bundle *sent, struct tpm_ek_facts *out, struct att_error *e)
{
	struct tpm_ek_facts f;
	enum tpm_chain_step step;

	if (!tpm_ek_cert_facts(cert, &f, e))
		return false;
	if (!tpm_chain_verify(t, a, cert, sent, &f.chain, &step, e))
		return att_within(e, "endorsement key certificate");
	*out = f;
	return true;
}

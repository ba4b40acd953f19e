/* vouch.c - who vouches for an attestation key. spec: tpm-eventlog §1.4 step 8, §1.5 */
#include "lib/base/base64.h"
#include "lib/evidence/tpm/parts.h"
#include "lib/evidence/tpm/trust.h"

#define KU_DIGITAL_SIGNATURE 1U

const char *tpm_voucher_name(enum tpm_voucher v)
{
	static const char *const names[] = { "none", "pinned", "anchor", "enrolled", "listed" };

	return names[v];
}

/* The row that a certificate fails by, and how; row TPM_NCHECKS: it vouches. */
struct refusal {
	enum tpm_check row;
	const char *expected;
	struct att_error why;
};

static bool same_key(const struct pubkey *a, const struct pubkey *b)
{
	size_t na, nb;
	const uint8_t *pa = pubkey_spki(a, &na), *pb = pubkey_spki(b, &nb);

	return na == nb && bytes_equal(pa, pb, na);
}

static bool purpose(const struct x509_cert *cert, struct att_error *why)
{
	if (!x509_has_eku(cert, TPM_OID_AK_CERT))
		return att_fail(why, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": extended key usage lacks "
		    TPM_OID_AK_CERT, x509_subject_text(cert));
	if (x509_is_ca(cert))
		return att_fail(why, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": a CA's",
		    x509_subject_text(cert));
	if (x509_key_usage(cert) && !(x509_key_usage(cert) & KU_DIGITAL_SIGNATURE))
		return att_fail(why, ATT_E_NOT_AUTHENTIC,
		    "certificate \"%s\": key usage lacks digitalSignature",
		    x509_subject_text(cert));
	return true;
}

static bool by_certificate(const struct tpm_marks *m, const struct trust *t, const struct tpm_ak *ak,
    const struct tpm_vouchers *v, struct tpm_chain *chain, struct refusal *r)
{
	static const struct { enum tpm_check row; const char *expected;
	} steps[] = {
		[TPM_STEP_CHAIN] = { TPM_CHECK_AK_CERT_CHAIN,
		    "a chain to a known root or an anchor that was given" },
		[TPM_STEP_VALIDITY] = { TPM_CHECK_AK_CERT_VALIDITY,
		    "certificates valid at the time of appraisal" },
		[TPM_STEP_CRL] = { TPM_CHECK_AK_CERT_CRL, "certificates that are not revoked" },
		[TPM_STEP_NONE] = { TPM_NCHECKS, NULL },
	};
	enum tpm_chain_step step;

	*r = (struct refusal){ TPM_CHECK_AK_CERT_KEY, "the certificate's key is akPub's", { 0 } };
	if (!same_key(x509_pubkey(v->cert), ak->key))
		return att_fail(&r->why, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": of another key",
		    x509_subject_text(v->cert));
	r->row = TPM_CHECK_AK_CERT_PURPOSE;
	r->expected = "an attestation key's certificate (purpose " TPM_OID_AK_CERT ")";
	if (!purpose(v->cert, &r->why))
		return false;
	if (tpm_chain_verify(t, m->c->a, v->cert, v->sent, chain, &step, &r->why))
		return true;
	r->row = steps[step].row;
	r->expected = steps[step].expected;
	return false;
}

static bool listed_by_key(const struct tpm_ak *ak, const struct rd *list, size_t n)
{
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found = (rd_left(&list[i]) == 32 &&
			    bytes_equal(rd_ptr(&list[i]), pubkey_spki_sha256(ak->key), 32)) || found;
	return found;
}

static bool named(const struct tpm_name *name, const struct rd *list, size_t n)
{
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found = tpm_name_is(name, list[i]) || found;
	return found;
}

static enum tpm_voucher by_name(const struct tpm_ak *ak, const struct tpm_vouchers *v)
{
	if (named(&ak->name, v->enrolled, v->nenrolled))
		return TPM_VOUCHED_ENROLLED;
	return named(&ak->name, v->listed, v->nlisted) || listed_by_key(ak, v->listed, v->nlisted) ?
	    TPM_VOUCHED_LISTED : TPM_VOUCHED_NONE;
}

/* All rows of the certificate that come before the one that failed. */
static bool mark_certificate(const struct tpm_marks *m, enum tpm_check end)
{
	static const enum tpm_check rows[] = { TPM_CHECK_AK_CERT_KEY, TPM_CHECK_AK_CERT_PURPOSE,
		TPM_CHECK_AK_CERT_CHAIN, TPM_CHECK_AK_CERT_VALIDITY, TPM_CHECK_AK_CERT_CRL };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0] && rows[i] < end; i++)
		tpm_pass(m, rows[i]);
	return true;
}

static bool certificate_vouches(const struct tpm_marks *m, const struct tpm_vouchers *v,
    const struct tpm_chain *chain, struct tpm_ak_facts *f)
{
	f->who = chain->simulated ? TPM_VOUCHED_ANCHOR : TPM_VOUCHED_PINNED;
	f->root = chain->root;
	f->no_crl = chain->no_crl;
	f->subject = check_text(m->c, "%s", x509_subject_text(v->cert));
	return mark_certificate(m, TPM_NCHECKS);
}

static bool nobody(const struct tpm_marks *m, const struct tpm_vouchers *v, const struct refusal *r)
{
	if (!v->required)
		return true;
	if (!v->cert)
		return tpm_refuse(m, TPM_CHECK_AK_VOUCHED,
		    "a certificate, an enrolment or the operator's list", "none of them");
	mark_certificate(m, r->row);
	return tpm_result(m, r->row, false, r->expected, &r->why);
}

bool tpm_ak_vouch(const struct tpm_marks *m, const struct trust *t, const struct tpm_ak *ak,
    const struct tpm_vouchers *v, struct tpm_ak_facts *out)
{
	struct tpm_ak_facts f = { 0 };
	struct tpm_chain chain = { 0 };
	struct refusal r = { .row = TPM_NCHECKS };

	f.pub_hash = b64_encode_arena(B64_STD, m->c->a, pubkey_spki_sha256(ak->key), 32);
	if (!f.pub_hash)
		return arena_fail(m->c->a, m->fault);
	if (v->cert && by_certificate(m, t, ak, v, &chain, &r)) {
		certificate_vouches(m, v, &chain, &f);
	} else {
		if (v->cert && tpm_is_fault(&r.why))
			return att_fail(m->fault, r.why.code, "%s", r.why.text);
		if (v->cert)
			f.why_not = check_text(m->c, "%s", r.why.text);
		f.who = by_name(ak, v);
		if (f.who == TPM_VOUCHED_NONE && !nobody(m, v, &r))
			return false;
	}
	f.validated = f.who != TPM_VOUCHED_NONE;
	if (f.validated)
		tpm_pass(m, TPM_CHECK_AK_VOUCHED);
	*out = f;
	return true;
}

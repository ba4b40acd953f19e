/* chain.c - one step of a chain at a time (RFC 5280 section 6.1, for chains of known shape). */
#include "lib/x509/parts.h"

bool x509_issued_by(struct crypto *c, const struct x509_cert *cert, const struct x509_cert *issuer,
    unsigned below, struct att_error *e)
{
	const char *who = issuer->subject_text;

	if (!der_same(&cert->issuer, &issuer->subject))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": issuer is \"%s\", not \"%s\"",
		    cert->subject_text, cert->issuer_cn, who);
	if (!issuer->is_ca)
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": issuer \"%s\" is no CA",
		    cert->subject_text, who);
	if (!x509_may_sign_certs(issuer))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": issuer \"%s\" lacks keyCertSign",
		    cert->subject_text, who);
	if (issuer->pathlen >= 0 && below > (unsigned)issuer->pathlen)
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": %u CAs below \"%s\", at most %d",
		    cert->subject_text, below, who, issuer->pathlen);
	return signed_verify(c, &cert->s, issuer->key, e) ||
	    att_within(e, "certificate \"%s\" under \"%s\"", cert->subject_text, who);
}

bool x509_signed_by_key(
    struct crypto *c, const struct x509_cert *cert, const struct pubkey *k, struct att_error *e)
{
	return signed_verify(c, &cert->s, k, e) || att_within(e, "certificate \"%s\"", cert->subject_text);
}

bool x509_valid_at(const struct x509_cert *cert, int64_t now_s, struct att_error *e)
{
	char bound[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
	bool early = now_s < cert->not_before_s;

	if (!early && now_s <= cert->not_after_s)
		return true;
	time_format(early ? cert->not_before_s : cert->not_after_s, bound);
	time_format(now_s, now);
	return att_fail(e, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": not valid %s %s, it is %s",
	    cert->subject_text, early ? "before" : "after", bound, now);
}

struct x509_cert *x509_find_issuer(struct crypto *c, const struct x509_bundle *b,
    const struct x509_cert *cert, unsigned below, struct att_error *e)
{
	struct att_error why = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		if (!der_same(&cert->issuer, &b->certs[i]->subject))
			continue;
		if (x509_issued_by(c, cert, b->certs[i], below, &why))
			return b->certs[i];
	}
	if (why.code)
		(void)att_fail(e, why.code, "%s", why.text);
	else
		(void)att_fail(e, ATT_E_NOT_AUTHENTIC,
		    "certificate \"%s\": issuer \"%s\" is not among %zu certificates",
		    cert->subject_text, cert->issuer_cn, b->n);
	return NULL;
}

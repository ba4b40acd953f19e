#include "tests/unit/x509/help.h"

#define KU_CERT_SIGN_CRL_SIGN (1U << 5 | 1U << 6)

enum sig_alg alg_for(enum key_kind kind)
{
	static const enum sig_alg algs[] = { SIG_RSA_PSS_SHA384, SIG_ECDSA_P256_SHA256, SIG_ECDSA_P384_SHA384,
		SIG_ECDSA_P521_SHA512 };

	return algs[kind];
}

struct x509_template ca_template(int pathlen)
{
	return (struct x509_template){ .ca = true, .pathlen = pathlen, .key_usage = KU_CERT_SIGN_CRL_SIGN };
}

static void fill(struct x509_template *t, const struct party *issuer, const struct x509_rdn *name)
{
	if (!t->subject) {
		t->subject = name;
		t->nsubject = 1;
	}
	if (!t->issuer && issuer->cert)
		t->issuer_cert = issuer->cert;
	else if (!t->issuer) {
		t->issuer = t->subject;
		t->nissuer = t->nsubject;
	}
	if (!t->not_after_s) {
		t->not_before_s = T0;
		t->not_after_s = T1;
	}
	if (!t->alg)
		t->alg = alg_for(privkey_kind(issuer->priv));
}

void party_make(struct crypto *c, struct party *p, const char *name, const struct party *issuer,
    struct x509_template t, enum key_kind kind)
{
	const struct x509_rdn cn = { "CN", name };
	struct att_error e = { 0 };

	*p = (struct party){ 0 };
	CHECK_OK(privkey_generate(kind, 2048, &p->priv, &e), &e);
	CHECK_OK(privkey_public(c, p->priv, &p->pub, &e), &e);
	if (!issuer)
		issuer = p;
	fill(&t, issuer, &cn);
	CHECK_OK(x509_make(c, &t, p->pub, issuer->priv, &p->cert, &e), &e);
}

void party_der(struct crypto *c, const struct party *subject, const char *name, const struct party *issuer,
    struct x509_template t, struct buf *out)
{
	const struct x509_rdn cn = { "CN", name };
	struct att_error e = { 0 };

	fill(&t, issuer, &cn);
	CHECK_OK(x509_make_der(c, &t, subject->pub, issuer->priv, out, &e), &e);
}

void party_clear(struct party *p)
{
	privkey_free(p->priv);
	pubkey_free(p->pub);
	x509_cert_free(p->cert);
	*p = (struct party){ 0 };
}

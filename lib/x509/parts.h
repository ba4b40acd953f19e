/*
 * parts.h - what certificates and revocation lists are made of (RFC 5280): names, times, algorithm
 * identifiers, extension lists.  Internal to lib/x509.
 */
#ifndef X509_PARTS_H
#define X509_PARTS_H

#include <stdatomic.h>

#include "lib/crypto/der.h"
#include "lib/x509/x509.h"

#define X509_SERIAL_MAX 20              /* bytes: RFC 5280 section 4.1.2.2 */
#define X509_EXT_MAX 32                 /* extensions of one certificate, CRL or CRL entry */
#define X509_RDN_MAX 32                 /* RDNs of one name */

/* Arcs of id-ce (2.5.29) that the code knows. */
enum id_ce {
	CE_SUBJECT_KEY_ID = 14, CE_KEY_USAGE = 15, CE_SUBJECT_ALT_NAME = 17, CE_BASIC_CONSTRAINTS = 19,
	CE_CRL_NUMBER = 20, CE_REASON = 21, CE_INVALIDITY_DATE = 24, CE_DELTA_CRL = 27, CE_ISSUING_POINT = 28,
	CE_CERT_ISSUER = 29, CE_CRL_POINTS = 31, CE_POLICIES = 32, CE_AUTHORITY_KEY_ID = 35,
	    CE_EXT_KEY_USAGE = 37
};
#define KU_KEY_CERT_SIGN (1U << 5)
#define KU_CRL_SIGN (1U << 6)

struct ext {
	struct rd oid, value;
	bool critical;
};
struct ext_list {
	size_t n;
	struct ext e[X509_EXT_MAX];
};
/* in: what stands inside an Extensions SEQUENCE.  Refuses none at all, too many, and duplicates. */
ATT_CHECK bool ext_list_parse(struct rd in, struct ext_list *out, struct att_error *e);
/* The arc when the OID is in id-ce, else 0. */
unsigned ext_ce(const struct ext *x);
const struct ext *ext_find_ce(const struct ext_list *l, enum id_ce arc);        /* NULL when absent */
/* Every critical extension is one of these id-ce arcs. */
ATT_CHECK bool ext_critical_known(const struct ext_list *l, const uint8_t *arcs, size_t n,
    struct att_error *e);

/* Algorithm and parameters inside an AlgorithmIdentifier; false when not exactly one of enum sig_alg. */
ATT_CHECK bool alg_parse(struct rd in, enum sig_alg *out);
void alg_put(struct buf *b, enum sig_alg alg);
/* A SIGNED: *tbs with tag and length, *inside without, the outer algorithm and the signature. */
struct x509_signed {
	struct rd tbs, inside;
	struct rd alg;                  /* AlgorithmIdentifier with tag and length */
	bool has_alg;                   /* alg is one we verify: */
	enum sig_alg sig_alg;
	struct rd signature;            /* as in the BIT STRING: ECDSA is DER */
};
ATT_CHECK bool signed_parse(const char *what, struct rd in, struct x509_signed *out, struct att_error *e);
ATT_CHECK bool signed_verify(struct crypto *c, const struct x509_signed *s, const struct pubkey *k,
    struct att_error *e);
/* Signs tbs (a DER SEQUENCE) and appends the SIGNED to out. */
ATT_CHECK bool signed_put(struct crypto *c, const struct buf *tbs, enum sig_alg alg, struct privkey *k,
    struct buf *out, struct att_error *e);

ATT_CHECK bool name_parse(struct rd name, struct att_error *e); /* form only; name: inside the SEQUENCE */
void name_cn(struct rd name, char out[X509_NAME_TEXT_MAX]);
void name_text(struct rd name, char out[X509_NAME_TEXT_MAX]);
void name_put(struct buf *b, const struct x509_rdn *rdn, size_t n);

ATT_CHECK bool when_parse(struct rd *r, int64_t *out_s);        /* UTCTime or GeneralizedTime */
void when_put(struct buf *b, int64_t t_s);

struct x509_cert {
	atomic_uint refs;
	struct pubkey *key;
	struct rd der, issuer, subject;                 /* names with tag and length */
	struct x509_signed s;
	struct rd serial;
	int version;
	int64_t not_before_s, not_after_s;
	bool is_ca, has_key_usage;
	int pathlen;
	unsigned key_usage;                             /* bit i = KeyUsage bit i */
	struct ext_list ext;
	uint8_t sha256[32];
	char subject_cn[X509_NAME_TEXT_MAX], issuer_cn[X509_NAME_TEXT_MAX], subject_text[X509_NAME_TEXT_MAX];
	uint8_t bytes[];                                /* the DER; every struct rd above points into it */
};

#endif

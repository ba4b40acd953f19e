/*
 * x509.h - certificates, revocation lists and chains (RFC 5280), read by lib/crypto/der.h.
 *
 * Parsing is exact: no trailing bytes, DER only, unknown critical extensions refused, duplicate
 * extensions refused.  Nothing is fetched from a URL found in a certificate, ever.
 * Known when critical: basicConstraints, keyUsage, extKeyUsage, subjectAltName, key identifiers,
 * certificatePolicies (any policy is accepted) and cRLDistributionPoints (not followed).  So a critical
 * nameConstraints is refused.
 * Only the first three are looked into; a caller that needs a purpose asks x509_has_eku().
 * Chains here are short and of known shape, so each step is a function the format's check
 * table can name; path building over unordered sets is x509_find_issuer.
 */
#ifndef X509_X509_H
#define X509_X509_H

#include "lib/base/buf.h"
#include "lib/base/rd.h"
#include "lib/base/time.h"
#include "lib/crypto/crypto.h"

#define X509_NAME_TEXT_MAX 128
#define X509_BUNDLE_MAX 16              /* certificates accepted in one PEM bundle */
#define X509_DER_MAX 16384              /* bytes of one certificate */
#define X509_CRL_MAX ((size_t)4 << 20)  /* bytes of one CRL */

/* A parsed certificate; reference-counted, immutable. */
struct x509_cert;

/* From DER, the whole of n bytes. */
ATT_CHECK bool x509_cert_from_der(struct crypto *c, const void *der, size_t n, struct x509_cert **out,
    struct att_error *e);
struct x509_cert *x509_cert_ref(struct x509_cert *c);
void x509_cert_free(struct x509_cert *c);
ATT_AUTO_DEFINE_STRUCT(x509_cert, x509_cert_free);

/* Facts, all borrowed from the certificate. */
const uint8_t *x509_der(const struct x509_cert *c, size_t *n);
const uint8_t *x509_sha256(const struct x509_cert *c);          /* of the DER, 32 bytes */
struct pubkey *x509_pubkey(const struct x509_cert *c);          /* borrowed */
const char *x509_subject_cn(const struct x509_cert *c);         /* the single CN, else "" */
const char *x509_issuer_cn(const struct x509_cert *c);
const char *x509_subject_text(const struct x509_cert *c);       /* RFC 2253 text, cut at X509_NAME_TEXT_MAX */
struct rd x509_subject_der(const struct x509_cert *c);          /* Name with tag and length */
struct rd x509_issuer_der(const struct x509_cert *c);
int x509_version(const struct x509_cert *c);                    /* 1..3 */
int64_t x509_not_before(const struct x509_cert *c);             /* seconds since 1970 */
int64_t x509_not_after(const struct x509_cert *c);
/* Magnitude, big-endian, no leading zero; "\0" for 0. */
const uint8_t *x509_serial(const struct x509_cert *c, size_t *n);
bool x509_is_ca(const struct x509_cert *c);                     /* basicConstraints CA:TRUE */
int x509_pathlen(const struct x509_cert *c);                    /* -1 when absent */
bool x509_may_sign_certs(const struct x509_cert *c);            /* keyUsage absent, or has keyCertSign */
bool x509_may_sign_crls(const struct x509_cert *c);
unsigned x509_key_usage(const struct x509_cert *c);             /* bit i = KeyUsage bit i; 0 = no extension */
bool x509_has_eku(const struct x509_cert *c, const char *oid);  /* extKeyUsage lists this purpose */
bool x509_self_issued(const struct x509_cert *c);               /* subject == issuer */
ATT_CHECK bool x509_sig_alg(const struct x509_cert *c, enum sig_alg *out); /* false: not one we verify */
/* Value octets of the extension with this dotted OID; false when absent. */
ATT_CHECK bool x509_extension(const struct x509_cert *c, const char *oid, struct rd *out);

/* One signature step: names chain, issuer is a CA that may sign certificates and whose pathlen
 * allows `below` CAs beneath it, signature verifies.  Does NOT look at validity or revocation. */
ATT_CHECK bool x509_issued_by(struct crypto *c, const struct x509_cert *cert, const struct x509_cert *issuer,
    unsigned below, struct att_error *e);
/* Signature by a bare key, for issuers that are known without their certificate.  Does NOT look at
 * names, CA bits, validity or revocation. */
ATT_CHECK bool x509_signed_by_key(struct crypto *c, const struct x509_cert *cert, const struct pubkey *k,
    struct att_error *e);
/* not_before <= now <= not_after; the error says which bound, the value and now. */
ATT_CHECK bool x509_valid_at(const struct x509_cert *cert, int64_t now_s, struct att_error *e);

/* Bundles: concatenated PEM CERTIFICATE blocks (LF or CRLF, text between blocks ignored), or one DER.
 * A block with another label, a damaged one, or none at all is an error with its offset. */
struct x509_bundle {
	struct x509_cert **certs;       /* each one reference owned by the bundle */
	size_t n;
};
ATT_CHECK bool x509_bundle_parse(struct crypto *c, const void *p, size_t n, struct x509_bundle *out,
    struct att_error *e);
/* Takes a new reference; not limited to X509_BUNDLE_MAX. */
ATT_CHECK bool x509_bundle_add(struct x509_bundle *b, struct x509_cert *cert, struct att_error *e);
void x509_bundle_clear(struct x509_bundle *b);
/* Does the bundle hold this very certificate?  NULL is an empty bundle. */
bool x509_bundle_has(const struct x509_bundle *b, const struct x509_cert *cert);
/* Certificate i of several bundles one after the other (NULL: an empty one); NULL past the end. */
struct x509_cert *x509_bundles_at(const struct x509_bundle *const *sets, size_t nsets, size_t i);
/* The first certificate of the bundle that issued cert (x509_issued_by), borrowed; NULL with the reason. */
struct x509_cert *x509_find_issuer(struct crypto *c, const struct x509_bundle *b,
    const struct x509_cert *cert, unsigned below, struct att_error *e);
/* DER to PEM text with 64-column lines; NULL when out of memory. */
char *x509_to_pem(struct arena *a, const void *der, size_t n);
char *x509_crl_to_pem(struct arena *a, const void *der, size_t n);

/* Revocation lists */
struct x509_crl;
/* DER, or one PEM "X509 CRL" block.  Delta, partial and indirect lists are refused. */
ATT_CHECK bool x509_crl_parse(struct crypto *c, const void *p, size_t n, struct x509_crl **out,
    struct att_error *e);
void x509_crl_free(struct x509_crl *l);
ATT_AUTO_DEFINE_STRUCT(x509_crl, x509_crl_free);
int64_t x509_crl_this_update(const struct x509_crl *l);
int64_t x509_crl_next_update(const struct x509_crl *l);         /* INT64_MIN when absent */
const char *x509_crl_issuer_cn(const struct x509_crl *l);
bool x509_crl_names_issuer(const struct x509_crl *l, const struct x509_cert *issuer);
/* Issuer name, cRLSign, signature.  Does NOT look at dates. */
ATT_CHECK bool x509_crl_signed_by(struct crypto *c, const struct x509_crl *l, const struct x509_cert *issuer,
    struct att_error *e);
/* this_update <= now <= next_update; an absent next_update fails. */
ATT_CHECK bool x509_crl_current(const struct x509_crl *l, int64_t now_s, struct att_error *e);
/* CRL number, magnitude big-endian without leading zero ("\0" for 0); NULL and 0 when absent. */
const uint8_t *x509_crl_number(const struct x509_crl *l, size_t *n);
size_t x509_crl_nrevoked(const struct x509_crl *l);
/* The list's issuer is the certificate's issuer and the serial number is listed. False says nothing
 * about a certificate of another issuer: ask x509_crl_names_issuer() first. */
bool x509_crl_revokes(const struct x509_crl *l, const struct x509_cert *cert);
const uint8_t *x509_crl_sha256(const struct x509_crl *l);

/* Making certificates and CRLs: for the local CA, token-signing certificates and the simulator. */
struct x509_ext { const char *oid; bool critical; const uint8_t *value; size_t len; };
struct x509_rdn { const char *type, *value; };          /* "CN", "O", ...; value UTF-8 */
struct x509_template {
	const struct x509_rdn *subject; size_t nsubject;
	const struct x509_rdn *issuer; size_t nissuer;  /* used when issuer_cert is NULL */
	const struct x509_cert *issuer_cert;            /* NULL: issuer[] (self-signed when subject[]) */
	uint64_t serial;
	int64_t not_before_s, not_after_s;
	bool ca; int pathlen;                           /* pathlen -1: none */
	bool with_bc;                                   /* write basicConstraints though ca is false */
	unsigned key_usage;                             /* bit i = KeyUsage bit i; 0 = no extension */
	const char *ext_key_usage;                      /* "serverAuth" or NULL */
	const char *const *dns_names; size_t ndns;      /* subjectAltName; IP literals: iPAddress */
	bool key_ids;                                   /* write SKI and AKI */
	const struct x509_ext *exts; size_t nexts;
	enum sig_alg alg;
};
ATT_CHECK bool x509_make(struct crypto *c, const struct x509_template *t, const struct pubkey *subject_key,
    struct privkey *issuer_key, struct x509_cert **out, struct att_error *e);
/* The same, appended to out and not read back: so a certificate can be made that we would not accept. */
ATT_CHECK bool x509_make_der(struct crypto *c, const struct x509_template *t,
    const struct pubkey *subject_key, struct privkey *issuer_key, struct buf *out, struct att_error *e);
struct x509_crl_template {
	const struct x509_cert *issuer;
	int64_t this_update_s, next_update_s;           /* next_update_s 0: none */
	uint64_t number;
	const uint64_t *revoked; size_t nrevoked;       /* serial numbers */
	const struct x509_ext *exts; size_t nexts;      /* behind authority key id and CRL number */
	enum sig_alg alg;
};
/* DER into the arena. */
ATT_CHECK bool x509_make_crl(struct arena *a, const struct x509_crl_template *t, struct privkey *issuer_key,
    uint8_t **der, size_t *n, struct att_error *e);

#endif

/* help.h - certificates made for the tests of lib/x509, each with its key. */
#ifndef UNIT_X509_HELP_H
#define UNIT_X509_HELP_H

#include "lib/x509/x509.h"
#include "tests/harness/check.h"

#define T0 INT64_C(1700000000)          /* validity of everything made here */
#define T1 INT64_C(1800000000)

struct party {
	struct privkey *priv;
	struct pubkey *pub;
	struct x509_cert *cert;
};
/* A key and, under issuer (NULL: itself), a certificate with CN = name. Fills in what t lacks. */
void party_make(struct crypto *c, struct party *p, const char *name, const struct party *issuer,
    struct x509_template t, enum key_kind kind);
void party_clear(struct party *p);
/* DER of a certificate under the same conditions that our own parser need not accept. */
void party_der(struct crypto *c, const struct party *subject, const char *name, const struct party *issuer,
    struct x509_template t, struct buf *out);
struct x509_template ca_template(int pathlen);
enum sig_alg alg_for(enum key_kind kind);

#endif

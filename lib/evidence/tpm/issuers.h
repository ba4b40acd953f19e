/* issuers.h - an issuer that is compiled in without its certificate; rows are in issuers.tbl. */
#ifndef EVIDENCE_TPM_ISSUERS_H
#define EVIDENCE_TPM_ISSUERS_H

#include "lib/evidence/tpm/trust.h"

struct tpm_issuer {
	const char *name;
	unsigned pathlen;               /* CAs that may stand below it */
	int64_t not_before_s, not_after_s;
	const char *subject, *spki;     /* DER in hex */
};
/* The issuer that signed cert with `below` CAs under itself; NULL: none did, reason in *e if one
 * claims to. */
const struct tpm_issuer *tpm_issuer_of(struct crypto *c, const struct x509_cert *cert, unsigned below,
    struct att_error *e);

#endif

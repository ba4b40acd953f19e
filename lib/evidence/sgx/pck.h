/*
 * pck.h - the certificate chain of the provisioning certification key (PCK) that signed a QE
 * report.
 *
 * Choosing and verifying leaf, PCK CA and root; time and revocation are looked at elsewhere
 * (dcap.h), so that a verified chain can be kept.  spec: sgx-tdx §1.1, §5 step 2
 */
#ifndef EVIDENCE_SGX_PCK_H
#define EVIDENCE_SGX_PCK_H

#include "lib/collateral/set.h"
#include "lib/x509/ext_sgx.h"

#define PCK_CERTS_MAX 4                 /* certificates in one quote */
#define PCK_LEAF_CN "Intel SGX PCK Certificate"

/* References are owned by the structure. */
struct pck_chain {
	struct x509_cert *leaf, *ca, *root;
	struct ext_sgx ext;             /* of the leaf */
	bool simulated;                 /* the root is known only from the anchors given */
};
void pck_chain_clear(struct pck_chain *c);
struct pck_chain pck_chain_ref(const struct pck_chain *c);      /* another owner */

/* Where certificates may come from: any of the sets may be NULL. */
struct pck_sources {
	const struct x509_bundle *sent;         /* with the quote */
	const struct x509_bundle *given;        /* endorsements */
	const struct x509_bundle *anchors;
};

/* "platform" or "processor" for a PCK CA by its common name; NULL for another name. */
const char *pck_ca_kind(const char *cn);
/* The i-th certificate at hand, NULL past the end. */
struct x509_cert *pck_at(const struct pck_sources *s, size_t i);

/*
 * The root to end in: of Intel's name, with the pinned key, else with the key of an anchor (*simulated).
 * NULL when none.  *stranger is a certificate of that name that is not trusted, or NULL.  Borrowed.
 */
struct x509_cert *pck_find_root(const struct pck_sources *s, bool *simulated, struct x509_cert **stranger);
/* A PCK CA that root issued and that issued leaf, borrowed; NULL with the reason (NOT_FOUND: none
 * of the name). */
struct x509_cert *pck_find_ca(struct crypto *c, const struct pck_sources *s, const struct x509_cert *leaf,
    const struct x509_cert *root, struct att_error *e);
/* Name, version and key of a PCK certificate; not its extension. */
ATT_CHECK bool pck_leaf_form(const struct x509_cert *cert, struct att_error *e);

#endif

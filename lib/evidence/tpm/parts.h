/* parts.h - what the files of this folder share. */
#ifndef EVIDENCE_TPM_PARTS_H
#define EVIDENCE_TPM_PARTS_H

#include "lib/evidence/tpm/tpm.h"

/* The field at the reader's place does not fit into what is left.  Always false. */
bool tpm_short(struct att_error *e, const char *what, const char *field, const struct rd *in);
/* A TPM2B of at most max bytes, named for messages. */
ATT_CHECK bool tpm_take_2b(struct rd *in, const char *what, const char *field, size_t max, struct rd *out,
    struct att_error *e);
ATT_CHECK bool tpm_end(const struct rd *in, const char *what, struct att_error *e);

/* Row by an error's text; a failure of the machine goes to m->fault and leaves the row alone. */
bool tpm_result(const struct tpm_marks *m, enum tpm_check row, bool ok, const char *expected,
    const struct att_error *why);
bool tpm_pass(const struct tpm_marks *m, enum tpm_check row);
bool tpm_refuse(const struct tpm_marks *m, enum tpm_check row, const char *expected, const char *found);

/* What quotes and certifications share: scheme, signature, magic, type, nonce. */
struct tpm_signed {
	const struct tpm_attest *attest;
	const struct tpm_signature *sig;
	enum tpm_st type;
	enum tpm_check scheme, signature, magic, type_row, nonce;
};
ATT_CHECK bool tpm_signed_check(const struct tpm_marks *m, struct crypto *c, const struct tpm_ak *ak,
    const struct tpm_signed *s, const struct tpm_expect *want);

#endif

/*
 * ak_ca.h - the CA of each provider that certifies attestation keys: its key is one of its own,
 * and used for
 * nothing else.
 *
 * keys/<provider>.ak-ca.key.pem and .ak-ca.cert.der, made at the first start.  The certificate is
 * made anew, for
 * the same key, when it has less than a year left.  What decides that an attestation key is
 * certified is here:
 * the sealed state and the secret are judged in the role that holds the key, whatever a worker
 * says of them.
 */
#ifndef SERVER_SIGNER_AK_CA_H
#define SERVER_SIGNER_AK_CA_H

#include "libattest/enrol.h"
#include "server/signer/sealing.h"

/* Loads the key, or makes and stores it.  Freed with att_ak_ca_free(). */
ATT_CHECK bool ak_ca_open(const char *data_dir, const char *provider, int64_t now_s, struct att_ak_ca **out,
    struct att_error *e);

struct ak_issuer {
	struct att_ak_ca *ca;
	struct sealing sealing;         /* of the same provider; *out lives in its memory */
	int64_t now_s, lifetime_s;
};
/* Answers an ENROL_CA or an ENROL_ISSUE message; of the latter NOT_AUTHENTIC is an ordinary outcome. */
ATT_CHECK bool ak_ca_answer(const struct ak_issuer *own, const struct frame *f, struct rd *out,
    struct att_error *e);

#endif

/*
 * tpm.h - the messages of attestation type Tpm that are not evidence, and enrolment of attestation keys.
 *
 * Azure Attestation's Tpm protocol takes two rounds.  The first asks for a challenge; the service answers
 * with random bytes and with the same bytes sealed (service_context), so that it need remember nothing.  The
 * second brings evidence and the sealed context; att_appraise() judges it, told by struct att_tpm_context
 * what the context said.  Sealing, randomness and remembering what was used are the caller's.
 */
#ifndef LIBATTEST_TPM_H
#define LIBATTEST_TPM_H

#include "libattest/attest.h"

#define ATT_TPM_CHALLENGE 16            /* bytes of a challenge, as Azure's */

enum att_tpm_message_kind {
	ATT_TPM_INIT,                   /* message 1: wants a challenge */
	ATT_TPM_REQUEST                 /* message 2: evidence */
};
/* Borrows from `data`; context and challenge are in memory of the message, freed with it. */
struct att_tpm_message;
/*
 * Reads the body of POST /attest/Tpm, {"data":base64url}.  False: it is neither message (code, field, found,
 * wanted).  Of a message 2 only what finds its context is read; nothing is verified.
 */
ATT_API bool att_tpm_message_read(struct att_bytes body, struct att_tpm_message **out, struct att_error *e);
ATT_API enum att_tpm_message_kind att_tpm_message_kind(const struct att_tpm_message *m);
/* The opaque bytes that message 1 was answered with; ATT_TPM_REQUEST only. */
ATT_API struct att_bytes att_tpm_message_context(const struct att_tpm_message *m);
ATT_API void att_tpm_message_free(struct att_tpm_message *m);

/* {"data":base64url({"payload":{"challenge","service_context"}})}; free() it. */
ATT_API bool att_tpm_answer_challenge(const uint8_t challenge[ATT_TPM_CHALLENGE],
    struct att_bytes context, char **body, struct att_error *e);
/* {"data":base64url({"payload":{"report":JWT}})}; free() it. */
ATT_API bool att_tpm_answer_report(const char *token, char **body, struct att_error *e);

/* What the sealed context of a message 2 turned out to be; part of att_request: each state is a check. */
enum att_tpm_context_state {
	ATT_TPM_CONTEXT_GOOD,           /* ours, not expired; whether it was used is not known yet */
	ATT_TPM_CONTEXT_UNREADABLE,     /* not sealed by this provider's key: another's, damaged, invented */
	ATT_TPM_CONTEXT_EXPIRED,
	ATT_TPM_CONTEXT_USED            /* good, but it was used before */
};
struct att_tpm_context {
	enum att_tpm_context_state state;
	uint8_t challenge[ATT_TPM_CHALLENGE];           /* GOOD and USED */
};

#endif

/*
 * tpm_message.h - the client's side of Azure Attestation's Tpm protocol, version 2: POST /attest/Tpm twice.
 *
 * spec: maa-tpm sections 1.1 and 1.2.  Message 1 asks for a challenge; message 2 is a JWS, typ attReqV2,
 * made with a fresh RSA key that is inside it.  The quote names that key and the challenge:
 *
 *   sim_tpm_init()            body of message 1
 *   sim_tpm_read_challenge()  its answer
 *   sim_tpm_nonce()           what the TPM must quote
 *   sim_tpm_request()         body of message 2, around a TPM evidence file (lib/evidence/tpm/file.h) with
 * that quote
 *   sim_tpm_read_report()     its answer: the token
 *
 * Nothing is verified here: the service does.  Results live in the arena.
 */
#ifndef SIM_TPM_MESSAGE_H
#define SIM_TPM_MESSAGE_H

#include "lib/evidence/pcrs.h"
#include "sim/sim.h"

#define SIM_TPM_NONCE 32                /* bytes */

/* A software key, made for one message. */
struct sim_tpm_key {
	struct privkey *key;            /* owned: sim_tpm_key_clear() */
	struct json *jwk;               /* arena */
	const char *text;               /* the JWK as it will stand in the message; arena */
};
ATT_CHECK bool sim_tpm_key_make(struct crypto *c, struct arena *a, struct sim_tpm_key *out,
    struct att_error *e);
void sim_tpm_key_clear(struct sim_tpm_key *k);

/* {"data":base64url({"payload":{"type":"aikcert"}})} */
ATT_CHECK bool sim_tpm_init(struct arena *a, struct sim_bytes *body, struct att_error *e);

struct sim_tpm_challenge {
	struct att_bytes bytes;         /* decoded */
	const char *context;            /* service_context, text as received */
};
ATT_CHECK bool sim_tpm_read_challenge(struct arena *a, struct att_bytes body, struct sim_tpm_challenge *out,
    struct att_error *e);

/* SHA-256(UTF8(jwk) || 0x00 || challenge) */
ATT_CHECK bool sim_tpm_nonce(struct crypto *c, struct arena *a, const struct sim_tpm_key *k,
    const struct sim_tpm_challenge *ch, uint8_t out[SIM_TPM_NONCE], struct att_error *e);

struct sim_tpm_message {
	const struct sim_tpm_key *key;
	const struct sim_tpm_challenge *challenge;
	struct att_bytes evidence;      /* TPM evidence file; its first quote is sent */
	const char *rp_id;              /* URL of whom the token is for; NULL: none */
	const char *rp_data;            /* base64url: what the token gives back as nonce; NULL: none */
};
ATT_CHECK bool sim_tpm_request(struct crypto *c, struct arena *a, const struct sim_tpm_message *m,
    struct sim_bytes *body, struct att_error *e);
ATT_CHECK bool sim_tpm_read_report(struct arena *a, struct att_bytes body, const char **token,
    struct att_error *e);

/* What a quote (TPMS_ATTEST) is thought to be about. */
struct sim_tpm_quoted {
	struct att_bytes quote;
	enum digest_alg scheme_hash;    /* of its signature */
	const struct pcr_bank *banks;   /* each bank once */
	size_t nbanks;
};
/* Is it?  A PCR may have changed between reading its value and quoting it. */
ATT_CHECK bool sim_tpm_agrees(struct crypto *c, struct arena *a, const struct sim_tpm_quoted *q, bool *agrees,
    struct att_error *e);

#endif

/*
 * message.h - messages of the Tpm protocol as far as they are not about TPMs: envelope, JWS, where the
 * rest is.
 *
 * spec: maa-tpm section 1.  Nothing is verified here.
 */
#ifndef EVIDENCE_MAATPM_MESSAGE_H
#define EVIDENCE_MAATPM_MESSAGE_H

#include "lib/json/json.h"
#include "lib/token/jws.h"
#include "libattest/tpm.h"

#define MAATPM_TEXT_MAX ((size_t)24 << 20)      /* bytes of a message */

/* A message, without what is in its JWS. */
struct maatpm_message {
	enum att_tpm_message_kind kind;
	struct rd jws;                  /* ATT_TPM_REQUEST: the text, borrowed from the message */
};
/* {"payload":{...}}, or the bare inside of it.  Type and request both, or neither, is BAD_FORMAT. */
ATT_CHECK bool maatpm_message_read(struct rd in, struct arena *a, struct maatpm_message *out,
    struct att_error *e);

enum maatpm_version { MAATPM_V1, MAATPM_V2 };
/* The payload of message 2's JWS.  The signature is NOT looked at. */
struct maatpm_payload {
	struct jws jws;
	enum maatpm_version version;
	bool vbs;                       /* att_type vbs (or its alias vsm) */
	struct json_source source;
	const struct json *att_data;
	const struct json *body; /* att_data, or of vbs att_data.report_signed: the members below */
};
ATT_CHECK bool maatpm_payload_read(struct rd jws, struct arena *a, struct maatpm_payload *out,
    struct att_error *e);
/* body.service_context, decoded. */
ATT_CHECK bool maatpm_payload_context(const struct maatpm_payload *p, struct arena *a, struct rd *out,
    struct att_error *e);

#endif

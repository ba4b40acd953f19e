/*
 * audit.h - one line of JSON per decision in audit/audit.log, appended before the answer leaves.
 *
 * A record names what was decided about which bytes: digests, never the bytes, never a bearer or a token.
 */
#ifndef SERVER_AUDIT_AUDIT_H
#define SERVER_AUDIT_AUDIT_H

#include "lib/base/arena.h"
#include "lib/base/rd.h"

struct audit_record {
	int64_t time_s;
	const char *request_id, *provider, *action;     /* action: "attest", "policy.set", ... */
	unsigned status;                /* HTTP */
	const char *verdict;            /* NULL: not appraised */
	struct rd type, policy_hash, failed_check, caller, error_code, relaxed;  /* empty: left out */
	struct rd shadow, shadow_hash;  /* what the shadow policy would have decided */
	struct rd statement_hash;       /* base64url SHA-256 of the JWS that asked for a change */
	struct rd thumbprint;           /* of the certificate that was added or removed */
	struct rd ek_id, ak_name;       /* of the enrolment that was made, renewed or removed; digits */
	int64_t entry;                  /* of the policy history that was made; 0: none */
	const uint8_t *evidence_sha256, *token_sha256;  /* 32 bytes or NULL */
};

struct audit { int fd; };
/* Opens data_dir/audit/audit.log for appending; the file is 0600. */
ATT_CHECK bool audit_open(const char *data_dir, struct audit *out, struct att_error *e);
/* One write(2) of one whole line.  False: the decision must not be told. */
ATT_CHECK bool audit_append(struct audit *a, struct arena *scratch, const struct audit_record *r,
    struct att_error *e);
void audit_close(struct audit *a);

#endif

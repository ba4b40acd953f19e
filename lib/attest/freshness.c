/*
 * Is the evidence newer than a question that the service asked?  The runtime data holds a nonce
 * that the service gave out, and the evidence is bound to the runtime data; whether the nonce is
 * one of the service's, and unused, only the service knows.
 */
#include <string.h>

#include "lib/attest/appraisal.h"

#define CHALLENGE_LEN 43 /* 32 bytes as base64url */

const char *freshness_nonce(const struct decoded *in)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const struct json *v = json_get(in->runtime_json, "nonce");

	if (!json_is(v, JSON_STRING) || v->len != CHALLENGE_LEN ||
	    strspn(v->s, alphabet) != CHALLENGE_LEN)
		return NULL;
	return v->s;
}

bool freshness_claim(
    const struct att_request *req, const struct decoded *in, struct claims *c, struct att_error *e)
{
	bool fresh = req->challenge_is_fresh && freshness_nonce(in);

	return claims_str(c, "x-attestd-freshness", fresh ? "challenge" : "none", e);
}

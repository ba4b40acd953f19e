#include "server/worker/worker.h"

/*
 * An absent bearer is an anonymous caller; a bearer that nobody knows is refused even where none is needed.
 */
bool worker_caller(struct worker *w, struct rd bearer, const struct principal **who, struct att_error *e)
{
	const uint8_t *text = rd_ptr(&bearer);
	uint8_t sha[32];
	bool hashed;

	*who = NULL;
	if (rd_empty(&bearer))
		return true;
	hashed = digest(w->crypto, DIGEST_SHA256, text, rd_left(&bearer), sha, e);
	secret_wipe((void *)(uintptr_t)text, rd_left(&bearer));
	if (!hashed)
		return false;
	*who = principals_find(&w->principals, sha);
	return *who || att_fail(e, ATT_E_UNAUTHORIZED, "the bearer token is not known at this provider");
}

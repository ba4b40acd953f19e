/* The two public documents: bytes that the signer made at start, sent as they are. */
#include "server/api/api.h"

static void send_document(struct api_call *c, const struct api_document *d)
{
	struct resp resp = { .status = 200, .body = d->text, .body_len = d->len };

	if (d->text)
		api_answer(c, &resp);
	else
		api_problem(c, ATT_E_OVERLOADED, "the signer has not answered yet");
}

void api_certs(struct api_call *c)
{
	send_document(c, &c->api->jwks[c->provider]);
}

void api_openid(struct api_call *c)
{
	send_document(c, &c->api->openid[c->provider]);
}

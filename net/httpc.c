#include "net/httpc.h"

#include "net/transfer.h"

bool httpc_send(struct arena *a, const struct httpc_request *r, struct httpc_answer *out,
    struct att_error *e)
{
	struct transfer t;
	bool ok = transfer_init(&t, a, r, e);

	if (ok && !transfer_finish(&t, curl_easy_perform(t.easy), out, e))
		ok = att_within(e, "%s", r->url);
	transfer_clear(&t);
	return ok;
}

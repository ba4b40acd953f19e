/* Contexts of the Tpm protocol that come back: the front alone decides which use of one is the first. */
#include <string.h>

#include "lib/base/hex.h"
#include "server/api/api.h"
#include "server/log/metrics.h"

#define ID_MAX 32

struct question {
	uint8_t id[ID_MAX];
	size_t n;
	uint64_t expires_s;
};

static bool read_question(struct rd needs, struct question *out)
{
	struct question q;
	struct rd kind, hex;

	if (!rd_le32_block(&needs, &kind) || !rd_is_text(&kind, NEED_CONTEXT) ||
	    !rd_le32_block(&needs, &hex) || !rd_le64(&needs, &q.expires_s) || !rd_empty(&needs) ||
	    q.expires_s > INT64_MAX)
		return false;
	q.n = rd_left(&hex) / 2;
	if (q.n == 0 || q.n > ID_MAX ||
	    !hex_decode((const char *)rd_ptr(&hex), rd_left(&hex), q.id, q.n, NULL))
		return false;
	*out = q;
	return true;
}

bool api_context_need(struct api_call *c, struct rd needs, struct att_error *e)
{
	struct api *api = c->api;
	struct store_context context;
	struct question q;
	bool fresh;

	/* Once per request: a worker that asks again has what it asked for. */
	if (c->flags & ATTEST_CHALLENGED || !read_question(needs, &q))
		return false;
	context = (struct store_context){ .provider = api->config->providers[c->provider].name,
		.id = { q.id, q.n }, .expires_s = (int64_t)q.expires_s };
	if (!store_context_use(api->store, &context, api->config->limits.used_contexts, &fresh, e)) {
		if (e->code == ATT_E_STORE)
			metric_add(M_store_failures, 0, 1);
		return false;
	}
	if (fresh)
		metric_add(M_challenges, METRIC_CHALLENGE_used, 1);
	if (fresh && api->store_grew)
		api->store_grew(api->state);
	c->flags |= (uint8_t)(ATTEST_CHALLENGED | (fresh ? ATTEST_FRESH : 0));
	return true;
}

/* Challenges of this kind are given out by workers, so what becomes of them is read from their answers. */
void api_context_count(const struct answer *a)
{
	static const char prefix[] = "tpm.context.";
	struct rd check = a->failed_check, head;

	if (a->verdict == VERDICT_CHALLENGE)
		metric_add(M_challenges, METRIC_CHALLENGE_issued, 1);
	if (rd_take(&check, sizeof prefix - 1, &head) && rd_is_text(&head, prefix))
		metric_add(M_challenges, METRIC_CHALLENGE_refused, 1);
}

/* GET /tcbbaselines/{type} (rest-api section 7.2): which evaluation numbers there are, and which is
 * in use. */
#include <string.h>

#include "server/api/manage.h"

/* Whose collateral a type uses; others have no baselines. */
static const struct tee { const char *type, *prefix, *identity, *numbers; } tees[] = {
	{ "SgxEnclave", "SGX-", "QE", "SGX" },
	{ "OpenEnclave", "SGX-", "QE", "SGX" },
	{ "TdxVm", "TDX-", "TD_QE", "TDX" },
};

static const struct tee *tee_of(const char *type)
{
	for (size_t i = 0; i < sizeof tees / sizeof *tees; i++)
		if (strcmp(tees[i].type, type) == 0)
			return &tees[i];
	return NULL;
}

/* The numbers in ascending order, each once: [le32 number] [u8 it is in use]. */
static bool gather(struct api_call *c, struct att_error *e)
{
	struct arena *a = c->manage->memory;
	const struct tee *tee = tee_of(c->type);
	struct store_item numbers = { 0 };
	struct buf list = buf_make(a), b = buf_make(a);
	uint32_t selected = 0, *v = NULL;
	size_t n = 0;

	if (tee &&
	    (!collateral_numbers(c->api->collateral, tee->prefix, a, &v, &n, e) ||
		!collateral_selected(c->api->collateral, tee->identity,
		    c->api->config->tcb.baseline, a, &selected, e) ||
		!store_item_get(c->api->store,
		    &(struct store_item){ .kind = "evaluation-numbers", .key = tee->numbers }, a,
		    &numbers, e)))
		return false;
	for (size_t i = 0; i < n; i++) {
		buf_le32(&list, v[i]);
		buf_char(&list, v[i] == selected);
	}
	buf_le32_block(&b, numbers.kind ? (const void *)numbers.piece.p : "", numbers.piece.n);
	buf_le32_block(&b, list.p ? list.p : "", list.len);
	c->manage->stored = rd_make(b.p, b.len);
	return !list.failed && buf_ok(&b, e);
}

void api_baselines(struct api_call *c)
{
	static const struct manage_kind kind = {
		.verb = MANAGE_BASELINES, .gather = gather, .is_document = true
	};

	manage_call(c, &kind);
}

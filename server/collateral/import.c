/* The offline folder: its files are judged like what is fetched, and stored. */
#include <string.h>

#include "server/collateral/internal.h"
#include "server/log/log.h"

bool collateral_import(struct collateral *c, struct rd list, struct att_error *e)
{
	static const struct collateral_name any;
	struct flight *f;

	if (rd_empty(&list))
		return true;
	f = flight_for(c, &any, FLIGHT_IMPORT, true);
	if (!f)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	c->importing++;
	if (flight_judge(f, list, COLLATERAL_OFFLINE))
		return true;
	flight_fail(f, 0, "no verifier is free");
	return att_fail(e, ATT_E_OVERLOADED, "no verifier is free to judge the offline folder");
}

static void import_item(
    struct collateral *c, const struct judged *item, bool *changed, unsigned *taken)
{
	struct att_error e = { 0 };

	if (accept_item(c, NULL, item, COLLATERAL_OFFLINE, changed, &e)) {
		(*taken)++;
		return;
	}
	log_event(LOG_WARN, "collateral.refused", "source", "%s", COLLATERAL_OFFLINE, "kind", "%s",
	    item->is.kind, "key", "%s", item->is.key, "error", "%s", e.text, NULL);
}

void import_judged(struct collateral *c, const struct frame *m)
{
	struct arena *a = arena_new(CALL_MEMORY);
	struct judged_list list = { 0 };
	struct att_error e = { 0 };
	bool changed = false;
	unsigned taken = 0;

	if (!a || !m || !judged_decode(a, m, &list, &e)) {
		log_event(LOG_ERROR, "collateral.offline", "error", "%s",
		    e.text[0] ? e.text : "the process that judged the offline folder failed", NULL);
		arena_free(a);
		return;
	}
	for (size_t i = 0; i < list.n; i++)
		import_item(c, &list.item[i], &changed, &taken);
	log_event(
	    LOG_INFO, "collateral.offline", "items", "%zu", list.n, "taken", "%u", taken, NULL);
	arena_free(a);
	if (changed)
		c->host.changed(c->host.state);
}

static bool text_of(struct arena *a, struct rd r, const char **out)
{
	char *s = arena_strndup(a, (const char *)rd_ptr(&r), rd_left(&r));

	*out = s;
	return s && strlen(s) == rd_left(&r);
}

enum { J_KIND, J_KEY, J_NUMBERS, J_CRL_NUMBER, J_FAULT, J_WHY, J_SHA256, J_PIECE, J_BLOCKS };

static bool judged_one(struct arena *a, const struct rd b[J_BLOCKS], struct judged *out)
{
	struct rd numbers = b[J_NUMBERS], sha = b[J_SHA256];
	struct judged j = { .piece = b[J_PIECE] };
	uint64_t issued, expires;

	if (!text_of(a, b[J_KIND], &j.is.kind) || !text_of(a, b[J_KEY], &j.is.key) ||
	    !text_of(a, b[J_CRL_NUMBER], &j.is.crl_number) ||
	    !text_of(a, b[J_FAULT], &j.is.fault) || !text_of(a, b[J_WHY], &j.is.why) ||
	    !rd_le32(&numbers, &j.is.evaluation) || !rd_le64(&numbers, &issued) ||
	    !rd_le64(&numbers, &expires) || !rd_empty(&numbers) ||
	    !rd_copy(&sha, j.is.sha256, sizeof j.is.sha256) || !rd_empty(&sha) ||
	    strlen(j.is.kind) >= COLLATERAL_KIND_MAX || strlen(j.is.key) >= COLLATERAL_KEY_MAX)
		return false;
	j.is.issued_s = (int64_t)issued;
	j.is.expires_s = (int64_t)expires;
	if (*j.is.crl_number == 0)
		j.is.crl_number = NULL;
	*out = j;
	return true;
}

bool judged_decode(
    struct arena *a, const struct frame *m, struct judged_list *out, struct att_error *e)
{
	struct blob_list blobs;

	if (m->op != OP_JUDGED)
		return att_fail(
		    e, ATT_E_COLLATERAL, "the process that judged what came gave no judgement");
	if (!rd_empty(&m->block[0]))
		return att_fail(e, ATT_E_COLLATERAL, "%.*s", (int)rd_left(&m->block[0]),
		    (const char *)rd_ptr(&m->block[0]));
	if (!blobs_decode(a, m->block[1], &blobs, e))
		return false;
	*out = (struct judged_list){ arena_array(a, blobs.n / J_BLOCKS + 1, sizeof *out->item), 0 };
	if (!out->item)
		return arena_fail(a, e);
	for (size_t i = 0; i + J_BLOCKS <= blobs.n; i += J_BLOCKS)
		if (!judged_one(a, &blobs.item[i], &out->item[out->n++]))
			return att_fail(
			    e, ATT_E_BAD_FORMAT, "judged message: item %zu is malformed", out->n);
	return blobs.n % J_BLOCKS == 0 ||
	    att_fail(e, ATT_E_BAD_FORMAT, "judged message: %zu blocks", blobs.n);
}

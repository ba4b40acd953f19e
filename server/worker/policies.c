/*
 * The policies that were set, as the front tells them when they change.  They were judged when they
 * were set; here only the text is taken out.
 */
#include <stdlib.h>
#include <string.h>

#include "libattest/policy.h"
#include "server/log/log.h"
#include "server/worker/worker.h"

#define ROW 4u          /* type, JWS, signer, shadow JWS */

/* *out stays empty for an empty JWS. */
static bool text_of(struct arena *a, struct rd jws, struct att_bytes *out)
{
	struct att_error e = { 0 };
	char *text = NULL;
	size_t n = 0;

	*out = (struct att_bytes){ NULL, 0 };
	if (rd_empty(&jws))
		return true;
	if (!att_policy_unwrap((struct att_bytes){ rd_ptr(&jws), rd_left(&jws) }, &text, &n, &e)) {
		log_event(LOG_ERROR, "policy.unreadable", "error", "%s", e.text, NULL);
		return false;
	}
	*out = (struct att_bytes){ (const uint8_t *)arena_strndup(a, text, n), n };
	free(text);
	return out->data != NULL;
}

static const char *text_copy(struct arena *a, struct rd r)
{
	return arena_strndup(a, (const char *)rd_ptr(&r), rd_left(&r));
}

/* A shadow that cannot be read is left out: it decides nothing. */
static bool take_row(struct worker *w, const struct rd *item, struct att_error *e)
{
	struct worker_policy *p = &w->policy[w->npolicies];
	bool is_signed = !rd_empty(&item[2]);

	*p = (struct worker_policy){ .type = text_copy(w->policies, item[0]),
	    .signer = is_signed ? text_copy(w->policies, item[2]) : NULL };
	if (!p->type || (is_signed && !p->signer))
		return arena_fail(w->policies, e);
	p->is_broken = !text_of(w->policies, item[1], &p->text);
	(void)text_of(w->policies, item[3], &p->shadow);
	w->npolicies++;
	return true;
}

bool worker_take_policies(struct worker *w, const struct frame *f, struct att_error *e)
{
	struct blob_list list;
	bool ok;

	if (!blobs_decode(w->request, f->block[0], &list, e))
		return att_within(e, "policies");
	if (list.n % ROW != 1 || list.n / ROW > WORKER_POLICIES_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "policies: %zu blocks", list.n);
	arena_reset(w->policies);
	w->npolicies = 0;
	ok = worker_take_denylist(w, list.item[0], e);
	for (size_t i = 1; ok && i < list.n; i += ROW)
		ok = take_row(w, list.item + i, e);
	return ok;
}

const struct worker_policy *worker_policy_find(const struct worker *w, const char *type)
{
	for (size_t i = 0; i < w->npolicies; i++)
		if (strcmp(w->policy[i].type, type) == 0)
			return &w->policy[i];
	return NULL;
}

/* Requests that wait for endorsements. */
#include <string.h>

#include "server/collateral/internal.h"
#include "server/log/metrics.h"

static void unlink_wait(struct collateral *c, struct collateral_wait *w)
{
	struct collateral_wait **at = &c->waits;

	while (*at && *at != w)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = w->next;
	c->nwaiting--;
}

void wait_close_need(struct collateral_need *n, const char *why)
{
	struct collateral_wait *w = n->wait;

	w->open--;
	if (n->state == NEED_FOUND)
		return;
	n->state = NEED_LACKING;
	buf_fmt(&w->why, "%s%s: %s", w->why.len ? "; " : "", want_text(w->memory, &n->name), why);
}

void wait_over(struct collateral *c, struct collateral_wait *w)
{
	unlink_wait(c, w);
	w->done(w);
}

/* Takes the item into the wait's memory if the store has it. */
bool wait_fill(struct collateral *c, struct collateral_need *n, struct att_error *why)
{
	struct collateral_wait *w = n->wait;
	struct store_item item;

	if (!held_find(c, &n->name, w->memory, &item, why))
		return false;
	if (w->npieces_bytes + item.piece.n > COLLATERAL_PIECES_MAX)
		return att_fail(
		    why, ATT_E_LIMIT, "more than %zu bytes of endorsements", COLLATERAL_PIECES_MAX);
	w->npieces_bytes += item.piece.n;
	n->piece = rd_make(item.piece.p, item.piece.n);
	n->state = NEED_FOUND;
	return true;
}

void collateral_wait_clear(struct collateral_wait *w)
{
	arena_free(w->memory);
	*w = (struct collateral_wait){ .done = w->done, .call = w->call };
}

static bool read_need(struct rd *in, struct collateral_need *n)
{
	struct rd kind, key, baseline, flag;
	uint8_t authentic;

	if (!rd_le32_block(in, &kind) || !rd_le32_block(in, &key) ||
	    !rd_le32_block(in, &baseline) || !rd_le32_block(in, &flag) ||
	    !rd_u8(&flag, &authentic) || authentic > 1 ||
	    !frame_text(kind, n->name.kind, sizeof n->name.kind) ||
	    !frame_text(key, n->name.key, sizeof n->name.key) ||
	    !frame_text(baseline, n->name.baseline, sizeof n->name.baseline))
		return false;
	n->is_authentic = authentic;
	return true;
}

bool needs_read(struct collateral_wait *w, struct rd in, struct att_error *e)
{
	while (!rd_empty(&in)) {
		if (w->nneeds == COLLATERAL_NEEDS_MAX || !read_need(&in, &w->need[w->nneeds]))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "need message: malformed at offset %zu", rd_off(&in));
		w->need[w->nneeds++].wait = w;
	}
	return true;
}

/* From the store, or put to the flight that brings it. */
static void start_need(struct collateral *c, struct collateral_need *n)
{
	struct att_error why = { 0 };
	struct flight *f;
	const char *lack;

	if (wait_fill(c, n, &why)) {
		metric_add(M_collateral_hits, 0, 1);
		wait_close_need(n, "");
		return;
	}
	lack = flight_lacking(c, &n->name);
	if (lack) {
		wait_close_need(n, lack);
		return;
	}
	f = flight_for(c, &n->name, FLIGHT_REQUEST, n->is_authentic);
	if (!f) {
		wait_close_need(n,
		    why.text[0] ? why.text :
			c->can_fetch || c->has_sources ?
				  "the fetch role takes no more" :
				  "not in the offline folder or store, and no source is "
				  "configured (collateral.sources)");
		return;
	}
	n->next = f->needs;
	f->needs = n;
}

bool collateral_ask(
    struct collateral *c, struct collateral_wait *w, struct rd needs, struct att_error *e)
{
	w->memory = arena_new(COLLATERAL_PIECES_MAX * 3);
	if (!w->memory || c->nwaiting >= c->waiting_max || !needs_read(w, needs, e)) {
		if (w->memory && e->code == ATT_E_OK)
			(void)att_fail(
			    e, ATT_E_OVERLOADED, "too many requests wait for endorsements");
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
		collateral_wait_clear(w);
		return false;
	}
	w->why = buf_make(w->memory);
	w->until_us = c->host.now_us(c->host.state) + c->wait_us;
	w->next = c->waits;
	c->waits = w;
	c->nwaiting++;
	/* One more than there are, so that nothing is over before all are asked. */
	w->open = w->nneeds + 1;
	metric_add(M_collateral_needs, 0, w->nneeds);
	for (size_t i = 0; i < w->nneeds; i++)
		start_need(c, &w->need[i]);
	if (--w->open == 0)
		wait_over(c, w);
	return true;
}

bool collateral_wait_pieces(struct collateral_wait *w, struct block *out, struct att_error *e)
{
	struct buf b = buf_make(w->memory);

	for (size_t i = 0; i < w->nneeds; i++) {
		const struct collateral_need *n = &w->need[i];
		if (n->state != NEED_FOUND)
			continue;
		buf_le32_block(&b, n->name.kind, strlen(n->name.kind));
		buf_le32_block(&b, n->name.key, strlen(n->name.key));
		buf_le32_block(&b, n->name.baseline, strlen(n->name.baseline));
		buf_le32_block(&b, rd_ptr(&n->piece), rd_left(&n->piece));
	}
	*out = (struct block){ b.p ? b.p : "", b.len };
	return buf_ok(&b, e);
}

/* The request goes on without; the fetch goes on too, for the next one. */
static void give_up(struct collateral *c, struct collateral_wait *w)
{
	for (size_t i = 0; i < w->nneeds; i++) {
		struct collateral_need *n = &w->need[i];
		for (struct flight *f = c->flights; f && n->state == NEED_OPEN; f = f->next) {
			struct collateral_need **at = &f->needs;
			while (*at && *at != n)
				at = &(*at)->next;
			if (!*at)
				continue;
			*at = n->next;
			wait_close_need(n, "did not come within the time of a request");
		}
	}
	wait_over(c, w);
}

int collateral_check(struct collateral *c)
{
	int64_t now = c->host.now_us(c->host.state), left = INT64_MAX;
	struct collateral_wait *w = c->waits;
	int refresh;

	while (w) {
		if (w->until_us <= now) {
			give_up(c, w);
			w = c->waits;
			continue;
		}
		if (w->until_us - now < left)
			left = w->until_us - now;
		w = w->next;
	}
	flight_fail_fetching(c, now, "the fetch role did not answer");
	refresh = refresh_check(c);
	if (left == INT64_MAX)
		return refresh;
	left = left / 1000 + 1;
	return refresh >= 0 && refresh < left ? refresh : (int)left;
}

bool collateral_open(struct collateral *c, struct att_error *e)
{
	struct arena *a = arena_new(CALL_MEMORY);
	struct store_item *list;
	size_t n = 0;
	bool ok = a ? store_items(c->store, false, ITEMS_LISTED, a, &list, &n, e) :
	    att_fail(e, ATT_E_NOMEM, "out of memory");

	for (size_t i = 0; ok && i < n; i++)
		c->has_snp_crl |= strcmp(list[i].kind, "snp-crl") == 0;
	c->checked_s = INT64_MIN;
	arena_free(a);
	return ok;
}

void collateral_clear(struct collateral *c)
{
	flight_fail_fetching(c, INT64_MAX, "the service is stopping");
}

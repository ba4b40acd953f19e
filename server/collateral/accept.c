/* What is taken into the store, and what is found there. */
#include <string.h>

#include "lib/base/time.h"
#include "server/collateral/internal.h"
#include "server/log/log.h"

static bool is_over(const struct store_item *i, int64_t now_s)
{
	return i->expires_s != INT64_MIN && i->expires_s < now_s;
}

/* Which evaluation number the name stands for; false: nobody has said yet. */
static bool evaluation_of(struct collateral *c, const struct collateral_name *n, struct arena *a,
    uint32_t *out, struct att_error *e)
{
	struct store_choice name = { .kind = n->kind, .key = n->key, .baseline = n->baseline },
			    chosen;

	*out = 0;
	if (!att_kind_has_evaluation(n->kind) || baseline_number(n->baseline, out))
		return true;
	if (!store_choice_get(c->store, &name, a, &chosen, e))
		return false;
	*out = chosen.evaluation;
	return chosen.kind != NULL;
}

bool held_find(struct collateral *c, const struct collateral_name *n, struct arena *a,
    struct store_item *out, struct att_error *why)
{
	struct store_item name = { .kind = n->kind, .key = n->key };
	char when[TIME_TEXT_MAX];

	if (!evaluation_of(c, n, a, &name.evaluation, why) ||
	    !store_item_get(c->store, &name, a, out, why) || !out->kind)
		return false;
	if (!is_over(out, c->host.now_s(c->host.state)))
		return true;
	time_format(out->expires_s, when);
	return att_fail(why, ATT_E_COLLATERAL, "what is stored expired at %s", when);
}

static bool may_follow(
    struct collateral *c, const struct judged *item, struct arena *a, struct att_error *e)
{
	struct store_item name = { .kind = item->is.kind, .key = item->is.key,
		.evaluation = item->is.evaluation }, seen;
	struct att_endorsement before = { .kind = item->is.kind, .key = item->is.key,
		.evaluation = item->is.evaluation };

	if (!store_item_seen(c->store, &name, a, &seen, e))
		return false;
	if (!seen.kind)
		return true;
	before.issued_s = seen.issued_s;
	before.crl_number = *seen.crl_number ? seen.crl_number : NULL;
	return att_endorsement_may_follow(&before, &item->is, e);
}

/* One choice for each baseline that the item may stand for. */
struct choosing {
	struct collateral *c;
	const struct judged *item;
	const char *by;
	int64_t now_s;
	struct arena *a;
};

/*
 * A baseline that a source has answered for is the source's to raise; the offline folder decides
 * only where no source has.  Never down.  *take: c is to be stored.
 */
static bool choose(const struct choosing *g, const char *baseline, struct store_choice *out,
    bool *take, struct att_error *e)
{
	struct store_choice before;

	*out = (struct store_choice){ .kind = g->item->is.kind,
		.key = g->item->is.key,
		.baseline = baseline,
		.evaluation = g->item->is.evaluation,
		.by = g->by,
		.checked_s = g->now_s };
	*take = false;
	if (!store_choice_get(g->c->store, out, g->a, &before, e))
		return false;
	if (!before.kind) {
		*take = true;
		return true;
	}
	if (out->evaluation < before.evaluation)
		return att_fail(e, ATT_E_COLLATERAL,
		    "evaluation number %u is lower than %u, which was in use; "
		    "DELETE /collateral lets an administrator go back",
		    out->evaluation, before.evaluation);
	*take =
	    strcmp(g->by, COLLATERAL_OFFLINE) != 0 || strcmp(before.by, COLLATERAL_OFFLINE) == 0;
	return true;
}

/* The other baseline, for items of the offline folder; a number or another kind has none. */
static bool choose_offline(const struct choosing *g, struct att_error *e)
{
	static const char *const words[] = { "standard", "early" };
	struct store_choice choice;
	struct att_error lower = { 0 };
	bool take;

	for (size_t i = 0;
	     att_kind_has_evaluation(g->item->is.kind) && i < sizeof words / sizeof *words; i++) {
		if (!choose(g, words[i], &choice, &take, &lower)) {
			/* An older number beside a newer one in the folder is no fault. */
			if (lower.code != ATT_E_COLLATERAL)
				return att_fail(e, lower.code, "%s", lower.text);
			att_error_clear(&lower);
			continue;
		}
		if (take && !store_choice_put(g->c->store, &choice, e))
			return false;
	}
	return true;
}

/* Names go into the store, metrics and answers: a worker that has been taken over must not choose
 * them freely. */
static bool is_plain(const char *name)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	return *name && strspn(name, ok) == strlen(name);
}

/* Is it what was asked for? */
static bool is_wanted(
    const struct collateral_name *name, const struct judged *item, struct att_error *e)
{
	uint32_t number;

	if (!is_plain(item->is.kind) || !is_plain(item->is.key))
		return att_fail(e, ATT_E_COLLATERAL, "malformed: %s",
		    item->is.why ? item->is.why : "it does not say what it is for");
	if (strcmp(item->is.fault, "good") != 0)
		return att_fail(e, ATT_E_COLLATERAL, "%s: %s", item->is.fault,
		    item->is.why ? item->is.why : "");
	if (!name || !att_kind_has_evaluation(name->kind) || !baseline_number(name->baseline, &number))
		return true;
	return item->is.evaluation == number ||
	    att_fail(e, ATT_E_COLLATERAL, "evaluation number is %u, want %u", item->is.evaluation,
		number);
}

static bool put(struct collateral *c, const struct judged *item, const struct store_choice *choice,
    struct store_item *row, struct arena *a, bool *changed, struct att_error *e)
{
	struct store_item old;

	if (!store_item_get(c->store, row, a, &old, e))
		return false;
	*changed |= !old.kind || old.piece.n != rd_left(&item->piece) ||
	    !bytes_equal(old.piece.p, rd_ptr(&item->piece), old.piece.n);
	if (!store_item_put(c->store, row, choice, e))
		return false;
	c->has_snp_crl |= strcmp(row->kind, "snp-crl") == 0;
	return true;
}

static bool accept(struct choosing *g, const struct collateral_name *name, const char *source,
    bool *changed, struct att_error *e)
{
	const struct judged *item = g->item;
	struct store_item row = { .kind = item->is.kind, .key = item->is.key,
		.evaluation = item->is.evaluation, .issued_s = item->is.issued_s,
		.expires_s = item->is.expires_s,
		.crl_number = item->is.crl_number ? item->is.crl_number : "",
		.piece = { rd_ptr(&item->piece), rd_left(&item->piece) },
		.source = source, .fetched_s = g->now_s };
	struct store_choice choice, before;
	struct att_error lower = { 0 };
	uint32_t number;
	bool take = false, by_word = name && att_kind_has_evaluation(name->kind) &&
	    !baseline_number(name->baseline, &number);

	bytes_copy(row.sha256, item->is.sha256, sizeof row.sha256);
	if (!may_follow(g->c, item, g->a, e))
		return false;
	if (by_word && !store_choice_get(g->c->store, &(struct store_choice){ .kind = row.kind,
	    .key = row.key, .baseline = name->baseline }, g->a, &before, e))
		return false;
	if (by_word && !choose(g, name->baseline, &choice, &take, &lower) &&
	    lower.code != ATT_E_COLLATERAL)
		return att_fail(e, lower.code, "%s", lower.text);
	if (take && before.kind)
		*changed |= before.evaluation != row.evaluation;
	/* A lower number is kept under its own name, but the baseline does not go back to it. */
	if (!put(g->c, item, take ? &choice : NULL, &row, g->a, changed, e) ||
	    (!name && !choose_offline(g, e)))
		return false;
	return lower.code == ATT_E_OK || att_fail(e, lower.code, "%s", lower.text);
}

bool accept_item(struct collateral *c, const struct collateral_name *name,
    const struct judged *item, const char *source, bool *changed, struct att_error *e)
{
	struct choosing g = { .c = c, .item = item, .by = name ? "source" : COLLATERAL_OFFLINE,
		.now_s = c->host.now_s(c->host.state), .a = arena_new(CALL_MEMORY) };
	bool ok;

	if (!g.a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	ok = is_wanted(name, item, e) && accept(&g, name, source, changed, e);
	arena_free(g.a);
	return ok;
}

/*
 * Endorsements on the worker's side.  The offline folder's certificates are always at hand;
 * everything that has dates to be watched comes from the front, which keeps what is newest: a set
 * that was given once is kept, parsed and proved, for the next evidence with the same needs, until
 * the front says FORGET.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/buf.h"
#include "libattest/endorse.h"
#include "server/log/log.h"
#include "server/worker/worker.h"

#define SETS_MAX 64u
#define NUMBERS_LEN 20u

/* Kinds that get out of date: the front keeps the newest of them, also of those in the offline
 * folder. */
static const char *const dated_kinds[] = { "tcb-info", "qe-identity", "evaluation-numbers",
	"pck-crl", "root-crl", "snp-crl" };

struct kept_set {
	char *needs;                    /* owned: the need list as text */
	struct att_prepared *set;
	uint64_t used;                  /* when, in requests */
};
/* A piece of the offline folder that is always given. */
struct base_piece { struct att_bytes bytes; bool is_amd; };

struct worker_collateral {
	struct att_prepared *base;      /* anchors, and all base pieces */
	struct base_piece *piece; size_t npieces;
	struct att_endorsement_list
	    *folder; /* every item of the offline folder; NULL: it cannot be read */
	struct kept_set set[SETS_MAX];
	uint64_t requests;
};

static bool is_among(const char *const *list, size_t n, const char *kind)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], kind) == 0)
			return true;
	return false;
}
#define AMONG(list, kind) is_among(list, sizeof list / sizeof *list, kind)

static bool is_amd(const char *kind)
{
	return strncmp(kind, "snp-", 4) == 0;
}

int64_t worker_now_s(const struct worker *w)
{
	return w->env->facts.clock_s == CLOCK_REAL ? time(NULL) : w->env->facts.clock_s;
}

static void add_base(struct worker_collateral *k, struct att_bytes bytes, bool amd)
{
	k->piece[k->npieces++] = (struct base_piece){ bytes, amd };
}

/* What one file holds: something dated, and nothing but AMD's. */
struct file_facts { bool is_dated, is_amd; };

static bool look_at(struct worker *w, const struct att_bytes *file, struct file_facts *out,
    struct att_error *why)
{
	struct att_endorsement_list *l = NULL;

	if (!att_endorsements_read(file, 1, w->anchors, w->nanchors, worker_now_s(w), &l, why))
		return false;
	*out = (struct file_facts){ .is_amd = l->n > 0 };
	for (size_t i = 0; i < l->n; i++) {
		out->is_dated |= AMONG(dated_kinds, l->item[i].kind);
		out->is_amd &= is_amd(l->item[i].kind);
	}
	att_endorsements_read_free(l);
	return true;
}

/* One file that nobody can read must not take the others along. facts has room for n. */
static size_t drop_unreadable(struct worker *w, struct att_bytes *files, struct file_facts *facts,
    size_t n, bool say)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct att_error why = { 0 };
		if (look_at(w, &files[i], &facts[kept], &why))
			files[kept++] = files[i];
		else if (say)
			log_event(LOG_ERROR, "collateral.unreadable", "file", "%zu", i + 1, "error",
			    "%s", why.text, NULL);
	}
	return kept;
}

/* A file without anything dated is given as it is; of the others only the certificates are. */
static bool sort_folder(struct worker *w, struct worker_collateral *k, struct att_error *e)
{
	struct file_facts *facts = arena_array(w->request, w->nendorsements, sizeof *facts);

	if (!facts)
		return arena_fail(w->request, e);
	w->nendorsements = drop_unreadable(w, w->endorsements, facts, w->nendorsements, false);
	if (!att_endorsements_read(w->endorsements, w->nendorsements, w->anchors, w->nanchors,
		worker_now_s(w), &k->folder, e))
		return false;
	k->piece =
	    arena_array(w->env->memory, w->nendorsements + k->folder->n + 1, sizeof *k->piece);
	if (!k->piece)
		return arena_fail(w->env->memory, e);
	for (size_t i = 0; i < w->nendorsements; i++)
		if (!facts[i].is_dated)
			add_base(k, w->endorsements[i], facts[i].is_amd);
	for (size_t i = 0; i < k->folder->n; i++) {
		const struct att_endorsement *item = &k->folder->item[i];
		w->settings.crl_required |= strcmp(item->kind, "snp-crl") == 0;
		if (*item->kind && !AMONG(dated_kinds, item->kind))
			add_base(k, item->bytes, is_amd(item->kind));
	}
	return true;
}

/* Pieces for a set: base pieces, those of AMD's only when wanted, and room for more behind. */
static struct att_bytes *base_pieces(
    const struct worker_collateral *k, struct arena *a, bool amd, size_t more, size_t *n)
{
	struct att_bytes *list = arena_array(a, k->npieces + more + 1, sizeof *list);

	*n = 0;
	for (size_t i = 0; list && i < k->npieces; i++)
		if (amd || !k->piece[i].is_amd)
			list[(*n)++] = k->piece[i].bytes;
	return list;
}

bool worker_collateral_open(struct worker *w, struct att_error *e)
{
	struct worker_collateral *k = calloc(1, sizeof *k);
	struct att_bytes *pieces;
	struct att_error why = { 0 };
	size_t n;

	if (!k)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	w->collateral = k;
	if (w->nendorsements && !sort_folder(w, k, &why)) {
		log_event(LOG_ERROR, "collateral.dir", "error", "%s", why.text, NULL);
		return att_fail(e, why.code, "collateral.dir: %s", why.text);
	}
	pieces = base_pieces(k, w->env->memory, true, 0, &n);
	return pieces ? att_prepared_new(pieces, n, w->anchors, w->nanchors, &k->base, e) :
	    arena_fail(w->env->memory, e);
}

static void drop(struct kept_set *s)
{
	att_prepared_free(s->set);
	free(s->needs);
	*s = (struct kept_set){ 0 };
}

void worker_collateral_forget(struct worker *w)
{
	for (size_t i = 0; i < SETS_MAX; i++)
		drop(&w->collateral->set[i]);
}

void worker_collateral_close(struct worker *w)
{
	if (!w->collateral)
		return;
	worker_collateral_forget(w);
	att_prepared_free(w->collateral->base);
	att_endorsements_read_free(w->collateral->folder);
	free(w->collateral);
	w->collateral = NULL;
}

/* The operator's baseline where the policy demands none. */
static const char *baseline_of(const struct worker *w, const struct att_need *n)
{
	if (!att_kind_has_evaluation(n->kind))
		return "";
	return n->baseline && *n->baseline ? n->baseline : w->env->config->tcb.baseline;
}

static const char *needs_text(const struct worker *w, const struct att_need *needs, size_t n)
{
	struct buf b = buf_make(w->request);

	for (size_t i = 0; i < n; i++)
		buf_fmt(&b, "%s %s %s\n", needs[i].kind, needs[i].key, baseline_of(w, &needs[i]));
	return buf_ok(&b, NULL) && b.p ? b.p : "";
}

static struct kept_set *find_kept(struct worker_collateral *k, const char *needs)
{
	for (size_t i = 0; i < SETS_MAX; i++)
		if (k->set[i].set && strcmp(k->set[i].needs, needs) == 0)
			return &k->set[i];
	return NULL;
}

static void keep(struct worker_collateral *k, const char *needs, struct att_prepared *set)
{
	struct kept_set *oldest = &k->set[0];
	char *copy = strdup(needs);

	for (size_t i = 1; i < SETS_MAX; i++)
		if (k->set[i].used < oldest->used)
			oldest = &k->set[i];
	if (!copy) {
		att_prepared_free(set);
		return;
	}
	drop(oldest);
	*oldest = (struct kept_set){ copy, set, k->requests };
}

/* What the message brought for this need. */
static const struct rd *brought(const struct worker_lookup *l, const struct att_need *n)
{
	const struct blob_list *b = &l->brought;

	for (size_t i = 0; i + 4 <= b->n; i += 4)
		if (rd_is_text(&b->item[i], n->kind) && rd_is_text(&b->item[i + 1], n->key) &&
		    rd_is_text(&b->item[i + 2], baseline_of(l->w, n)))
			return &b->item[i + 3];
	return NULL;
}

/*
 * An item of the offline folder that is no good is shown to the appraisal when nothing better can
 * be had, so that the refusal says what is wrong with it.
 */
static const struct att_endorsement *faulty(
    const struct worker_collateral *k, const struct att_need *n)
{
	for (size_t i = 0; k->folder && i < k->folder->n; i++) {
		const struct att_endorsement *item = &k->folder->item[i];
		if (strcmp(item->fault, "good") != 0 && strcmp(item->kind, n->kind) == 0 &&
		    strcmp(item->key, n->key) == 0)
			return item;
	}
	return NULL;
}

static void make_set(struct worker_lookup *l, const struct att_need *needs, size_t n)
{
	struct worker *w = l->w;
	struct att_error why = { 0 };
	bool amd = false;
	size_t count, base, found = 0;
	struct att_bytes *pieces;

	for (size_t i = 0; i < n; i++)
		amd |= is_amd(needs[i].kind);
	pieces = base_pieces(w->collateral, w->request, amd, n, &count);
	base = count;
	for (size_t i = 0; pieces && i < n; i++) {
		const struct rd *piece = brought(l, &needs[i]);
		const struct att_endorsement *bad = piece || rd_empty(&l->why) ? NULL :
		    faulty(w->collateral, &needs[i]);
		found += piece || bad;
		if (piece)
			pieces[count++] = (struct att_bytes){ rd_ptr(piece), rd_left(piece) };
		else if (bad)
			pieces[count++] = bad->bytes;
	}
	l->is_complete = found == n;
	if (!pieces || count == base)
		return;
	if (!att_prepared_new(pieces, count, w->anchors, w->nanchors, &l->made, &why))
		log_event(LOG_WARN, "collateral.set", "error", "%s", why.text, NULL);
}

static const struct att_prepared *look_up(void *state, const struct att_need *needs, size_t n)
{
	struct worker_lookup *l = state;
	struct kept_set *kept;

	if (l->made) {
		att_prepared_free(l->earlier);
		l->earlier = l->made;
		l->made = NULL;
	}
	l->needs = needs_text(l->w, needs, n);
	kept = find_kept(l->w->collateral, l->needs);
	if (kept) {
		kept->used = ++l->w->collateral->requests;
		return kept->set;
	}
	make_set(l, needs, n);
	return l->made;
}

bool worker_lookup_begin(struct worker *w, const struct frame *f, struct worker_lookup *l,
    struct att_request *req, struct att_error *e)
{
	*l = (struct worker_lookup){ .w = w, .why = f->block[6] };
	if (!blobs_decode(w->request, f->block[5], &l->brought, e) || l->brought.n % 4 != 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "attest message: endorsements");
	req->prepared = w->collateral->base;
	req->lookup = look_up;
	req->lookup_state = l;
	return true;
}

/* Kept only where it will be used again: junk must not push out what is. */
void worker_lookup_end(struct worker_lookup *l, const struct att_result *r)
{
	bool verified = r && (r->verdict == ATT_PERMITTED || r->verdict == ATT_DENIED);

	if (l->made && r && (verified || l->is_complete))
		keep(l->w->collateral, l->needs, l->made);
	else
		att_prepared_free(l->made);
	att_prepared_free(l->earlier);
	l->made = l->earlier = NULL;
}

bool worker_lookup_need(
    struct worker_lookup *l, const struct att_result *r, struct rd *out, struct att_error *e)
{
	struct buf b = buf_make(l->w->request);
	bool lacking = false;

	*out = rd_text(NULL);
	for (size_t i = 0; i < r->nneeds; i++) {
		const struct att_need *n = &r->needs[i];
		const char *baseline = baseline_of(l->w, n);
		uint8_t authentic = n->is_authentic;
		lacking |= !n->is_there;
		buf_le32_block(&b, n->kind, strlen(n->kind));
		buf_le32_block(&b, n->key, strlen(n->key));
		buf_le32_block(&b, baseline, strlen(baseline));
		buf_le32_block(&b, &authentic, 1);
	}
	if (r->verdict != ATT_UNDECIDED || !lacking || !rd_empty(&l->why))
		return true;
	*out = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

static void put_judged(struct buf *b, const struct att_endorsement *i)
{
	struct buf numbers = buf_make(b->a);
	const char *const texts[] = { i->crl_number ? i->crl_number : "", i->fault,
		i->why ? i->why : "" };

	buf_le32(&numbers, i->evaluation);
	buf_le64(&numbers, (uint64_t)i->issued_s);
	buf_le64(&numbers, (uint64_t)i->expires_s);
	b->failed |= numbers.failed || numbers.len != NUMBERS_LEN;
	buf_le32_block(b, i->kind, strlen(i->kind));
	buf_le32_block(b, i->key, strlen(i->key));
	buf_le32_block(b, numbers.p, numbers.len);
	for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
		buf_le32_block(b, texts[k], strlen(texts[k]));
	buf_le32_block(b, i->sha256, sizeof i->sha256);
	buf_le32_block(b, i->bytes.data, i->bytes.len);
}

bool worker_judge(struct worker *w, const struct frame *f, struct block out[2], struct att_error *e)
{
	struct blob_list pieces;
	struct att_endorsement_list *l = NULL;
	struct att_error why = { 0 };
	struct att_bytes *list;
	struct file_facts *facts;
	struct buf b = buf_make(w->request);
	/* Of the offline folder only what gets out of date is kept by the front; workers have the
	 * rest. */
	bool is_folder = rd_empty(&f->block[1]);
	size_t n;

	if (!blobs_decode(w->request, f->block[0], &pieces, e))
		return false;
	list = arena_array(w->request, pieces.n + 1, sizeof *list);
	facts = arena_array(w->request, pieces.n + 1, sizeof *facts);
	if (!list || !facts)
		return arena_fail(w->request, e);
	for (size_t i = 0; i < pieces.n; i++)
		list[i] = (struct att_bytes){ rd_ptr(&pieces.item[i]), rd_left(&pieces.item[i]) };
	out[0] = out[1] = block_text("");
	n = is_folder ? drop_unreadable(w, list, facts, pieces.n, true) : pieces.n;
	if (!att_endorsements_read(list, n, w->anchors, w->nanchors, worker_now_s(w), &l, &why)) {
		out[0] =
		    block_text(arena_strdup(w->request, why.text[0] ? why.text : "unreadable"));
		return out[0].n > 0 || arena_fail(w->request, e);
	}
	for (size_t i = 0; i < l->n; i++)
		if (!is_folder || AMONG(dated_kinds, l->item[i].kind))
			put_judged(&b, &l->item[i]);
	att_endorsements_read_free(l);
	out[1] = (struct block){ b.p ? b.p : "", b.len };
	return buf_ok(&b, e);
}

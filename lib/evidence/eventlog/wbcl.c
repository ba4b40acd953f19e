#include "lib/evidence/eventlog/wbcl.h"

#define BOX_BIT 0x40000000U
#define UNMEASURED_BIT 0x80000000U
#define WBCL_PCRS 0x7000U               /* 12, 13, 14: closed by the loader */
/* 19, 20: measured by a secure launch, which nothing later can redo */
#define DRTM_PCRS 0x180000U
#define TAG_IDKS 0x00050023U

static const struct sipa_row rows[] = {
#define X(tag, name, payload) { tag, name, SIPA_##payload },
#include "lib/evidence/eventlog/wbcl.tbl"
#undef X
};
#define NROWS (sizeof rows / sizeof rows[0])

const struct sipa_row *sipa_row(uint32_t tag)
{
	for (size_t i = 0; i < NROWS; i++)
		if (rows[i].tag == tag)
			return &rows[i];
	return NULL;
}

bool sipa_is_box(uint32_t tag)
{
	return tag & BOX_BIT;
}

/*
 * The reading of one tree: open containers are on a stack, so that no depth of nesting costs
 * calls.
 */
struct reading {
	struct arena *a;
	struct sipa_tree t;
	size_t cap;
	size_t open[SIPA_DEPTH_MAX];            /* nodes of the open containers */
	struct rd rest[SIPA_DEPTH_MAX + 1];     /* what is unread at each level */
	size_t depth;
};

static bool grow(struct reading *r, struct att_error *e)
{
	size_t more = r->cap ? 2 * r->cap : 32;
	struct sipa_node *v;

	if (r->t.n == SIPA_NODES_MAX)
		return att_fail(e, ATT_E_LIMIT, "SIPA: more than %d tags in one event",
		    SIPA_NODES_MAX);
	if (r->t.n < r->cap)
		return true;
	v = arena_array(r->a, more, sizeof *v);
	if (!v)
		return arena_fail(r->a, e);
	bytes_copy(v, r->t.v, r->t.n * sizeof *v);
	r->t.v = v;
	r->cap = more;
	return true;
}

static bool read_tag(struct reading *r, struct att_error *e)
{
	struct rd *in = &r->rest[r->depth];
	size_t off = rd_off(in);
	struct sipa_node n = { .depth = (uint8_t)r->depth };

	if (!grow(r, e))
		return false;
	if (!rd_le32(in, &n.tag) || !rd_le32_block(in, &n.data))
		return att_fail(e, ATT_E_TRUNCATED,
		    "SIPA: tag at offset %zu goes past the end of what it is in", off);
	n.row = sipa_row(n.tag);
	n.unmeasured = (n.tag & UNMEASURED_BIT) ||
	    (r->depth && r->t.v[r->open[r->depth - 1]].unmeasured);
	n.after = r->t.n + 1;
	r->t.v[r->t.n++] = n;
	if (!sipa_is_box(n.tag))
		return true;
	if (r->depth == SIPA_DEPTH_MAX)
		return att_fail(e, ATT_E_LIMIT,
		    "SIPA: tag at offset %zu is nested deeper than %d levels", off,
		    SIPA_DEPTH_MAX);
	r->open[r->depth++] = r->t.n - 1;
	r->rest[r->depth] = n.data;
	return true;
}

bool sipa_parse(struct rd in, struct arena *a, struct sipa_tree *out, struct att_error *e)
{
	struct reading r = { .a = a };

	r.rest[0] = rd_make(rd_ptr(&in), rd_left(&in));
	while (r.depth || !rd_empty(&r.rest[0])) {
		if (!rd_empty(&r.rest[r.depth])) {
			if (!read_tag(&r, e))
				return false;
			continue;
		}
		r.depth--;
		r.t.v[r.open[r.depth]].after = r.t.n;
	}
	*out = r.t;
	return true;
}

bool sipa_value(const struct sipa_node *n, uint64_t *out)
{
	struct rd in = n->data;
	uint32_t u32;
	uint8_t u8;
	bool ok = false;

	if (!n->row)
		return false;
	if (n->row->payload == SIPA_BOOL) {
		ok = rd_u8(&in, &u8) && u8 <= 1;
		*out = ok ? u8 : 0;
	} else if (n->row->payload == SIPA_U32) {
		ok = rd_le32(&in, &u32);
		*out = ok ? u32 : 0;
	} else if (n->row->payload == SIPA_U64) {
		ok = rd_le64(&in, out);
	}
	return ok && rd_empty(&in);
}

static void note_value(struct wbcl *w, const struct sipa_node *n)
{
	struct wbcl_fact *f = &w->facts[n->row - rows];
	uint64_t v;

	f->n++;
	if (n->row->payload == SIPA_BOX || n->row->payload == SIPA_WIDE ||
	    n->row->payload == SIPA_RAW)
		return;
	if (!sipa_value(n, &v)) {
		f->nmalformed++;
		return;
	}
	f->nzero += v == 0;
	f->first = f->n - f->nmalformed == 1 ? v : f->first;
	f->last = v;
}

/* spec: maa-tpm §4 */
static bool read_key(struct rd in, struct wbcl_key *k)
{
	uint32_t exponent_len, modulus_len;

	return rd_le32(&in, &k->alg) && rd_le32(&in, &k->bits) && rd_le32(&in, &exponent_len) &&
	    rd_le32(&in, &modulus_len) && rd_take(&in, exponent_len, &k->exponent) &&
	    rd_take(&in, modulus_len, &k->modulus) && rd_empty(&in);
}

static bool same(struct rd a, struct rd b)
{
	return bytes_order(rd_ptr(&a), rd_left(&a), rd_ptr(&b), rd_left(&b)) == 0;
}

static void note_key(struct wbcl *w, const struct sipa_node *n)
{
	struct wbcl_key k = { 0 };

	if (!read_key(n->data, &k)) {
		w->idks.malformed = true;
		w->idks.n++;
		return;
	}
	if (w->idks.n > 0)
		w->idks.conflict = w->idks.conflict || k.alg != w->idks.alg ||
		    !same(k.exponent, w->idks.exponent) ||
		    !same(k.modulus, w->idks.modulus);
	else
		w->idks = k;
	w->idks.n++;
}

static void note_tree(struct wbcl *w, const struct sipa_tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].unmeasured || !t->v[i].row)
			continue;
		note_value(w, &t->v[i]);
		if (t->v[i].tag == TAG_IDKS)
			note_key(w, &t->v[i]);
	}
}

/*
 * Does the event belong to a sound PCR's trees?  Separators do; anything else must be a covered
 * tree.
 */
static bool event_fits(const struct eventlog_marks *m, size_t i, struct arena *a,
    struct sipa_tree *t, bool *fits,
    struct att_error *e)
{
	const struct eventlog_mark *mark = &m->of[i];
	struct att_error why = { 0 };

	*fits = mark->separator == SEPARATOR_WBCL;
	if (*fits || mark->cover != COVER_ALL || mark->doubt != DOUBT_NONE)
		return true;
	*fits = sipa_parse(mark->covered, a, t, &why);
	if (*fits || (why.code != ATT_E_NOMEM && !arena_hit_limit(a)))
		return true;
	return arena_fail(a, e);
}

static uint32_t may_be_sound(const struct eventlog_marks *m)
{
	uint32_t closed = m->closed & ~m->twice & WBCL_PCRS;

	return m->replay->matched & (closed | DRTM_PCRS);
}

bool wbcl_read(const struct eventlog_marks *m, struct arena *a, struct wbcl *out,
    struct att_error *e)
{
	struct wbcl w = { .present = m->closed & WBCL_PCRS, .sound = may_be_sound(m) };
	const struct eventlog *l = m->log;

	w.facts = arena_array(a, NROWS, sizeof *w.facts);
	w.trees = arena_array(a, l->n, sizeof *w.trees);
	if (!w.facts || !w.trees)
		return arena_fail(a, e);
	for (size_t i = 0; i < l->n; i++) {
		const struct eventlog_event *ev = &l->events[i];
		uint32_t bit = 1U << (ev->pcr & 31);
		bool fits;

		if (!eventlog_extends(ev) || !(bit & (WBCL_PCRS | DRTM_PCRS)))
			continue;
		if (!event_fits(m, i, a, &w.trees[i], &fits, e))
			return false;
		if (!fits)
			w.sound &= ~bit;
	}
	w.unsound = m->replay->logged & (WBCL_PCRS | DRTM_PCRS) & ~w.sound;
	for (size_t i = 0; i < l->n; i++) {
		if (!(w.sound >> (l->events[i].pcr & 31) & 1))
			w.trees[i] = (struct sipa_tree){ 0 };
		w.present = w.present || w.trees[i].n > 0;
		note_tree(&w, &w.trees[i]);
	}
	*out = w;
	return true;
}

struct wbcl_fact wbcl_fact(const struct wbcl *w, uint32_t tag)
{
	const struct sipa_row *row = sipa_row(tag);

	return row ? w->facts[row - rows] : (struct wbcl_fact){ 0 };
}

bool wbcl_all_zero(const struct wbcl *w, uint32_t tag)
{
	struct wbcl_fact f = wbcl_fact(w, tag);

	return f.n > 0 && f.nzero == f.n;
}

bool wbcl_all_set(const struct wbcl *w, uint32_t tag)
{
	struct wbcl_fact f = wbcl_fact(w, tag);

	return f.n > 0 && f.nzero == 0 && f.nmalformed == 0;
}

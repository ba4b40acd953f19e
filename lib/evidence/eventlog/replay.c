/* replay.c - digests to PCR values, and which event explains a value that does not come out. */
#include "lib/evidence/eventlog/parts.h"

#define DRTM_FIRST 17
#define DRTM_LAST 22
#define DRTM_PCRS 0x7E0000U

/* The events of one PCR in order. */
struct chain {
	const struct eventlog *l;
	enum digest_alg bank;
	struct crypto *c;
	size_t len;                     /* of a digest */
	const size_t *ev;               /* indices in l->events */
	size_t n;
	uint8_t start[DIGEST_MAX];
	const uint8_t *want;
	size_t budget;                  /* digests that the search may still compute */
};

static bool extend(struct crypto *c, enum digest_alg bank, uint8_t *pcr, const uint8_t *digest_in,
    struct att_error *e)
{
	uint8_t both[2 * DIGEST_MAX];
	size_t n = digest_len(bank);

	bytes_copy(both, pcr, n);
	bytes_copy(both + n, digest_in, n);
	return digest(c, bank, both, 2 * n, pcr, e);
}

static bool is_wanted(const struct chain *ch, const uint8_t *pcr)
{
	return bytes_order(pcr, ch->len, ch->want, ch->len) == 0;
}

/*
 * Does the PCR come out from `prefix`, then the digest `first` if there is one, then events
 * [from, n)?
 */
static bool tail_matches(struct chain *ch, const uint8_t *prefix, size_t from, const uint8_t *first,
    bool *hit,
    struct att_error *e)
{
	uint8_t pcr[DIGEST_MAX];

	*hit = false;
	if (ch->budget < ch->n - from + 1) {
		ch->budget = 0;
		return true;
	}
	ch->budget -= ch->n - from + 1;
	bytes_copy(pcr, prefix, ch->len);
	if (first && !extend(ch->c, ch->bank, pcr, first, e))
		return false;
	for (size_t i = from; i < ch->n; i++)
		if (!extend(ch->c, ch->bank, pcr, eventlog_digest(ch->l, ch->ev[i], ch->bank), e))
			return false;
	*hit = is_wanted(ch, pcr);
	return true;
}

static bool swapped_matches(struct chain *ch, const uint8_t *prefix, size_t i, bool *hit,
    struct att_error *e)
{
	uint8_t pcr[DIGEST_MAX];

	*hit = false;
	if (i + 1 == ch->n)
		return true;
	bytes_copy(pcr, prefix, ch->len);
	return extend(ch->c, ch->bank, pcr, eventlog_digest(ch->l, ch->ev[i + 1], ch->bank), e) &&
	    tail_matches(ch, pcr, i + 2, eventlog_digest(ch->l, ch->ev[i], ch->bank), hit, e);
}

/* What the event's digest would be if it were that of its data. */
static bool redigested_matches(struct chain *ch, const uint8_t *prefix, size_t i, bool *hit,
    struct att_error *e)
{
	const struct eventlog_event *ev = &ch->l->events[ch->ev[i]];
	enum eventlog_cover_rule rule = eventlog_type(ev->type)->rule;
	struct rd data = ev->data;
	struct efi_variable v;
	struct hash h;

	*hit = false;
	if (rule == RULE_OTHER || rule == RULE_NOTHING)
		return true;
	if (rule == RULE_TEXT)
		data = ipl_read(data).text;
	if (!hash_of(ch->c, ch->bank, rd_ptr(&data), rd_left(&data), &h, e) ||
	    !tail_matches(ch, prefix, i + 1, h.p, hit, e))
		return false;
	if (*hit || ev->type != EV_EFI_VARIABLE_BOOT || !efi_variable_read(ev->data, &v, NULL))
		return true;
	return hash_of(ch->c, ch->bank, rd_ptr(&v.data), rd_left(&v.data), &h, e) &&
	    tail_matches(ch, prefix, i + 1, h.p, hit, e);
}

/* Is there one change at event i, behind `prefix`, that makes the PCR come out? */
static bool explain_at(struct chain *ch, const uint8_t *prefix, size_t i,
    struct eventlog_divergence *d,
    bool *hit, struct att_error *e)
{
	d->event = ch->ev[i];
	*hit = is_wanted(ch, prefix);
	d->kind = DIVERGENCE_APPENDED;
	if (*hit)
		return true;
	d->kind = DIVERGENCE_INSERTED;
	if (!tail_matches(ch, prefix, i + 1, NULL, hit, e) || *hit)
		return *hit;
	d->kind = DIVERGENCE_SWAPPED;
	if (!swapped_matches(ch, prefix, i, hit, e) || *hit)
		return *hit;
	d->kind = DIVERGENCE_DIGEST;
	return redigested_matches(ch, prefix, i, hit, e);
}

/* The first event whose digest should cover its data and does not. */
static bool first_uncovered(struct chain *ch, struct eventlog_divergence *d, struct att_error *e)
{
	for (size_t i = 0; i < ch->n; i++) {
		struct eventlog_mark m;
		enum eventlog_quirk quirk;

		if (!cover_find(ch->l, ch->ev[i], ch->bank, ch->c, &m, &quirk, e))
			return false;
		if (m.doubt == DOUBT_UNCOVERED) {
			*d = (struct eventlog_divergence){ DIVERGENCE_DATA, ch->ev[i] };
			return true;
		}
	}
	*d = (struct eventlog_divergence){ DIVERGENCE_UNKNOWN, ch->ev[0] };
	return true;
}

static bool explain(struct chain *ch, struct eventlog_divergence *d, struct att_error *e)
{
	uint8_t prefix[DIGEST_MAX];
	bool hit;

	bytes_copy(prefix, ch->start, ch->len);
	for (size_t i = 0; i < ch->n && ch->budget > 0; i++) {
		if (!explain_at(ch, prefix, i, d, &hit, e))
			return false;
		if (hit)
			return true;
		if (!extend(ch->c, ch->bank, prefix, eventlog_digest(ch->l, ch->ev[i], ch->bank),
		    e))
			return false;
	}
	return first_uncovered(ch, d, e);
}

/* Values after reset. spec: tpm-eventlog §2.4 */
static void reset(const struct eventlog *l, struct eventlog_replay *r)
{
	bool drtm;

	for (size_t i = 0; l && !r->no_bank && i < l->n; i++)
		if (eventlog_extends(&l->events[i]))
			r->logged |= 1U << l->events[i].pcr;
	drtm = r->logged & DRTM_PCRS;
	for (uint32_t p = DRTM_FIRST; p <= DRTM_LAST && !drtm; p++)
		for (size_t i = 0; i < digest_len(r->bank); i++)
			r->value[p][i] = 0xFF;
	if (l && (r->logged & 1))
		r->value[0][digest_len(r->bank) - 1] = l->locality;
}

static bool run(const struct eventlog *l, struct crypto *c, struct eventlog_replay *r,
    struct att_error *e)
{
	for (size_t i = 0; r->logged && i < l->n; i++) {
		const struct eventlog_event *ev = &l->events[i];

		if (eventlog_extends(ev) &&
		    !extend(c, r->bank, r->value[ev->pcr], eventlog_digest(l, i, r->bank), e))
			return false;
	}
	return true;
}

static void compare(const struct pcr_bank *given, struct eventlog_replay *r)
{
	size_t n = digest_len(r->bank);

	for (uint32_t p = 0; p < PCR_COUNT; p++) {
		bool same = bytes_order(given->value[p], n, r->value[p], n) == 0,
		    logged = r->logged >> p & 1;
		uint32_t *mask = same ? (logged ? &r->matched : &r->untouched) : logged ?
		    &r->differs : &r->unlogged;

		if (pcr_given(given, p))
			*mask |= 1U << p;
	}
}

static size_t collect(const struct eventlog *l, uint32_t pcr, size_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (eventlog_extends(&l->events[i]) && l->events[i].pcr == pcr)
			out[n++] = i;
	return n;
}

static bool search(const struct eventlog *l, const struct pcr_bank *given, struct crypto *c,
    struct arena *a,
    struct eventlog_replay *r, struct att_error *e)
{
	size_t *ev = arena_borrow(a, (l->n + 1) * sizeof *ev), budget = EVENTLOG_SEARCH_MAX;
	bool ok = ev != NULL;

	if (!ev)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	for (uint32_t p = 0; ok && p < PCR_COUNT; p++) {
		struct chain ch = { .l = l, .bank = r->bank, .c = c, .len = digest_len(r->bank),
		    .ev = ev,
		    .want = given->value[p], .budget = budget };

		if (!(r->differs >> p & 1))
			continue;
		ch.n = collect(l, p, ev);
		if (p == 0)
			ch.start[ch.len - 1] = l->locality;
		ok = explain(&ch, &r->divergence[p], e);
		budget = ch.budget;
		if (ok && r->divergence[p].event < r->first)
			r->first = r->divergence[p].event;
	}
	arena_return(a, ev);
	return ok;
}

bool eventlog_replay(const struct eventlog *l, const struct pcr_bank *given, struct crypto *c,
    struct arena *a,
    struct eventlog_replay *out, struct att_error *e)
{
	struct eventlog_replay t = { .bank = given->alg, .no_log = !l, .first = EVENTLOG_NONE };

	t.given = given->mask & ((1U << PCR_COUNT) - 1);
	t.no_bank = !l || !(l->banks >> given->alg & 1);
	for (size_t p = 0; p < PCR_COUNT; p++)
		t.divergence[p].event = EVENTLOG_NONE;
	reset(l, &t);
	if (!run(l, c, &t, e))
		return false;
	compare(given, &t);
	if (t.differs && !search(l, given, c, a, &t, e))
		return false;
	*out = t;
	return true;
}

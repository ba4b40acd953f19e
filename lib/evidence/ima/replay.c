/* replay.c - the prefix of a list that yields a PCR's value. spec: tpm-eventlog §5 */
#include "lib/evidence/ima/parts.h"

struct run {
	struct crypto *c;
	enum digest_alg bank;
	enum ima_rule rule;
	uint32_t pcr;
	const struct ima_viewer *viewer;        /* NULL: nobody */
	enum digest_alg listed;         /* algorithm of the list's template hashes */
	uint8_t value[DIGEST_MAX];
	struct ima_result *r;
	/* an entry's data is not what was extended: nothing behind it is proven */
	bool broken;
};

static enum digest_alg alg_of_len(size_t n)
{
	enum digest_alg alg = DIGEST_SHA1;

	while (alg < DIGEST_SHA512 && digest_len(alg) != n)
		alg++;
	return alg;
}

/*
 * What the kernel extended: ones for a violation, else a digest of the data or the padded
 * template hash.
 */
static bool extension(const struct run *u, const struct ima_entry *en, struct rd measured, uint8_t *out,
    struct att_error *e)
{
	size_t n = digest_len(u->bank), listed = rd_left(&en->template_hash);

	if (!en->violation && u->rule == IMA_RULE_BANK)
		return digest(u->c, u->bank, rd_ptr(&measured), rd_left(&measured), out, e);
	for (size_t i = 0; i < n; i++)
		out[i] = en->violation ? 0xFF : 0;
	if (!en->violation)
		bytes_copy(out, rd_ptr(&en->template_hash), listed < n ? listed : n);
	return true;
}

/* Is the listed template hash that of the data?  A violation has none; own is the bank's digest of it. */
static bool check_hash(const struct run *u, struct ima_step *step, struct rd measured, const uint8_t *own,
    struct att_error *e)
{
	const struct ima_entry *en = step->entry;
	const uint8_t *h = own;
	uint8_t computed[DIGEST_MAX];

	step->hash_ok = en->violation ||
	    (step->sha256 && u->viewer && u->viewer->known(u->viewer->state, step));
	if (step->hash_ok)
		return true;
	if (u->rule == IMA_RULE_PADDED || u->listed != u->bank) {
		if (!digest(u->c, u->listed, rd_ptr(&measured), rd_left(&measured), computed, e))
			return false;
		h = computed;
	}
	step->hash_ok = bytes_order(h, digest_len(u->listed), rd_ptr(&en->template_hash),
	    rd_left(&en->template_hash)) == 0;
	return true;
}

static void note_bad_hash(struct run *u, const struct ima_entry *en)
{
	u->r->first_bad_hash = u->r->bad_hashes++ ? u->r->first_bad_hash : en->index;
	u->broken = u->broken || u->rule == IMA_RULE_PADDED || u->listed == u->bank;
}

static bool extend(struct run *u, struct ima_step *step, struct att_error *e)
{
	uint8_t both[2 * DIGEST_MAX], old[IMA_OLD_LEN];
	size_t n = digest_len(u->bank);
	uint8_t *own = both + n;
	struct rd measured;

	if (!ima_measured(step->entry, old, &measured, e) || !extension(u, step->entry, measured, own, e))
		return false;
	if (u->bank == DIGEST_SHA256 && u->rule == IMA_RULE_BANK && !step->entry->violation)
		step->sha256 = own;
	if (!check_hash(u, step, measured, own, e))
		return false;
	if (!step->hash_ok)
		note_bad_hash(u, step->entry);
	bytes_copy(both, u->value, n);
	return digest(u->c, u->bank, both, 2 * n, u->value, e) &&
	    (!u->viewer || u->viewer->entry(u->viewer->state, step, e));
}

static bool one(struct run *u, const struct ima_list *l, const struct ima_entry *en, struct att_error *e)
{
	struct ima_step step = { .template = &l->template, .entry = en };

	if (en->pcr != u->pcr) {
		u->r->other_pcr++;
		return true;
	}
	if (en->violation)
		u->r->first_violation = u->r->violations++ ? u->r->first_violation : en->index;
	return extend(u, &step, e);
}

static void begin(struct run *u)
{
	*u->r = (struct ima_result){ .first_violation = SIZE_MAX, .first_bad_hash = SIZE_MAX,
	    .rule = u->rule };
	if (u->viewer)
		u->viewer->begin(u->viewer->state);
}

static void note_match(struct run *u, const struct ima_list *l, const struct pcr_bank *given)
{
	u->r->matched = !u->broken &&
	    bytes_order(u->value, digest_len(u->bank), given->value[u->pcr],
	    digest_len(u->bank)) == 0;
	u->r->prefix = u->r->matched ? l->index : 0;
	u->r->prefix_bytes = u->r->matched ? rd_off(&l->in) : 0;
}

/*
 * Digests up to the match; behind it entries are only counted, which also shows that the list is
 * well-formed.
 */
static bool run(struct run *u, struct ima_list l, const struct pcr_bank *given, struct att_error *e)
{
	struct ima_entry en;
	bool more = true;

	begin(u);
	note_match(u, &l, given);
	for (;;) {
		if (!ima_next(&l, &en, &more, e))
			return false;
		if (!more)
			break;
		if (u->r->matched)
			continue;
		if (!one(u, &l, &en, e))
			return att_within(e, "IMA list: entry %zu", en.index);
		note_match(u, &l, given);
	}
	u->r->entries = l.index;
	return true;
}

bool ima_replay_viewed(struct rd list, const struct ima_viewed *v, struct crypto *c, struct arena *a,
    struct ima_result *out, struct att_error *e)
{
	struct ima_result first, second;
	struct run u = { .c = c, .bank = v->given->alg, .pcr = v->pcr, .viewer = v->viewer, .r = &first };
	struct ima_list l;

	if (!pcr_given(v->given, v->pcr))
		return att_fail(e, ATT_E_UNSUPPORTED, "IMA list: no value of PCR %u was given",
		    v->pcr);
	if (!ima_open(list, a, &l, e))
		return false;
	u.listed = l.hash_len ? alg_of_len(l.hash_len) : DIGEST_SHA1;
	if (!run(&u, l, v->given, e))
		return false;
	if (!first.matched && u.listed == DIGEST_SHA1 && u.bank != DIGEST_SHA1) {
		struct run again = { .c = c, .bank = u.bank, .pcr = v->pcr, .viewer = v->viewer,
		    .listed = u.listed, .r = &second, .rule = IMA_RULE_PADDED };

		if (!run(&again, l, v->given, e))
			return false;
		first = second.matched ? second : first;
	}
	*out = first;
	return true;
}

bool ima_replay(struct rd list, const struct pcr_bank *given, uint32_t pcr, struct crypto *c,
    struct arena *a, struct ima_result *out, struct att_error *e)
{
	const struct ima_viewed v = { .given = given, .pcr = pcr };

	return ima_replay_viewed(list, &v, c, a, out, e);
}

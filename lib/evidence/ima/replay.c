/* replay.c - the prefix of a list that yields a PCR's value. spec: tpm-eventlog §5 */
#include "lib/evidence/ima/parts.h"

struct run {
	struct crypto *c;
	enum digest_alg bank;
	enum ima_rule rule;
	uint32_t pcr;
	bool check_hashes;              /* the list's template hashes against the data */
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

/* Is the listed template hash that of the data?  A violation has none. */
static bool check_hash(struct run *u, const struct ima_entry *en, struct rd measured, bool *ok,
    struct att_error *e)
{
	uint8_t h[DIGEST_MAX];

	*ok = true;
	if (en->violation)
		return true;
	if (!digest(u->c, u->listed, rd_ptr(&measured), rd_left(&measured), h, e))
		return false;
	*ok = bytes_order(h, digest_len(u->listed), rd_ptr(&en->template_hash),
	    rd_left(&en->template_hash)) == 0;
	return true;
}

/*
 * What the kernel extended: ones for a violation, else a digest of the data or the padded
 * template hash.
 */
static bool extension(struct run *u, const struct ima_entry *en, struct rd measured, uint8_t *out,
    struct att_error *e)
{
	size_t n = digest_len(u->bank), listed = rd_left(&en->template_hash);

	for (size_t i = 0; i < n; i++)
		out[i] = en->violation ? 0xFF : 0;
	if (en->violation)
		return true;
	/* The list has that very digest already, if its template hashes are of the bank. */
	if (u->rule == IMA_RULE_PADDED || u->listed == u->bank) {
		bytes_copy(out, rd_ptr(&en->template_hash), listed < n ? listed : n);
		return true;
	}
	return digest(u->c, u->bank, rd_ptr(&measured), rd_left(&measured), out, e);
}

static bool extend(struct run *u, const struct ima_entry *en, struct att_error *e)
{
	uint8_t both[2 * DIGEST_MAX], old[IMA_OLD_LEN];
	size_t n = digest_len(u->bank);
	struct rd measured;
	bool ok;

	if (!ima_measured(en, old, &measured, e) || !check_hash(u, en, measured, &ok, e))
		return false;
	if (!ok) {
		u->r->first_bad_hash = u->r->bad_hashes++ ? u->r->first_bad_hash : en->index;
		u->broken = u->broken || u->rule == IMA_RULE_PADDED || u->listed == u->bank;
	}
	bytes_copy(both, u->value, n);
	return extension(u, en, measured, both + n, e) &&
	    digest(u->c, u->bank, both, 2 * n, u->value, e);
}

static bool one(struct run *u, const struct ima_entry *en, struct att_error *e)
{
	if (en->pcr != u->pcr) {
		u->r->other_pcr++;
		return true;
	}
	if (en->violation)
		u->r->first_violation = u->r->violations++ ? u->r->first_violation : en->index;
	return extend(u, en, e);
}

static void begin(struct run *u)
{
	*u->r = (struct ima_result){ .first_violation = SIZE_MAX, .first_bad_hash = SIZE_MAX,
	    .rule = u->rule };
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
		if (!one(u, &en, e))
			return att_within(e, "IMA list: entry %zu", en.index);
		note_match(u, &l, given);
	}
	u->r->entries = l.index;
	return true;
}

bool ima_replay(struct rd list, const struct pcr_bank *given, uint32_t pcr, struct crypto *c,
    struct arena *a,
    struct ima_result *out, struct att_error *e)
{
	struct ima_result first, second;
	struct run u = { .c = c, .bank = given->alg, .pcr = pcr, .r = &first };
	struct ima_list l;

	if (!pcr_given(given, pcr))
		return att_fail(e, ATT_E_UNSUPPORTED, "IMA list: no value of PCR %u was given",
		    pcr);
	if (!ima_open(list, a, &l, e))
		return false;
	u.listed = l.hash_len ? alg_of_len(l.hash_len) : DIGEST_SHA1;
	if (!run(&u, l, given, e))
		return false;
	if (!first.matched && u.listed == DIGEST_SHA1 && u.bank != DIGEST_SHA1) {
		struct run v = { .c = c, .bank = given->alg, .pcr = pcr, .r = &second,
		    .rule = IMA_RULE_PADDED };

		if (!run(&v, l, given, e))
			return false;
		first = second.matched ? second : first;
	}
	*out = first;
	return true;
}

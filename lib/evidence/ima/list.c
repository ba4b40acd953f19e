/* list.c - binary lists; which kind of list it is; the walk. spec: tpm-eventlog §5 */
#include "lib/evidence/ima/parts.h"

/*
 * Lengths of template hashes: SHA-1 as ever; the others in the files that kernels since 6.10 have
 * for each bank.
 */
static const size_t hash_lens[] = { 20, 32, 48, 64 };
#define NHASH_LENS (sizeof hash_lens / sizeof hash_lens[0])

static bool read_header(struct rd *in, size_t hash_len, struct ima_entry *en, struct att_error *e)
{
	if (!rd_le32(in, &en->pcr) || !rd_take(in, hash_len, &en->template_hash) ||
	    !rd_le32_block(in, &en->template_name))
		return att_fail(e, ATT_E_TRUNCATED, "ends inside its header");
	if (en->pcr >= PCR_COUNT)
		return att_fail(e, ATT_E_BAD_FORMAT, "PCR %u, want 0 to %d", en->pcr,
		    PCR_COUNT - 1);
	en->violation = bytes_zero(rd_ptr(&en->template_hash), hash_len);
	return true;
}

/* Template "ima" has no length of its data: a digest, then a name with its length. */
static bool old_data(struct rd *in, struct rd *out)
{
	struct rd t = *in, name;

	if (!rd_skip(&t, 20) || !rd_le32_block(&t, &name))
		return false;
	return rd_take(in, rd_left(in) - rd_left(&t), out);
}

static bool binary_entry(struct ima_list *l, struct ima_entry *en, struct att_error *e)
{
	const struct ima_template *t;

	if (!read_header(&l->in, l->hash_len, en, e))
		return false;
	t = template_of(l, en->template_name, e);
	if (!t)
		return false;
	if (!(t->old ? old_data(&l->in, &en->data) : rd_le32_block(&l->in, &en->data)))
		return att_fail(e, ATT_E_TRUNCATED, "its data goes past the end of the list");
	if (rd_left(&en->data) > IMA_DATA_MAX)
		return att_fail(e, ATT_E_LIMIT, "%zu bytes of template data, at most %d",
		    rd_left(&en->data),
		    IMA_DATA_MAX);
	return template_read(t, en, e);
}

/* Takes a line without its end; the last may have none. */
static struct rd line_take(struct rd *in)
{
	const uint8_t *p = rd_ptr(in);
	size_t n = 0;
	struct rd line = rd_make(NULL, 0);

	while (n < rd_left(in) && p[n] != '\n')
		n++;
	if (!rd_take(in, n, &line) || (!rd_empty(in) && !rd_skip(in, 1)))
		return line;
	return line;
}

struct rd word_take(struct rd *in)
{
	const uint8_t *p = rd_ptr(in);
	size_t n = 0;
	struct rd word = rd_make(NULL, 0);

	while (n < rd_left(in) && p[n] != ' ')
		n++;
	if (!rd_take(in, n, &word) || (!rd_empty(in) && !rd_skip(in, 1)))
		return word;
	return word;
}

static bool next(struct ima_list *l, struct ima_entry *en, struct att_error *e)
{
	return l->ascii ? ascii_entry(l, line_take(&l->in), en, e) : binary_entry(l, en, e);
}

bool ima_next(struct ima_list *l, struct ima_entry *out, bool *more, struct att_error *e)
{
	struct rd before = l->in;

	*more = !rd_empty(&l->in);
	if (!*more)
		return true;
	if (l->index == IMA_ENTRIES_MAX)
		return att_fail(e, ATT_E_LIMIT, "IMA list: more than %d entries", IMA_ENTRIES_MAX);
	*out = (struct ima_entry){ .index = l->index, .offset = rd_off(&l->in) };
	if (!next(l, out, e)) {
		l->in = before;
		return att_within(e, "IMA list: entry %zu at offset %zu", out->index, out->offset);
	}
	l->index++;
	return true;
}

/*
 * The length of template hashes with which the first entry has a template that we know; 0: with
 * none.
 */
static size_t find_hash_len(struct rd in)
{
	for (size_t i = 0; i < NHASH_LENS; i++) {
		struct ima_entry en = { 0 };
		struct ima_template t;
		struct rd at = in;

		if (read_header(&at, hash_lens[i], &en, NULL) &&
		    template_find(en.template_name, &t, NULL))
			return hash_lens[i];
	}
	return 0;
}

/* The PCR in decimal, then a hash in hex: its length tells that of all. */
static size_t find_ascii_hash_len(struct rd in)
{
	size_t n;
	struct rd hash;

	(void)word_take(&in);
	hash = word_take(&in);
	n = rd_left(&hash) / 2;
	for (size_t i = 0; i < NHASH_LENS; i++)
		if (hash_lens[i] == n && rd_left(&hash) % 2 == 0)
			return n;
	return 0;
}

/*
 * A binary list begins with a PCR as four bytes; an ascii one with its digits and a space, or a
 * space ahead.
 */
static bool looks_ascii(struct rd in)
{
	uint8_t b;
	size_t n = 0;

	while (rd_u8(&in, &b) && b == ' ')
		n++;
	while (b >= '0' && b <= '9' && n < 4) {
		n++;
		if (!rd_u8(&in, &b))
			return false;
	}
	return n > 0 && b == ' ';
}

bool ima_open(struct rd in, struct arena *a, struct ima_list *out, struct att_error *e)
{
	struct ima_list l = { .in = rd_make(rd_ptr(&in), rd_left(&in)),
	    .template_name = rd_make(NULL, 0) };

	if (rd_left(&in) > IMA_LIST_MAX)
		return att_fail(e, ATT_E_LIMIT, "IMA list: %zu bytes, at most %zu", rd_left(&in),
		    IMA_LIST_MAX);
	if (rd_empty(&in)) {
		*out = l;
		return true;
	}
	l.ascii = looks_ascii(in);
	l.hash_len = l.ascii ? find_ascii_hash_len(in) : find_hash_len(in);
	if (l.hash_len == 0)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "IMA list: its first entry is neither binary nor ascii");
	if (l.ascii) {
		/* Template data is never longer than its line: hex and names shrink or stay. */
		l.room_len = rd_left(&in) < IMA_DATA_MAX ? 2 * rd_left(&in) + 64 : IMA_DATA_MAX;
		l.room = arena_alloc(a, l.room_len);
		if (!l.room)
			return arena_fail(a, e);
	}
	*out = l;
	return true;
}

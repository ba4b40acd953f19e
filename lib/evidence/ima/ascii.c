/*
 * ascii.c - one line of an ascii list, put together again as the template data that was measured.
 */
#include "lib/base/hex.h"
#include "lib/evidence/ima/parts.h"

/* The room that an entry's template data is written to. */
struct room { uint8_t *p; size_t len, used; bool full; };

static void put(struct room *r, const void *p, size_t n)
{
	r->full = r->full || n > r->len - r->used;
	if (r->full)
		return;
	bytes_copy(r->p + r->used, p, n);
	r->used += n;
}

static void put_le32(struct room *r, size_t v)
{
	uint8_t p[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	put(r, p, sizeof p);
}

static bool put_hex(struct room *r, struct rd text, struct att_error *e)
{
	size_t n = rd_left(&text) / 2;

	r->full = r->full || n > r->len - r->used;
	if (r->full)
		return true;
	if (!hex_decode((const char *)rd_ptr(&text), rd_left(&text), r->p + r->used, n, e))
		return false;
	r->used += n;
	return true;
}

/* Where the last colon of a word is; its length when it has none. */
static size_t last_colon(struct rd word)
{
	const uint8_t *p = rd_ptr(&word);
	size_t n = rd_left(&word);

	for (size_t i = n; i > 0; i--)
		if (p[i - 1] == ':')
			return i - 1;
	return n;
}

/* "sha256:HEX" to "sha256:" NUL and bytes. */
static bool put_digest(struct room *r, struct rd word, struct att_error *e)
{
	size_t colon = last_colon(word);
	struct rd text;

	if (!rd_take(&word, colon + 1, &text))
		return att_fail(e, ATT_E_BAD_FORMAT, "digest without an algorithm");
	put_le32(r, colon + 2 + rd_left(&word) / 2);
	put(r, rd_ptr(&text), rd_left(&text));
	put(r, "", 1);
	return put_hex(r, word, e);
}

static bool put_field(struct room *r, enum ima_field f, struct rd word, struct att_error *e)
{
	switch (f) {
	case IMA_D: return put_hex(r, word, e);
	case IMA_N: put_le32(r, rd_left(&word)); put(r, rd_ptr(&word), rd_left(&word)); return true;
	case IMA_N_NG: put_le32(r, rd_left(&word) + 1); put(r, rd_ptr(&word),
	    rd_left(&word)); put(r, "", 1); return true;
	case IMA_D_NG:
	case IMA_D_NGV2: return put_digest(r, word, e);
	case IMA_D_MODSIG:
		if (!rd_empty(&word))
			return put_digest(r, word, e);
		put_le32(r, 0);
		return true;
	case IMA_SIG:
	case IMA_BUF:
	case IMA_MODSIG:
	case IMA_EVMSIG: put_le32(r, rd_left(&word) / 2); return put_hex(r, word, e);
	case IMA_OTHER: break;
	}
	return att_fail(e, ATT_E_UNSUPPORTED,
	    "ascii form of a template with attributes: give the binary list");
}

static bool read_pcr(struct rd word, uint32_t *out)
{
	uint32_t v = 0;
	uint8_t b;

	if (rd_empty(&word) || rd_left(&word) > 2)
		return false;
	while (rd_u8(&word, &b)) {
		if (b < '0' || b > '9')
			return false;
		v = 10 * v + (uint32_t)(b - '0');
	}
	*out = v;
	return v < PCR_COUNT;
}

static bool put_fields(struct room *r, const struct ima_template *t, struct rd line,
    struct att_error *e)
{
	for (size_t i = 0; i < t->n; i++) {
		/*
		 * Names have no spaces: the kernel writes them as underscores before it measures.
		 */
		struct rd word = word_take(&line);

		if (!put_field(r, t->fields[i], word, e))
			return att_within(e, "field %zu", i);
	}
	if (!rd_empty(&line))
		return att_fail(e, ATT_E_BAD_FORMAT, "%zu characters behind the last field",
		    rd_left(&line));
	if (r->full)
		return att_fail(e, ATT_E_LIMIT, "more than %d bytes of template data",
		    IMA_DATA_MAX);
	return true;
}

bool ascii_entry(struct ima_list *l, struct rd line, struct ima_entry *out, struct att_error *e)
{
	struct room hash = { .p = l->room, .len = l->hash_len },
	    data = { .p = l->room + l->hash_len,
	    .len = l->room_len - l->hash_len };
	const struct ima_template *t;
	struct rd word;

	while (!rd_empty(&line) && *rd_ptr(&line) == ' ' && rd_skip(&line, 1))
		;
	if (!read_pcr(word_take(&line), &out->pcr))
		return att_fail(e, ATT_E_BAD_FORMAT, "no PCR from 0 to %d at its start",
		    PCR_COUNT - 1);
	word = word_take(&line);
	if (rd_left(&word) != 2 * l->hash_len)
		return att_fail(e, ATT_E_BAD_FORMAT, "template hash of %zu digits, want %zu",
		    rd_left(&word),
		    2 * l->hash_len);
	if (!put_hex(&hash, word, e))
		return att_within(e, "template hash");
	out->template_name = word_take(&line);
	t = template_of(l, out->template_name, e);
	if (!t || !put_fields(&data, t, line, e))
		return false;
	out->template_hash = rd_make(hash.p, hash.used);
	out->violation = bytes_zero(hash.p, hash.used);
	out->data = rd_make(data.p, data.used);
	return template_read(t, out, e);
}

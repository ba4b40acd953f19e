#include "tests/unit/evidence/eventlog/kit.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"

#define LIMIT ((size_t)256 << 20)

static const struct { uint16_t id; const char *name; } banks[KIT_BANKS] = {
	{ 0x0004, "sha1" }, { 0x000B, "sha256" }, { 0x000C, "sha384" }, { 0x000D, "sha512" },
};

void kit_init(struct kit *k)
{
	*k = (struct kit){ 0 };
	k->c = crypto_new(&k->e);
	k->a = arena_new(LIMIT);
	assert_non_null(k->c);
	assert_non_null(k->a);
	kit_reset(k);
}

void kit_clear(struct kit *k)
{
	crypto_free(k->c);
	arena_free(k->a);
	*k = (struct kit){ 0 };
}

void kit_reset(struct kit *k)
{
	arena_reset(k->a);
	for (size_t i = 0; i < KIT_BANKS; i++)
		k->pcrs[i] = (struct pcr_bank){ .alg = (enum digest_alg)i };
}

struct rd kit_bytes(struct kit *k, const void *p, size_t n)
{
	void *d = arena_memdup(k->a, p, n);

	assert_non_null(d);
	return rd_make(d, n);
}

struct rd kit_text(struct kit *k, const char *s)
{
	return kit_bytes(k, s, strlen(s));
}

struct rd kit_take(struct kit *k, struct blob b)
{
	struct rd r = kit_bytes(k, b.p, b.n);

	blob_free(&b);
	return r;
}

void kit_pcr_hex(struct kit *k, enum digest_alg bank, uint32_t pcr, const char *hex)
{
	CHECK_OK(hex_decode(hex, strlen(hex), k->pcrs[bank].value[pcr], digest_len(bank), &k->e),
	    &k->e);
	k->pcrs[bank].mask |= 1U << pcr;
}

void kit_pcrs_text(struct kit *k, struct rd text)
{
	char *s = arena_strndup(k->a, (const char *)rd_ptr(&text), rd_left(&text)), *line;

	while ((line = strsep(&s, "\n"))) {
		char name[16], hex[2 * DIGEST_MAX + 1];
		unsigned pcr;

		if (sscanf(line, "%15s %u %128s", name, &pcr, hex) != 3)
			continue;
		for (size_t i = 0; i < KIT_BANKS; i++)
			if (strcmp(banks[i].name, name) == 0)
				kit_pcr_hex(k, (enum digest_alg)i, pcr, hex);
	}
}

struct rd kit_lab(struct kit *k, const char *capture)
{
	char path[128];

	(void)snprintf(path, sizeof path, "tests/vectors/lab/%s/pcrs.txt", capture);
	kit_pcrs_text(k, kit_take(k, repo_file(path)));
	(void)snprintf(path, sizeof path, "tests/vectors/lab/%s/binary_bios_measurements", capture);
	return kit_take(k, repo_file(path));
}

static void steps(struct kit *k)
{
	CHECK_OK(eventlog_mark(k->log, &k->r, k->c, k->a, &k->m, &k->e), &k->e);
	CHECK_OK(secureboot_read(&k->r, &k->m, k->c, k->a, &k->sb, &k->e), &k->e);
	CHECK_OK(bootchain_read(&k->m, &k->sb, k->a, &k->chain, &k->e), &k->e);
	CHECK_OK(wbcl_read(&k->m, k->a, &k->wbcl, &k->e), &k->e);
}

bool kit_run(struct kit *k, struct rd log, enum digest_alg bank)
{
	att_error_clear(&k->e);
	if (!eventlog_parse(log, k->a, &k->log, &k->e))
		return false;
	CHECK_OK(eventlog_replay(k->log, &k->pcrs[bank], k->c, k->a, &k->r, &k->e), &k->e);
	if (!k->r.no_bank)
		steps(k);
	return true;
}

bool kit_run_self(struct kit *k, struct rd log, enum digest_alg bank)
{
	struct pcr_bank *p = &k->pcrs[bank];

	att_error_clear(&k->e);
	*p = (struct pcr_bank){ .alg = bank };
	if (!eventlog_parse(log, k->a, &k->log, &k->e))
		return false;
	CHECK_OK(eventlog_replay(k->log, p, k->c, k->a, &k->r, &k->e), &k->e);
	bytes_copy(p->value, k->r.value, sizeof p->value);
	p->mask = (1U << PCR_COUNT) - 1;
	return kit_run(k, log, bank);
}

void items_of(struct kit *k, const struct eventlog *l, struct items *out)
{
	(void)k;
	*out = (struct items){ .n = l->n, .banks = l->banks, .agile = l->agile };
	assert_in_range(l->n, 0, ITEMS_MAX);
	for (size_t i = 0; i < l->n; i++) {
		out->v[i] = (struct item){ .pcr = l->events[i].pcr, .type = l->events[i].type,
		    .data = l->events[i].data };
		for (size_t b = 0; b < KIT_BANKS; b++)
			if (eventlog_digest(l, i, (enum digest_alg)b))
				bytes_copy(out->v[i].digest[b], eventlog_digest(l, i,
				    (enum digest_alg)b),
				    digest_len((enum digest_alg)b));
	}
}

static void le16(struct buf *b, uint16_t v)
{
	uint8_t p[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	buf_put(b, p, 2);
}

static void put_spec(struct buf *b, unsigned in)
{
	struct buf s = buf_make(b->a);
	static const uint8_t zero[20];
	uint32_t n = 0;

	for (size_t i = 0; i < KIT_BANKS; i++)
		n += in >> i & 1;
	buf_put(&s, "Spec ID Event03", 16);
	buf_le32(&s, 0);
	buf_put(&s, "\0\2\0\2", 4);
	buf_le32(&s, n);
	for (size_t i = 0; i < KIT_BANKS; i++)
		if (in >> i & 1) {
			le16(&s, banks[i].id);
			le16(&s, (uint16_t)digest_len((enum digest_alg)i));
		}
	buf_char(&s, 0);
	buf_le32(b, 0);
	buf_le32(b, EV_NO_ACTION);
	buf_put(b, zero, sizeof zero);
	buf_le32_block(b, s.p, s.len);
}

struct rd items_log(struct kit *k, const struct items *t)
{
	struct buf b = buf_make(k->a);

	if (t->agile)
		put_spec(&b, t->banks);
	for (size_t i = 0; i < t->n; i++) {
		const struct item *x = &t->v[i];

		buf_le32(&b, x->pcr);
		buf_le32(&b, x->type);
		if (t->agile)
			buf_le32(&b, (uint32_t)__builtin_popcount(t->banks));
		for (size_t j = 0; j < KIT_BANKS; j++)
			if (t->banks >> j & 1) {
				if (t->agile)
					le16(&b, banks[j].id);
				buf_put(&b, x->digest[j], digest_len((enum digest_alg)j));
			}
		buf_le32_block(&b, rd_ptr(&x->data), rd_left(&x->data));
	}
	assert_true(buf_ok(&b, NULL));
	return rd_make(b.p, b.len);
}

void items_insert(struct items *t, size_t at, const struct item *x)
{
	assert_in_range(t->n, 0, ITEMS_MAX - 1);
	for (size_t i = t->n; i > at; i--)
		t->v[i] = t->v[i - 1];
	t->v[at] = *x;
	t->n++;
}

void items_remove(struct items *t, size_t at)
{
	for (size_t i = at; i + 1 < t->n; i++)
		t->v[i] = t->v[i + 1];
	t->n--;
}

struct item item_of(struct kit *k, uint32_t pcr, uint32_t type, struct rd data, struct rd hashed)
{
	struct item x = { .pcr = pcr, .type = type, .data = data };

	for (size_t b = 0; b < KIT_BANKS && type != EV_NO_ACTION; b++)
		CHECK_OK(digest(k->c, (enum digest_alg)b, rd_ptr(&hashed), rd_left(&hashed),
		    x.digest[b], &k->e),
		    &k->e);
	return x;
}

struct rd kit_variable(struct kit *k, char guid, const char *name, struct rd data)
{
	static const struct { char letter; uint8_t guid[16]; } guids[] = {
		{ 'g', { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0,
		    0x98, 0x03, 0x2b, 0x8c } },
		{ 'd', { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0,
		    0x0e, 0x67, 0x65, 0x6f } },
		{ 's', { 0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43, 0xab, 0xb6, 0x3d, 0xd8,
		    0x10, 0xdd, 0x8b, 0x23 } },
		{ 0, { 0 } },
	};
	struct buf b = buf_make(k->a);
	size_t i = 0;

	while (guids[i].letter && guids[i].letter != guid)
		i++;
	buf_put(&b, guids[i].guid, 16);
	buf_le64(&b, strlen(name));
	buf_le64(&b, rd_left(&data));
	for (; *name; name++) {
		buf_char(&b, *name);
		buf_char(&b, 0);
	}
	buf_put(&b, rd_ptr(&data), rd_left(&data));
	assert_true(buf_ok(&b, NULL));
	return rd_make(b.p, b.len);
}

void items_pcrs(struct kit *k, const struct items *t, enum digest_alg bank)
{
	struct eventlog *l;
	struct eventlog_replay r;
	struct pcr_bank *p = &k->pcrs[bank];

	*p = (struct pcr_bank){ .alg = bank };
	CHECK_OK(eventlog_parse(items_log(k, t), k->a, &l, &k->e), &k->e);
	CHECK_OK(eventlog_replay(l, p, k->c, k->a, &r, &k->e), &k->e);
	bytes_copy(p->value, r.value, sizeof p->value);
	p->mask = (1U << PCR_COUNT) - 1;
}

const char *kit_reasons(struct kit *k)
{
	struct buf b = buf_make(k->a);

	buf_str(&b, "");
	for (size_t i = 0; i < SB_REASON_COUNT; i++)
		if (k->sb.reasons >> i & 1)
			buf_fmt(&b, "%s%s", b.len ? " " : "", secureboot_reasons[i].name);
	return b.p;
}

struct rd kit_lab_items(struct kit *k, const char *capture, struct items *out)
{
	struct rd log;
	struct eventlog *l;

	kit_reset(k);
	log = kit_lab(k, capture);
	CHECK_OK(eventlog_parse(log, k->a, &l, &k->e), &k->e);
	items_of(k, l, out);
	return log;
}

/* Changes at random */

uint32_t kit_below(uint64_t *seed, size_t n)
{
	*seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17;
	return (uint32_t)(*seed >> 20) % (uint32_t)n;
}

static void change_data(struct kit *k, struct item *x, uint64_t *seed)
{
	size_t n = rd_left(&x->data);
	uint8_t *p = arena_memdup(k->a, rd_ptr(&x->data), n);

	if (n == 0)
		return;
	p[kit_below(seed, n)] ^= (uint8_t)(1U << kit_below(seed, 8));
	x->data = rd_make(p, kit_below(seed, 8) ? n : kit_below(seed, n));
}

void item_redigest(struct kit *k, struct item *x)
{
	*x = item_of(k, x->pcr, x->type == EV_NO_ACTION ? 5 : x->type, x->data, x->data);
}

void items_change(struct kit *k, struct items *t, const struct items *other, uint64_t *seed)
{
	static const uint32_t types[] = { 1, 3, 4, 5, 6, 8, 0xC, 0xD, 0x80000001, 0x80000002,
	    0x80000003, 0x80000007, 0x800000E0 };
	size_t i = kit_below(seed, t->n ? t->n : 1), j = kit_below(seed, t->n ? t->n : 1);
	struct item x = other->n ? other->v[kit_below(seed, other->n)] : t->v[0];

	if (t->n < 2)
		return;
	switch (kit_below(seed, 10)) {
	case 0: items_insert(t, i, &x); break;
	case 1: items_remove(t, i); break;
	case 2: x = t->v[i], t->v[i] = t->v[j], t->v[j] = x; break;
	case 3: t->v[i].type = types[kit_below(seed, sizeof types / sizeof types[0])]; break;
	case 4: change_data(k, &t->v[i], seed); break;
	case 5: change_data(k, &t->v[i], seed); item_redigest(k, &t->v[i]); break;
	case 6: t->v[i].data = t->v[j].data; break;
	case 7: t->v[i].data = x.data; break;
	case 8: t->v[i].pcr = kit_below(seed, 24); break;
	default: x = t->v[i]; items_insert(t, j, &x); break;
	}
}

#include "tests/unit/evidence/ima/kit.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"

void ima_kit_init(struct ima_kit *k)
{
	*k = (struct ima_kit){ 0 };
	k->c = crypto_new(&k->e);
	k->a = arena_new((size_t)512 << 20);
	assert_non_null(k->c);
	assert_non_null(k->a);
	ima_kit_reset(k);
}

void ima_kit_clear(struct ima_kit *k)
{
	crypto_free(k->c);
	arena_free(k->a);
	*k = (struct ima_kit){ 0 };
}

void ima_kit_reset(struct ima_kit *k)
{
	arena_reset(k->a);
	att_error_clear(&k->e);
	for (size_t i = 0; i < 4; i++)
		k->pcrs[i] = (struct pcr_bank){ .alg = (enum digest_alg)i };
}

struct rd ima_kit_file(struct ima_kit *k, const char *capture, const char *file)
{
	char path[128];
	struct blob b;
	void *p;
	size_t n;

	(void)snprintf(path, sizeof path, "tests/vectors/lab/%s/%s", capture, file);
	b = repo_file(path);
	p = arena_memdup(k->a, b.p, b.n);
	n = b.n;
	assert_non_null(p);
	blob_free(&b);
	return rd_make(p, n);
}

void ima_kit_pcr(struct ima_kit *k, enum digest_alg bank, uint32_t pcr, const void *value)
{
	bytes_copy(k->pcrs[bank].value[pcr], value, digest_len(bank));
	k->pcrs[bank].mask |= 1U << pcr;
}

void ima_kit_pcrs(struct ima_kit *k, const char *capture)
{
	static const char *const banks[] = { "sha1", "sha256", "sha384", "sha512" };
	struct rd text = ima_kit_file(k, capture, "pcrs.txt");
	char *s = arena_strndup(k->a, (const char *)rd_ptr(&text), rd_left(&text)), *line;

	while ((line = strsep(&s, "\n"))) {
		char name[16], hex[2 * DIGEST_MAX + 1];
		unsigned pcr;

		if (sscanf(line, "%15s %u %128s", name, &pcr, hex) != 3)
			continue;
		for (size_t i = 0; i < 4; i++) {
			uint8_t v[DIGEST_MAX];

			if (strcmp(banks[i], name) != 0)
				continue;
			CHECK_OK(hex_decode(hex, strlen(hex), v, digest_len((enum digest_alg)i),
			    &k->e), &k->e);
			ima_kit_pcr(k, (enum digest_alg)i, pcr, v);
		}
	}
}

struct rd ima_kit_data(struct ima_kit *k, const char *alg, struct rd digest, const char *path,
    const struct rd *last)
{
	struct buf d = buf_make(k->a), all = buf_make(k->a);

	buf_str(&d, alg);
	buf_char(&d, ':');
	buf_char(&d, 0);
	buf_put(&d, rd_ptr(&digest), rd_left(&digest));
	buf_le32_block(&all, d.p, d.len);
	buf_le32_block(&all, path, strlen(path) + 1);
	if (last)
		buf_le32_block(&all, rd_ptr(last), rd_left(last));
	assert_true(buf_ok(&all, NULL));
	return rd_make(all.p, all.len);
}

void ima_kit_entry(struct ima_kit *k, struct buf *list, const char *name, struct rd data,
    bool violation)
{
	uint8_t hash[DIGEST_MAX] = { 0 };

	if (!violation)
		CHECK_OK(digest(k->c, DIGEST_SHA1, rd_ptr(&data), rd_left(&data), hash, &k->e),
		    &k->e);
	buf_le32(list, 10);
	buf_put(list, hash, 20);
	buf_le32_block(list, name, strlen(name));
	buf_le32_block(list, rd_ptr(&data), rd_left(&data));
	assert_true(buf_ok(list, NULL));
}

void ima_kit_replay(struct ima_kit *k, struct rd list, enum digest_alg bank, enum ima_rule rule,
    uint8_t *out)
{
	size_t n = digest_len(bank);
	uint8_t both[2 * DIGEST_MAX] = { 0 }, room[IMA_OLD_LEN];
	struct ima_list l;
	struct ima_entry en;
	bool more;

	CHECK_OK(ima_open(list, k->a, &l, &k->e), &k->e);
	for (;;) {
		struct rd m;

		CHECK_OK(ima_next(&l, &en, &more, &k->e), &k->e);
		if (!more)
			break;
		CHECK_OK(ima_measured(&en, room, &m, &k->e), &k->e);
		for (size_t i = 0; i < n; i++)
			both[n + i] = en.violation ? 0xFF : 0;
		if (!en.violation && rule == IMA_RULE_PADDED)
			bytes_copy(both + n, rd_ptr(&en.template_hash), 20);
		if (!en.violation && rule == IMA_RULE_BANK)
			CHECK_OK(digest(k->c, bank, rd_ptr(&m), rd_left(&m), both + n, &k->e),
			    &k->e);
		CHECK_OK(digest(k->c, bank, both, 2 * n, both, &k->e), &k->e);
	}
	bytes_copy(out, both, n);
}

/* Replay of the lab's lists, prefixes, violations, both rules, and boot_aggregate. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/evidence/ima/kit.h"

static struct ima_kit k;

static int set_up(void **state)
{
	(void)state;
	ima_kit_init(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ima_kit_clear(&k);
	return 0;
}

static const struct {
	const char *name;
	size_t entries;
	unsigned padded;        /* banks that the kernel extended with padded SHA-1 */
} captures[] = {
	{ "sbon", 51, 0 }, { "sboff", 51, 0 }, { "sbdis", 51, 0 }, { "mokbypass", 51, 0 },
	{ "uki-sbon", 51, 1 << DIGEST_SHA384 }, { "uki-sboff", 51, 1 << DIGEST_SHA384 },
};
#define NCAPTURES (sizeof captures / sizeof captures[0])

static void replay(struct rd list, enum digest_alg bank, struct ima_result *r)
{
	CHECK_OK(ima_replay(list, &k.pcrs[bank], IMA_PCR, k.c, k.a, r, &k.e), &k.e);
}

static void lab_lists_replay_in_every_bank(void **state)
{
	static const char *const files[] = { "ima_binary", "ima_ascii" };

	(void)state;
	for (size_t i = 0; i < NCAPTURES; i++)
		for (size_t f = 0; f < 2; f++) {
			struct rd list;

			ima_kit_reset(&k);
			ima_kit_pcrs(&k, captures[i].name);
			list = ima_kit_file(&k, captures[i].name, files[f]);
			for (size_t b = 0; b < 4; b++) {
				struct ima_result r;

				if (!k.pcrs[b].mask)
					continue;
				print_message("# %s %s %zu\n", captures[i].name, files[f], b);
				replay(list, (enum digest_alg)b, &r);
				assert_true(r.matched);
				assert_int_equal(r.rule, captures[i].padded >> b & 1 ?
				    IMA_RULE_PADDED : IMA_RULE_BANK);
				assert_int_equal(r.prefix, r.entries);
				assert_int_equal(r.prefix_bytes, rd_left(&list));
				assert_int_equal(r.violations, 0);
				assert_int_equal(r.bad_hashes, 0);
			}
		}
}

#define FIRST 101               /* bytes of the first entry of these */

/* boot_aggregate, then files; every fourth entry is a violation. */
static struct buf made(size_t n)
{
	struct buf b = buf_make(k.a);

	for (size_t i = 0; i < n; i++) {
		uint8_t d[32] = { (uint8_t)i };
		struct rd data = ima_kit_data(&k, "sha256", rd_make(d, 32),
		    i ? "/bin/file" : "boot_aggregate", NULL);

		ima_kit_entry(&k, &b, "ima-ng", data, i % 4 == 3);
	}
	return b;
}

static void set_value(struct rd list, enum digest_alg bank, enum ima_rule rule)
{
	uint8_t v[DIGEST_MAX];

	ima_kit_replay(&k, list, bank, rule, v);
	ima_kit_pcr(&k, bank, IMA_PCR, v);
}

/* The list grew after the quote: what was quoted is a prefix of it, at every length. */
static void every_prefix_is_found(void **state)
{
	struct buf b;
	struct ima_list l;
	struct ima_entry en;
	bool more = true;

	(void)state;
	ima_kit_reset(&k);
	b = made(12);
	CHECK_OK(ima_open(rd_make(b.p, b.len), k.a, &l, &k.e), &k.e);
	for (size_t n = 0; more; n++) {
		size_t bytes = rd_off(&l.in);

		for (size_t bank = 0; bank < 4; bank++)
			for (int rule = IMA_RULE_BANK; rule <= IMA_RULE_PADDED; rule++) {
				struct ima_result r;

				set_value(rd_make(b.p, bytes), (enum digest_alg)bank,
				    (enum ima_rule)rule);
				replay(rd_make(b.p, b.len), (enum digest_alg)bank, &r);
				assert_true(r.matched);
				assert_int_equal(r.prefix, n);
				assert_int_equal(r.prefix_bytes, bytes);
				assert_int_equal(r.entries, 12);
				assert_int_equal(r.violations, n / 4);
				assert_int_equal(r.first_violation, n >= 4 ? 3 : SIZE_MAX);
				if (n % 4 && bank != DIGEST_SHA1)
					assert_int_equal(r.rule, n == 0 ? IMA_RULE_BANK : rule);
			}
		CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
	}
}

static void what_was_not_measured_does_not_match(void **state)
{
	struct buf b;
	struct ima_result r;
	char *p;

	(void)state;
	ima_kit_reset(&k);
	b = made(6);
	for (size_t bank = 0; bank < 4; bank++) {
		set_value(rd_make(b.p, b.len), (enum digest_alg)bank, IMA_RULE_BANK);
		/* entry removed from the front */
		replay(rd_make(b.p + FIRST, b.len - FIRST), (enum digest_alg)bank, &r);
		assert_false(r.matched);
		assert_int_equal(r.prefix, 0);
		assert_int_equal(r.entries, 5);
		assert_int_equal(r.violations, 1);
		/* truncated: a prefix that was never the whole */
		replay(rd_make(b.p, FIRST), (enum digest_alg)bank, &r);
		assert_false(r.matched);
		/* a file's digest changed, template hash kept: named, and no longer proven */
		p = b.p + FIRST + 60;
		*p ^= 1;
		replay(rd_make(b.p, b.len), (enum digest_alg)bank, &r);
		assert_false(r.matched);
		assert_int_equal(r.bad_hashes, 1);
		assert_int_equal(r.first_bad_hash, 1);
		*p ^= 1;
		/*
		 * a template hash changed, data kept: in a bank of its own the data is still what
		 * was extended
		 */
		p = b.p + FIRST + 4;
		*p ^= 1;
		replay(rd_make(b.p, b.len), (enum digest_alg)bank, &r);
		assert_int_equal(r.matched, bank != DIGEST_SHA1);
		assert_int_equal(r.bad_hashes, 1);
		*p ^= 1;
		/* two entries swapped, a violation made an entry */
		replay(rd_make(b.p, b.len), (enum digest_alg)bank, &r);
		assert_true(r.matched);
	}
}

/* Padded template hashes say nothing of data that does not fit them. */
static void padded_hashes_prove_their_data_only(void **state)
{
	struct buf b;
	struct ima_result r;

	(void)state;
	ima_kit_reset(&k);
	b = made(3);
	set_value(rd_make(b.p, b.len), DIGEST_SHA384, IMA_RULE_PADDED);
	replay(rd_make(b.p, b.len), DIGEST_SHA384, &r);
	assert_true(r.matched && r.rule == IMA_RULE_PADDED);
	b.p[FIRST + 60] ^= 1;
	replay(rd_make(b.p, b.len), DIGEST_SHA384, &r);
	assert_false(r.matched);
	/* the prefix ahead of the bad entry still counts */
	set_value(rd_make(b.p, FIRST), DIGEST_SHA384, IMA_RULE_PADDED);
	replay(rd_make(b.p, b.len), DIGEST_SHA384, &r);
	assert_true(r.matched && r.prefix == 1);
}

static void an_empty_list_is_legal(void **state)
{
	struct ima_result r;

	(void)state;
	ima_kit_reset(&k);
	k.pcrs[DIGEST_SHA256].mask = 1 << IMA_PCR;
	replay(rd_make("", 0), DIGEST_SHA256, &r);
	assert_true(r.matched && r.prefix == 0 && r.entries == 0);
	k.pcrs[DIGEST_SHA256].value[IMA_PCR][5] = 1;
	replay(rd_make("", 0), DIGEST_SHA256, &r);
	assert_false(r.matched);
	k.pcrs[DIGEST_SHA256].mask = 1 << 7;
	CHECK_ERR(ima_replay(rd_make("", 0), &k.pcrs[DIGEST_SHA256], IMA_PCR, k.c, k.a, &r, &k.e),
	    &k.e,
	    ATT_E_UNSUPPORTED, "no value of PCR 10 was given");
}

/* Policies may measure into other PCRs: those entries are counted, not replayed. */
static void other_pcrs_are_left_out(void **state)
{
	struct buf b, c;
	struct ima_result r;

	(void)state;
	ima_kit_reset(&k);
	b = made(2), c = made(3);
	set_value(rd_make(b.p, b.len), DIGEST_SHA256, IMA_RULE_BANK);
	c.p[b.len] = 12;
	replay(rd_make(c.p, c.len), DIGEST_SHA256, &r);
	assert_true(r.matched);
	assert_int_equal(r.prefix, 2);
	c = made(3);
	c.p[0] = 12;
	replay(rd_make(c.p, c.len), DIGEST_SHA256, &r);
	assert_false(r.matched);
	assert_int_equal(r.other_pcr, 1);
}

/* boot_aggregate ties the list to the boot. */
static void boot_aggregates_are_recomputed(void **state)
{
	(void)state;
	for (size_t i = 0; i < NCAPTURES; i++) {
		struct ima_list l;
		struct ima_entry en;
		enum ima_aggregate_result r;
		bool more;

		ima_kit_reset(&k);
		ima_kit_pcrs(&k, captures[i].name);
		CHECK_OK(ima_open(ima_kit_file(&k, captures[i].name, "ima_binary"), k.a, &l, &k.e),
		    &k.e);
		CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
		CHECK_OK(ima_boot_aggregate(&en, k.pcrs, 4, k.c, &r, &k.e), &k.e);
		assert_int_equal(r, IMA_AGGREGATE_MATCHES_10);
		k.pcrs[DIGEST_SHA256].value[9][0] ^= 1;
		CHECK_OK(ima_boot_aggregate(&en, k.pcrs, 4, k.c, &r, &k.e), &k.e);
		assert_int_equal(r, IMA_AGGREGATE_DIFFERS);
		/* PCRs 8 and 9 were not quoted: nothing can be said */
		k.pcrs[DIGEST_SHA256].mask &= ~(1U << 9);
		CHECK_OK(ima_boot_aggregate(&en, k.pcrs, 4, k.c, &r, &k.e), &k.e);
		assert_int_equal(r, IMA_AGGREGATE_NO_VALUES);
		k.pcrs[DIGEST_SHA256].mask = 0;
		CHECK_OK(ima_boot_aggregate(&en, &k.pcrs[2], 2, k.c, &r, &k.e), &k.e);
		assert_int_equal(r, IMA_AGGREGATE_NO_VALUES);
		CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
		CHECK_OK(ima_boot_aggregate(&en, k.pcrs, 4, k.c, &r, &k.e), &k.e);
		assert_int_equal(r, IMA_AGGREGATE_ABSENT);
		assert_true(*ima_aggregate_text(r));
	}
}

static enum ima_aggregate_result aggregate(const char *alg, const uint8_t *d, size_t n)
{
	struct ima_entry en = { .path = rd_make("boot_aggregate", 14), .alg = rd_make(alg,
	    strlen(alg)),
	    .digest = rd_make(d, n) };
	enum ima_aggregate_result r;

	CHECK_OK(ima_boot_aggregate(&en, k.pcrs, 4, k.c, &r, &k.e), &k.e);
	return r;
}

/* Kernels before 5.8, the bank that is taken when the algorithm has none, and IMA without a TPM. */
static void older_aggregates_are_known(void **state)
{
	uint8_t all[10 * 32], d[DIGEST_MAX];

	(void)state;
	ima_kit_reset(&k);
	for (uint32_t i = 0; i < 10; i++) {
		memset(all + 32 * i, (int)(i + 1), 32);
		ima_kit_pcr(&k, DIGEST_SHA256, i, all + 32 * i);
	}
	CHECK_OK(digest(k.c, DIGEST_SHA256, all, 256, d, &k.e), &k.e);
	assert_int_equal(aggregate("sha256", d, 32), IMA_AGGREGATE_MATCHES_8);
	CHECK_OK(digest(k.c, DIGEST_SHA512, all, 320, d, &k.e), &k.e);
	assert_int_equal(aggregate("sha512", d, 64), IMA_AGGREGATE_MATCHES_10);
	assert_int_equal(aggregate("md5", d, 16), IMA_AGGREGATE_NO_VALUES);
	d[0] ^= 1;
	assert_int_equal(aggregate("sha512", d, 64), IMA_AGGREGATE_DIFFERS);
	memset(d, 0, sizeof d);
	assert_int_equal(aggregate("sha1", d, 20), IMA_AGGREGATE_ZERO);
	k.pcrs[DIGEST_SHA256].mask = 0xFF;
	CHECK_OK(digest(k.c, DIGEST_SHA256, all, 256, d, &k.e), &k.e);
	assert_int_equal(aggregate("sha256", d, 32), IMA_AGGREGATE_MATCHES_8);
	k.pcrs[DIGEST_SHA256].mask = 0x7F;
	assert_int_equal(aggregate("sha256", d, 32), IMA_AGGREGATE_NO_VALUES);
}

/* A million entries: read once, kept nowhere. */
static void a_million_entries_take_no_memory(void **state)
{
	enum { N = 1000000 };
	struct buf one;
	uint8_t *list;
	struct ima_result r;
	struct arena *a = arena_new(65536);
	uint8_t d[32] = { 7 };

	(void)state;
	ima_kit_reset(&k);
	one = buf_make(k.a);
	ima_kit_entry(&k, &one, "ima-ng", ima_kit_data(&k, "sha256", rd_make(d, 32), "/bin/file",
	    NULL), false);
	list = malloc(N * one.len);
	for (size_t i = 0; i < N; i++)
		bytes_copy(list + i * one.len, one.p, one.len);
	set_value(rd_make(list, N * one.len), DIGEST_SHA256, IMA_RULE_BANK);
	CHECK_OK(ima_replay(rd_make(list, N * one.len), &k.pcrs[DIGEST_SHA256], IMA_PCR, k.c, a, &r,
	    &k.e), &k.e);
	assert_true(r.matched);
	assert_int_equal(r.prefix, N);
	assert_int_equal(arena_used(a), 0);
	free(list);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_is_found),
		cmocka_unit_test(what_was_not_measured_does_not_match),
		cmocka_unit_test(padded_hashes_prove_their_data_only),
		cmocka_unit_test(an_empty_list_is_legal),
		cmocka_unit_test(other_pcrs_are_left_out),
		cmocka_unit_test(boot_aggregates_are_recomputed),
		cmocka_unit_test(older_aggregates_are_known),
		cmocka_unit_test(a_million_entries_take_no_memory),
		cmocka_unit_test(lab_lists_replay_in_every_bank),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

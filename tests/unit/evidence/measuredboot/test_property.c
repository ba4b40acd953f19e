/*
 * Logs changed at random under the quote of the machine that they are of: no claim about Secure
 * Boot, debugging or code integrity is ever better than what the machine's own log gives.
 */
#include <string.h>

#include "tests/unit/evidence/maatpm/kit.h"

#define ROUNDS 60
#define CHANGES_MAX 4
#define NLOGS 6

static struct mk m;
static struct mk_order o;
static struct items logs[NLOGS], now;
static struct arena *kept;              /* what the logs' data lives in */
static uint64_t seed = 88172645463325252ULL;

/* What somebody might rely on; a Boolean, or a text of which any other value than `but` is better. */
static const struct { const char *name, *but;
} better[] = {
	{ "secureBootEnabled", NULL },
	{ "x-attestd-verified-boot", NULL },
	{ "bootDebuggingDisabled", NULL },
	{ "notSafeMode", NULL },
	{ "notWinPE", NULL },
	{ "vbsEnabled", NULL },
	{ "iommuEnabled", NULL },
	{ "x-attestd-secureboot-pk-allowed", NULL },
	{ "x-attestd-secureboot-kek-allowed", NULL },
	{ "x-attestd-secureboot-db-allowed", NULL },
	{ "x-attestd-boot-images-proven", NULL },
	{ "x-attestd-cmdline-proven", NULL },
	{ "x-attestd-cmdline-safe", NULL },
	{ "x-attestd-ima-proven", NULL },
	{ "x-attestd-kernel-lockdown", "unproven" },
	/* "on" and "none" are equal: only shim itself would say that it is there, and any system
	   can say the same */
	{ "x-attestd-shim-validation", "off" },
};
enum { NBETTER = sizeof better / sizeof better[0] };

static int set_up(void **state)
{
	static const char *const captures[NLOGS] = { "sbon", "sboff", "sbdis", "mokbypass", "uki-sbon",
		"uki-sboff" };

	(void)state;
	mk_init(&m);
	m.t.tpm.required_pcrs = 0;
	kept = arena_new((size_t)64 << 20);
	for (size_t i = 0; i < NLOGS; i++) {
		(void)kit_lab_items(&m.k, captures[i], &logs[i]);
		for (size_t j = 0; j < logs[i].n; j++) {
			struct rd *d = &logs[i].v[j].data;
			*d = rd_make(arena_memdup(kept, rd_ptr(d), rd_left(d)), rd_left(d));
		}
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mk_clear(&m);
	arena_free(kept);
	return 0;
}

/* Memory of the round before goes; what is changed lives until the next. */
static void begin(void)
{
	mk_fresh(&m);
	m.t.tpm.required_pcrs = 0;
}

/* The claims that hold, a bit each; refused evidence has none. */
static uint32_t claimed(const struct items *quoted, const struct items *given)
{
	uint32_t bits = 0;

	mk_sound(&m, &o);
	o.now.ima = rd_make(NULL, 0);
	items_pcrs(&m.k, quoted, DIGEST_SHA256);
	o.now.values = m.k.pcrs[DIGEST_SHA256];
	o.now.log = items_log(&m.k, given);
	if (strcmp(mk_verdict(&m, mk_file(&m, &o)), "ok") != 0)
		return 0;
	for (size_t i = 0; i < NBETTER; i++) {
		const struct claim *c = claims_find(&m.claims, better[i].name);
		if (c && (better[i].but ? strcmp(c->s, better[i].but) != 0 : c->b))
			bits |= 1U << i;
	}
	return bits;
}

static uint32_t original(size_t i)
{
	begin();
	return claimed(&logs[i], &logs[i]);
}

static void check_better(uint32_t was, uint32_t is, size_t log, size_t round)
{
	for (size_t i = 0; i < NBETTER; i++)
		if ((is & ~was) >> i & 1)
			fail_msg("log %zu, round %zu: %s got better", log, round, better[i].name);
}

static void changed_logs_claim_nothing_better(void **state)
{
	size_t accepted = 0;

	(void)state;
	for (size_t i = 0; i < NLOGS; i++) {
		uint32_t was = original(i);
		assert_true(was != 0);
		for (size_t r = 0; r < ROUNDS; r++) {
			uint32_t is;
			begin();
			now = logs[i];
			for (size_t n = 1 + kit_below(&seed, CHANGES_MAX); n > 0; n--)
				items_change(&m.k, &now, &logs[kit_below(&seed, NLOGS)], &seed);
			is = claimed(&logs[i], &now);
			check_better(was, is, i, r);
			accepted += is != 0;
		}
	}
	print_message("# of %d changed logs %zu still give claims\n", NLOGS * ROUNDS, accepted);
	assert_true(accepted > 0);
}

/* The operating system measures more, and the log says so truthfully. */
static void later_measurements_claim_nothing_better(void **state)
{
	(void)state;
	for (size_t i = 0; i < NLOGS; i++) {
		uint32_t was = original(i);
		for (size_t r = 0; r < ROUNDS / 2; r++) {
			begin();
			now = logs[i];
			for (size_t n = 1 + kit_below(&seed, 3); n > 0; n--) {
				const struct items *other = &logs[kit_below(&seed, NLOGS)];
				struct item x = other->v[kit_below(&seed, other->n)];
				if (kit_below(&seed, 2))
					item_redigest(&m.k, &x);
				if (x.pcr < PCR_COUNT)
					items_insert(&now, now.n, &x);
			}
			check_better(was, claimed(&now, &now), i, r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_logs_claim_nothing_better),
		cmocka_unit_test(later_measurements_claim_nothing_better),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

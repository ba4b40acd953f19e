/*
 * Logs changed at random: nothing said about Secure Boot, debugging or code integrity is ever
 * better than what the original proves, since a log that still replays holds the same digests,
 * and claims rest on covered data alone.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/json/json.h"
#include "tests/unit/evidence/eventlog/kit.h"

#define ROUNDS 400
#define LOGS_MAX 32
#define CHANGES_MAX 4

static struct kit k;
static struct items now;
static struct {
	struct items t;
	enum digest_alg bank;
	struct pcr_bank pcrs;
	const char *name;
} logs[LOGS_MAX];
static size_t nlogs;
static struct arena *kept;              /* what the logs' data lives in */
static uint64_t seed = 88172645463325252ULL;

static uint32_t below(size_t n)
{
	return kit_below(&seed, n);
}

/* What somebody might rely on; larger is better. */
struct claims_made {
	int on, effective;
	int wbcl[6];
};

static bool claims_windows(uint32_t tag, bool set)
{
	uint32_t both = 3 << 12;

	return (k.wbcl.sound & both) == both && (set ? wbcl_all_set(&k.wbcl, tag) :
	    wbcl_all_zero(&k.wbcl, tag));
}

static struct claims_made claims(void)
{
	static const uint32_t zero[] = { 0x00040001, 0x00050001, 0x00050003, 0x00050005,
	    0x00050006 };
	struct claims_made c = { .on = k.sb.firmware_on };

	c.effective = k.sb.firmware_on && !k.sb.shim.validation_off;
	for (size_t i = 0; i < 5; i++)
		c.wbcl[i] = claims_windows(zero[i], false);
	c.wbcl[5] = claims_windows(0x00050002, true);
	return c;
}

/* Certificates and hashes that the state rests on, as one digest. */
static void fingerprint(uint8_t out[32])
{
	struct buf b = buf_make(k.a);

	for (size_t i = 0; i < SB_VARS; i++)
		buf_put(&b, k.sb.var[i].sha256, 32);
	for (size_t i = 0; i < k.sb.nauthorities; i++)
		buf_put(&b, rd_ptr(&k.sb.authorities[i].entry.data),
		    rd_left(&k.sb.authorities[i].entry.data));
	buf_le64(&b, k.sb.shim.sbat.date);
	CHECK_OK(digest(k.c, DIGEST_SHA256, b.p, b.len, out, &k.e), &k.e);
}

static size_t text_bytes(void)
{
	size_t n = 0;

	for (size_t i = 0; i < k.chain.ntexts; i++)
		n += strlen(k.chain.texts[i].text);
	return n;
}

static void add_log(const char *name, struct rd log, bool own_values)
{
	struct eventlog *l;

	CHECK_OK(eventlog_parse(log, kept, &l, &k.e), &k.e);
	if (l->n > ITEMS_MAX || l->n == 0)
		return;
	items_of(&k, l, &logs[nlogs].t);
	logs[nlogs].name = name;
	logs[nlogs].bank = l->banks >> DIGEST_SHA256 & 1 ? DIGEST_SHA256 : DIGEST_SHA1;
	if (!own_values)
		items_pcrs(&k, &logs[nlogs].t, logs[nlogs].bank);
	logs[nlogs].pcrs = k.pcrs[logs[nlogs].bank];
	nlogs++;
}

static void add_windows(void)
{
	static const uint8_t off[] = { 1, 0, 4, 0, 1, 0, 0, 0, 1, 2, 0, 5, 0, 1, 0, 0, 0, 0 };
	struct items *t = &logs[nlogs].t;
	struct rd d = rd_make(off, sizeof off), w = rd_make("WBCL", 4);

	*t = (struct items){ .agile = true, .banks = 1 << DIGEST_SHA256 };
	for (uint32_t p = 12; p <= 14; p++) {
		t->v[t->n++] = item_of(&k, p, EV_EVENT_TAG, d, d);
		t->v[t->n++] = item_of(&k, p, EV_SEPARATOR, w, w);
	}
	items_pcrs(&k, t, DIGEST_SHA256);
	logs[nlogs].name = "made: debugging on, code integrity off";
	logs[nlogs].bank = DIGEST_SHA256;
	logs[nlogs++].pcrs = k.pcrs[DIGEST_SHA256];
}

static struct rd keep(struct blob b)
{
	void *p = arena_memdup(kept, b.p, b.n);
	size_t n = b.n;

	assert_non_null(p);
	blob_free(&b);
	return rd_make(p, n);
}

static void add_json(const char *path)
{
	struct rd text = keep(vector_file(path));
	struct json *v;
	uint8_t *p;
	size_t n;
	const char *raw;

	CHECK_OK(json_parse(kept, rd_ptr(&text), rd_left(&text), NULL, &v, &k.e), &k.e);
	raw = json_get(json_get(v, "Log"), "Raw")->s;
	CHECK_OK(b64_decode_arena(B64_STD, kept, raw, strlen(raw), &p, &n, &k.e), &k.e);
	add_log(path, rd_make(p, n), false);
}

static void add_vector(char **cells, size_t n, void *state)
{
	char path[128];
	const char *dot = n > 0 ? strrchr(cells[0], '.') : NULL;

	(void)state;
	if (!dot || strchr(cells[0], '/') || strncmp(cells[0], "malformed", 9) == 0 ||
	    nlogs == LOGS_MAX)
		return;
	(void)snprintf(path, sizeof path, "eventlog/%s", cells[0]);
	if (strcmp(dot, ".bin") == 0)
		add_log(arena_strdup(kept, cells[0]), keep(vector_file(path)), false);
	else if (strstr(cells[0], "vm.json") || strstr(cells[0], "tpm12"))
		add_json(path);
}

static int set_up(void **state)
{
	static const char *const captures[] = { "sbon", "sboff", "sbdis", "mokbypass", "uki-sbon",
	    "uki-sboff" };

	(void)state;
	kit_init(&k);
	kept = arena_new((size_t)64 << 20);
	for (size_t i = 0; i < 6; i++) {
		struct rd log;
		kit_reset(&k);
		log = kit_lab(&k, captures[i]);
		log = rd_make(arena_memdup(kept, rd_ptr(&log), rd_left(&log)), rd_left(&log));
		add_log(captures[i], log, true);
	}
	add_windows();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	arena_free(kept);
	return 0;
}

/* One change; events of other logs may come in. */
static void change(struct items *t)
{
	items_change(&k, t, &logs[below(nlogs)].t, &seed);
}

static void check_better(const struct claims_made *was, const struct claims_made *is,
    const char *name, size_t round)
{
	const int *a = (const int *)was, *b = (const int *)is;

	for (size_t i = 0; i < sizeof *was / sizeof a[0]; i++)
		if (b[i] > a[i])
			fail_msg("%s, round %zu: claim %zu got better", name, round, i);
}

static void original(size_t i, struct claims_made *c, uint8_t print[32], size_t *nimages,
    size_t *bytes)
{
	arena_reset(k.a);
	k.pcrs[logs[i].bank] = logs[i].pcrs;
	assert_true(kit_run(&k, items_log(&k, &logs[i].t), logs[i].bank));
	*c = claims();
	fingerprint(print);
	*nimages = k.chain.nimages;
	*bytes = text_bytes();
}

static void changed_logs_claim_nothing_better(void **state)
{
	size_t replays = 0, refused = 0;

	(void)state;
	for (size_t i = 0; i < nlogs; i++) {
		struct claims_made was, is;
		uint8_t print[32], print_now[32];
		size_t nimages, bytes;

		original(i, &was, print, &nimages, &bytes);
		for (size_t r = 0; r < ROUNDS; r++) {
			arena_reset(k.a);
			now = logs[i].t;
			for (size_t n = 1 + below(CHANGES_MAX); n > 0; n--)
				change(&now);
			if (!kit_run(&k, items_log(&k, &now), logs[i].bank)) {
				refused++;
				continue;
			}
			is = claims();
			check_better(&was, &is, logs[i].name, r);
			fingerprint(print_now);
			/* a state that is on is on by the same keys, authorities and levels */
			if (k.sb.firmware_on)
				assert_memory_equal(print, print_now, 32);
			if (k.r.matched >> 4 & k.r.matched >> 2 & 1)
				assert_true(k.chain.nimages >= nimages);
			/* what is not counted as unproven is all there */
			if ((k.r.matched >> 8 & 1) && k.chain.texts_unproven == 0 && !k.r.differs)
				assert_int_equal(text_bytes(), bytes);
			replays += k.r.differs == 0;
		}
	}
	print_message("# %zu logs, %zu changed logs still replay, %zu are refused\n", nlogs,
	    replays, refused);
	assert_true(replays > nlogs);
}

/* The operating system measures more, and the log says so truthfully. */
static void later_measurements_improve_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < nlogs; i++) {
		struct claims_made was, is;
		uint8_t print[32];
		size_t nimages, bytes;
		uint64_t sbat;

		original(i, &was, print, &nimages, &bytes);
		sbat = k.sb.shim.nsbat ? k.sb.shim.sbat.date : UINT64_MAX;
		for (size_t r = 0; r < ROUNDS / 4; r++) {
			arena_reset(k.a);
			now = logs[i].t;
			for (size_t n = 1 + below(3); n > 0; n--) {
				const struct items *other = &logs[below(nlogs)].t;
				struct item x = other->v[below(other->n)];
				if (below(2))
					item_redigest(&k, &x);
				/* a log of one bank may not have the digests of the other's */
				if (x.pcr < PCR_COUNT)
					items_insert(&now, now.n, &x);
			}
			items_pcrs(&k, &now, logs[i].bank);
			assert_true(kit_run(&k, items_log(&k, &now), logs[i].bank));
			assert_int_equal(k.r.differs, 0);
			is = claims();
			check_better(&was, &is, logs[i].name, r);
			if (k.sb.shim.nsbat && sbat != UINT64_MAX)
				assert_int_equal(k.sb.shim.sbat.date, sbat);
		}
	}
}

static void real_logs_of_others_too(void **state)
{
	need_vectors();
	nlogs = 0;
	each_provenance("eventlog", add_vector, NULL);
	assert_in_range(nlogs, 15, LOGS_MAX);
	changed_logs_claim_nothing_better(state);
	later_measurements_improve_nothing(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_logs_claim_nothing_better),
		cmocka_unit_test(later_measurements_improve_nothing),
		cmocka_unit_test(real_logs_of_others_too),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Bytes to events: what is refused and how, truncations, limits, failing memory. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/evidence/eventlog/kit.h"

static struct kit k;

static int set_up(void **state)
{
	(void)state;
	kit_init(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

/* A log of one event in two banks: offsets are those of the table below. */
static struct buf small(void)
{
	static struct items t;
	struct rd log;
	struct buf b;

	kit_reset(&k);
	t = (struct items){ .agile = true, .banks = 1 << DIGEST_SHA1 | 1 << DIGEST_SHA256 };
	t.v[t.n++] = item_of(&k, 4, EV_SEPARATOR, kit_bytes(&k, "\0\0\0\0", 4), kit_bytes(&k,
	    "\0\0\0\0", 4));
	log = items_log(&k, &t);
	b = buf_make(k.a);
	buf_put(&b, rd_ptr(&log), rd_left(&log));
	return b;
}

#define EVENT 69                /* where the first event begins */

static void damage_is_named(void **state)
{
	static const struct {
		size_t off;
		uint32_t value;
		size_t len;
		enum att_err code;
		const char *text;
	} rows[] = {
		{ 28, 36, 4, ATT_E_TRUNCATED, "Spec ID event: ends too early" },
		{ 28, 400, 4, ATT_E_TRUNCATED, "event 0 at offset 0: its data goes past the end" },
		{ 28, 38, 4, ATT_E_BAD_FORMAT, "Spec ID event: 1 bytes too many" },
		{ 56, 0, 4, ATT_E_LIMIT, "Spec ID event: 0 digest algorithms, want 1 to 8" },
		{ 56, 9, 4, ATT_E_LIMIT, "9 digest algorithms" },
		{ 56, 8, 4, ATT_E_TRUNCATED, "Spec ID event: ends inside its algorithms" },
		{ 60, 0x000B, 2, ATT_E_BAD_FORMAT, "algorithm 0x000b has digests of 20 bytes" },
		{ 62, 0, 2, ATT_E_BAD_FORMAT, "algorithm 0x0004 has digests of 0 bytes" },
		{ 66, 65, 2, ATT_E_BAD_FORMAT, "algorithm 0x000b has digests of 65 bytes" },
		{ 66, 31, 2, ATT_E_BAD_FORMAT, "algorithm 0x000b has digests of 31 bytes" },
		{ 64, 0x00140004, 4, ATT_E_BAD_FORMAT, "algorithm 0x0004 twice" },
		{ 68, 255, 1, ATT_E_TRUNCATED, "ends inside its vendor information" },
		{ EVENT, 24, 4, ATT_E_BAD_FORMAT, "event 0 at offset 69: PCR 24, want 0 to 23" },
		{ EVENT, 0xFFFFFFFF, 4, ATT_E_BAD_FORMAT, "PCR 4294967295" },
		{ EVENT + 8, 1, 4, ATT_E_BAD_FORMAT,
		    "1 digests, the Spec ID event has 2 algorithms" },
		{ EVENT + 8, 3, 4, ATT_E_BAD_FORMAT, "3 digests" },
		{ EVENT + 12, 0x000C, 2, ATT_E_BAD_FORMAT,
		    "digest algorithm 0x000c is not in the Spec ID event" },
		{ EVENT + 12, 0x000B, 2, ATT_E_BAD_FORMAT, "digest algorithm 0x" },
		{ EVENT + 34, 0x0004, 2, ATT_E_BAD_FORMAT, "digest algorithm 0x0004 twice" },
		{ EVENT + 68, 5, 4, ATT_E_TRUNCATED,
		    "its data goes past the end of the log at offset" },
		{ EVENT + 68, 0xFFFFFFFF, 4, ATT_E_TRUNCATED, "its data goes past the end" },
		{ EVENT + 68, 3, 4, ATT_E_TRUNCATED,
		    "event 1 at offset 144: ends inside its header" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = small();

		for (size_t j = 0; j < rows[i].len; j++)
			b.p[rows[i].off + j] = (char)(rows[i].value >> 8 * j);
		/* A uniform tail would be padding. */
		b.p[b.len - 1] = 7;
		CHECK_ERR(eventlog_parse(rd_make(b.p, b.len), k.a, &k.log, &k.e), &k.e,
		    rows[i].code, rows[i].text);
	}
}

static void no_action_may_have_no_pcr(void **state)
{
	struct buf b = small();

	(void)state;
	memset(b.p + EVENT, 0xFF, 4);
	b.p[EVENT + 4] = EV_NO_ACTION;
	CHECK_OK(eventlog_parse(rd_make(b.p, b.len), k.a, &k.log, &k.e), &k.e);
	assert_int_equal(k.log->events[0].pcr, 0xFFFFFFFF);
	assert_true(kit_run_self(&k, rd_make(b.p, b.len), DIGEST_SHA256));
	assert_int_equal(k.r.logged, 0);
}

static void digests_may_come_in_any_order(void **state)
{
	struct buf b = small();
	uint8_t sha1[22], sha256[34];

	(void)state;
	bytes_copy(sha1, b.p + EVENT + 12, 22);
	bytes_copy(sha256, b.p + EVENT + 34, 34);
	bytes_copy(b.p + EVENT + 12, sha256, 34);
	bytes_copy(b.p + EVENT + 46, sha1, 22);
	CHECK_OK(eventlog_parse(rd_make(b.p, b.len), k.a, &k.log, &k.e), &k.e);
	assert_memory_equal(eventlog_digest(k.log, 0, DIGEST_SHA1), sha1 + 2, 20);
	assert_memory_equal(eventlog_digest(k.log, 0, DIGEST_SHA256), sha256 + 2, 32);
	assert_null(eventlog_digest(k.log, 0, DIGEST_SHA384));
}

/* An algorithm that we cannot replay is skipped by its size. */
static void other_algorithms_are_skipped(void **state)
{
	struct buf b = small();

	(void)state;
	b.p[60] = 0x12, b.p[62] = 32, b.p[64] = 0x77, b.p[66] = 20;
	b.p[EVENT + 12] = 0x77, b.p[EVENT + 34] = 0x12;
	CHECK_OK(eventlog_parse(rd_make(b.p, b.len), k.a, &k.log, &k.e), &k.e);
	assert_int_equal(k.log->banks, 0);
	assert_true(kit_run(&k, rd_make(b.p, b.len), DIGEST_SHA256));
	assert_true(k.r.no_bank);
	CHECK_OK(secureboot_read(&k.r, NULL, k.c, k.a, &k.sb, &k.e), &k.e);
	assert_string_equal(kit_reasons(&k), "NO_BANK NOT_GIVEN");
	CHECK_ERR(eventlog_mark(k.log, &k.r, k.c, k.a, &k.m, &k.e), &k.e, ATT_E_UNSUPPORTED,
	    "no digests of the bank");
}

/*
 * Cut anywhere, a log is refused, or is a shorter log: it then does not replay, or lost only what
 * is no claim.
 */
static void every_truncation_fails_or_is_shorter(void **state)
{
	struct rd log;
	size_t shorter = 0;

	(void)state;
	kit_reset(&k);
	log = kit_lab(&k, "sbon");
	for (size_t n = 0; n < rd_left(&log); n++) {
		struct arena *a = arena_new((size_t)4 << 20);
		struct eventlog *l;
		struct eventlog_replay r;
		struct att_error e = { 0 };
		/* its own allocation, so that a sanitizer sees reads past the end */
		uint8_t *p = malloc(n ? n : 1);

		bytes_copy(p, rd_ptr(&log), n);
		if (!eventlog_parse(rd_make(p, n), a, &l, &e)) {
			assert_true(e.code == ATT_E_TRUNCATED || e.code == ATT_E_LIMIT);
		} else {
			shorter++;
			CHECK_OK(eventlog_replay(l, &k.pcrs[DIGEST_SHA256], k.c, a, &r, &e), &e);
			assert_true(r.differs || r.unlogged != 1 << 10);
			assert_true(!r.differs || r.first == EVENTLOG_NONE || r.first < l->n);
		}
		free(p);
		arena_free(a);
	}
	/* ends of events, and zeros behind one that look like padding */
	assert_in_range(shorter, 48, 70);
}

static void padding_is_cut(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c += 255) {
		struct buf b = small();
		size_t n = b.len;

		for (int i = 0; i < 100; i++)
			buf_char(&b, (char)c);
		assert_true(kit_run_self(&k, rd_make(b.p, b.len), DIGEST_SHA256));
		assert_int_equal(k.log->n, 1);
		assert_true(k.log->quirks >> QUIRK_PADDING & 1);
		b.p[n + 50] = 1;
		assert_false(eventlog_parse(rd_make(b.p, b.len), k.a, &k.log, &k.e));
	}
}

static void limits_are_where_they_are_said_to_be(void **state)
{
	size_t n = ((size_t)EVENTLOG_EVENTS_MAX + 1) * 33;
	uint8_t *p = calloc(1, n), *big = calloc(1, EVENTLOG_LEN_MAX + 1);
	struct arena *a = arena_new((size_t)64 << 20);
	struct att_error e = { 0 };
	struct eventlog *l;

	(void)state;
	/* SHA-1 records of one byte of data */
	for (size_t i = 0; i <= EVENTLOG_EVENTS_MAX; i++)
		p[33 * i] = 7, p[33 * i + 4] = 5, p[33 * i + 28] = 1, p[33 * i + 32] = 9;
	CHECK_OK(eventlog_parse(rd_make(p, n - 33), a, &l, &e), &e);
	assert_int_equal(l->n, EVENTLOG_EVENTS_MAX);
	assert_true(arena_used(a) < (size_t)8 << 20);
	CHECK_ERR(eventlog_parse(rd_make(p, n), a, &l, &e), &e, ATT_E_LIMIT,
	    "more than 65536 events");
	/* one event as large as a log may be */
	big[4] = 5;
	big[28] = (EVENTLOG_LEN_MAX - 32) & 0xFF, big[29] = (EVENTLOG_LEN_MAX - 32) >> 8 & 0xFF,
	big[30] = (EVENTLOG_LEN_MAX - 32) >> 16 & 0xFF, big[31] =
	    (EVENTLOG_LEN_MAX - 32) >> 24 & 0xFF;
	CHECK_OK(eventlog_parse(rd_make(big, EVENTLOG_LEN_MAX), a, &l, &e), &e);
	CHECK_ERR(eventlog_parse(rd_make(big, EVENTLOG_LEN_MAX + 1), a, &l, &e), &e, ATT_E_LIMIT,
	    "16777217 bytes, at most 16777216");
	arena_free(a);
	free(p);
	free(big);
}

/*
 * Zeros with one byte that is not, at the end: looking for padding at every event would take
 * hours.
 */
static void padding_is_looked_for_once(void **state)
{
	size_t n = EVENTLOG_LEN_MAX;
	uint8_t *p = calloc(1, n);
	struct arena *a = arena_new((size_t)64 << 20);
	struct att_error e = { 0 };
	struct eventlog *l;

	(void)state;
	p[n - 1] = 1;
	CHECK_ERR(eventlog_parse(rd_make(p, n), a, &l, &e), &e, ATT_E_LIMIT,
	    "more than 65536 events");
	arena_free(a);
	free(p);
}

static void failing_memory_is_reported(void **state)
{
	struct rd log;
	size_t n = 0;
	bool done = false;

	(void)state;
	kit_reset(&k);
	log = kit_lab(&k, "sbon");
	for (; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct att_error e = { 0 };
		struct eventlog *l;
		struct eventlog_replay r;
		struct eventlog_marks m;
		struct secureboot sb;
		struct bootchain ch;
		struct revocation rev;
		struct wbcl w;
		struct eventlog_decoded d;

		if (!a)
			continue;
		done = eventlog_parse(log, a, &l, &e) &&
		    eventlog_replay(l, &k.pcrs[DIGEST_SHA256], k.c, a, &r, &e) &&
		    eventlog_mark(l, &r, k.c, a, &m, &e) && secureboot_read(&r, &m, k.c, a, &sb,
		    &e) &&
		    bootchain_read(&m, &sb, a, &ch, &e) &&
		    revocation_read(&m, &sb, &ch, &sb.var[SB_DBX].list, a, &rev, &e) &&
		    wbcl_read(&m, a, &w, &e);
		for (size_t i = 0; done && i < l->n; i++) {
			done = eventlog_decode(&l->events[i], a, &d, &e);
			assert_false(done && d.malformed);
		}
		if (done) {
			assert_true(sb.firmware_on);
			assert_int_equal(rev.missing, 0);
		} else
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
	}
	assert_in_range(n, 5, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(no_action_may_have_no_pcr),
		cmocka_unit_test(digests_may_come_in_any_order),
		cmocka_unit_test(other_algorithms_are_skipped),
		cmocka_unit_test(every_truncation_fails_or_is_shorter),
		cmocka_unit_test(padding_is_cut),
		cmocka_unit_test(limits_are_where_they_are_said_to_be),
		cmocka_unit_test(padding_is_looked_for_once),
		cmocka_unit_test(failing_memory_is_reported),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* What went wrong elsewhere (security history A13, A14), put to this format whole. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/evidence/maatpm/kit.h"

#define APPRAISAL_MEMORY ((size_t)64 << 20)     /* att_settings.memory_limit */
#define ROOM 65536                              /* of the log, for the lab's events */

static struct mk m;
static struct mk_order o;
static struct items t;

static int set_up(void **state)
{
	(void)state;
	mk_init(&m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mk_clear(&m);
	return 0;
}

/* A file with the lab's log and an event of PCR 12 with this data, appraised in the memory of an
 * appraisal. */
static bool appraise(struct rd data, struct att_error *e)
{
	struct arena *a = arena_new(APPRAISAL_MEMORY);
	struct evidence_outcome out = { 0 };
	struct checklist list;
	struct claims c = claims_make(a);
	struct item x;
	struct rd file;
	void *ev;
	bool ok;

	assert_non_null(a);
	(void)kit_lab_items(&m.k, "sbon", &t);
	x = item_of(&m.k, 12, EV_EVENT_TAG, data, data);
	items_insert(&t, t.n, &x);
	items_pcrs(&m.k, &t, DIGEST_SHA256);
	o.now.log = items_log(&m.k, &t);
	o.now.values = m.k.pcrs[DIGEST_SHA256];
	o.now.ima = rd_make(NULL, 0);
	file = mk_file(&m, &o);
	out.checks = &list;
	att_error_clear(e);
	ok = checklist_init(&list, a, tpm_format.checks, tpm_format.nchecks, e) &&
	    tpm_format.parse(file, a, m.k.c, &ev, e) && tpm_format.verify(ev, &m.t, a, &out, e);
	if (ok && !checklist_failed(&list))
		ok = tpm_format.claims(ev, &m.t, &out, &c, e);
	assert_true(ok || e->code == ATT_E_LIMIT);
	assert_in_range(arena_used(a), 0, APPRAISAL_MEMORY);
	if (ok && !checklist_failed(&list))
		assert_null(strstr(claims_find(&c, "events")->s, "EVENT_TRUSTBOUNDARY"));
	arena_free(a);
	return ok;
}

/* Two million containers in each other, in a log of 16 MiB. */
static void a14_two_million_nested_headers(void **state)
{
	size_t n = EVENTLOG_LEN_MAX - ROOM;
	struct att_error e = { 0 };
	uint8_t *p = malloc(n);

	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	assert_non_null(p);
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint32_t size = (uint32_t)(n - i - 8);

		bytes_copy(p + i, "\x01\x00\x01\x40", 4);
		for (size_t k = 0; k < 4; k++)
			p[i + 4 + k] = (uint8_t)(size >> 8 * k);
	}
	assert_true(n / 8 > 2000000);
	assert_true(appraise(rd_make(p, n), &e));
	free(p);
}

/* The same many beside each other. */
static void a14_two_million_tags(void **state)
{
	size_t n = EVENTLOG_LEN_MAX - ROOM;
	struct att_error e = { 0 };
	uint8_t *p = calloc(1, n);

	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	assert_non_null(p);
	for (size_t i = 0; i + 8 <= n; i += 8)
		bytes_copy(p + i, "\x01\x00\x01\x40", 4);
	assert_true(appraise(rd_make(p, n), &e));
	free(p);
}

static void a14_lengths_past_the_end(void **state)
{
	static const char *const data[] = { "\x01\x00\x01\x40\xff\xff\xff\xff",
		"\x02\x00\x05\x00\xff\xff\xff\xff", "\x01\x00\x01\x40\x01\x00\x00\x00" };
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
		mk_fresh(&m);
		mk_sound(&m, &o);
		assert_true(appraise(rd_make(data[i], 8), &e));
	}
}

/* Values that nobody quoted: one PCR more, a bank more, a value that is another. */
static void a13_unquoted_values_are_not_used(void **state)
{
	const char *got;

	(void)state;
	mk_fresh(&m);
	mk_sound(&m, &o);
	o.find = "\"pcrs\":[{";
	o.put = "\"pcrs\":[{\"algorithm\":4,\"values\":[{\"index\":0,\"digest\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]},{";
	assert_string_equal(mk_order_verdict(&m, &o), "ok");
	assert_null(strstr(mk_claim(&m, "pcrs"), "SHA1"));
	mk_fresh(&m);
	mk_sound(&m, &o);
	m.t.tpm.required_pcrs = 0xff;
	o.now.values.mask = 0xff;
	o.find = "\"values\":[";
	o.put =
	    "\"values\":[{\"index\":16,\"digest\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},";
	got = mk_order_verdict(&m, &o);
	assert_string_equal(got, "ok");
	assert_null(strstr(mk_claim(&m, "pcrs"), "\"Index\":16"));
	assert_non_null(strstr(mk_claim(&m, "pcrs"), "\"Index\":7"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a14_two_million_nested_headers),
		cmocka_unit_test(a14_two_million_tags),
		cmocka_unit_test(a14_lengths_past_the_end),
		cmocka_unit_test(a13_unquoted_values_are_not_used),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

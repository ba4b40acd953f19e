/* The deny-list: each kind hits, misses and does not apply; entries and lists as text; limits. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/base/hex.h"
#include "libattest/denylist.h"
#include "tests/harness/check.h"

#define MEMORY ((size_t)64 << 20)
#define VALUE_MAX 129

static struct arena *a;
static struct att_error e;

/* One value of each kind, and one that differs in its last character. */
static const struct {
	const char *value, *other;
} of_kind[ATT_NDENY_KINDS] = {
	[ATT_DENY_CHIP_ID] = { "0123456789abcdef", "0123456789abcdee" },
	[ATT_DENY_PRODUCT] = { "Milan", "Milam" },
	[ATT_DENY_FMSPC] = { "00906ed50000", "00906ed50001" },
	[ATT_DENY_PPID] = { "0123456789abcdef0123456789abcdef",
	    "0123456789abcdef0123456789abcdee" },
	[ATT_DENY_PLATFORM_INSTANCE] = { "ff23456789abcdef0123456789abcdef",
	    "ff23456789abcdef0123456789abcdee" },
	[ATT_DENY_SIGNER] = { "a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617",
	    "a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50618" },
	[ATT_DENY_MEASUREMENT] = { "b0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f5061"
				   "7",
	    "b0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50618" },
	[ATT_DENY_AK] = { "c0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617",
	    "c0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50617a0b1c2d3e4f50618" },
	[ATT_DENY_ADVISORY] = { "INTEL-SA-00615", "INTEL-SA-00616" },
};

static int setup(void **state)
{
	(void)state;
	a = arena_new(MEMORY);
	return a ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static struct evidence_identity identity(enum att_deny_kind kind)
{
	const char *v = of_kind[kind].value;
	size_t n = strlen(v);
	uint8_t *p = arena_alloc(a, 64);

	assert_non_null(p);
	if (!deny_is_hex(kind))
		return (struct evidence_identity){ kind, rd_make(v, n), NULL };
	CHECK_OK(hex_decode(v, n, p, n / 2, &e), &e);
	/* A report holds 64 bytes of chip id, whatever the product has. */
	return (struct evidence_identity){ kind, rd_make(p, kind == ATT_DENY_CHIP_ID ? 64 : n / 2),
		NULL };
}

static enum check_outcome judged(const struct evidence_identity *who, enum att_deny_kind kind,
    const char *value, struct checklist *c)
{
	struct att_deny d;
	struct att_settings s = { .deny = &d, .ndeny = 1 };

	CHECK_OK(att_deny_read(att_deny_kind_name(kind), value, "stolen", &d, &e), &e);
	CHECK_OK(checklist_init(c, a, deny_checks, ATT_NDENY_KINDS, &e), &e);
	CHECK_OK(deny_judge(&s, who, c, &e), &e);
	for (size_t i = 0; i < c->n; i++)
		assert_true(i == kind || c->results[i].outcome == CHECK_NA);
	return c->results[kind].outcome;
}

static const char *upper(const char *s)
{
	char *copy = arena_strdup(a, s);

	for (char *c = copy; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return copy;
}

static void each_kind_hits_misses_and_does_not_apply(void **state)
{
	(void)state;
	for (int k = 0; k < ATT_NDENY_KINDS; k++) {
		enum att_deny_kind kind = (enum att_deny_kind)k,
				   next = (enum att_deny_kind)((k + 1) % ATT_NDENY_KINDS);
		struct evidence_identity who = identity(kind), stranger = identity(next);
		struct checklist c;
		char id[64];

		(void)snprintf(id, sizeof id, "deny.%s", att_deny_kind_name((unsigned)k));
		assert_string_equal(deny_checks[k].id, id);
		assert_int_equal(judged(&who, kind, of_kind[k].value, &c), CHECK_FAIL);
		assert_int_equal(c.first_failed, k);
		assert_true(c.results[k].expected_private);
		assert_non_null(strstr(c.results[k].expected, "stolen"));
		assert_non_null(strstr(c.results[k].found, of_kind[k].value));
		assert_int_equal(judged(&who, kind, upper(of_kind[k].value), &c), CHECK_FAIL);
		assert_int_equal(judged(&who, kind, of_kind[k].other, &c), CHECK_PASS);
		assert_int_equal(judged(&stranger, kind, of_kind[k].value, &c), CHECK_NA);
		assert_int_equal(judged(NULL, kind, of_kind[k].value, &c), CHECK_NA);
	}
}

/* Turin has 8 bytes of chip id, the report 64: both ways of writing one chip are the same chip. */
static void a_short_chip_id_is_a_padded_one(void **state)
{
	struct evidence_identity who = identity(ATT_DENY_CHIP_ID);
	uint8_t longer[64] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 1 };
	char text[VALUE_MAX];
	struct checklist c;

	(void)state;
	hex_encode(rd_ptr(&who.value), 64, text);
	assert_int_equal(judged(&who, ATT_DENY_CHIP_ID, text, &c), CHECK_FAIL);
	who.value = rd_make(longer, sizeof longer);
	assert_int_equal(
	    judged(&who, ATT_DENY_CHIP_ID, of_kind[ATT_DENY_CHIP_ID].value, &c), CHECK_PASS);
	assert_int_equal(judged(&who, ATT_DENY_CHIP_ID, text, &c), CHECK_PASS);
}

/* Several of a kind: one that is denied is enough, wherever it stands. */
static void one_of_several_is_enough(void **state)
{
	struct evidence_identity first = identity(ATT_DENY_ADVISORY), second = first;
	struct checklist c;

	(void)state;
	first.value = rd_make("INTEL-SA-00001", 14);
	first.next = &second;
	assert_int_equal(judged(&first, ATT_DENY_ADVISORY, "INTEL-SA-00615", &c), CHECK_FAIL);
	assert_int_equal(judged(&first, ATT_DENY_ADVISORY, "INTEL-SA-00001", &c), CHECK_FAIL);
	assert_int_equal(judged(&first, ATT_DENY_ADVISORY, "INTEL-SA-0000", &c), CHECK_PASS);
}

static void a_field_of_zeros_says_nothing(void **state)
{
	static const uint8_t zero[64];
	struct evidence_outcome o = { 0 };

	(void)state;
	CHECK_OK(evidence_identify(&o, a, ATT_DENY_CHIP_ID, zero, sizeof zero, &e), &e);
	CHECK_OK(evidence_identify(&o, a, ATT_DENY_CHIP_ID, zero, 0, &e), &e);
	assert_null(o.identities);
	CHECK_OK(evidence_identify(&o, a, ATT_DENY_FMSPC, "a", 1, &e), &e);
	assert_non_null(o.identities);
}

static const char *repeated(char c, size_t n)
{
	char *s = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		s[i] = c;
	return s;
}

/* Lengths at the limit and one past it, digits that are none, names that are none. */
static void malformed_entries_are_named(void **state)
{
	const struct {
		const char *kind, *value, *reason, *text;
	} rows[] = {
		{ "chipid", "00", NULL, "kind: found \"chipid\", want chip-id" },
		{ "", "00", NULL, "kind: found \"\"" },
		{ "Product", "Milan", NULL, "kind: found" },
		{ "chip-id", repeated('a', 126), NULL, "want 128 hexadecimal digits" },
		{ "chip-id", repeated('a', 130), NULL, "want 128 hexadecimal digits" },
		{ "chip-id", repeated('g', 128), NULL, "want 128 hexadecimal digits" },
		{ "chip-id", "", NULL, "want 128 hexadecimal digits" },
		{ "fmspc", "00906ed5000", NULL, "value of fmspc: found \"00906ed5000\", want 12" },
		{ "fmspc", "00906ed500000", NULL, "want 12" },
		{ "fmspc", "0x906ed50000", NULL, "want 12" },
		{ "ppid", repeated('a', 30), NULL, "want 32" },
		{ "platform-instance", repeated('a', 34), NULL, "want 32" },
		{ "signer", repeated('a', 62), NULL, "want 64" },
		{ "measurement", repeated('a', 98), NULL, "want 64" },
		{ "product", "", NULL, "want a product line" },
		{ "product", "Milan ", NULL, "want a product line" },
		{ "advisory", repeated('a', 65), NULL, "want an advisory" },
		{ "product", "Milan", repeated('r', 257), "reason: found 257 bytes" },
		{ "product", "Milan", "two\nlines", "one line" },
		{ "product", "Milan", "\xff", "one line" },
	};
	struct att_deny d;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(att_deny_read(rows[i].kind, rows[i].value, rows[i].reason, &d, &e), &e,
		    ATT_E_BAD_FORMAT, rows[i].text);
	CHECK_OK(att_deny_read("chip-id", repeated('A', 128), repeated('r', 256), &d, &e), &e);
	CHECK_OK(att_deny_read("advisory", repeated('a', 64), NULL, &d, &e), &e);
	assert_string_equal(d.reason, "");
	assert_null(att_deny_kind_name(ATT_NDENY_KINDS));
}

static bool read_text(const char *s, struct att_denylist **out)
{
	return att_denylist_read((struct att_bytes){ (const uint8_t *)s, strlen(s) }, out, &e);
}

static void a_list_is_read_and_written(void **state)
{
	static const char text[] =
	    " {\"entries\" : [ {\"value\":\"00906ED50000\",\"kind\":\"fmspc\"},"
	    "{\"kind\":\"product\",\"value\":\"Milan\",\"reason\":\"sold \\\"as is\\\"\"} ] } ";
	static const char plain[] =
	    "{\"entries\":[{\"kind\":\"fmspc\",\"value\":\"00906ed50000\"},"
	    "{\"kind\":\"product\",\"value\":\"Milan\",\"reason\":\"sold \\\"as is\\\"\"}]}";
	struct att_denylist *l, *again;

	(void)state;
	CHECK_OK(read_text(text, &l), &e);
	assert_int_equal(l->n, 2);
	assert_int_equal(l->entries[0].kind, ATT_DENY_FMSPC);
	assert_string_equal(l->entries[1].reason, "sold \"as is\"");
	assert_string_equal(l->json, plain);
	assert_int_equal(l->json_len, strlen(plain));
	CHECK_OK(read_text(l->json, &again), &e);
	assert_string_equal(again->json, plain);
	att_denylist_free(again);
	att_denylist_free(l);
	CHECK_OK(read_text("{\"entries\":[]}", &l), &e);
	assert_int_equal(l->n, 0);
	assert_string_equal(l->json, "{\"entries\":[]}");
	att_denylist_free(l);
	att_denylist_free(NULL);
}

static void malformed_lists_are_refused(void **state)
{
	static const struct {
		const char *json;
		enum att_err code;
		const char *text;
	} rows[] = {
		{ "", ATT_E_BAD_JSON, "deny-list" },
		{ "[]", ATT_E_BAD_FORMAT, "want {\"entries\":[...]}" },
		{ "{}", ATT_E_BAD_FORMAT, "want {\"entries\":[...]}" },
		{ "{\"entries\":{}}", ATT_E_BAD_FORMAT, "want {\"entries\":[...]}" },
		{ "{\"entries\":[],\"more\":1}", ATT_E_BAD_FORMAT, "nothing else" },
		{ "{\"entries\":[],\"entries\":[]}", ATT_E_BAD_JSON, "deny-list" },
		{ "{\"entries\":[]} x", ATT_E_BAD_JSON, "deny-list" },
		{ "{\"entries\":[7]}", ATT_E_BAD_FORMAT, "entries[0]: want {\"kind\"" },
		{ "{\"entries\":[{\"kind\":\"product\",\"value\":\"Milan\"},{\"kind\":\"product\"}]"
		  "}",
		    ATT_E_BAD_FORMAT, "entries[1]: value: missing" },
		{ "{\"entries\":[{\"value\":\"Milan\"}]}", ATT_E_BAD_FORMAT,
		    "entries[0]: kind: missing" },
		{ "{\"entries\":[{\"kind\":\"product\",\"value\":7}]}", ATT_E_BAD_FORMAT,
		    "entries[0]: value: want a text" },
		{ "{\"entries\":[{\"kind\":\"product\",\"value\":\"Mi\\u0000lan\"}]}",
		    ATT_E_BAD_FORMAT, "entries[0]: value: want a text" },
		{ "{\"entries\":[{\"kind\":\"product\",\"valeu\":\"Milan\"}]}", ATT_E_BAD_FORMAT,
		    "entries[0]: member \"valeu\"" },
		{ "{\"entries\":[{\"kind\":\"product\",\"value\":\"Milan\",\"reason\":null}]}",
		    ATT_E_BAD_FORMAT, "entries[0]: reason: want a text" },
		{ "{\"entries\":[{\"kind\":\"planet\",\"value\":\"Mars\"}]}", ATT_E_BAD_FORMAT,
		    "entries[0]: kind: found \"planet\"" },
		{ "{\"entries\":[[[[]]]]}", ATT_E_BAD_JSON, "deny-list" },
	};
	struct att_denylist *l;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(read_text(rows[i].json, &l), &e, rows[i].code, rows[i].text);
}

/* Entries: 4096 and one more.  Bytes: one MiB and one more. */
static void limits_of_a_list(void **state)
{
	static const char entry[] = "{\"kind\":\"product\",\"value\":\"Milan\"}";
	size_t room = ATT_DENYLIST_BYTES + 2;
	char *text = malloc(room);
	struct att_denylist *l;

	(void)state;
	assert_non_null(text);
	for (size_t n = ATT_DENYLIST_MAX; n <= ATT_DENYLIST_MAX + 1; n++) {
		size_t at = (size_t)snprintf(text, room, "{\"entries\":[");
		for (size_t i = 0; i < n; i++)
			at += (size_t)snprintf(text + at, room - at, "%s%s", i ? "," : "", entry);
		(void)snprintf(text + at, room - at, "]}");
		if (n > ATT_DENYLIST_MAX) {
			CHECK_ERR(
			    read_text(text, &l), &e, ATT_E_LIMIT, "4097 entries, at most 4096");
			continue;
		}
		CHECK_OK(read_text(text, &l), &e);
		assert_int_equal(l->n, n);
		att_denylist_free(l);
	}
	(void)snprintf(text, room, "{\"entries\":[]%*s}", (int)(ATT_DENYLIST_BYTES - 14), "");
	assert_int_equal(strlen(text), ATT_DENYLIST_BYTES);
	CHECK_OK(read_text(text, &l), &e);
	att_denylist_free(l);
	(void)snprintf(text, room, "{\"entries\":[]%*s}", (int)(ATT_DENYLIST_BYTES - 13), "");
	CHECK_ERR(read_text(text, &l), &e, ATT_E_LIMIT, "1048577 bytes");
	free(text);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_kind_hits_misses_and_does_not_apply),
		T(a_short_chip_id_is_a_padded_one),
		T(one_of_several_is_enough),
		T(a_field_of_zeros_says_nothing),
		T(malformed_entries_are_named),
		T(a_list_is_read_and_written),
		T(malformed_lists_are_refused),
		T(limits_of_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Bundles: the same items make the same bytes, every changed byte is found, and one may stand among
 * pieces. */
#include <stdio.h>

#include "tests/unit/attest/api_harness.h"

#include "lib/attest/bundle.h"
#include "lib/base/buf.h"
#include "libattest/endorse.h"

struct api_fixture api;
static struct crypto *crypto;

static int setup(void **state)
{
	crypto = crypto_new(NULL);
	return crypto ? api_setup(state) : -1;
}

static int teardown(void **state)
{
	crypto_free(crypto);
	return api_teardown(state);
}

static struct att_endorsement item(const char *kind, const char *key, uint32_t evaluation, const char *piece)
{
	return (struct att_endorsement){ .kind = kind, .key = key, .evaluation = evaluation,
	    .issued_s = 1750000000,
	    .expires_s = evaluation ? 1752592000 : INT64_MIN, .fault = "good", .bytes = bytes_of(piece) };
}

static struct att_bytes written(const struct att_endorsement *v, size_t n)
{
	struct att_bytes kept;
	size_t len;
	char *text;

	CHECK_OK(att_bundle_write(v, n, &text, &len, &api.e), &api.e);
	assert_int_equal(len, strlen(text));
	kept = (struct att_bytes){ arena_memdup(api.a, text, len + 1), len };
	free(text);
	assert_non_null(kept.data);
	return kept;
}

static struct att_bytes three(void)
{
	const struct att_endorsement v[] = {
		item("tcb-info", "SGX-00906ed50000", 17, "{\"a\":1}"), item("root-crl", "root", 0,
		    "abc\xff\n"),
		item("tcb-info", "SGX-00906ed50000", 9, "") };

	return written(v, 3);
}

static void round_trip(void **state)
{
	struct att_bytes file = three();
	struct att_bundle *b;

	(void)state;
	assert_true(att_bundle_recognise(file));
	CHECK_OK(att_bundle_read(file, &b, &api.e), &api.e);
	assert_int_equal(b->n, 3);
	/* By kind, key and number, not by the order given. */
	assert_string_equal(b->item[0].kind, "root-crl");
	assert_int_equal(b->item[1].evaluation, 9);
	assert_int_equal(b->item[2].evaluation, 17);
	assert_int_equal(b->item[0].piece.len, 5);
	assert_memory_equal(b->item[0].piece.data, "abc\xff\n", 5);
	assert_int_equal(b->item[1].piece.len, 0);
	assert_int_equal(b->item[2].issued_s, 1750000000);
	assert_int_equal(b->item[2].expires_s, 1752592000);
	assert_int_equal(b->item[0].expires_s, INT64_MIN);
	att_bundle_free(b);
	att_bundle_free(NULL);
	CHECK_OK(att_bundle_read(written(NULL, 0), &b, &api.e), &api.e);
	assert_int_equal(b->n, 0);
	att_bundle_free(b);
}

static void the_same_items_make_the_same_bytes(void **state)
{
	struct att_endorsement v[] = { item("a", "1", 2, "x"), item("a", "1", 2, "y"), item("a", "1", 1, "z"),
	    item("a", "0", 9, "w"), item("0", "9", 0, "v"), item("a", "1", 2, "x") };
	struct att_bytes first = written(v, 6), again;
	struct att_bundle *b;

	(void)state;
	for (size_t turn = 0; turn < 6; turn++) {
		struct att_endorsement last = v[5];

		for (size_t i = 5; i > 0; i--)
			v[i] = v[i - 1];
		v[0] = last;
		again = written(v, 6);
		assert_int_equal(again.len, first.len);
		assert_memory_equal(again.data, first.data, first.len);
	}
	CHECK_OK(att_bundle_read(first, &b, &api.e), &api.e);
	assert_int_equal(b->n, 5);      /* the same thing twice is one item */
	att_bundle_free(b);
}

static bool refused(struct att_bytes file)
{
	struct att_bundle *b;
	bool ok = att_bundle_read(file, &b, &api.e);

	if (ok)
		att_bundle_free(b);
	return ok;
}

/* White space between the three members is nobody's business. */
static void every_byte(void **state)
{
	struct att_bytes file = three();
	uint8_t *copy = arena_memdup(api.a, file.data, file.len + 1);

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i + 1 < file.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1u << bit);
			att_error_clear(&api.e);
			if (refused((struct att_bytes){ copy, file.len }))
				fail_msg("byte %zu, bit %u is not missed", i, bit);
			assert_int_not_equal(api.e.code, ATT_E_OK);
			copy[i] ^= (uint8_t)(1u << bit);
		}
	for (size_t n = 0; n + 1 < file.len; n++) {
		att_error_clear(&api.e);
		assert_false(refused((struct att_bytes){ copy, n }));
	}
	att_error_clear(&api.e);
}

static struct att_bytes replaced(const char *from, const char *to)
{
	struct att_bytes file = three();
	const char *text = (const char *)file.data, *at = strstr(text, from);

	if (!at)
		fail_msg("no %s in the bundle", from);
	return bytes_of(arena_printf(api.a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
}

static const struct break_row {
	const char *from, *to;
	enum att_err code;
	const char *text;
} breaks[] = {
	/* {"a":1} as base64 */
	{ "eyJhIjoxfQ==", "eyJhIjoyfQ==", ATT_E_BAD_FORMAT, "items[2]: tcb-info SGX-00906ed50000: "
	    "changed: SHA-256" },
	{ "eyJhIjoxfQ==", "eyJhIjoxfQ", ATT_E_BAD_ENCODING, "items[2]: tcb-info SGX-00906ed50000: "
	    "piece" },
	{ "\"kind\":\"root-crl\"", "\"kind\":\"boot-crl\"", ATT_E_BAD_FORMAT, "what stands beside them" },
	{ "\"evaluation\":17", "\"evaluation\":18", ATT_E_BAD_FORMAT, "what stands beside them" },
	{ "\"expires\":null", "\"expires\":nul", ATT_E_BAD_JSON, "bundle" },
	{ "\"expires\":null", "\"expires\":5", ATT_E_BAD_FORMAT, "expires: want a time or null" },
	{ "\"issued\":\"2025", "\"issued\":\"20x5", ATT_E_BAD_FORMAT, "issued" },
	{ "\"evaluation\":17", "\"evaluation\":-1", ATT_E_BAD_FORMAT, "evaluation: want a number" },
	{ "\"evaluation\":17", "\"evaluation\":4294967296", ATT_E_BAD_FORMAT, "evaluation: want a "
	    "number" },
	{ "\"evaluation\":17", "\"evaluation\":17,\"more\":1", ATT_E_BAD_FORMAT, "a member that "
	    "is not known" },
	{ "\"key\":\"root\"", "\"key\":\"ro\\u0000t\"", ATT_E_BAD_FORMAT, "key: want a text" },
	{ "\"key\":\"root\",", "", ATT_E_BAD_FORMAT, "items[0]: key: want a text" },
	{ "\"attestd-bundle\":1", "\"attestd-bundle\":2", ATT_E_UNSUPPORTED, "version 2, want 1" },
	{ "\"attestd-bundle\":1", "\"attestd-bundle\":\"1\"", ATT_E_BAD_FORMAT, "no member "
	    "attestd-bundle" },
	{ "\"items\":", "\"item\":", ATT_E_BAD_FORMAT, "and no other" },
	{ "\"attestd-bundle\":1", "\"attestd-bundle\":1,\"x\":1", ATT_E_BAD_FORMAT, "and no other" },
	{ "\n],\"sha256\":\"", "\n],\"sha256\":\"0", ATT_E_BAD_FORMAT, "what stands beside them" },
};

static void break_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++)
		CHECK_ERR(refused(replaced(breaks[i].from, breaks[i].to)), &api.e, breaks[i].code,
		    breaks[i].text);
	CHECK_ERR(refused(bytes_of("{\"attestd-bundle\":1,\"items\":[5],\"sha256\":\"\"}")), &api.e,
	    ATT_E_BAD_FORMAT, "items[0]: kind: want a text");
}

static void recognised(void **state)
{
	static const char *const no[] = { "", "{", "{}", "\"attestd-bundle\"",
	    "{\"a\":1,\"attestd-bundle\":1}",
		"{{\"attestd-bundle\":1}", "[\"attestd-bundle\"]", "{\"attestd-bundle",
		    "x{\"attestd-bundle\":1}" };

	(void)state;
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_false(att_bundle_recognise(bytes_of(no[i])));
	assert_true(att_bundle_recognise(bytes_of(" \n{\t\"attestd-bundle\" : 1}")));
	assert_false(att_bundle_recognise((struct att_bytes){ 0 }));
}

static void limits(void **state)
{
	struct att_endorsement *v = arena_array(api.a, BUNDLE_ITEMS_MAX + 1, sizeof *v);
	struct buf b = { .a = api.a };
	size_t len;
	char *text;

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i < BUNDLE_ITEMS_MAX + 1; i++)
		v[i] = item("k", arena_printf(api.a, "%08zu", i), 0, "x");
	CHECK_ERR(att_bundle_write(v, BUNDLE_ITEMS_MAX + 1, &text, &len, &api.e), &api.e,
	    ATT_E_LIMIT, "4097 items");
	assert_true(refused(written(v, BUNDLE_ITEMS_MAX)));
	buf_str(&b, "{\"attestd-bundle\":1,\"items\":[");
	for (size_t i = 0; i < BUNDLE_ITEMS_MAX + 1; i++)
		buf_str(&b, i ? ",1" : "1");
	buf_str(&b, "],\"sha256\":\"\"}");
	CHECK_ERR(refused((struct att_bytes){ (const uint8_t *)b.p, b.len }), &api.e, ATT_E_LIMIT,
	    "4097 items");
}

static void among_pieces(void **state)
{
	struct att_bytes file = three(), v[] = { bytes_of("first"), file, bytes_of("last"), file };
	const struct att_bytes *out;
	size_t n;

	(void)state;
	CHECK_OK(bundle_expand(api.a, crypto, v, 1, &out, &n, &api.e), &api.e);
	assert_ptr_equal(out, v);
	assert_int_equal(n, 1);
	CHECK_OK(bundle_expand(api.a, crypto, v, 4, &out, &n, &api.e), &api.e);
	assert_int_equal(n, 8);
	assert_memory_equal(out[0].data, "first", 5);
	assert_memory_equal(out[1].data, "abc\xff\n", 5);
	assert_memory_equal(out[4].data, "last", 4);
	v[3] = replaced("\"evaluation\":17", "\"evaluation\":16");
	CHECK_ERR(bundle_expand(api.a, crypto, v, 4, &out, &n, &api.e), &api.e, ATT_E_BAD_FORMAT, "bundle");
}

static void no_memory(void **state)
{
	struct att_bytes v[] = { three(), bytes_of("x") };
	bool ok = false;

	(void)state;
	for (size_t i = 0; !ok; i++) {
		struct failing f;
		struct arena *a = arena_failing(&f, i);
		const struct att_bytes *out;
		struct att_error e = { 0 };
		size_t n;

		if (!a)
			continue;
		ok = bundle_expand(a, crypto, v, 2, &out, &n, &e);
		if (!ok)
			assert_int_equal(e.code, ATT_E_NOMEM);
		assert_true(ok || f.fired);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(the_same_items_make_the_same_bytes),
		cmocka_unit_test(every_byte), cmocka_unit_test(break_list), cmocka_unit_test(recognised),
		cmocka_unit_test(limits), cmocka_unit_test(among_pieces), cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

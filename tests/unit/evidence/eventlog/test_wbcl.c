/* SIPA trees and Windows facts; nesting and sizes (security history A14). */
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/json/json.h"
#include "tests/unit/evidence/eventlog/kit.h"

#define BOX 0x40010001U
#define DEBUGGING 0x00040001U
#define INTEGRITY 0x00050002U

static struct kit k;
static struct items t;

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

static void put(struct buf *b, uint32_t tag, const void *p, size_t n)
{
	buf_le32(b, tag);
	buf_le32_block(b, p, n);
}

static bool parse(const struct buf *b, struct sipa_tree *out)
{
	att_error_clear(&k.e);
	return sipa_parse(rd_make(b->p, b->len), k.a, out, &k.e);
}

/* depth containers in each other, a flag in the innermost. */
static struct buf nested(size_t depth)
{
	struct buf b = buf_make(k.a);

	put(&b, DEBUGGING, "", 1);
	for (size_t i = 0; i < depth; i++) {
		struct buf outer = buf_make(k.a);
		put(&outer, BOX, b.p, b.len);
		b = outer;
	}
	return b;
}

static void trees_are_read(void **state)
{
	struct buf in = buf_make(k.a), b = buf_make(k.a);
	struct sipa_tree tree;
	uint64_t v;

	(void)state;
	put(&in, DEBUGGING, "\1", 1);
	put(&in, 0x00020002, "\4\0\0\0\0\0\0\0", 8);
	put(&in, 0x40010003, "", 0);
	put(&in, 0x00099999, "abc", 3);
	put(&b, BOX, in.p, in.len);
	put(&b, INTEGRITY, "\1", 1);
	assert_true(parse(&b, &tree));
	assert_int_equal(tree.n, 6);
	assert_int_equal(tree.v[0].after, 5);
	assert_int_equal(tree.v[1].depth, 1);
	assert_true(sipa_value(&tree.v[1], &v) && v == 1);
	assert_true(sipa_value(&tree.v[2], &v) && v == 4);
	assert_int_equal(tree.v[3].after, 4);
	assert_null(tree.v[4].row);
	assert_false(sipa_value(&tree.v[4], &v));
	assert_int_equal(tree.v[5].depth, 0);
	assert_string_equal(tree.v[5].row->name, "EVENT_CODEINTEGRITY");
	b.len = 0;
	assert_true(parse(&b, &tree));
	assert_int_equal(tree.n, 0);
}

static void values_have_exact_sizes(void **state)
{
	static const struct { uint32_t tag; size_t n; uint8_t first; bool ok; } rows[] = {
		{ DEBUGGING, 1, 0, true }, { DEBUGGING, 1, 1, true }, { DEBUGGING, 1, 2, false },
		    { DEBUGGING, 0, 0, false },
		{ DEBUGGING, 2, 0, false }, { 0x00020003, 4, 9, true }, { 0x00020003, 3, 9, false },
		{ 0x00020003, 5, 9, false }, { 0x00020002, 8, 9, true }, { 0x00020002, 7, 9,
		    false },
		{ 0x00050009, 4, 9, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t data[8] = { rows[i].first };
		struct buf b = buf_make(k.a);
		struct sipa_tree tree;
		uint64_t v;

		put(&b, rows[i].tag, data, rows[i].n);
		assert_true(parse(&b, &tree));
		assert_int_equal(sipa_value(&tree.v[0], &v), rows[i].ok);
	}
}

static void nesting_is_bounded(void **state)
{
	struct sipa_tree tree;
	struct buf b = nested(SIPA_DEPTH_MAX);

	(void)state;
	assert_true(parse(&b, &tree));
	assert_int_equal(tree.v[SIPA_DEPTH_MAX].depth, SIPA_DEPTH_MAX);
	b = nested(SIPA_DEPTH_MAX + 1);
	CHECK_ERR(parse(&b, &tree), &k.e, ATT_E_LIMIT,
	    "SIPA: tag at offset 64 is nested deeper than 8 levels");
}

/* Two million headers of eight bytes inside each other, in one event of 16 MiB (A14). */
static void two_million_nested_headers_are_cheap(void **state)
{
	size_t n = ((size_t)16 << 20) - 32;
	uint8_t *p = calloc(1, n);
	struct arena *a = arena_new((size_t)8 << 20);
	struct sipa_tree tree;
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i + 8 <= n; i += 8) {
		uint32_t left = (uint32_t)(n - i - 8);
		p[i] = 1, p[i + 2] = 1, p[i + 3] = 0x40;
		for (int j = 0; j < 4; j++)
			p[i + 4 + (size_t)j] = (uint8_t)(left >> 8 * j);
	}
	CHECK_ERR(sipa_parse(rd_make(p, n), a, &tree, &e), &e, ATT_E_LIMIT, "nested deeper than 8");
	assert_true(arena_used(a) < 100000);
	/* and side by side */
	for (size_t i = 0; i + 8 <= n; i += 8)
		for (size_t j = 4; j < 8; j++)
			p[i + j] = 0;
	CHECK_ERR(sipa_parse(rd_make(p, n), a, &tree, &e), &e, ATT_E_LIMIT, "more than 32768 tags");
	free(p);
	arena_free(a);
}

static void lengths_are_bounded(void **state)
{
	static const uint32_t lens[] = { 2, 0xFFFFFFFF, 0x80000000 };
	struct sipa_tree tree = { .n = 5 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct buf b = buf_make(k.a), outer = buf_make(k.a);

		buf_le32(&b, DEBUGGING);
		buf_le32(&b, lens[i]);
		buf_char(&b, 0);
		CHECK_ERR(parse(&b, &tree), &k.e, ATT_E_TRUNCATED,
		    "SIPA: tag at offset 0 goes past the end");
		/* inside a container it may not reach into the next */
		put(&outer, BOX, b.p, b.len);
		put(&outer, DEBUGGING, "", 1);
		CHECK_ERR(parse(&outer, &tree), &k.e, ATT_E_TRUNCATED,
		    "SIPA: tag at offset 8 goes past");
		assert_int_equal(tree.n, 5);
	}
}

static void the_table_has_each_tag_once(void **state)
{
	static const uint32_t tags[] = {
#define X(tag, name, payload) tag,
#include "lib/evidence/eventlog/wbcl.tbl"
#undef X
	};

	(void)state;
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
		assert_int_equal(sipa_row(tags[i])->tag, tags[i]);
		assert_int_equal(sipa_is_box(tags[i]), sipa_row(tags[i])->payload == SIPA_BOX);
		assert_int_equal(strncmp(sipa_row(tags[i])->name, "EVENT_", 6), 0);
		for (size_t j = 0; j < i; j++)
			assert_true(tags[i] != tags[j]);
	}
	assert_null(sipa_row(0x12345678));
}

/* A made Windows boot: trees in PCRs 12 and 13, an authority in 14, all closed. */
static void windows(uint8_t debugging, uint8_t integrity)
{
	struct rd wbcl;

	kit_reset(&k);
	t = (struct items){ .agile = true, .banks = 1 << DIGEST_SHA256 };
	for (uint32_t pcr = 12; pcr <= 13; pcr++) {
		struct buf in = buf_make(k.a), b = buf_make(k.a);
		struct rd d;

		put(&in, DEBUGGING, &debugging, 1);
		put(&in, INTEGRITY, &integrity, 1);
		put(&b, BOX, in.p, in.len);
		d = rd_make(b.p, b.len);
		t.v[t.n++] = item_of(&k, pcr, EV_EVENT_TAG, d, d);
	}
	wbcl = kit_text(&k, "WBCL");
	for (uint32_t pcr = 12; pcr <= 14; pcr++)
		t.v[t.n++] = item_of(&k, pcr, EV_SEPARATOR, wbcl, wbcl);
}

static void run(void)
{
	assert_true(kit_run(&k, items_log(&k, &t), DIGEST_SHA256));
}

static void measured(void)
{
	items_pcrs(&k, &t, DIGEST_SHA256);
	run();
}

static void facts_come_from_closed_pcrs(void **state)
{
	struct rd x;
	struct buf b;

	(void)state;
	windows(0, 1);
	measured();
	assert_true(k.wbcl.present);
	assert_int_equal(k.wbcl.sound, 7 << 12);
	assert_int_equal(k.wbcl.unsound, 0);
	assert_true(wbcl_all_zero(&k.wbcl, DEBUGGING) && wbcl_all_set(&k.wbcl, INTEGRITY));
	assert_false(wbcl_all_set(&k.wbcl, DEBUGGING) || wbcl_all_zero(&k.wbcl, INTEGRITY));
	assert_int_equal(wbcl_fact(&k.wbcl, DEBUGGING).n, 2);
	assert_int_equal(wbcl_fact(&k.wbcl, 0x00050003).n, 0);
	assert_false(wbcl_all_zero(&k.wbcl, 0x00050003) || wbcl_all_set(&k.wbcl, 0x00050003));
	assert_false(wbcl_all_zero(&k.wbcl, 0x12345678));
	/* behind the separator nothing counts */
	b = buf_make(k.a);
	put(&b, DEBUGGING, "\1", 1);
	x = rd_make(b.p, b.len);
	t.v[t.n++] = item_of(&k, 12, EV_EVENT_TAG, x, x);
	measured();
	assert_int_equal(k.wbcl.sound, 6 << 12);
	assert_int_equal(k.m.nlate, 1);
	/* not closed, closed twice */
	windows(0, 1);
	items_remove(&t, 2);
	measured();
	assert_int_equal(k.wbcl.sound, 6 << 12);
	assert_int_equal(k.wbcl.unsound, 1 << 12);
	windows(0, 1);
	t.v[t.n++] = t.v[3];
	measured();
	assert_int_equal(k.wbcl.sound, 5 << 12);
	/* data changed, digest kept: the log replays and says nothing any more */
	windows(1, 0);
	measured();
	assert_true(wbcl_all_set(&k.wbcl, DEBUGGING));
	b = buf_make(k.a);
	put(&b, DEBUGGING, "", 1);
	t.v[0].data = rd_make(b.p, b.len);
	run();
	assert_int_equal(k.r.differs, 0);
	assert_int_equal(k.wbcl.sound, 6 << 12);
	assert_true(wbcl_all_set(&k.wbcl, DEBUGGING));
	/* called something else, to hide it */
	windows(1, 0);
	measured();
	t.v[0].type = t.v[1].type = EV_IPL;
	run();
	assert_true(wbcl_all_set(&k.wbcl, DEBUGGING));
	t.v[0].type = t.v[1].type = 1;
	run();
	assert_int_equal(k.wbcl.sound, 1 << 14);
	/* a value that is neither */
	windows(2, 2);
	measured();
	assert_int_equal(wbcl_fact(&k.wbcl, DEBUGGING).nmalformed, 2);
	assert_false(wbcl_all_set(&k.wbcl, INTEGRITY) || wbcl_all_zero(&k.wbcl, DEBUGGING));
}

/* What was not measured, or is inside such a container, gives no fact. */
static void unmeasured_tags_give_no_fact(void **state)
{
	struct buf in = buf_make(k.a), b = buf_make(k.a);
	struct rd d;

	(void)state;
	windows(1, 1);
	in = buf_make(k.a), b = buf_make(k.a);
	put(&in, DEBUGGING, "", 1);
	put(&b, 0xC0010004, in.p, in.len);
	put(&b, INTEGRITY, "\1", 1);
	d = rd_make(b.p, b.len);
	t.v[0] = item_of(&k, 12, EV_EVENT_TAG, d, d);
	measured();
	assert_int_equal(wbcl_fact(&k.wbcl, DEBUGGING).n, 1);
	assert_int_equal(wbcl_fact(&k.wbcl, INTEGRITY).n, 2);
}

static struct rd idks(uint8_t seed)
{
	struct buf b = buf_make(k.a), tag = buf_make(k.a);

	buf_le32(&b, 1);
	buf_le32(&b, 2048);
	buf_le32(&b, 3);
	buf_le32(&b, 256);
	buf_put(&b, "\1\0\1", 3);
	for (int i = 0; i < 256; i++)
		buf_char(&b, (char)(seed + i));
	put(&tag, 0x00050023, b.p, b.len);
	return rd_make(tag.p, tag.len);
}

static void the_report_key_is_read(void **state)
{
	struct rd d;

	(void)state;
	windows(0, 1);
	d = idks(1);
	t.v[0] = item_of(&k, 12, EV_EVENT_TAG, d, d);
	measured();
	assert_true(k.wbcl.idks.n == 1 && !k.wbcl.idks.conflict && !k.wbcl.idks.malformed);
	assert_int_equal(k.wbcl.idks.bits, 2048);
	assert_int_equal(rd_left(&k.wbcl.idks.modulus), 256);
	assert_int_equal(rd_left(&k.wbcl.idks.exponent), 3);
	t.v[1] = t.v[0];
	t.v[1].pcr = 13;
	measured();
	assert_true(k.wbcl.idks.n == 2 && !k.wbcl.idks.conflict);
	d = idks(2);
	t.v[1] = item_of(&k, 13, EV_EVENT_TAG, d, d);
	measured();
	assert_true(k.wbcl.idks.n == 2 && k.wbcl.idks.conflict);
	d = rd_make(rd_ptr(&d), rd_left(&d));
	{
		struct buf b = buf_make(k.a);
		put(&b, 0x00050023, rd_ptr(&d) + 8, 20);
		d = rd_make(b.p, b.len);
	}
	t.v[1] = item_of(&k, 13, EV_EVENT_TAG, d, d);
	measured();
	assert_true(k.wbcl.idks.malformed);
}

/* The one real Windows log there is. */
static void a_real_log_is_read(void **state)
{
	struct json *v;
	struct rd text, log;
	uint8_t *p;
	size_t n;

	(void)state;
	need_vectors();
	kit_reset(&k);
	text = kit_take(&k, vector_file("eventlog/windows-gcp-shielded-vm.json"));
	CHECK_OK(json_parse(k.a, rd_ptr(&text), rd_left(&text), NULL, &v, &k.e), &k.e);
	v = v->child;
	while (strcmp(v->name, "Log") != 0)
		v = v->next;
	CHECK_OK(b64_decode_arena(B64_STD, k.a, json_get(v, "Raw")->s, json_get(v, "Raw")->len, &p,
	    &n, &k.e), &k.e);
	log = rd_make(p, n);
	assert_true(kit_run_self(&k, log, DIGEST_SHA1));
	assert_int_equal(k.wbcl.sound, 7 << 12);
	assert_true(wbcl_all_zero(&k.wbcl, DEBUGGING) && wbcl_all_set(&k.wbcl, INTEGRITY));
	assert_true(wbcl_all_zero(&k.wbcl, 0x00050001) && wbcl_all_zero(&k.wbcl, 0x00050003));
	assert_true(wbcl_all_zero(&k.wbcl, 0x00050005) && wbcl_all_zero(&k.wbcl, 0x00050006));
	assert_int_equal(wbcl_fact(&k.wbcl, 0x00020002).first, 4);
	assert_int_equal(wbcl_fact(&k.wbcl, 0x40010003).n, 128);
	assert_int_equal(k.wbcl.idks.n, 0);
	for (size_t i = 0; i < k.log->n; i++)
		for (size_t j = 0; j < k.wbcl.trees[i].n; j++)
			assert_non_null(k.wbcl.trees[i].v[j].row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_read),
		cmocka_unit_test(values_have_exact_sizes),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(two_million_nested_headers_are_cheap),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(the_table_has_each_tag_once),
		cmocka_unit_test(facts_come_from_closed_pcrs),
		cmocka_unit_test(unmeasured_tags_give_no_fact),
		cmocka_unit_test(the_report_key_is_read),
		cmocka_unit_test(a_real_log_is_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

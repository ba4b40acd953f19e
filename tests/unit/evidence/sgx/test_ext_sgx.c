/* The extension of PCK certificates: each part absent, doubled, of another type or too large; real
 * certificates. */
#include <string.h>

#include "lib/crypto/der.h"
#include "lib/x509/ext_sgx.h"
#include "tests/harness/check.h"

#define ARC "1.2.840.113741.1.13.1"
#define NTCB 18

static struct arena *a;
static struct att_error e;

/* What stands at one place instead of the good value. */
enum change { NOTHING, LEFT_OUT, DOUBLED, OTHER_TYPE, TOO_LONG, TOO_LARGE, UNKNOWN_BESIDE };

static void pair(struct buf *b, const char *oid, uint8_t tag, const void *p, size_t n)
{
	struct buf inside = buf_make(a);

	der_put_oid(&inside, oid);
	der_put(&inside, tag, p, n);
	der_put_buf(b, DER_SEQUENCE, &inside);
}

static void put(struct buf *b, const char *oid, uint8_t tag, const void *p, size_t n, enum change c)
{
	uint8_t longer[64] = { 0 };

	if (n <= 32)
		bytes_copy(longer, p, n);
	if (c == LEFT_OUT)
		return;
	if (c == UNKNOWN_BESIDE)
		pair(b, ARC ".99", DER_UTF8, "x", 1);
	if (c == OTHER_TYPE)
		pair(b, oid, DER_UTF8, p, n);
	else if (c == TOO_LONG)
		pair(b, oid, tag, longer, n + 1);
	else if (c == TOO_LARGE)
		pair(b, oid, tag, "\x01\x00\x00", 3);
	else
		pair(b, oid, tag, p, n);
	if (c == DOUBLED)
		pair(b, oid, tag, p, n);
}

static const uint8_t hex16[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

/* Part k of the TCB, 1 to 18: components of value 10 * k, 255 for the fifth. */
static void put_tcb_part(struct buf *b, unsigned k, enum change c)
{
	const char *oid = arena_printf(a, ARC ".2.%u", k);
	uint8_t small[2] = { 0, (uint8_t)(k == 5 ? 255 : 10 * k) };
	bool wide = small[1] > 127;

	if (k == 18)
		put(b, oid, DER_OCTETS, hex16, 16, c);
	else if (k == 17)
		put(b, oid, DER_INTEGER, "\x00\xff\xfe", 3, c);
	else
		put(b, oid, DER_INTEGER, wide ? small : small + 1, wide ? 2 : 1, c);
}

static void put_tcb(struct buf *b, unsigned which, enum change c)
{
	struct buf list = buf_make(a);

	for (unsigned k = 1; k <= NTCB; k++)
		put_tcb_part(&list, k, k == which ? c : NOTHING);
	put(b, ARC ".2", DER_SEQUENCE, list.p, list.len, NOTHING);
}

static void put_configuration(struct buf *b, unsigned which, enum change c)
{
	struct buf list = buf_make(a);

	put(&list, ARC ".7.1", DER_BOOLEAN, "\xff", 1, which == 1 ? c : NOTHING);
	put(&list, ARC ".7.2", DER_BOOLEAN, "\x00", 1, which == 2 ? c : NOTHING);
	put(&list, ARC ".7.3", DER_BOOLEAN, "\xff", 1, which == 3 ? c : NOTHING);
	put(b, ARC ".7", DER_SEQUENCE, list.p, list.len, NOTHING);
}

/* where: 1..7 the elements, 101.. the parts of the TCB, 201.. of the configuration. */
static struct rd make(unsigned where, enum change c, bool platform)
{
	struct buf list = buf_make(a), whole = buf_make(a);
	struct buf dummy = buf_make(a);

	buf_str(&dummy, "");
	put(&list, ARC ".1", DER_OCTETS, hex16, 16, where == 1 ? c : NOTHING);
	if (where != 2)
		put_tcb(&list, where > 100 && where < 200 ? where - 100 : 0, c);
	else
		put(&list, ARC ".2", DER_SEQUENCE, dummy.p, 0, c);
	put(&list, ARC ".3", DER_OCTETS, "\x00\x01", 2, where == 3 ? c : NOTHING);
	put(&list, ARC ".4", DER_OCTETS, "\x00\x90\x6e\xd5\x00\x00", 6, where == 4 ? c : NOTHING);
	put(&list, ARC ".5", DER_ENUM, "\x01", 1, where == 5 ? c : NOTHING);
	if (platform) {
		put(&list, ARC ".6", DER_OCTETS, hex16, 16, where == 6 ? c : NOTHING);
		put_configuration(&list, where > 200 ? where - 200 : 0, c);
	}
	der_put_buf(&whole, DER_SEQUENCE, &list);
	CHECK_OK(buf_ok(&whole, &e), &e);
	return rd_make(whole.p, whole.len);
}

static void both_kinds_are_read(void **state)
{
	struct ext_sgx x;

	(void)state;
	CHECK_OK(ext_sgx_parse_value(make(0, NOTHING, false), &x, &e), &e);
	assert_memory_equal(x.ppid, hex16, 16);
	for (unsigned k = 1; k <= EXT_SGX_COMPONENTS; k++)
		assert_int_equal(x.components[k - 1], k == 5 ? 255 : 10 * k);
	assert_int_equal(x.pcesvn, 0xfffe);
	assert_memory_equal(x.cpusvn, hex16, 16);
	assert_memory_equal(x.pceid, "\x00\x01", 2);
	assert_memory_equal(x.fmspc, "\x00\x90\x6e\xd5\x00\x00", 6);
	assert_int_equal(x.type, EXT_SGX_SCALABLE);
	assert_false(x.has_platform || x.has_configuration);
	CHECK_OK(ext_sgx_parse_value(make(0, NOTHING, true), &x, &e), &e);
	assert_true(x.has_platform && x.has_configuration);
	assert_true(x.dynamic_platform && !x.cached_keys && x.smt);
	assert_memory_equal(x.platform_instance, hex16, 16);
	CHECK_OK(ext_sgx_parse_value(make(201, LEFT_OUT, true), &x, &e), &e);
	assert_false(x.dynamic_platform);
	CHECK_OK(ext_sgx_parse_value(make(4, UNKNOWN_BESIDE, false), &x, &e), &e);
}

static void every_part_is_needed_once_and_of_its_type(void **state)
{
	static const struct { unsigned where; const char *name; bool must; } parts[] = {
		{ 1, "ppid", true }, { 3, "pce-id", true }, { 4, "fmspc", true }, { 5, "sgx type", true },
		{ 6, "platform instance id", false }, { 101, "tcb component 1", true },
		{ 105, "tcb component 5", true }, { 116, "tcb component 16", true }, { 117, "pcesvn", true },
		{ 118, "cpusvn", true }, { 201, "dynamic platform", false }, { 203, "smt enabled", false },
	};
	struct ext_sgx x;

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		unsigned w = parts[i].where;
		if (parts[i].must)
			CHECK_ERR(ext_sgx_parse_value(make(w, LEFT_OUT, true), &x, &e), &e, ATT_E_BAD_FORMAT,
			    arena_printf(a, "%s is absent", parts[i].name));
		CHECK_ERR(ext_sgx_parse_value(make(w, DOUBLED, true), &x, &e), &e, ATT_E_BAD_FORMAT,
		    arena_printf(a, "%s is there twice", parts[i].name));
		CHECK_ERR(ext_sgx_parse_value(make(w, OTHER_TYPE, true), &x, &e), &e, ATT_E_BAD_FORMAT,
		    parts[i].name);
		if (w < 101 || w > 117)
			CHECK_ERR(ext_sgx_parse_value(make(w, TOO_LONG, true), &x, &e), &e, ATT_E_BAD_FORMAT,
			    parts[i].name);
		CHECK_ERR(ext_sgx_parse_value(make(w, TOO_LARGE, true), &x, &e), &e, ATT_E_BAD_FORMAT,
		    parts[i].name);
	}
	CHECK_ERR(ext_sgx_parse_value(make(2, LEFT_OUT, true), &x, &e), &e, ATT_E_BAD_FORMAT,
	    "tcb is absent");
	CHECK_ERR(ext_sgx_parse_value(make(2, NOTHING, true), &x, &e), &e, ATT_E_BAD_FORMAT,
	    "component 1 is absent");
	CHECK_ERR(ext_sgx_parse_value(make(2, OTHER_TYPE, true), &x, &e), &e, ATT_E_BAD_FORMAT,
	    "not a SEQUENCE");
}

/* Lengths of the outer elements count: whatever is cut off shows. */
static void truncations_and_more_fail(void **state)
{
	struct rd whole = make(0, NOTHING, true);
	uint8_t *longer = arena_alloc(a, rd_left(&whole) + 1);
	struct ext_sgx x;

	(void)state;
	for (size_t n = 0; n < rd_left(&whole); n++) {
		att_error_clear(&e);
		assert_false(ext_sgx_parse_value(rd_make(rd_ptr(&whole), n), &x, &e));
		assert_int_equal(e.code, ATT_E_BAD_FORMAT);
	}
	bytes_copy(longer, rd_ptr(&whole), rd_left(&whole));
	CHECK_ERR(ext_sgx_parse_value(rd_make(longer, rd_left(&whole) + 1), &x, &e), &e, ATT_E_BAD_FORMAT,
	    "not one SEQUENCE");
}

static int set_up(void **state)
{
	(void)state;
	a = arena_new((size_t)16 << 20);
	return a ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_are_read),
		cmocka_unit_test(every_part_is_needed_once_and_of_its_type),
		cmocka_unit_test(truncations_and_more_fail),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

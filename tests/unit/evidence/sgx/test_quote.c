/* Quotes and Open Enclave headers, byte by byte: layout, limits, nesting, every truncation. */
#include "lib/evidence/sgx/sgx.h"

#include <string.h>

#include "tests/harness/check.h"

#define QUOTE_MAX 40000
#define AUTH 32

static uint8_t bytes[QUOTE_MAX];
static size_t len;
static struct att_error e;

static void put(const void *p, size_t n)
{
	assert_true(len + n <= sizeof bytes);
	bytes_copy(bytes + len, p, n);
	len += n;
}

static void le(uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t b = (uint8_t)(v >> 8 * i);
		put(&b, 1);
	}
}

/* Bytes whose value is their offset, so that a field read from elsewhere shows. */
static void fill(size_t n)
{
	for (size_t i = 0; i < n; i++)
		le((len * 7 + len / 256) & 0xff, 1);
}

static void set_le(size_t off, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[off + i] = (uint8_t)(v >> 8 * i);
}

struct shape {
	unsigned version, tee, body;
	size_t auth;
	unsigned certification;
	size_t data;
};

static size_t body_len(unsigned body)
{
	static const size_t lens[] = { 0, SGX_REPORT_LEN, TD_REPORT_10_LEN, TD_REPORT_15_LEN,
		TD_REPORT_15X_LEN };

	return lens[body];
}

/* Offsets of what tests change. */
static struct { size_t body, sig_len, sig, outer, auth, certification; } at;

static void make(const struct shape *s)
{
	static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94,
		0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

	len = 0;
	le(s->version, 2), le(2, 2), le(s->tee, 4), le(0x1234, 2), le(0x5678, 2),
	    put(intel, sizeof intel), fill(20);
	if (s->version == 5)
		le(s->body, 2), le(body_len(s->body), 4);
	at.body = len;
	fill(body_len(s->body));
	at.sig_len = len;
	le(0, 4);
	at.sig = len;
	fill(128);
	at.outer = len;
	if (s->version > 3)
		le(CERT_QE_REPORT, 2), le(SGX_REPORT_LEN + 64 + 2 + s->auth + 6 + s->data, 4);
	fill(SGX_REPORT_LEN), fill(64);
	at.auth = len;
	le(s->auth, 2), fill(s->auth);
	at.certification = len;
	le(s->certification, 2), le(s->data, 4), fill(s->data);
	set_le(at.sig_len, len - at.sig, 4);
}

static bool parse(struct quote *q)
{
	att_error_clear(&e);
	return quote_parse(rd_make(bytes, len), QUOTE_TAIL_ZERO, q, &e);
}

static const struct shape shapes[] = {
	{ 3, 0, QUOTE_BODY_SGX, AUTH, CERT_PCK_CHAIN, 100 },
	{ 3, 0, QUOTE_BODY_SGX, 0, CERT_PPID_PLAIN, 36 },
	{ 3, 0, QUOTE_BODY_SGX, 0, CERT_PPID_PLAIN, 34 },
	{ 3, 0, QUOTE_BODY_SGX, AUTH, CERT_PPID_RSA2048, 276 },
	{ 3, 0, QUOTE_BODY_SGX, AUTH, CERT_PPID_RSA3072, 404 },
	{ 4, 0, QUOTE_BODY_SGX, AUTH, CERT_PCK_CHAIN, 100 },
	{ 4, 0x81, QUOTE_BODY_TD_10, AUTH, CERT_PCK_CHAIN, 100 },
	{ 5, 0, QUOTE_BODY_SGX, AUTH, CERT_PCK_LEAF, 1 },
	{ 5, 0x81, QUOTE_BODY_TD_10, AUTH, CERT_PCK_CHAIN, PCK_CHAIN_TEXT_MAX },
	{ 5, 0x81, QUOTE_BODY_TD_15, 30000 - 1, CERT_PCK_CHAIN, 100 },
	{ 5, 0x81, QUOTE_BODY_TD_15X, AUTH, CERT_PCK_CHAIN, 100 },
};
#define NSHAPES (sizeof shapes / sizeof shapes[0])

static void parts_are_where_the_specification_says(void **state)
{
	struct quote q;

	(void)state;
	for (size_t i = 0; i < NSHAPES; i++) {
		make(&shapes[i]);
		CHECK_OK(parse(&q), &e);
		assert_int_equal(q.header.version, shapes[i].version);
		assert_int_equal(q.header.qe_svn, 0x1234);
		assert_int_equal(q.header.pce_svn, 0x5678);
		assert_true(quote_vendor_is_intel(&q.header));
		assert_memory_equal(q.header.user_data, bytes + 28, 20);
		assert_int_equal(q.body_type, shapes[i].body);
		assert_ptr_equal(rd_ptr(&q.body), bytes + at.body);
		assert_int_equal(rd_left(&q.body), body_len(shapes[i].body));
		assert_ptr_equal(rd_ptr(&q.signed_bytes), bytes);
		assert_int_equal(rd_left(&q.signed_bytes), at.sig_len);
		assert_ptr_equal(rd_ptr(&q.signature), bytes + at.sig);
		assert_ptr_equal(rd_ptr(&q.key), bytes + at.sig + 64);
		assert_ptr_equal(rd_ptr(&q.qe_bytes), bytes + at.auth - 64 - SGX_REPORT_LEN);
		assert_ptr_equal(rd_ptr(&q.qe_signature), bytes + at.auth - 64);
		assert_int_equal(rd_left(&q.qe_auth), shapes[i].auth);
		assert_int_equal(q.certification, shapes[i].certification);
		assert_ptr_equal(rd_ptr(&q.certification_data), bytes + at.certification + 6);
		assert_int_equal(rd_left(&q.certification_data), shapes[i].data);
		assert_int_equal(q.quote_len, len);
	}
}

static void enclave_reports_are_read_field_by_field(void **state)
{
	struct sgx_report r;
	const uint8_t *p = bytes;

	(void)state;
	len = 0;
	fill(SGX_REPORT_LEN);
	CHECK_OK(sgx_report_parse(rd_make(bytes, len), &r, &e), &e);
	assert_memory_equal(r.cpusvn, p, 16);
	assert_int_equal(r.miscselect & 0xff, p[16]);
	assert_memory_equal(r.isvextprodid, p + 32, 16);
	assert_memory_equal(r.attributes, p + 48, 16);
	assert_memory_equal(r.mrenclave, p + 64, 32);
	assert_memory_equal(r.mrsigner, p + 128, 32);
	assert_memory_equal(r.configid, p + 192, 64);
	assert_int_equal(r.isvprodid, p[256] | p[257] << 8);
	assert_int_equal(r.isvsvn, p[258] | p[259] << 8);
	assert_int_equal(r.configsvn, p[260] | p[261] << 8);
	assert_memory_equal(r.isvfamilyid, p + 304, 16);
	assert_memory_equal(r.report_data, p + 320, 64);
	CHECK_ERR(sgx_report_parse(rd_make(bytes, len - 1), &r, &e), &e, ATT_E_TRUNCATED, "384");
	CHECK_ERR(sgx_report_parse(rd_make(bytes, len + 1), &r, &e), &e, ATT_E_BAD_FORMAT,
	    "1 bytes too many");
}

/* Offsets relative to what make() noted. */
enum place { HEADER, BODY, SIG_LEN, OUTER, AUTH_LEN, CERTIFICATION };

static size_t place_of(enum place p)
{
	const size_t places[] = { 0, at.body, at.sig_len, at.outer, at.auth, at.certification };

	return places[p];
}

static void broken_quotes_are_refused_by_name(void **state)
{
	static const struct {
		size_t shape;
		enum place place;
		size_t off, n;
		uint64_t value;
		enum att_err code;
		const char *text;
	} rows[] = {
		{ 0, HEADER, 0, 2, 2, ATT_E_UNSUPPORTED, "version 2" },
		{ 0, HEADER, 0, 2, 6, ATT_E_UNSUPPORTED, "version 6" },
		{ 0, HEADER, 2, 2, 3, ATT_E_UNSUPPORTED, "attestation key type 3" },
		{ 0, HEADER, 4, 4, 0x81, ATT_E_BAD_FORMAT, "version 3 with TEE type" },
		{ 5, HEADER, 4, 4, 0x82, ATT_E_UNSUPPORTED, "TEE type 0x00000082" },
		{ 7, HEADER, 48, 2, 0, ATT_E_UNSUPPORTED, "body type 0" },
		{ 7, HEADER, 48, 2, 5, ATT_E_UNSUPPORTED, "body type 5" },
		{ 7, HEADER, 48, 2, 2, ATT_E_BAD_FORMAT, "body type 2 with TEE type 0x00" },
		{ 9, HEADER, 48, 2, 1, ATT_E_BAD_FORMAT, "body type 1 with TEE type 0x81" },
		{ 9, HEADER, 48, 2, 2, ATT_E_BAD_FORMAT, "body of 648 bytes, want 584" },
		{ 9, HEADER, 50, 4, 0xffffffff, ATT_E_BAD_FORMAT, "want 648" },
		{ 0, SIG_LEN, 0, 4, 0xffffffff, ATT_E_TRUNCATED, "in the signature data" },
		{ 0, SIG_LEN, 0, 4, 100, ATT_E_BAD_FORMAT, "not zero" },
		{ 0, AUTH_LEN, 0, 2, 0xffff, ATT_E_TRUNCATED, "in the QE report" },
		{ 0, AUTH_LEN, 0, 2, 31, ATT_E_TRUNCATED, "certification data" },
		{ 0, CERTIFICATION, 2, 4, 101, ATT_E_TRUNCATED, "certification data" },
		{ 0, CERTIFICATION, 2, 4, 99, ATT_E_BAD_FORMAT, "1 bytes at offset" },
		{ 0, CERTIFICATION, 0, 2, 0, ATT_E_UNSUPPORTED, "type 0" },
		{ 0, CERTIFICATION, 0, 2, 6, ATT_E_UNSUPPORTED, "type 6" },
		{ 0, CERTIFICATION, 0, 2, 7, ATT_E_UNSUPPORTED, "type 7" },
		{ 0, CERTIFICATION, 0, 2, 1, ATT_E_BAD_FORMAT, "100 bytes, want 34 to 36" },
		{ 0, CERTIFICATION, 0, 2, 2, ATT_E_BAD_FORMAT, "want 276" },
		{ 0, CERTIFICATION, 0, 2, 3, ATT_E_BAD_FORMAT, "want 404" },
		{ 5, OUTER, 0, 2, 5, ATT_E_BAD_FORMAT, "outer certification data of type 5" },
		{ 5, OUTER, 2, 4, 10, ATT_E_BAD_FORMAT, "behind the certification data" },
		{ 5, OUTER, 2, 4, 0xffffffff, ATT_E_TRUNCATED, "certification data" },
		{ 5, CERTIFICATION, 0, 2, 6, ATT_E_UNSUPPORTED, "type 6" },
	};
	struct quote q;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make(&shapes[rows[i].shape]);
		set_le(place_of(rows[i].place) + rows[i].off, rows[i].value, rows[i].n);
		CHECK_ERR(parse(&q), &e, rows[i].code, rows[i].text);
	}
}

static void limits_hold(void **state)
{
	struct shape s = { 3, 0, QUOTE_BODY_SGX, AUTH, CERT_PCK_CHAIN, PCK_CHAIN_TEXT_MAX + 1 };
	struct quote q;

	(void)state;
	make(&s);
	CHECK_ERR(parse(&q), &e, ATT_E_BAD_FORMAT, "16385 bytes");
	s.data = PCK_CHAIN_TEXT_MAX;
	make(&s);
	CHECK_OK(parse(&q), &e);
	s.data = 0;
	make(&s);
	CHECK_ERR(parse(&q), &e, ATT_E_BAD_FORMAT, "0 bytes");
}

static void every_truncation_fails(void **state)
{
	struct quote q;

	(void)state;
	for (size_t i = 0; i < NSHAPES; i++) {
		size_t whole;
		make(&shapes[i]);
		whole = len;
		for (len = 0; len < whole; len++)
			CHECK_ERR(parse(&q), &e, ATT_E_TRUNCATED, "quote: ends at offset");
	}
}

static void zero_bytes_may_follow_and_no_others(void **state)
{
	struct quote q;
	size_t quote_len;

	(void)state;
	make(&shapes[6]);
	quote_len = len;
	for (size_t i = 0; i < 70; i++)
		le(0, 1);
	CHECK_OK(parse(&q), &e);
	assert_int_equal(q.quote_len, quote_len);
	bytes[len - 1] = 1;
	CHECK_ERR(parse(&q), &e, ATT_E_BAD_FORMAT, "not zero");
	CHECK_OK(quote_parse(rd_make(bytes, len), QUOTE_TAIL_OTHER, &q, &e), &e);
	assert_int_equal(q.quote_len, quote_len);
}

/* Puts header bytes before the quote. */
static void wrap(const void *header, size_t n)
{
	assert_true(len + n <= sizeof bytes);
	memmove(bytes + n, bytes, len);
	bytes_copy(bytes, header, n);
	len += n;
}

static void wrap_report(void)
{
	uint8_t h[OE_REPORT_HEADER_LEN] = { 1, 0, 0, 0, 2 };

	h[8] = (uint8_t)len, h[9] = (uint8_t)(len >> 8);
	wrap(h, sizeof h);
}

static void wrap_evidence(uint8_t version, const char uuid[16])
{
	uint8_t h[OE_EVIDENCE_HEADER_LEN] = { version };

	bytes_copy(h + 4, uuid, 16);
	h[24] = (uint8_t)len, h[25] = (uint8_t)(len >> 8);
	wrap(h, sizeof h);
}

#define ECDSA "\xa3\xa2\x1e\x87\x1b\x4d\x40\x14\xb7\x0a\xa1\x25\xd2\xfb\xcd\x8c"
#define LEGACY "\xc8\x30\x34\x54\xd9\x23\x4c\x2c\xa6\x91\xdf\x7d\xef\x46\x0a\x76"
#define RAW "\x19\x23\xd9\x1e\x12\xd2\x4c\x72\xb2\x20\x25\xcd\x8d\xac\xe8\x71"
#define LOCAL "\x09\x26\x8c\x33\x6e\x0b\x45\xe5\x8a\x27\x15\x64\x4d\x0e\xf8\x9a"

static void check_wrapped(struct arena *a, bool claims, size_t nclaims)
{
	struct sgx_evidence *ev;

	CHECK_OK(sgx_oe_evidence(rd_make(bytes, len), a, &ev, &e), &e);
	assert_int_equal(rd_left(&ev->whole), len);
	assert_int_equal(ev->has_claims, claims);
	assert_int_equal(rd_left(&ev->claims), nclaims);
	assert_true(oe_format.recognise(rd_make(bytes, len)));
	assert_false(sgx_format.recognise(rd_make(bytes, len)));
}

static void open_enclave_headers_are_taken_off(void **state)
{
	struct arena *a = arena_new((size_t)1 << 20);

	(void)state;
	make(&shapes[0]);
	assert_true(sgx_format.recognise(rd_make(bytes, len)));
	wrap_report();
	check_wrapped(a, false, 0);
	make(&shapes[0]);
	wrap_evidence(3, RAW);
	check_wrapped(a, false, 0);
	make(&shapes[0]);
	wrap_evidence(3, ECDSA);
	check_wrapped(a, true, 0);
	make(&shapes[0]);
	fill(100);
	wrap_evidence(3, ECDSA);
	check_wrapped(a, true, 100);
	make(&shapes[0]);
	wrap_report();
	wrap_evidence(3, LEGACY);
	check_wrapped(a, false, 0);
	make(&shapes[0]);
	wrap_report();
	wrap_evidence(2, ECDSA);
	assert_true(oe_format.recognise(rd_make(bytes, len)));
	arena_free(a);
}

static void broken_open_enclave_headers_are_refused(void **state)
{
	static const struct { size_t off, n; uint64_t value; enum att_err code; const char *text; } rows[] = {
		{ 0, 4, 0, ATT_E_UNSUPPORTED, "version 0" },
		{ 0, 4, 4, ATT_E_UNSUPPORTED, "version 4" },
		{ 4, 4, 1, ATT_E_UNSUPPORTED, "type 1" },
		{ 8, 8, 5, ATT_E_BAD_FORMAT, "size 5" },
		{ 8, 8, UINT64_MAX, ATT_E_BAD_FORMAT, "size 18446744073709551615" },
		{ 0, 4, 3, ATT_E_UNSUPPORTED, "not remote SGX evidence" },
	};
	struct oe_evidence oe;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make(&shapes[0]);
		wrap_report();
		set_le(rows[i].off, rows[i].value, rows[i].n);
		CHECK_ERR(oe_header_parse(rd_make(bytes, len), &oe, &e), &e, rows[i].code, rows[i].text);
	}
	make(&shapes[0]);
	wrap_evidence(3, LOCAL);
	CHECK_ERR(oe_header_parse(rd_make(bytes, len), &oe, &e), &e, ATT_E_UNSUPPORTED, "09268c33");
	make(&shapes[0]);
	wrap_evidence(3, RAW);
	set_le(24, 7, 8);
	CHECK_ERR(oe_header_parse(rd_make(bytes, len), &oe, &e), &e, ATT_E_BAD_FORMAT, "size 7");
	for (size_t n = 0; n < OE_EVIDENCE_HEADER_LEN; n++) {
		att_error_clear(&e);
		assert_false(oe_header_parse(rd_make(bytes, n), &oe, &e));
		assert_int_equal(e.code, ATT_E_TRUNCATED);
	}
}

static void custom_claims_have_a_limit(void **state)
{
	static uint8_t big[OE_CLAIMS_MAX + 8192];
	struct arena *a = arena_new((size_t)1 << 20);
	struct sgx_evidence *ev;
	size_t n;

	(void)state;
	make(&shapes[0]);
	n = OE_EVIDENCE_HEADER_LEN + len + OE_CLAIMS_MAX + 1;
	big[0] = 3;
	bytes_copy(big + 4, ECDSA, 16);
	for (size_t i = 0; i < 4; i++)
		big[24 + i] = (uint8_t)((n - OE_EVIDENCE_HEADER_LEN) >> 8 * i);
	bytes_copy(big + OE_EVIDENCE_HEADER_LEN, bytes, len);
	CHECK_ERR(sgx_oe_evidence(rd_make(big, n), a, &ev, &e), &e, ATT_E_BAD_FORMAT, "custom claims");
	big[24]--;
	CHECK_OK(sgx_oe_evidence(rd_make(big, n - 1), a, &ev, &e), &e);
	arena_free(a);
}

static void memory_runs_out_cleanly(void **state)
{
	struct failing fail;
	struct sgx_evidence *ev;
	bool ok = false;

	(void)state;
	make(&shapes[0]);
	for (size_t n = 0; !ok; n++) {
		struct arena *a = arena_failing(&fail, n);
		att_error_clear(&e);
		ok = a && sgx_quote_evidence(rd_make(bytes, len), a, &ev, &e);
		assert_true(ok || !a || e.code == ATT_E_NOMEM);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_where_the_specification_says),
		cmocka_unit_test(enclave_reports_are_read_field_by_field),
		cmocka_unit_test(broken_quotes_are_refused_by_name),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(every_truncation_fails),
		cmocka_unit_test(zero_bytes_may_follow_and_no_others),
		cmocka_unit_test(open_enclave_headers_are_taken_off),
		cmocka_unit_test(broken_open_enclave_headers_are_refused),
		cmocka_unit_test(custom_claims_have_a_limit),
		cmocka_unit_test(memory_runs_out_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

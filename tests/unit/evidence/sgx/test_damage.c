/*
 * One real quote of each kind, every byte damaged and every length: nothing of it is accepted but
 * what no signature can cover, and that is listed here with the reason.
 */
#include <string.h>

#include "tests/unit/evidence/sgx/fix.h"

static struct dfix f;

static const struct kind { const char *quote, *collateral, *time;
} kinds[] = {
	{ "sgx/sgx-v3-00a067110000.quote.bin", "sgx/sgx-v3-00a067110000.collateral.json",
	    "2025-06-20T00:00:00Z" },
	{ "maa-golden/sgx-wus.oe-report.bin", "sgx/sgx-v3-00906ed50000.2022-04.collateral.json",
	    "2022-04-27T00:00:00Z" },
	{ "tdx/tdx-v4-b0c06f000000.quote.bin", "tdx/tdx-v4-b0c06f000000.collateral.json",
	    "2025-06-20T00:00:00Z" },
	{ "tdx/tdx-v5-90c06f000000-relaunch.quote.bin",
	    "tdx/tdx-90c06f000000.2025-06.eval17.collateral.json", "2025-06-20T00:00:00Z" },
};
#define NKINDS (sizeof kinds / sizeof kinds[0])

static struct blob begin(const struct kind *k)
{
	dfix_forget(&f);
	dfix_piece(&f, k->collateral);
	dfix_time(&f, k->time);
	return vector_file(k->quote);
}

/*
 * The NUL behind the last certificate: PEM ignores what stands outside its blocks, and the
 * certificates inside are what is verified.  No line end, label or base64 digit is let pass.
 */
static bool unsigned_byte(uint8_t was)
{
	return was == '\0';
}

static void every_damaged_byte_is_rejected(void **state)
{
	size_t accepted = 0;

	(void)state;
	need_vectors();
	for (size_t k = 0; k < NKINDS; k++) {
		struct blob b = begin(&kinds[k]);
		const struct evidence_format *format = dfix_format(b.p, b.n);
		const char *text;

		assert_string_equal(dfix_run(&f, format, b.p, b.n), "ok");
		text = memmem(b.p, b.n, "-----BEGIN", 10);
		assert_non_null(text);
		for (size_t i = 0; i < b.n; i++) {
			uint8_t was = b.p[i];
			b.p[i] ^= (uint8_t)(1 << i % 8);
			if (strcmp(dfix_run(&f, format, b.p, b.n), "ok") == 0) {
				accepted++;
				if (b.p + i < (const uint8_t *)text || !unsigned_byte(was))
					fail_msg("%s: byte %zu, %02x to %02x, is accepted",
					    kinds[k].quote, i, was, b.p[i]);
			}
			b.p[i] = was;
		}
		blob_free(&b);
	}
	assert_in_range(accepted, 0, NKINDS);
	print_message("# %zu damaged bytes behind the certificates are accepted\n", accepted);
}

static void every_truncation_is_rejected(void **state)
{
	(void)state;
	need_vectors();
	for (size_t k = 0; k < NKINDS; k++) {
		struct blob b = begin(&kinds[k]);
		const struct evidence_format *format = dfix_format(b.p, b.n);
		size_t whole;
		struct arena *a = arena_new((size_t)1 << 20);
		struct quote q;
		struct rd in = rd_make(b.p, b.n);

		if (format == &oe_format)
			assert_true(rd_skip(&in, OE_REPORT_HEADER_LEN));
		CHECK_OK(quote_parse(in, QUOTE_TAIL_ZERO, &q, &f.e), &f.e);
		/* with Open Enclave's header the size is stated, so no padding can be cut off */
		whole = format == &oe_format ? b.n : q.quote_len;
		for (size_t n = 0; n < whole; n++)
			assert_string_equal(dfix_run(&f, format, b.p, n), "dcap.quote.form");
		assert_string_equal(dfix_run(&f, format, b.p, whole), "ok");
		arena_free(a);
		blob_free(&b);
	}
}

/* The n-th request for memory fails: a clean error, or a verdict that does not depend on it. */
static void memory_runs_out_cleanly(void **state)
{
	struct blob b;
	struct trust t;
	struct failing fail;
	bool done = false;

	(void)state;
	need_vectors();
	b = begin(&kinds[0]);
	assert_string_equal(dfix_run(&f, &sgx_format, b.p, b.n), "ok");
	t = (struct trust){ .crypto = f.crypto, .now_s = f.now_s, .settings = &f.settings, .pieces = f.pieces,
		.npieces = f.npieces, .pieces_sha256 = f.pieces_sha256 };
	for (size_t n = 0; !done; n++) {
		struct checklist checks;
		struct evidence_outcome o = { .checks = &checks };
		struct att_error e = { 0 };
		struct arena *a = arena_failing(&fail, n);
		void *ev;
		size_t skipped;

		if (!a)
			continue;
		if (checklist_init(&checks, a, sgx_checks, SGX_NCHECKS, &e) &&
		    sgx_format.parse(rd_make(b.p, b.n), a, f.crypto, &ev, &e) &&
		    sgx_format.verify(ev, &t, a, &o, &e))
			done = checklist_complete(&checks, &skipped) && !fail.fired;
		else
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
	}
	blob_free(&b);
}

static int set_up(void **state)
{
	(void)state;
	dfix_init(&f);
	f.cache = chain_cache_new(64, &f.e);
	return f.cache ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	dfix_clear(&f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_damaged_byte_is_rejected),
		cmocka_unit_test(every_truncation_is_rejected),
		cmocka_unit_test(memory_runs_out_cleanly),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

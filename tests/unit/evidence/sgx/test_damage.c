/*
 * One real quote of each kind, every byte damaged and every length: nothing of it is accepted but
 * what no signature can cover, and that is listed here with the reason.
 */
#include <string.h>

#include "tests/unit/evidence/sgx/simfix.h"

#define CERTIFICATION_HEAD 6            /* bytes of type and length before the first certificate */

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

/*
 * The type of the certification data before the first certificate: 4 says a PCK certificate, 5 its chain.
 * Nobody signs it, and the certificates that follow are verified whatever it says.
 */
static bool unsigned_type(const uint8_t *p, const uint8_t *text, uint8_t was)
{
	return text - p == CERTIFICATION_HEAD && was == CERT_PCK_CHAIN && *p == CERT_PCK_LEAF;
}

static void every_damaged_byte_is_rejected(void **state)
{
	size_t accepted = 0;

	(void)state;
	need_vectors();
	for (size_t k = 0; k < NKINDS; k++) {
		struct blob b = begin(&kinds[k]);
		const struct evidence_format *format = dfix_format(b.p, b.n);
		const uint8_t *text;

		assert_string_equal(dfix_run(&f, format, b.p, b.n), "ok");
		text = memmem(b.p, b.n, "-----BEGIN", 10);
		assert_non_null(text);
		for (size_t bit = 0; bit < 8 * b.n; bit++) {
			uint8_t *p = b.p + bit / 8, was = *p;
			/* of text one bit a byte, of structures each */
			if (p > text && bit % 8 != bit / 8 % 8)
				continue;
			*p ^= (uint8_t)(1 << bit % 8);
			if (strcmp(dfix_run(&f, format, b.p, b.n), "ok") == 0) {
				accepted++;
				if (p < text ? !unsigned_type(p, text, was) : !unsigned_byte(was))
					fail_msg("%s: byte %zu, %02x to %02x, is accepted",
					    kinds[k].quote, bit / 8, was, *p);
			}
			*p = was;
		}
		blob_free(&b);
	}
	assert_in_range(accepted, 0, 2 * NKINDS);
	print_message("# %zu damages are accepted, of bytes that nobody signs\n", accepted);
}

/*
 * Kinds that no real quote is at hand of, simulated: enclaves in versions 4 and 5, Open Enclave's
 * evidence and legacy evidence, TD reports 1.0 and 1.5 extended in version 5.
 */
static const struct made {
	const char *name;
	enum sim_dcap_type type;
	unsigned version;
	enum sim_oe_form form;
	enum sim_td_report report;
} made[] = {
	{ "SGX version 4", SIM_SGX, 4, SIM_OE_REPORT, SIM_TD_10 },
	{ "SGX version 5", SIM_SGX, 5, SIM_OE_REPORT, SIM_TD_10 },
	{ "Open Enclave evidence", SIM_OE, 3, SIM_OE_EVIDENCE, SIM_TD_10 },
	{ "Open Enclave legacy evidence", SIM_OE, 3, SIM_OE_LEGACY, SIM_TD_10 },
	{ "TDX version 5, TD report 1.0", SIM_TDX, 5, SIM_OE_REPORT, SIM_TD_10 },
	{ "TDX version 5, TD report 1.5", SIM_TDX, 5, SIM_OE_REPORT, SIM_TD_15 },
	{ "TDX version 5, TD report 1.5 extended", SIM_TDX, 5, SIM_OE_REPORT, SIM_TD_15X },
};
#define CLAIMS "claims"
#define OE_PADDING 20                   /* of the evidence header: four bytes that mean nothing */

static struct simfix s;

/*
 * The root certificate, in whose place the anchor stands that was given (a real quote's root is
 * trusted as it is sent, by its key), and the NUL behind it; Open Enclave's padding, which is neither
 * signed nor read, and the version of its header, which may be 2 or 3 around a legacy report.
 */
static bool free_byte(const struct made *m, size_t i, size_t root)
{
	const size_t claims = m->form == SIM_OE_EVIDENCE ? strlen(CLAIMS) : 0;

	return (i > root && i < s.out.evidence.n - claims) ||
	    (m->type == SIM_OE && i >= OE_PADDING && i < OE_PADDING + 4) ||
	    (m->form == SIM_OE_LEGACY && i == 0);
}

static size_t last_certificate(const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i + 10 < n; i++)
		if (bytes_equal(p + i, "-----BEGIN", 10))
			at = i;
	return at;
}

static void damage_made(const struct made *m)
{
	uint8_t *p;
	size_t n, root;

	simfix_options(&s, m->type);
	s.o.quote_version = m->version;
	s.o.oe_form = m->form;
	s.o.oe_claims = (struct att_bytes){ (const uint8_t *)CLAIMS, strlen(CLAIMS) };
	s.o.td_report = m->report;
	assert_string_equal(simfix_run(&s), "ok");
	n = s.out.evidence.n;
	p = arena_memdup(s.a, s.out.evidence.p, n);
	root = last_certificate(p, n);
	for (size_t i = 0; i < n; i++) {
		uint8_t was = p[i];

		p[i] ^= (uint8_t)(1 << i % 8);
		if (strcmp(simfix_appraise_bytes(&s, p, n), "ok") == 0 && !free_byte(m, i, root))
			fail_msg("%s: byte %zu, %02x to %02x, is accepted", m->name, i, was, p[i]);
		p[i] = was;
		assert_string_equal(simfix_appraise_bytes(&s, p, i), "dcap.quote.form");
	}
	assert_string_equal(simfix_appraise_bytes(&s, p, n), "ok");
}

static void simulated_kinds_are_rejected_too(void **state)
{
	(void)state;
	simfix_init(&s);
	dfix_cache(&s.f);
	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
		damage_made(&made[i]);
	simfix_clear(&s);
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
	t = dfix_trust(&f);
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
		cmocka_unit_test(simulated_kinds_are_rejected_too),
		cmocka_unit_test(memory_runs_out_cleanly),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

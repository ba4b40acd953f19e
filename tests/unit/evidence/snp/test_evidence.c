#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "tests/unit/evidence/snp/fix.h"

/* One simulated Milan for all tests of the file. */
static struct fix f;
static struct arena *sim_arena;
static struct sim_snp_output sim;

static int set_up(void **state)
{
	struct sim_snp_options o;

	(void)state;
	fix_init(&f);
	sim_arena = arena_new((size_t)64 << 20);
	fix_sim_options(&o, "Milan");
	sim = fix_sim(&f, sim_arena, &o);
	fix_anchor(&f, sim.ark_pem.p, sim.ark_pem.n);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(sim_arena);
	fix_clear(&f);
	return 0;
}

static char *b64(enum b64_kind kind, const void *p, size_t n)
{
	char *s = b64_encode_arena(kind, sim_arena, p, n);

	assert_non_null(s);
	return s;
}

/* The text with the first "%s" replaced by report, the next by chain. */
static const char *json(const char *form, const char *report, const char *chain)
{
	const char *const values[] = { report, chain }, *hole;
	struct buf b = buf_make(sim_arena);

	for (size_t i = 0; i < 2 && (hole = strstr(form, "%s")); i++) {
		buf_put(&b, form, (size_t)(hole - form));
		buf_str(&b, values[i]);
		form = hole + 2;
	}
	buf_str(&b, form);
	assert_true(buf_ok(&b, NULL));
	return b.p;
}

static void json_in_every_wire_form_verifies(void **state)
{
	static const char *const forms[] = {
		"{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\"}",
		" \n{\"snpreport\":\"%s\",\t\"VCEKCERTCHAIN\":\"%s\",\"Endorsements\":null}",
		"{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\",\"Endorsements\":\"\",\"Unknown\":[1]}",
		"{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\",\"Endorsements\":\"eyJVdm0iOltdfQ\"}",
	};
	static const enum b64_kind kinds[] = { B64_URL, B64_STD };

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		for (size_t k = 0; k < 2; k++) {
			const char *text = json(forms[i], b64(kinds[k], sim.report.p, sim.report.n),
			    b64(kinds[k], sim.chain_pem.p, sim.chain_pem.n));
			assert_string_equal(fix_run(&f, text, strlen(text)), "ok");
		}
	assert_int_equal(rd_left(&((const struct snp_evidence *)f.ev)->uvm), 10);
}

static void endorsements_are_kept(void **state)
{
	const char *text = json("{\"SnpReport\":\"%s\",\"Endorsements\":\"%s\"}",
	    b64(B64_URL, sim.report.p, sim.report.n), b64(B64_URL, "{\"Uvm\":[]}", 10));
	void *out;

	(void)state;
	CHECK_OK(snp_format.parse(rd_make(text, strlen(text)), sim_arena, f.crypto, &out, &f.e), &f.e);
	assert_memory_equal(rd_ptr(&((struct snp_evidence *)out)->uvm), "{\"Uvm\":[]}", 10);
	assert_int_equal(((struct snp_evidence *)out)->certs.ncerts, 0);
}

static void a_der_leaf_beside_endorsements_verifies(void **state)
{
	const char *text = json("{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\"}",
	    b64(B64_URL, sim.report.p, sim.report.n), b64(B64_URL, sim.leaf_der.p, sim.leaf_der.n));

	(void)state;
	assert_string_equal(fix_run(&f, text, strlen(text)), "missing");
	assert_non_null(strstr(f.outcome.missing, "SEV-Milan"));
	fix_cert(&f, sim.chain_pem.p, sim.chain_pem.n);
	assert_string_equal(fix_run(&f, text, strlen(text)), "ok");
	x509_bundle_clear(&f.certs);
}

static void raw_reports_verify(void **state)
{
	(void)state;
	assert_string_equal(fix_run(&f, sim.extended.p, sim.extended.n), "ok");
	assert_string_equal(fix_run(&f, sim.report.p, sim.report.n), "missing");
	assert_non_null(strstr(f.outcome.missing, "https://kdsintf.amd.com/vcek/v1/Milan/c0c1c2c3"));
	assert_non_null(strstr(f.outcome.missing, "?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219"));
	fix_cert(&f, sim.chain_pem.p, sim.chain_pem.n);
	assert_string_equal(fix_run(&f, sim.report.p, sim.report.n), "ok");
	x509_bundle_clear(&f.certs);
}

/* Padding to whole pages, as hosts do, changes nothing. */
static void a_padded_table_verifies(void **state)
{
	uint8_t *p = arena_alloc(sim_arena, sim.extended.n + 5000);

	(void)state;
	assert_non_null(p);
	bytes_copy(p, sim.extended.p, sim.extended.n);
	assert_string_equal(fix_run(&f, p, sim.extended.n + 5000), "ok");
}

static void damage_is_named(void **state)
{
	const char *report = b64(B64_URL, sim.report.p, sim.report.n);
	const struct {
		const char *format;
		const char *value;
		enum att_err code;
		const char *text;
	} rows[] = {
		{ "{\"SnpReport\":\"%s\",", report, ATT_E_BAD_JSON, "evidence" },
		{ "{\"VcekCertChain\":\"%s\"}", report, ATT_E_BAD_FORMAT,
		    "SnpReport: found nothing, want 1184 bytes" },
		{ "{\"SnpReport\":\"%s\",\"snpReport\":\"AAAA\"}", report, ATT_E_BAD_JSON,
		    "evidence" },
		{ "{\"SnpReport\":\"%s*\"}", report, ATT_E_BAD_ENCODING, "SnpReport" },
		{ "{\"SnpReport\":\"%s\"}", "AAAA", ATT_E_TRUNCATED,
		    "SnpReport: report: 3 bytes, want 1184" },
		{ "{\"SnpReport\":7,\"x\":\"%s\"}", report, ATT_E_BAD_FORMAT,
		    "SnpReport: want a base64url string" },
		{ "{\"SnpReport\":\"%s\",\"VcekCertChain\":[]}", report, ATT_E_BAD_FORMAT,
		    "VcekCertChain: want" },
		{ "{\"SnpReport\":\"%s\",\"VcekCertChain\":\"?\"}", report, ATT_E_BAD_ENCODING,
		    "VcekCertChain" },
		{ "{\"SnpReport\":\"%s\",\"Endorsements\":true}", report, ATT_E_BAD_FORMAT,
		    "Endorsements: want" },
		{ "{\"SnpReport\":\"%s\",\"Endorsements\":\"=\"}", report, ATT_E_BAD_ENCODING,
		    "Endorsements" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = json(rows[i].format, rows[i].value, "");
		void *out;

		CHECK_ERR(
		    snp_format.parse(rd_make(text, strlen(text)), sim_arena, f.crypto, &out, &f.e),
		    &f.e, rows[i].code, rows[i].text);
	}
}

static void a_chain_has_a_limit(void **state)
{
	char *big = arena_alloc(sim_arena, SNP_CERTS_LEN_MAX + 1);
	const char *text;
	void *out;

	(void)state;
	text = json("{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\"}",
	    b64(B64_URL, sim.report.p, sim.report.n), b64(B64_URL, big, SNP_CERTS_LEN_MAX + 1));
	CHECK_ERR(snp_format.parse(rd_make(text, strlen(text)), sim_arena, f.crypto, &out, &f.e), &f.e,
	    ATT_E_BAD_FORMAT, "at most 262144");
	text = json("{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\"}",
	    b64(B64_URL, sim.report.p, sim.report.n), b64(B64_URL, big, SNP_CERTS_LEN_MAX));
	CHECK_OK(snp_format.parse(rd_make(text, strlen(text)), sim_arena, f.crypto, &out, &f.e), &f.e);
}

static void recognition_looks_at_the_content(void **state)
{
	uint8_t ima[2000] = { 10 }, quote[2000] = { 3, 0, 2, 0 }, text[] = "{\"quote\":\"AAAA\"}";
	const char *inner = "{\"snpreport\":\"AAAA\"}";

	(void)state;
	assert_true(snp_recognise(rd_make(sim.report.p, sim.report.n)));
	assert_true(snp_recognise(rd_make(sim.report.p, sim.report.n - 1)));
	assert_true(snp_recognise(rd_make(sim.extended.p, sim.extended.n)));
	assert_true(snp_recognise(rd_make(inner, strlen(inner))));
	assert_false(snp_recognise(rd_make(sim.report.p, 100)));
	assert_false(snp_recognise(rd_make("", 0)));
	assert_false(snp_recognise(rd_make(ima, sizeof ima)));
	assert_false(snp_recognise(rd_make(quote, sizeof quote)));
	assert_false(snp_recognise(rd_make(text, sizeof text - 1)));
	assert_ptr_equal(format_recognise(rd_make(sim.report.p, sim.report.n)), &snp_format);
	assert_null(format_recognise(rd_make("hello", 5)));
}

static void every_truncation_is_refused(void **state)
{
	const char *text = json("{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\"}",
	    b64(B64_URL, sim.report.p, sim.report.n),
	    b64(B64_URL, sim.chain_pem.p, sim.chain_pem.n));

	(void)state;
	for (size_t n = 0; n < strlen(text); n += 7)
		assert_string_equal(fix_run(&f, text, n), "snp.report.form");
	for (size_t n = 0; n < SNP_REPORT_LEN + 4 * 24; n++)
		if (n != SNP_REPORT_LEN)
			assert_string_equal(fix_run(&f, sim.extended.p, n), "snp.report.form");
	for (size_t n = SNP_REPORT_LEN + 4 * 24; n < sim.extended.n; n += 5)
		assert_string_not_equal(fix_run(&f, sim.extended.p, n), "ok");
}

static void failing_memory_is_reported(void **state)
{
	const char *text = json("{\"SnpReport\":\"%s\",\"VcekCertChain\":\"%s\"}",
	    b64(B64_URL, sim.report.p, sim.report.n),
	    b64(B64_URL, sim.chain_pem.p, sim.chain_pem.n));
	bool done = false;

	(void)state;
	for (size_t n = 1; !done; n++) {
		struct failing failing;
		struct arena *a = arena_failing(&failing, n);
		struct att_error e = { 0 };
		void *out;

		done = snp_format.parse(rd_make(text, strlen(text)), a, f.crypto, &out, &e);
		if (!done)
			assert_int_equal(e.code, ATT_E_NOMEM);
		else
			assert_false(failing.fired);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_in_every_wire_form_verifies),
		cmocka_unit_test(endorsements_are_kept),
		cmocka_unit_test(a_der_leaf_beside_endorsements_verifies),
		cmocka_unit_test(raw_reports_verify),
		cmocka_unit_test(a_padded_table_verifies),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(a_chain_has_a_limit),
		cmocka_unit_test(recognition_looks_at_the_content),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(failing_memory_is_reported),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* The 129 cases under the test root: every row of made-here/cases.tsv gives its result, at its step. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/evidence/sgx/fix.h"

#define FOLDER "sgx/made-here/"
#define CELLS 6
#define NCASES 129

static struct dfix f;

/* Stages of the cases, and the checks at which ours stops there. */
static const struct { const char *stage, *checks; } stages[] = {
	{ "format", "dcap.quote.form dcap.quote.vendor dcap.pck.certs" },
	{ "attestation-key", "dcap.qe.binding dcap.quote.signature" },
	{ "quote-signature", "dcap.quote.signature" },
	{ "qe-report-signature", "dcap.qe.signature" },
	{ "qe-report-data", "dcap.qe.binding" },
	{ "qe-identity-mismatch", "dcap.qe.identity" },
	{ "untrusted-root", "dcap.pck.root dcap.tcb.chain" },
	/* where everything has expired, the revocation lists are looked at first */
	{ "tcb-info-expired", "dcap.tcb.current dcap.crl.current" },
	{ "tcb-info-not-yet-valid", "dcap.tcb.current" },
	{ "qe-identity-expired", "dcap.qe_identity.current" },
	{ "tcb-info-signature", "dcap.tcb.signature" },
	{ "tcb-signing-cert", "dcap.tcb.chain dcap.qe_identity.chain" },
	{ "tcb-info-mismatch", "dcap.tcb.info" },
	{ "tcb-info-format", "dcap.tcb.form" },
	{ "tcb-unrecognized-status", "dcap.tcb.supported" },
	{ "tcb-not-supported", "dcap.tcb.supported" },
	{ "qe-tcb-not-supported", "dcap.tcb.supported" },
	{ "tdx-module-mismatch", "tdx.module.listed tdx.module.identity" },
	{ "crl-expired", "dcap.crl.current" },
	{ "crl-issuer-mismatch", "dcap.crl.issuer" },
	{ "crl-signature", "dcap.crl.signature" },
	{ "pck-revoked", "dcap.crl.pck" },
	{ "intermediate-revoked", "dcap.crl.ca" },
	{ "tcb-signing-revoked", "dcap.tcb.signer_crl" },
	{ "cert-expired", "dcap.pck.validity" },
	{ "pck-format", "dcap.pck.leaf dcap.pck.extension" },
	/* all collateral lies in the future: the first that is looked at are the revocation lists */
	{ "not-yet-valid", "dcap.crl.current" },
};

static bool stops_there(const char *stage, const char *check)
{
	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
		if (strcmp(stages[i].stage, stage) == 0)
			return strstr(stages[i].checks, check) != NULL;
	return false;
}

/* "OK:status", "OK:status;debug=true" or "FAIL:stage"; Revoked is a status, and always refused. */
static bool as_expected(const char *expected, const char *verdict)
{
	char want[128];
	char *semicolon;

	if (strncmp(expected, "FAIL:", 5) == 0)
		return stops_there(expected + 5, verdict) && f.outcome.facts == NULL;
	(void)snprintf(want, sizeof want, "%s", expected + 3);
	semicolon = strchr(want, ';');
	if (semicolon)
		*semicolon = '\0';
	return strcmp(dfix_status(&f), want) == 0 &&
	    strcmp(verdict, strcmp(want, "Revoked") == 0 ? "dcap.tcb.level" : "ok") == 0;
}

static const struct evidence_format *format_of(const struct blob *b, const char *quote)
{
	if (strstr(quote, "tdx") && !strstr(quote, "neg-v3-tdx"))
		return &tdx_format;
	return b->n >= 8 && b->p[4] == 0x81 ? &tdx_format : &sgx_format;
}

static bool run_case(char **cell)
{
	char path[256];
	struct blob quote;
	const char *verdict;
	bool ok;

	dfix_forget(&f);
	dfix_anchor(&f, FOLDER "test-root-ca.der");
	(void)snprintf(path, sizeof path, FOLDER "%s", cell[2]);
	dfix_piece(&f, path);
	dfix_time(&f, cell[3]);
	(void)snprintf(path, sizeof path, FOLDER "%s", cell[1]);
	quote = vector_file(path);
	verdict = dfix_run(&f, format_of(&quote, cell[1]), quote.p, quote.n);
	ok = as_expected(cell[4], verdict);
	if (!ok)
		print_message("# %s: want %s, got %s %s (%s)\n", cell[0], cell[4], verdict, dfix_status(&f),
		    dfix_transcript(&f));
	blob_free(&quote);
	return ok;
}

static size_t run_all(size_t *n)
{
	struct blob table = vector_file(FOLDER "cases.tsv");
	char *line_at = NULL, *line = strtok_r((char *)table.p, "\n", &line_at);
	size_t wrong = 0;

	*n = 0;
	while ((line = strtok_r(NULL, "\n", &line_at))) {
		char *cell_at = NULL, *cell[CELLS];
		for (size_t i = 0; i < CELLS; i++)
			cell[i] = strtok_r(i ? NULL : line, "\t", &cell_at);
		assert_non_null(cell[CELLS - 1]);
		wrong += !run_case(cell);
		++*n;
	}
	blob_free(&table);
	return wrong;
}

static void every_case_ends_at_its_step(void **state)
{
	size_t n;

	(void)state;
	need_vectors();
	assert_int_equal(run_all(&n), 0);
	assert_int_equal(n, NCASES);
}

/* Verdicts do not depend on what was appraised before. */
static void a_cache_changes_no_verdict(void **state)
{
	size_t n;

	(void)state;
	need_vectors();
	dfix_cache(&f);
	assert_int_equal(run_all(&n), 0);
	assert_int_equal(run_all(&n), 0);
}

static int set_up(void **state)
{
	(void)state;
	dfix_init(&f);
	return 0;
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
		cmocka_unit_test(every_case_ends_at_its_step),
		cmocka_unit_test(a_cache_changes_no_verdict),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

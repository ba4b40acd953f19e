/*
 * Property: every certificate found lies inside the table and behind its list of entries; a failure
 * has its error set.  The same bytes behind a report are one extended report, with the same result.
 */
#include <assert.h>

#include "lib/evidence/snp/snp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENTRY_LEN 24

static void check_inside(const struct snp_certtable *t, struct rd in)
{
	assert(t->ncerts <= SNP_CERTTABLE_MAX);
	for (size_t i = 0; i < t->ncerts; i++) {
		const uint8_t *p = rd_ptr(&t->certs[i]);
		size_t n = rd_left(&t->certs[i]);

		assert(n > 0 && n <= X509_DER_MAX);
		assert(p >= rd_ptr(&in) + ENTRY_LEN * (t->ncerts + 1));
		assert(p + n <= rd_ptr(&in) + rd_left(&in));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t report[SNP_REPORT_LEN] = { 2 };
	struct arena *a = arena_new((size_t)8 << 20);
	struct snp_certtable t = { 0 };
	struct snp_evidence *ev;
	struct att_error e = { 0 };
	uint8_t *whole = a ? arena_alloc(a, sizeof report + size) : NULL;
	bool ok = snp_certtable_parse(rd_make(data, size), &t, &e);

	assert(ok == (e.code == ATT_E_OK) && (ok || e.text[0]));
	if (ok)
		check_inside(&t, rd_make(data, size));
	if (whole) {
		bytes_copy(whole, report, sizeof report);
		bytes_copy(whole + sizeof report, data, size);
		att_error_clear(&e);
		assert(snp_evidence_parse(rd_make(whole, sizeof report + size), a, &ev, &e) ==
		    (ok || size == 0));
		assert(size == 0 || !ok || ev->certs.ncerts == t.ncerts);
	}
	arena_free(a);
	return 0;
}

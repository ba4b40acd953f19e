/*
 * Property: a TPM evidence file parses within a memory that its length bounds, or sets an error;
 * what it says keeps its limits, banks are there once, and a parsed file begins as the recogniser
 * wants or has its type elsewhere.
 */
#include <assert.h>

#include "lib/evidence/tpm/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const struct tpm_file *f)
{
	unsigned seen = 0;

	assert(f->nquotes >= 1 && f->nquotes <= TPM_FILE_QUOTES && f->nlogs <= TPM_FILE_LOGS);
	for (size_t i = 0; i < f->nquotes; i++)
		assert(rd_left(&f->quotes[i].quote.raw) == rd_left(&f->quotes[i].quote_raw));
	assert(f->nbanks <= TPM_BANKS && rd_left(&f->nonce) <= TPM_NONCE_MAX);
	for (size_t i = 0; i < f->nbanks; i++) {
		assert(!(seen >> f->banks[i].alg & 1) && f->banks[i].mask >> PCR_COUNT == 0);
		seen |= 1U << f->banks[i].alg;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(((size_t)1 << 20) + 16 * size);
	struct rd in = rd_make(data, size);
	struct att_error e = { 0 };
	struct tpm_file *f = NULL;

	(void)tpm_file_recognise(in);
	if (tpm_file_parse(in, a, &f, &e))
		check_file(f);
	else
		assert(e.code != ATT_E_OK && e.code != ATT_E_NOMEM && !f);
	arena_free(a);
	return 0;
}

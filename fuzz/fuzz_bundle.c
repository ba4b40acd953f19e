/*
 * fuzz_bundle.c - bundles of endorsements from strangers (lib/attest/bundle.c).
 *
 * Property: an error is set exactly when the answer is no; what was read, written and read again is the same,
 * and writing it once more gives the same bytes.
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/attest/bundle.h"
#include "lib/base/rd.h"
#include "libattest/endorse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *written(const struct att_bundle *b, size_t *len)
{
	struct att_endorsement *v = calloc(b->n + 1, sizeof *v);
	struct att_error e = { 0 };
	char *text = NULL;

	assert(v);
	for (size_t i = 0; i < b->n; i++)
		v[i] = (struct att_endorsement){ .kind = b->item[i].kind, .key = b->item[i].key,
		    .evaluation = b->item[i].evaluation, .issued_s = b->item[i].issued_s,
		    .expires_s = b->item[i].expires_s, .bytes = b->item[i].piece };
	assert(att_bundle_write(v, b->n, &text, len, &e));
	free(v);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct att_bytes file = { data, size };
	struct att_bundle *b = NULL, *again = NULL;
	struct att_error e = { 0 };
	bool ok = att_bundle_read(file, &b, &e);
	char *text, *more;
	size_t n, m;

	assert(ok == (e.code == ATT_E_OK) && ok == (b != NULL));
	if (!ok)
		return 0;
	text = written(b, &n);
	assert(att_bundle_recognise((struct att_bytes){ (const uint8_t *)text, n }));
	assert(att_bundle_read((struct att_bytes){ (const uint8_t *)text, n }, &again, &e));
	more = written(again, &m);
	assert(again->n <= b->n && n == m && bytes_equal(text, more, n));
	att_bundle_free(b);
	att_bundle_free(again);
	free(text);
	free(more);
	return 0;
}

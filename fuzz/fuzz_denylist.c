/* The body of PUT /denylist: what is read is written in one way, and reading that again changes
 * nothing. */
#include <assert.h>
#include <string.h>

#include "libattest/denylist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct att_denylist *l = NULL, *again = NULL;
	struct att_error e = { 0 };

	if (!att_denylist_read((struct att_bytes){ data, n }, &l, &e)) {
		assert(e.code != ATT_E_OK && e.text[0] && !l);
		return 0;
	}
	assert(e.code == ATT_E_OK && l->n <= ATT_DENYLIST_MAX && l->json_len <= ATT_DENYLIST_BYTES);
	assert(strlen(l->json) == l->json_len);
	assert(att_denylist_read(
	    (struct att_bytes){ (const uint8_t *)l->json, l->json_len }, &again, &e));
	assert(again->n == l->n && again->json_len == l->json_len &&
	    strcmp(again->json, l->json) == 0);
	for (size_t i = 0; i < l->n; i++)
		assert(again->entries[i].kind == l->entries[i].kind &&
		    l->entries[i].kind < ATT_NDENY_KINDS);
	att_denylist_free(again);
	att_denylist_free(l);
	return 0;
}

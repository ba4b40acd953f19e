#include "server/worker/reference.h"

/* What the lists themselves take; the files stay where they are. */
#define LISTS_MEMORY (4 * MIB)

static bool given_list(struct arena *a, const struct rd *block, const struct att_bytes **out, size_t *n,
    struct att_error *e)
{
	struct blob_list list;
	struct att_bytes *v;

	if (!blobs_decode(a, *block, &list, e))
		return false;
	v = arena_array(a, list.n ? list.n : 1, sizeof *v);
	if (!v)
		return arena_fail(a, e);
	for (size_t i = 0; i < list.n; i++)
		v[i] = (struct att_bytes){ rd_ptr(&list.item[i]), rd_left(&list.item[i]) };
	*out = v;
	*n = list.n;
	return true;
}

static bool given(struct arena *a, const struct rd block[REFERENCE_BLOCKS], struct att_reference_given *g,
    struct att_error *e)
{
	const struct att_bytes *sbat;
	size_t nsbat;

	if (!given_list(a, &block[REFERENCE_SECUREBOOT_KEYS], &g->secureboot_keys, &g->nsecureboot_keys, e) ||
	    !given_list(a, &block[REFERENCE_DBX], &g->dbx, &g->ndbx, e) ||
	    !given_list(a, &block[REFERENCE_SBAT], &sbat, &nsbat, e) ||
	    !given_list(a, &block[REFERENCE_CODE_SIGNERS], &g->code_signers, &g->ncode_signers, e) ||
	    !given_list(a, &block[REFERENCE_CODE_DIGESTS], &g->code_digests, &g->ncode_digests, e) ||
	    !given_list(a, &block[REFERENCE_AK_NAMES], &g->ak_names, &g->nak_names, e))
		return false;
	if (nsbat > 0)
		g->sbat = sbat[0];
	return nsbat <= 1 || att_fail(e, ATT_E_BAD_FORMAT, "sbat: %zu files, want one", nsbat);
}

bool reference_make(const struct rd block[REFERENCE_BLOCKS], struct att_reference **out, struct att_error *e)
{
	struct att_reference_given g = { 0 };
	struct arena *a;
	bool any = false, ok;

	*out = NULL;
	for (unsigned i = 0; i < REFERENCE_BLOCKS; i++)
		any |= !rd_empty(&block[i]);
	if (!any)
		return true;
	a = arena_new(LISTS_MEMORY);
	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	ok = given(a, block, &g, e) && att_reference_new(&g, out, e);
	arena_free(a);
	return ok;
}

bool reference_check(const struct block block[REFERENCE_BLOCKS], struct att_error *e)
{
	struct att_reference *r = NULL;
	struct rd in[REFERENCE_BLOCKS];

	for (unsigned i = 0; i < REFERENCE_BLOCKS; i++)
		in[i] = rd_make(block[i].p, block[i].n);
	if (!reference_make(in, &r, e))
		return false;
	att_reference_free(r);
	return true;
}

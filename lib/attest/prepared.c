#include <stdlib.h>

#include "lib/attest/appraisal.h"
#include "lib/attest/endorse_piece.h"
#include "libattest/endorse.h"

#define EXPAND_ARENA_MAX ((size_t)512 << 20)

struct att_prepared {
	struct crypto *c; /* keys of its certificates are used from any context */
	struct collateral_pack *pack;
};

const struct collateral_pack *prepared_pack(const struct att_prepared *p)
{
	return p->pack;
}

void att_prepared_free(struct att_prepared *p)
{
	if (!p)
		return;
	collateral_pack_free(p->pack);
	crypto_free(p->c);
	free(p);
}

size_t att_prepared_size(const struct att_prepared *p)
{
	return sizeof *p + collateral_pack_size(p->pack);
}

bool att_prepared_new(const struct att_bytes *pieces, size_t n, const struct att_bytes *anchors,
    size_t nanchors, struct att_prepared **out, struct att_error *e)
{
	struct att_prepared *p = calloc(1, sizeof *p);
	struct arena *a = p ? arena_new(EXPAND_ARENA_MAX) : NULL;
	struct collateral_given g;
	bool ok;

	if (a)
		p->c = crypto_new(e);
	ok = a && p->c ? given_make(a, p->c, (struct piece_list){ pieces, n },
	    (struct piece_list){ anchors, nanchors }, &g, e) &&
	    collateral_pack_new(p->c, &g, &p->pack, e) :
	    att_fail(e, ATT_E_NOMEM, "out of memory");
	arena_free(a);
	if (ok)
		*out = p;
	else
		att_prepared_free(p);
	return ok;
}

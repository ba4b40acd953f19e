#include "lib/evidence/format.h"

bool evidence_identify(struct evidence_outcome *o, struct arena *a, enum att_deny_kind kind,
    const void *p, size_t n, struct att_error *e)
{
	struct evidence_identity *id;
	void *copy;

	if (bytes_zero(p, n))
		return true;
	id = arena_alloc(a, sizeof *id);
	copy = id ? arena_memdup(a, p, n) : NULL;
	if (!copy)
		return arena_fail(a, e);
	*id = (struct evidence_identity){ kind, rd_make(copy, n), o->identities };
	o->identities = id;
	return true;
}

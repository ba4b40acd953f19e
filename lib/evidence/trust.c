#include <string.h>

#include "lib/evidence/format.h"

void trust_give(struct trust *t, const struct collateral_pack *p)
{
	t->certs = &p->set.certs;
	t->crls = p->crls;
	t->ncrls = p->ncrls;
	t->anchors = &p->anchors;
	t->collateral = p;
	t->given_sha256 = p->keys.all;
}

void outcome_need(struct evidence_outcome *o, const struct att_need *need)
{
	size_t i = 0;

	if (!need->key)
		return;
	while (i < o->nneeds && (strcmp(o->needs[i].kind, need->kind) != 0 ||
	    strcmp(o->needs[i].key, need->key) != 0))
		i++;
	if (i == EVIDENCE_NEEDS_MAX)
		return;
	o->needs[i] = *need;
	if (i == o->nneeds)
		o->nneeds++;
}

#include <stdlib.h>
#include <string.h>

#include "server/collateral/internal.h"

bool want_same(const struct collateral_name *a, const struct collateral_name *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcmp(a->key, b->key) == 0 &&
	    strcmp(a->baseline, b->baseline) == 0;
}

bool baseline_number(const char *baseline, uint32_t *n)
{
	size_t len = strlen(baseline);
	unsigned long v;

	if (len == 0 || len > 9 || strspn(baseline, "0123456789") != len)
		return false;
	v = strtoul(baseline, NULL, 10);
	*n = (uint32_t)v;
	return v > 0;
}

const char *want_text(struct arena *a, const struct collateral_name *n)
{
	const char *text = n->baseline[0] ?
	    arena_printf(a, "%s %s (%s)", n->kind, n->key, n->baseline) :
	    arena_printf(a, "%s %s", n->kind, n->key);

	return text ? text : n->kind;
}

/* unique.h - what must differ between entries of the configuration, and names that must exist. */
#ifndef SERVER_CONFIG_UNIQUE_H
#define SERVER_CONFIG_UNIQUE_H

#include "lib/base/arena.h"
#include "server/config/places.h"

/* No two places of one such key may hold the same value; letter case does not count. */
ATT_CHECK bool unique_check(struct arena *a, const struct places *p, struct att_error *e);
/* The provider that a token names must be one of the list. */
ATT_CHECK bool references_check(const struct places *p, struct att_error *e);

#endif

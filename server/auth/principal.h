/*
 * principal.h - who is asking: static bearers of the configuration and the administrator token.
 *
 * Only SHA-256 hashes are known here.  The bearer's text is hashed by the verify worker that asks; every
 * row is compared in constant time, whatever matched before.
 */
#ifndef SERVER_AUTH_PRINCIPAL_H
#define SERVER_AUTH_PRINCIPAL_H

#include "lib/base/arena.h"
#include "server/config/config.h"

enum principal_role { PRINCIPAL_ANONYMOUS, PRINCIPAL_READER, PRINCIPAL_CONTRIBUTOR };

struct principal {
	const char *name;               /* "administrator", or tokens[].name */
	enum principal_role role;
	uint8_t sha256[32];
};

struct principals { struct principal *item; size_t n; };

/*
 * The bearers that are valid at this provider, and the administrator; lives in the arena, names are
 * borrowed from c.
 */
ATT_CHECK bool principals_make(struct arena *a, const struct config *c, const char *provider,
    const uint8_t admin_sha256[32], struct principals *out, struct att_error *e);
/* NULL when no bearer has this hash. */
const struct principal *principals_find(const struct principals *p, const uint8_t sha256[32]);

#endif

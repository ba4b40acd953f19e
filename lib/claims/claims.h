/*
 * claims.h - a set of claims: all that passes between evidence, policy and token.
 *
 * A name may occur more than once: that is how a set value is represented.  Order is the order
 * of adding.  Names and strings live in the arena of the set.
 */
#ifndef CLAIMS_CLAIMS_H
#define CLAIMS_CLAIMS_H

#include "lib/base/arena.h"
#include "lib/json/json.h"

enum claim_kind { CLAIM_STRING, CLAIM_INT, CLAIM_BOOL, CLAIM_JSON };
enum claim_issuer { CLAIM_BY_SERVICE, CLAIM_BY_POLICY, CLAIM_BY_CUSTOM };

struct claim {
	const char *name;
	enum claim_kind kind;
	enum claim_issuer issuer;
	bool read_only;                 /* policies may read, never issue */
	const char *s;                  /* CLAIM_STRING, NUL-terminated */
	size_t len;                     /* of s */
	int64_t i;                      /* CLAIM_INT */
	bool b;                         /* CLAIM_BOOL */
	const struct json *j;           /* CLAIM_JSON: object or array; in policies its sorted text */
};

struct claims {
	struct arena *a;
	struct claim *v;
	size_t n, cap;
};

struct claims claims_make(struct arena *a);
/* Copies texts; JSON is borrowed. */
ATT_CHECK bool claims_add(struct claims *c, const struct claim *one, struct att_error *e);
ATT_CHECK bool claims_str(struct claims *c, const char *name, const char *s, struct att_error *e);
ATT_CHECK bool claims_strn(struct claims *c, const char *name, const char *s, size_t n, struct att_error *e);
ATT_CHECK bool claims_int(struct claims *c, const char *name, int64_t i, struct att_error *e);
ATT_CHECK bool claims_bool(struct claims *c, const char *name, bool b, struct att_error *e);
ATT_CHECK bool claims_hex(struct claims *c, const char *name, const void *p, size_t n, struct att_error *e);
ATT_CHECK bool claims_json(struct claims *c, const char *name, const struct json *j, struct att_error *e);
const struct claim *claims_find(const struct claims *c, const char *name);      /* the first, or NULL */
bool claim_same(const struct claim *a, const struct claim *b);  /* same name, kind and value */
bool claim_same_value(const struct claim *a, const struct claim *b);    /* same kind and value */

/* "AttestationService", "AttestationPolicy", "CustomClaim". */
const char *claim_issuer_name(enum claim_issuer i);
ATT_CHECK bool claim_issuer_find(const char *name, enum claim_issuer *out);
/* "String", "Integer", "Boolean"; a JSON claim is a String to policies. */
const char *claim_kind_name(enum claim_kind k);

/* One JSON object: a name with one value gives a scalar, several give an array in order.  Members
 * stand in order of first occurrence.  Names, texts and JSON values are borrowed from the claims,
 * so nothing may be put into those.  NULL = out of memory. */
struct json *claims_to_json(const struct claims *c, struct arena *a);
/*
 * Reads [{"type","value","valueType"?,"issuer"?}...] (eval-cases form) or a plain object
 * {name: scalar|array|object}.  A missing issuer means the service.  An array of scalars becomes one
 * claim per element, an object or any other array one JSON claim; null, fractions, unknown members and
 * a valueType that is not the value's own are refused.  JSON is borrowed from j; on failure the
 * set may hold some of the claims.
 */
ATT_CHECK bool claims_from_json(struct claims *c, const struct json *j, struct att_error *e);
/* The value as JSON. */
struct json *claim_value_json(const struct claim *c, struct arena *a);

#endif

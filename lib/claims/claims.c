#include "lib/claims/claims.h"

#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/rd.h"
#include "lib/claims/names.h"

#define CLAIMS_FIRST ((size_t)32)       /* an appraisal makes about 25 */

struct claims claims_make(struct arena *a)
{
	return (struct claims){ .a = a };
}

static bool claims_room(struct claims *c, struct att_error *e)
{
	size_t cap = c->cap ? c->cap * 2 : CLAIMS_FIRST;
	struct claim *v;

	if (c->n < c->cap)
		return true;
	v = arena_array(c->a, cap, sizeof *v);
	if (!v)
		return arena_fail(c->a, e);
	bytes_copy(v, c->v, c->n * sizeof *v);
	c->v = v;
	c->cap = cap;
	return true;
}

/* Name and text in one allocation: half the calls for the 25 claims of an appraisal. */
static bool claim_texts(struct claims *c, struct claim *one, struct att_error *e)
{
	size_t name_len = strlen(one->name) + 1;
	size_t text_len = one->kind == CLAIM_STRING ? one->len + 1 : 0;
	char *p = arena_alloc(c->a, name_len + text_len);

	if (!p)
		return arena_fail(c->a, e);
	bytes_copy(p, one->name, name_len);
	one->name = p;
	if (one->kind == CLAIM_STRING) {
		bytes_copy(p + name_len, one->s, one->len);
		one->s = p + name_len;
	}
	return true;
}

bool claims_add(struct claims *c, const struct claim *one, struct att_error *e)
{
	struct claim t = *one;

	if (t.issuer == CLAIM_BY_SERVICE && claim_name_read_only(t.name))
		t.read_only = true;
	if (!claims_room(c, e) || !claim_texts(c, &t, e))
		return false;
	c->v[c->n++] = t;
	return true;
}

bool claims_str(struct claims *c, const char *name, const char *s, struct att_error *e)
{
	return claims_strn(c, name, s, strlen(s), e);
}

bool claims_strn(struct claims *c, const char *name, const char *s, size_t n, struct att_error *e)
{
	return claims_add(c, &(struct claim){ .name = name, .kind = CLAIM_STRING, .s = s, .len = n }, e);
}

bool claims_int(struct claims *c, const char *name, int64_t i, struct att_error *e)
{
	return claims_add(c, &(struct claim){ .name = name, .kind = CLAIM_INT, .i = i }, e);
}

bool claims_bool(struct claims *c, const char *name, bool b, struct att_error *e)
{
	return claims_add(c, &(struct claim){ .name = name, .kind = CLAIM_BOOL, .b = b }, e);
}

bool claims_json(struct claims *c, const char *name, const struct json *j, struct att_error *e)
{
	return claims_add(c, &(struct claim){ .name = name, .kind = CLAIM_JSON, .j = j }, e);
}

bool claims_hex(struct claims *c, const char *name, const void *p, size_t n, struct att_error *e)
{
	char small[2 * 64 + 1];         /* the widest field of every report we know: 64 bytes */
	char *text;

	if (n <= 64) {
		hex_encode(p, n, small);
		return claims_strn(c, name, small, 2 * n, e);
	}
	text = hex_arena(c->a, p, n);
	return text ? claims_strn(c, name, text, 2 * n, e) : arena_fail(c->a, e);
}

const struct claim *claims_find(const struct claims *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return &c->v[i];
	return NULL;
}

static const char *const issuer_names[] = {
	[CLAIM_BY_SERVICE] = "AttestationService",
	[CLAIM_BY_POLICY] = "AttestationPolicy",
	[CLAIM_BY_CUSTOM] = "CustomClaim"
};

const char *claim_issuer_name(enum claim_issuer i)
{
	return issuer_names[i];
}

bool claim_issuer_find(const char *name, enum claim_issuer *out)
{
	for (size_t i = 0; i < sizeof issuer_names / sizeof issuer_names[0]; i++)
		if (strcmp(name, issuer_names[i]) == 0) {
			*out = (enum claim_issuer)i;
			return true;
		}
	return false;
}

const char *claim_kind_name(enum claim_kind k)
{
	static const char *const kind_names[] = {
		[CLAIM_STRING] = "String", [CLAIM_INT] = "Integer", [CLAIM_BOOL] = "Boolean",
		    [CLAIM_JSON] = "String"
	};

	return kind_names[k];
}

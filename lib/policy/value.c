#include "lib/policy/value.h"

#include "lib/base/rd.h"

bool value_same(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == CLAIM_INT)
		return a->i == b->i;
	if (a->kind == CLAIM_BOOL)
		return a->b == b->b;
	if (a->len != b->len)
		return false;
	/* Most texts that differ differ at once; bytes_equal() always looks at all of them. */
	return a->s == b->s || a->len == 0 || (a->s[0] == b->s[0] && bytes_equal(a->s, b->s, a->len));
}

const char *value_kind_name(enum claim_kind k)
{
	static const char *const names[] = {
		[CLAIM_STRING] = "a string", [CLAIM_INT] = "an integer", [CLAIM_BOOL] = "a Boolean",
		[CLAIM_JSON] = "a string"
	};

	return names[k];
}

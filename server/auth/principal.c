#include "server/auth/principal.h"

#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/rd.h"

static const struct { const char *name; enum principal_role role; } role_names[] = {
	{ "reader", PRINCIPAL_READER },
	{ "contributor", PRINCIPAL_CONTRIBUTOR },
};

static bool role_parse(const char *name, enum principal_role *out, struct att_error *e)
{
	for (size_t i = 0; i < sizeof role_names / sizeof *role_names; i++)
		if (strcmp(role_names[i].name, name) == 0) {
			*out = role_names[i].role;
			return true;
		}
	return att_fail(e, ATT_E_BAD_FORMAT, "tokens: role %s, want reader or contributor", name);
}

static bool add(struct principals *list, const struct config_bearer *b, struct att_error *e)
{
	struct principal *p = &list->item[list->n];

	p->name = b->name;
	if (!role_parse(b->role, &p->role, e) ||
	    !hex_decode(b->sha256, strlen(b->sha256), p->sha256, sizeof p->sha256, e))
		return att_within(e, "tokens: %s", b->name);
	list->n++;
	return true;
}

bool principals_make(struct arena *a, const struct config *c, const char *provider,
    const uint8_t admin_sha256[32], struct principals *out, struct att_error *e)
{
	struct principals list = { 0 };

	list.item = arena_array(a, (size_t)c->tokens_count + 1, sizeof *list.item);
	if (!list.item)
		return arena_fail(a, e);
	list.item[list.n++] = (struct principal){ .name = "administrator", .role = PRINCIPAL_CONTRIBUTOR };
	bytes_copy(list.item[0].sha256, admin_sha256, 32);
	for (unsigned i = 0; i < c->tokens_count; i++) {
		const struct config_bearer *b = &c->tokens[i];
		if (b->provider && strcmp(b->provider, provider) != 0)
			continue;
		if (!add(&list, b, e))
			return false;
	}
	*out = list;
	return true;
}

const struct principal *principals_find(const struct principals *p, const uint8_t sha256[32])
{
	const struct principal *found = NULL;

	for (size_t i = 0; i < p->n; i++)
		if (bytes_equal(p->item[i].sha256, sha256, 32))
			found = &p->item[i];
	return found;
}

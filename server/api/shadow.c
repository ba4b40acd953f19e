/* /policies/{type}:shadow - a second policy that is evaluated beside the active one and only
 * counted and logged. */
#include "server/api/manage.h"

static bool gather_shadow(struct api_call *c, struct att_error *e)
{
	struct store_key k = manage_key(c);

	if (!store_shadow_get(c->api->store, &k, c->manage->memory, &c->manage->entry, e))
		return false;
	c->manage->stored = rd_make(c->manage->entry.jws.p, c->manage->entry.jws.n);
	if (c->manage->entry.jws.n == 0) {
		c->manage->verb = MANAGE_ALLOW;
		(void)att_fail(&c->manage->missing, ATT_E_NOT_FOUND,
		    "there is no shadow policy for %s", c->type);
	}
	return true;
}

static bool apply_shadow(
    struct api_call *c, const struct managed *m, const struct store_use *use, struct att_error *e)
{
	struct store_key k = manage_key(c);
	struct store_policy p;

	return manage_entry(c, m, &p, e) && store_shadow_set(c->api->store, &k, &p, use, e);
}

static bool apply_removal(struct api_call *c, const struct managed *m, const struct store_use *use,
    struct att_error *e)
{
	struct store_key k = manage_key(c);

	(void)m;
	return store_shadow_set(c->api->store, &k, NULL, use, e);
}

void api_shadow_get(struct api_call *c)
{
	static const struct manage_kind kind = { .verb = MANAGE_READ_POLICY, .gather = gather_shadow };

	manage_call(c, &kind);
}

void api_shadow_set(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "shadow.set", .verb = MANAGE_SHADOW_SET,
		.apply = apply_shadow };

	manage_call(c, &kind);
}

void api_shadow_remove(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "shadow.remove", .verb = MANAGE_SHADOW_REMOVE,
		.apply = apply_removal };

	manage_call(c, &kind);
}

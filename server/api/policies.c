/* GET and PUT /policies/{type}, POST /policies/{type}:reset (rest-api section 7). */
#include "server/api/manage.h"

static bool gather_active(struct api_call *c, struct att_error *e)
{
	struct store_key k = manage_key(c);

	if (!store_policy_active(c->api->store, &k, c->manage->memory, &c->manage->entry, e))
		return false;
	c->manage->stored = rd_make(c->manage->entry.jws.p, c->manage->entry.jws.n);
	return true;
}

static bool append(struct api_call *c, const struct managed *m, enum store_action action,
    const struct store_use *use, struct att_error *e)
{
	struct store_key k = manage_key(c);
	struct store_policy p;

	if (!manage_entry(c, m, &p, e))
		return false;
	p.action = action;
	return store_policy_append(c->api->store, &k, &p, use, &c->manage->made, e);
}

static bool apply_set(
    struct api_call *c, const struct managed *m, const struct store_use *use, struct att_error *e)
{
	return append(c, m, STORE_SET, use, e);
}

static bool apply_reset(
    struct api_call *c, const struct managed *m, const struct store_use *use, struct att_error *e)
{
	return append(c, m, STORE_RESET, use, e);
}

void api_policy_get(struct api_call *c)
{
	static const struct manage_kind kind = { .verb = MANAGE_READ_POLICY, .gather = gather_active };

	manage_call(c, &kind);
}

void api_policy_set(struct api_call *c)
{
	static const struct manage_kind kind = {
		.action = "policy.set", .verb = MANAGE_SET, .apply = apply_set
	};

	manage_call(c, &kind);
}

void api_policy_reset(struct api_call *c)
{
	static const struct manage_kind kind = {
		.action = "policy.reset", .verb = MANAGE_RESET, .apply = apply_reset
	};

	manage_call(c, &kind);
}

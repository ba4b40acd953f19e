/* /policies/{type}/history, /history/{n} and :rollback?to=n - every policy that was ever active. */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/api/manage.h"

static void put_text(struct arena *a, struct json *o, const char *name, const char *s)
{
	if (*s)
		(void)json_put(a, o, name, json_string(a, s));
}

/* The signer is JSON that a worker made; it is passed on as it is, not read. */
static bool put_entry(struct arena *a, struct buf *b, const struct store_policy *p, struct att_error *e)
{
	struct json *o = json_object(a);
	char when[TIME_TEXT_MAX], *text;
	size_t n;

	time_format(p->set_at_s, when);
	(void)json_put(a, o, "n", json_int(a, p->n));
	put_text(a, o, "action", store_action_name(p->action));
	if (p->of_n)
		(void)json_put(a, o, "of", json_int(a, p->of_n));
	put_text(a, o, "policyHash", p->text_hash);
	put_text(a, o, "tokenHash", p->token_hash);
	put_text(a, o, "setBy", p->set_by);
	put_text(a, o, "setAt", when);
	(void)json_put(a, o, "size", json_int(a, (int64_t)p->jws.n));
	if (p->jws.p && p->jws.n)
		(void)json_put(a, o, "policy", json_stringn(a, (const char *)p->jws.p, p->jws.n));
	if (!json_write(a, o, JSON_COMPACT, &text, &n, e))
		return false;
	buf_put(b, text, n - 1);
	if (*p->signer)
		buf_fmt(b, ",\"signer\":%s", p->signer);
	buf_char(b, '}');
	return true;
}

static bool respond_list(struct api_call *c, struct resp *out, struct att_error *e)
{
	struct arena *a = c->manage->memory;
	struct store_key k = manage_key(c);
	struct buf b = buf_make(a);
	struct store_policy *list;
	size_t n;

	if (!store_policy_history(c->api->store, &k, a, &list, &n, e))
		return false;
	buf_fmt(&b, "{\"type\":\"%s\",\"active\":%zu,\"entries\":[", c->type, n);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&b, ',');
		if (!put_entry(a, &b, &list[i], e))
			return false;
	}
	buf_str(&b, "]}");
	if (!buf_ok(&b, e))
		return false;
	*out = resp_copy(200, b.p, b.len);
	return true;
}

/* A number that the history does not have is told only to those who may read it. */
static bool gather_entry(struct api_call *c, struct att_error *e)
{
	struct manage_state *s = c->manage;
	struct store_key k = manage_key(c);

	if (c->n == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "the query argument to is missing, such as to=3");
	if (!store_policy_at(c->api->store, &k, c->n, s->memory, &s->entry, &s->missing)) {
		if (s->missing.code != ATT_E_NOT_FOUND)
			return att_fail(e, s->missing.code, "%s", s->missing.text);
		s->verb = MANAGE_ALLOW;
	}
	s->stored = rd_make(s->entry.jws.p, s->entry.jws.n);
	return true;
}

static bool respond_entry(struct api_call *c, struct resp *out, struct att_error *e)
{
	struct buf b = buf_make(c->manage->memory);

	if (!put_entry(c->manage->memory, &b, &c->manage->entry, e) || !buf_ok(&b, e))
		return false;
	*out = resp_copy(200, b.p, b.len);
	return true;
}

static bool apply_rollback(struct api_call *c, const struct managed *m, const struct store_use *use,
    struct att_error *e)
{
	struct store_key k = manage_key(c);
	struct store_policy p;

	if (!manage_entry(c, m, &p, e))
		return false;
	p.action = STORE_ROLLBACK;
	p.of_n = c->n;
	return store_policy_append(c->api->store, &k, &p, use, &c->manage->made, e);
}

void api_policy_history(struct api_call *c)
{
	static const struct manage_kind kind = { .verb = MANAGE_ALLOW, .respond = respond_list };

	manage_call(c, &kind);
}

void api_policy_entry(struct api_call *c)
{
	static const struct manage_kind kind = {
		.verb = MANAGE_ALLOW, .gather = gather_entry, .respond = respond_entry
	};

	manage_call(c, &kind);
}

void api_policy_rollback(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "policy.rollback", .verb = MANAGE_ROLLBACK,
		.gather = gather_entry, .apply = apply_rollback };

	manage_call(c, &kind);
}

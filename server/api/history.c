/* /policies/{type}/history, /history/{n} and :rollback?to=n - every policy that was ever active. */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/api/manage.h"

#define PAGE_MAX 1000                   /* entries of a page, and its size where none is asked for */
#define SKIP_MAX ((int64_t)1 << 52)     /* what JSON numbers hold exactly */

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

/* A query argument from low to high; out stays as it is where there is none. */
static bool read_number(const struct req *r, const char *name, int64_t low, int64_t high, int64_t *out,
    struct att_error *e)
{
	const char *text = r->query(r, name), *digit = text;
	int64_t n = 0;

	if (!text)
		return true;
	for (; *digit >= '0' && *digit <= '9' && n <= high; digit++)
		n = 10 * n + (*digit - '0');
	if (*digit || digit == text || n < low || n > high)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: found \"%.40s\", want a number from %lld to %lld",
		    name, text, (long long)low, (long long)high);
	*out = n;
	return true;
}

bool api_page(const struct req *r, int64_t *skip, size_t *top, struct att_error *e)
{
	int64_t n = PAGE_MAX;

	if (!read_number(r, "top", 1, PAGE_MAX, &n, e) || !read_number(r, "skip", 0, SKIP_MAX, skip, e))
		return false;
	*top = (size_t)n;
	return true;
}

static bool respond_list(struct api_call *c, struct resp *out, struct att_error *e)
{
	struct arena *a = c->manage->memory;
	struct store_key k = manage_key(c);
	struct buf b = buf_make(a);
	struct store_history h = { 0 };

	if (!api_page(c->r, &h.skip, &h.top, e) || !store_policy_history(c->api->store, &k, a, &h, e))
		return false;
	buf_fmt(&b, "{\"type\":\"%s\",\"active\":%lld,\"entries\":[", c->type, (long long)h.total);
	for (size_t i = 0; i < h.n; i++) {
		if (i)
			buf_char(&b, ',');
		if (!put_entry(a, &b, &h.entry[i], e))
			return false;
	}
	buf_char(&b, ']');
	if (h.n > 0 && h.entry[h.n - 1].n < h.total)
		buf_fmt(&b, ",\"nextLink\":\"%s/policies/%s/history?top=%zu&skip=%lld\"",
		    c->api->facts->issuers[c->provider], c->type, h.top, (long long)h.entry[h.n - 1].n);
	buf_char(&b, '}');
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

/*
 * Many endorsements in one file.  Two digests find every changed byte: one over each piece, so that the
 * piece can be named, and one over the text of the list, so that no item is changed, added or dropped
 * unseen.  Neither is trust: what a piece is worth, its signature says.
 */
#include "lib/attest/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attest/api_call.h"
#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/base/rd.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "libattest/endorse.h"

#define VERSION_MEMBER "attestd-bundle"
#define BUNDLE_VERSION 1
#define BUNDLE_MEMORY ((size_t)512 << 20)
#define SUM 32

/* The list of items, and the arena that everything in it lives in. */
struct owned_bundle {
	struct att_bundle public;
	struct arena *a;
};

void att_bundle_free(struct att_bundle *b)
{
	if (b)
		arena_free(((struct owned_bundle *)b)->a);
}

/* The first member says so, white space aside: a document that merely holds the word elsewhere is none. */
bool att_bundle_recognise(struct att_bytes file)
{
	static const char name[] = "\"" VERSION_MEMBER "\"";
	struct rd in = rd_make(file.data, file.len);
	bool open = false;
	uint8_t b;

	while (rd_left(&in) >= sizeof name - 1) {
		if (open && bytes_equal(rd_ptr(&in), name, sizeof name - 1))
			return true;
		if (!rd_u8(&in, &b) || (!strchr(" \t\r\n", b) && (open || b != '{')))
			return false;
		open = open || b == '{';
	}
	return false;
}

static bool text_of(const struct json *o, const char *name, const char **out, struct att_error *e)
{
	const struct json *v = json_get(o, name);

	if (!json_is(v, JSON_STRING) || strlen(v->s) != v->len)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: want a text", name);
	*out = v->s;
	return true;
}

/* null: not known. */
static bool time_of(const struct json *o, const char *name, int64_t *out, struct att_error *e)
{
	const struct json *v = json_get(o, name);

	*out = INT64_MIN;
	if (json_is(v, JSON_NULL))
		return true;
	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: want a time or null", name);
	return time_parse_rfc3339(v->s, v->len, out, e) || att_within(e, "%s", name);
}

static bool sum_is(struct crypto *c, const char *want, const void *p, size_t n, uint8_t sum[SUM],
    struct att_error *e)
{
	char found[2 * SUM + 1];

	if (!digest(c, DIGEST_SHA256, p, n, sum, e))
		return false;
	hex_encode(sum, SUM, found);
	return strcmp(found, want) == 0 ||
	    att_fail(e, ATT_E_BAD_FORMAT, "changed: SHA-256 is %s, the bundle says %.64s", found, want);
}

static bool read_piece(struct crypto *c, struct arena *a, const struct json *o, struct att_bundle_item *out,
    struct att_error *e)
{
	const char *text, *sum;
	uint8_t *p;
	size_t n;

	if (!text_of(o, "piece", &text, e) || !text_of(o, "sha256", &sum, e))
		return false;
	if (!b64_decode_arena(B64_STD, a, text, strlen(text), &p, &n, e))
		return att_within(e, "piece");
	out->piece = (struct att_bytes){ p, n };
	return sum_is(c, sum, p, n, out->sha256, e);
}

static bool read_item(struct crypto *c, struct arena *a, const struct json *o, struct att_bundle_item *out,
    struct att_error *e)
{
	static const char *const members[] = { "kind", "key", "evaluation", "issued", "expires", "sha256",
		"piece" };
	const struct json *number = json_get(o, "evaluation");
	size_t known = 0;

	if (!text_of(o, "kind", &out->kind, e) || !text_of(o, "key", &out->key, e))
		return false;
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		known += json_get(o, members[i]) != NULL;
	if (known != o->len || !json_is(number, JSON_INT) || number->i < 0 || number->i > UINT32_MAX)
		(void)att_fail(e, ATT_E_BAD_FORMAT, "%s", known != o->len ? "a member that is not known" :
		    "evaluation: want a number");
	else if (time_of(o, "issued", &out->issued_s, e) && time_of(o, "expires", &out->expires_s, e) &&
	    read_piece(c, a, o, out, e)) {
		out->evaluation = (uint32_t)number->i;
		return true;
	}
	return att_within(e, "%.20s %.200s", out->kind, out->key);
}

/* The pieces first, because only they can be named. */
static bool read_items(struct crypto *c, struct arena *a, const struct json *list, struct att_bundle *out,
    struct att_error *e)
{
	struct att_bundle_item *items = arena_array(a, list->len + 1, sizeof *items);
	size_t n = 0;

	if (!items)
		return arena_fail(a, e);
	for (const struct json *o = list->child; o; o = o->next, n++)
		if (!read_item(c, a, o, &items[n], e))
			return att_within(e, "items[%zu]", n);
	*out = (struct att_bundle){ items, n };
	return true;
}

static bool read_bundle(struct crypto *c, struct arena *a, struct att_bytes file, struct att_bundle *out,
    struct att_error *e)
{
	const struct json *version, *list;
	const char *sum;
	uint8_t found[SUM];
	size_t off, len;
	struct json *o;

	if (file.len > BUNDLE_BYTES_MAX)
		return att_fail(e, ATT_E_LIMIT, "%zu bytes, at most %zu", file.len, BUNDLE_BYTES_MAX);
	if (!json_parse(a, file.data, file.len, NULL, &o, e))
		return false;
	version = json_get(o, VERSION_MEMBER);
	list = json_get(o, "items");
	if (!json_is(version, JSON_INT))
		return att_fail(e, ATT_E_BAD_FORMAT, "no member " VERSION_MEMBER);
	if (version->i != BUNDLE_VERSION)
		return att_fail(e, ATT_E_UNSUPPORTED, "version %lld, want %d", (long long)version->i,
		    BUNDLE_VERSION);
	if (!json_is(list, JSON_ARRAY) || o->len != 3)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "want the members " VERSION_MEMBER ", items and sha256, and no other");
	if (list->len > BUNDLE_ITEMS_MAX)
		return att_fail(e, ATT_E_LIMIT, "%zu items, at most %d", list->len, BUNDLE_ITEMS_MAX);
	if (!text_of(o, "sha256", &sum, e) || !read_items(c, a, list, out, e) ||
	    !json_member_range(file.data, file.len, "items", &off, &len, e))
		return false;
	return sum_is(c, sum, file.data + off, len, found, e) ||
	    att_within(e, "items (not a piece, but what stands beside them)");
}

bool att_bundle_read(struct att_bytes file, struct att_bundle **out, struct att_error *e)
{
	struct arena *a = arena_new(BUNDLE_MEMORY);
	struct owned_bundle *b = a ? arena_alloc(a, sizeof *b) : NULL;
	struct crypto *c = crypto_new(e);
	bool ok;

	if (!b)
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	ok = b && c && (read_bundle(c, a, file, &b->public, e) || att_within(e, "bundle"));
	crypto_free(c);
	if (!ok) {
		arena_free(a);
		return false;
	}
	b->a = a;
	*out = &b->public;
	return true;
}

/* ---- writing ---- */

static int order(const struct att_endorsement *a, const struct att_endorsement *b)
{
	int by = strcmp(a->kind, b->kind);

	if (by == 0)
		by = strcmp(a->key, b->key);
	if (by == 0)
		by = (a->evaluation > b->evaluation) - (a->evaluation < b->evaluation);
	if (by == 0)
		by = (a->issued_s > b->issued_s) - (a->issued_s < b->issued_s);
	return by ? by : bytes_order(a->sha256, SUM, b->sha256, SUM);
}

/* By insertion: what is exported is mostly in order already. */
static void sort(struct att_endorsement *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct att_endorsement x = v[i];
		size_t k = i;

		for (; k > 0 && order(&v[k - 1], &x) > 0; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static struct json *item_json(struct arena *a, const struct att_endorsement *i, const uint8_t sum[SUM])
{
	struct json *o = json_object(a);
	const char *hex = hex_arena(a, sum, SUM);
	const char *piece = b64_encode_arena(B64_STD, a, i->bytes.data, i->bytes.len);

	o = json_put(a, o, "kind", json_string(a, i->kind));
	o = json_put(a, o, "key", json_string(a, i->key));
	o = json_put(a, o, "evaluation", json_int(a, i->evaluation));
	o = json_put(a, o, "issued", json_time(a, i->issued_s));
	o = json_put(a, o, "expires", json_time(a, i->expires_s));
	o = json_put(a, o, "sha256", hex ? json_string(a, hex) : NULL);
	return json_put(a, o, "piece", piece ? json_string(a, piece) : NULL);
}

/* One item a line, so that two bundles can be compared by eye and by diff. */
static bool write_items(struct api_call *k, const struct att_endorsement *v, size_t n, struct buf *b,
    struct att_error *e)
{
	struct att_endorsement *sorted = arena_array(k->a, n + 1, sizeof *sorted);
	uint8_t sum[SUM];
	size_t len;
	char *text;

	if (!sorted)
		return arena_fail(k->a, e);
	for (size_t i = 0; i < n; i++) {
		sorted[i] = v[i];
		if (!digest(k->c, DIGEST_SHA256, v[i].bytes.data, v[i].bytes.len, sorted[i].sha256, e))
			return false;
	}
	sort(sorted, n);
	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && order(&sorted[i - 1], &sorted[i]) == 0)
			continue;
		bytes_copy(sum, sorted[i].sha256, SUM);
		if (!json_write(k->a, item_json(k->a, &sorted[i], sum), JSON_COMPACT, &text, &len, e))
			return false;
		buf_fmt(b, "%s\n", i > 0 ? "," : "");
		buf_put(b, text, len);
	}
	buf_str(b, "\n]");
	return buf_ok(b, e);
}

static bool write_bundle(struct api_call *k, const struct att_endorsement *v, size_t n, struct buf *out,
    struct att_error *e)
{
	struct buf items = buf_make(k->a);
	char hex[2 * SUM + 1];
	uint8_t sum[SUM];

	*out = buf_make(k->a);
	if (n > BUNDLE_ITEMS_MAX)
		return att_fail(e, ATT_E_LIMIT, "bundle: %zu items, at most %d", n, BUNDLE_ITEMS_MAX);
	if (!write_items(k, v, n, &items, e) || !digest(k->c, DIGEST_SHA256, items.p, items.len, sum, e))
		return false;
	hex_encode(sum, SUM, hex);
	buf_fmt(out, "{\"" VERSION_MEMBER "\":%d,\"items\":", BUNDLE_VERSION);
	buf_put(out, items.p, items.len);
	buf_fmt(out, ",\"sha256\":\"%s\"}\n", hex);
	return buf_ok(out, e);
}

bool att_bundle_write(const struct att_endorsement *v, size_t n, char **text, size_t *len,
    struct att_error *e)
{
	struct api_call k = { 0 };
	struct buf b = { 0 };
	bool ok = api_call_begin(&k, e) && write_bundle(&k, v, n, &b, e);
	size_t written = b.len;

	ok = api_call_end(&k, ok ? b.p : NULL, written, text, e);
	if (ok)
		*len = written;
	return ok;
}

/* ---- among other pieces ---- */

bool bundle_expand(struct arena *a, struct crypto *c, const struct att_bytes *v, size_t n,
    const struct att_bytes **out, size_t *nout, struct att_error *e)
{
	struct buf all = buf_make(a);
	struct att_bundle b;
	size_t bundles = 0;

	*out = v;
	*nout = n;
	for (size_t i = 0; i < n; i++)
		bundles += att_bundle_recognise(v[i]);
	if (bundles == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		b = (struct att_bundle){ 0 };
		if (!att_bundle_recognise(v[i]))
			buf_put(&all, &v[i], sizeof v[i]);
		else if (!read_bundle(c, a, v[i], &b, e))
			return att_within(e, "bundle");
		for (size_t k = 0; k < b.n; k++)
			buf_put(&all, &b.item[k].piece, sizeof b.item[k].piece);
	}
	if (!buf_ok(&all, e))
		return false;
	*nout = all.len / sizeof(struct att_bytes);
	*out = arena_memdup(a, all.p ? all.p : "", all.len);
	return *out || arena_fail(a, e);
}

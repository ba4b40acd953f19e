#include "lib/attest/endorse_piece.h"

#include <string.h>

#include "lib/attest/bundle.h"
#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/collateral/add.h"

static bool readers(
    struct arena *a, struct piece_list l, const struct rd **out, struct att_error *e)
{
	struct rd *r = arena_array(a, l.n + 1, sizeof *r);

	if (!r)
		return arena_fail(a, e);
	for (size_t i = 0; i < l.n; i++)
		r[i] = rd_make(l.v[i].data, l.v[i].len);
	*out = r;
	return true;
}

bool given_make(struct arena *a, struct crypto *c, struct piece_list pieces,
    struct piece_list anchors, struct collateral_given *out, struct att_error *e)
{
	struct piece_list all;

	if (!bundle_expand(a, c, pieces.v, pieces.n, &all.v, &all.n, e))
		return false;
	*out = (struct collateral_given){ .npieces = all.n, .nanchors = anchors.n };
	return readers(a, all, &out->pieces, e) && readers(a, anchors, &out->anchors, e);
}

static void put_cert(struct buf *b, const struct x509_cert *cert)
{
	size_t n;
	const uint8_t *der = x509_der(cert, &n);
	const char *pem = x509_to_pem(b->a, der, n);

	if (pem)
		buf_str(b, pem);
	else
		b->failed = true;
}

static bool has_root(const struct x509_bundle *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		if (x509_self_issued(chain->certs[i]))
			return true;
	return false;
}

/* A root signs its own list: it is signer and root at once. */
static const char *chain_text(struct arena *a, const struct collateral_item *i)
{
	const struct collateral_proof *p = &i->proof;
	struct buf b = buf_make(a);

	buf_put(&b, rd_ptr(&i->chain_text), rd_left(&i->chain_text));
	for (size_t k = 0; rd_empty(&i->chain_text) && k < p->nsigners; k++)
		if (p->signers[k] != p->root)
			put_cert(&b, p->signers[k]);
	if (b.len > 0 && b.p[b.len - 1] != '\n')
		buf_char(&b, '\n');
	if (p->nsigners > 0 && !has_root(&i->chain))
		put_cert(&b, p->root);
	return b.failed ? NULL : b.p ? b.p : "";
}

static struct json *text_member(struct arena *a, struct json *o, const char *name, const char *text)
{
	if (text && !text[0])
		return o;
	return json_put(a, o, name, text ? json_string(a, text) : NULL);
}

static struct json *signed_members(struct arena *a, struct json *o, const struct collateral_item *i)
{
	for (size_t k = 0; k < nsigned_kinds; k++) {
		const struct signed_kind *s = &signed_kinds[k];
		if (s->kind != i->kind)
			continue;
		o = json_put(a, o, s->name,
		    json_stringn(a, (const char *)rd_ptr(&i->body), rd_left(&i->body)));
		o = text_member(a, o, s->signature, hex_arena(a, i->signature, PCS_SIG_LEN));
		o = text_member(a, o, s->chain, chain_text(a, i));
	}
	return o;
}

static struct json *crl_members(struct arena *a, struct json *o, const struct collateral_item *i)
{
	for (size_t k = 0; k < LIST_MEMBERS; k++) {
		if (list_members[k].kind != i->kind)
			continue;
		o = text_member(a, o, list_members[k].name,
		    hex_arena(a, rd_ptr(&i->body), rd_left(&i->body)));
		o = text_member(a, o, LIST_CHAIN, chain_text(a, i));
	}
	return o;
}

bool piece_intel(struct arena *a, const struct collateral_item *i,
    struct piece_text *out, struct att_error *e)
{
	struct json *o = crl_members(a, signed_members(a, json_object(a), i), i);
	char *text;
	size_t n;

	if (!o)
		return arena_fail(a, e);
	if (!json_write(a, o, JSON_COMPACT, &text, &n, e))
		return false;
	*out = (struct piece_text){ text, n };
	return true;
}

bool piece_amd(struct arena *a, const struct x509_cert *const *chain, size_t n, struct rd crl,
    struct piece_text *out, struct att_error *e)
{
	struct buf b = buf_make(a);
	const char *list = rd_empty(&crl) ? "" : x509_crl_to_pem(a, rd_ptr(&crl), rd_left(&crl));

	if (!list)
		return arena_fail(a, e);
	buf_str(&b, list);
	for (size_t i = 0; i < n; i++)
		put_cert(&b, chain[i]);
	if (!buf_ok(&b, e))
		return false;
	*out = (struct piece_text){ b.p, b.len };
	return true;
}

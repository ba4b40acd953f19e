#include "lib/collateral/pack.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/collateral/add.h"

#define PACK_ARENA_MAX ((size_t)256 << 20)
#define CERT_OBJECT 6144        /* bytes that a parsed certificate takes besides its DER, about */

static bool put_digests(
    struct crypto *c, const struct rd *v, size_t n, struct buf *b, struct att_error *e)
{
	uint8_t sum[COLLATERAL_KEY];

	buf_le32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		if (!digest(c, DIGEST_SHA256, rd_ptr(&v[i]), rd_left(&v[i]), sum, e))
			return false;
		buf_put(b, sum, sizeof sum);
	}
	return buf_ok(b, e);
}

bool collateral_keys_make(struct crypto *c, const struct collateral_given *g,
    struct collateral_keys *out, struct att_error *e)
{
	struct arena *a = arena_new((size_t)1 << 20);
	struct buf b = buf_make(a);
	bool ok = a ? put_digests(c, g->anchors, g->nanchors, &b, e) &&
	    digest(c, DIGEST_SHA256, b.p, b.len, out->anchors, e) &&
	    put_digests(c, g->pieces, g->npieces, &b, e) &&
	    digest(c, DIGEST_SHA256, b.p, b.len, out->all, e) :
	    att_fail(e, ATT_E_NOMEM, "out of memory");

	arena_free(a);
	return ok;
}

static bool is_object(struct rd text)
{
	text = text_trim(text);
	return !rd_empty(&text) && *rd_ptr(&text) == '{';
}

/* A revocation list as PCCS sends it. */
static bool is_hex(struct rd text)
{
	uint8_t b;

	text = text_trim(text);
	if (rd_empty(&text))
		return false;
	while (rd_u8(&text, &b))
		if (!strchr("0123456789abcdefABCDEF\r\n", b) || b == 0)
			return false;
	return true;
}

/* {"vcekCert":PEM,"certificateChain":PEM,...}: the other members say how long to keep it. spec:
 * azure-cvm §2 */
static bool add_thim(struct collateral_set *s, struct rd text, struct att_error *e)
{
	static const char *const members[] = { "vcekCert", "certificateChain" };
	struct json *v;

	text = text_trim(text);
	if (!json_parse(s->a, rd_ptr(&text), rd_left(&text), NULL, &v, e))
		return false;
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const struct json *m = json_get(v, members[i]);
		if (!json_is(m, JSON_STRING))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "JSON that is neither Intel's collateral nor THIM's answer: %s: "
			    "missing, want PEM text",
			    members[i]);
		if (!item_add_certs(s, rd_make(m->s, m->len), e))
			return att_within(e, "%s", members[i]);
	}
	return true;
}

bool collateral_piece_add(
    struct collateral_set *s, struct rd piece, size_t source, struct att_error *e)
{
	if (is_object(piece) && !collateral_recognise(piece))
		return add_thim(s, piece, e);
	return collateral_set_add(s, piece, source, e);
}

/* Certificates are told by their form and must be readable; of Intel's answers a later check says
 * what is wrong. */
static bool may_be_unreadable(struct rd piece)
{
	return is_object(piece) ? collateral_recognise(piece) : is_hex(piece);
}

static bool add_pieces(
    struct collateral_pack *p, const struct collateral_given *g, struct att_error *e)
{
	for (size_t i = 0; i < g->npieces; i++) {
		struct att_error why = { 0 };

		if (collateral_piece_add(&p->set, g->pieces[i], i, &why))
			continue;
		(void)att_within(&why, "endorsements[%zu]", i);
		if (why.code == ATT_E_NOMEM || why.code == ATT_E_INTERNAL ||
		    !may_be_unreadable(g->pieces[i]))
			return att_fail(e, why.code, "%s", why.text);
		if (p->unreadable.code == ATT_E_OK)
			p->unreadable = why;
	}
	return true;
}

static bool add_anchors(
    struct collateral_pack *p, const struct collateral_given *g, struct att_error *e)
{
	for (size_t i = 0; i < g->nanchors; i++) {
		struct x509_bundle b = { 0 };
		bool ok = x509_bundle_parse(
		    p->set.c, rd_ptr(&g->anchors[i]), rd_left(&g->anchors[i]), &b, e);

		for (size_t j = 0; ok && j < b.n; j++)
			ok = x509_bundle_add(&p->anchors, b.certs[j], e);
		x509_bundle_clear(&b);
		if (!ok)
			return att_within(e, "anchors[%zu]", i);
	}
	return true;
}

static bool gather_crls(struct collateral_pack *p, struct att_error *e)
{
	p->crls = arena_array(p->a, p->set.nitems + 1, sizeof(struct x509_crl *));
	if (!p->crls)
		return arena_fail(p->a, e);
	for (size_t i = 0; i < p->set.nitems; i++)
		if (p->set.items[i]->crl)
			p->crls[p->ncrls++] = p->set.items[i]->crl;
	return true;
}

static bool fill(struct collateral_pack *p, struct crypto *c, const struct collateral_given *g,
    struct att_error *e)
{
	if (g->npieces > COLLATERAL_PIECES_MAX || g->nanchors > COLLATERAL_PIECES_MAX)
		return att_fail(e, ATT_E_LIMIT, "%s: more than %d pieces",
		    g->npieces > COLLATERAL_PIECES_MAX ? "endorsements" : "anchors",
		    COLLATERAL_PIECES_MAX);
	return collateral_keys_make(c, g, &p->keys, e) &&
	    collateral_set_init(&p->set, p->a, c, e) && add_anchors(p, g, e) &&
	    add_pieces(p, g, e) && collateral_set_prove(&p->set, &p->anchors, e) &&
	    gather_crls(p, e);
}

bool collateral_pack_new(struct crypto *c, const struct collateral_given *g,
    struct collateral_pack **out, struct att_error *e)
{
	struct arena *a = arena_new(PACK_ARENA_MAX);
	struct collateral_pack *p = a ? arena_alloc(a, sizeof *p) : NULL;

	if (!p) {
		arena_free(a);
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	p->a = a;
	if (!fill(p, c, g, e)) {
		collateral_pack_free(p);
		return false;
	}
	*out = p;
	return true;
}

void collateral_pack_free(struct collateral_pack *p)
{
	struct arena *a;

	if (!p)
		return;
	a = p->a;
	collateral_set_clear(&p->set);
	x509_bundle_clear(&p->anchors);
	arena_free(a);
}

static size_t bundle_size(const struct x509_bundle *b)
{
	size_t sum = 0, n;

	for (size_t i = 0; i < b->n; i++) {
		(void)x509_der(b->certs[i], &n);
		sum += n + CERT_OBJECT;
	}
	return sum;
}

size_t collateral_pack_size(const struct collateral_pack *p)
{
	size_t sum = arena_used(p->a) + bundle_size(&p->set.certs) + bundle_size(&p->anchors);

	for (size_t i = 0; i < p->set.nitems; i++) {
		const struct collateral_item *item = p->set.items[i];
		/* A parsed list keeps its bytes and an entry for each certificate it revokes. */
		sum += bundle_size(&item->chain) + (item->crl ? 2 * rd_left(&item->body) : 0);
	}
	return sum;
}

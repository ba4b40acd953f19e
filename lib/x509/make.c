/* make.c - certificates and CRLs of our own: local CA, token-signing certificates, simulator, tests. */
#include <arpa/inet.h>
#include <string.h>

#include "lib/x509/parts.h"

ATT_AUTO_DEFINE_STRUCT(arena, arena_free);

#define MAKE_ARENA ((size_t)1 << 20)
#define CRL_ARENA ((size_t)1 << 16)
#define KEY_ID 20                       /* bytes: RFC 7093 section 2 method 1 */
#define OID_CE "2.5.29."

static void put_ext(struct buf *list, const char *oid, bool critical, const void *value, size_t n)
{
	static const uint8_t yes = 0xff;
	struct buf x = buf_make(list->a);

	der_put_oid(&x, oid);
	if (critical)
		der_put(&x, DER_BOOLEAN, &yes, 1);
	der_put(&x, DER_OCTETS, value, n);
	der_put_buf(list, DER_SEQUENCE, &x);
}

static void put_ext_buf(struct buf *list, const char *oid, bool critical, const struct buf *value)
{
	put_ext(list, oid, critical, value->p, value->len);
	list->failed = list->failed || value->failed;
}

static void put_basic(struct buf *list, const struct x509_template *t)
{
	static const uint8_t yes = 0xff;
	struct buf in = buf_make(list->a), value = buf_make(list->a);

	if (!t->ca && !t->with_bc)
		return;
	if (t->ca)
		der_put(&in, DER_BOOLEAN, &yes, 1);
	if (t->ca && t->pathlen >= 0)
		der_put_u64(&in, (uint64_t)t->pathlen);
	der_put_buf(&value, DER_SEQUENCE, &in);
	put_ext_buf(list, OID_CE "19", true, &value);
}

static void put_key_usage(struct buf *list, unsigned usage)
{
	struct buf value = buf_make(list->a);
	uint8_t bits[3] = { 0 };
	unsigned last = 0;

	if (!usage)
		return;
	for (unsigned i = 0; i < 16; i++)
		if (usage & 1U << i) {
			bits[1 + i / 8] |= (uint8_t)(0x80U >> i % 8);
			last = i;
		}
	bits[0] = (uint8_t)(7 - last % 8);
	der_put(&value, DER_BITS, bits, 2 + last / 8);
	put_ext_buf(list, OID_CE "15", true, &value);
}

static void put_ext_key_usage(struct buf *list, const char *usage)
{
	static const struct { const char *name, *oid; } names[] = {
		{ "serverAuth", "1.3.6.1.5.5.7.3.1" }, { "clientAuth", "1.3.6.1.5.5.7.3.2" },
		{ "codeSigning", "1.3.6.1.5.5.7.3.3" },
	};
	struct buf in = buf_make(list->a), value = buf_make(list->a);
	const char *oid = usage;

	if (!usage)
		return;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].name, usage) == 0)
			oid = names[i].oid;
	der_put_oid(&in, oid);
	der_put_buf(&value, DER_SEQUENCE, &in);
	put_ext_buf(list, OID_CE "37", false, &value);
}

/* GeneralName: dNSName [2] or iPAddress [7]. */
static void put_alt_names(struct buf *list, const struct x509_template *t)
{
	struct buf in = buf_make(list->a), value = buf_make(list->a);
	uint8_t ip[16];

	if (t->ndns == 0)
		return;
	for (size_t i = 0; i < t->ndns; i++) {
		if (inet_pton(AF_INET, t->dns_names[i], ip) == 1)
			der_put(&in, DER_CTX(7), ip, 4);
		else if (inet_pton(AF_INET6, t->dns_names[i], ip) == 1)
			der_put(&in, DER_CTX(7), ip, 16);
		else
			der_put(&in, DER_CTX(2), t->dns_names[i], strlen(t->dns_names[i]));
	}
	der_put_buf(&value, DER_SEQUENCE, &in);
	put_ext_buf(list, OID_CE "17", false, &value);
}

/* Leftmost bytes of the SPKI's SHA-256; an issuer's own identifier wins where it has one. */
static void key_id(const struct x509_cert *cert, const struct pubkey *key, uint8_t out[KEY_ID])
{
	const struct ext *x = cert ? ext_find_ce(&cert->ext, CE_SUBJECT_KEY_ID) : NULL;
	struct rd in, id;

	bytes_copy(out, pubkey_spki_sha256(key), KEY_ID);
	if (!x)
		return;
	in = x->value;
	if (der_take(&in, DER_OCTETS, &id) && rd_left(&id) == KEY_ID)
		bytes_copy(out, rd_ptr(&id), KEY_ID);
}

static void put_subject_id(struct buf *list, const struct pubkey *key)
{
	struct buf value = buf_make(list->a);
	uint8_t id[KEY_ID];

	key_id(NULL, key, id);
	der_put(&value, DER_OCTETS, id, sizeof id);
	put_ext_buf(list, OID_CE "14", false, &value);
}

static void put_authority_id(struct buf *list, const struct x509_cert *cert, const struct pubkey *key)
{
	struct buf in = buf_make(list->a), value = buf_make(list->a);
	uint8_t id[KEY_ID];

	key_id(cert, key, id);
	der_put(&in, DER_CTX(0), id, sizeof id);
	der_put_buf(&value, DER_SEQUENCE, &in);
	put_ext_buf(list, OID_CE "35", false, &value);
}

static void put_extensions(struct buf *tbs, const struct x509_template *t, const struct pubkey *subject,
    const struct pubkey *issuer)
{
	struct buf list = buf_make(tbs->a), seq = buf_make(tbs->a);

	put_basic(&list, t);
	put_key_usage(&list, t->key_usage);
	put_ext_key_usage(&list, t->ext_key_usage);
	put_alt_names(&list, t);
	if (t->key_ids) {
		put_subject_id(&list, subject);
		put_authority_id(&list, t->issuer_cert, issuer);
	}
	for (size_t i = 0; i < t->nexts; i++)
		put_ext(&list, t->exts[i].oid, t->exts[i].critical, t->exts[i].value, t->exts[i].len);
	if (list.len) {
		der_put_buf(&seq, DER_SEQUENCE, &list);
		der_put_buf(tbs, DER_CTX_CONS(3), &seq);
	}
	tbs->failed = tbs->failed || list.failed;
}

static void put_raw(struct buf *b, const struct rd *whole)
{
	buf_put(b, rd_ptr(whole), rd_left(whole));
}

static void put_tbs(struct buf *b, const struct x509_template *t, const struct pubkey *subject,
    const struct pubkey *issuer)
{
	struct buf in = buf_make(b->a), version = buf_make(b->a), validity = buf_make(b->a);
	const uint8_t *spki;
	size_t n;

	der_put_u64(&version, 2);
	der_put_buf(&in, DER_CTX_CONS(0), &version);
	der_put_u64(&in, t->serial);
	alg_put(&in, t->alg);
	if (t->issuer_cert)
		put_raw(&in, &t->issuer_cert->subject);
	else
		name_put(&in, t->issuer, t->nissuer);
	when_put(&validity, t->not_before_s);
	when_put(&validity, t->not_after_s);
	der_put_buf(&in, DER_SEQUENCE, &validity);
	name_put(&in, t->subject, t->nsubject);
	spki = pubkey_spki(subject, &n);
	buf_put(&in, spki, n);
	put_extensions(&in, t, subject, issuer);
	der_put_buf(b, DER_SEQUENCE, &in);
}

bool x509_make_der(struct crypto *c, const struct x509_template *t, const struct pubkey *subject_key,
    struct privkey *issuer_key, struct buf *out, struct att_error *e)
{
	ATT_AUTO_STRUCT(pubkey) issuer = NULL;
	struct buf tbs = buf_make(out->a);

	if (!privkey_public(c, issuer_key, &issuer, e))
		return false;
	put_tbs(&tbs, t, subject_key, issuer);
	if (tbs.failed && !arena_hit_limit(out->a))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "certificate: an OID of the template is malformed, or out of memory");
	return signed_put(c, &tbs, t->alg, issuer_key, out, e);
}

bool x509_make(struct crypto *c, const struct x509_template *t, const struct pubkey *subject_key,
    struct privkey *issuer_key, struct x509_cert **out, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(MAKE_ARENA);
	struct buf der = buf_make(a);

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	return x509_make_der(c, t, subject_key, issuer_key, &der, e) &&
	    x509_cert_from_der(c, der.p, der.len, out, e);
}

/* Entries, newest reason unknown, all revoked at thisUpdate. */
static void put_revoked(struct buf *tbs, const struct x509_crl_template *t)
{
	struct buf list = buf_make(tbs->a), entry;

	for (size_t i = 0; i < t->nrevoked; i++) {
		entry = buf_make(tbs->a);
		der_put_u64(&entry, t->revoked[i]);
		when_put(&entry, t->this_update_s);
		der_put_buf(&list, DER_SEQUENCE, &entry);
	}
	if (t->nrevoked)
		der_put_buf(tbs, DER_SEQUENCE, &list);
}

static void put_crl_extensions(struct buf *tbs, const struct x509_crl_template *t)
{
	struct buf list = buf_make(tbs->a), seq = buf_make(tbs->a), number = buf_make(tbs->a);

	put_authority_id(&list, t->issuer, x509_pubkey(t->issuer));
	der_put_u64(&number, t->number);
	put_ext_buf(&list, OID_CE "20", false, &number);
	for (size_t i = 0; i < t->nexts; i++)
		put_ext(&list, t->exts[i].oid, t->exts[i].critical, t->exts[i].value, t->exts[i].len);
	der_put_buf(&seq, DER_SEQUENCE, &list);
	der_put_buf(tbs, DER_CTX_CONS(0), &seq);
}

bool x509_make_crl(struct arena *a, const struct x509_crl_template *t, struct privkey *issuer_key,
    uint8_t **der, size_t *n, struct att_error *e)
{
	ATT_AUTO_STRUCT(crypto) c = crypto_new(e);
	struct buf in = buf_make(a), tbs = buf_make(a), out = buf_make(a);

	if (!c)
		return false;
	der_put_u64(&in, 1);
	alg_put(&in, t->alg);
	put_raw(&in, &t->issuer->subject);
	when_put(&in, t->this_update_s);
	if (t->next_update_s)
		when_put(&in, t->next_update_s);
	put_revoked(&in, t);
	put_crl_extensions(&in, t);
	der_put_buf(&tbs, DER_SEQUENCE, &in);
	if (!signed_put(c, &tbs, t->alg, issuer_key, &out, e))
		return false;
	*der = (uint8_t *)out.p;
	*n = out.len;
	return true;
}

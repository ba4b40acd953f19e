#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/collateral/set.h"

#define POLICY_CACHE_ENTRIES 64
#define TRUST_SET_ENTRIES 16
#define POLICY_ARENA_MAX ((size_t)64 << 20)     /* bytes of one compiled policy of at most POLICY_TEXT_MAX */

struct att_ctx *att_ctx_new(struct att_error *e)
{
	struct att_ctx *ctx = calloc(1, sizeof *ctx);

	if (!ctx) {
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
		return NULL;
	}
	ctx->crypto = crypto_new(e);
	ctx->chains = ctx->crypto ? chain_cache_new(CHAIN_CACHE_ENTRIES, e) : NULL;
	ctx->policies = ctx->chains ? chain_cache_new(POLICY_CACHE_ENTRIES, e) : NULL;
	for (size_t i = 0; ctx->policies && i < TRUST_KINDS; i++) {
		ctx->trust_sets[i] = chain_cache_new(TRUST_SET_ENTRIES, e);
		if (!ctx->trust_sets[i])
			break;
	}
	if (ctx->trust_sets[TRUST_KINDS - 1])
		return ctx;
	att_ctx_free(ctx);
	return NULL;
}

void att_ctx_free(struct att_ctx *ctx)
{
	if (!ctx)
		return;
	for (size_t i = 0; i < TRUST_KINDS; i++)
		chain_cache_free(ctx->trust_sets[i]);
	chain_cache_free(ctx->policies);
	chain_cache_free(ctx->chains);
	crypto_free(ctx->crypto);
	free(ctx);
}

static void trust_set_free(void *p)
{
	struct trust_set *s = p;

	if (!s)
		return;
	x509_bundle_clear(&s->certs);
	for (size_t i = 0; i < s->ncrls; i++)
		x509_crl_free(s->crls[i]);
	free(s);
}

static bool contains(struct att_bytes b, const char *word)
{
	return b.data && b.len && memmem(b.data, b.len, word, strlen(word)) != NULL;
}

static bool add_certs(struct crypto *c, struct trust_set *s, const void *p, size_t n, struct att_error *e)
{
	struct x509_bundle b = { 0 };
	bool ok = x509_bundle_parse(c, p, n, &b, e);

	for (size_t i = 0; ok && i < b.n; i++)
		ok = x509_bundle_add(&s->certs, b.certs[i], e);
	x509_bundle_clear(&b);
	return ok;
}

static bool add_crl(struct crypto *c, struct trust_set *s, struct att_bytes b, struct att_error *e)
{
	if (s->ncrls == ENDORSEMENTS_MAX)
		return att_fail(e, ATT_E_LIMIT, "more than %d revocation lists", ENDORSEMENTS_MAX);
	if (!x509_crl_parse(c, b.data, b.len, &s->crls[s->ncrls], e))
		return false;
	s->ncrls++;
	return true;
}

/* Azure THIM's answer: {"vcekCert":PEM,"certificateChain":PEM,...}. */
static bool add_thim(struct crypto *c, struct trust_set *s, struct att_bytes b, struct att_error *e)
{
	static const char *const members[] = { "vcekCert", "certificateChain" };
	struct arena *a = arena_new((size_t)8 << 20);
	struct json *v = NULL;
	bool ok = a ? json_parse(a, b.data, b.len, NULL, &v, e) : att_fail(e, ATT_E_NOMEM, "out of memory");

	for (size_t i = 0; ok && i < sizeof members / sizeof members[0]; i++) {
		const struct json *m = json_get(v, members[i]);
		ok = json_is(m, JSON_STRING) ? add_certs(c, s, m->s, m->len, e) :
		    att_fail(e, ATT_E_BAD_FORMAT, "%s: missing, want PEM text", members[i]);
	}
	arena_free(a);
	return ok;
}

static bool is_object(struct att_bytes b)
{
	size_t i = 0;

	while (i < b.len && (b.data[i] == ' ' || b.data[i] == '\t' || b.data[i] == '\r' || b.data[i] == '\n'))
		i++;
	return i < b.len && b.data[i] == '{';
}

/* A revocation list as hexadecimal text, as PCCS sends Intel's. */
static bool is_hex(struct att_bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (!strchr("0123456789abcdefABCDEF\r\n", b.data[i]) || b.data[i] == '\0')
			return false;
	return b.len > 0;
}

/*
 * One piece of endorsement: JSON, PEM or DER; a DER file is a certificate or else a revocation list.  Intel's
 * collateral is read by the formats that want it.
 */
static bool add_piece(struct crypto *c, struct trust_set *s, struct att_bytes b, struct att_error *e)
{
	struct att_error cert = { 0 };

	if (is_object(b))
		return collateral_recognise(rd_make(b.data, b.len)) || add_thim(c, s, b, e);
	if (is_hex(b))
		return true;
	if (contains(b, "-----BEGIN X509 CRL-----"))
		return add_crl(c, s, b, e);
	if (contains(b, "-----BEGIN"))
		return add_certs(c, s, b.data, b.len, e);
	if (add_certs(c, s, b.data, b.len, &cert))
		return true;
	if (cert.code == ATT_E_NOMEM || cert.code == ATT_E_LIMIT)
		return att_fail(e, cert.code, "%s", cert.text);
	if (add_crl(c, s, b, NULL))
		return true;
	return att_fail(e, ATT_E_BAD_FORMAT,
	    "neither PEM, a certificate, a revocation list nor THIM JSON (%s)", cert.text);
}

static bool trust_set_key(struct crypto *c, const struct att_bytes *v, size_t n, uint8_t key[CHAIN_CACHE_KEY],
    struct att_error *e)
{
	uint8_t digests[ENDORSEMENTS_MAX][CHAIN_CACHE_KEY];

	for (size_t i = 0; i < n; i++)
		if (!digest(c, DIGEST_SHA256, v[i].data, v[i].len, digests[i], e))
			return false;
	return digest(c, DIGEST_SHA256, digests, n * CHAIN_CACHE_KEY, key, e);
}

bool ctx_trust_set(struct att_ctx *ctx, enum trust_kind kind, const struct att_bytes *v, size_t n,
    const struct trust_set **out, struct att_error *e)
{
	static const struct trust_set none;
	const char *what = kind == TRUST_ANCHORS ? "anchors" : "endorsements";
	uint8_t key[CHAIN_CACHE_KEY];
	struct trust_set *s;

	*out = &none;
	if (n == 0)
		return true;
	if (n > ENDORSEMENTS_MAX)
		return att_fail(e, ATT_E_LIMIT, "%s: %zu pieces, at most %d", what, n, ENDORSEMENTS_MAX);
	if (!trust_set_key(ctx->crypto, v, n, key, e))
		return false;
	*out = chain_cache_get(ctx->trust_sets[kind], key);
	if (*out)
		return true;
	s = calloc(1, sizeof *s);
	if (!s)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	bytes_copy(s->key, key, sizeof s->key);
	for (size_t i = 0; i < n; i++)
		if (!add_piece(ctx->crypto, s, v[i], e)) {
			trust_set_free(s);
			return att_within(e, "%s[%zu]", what, i);
		}
	if (!chain_cache_put(ctx->trust_sets[kind], key, s, trust_set_free, e)) {
		trust_set_free(s);
		return false;
	}
	*out = s;
	return true;
}

static void cached_policy_free(void *p)
{
	struct cached_policy *c = p;

	if (!c)
		return;
	arena_free(c->a);
	free(c);
}

static bool policy_fill(
    struct att_ctx *ctx, struct att_bytes text, struct cached_policy *p, struct att_error *e)
{
	const char *s = text.len ? (const char *)text.data : "";

	p->a = arena_new(POLICY_ARENA_MAX);
	if (!p->a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	return policy_hash(ctx->crypto, p->a, s, text.len, p->hash, e) &&
	    policy_compile(p->a, s, text.len, &p->policy, NULL, e);
}

bool ctx_policy(struct att_ctx *ctx, struct att_bytes text, const struct cached_policy **out,
    struct att_error *e)
{
	uint8_t key[CHAIN_CACHE_KEY];
	struct cached_policy *p;

	if (!digest(ctx->crypto, DIGEST_SHA256, text.data, text.len, key, e))
		return false;
	*out = chain_cache_get(ctx->policies, key);
	if (*out)
		return true;
	p = calloc(1, sizeof *p);
	if (!p)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!policy_fill(ctx, text, p, e) || !chain_cache_put(ctx->policies, key, p, cached_policy_free, e)) {
		cached_policy_free(p);
		return false;
	}
	*out = p;
	return true;
}

#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"
#include "lib/attest/endorse_piece.h"
#include "lib/evidence/measuredboot/code_cache.h"

#define POLICY_CACHE_ENTRIES 64
#define PACK_ENTRIES 16
#define GIVEN_ARENA_MAX ((size_t)512 << 20)      /* bytes of what bundles of one request hold */
#define POLICY_ARENA_MAX                                                                           \
	((size_t)64 << 20) /* bytes of one compiled policy of at most POLICY_TEXT_MAX */

struct att_ctx *att_ctx_new(struct att_error *e)
{
	static const struct collateral_given none;
	struct att_ctx *ctx = calloc(1, sizeof *ctx);

	if (!ctx) {
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
		return NULL;
	}
	ctx->crypto = crypto_new(e);
	ctx->code_signatures = code_cache_new();        /* without it nothing is kept */
	ctx->chains = ctx->crypto ? chain_cache_new(CHAIN_CACHE_ENTRIES, e) : NULL;
	ctx->policies = ctx->chains ? chain_cache_new(POLICY_CACHE_ENTRIES, e) : NULL;
	ctx->packs = ctx->policies ? chain_cache_new(PACK_ENTRIES, e) : NULL;
	if (ctx->packs && collateral_pack_new(ctx->crypto, &none, &ctx->nothing, e))
		return ctx;
	att_ctx_free(ctx);
	return NULL;
}

void att_ctx_free(struct att_ctx *ctx)
{
	if (!ctx)
		return;
	chain_cache_free(ctx->packs);
	collateral_pack_free(ctx->nothing);
	chain_cache_free(ctx->policies);
	chain_cache_free(ctx->chains);
	code_cache_free(ctx->code_signatures);
	crypto_free(ctx->crypto);
	free(ctx);
}

static void pack_free(void *p)
{
	collateral_pack_free(p);
}

/* The pieces are hashed each time, so that bytes that changed in their place are seen. */
static bool pack_of(struct att_ctx *ctx, struct arena *a, const struct att_request *req,
    const struct collateral_pack **out, struct att_error *e)
{
	struct collateral_keys keys;
	struct collateral_given g;
	struct collateral_pack *p;

	if (!given_make(a, ctx->crypto,
		(struct piece_list){ req->endorsements, req->nendorsements },
		(struct piece_list){ req->anchors, req->nanchors }, &g, e) ||
	    !collateral_keys_make(ctx->crypto, &g, &keys, e))
		return false;
	*out = chain_cache_get(ctx->packs, keys.all);
	if (*out)
		return true;
	if (!collateral_pack_new(ctx->crypto, &g, &p, e))
		return false;
	if (!chain_cache_put(ctx->packs, keys.all, p, pack_free, e)) {
		collateral_pack_free(p);
		return false;
	}
	*out = p;
	return true;
}

bool ctx_pack(struct att_ctx *ctx, const struct att_request *req,
    const struct collateral_pack **out, struct att_error *e)
{
	struct arena *a;
	bool ok;

	*out = ctx->nothing;
	if (req->prepared) {
		*out = prepared_pack(req->prepared);
		return (req->nendorsements == 0 && req->nanchors == 0) ||
		    att_fail(e, ATT_E_INTERNAL, "request: a prepared set and pieces beside it");
	}
	if (req->nendorsements == 0 && req->nanchors == 0)
		return true;
	a = arena_new(GIVEN_ARENA_MAX);
	ok = a ? pack_of(ctx, a, req, out, e) : att_fail(e, ATT_E_NOMEM, "out of memory");
	arena_free(a);
	return ok;
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
	    policy_compile(p->a, s, text.len, &p->policy, NULL, e) &&
	    policy_demand(p->a, p->policy, NULL, &p->demands, e);
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

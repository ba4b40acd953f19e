/*
 * bench_snp BODY ANCHOR TIME - library appraisal of one SNP request beside the public-key floor, in
 * one run.
 *
 * Floor: libcrypto alone with decoded keys and kept contexts.  Warm: one P-384 verification.  Cold:
 * that and the two RSA-4096 PSS signatures of the chain.  Product: att_appraise() with warm caches,
 * and with a new context each time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/bench.h"
#include "bench/floor.h"
#include "cli/file.h"
#include "lib/base/time.h"
#include "lib/policy/policy.h"
#include "libattest/attest.h"

struct cold_floor { struct floor_op *ec, *rsa; };

static bool floor_cold(void *state)
{
	struct cold_floor *c = state;

	return floor_run(c->ec) && floor_run(c->rsa) && floor_run(c->rsa);
}

struct product {
	struct att_ctx *ctx;
	struct att_request req;
	struct att_settings settings;
	struct att_bytes anchor;
	struct att_error e;
	size_t memory;
};

static bool appraise(struct product *p, struct att_ctx *ctx)
{
	struct att_result *r;
	bool ok = att_appraise(ctx, &p->req, &r, &p->e);

	if (!ok)
		return false;
	ok = r->verdict == ATT_PERMITTED;
	if (!ok)
		p->e = r->error;
	p->memory = r->memory_used;
	att_result_free(r);
	return ok;
}

static bool warm(void *state)
{
	struct product *p = state;

	return appraise(p, p->ctx);
}

static bool cold(void *state)
{
	struct product *p = state;
	struct att_ctx *ctx = att_ctx_new(&p->e);
	bool ok = ctx && appraise(p, ctx);

	att_ctx_free(ctx);
	return ok;
}

struct policy_run { struct policy *policy; struct claims claims; };

static bool evaluate(void *state)
{
	struct policy_run *p = state;
	struct policy_limits limits = { .steps = POLICY_STEPS_DEFAULT, .memory = (size_t)1 << 20 };
	struct arena *a = arena_new((size_t)4 << 20);
	struct policy_result out;
	bool ok = a && policy_eval(p->policy, &p->claims, &limits, a, &out, NULL) &&
	    out.decision == POLICY_PERMIT;

	arena_free(a);
	return ok;
}

static bool policy_make(struct arena *a, struct product *p, struct policy_run *out)
{
	struct att_result *r = NULL;
	struct json *claims;
	char *text = att_default_policy("SevSnpVm", &p->settings);
	bool ok = text && att_appraise(p->ctx, &p->req, &r, &p->e) &&
	    json_parse(a, r->claims_json, strlen(r->claims_json), NULL, &claims, &p->e);

	out->claims = claims_make(a);
	ok = ok && claims_from_json(&out->claims, claims, &p->e) &&
	    policy_compile(a, text, strlen(text), &out->policy, NULL, &p->e);
	att_result_free(r);
	free(text);
	return ok;
}

static bool product_make(struct arena *a, char **argv, struct product *p)
{
	att_settings_default(&p->settings);
	p->req = (struct att_request){ .type = "SevSnpVm", .settings = &p->settings, .anchors = &p->anchor,
		.nanchors = 1, .body_is_json_only = true };
	p->ctx = att_ctx_new(&p->e);
	return p->ctx && file_read(a, argv[1], &p->req.body, &p->e) &&
	    file_read(a, argv[2], &p->anchor, &p->e) &&
	    time_parse_rfc3339(argv[3], strlen(argv[3]), &p->req.now_s, &p->e);
}

static int fail(const struct att_error *e)
{
	(void)fprintf(stderr, "bench_snp: %s\n", e->code ? e->text : "libcrypto failed");
	return 1;
}

int main(int argc, char **argv)
{
	static struct floor_op ec, rsa;
	static struct product p;
	struct cold_floor both = { &ec, &rsa };
	struct policy_run policy;
	struct arena *a = arena_new((size_t)64 << 20);
	struct rusage usage;
	struct variant v[] = {
		{ .name = "floor: P-384 verify", .fn = floor_run, .state = &ec, .per_round = 300 },
		{ .name = "SNP appraisal, warm", .fn = warm, .state = &p, .per_round = 300 },
		{ .name = "floor: P-384 verify + 2 RSA-4096 PSS",
		    .fn = floor_cold,
		    .state = &both,
		    .per_round = 100 },
		{ .name = "SNP appraisal, cold", .fn = cold, .state = &p, .per_round = 100 },
		{ .name = "default policy evaluation",
		    .fn = evaluate,
		    .state = &policy,
		    .per_round = 20000 },
	};

	if (argc != 4 || !a || !product_make(a, argv, &p) || !policy_make(a, &p, &policy) ||
	    !floor_make(&ec, FLOOR_P384_VERIFY) || !floor_make(&rsa, FLOOR_RSA4096_PSS_VERIFY) ||
	    !bench_run(v, sizeof v / sizeof v[0]))
		return fail(&p.e);
	bench_print(&v[0], NULL);
	bench_print(&v[1], &v[0]);
	bench_print(&v[2], NULL);
	bench_print(&v[3], &v[2]);
	bench_print(&v[4], NULL);
	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("{\"figure\":\"memory of one appraisal\",\"unit\":\"bytes\",\"median\":%zu}\n",
	    p.memory);
	(void)printf(
	    "{\"figure\":\"peak memory of the library process\",\"unit\":\"KiB\",\"median\":%ld}\n",
	    usage.ru_maxrss);
	return 0;
}

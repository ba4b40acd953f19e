/*
 * bench_sgx [ONLY] - library appraisal of simulated SGX and TDX requests beside the public-key
 * floor, in one run.
 *
 * Floor: libcrypto alone with decoded keys and kept contexts.  Warm: the two P-256 verifications of
 * the quote itself.  Cold: those of everything else too: two PCK certificates, the TCB signing
 * certificate, TCB Info, QE identity and two revocation lists.  Product: att_appraise() on the
 * whole JSON request; warm with a prepared set and one context, for the same platform again and for
 * quoting enclaves never seen before; cold with a new set and a new context each time.
 */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/floor.h"
#include "libattest/endorse.h"
#include "sim/dcap_plan.h"

#define NOW INT64_C(1780272000)         /* 2026-06-01T00:00:00Z */
#define WARM_FLOOR 2
#define COLD_FLOOR 9
#define PLATFORMS 600                   /* quoting enclaves that are new each time */

static bool floor_of(struct floor_op *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!floor_run(f))
			return false;
	return true;
}
static bool floor_warm(void *state) { return floor_of(state, WARM_FLOOR); }
static bool floor_cold(void *state) { return floor_of(state, COLD_FLOOR); }

struct product {
	struct att_ctx *ctx;
	struct att_prepared *set;
	struct att_settings settings;
	struct att_bytes collateral, anchor, body, *others;
	const char *type;
	size_t next;
	struct att_error e;
	size_t memory;
};

static bool appraise(
    struct product *p, struct att_ctx *ctx, const struct att_prepared *set, struct att_bytes body)
{
	struct att_request req = { .type = p->type,
		.body = body,
		.body_is_json_only = true,
		.prepared = set,
		.now_s = NOW,
		.settings = &p->settings };
	struct att_result *r;
	bool ok = att_appraise(ctx, &req, &r, &p->e);

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

	return appraise(p, p->ctx, p->set, p->body);
}

/* The platform's chain is known, its quoting enclave's report is not. */
static bool warm_new(void *state)
{
	struct product *p = state;

	return appraise(p, p->ctx, p->set, p->others[p->next++ % PLATFORMS]);
}

static bool cold(void *state)
{
	struct product *p = state;
	struct att_ctx *ctx = att_ctx_new(&p->e);
	struct att_prepared *set = NULL;
	bool ok = ctx && att_prepared_new(&p->collateral, 1, &p->anchor, 1, &set, &p->e) &&
	    appraise(p, ctx, set, p->body);

	att_prepared_free(set);
	att_ctx_free(ctx);
	return ok;
}

static struct att_bytes bytes_of(struct sim_bytes b)
{
	return (struct att_bytes){ b.p, b.n };
}

/* Another attestation key makes another report of the quoting enclave, under the same PCK
 * certificate. */
static bool make_others(struct crypto *c, struct arena *a, struct sim_dcap_keys *k,
    const struct sim_dcap_options *o, const char *chain, struct product *p)
{
	p->others = arena_array(a, PLATFORMS, sizeof *p->others);
	for (size_t i = 0; p->others && i < PLATFORMS; i++) {
		struct sim_dcap_output out;
		struct dcap_plan plan;
		privkey_free(k->attestation);
		k->attestation = NULL;
		if (!privkey_generate(KEY_P256, 0, &k->attestation, &p->e) ||
		    !dcap_plan_begin(c, a, k, o, &plan, &p->e))
			return false;
		plan.certs = chain;
		if (!dcap_plan_write(&plan, &out, &p->e))
			return false;
		p->others[i] = bytes_of(out.request_json);
	}
	return p->others != NULL;
}

static bool product_make(
    struct crypto *c, struct arena *a, enum sim_dcap_type type, struct product *p)
{
	static const char runtime[] =
	    "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"bench\",\"e\":\"AQAB\",\"n\":\"AQAB\"}]}";
	struct sim_dcap_keys k = { 0 };
	struct sim_dcap_options o;
	struct sim_dcap_output out;
	const char *chain;
	bool ok;

	att_settings_default(&p->settings);
	p->type = sim_dcap_type_name(type);
	sim_dcap_options_default(&o, type, NOW);
	o.runtime_data = (struct att_bytes){ (const uint8_t *)runtime, sizeof runtime - 1 };
	ok = sim_dcap_keys_generate(c, NOW, &k, &p->e) && sim_dcap_make(c, a, &k, &o, &out, &p->e);
	if (ok) {
		p->body = bytes_of(out.request_json);
		p->collateral = bytes_of(out.collateral_json);
		p->anchor = bytes_of(out.root_pem);
		p->ctx = att_ctx_new(&p->e);
		chain = arena_strndup(a, (const char *)out.pck_chain_pem.p, out.pck_chain_pem.n);
		ok = p->ctx && chain &&
		    att_prepared_new(&p->collateral, 1, &p->anchor, 1, &p->set, &p->e) &&
		    make_others(c, a, &k, &o, chain, p);
	}
	sim_dcap_keys_clear(&k);
	return ok;
}

static int bench(struct crypto *c, enum sim_dcap_type type, struct floor_op *ec)
{
	static const char *const names[SIM_NDCAP_TYPES] = { "SGX", "Open Enclave", "TDX" };
	struct arena *a = arena_new((size_t)1 << 30);
	struct product p = { 0 };
	char name[3][64];
	struct variant v[] = {
		{ .name = "floor: 2 P-256 verify",
		    .fn = floor_warm,
		    .state = ec,
		    .per_round = 200 },
		{ .name = name[0], .fn = warm, .state = &p, .per_round = 200 },
		{ .name = name[1], .fn = warm_new, .state = &p, .per_round = 200 },
		{ .name = "floor: 9 P-256 verify", .fn = floor_cold, .state = ec, .per_round = 60 },
		{ .name = name[2], .fn = cold, .state = &p, .per_round = 60 },
	};

	(void)snprintf(name[0], sizeof name[0], "%s appraisal, warm, same platform", names[type]);
	(void)snprintf(name[1], sizeof name[1], "%s appraisal, warm, new QE report", names[type]);
	(void)snprintf(name[2], sizeof name[2], "%s appraisal, cold", names[type]);
	if (!a || !product_make(c, a, type, &p) || !bench_run(v, sizeof v / sizeof v[0])) {
		(void)fprintf(stderr, "bench_sgx: %s\n", p.e.code ? p.e.text : "libcrypto failed");
		return 1;
	}
	bench_print(&v[0], NULL);
	bench_print(&v[1], &v[0]);
	bench_print(&v[2], &v[0]);
	bench_print(&v[3], NULL);
	bench_print(&v[4], &v[3]);
	(void)printf(
	    "{\"figure\":\"%s: memory of one appraisal\",\"unit\":\"bytes\",\"median\":%zu}\n",
	    names[type], p.memory);
	(void)printf("{\"figure\":\"%s: prepared set\",\"unit\":\"bytes\",\"median\":%zu}\n",
	    names[type], att_prepared_size(p.set));
	return 0;
}

int main(int argc, char **argv)
{
	static struct floor_op ec;
	struct crypto *c = crypto_new(NULL);
	int failed = 0;

	if (!c || !floor_make(&ec, FLOOR_P256_VERIFY))
		return 1;
	for (unsigned t = 0; t < SIM_NDCAP_TYPES; t++)
		if (t != SIM_OE &&
		    (argc < 2 || strcmp(argv[1], sim_dcap_type_name((enum sim_dcap_type)t)) == 0))
			failed |= bench(c, (enum sim_dcap_type)t, &ec);
	return failed;
}

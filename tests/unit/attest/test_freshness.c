/* x-attestd-freshness of every type of evidence: what counts as a challenge, and what it is worth. */
#include <string.h>

#include "libattest/attest.h"
#include "sim/dcap.h"
#include "tests/unit/evidence/snp/fix.h"

#define MEMORY ((size_t)64 << 20)
#define NONCE "0123456789abcdefghijklmnopqrstuvwxyzABCD-_E"
#define NTYPES (1 + (int)SIM_NDCAP_TYPES)

struct fixture {
	struct fix fix;
	struct sim_dcap_keys keys;
	struct arena *a;
	struct att_ctx *ctx;
	struct att_settings settings;
	struct att_bytes anchor, piece;
	struct att_request req;
	struct att_result *r;
	struct att_error e;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .a = arena_new(MEMORY) };
	fix_init(&f.fix);
	att_settings_default(&f.settings);
	f.ctx = att_ctx_new(&f.e);
	*state = &f;
	return f.a && f.ctx && sim_dcap_keys_generate(f.fix.crypto, FIX_NOW, &f.keys, &f.e) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	att_result_free(f->r);
	att_ctx_free(f->ctx);
	arena_free(f->a);
	sim_dcap_keys_clear(&f->keys);
	fix_clear(&f->fix);
	return 0;
}

/* Type 0 is SEV-SNP, the others those of sim/dcap.h. */
static void make(struct fixture *f, int type, const char *runtime)
{
	struct att_bytes data = { (const uint8_t *)runtime, runtime ? strlen(runtime) : 0 };
	struct sim_snp_output snp;
	struct sim_snp_options so;
	struct sim_dcap_output out;
	struct sim_dcap_options o;

	f->req = (struct att_request){ .settings = &f->settings,
		.type = type ? sim_dcap_type_name((enum sim_dcap_type)(type - 1)) : "SevSnpVm",
		.anchors = &f->anchor,
		.nanchors = 1,
		.endorsements = &f->piece,
		.nendorsements = type ? 1 : 0,
		.now_s = FIX_NOW };
	if (!type) {
		fix_sim_options(&so, "Milan");
		so.runtime_data = data;
		snp = fix_sim(&f->fix, f->a, &so);
		f->anchor = (struct att_bytes){ snp.ark_pem.p, snp.ark_pem.n };
		f->req.body = (struct att_bytes){ snp.request_json.p, snp.request_json.n };
		return;
	}
	sim_dcap_options_default(&o, (enum sim_dcap_type)(type - 1), FIX_NOW);
	o.runtime_data = data;
	CHECK_OK(sim_dcap_make(f->fix.crypto, f->a, &f->keys, &o, &out, &f->e), &f->e);
	f->anchor = (struct att_bytes){ out.root_pem.p, out.root_pem.n };
	f->piece = (struct att_bytes){ out.collateral_json.p, out.collateral_json.n };
	f->req.body = (struct att_bytes){ out.request_json.p, out.request_json.n };
}

static void appraise(struct fixture *f, bool fresh)
{
	att_result_free(f->r);
	f->r = NULL;
	f->req.challenge_is_fresh = fresh;
	CHECK_OK(att_appraise(f->ctx, &f->req, &f->r, &f->e), &f->e);
	assert_int_equal(f->r->verdict, ATT_PERMITTED);
}

static void check_claim(const struct fixture *f, const char *value)
{
	const char *text = arena_printf(f->a, "\"x-attestd-freshness\":\"%s\"", value);

	assert_non_null(strstr(f->r->claims_json, text));
	/* Only a rule puts it into the token. */
	assert_null(strstr(f->r->token_json, "x-attestd-freshness"));
}

static void every_type_has_the_claim(void **state)
{
	struct fixture *f = *state;

	for (int type = 0; type < NTYPES; type++) {
		make(f, type, "{\"nonce\":\"" NONCE "\",\"more\":[1]}");
		appraise(f, false);
		assert_string_equal(f->r->challenge, NONCE);
		check_claim(f, "none");
		appraise(f, true);
		check_claim(f, "challenge");
		make(f, type, NULL);
		appraise(f, false);
		assert_null(f->r->challenge);
		check_claim(f, "none");
	}
}

/* What has not the form of a challenge is none, whatever the service says of it. */
static void only_the_form_of_a_challenge_counts(void **state)
{
	static const char *const rows[] = { "{}", "[\"nonce\"]", "\"" NONCE "\"",
		"{\"Nonce\":\"" NONCE "\"}", "{\"x\":{\"nonce\":\"" NONCE "\"}}",
		"{\"nonce\":\"" NONCE "=\"}", "{\"nonce\":\"" NONCE "A\"}",
		"{\"nonce\":\"0123456789abcdefghijklmnopqrstuvwxyzABCD-_\"}",
		"{\"nonce\":\"0123456789abcdefghijklmnopqrstuvwxyzABCD+/E\"}",
		"{\"nonce\":[\"" NONCE "\"]}", "{\"nonce\":7}", "{\"nonce\":null}" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make(f, 1, rows[i]);
		appraise(f, true);
		assert_null(f->r->challenge);
		check_claim(f, "none");
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_type_has_the_claim),
		T(only_the_form_of_a_challenge_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

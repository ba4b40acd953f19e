/* The whole appraisal through the public interface: verdicts, reasons, policies, bound data, limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/check.h"

#include "lib/base/base64.h"
#include "lib/json/json.h"
#include "libattest/attest.h"
#include "tests/unit/evidence/snp/fix.h"

#define MAA_HASH "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco"

struct fixture {
	struct fix fix;
	struct arena *a;
	struct att_ctx *ctx;
	struct att_settings settings;
	struct att_bytes anchor;
	struct att_request req;
	struct att_result *r;
	struct att_error e;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .a = arena_new((size_t)256 << 20) };
	fix_init(&f.fix);
	f.ctx = att_ctx_new(&f.e);
	att_settings_default(&f.settings);
	f.req = (struct att_request){ .type = "SevSnpVm",
		.settings = &f.settings,
		.anchors = &f.anchor,
		.nanchors = 1,
		.now_s = FIX_NOW };
	*state = &f;
	return f.a && f.ctx ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	att_result_free(f->r);
	att_ctx_free(f->ctx);
	arena_free(f->a);
	fix_clear(&f->fix);
	return 0;
}

static struct sim_snp_output simulate(struct fixture *f, const struct sim_snp_options *o)
{
	struct sim_snp_output out = fix_sim(&f->fix, f->a, o);

	f->anchor = (struct att_bytes){ out.ark_pem.p, out.ark_pem.n };
	f->req.body = (struct att_bytes){ out.request_json.p, out.request_json.n };
	return out;
}

static struct att_result *appraise(struct fixture *f)
{
	att_result_free(f->r);
	f->r = NULL;
	CHECK_OK(att_appraise(f->ctx, &f->req, &f->r, &f->e), &f->e);
	return f->r;
}

static const char *first_failed(const struct att_result *r)
{
	for (size_t i = 0; i < r->nchecks; i++)
		if (r->checks[i].outcome == ATT_CHECK_FAIL)
			return r->checks[i].id;
	return "none";
}

/* Replaces or adds members of the request body. */
static void set_member(struct fixture *f, const char *name, struct json *v)
{
	struct json *body;
	char *text;
	size_t n;

	CHECK_OK(json_parse(f->a, f->req.body.data, f->req.body.len, NULL, &body, &f->e), &f->e);
	assert_non_null(json_put(f->a, body, name, v));
	CHECK_OK(json_write(f->a, body, JSON_COMPACT, &text, &n, &f->e), &f->e);
	f->req.body = (struct att_bytes){ (const uint8_t *)text, n };
}

static void permitted_by_default(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct att_result *r;

	fix_sim_options(&o, "Milan");
	simulate(f, &o);
	r = appraise(f);
	assert_int_equal(r->verdict, ATT_PERMITTED);
	assert_string_equal(r->policy_hash, MAA_HASH);
	assert_string_equal(r->policy_decision, "permit");
	assert_true(r->simulated_anchor);
	assert_false(r->draft);
	assert_int_equal(r->error.code, ATT_E_OK);
	assert_non_null(strstr(r->token_json, "\"x-ms-attestation-type\":\"sevsnpvm\""));
	assert_null(strstr(r->token_json, "x-attestd-"));
	assert_null(strstr(r->token_json, "x-ms-policy\""));
	assert_non_null(strstr(r->claims_json, "x-attestd-snp-product"));
}

/* The operator's own word for machines that he knows; a policy cannot speak it. */
static void known_machines_have_their_status(void **state)
{
	struct att_compliance rows[] = {
		{ "x-ms-sevsnpvm-idkeydigest", "00", "not-this-one" },
		{ "x-ms-sevsnpvm-vmpl", "0", "not-a-text" },
		{ "x-attestd-snp-product", "Milan", "ours" },
		{ "x-ms-attestation-type", "sevsnpvm", "too-late" },
	};
	struct fixture *f = *state;
	struct sim_snp_options o;

	fix_sim_options(&o, "Milan");
	simulate(f, &o);
	assert_null(strstr(appraise(f)->token_json, "compliance"));
	f->settings.compliance = rows;
	f->settings.ncompliance = sizeof rows / sizeof rows[0];
	assert_non_null(strstr(appraise(f)->token_json, "\"x-ms-compliance-status\":\"ours\""));
	f->settings.ncompliance = 2;
	assert_null(strstr(appraise(f)->token_json, "compliance"));
}

/* An anchor is trusted only where it was given. */
static void rejected_without_the_anchor(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct att_result *r;

	fix_sim_options(&o, "Milan");
	simulate(f, &o);
	f->req.nanchors = 0;
	r = appraise(f);
	assert_int_equal(r->verdict, ATT_REJECTED);
	assert_string_equal(first_failed(r), "snp.ark.pinned");
	assert_string_equal(r->policy_decision, "not-evaluated");
	assert_string_equal(r->claims_json, "{}");
	assert_null(r->token_json);
	assert_int_equal(r->error.code, ATT_E_NOT_AUTHENTIC);
	assert_non_null(r->hint);
}

/* Evidence of the wrong form is a failed check with field, offset, found and wanted. */
static void malformed_evidence_is_a_reason(void **state)
{
	struct fixture *f = *state;
	struct att_result *r;

	f->req.body = (struct att_bytes){ (const uint8_t *)"{\"report\":\"AAAA\"}", 17 };
	r = appraise(f);
	assert_int_equal(r->verdict, ATT_REJECTED);
	assert_string_equal(first_failed(r), "snp.report.form");
	assert_true(r->error.text[0]);
}

static void undecided_without_the_chain(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct sim_snp_output out;
	struct att_result *r;

	fix_sim_options(&o, "Turin");
	out = simulate(f, &o);
	f->req.body = (struct att_bytes){ out.report.p, out.report.n };
	r = appraise(f);
	assert_int_equal(r->verdict, ATT_UNDECIDED);
	assert_non_null(strstr(r->missing, "kdsintf.amd.com/vcek/v1/Turin/"));
	assert_int_equal(r->error.code, ATT_E_COLLATERAL);
	assert_non_null(r->hint);
	f->req.endorsements = &(struct att_bytes){ out.chain_pem.p, out.chain_pem.n };
	f->req.nendorsements = 1;
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
}

static void draft_policy_decides_and_is_marked(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct att_result *r;

	fix_sim_options(&o, "Milan");
	simulate(f, &o);
	set_member(f, "draftPolicyForAttestation", json_string(f->a,
	    "version=1.0;authorizationrules{=>permit();};issuancerules{=>issue(type=\"level\",value=3);};"));
	r = appraise(f);
	assert_int_equal(r->verdict, ATT_PERMITTED);
	assert_true(r->draft);
	assert_string_not_equal(r->policy_hash, MAA_HASH);
	assert_string_equal(r->issued_json, "{\"level\":3}");
	assert_non_null(strstr(r->token_json, "\"x-ms-policy\":{\"level\":3}"));
}

static void denials_say_why(void **state)
{
	static const struct { const char *policy, *decision, *text, *hint; enum att_err code;
	} rows[] = {
		{ "version=1.0;authorizationrules{};", "no-permit", "No Permit claim was issued",
		    NULL, ATT_E_POLICY_EVAL },
		{ "version=1.0;authorizationrules{\n=>permit();\n[type==\"x-ms-sevsnpvm-vmpl\","
		  "value==0]=>deny();};",
		    "deny", "A Deny claim was issued", "line 3 of the policy denies",
		    ATT_E_POLICY_EVAL },
		{ "version=1.0;authorizationrules{=>permit()};", "error", "Offending symbol", NULL,
		    ATT_E_POLICY_PARSE },
	};
	struct fixture *f = *state;
	struct sim_snp_options o;

	fix_sim_options(&o, "Milan");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_result *r;
		simulate(f, &o);
		set_member(f, "draftPolicyForAttestation", json_string(f->a, rows[i].policy));
		r = appraise(f);
		assert_int_equal(r->verdict, ATT_DENIED);
		assert_string_equal(r->policy_decision, rows[i].decision);
		assert_int_equal(r->error.code, rows[i].code);
		if (!strstr(r->error.text, rows[i].text))
			fail_msg("row %zu: %s", i, r->error.text);
		if (rows[i].hint)
			assert_non_null(strstr(r->hint, rows[i].hint));
		assert_null(r->token_json);
	}
}

/* The claims behind a denial come from the operator's policy: shown to readers only. */
static void claims_of_a_denial_are_for_readers(void **state)
{
	struct fixture *f = *state;
	const char *policy =
	    "version=1.0;authorizationrules{[type==\"x-ms-sevsnpvm-vmpl\",value==0]=>deny();};";
	struct sim_snp_options o;

	fix_sim_options(&o, "Milan");
	simulate(f, &o);
	f->req.policy = (struct att_bytes){ (const uint8_t *)policy, strlen(policy) };
	assert_null(strstr(appraise(f)->hint, "x-ms-sevsnpvm-vmpl"));
	f->req.caller_is_reader = true;
	assert_non_null(strstr(appraise(f)->hint, "x-ms-sevsnpvm-vmpl is 0"));
}

/* Bytes at the limit and one past it; steps; readers have the operator's budget. */
static void drafts_of_strangers_are_small(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	char *policy = calloc(1, f->settings.draft_bytes + 2);

	assert_non_null(policy);
	(void)snprintf(policy, f->settings.draft_bytes + 2, "version=1.0;authorizationrules{=>permit();};%*s",
	    (int)(f->settings.draft_bytes - strlen("version=1.0;authorizationrules{=>permit();};")), "");
	fix_sim_options(&o, "Milan");
	for (int past = 0; past <= 1; past++) {
		simulate(f, &o);
		policy[f->settings.draft_bytes] = past ? ' ' : 0;
		set_member(f, "draftPolicyForAttestation", json_string(f->a, policy));
		f->req.caller_is_reader = false;
		assert_int_equal(appraise(f)->verdict, past ? ATT_DENIED : ATT_PERMITTED);
		f->req.caller_is_reader = true;
		assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	}
	free(policy);
	f->settings.draft_steps = 1;
	f->req.caller_is_reader = false;
	set_member(f, "draftPolicyForAttestation", json_string(f->a,
	    "version=1.0;authorizationrules{[value==1]=>permit();[value==2]=>permit();=>permit();};"));
	assert_string_equal(appraise(f)->policy_decision, "error");
}

static void strict_denies_what_maa_permits(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;

	fix_sim_options(&o, "Milan");
	o.policy |= (uint64_t)1 << SNP_POLICY_DEBUG;
	simulate(f, &o);
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	f->settings.defaults = ATT_DEFAULTS_STRICT;
	assert_int_equal(appraise(f)->verdict, ATT_DENIED);
}

static void runtime_data_is_bound_and_shown(void **state)
{
	static const char text[] = "{\"b\":1,\"a\":{\"d\":true,\"c\":[]}}";
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct json *other;
	struct att_result *r;

	fix_sim_options(&o, "Milan");
	o.runtime_data = (struct att_bytes){ (const uint8_t *)text, strlen(text) };
	simulate(f, &o);
	r = appraise(f);
	assert_int_equal(r->verdict, ATT_PERMITTED);
	assert_non_null(strstr(r->token_json, "\"x-ms-runtime\":{\"a\":{\"c\":[],\"d\":true},\"b\":1}"));
	other = json_object(f->a);
	(void)json_put(f->a, other, "data", json_string(f->a, "e30"));
	(void)json_put(f->a, other, "dataType", json_string(f->a, "JSON"));
	set_member(f, "runtimeData", other);
	r = appraise(f);
	assert_int_equal(r->verdict, ATT_REJECTED);
	assert_string_equal(first_failed(r), "snp.report_data");
}

static void nonce_is_echoed_and_wanted(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;

	fix_sim_options(&o, "Milan");
	simulate(f, &o);
	set_member(f, "nonce", json_uint(f->a, UINT64_MAX));
	assert_non_null(strstr(appraise(f)->token_json, "\"nonce\":18446744073709551615"));
	f->req.nonce = "18446744073709551615";
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	f->req.nonce = "other";
	assert_int_equal(appraise(f)->verdict, ATT_REJECTED);
	assert_string_equal(first_failed(f->r), "request.nonce");
}

/* A cached and an uncached appraisal give the same answer. */
static void caches_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	char *first;

	fix_sim_options(&o, "Genoa");
	simulate(f, &o);
	first = arena_strdup(f->a, appraise(f)->token_json);
	for (int i = 0; i < 3; i++)
		assert_string_equal(appraise(f)->token_json, first);
	f->req.now_s += (int64_t)86400 * 365 * 60;      /* a hit still looks at the dates */
	assert_int_equal(appraise(f)->verdict, ATT_REJECTED);
	f->req.now_s = FIX_NOW;
	f->req.nanchors = 0;                            /* and at the anchors */
	assert_int_equal(appraise(f)->verdict, ATT_REJECTED);
}

/* Every memory limit from nothing to enough: a clean error or the right verdict, never another one. */
static void memory_limit_is_clean(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	bool done = false;

	fix_sim_options(&o, "Milan");
	simulate(f, &o);
	for (size_t limit = 1024; !done; limit += 1024) {
		struct att_result *r = NULL;
		f->settings.memory_limit = limit;
		att_error_clear(&f->e);
		done = att_appraise(f->ctx, &f->req, &r, &f->e) && r->verdict == ATT_PERMITTED;
		if (!done && !r)
			assert_true(f->e.code == ATT_E_LIMIT || f->e.code == ATT_E_NOMEM);
		else if (!done)
			assert_true(r->verdict == ATT_DENIED || r->verdict == ATT_REJECTED);
		att_result_free(r);
		assert_true(limit < (size_t)1 << 20);
	}
}

/* The recorded pair of the real service: the same claims, name for name and value for value. */
static void golden_pair(void **state)
{
	static const char *const own[] = { "iat", "nbf", "exp", "jti", "iss" };
	struct fixture *f = *state;
	struct blob b;
	struct json *recorded, *step, *claims, *ours;
	const struct json *token;
	const char *dot;
	uint8_t *payload;
	char *body;
	size_t n, same = 0;

	need_vectors();
	b = vector_file("maa-golden/attest-snp-simple.json");
	CHECK_OK(json_parse(f->a, b.p, b.n, NULL, &recorded, &f->e), &f->e);
	step = json_get(recorded, "steps")->child;
	CHECK_OK(json_write(f->a, json_get(json_get(step, "request"), "body"), JSON_COMPACT, &body,
		     &n, &f->e),
	    &f->e);
	token = json_get(json_get(json_get(step, "response"), "body"), "token");
	dot = strchr(token->s, '.') + 1;
	CHECK_OK(b64_decode_arena(B64_URL, f->a, dot, strcspn(dot, "."), &payload, &n, &f->e), &f->e);
	CHECK_OK(json_parse(f->a, payload, n, NULL, &claims, &f->e), &f->e);
	f->req.body = (struct att_bytes){ (const uint8_t *)body, strlen(body) };
	f->req.nanchors = 0;
	f->req.now_s = json_get(claims, "iat")->i;
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	assert_false(f->r->simulated_anchor);
	CHECK_OK(json_parse(f->a, f->r->token_json, strlen(f->r->token_json), NULL, &ours, &f->e), &f->e);
	for (const struct json *m = claims->child; m; m = m->next) {
		char *want, *got;
		bool skip_it = false;
		for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
			skip_it |= strcmp(own[i], m->name) == 0;
		if (skip_it)
			continue;
		if (!json_get(ours, m->name))
			fail_msg("%s is missing", m->name);
		CHECK_OK(json_write(f->a, m, JSON_SORTED, &want, &n, &f->e), &f->e);
		CHECK_OK(json_write(f->a, json_get(ours, m->name), JSON_SORTED, &got, &n, &f->e), &f->e);
		assert_string_equal(got, want);
		same++;
	}
	assert_int_equal(same, ours->len);      /* and nothing more */
	blob_free(&b);
}

/* An out-of-date platform: told whatever the verdict, and permitted only where its status is accepted. */
static void tcb_is_told_whatever_the_verdict(void **state)
{
	struct fixture *f = *state;
	struct blob quote, collateral;

	need_vectors();
	quote = vector_file("maa-golden/sgx-wus.quote.bin");
	collateral = vector_file("sgx/sgx-v3-00906ed50000.2022-04.collateral.json");
	f->req = (struct att_request){ .type = "SgxEnclave",
		.settings = &f->settings,
		.body = { quote.p, quote.n },
		.endorsements = &(struct att_bytes){ collateral.p, collateral.n },
		.nendorsements = 1,
		.now_s = 1651363200 };
	assert_int_equal(appraise(f)->verdict, ATT_REJECTED);
	assert_string_equal(first_failed(f->r), "dcap.tcb.level");
	assert_non_null(strstr(f->r->tcb_json, "\"status\":\"OutOfDate\""));
	f->settings.tcb_accept |= ATT_TCB_OUT_OF_DATE;
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	assert_non_null(strstr(f->r->tcb_json, "\"evaluationDataNumber\":12"));
	blob_free(&quote);
	blob_free(&collateral);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(permitted_by_default),
		T(known_machines_have_their_status),
		T(rejected_without_the_anchor),
		T(malformed_evidence_is_a_reason),
		T(undecided_without_the_chain),
		T(draft_policy_decides_and_is_marked),
		T(denials_say_why),
		T(claims_of_a_denial_are_for_readers),
		T(drafts_of_strangers_are_small),
		T(strict_denies_what_maa_permits),
		T(runtime_data_is_bound_and_shown),
		T(nonce_is_echoed_and_wanted),
		T(caches_change_nothing),
		T(memory_limit_is_clean),
		T(golden_pair), T(tcb_is_told_whatever_the_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The deny-list against evidence of every type: what the claims say of the attester can be denied.
 */
#include <stdio.h>
#include <string.h>

#include "lib/json/json.h"
#include "libattest/denylist.h"
#include "sim/dcap.h"
#include "tests/unit/evidence/snp/fix.h"

#define MEMORY ((size_t)256 << 20)
#define ANY_TCB (~0u)

struct fixture {
	struct fix fix;
	struct arena *a;
	struct att_ctx *ctx;
	struct att_settings settings;
	struct att_deny deny;
	struct att_request req;
	struct att_result *r;
	struct att_error e;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .a = arena_new(MEMORY) };
	fix_init(&f.fix);
	f.ctx = att_ctx_new(&f.e);
	att_settings_default(&f.settings);
	f.settings.tcb_accept = ANY_TCB;
	f.req = (struct att_request){ .settings = &f.settings };
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

static struct att_result *appraise(struct fixture *f)
{
	att_result_free(f->r);
	f->r = NULL;
	CHECK_OK(att_appraise(f->ctx, &f->req, &f->r, &f->e), &f->e);
	return f->r;
}

static struct att_result *appraise_denying(struct fixture *f, unsigned kind, const char *value)
{
	CHECK_OK(att_deny_read(att_deny_kind_name(kind), value, "key extracted", &f->deny, &f->e),
	    &f->e);
	f->settings.deny = &f->deny;
	f->settings.ndeny = 1;
	return appraise(f);
}

static enum att_outcome outcome_of(const struct att_result *r, const char *kind)
{
	for (size_t i = 0; i < r->nchecks; i++)
		if (strncmp(r->checks[i].id, "deny.", 5) == 0 &&
		    strcmp(r->checks[i].id + 5, kind) == 0)
			return r->checks[i].outcome;
	fail_msg("no check deny.%s", kind);
	return ATT_CHECK_NA;
}

/* Exactly this one failed, and its reason is the operator's alone. */
static void only_denial(const struct att_result *r, const char *kind)
{
	for (size_t i = 0; i < r->nchecks; i++) {
		if (r->checks[i].outcome != ATT_CHECK_FAIL)
			continue;
		assert_string_equal(r->checks[i].id + 5, kind);
		assert_true(r->checks[i].expected_private);
		assert_non_null(strstr(r->checks[i].expected, "key extracted"));
	}
	assert_int_equal(r->verdict, ATT_REJECTED);
	assert_int_equal(r->error.code, ATT_E_NOT_AUTHENTIC);
	assert_null(strstr(r->error.text, "key extracted"));
	assert_string_equal(r->policy_decision, "not-evaluated");
	assert_null(r->token_json);
	assert_non_null(r->hint);
}

/* Another value of the same form. */
static const char *changed(struct fixture *f, const char *value)
{
	char *copy = arena_strdup(f->a, value);
	char *last = copy + strlen(copy) - 1;

	*last = *last == '0' ? '1' : '0';
	return copy;
}

static const char *some_value(unsigned kind)
{
	static const char digits[] =
	    "11111111111111111111111111111111111111111111111111111111111111111"
	    "11111111111111111111111111111111111111111111111111111111111111111";
	static const size_t lens[ATT_NDENY_KINDS] = { [ATT_DENY_CHIP_ID] = 128,
		[ATT_DENY_FMSPC] = 12,
		[ATT_DENY_PPID] = 32,
		[ATT_DENY_PLATFORM_INSTANCE] = 32,
		[ATT_DENY_SIGNER] = 96,
		[ATT_DENY_MEASUREMENT] = 96,
		[ATT_DENY_AK] = 64,
		[ATT_DENY_PRODUCT] = 8,
		[ATT_DENY_ADVISORY] = 8 };

	return digits + sizeof digits - 1 - lens[kind];
}

/* Which claim shows what the kind denies; NULL: evidence of this type has no such thing. */
struct kinds {
	const char *claim[ATT_NDENY_KINDS];
};
static const struct kinds snp_kinds = { { [ATT_DENY_CHIP_ID] = "x-attestd-snp-chip-id",
    [ATT_DENY_PRODUCT] = "x-attestd-snp-product",
    [ATT_DENY_SIGNER] = "x-ms-sevsnpvm-idkeydigest",
    [ATT_DENY_MEASUREMENT] = "x-ms-sevsnpvm-launchmeasurement" } };
static const struct kinds sgx_kinds = { { [ATT_DENY_FMSPC] = "x-attestd-dcap-fmspc",
    [ATT_DENY_PPID] = "x-attestd-dcap-ppid",
    [ATT_DENY_PLATFORM_INSTANCE] = "x-attestd-dcap-platform-instance",
    [ATT_DENY_SIGNER] = "x-ms-sgx-mrsigner",
    [ATT_DENY_MEASUREMENT] = "x-ms-sgx-mrenclave",
    [ATT_DENY_ADVISORY] = "x-attestd-dcap-advisory" } };
static const struct kinds tdx_kinds = { { [ATT_DENY_FMSPC] = "x-attestd-dcap-fmspc",
    [ATT_DENY_PPID] = "x-attestd-dcap-ppid",
    [ATT_DENY_PLATFORM_INSTANCE] = "x-attestd-dcap-platform-instance",
    [ATT_DENY_MEASUREMENT] = "tdx_mrtd",
    [ATT_DENY_ADVISORY] = "x-attestd-dcap-advisory" } };

/* The last of a claim's values; NULL when the evidence does not say. */
static const char *claim_text(struct fixture *f, const char *name)
{
	const struct json *v;
	struct json *claims;

	CHECK_OK(
	    json_parse(f->a, f->r->claims_json, strlen(f->r->claims_json), NULL, &claims, &f->e),
	    &f->e);
	v = name ? json_get(claims, name) : NULL;
	if (v && v->kind == JSON_ARRAY)
		v = v->last;
	return v ? arena_strdup(f->a, v->s) : NULL;
}

/* Returns which kinds the evidence said something of, as bits. */
static unsigned deny_each(struct fixture *f, const struct kinds *k)
{
	const char *value[ATT_NDENY_KINDS];
	unsigned said = 0;

	f->settings.ndeny = 0;
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	for (unsigned i = 0; i < ATT_NDENY_KINDS; i++) {
		assert_int_equal(outcome_of(f->r, att_deny_kind_name(i)), ATT_CHECK_NA);
		value[i] = claim_text(f, k->claim[i]);
	}
	for (unsigned i = 0; i < ATT_NDENY_KINDS; i++) {
		const char *kind = att_deny_kind_name(i);

		if (value[i]) {
			only_denial(appraise_denying(f, i, value[i]), kind);
			assert_int_equal(
			    appraise_denying(f, i, changed(f, value[i]))->verdict, ATT_PERMITTED);
			assert_int_equal(outcome_of(f->r, kind), ATT_CHECK_PASS);
			said |= 1u << i;
			continue;
		}
		assert_int_equal(appraise_denying(f, i, some_value(i))->verdict, ATT_PERMITTED);
		assert_int_equal(outcome_of(f->r, kind), ATT_CHECK_NA);
	}
	f->settings.ndeny = 0;
	return said;
}

static void snp_is_denied(void **state)
{
	static const char *const products[] = { "Milan", "Genoa", "Turin" };
	struct fixture *f = *state;
	struct att_bytes anchor;

	f->req.type = "SevSnpVm";
	f->req.now_s = FIX_NOW;
	f->req.anchors = &anchor;
	f->req.nanchors = 1;
	for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
		struct sim_snp_options o;
		struct sim_snp_output out;

		fix_sim_options(&o, products[i]);
		o.id_key_digest[47] = 0x5a;
		out = fix_sim(&f->fix, f->a, &o);
		anchor = (struct att_bytes){ out.ark_pem.p, out.ark_pem.n };
		f->req.body = (struct att_bytes){ out.request_json.p, out.request_json.n };
		assert_int_equal(deny_each(f, &snp_kinds),
		    1u << ATT_DENY_CHIP_ID | 1u << ATT_DENY_PRODUCT | 1u << ATT_DENY_SIGNER |
			1u << ATT_DENY_MEASUREMENT);
	}
}

static void either_signer_of_snp_is_denied(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct sim_snp_output out;
	struct att_bytes anchor;
	char author[97] = { 0 };

	fix_sim_options(&o, "Genoa");
	o.author_key_en = true;
	for (size_t i = 0; i < 48; i++) {
		o.author_key_digest[i] = 0xaa;
		author[2 * i] = author[2 * i + 1] = 'a';
	}
	o.id_key_digest[0] = 1;
	out = fix_sim(&f->fix, f->a, &o);
	anchor = (struct att_bytes){ out.ark_pem.p, out.ark_pem.n };
	f->req = (struct att_request){ .type = "SevSnpVm",
		.now_s = FIX_NOW,
		.settings = &f->settings,
		.anchors = &anchor,
		.nanchors = 1,
		.body = { out.request_json.p, out.request_json.n } };
	only_denial(appraise_denying(f, ATT_DENY_SIGNER, author), "signer");
}

/* The host may mask the chip id, but the certificate of the chip's key names it all the same. */
static void a_masked_chip_is_still_denied(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct sim_snp_output out;
	struct att_bytes anchor;
	char chip[129];

	fix_sim_options(&o, "Milan");
	o.masked_chip_id = true;
	for (size_t i = 0; i < 64; i++)
		(void)snprintf(chip + 2 * i, 3, "%02x", o.chip_id[i]);
	out = fix_sim(&f->fix, f->a, &o);
	anchor = (struct att_bytes){ out.ark_pem.p, out.ark_pem.n };
	f->settings.allow = ATT_ALLOW_MASKED_CHIP_ID;
	f->req = (struct att_request){ .type = "SevSnpVm",
		.now_s = FIX_NOW,
		.settings = &f->settings,
		.anchors = &anchor,
		.nanchors = 1,
		.body = { out.request_json.p, out.request_json.n } };
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	only_denial(appraise_denying(f, ATT_DENY_CHIP_ID, chip), "chip-id");
	/* A VLEK is no chip's: what is denied by chip does not apply, which is why a VLEK must be
	 * allowed. */
	o.masked_chip_id = false;
	o.vlek = true;
	out = fix_sim(&f->fix, f->a, &o);
	anchor = (struct att_bytes){ out.ark_pem.p, out.ark_pem.n };
	f->req.body = (struct att_bytes){ out.request_json.p, out.request_json.n };
	f->settings.allow = ATT_ALLOW_VLEK;
	assert_int_equal(appraise(f)->verdict, ATT_PERMITTED);
	assert_int_equal(outcome_of(f->r, "chip-id"), ATT_CHECK_NA);
}

/* Evidence that is not genuine says nothing about anybody: no denial, only the reason that it is
 * not. */
static void forged_evidence_names_nobody(void **state)
{
	struct fixture *f = *state;
	struct sim_snp_options o;
	struct sim_snp_output out;

	fix_sim_options(&o, "Milan");
	out = fix_sim(&f->fix, f->a, &o);
	f->req = (struct att_request){ .type = "SevSnpVm",
		.now_s = FIX_NOW,
		.settings = &f->settings,
		.body = { out.request_json.p, out.request_json.n } };
	assert_int_equal(appraise_denying(f, ATT_DENY_PRODUCT, "Milan")->verdict, ATT_REJECTED);
	assert_int_equal(outcome_of(f->r, "product"), ATT_CHECK_NA);
}

/* Made here, so that every kind is looked at without any vector. */
static void simulated_dcap_is_denied(void **state)
{
	static const char *const advisories[] = { "INTEL-SA-00001", "INTEL-SA-00002" };
	struct fixture *f = *state;
	struct sim_dcap_keys keys;

	CHECK_OK(sim_dcap_keys_generate(f->fix.crypto, FIX_NOW, &keys, &f->e), &f->e);
	for (int i = 0; i < SIM_NDCAP_TYPES; i++) {
		enum sim_dcap_type type = (enum sim_dcap_type)i;
		struct sim_dcap_options o;
		struct sim_dcap_output out;
		struct att_bytes anchor, piece;
		unsigned want = 1u << ATT_DENY_FMSPC | 1u << ATT_DENY_PPID |
		    1u << ATT_DENY_PLATFORM_INSTANCE | 1u << ATT_DENY_MEASUREMENT |
		    1u << ATT_DENY_ADVISORY;

		sim_dcap_options_default(&o, type, FIX_NOW);
		o.status = "SWHardeningNeeded";
		o.advisories[0] = advisories[0];
		o.advisories[1] = advisories[1];
		o.nadvisories = 2;
		CHECK_OK(sim_dcap_make(f->fix.crypto, f->a, &keys, &o, &out, &f->e), &f->e);
		anchor = (struct att_bytes){ out.root_pem.p, out.root_pem.n };
		piece = (struct att_bytes){ out.collateral_json.p, out.collateral_json.n };
		f->req = (struct att_request){ .type = sim_dcap_type_name(type),
			.settings = &f->settings,
			.body = { out.request_json.p, out.request_json.n },
			.endorsements = &piece,
			.nendorsements = 1,
			.anchors = &anchor,
			.nanchors = 1,
			.now_s = FIX_NOW };
		assert_int_equal(deny_each(f, type == SIM_TDX ? &tdx_kinds : &sgx_kinds),
		    want | (type == SIM_TDX ? 0 : 1u << ATT_DENY_SIGNER));
		/* What is not the last of several counts as well. */
		only_denial(appraise_denying(f, ATT_DENY_ADVISORY, "intel-sa-00001"), "advisory");
		f->settings.ndeny = 0;
		/* Collateral that is not there: nobody is refused before the evidence is genuine. */
		f->req.nendorsements = 0;
		assert_int_equal(appraise_denying(f, ATT_DENY_PPID, some_value(ATT_DENY_PPID))->verdict,
		    ATT_UNDECIDED);
		assert_int_equal(outcome_of(f->r, "ppid"), ATT_CHECK_NA);
	}
	sim_dcap_keys_clear(&keys);
}

static void dcap_is_denied(void **state)
{
	static const struct {
		const char *type, *quote, *collateral;
		int64_t now_s;
		const struct kinds *k;
		unsigned said;
	} rows[] = {
		{ "SgxEnclave", "sgx/sgx-v3-00a067110000.quote.bin",
		    "sgx/sgx-v3-00a067110000.collateral.json", 1750377600, &sgx_kinds,
		    1u << ATT_DENY_FMSPC | 1u << ATT_DENY_PPID | 1u << ATT_DENY_SIGNER |
			1u << ATT_DENY_MEASUREMENT | 1u << ATT_DENY_ADVISORY },
		{ "OpenEnclave", "maa-golden/sgx-wus.oe-report.bin",
		    "sgx/sgx-v3-00906ed50000.2022-04.collateral.json", 1651017600, &sgx_kinds,
		    1u << ATT_DENY_FMSPC | 1u << ATT_DENY_PPID | 1u << ATT_DENY_SIGNER |
			1u << ATT_DENY_MEASUREMENT },
		{ "TdxVm", "tdx/tdx-v5-00806f050000-outofdate.quote.bin",
		    "tdx/tdx-00806f050000.2026-06.eval21.collateral.json", 1781395200, &tdx_kinds,
		    1u << ATT_DENY_FMSPC | 1u << ATT_DENY_PPID | 1u << ATT_DENY_PLATFORM_INSTANCE |
			1u << ATT_DENY_MEASUREMENT | 1u << ATT_DENY_ADVISORY },
	};
	struct fixture *f = *state;

	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct blob quote = vector_file(rows[i].quote),
			    collateral = vector_file(rows[i].collateral);
		struct att_bytes piece = { collateral.p, collateral.n };
		unsigned said;

		f->req = (struct att_request){ .type = rows[i].type,
			.settings = &f->settings,
			.body = { quote.p, quote.n },
			.endorsements = &piece,
			.nendorsements = 1,
			.now_s = rows[i].now_s };
		said = deny_each(f, rows[i].k);
		if (said != rows[i].said)
			fail_msg("%s: said %x, want %x", rows[i].quote, said, rows[i].said);
		blob_free(&quote);
		blob_free(&collateral);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(snp_is_denied),
		T(either_signer_of_snp_is_denied),
		T(a_masked_chip_is_still_denied),
		T(forged_evidence_names_nobody),
		T(dcap_is_denied), T(simulated_dcap_is_denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

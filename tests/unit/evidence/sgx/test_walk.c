/*
 * Every check of the tables of SGX, Open Enclave and TDX, made to fail first by evidence or
 * collateral under the test root.  A check that no row reaches fails the test.
 */
#include <string.h>

#include "tests/unit/evidence/sgx/synth.h"

#define DAY INT64_C(86400)
#define OE_UUID "\xa3\xa2\x1e\x87\x1b\x4d\x40\x14\xb7\x0a\xa1\x25\xd2\xfb\xcd\x8c"

static struct synth s;

static void flip(size_t off)
{
	s.quote[off] ^= 1;
}

/* After signing. */
static void flip_version(struct synth *x) { (void)x, flip(0); }
static void flip_signature(struct synth *x) { (void)x, flip(s.signature); }
static void flip_auth(struct synth *x) { (void)x, flip(s.auth); }
static void flip_qe_signature(struct synth *x) { (void)x, flip(s.qe_signature); }

/* Before. */
static void nothing(struct synth *x) { (void)x; }
static void form(struct synth *x) { x->signed_over = flip_version; }
static void signature(struct synth *x) { x->signed_over = flip_signature; }
static void binding(struct synth *x) { x->signed_over = flip_auth; }
static void qe_signature(struct synth *x) { x->signed_over = flip_qe_signature; }
static void vendor(struct synth *x) { x->vendor0 ^= 1; }
static void no_certs(struct synth *x) { x->certs = "no certificate"; }

static void certs(struct synth *x, const char *leaf, enum kit_party ca, enum kit_party root)
{
	x->certs = arena_printf(x->k.a, "%s%s", leaf, kit_pem(&x->k, ca, root));
}

static const char *good_leaf(struct synth *x)
{
	return synth_leaf(x, PCK_LEAF_CN, true, KIT_NOW + 900 * DAY);
}

static void other_name(struct synth *x)
{
	certs(x, synth_leaf(x, "Somebody", true, KIT_NOW + DAY), PLATFORM_CA, ROOT);
}

static void no_extension(struct synth *x)
{
	certs(x, synth_leaf(x, PCK_LEAF_CN, false, KIT_NOW + DAY), PLATFORM_CA, ROOT);
}

static void rogue_root(struct synth *x) { certs(x, good_leaf(x), PLATFORM_CA, ROGUE_ROOT); }

/* A CA of the right name and another key: the leaf is not its own. */
static void other_ca(struct synth *x)
{
	const struct x509_rdn name[] = { { "CN", COLLATERAL_CN_PCK_PLATFORM }, { "O", "Test Only" } };
	struct x509_template t = { .subject = name,
		.nsubject = 2,
		.issuer_cert = x->k.p[ROOT].cert,
		.serial = 77,
		.not_before_s = KIT_NOW - DAY,
		.not_after_s = KIT_NOW + DAY,
		.ca = true,
		.pathlen = 0,
		.key_usage = 1U << 5 | 1U << 6,
		.alg = SIG_ECDSA_P256_SHA256 };
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	const uint8_t *der;
	size_t n;

	CHECK_OK(x509_make(x->k.c, &t, x->k.p[PROCESSOR_CA].pub, x->k.p[ROOT].priv, &cert, &x->k.e), &x->k.e);
	der = x509_der(cert, &n);
	x->certs = arena_printf(x->k.a, "%s%s%s", good_leaf(x), x509_to_pem(x->k.a, der, n),
	    kit_pem(&x->k, ROOT, ROOT));
}

/* The right key and names, but certified by somebody else's root. */
static void forged_ca(struct synth *x)
{
	const struct x509_rdn name[] = { { "CN", COLLATERAL_CN_PCK_PLATFORM }, { "O", "Test Only" } };
	struct x509_template t = { .subject = name,
		.nsubject = 2,
		.issuer_cert = x->k.p[ROGUE_ROOT].cert,
		.serial = 78,
		.not_before_s = KIT_NOW - DAY,
		.not_after_s = KIT_NOW + DAY,
		.ca = true,
		.pathlen = 0,
		.key_usage = 1U << 5 | 1U << 6,
		.alg = SIG_ECDSA_P256_SHA256 };
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	const uint8_t *der;
	size_t n;

	CHECK_OK(x509_make(x->k.c, &t, x->k.p[PLATFORM_CA].pub, x->k.p[ROGUE_ROOT].priv, &cert, &x->k.e),
	    &x->k.e);
	der = x509_der(cert, &n);
	x->certs = arena_printf(x->k.a, "%s%s%s", good_leaf(x), x509_to_pem(x->k.a, der, n),
	    kit_pem(&x->k, ROOT, ROOT));
}

static void two_leaves(struct synth *x)
{
	x->certs = arena_printf(x->k.a, "%s%s", good_leaf(x), x->certs);
}

static void five_certs(struct synth *x)
{
	x->certs = arena_printf(x->k.a, "%s%s", x->certs, kit_pem(&x->k, ROOT, ROOT));
}

static void four_certs(struct synth *x)
{
	x->certs = arena_printf(x->k.a, "%s%s%s", good_leaf(x), kit_pem(&x->k, ROOT, PLATFORM_CA),
	    kit_pem(&x->k, ROOT, ROOT) + strlen(kit_pem(&x->k, ROOT, ROOT)) / 2);
}

static void expired_leaf(struct synth *x)
{
	certs(x, synth_leaf(x, PCK_LEAF_CN, true, KIT_NOW - 1), PLATFORM_CA, ROOT);
}

static void crl(struct synth *x, const char *name, enum kit_party issuer, enum kit_party revoked,
    int64_t next_s)
{
	kit_crl_member(&x->k, x->doc, name, kit_crl(&x->k, issuer, revoked, KIT_NOW - DAY, next_s));
}

static void processor_crl(struct synth *x) { crl(x, "pck_crl", PROCESSOR_CA, NPARTIES, KIT_NOW + DAY); }
static void old_crl(struct synth *x) { crl(x, "pck_crl", PLATFORM_CA, NPARTIES, KIT_NOW - 1); }
static void revoked_leaf(struct synth *x) { crl(x, "pck_crl", PLATFORM_CA, PCK_LEAF, KIT_NOW + DAY); }
static void revoked_ca(struct synth *x) { crl(x, "root_ca_crl", ROOT, PLATFORM_CA, KIT_NOW + DAY); }
static void revoked_signer(struct synth *x) { crl(x, "root_ca_crl", ROOT, TCB_SIGNING, KIT_NOW + DAY); }

/* The last byte of a list is its signature's. */
static void crl_signature(struct synth *x)
{
	struct rd good = kit_crl(&x->k, PLATFORM_CA, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY);
	uint8_t *der = arena_memdup(x->k.a, rd_ptr(&good), rd_left(&good));

	der[rd_left(&good) - 1] ^= 1;
	kit_crl_member(&x->k, x->doc, "pck_crl", rd_make(der, rd_left(&good)));
}

static void tcb_info_form(struct synth *x) { synth_tcb_info(x, "\"tcbType\":0", "\"tcbType\":1"); }
static void tcb_info_15(struct synth *x) { synth_tcb_info(x, ",{\"svn\":0}", ""); }
static void tcb_info_17(struct synth *x) { synth_tcb_info(x, ",{\"svn\":0}", ",{\"svn\":0},{\"svn\":0}"); }
static void tcb_info_fmspc(struct synth *x) { synth_tcb_info(x, "00AA11000000", "00AA11000001"); }
static void tcb_info_pceid(struct synth *x) { synth_tcb_info(x, "\"pceId\":\"0100\"", "\"pceId\":\"0000\""); }
static void tcb_info_old(struct synth *x)
{
	synth_tcb_info(x, "\"nextUpdate\":\"2026-06-19", "\"nextUpdate\":\"2026-05-31");
}
static void tcb_info_future(struct synth *x)
{
	synth_tcb_info(x, "\"issueDate\":\"2026-05-20", "\"issueDate\":\"2026-06-02");
}
static void qe_identity_form(struct synth *x) { synth_qe_identity(x, "\"version\":2", "\"version\":3"); }
static void qe_identity_old(struct synth *x)
{
	synth_qe_identity(x, "\"nextUpdate\":\"2026-06-19", "\"nextUpdate\":\"2026-05-31");
}
static void qe_identity_of_other_tee(struct synth *x)
{
	synth_qe_identity(x, x->tee == PCS_SGX ? "\"QE\"" : "\"TD_QE\"",
	    x->tee == PCS_SGX ? "\"TD_QE\"" : "\"QE\"");
}

static void signed_by(struct synth *x, const char *name, const char *body, enum kit_party key,
    enum kit_party cert, enum kit_party root)
{
	kit_group(&x->k, x->doc, name, body, key, kit_pem(&x->k, cert, root));
}

static const char *tcb_info_text(struct synth *x) { return kit_tcbinfo(x->k.a, x->tee); }
static const char *qe_identity_text(struct synth *x)
{
	return kit_qeid(x->k.a, x->tee == PCS_SGX ? "QE" : "TD_QE");
}

static void tcb_info_rogue(struct synth *x)
{
	signed_by(x, "tcb_info", tcb_info_text(x), ROGUE_SIGNING, ROGUE_SIGNING, ROGUE_ROOT);
}
static void tcb_info_other_signer(struct synth *x)
{
	signed_by(x, "tcb_info", tcb_info_text(x), PCK_LEAF, PLATFORM_CA, ROOT);
}
static void tcb_info_signature(struct synth *x)
{
	signed_by(x, "tcb_info", tcb_info_text(x), ROGUE_SIGNING, TCB_SIGNING, ROOT);
}
static void tcb_info_old_signer(struct synth *x)
{
	signed_by(x, "tcb_info", tcb_info_text(x), TCB_SIGNING, OLD_SIGNING, ROOT);
}
/* A whole forged identity: signed by somebody else's key, under somebody else's root. */
static void qe_identity_rogue(struct synth *x)
{
	signed_by(x, "qe_identity", qe_identity_text(x), ROGUE_SIGNING, ROGUE_SIGNING, ROGUE_ROOT);
}
static void qe_identity_signature(struct synth *x)
{
	signed_by(x, "qe_identity", qe_identity_text(x), ROGUE_SIGNING, TCB_SIGNING, ROOT);
}
static void qe_identity_old_signer(struct synth *x)
{
	signed_by(x, "qe_identity", qe_identity_text(x), TCB_SIGNING, OLD_SIGNING, ROOT);
}

/* Another certificate of the signing key, which the root revoked; the TCB Info has the good one. */
static void qe_identity_revoked_signer(struct synth *x)
{
	const struct x509_rdn name[] = { { "CN", COLLATERAL_CN_TCB_SIGNING }, { "O", "Test Only" } };
	struct x509_template t = { .subject = name,
		.nsubject = 2,
		.issuer_cert = x->k.p[ROOT].cert,
		.serial = 1 + CA_SIGNING,
		.not_before_s = KIT_NOW - DAY,
		.not_after_s = KIT_NOW + DAY,
		.pathlen = -1,
		.key_usage = 1,
		.alg = SIG_ECDSA_P256_SHA256 };
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	const uint8_t *der;
	size_t n;

	CHECK_OK(x509_make(x->k.c, &t, x->k.p[SUB_SIGNING].pub, x->k.p[ROOT].priv, &cert, &x->k.e), &x->k.e);
	der = x509_der(cert, &n);
	kit_group(&x->k, x->doc, "qe_identity", qe_identity_text(x), SUB_SIGNING,
	    arena_printf(x->k.a, "%s%s", x509_to_pem(x->k.a, der, n), kit_pem(&x->k, ROOT, ROOT)));
	crl(x, "root_ca_crl", ROOT, CA_SIGNING, KIT_NOW + DAY);
}

static void qe_mrsigner(struct synth *x) { x->qe[128] ^= 1; }
static void qe_isvprodid(struct synth *x) { x->qe[256] ^= 3; }
static void qe_debug(struct synth *x) { x->qe[48] |= 2; }
static void qe_report_data_tail(struct synth *x) { x->qe[352] = 1; }
static void qe_svn(struct synth *x) { x->qe[258] = 3; }
static void qe_svn_revoked(struct synth *x) { x->qe[258] = 5; }
static void evaluation(struct synth *x) { x->f.settings.tcb_min_evaluation = 21; }
static void unknown_status(struct synth *x)
{
	synth_tcb_info(x, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Fine\"");
}
static void too_low(struct synth *x)
{
	const char *text = tcb_info_text(x);

	for (unsigned i = 0; i < 7; i++)
		text = kit_replace(x->k.a, text, "\"pcesvn\":13", "\"pcesvn\":14");
	signed_by(x, "tcb_info", text, TCB_SIGNING, TCB_SIGNING, ROOT);
}
static void runtime(struct synth *x) { dfix_bind(&x->f, &x->f.runtime, "data", 4); }
static void inittime(struct synth *x) { dfix_bind(&x->f, &x->f.inittime, "data", 4); }
static void inittime_kss(struct synth *x)
{
	x->body[48] |= 0x80;
	inittime(x);
}
static void module_unknown(struct synth *x) { x->body[1] = 9; }
static void module_signer(struct synth *x) { x->body[64] = 1; }
/* Where Intel's mask leaves the attributes free, they must be zero all the same. */
static void seam_attributes(struct synth *x)
{
	static const uint8_t svn[] = { 5, 0, 3 };

	bytes_copy(x->body, svn, sizeof svn);
	bytes_copy(x->body + TD_REPORT_10_LEN, svn, sizeof svn);
	x->body[112] = 1;
	synth_tcb_info(x, "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"",
	    "\"attributesMask\":\"0000000000000000\"");
}
static void td_module_revoked(struct synth *x) { x->body[0] = 2; }
static void td_current_unknown(struct synth *x) { x->body[TD_REPORT_10_LEN + 1] = 9; }

#define SGX 1
#define TDX 2
#define BOTH (SGX | TDX)

static const struct row { const char *check; synth_change *change; unsigned tees; } rows[] = {
	{ "ok", nothing, BOTH },
	{ "dcap.quote.form", form, BOTH },
	{ "dcap.quote.vendor", vendor, BOTH },
	{ "dcap.pck.certs", no_certs, BOTH },
	{ "dcap.pck.leaf", other_name, BOTH },
	{ "dcap.pck.extension", no_extension, BOTH },
	{ "dcap.pck.root", rogue_root, BOTH },
	{ "dcap.pck.leaf", two_leaves, BOTH },
	{ "dcap.pck.certs", five_certs, BOTH },
	{ "ok", four_certs, BOTH },
	{ "dcap.pck.chain", other_ca, BOTH },
	{ "dcap.pck.chain", forged_ca, BOTH },
	{ "dcap.pck.validity", expired_leaf, BOTH },
	{ "dcap.qe.signature", qe_signature, BOTH },
	{ "dcap.qe.binding", binding, BOTH },
	{ "dcap.qe.binding", qe_report_data_tail, BOTH },
	{ "dcap.quote.signature", signature, BOTH },
	{ "dcap.crl.issuer", processor_crl, BOTH },
	{ "dcap.crl.signature", crl_signature, BOTH },
	{ "dcap.crl.current", old_crl, BOTH },
	{ "dcap.crl.ca", revoked_ca, BOTH },
	{ "dcap.crl.pck", revoked_leaf, BOTH },
	{ "dcap.tcb.form", tcb_info_form, BOTH },
	{ "dcap.tcb.form", tcb_info_15, BOTH },
	{ "dcap.tcb.form", tcb_info_17, BOTH },
	{ "dcap.tcb.chain", tcb_info_rogue, BOTH },
	{ "dcap.tcb.chain", tcb_info_other_signer, BOTH },
	{ "dcap.tcb.signature", tcb_info_signature, BOTH },
	{ "dcap.tcb.signer_validity", tcb_info_old_signer, BOTH },
	{ "dcap.tcb.signer_crl", revoked_signer, BOTH },
	{ "dcap.tcb.current", tcb_info_old, BOTH },
	{ "dcap.tcb.current", tcb_info_future, BOTH },
	{ "dcap.tcb.info", tcb_info_fmspc, BOTH },
	{ "dcap.tcb.info", tcb_info_pceid, BOTH },
	{ "dcap.qe_identity.form", qe_identity_form, BOTH },
	{ "dcap.qe_identity.chain", qe_identity_rogue, BOTH },
	{ "dcap.qe_identity.signature", qe_identity_signature, BOTH },
	{ "dcap.qe_identity.signer_validity", qe_identity_old_signer, BOTH },
	{ "dcap.qe_identity.signer_crl", qe_identity_revoked_signer, BOTH },
	{ "dcap.qe_identity.current", qe_identity_old, BOTH },
	{ "dcap.qe.identity", qe_identity_of_other_tee, BOTH },
	{ "dcap.qe.identity", qe_mrsigner, BOTH },
	{ "dcap.qe.identity", qe_isvprodid, BOTH },
	{ "dcap.qe.identity", qe_debug, BOTH },
	{ "dcap.tcb.evaluation", evaluation, BOTH },
	{ "dcap.tcb.supported", too_low, BOTH },
	{ "dcap.tcb.supported", qe_svn, BOTH },
	{ "dcap.tcb.level", qe_svn_revoked, BOTH },
	{ "sgx.report_data", runtime, SGX },
	{ "sgx.config_id", inittime, SGX },
	{ "sgx.config_id", inittime_kss, SGX },
	{ "dcap.tcb.supported", unknown_status, SGX },
	{ "dcap.tcb.supported", td_current_unknown, TDX },
	{ "dcap.tcb.level", td_module_revoked, TDX },
	{ "tdx.module.listed", module_unknown, TDX },
	{ "tdx.module.identity", module_signer, TDX },
	{ "tdx.module.identity", seam_attributes, TDX },
	{ "tdx.report_data", runtime, TDX },
	{ "tdx.mrconfigid", inittime, TDX },
};

static bool reached[SGX_NCHECKS + TDX_NCHECKS];

static void mark(bool *seen, const struct evidence_format *f, const char *id)
{
	for (size_t i = 0; i < f->nchecks; i++)
		if (strcmp(f->checks[i].id, id) == 0)
			seen[i] = true;
}

static size_t walk(const struct evidence_format *format, enum pcs_tee tee, unsigned bit, bool *seen)
{
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *verdict;
		if (!(rows[i].tees & bit))
			continue;
		synth_begin(&s, tee);
		rows[i].change(&s);
		verdict = synth_run(&s, format);
		mark(seen, format, verdict);
		if (strcmp(verdict, rows[i].check) == 0)
			continue;
		wrong++;
		print_message("# row %zu: want %s, got %s\n%s\n", i, rows[i].check, verdict,
		    dfix_transcript(&s.f));
	}
	return wrong;
}

static void all_reached(const struct evidence_format *f, const bool *seen)
{
	for (size_t i = 0; i < f->nchecks; i++)
		if (!seen[i])
			fail_msg("%s: no row makes it fail first", f->checks[i].id);
}

/* Open Enclave's evidence with the claims given behind the quote. */
static const char *run_oe(const char *claims)
{
	static uint8_t b[SYNTH_QUOTE_MAX + 128];
	size_t n = s.len + strlen(claims);

	b[0] = 3;
	bytes_copy(b + 4, OE_UUID, 16);
	b[24] = (uint8_t)n, b[25] = (uint8_t)(n >> 8);
	bytes_copy(b + OE_EVIDENCE_HEADER_LEN, s.quote, s.len);
	bytes_copy(b + OE_EVIDENCE_HEADER_LEN + s.len, claims, strlen(claims));
	return synth_appraise(&s, &oe_format, b, OE_EVIDENCE_HEADER_LEN + n);
}

static void every_sgx_check_fails_first_for_something(void **state)
{
	(void)state;
	assert_int_equal(walk(&sgx_format, PCS_SGX, SGX, reached), 0);
	synth_begin(&s, PCS_TDX);
	mark(reached, &sgx_format, synth_run(&s, &sgx_format));
	synth_begin(&s, PCS_SGX);
	CHECK_OK(digest(s.k.c, DIGEST_SHA256, "claims", 6, s.body + 320, &s.k.e), &s.k.e);
	synth_make(&s);
	assert_string_equal(run_oe("claims"), "ok");
	mark(reached, &sgx_format, run_oe("claimz"));
	assert_string_equal(run_oe(""), "sgx.oe.claims");
	all_reached(&sgx_format, reached);
}

static void every_tdx_check_fails_first_for_something(void **state)
{
	bool *seen = reached + SGX_NCHECKS;

	(void)state;
	assert_int_equal(walk(&tdx_format, PCS_TDX, TDX, seen), 0);
	synth_begin(&s, PCS_SGX);
	mark(seen, &tdx_format, synth_run(&s, &tdx_format));
	all_reached(&tdx_format, seen);
}

/* After a failed check of authenticity nothing of the body has been believed. */
static void nothing_is_said_of_unauthentic_evidence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!(rows[i].tees & SGX) || strcmp(rows[i].check, "dcap.tcb.evaluation") == 0)
			continue;
		synth_begin(&s, PCS_SGX);
		rows[i].change(&s);
		if (strcmp(synth_run(&s, &sgx_format), "ok") == 0)
			continue;
		if (s.f.checks.first_failed < DCAP_CHECK_EVALUATION) {
			assert_null(s.f.outcome.facts);
			assert_null(s.f.outcome.tcb);
			assert_int_equal(s.f.checks.results[SGX_CHECK_REPORT_DATA].outcome, CHECK_NA);
		}
	}
}

/* A revoked status is never a way around the checks before it. */
static void revoked_hides_no_forgery(void **state)
{
	static const struct {
		synth_change *revoked, *forged;
		enum pcs_tee tee;
		const char *check;
	} both[] = {
		{ qe_svn_revoked, signature, PCS_SGX, "dcap.quote.signature" },
		{ qe_svn_revoked, qe_signature, PCS_SGX, "dcap.qe.signature" },
		{ qe_svn_revoked, rogue_root, PCS_SGX, "dcap.pck.root" },
		{ qe_svn_revoked, revoked_leaf, PCS_SGX, "dcap.crl.pck" },
		{ td_module_revoked, signature, PCS_TDX, "dcap.quote.signature" },
		{ td_module_revoked, qe_identity_signature, PCS_TDX, "dcap.qe_identity.signature" },
		{ td_module_revoked, module_signer, PCS_TDX, "tdx.module.identity" },
		{ td_module_revoked, qe_svn_revoked, PCS_TDX, "dcap.tcb.level" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
		synth_begin(&s, both[i].tee);
		both[i].revoked(&s);
		both[i].forged(&s);
		assert_string_equal(
		    synth_run(&s, both[i].tee == PCS_SGX ? &sgx_format : &tdx_format), both[i].check);
	}
	assert_string_equal(dfix_status(&s.f), "Revoked");
}

/* Collateral of one trusted root says nothing about platforms of another. */
static void roots_do_not_vouch_for_each_other(void **state)
{
	(void)state;
	CHECK_OK(x509_bundle_add(&s.f.anchors, s.k.p[ROGUE_ROOT].cert, &s.f.e), &s.f.e);
	synth_begin(&s, PCS_SGX);
	assert_string_equal(synth_run(&s, &sgx_format), "ok");
	assert_true(s.f.outcome.simulated_anchor);
	tcb_info_rogue(&s);
	assert_string_equal(synth_run(&s, &sgx_format), "dcap.tcb.chain");
	assert_string_equal(s.f.checks.results[DCAP_CHECK_TCB_CHAIN].found, "another root");
	synth_begin(&s, PCS_SGX);
	qe_identity_rogue(&s);
	assert_string_equal(synth_run(&s, &sgx_format), "dcap.qe_identity.chain");
	x509_bundle_clear(&s.f.anchors);
	CHECK_OK(x509_bundle_add(&s.f.anchors, s.k.p[ROOT].cert, &s.f.e), &s.f.e);
}

/* A chain that was verified under an anchor is not known without it. */
static void the_cache_knows_its_anchors(void **state)
{
	(void)state;
	dfix_cache(&s.f);
	synth_begin(&s, PCS_SGX);
	assert_string_equal(synth_run(&s, &sgx_format), "ok");
	assert_string_equal(synth_appraise(&s, &sgx_format, s.quote, s.len), "ok");
	x509_bundle_clear(&s.f.anchors);
	assert_string_equal(synth_appraise(&s, &sgx_format, s.quote, s.len), "dcap.pck.root");
	CHECK_OK(x509_bundle_add(&s.f.anchors, s.k.p[ROOT].cert, &s.f.e), &s.f.e);
	/* nor does a known chain outlive its certificates or lists */
	s.f.now_s = KIT_NOW + 901 * DAY;
	assert_string_equal(synth_appraise(&s, &sgx_format, s.quote, s.len), "dcap.pck.validity");
	s.f.now_s = KIT_NOW + 2 * DAY;
	assert_string_equal(synth_appraise(&s, &sgx_format, s.quote, s.len), "dcap.crl.current");
	chain_cache_free(s.f.cache);
	s.f.cache = NULL;
}

/* Without KSS the configuration id is not the enclave's to set. */
static void a_configuration_id_needs_kss(void **state)
{
	(void)state;
	synth_begin(&s, PCS_SGX);
	inittime(&s);
	bytes_copy(s.body + 192, s.f.inittime.sha256, 32);
	assert_string_equal(synth_run(&s, &sgx_format), "sgx.config_id");
	s.body[48] |= 0x80;
	assert_string_equal(synth_run(&s, &sgx_format), "ok");
	assert_non_null(strstr(dfix_transcript(&s.f), "\"x-ms-sgx-config-svn\":0"));
}

/* The lower of the two numbers is told, and both must reach the minimum. */
static void the_lower_evaluation_number_counts(void **state)
{
	(void)state;
	synth_begin(&s, PCS_SGX);
	synth_qe_identity(&s, "\"tcbEvaluationDataNumber\":20", "\"tcbEvaluationDataNumber\":19");
	s.f.settings.tcb_min_evaluation = 19;
	assert_string_equal(synth_run(&s, &sgx_format), "ok");
	assert_non_null(strstr(dfix_tcb_text(&s.f), "\"evaluationDataNumber\":19"));
	s.f.settings.tcb_min_evaluation = 20;
	assert_string_equal(synth_run(&s, &sgx_format), "dcap.tcb.evaluation");
}

/* Without the anchor nobody has certified the root; without collateral nothing can be said. */
static void nothing_is_trusted_by_itself(void **state)
{
	(void)state;
	x509_bundle_clear(&s.f.anchors);
	synth_begin(&s, PCS_SGX);
	assert_string_equal(synth_run(&s, &sgx_format), "dcap.pck.root");
	CHECK_OK(x509_bundle_add(&s.f.anchors, s.k.p[ROOT].cert, &s.f.e), &s.f.e);
	synth_make(&s);
	s.f.npieces = 0;
	assert_string_equal(dfix_run(&s.f, &sgx_format, s.quote, s.len), "missing");
	assert_string_equal(s.f.outcome.missing,
	    "root-crl root, pck-crl platform, tcb-info SGX-00aa11000000, qe-identity QE");
}

/* Each collateral item alone out of the set: said, and nothing else. */
static void each_missing_item_is_named(void **state)
{
	static const struct { const char *member, *missing; } items[] = {
		{ "tcb_info", "tcb-info SGX-00aa11000000" },
		{ "qe_identity", "qe-identity QE" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
		struct json *doc = json_object(s.k.a);
		synth_begin(&s, PCS_SGX);
		for (const struct json *m = s.doc->child; m; m = m->next)
			if (strncmp(m->name, items[i].member, strlen(items[i].member)) != 0)
				json_put(s.k.a, doc, m->name, json_copy(s.k.a, m));
		s.doc = doc;
		assert_string_equal(synth_run(&s, &sgx_format), "missing");
		assert_string_equal(s.f.outcome.missing, items[i].missing);
		assert_null(s.f.outcome.facts);
	}
}

/* Each status of a platform, with the accepted set that lacks just it. */
static void each_status_is_accepted_or_not(void **state)
{
	static const char *const statuses[] = { "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
		"ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded" };

	(void)state;
	for (unsigned i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		synth_begin(&s, PCS_SGX);
		synth_tcb_info(&s, "\"tcbStatus\":\"UpToDate\"",
		    arena_printf(s.k.a, "\"tcbStatus\":\"%s\"", statuses[i]));
		s.f.settings.tcb_accept = 1u << i;
		assert_string_equal(synth_run(&s, &sgx_format), "ok");
		assert_string_equal(dfix_status(&s.f), statuses[i]);
		s.f.settings.tcb_accept = ~(1u << i);
		assert_string_equal(synth_run(&s, &sgx_format), "dcap.tcb.level");
	}
	s.f.settings.tcb_accept = ~0u;
}

static int set_up(void **state)
{
	(void)state;
	synth_init(&s);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	synth_clear(&s);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sgx_check_fails_first_for_something),
		cmocka_unit_test(every_tdx_check_fails_first_for_something),
		cmocka_unit_test(nothing_is_said_of_unauthentic_evidence),
		cmocka_unit_test(revoked_hides_no_forgery),
		cmocka_unit_test(roots_do_not_vouch_for_each_other),
		cmocka_unit_test(nothing_is_trusted_by_itself),
		cmocka_unit_test(the_cache_knows_its_anchors),
		cmocka_unit_test(a_configuration_id_needs_kss),
		cmocka_unit_test(the_lower_evaluation_number_counts),
		cmocka_unit_test(each_missing_item_is_named),
		cmocka_unit_test(each_status_is_accepted_or_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

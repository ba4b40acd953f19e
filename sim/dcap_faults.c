#include <string.h>

#include "sim/dcap_plan.h"

#define DAY INT64_C(86400)
#define SGX (1u << SIM_SGX | 1u << SIM_OE)
#define OE (1u << SIM_OE)
#define TDX (1u << SIM_TDX)
#define ANY (SGX | TDX)
/* Offsets in the reports. */
#define SGX_FLAGS 48
#define SGX_CONFIGID 192
#define SGX_REPORT_DATA 320
#define TD_VERSION 1
#define TD_MRSIGNERSEAM 64
#define TD_SEAM_ATTRIBUTES 112
#define TD_MRCONFIGID 184
#define TD_REPORT_DATA 520
#define QE_FLAGS 48
#define QE_MRSIGNER 128
#define QE_ISVPRODID 256
#define QE_ISVSVN 258
#define QE_REPORT_DATA_TAIL 352

static void tcb_edit(struct dcap_plan *p, const char *from, const char *to)
{
	p->tcb_info.edit = (struct dcap_edit){ .from = from, .to = to };
}

static void qe_edit(struct dcap_plan *p, const char *from, const char *to)
{
	p->qe_identity.edit = (struct dcap_edit){ .from = from, .to = to };
}

/* quote */
static void quote_version(struct dcap_plan *p) { p->other_version = true; }
static void vendor(struct dcap_plan *p) { p->vendor[0] ^= 1; }
static void no_certs(struct dcap_plan *p)
{
	p->o.certification = 5;
	p->certs = "no certificate";
}
static void five_certs(struct dcap_plan *p) { p->five_certs = true; }
static void two_leaves(struct dcap_plan *p) { p->two_leaves = true; }
static void no_leaf(struct dcap_plan *p) { p->cert[DCAP_PCK].cn = "Somebody"; }
static void no_extension(struct dcap_plan *p) { p->ext.absent = true; }
static void extension_15(struct dcap_plan *p) { p->ext.ncomponents = 15; }
static void extension_twice(struct dcap_plan *p) { p->ext.twice = true; }
static void unknown_root(struct dcap_plan *p) { p->other_anchor = true; }
static void ca_other_key(struct dcap_plan *p) { p->cert[DCAP_CA].key = p->keys->other; }
static void ca_other_issuer(struct dcap_plan *p) { p->cert[DCAP_CA].issuer_key = p->keys->other; }
static void leaf_other_issuer(struct dcap_plan *p) { p->cert[DCAP_PCK].issuer_key =
    p->keys->other; }
static void ca_not_ca(struct dcap_plan *p)
{
	p->cert[DCAP_CA].ca = false;
	p->cert[DCAP_CA].pathlen = -1;
}
static void root_expired(struct dcap_plan *p)
{
	p->new_root = true;
	p->cert[DCAP_ROOT].not_after_s = p->o.now_s - DAY;
}
static void ca_expired(struct dcap_plan *p) { p->cert[DCAP_CA].not_after_s = p->o.now_s - DAY; }
static void leaf_expired(struct dcap_plan *p) { p->cert[DCAP_PCK].not_after_s = p->o.now_s - DAY; }
static void leaf_early(struct dcap_plan *p) { p->cert[DCAP_PCK].not_before_s = p->o.now_s + DAY; }
static void qe_signature(struct dcap_plan *p) { p->qe_key = p->keys->other; }
static void qe_binding(struct dcap_plan *p) { p->other_auth = true; }
static void qe_binding_tail(struct dcap_plan *p) { p->qe[QE_REPORT_DATA_TAIL] = 1; }
static void quote_signature(struct dcap_plan *p) { p->quote_key = p->keys->other; }

/* revocation lists */
static void crl_other_ca(struct dcap_plan *p)
{
	p->pck_crl.issuer = DCAP_OTHER_CA;
	p->pck_crl.key = p->keys->other;
}
static void crl_other_key(struct dcap_plan *p) { p->pck_crl.key = p->keys->other; }
static void crl_expired(struct dcap_plan *p) { p->pck_crl.next_update_s = p->o.now_s - 1; }
static void crl_early(struct dcap_plan *p) { p->pck_crl.this_update_s = p->o.now_s + 1; }
static void root_crl_expired(struct dcap_plan *p) { p->root_crl.next_update_s = p->o.now_s - 1; }
static void ca_revoked(struct dcap_plan *p) { p->root_crl.revoked = p->cert[DCAP_CA].serial; }
static void leaf_revoked(struct dcap_plan *p) { p->pck_crl.revoked = p->cert[DCAP_PCK].serial; }

/* TCB Info */
static void tcb_form(struct dcap_plan *p) { tcb_edit(p, "\"tcbType\":0", "\"tcbType\":1"); }
static void tcb_15(struct dcap_plan *p) { p->nsgx_components = 15; }
static void tcb_17(struct dcap_plan *p) { p->nsgx_components = 17; }
static void tdx_15(struct dcap_plan *p) { p->ntdx_components = 15; }
static void tdx_17(struct dcap_plan *p) { p->ntdx_components = 17; }
static void tcb_expired(struct dcap_plan *p) { p->tcb_info.expires_s = p->o.now_s - 1; }
static void tcb_early(struct dcap_plan *p) { p->tcb_info.issued_s = p->o.now_s + 1; }
static void tcb_other_root(struct dcap_plan *p)
{
	p->cert[DCAP_TCB_SIGNER].issuer = DCAP_OTHER_ROOT;
	p->cert[DCAP_TCB_SIGNER].issuer_key = p->keys->other;
	p->own_qe_signer = true;
}
static void tcb_signer_name(struct dcap_plan *p)
{
	p->cert[DCAP_TCB_SIGNER].cn = DCAP_SIM_CN_PCK;
	p->own_qe_signer = true;
}
static void tcb_other_key(struct dcap_plan *p) { p->tcb_info.key = p->keys->other; }
static void tcb_signer_expired(struct dcap_plan *p)
{
	p->cert[DCAP_TCB_SIGNER].not_after_s = p->o.now_s - DAY;
}
static void tcb_signer_revoked(struct dcap_plan *p) { p->root_crl.revoked =
    p->cert[DCAP_TCB_SIGNER].serial; }
static void tcb_other_tee(struct dcap_plan *p) { p->tcb_info_tdx = !p->tdx; }
static void tcb_other_id(struct dcap_plan *p) { tcb_edit(p, "\"id\":\"TDX\"", "\"id\":\"SGX\""); }
static void tcb_fmspc(struct dcap_plan *p) { p->tcb_fmspc[5] ^= 1; }
static void tcb_pceid(struct dcap_plan *p) { p->tcb_pceid[0] ^= 1; }

/* QE identity */
static void qeid_form(struct dcap_plan *p) { qe_edit(p, "\"version\":2", "\"version\":3"); }
static void qeid_other_root(struct dcap_plan *p)
{
	p->cert[DCAP_QE_SIGNER].issuer = DCAP_OTHER_ROOT;
	p->cert[DCAP_QE_SIGNER].issuer_key = p->keys->other;
	p->own_qe_signer = true;
}
static void qeid_other_key(struct dcap_plan *p) { p->qe_identity.key = p->keys->other; }
static void qeid_signer_expired(struct dcap_plan *p)
{
	p->cert[DCAP_QE_SIGNER].not_after_s = p->o.now_s - DAY;
	p->own_qe_signer = true;
}
static void qeid_signer_revoked(struct dcap_plan *p)
{
	p->root_crl.revoked = p->cert[DCAP_QE_SIGNER].serial;
	p->own_qe_signer = true;
}
static void qeid_other_tee(struct dcap_plan *p)
{
	qe_edit(p, p->tdx ? "\"TD_QE\"" : "\"QE\"", p->tdx ? "\"QE\"" : "\"TD_QE\"");
}
static void qeid_expired(struct dcap_plan *p) { p->qe_identity.expires_s = p->o.now_s - 1; }
static void qeid_early(struct dcap_plan *p) { p->qe_identity.issued_s = p->o.now_s + 1; }
static void qe_mrsigner(struct dcap_plan *p) { p->qe[QE_MRSIGNER] ^= 1; }
static void qe_isvprodid(struct dcap_plan *p) { p->qe[QE_ISVPRODID] ^= 3; }
static void qe_debug(struct dcap_plan *p) { p->qe[QE_FLAGS] |= 2; }

/* TCB */
static void old_evaluation(struct dcap_plan *p)
{
	p->tcb_info.evaluation--;
	p->qe_identity.evaluation--;
}
static void unknown_status(struct dcap_plan *p)
{
	tcb_edit(p, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Fine\"");
	p->tcb_info.edit.all = true;
}
static void platform_too_low(struct dcap_plan *p) { p->tcb_pcesvn++; }
static void qe_too_low(struct dcap_plan *p) { p->qe[QE_ISVSVN] = 0; }
static void status_revoked(struct dcap_plan *p) { p->o.status = "Revoked"; }
static void qe_revoked(struct dcap_plan *p) { p->o.qe_status = "Revoked"; }
static void out_of_date(struct dcap_plan *p) { p->o.status = "OutOfDate"; }
static void module_revoked(struct dcap_plan *p) { p->o.module_status = "Revoked"; }

/* bodies */
static void other_tee(struct dcap_plan *p)
{
	p->version = 4;
	p->tdx = !p->tdx;
	p->o.td_report = SIM_TD_10;
}
static void oe_claims(struct dcap_plan *p) { p->oe_claims[0] ^= 1; }
static void sgx_runtime(struct dcap_plan *p) { p->body[SGX_REPORT_DATA] ^= 1; }
static void sgx_inittime(struct dcap_plan *p) { p->body[SGX_CONFIGID] ^= 1; }
static void sgx_no_kss(struct dcap_plan *p) { p->body[SGX_FLAGS] &= 0x7F; }
static void td_runtime(struct dcap_plan *p) { p->body[TD_REPORT_DATA] ^= 1; }
static void td_inittime(struct dcap_plan *p) { p->body[TD_MRCONFIGID] ^= 1; }
static void module_unlisted(struct dcap_plan *p) { p->body[TD_VERSION] = 9; }
static void module_signer(struct dcap_plan *p) { p->body[TD_MRSIGNERSEAM] ^= 1; }
static void module_too_low(struct dcap_plan *p) { p->body[0] = 0; }
/* Where Intel's mask leaves the attributes free, they must be zero all the same. */
static void seam_attributes(struct dcap_plan *p)
{
	p->body[TD_SEAM_ATTRIBUTES] = 1;
	tcb_edit(p, "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"",
	    "\"attributesMask\":\"0000000000000000\"");
	p->tcb_info.edit.all = true;
}

enum needs { NOTHING, RUNTIME, INITTIME, CLAIMS };

static const struct row {
	struct sim_fault public;
	void (*apply)(struct dcap_plan *p);
	unsigned types;
	enum needs needs;
} rows[] = {
	{ { "quote-version", "dcap.quote.form", "quote version 9" },
	    quote_version, ANY, NOTHING },
	{ { "other-vendor", "dcap.quote.vendor", "a quoting enclave of another vendor" },
	    vendor, ANY, NOTHING },
	{ { "no-certificates", "dcap.pck.certs", "certification data without certificates" },
	    no_certs, ANY, NOTHING },
	{ { "five-certificates", "dcap.pck.certs", "five certificates with the quote" },
	    five_certs, ANY, NOTHING },
	{ { "no-leaf", "dcap.pck.leaf", "the leaf is no PCK certificate" },
	    no_leaf, ANY, NOTHING },
	{ { "two-leaves", "dcap.pck.leaf", "two PCK certificates" }, two_leaves, ANY, NOTHING },
	{ { "no-extension", "dcap.pck.extension", "a PCK certificate without Intel's extension" },
	    no_extension, ANY, NOTHING },
	{ { "extension-15", "dcap.pck.extension", "a PCK certificate of 15 components" },
	    extension_15, ANY, NOTHING },
	{ { "extension-twice", "dcap.pck.extension", "a PCK certificate with two FMSPCs" },
	    extension_twice, ANY, NOTHING },
	{ { "unknown-root", "dcap.pck.root", "the root is not the anchor" },
	    unknown_root, ANY, NOTHING },
	{ { "ca-other-key", "dcap.pck.chain",
	      "the PCK CA has another key than the leaf's issuer" },
	    ca_other_key, ANY, NOTHING },
	{ { "ca-other-issuer", "dcap.pck.chain", "the PCK CA's signature is by another key" },
	    ca_other_issuer, ANY, NOTHING },
	{ { "ca-not-ca", "dcap.pck.chain", "the PCK CA is no CA" }, ca_not_ca, ANY, NOTHING },
	{ { "leaf-other-issuer", "dcap.pck.chain",
	      "the PCK certificate's signature is by another key" },
	    leaf_other_issuer, ANY, NOTHING },
	{ { "root-expired", "dcap.pck.validity", "the root expired yesterday" },
	    root_expired, ANY, NOTHING },
	{ { "ca-expired", "dcap.pck.validity", "the PCK CA expired yesterday" },
	    ca_expired, ANY, NOTHING },
	{ { "leaf-expired", "dcap.pck.validity", "the PCK certificate expired yesterday" },
	    leaf_expired, ANY, NOTHING },
	{ { "leaf-early", "dcap.pck.validity", "the PCK certificate is valid from tomorrow on" },
	    leaf_early, ANY, NOTHING },
	{ { "qe-signature", "dcap.qe.signature",
	      "the quoting enclave's report is signed by another key" },
	    qe_signature, ANY, NOTHING },
	{ { "qe-binding", "dcap.qe.binding",
	      "the quoting enclave bound other authentication data" },
	    qe_binding, ANY, NOTHING },
	{ { "qe-binding-tail", "dcap.qe.binding",
	      "more than a digest in the quoting enclave's report data" },
	    qe_binding_tail, ANY, NOTHING },
	{ { "quote-signature", "dcap.quote.signature", "the quote is signed by another key" },
	    quote_signature, ANY, NOTHING },
	{ { "crl-other-ca", "dcap.crl.issuer", "the revocation list is the other PCK CA's" },
	    crl_other_ca, ANY, NOTHING },
	{ { "crl-other-key", "dcap.crl.signature",
	      "the revocation list's signature is by another key" },
	    crl_other_key, ANY, NOTHING },
	{ { "crl-expired", "dcap.crl.current", "the PCK CA's revocation list is out of date" },
	    crl_expired, ANY, NOTHING },
	{ { "crl-early", "dcap.crl.current", "the PCK CA's revocation list is of the future" },
	    crl_early, ANY, NOTHING },
	{ { "root-crl-expired", "dcap.crl.current", "the root's revocation list is out of date" },
	    root_crl_expired, ANY, NOTHING },
	{ { "ca-revoked", "dcap.crl.ca", "the PCK CA is revoked" }, ca_revoked, ANY, NOTHING },
	{ { "leaf-revoked", "dcap.crl.pck", "the PCK certificate is revoked" },
	    leaf_revoked, ANY, NOTHING },
	{ { "tcb-form", "dcap.tcb.form", "a TCB Info of another type" }, tcb_form, ANY, NOTHING },
	{ { "tcb-15", "dcap.tcb.form", "a level of 15 SGX components" }, tcb_15, ANY, NOTHING },
	{ { "tcb-17", "dcap.tcb.form", "a level of 17 SGX components" }, tcb_17, ANY, NOTHING },
	{ { "tdx-15", "dcap.tcb.form", "a level of 15 TDX components" }, tdx_15, TDX, NOTHING },
	{ { "tdx-17", "dcap.tcb.form", "a level of 17 TDX components" }, tdx_17, TDX, NOTHING },
	{ { "tcb-other-root", "dcap.tcb.chain", "the TCB Info's signer has another root" },
	    tcb_other_root, ANY, NOTHING },
	{ { "tcb-signer-name", "dcap.tcb.chain",
	      "the TCB Info's signer is no TCB Signing certificate" },
	    tcb_signer_name, ANY, NOTHING },
	{ { "tcb-other-key", "dcap.tcb.signature", "the TCB Info is signed by another key" },
	    tcb_other_key, ANY, NOTHING },
	{ { "tcb-signer-expired", "dcap.tcb.signer_validity",
	      "the TCB Info's signer expired yesterday" },
	    tcb_signer_expired, ANY, NOTHING },
	{ { "tcb-signer-revoked", "dcap.tcb.signer_crl", "the TCB Info's signer is revoked" },
	    tcb_signer_revoked, ANY, NOTHING },
	{ { "tcb-expired", "dcap.tcb.current", "the TCB Info is out of date" },
	    tcb_expired, ANY, NOTHING },
	{ { "tcb-early", "dcap.tcb.current", "the TCB Info is of the future" },
	    tcb_early, ANY, NOTHING },
	{ { "tcb-other-tee", "dcap.tcb.info", "the TCB Info is that of the other TEE" },
	    tcb_other_tee, ANY, NOTHING },
	{ { "tcb-other-id", "dcap.tcb.form", "a TCB Info of TDX that says it is of SGX" },
	    tcb_other_id, TDX, NOTHING },
	{ { "tcb-other-fmspc", "dcap.tcb.info", "the TCB Info is of another kind of platform" },
	    tcb_fmspc, ANY, NOTHING },
	{ { "tcb-other-pceid", "dcap.tcb.info", "the TCB Info is of another PCE" },
	    tcb_pceid, ANY, NOTHING },
	{ { "qe-identity-form", "dcap.qe_identity.form", "a QE identity of version 3" },
	    qeid_form, ANY, NOTHING },
	{ { "qe-identity-other-root", "dcap.qe_identity.chain",
	      "a forged QE identity, of another root" },
	    qeid_other_root, ANY, NOTHING },
	{ { "qe-identity-other-key", "dcap.qe_identity.signature",
	      "a forged QE identity, signed by another key" },
	    qeid_other_key, ANY, NOTHING },
	{ { "qe-identity-signer-expired", "dcap.qe_identity.signer_validity",
	      "the QE identity's signer expired yesterday" },
	    qeid_signer_expired, ANY, NOTHING },
	{ { "qe-identity-signer-revoked", "dcap.qe_identity.signer_crl",
	      "the QE identity's signer is revoked" },
	    qeid_signer_revoked, ANY, NOTHING },
	{ { "qe-identity-expired", "dcap.qe_identity.current", "the QE identity is out of date" },
	    qeid_expired, ANY, NOTHING },
	{ { "qe-identity-early", "dcap.qe_identity.current", "the QE identity is of the future" },
	    qeid_early, ANY, NOTHING },
	{ { "qe-identity-other-tee", "dcap.qe.identity",
	      "the QE identity is that of the other TEE" },
	    qeid_other_tee, ANY, NOTHING },
	{ { "qe-mrsigner", "dcap.qe.identity", "a quoting enclave of another signer" },
	    qe_mrsigner, ANY, NOTHING },
	{ { "qe-isvprodid", "dcap.qe.identity",
	      "another enclave of the quoting enclave's signer" },
	    qe_isvprodid, ANY, NOTHING },
	{ { "qe-debug", "dcap.qe.identity", "a quoting enclave that can be debugged" },
	    qe_debug, ANY, NOTHING },
	{ { "old-evaluation", "dcap.tcb.evaluation",
	      "an evaluation number one less than asked for; fails where a minimum is set" },
	    old_evaluation, ANY, NOTHING },
	{ { "unknown-status", "dcap.tcb.supported", "a TCB status that nobody knows" },
	    unknown_status, ANY, NOTHING },
	{ { "platform-too-low", "dcap.tcb.supported", "the platform is below every level" },
	    platform_too_low, ANY, NOTHING },
	{ { "qe-too-low", "dcap.tcb.supported", "the quoting enclave is below every level" },
	    qe_too_low, ANY, NOTHING },
	{ { "module-too-low", "dcap.tcb.supported", "the TDX module is below every level" },
	    module_too_low, TDX, NOTHING },
	{ { "platform-revoked", "dcap.tcb.level", "the platform's TCB is revoked" },
	    status_revoked, ANY, NOTHING },
	{ { "qe-revoked", "dcap.tcb.level", "the quoting enclave's TCB is revoked" },
	    qe_revoked, ANY, NOTHING },
	{ { "module-revoked", "dcap.tcb.level", "the TDX module's TCB is revoked" },
	    module_revoked, TDX, NOTHING },
	{ { "out-of-date", "dcap.tcb.level",
	      "the platform's TCB is out of date; fails where that is not accepted" },
	    out_of_date, ANY, NOTHING },
	{ { "other-tee", "sgx.quote.tee", "a TD's quote" }, other_tee, SGX, NOTHING },
	{ { "other-tee", "tdx.quote.tee", "an enclave's quote" }, other_tee, TDX, NOTHING },
	{ { "other-claims", "sgx.oe.claims",
	      "other custom claims than those bound (form evidence)" },
	    oe_claims, OE, CLAIMS },
	{ { "unbound-runtime-data", "sgx.report_data",
	      "report data is not the digest of the runtime data" },
	    sgx_runtime, SGX, RUNTIME },
	{ { "unbound-runtime-data", "tdx.report_data",
	      "report data is not the digest of the runtime data" },
	    td_runtime, TDX, RUNTIME },
	{ { "unbound-inittime-data", "sgx.config_id",
	      "the configuration id is not the digest of the init-time data" },
	    sgx_inittime, SGX, INITTIME },
	{ { "inittime-without-kss", "sgx.config_id",
	      "init-time data and an enclave without KSS" },
	    sgx_no_kss, SGX, INITTIME },
	{ { "unbound-inittime-data", "tdx.mrconfigid",
	      "MRCONFIGID is not the digest of the init-time data" },
	    td_inittime, TDX, INITTIME },
	{ { "module-unlisted", "tdx.module.listed",
	      "a TDX module of a version that the TCB Info does not list" },
	    module_unlisted, TDX, NOTHING },
	{ { "module-signer", "tdx.module.identity", "a TDX module of another signer" },
	    module_signer, TDX, NOTHING },
	{ { "seam-attributes", "tdx.module.identity", "a TDX module with attributes" },
	    seam_attributes, TDX, NOTHING },
};
#define NROWS (sizeof rows / sizeof rows[0])

static bool is_of(const struct row *r, enum sim_dcap_type type)
{
	return r->types & 1u << type;
}

const struct sim_fault *sim_dcap_fault_at(enum sim_dcap_type type, size_t i)
{
	for (size_t k = 0; k < NROWS; k++)
		if (is_of(&rows[k], type) && i-- == 0)
			return &rows[k].public;
	return NULL;
}

static const struct row *find(const char *name, enum sim_dcap_type type)
{
	for (size_t i = 0; name && i < NROWS; i++)
		if (is_of(&rows[i], type) && strcmp(rows[i].public.name, name) == 0)
			return &rows[i];
	return NULL;
}

static void need(struct att_bytes *data)
{
	if (!data->len)
		*data = (struct att_bytes){ (const uint8_t *)"{}", 2 };
}

bool dcap_fault_prepare(const char *name, struct dcap_plan *p, struct att_error *e)
{
	const struct row *r = find(name, p->o.type);

	if (name && !r)
		return att_fail(e, ATT_E_NOT_FOUND, "fault \"%.60s\" is unknown for %s", name,
		    sim_dcap_type_name(p->o.type));
	if (r && r->needs == RUNTIME) {
		p->o.oe_form = SIM_OE_REPORT;   /* no claims that would be found first */
		need(&p->o.runtime_data);
	}
	if (r && r->needs == INITTIME)
		need(&p->o.inittime_data);
	if (r && r->needs == CLAIMS) {
		p->o.oe_form = SIM_OE_EVIDENCE;
		need(&p->o.oe_claims);
	}
	return true;
}

void dcap_fault_apply(const char *name, struct dcap_plan *p)
{
	const struct row *r = find(name, p->o.type);

	if (r)
		r->apply(p);
}

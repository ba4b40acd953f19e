#include <ctype.h>
#include <string.h>

#include "sim/dcap_plan.h"
#include "sim/request.h"

#define DAY INT64_C(86400)
#define YEAR DCAP_SIM_YEAR
#define RELAUNCH_SVNS 2         /* by how much the module at launch is older */

static const struct { const char *name, *member; bool tdx; } types[SIM_NDCAP_TYPES] = {
	[SIM_SGX] = { "SgxEnclave", "quote", false },
	[SIM_OE] = { "OpenEnclave", "report", false },
	[SIM_TDX] = { "TdxVm", "quote", true },
};

const char *sim_dcap_type_name(enum sim_dcap_type t)
{
	return types[t].name;
}

static void fill(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i);
}

/* A server of two packages as seen in 2026. */
static void default_platform(struct sim_dcap_platform *x)
{
	static const uint8_t components[16] = { 70, 2, 2, 2, 3, 1, 0, 5 };
	static const uint8_t fmspc[6] = { 0x00, 0xAA, 0x11 };

	bytes_copy(x->components, components, sizeof components);
	bytes_copy(x->cpusvn, components, sizeof components);
	bytes_copy(x->fmspc, fmspc, sizeof fmspc);
	fill(x->ppid, sizeof x->ppid, 0xB0);
	fill(x->instance, sizeof x->instance, 0xD0);
	x->pcesvn = 13;
	x->sgx_type = 1;
	x->cached_keys = x->smt = true;
}

static void default_bodies(struct sim_dcap_options *o)
{
	static const uint8_t svn[16] = { 7, 1, 3 };

	o->enclave = (struct sim_sgx_enclave){ .flags = 0x05, .xfrm = 0xE7, .isvprodid = 1,
	    .isvsvn = 1 };
	fill(o->enclave.mrenclave, sizeof o->enclave.mrenclave, 0x10);
	fill(o->enclave.mrsigner, sizeof o->enclave.mrsigner, 0x40);
	bytes_copy(o->td.tee_tcb_svn, svn, sizeof svn);
	bytes_copy(o->td.tee_tcb_svn_2, svn, sizeof svn);
	fill(o->td.mrseam, sizeof o->td.mrseam, 0x30);
	fill(o->td.mrtd, sizeof o->td.mrtd, 0x60);
	for (size_t i = 0; i < 4; i++)
		fill(o->td.rtmr[i], sizeof o->td.rtmr[i], (uint8_t)(0x80 + 0x10 * i));
	o->td.attributes[3] = 0x10;     /* SEPT_VE_DISABLE */
	o->td.xfam[0] = 0xE7;
	o->td.xfam[2] = 0x06;
}

void sim_dcap_options_default(struct sim_dcap_options *o, enum sim_dcap_type type, int64_t now_s)
{
	*o = (struct sim_dcap_options){
		.type = type,
		.certification = 5,
		.qe_isvsvn = 8,
		.td_report = SIM_TD_10,
		.oe_form = SIM_OE_REPORT,
		.status = "UpToDate",
		.qe_status = "UpToDate",
		.module_status = "UpToDate",
		.evaluation = 20,
		.now_s = now_s,
		.issued_s = now_s - 12 * DAY,
		.expires_s = now_s + 18 * DAY,
		.tcb_date_s = (now_s - YEAR / 2) / DAY * DAY,
		.pck_not_before_s = now_s - YEAR,
		.pck_not_after_s = now_s + 6 * YEAR,
		.crl_number = 1,
	};
	fill(o->qe_id, sizeof o->qe_id, 0xE0);
	default_platform(&o->platform);
	default_bodies(o);
}

/* Names and terms of the certificates. spec: sgx-tdx §1.1 */
static void plan_certs(struct dcap_plan *p)
{
	static const char platform[] = "Intel SGX PCK Platform CA", processor[] =
	    "Intel SGX PCK Processor CA";
	const struct sim_dcap_keys *k = p->keys;
	const struct sim_dcap_options *o = &p->o;
	const bool small = o->platform.processor_ca;
	const int64_t before = o->now_s - DCAP_SIM_ROOT_BEFORE, after = o->now_s + 7 * YEAR;
	const struct dcap_cert_plan root = { DCAP_SIM_CN_ROOT, DCAP_ROOT, DCAP_SIM_ROOT_SERIAL, before,
		o->now_s + DCAP_SIM_ROOT_AFTER, true, 1, k->root, k->root };
	const struct dcap_cert_plan ca = { small ? processor : platform, DCAP_ROOT, 0x1001, before,
		after, true, 0, k->ca, k->root };
	const struct dcap_cert_plan signer = { "Intel SGX TCB Signing", DCAP_ROOT, 0x1003, before,
		after, false, -1, k->tcb_signer, k->root };
	const struct dcap_cert_plan pck = { DCAP_SIM_CN_PCK, DCAP_CA, 0x2001, o->pck_not_before_s,
		o->pck_not_after_s, false, -1, k->pck, k->ca };

	p->cert[DCAP_ROOT] = p->cert[DCAP_OTHER_ROOT] = root;
	p->cert[DCAP_OTHER_ROOT].issuer = DCAP_OTHER_ROOT;
	p->cert[DCAP_OTHER_ROOT].key = p->cert[DCAP_OTHER_ROOT].issuer_key = k->other;
	p->cert[DCAP_CA] = p->cert[DCAP_OTHER_CA] = ca;
	p->cert[DCAP_OTHER_CA].cn = small ? platform : processor;
	p->cert[DCAP_OTHER_CA].serial++;
	p->cert[DCAP_OTHER_CA].key = k->other;
	p->cert[DCAP_PCK] = pck;
	p->cert[DCAP_TCB_SIGNER] = p->cert[DCAP_QE_SIGNER] = signer;
	p->cert[DCAP_QE_SIGNER].serial++;
	p->new_root = o->url != NULL;
}

static void plan_lists(struct dcap_plan *p)
{
	const struct sim_dcap_options *o = &p->o;

	p->root_crl = (struct dcap_crl_plan){ DCAP_ROOT, p->keys->root, o->issued_s, o->expires_s,
		o->crl_number, o->revoke_ca ? p->cert[DCAP_CA].serial : 0 };
	p->pck_crl = (struct dcap_crl_plan){ DCAP_CA, p->keys->ca, o->issued_s, o->expires_s,
	    o->crl_number,
		o->revoke_pck ? p->cert[DCAP_PCK].serial : 0 };
}

static void plan_documents(struct dcap_plan *p)
{
	const struct sim_dcap_options *o = &p->o;

	p->tcb_info = p->qe_identity = (struct dcap_doc_plan){ .key = p->keys->tcb_signer,
		.issued_s = o->issued_s, .expires_s = o->expires_s, .evaluation = o->evaluation };
	p->tcb_info_tdx = p->tdx;
	bytes_copy(p->tcb_fmspc, o->platform.fmspc, sizeof p->tcb_fmspc);
	bytes_copy(p->tcb_pceid, o->platform.pceid, sizeof p->tcb_pceid);
	p->tcb_pcesvn = o->platform.pcesvn;
}

/* The two statuses of a relaunch are ways of writing the others. spec: sgx-tdx §5.2 */
static bool plan_status(struct dcap_plan *p, struct att_error *e)
{
	static const struct { const char *name, *platform; } relaunch[] = {
		{ "TDRelaunchAdvised", "UpToDate" },
		{ "TDRelaunchAdvisedConfigurationNeeded", "ConfigurationNeeded" },
	};
	struct sim_td *t = &p->o.td;

	for (size_t i = 0; i < sizeof relaunch / sizeof relaunch[0]; i++)
		if (strcmp(p->o.status, relaunch[i].name) == 0) {
			p->o.status = relaunch[i].platform;
			p->o.relaunch = true;
		}
	if (!p->o.relaunch)
		return true;
	if (!p->tdx || p->o.td_report == SIM_TD_10 || t->tee_tcb_svn_2[0] < RELAUNCH_SVNS ||
	    t->tee_tcb_svn[1] == 0)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "a relaunch is advised to TDs with a report 1.5 and a module of version 1 or later only");
	t->tee_tcb_svn[0] = (uint8_t)(t->tee_tcb_svn_2[0] - RELAUNCH_SVNS);
	return true;
}

/* Texts go into JSON as they are. */
static bool check_texts(const struct sim_dcap_options *o, struct att_error *e)
{
	for (size_t i = 0; i < o->nadvisories; i++)
		for (const char *s = o->advisories[i]; *s; s++)
			if (!isalnum((unsigned char)*s) && *s != '-')
				return att_fail(e, ATT_E_OPERATION,
				    "advisory \"%.40s\": want letters, digits and -",
				    o->advisories[i]);
	return true;
}

static bool plan_versions(struct dcap_plan *p, struct att_error *e)
{
	const unsigned least = p->tdx ? 4 : 3, own = p->o.td_report == SIM_TD_10 ? 4 : 5;
	const unsigned version = p->o.quote_version;

	p->version = version ? version : p->tdx ? own : 3;
	if (p->version < least || p->version > 5 || (p->tdx && p->version < own))
		return att_fail(e, ATT_E_UNSUPPORTED, "quote version %u does not carry %s",
		    p->version,
		    !p->tdx ? "an enclave's report" : own == 4 ? "a TD report" : "a TD report 1.5");
	if (p->o.certification < 1 || p->o.certification > 5)
		return att_fail(e, ATT_E_UNSUPPORTED, "certification data type %u, want 1 to 5",
		    p->o.certification);
	return true;
}

bool dcap_plan_begin(struct crypto *c, struct arena *a, const struct sim_dcap_keys *keys,
    const struct sim_dcap_options *o, struct dcap_plan *p, struct att_error *e)
{
	static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94,
	    0x0a, 0x0d,
		0xb3, 0x95, 0x7f, 0x06, 0x07 };
	struct att_bytes claims;

	*p = (struct dcap_plan){
		.o = *o, .keys = keys, .c = c, .a = a, .tdx = types[o->type].tdx, .key_type = 2,
		.quote_key = keys->attestation, .qe_key = keys->pck, .ext = { .ncomponents = 16 },
		.nsgx_components = DCAP_SIM_COMPONENTS, .ntdx_components = DCAP_SIM_COMPONENTS,
	};
	bytes_copy(p->vendor, intel, sizeof intel);
	if (!dcap_fault_prepare(o->fault, p, e) || !check_texts(o, e) || !plan_versions(p, e) ||
	    !plan_status(p, e))
		return false;
	plan_certs(p);
	plan_lists(p);
	plan_documents(p);
	if (!dcap_bodies_make(p, e))
		return false;
	claims = o->oe_claims.len ? o->oe_claims : p->o.runtime_data;
	p->noe_claims = claims.len;
	p->oe_claims = arena_memdup(a, claims.data ? claims.data : (const uint8_t *)"", claims.len);
	if (!p->oe_claims)
		return arena_fail(a, e);
	dcap_fault_apply(o->fault, p);
	return true;
}

static bool text(const struct dcap_plan *p, const char *s, struct sim_bytes *out,
    struct att_error *e)
{
	*out = (struct sim_bytes){ (const uint8_t *)s, s ? strlen(s) : 0 };
	return s ? true : arena_fail(p->a, e);
}

/* spec: rest-api §5.2 */
static bool write_request(const struct dcap_plan *p, struct sim_dcap_output *out,
    struct att_error *e)
{
	const struct sim_request r = {
		.member = types[p->o.type].member,
		.evidence = { out->evidence.p, out->evidence.n },
		.runtime_data = p->o.runtime_data,
		.inittime_data = p->o.inittime_data,
		.data_type = p->o.binary_data ? "Binary" : "JSON",
		.nonce = p->o.nonce,
	};

	return sim_request_write(p->a, &r, &out->request_json, e);
}

static bool write_all(const struct dcap_plan *p, const struct dcap_certs *certs,
    struct sim_dcap_output *out,
    struct att_error *e)
{
	const enum dcap_party anchor = p->other_anchor ? DCAP_OTHER_ROOT : DCAP_ROOT;

	return text(p, dcap_chain_pem(p, certs, anchor, 1), &out->root_pem, e) &&
	    text(p, dcap_chain_pem(p, certs, DCAP_PCK, 3), &out->pck_chain_pem, e) &&
	    dcap_quote(p, certs, out, e) && dcap_collateral(p, certs, out, e) && write_request(p,
	    out, e);
}

bool dcap_plan_write(const struct dcap_plan *p, struct sim_dcap_output *out, struct att_error *e)
{
	struct dcap_certs certs = { 0 };
	struct sim_dcap_output t = { 0 };
	bool ok;

	if (!dcap_certs_make(p, &certs, e))
		return false;
	ok = write_all(p, &certs, &t, e);
	dcap_certs_clear(&certs);
	if (ok)
		*out = t;
	return ok;
}

bool sim_dcap_make(struct crypto *c, struct arena *a, const struct sim_dcap_keys *keys,
    const struct sim_dcap_options *o, struct sim_dcap_output *out, struct att_error *e)
{
	struct dcap_plan *p = arena_alloc(a, sizeof *p);

	if (!p)
		return arena_fail(a, e);
	return dcap_plan_begin(c, a, keys, o, p, e) && dcap_plan_write(p, out, e);
}

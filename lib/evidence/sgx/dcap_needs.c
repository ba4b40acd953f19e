#include <string.h>

#include "lib/base/hex.h"
#include "lib/evidence/sgx/dcap.h"

#define QE_ID_LEN 16                    /* of the header's user data */
#define PLATFORM_LEN 20 /* CPUSVN, PCESVN and PCE-ID at the end of certification data 1 to 3 */

const char *dcap_enclave_id(const struct dcap *v)
{
	return pcs_enclave_name(v->tee == PCS_SGX ? PCS_QE : PCS_TD_QE);
}

/* The property is SGX's; a word leaves the choice to the operator. spec: sgx-tdx §9.3 */
static const char *baseline(const struct dcap *v)
{
	return v->tee == PCS_SGX && v->t->baseline ? v->t->baseline : "";
}

uint32_t dcap_evaluation_wanted(const struct dcap *v)
{
	uint64_t n = 0;

	for (const char *p = baseline(v); *p; p++) {
		if (*p < '0' || *p > '9' || n > UINT32_MAX)
			return 0;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	return n > UINT32_MAX ? 0 : (uint32_t)n;
}

static void need(struct dcap *v, enum collateral_kind kind, const char *key, bool is_there)
{
	bool numbered = kind == COLLATERAL_TCB_INFO || kind == COLLATERAL_QE_IDENTITY;

	outcome_need(v->o,
	    &(struct att_need){
		.kind = collateral_kind_name(kind),
		.key = key,
		.baseline = numbered ? baseline(v) : "",
		.is_authentic = v->chain.pck.ca != NULL,
		.is_there = is_there,
	    });
}

/*
 * What Intel's service is asked for such a certificate by: behind the PPID stand CPUSVN, PCESVN and
 * PCE-ID.  One published sample ends before the PCE-ID, of which only 0 is known.  spec: sgx-tdx
 * §2.5 types 1 to 3, §8.1
 */
static const char *pck_key(struct dcap *v)
{
	static const size_t ppid[] = { [CERT_PPID_PLAIN] = 16, [CERT_PPID_RSA2048] = 256,
		[CERT_PPID_RSA3072] = 384 };
	struct rd data = v->q->certification_data;
	uint8_t cpusvn[16], pcesvn[2], pceid[2] = { 0 };
	char qe[2 * QE_ID_LEN + 1], hex[3][33];

	if (!rd_skip(&data, ppid[v->q->certification]) || !rd_copy(&data, cpusvn, sizeof cpusvn) ||
	    !rd_copy(&data, pcesvn, sizeof pcesvn))
		return NULL;
	if (rd_left(&data) >= sizeof pceid && !rd_copy(&data, pceid, sizeof pceid))
		return NULL;
	hex_encode(v->q->header.user_data, QE_ID_LEN, qe);
	hex_encode(pceid, sizeof pceid, hex[0]);
	hex_encode(cpusvn, sizeof cpusvn, hex[1]);
	hex_encode(pcesvn, sizeof pcesvn, hex[2]);
	return arena_printf(v->a, "%s-%s-%s-%s", qe, hex[0], hex[1], hex[2]);
}

/* A quote that carries no certificate names its platform by what nobody signed. */
static void need_pck(struct dcap *v)
{
	if (v->q->certification == CERT_PCK_LEAF || v->q->certification == CERT_PCK_CHAIN)
		return;
	outcome_need(v->o,
	    &(struct att_need){ .kind = "pck-cert",
		.key = pck_key(v),
		.baseline = "",
		.is_there = v->chain.pck.leaf != NULL });
}

bool dcap_tell_needs(struct dcap *v)
{
	const struct x509_cert *leaf = v->chain.pck.leaf;
	const char *ca = leaf ? pck_ca_kind(x509_issuer_cn(leaf)) : NULL, *platform = NULL;

	if (leaf) {
		platform = collateral_fmspc_key(v->a, v->tee, v->chain.pck.ext.fmspc);
		if (!platform)
			return arena_fail(v->a, &v->fault);
	}
	need_pck(v);
	need(v, COLLATERAL_ROOT_CRL, "root", v->items.root_crl);
	need(v, COLLATERAL_PCK_CRL, ca, v->items.pck_crl);
	need(v, COLLATERAL_TCB_INFO, platform, v->items.tcb_info);
	need(v, COLLATERAL_QE_IDENTITY, dcap_enclave_id(v), v->items.qe_identity);
	return true;
}

bool dcap_look_up(struct dcap *v)
{
	if (!v->t->look_up)
		return true;
	if (!dcap_tell_needs(v))
		return false;
	v->found = *v->t;
	v->t = &v->found;
	return v->t->look_up(v->t->look_up_state, v->o->needs, v->o->nneeds, &v->found, &v->fault);
}

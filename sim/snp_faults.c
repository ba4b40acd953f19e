#include <stdio.h>
#include <string.h>

#include "sim/snp_plan.h"

#define DIGITAL_SIGNATURE 1u            /* bits 0 and 6 of keyUsage */
#define CRL_SIGN (1u << 6)
#define DAY ((int64_t)86400)

static void patch_before(struct snp_plan *p, size_t off, uint8_t value)
{
	p->before = (struct snp_patch){ off, value, true };
}

static void reserved_bytes(struct snp_plan *p) { patch_before(p, 0x4D, 1); }
static void unknown_version(struct snp_plan *p) { p->o.version = 6; }
static void signature_algo(struct snp_plan *p) { p->signature_algo = 2; }
static void policy_reserved(struct snp_plan *p) { p->o.policy &= ~((uint64_t)1 << 17); }
static void policy_unknown(struct snp_plan *p) { p->o.policy |= (uint64_t)1 << 26; }
static void signing_key_none(struct snp_plan *p) { p->signing_key = 7; }
static void vlek(struct snp_plan *p) { p->signing_key = 1; }
static void mask_chip_key(struct snp_plan *p) { p->o.mask_chip_key = true; }
static void host_report(struct snp_plan *p) { p->o.vmpl = UINT32_MAX; }
static void broken_pem(struct snp_plan *p) { p->broken_pem = true; }
static void second_leaf(struct snp_plan *p) { p->second_leaf = true; }
static void p256_leaf(struct snp_plan *p) { p->p256_leaf = true; }
static void leaf_no_hwid(struct snp_plan *p) { p->ext.hwid_len = 0; }
static void leaf_no_snp(struct snp_plan *p) { p->ext.has_snp = false; }
static void leaf_both_ids(struct snp_plan *p) { p->ext.csp_id = "CN=both"; }
static void unknown_root(struct snp_plan *p) { p->other_anchor = true; }
static void leaf_csp_only(struct snp_plan *p) { p->ext.hwid_len = 0; p->ext.csp_id = "CN=provider"; }
static void ark_not_ca(struct snp_plan *p) { p->ark.ca = false; }
static void ark_not_self(struct snp_plan *p) { p->ark.issuer_key = p->keys->asvk; }
static void ica_other_key(struct snp_plan *p) { p->ica.issuer_key = p->keys->asvk; }
static void ica_no_key_usage(struct snp_plan *p) { p->ica.key_usage = 0; }
static void ica_not_ca(struct snp_plan *p) { p->ica.ca = false; }
static void ica_key_usage(struct snp_plan *p) { p->ica.key_usage = DIGITAL_SIGNATURE; }
static void leaf_other_issuer(struct snp_plan *p) { p->leaf.issuer_key = p->keys->asvk; }
static void ark_expired(struct snp_plan *p) { p->ark.not_after_s = p->o.now_s - DAY; }
static void ica_expired(struct snp_plan *p) { p->ica.not_after_s = p->o.now_s - DAY; }
static void leaf_expired(struct snp_plan *p) { p->leaf.not_after_s = p->o.now_s - DAY; }
static void leaf_early(struct snp_plan *p) { p->leaf.not_before_s = p->o.now_s + DAY; }
static void no_crl(struct snp_plan *p) { p->no_crl = true; }
static void crl_other_key(struct snp_plan *p) { p->crl_key = p->keys->asvk; }
static void crl_expired(struct snp_plan *p) { p->crl_next_update_s = p->o.now_s - 1; }
static void ica_revoked(struct snp_plan *p) { p->o.revoke_ica = true; }
static void ica_small_key(struct snp_plan *p) { p->small_ica = true; }
static void ica_pkcs1(struct snp_plan *p) { p->ica.alg = SIG_RSA_PKCS1_SHA384; }
static void leaf_pkcs1(struct snp_plan *p) { p->leaf.alg = SIG_RSA_PKCS1_SHA384; }
static void leaf_other_tcb(struct snp_plan *p) { p->ext.tcb.microcode++; }
static void leaf_fmc(struct snp_plan *p) { p->ext.has_fmc = !p->ext.has_fmc; }
static void masked_chip_id(struct snp_plan *p) { p->o.masked_chip_id = true; }
static void leaf_other_hwid(struct snp_plan *p) { p->ext.hwid[0] ^= 1; }
static void other_signer(struct snp_plan *p) { p->report_key = p->keys->other_leaf; }
static void signature_high(struct snp_plan *p) { p->after = (struct snp_patch){ 0x2A0 + 48, 1, true }; }
static void tcb_reserved(struct snp_plan *p) { patch_before(p, 0x1E0 + 5, 1); }
static void reported_above(struct snp_plan *p) { p->o.reported.microcode = p->ext.tcb.microcode = 0xFF; }
static void launch_above(struct snp_plan *p) { p->o.launch.microcode = 0xFF; }
static void version_order(struct snp_plan *p) { p->o.committed_version.build++; }
static void policy_abi(struct snp_plan *p) { p->o.policy |= 0xFF00; }
static void unbound_report_data(struct snp_plan *p) { p->unbound_report_data = true; }
static void unbound_host_data(struct snp_plan *p) { p->unbound_host_data = true; }

/* The leaf's chain is of the other kind, while the report says what it said. */
static void other_chain(struct snp_plan *p)
{
	(void)snprintf(p->leaf.cn, sizeof p->leaf.cn, "SEV-VLEK");
}

static void asvk_chain(struct snp_plan *p)
{
	(void)snprintf(p->ica.cn, sizeof p->ica.cn, "SEV-VLEK-%s", p->o.product);
	(void)snprintf(p->leaf.issuer_cn, sizeof p->leaf.issuer_cn, "SEV-VLEK-%s", p->o.product);
}

/* By a list of the intermediate, which for this may sign lists. */
static void leaf_revoked(struct snp_plan *p)
{
	p->ica.key_usage |= CRL_SIGN;
	p->crl_of_ica = true;
	p->crl_key = p->ica.key;
	p->o.revoke_ica = true;
}

/* All of the leaf in the other layout, Turin's instead of Milan's or the reverse. */
static void leaf_other_layout(struct snp_plan *p)
{
	struct snp_ext_plan *x = &p->ext;

	x->has_fmc = !x->has_fmc;
	x->has_spl4 = !x->has_fmc;
	x->struct_version = x->has_fmc ? 1 : 0;
	x->hwid_len = x->has_fmc ? 8 : 64;
}

static void unknown_cpuid(struct snp_plan *p)
{
	p->o.version = p->o.version < 3 ? 3 : p->o.version;
	p->o.cpuid[0] = 0x17;
}

static void other_cpuid(struct snp_plan *p)
{
	p->o.version = p->o.version < 3 ? 3 : p->o.version;
	p->o.cpuid[0] = 0x19;
	p->o.cpuid[1] = strcmp(p->o.product, "Milan") == 0 ? 0x11 : 0x01;
}

static void leaf_other_product(struct snp_plan *p)
{
	(void)snprintf(p->ext.product, sizeof p->ext.product, "Milano");
}

/* Firmware never reports a committed TCB above what runs. */
static void committed_above(struct snp_plan *p)
{
	p->o.committed.microcode = 0xFF;
}

static void old_firmware(struct snp_plan *p)
{
	p->o.reported.snp = p->ext.tcb.snp = 0;
}

static const struct row {
	struct sim_fault public;
	void (*apply)(struct snp_plan *p);
} rows[] = {
	{ { "reserved-bytes", "snp.report.form", "a reserved byte of the report is 1" },
	    reserved_bytes },
	{ { "unknown-version", "snp.report.version", "report version 6" }, unknown_version },
	{ { "signature-algo", "snp.report.signature_algo", "signature algorithm 2" },
	    signature_algo },
	{ { "policy-reserved", "snp.report.policy", "guest policy bit 17 is 0" }, policy_reserved },
	{ { "policy-unknown", "snp.report.policy", "guest policy bit 26 is 1" }, policy_unknown },
	{ { "signing-key-none", "snp.report.signing_key", "the report says it is not signed" },
	    signing_key_none },
	{ { "vlek", "snp.report.vlek_allowed", "the report says a VLEK signed it" }, vlek },
	{ { "mask-chip-key", "snp.report.mask_chip_key", "MASK_CHIP_KEY is set" }, mask_chip_key },
	{ { "host-report", "snp.report.vmpl", "the host asked for the report" }, host_report },
	{ { "broken-pem", "snp.certs.form", "the certificate chain is damaged" }, broken_pem },
	{ { "vlek-chain", "snp.leaf.kind", "a VLEK certificate with a report signed by a VCEK" },
	    other_chain },
	{ { "second-leaf", "snp.leaf.single", "two leaf certificates" }, second_leaf },
	{ { "leaf-p256", "snp.leaf.key", "the leaf certifies a P-256 key" }, p256_leaf },
	{ { "leaf-pkcs1", "snp.leaf.key", "the leaf is signed with PKCS#1 v1.5 padding" },
	    leaf_pkcs1 },
	{ { "leaf-no-hwid", "snp.leaf.extensions", "the leaf names no chip" }, leaf_no_hwid },
	{ { "leaf-no-snp", "snp.leaf.extensions", "the leaf lacks a TCB component" }, leaf_no_snp },
	{ { "leaf-fmc", "snp.leaf.extensions",
	      "the leaf has, or lacks, an FMC component against its layout" },
	    leaf_fmc },
	{ { "leaf-csp-only", "snp.leaf.extensions", "a VCEK that names a provider and no chip" },
	    leaf_csp_only },
	{ { "leaf-both-ids", "snp.leaf.extensions", "the leaf names a chip and a provider" },
	    leaf_both_ids },
	{ { "unknown-cpuid", "snp.product", "a processor of no known product line" },
	    unknown_cpuid },
	{ { "other-cpuid", "snp.product.chain",
	      "a processor of another product line than the chain" },
	    other_cpuid },
	{ { "asvk-chain", "snp.product.chain", "a VCEK issued by the CA of VLEKs" }, asvk_chain },
	{ { "leaf-other-product", "snp.product.name", "the leaf names another product" },
	    leaf_other_product },
	{ { "unknown-root", "snp.ark.pinned", "the root is not the anchor" }, unknown_root },
	{ { "ark-not-ca", "snp.chain.ark", "the root is no CA" }, ark_not_ca },
	{ { "ark-not-self-signed", "snp.chain.ark", "the root's signature is by another key" },
	    ark_not_self },
	{ { "ica-other-key", "snp.chain.ica", "the intermediate's signature is by another key" },
	    ica_other_key },
	{ { "ica-no-key-usage", "snp.chain.ica", "the intermediate has no keyUsage" },
	    ica_no_key_usage },
	{ { "ica-small-key", "snp.chain.ica", "the intermediate has an RSA-2048 key" },
	    ica_small_key },
	{ { "ica-pkcs1", "snp.chain.ica", "the intermediate is signed with PKCS#1 v1.5 padding" },
	    ica_pkcs1 },
	{ { "ica-not-ca", "snp.chain.leaf", "the intermediate is no CA" }, ica_not_ca },
	{ { "ica-key-usage", "snp.chain.leaf", "the intermediate may not sign certificates" },
	    ica_key_usage },
	{ { "leaf-other-issuer", "snp.chain.leaf", "the leaf's signature is by another key" },
	    leaf_other_issuer },
	{ { "ark-expired", "snp.validity.ark", "the root expired yesterday" }, ark_expired },
	{ { "ica-expired", "snp.validity.ica", "the intermediate expired yesterday" },
	    ica_expired },
	{ { "leaf-expired", "snp.validity.leaf", "the leaf expired yesterday" }, leaf_expired },
	{ { "leaf-early", "snp.validity.leaf", "the leaf is valid from tomorrow on" }, leaf_early },
	{ { "no-crl", "snp.crl.present", "there is no revocation list" }, no_crl },
	{ { "crl-other-key", "snp.crl.signature",
	      "the revocation list's signature is by another key" },
	    crl_other_key },
	{ { "crl-expired", "snp.crl.current", "the revocation list is out of date" }, crl_expired },
	{ { "ica-revoked", "snp.crl.revoked", "the intermediate is revoked" }, ica_revoked },
	{ { "leaf-revoked", "snp.crl.revoked", "the leaf is revoked by the intermediate" },
	    leaf_revoked },
	{ { "leaf-other-tcb", "snp.leaf.tcb", "the leaf is for another TCB" }, leaf_other_tcb },
	{ { "leaf-other-layout", "snp.leaf.tcb", "the leaf has the layout of another product" },
	    leaf_other_layout },
	{ { "masked-chip-id", "snp.chip_id.present", "the host masked the chip id" },
	    masked_chip_id },
	{ { "leaf-other-hwid", "snp.leaf.hwid", "the leaf is for another chip" }, leaf_other_hwid },
	{ { "other-signer", "snp.signature", "the report is signed by another key" },
	    other_signer },
	{ { "signature-high", "snp.signature", "R is larger than the field allows" },
	    signature_high },
	{ { "tcb-reserved", "snp.tcb.reserved", "a reserved byte of the committed TCB is 1" },
	    tcb_reserved },
	{ { "reported-above", "snp.tcb.reported", "reported TCB above the committed one" },
	    reported_above },
	{ { "committed-above", "snp.tcb.committed", "committed TCB above the current one" },
	    committed_above },
	{ { "launch-above", "snp.tcb.launch", "TCB at launch above the current one" },
	    launch_above },
	{ { "version-order", "snp.firmware.order",
	      "committed firmware newer than the current one" },
	    version_order },
	{ { "policy-abi", "snp.policy.abi",
	      "the guest policy demands a newer ABI than the firmware has" },
	    policy_abi },
	{ { "old-firmware", "snp.tcb.minimum", "reported SNP firmware of SVN 0" }, old_firmware },
	{ { "unbound-runtime-data", "snp.report_data",
	      "report data is not the digest of the runtime data" },
	    unbound_report_data },
	{ { "unbound-inittime-data", "snp.host_data",
	      "host data is not the digest of the init-time data" },
	    unbound_host_data },
};
#define NROWS (sizeof rows / sizeof rows[0])

const struct sim_fault *sim_snp_fault_at(size_t i)
{
	return i < NROWS ? &rows[i].public : NULL;
}

bool snp_fault_apply(const char *name, struct snp_plan *p, struct att_error *e)
{
	for (size_t i = 0; name && i < NROWS; i++)
		if (strcmp(rows[i].public.name, name) == 0) {
			rows[i].apply(p);
			return true;
		}
	return name ? att_fail(e, ATT_E_NOT_FOUND, "fault \"%.60s\" is unknown", name) : true;
}

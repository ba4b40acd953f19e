#include <string.h>

#include "lib/attest/appraisal.h"

/* By check id (a prefix ending in '.' stands for the family); the first row that fits. */
static const struct hint_row {
	const char *id, *hint;
} check_hints[] = {
	{ "request.nonce", "ask the attester for fresh evidence with the nonce you gave" },
	{ "snp.report.form",
	    "an SEV-SNP report is 1184 bytes; attest inspect shows what the file is" },
	{ "snp.report.vlek_allowed",
	    "allow cloud-provider keys with the relaxation vlek if you trust the provider" },
	{ "snp.report.vmpl", "ask for the report inside the guest, not from the host" },
	{ "snp.report.",
	    "the report was changed, or made by firmware that this version does not know" },
	{ "snp.leaf.kind",
	    "send the certificate of the key that signed: a VCEK report needs its VCEK, a VLEK "
	    "report its VLEK" },
	{ "snp.leaf.tcb",
	    "fetch the VCEK for the reported TCB of this report, not for the current one" },
	{ "snp.leaf.hwid",
	    "fetch the VCEK of this very chip: certificates of another machine do not fit" },
	{ "snp.ark.pinned",
	    "only AMD's roots are trusted; a simulated root must be given as an anchor for this "
	    "run" },
	{ "snp.chain.",
	    "send the ASK (or ASVK) and ARK that AMD's key distribution service gives for this "
	    "product" },
	{ "snp.validity.",
	    "fetch the certificate again from AMD's key distribution service, and check this "
	    "machine's clock" },
	{ "snp.crl.revoked",
	    "AMD revoked this key: take the machine out of service and update its firmware" },
	{ "snp.crl.",
	    "fetch AMD's current revocation list, or allow no-crl for evidence that needs none" },
	{ "snp.chip_id.present", "turn chip id masking off on the host, or allow masked-chip-id" },
	{ "snp.signature",
	    "the report or its certificate was changed on the way; send both as the firmware gave "
	    "them" },
	{ "snp.tcb.minimum", "update the machine's firmware and microcode, or lower snp.min_tcb" },
	{ "snp.report_data",
	    "send the runtime data byte for byte as it was hashed into the report" },
	{ "deny.", "the operator refuses this attester by name: take it out of service, or ask "
	    "the operator why" },
	{ "snp.host_data", "send the init-time data byte for byte as it was hashed at launch" },
	{ "snp.leaf.single", "send one endorsement certificate: that of the key that signed this report" },
	{ "snp.leaf.", "fetch the certificate again: AMD issues none of this form" },
	{ "snp.product", "Milan, Genoa and Turin are known: other processors need a newer version of this" },
	{ "snp.product.",
	    "send certificates of the product line of this processor; attest inspect names that of each" },
	{ "snp.tcb.",
	    "no firmware of AMD's makes such versions: check that the report is whole, and update the "
	    "machine's firmware" },
	{ "snp.firmware.",
	    "no firmware of AMD's makes such versions: check that the report is whole, and update the "
	    "machine's firmware" },
	{ "snp.policy.abi",
	    "the guest demands a newer firmware than it runs on: update the machine's firmware, or start the "
	    "guest with a lower minimum" },
	{ "snp.certs.",
	    "a certificate sent with the report is damaged; send them as the firmware or AMD gave them" },
	{ "dcap.quote.form", "attest inspect shows what the file is; send the quote whole, as the "
	    "platform gave it" },
	{ "dcap.quote.vendor", "use Intel's quoting enclave: quotes of others are not accepted" },
	{ "dcap.pck.root",
	    "only Intel's root key is trusted; a simulated root must be given as an anchor for "
	    "this run" },
	{ "dcap.pck.validity",
	    "have the platform fetch its PCK certificate again, and check this machine's clock" },
	{ "dcap.pck.",
	    "have the platform make quotes that carry its PCK certificate chain (certification "
	    "data type 5), "
	    "registered with Intel" },
	{ "dcap.qe.identity",
	    "update the platform's DCAP packages, so that Intel's current quoting enclave makes "
	    "the quotes" },
	{ "dcap.qe.", "the quote was changed on the way, or was not made by Intel's quoting "
	    "enclave: make a new one" },
	{ "dcap.quote.signature", "the quote was changed on the way: send it byte for byte as the "
	    "platform gave it" },
	{ "dcap.crl.ca", "Intel revoked the CA of this platform's certificate: have the platform "
	    "get a new one" },
	{ "dcap.crl.pck", "Intel revoked this platform's key: take the machine out of service" },
	{ "dcap.crl.issuer",
	    "fetch the revocation lists of this platform with attest collateral fetch --evidence" },
	{ "dcap.crl.",
	    "fetch Intel's current revocation lists, with attest collateral fetch; attest "
	    "collateral status shows "
	    "those at hand" },
	{ "dcap.tcb.level",
	    "raise what is named as short (components and PCESVN: firmware and microcode update; "
	    "TDX module, QE: "
	    "their packages), or accept the status with tcb.accept" },
	{ "dcap.tcb.supported",
	    "the platform is below everything that Intel supports: update what is named as short first" },
	{ "dcap.tcb.evaluation",
	    "fetch collateral of a newer evaluation number, or lower the minimum that is configured" },
	{ "dcap.tcb.info",
	    "fetch the TCB Info of this platform's FMSPC, with attest collateral fetch --evidence" },
	{ "dcap.tcb.signer_crl", "Intel revoked the signer of this TCB Info: fetch the current one" },
	{ "dcap.qe_identity.signer_crl", "Intel revoked the signer of this QE identity: fetch the "
	    "current one" },
	{ "dcap.tcb.",
	    "fetch the TCB Info anew, with attest collateral fetch; attest collateral status says "
	    "what is wrong "
	    "with the one at hand" },
	{ "dcap.qe_identity.",
	    "fetch the QE identity anew, with attest collateral fetch; attest collateral status "
	    "says what is "
	    "wrong with the one at hand" },
	{ "sgx.oe.claims", "send Open Enclave's evidence whole, with its custom claims behind the "
	    "quote" },
	{ "sgx.report_data", "send the runtime data byte for byte as it was hashed into the report" },
	{ "sgx.config_id", "send the init-time data byte for byte as it was hashed into the "
	    "configuration id" },
	{ "sgx.quote.tee", "this is the quote of a trust domain: send it as TdxVm" },
	{ "tdx.quote.tee", "this is the quote of an SGX enclave: send it as SgxEnclave" },
	{ "tdx.module.", "load a TDX module that Intel released, with the host's firmware update" },
	{ "tdx.report_data", "send the runtime data byte for byte as it was hashed into the report" },
	{ "tpm.ak.vouched",
	    "enrol the machine (attest submit --enrol), send its AK certificate, or name the key in "
	    "--ak-names or measured_boot.ak_names if you know it to be in a TPM" },
	{ "tpm.ak.certificate.chain",
	    "give the certificates of the issuer with --anchors, or enrol the machine" },
	{ "tpm.ak.certificate.",
	    "have the machine fetch or renew its attestation key certificate (enrolment gives one)" },
	{ "tpm.ak.",
	    "make a restricted signing key inside the TPM (attest collect does), RSA 2048 or P-256, "
	    "named by SHA-256" },
	{ "tpm.context.current", "ask for a new challenge, and answer it before it expires" },
	{ "tpm.context.", "ask for a new challenge: each is sealed by one provider and may be used once" },
	{ "tpm.message.algorithm", "sign with PS256 (RSASSA-PSS, SHA-256, salt of 32 bytes) and no crit" },
	{ "tpm.message.signature",
	    "sign header and payload as sent, with the key of request_key.jwk (version 1: attest_key)" },
	{ "tpm.message.challenge", "send back the challenge that came with this service_context" },
	{ "tpm.message.request_key",
	    "quote SHA-256(jwk as sent || 0 || challenge) and say tpm_quote, or certify the key and say "
	    "tpm_certify" },
	{ "tpm.message.other_keys", "send the jwk of the very key that is certified" },
	{ "tpm.message.boot_aik", "send two attestations of one attestation key, or the current one alone" },
	{ "tpm.form", "send a message of the Tpm protocol, or the file that attest collect writes" },
	{ "tpm.quote.nonce", "quote again, with the nonce of this challenge as qualifying data" },
	{ "tpm.quote.required",
	    "quote all PCRs that the policy demands (required_pcr_mask), in the SHA-256 bank" },
	{ "tpm.quote.values", "send the value of every quoted PCR, and read them again after the quote" },
	{ "tpm.quote.pcr_digest",
	    "PCRs changed between the quote and their reading, or values were edited: collect again" },
	{ "tpm.quote.", "send quote and signature byte for byte as the TPM gave them" },
	{ "tpm.eventlog.form", "send the log as the kernel or the firmware gives it (attest collect does)" },
	{ "tpm.eventlog.replay",
	    "the log was changed, cut, or is of another boot: collect log and quote together" },
	{ "tpm.eventlog.covered", "the log was edited: send it byte for byte as the firmware wrote it" },
	{ "tpm.secureboot.revoked",
	    "update boot loader and shim on this machine, then its dbx; the image named is known to be "
	    "unsafe" },
	{ "tpm.ima.", "send the measurement list read after the quote, whole, of the running kernel" },
	{ "tpm.boot.", "send the quote and the log that were made at the cold boot of this very boot" },
	{ "tpm.form", "attest inspect shows what the file is; attest collect makes TPM evidence" },
	{ "tpm.context.authentic",
	    "ask this provider for a challenge and send back the service_context that came with it" },
	{ "tpm.context.current", "ask for a new challenge and answer it sooner" },
	{ "tpm.context.unused", "each challenge counts once: ask for a new one" },
	{ "tpm.message.challenge", "answer the challenge that came with this service_context" },
	{ "tpm.message.",
	    "sign the message with PS256 by the request key, and bind that key to the quote of this "
	    "challenge (attest submit does)" },
	{ "vbs.", "the report and the boot log must be of one boot with Secure Boot, VSM and no debugging" },
	{ "tpm.certify.",
	    "certify the key again with the attestation key, and the challenge as qualifying data" },
	{ "tdx.mrconfigid", "send the init-time data byte for byte as it was hashed at launch" },
};

static const struct code_row {
	enum att_err code;
	const char *hint;
} code_hints[] = {
	{ ATT_E_COLLATERAL,
	    "attest collateral fetch --evidence brings what is missing; give it with "
	    "--collateral, put it into "
	    "collateral.dir, or send certificates in the request" },
	{ ATT_E_POLICY_PARSE, "attest policy check shows the line and what was expected there" },
	{ ATT_E_POLICY_EVAL,
	    "attest policy eval --claims shows which rule fired and which did not" },
};

static bool id_fits(const char *row, const char *id)
{
	size_t n = strlen(row);

	return n && row[n - 1] == '.' ? strncmp(row, id, n) == 0 : strcmp(row, id) == 0;
}

const char *hint_for(const char *check_id, const struct att_error *why)
{
	for (size_t i = 0; check_id && i < sizeof check_hints / sizeof check_hints[0]; i++)
		if (id_fits(check_hints[i].id, check_id))
			return check_hints[i].hint;
	for (size_t i = 0; i < sizeof code_hints / sizeof code_hints[0]; i++)
		if (code_hints[i].code == why->code)
			return code_hints[i].hint;
	return NULL;
}

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
	{ "snp.host_data", "send the init-time data byte for byte as it was hashed at launch" },
};

static const struct code_row {
	enum att_err code;
	const char *hint;
} code_hints[] = {
	{ ATT_E_COLLATERAL,
	    "give the certificate with --certs, put it into collateral.dir, or send it in the "
	    "request" },
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

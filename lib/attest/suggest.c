/*
 * A starting policy from the claims of one piece of evidence.  What is pinned, and how, is a table per
 * attestation type.  Each pin is a deny rule for every other value; the one permit rule asks that all of
 * the pinned claims are there, because a claim that is missing makes no deny rule fire.
 */
#include <string.h>
#include <strings.h>

#include "lib/attest/api_call.h"
#include "lib/attest/appraisal.h"
#include "lib/base/buf.h"
#include "libattest/manage.h"
#include "libattest/policy.h"

enum pin {
	PIN_EQUAL,              /* any other value is denied */
	PIN_AT_LEAST,           /* a lower number is denied */
	PIN_COMMENT             /* written, but not in force */
};

struct pin_row {
	const char *claim;
	enum pin pin;
	bool may_lack;          /* evidence without the claim gets no rule; else it is an error */
	bool zero_is_unset;     /* no rule for 0 and for texts of zeros */
	/* the only value worth pinning, as JSON; another one gives a warning and no rule */
	const char *safe;
	const char *why;        /* the comment above the rule */
	const char *spoilt_by;  /* a Boolean claim: when it is true the value is not safe; NULL: none */
};

#define MEASURED "x-ms-sevsnpvm-launchmeasurement"
static const struct pin_row snp_rows[] = {
	{ MEASURED, PIN_EQUAL, false, false, NULL,
	    "What was launched: the measured initial memory of the guest. It changes with every new "
	    "image.\n"
	    "    // To allow two: [type==\"" MEASURED "\", value!=\"first\", "
	    "value!=\"second\"] => deny();", NULL },
	{ "x-ms-sevsnpvm-hostdata", PIN_EQUAL, false, true, NULL,
	    "What the host bound to the guest at launch, such as the digest of its configuration.", NULL },
	{ "x-ms-sevsnpvm-idkeydigest", PIN_EQUAL, false, true, NULL,
	    "Whose key signed the identity of the image.", NULL },
	{ "x-ms-sevsnpvm-is-debuggable", PIN_EQUAL, false, false, "false",
	    "The host must not be able to debug the guest.", NULL },
	{ "x-ms-sevsnpvm-migration-allowed", PIN_EQUAL, false, false, "false",
	    "The guest must not be moved to another machine by a migration agent.", NULL },
	{ "x-ms-sevsnpvm-vmpl", PIN_EQUAL, false, false, "0",
	    "The report was asked for at the most privileged level.", NULL },
	{ "x-attestd-snp-product", PIN_EQUAL, false, false, NULL,
	    "Product line of the processor; the versions below belong to it.", NULL },
	{ "x-attestd-snp-signing-key", PIN_EQUAL, false, false, NULL,
	    "VCEK: the chip's own key signed. VLEK: the cloud provider's.", NULL },
	{ "x-attestd-snp-reported-tcb-fmc", PIN_AT_LEAST, true, false, NULL,
	    "Version of the chip's management controller, or newer.", NULL },
	{ "x-ms-sevsnpvm-bootloader-svn", PIN_AT_LEAST, false, false, NULL,
	    "Version of the boot loader, or newer.", NULL },
	{ "x-ms-sevsnpvm-tee-svn", PIN_AT_LEAST, false, false, NULL,
	    "Version of the security processor's system, or newer.", NULL },
	{ "x-ms-sevsnpvm-snpfw-svn", PIN_AT_LEAST, false, false, NULL,
	    "Version of the SNP firmware, or newer. Raise it when AMD publishes an advisory.", NULL },
	{ "x-ms-sevsnpvm-microcode-svn", PIN_AT_LEAST, false, false, NULL,
	    "Microcode version, or newer.", NULL },
	{ "x-attestd-snp-chip-id", PIN_COMMENT, true, true, NULL,
	    "Only this very chip. Not in force: remove the slashes to bind the guest to one machine.", NULL },
};

#define SIGNER "x-ms-sgx-mrsigner"
static const struct pin_row sgx_rows[] = {
	{ SIGNER, PIN_EQUAL, false, false, NULL,
	    "Whose key signed the enclave. With product and version below, new builds need no new policy.\n"
	    "    // To allow two: [type==\"" SIGNER "\", value!=\"first\", "
	    "value!=\"second\"] => deny();", NULL },
	{ "x-ms-sgx-product-id", PIN_EQUAL, false, false, NULL, "Which of the signer's enclaves.", NULL },
	{ "x-ms-sgx-svn", PIN_AT_LEAST, false, false, NULL,
	    "Security version of the enclave, or newer. Raise it when a new build mends a weakness.", NULL },
	{ "x-ms-sgx-is-debuggable", PIN_EQUAL, false, false, "false",
	    "The host must not be able to read the enclave's memory.", NULL },
	{ "x-ms-sgx-isv-extended-product-id", PIN_EQUAL, true, true, NULL,
	    "The signer's longer name of the product.", NULL },
	{ "x-ms-sgx-isv-family-id", PIN_EQUAL, true, true, NULL,
	    "The signer's family of products.", NULL },
	{ "x-ms-sgx-config-id", PIN_EQUAL, true, true, NULL,
	    "What the host bound to the enclave at start, such as the digest of its configuration.", NULL },
	{ "x-ms-sgx-config-svn", PIN_AT_LEAST, true, true, NULL,
	    "Version of that configuration, or newer.", NULL },
	{ "x-ms-sgx-mrenclave", PIN_COMMENT, false, false, NULL,
	    "Only this very build. Not in force: remove the slashes to name it "
	    "instead of its signer.", NULL },
	{ "x-attestd-dcap-ppid", PIN_COMMENT, true, true, NULL,
	    "Only this very processor. Not in force: remove the slashes to bind to one machine.", NULL },
};

#define UNTRUSTED "x-attestd-tdx-untrusted"
static const struct pin_row tdx_rows[] = {
	{ "tdx_mrtd", PIN_EQUAL, false, false, NULL,
	    "What was launched: the measured initial memory, which is the firmware.", NULL },
	{ "tdx_rtmr0", PIN_EQUAL, false, true, NULL,
	    "Configuration of the firmware. It also changes with the size of the virtual machine.", NULL },
	{ "tdx_rtmr1", PIN_EQUAL, false, true, NULL,
	    "What the firmware started: boot loader and kernel. It changes with every new image.", NULL },
	{ "tdx_rtmr2", PIN_EQUAL, false, true, NULL,
	    "What the boot loader measured: kernel command line, initial file system.", NULL },
	{ "tdx_rtmr3", PIN_EQUAL, false, true, NULL, "What the running system measured.", NULL },
	{ "tdx_mrconfigid", PIN_EQUAL, false, true, NULL,
	    "What the host bound to the domain at launch, such as the digest of its configuration.", NULL },
	{ "tdx_mrowner", PIN_EQUAL, false, true, NULL, "The owner that was named at launch.", NULL },
	{ "tdx_mrownerconfig", PIN_EQUAL, false, true, NULL, "The owner's configuration.", NULL },
	{ "tdx_td_attributes_debug", PIN_EQUAL, false, false, "false",
	    "The host must not be able to debug the domain.", NULL },
	{ UNTRUSTED, PIN_EQUAL, false, false, "false",
	    "None of the attributes that open the domain to the host.", NULL },
	{ "x-attestd-tdx-migratable", PIN_EQUAL, false, false, "false",
	    "The domain must not be moved to another machine.", NULL },
	{ "tdx_td_attributes", PIN_EQUAL, false, false, NULL, "All attributes as they are.", UNTRUSTED },
	{ "tdx_xfam", PIN_EQUAL, false, false, NULL, "Processor features that the domain may use.", NULL },
	{ "x-attestd-tdx-mrservicetd", PIN_EQUAL, true, false, NULL,
	    "The service domains bound to it; zeros: none.", NULL },
	{ "tdx_mrseam", PIN_EQUAL, false, false, NULL,
	    "The very TDX module. It changes when the host is updated: list the modules that you accept,\n"
	    "    // or remove this rule and rely on the version below.", NULL },
	{ "tdx_seamsvn", PIN_AT_LEAST, false, false, NULL,
	    "Security version of the TDX module, or newer. Raise it when Intel "
	    "publishes an advisory.", NULL },
	{ "x-attestd-dcap-ppid", PIN_COMMENT, true, true, NULL,
	    "Only this very processor. Not in force: remove the slashes to bind to one machine.", NULL },
};

static const struct pin_row tpm_rows[] = {
	{ "aikValidated", PIN_EQUAL, false, false, "true",
	    "Somebody vouches for the attestation key: a certificate, an enrolment or the operator's list.",
	    NULL },
	{ "x-attestd-verified-boot", PIN_EQUAL, false, false, "true",
	    "Secure Boot is on, with keys that are known, and shim verifies what it starts.", NULL },
	{ "x-attestd-tpm-bank", PIN_EQUAL, false, false, NULL,
	    "The PCR bank that the firmware measures into.", NULL },
	{ "x-attestd-secureboot-pk", PIN_EQUAL, true, false, NULL,
	    "Whose platform it is: PK as it is.", NULL },
	{ "x-attestd-secureboot-kek", PIN_EQUAL, true, false, NULL, "Who may change db and dbx.", NULL },
	{ "x-attestd-secureboot-db", PIN_EQUAL, true, false, NULL,
	    "Who may sign what is started. It changes when the firmware gets new certificates.", NULL },
	{ "x-attestd-sbat-level", PIN_AT_LEAST, true, true, NULL,
	    "Revocation level of shim and boot loader, or newer. Raise it when one is published.", NULL },
	{ "x-attestd-cmdline-safe", PIN_EQUAL, true, false, "true",
	    "No command line takes a protection of the kernel away.", NULL },
	{ "x-attestd-code-all-known", PIN_EQUAL, true, false, "true",
	    "Every file that was executed is signed by a known key, or known by its digest.", NULL },
	{ "x-attestd-tpm-firmware-version", PIN_COMMENT, true, false, NULL,
	    "Only this very firmware of the TPM.", NULL },
	{ "aikPubHash", PIN_COMMENT, false, false, NULL,
	    "Only this very machine. Not in force: remove the slashes to bind to one attestation key.",
	    NULL },
};

#define TABLE(type, rows) { type, rows, sizeof rows / sizeof rows[0] }
static const struct pin_table {
	const char *type;
	const struct pin_row *rows;
	size_t n;
} tables[] = {
	TABLE("SevSnpVm", snp_rows), TABLE("SgxEnclave", sgx_rows), TABLE("OpenEnclave", sgx_rows),
	TABLE("TdxVm", tdx_rows), TABLE("Tpm", tpm_rows),
};

static const struct pin_table *table_of(const char *type)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		if (strcasecmp(tables[i].type, type) == 0)
			return &tables[i];
	return NULL;
}

static bool is_zero(const struct json *v)
{
	return (v->kind == JSON_INT && v->i == 0) || (v->kind == JSON_STRING && strspn(v->s, "0") == v->len);
}

/* What is written so far, and the conditions of the permit rule. */
struct draft {
	struct arena *a;
	struct buf text, permit;
};

/* "<" is false for what is no number, so that a rule with it must not be alone. */
static void put_rule(struct draft *d, const struct pin_row *row, const char *value, bool in_force)
{
	bool number = row->pin == PIN_AT_LEAST;

	buf_fmt(&d->text, "    %s[type==\"%s\", value%s%s] => deny();\n\n", in_force ? "" : "// ", row->claim,
	    number ? "<" : "!=", value);
	if (in_force)
		buf_fmt(&d->permit, "%s[type==\"%s\"%s]", d->permit.len ? " &&\n    " : "    ", row->claim,
		    number ? ", valueType==\"Integer\"" : "");
}

/* The escapes of the policy language are those of JSON. spec: policy-language §14.3 */
static bool pin(struct draft *d, const struct pin_row *row, const struct json *v, bool spoilt,
    struct att_error *e)
{
	bool number = json_is(v, JSON_INT), in_force = row->pin != PIN_COMMENT;
	char *value;
	size_t n;

	if (!v && row->may_lack)
		return true;
	if (!v)
		return att_fail(e, ATT_E_OPERATION,
		    "the claims have no %s, which such evidence always makes", row->claim);
	if (!(number || (row->pin != PIN_AT_LEAST && (v->kind == JSON_STRING || v->kind == JSON_BOOL))))
		return att_fail(e, ATT_E_UNSUPPORTED, "claim %s: its value cannot be pinned, want %s",
		    row->claim, row->pin == PIN_AT_LEAST ? "a number" : "one text, number or Boolean");
	if (row->zero_is_unset && is_zero(v))
		return true;
	if (!json_write(d->a, v, JSON_COMPACT, &value, &n, e))
		return false;
	if (spoilt || (row->safe && strcmp(value, row->safe) != 0)) {
		buf_fmt(&d->text,
		    "    // WARNING: this evidence has %s, which is not safe: the rule is not in force.\n",
		    value);
		value = row->safe ? arena_strdup(d->a, row->safe) : value;
		in_force = false;
	}
	buf_fmt(&d->text, "    // %s\n", row->why);
	put_rule(d, row, value ? value : "", in_force);
	return value || arena_fail(d->a, e);
}

static bool write_policy(struct draft *d, const struct pin_table *t, const struct json *claims,
    struct att_error *e)
{
	d->text = buf_make(d->a);
	d->permit = buf_make(d->a);
	buf_fmt(&d->text,
	    "// A starting policy for %s, made from the claims of one piece of verified evidence.\n"
	    "// Each rule refuses what differs from it; change or remove what you do not want to depend on.\n"
	    "version=1.0;\nauthorizationrules\n{\n", t->type);
	for (size_t i = 0; i < t->n; i++) {
		const struct pin_row *row = &t->rows[i];
		const struct json *bad = row->spoilt_by ? json_get(claims, row->spoilt_by) : NULL;

		if (!pin(d, row, json_get(claims, row->claim), json_is(bad, JSON_BOOL) && bad->b, e))
			return false;
	}
	if (!buf_ok(&d->permit, e))
		return false;
	buf_fmt(&d->text,
	    "    // Permit only what makes all of these claims: a missing one would pass the rules above.\n"
	    "%s\n        => permit();\n};\nissuancerules\n{\n};\n", d->permit.p ? d->permit.p : "");
	return buf_ok(&d->text, e);
}

static bool suggest(struct api_call *k, const struct pin_table *t, struct att_bytes claims_text,
    struct draft *d, struct att_error *e)
{
	struct json *claims;
	struct policy *p;

	d->a = k->a;
	if (!json_parse(k->a, claims_text.data, claims_text.len, NULL, &claims, e))
		return att_within(e, "claims");
	if (claims->kind != JSON_OBJECT)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "claims: found no object, want one member for each claim");
	/* A value that a policy text cannot hold shows here, not at the service. */
	return write_policy(d, t, claims, e) &&
	    (policy_compile(k->a, d->text.p, d->text.len, &p, NULL, e) || att_within(e, "suggested policy"));
}

bool att_policy_suggest(const char *type, struct att_bytes claims_json, char **text, struct att_error *e)
{
	const struct pin_table *t = table_of(type);
	struct api_call k = { 0 };
	struct draft d = { 0 };
	bool ok;

	if (!t)
		return att_policy_type_find(type) ?
		    att_fail(e, ATT_E_UNSUPPORTED, "nothing is known yet about what to pin for %s", type) :
		    att_fail(e, ATT_E_NOT_FOUND, "there is no attestation type %s", type);
	ok = api_call_begin(&k, e) && suggest(&k, t, claims_json, &d, e);
	return api_call_end(&k, ok ? d.text.p : NULL, d.text.len, text, e);
}

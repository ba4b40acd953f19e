/* verify.c - who signed a VBS enclave report, and what the boot says of that key. spec: maa-tpm §4 */
#include "lib/crypto/wrap.h"
#include "lib/evidence/vbs/vbs.h"

#define KEY_ALG_RSA_SHA256 1    /* VSM_IDK_ALG_ID */
#define ENCLAVE_DATA_LEN 64

struct verifier {
	const struct vbs_report *r;
	const struct vbs_boot *boot;
	const uint8_t *want;            /* ENCLAVE_DATA_LEN bytes */
	struct crypto *crypto;
	struct checklist *c;
	size_t first;                   /* row of c that is VBS_CHECK_VERSION */
	struct pubkey *key;
	struct att_error *fault;
};
typedef bool step_fn(struct verifier *v);

static bool pass(struct verifier *v, enum vbs_check row)
{
	return check_pass(v->c, v->first + row);
}

static bool refuse(struct verifier *v, enum vbs_check row, const char *expected, const char *found)
{
	return check_fail(v->c, v->first + row, expected, found);
}

static bool step_version(struct verifier *v)
{
	const struct vbs_report *r = v->r;

	if (r->package_version != 1 || r->report_version != 1)
		return refuse(v, VBS_CHECK_VERSION, "package version 1, report version 1",
		    check_text(v->c, "package version %u, report version %u", r->package_version,
			r->report_version));
	return pass(v, VBS_CHECK_VERSION);
}

static bool step_scheme(struct verifier *v)
{
	if (v->r->signature_scheme != 1)
		return refuse(v, VBS_CHECK_SCHEME, "1 (RSASSA-PSS, SHA-256)",
		    check_text(v->c, "%u", v->r->signature_scheme));
	return pass(v, VBS_CHECK_SCHEME);
}

static bool step_idks_present(struct verifier *v)
{
	if (v->boot->nkeys == 0)
		return refuse(v, VBS_CHECK_IDKS_PRESENT, "a covered VSM_IDKS_INFO event in the replayed log",
		    v->boot->why_not ? check_text(v->c, "none: %s", v->boot->why_not) : "none");
	return pass(v, VBS_CHECK_IDKS_PRESENT);
}

/* Of two keys one may be the attacker's, and nothing says which. */
static bool step_idks_conflict(struct verifier *v)
{
	if (v->boot->conflict)
		return refuse(v, VBS_CHECK_IDKS_CONFLICT, "one key",
		    check_text(v->c, "different keys in %zu events", v->boot->nkeys));
	return pass(v, VBS_CHECK_IDKS_CONFLICT);
}

static bool step_idks_form(struct verifier *v)
{
	if (v->boot->malformed)
		return refuse(v, VBS_CHECK_IDKS_FORM, "algorithm, lengths, exponent and modulus",
		    "an event that cannot be read so");
	return pass(v, VBS_CHECK_IDKS_FORM);
}

static bool step_idks_algorithm(struct verifier *v)
{
	if (v->boot->key_alg != KEY_ALG_RSA_SHA256)
		return refuse(v, VBS_CHECK_IDKS_ALGORITHM, "1 (RSA, SHA-256)",
		    check_text(v->c, "%u", v->boot->key_alg));
	return pass(v, VBS_CHECK_IDKS_ALGORITHM);
}

static bool step_idks_key(struct verifier *v)
{
	const struct rd *n = &v->boot->modulus, *exponent = &v->boot->exponent;
	struct att_error why = { 0 };

	if (!pubkey_from_rsa(v->crypto, rd_ptr(n), rd_left(n), rd_ptr(exponent), rd_left(exponent), &v->key,
		&why)) {
		if (why.code != ATT_E_BAD_FORMAT && why.code != ATT_E_UNSUPPORTED)
			return att_fail(v->fault, why.code, "%s", why.text);
		return refuse(v, VBS_CHECK_IDKS_KEY, "an RSA key of 2048 bits or more",
		    check_text(v->c, "%s", why.text));
	}
	if (pubkey_bits(v->key) != v->boot->key_bits)
		return refuse(v, VBS_CHECK_IDKS_KEY, check_text(v->c, "a key of %u bits", v->boot->key_bits),
		    check_text(v->c, "one of %zu bits", pubkey_bits(v->key)));
	return pass(v, VBS_CHECK_IDKS_KEY);
}

/* Whoever controls the boot measures a key of its own: one that such a boot made proves nothing. */
static bool step_boot(struct verifier *v)
{
	const struct vbs_boot *b = v->boot;
	const struct {
		enum vbs_check row;
		bool holds;
		const char *expected, *found;
	} rules[] = {
		{ VBS_CHECK_BOOT_SECURE_BOOT, b->secure_boot, "Secure Boot proven to be on",
		    "Secure Boot not proven" },
		{ VBS_CHECK_BOOT_DEBUGGING, b->no_debugging, "debugging proven to be off",
		    "boot, kernel or hypervisor debugging on, or unknown" },
		{ VBS_CHECK_BOOT_TEST_SIGNING, b->no_test_signing, "test signing proven to be off",
		    "test signing on, or unknown" },
		{ VBS_CHECK_BOOT_VSM, b->vsm_launched, "the secure kernel proven to be launched",
		    "no launch of the secure kernel" },
		{ VBS_CHECK_BOOT_CODE_INTEGRITY, b->code_integrity, "code integrity proven to be on",
		    "code integrity off, or unknown" },
	};
	bool all = true;

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		all &= rules[i].holds ? pass(v, rules[i].row) :
					refuse(v, rules[i].row, rules[i].expected, rules[i].found);
	return all;
}

/* The length of the salt is the signer's choice: no source states it. spec: maa-tpm §4 */
static bool step_signature(struct verifier *v)
{
	struct att_error why = { 0 };

	if (sig_verify_scheme(v->crypto, v->key, SCHEME_RSA_PSS, DIGEST_SHA256, v->r->statement,
		v->r->signature, &why))
		return pass(v, VBS_CHECK_SIGNATURE);
	if (why.code != ATT_E_NOT_AUTHENTIC && why.code != ATT_E_UNSUPPORTED)
		return att_fail(v->fault, why.code, "%s", why.text);
	return refuse(v, VBS_CHECK_SIGNATURE, "a signature over the statement by the identity signing key",
	    check_text(v->c, "%s", why.text));
}

static bool step_enclave_data(struct verifier *v)
{
	const struct rd *data = &v->r->enclave_data;

	if (!bytes_equal(rd_ptr(data), v->want, ENCLAVE_DATA_LEN))
		return refuse(v, VBS_CHECK_ENCLAVE_DATA, check_text_hex(v->c, v->want, ENCLAVE_DATA_LEN),
		    check_text_hex(v->c, rd_ptr(data), rd_left(data)));
	return pass(v, VBS_CHECK_ENCLAVE_DATA);
}

static step_fn *const steps[] = {
	step_version, step_scheme, step_idks_present, step_idks_conflict, step_idks_form, step_idks_algorithm,
	step_idks_key, step_boot, step_signature, step_enclave_data,
};

bool vbs_report_verify(const struct vbs_report *r, const struct vbs_boot *boot, const uint8_t want[64],
    struct crypto *c, struct checklist *list, size_t first, struct att_error *e)
{
	struct att_error fault = { 0 };
	struct verifier v = { r, boot, want, c, list, first, NULL, &fault };

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (!steps[i](&v))
			break;
	pubkey_free(v.key);
	return fault.code == ATT_E_OK || att_fail(e, fault.code, "%s", fault.text);
}

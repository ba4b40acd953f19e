/* vbsboot.c - the replayed Windows log, as far as it speaks for the key that signs enclave reports.
 * spec: maa-tpm §4 */
#include "lib/evidence/maatpm/parts.h"

#define TAG_BOOTDEBUGGING 0x00040001U
#define TAG_OSKERNELDEBUG 0x00050001U
#define TAG_CODEINTEGRITY 0x00050002U
#define TAG_TESTSIGNING 0x00050003U
#define TAG_HYPERVISOR_DEBUG 0x0005000DU
#define TAG_VSM_LAUNCH_TYPE 0x00050012U

/* Absent is as good as off where no hypervisor measured it. */
static bool never_set(const struct wbcl *w, uint32_t tag)
{
	struct wbcl_fact f = wbcl_fact(w, tag);

	return f.nzero == f.n;
}

static const char *lacking(const struct vbs_boot *b)
{
	const struct { bool holds; const char *why; } rules[] = {
		{ b->secure_boot, "Secure Boot is not proven to be on" },
		{ b->no_debugging, "boot, kernel or hypervisor debugging is not proven to be off" },
		{ b->no_test_signing, "test signing is not proven to be off" },
		{ b->vsm_launched, "the secure kernel is not proven to be running" },
		{ b->code_integrity, "code integrity is not proven to be on" },
	};

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (!rules[i].holds)
			return rules[i].why;
	return NULL;
}

/* Whoever controls the boot can measure a key of its own: so the key counts with the rest of the log
 * only. */
void maatpm_vbs_boot(const struct measuredboot_boot *b, struct vbs_boot *out)
{
	const struct wbcl *w = &b->wbcl;

	*out = (struct vbs_boot){ .secure_boot = b->secureboot.firmware_on };
	if (!b->log || !b->marked) {
		out->why_not = "there is no event log that the quote proves";
		return;
	}
	out->nkeys = w->idks.n;
	out->conflict = w->idks.conflict;
	out->malformed = w->idks.malformed;
	out->key_alg = w->idks.alg;
	out->key_bits = w->idks.bits;
	out->exponent = w->idks.exponent;
	out->modulus = w->idks.modulus;
	out->no_debugging = wbcl_all_zero(w, TAG_BOOTDEBUGGING) &&
	    wbcl_all_zero(w, TAG_OSKERNELDEBUG) && never_set(w, TAG_HYPERVISOR_DEBUG);
	out->no_test_signing = wbcl_all_zero(w, TAG_TESTSIGNING);
	out->vsm_launched = wbcl_all_set(w, TAG_VSM_LAUNCH_TYPE);
	out->code_integrity = wbcl_all_set(w, TAG_CODEINTEGRITY);
	out->why_not = lacking(out);
}

/* claims_windows.c - flags of Windows boot logs under Azure's names. spec: maa-tpm §2, tpm-eventlog
 * §4, claims §7 */
#include "lib/evidence/measuredboot/parts.h"

#define TAG_BOOTDEBUGGING 0x00040001U
#define TAG_SAFEMODE 0x00050005U
#define TAG_WINPE 0x00050006U
#define TAG_VSM_REQUIRED 0x000A0001U
#define TAG_IOMMU_REQUIRED 0x000A0003U
#define TAG_MANDATORY 0x000A0006U
#define LOADER_PCR 4
#define WBCL_PCRS 0x007000U             /* 12 to 14 */

/*
 * No Windows was started: PCR 4, where a loader would be, replays, and so does what there is of 12 to 14.  A
 * log that was left out shows nothing.
 */
static bool is_other_system(const struct measuredboot_boot *b)
{
	return b->marked && !b->wbcl.present && (b->replay.matched >> LOADER_PCR & 1) &&
	    !((b->replay.differs | b->replay.unlogged) & WBCL_PCRS);
}

/* Never said to be so, in a log that would say it. */
static bool is_absent(const struct measuredboot_boot *b, uint32_t tag)
{
	struct wbcl_fact f;

	if (!b->wbcl.present || !b->wbcl.sound || b->wbcl.unsound)
		return is_other_system(b);
	f = wbcl_fact(&b->wbcl, tag);
	return f.n == 0 || wbcl_all_zero(&b->wbcl, tag);
}

bool windows_claims(const struct telling *s)
{
	const struct wbcl *w = &s->b->wbcl;
	bool sound = w->present && !w->unsound;

	return claims_bool(s->c, "bootDebuggingDisabled",
		   sound && wbcl_all_zero(w, TAG_BOOTDEBUGGING), s->e) &&
	    claims_bool(s->c, "notSafeMode", is_absent(s->b, TAG_SAFEMODE), s->e) &&
	    claims_bool(s->c, "notWinPE", is_absent(s->b, TAG_WINPE), s->e) &&
	    claims_bool(s->c, "vbsEnabled",
		sound && (wbcl_all_set(w, TAG_VSM_REQUIRED) || wbcl_all_set(w, TAG_MANDATORY)),
		s->e) &&
	    claims_bool(s->c, "iommuEnabled", sound && wbcl_all_set(w, TAG_IOMMU_REQUIRED), s->e);
}

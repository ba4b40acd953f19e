#include "libattest/attest.h"

#include <stdlib.h>
#include <string.h>

#include "lib/attest/appraisal.h"

#define MIB ((size_t)1 << 20)

void att_settings_default(struct att_settings *s)
{
	*s = (struct att_settings){
		.defaults = ATT_DEFAULTS_MAA,
		/* AMD-SB-3015 (BadRAM): the firmware that checks for memory aliases. */
		.snp_min_tcb = { [ATT_SNP_MILAN] = { .snp = 0x18 }, [ATT_SNP_GENOA] = { .snp = 0x17 } },
		.tcb_accept = ATT_TCB_UP_TO_DATE | ATT_TCB_SW_HARDENING | ATT_TCB_CONFIG |
		    ATT_TCB_CONFIG_AND_SW_HARDENING,
		.memory_limit = 64 * MIB,
		.policy_steps = POLICY_STEPS_DEFAULT,
		.draft_steps = 100000,
		.draft_bytes = 65536,
	};
}

const char *att_relaxation_name(unsigned i)
{
	static const char *const names[] = {
#define X(name, text) text,
		ATT_RELAXATIONS(X)
#undef X
	};

	return i < ATT_NRELAXATIONS ? names[i] : NULL;
}

const char *att_tcb_status_name(unsigned i)
{
	static const char *const names[] = {
#define X(name, text) text,
		ATT_TCB_STATUSES(X)
#undef X
	};

	return i < ATT_NTCB_STATUSES ? names[i] : NULL;
}

const char *att_verdict_name(enum att_verdict v)
{
	static const char *const names[] = {
		[ATT_REJECTED] = "rejected", [ATT_DENIED] = "denied",
		[ATT_UNDECIDED] = "undecided", [ATT_PERMITTED] = "permitted",
	};

	return names[v];
}

char *att_default_policy(const char *type, const struct att_settings *s)
{
	struct arena *a = arena_new(MIB);
	const char *text = NULL;
	char *copy = a && default_policy(type, s, a, &text, NULL) ? strdup(text) : NULL;

	arena_free(a);
	return copy;
}

/* pcrs.h - values of the PCRs of one bank, as a quote or a caller gives them. */
#ifndef EVIDENCE_PCRS_H
#define EVIDENCE_PCRS_H

#include "lib/crypto/crypto.h"

#define PCR_COUNT 24

struct pcr_bank {
	enum digest_alg alg;
	uint32_t mask;                          /* bit i: value[i] is given */
	uint8_t value[PCR_COUNT][DIGEST_MAX];   /* digest_len(alg) bytes each */
};

static inline bool pcr_given(const struct pcr_bank *b, uint32_t pcr)
{
	return pcr < PCR_COUNT && (b->mask >> pcr & 1);
}

#endif

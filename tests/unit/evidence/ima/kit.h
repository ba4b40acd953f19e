/* kit.h - IMA lists: the lab's, PCR values, entries made by hand. */
#ifndef TESTS_IMA_KIT_H
#define TESTS_IMA_KIT_H

#include "lib/base/buf.h"
#include "lib/evidence/ima/ima.h"
#include "tests/harness/check.h"

struct ima_kit {
	struct crypto *c;
	struct arena *a;
	struct att_error e;
	struct pcr_bank pcrs[4];        /* by enum digest_alg */
};
void ima_kit_init(struct ima_kit *k);
void ima_kit_clear(struct ima_kit *k);
void ima_kit_reset(struct ima_kit *k);
struct rd ima_kit_file(struct ima_kit *k, const char *capture, const char *file);
/* The capture's PCR values of all banks. */
void ima_kit_pcrs(struct ima_kit *k, const char *capture);
void ima_kit_pcr(struct ima_kit *k, enum digest_alg bank, uint32_t pcr, const void *value);

/* Template data of ima-sig: algorithm, digest, path, signature.  d-ngv2 when alg has two colons. */
struct rd ima_kit_data(struct ima_kit *k, const char *alg, struct rd digest, const char *path,
    const struct rd *last);
/* One binary entry with the right template hash, or zeros when violation. */
void ima_kit_entry(struct ima_kit *k, struct buf *list, const char *name, struct rd data,
    bool violation);
/*
 * What PCR 10 of the bank is after all entries of the list, by a rule; entries must be
 * well-formed.
 */
void ima_kit_replay(struct ima_kit *k, struct rd list, enum digest_alg bank, enum ima_rule rule,
    uint8_t *out);

#endif

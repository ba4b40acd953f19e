/*
 * kit.h - one event log through all steps, and logs that are taken apart, changed and put
 * together again.
 */
#ifndef TESTS_EVENTLOG_KIT_H
#define TESTS_EVENTLOG_KIT_H

#include "lib/evidence/eventlog/bootchain.h"
#include "lib/evidence/eventlog/wbcl.h"
#include "tests/harness/check.h"

#define KIT_BANKS EVENTLOG_BANKS

struct kit {
	struct crypto *c;
	struct arena *a;
	struct att_error e;
	/* PCR values to compare with, by bank */
	struct pcr_bank pcrs[KIT_BANKS];
	/* of the last run */
	struct eventlog *log;
	struct eventlog_replay r;
	struct eventlog_marks m;
	struct secureboot sb;
	struct bootchain chain;
	struct wbcl wbcl;
};
void kit_init(struct kit *k);
void kit_clear(struct kit *k);
void kit_reset(struct kit *k);          /* forgets memory and PCR values */

struct rd kit_take(struct kit *k, struct blob b);       /* into the arena; frees the blob */
/* a lab capture's log; sets its PCR values of every bank */
struct rd kit_lab(struct kit *k, const char *capture);
void kit_pcrs_text(struct kit *k, struct rd text);      /* lines "sha256 7 HEX" */
void kit_pcr_hex(struct kit *k, enum digest_alg bank, uint32_t pcr, const char *hex);

/* Everything but parse must succeed.  False: parse refused, with the reason in k->e. */
bool kit_run(struct kit *k, struct rd log, enum digest_alg bank);
/* As kit_run, with the values that the log itself yields: all that has events replays. */
bool kit_run_self(struct kit *k, struct rd log, enum digest_alg bank);

/* A log taken apart.  Digests of banks the log has not are absent. */
struct item {
	uint32_t pcr, type;
	struct rd data;
	uint8_t digest[KIT_BANKS][DIGEST_MAX];
};
#define ITEMS_MAX 512
struct items {
	struct item v[ITEMS_MAX];
	size_t n;
	unsigned banks;
	bool agile;
};
void items_of(struct kit *k, const struct eventlog *l, struct items *out);
/* A lab capture taken apart; forgets what was there before.  Returns the log. */
struct rd kit_lab_items(struct kit *k, const char *capture, struct items *out);
struct rd items_log(struct kit *k, const struct items *t);              /* put together */
void items_insert(struct items *t, size_t at, const struct item *x);
void items_remove(struct items *t, size_t at);
/* An event whose digests are those of `hashed`. */
struct item item_of(struct kit *k, uint32_t pcr, uint32_t type, struct rd data, struct rd hashed);
struct rd kit_bytes(struct kit *k, const void *p, size_t n);
struct rd kit_text(struct kit *k, const char *s);
/* UEFI_VARIABLE_DATA; guid: 'g' global, 'd' security database, 's' shim, others zero. */
struct rd kit_variable(struct kit *k, char guid, const char *name, struct rd data);
/* The values of all PCRs in the bank when exactly these events were measured. */
void items_pcrs(struct kit *k, const struct items *t, enum digest_alg bank);

/* Reproducible numbers below n; *seed is not zero. */
uint32_t kit_below(uint64_t *seed, size_t n);
/* One change at random: an event more or less, moved, relabelled, with other data; `other` lends events. */
void items_change(struct kit *k, struct items *t, const struct items *other, uint64_t *seed);
void item_redigest(struct kit *k, struct item *x);      /* its digests become those of its data */

const char *kit_reasons(struct kit *k);         /* names of the Secure Boot reasons, with spaces */

#endif

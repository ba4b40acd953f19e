/*
 * kit.h - a TPM made of software: public areas, quotes and certifications with any one thing wrong,
 * signed by a P-256 key.
 */
#ifndef TEST_TPM_KIT_H
#define TEST_TPM_KIT_H

#include "lib/evidence/tpm/credential.h"
#include "lib/evidence/tpm/file.h"
#include "lib/evidence/tpm/trust.h"
#include "tests/harness/check.h"

#define KIT_ATTRIBUTES 0x00050072U
#define KIT_NONCE "0123456789abcdef"

struct kit {
	struct arena *a;
	struct crypto *c;
	struct att_error e, fault;
	struct privkey *key, *other;            /* P-256 */
	struct checklist checks;
	struct tpm_marks m;
};
void kit_init(struct kit *k);
void kit_clear(struct kit *k);
void kit_fresh(struct kit *k);                  /* an empty checklist */
/* id of the first failed row, "ok" when none failed, or "fault". */
const char *kit_verdict(const struct kit *k, bool returned);

/* Big-endian writing. */
void kit_be(struct buf *b, uint64_t v, size_t n);
void kit_2b(struct buf *b, const void *p, size_t n);
struct rd kit_rd(const struct buf *b);

/* Everything that evidence is made of; kit_sound() fills in what passes. */
struct made {
	struct privkey *key;                    /* that signs */
	uint32_t attributes;
	uint16_t name_alg, own_scheme, own_hash;
	bool weak;                              /* the public area is of an RSA key of 1024 bits */
	uint16_t sig_hash;
	bool damaged;                           /* one bit of what is signed turns after signing */
	uint32_t magic;
	uint16_t type;
	struct rd nonce;
	size_t nsel;
	struct { uint16_t hash; uint32_t mask; } sel[4];
	struct pcr_bank given[4]; size_t ngiven;
	struct pcr_bank *digest_of;             /* bank whose values are digested for sel[0]; NULL: given's */
	uint16_t certified_flip;                /* certify: turns a bit of the name */
	bool certified_weak;
	struct tpm_expect want;
};
void kit_sound(struct kit *k, struct made *m);
struct rd kit_public(struct kit *k, struct privkey *key, uint32_t attributes, uint16_t name_alg,
    uint16_t scheme, uint16_t hash);
struct rd kit_weak_public(struct kit *k);
struct rd kit_attest(struct kit *k, const struct made *m);
struct rd kit_signature(struct kit *k, const struct made *m, struct rd attest);
/* Makes, parses and verifies; "ok" or the id of the first failed check. */
const char *kit_quote(struct kit *k, const struct made *m, struct tpm_quoted *out);
const char *kit_certify(struct kit *k, const struct made *m, struct tpm_certified *out);
const char *kit_ak(struct kit *k, const struct made *m, struct tpm_public *pub, struct tpm_ak *ak);

#endif

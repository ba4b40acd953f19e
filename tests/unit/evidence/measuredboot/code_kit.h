/* code_kit.h - signed files and lists of them, for the tests of code.h and its cache. */
#ifndef TESTS_MEASUREDBOOT_CODE_KIT_H
#define TESTS_MEASUREDBOOT_CODE_KIT_H

#include "lib/evidence/measuredboot/code.h"
#include "lib/evidence/measuredboot/code_cache.h"
#include "tests/unit/evidence/ima/kit.h"

extern struct ima_kit k;
extern struct code_cache *cache;
extern struct privkey *rsa, *ec, *other;
extern struct pubkey *pub[3];           /* of those */
extern struct code_signer signers[3];   /* of those, with keyids 1, 2, 3 */
extern struct att_reference ref;

/* Of the group, and of each test: before it, two signers are known, no digest is, nothing is cached. */
int set_up(void **state);
int tear_down(void **state);
int fresh(void **state);
int done(void **state);
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)

struct trust trust(void);               /* ref and cache */
/* Judges the list by the PCR values that the kit has. */
const struct measuredboot_code *judge_given(struct buf list, const struct trust *t, struct ima_result *r);
/* Replays the list, or a beginning of it, to its own PCR value and judges it. */
const struct measuredboot_code *judge_prefix(struct buf list, size_t prefix);
const struct measuredboot_code *judge(struct buf list);

/* What a file's signature is to be made of. */
struct made {
	struct privkey *key;
	uint8_t keyid, type, version, alg_id;
	enum sig_alg alg;
	enum digest_alg digest;
	const char *alg_name;
};
extern const struct made good_rsa, good_ec;
struct made with(const struct made *m, struct privkey *key);    /* the same, with the key */
/* security.ima of a file with this content: signing hashes, so the content is what is signed. */
struct buf xattr(const struct made *m, struct rd content);

struct rd hash_of(enum digest_alg alg, struct rd content);
struct rd text(const char *s);
struct buf begin(void);                 /* a list with boot_aggregate */
void put_entry(struct buf *list, const char *template, const char *alg, struct rd digest, const char *path,
    struct rd last);
/* Files of ima-sig, whose content is their path. */
void put_signed(struct buf *list, const struct made *m, const char *path);
void put_unsigned(struct buf *list, const char *path);

#endif

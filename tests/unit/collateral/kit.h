/*
 * kit.h - collateral made for the tests: bodies as text, a small PKI with Intel's names, and documents
 * signed by it.
 */
#ifndef UNIT_COLLATERAL_KIT_H
#define UNIT_COLLATERAL_KIT_H

#include "lib/collateral/set.h"
#include "lib/collateral/tcb_level.h"
#include "tests/harness/check.h"

#define KIT_NOW INT64_C(1780272000)             /* 2026-06-01T00:00:00Z; bodies are of 2026-05-20 to 06-19 */
#define KIT_FMSPC "00aa11000000"

struct party {
	struct privkey *priv;
	struct pubkey *pub;
	struct x509_cert *cert;
};

enum kit_party { ROOT, TCB_SIGNING, PLATFORM_CA, PROCESSOR_CA, PCK_LEAF, ROGUE_ROOT, ROGUE_SIGNING,
    SUB_SIGNING,
	CA_SIGNING, OLD_SIGNING, SHORT_ROOT, SHORT_SIGNING, FORGED_ROOT, NPARTIES };

struct kit {
	struct crypto *c;
	struct arena *a;
	struct party p[NPARTIES];
	struct x509_bundle anchors;             /* ROOT */
	struct collateral_set set;
	struct att_error e;
};
void kit_init(struct kit *k);
void kit_clear(struct kit *k);
void kit_reset(struct kit *k);                  /* an empty set, the same parties */

/* Bodies: levels of components 70, 60, ... 10 with the seven statuses, PCESVN 13. */
const char *kit_tcbinfo(struct arena *a, enum pcs_tee tee);
const char *kit_tcbinfo_v2(struct arena *a);
const char *kit_qeid(struct arena *a, const char *id);
const char *kit_numbers(void);
/* The first occurrence replaced; fails the test when there is none. */
char *kit_replace(struct arena *a, const char *text, const char *from, const char *to);

/* Documents. */
const char *kit_pem(struct kit *k, enum kit_party leaf, enum kit_party root);  /* two certificates */
const char *kit_hex_signature(struct kit *k, enum kit_party signer, const char *body);
struct json *kit_group(struct kit *k, struct json *doc, const char *name, const char *body,
    enum kit_party signer, const char *chain);
/* DER of a list; revokes the certificate of `revoked` (NPARTIES: none). */
struct rd kit_crl(struct kit *k, enum kit_party issuer, enum kit_party revoked, int64_t this_s,
    int64_t next_s);
struct json *kit_crl_member(struct kit *k, struct json *doc, const char *name, struct rd der);
/* All groups, good, for SGX with the platform's CRL. */
struct json *kit_document(struct kit *k);
bool kit_add(struct kit *k, const struct json *doc);
bool kit_add_text(struct kit *k, const char *text);
void kit_prove(struct kit *k);
/* The single fault of the item found at that time. */
enum collateral_fault kit_fault(struct kit *k, enum collateral_kind kind, const char *key, int64_t now_s);

#endif

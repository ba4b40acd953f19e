/*
 * kit.h - messages of the Tpm protocol made here: a TPM of software signs quotes around real logs, and
 * any one thing can be made wrong.
 */
#ifndef TEST_MAATPM_KIT_H
#define TEST_MAATPM_KIT_H

#include "lib/evidence/maatpm/maatpm.h"
#include "tests/unit/evidence/eventlog/kit.h"

#define MK_NOW 1800000000               /* 2027-01-15 */
#define MK_CHALLENGE "0123456789abcdef"
#define MK_ALL_PCRS 0xFFFFFFU

struct mk {
	struct kit k;                           /* crypto, memory, logs */
	struct privkey *ak, *stranger;          /* P-256: attestation keys */
	struct privkey *request, *idks;         /* RSA: who asks; who signs enclave reports */
	struct privkey *root;
	struct x509_cert *root_cert, *ak_cert, *stranger_cert;
	struct x509_bundle anchors, ak_cas;
	struct att_settings settings;
	struct att_tpm_context context;
	struct trust t;
	/* of the last appraisal */
	struct maatpm_evidence *ev;
	struct checklist checks;
	struct evidence_outcome o;
	struct claims claims;
};
void mk_init(struct mk *m);
void mk_clear(struct mk *m);
void mk_fresh(struct mk *m);            /* forgets memory, keeps the keys */

/* A quote and what goes with it. */
struct mk_quote {
	struct privkey *key, *shown;            /* that signs; that aik_pub is of */
	struct rd cert;                         /* aik_cert; empty: none */
	struct pcr_bank values;                 /* quoted and given */
	struct rd extra;                        /* extraData; base NULL: what the binding wants */
	uint64_t clock;
	uint32_t reset, restart;
	struct rd log, ima;
};
/* A message.  mk_sound() fills in what passes. */
struct mk_order {
	enum maatpm_version version;
	bool vbs;
	const char *header;                     /* of the JWS */
	struct mk_quote now, boot;
	bool has_boot;
	enum maatpm_binding binding;            /* of the request key */
	uint32_t attributes;                    /* of certified keys */
	bool has_other;                         /* another key, certified */
	struct privkey *certified;              /* the key that the certification of `other` is of */
	struct rd vbs_report;
	const char *find, *put;                 /* in the payload's text, before it is signed */
	bool bare;                              /* without {"payload":} */
};
/* Secure Boot on in the lab; bank SHA-256. */
void mk_sound(struct mk *m, struct mk_order *o);
struct rd mk_message(struct mk *m, const struct mk_order *o);
struct rd mk_jws(struct mk *m, const struct mk_order *o);
struct rd mk_envelope(struct mk *m, struct rd jws);             /* {"payload":{"request":...}} */
struct rd mk_sign(struct mk *m, const char *header, struct rd payload, struct privkey *key);
struct rd mk_payload(struct mk *m, const struct mk_order *o);   /* JSON text */
/* A TPM evidence file with the same quote. */
struct rd mk_file(struct mk *m, const struct mk_order *o);
/* Parses, verifies and, if all passed, makes claims; "ok", the id of the first failed check, or "form".
 */
const char *mk_verdict(struct mk *m, struct rd evidence);
const char *mk_order_verdict(struct mk *m, const struct mk_order *o);
const char *mk_claim(struct mk *m, const char *name); /* text of a string claim; "" when absent */

/* Pieces */
struct rd mk_attest(struct mk *m, const struct mk_quote *q);
struct rd mk_signature(struct mk *m, struct privkey *key, struct rd attest);
struct rd mk_statement(struct mk *m, const struct mk_quote *q); /* of v1 */
char *mk_b64(struct mk *m, struct rd r);
char *mk_jwk(struct mk *m, struct privkey *key);

/* A list in the making: PCR 10 of the quote goes with it. */
struct mk_ima {
	const char *template, *name;
	struct rd hashed;                       /* the digest is of this */
	struct rd last;                         /* buffer or signature */
};
void mk_ima_begin(struct mk_order *o);
void mk_ima_entry(struct mk *m, struct mk_order *o, struct buf *list, const struct mk_ima *x);

/* The sound log with Windows' events in PCRs 12 and 13 behind it; idks: with the key that signs
 * reports. */
struct mk_windows {
	bool debugging, test_signing, no_integrity, no_vsm, twice, unclosed;
	const struct privkey *other_idks;
};
void mk_windows_log(struct mk *m, struct mk_order *o, const struct mk_windows *w);
/* Package of a report over these 64 bytes. */
struct rd mk_vbs_package(struct mk *m, const uint8_t data[64], uint32_t flags);
/* The payload of the order with a report over it; v2 and v1 alike. */
struct rd mk_vbs_payload(struct mk *m, struct mk_order *o, uint32_t flags);
/* The first find replaced; there is one. */
struct rd mk_replaced(struct mk *m, struct rd text, const char *find, const char *put);

#endif

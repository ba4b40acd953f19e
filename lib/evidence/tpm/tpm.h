/*
 * tpm.h - TPM 2.0 evidence: structures, quotes and certifications, who vouches for an attestation
 * key, and credentials that bind one to an endorsement key.
 *
 * TPM 2.0 Library Part 2 (structures, big-endian) and Part 1 (names, credentials); `spec:` tags
 * name sections of our own tpm-eventlog.md.
 *
 * Four steps, one folder like the other formats:
 *   parse    tpm_attest_parse(), tpm_signature_parse(), tpm_public_parse(), tpm_file_parse() (file.h):
 *            bytes to structs that borrow from them; exact, no crypto, no trust
 *   ak       tpm_ak_check(): may this key attest at all?  Before anything that it signed.
 *   verify   tpm_quote_verify(), tpm_certify_verify(): struct + expectations to check outcomes
 *   vouch    tpm_ak_vouch() (trust.h): who says that the key is in a TPM
 * enrolment uses tpm_ek_cert_check() (trust.h) and tpm_make_credential() (credential.h).
 *
 * What a verify function returns: true, all checks passed; false with marks.fault untouched, a check failed
 * and is marked; false with it set, the machine failed (memory) and nothing is said about the evidence.
 */
#ifndef EVIDENCE_TPM_TPM_H
#define EVIDENCE_TPM_TPM_H

#include "lib/crypto/wrap.h"
#include "lib/evidence/format.h"
#include "lib/evidence/pcrs.h"
#include "lib/evidence/tpm/checks.h"

#define TPM_ATTEST_MAX 1024             /* bytes of a TPMS_ATTEST */
#define TPM_PUBLIC_MAX 2048             /* bytes of a TPM2B_PUBLIC */
#define TPM_SIGNATURE_MAX 1100          /* bytes of a TPMT_SIGNATURE */
#define TPM_BANKS_MAX 8                 /* selections of one quote; more is refused */
#define TPM_BANKS 4                     /* banks whose hash we know: of enum digest_alg */
#define TPM_NAME_MAX (2 + DIGEST_MAX)
#define TPM_NONCE_MAX 64                /* bytes of extraData */

#define TPM_MAGIC 0xFF544347U           /* TPM_GENERATED_VALUE */
enum tpm_st {
	TPM_ST_NV = 0x8014, TPM_ST_COMMAND_AUDIT = 0x8015, TPM_ST_SESSION_AUDIT = 0x8016,
	TPM_ST_CERTIFY = 0x8017, TPM_ST_QUOTE = 0x8018, TPM_ST_TIME = 0x8019, TPM_ST_CREATION = 0x801A
};
enum tpm_alg {
	TPM_ALG_RSA = 0x0001, TPM_ALG_SHA1 = 0x0004, TPM_ALG_HMAC = 0x0005, TPM_ALG_AES = 0x0006,
	TPM_ALG_KEYEDHASH = 0x0008, TPM_ALG_SHA256 = 0x000B, TPM_ALG_SHA384 = 0x000C,
	TPM_ALG_SHA512 = 0x000D, TPM_ALG_NULL = 0x0010, TPM_ALG_SM3 = 0x0012, TPM_ALG_RSASSA = 0x0014,
	TPM_ALG_RSAES = 0x0015, TPM_ALG_RSAPSS = 0x0016, TPM_ALG_OAEP = 0x0017, TPM_ALG_ECDSA = 0x0018,
	TPM_ALG_ECDH = 0x0019, TPM_ALG_ECDAA = 0x001A, TPM_ALG_SM2 = 0x001B, TPM_ALG_ECC = 0x0023,
	TPM_ALG_CFB = 0x0043
};
/* objectAttributes */
#define TPMA_FIXED_TPM 0x00000002U
#define TPMA_ST_CLEAR 0x00000004U
#define TPMA_FIXED_PARENT 0x00000010U
#define TPMA_SENSITIVE_DATA_ORIGIN 0x00000020U
#define TPMA_USER_WITH_AUTH 0x00000040U
#define TPMA_ADMIN_WITH_POLICY 0x00000080U
#define TPMA_RESTRICTED 0x00010000U
#define TPMA_DECRYPT 0x00020000U
#define TPMA_SIGN 0x00040000U
/* What "hardware bound, not exportable" takes: the key was made in this TPM and cannot leave it. */
#define TPMA_HARDWARE_BOUND (TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_SENSITIVE_DATA_ORIGIN)

/* The hash of a TPM_ALG_ID; false when it is none that we compute (SM3, SHA-3). */
bool tpm_hash(uint16_t id, enum digest_alg *out);
const char *tpm_hash_name(enum digest_alg alg);         /* "sha256": how banks are named */
bool tpm_hash_named(const char *s, enum digest_alg *out);

struct tpm_selection_bank {
	uint16_t hash;                  /* TPM_ALG_ID as sent */
	bool known;                     /* alg is set */
	enum digest_alg alg;
	uint32_t mask;                  /* bit i: PCR i; may be 0 (the bank is not allocated) */
};
struct tpm_selection {
	size_t n;
	struct tpm_selection_bank bank[TPM_BANKS_MAX];
};

struct tpm_clock {
	uint64_t clock_ms;              /* time since the TPM was last cleared, with power on */
	uint32_t
	    reset_count; /* TPM resets (boots); a quote and a boot quote belong together if equal */
	uint32_t restart_count;         /* resumes since the last reset */
	bool safe;                      /* false: the clock may have gone back */
};

/* TPMS_ATTEST (Part 2 section 10.12.12); all rd borrowed. */
struct tpm_attest {
	struct rd raw;                  /* the whole, which is what is signed */
	uint32_t magic;                 /* NOT judged by the parser: the checks do */
	uint16_t type;                  /* one of enum tpm_st, or parsing fails */
	struct rd qualified_signer;     /* nameAlg and digest, or a handle, or empty: unverified */
	struct rd extra_data;           /* what the caller asked to be signed: the nonce */
	struct tpm_clock clock;
	uint64_t firmware_version;      /* obfuscated by the TPM for most keys */
	struct tpm_selection selection; /* quote */
	struct rd digest;               /* quote: pcrDigest; creation: creationHash; audits: their digest */
	struct rd name;                 /* certify, creation: the object's name; NV: the index's */
	struct rd qualified_name;       /* certify */
	uint64_t time_ms;               /* time: since the TPM started */
	struct rd nv_contents;          /* NV */
};
/* The whole of in; TRUNCATED, BAD_FORMAT, LIMIT or UNSUPPORTED (type) with field and offset. */
ATT_CHECK bool tpm_attest_parse(struct rd in, struct tpm_attest *out, struct att_error *e);
/* TPML_PCR_SELECTION from the front of in; banks with bits for PCRs past 23 are refused. */
ATT_CHECK bool tpm_selection_parse(struct rd *in, struct tpm_selection *out, struct att_error *e);

/* TPMT_SIGNATURE (section 11.3.4). Only RSASSA, RSAPSS and ECDSA parse: null, HMAC, ECDAA, SM2 and others are
 * UNSUPPORTED, and so is a hash we do not know.  SHA-1 parses: the scheme check refuses it. */
struct tpm_signature {
	enum sig_scheme scheme;
	enum digest_alg hash;
	struct rd rsa;                  /* RSA: the signature */
	struct rd r, s;                 /* ECDSA: big-endian, unpadded */
};
ATT_CHECK bool tpm_signature_parse(struct rd in, struct tpm_signature *out, struct att_error *e);

/* TPMT_PUBLIC (section 12.2.4) of an RSA or ECC object; other types are UNSUPPORTED. */
struct tpm_public {
	struct rd raw;                  /* the TPMT_PUBLIC, which is what the name covers */
	bool ecc;
	enum digest_alg name_alg;
	uint32_t attributes;            /* TPMA_* */
	struct rd auth_policy;          /* empty or name_alg bytes */
	uint16_t aes_bits;              /* symmetric of a storage key: 128, 192, 256; 0: null */
	uint16_t scheme;                /* TPM_ALG_NULL, RSASSA, RSAPSS, ECDSA, ...: as sent */
	uint16_t scheme_hash;           /* TPM_ALG_ID; 0 when there is none */
	enum key_kind curve;            /* ECC: KEY_P256, KEY_P384, KEY_P521 */
	uint16_t rsa_bits;
	uint32_t exponent;              /* RSA; 65537 when sent as 0 */
	struct rd modulus;
	struct rd x, y;                 /* ECC; big-endian, at most the field's length */
};
ATT_CHECK bool tpm_public_parse(struct rd tpmt, struct tpm_public *out, struct att_error *e);
ATT_CHECK bool tpm2b_public_parse(struct rd tpm2b, struct tpm_public *out, struct att_error *e);
/* nameAlg || H(TPMT_PUBLIC): what TPMs call the object. */
struct tpm_name {
	size_t len;
	uint8_t bytes[TPM_NAME_MAX];
};
ATT_CHECK bool tpm_public_name(struct crypto *c, const struct tpm_public *p, struct tpm_name *out,
    struct att_error *e);
bool tpm_name_is(
    const struct tpm_name *n, struct rd other); /* constant-time in content; false for len 0 */
/* The key itself; UNSUPPORTED or BAD_FORMAT when it is none that lib/crypto accepts (RSA below 2048
 * bits, a point off its curve). */
ATT_CHECK bool tpm_public_key(struct crypto *c, const struct tpm_public *p, struct pubkey **out,
    struct att_error *e);

/* Where outcomes go: rows first..first + TPM_NCHECKS - 1 of a checklist are those of checks.tbl. */
struct tpm_marks {
	struct checklist *c;
	size_t first;                   /* 0 in a list that begins with checks.tbl */
	struct att_error *fault;        /* a failure of the machine goes here; never NULL */
};

/* An attestation key whose public area passed tpm_ak_check(). */
struct tpm_ak {
	const struct tpm_public *pub;   /* borrowed; NULL: only the key is known, tpm_ak_from_key() */
	struct pubkey *key;             /* owned */
	struct tpm_name name;           /* len 0: not known */
};
/* Rows tpm.ak.key, .name_alg, .attributes. Says nothing about where the key is: see trust.h. */
ATT_CHECK bool tpm_ak_check(const struct tpm_marks *m, struct crypto *c, const struct tpm_public *p,
    struct tpm_ak *out);
/*
 * For messages that carry the bare key (a JWK, as MAA's protocol does): row tpm.ak.key; .name_alg
 * and .attributes stay "n/a", for nothing shows them.  So only a certificate can vouch for it:
 * whoever issued that saw the public area.
 */
void tpm_ak_from_key(const struct tpm_marks *m, struct pubkey *key, struct tpm_ak *out);
void tpm_ak_clear(struct tpm_ak *ak);

/* Is it memory, a limit or libcrypto that failed, and not the evidence? */
bool tpm_is_fault(const struct att_error *why);

#define TPM_ALLOW_SHA1_SIGNATURE 1U
#define TPM_ALLOW_SHA1_BANK 2U
/* What is expected of a quote. */
struct tpm_expect {
	/* The bytes that extraData must be; known false: not compared (boot quotes), row stays "n/a".
	 * Known and empty always fails: an empty nonce is never fresh. */
	bool nonce_known;
	struct rd nonce;
	uint32_t required_mask;         /* PCRs that one acceptable bank of the quote must cover; 0: any */
	unsigned allow;                 /* TPM_ALLOW_* bits */
	/* PCR values as the attester gives them, at most one entry per bank; what was not quoted is
	 * not used */
	const struct pcr_bank *given;
	size_t ngiven;
};
/* What a verified quote proves. */
struct tpm_quoted {
	/* by enum digest_alg; ONLY quoted PCRs are in the masks, and SHA-1's is empty unless allowed */
	struct pcr_bank bank[TPM_BANKS];
	unsigned acceptable;                    /* bit i: bank i (enum digest_alg) covers required_mask */
	enum digest_alg best;                   /* the strongest of them */
	size_t unquoted;                        /* values given and not used */
	struct tpm_clock clock;
	uint64_t firmware_version;
};
/*
 * Rows tpm.quote.*, in their order, up to the first that fails.  ak passed tpm_ak_check().  *out
 * changes only on success.  Does not look at logs, nor at who vouches for the key. spec:
 * tpm-eventlog §1.4
 */
ATT_CHECK bool tpm_quote_verify(const struct tpm_marks *m, struct crypto *c, const struct tpm_ak *ak,
    const struct tpm_attest *quote, const struct tpm_signature *sig, const struct tpm_expect *want,
    struct tpm_quoted *out);

/* Do a quote made at boot and a later one belong together: no reset between them, and no counter or
 * (while both clocks are safe) clock that went back?  B10: a TPM that was reset or exchanged shows
 * here. */
bool tpm_same_boot(const struct tpm_clock *boot, const struct tpm_clock *now);

/* What a verified certification proves of the key it names. */
struct tpm_certified {
	struct tpm_name name;
	enum digest_alg name_alg;
	uint32_t attributes;
	struct rd auth_policy;                  /* borrowed */
	bool hardware_bound;                    /* all bits of TPMA_HARDWARE_BOUND */
	struct pubkey *key;                     /* owned: pubkey_free() */
};
/*
 * Rows tpm.certify.*.  want: nonce and allow alone count.  pub is the certified key's public area, whose
 * name must be the one that was signed.  ak passed tpm_ak_check(). spec: tpm-eventlog §1.7
 */
struct tpm_certification {
	const struct tpm_public *pub;
	const struct tpm_attest *attest;
	const struct tpm_signature *sig;
};
ATT_CHECK bool tpm_certify_verify(const struct tpm_marks *m, struct crypto *c, const struct tpm_ak *ak,
    const struct tpm_certification *what, const struct tpm_expect *want, struct tpm_certified *out);

#endif

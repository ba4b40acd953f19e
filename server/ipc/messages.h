/*
 * messages.h - what the blocks of the messages hold; building and reading them.
 *
 * control   CONFIG       [effective configuration, YAML] [struct role_facts]
 *           CHANNEL      [u64 id of the worker that is replaced, 0 none]; frame.id and .provider: the worker
 *           BUNDLE       [endorsements: blocks] [extra anchors: blocks]
 *           REFERENCE    per enum reference_block: [per file: [its bytes]]
 *           EK_ROOTS     [per file: [its bytes, PEM or DER]]
 *           SIGNERS      [per provider: [per certificate: [thumbprint] [DER]]]
 *           FETCHER      -; frame.id: the fetch role, counting from 1.  The first, and one whenever there
 *                        is a new role: the channel before it is dead or will be, and what was not
 *                        answered on it is lost
 *           SOURCE_KEYS  [per entry of collateral.sources: [API key, or empty]]
 * work      POLICIES     [[deny-list, JSON; empty: none set]
 *                        per type with one: [type] [JWS] [signer JWK] [shadow JWS]]      not answered
 *           FORGET       endorsements that ATTEST brought are stale                       not answered
 *           ATTEST       [type as in the path] [request id] [bearer, empty: none] [body] [u8 ATTEST_* flags]
 *                        [endorsements that NEED asked for, each: [kind] [key] [baseline] [piece]]
 *                        [why the others cannot be had, text; empty: nothing was asked for yet]
 *           NEED         [per endorsement: [kind] [key] [baseline] [u8 1: the key is authentic]]
 *           ANSWER       struct answer
 *           JUDGE        [pieces: blocks] [kind wanted, empty: any] [key wanted]
 *           JUDGED       [error text, empty: readable]
 *                        [per item: [kind] [key] [numbers: le32 evaluation, le64 issued, le64 expires]
 *                        [CRL number] [fault] [why] [sha256] [piece]]
 *           MANAGE       struct manage                       MANAGED      struct managed
 * sign      SIGN         [u8 SIGN_* flags, le32 life of the token in seconds, 0: the configured one]
 *                        [claims, JSON object]
 *           SEAL         [u8 enum seal_purpose] [state; of a secret its digest, since memory is not wiped]
 *           OPEN         [u8 enum seal_purpose] [sealed state]
 *           ENROL_CA     -                                   answered with the DER of the provider's AK CA
 *           ENROL_ISSUE  [state sealed for SEAL_TPM_ENROL, as the client sent it] [the secret it sends]
 *                        answered with [le64 end, certificate in DER], or NOT_AUTHENTIC when state or
 *                        secret are not what they must be
 *           SIGN_RESULT  [claims, JSON object]
 *           SIGNED, DOCUMENT  [u8 error code, 0 ok] [token, document, state or the error's text]
 *                        answers to OPEN: NOT_AUTHENTIC and BAD_FORMAT when it was not sealed here, by
 *                        this provider, for this purpose
 * fetch     FETCH        [kind] [key] [baseline: "", "standard", "early" or a number]
 *                        [u8 1: the key is authentic]
 *                        [name of the source to go on behind; empty: begin with the first]
 *           FETCHED      [u8 enum fetch_outcome] [le32 seconds until another try makes sense, 0 unknown]
 *                        [name of the source that answered] [what was tried and how it failed, text]
 *                        [pieces: blocks]
 */
#ifndef SERVER_IPC_MESSAGES_H
#define SERVER_IPC_MESSAGES_H

#include "lib/base/arena.h"
#include "server/ipc/channel.h"

#define CLOCK_REAL INT64_MIN    /* role_facts.clock_s: the real time */
#define PROVIDERS_MAX 64u

/* What a role knows beside the configuration file. */
struct role_facts {
	uint32_t provider;              /* the role's provider (workers); else 0 */
	uint32_t worker_id;
	int64_t clock_s;                /* frozen verification time, or CLOCK_REAL */
	bool insecure_test;
	bool reset_time_floor;          /* the front takes the clock for right whatever time it saw before */
	uint8_t admin_sha256[32];       /* of the administrator token's text */
	const char *authority;          /* HOST:PORT that the listener is bound to */
	const char *const *issuers;     /* one per provider */
	uint32_t nissuers;
	uint32_t nanchors;              /* test anchors that are trusted */
};
/* Encoded into the arena; NULL data when out of memory. */
struct block facts_encode(struct arena *a, const struct role_facts *f);
ATT_CHECK bool facts_decode(struct arena *a, struct rd in, struct role_facts *out, struct att_error *e);

/* A list of byte strings: le32-prefixed blocks one after the other. */
struct blob_list { struct rd *item; size_t n; };
ATT_CHECK bool blobs_decode(struct arena *a, struct rd in, struct blob_list *out, struct att_error *e);

#define VERDICT_NONE 255u       /* the request was not appraised */
#define VERDICT_CHALLENGE 254u  /* nothing was asked but a challenge, and it was given */

/* A worker's answer to ATTEST; texts are borrowed from the message. */
struct answer {
	uint16_t status;                /* HTTP */
	uint8_t verdict;                /* enum att_verdict or VERDICT_* */
	uint32_t retry_after_s;         /* 0: no such header */
	const uint8_t *evidence_sha256; /* 32 bytes */
	const uint8_t *token_sha256;    /* 32 bytes or NULL */
	/* for audit and metrics */
	struct rd type, policy_hash, failed_check, caller, error_code, relaxed;
	struct rd body;                 /* JSON for the client */
	struct rd shadow, shadow_hash;  /* decision of the shadow policy and its hash; empty: none */
	struct rd need;                 /* not empty: the worker sends NEED with this in place of an answer */
};
ATT_CHECK bool answer_decode(const struct frame *f, struct answer *out, struct att_error *e);
/* Fills the blocks for channel_send; numbers is scratch space that must live until then. */
#define ANSWER_NUMBERS 7u
#define ANSWER_BLOCKS 12u
void answer_blocks(const struct answer *a, uint8_t numbers[ANSWER_NUMBERS], struct block out[ANSWER_BLOCKS]);
struct rd rd_text(const char *s);       /* NULL: empty */

/* What came of a FETCH. */
enum fetch_outcome {
	FETCH_FOUND,            /* the pieces are there, unjudged */
	FETCH_ABSENT,           /* the sources say that there is no such item */
	FETCH_FAILED,           /* no source could be asked, or none answered properly */
	/* not asked: budget spent, breaker open, or nothing configured for this kind */
	FETCH_REFUSED,
	FETCH_OUTCOMES
};

/* Flags of ATTEST */
#define ATTEST_EXPLAIN 1u       /* the answer shows what each rule did; for readers */
#define ATTEST_SNP_CRL 2u       /* AMD's revocation lists are at hand: they are mandatory */
#define ATTEST_CHALLENGED 4u    /* the nonce of the runtime data or a Tpm context was asked about, */
#define ATTEST_FRESH 8u         /* and it was a challenge of ours, used up by this request */
#define ATTEST_FLAGS 15u        /* all of them */

/* NEED: a kind of its own; the key is a nonce, alone in its message */
#define NEED_CHALLENGE "challenge"
/* The same for a Tpm context: [kind] [id, hex] le64 time of expiry; at most one use is granted, which
 * is on the disk before the worker is asked again */
#define NEED_CONTEXT "tpm-context"

/* Blocks of REFERENCE, each a list of files; SBAT has at most one. */
enum reference_block {
	REFERENCE_SECUREBOOT_KEYS,
	REFERENCE_DBX,
	REFERENCE_SBAT,
	REFERENCE_CODE_SIGNERS,
	REFERENCE_CODE_DIGESTS,
	REFERENCE_AK_NAMES,
	REFERENCE_BLOCKS
};

/* Flags of SIGN */
#define SIGN_DRAFT 1u
#define SIGN_TPM 2u             /* the shape of Tpm tokens; only then may a life be given, */
#define SIGN_OMIT_X5C 4u        /* and certificates be left out */
#define SIGN_FLAGS 5u           /* bytes of the block */
#define SIGN_LIFETIME_MAX_S 31536000    /* the signer signs for no longer. spec: maa-tpm section 3 */

/* What a state is sealed for; one sealed for another purpose does not open.  The numbers stay. */
enum seal_purpose {
	SEAL_NONE,
	SEAL_TPM_CHALLENGE = 1, /* service_context of the Tpm protocol */
	SEAL_TPM_ENROL = 2,     /* what came of the first message of an enrolment */
	SEAL_PURPOSES
};

/* What the management API asks a worker for. */
enum manage_verb {
	MANAGE_ALLOW,           /* only: may this bearer? */
	MANAGE_READ_POLICY,     /* stored, or the default when that is empty */
	MANAGE_READ_CERTS,
	MANAGE_SET,
	MANAGE_RESET,
	MANAGE_ROLLBACK,        /* to what is stored in entry n */
	MANAGE_SHADOW_SET,
	MANAGE_SHADOW_REMOVE,
	MANAGE_CERT_ADD,
	MANAGE_CERT_REMOVE,
	MANAGE_DENYLIST_SET,
	MANAGE_ENROL,           /* either step; body: JSON */
	MANAGE_BASELINES,       /* stored: [evaluation-numbers piece] [per number: le32, u8 1: in use] */
	MANAGE_VERBS
};
struct manage {
	uint8_t verb;                   /* enum manage_verb */
	uint8_t role;                   /* least enum principal_role */
	int64_t n;                      /* MANAGE_ROLLBACK: the entry */
	struct rd type;                 /* canonical, or empty */
	struct rd request_id, bearer, body;
	struct rd stored;               /* JWS out of the store */
	struct rd certs;                /* the provider's registered certificates: blocks of DER */
	struct rd target;               /* what is changed, as in the path: "policies/Tpm:reset" */
};
#define MANAGE_NUMBERS 10u
#define MANAGE_BLOCKS 8u
void manage_blocks(const struct manage *m, uint8_t numbers[MANAGE_NUMBERS], struct block out[MANAGE_BLOCKS]);
ATT_CHECK bool manage_decode(const struct frame *f, struct manage *out, struct att_error *e);

/* What came of it; texts are borrowed from the message. */
struct managed {
	uint16_t status;                /* HTTP: 200, or body is the refusal */
	int64_t iat_s;                  /* of a fresh statement; valid with jti */
	struct rd caller, error_code, body;
	struct rd claims;               /* of the result token: JSON object */
	/* for the store; of a deny-list the JSON stands in the place of the JWS */
	struct rd jws, text_hash, token_hash, signer;
	struct rd thumbprint, certificate;
	struct rd jti;                  /* empty: none demanded */
	struct rd statement_hash;       /* x-ms-policy-token-hash of the JWS that was sent; empty: none was */
	struct rd enrolment;            /* MANAGE_ENROL: struct enrolled, encoded; else empty */
};
#define MANAGED_NUMBERS 10u
#define MANAGED_BLOCKS 14u
void managed_blocks(
    const struct managed *m, uint8_t numbers[MANAGED_NUMBERS], struct block out[MANAGED_BLOCKS]);
ATT_CHECK bool managed_decode(const struct frame *f, struct managed *out, struct att_error *e);

/* What came of a step of an enrolment. */
struct enrolled {
	struct rd failed_check;         /* of a refusal; then the others are empty */
	/* hexadecimal digits; empty: the first step, which enrols nobody */
	struct rd ek_id, ak_name;
	struct rd manufacturer, vendor, model, version;
	int64_t expires_s;              /* of the certificate */
};
ATT_CHECK bool enrolled_encode(struct arena *a, const struct enrolled *in, struct rd *out,
    struct att_error *e);
ATT_CHECK bool enrolled_decode(struct rd in, struct enrolled *out, struct att_error *e);

#endif

/*
 * format.h - what every evidence format offers, and what the pipeline gives it.
 *
 * parse: bytes to struct, no crypto, no trust.  verify: struct + trust + time to outcomes of the
 * format's check table, no bytes are parsed.  claims: struct + outcomes to claims, by tables.
 */
#ifndef EVIDENCE_FORMAT_H
#define EVIDENCE_FORMAT_H

#include "lib/base/checklist.h"
#include "lib/base/rd.h"
#include "lib/claims/claims.h"
#include "lib/collateral/pack.h"
#include "lib/crypto/crypto.h"
#include "lib/json/json.h"
#include "lib/x509/x509.h"
#include "libattest/attest.h"
#include "libattest/denylist.h"

/* Data that the client wants bound to the evidence. */
struct bound_data {
	bool present;
	bool json;              /* dataType JSON (else Binary) */
	struct rd bytes;        /* decoded octets exactly as received */
	uint8_t sha256[32];     /* of bytes; the pipeline computes it */
};

struct trust;
struct att_reference;                           /* libattest/reference.h */
/*
 * Gives *t what was found for the needs, in place of what was given before; the same when nothing was.
 * False only for a failure of the machine.
 */
typedef bool trust_look_up_fn(void *state, const struct att_need *needs, size_t n, struct trust *t,
    struct att_error *e);

/* Everything the verdict depends on besides the evidence.  Borrowed, read-only but for the caches. */
struct trust {
	struct crypto *crypto;
	int64_t now_s;                          /* appraisal time */
	const struct att_settings *settings;    /* allow, min_tcb, ... */
	/* evaluation number that the policy demands of SGX collateral, as text; "" and words: any */
	const char *baseline;
	const struct x509_bundle *certs;        /* endorsement certificates given beside the evidence */
	bool certs_picked;                      /* somebody chose certs for this very evidence */
	bool collateral_picked;                 /* the same of Intel's collateral */
	struct x509_crl *const *crls; size_t ncrls;
	const struct x509_bundle *anchors;      /* operator's or test's extra roots */
	/* Intel's collateral among all that was given; or NULL */
	const struct collateral_pack *collateral;
	/* 32 bytes over everything that was given (certs, crls, anchors, collateral), for cache keys; NULL:
	 * nothing that depends on it is kept */
	const uint8_t *given_sha256;
	/* asks for what the outcome lists as needed; NULL: what was given is all there is */
	trust_look_up_fn *look_up;
	void *look_up_state;
	struct chain_cache *chains;             /* verified chains and parsed bundles; may be NULL */
	struct code_cache *code_signatures;     /* verified signatures of files; may be NULL */
	const struct bound_data *runtime, *inittime;
	/* Tpm: what policy, request and operator say */
	struct trust_tpm {
		bool ak_required;               /* property require_valid_aik_cert */
		uint32_t required_pcrs;         /* property required_pcr_mask */
		bool nonce_known;               /* the caller said what the quote must carry, */
		struct rd nonce;                /* this */
		/* the message's sealed context; NULL: not looked at */
		const struct att_tpm_context *context;
		/* reference values; NULL: only the compiled-in ones */
		const struct att_reference *reference;
		/* CA certificates of enrolment: they vouch for attestation keys and for nothing else */
		const struct x509_bundle *ak_cas;
	} tpm;
};
/* Everything that a pack holds becomes what was given. */
void trust_give(struct trust *t, const struct collateral_pack *p);

/* Endorsements that one piece of evidence needs; keys live in the appraisal's arena. */
#define EVIDENCE_NEEDS_MAX 8

/* Something that the operator may deny by name: only what genuine evidence said.  Arena. */
struct evidence_identity {
	enum att_deny_kind kind;
	struct rd value;                        /* bytes, or the characters of a name */
	const struct evidence_identity *next;
};

/* What verify tells the pipeline besides the checklist. */
struct evidence_outcome {
	struct checklist *checks;
	unsigned relaxed;                       /* ATT_ALLOW_* bits that were used */
	bool simulated_anchor;                  /* chain ends in an anchor given by --anchors, not a pin */
	/* endorsement needed but not had: "ASK and ARK of Milan ..."; else NULL */
	const char *missing;
	/* all that is needed, as far as the evidence was read; there or not */
	struct att_need needs[EVIDENCE_NEEDS_MAX];
	size_t nneeds;
	/* SGX and TDX: status, advisories, date and dates of the collateral, once they could be
	 * computed; else NULL */
	const struct json *tcb;
	/* the format's own: what verify learned and claims() reports; arena */
	const void *facts;
	/* who the attester is, once the evidence is known to be genuine; evidence_identify() */
	const struct evidence_identity *identities;
	/* Tpm: what the token carries beside the policy's claims (rp_data, nonce, cnf); NULL: nothing */
	const struct json *token_extra;
};
/* Adds a copy of n bytes.  Bytes that are all zero are a field that says nothing, and are left out. */
ATT_CHECK bool evidence_identify(struct evidence_outcome *o, struct arena *a, enum att_deny_kind kind,
    const void *p, size_t n, struct att_error *e);

/* Notes a need, or what is known of it now; key NULL: out of memory, which is left to the caller to see. */
void outcome_need(struct evidence_outcome *o, const struct att_need *need);

struct evidence_format {
	const char *name;                       /* as in the request path: "SevSnpVm" */
	const char *attestation_type;           /* x-ms-attestation-type: "sevsnpvm" */
	const char *default_policy;             /* recorded default text */
	const char *member;                     /* request body member that carries the evidence: "report" */
	const struct check_row *checks;
	size_t nchecks;
	/* Index of the check that stands for "the evidence has the documented form". */
	size_t form_check;
	/* Does a raw file (no JSON body) look like this format? Looks at a few bytes only. */
	bool (*recognise)(struct rd in);
	/* in: the decoded bytes of `member`, or a raw file.  *out lives in the arena. */
	bool (*parse)(struct rd in, struct arena *a, struct crypto *c, void **out, struct att_error *e);
	/* False only for a failure of the machine (memory); refusals are failed checks or o->missing. */
	bool (*verify)(const void *ev, const struct trust *t, struct arena *a,
	    struct evidence_outcome *o, struct att_error *e);
	bool (*claims)(const void *ev, const struct trust *t, const struct evidence_outcome *o,
	    struct claims *c, struct att_error *e);
	/* What parsed evidence says, for attest inspect: one JSON object, nothing verified. */
	bool (*describe)(const void *ev, struct arena *a, struct json **out, struct att_error *e);
	/* The strict default policy text for these settings, in the arena. */
	bool (*strict_policy)(
	    const struct att_settings *s, struct arena *a, char **text, struct att_error *e);
	/* Its tokens have the shape of Azure's Tpm tokens: no claims of the service, no x-ms-policy. */
	bool tpm_token;
};

extern const struct evidence_format oe_format, sgx_format, snp_format, tdx_format, tpm_format;

const struct evidence_format *format_find(const char *name);    /* ASCII case ignored; NULL when unknown */
const struct evidence_format *format_recognise(struct rd raw);  /* NULL when none fits */
const struct evidence_format *format_at(size_t i);              /* NULL past the end */

#endif

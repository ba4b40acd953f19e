/*
 * attest.h - one call: evidence in, verdict, claims and reasons out.
 *
 * The library is pure: no files, sockets, clock, environment, threads or global state.  Everything
 * a verdict depends on is an argument, so an appraisal can be repeated years later.
 * A struct att_ctx and a struct att_result belong to one thread at a time.
 *
 * Terms are those of RFC 9334.  Checks and claims are described in docs/; the claims of each
 * attestation type follow Azure Attestation's names.
 */
#ifndef LIBATTEST_ATTEST_H
#define LIBATTEST_ATTEST_H

#include <stdint.h>

#include "libattest/error.h"

/* Bytes that the caller keeps; all-zero is "none". */
struct att_bytes {
	const uint8_t *data;
	size_t len;
};

/* Relaxations: off unless allowed, shown in the verdict when used. X(bit name, option name) */
#define ATT_RELAXATIONS(X) \
	X(VLEK,           "vlek") \
	X(MASKED_CHIP_ID, "masked-chip-id") \
	X(NO_CRL,         "no-crl")
enum att_relaxation_index {
#define X(name, text) ATT_RELAX_##name,
	ATT_RELAXATIONS(X)
#undef X
	ATT_NRELAXATIONS
};
enum att_allow {
#define X(name, text) ATT_ALLOW_##name = 1 << ATT_RELAX_##name,
	ATT_RELAXATIONS(X)
#undef X
};
/* Option name of relaxation i, or NULL past the end. */
ATT_API const char *att_relaxation_name(unsigned i);

enum att_defaults { ATT_DEFAULTS_MAA, ATT_DEFAULTS_STRICT };

/* AMD product lines, in the order of att_settings.snp_min_tcb. */
enum att_snp_product { ATT_SNP_MILAN, ATT_SNP_GENOA, ATT_SNP_TURIN, ATT_NSNP_PRODUCTS };

/* A minimum of reported TCB components; a component of 0 demands nothing. */
struct att_snp_tcb {
	uint8_t fmc, bootloader, tee, snp, microcode;
};

/*
 * TCB statuses that SGX and TDX platforms may have, as bits of att_settings.tcb_accept.  Revoked is
 * a bit too, so that every status has one, but it is never accepted. X(bit name, Intel's word)
 */
#define ATT_TCB_STATUSES(X) \
	X(UP_TO_DATE,               "UpToDate") \
	X(SW_HARDENING,             "SWHardeningNeeded") \
	X(CONFIG,                   "ConfigurationNeeded") \
	X(CONFIG_AND_SW_HARDENING,  "ConfigurationAndSWHardeningNeeded") \
	X(OUT_OF_DATE,              "OutOfDate") \
	X(OUT_OF_DATE_CONFIG,       "OutOfDateConfigurationNeeded") \
	X(REVOKED,                  "Revoked") \
	X(RELAUNCH,                 "TDRelaunchAdvised") \
	X(RELAUNCH_CONFIG,          "TDRelaunchAdvisedConfigurationNeeded")
enum att_tcb_index {
#define X(name, text) ATT_TCB_INDEX_##name,
	ATT_TCB_STATUSES(X)
#undef X
	ATT_NTCB_STATUSES
};
enum att_tcb {
#define X(name, text) ATT_TCB_##name = 1 << ATT_TCB_INDEX_##name,
	ATT_TCB_STATUSES(X)
#undef X
};
/* Intel's word for status i, or NULL past the end. */
ATT_API const char *att_tcb_status_name(unsigned i);

struct att_deny;                                /* denylist.h */
struct att_reference;                           /* reference.h */
struct att_tpm_context;                         /* tpm.h */

/* SevSnpVm and TdxVm: evidence whose claim has exactly this text gets x-ms-compliance-status with this value,
 * by the first row that fits; none fits: no such claim. */
struct att_compliance {
	const char *claim, *value, *status;
};

/* What the operator decides; the same for many requests.  att_settings_default() fills it. */
struct att_settings {
	unsigned allow;                         /* ATT_ALLOW_* bits */
	enum att_defaults defaults;             /* which default policies */
	bool isolated;                          /* the provider is Isolated: its strict default denies all */
	/* shipped floor for strict; see snp_min_tcb_set */
	struct att_snp_tcb snp_min_tcb[ATT_NSNP_PRODUCTS];
	/* the operator gave snp.min_tcb: enforced as a check whatever the defaults */
	bool snp_min_tcb_set;
	unsigned tcb_accept;                    /* ATT_TCB_* bits; SGX and TDX only */
	uint32_t tcb_min_evaluation;            /* least tcbEvaluationDataNumber of collateral; 0: any */
	/* a CRL source or bundle is configured: SNP CRLs are mandatory */
	bool crl_required;
	size_t memory_limit;                    /* bytes one appraisal may use; default 64 MiB */
	uint64_t policy_steps;                  /* evaluation budget; default 10 000 000 */
	const struct att_deny *deny; size_t ndeny;      /* who is refused: denylist.h; borrowed */
	const struct att_compliance *compliance; size_t ncompliance;    /* borrowed */
	/* Tpm: reference values of measured boot; borrowed; NULL none */
	const struct att_reference *reference;
	/* Tpm: DER of the CA certificates that enrolment signs attestation keys with; borrowed */
	const struct att_bytes *ak_cas; size_t nak_cas;
	/* for draft policies of callers without the reader role; default 100 000 */
	uint64_t draft_steps;
	size_t draft_bytes;                     /* same, policy text; default 65 536 */
};
ATT_API void att_settings_default(struct att_settings *s);

/*
 * An endorsement that an appraisal needs; kinds and keys: endorse.h.
 * baseline: which evaluation number is wanted: "" as the operator decides, "standard", "early", or a
 * number as text; from the policy's x-ms-sgx-tcbidentifier.  Only for kinds with an evaluation number.
 */
struct att_need {
	const char *kind, *key, *baseline;
	/* The key was read from evidence that was verified up to a pinned root, so nobody made it up. */
	bool is_authentic;
	bool is_there;                          /* was among the endorsements given */
};
struct att_prepared;                            /* endorse.h */
/*
 * Where an appraisal finds what it needs: called with all needs known by then, once; a second time where
 * the evidence lacks the certificates that say what else it needs.  The answer is borrowed and must stay
 * until the appraisal returns; it may lack some of them.  It stands in the place of what was given before,
 * so a second answer holds all, and it was prepared under the same anchors as att_request.prepared.  NULL:
 * nothing is at hand.
 * Must not call back into the library with the same context.
 */
typedef const struct att_prepared *att_lookup_fn(void *state, const struct att_need *needs, size_t n);

struct att_request {
	/* "SevSnpVm", any letter case; NULL: recognise from the content */
	const char *type;
	struct att_bytes body;                  /* the JSON body of POST /attest/{type}, or a raw report */
	bool body_is_json_only;                 /* service: a raw report is refused */
	struct att_bytes policy;                /* active policy text; data NULL: the default of settings */
	const char *policy_signer_json;         /* JWK of who signed the active policy; NULL: unsigned */
	/* evaluated beside the active one, decides nothing; data NULL: none */
	struct att_bytes shadow_policy;
	struct att_bytes runtime_data;          /* raw evidence only: overrides the body's runtimeData */
	bool runtime_is_json;
	struct att_bytes inittime_data;
	bool inittime_is_json;
	/* PEM/DER certificates and CRLs, THIM JSON; kind is recognised */
	const struct att_bytes *endorsements;
	size_t nendorsements;
	/* they were chosen for this evidence: a lone endorsement key is the one meant */
	bool endorsements_picked;
	const struct att_bytes *anchors;        /* extra PEM/DER roots */
	size_t nanchors;
	/* in place of endorsements and anchors, which are then not given: the same, parsed once */
	const struct att_prepared *prepared;
	/* or asked for, once the evidence says what it needs; with it, prepared holds the anchors */
	att_lookup_fn *lookup;
	void *lookup_state;
	const char *nonce;                      /* the request's nonce must be this; NULL: not looked at */
	/* Tpm: the bytes that the quote must carry (extraData); data NULL: not looked at */
	struct att_bytes quote_nonce;
	/* Tpm messages: what their context said; NULL: not looked at */
	const struct att_tpm_context *tpm_context;
	/* the nonce that att_result.challenge names is one that the service gave out, and that nobody
	 * used before: claim x-attestd-freshness is then "challenge", else "none" */
	bool challenge_is_fresh;
	int64_t now_s;                          /* appraisal time, seconds since 1970 */
	/* sees expected values from configuration, larger draft budget */
	bool caller_is_reader;
	bool explain;                           /* fill explain_json */
	const struct att_settings *settings;
};

enum att_verdict { ATT_REJECTED, ATT_DENIED, ATT_UNDECIDED, ATT_PERMITTED };
ATT_API const char *att_verdict_name(enum att_verdict v);       /* "rejected", ... */

enum att_outcome { ATT_CHECK_NA, ATT_CHECK_PASS, ATT_CHECK_FAIL };
struct att_check {
	const char *id, *title, *spec;
	enum att_outcome outcome;
	const char *expected, *found;           /* NULL unless failed */
	/* expected is withheld from callers without the reader role */
	bool expected_private;
};

struct att_result {
	enum att_verdict verdict;
	const char *type;                       /* "SevSnpVm" */
	const char *claims_json;                /* all claims made from the evidence, sorted JSON object */
	const char *issued_json;                /* claims issued by the policy, sorted JSON object */
	/* token payload without iss, iat, nbf, exp, jti; NULL unless permitted */
	const char *token_json;
	/* permitted evidence of type Tpm, whose tokens have a shape of their own (att_token_std.tpm);
	 * from the policy's properties: life of the token, no certificates in its header */
	bool token_tpm, token_omit_x5c;
	int64_t token_lifetime_s;               /* 0: the service's */
	bool draft;                             /* the request carried a draft policy: token is unsigned */
	const char *policy_hash;                /* x-ms-policy-hash of the policy that judged */
	const char *policy_decision;            /* "permit", "deny", "no-permit", "error", "not-evaluated" */
	/* the same of the shadow policy; NULL: there was none to evaluate */
	const char *shadow_decision;
	char shadow_hash[44];                   /* its x-ms-policy-hash, "" when it could not be computed */
	/* {"decision","message"?,"rules":[...],"steps"}; NULL: not asked, not evaluated */
	const char *explain_json;
	const struct att_check *checks;
	size_t nchecks;
	/* SGX and TDX: {"status","advisories","date","evaluationDataNumber","earliestExpiry"},
	 * whatever the verdict, once it could be computed; else NULL */
	const char *tcb_json;
	const char *relaxed[ATT_NRELAXATIONS];  /* names of relaxations used */
	size_t nrelaxed;
	bool simulated_anchor;                  /* trusted only because of --anchors */
	const char *missing;                    /* undecided: the endorsement that is needed */
	/* all endorsements the evidence needs, as far as it was read */
	const struct att_need *needs;
	size_t nneeds;
	/* member nonce of JSON runtime data, when it has the form of a challenge (43 base64url characters);
	 * the evidence is bound to it when the verdict is permitted or denied.  NULL: none */
	const char *challenge;
	struct att_error error;                 /* why not permitted; code OK when permitted */
	const char *hint;                       /* what to do next, or NULL */
	size_t memory_used;                     /* bytes of the appraisal */
};

/* Caches (verified chains, compiled policies) and crypto contexts. One thread at a time. */
struct att_ctx;
ATT_API struct att_ctx *att_ctx_new(struct att_error *e);
ATT_API void att_ctx_free(struct att_ctx *ctx);

/*
 * Appraises.  True: *out holds a verdict (freed with att_result_free; valid until then).
 * False: the request itself could not be read (e says field, offset, found, wanted); *out untouched.
 * A cached and an uncached appraisal give identical verdicts.
 */
ATT_API bool att_appraise(struct att_ctx *ctx, const struct att_request *req,
    struct att_result **out, struct att_error *e);
ATT_API void att_result_free(struct att_result *r);

/* Name of the attestation type i as in request paths ("SevSnpVm"), NULL past the end. */
ATT_API const char *att_type_name(unsigned i);
/* Canonical spelling of a type given in any letter case, or NULL when unknown. */
ATT_API const char *att_type_find(const char *name);
/* Member of the request body that carries this type's evidence ("report"); NULL when the type is unknown. */
ATT_API const char *att_type_member(const char *type);
/* Its value of x-ms-attestation-type in tokens ("sevsnpvm"); NULL when the type is unknown. */
ATT_API const char *att_type_claim(const char *type);
/* Type of raw evidence or of a request body, from its content; NULL when none fits.  *raw: not a JSON
 * body. */
ATT_API const char *att_recognise(struct att_bytes evidence, bool *raw);
/* Recorded (maa) or strict default policy of a type; free() the text.  NULL when unknown or out of memory. */
ATT_API char *att_default_policy(const char *type, const struct att_settings *s);

#endif

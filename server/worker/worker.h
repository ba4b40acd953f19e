/*
 * worker.h - the verify role: reads a request from the front, appraises it, has the token signed, answers.
 *
 * A worker belongs to one provider and one configuration for its life.  After entering its sandbox it has
 * no file, no socket but its two channels, and no key: tokens are signed by the signer, which hears only
 * from workers.
 */
#ifndef SERVER_WORKER_WORKER_H
#define SERVER_WORKER_WORKER_H

#include "lib/crypto/crypto.h"
#include "libattest/attest.h"
#include "libattest/endorse.h"
#include "libattest/enrol.h"
#include "libattest/tpm.h"
#include "server/auth/principal.h"
#include "server/role.h"

#define WORKER_FD_WORK 4
#define WORKER_FD_SIGN 5

#define WORKER_POLICIES_MAX 16

/* The policies of one attestation type that the front has told; texts live in the worker's policies arena. */
struct worker_policy {
	const char *type;
	struct att_bytes text;          /* data NULL: the default */
	const char *signer;             /* JWK, or NULL */
	struct att_bytes shadow;        /* data NULL: none */
	bool is_broken;                 /* what the store holds cannot be read: nothing is permitted */
};

struct worker {
	struct role_env *env;
	struct channel work, sign;
	struct crypto *crypto;
	struct att_ctx *ctx;
	struct att_settings settings;
	struct att_bytes *endorsements, *anchors;       /* borrowed from the bundle */
	size_t nendorsements, nanchors;
	struct worker_collateral *collateral;           /* collateral.c */
	struct principals principals;
	bool is_isolated, wants_fresh;  /* trust model and isolated.freshness */
	bool tpm_wants_reader;          /* POST /attest/Tpm needs a bearer */
	struct att_reference *reference;        /* of measured boot; settings.reference is this */
	struct att_bytes *ek_roots;     /* what endorsement keys must chain to */
	size_t nek_roots;
	struct att_bytes ak_ca;         /* the provider's, in DER; settings.ak_cas is this */
	struct att_deny *configured;    /* whom the configuration refuses */
	size_t nconfigured;
	struct att_denylist *told;      /* by the front; settings.deny is both together */
	bool deny_is_broken; /* what the store holds cannot be read: nothing is permitted */
	struct arena *policies;
	struct worker_policy policy[WORKER_POLICIES_MAX];
	size_t npolicies;
	struct arena *request;          /* memory of one request, reset after the answer */
};

/*
 * Answers one ATTEST message; everything in *out lives in w->request or in the message.  False: no answer
 * can be given at all (memory); the front then answers for the worker.
 */
typedef bool (*worker_handler)(struct worker *w, const struct frame *f, struct answer *out,
    struct att_error *e);
bool worker_answer(struct worker *w, const struct frame *f, struct answer *out, struct att_error *e);

/*
 * Endorsements of one appraisal: begin gives req its lookup, end decides what is kept, need says
 * what the front is asked for before there can be a verdict (*out empty: there is one).
 */
struct worker_lookup {
	struct worker *w;
	struct blob_list brought;       /* by the message: [kind] [key] [baseline] [piece] each */
	struct rd why;                  /* why there is no more; empty: more may be asked for */
	const char *needs;
	struct att_prepared *made;      /* owned until end */
	struct att_prepared *earlier;   /* what the first of two look-ups made; owned until end */
	bool is_complete;
};
ATT_CHECK bool worker_collateral_open(struct worker *w, struct att_error *e); /* from the bundle */
void worker_collateral_close(struct worker *w);
void worker_collateral_forget(struct worker *w);
ATT_CHECK bool worker_lookup_begin(struct worker *w, const struct frame *f, struct worker_lookup *l,
    struct att_request *req, struct att_error *e);
ATT_CHECK bool worker_lookup_need(
    struct worker_lookup *l, const struct att_result *r, struct rd *out, struct att_error *e);
void worker_lookup_end(
    struct worker_lookup *l, const struct att_result *r); /* r NULL: no verdict */
/* Answers a JUDGE message; the blocks live in w->request. */
ATT_CHECK bool worker_judge(
    struct worker *w, const struct frame *f, struct block out[2], struct att_error *e);
/* The body of GET /tcbbaselines, from the block stored of a MANAGE message. */
ATT_CHECK bool worker_baselines(
    struct worker *w, struct rd stored, struct rd *out, struct att_error *e);
int64_t worker_now_s(const struct worker *w);   /* the time at which evidence is judged */

/*
 * Asks the signer; *out is borrowed until the next question.  What it refuses is an INTERNAL error, but for
 * what clients sent and is none of ours (OPEN, ENROL_ISSUE): NOT_AUTHENTIC.  f is the message being answered.
 */
ATT_CHECK bool worker_ask_signer(struct worker *w, const struct frame *f, enum ipc_op op,
    const struct block ask[2], struct rd *out, struct att_error *e);
/* A state that the client carries: sealed for this provider and this purpose; *out lives in w->request. */
ATT_CHECK bool worker_seal(struct worker *w, const struct frame *f, enum seal_purpose purpose,
    struct rd state, struct rd *out, struct att_error *e);
/* Its state again; NOT_AUTHENTIC: it was not sealed by worker_seal() for this provider and purpose. */
ATT_CHECK bool worker_open(struct worker *w, const struct frame *f, enum seal_purpose purpose,
    struct rd sealed, struct rd *out, struct att_error *e);

/* What a message of type Tpm is, and what the context of a request says. */
struct worker_tpm {
	bool is_request;                /* else it wants a challenge */
	struct att_tpm_context context;
	int64_t expires_s;              /* of a context that could be read */
};
/* Errors say what is wrong with the body; a context that does not open is no error but its state. */
ATT_CHECK bool worker_tpm_read(struct worker *w, const struct frame *f, struct rd body,
    struct worker_tpm *out, struct att_error *e);
/* Answers to both messages, and the NEED by which the front is asked whether the context is unused. */
ATT_CHECK bool worker_tpm_challenge(
    struct worker *w, const struct frame *f, struct rd *body, struct att_error *e);
ATT_CHECK bool worker_tpm_report(struct worker *w, struct rd token, struct rd *body, struct att_error *e);
ATT_CHECK bool worker_tpm_need(
    struct worker *w, const struct worker_tpm *t, struct rd *out, struct att_error *e);

/* enrol.c.  At start: takes the EK_ROOTS message; asks the signer for the provider's AK CA. */
ATT_CHECK bool worker_take_ek_roots(struct worker *w, struct att_error *e);
ATT_CHECK bool worker_ask_ak_ca(struct worker *w, struct att_error *e);
/* What a refused step of an enrolment tells beside its error; all in w->request. */
struct worker_refusal {
	const struct att_check *checks;
	size_t nchecks;
	const char *hint;
};
/* Either step, as the members of the body say: claims is the answer's body, enrolment what is stored. */
ATT_CHECK bool worker_enrol(struct worker *w, const struct frame *f, struct rd body, struct managed *out,
    struct worker_refusal *why, struct att_error *e);

/* Who a bearer is; *who is NULL when none was sent.  The bearer's text is wiped.  UNAUTHORIZED:
 * nobody. */
ATT_CHECK bool worker_caller(
    struct worker *w, struct rd bearer, const struct principal **who, struct att_error *e);
/* Whom the configuration refuses, at start; and beside them the list that a POLICIES message tells.
 */
ATT_CHECK bool worker_deny_configured(struct worker *w, struct att_error *e);
ATT_CHECK bool worker_take_denylist(struct worker *w, struct rd json, struct att_error *e);
/* Takes a POLICIES message. */
ATT_CHECK bool worker_take_policies(struct worker *w, const struct frame *f, struct att_error *e);
const struct worker_policy *worker_policy_find(
    const struct worker *w, const char *type); /* NULL: none told */
/* Answers one MANAGE message; everything in *out lives in w->request or in the message.  False as
 * worker_handler. */
ATT_CHECK bool worker_manage(
    struct worker *w, const struct frame *f, struct managed *out, struct att_error *e);

/* Serves until the front closes the channel. */
int worker_run(struct role_env *env, worker_handler handler);

/* The library's settings from the configuration of a provider. */
ATT_CHECK bool worker_settings(const struct config *c, uint32_t provider, struct att_settings *out,
    struct att_error *e);

#endif

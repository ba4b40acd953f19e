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
	struct principals principals;
	bool is_isolated, wants_fresh;  /* trust model and isolated.freshness */
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

/* Who a bearer is; *who is NULL when none was sent.  The bearer's text is wiped.  UNAUTHORIZED: nobody. */
ATT_CHECK bool worker_caller(
    struct worker *w, struct rd bearer, const struct principal **who, struct att_error *e);
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

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

struct worker {
	struct role_env *env;
	struct channel work, sign;
	struct crypto *crypto;
	struct att_ctx *ctx;
	struct att_settings settings;
	struct att_bytes *endorsements, *anchors;       /* borrowed from the bundle */
	size_t nendorsements, nanchors;
	struct principals principals;
	struct arena *request;          /* memory of one request, reset after the answer */
};

/*
 * Answers one ATTEST message; everything in *out lives in w->request or in the message.  False: no answer
 * can be given at all (memory); the front then answers for the worker.
 */
typedef bool (*worker_handler)(struct worker *w, const struct frame *f, struct answer *out,
    struct att_error *e);
bool worker_answer(struct worker *w, const struct frame *f, struct answer *out, struct att_error *e);

/* Serves until the front closes the channel. */
int worker_run(struct role_env *env, worker_handler handler);

/* The library's settings from the configuration of a provider. */
ATT_CHECK bool worker_settings(const struct config *c, uint32_t provider, struct att_settings *out,
    struct att_error *e);

#endif

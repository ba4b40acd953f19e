#include "server/fetch/fetch.h"
#include "server/front/front.h"
#include "server/role.h"
#include "server/signer/signer.h"
#include "server/worker/worker.h"

static int run_front(struct role_env *env)
{
	return front_run(env, api_routes);
}

static int run_worker(struct role_env *env)
{
	return worker_run(env, worker_answer);
}

const struct role role_table[] = {
	{ "front", SANDBOX_FRONT, run_front },
	{ "verify", SANDBOX_VERIFY, run_worker },
	{ "signer", SANDBOX_SIGNER, signer_run },
	{ "fetch", SANDBOX_FETCH, fetch_run },
	{ 0 }
};

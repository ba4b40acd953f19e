/*
 * role.h - the roles of the daemon: one binary, re-executed with --role NAME and a control channel as
 * descriptor 3.
 *
 * A role receives its configuration over the control channel, narrows itself, says READY and serves.  It
 * exits when the other side of its channels is gone.
 */
#ifndef SERVER_ROLE_H
#define SERVER_ROLE_H

#include "server/config/config.h"
#include "server/ipc/messages.h"
#include "server/sandbox/sandbox.h"

struct role_env {
	struct channel control;
	struct arena *memory;           /* facts and bundle live here for the life of the role */
	struct config *config;
	struct role_facts facts;
	const char *sandbox_missing;    /* kernel features that role_confine() had to do without, or NULL */
};

struct role {
	const char *name;               /* as in --role NAME */
	enum sandbox_role sandbox;
	int (*run)(struct role_env *env);       /* returns the exit status */
};
/* The last row has no name.  Test programs link their own table. */
extern const struct role role_table[];

/*
 * Runs the role of that name on descriptor 3; returns the exit status (2: unknown name or not started by
 * attestd).
 */
int role_main(const char *name);
/* Enters the role's sandbox with these paths and logs what is missing. */
ATT_CHECK bool role_confine(struct role_env *env, enum sandbox_role role, const struct sandbox_path *paths,
    size_t npaths, struct att_error *e);
ATT_CHECK bool role_say(struct role_env *env, enum ipc_op op, uint64_t id, struct att_error *e);
/* Decodes a CONFIG message into env (replacing what is there only on success). */
ATT_CHECK bool role_take_config(struct role_env *env, const struct frame *f, struct att_error *e);
/* Logs the error under the event's name; returns 1, for `return role_failed(...)`. */
int role_failed(const char *event, const struct att_error *e);

#endif

#include "server/role.h"

#include <stdio.h>
#include <string.h>

#include "server/log/log.h"

#define FACTS_MEMORY (96 * MIB)

int role_failed(const char *event, const struct att_error *e)
{
	log_event(LOG_ERROR, event, "error", "%s", e->text, NULL);
	return 1;
}

bool role_take_config(struct role_env *env, const struct frame *f, struct att_error *e)
{
	struct role_facts facts;
	struct config *c = NULL;

	if (!facts_decode(env->memory, f->block[1], &facts, e) ||
	    !config_parse((const char *)rd_ptr(&f->block[0]), rd_left(&f->block[0]), &c, e))
		return false;
	config_free(env->config);
	env->config = c;
	env->facts = facts;
	return true;
}

static bool first_config(struct role_env *env, const char *name, struct att_error *e)
{
	struct frame f;
	enum log_level least = LOG_INFO;

	if (channel_recv(&env->control, true, &f, NULL, e) != CHANNEL_MESSAGE || f.op != OP_CONFIG)
		return att_fail(e, ATT_E_INTERNAL, "control channel: no configuration came");
	if (!role_take_config(env, &f, e))
		return false;
	(void)log_level_parse(env->config->log.level, &least);
	log_init(name, strcmp(env->config->log.format, "json") == 0, least);
	return true;
}

bool role_say(struct role_env *env, enum ipc_op op, uint64_t id, struct att_error *e)
{
	return channel_send(&env->control, &(struct frame){ .op = op, .id = id }, NULL, -1, true, e);
}

bool role_confine(struct role_env *env, enum sandbox_role role, const struct sandbox_path *paths,
    size_t npaths, struct att_error *e)
{
	struct sandbox_plan plan = { .role = role, .paths = paths, .npaths = npaths,
	    .best_effort = strcmp(env->config->sandbox, "best-effort") == 0 };
	const char *missing = NULL;

	if (!sandbox_enter(&plan, &missing, e))
		return false;
	env->sandbox_missing = missing;
	if (missing)
		log_event(LOG_WARN, "sandbox.incomplete", "missing", "%s", missing, NULL);
	return true;
}

static int role_run(const struct role *r)
{
	struct att_error e = { 0 };
	struct role_env env = { .memory = arena_new(FACTS_MEMORY) };
	int status;

	log_init(r->name, false, LOG_INFO);
	if (!env.memory ||
	    !channel_open(&env.control, CHANNEL_FD_CONTROL, LINK_CONTROL, SIDE_ANSWERS, &e) ||
	    !first_config(&env, r->name, &e)) {
		(void)att_fail(&e, ATT_E_NOMEM, "out of memory");
		status = role_failed("role.start", &e);
	} else
		status = r->run(&env);
	channel_close(&env.control);
	config_free(env.config);
	arena_free(env.memory);
	return status;
}

int role_main(const char *name)
{
	for (const struct role *r = role_table; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return role_run(r);
	(void)fprintf(stderr, "attestd: no role %s\n", name);
	return 2;
}

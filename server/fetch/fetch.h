/*
 * fetch.h - the fetch role: asks configured sources for endorsements and hands over what they say,
 * unjudged.
 *
 * One thread; every question waits for the network on its own, so a slow source delays only its own
 * questions. URLs come from the configuration and from checked keys, never from evidence or from an
 * answer. Messages: messages.h, FETCH and FETCHED.
 */
#ifndef SERVER_FETCH_FETCH_H
#define SERVER_FETCH_FETCH_H

#include "net/httpc_multi.h"
#include "server/config/config_tbl.h"
#include "server/fetch/breaker.h"
#include "server/fetch/budget.h"
#include "net/sources/source.h"
#include "server/ipc/messages.h"
#include "server/role.h"

#define FETCH_FD_FRONT 4
#define FETCH_TASKS_MAX 128u            /* questions at the same time */
#define FETCH_REMEMBERED 16             /* chains that were fetched beside another item */

/* Questions about keys that nobody vouches for never count against the others. */
enum fetch_class { FETCH_AUTHENTIC, FETCH_UNAUTHENTIC, FETCH_CLASSES };

struct source {
	const struct config_source *config;
	const struct source_kind *kind;
	const char *key_line;           /* header with the API key, or NULL */
	struct breaker breaker[FETCH_CLASSES];
};

/* An issuer chain that many items need; for minutes only, because nobody has judged it. */
struct remembered { char *url; uint8_t *p; size_t n; int64_t until_ms; };

struct fetch_task;
struct fetcher {
	struct role_env *env;
	struct channel front;
	struct httpc_multi *http;
	struct source source[CONFIG_SOURCES_MAX];
	unsigned nsources;
	struct breaker_rule rule;
	struct budget budget;           /* of unauthentic keys */
	struct absent absent;
	struct remembered remembered[FETCH_REMEMBERED];
	unsigned next_remembered;
	struct fetch_task *tasks;
	unsigned ntasks;
	int64_t now_ms;                 /* of the present turn of the loop */
	bool stop;
};

int fetch_run(struct role_env *env);

/* task.c: one FETCH from question to answer.  False: the front's channel is dead. */
ATT_CHECK bool task_begin(struct fetcher *f, const struct frame *message, struct att_error *e);
ATT_CHECK bool task_answered(
    struct fetcher *f, struct httpc_done *done, struct att_error *e); /* takes done->memory */
/* Sends the repetitions whose time has come; *next_ms is when the next one is due, INT64_MAX: none.
 */
ATT_CHECK bool tasks_wake(struct fetcher *f, int64_t *next_ms, struct att_error *e);
void tasks_clear(struct fetcher *f);

/* remember.c */
ATT_CHECK bool remembered_find(const struct fetcher *f, const char *url, struct rd *out);
void remembered_put(
    struct fetcher *f, const char *url, struct rd piece); /* forgets when out of memory */
void remembered_clear(struct fetcher *f);

#endif

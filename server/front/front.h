/*
 * front.h - the front role: listener, routing, the queue before the verify workers, the audit log.
 *
 * One thread, one event loop.  The front never looks into a body or a bearer: they go to a worker as they
 * came.
 */
#ifndef SERVER_FRONT_FRONT_H
#define SERVER_FRONT_FRONT_H

#include "server/api/api.h"
#include "server/role.h"

#define FRONT_FD_LISTEN 4
#define FRONT_FD_MANAGE 5
#define FRONT_SERVICE_VERSION "0.1.0.0"         /* x-ms-maa-service-version: four numbers */

struct front {
	struct role_env *env;
	struct api api;
	struct pool pool;
	struct channel manage;          /* to the first signer */
	struct audit audit;
	struct http_listener *listener;
	struct collateral collateral;
	struct channel fetcher;         /* to the fetch role; closed when there is none */
	struct time_floor floor;
	bool has_folder;                /* the offline folder came */
	int epoll;
	int64_t now_us;                 /* monotonic, of the current turn of the loop */
	bool has_announced, is_draining, stop;
	int64_t drain_until_us;
	int64_t maintain_us;            /* when the store is due; 0: no write since */
};

/* collateral.c */
ATT_CHECK bool front_collateral_open(struct front *f, struct att_error *e);
void front_collateral_configure(struct front *f);
/* Takes the descriptor of a FETCHER message. */
void front_take_fetcher(struct front *f, int fd);
void front_fetcher_event(struct front *f);
void front_take_folder(struct front *f, const struct frame *m);
/* The offline folder was judged, so requests find what it holds. */
bool front_folder_is_in(const struct front *f);
/* Milliseconds until there is something to do. */
int front_collateral_check(struct front *f);
/* Events of fd come to the loop as what. */
bool front_watch(struct front *f, int fd, void *what);

int front_run(struct role_env *env, const struct api_route *routes);

#endif

/*
 * parent.h - the parent role: configuration, first-start files, the listening socket, and the children's
 * lives.
 *
 * It parses nothing but its configuration and never sees a byte from the network.  A verify worker or
 * the fetch role that dies is replaced; the death of the front or of a signer ends the daemon with status
 * 1, because neither can be replaced without its clients noticing: whoever started the daemon starts it
 * again.
 */
#ifndef SERVER_PARENT_PARENT_H
#define SERVER_PARENT_PARENT_H

#include <sys/types.h>

#include "server/role.h"

struct options {
	const char *config, *data_dir, *listen, *sandbox, *clock;
	bool insecure_test, print_config, reset_time_floor;
	int64_t clock_s;                /* from clock, else CLOCK_REAL */
};

/* One generation of what the children are given; a reload makes a new one. */
struct generation {
	struct arena *memory;
	struct config *config;
	struct role_facts facts;
	char *yaml;                     /* the effective configuration */
	size_t yaml_len;
	struct block endorsements, anchors;     /* encoded lists */
	struct block signers;                   /* of a SIGNERS message */
	struct block reference[REFERENCE_BLOCKS];
	struct block ek_roots;                  /* of an EK_ROOTS message */
};

struct child {
	const char *role;
	pid_t pid;                      /* 0: dead, to be started again at respawn_ms */
	struct channel control;
	uint64_t id;                    /* workers: never used twice */
	uint32_t provider;
	uint64_t replaces;              /* worker that retires when this one is live; 0 none */
	bool is_ready;
	bool is_replaced;               /* a successor exists: its end is expected */
	unsigned early_deaths;          /* deaths in a row before it was ready */
	int64_t respawn_ms;
	struct child *next;
};

struct parent {
	const struct options *options;
	struct generation now;
	int listen_fd, epoll, signals, lock_fd;
	struct child front, *signers, *workers;
	struct child fetcher;           /* only while sources are configured */
	unsigned nsigners, nworkers_per_provider;
	uint64_t last_worker_id;
	bool is_announced, is_draining, failed;
	int64_t drain_until_ms;
};

int parent_main(const struct options *o);
int64_t parent_now_ms(void);            /* monotonic */
/* Events of fd come to the loop as what. */
ATT_CHECK bool parent_watch(struct parent *p, int fd, void *what);

/* workers.c: the lives of the verify workers. */
/* NULL: out of memory. */
struct child *worker_add(struct parent *p, uint32_t provider, uint64_t replaces);
struct child *worker_find(struct parent *p, uint64_t id);
void worker_replace(struct parent *p, struct child *old);       /* starts a successor; NULL is legal */
void worker_died(struct parent *p, struct child *c, int status);        /* may free c */
int workers_respawn(struct parent *p);  /* starts those whose time has come; ms until the next, -1 none */

/* Pause before the next attempt after so many deaths in a row before the child was ever ready. */
int64_t child_backoff_ms(unsigned early_deaths);
/* Logs why, and plans the next try.  The end of a child that did begin is reaped like any other. */
void child_start_failed(struct child *c, const char *event, const struct att_error *e);

/* fetcher.c: the life of the fetch role. */
ATT_CHECK bool fetcher_check(const struct config *c, struct att_error *e);     /* can the API keys be read? */
void fetcher_reload(struct parent *p);
void fetcher_died(struct parent *p, int status);
int fetcher_respawn(struct parent *p);  /* starts it when its time has come; ms until then, -1 none */

/* generation.c: loads the configuration with the options on top, and the offline files. */
ATT_CHECK bool generation_config(const struct options *o, struct config **out, struct att_error *e);
ATT_CHECK bool generation_make(const struct options *o, struct config *c, const struct role_facts *base,
    struct generation *out, struct att_error *e);   /* takes c on success */
void generation_clear(struct generation *g);
/* May a running daemon go from old to new?  Names the key that forbids it. */
ATT_CHECK bool generation_may_follow(const struct config *old, const struct config *new, struct att_error *e);

/* first_start.c: makes what is missing. */
ATT_CHECK bool admin_token_open(const char *data_dir, uint8_t sha256[32], struct att_error *e);
/* policy_signers.c: the certificates that providers[].policy_signers name; *out is of a SIGNERS message. */
ATT_CHECK bool policy_signers_read(
    const struct config *c, struct arena *a, struct block *out, struct att_error *e);
/* ek_roots.c: the files of tpm.ek_roots; *out is of an EK_ROOTS message. */
ATT_CHECK bool ek_roots_read(const struct config *c, struct arena *a, struct block *out,
    struct att_error *e);
/* measured_boot.c: the files of that section, of a REFERENCE message. */
ATT_CHECK bool measured_boot_read(const struct config *c, struct arena *a,
    struct block out[REFERENCE_BLOCKS], struct att_error *e);
/* tls_files.c: a private CA and a server certificate, unless tls/server.pem is there. */
ATT_CHECK bool tls_files_make(const char *data_dir, const char *listen_host, struct att_error *e);

/* listen.c: *authority is HOST:PORT with the real port, in the arena. */
ATT_CHECK bool listen_open(const char *listen, struct arena *a, int *fd, const char **authority,
    struct att_error *e);
ATT_CHECK bool listen_host(const char *listen, struct arena *a, const char **host, const char **port,
    struct att_error *e);

/* children.c */
/* Starts a role with fds as its descriptors 3, 4, ...; they stay open here. */
ATT_CHECK bool child_exec(const char *role, const int *fds, unsigned nfds, pid_t *pid, struct att_error *e);
/* Starts c->role, gives it the control channel and its configuration. extra are its descriptors from 4 on. */
ATT_CHECK bool child_start(struct parent *p, struct child *c, const int *extra, unsigned nextra,
    struct att_error *e);
ATT_CHECK bool worker_start(struct parent *p, struct child *c, struct att_error *e);
ATT_CHECK bool child_wait_ready(struct child *c, int timeout_ms, struct att_error *e);
void child_clear(struct child *c);

/* notify.c: sd_notify(3) without the library; no-op without NOTIFY_SOCKET. */
void notify_systemd(const char *state);

#endif

/*
 * task.h - one question of the front: which source is being asked, how often, and what was had from
 * it.
 *
 * Sources are asked in the order of the configuration; the first that has the item ends the search.
 * A source that says "no such item" is believed only when no other failed to answer.
 */
#ifndef SERVER_FETCH_TASK_H
#define SERVER_FETCH_TASK_H

#include "lib/base/buf.h"
#include "net/sources/answer.h"
#include "server/fetch/fetch.h"

struct fetch_task {
	struct fetch_task *next, **link;        /* link: what points here */
	struct arena *a;
	uint64_t id;                            /* of the message, with its provider */
	uint32_t provider;
	struct fetch_key key;
	enum fetch_class class;
	int64_t begun_ms;

	unsigned source;                        /* index of the one that is asked */
	struct plan plan;
	unsigned step, repetition;
	int64_t until_ms;                       /* end of the time that this source has */
	int64_t wake_ms; /* the repetition is due; INT64_MAX: the network is awaited */
	bool is_parked;                         /* another question will bring the issuer */
	struct httpc_request request;
	const char *headers[3];

	struct buf pieces;                      /* blocks */
	struct buf tried;                       /* for a reader: per source, what was wrong */
	bool is_asked;                          /* some source was asked */
	bool has_failed;                        /* some source may have it and did not say so */
	int64_t wait_ms; /* until another try makes sense; INT64_MAX: not known */
};

#endif

/*
 * manage.h - one management call: bearer and body go to a verify worker, its answer to the store,
 * the result to the signer.
 *
 *   gather    what the worker must see of the store, read before it is asked
 *   (worker)  who asks, may they, is the statement what it must be
 *   apply     the write; what it wrote is durable when it returns true
 *   respond   the answer; by default a result token made of the worker's claims
 *
 * The front looks into none of the bytes.  A statement that was judged against certificates that
 * have changed since is judged again.
 */
#ifndef SERVER_API_MANAGE_H
#define SERVER_API_MANAGE_H

#include "server/api/api.h"

#define MANAGE_TRIES 8u

struct manage_kind {
	const char
	    *action; /* in the audit log; NULL: reading, which is recorded only when refused */
	enum manage_verb verb;
	bool is_document;       /* what the worker made is the answer as it is, not a token */
	bool is_plain;          /* the body is no statement, so nobody has to have signed it */
	bool may_be_anonymous;  /* the worker says whether a bearer is needed */
	bool keeps_tenant;      /* what is written is nothing that workers are told */
	bool (*gather)(struct api_call *c, struct att_error *e);        /* NULL: nothing */
	/* use is what must be consumed with the write.  NULL: nothing is written */
	bool (*apply)(struct api_call *c, const struct managed *m, const struct store_use *use,
	    struct att_error *e);
	bool (*respond)(struct api_call *c, struct resp *out, struct att_error *e);
};

struct manage_state {
	struct arena *memory;
	const struct manage_kind *kind;
	enum manage_verb verb;          /* kind's, unless gather() chose another */
	struct store_policy entry;      /* what gather() read */
	struct rd stored;               /* its JWS, for the worker */
	struct att_error
	    missing; /* told once the bearer is known to be good: what gather() did not find */
	int64_t made;                   /* number of the entry that was appended */
	bool made_nothing;              /* apply() had nothing to write: recorded like a reading */
	const char *ek_id, *ak_name;    /* for the record: the enrolment that was removed */
	const char *hint;               /* of a refusal by apply() */
	uint64_t certs_generation;
	unsigned tries;
	uint8_t numbers[MANAGE_NUMBERS];
	char target[128];
};

void manage_call(struct api_call *c, const struct manage_kind *kind);
void manage_free(struct manage_state *m);       /* NULL is legal */
struct store_key manage_key(const struct api_call *c);
/* The entry that a worker's answer makes; texts in the call's memory. */
ATT_CHECK bool manage_entry(struct api_call *c, const struct managed *m, struct store_policy *out,
    struct att_error *e);
/* A block of the answer as text in the call's memory; NULL: out of memory. */
const char *manage_text(struct api_call *c, struct rd r);

#endif

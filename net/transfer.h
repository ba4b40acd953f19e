/*
 * transfer.h - one request and its answer while it runs; what httpc.c and httpc_multi.c share.
 *
 * spec: dependencies §1 (libcurl)
 */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include <curl/curl.h>

#include "lib/base/buf.h"
#include "net/httpc.h"

#define TRANSFER_ANSWER_MAX ((size_t)16 << 20)  /* bytes, unless the request says */

struct transfer {
	const struct httpc_request *r;  /* borrowed, with all that it points to, until the end */
	CURL *easy;                     /* owned */
	CURLU *url; /* the parsed URL: what was checked is what is used; owned */
	struct curl_slist *headers;     /* owned */
	struct arena *a;                /* of the answer; borrowed */
	struct buf body;
	size_t max, head_len;
	bool body_too_large, head_too_large;
	char reason[CURL_ERROR_SIZE];
};

/* Ready to be performed.  t must not move until transfer_clear(), which is due on failure too. */
ATT_CHECK bool transfer_init(struct transfer *t, struct arena *a, const struct httpc_request *r,
    struct att_error *e);
void transfer_clear(struct transfer *t);
/* What became of it.  The text of e says what failed, without the URL. */
ATT_CHECK bool transfer_finish(struct transfer *t, CURLcode code, struct httpc_answer *out,
    struct att_error *e);

#endif

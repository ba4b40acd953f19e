/*
 * answer.h - what a source's answer means, and the pieces in it.  Answers are untrusted bytes.
 *
 * Form only: whether a piece is authentic and for the key asked about is a worker's judgement.
 * spec: sgx-tdx §8.1
 */
#ifndef NET_SOURCES_ANSWER_H
#define NET_SOURCES_ANSWER_H

#include "lib/base/rd.h"
#include "net/httpc.h"
#include "net/sources/source.h"

#define ANSWER_MAX ((size_t)1 << 20)            /* bytes of a body */
#define ANSWER_CHAIN_MAX ((size_t)64 << 10)     /* bytes of an issuer chain in a header */
#define ANSWER_WAIT_MAX_S 3600                  /* longer wishes are cut */
#define ANSWER_WAIT_S 30                        /* 429 without Retry-After */

enum answer_meaning {
	ANSWER_GOOD, /* 200 */
	ANSWER_ABSENT, /* 404, 410 */
	ANSWER_WAIT, /* 429, or 503 with Retry-After: leave the source alone for *wait_s */
	ANSWER_AGAIN, /* 408, 5xx: the same question may succeed */
	ANSWER_BAD_QUESTION, /* 400: the source lives and does not like the question */
	ANSWER_NO /* anything else: redirects, 401, 403 */
};
enum answer_meaning answer_meaning(const struct httpc_answer *got, int64_t *wait_s);
/* "status 400 (InvalidRequestParameters, ...)" for a reader; Error-Code and Error-Message are
 * quoted, cut. */
const char *answer_status_text(struct arena *a, const struct httpc_answer *got);

struct pieces { struct rd item[2]; unsigned n; };
/* Body and issuer chain as the step wants them; borrowed from the answer or in the arena. */
ATT_CHECK bool answer_pieces(struct arena *a, const struct step_row *step,
    const struct httpc_answer *got, struct pieces *out, struct att_error *e);
/* PEM out of a header: percent sequences only, a "+" is no space.  The arena holds the text. */
ATT_CHECK bool answer_chain(
    struct arena *a, const char *header, struct rd *out, struct att_error *e);

#endif

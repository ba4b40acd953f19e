/*
 * problem.h - the error envelope of Azure Attestation (rest-api section 4) with our members checks,
 * requestId, hint.
 *
 *   {"error":{"code":...,"message":...,"innererror":{"code":...,"message":...},
 *    "requestId":...,"hint":...,"checks":[...],"explain":{...}}}
 */
#ifndef SERVER_API_PROBLEM_H
#define SERVER_API_PROBLEM_H

#include "lib/base/arena.h"
#include "lib/base/rd.h"
#include "libattest/attest.h"

struct problem {
	const char *code, *message;
	const char *request_id;         /* NULL: not shown */
	const char *hint;               /* NULL: none */
	const struct att_check *checks; /* every check of the appraisal; outcome says which failed */
	size_t nchecks;
	const char *explain_json;       /* member explain, JSON text; NULL: none */
	bool to_reader;                 /* expected values from the configuration may be shown */
};
/* *out is the JSON text, in the arena. */
ATT_CHECK bool problem_json(struct arena *a, const struct problem *p, struct rd *out, struct att_error *e);

#endif

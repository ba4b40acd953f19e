/*
 * report.h - where compile and search put their one failure: problem, error object, message.
 *
 * The first failure wins; every function returns false so that one line reports and leaves.
 */
#ifndef JMESPATH_REPORT_H
#define JMESPATH_REPORT_H

#include "lib/policy/jmespath/jmespath.h"

struct jmes_report {
	struct arena *a;                /* holds the message */
	struct jmes_problem *problem;   /* the caller's; never NULL here */
	struct att_error *e;            /* the caller's; may be NULL */
	enum att_err code;              /* code for everything but limits and memory */
	bool failed;
};

bool jmes_report(struct jmes_report *r, enum jmes_class c, size_t offset, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* An allocation from r->a failed: class LIMIT when the arena's limit was met, else no class. */
bool jmes_report_memory(struct jmes_report *r, size_t offset);

#endif

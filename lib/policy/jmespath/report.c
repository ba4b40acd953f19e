#include "lib/policy/jmespath/report.h"

#include <stdio.h>

#define MESSAGE_MAX 240

static const char *const class_names[] = {
	[JMES_NONE] = "none",
	[JMES_SYNTAX] = "syntax",
	[JMES_TYPE] = "invalid-type",
	[JMES_VALUE] = "invalid-value",
	[JMES_ARITY] = "invalid-arity",
	[JMES_UNKNOWN_FUNCTION] = "unknown-function",
	[JMES_LIMIT] = "limit",
};

const char *jmes_class_name(enum jmes_class c)
{
	size_t i = (size_t)c;

	return i < sizeof class_names / sizeof class_names[0] ? class_names[i] : "none";
}

bool jmes_report(struct jmes_report *r, enum jmes_class c, size_t offset, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	const char *kept;
	va_list ap;

	if (r->failed)
		return false;
	r->failed = true;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	kept = arena_strdup(r->a, text);
	*r->problem = (struct jmes_problem){ c, offset, kept ? kept : jmes_class_name(c) };
	return att_fail(r->e, c == JMES_LIMIT ? ATT_E_LIMIT : r->code,
	    "jmespath: offset %zu: %s: %s", offset, jmes_class_name(c), text);
}

bool jmes_report_memory(struct jmes_report *r, size_t offset)
{
	if (r->failed)
		return false;
	r->failed = true;
	if (arena_hit_limit(r->a))
		*r->problem = (struct jmes_problem){ JMES_LIMIT, offset, "the memory limit is reached" };
	return arena_fail(r->a, r->e);
}

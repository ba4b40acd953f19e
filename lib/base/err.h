/* err.h - reporting errors: the place that detects writes code and text and leaves. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#include "libattest/error.h"

#define ATT_CHECK __attribute__((warn_unused_result))

/*
 * Records code and text in *e (e may be NULL) unless an earlier cause stands there.  Always false.
 * Texts may quote evidence: what is kept is one line of UTF-8, with '?' for control characters
 * and malformed bytes, cut to the size of the object.
 */
bool att_fail(struct att_error *e, enum att_err code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "where: " in front of the text that stands in *e, if an error does.  Always false. */
bool att_within(struct att_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Forgets an error, for callers that try an alternative. */
void att_error_clear(struct att_error *e);

#endif

/* line.h - one log line as bytes; log.c adds the clock and the descriptor. */
#ifndef SERVER_LOG_LINE_H
#define SERVER_LOG_LINE_H

#include <stddef.h>

#include "server/log/log.h"

struct line_head {
	int64_t now_s;
	const char *role, *event;
	enum log_level level;
	bool json;
};

/*
 * Writes the line with its newline and returns its length, always at most LOG_LINE_MAX.  A value longer
 * than 1 KiB is cut; a pair that no longer fits is left out, and truncated=true says so.
 */
size_t line_format(char out[LOG_LINE_MAX], const struct line_head *head, va_list pairs);
const char *log_level_name(enum log_level level);

#endif

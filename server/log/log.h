/*
 * log.h - one line per event on standard error: time, role, level, event name, key=value pairs (or one
 * JSON object).
 *
 * Values are escaped; a line is at most LOG_LINE_MAX bytes and written with one write(2).  Never given
 * a secret: tokens, keys, bearer headers and bodies are not logged, only their SHA-256 or lengths.
 */
#ifndef SERVER_LOG_LOG_H
#define SERVER_LOG_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define LOG_LINE_MAX 4096

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Once per process, before the first line.  json: JSON lines instead of text. */
void log_init(const char *role, bool json, enum log_level least);
bool log_level_parse(const char *name, enum log_level *out);    /* "debug", "info", "warn", "error" */

/*
 * log_event(LOG_INFO, "request", "method", "%s", m, "status", "%d", 200, NULL)
 * Pairs of a key and a printf format with ITS arguments directly behind; ends with NULL.  Formats may
 * use only %s %d %u %zu %lld %llu, each at most once per value; that is checked at run time by
 * log_event's own small formatter.
 */
void log_event(enum log_level level, const char *event, ...);

#endif

/* time.h - seconds since 1970-01-01T00:00:00Z, and their RFC 3339 text.  Knows no clock. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdint.h>

#include "lib/base/err.h"

#define TIME_TEXT_MAX 32

/* Seconds of a civil UTC date; month 1..12, day 1..31; the caller has checked the ranges. */
int64_t time_from_civil(int64_t year, unsigned month, unsigned day,
    unsigned hour, unsigned minute, unsigned second);
/* Accepts "2026-01-31T12:00:00Z", a numeric offset and fractions (cut); len bytes at s. */
ATT_CHECK bool time_parse_rfc3339(const char *s, size_t len, int64_t *out_s, struct att_error *e);
void time_format(int64_t t_s, char out[TIME_TEXT_MAX]);         /* 2026-01-31T12:00:00Z */

#endif

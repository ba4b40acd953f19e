#include "lib/base/time.h"

#include <stdio.h>

#define SECONDS_PER_DAY 86400

static unsigned days_in_month(int64_t year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t mp = (month + 9) % 12;
	int64_t doy = (153 * mp + 2) / 5 + (int64_t)day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

int64_t time_from_civil(int64_t year, unsigned month, unsigned day,
    unsigned hour, unsigned minute, unsigned second)
{
	return days_from_civil(year, month, day) * SECONDS_PER_DAY +
	    (int64_t)hour * 3600 + (int64_t)minute * 60 + (int64_t)second;
}

/* Cursor over the text; every helper moves it only on success. */
struct text {
	const char *p, *end;
};

static bool text_number(struct text *t, unsigned digits, unsigned min, unsigned max, unsigned *out)
{
	unsigned v = 0;

	if ((size_t)(t->end - t->p) < digits)
		return false;
	for (unsigned i = 0; i < digits; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(t->p[i] - '0');
	}
	if (v < min || v > max)
		return false;
	t->p += digits;
	*out = v;
	return true;
}

static bool text_char(struct text *t, const char *any)
{
	for (const char *c = any; *c; c++)
		if (t->p < t->end && *t->p == *c) {
			t->p++;
			return true;
		}
	return false;
}

static bool text_fraction(struct text *t)
{
	unsigned digit, n = 0;

	if (!text_char(t, "."))
		return true;
	while (text_number(t, 1, 0, 9, &digit))
		n++;
	return n > 0;
}

static bool text_zone(struct text *t, int64_t *offset_s)
{
	unsigned h, m;
	bool minus = t->p < t->end && *t->p == '-';

	*offset_s = 0;
	if (text_char(t, "Zz"))
		return true;
	if (!text_char(t, "+-") || !text_number(t, 2, 0, 23, &h) || !text_char(t, ":") ||
	    !text_number(t, 2, 0, 59, &m))
		return false;
	*offset_s = ((int64_t)h * 3600 + (int64_t)m * 60) * (minus ? -1 : 1);
	return true;
}

bool time_parse_rfc3339(const char *s, size_t len, int64_t *out_s, struct att_error *e)
{
	struct text t = { s, s + len };
	unsigned y, mo, d, h, mi, se;
	int64_t zone;

	if (!text_number(&t, 4, 0, 9999, &y) || !text_char(&t, "-") ||
	    !text_number(&t, 2, 1, 12, &mo) || !text_char(&t, "-") ||
	    !text_number(&t, 2, 1, days_in_month(y, mo), &d) || !text_char(&t, "Tt ") ||
	    !text_number(&t, 2, 0, 23, &h) || !text_char(&t, ":") ||
	    !text_number(&t, 2, 0, 59, &mi) || !text_char(&t, ":") ||
	    !text_number(&t, 2, 0, 59, &se) || !text_fraction(&t) ||
	    !text_zone(&t, &zone) || t.p != t.end)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "time: \"%.*s\" is wrong at offset %zu, want 2026-01-31T12:00:00Z",
		    (int)(len < 40 ? len : 40), s, (size_t)(t.p - s));
	*out_s = time_from_civil(y, mo, d, h, mi, se) - zone;
	return true;
}

void time_format(int64_t t_s, char out[TIME_TEXT_MAX])
{
	int64_t day = t_s / SECONDS_PER_DAY, sec = t_s % SECONDS_PER_DAY;
	int64_t year;
	unsigned month = 1;

	if (sec < 0) {
		sec += SECONDS_PER_DAY;
		day--;
	}
	if (day > 2932896 || day < -719528) {           /* outside years 0..9999 */
		(void)snprintf(out, TIME_TEXT_MAX, "@%lld", (long long)t_s);
		return;
	}
	year = 1970 + (day >= 0 ? day / 366 : day / 365 - 1);    /* never too late */
	while (days_from_civil(year + 1, 1, 1) <= day)
		year++;
	while (month < 12 && days_from_civil(year, month + 1, 1) <= day)
		month++;
	(void)snprintf(out, TIME_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year, month,
	    (unsigned)(day - days_from_civil(year, month, 1) + 1), (unsigned)(sec / 3600),
	    (unsigned)(sec / 60 % 60), (unsigned)(sec % 60));
}

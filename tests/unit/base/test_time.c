#include "tests/harness/check.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/time.h"

static const struct { const char *text; int64_t s; } good[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "2000-02-29T12:00:00Z", 951825600 },
	{ "2026-01-31T12:00:00Z", 1769860800 },
	{ "2038-01-19T03:14:08Z", 2147483648 },
	{ "9999-12-31T23:59:59Z", 253402300799 },
	{ "0000-01-01T00:00:00Z", -62167219200 },
	{ "2026-01-31t12:00:00z", 1769860800 },
	{ "2026-01-31 12:00:00Z", 1769860800 },
	{ "2026-01-31T12:00:00.999999999Z", 1769860800 },
	{ "2026-01-31T14:00:00+02:00", 1769860800 },
	{ "2026-01-31T06:30:00.5-05:30", 1769860800 },
	{ "2026-01-31T12:00:00-00:00", 1769860800 },
};

static const char *const bad[] = {
	"", "2026", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00Z", "2026-1-31T12:00:00Z",
	"2026-00-31T12:00:00Z", "2026-13-31T12:00:00Z", "2026-01-00T12:00:00Z", "2026-01-32T12:00:00Z",
	"2026-02-29T12:00:00Z", "1900-02-29T12:00:00Z", "2026-04-31T12:00:00Z", "2026-01-31T24:00:00Z",
	"2026-01-31T12:60:00Z", "2026-01-31T12:00:60Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+24:00",
	"2026-01-31T12:00:00+02:60", "2026-01-31T12:00:00+0200", "2026-01-31T12:00:00+02",
	    "2026-01-31T12:00:00ZZ",
	"2026-01-31T12:00:00Z ", " 2026-01-31T12:00:00Z", "2026/01/31T12:00:00Z", "2026-01-31X12:00:00Z",
	"+026-01-31T12:00:00Z", "-026-01-31T12:00:00Z", "20a6-01-31T12:00:00Z",
};

static void test_good(void **state)
{
	struct att_error e = { 0 };
	int64_t s;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		CHECK_OK(time_parse_rfc3339(good[i].text, strlen(good[i].text), &s, &e), &e);
		assert_true(s == good[i].s);
	}
}

static void test_bad(void **state)
{
	struct att_error e = { 0 };
	int64_t s = 5;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		CHECK_ERR(time_parse_rfc3339(bad[i], strlen(bad[i]), &s, &e), &e, ATT_E_BAD_FORMAT,
		    "is wrong at offset");
	CHECK_ERR(time_parse_rfc3339("2026-01-31T12:00:00Q", 20, &s, &e), &e, ATT_E_BAD_FORMAT, "offset 19");
	assert_true(s == 5);
}

static void test_truncations(void **state)
{
	static const char text[] = "2026-01-31T12:00:00.25+02:00";
	struct att_error e = { 0 };
	int64_t s;

	(void)state;
	for (size_t n = 0; n + 1 < sizeof text; n++)
		CHECK_ERR(time_parse_rfc3339(text, n, &s, &e), &e, ATT_E_BAD_FORMAT, "time: ");
	CHECK_OK(time_parse_rfc3339(text, sizeof text - 1, &s, &e), &e);
}

/* Every day of ten thousand years: format, parse, and the calendar's own order. */
static void test_every_day(void **state)
{
	static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct att_error e = { 0 };
	int64_t day = -719528, s;
	char text[TIME_TEXT_MAX], want[TIME_TEXT_MAX * 2];

	(void)state;
	for (unsigned y = 0; y <= 9999; y++)
		for (unsigned m = 1; m <= 12; m++) {
			bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
			unsigned last = month_days[m - 1] + (m == 2 && leap ? 1U : 0U);
			for (unsigned d = 1; d <= last; d++, day++) {
				if (time_from_civil(y, m, d, 0, 0, 0) != day * 86400)
					fail_msg("%u-%u-%u", y, m, d);
				if (d > 1 && d < last)
					continue;
				time_format(day * 86400 + 86399, text);
				(void)snprintf(want, sizeof want, "%04u-%02u-%02uT23:59:59Z", y, m, d);
				assert_string_equal(text, want);
				CHECK_OK(time_parse_rfc3339(text, strlen(text), &s, &e), &e);
				assert_true(s == day * 86400 + 86399);
			}
		}
}

static void test_format_out_of_range(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	time_format(253402300800, text);
	assert_string_equal(text, "@253402300800");
	time_format(-62167219201, text);
	assert_string_equal(text, "@-62167219201");
	time_format(INT64_MIN, text);
	assert_string_equal(text, "@-9223372036854775808");
	time_format(INT64_MAX, text);
	assert_string_equal(text, "@9223372036854775807");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_format_out_of_range),
	};

	return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}

#include "tests/harness/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "server/log/line.h"

static char line[LOG_LINE_MAX + 1];

static const char *format(bool json, const char *event, ...)
{
	struct line_head head = { .now_s = 1795546800, .role = "front", .event = event,
	    .level = LOG_INFO, .json = json };
	va_list pairs;
	size_t n;

	va_start(pairs, event);
	n = line_format(line, &head, pairs);
	va_end(pairs);
	assert_true(n <= LOG_LINE_MAX);
	assert_int_equal(line[n - 1], '\n');
	assert_ptr_equal(memchr(line, '\n', n), line + n - 1);
	line[n] = '\0';
	return line;
}

#define HEAD "2026-11-24T19:00:00Z front info "
#define JSON_HEAD "{\"time\":\"2026-11-24T19:00:00Z\",\"role\":\"front\",\"level\":\"info\",\"event\":"

static void test_text(void **state)
{
	(void)state;
	assert_string_equal(format(false, "request", "method", "%s", "POST", "status", "%d", 200, "ms",
	    "%u", 3u, NULL),
	    HEAD "request method=POST status=200 ms=3\n");
	assert_string_equal(format(false, "x", NULL), HEAD "x\n");
	assert_string_equal(format(false, "x", "a", "%zu", (size_t)-1, "b", "%lld", -5LL, "c", "%llu",
	    18446744073709551615ULL, NULL), HEAD "x a=18446744073709551615 b=-5 c=18446744073709551615\n");
	assert_string_equal(format(false, "x", "a", "fixed", "b", "%s:%u", "host", 443u, NULL),
	    HEAD "x a=fixed b=host:443\n");
}

static void test_text_quoting(void **state)
{
	static const struct { const char *value, *shown; } rows[] = {
		{ "plain/1.0-x,y;z", "plain/1.0-x,y;z" },
		{ "", "\"\"" },
		{ "-", "\"-\"" },
		{ "--", "--" },
		{ NULL, "-" },
		{ "two words", "\"two words\"" },
		{ "a=b", "\"a=b\"" },
		{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
		{ "back\\slash", "\"back\\\\slash\"" },
		{ "line\nbreak\r\t", "\"line\\nbreak\\r\\t\"" },
		{ "\x1b[31m", "\"\\x1b[31m\"" },
		{ "\x7f", "\"\\x7f\"" },
		{ "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
		{ "\xff\xc3", "\"\\xff\\xc3\"" },
		{ "status=500 forged=1", "\"status=500 forged=1\"" },
	};
	char want[128];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(want, sizeof want, HEAD "x v=%s\n", rows[i].shown);
		assert_string_equal(format(false, "x", "v", "%s", rows[i].value, NULL), want);
	}
}

static void test_json(void **state)
{
	static const struct { const char *value, *shown; } rows[] = {
		{ "plain", "\"plain\"" },
		{ "", "\"\"" },
		{ NULL, "null" },
		{ "200", "\"200\"" },
		{ "say \"hi\" \\ \n", "\"say \\\"hi\\\" \\\\ \\n\"" },
		{ "\x01\x7f", "\"\\u0001\\u007f\"" },
		{ "\xff" "a", "\"\\ufffda\"" },
		{ "gr\xc3\xbc", "\"gr\xc3\xbc\"" },
	};
	char want[256];

	(void)state;
	assert_string_equal(format(true, "request", "method", "%s", "POST", "status", "%d", 200, "to",
	    "%s:%d", "h", 1,
	    NULL), JSON_HEAD "\"request\",\"method\":\"POST\",\"status\":200,\"to\":\"h:1\"}\n");
	assert_string_equal(format(true, "x", NULL), JSON_HEAD "\"x\"}\n");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(want, sizeof want, JSON_HEAD "\"x\",\"v\":%s}\n", rows[i].shown);
		assert_string_equal(format(true, "x", "v", "%s", rows[i].value, NULL), want);
	}
}

static void test_long_value(void **state)
{
	char value[2001], want[2100];

	(void)state;
	for (size_t i = 0; i < 2000; i++)
		value[i] = 'a';
	value[2000] = '\0';
	(void)snprintf(want, sizeof want, HEAD "x v=\"%.1024s...\" after=1\n", value);
	assert_string_equal(format(false, "x", "v", "%s", value, "after", "%d", 1, NULL), want);
	value[1024] = '\0';
	(void)snprintf(want, sizeof want, HEAD "x v=%s\n", value);
	assert_string_equal(format(false, "x", "v", "%s", value, NULL), want);
	/* A character of two bytes does not get cut in the middle. */
	value[1023] = (char)0xc3;
	value[1024] = (char)0xbc;
	value[1025] = '\0';
	(void)snprintf(want, sizeof want, HEAD "x v=\"%.1023s...\"\n", value);
	assert_string_equal(format(false, "x", "v", "%s", value, NULL), want);
}

static void test_long_line(void **state)
{
	char value[1025];

	(void)state;
	for (size_t i = 0; i < 1024; i++)
		value[i] = '\n';
	value[1024] = '\0';
	format(false, "x", "a", "%s", value, "b", "%s", value, "c", "%d", 1, NULL);
	assert_non_null(strstr(line, " a=\"\\n\\n"));
	assert_null(strstr(line, " b="));
	assert_non_null(strstr(line, "\" c=1 truncated=true\n"));
	format(true, "x", "a", "%s", value, "b", "%s", value, "c", "%d", 1, NULL);
	assert_non_null(strstr(line, "\",\"c\":1,\"truncated\":true}\n"));
}

static void test_levels(void **state)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	enum log_level level = LOG_INFO;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_true(log_level_parse(names[i], &level));
		assert_int_equal(level, i);
		assert_string_equal(log_level_name(level), names[i]);
	}
	assert_false(log_level_parse("Info", &level));
	assert_int_equal(level, LOG_ERROR);
}

/* What log_event writes to standard error: a whole line, and nothing below the least level. */
static void test_event(void **state)
{
	int memfd = memfd_create("stderr", 0), saved = dup(STDERR_FILENO);
	char text[512];
	ssize_t n;

	(void)state;
	assert_true(memfd >= 0 && saved >= 0);
	assert_int_equal(dup2(memfd, STDERR_FILENO), STDERR_FILENO);
	log_init("signer", false, LOG_WARN);
	log_event(LOG_INFO, "hidden", NULL);
	log_event(LOG_ERROR, "seen", "n", "%d", 7, NULL);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = pread(memfd, text, sizeof text - 1, 0);
	assert_true(n > 20);
	text[n] = '\0';
	assert_int_equal(text[4], '-');
	assert_int_equal(text[19], 'Z');
	assert_string_equal(text + 20, " signer error seen n=7\n");
	(void)close(memfd);
	(void)close(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_quoting),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

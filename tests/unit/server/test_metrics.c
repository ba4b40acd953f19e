#include "tests/harness/check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libattest/version.h"
#include "server/log/metrics.h"

/* The exposition as lines. */
struct lines { char *text, *line[900]; size_t n; };

static struct lines lines_read(void)
{
	struct lines l = { .n = 0 };
	size_t n = 0;
	char *at;

	l.text = metrics_text(&n);
	assert_non_null(l.text);
	assert_int_equal(strlen(l.text), n);
	assert_int_equal(l.text[n - 1], '\n');
	at = l.text;
	while (*at) {
		assert_true(l.n < sizeof l.line / sizeof *l.line);
		l.line[l.n++] = strsep(&at, "\n");
	}
	return l;
}

static bool has(const struct lines *l, const char *line)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->line[i], line) == 0)
			return true;
	return false;
}

static void check_has(const struct lines *l, const char *line)
{
	if (!has(l, line))
		fail_msg("missing: %s", line);
}

static size_t name_len(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
}

/* {name="value",...}: returns what is behind it. */
static const char *after_labels(const char *s)
{
	if (*s != '{')
		return s;
	do {
		size_t n = name_len(++s);

		assert_true(n > 0);
		s += n;
		assert_int_equal(s[0], '=');
		assert_int_equal(s[1], '"');
		s += 2 + strcspn(s + 2, "\"\\\n");
		assert_int_equal(*s++, '"');
	} while (*s == ',');
	assert_int_equal(*s, '}');
	return s + 1;
}

/* Samples belong to the metric whose TYPE line came last. */
static void check_sample(const char *s, const char *family)
{
	size_t n = name_len(s);
	char *end;

	assert_true(n >= strlen(family));
	assert_int_equal(strncmp(s, family, strlen(family)), 0);
	s = after_labels(s + n);
	assert_int_equal(*s, ' ');
	(void)strtod(s + 1, &end);
	assert_true(end != s + 1);
	assert_int_equal(*end, '\0');
}

static void check_type(const char *s, const char *family)
{
	size_t n = strlen(family);

	assert_int_equal(strncmp(s, family, n), 0);
	assert_true(strcmp(s + n, " counter") == 0 || strcmp(s + n, " gauge") == 0 || strcmp(s + n,
	    " histogram") == 0);
	assert_true((strcmp(s + n, " counter") == 0) == (strlen(family) > 6 && strcmp(family + n - 6,
	    "_total") == 0));
}

static void test_grammar(void **state)
{
	struct lines l = lines_read();
	char family[128] = "";
	size_t families = 0;

	(void)state;
	for (size_t i = 0; i < l.n; i++) {
		const char *s = l.line[i];

		if (strncmp(s, "# HELP ", 7) == 0) {
			assert_int_equal(strncmp(s + 7, "attestd_", 8), 0);
			(void)snprintf(family, sizeof family, "%.*s", (int)name_len(s + 7), s + 7);
			assert_int_equal(s[7 + strlen(family)], ' ');
			assert_true(strlen(s) > 7 + strlen(family) + 5);
			assert_int_equal(strncmp(l.line[i + 1], "# TYPE ", 7), 0);
			families++;
		} else if (strncmp(s, "# TYPE ", 7) == 0)
			check_type(s + 7, family);
		else
			check_sample(s, family);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(l.line[k], s);
	}
	assert_int_equal(families, M_COUNT);
	free(l.text);
}

static void test_counter(void **state)
{
	struct lines l;

	(void)state;
	metric_add(M_requests, METRIC_ROUTE_CODE(METRIC_ROUTE_attest, 200), 2);
	metric_add(M_requests, METRIC_ROUTE_CODE(METRIC_ROUTE_none, 404), 1);
	metric_add(M_requests, METRIC_ROUTE_CODE(METRIC_ROUTE_none, 0), 1);
	metric_add(M_requests, METRIC_ROUTE_CODE(METRIC_ROUTE_none, 600), 1);
	metric_add(M_requests, METRIC_ROUTE_CODE(METRIC_ROUTE_attest, 100), 5);
	metric_add(M_verdicts, METRIC_VERDICT_denied, 3);
	metric_add(M_connections_cut, METRIC_CUT_deadline, 1);
	metric_add(M_body_too_large, 0, 1);
	l = lines_read();
	check_has(&l, "# HELP attestd_requests_total Requests answered, by route and class of status.");
	check_has(&l, "# TYPE attestd_requests_total counter");
	check_has(&l, "attestd_requests_total{route=\"attest\",code=\"2xx\"} 2");
	check_has(&l, "attestd_requests_total{route=\"attest\",code=\"1xx\"} 5");
	check_has(&l, "attestd_requests_total{route=\"attest\",code=\"5xx\"} 0");
	check_has(&l, "attestd_requests_total{route=\"none\",code=\"4xx\"} 1");
	check_has(&l, "attestd_requests_total{route=\"none\",code=\"5xx\"} 2");
	check_has(&l, "attestd_verdicts_total{verdict=\"denied\"} 3");
	check_has(&l, "attestd_verdicts_total{verdict=\"permitted\"} 0");
	check_has(&l, "attestd_connections_cut_total{reason=\"deadline\"} 1");
	check_has(&l, "attestd_body_too_large_total 1");
	free(l.text);
}

static void test_gauge(void **state)
{
	struct lines l;

	(void)state;
	metric_set(M_queue_length, 0, 12);
	metric_set(M_workers_alive, 0, -1);
	metric_set(M_start_time_seconds, 0, 1795546800);
	l = lines_read();
	check_has(&l, "# TYPE attestd_queue_length gauge");
	check_has(&l, "attestd_queue_length 12");
	check_has(&l, "attestd_workers_alive -1");
	check_has(&l, "attestd_start_time_seconds 1795546800");
	check_has(&l, "attestd_build_info{version=\"" ATT_VERSION "\"} 1");
	free(l.text);
}

static void test_histogram(void **state)
{
	struct lines l;

	(void)state;
	metric_observe_us(M_request_seconds, METRIC_ROUTE_attest, 0);
	/* a bound belongs to its bucket */
	metric_observe_us(M_request_seconds, METRIC_ROUTE_attest, 500);
	metric_observe_us(M_request_seconds, METRIC_ROUTE_attest, 501);
	metric_observe_us(M_request_seconds, METRIC_ROUTE_attest, 30000001);
	metric_observe_us(M_answer_seconds, 0, 1500000);
	l = lines_read();
	check_has(&l, "# TYPE attestd_request_seconds histogram");
	check_has(&l, "attestd_request_seconds_bucket{route=\"attest\",le=\"0.0005\"} 2");
	check_has(&l, "attestd_request_seconds_bucket{route=\"attest\",le=\"0.001\"} 3");
	check_has(&l, "attestd_request_seconds_bucket{route=\"attest\",le=\"30\"} 3");
	check_has(&l, "attestd_request_seconds_bucket{route=\"attest\",le=\"+Inf\"} 4");
	check_has(&l, "attestd_request_seconds_sum{route=\"attest\"} 30.001002");
	check_has(&l, "attestd_request_seconds_count{route=\"attest\"} 4");
	check_has(&l, "attestd_request_seconds_count{route=\"none\"} 0");
	check_has(&l, "attestd_answer_seconds_bucket{le=\"1\"} 0");
	check_has(&l, "attestd_answer_seconds_bucket{le=\"2.5\"} 1");
	check_has(&l, "attestd_answer_seconds_sum 1.500000");
	check_has(&l, "attestd_answer_seconds_count 1");
	free(l.text);
}

/* Operators read about every metric in docs/operations.md. */
static void test_documented(void **state)
{
	struct blob b = repo_file("docs/operations.md");
	struct lines l = lines_read();
	char name[128];

	(void)state;
	for (size_t i = 0; i < l.n; i++) {
		if (strncmp(l.line[i], "# TYPE ", 7) != 0)
			continue;
		(void)snprintf(name, sizeof name, "`%.*s", (int)name_len(l.line[i] + 7), l.line[i] + 7);
		if (!strstr((const char *)b.p, name))
			fail_msg("docs/operations.md does not tell about %s", name + 1);
	}
	free(l.text);
	blob_free(&b);
}

#define THREADS 4
#define ROUNDS 20000

static void *count(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++)
		metric_add(M_signer_requests, 0, 1);
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t thread[THREADS];
	struct lines l;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, count, NULL), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	l = lines_read();
	check_has(&l, "attestd_signer_requests_total 80000");
	free(l.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_counter),
		cmocka_unit_test(test_gauge),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

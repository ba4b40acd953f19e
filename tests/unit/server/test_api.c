/* server/api: the handlers without sockets or processes, and the audit log they write. */
#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/json/json.h"
#include "server/api/api.h"
#include "server/api/problem.h"
#include "server/datadir/datadir.h"

#define NOW_S 1768478400
static const char *const issuers[] = { "https://one.example", "https://127.0.0.1:8443/p/second" };

static struct {
	struct config *config;
	struct role_facts facts;
	struct audit audit;
	char dir[64];
	struct api api;
	const char *headers[8][2], *query;
	struct req req;
	struct resp resp;
	bool was_answered, is_full;
	struct pool_job *job;
	unsigned live;
} t;

static const char *header(const struct req *r, const char *name)
{
	(void)r;
	for (size_t i = 0; i < 8 && t.headers[i][0]; i++)
		if (strcasecmp(t.headers[i][0], name) == 0)
			return t.headers[i][1];
	return NULL;
}

static const char *query(const struct req *r, const char *name)
{
	(void)r;
	return strcmp(name, "api-version") == 0 ? t.query : NULL;
}

static bool submit(void *state, struct pool_job *job)
{
	(void)state;
	t.job = job;
	return !t.is_full;
}

static unsigned live(void *state, uint32_t provider)
{
	(void)state;
	(void)provider;
	return t.live;
}

static void drop_resp(void)
{
	if (t.resp.is_owned)
		free((void *)(uintptr_t)t.resp.body);
	t.resp = (struct resp){ 0 };
}

static void reply(struct req *r, struct resp *resp)
{
	(void)r;
	drop_resp();
	t.resp = *resp;
	t.was_answered = true;
}

static int64_t now_s(void)
{
	return NOW_S;
}

static int64_t now_us(void)
{
	return 5;
}

static void gauges(void *state)
{
	(void)state;
}

static int start(void **state)
{
	static char jwks[] = "{\"keys\":[]}";
	static const char yaml[] =
	    "providers:\n  - name: first\n    hosts: [one.example]\n  - name: second\n";
	struct att_error e = { 0 };
	int lock;

	(void)state;
	memset(&t, 0, sizeof t);
	(void)snprintf(t.dir, sizeof t.dir, "/tmp/test-api-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	CHECK_OK(datadir_open(t.dir, &lock, &e), &e);
	(void)close(lock);
	CHECK_OK(audit_open(t.dir, &t.audit, &e), &e);
	CHECK_OK(config_parse(yaml, sizeof yaml - 1, &t.config, &e), &e);
	t.facts = (struct role_facts){ .authority = "127.0.0.1:8443", .issuers = issuers, .nissuers = 2,
	    .clock_s = CLOCK_REAL };
	t.api = (struct api){ .config = t.config, .facts = &t.facts, .routes = api_routes,
	    .scratch = arena_new(MIB),
	    .audit = &t.audit, .submit = submit, .live_workers = live, .reply = reply, .now_s = now_s,
	    .now_us = now_us, .gauges = gauges };
	t.api.tenant[0].is_known = t.api.tenant[1].is_known = true;
	for (int i = 0; i < 2; i++)
		t.api.jwks[i] = t.api.openid[i] = (struct api_document){ jwks, sizeof jwks - 1 };
	t.live = 1;
	t.query = "2022-08-01";
	t.headers[0][0] = "Host";
	t.headers[0][1] = "one.example";
	t.headers[1][0] = "Content-Type";
	t.headers[1][1] = "application/json";
	return 0;
}

static int stop(void **state)
{
	char command[128];

	(void)state;
	drop_resp();
	audit_close(&t.audit);
	config_free(t.config);
	arena_free(t.api.scratch);
	(void)snprintf(command, sizeof command, "rm -rf %s", t.dir);
	return system(command);
}

/* Runs a request; the answer is in t.resp, or it waits at t.job. */
static void ask(enum http_method method, const char *path, const char *body)
{
	drop_resp();
	t.was_answered = false;
	t.req = (struct req){ .method = method, .path = path, .header = header, .query = query,
	    .has_length = body != NULL, .length = body ? strlen(body) : 0, .body = (const uint8_t *)body,
	    .body_len = body ? strlen(body) : 0 };
	if (api_begin(&t.api, &t.req, &t.resp))
		api_finish(&t.api, &t.req);
	else
		t.was_answered = true;
}

static void done(void)
{
	api_done(&t.api, &t.req, t.resp.status);
}

static bool body_has(const char *part)
{
	return memmem(t.resp.body, t.resp.body_len, part, strlen(part)) != NULL;
}

static void test_refusals(void **state)
{
	static const struct { enum http_method m; const char *path, *host, *type,
	    *version; unsigned status; const char *code; }
	rows[] = {
		{ HTTP_GET, "/nothing", "one.example", NULL, NULL, 404, "NotFound" },
		{ HTTP_GET, "/p/third/certs", "one.example", NULL, NULL, 404, "NotFound" },
		{ HTTP_GET, "/p/second", "one.example", NULL, NULL, 404, "NotFound" },
		{ HTTP_GET, "/certs", "two.example", NULL, NULL, 421, "MisdirectedRequest" },
		{ HTTP_GET, "/certs", NULL, NULL, NULL, 421, "MisdirectedRequest" },
		{ HTTP_PUT, "/certs", "one.example", NULL, NULL, 405, "MethodNotAllowed" },
		{ HTTP_OTHER, "/attest/SevSnpVm", "one.example", "application/json", "2020-10-01", 405,
		    "MethodNotAllowed" },
		{ HTTP_POST, "/attest/SevSnpVm", "one.example", "application/json", NULL, 400,
		    "InvalidParameter" },
		{ HTTP_POST, "/attest/SevSnpVm", "one.example", "application/json", "2020-10", 400,
		    "InvalidParameter" },
		{ HTTP_POST, "/attest/None", "one.example", "application/json", "2020-10-01", 404,
		    "NotFound" },
		{ HTTP_POST, "/attest/SevSnpVm", "one.example", NULL, "2020-10-01", 415,
		    "UnsupportedMediaType" },
		{ HTTP_POST, "/attest/SevSnpVm", "one.example", "text/json", "2020-10-01", 415,
		    "UnsupportedMediaType" },
		{ HTTP_POST, "/attest/SevSnpVm", "one.example", "application/json2", "2020-10-01", 415,
		    "UnsupportedMediaType" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		t.headers[0][1] = rows[i].host;
		t.headers[1][1] = rows[i].type;
		t.query = rows[i].version;
		ask(rows[i].m, rows[i].path, NULL);
		assert_true(t.was_answered);
		assert_int_equal(t.resp.status, rows[i].status);
		assert_true(body_has(rows[i].code));
		assert_true(body_has("\"requestId\":\"00-"));
		assert_int_equal(t.resp.allow != NULL, rows[i].status == 405);
		done();
	}
}

static void test_every_known_version_and_spelling(void **state)
{
	static const char *const versions[] = { "2018-09-01-preview", "2020-10-01", "2022-08-01",
	    "2022-09-01-preview",
	    "2023-04-01-preview", "2025-06-01", "2026-03-11-preview" };
	static const char *const types[] = { "application/json", "application/json; charset=utf-8",
	    "Application/JSON;x" };

	(void)state;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		t.query = versions[i];
		t.headers[1][1] = types[i % 3];
		ask(HTTP_POST, "/Attest/sevsnpvm", "{}");
		assert_false(t.was_answered);
		assert_int_equal(t.job->blocks[0].n, strlen("SevSnpVm"));
		t.job->done(t.job, NULL);
		done();
	}
}

static void test_limit_at_and_past(void **state)
{
	uint32_t limit = body_limit(t.config, "SevSnpVm");
	char *big = malloc((size_t)limit + 2);

	(void)state;
	assert_non_null(big);
	assert_int_equal(limit, 256 * 1024);
	memset(big, ' ', (size_t)limit + 1);
	big[limit + 1] = 0;
	ask(HTTP_POST, "/attest/SevSnpVm", big);
	assert_int_equal(t.resp.status, 413);
	done();
	big[limit] = 0;
	ask(HTTP_POST, "/attest/SevSnpVm", big);
	assert_false(t.was_answered);
	assert_int_equal(t.job->blocks[3].n, limit);
	t.job->done(t.job, NULL);
	done();
	free(big);
}

static char *audit_text(void)
{
	char path[DATADIR_PATH_MAX];
	struct secret text;
	struct att_error e = { 0 };

	CHECK_OK(datadir_path(t.dir, DATADIR_AUDIT, "audit.log", path, &e), &e);
	CHECK_OK(file_read(path, MIB, &text, &e), &e);
	return (char *)text.p;
}

static void worker_says(unsigned status, uint8_t verdict)
{
	static const uint8_t sha[32] = { 0xab };
	uint8_t numbers[ANSWER_NUMBERS];
	struct answer a = { .status = (uint16_t)status, .verdict = verdict, .retry_after_s = status == 503 ?
	    60 : 0,
	    .evidence_sha256 = sha, .type = rd_text("SevSnpVm"), .policy_hash = rd_text("hash"),
	    .failed_check = rd_text(""), .caller = rd_text(""), .error_code = rd_text(""),
	    .relaxed = rd_text("vlek"),
	    .body = rd_text("{\"from\":\"worker\"}") };
	struct block blocks[ANSWER_BLOCKS];
	struct frame f = { .op = OP_ANSWER };

	answer_blocks(&a, numbers, blocks);
	for (unsigned i = 0; i < ANSWER_BLOCKS; i++)
		f.block[i] = rd_make(blocks[i].p, blocks[i].n);
	t.job->done(t.job, &f);
}

static void test_attest_passes_blobs_and_records(void **state)
{
	char *text;

	(void)state;
	t.headers[2][0] = "Authorization";
	t.headers[2][1] = "bearer s3cret";
	ask(HTTP_POST, "/attest/SevSnpVm", "{not even json");
	assert_false(t.was_answered);
	assert_memory_equal(t.job->blocks[2].p, "s3cret", 6);
	assert_memory_equal(t.job->blocks[3].p, "{not even json", 14);
	assert_int_equal(t.job->provider, 0);
	worker_says(503, ATT_UNDECIDED);
	assert_true(t.was_answered);
	assert_int_equal(t.resp.status, 503);
	assert_int_equal(t.resp.retry_after_s, 60);
	assert_true(body_has("worker"));
	text = audit_text();
	assert_non_null(strstr(text, "\"time\":\"2026-01-15T12:00:00Z\""));
	assert_non_null(strstr(text, "\"verdict\":\"undecided\""));
	assert_non_null(strstr(text, "\"relaxed\":\"vlek\""));
	assert_non_null(strstr(text, "\"evidenceSha256\":\"ab00"));
	assert_null(strstr(text, "s3cret"));
	free(text);
	done();
}

static void test_a_lost_worker_is_500_and_recorded(void **state)
{
	char *text;

	(void)state;
	ask(HTTP_POST, "/p/Second/attest/SevSnpVm", "{}");
	assert_int_equal(t.job->provider, 1);
	t.job->done(t.job, NULL);
	assert_int_equal(t.resp.status, 500);
	assert_true(body_has("InternalError"));
	text = audit_text();
	assert_non_null(strstr(text, "\"provider\":\"second\""));
	assert_non_null(strstr(text, "\"status\":500"));
	free(text);
	done();
}

static void test_no_answer_without_a_record(void **state)
{
	(void)state;
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	audit_close(&t.audit);
	worker_says(200, ATT_PERMITTED);
	assert_int_equal(t.resp.status, 500);
	assert_true(body_has("could not be recorded"));
	assert_false(body_has("worker"));
	done();
}

/* ---- a worker that needs endorsements ---- */

static struct collateral collateral;

static bool fetch(void *state, const struct collateral_name *what, bool is_authentic, const char *behind,
    uint64_t id)
{
	(void)state;
	(void)what;
	(void)is_authentic;
	(void)behind;
	(void)id;
	return true;
}

static int64_t judging_s(void *state)
{
	(void)state;
	return NOW_S;
}

static int64_t waiting_us(void *state)
{
	return *(int64_t *)state;
}

static int64_t clock_us;

static void open_collateral(void)
{
	struct att_error e = { 0 };

	clock_us = 0;
	collateral = (struct collateral){ .host = { .state = &clock_us,
					      .fetch = fetch,
					      .now_s = judging_s,
					      .now_us = waiting_us },
		.waiting_max = 1,
		.wait_us = 1000 };
	CHECK_OK(store_open_sqlite(":memory:", &collateral.store, &e), &e);
	CHECK_OK(store_item_put(collateral.store,
		     &(struct store_item){ .kind = "root-crl",
			 .key = "root",
			 .expires_s = NOW_S + 1,
			 .crl_number = "",
			 .source = "test",
			 .piece = { (const uint8_t *)"list", 4 } },
		     NULL, &e),
	    &e);
	CHECK_OK(collateral_open(&collateral, &e), &e);
	collateral_fetcher(&collateral, true);
	t.api.collateral = &collateral;
}

static void close_collateral(void)
{
	collateral_clear(&collateral);
	store_close(collateral.store);
	t.api.collateral = NULL;
}

static void worker_needs(const char *kind)
{
	static const uint8_t authentic = 1;
	struct arena *a = arena_new(MIB);
	struct buf b = buf_make(a);
	struct frame f = { .op = OP_NEED };
	struct pool_job *job = t.job;

	buf_le32_block(&b, kind, strlen(kind));
	buf_le32_block(&b, "root", 4);
	buf_le32_block(&b, "", 0);
	buf_le32_block(&b, &authentic, kind[0] != 0);
	f.block[0] = rd_make(b.p, b.len);
	t.job = NULL;
	job->done(job, &f);
	arena_free(a);
}

static bool job_has(unsigned block, const char *part)
{
	return memmem(t.job->blocks[block].p, t.job->blocks[block].n, part, strlen(part)) != NULL;
}

static void test_endorsements_are_brought(void **state)
{
	(void)state;
	open_collateral();
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	assert_int_equal(t.job->blocks[5].n, 0);
	worker_needs("root-crl");
	assert_non_null(t.job);                 /* held: the worker is asked again at once */
	assert_true(job_has(5, "list") && t.job->blocks[6].n == 0);
	worker_says(200, ATT_PERMITTED);
	assert_int_equal(t.resp.status, 200);
	done();
	close_collateral();
}

/* What does not come in time: the worker answers without. */
static void test_endorsements_do_not_come(void **state)
{
	(void)state;
	open_collateral();
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	worker_needs("pck-crl");
	assert_null(t.job);
	assert_false(t.was_answered);
	clock_us = 1000;
	(void)collateral_check(&collateral);
	assert_non_null(t.job);
	assert_true(job_has(6, "pck-crl root: did not come"));
	/* It was told that there is no more. */
	worker_needs("pck-crl");
	assert_int_equal(t.resp.status, 500);
	done();
	close_collateral();
}

static void test_endless_needs(void **state)
{
	(void)state;
	open_collateral();
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	for (unsigned i = 0; i < ATTEST_ROUNDS_MAX; i++) {
		worker_needs("root-crl");
		assert_int_equal(t.job->blocks[6].n, 0);
	}
	worker_needs("root-crl");
	assert_true(job_has(6, "too often"));
	worker_says(503, ATT_UNDECIDED);
	assert_int_equal(t.resp.status, 503);
	done();
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	worker_needs("");                       /* malformed */
	assert_int_equal(t.resp.status, 500);
	done();
	close_collateral();
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	worker_needs("root-crl");               /* nobody to ask */
	assert_true(job_has(6, "too often"));
	worker_says(503, ATT_UNDECIDED);
	done();
}

static void test_clock_behind(void **state)
{
	struct time_floor floor = { .is_behind = true };

	(void)state;
	t.api.floor = &floor;
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	assert_int_equal(t.resp.status, 503);
	assert_true(body_has("CollateralUnavailable") && body_has("--reset-time-floor"));
	done();
	ask(HTTP_GET, "/readyz", NULL);
	assert_int_equal(t.resp.status, 200);
	assert_true(body_has("\"warnings\":[\"the clock is behind"));
	done();
	floor.is_behind = false;
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	assert_false(t.was_answered);
	worker_says(200, ATT_PERMITTED);
	done();
	t.api.floor = NULL;
}

static void test_bearer_forms(void **state)
{
	static const char *const bad[] = { "Basic x", "Bearer", "Bearer ", "Bearerx", "" };

	(void)state;
	t.headers[2][0] = "Authorization";
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		t.headers[2][1] = bad[i];
		ask(HTTP_POST, "/attest/SevSnpVm", "{}");
		assert_true(t.was_answered);
		assert_int_equal(t.resp.status, 401);
		done();
	}
}

static void test_full_queue(void **state)
{
	(void)state;
	t.is_full = true;
	ask(HTTP_POST, "/attest/SevSnpVm", "{}");
	assert_int_equal(t.resp.status, 503);
	assert_true(t.resp.retry_after_s > 0);
	done();
}

static void test_health(void **state)
{
	(void)state;
	ask(HTTP_GET, "/livez", NULL);
	assert_int_equal(t.resp.status, 200);
	done();
	ask(HTTP_GET, "/readyz", NULL);
	assert_int_equal(t.resp.status, 200);
	assert_false(body_has("clock"));
	done();
	t.live = 0;
	ask(HTTP_GET, "/readyz", NULL);
	assert_int_equal(t.resp.status, 503);
	assert_true(body_has("provider first: no verify worker is alive"));
	done();
	t.live = 1;
	t.api.jwks[1] = (struct api_document){ 0 };
	ask(HTTP_GET, "/readyz", NULL);
	assert_int_equal(t.resp.status, 503);
	assert_true(body_has("provider second: the signer"));
	done();
	ask(HTTP_GET, "/p/second/certs", NULL);
	assert_int_equal(t.resp.status, 503);
	done();
	t.facts.insecure_test = true;
	t.facts.clock_s = NOW_S;
	ask(HTTP_GET, "/readyz", NULL);
	assert_true(body_has("\"insecureTest\":true") && body_has("\"clock\":\"2026-01-15T12:00:00Z\""));
	done();
}

static void test_ambiguous_headers(void **state)
{
	(void)state;
	t.req = (struct req){ .method = HTTP_GET, .path = "/certs", .header = header, .query = query,
	    .is_ambiguous = true };
	assert_false(api_begin(&t.api, &t.req, &t.resp));
	assert_int_equal(t.resp.status, 400);
	done();
}

static void test_request_ids(void **state)
{
	static const char *const bad[] = { NULL, "", "00-short",
	    "01-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
	    "00-00000000000000000000000000000000-0123456789abcdef-01",
	    "00-0123456789abcdef0123456789abcdeg-0123456789abcdef-01",
	    "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01x" };
	char a[REQUEST_ID_TEXT], b[REQUEST_ID_TEXT];

	(void)state;
	request_id_make("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", a);
	request_id_make("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", b);
	assert_memory_equal(a, "00-0123456789abcdef0123456789abcdef-", 36);
	assert_string_not_equal(a, b);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		request_id_make(bad[i], b);
		assert_int_equal(strlen(b), 55);
		assert_null(strstr(b, "0123456789abcdef0123456789abcdef"));
	}
}

static void test_problem_withholds_private_values(void **state)
{
	const struct att_check checks[] = {
		{ .id = "a", .title = "A", .outcome = ATT_CHECK_PASS },
		{ .id = "b", .title = "B", .outcome = ATT_CHECK_FAIL, .expected = "wanted-secretly",
		    .found = "found-it",
		  .expected_private = true },
		{ .id = "c", .title = "C", .outcome = ATT_CHECK_NA },
	};
	struct problem p = { .code = "X", .message = "quote \" and\nline", .request_id = "r", .hint = "h",
	    .checks = checks,
	    .nchecks = 3 };
	struct arena *a = arena_new(MIB);
	struct att_error e = { 0 };
	struct json *o;
	struct rd out;

	(void)state;
	CHECK_OK(problem_json(a, &p, &out, &e), &e);
	assert_null(memmem(rd_ptr(&out), rd_left(&out), "secretly", 8));
	assert_non_null(memmem(rd_ptr(&out), rd_left(&out), "found-it", 8));
	CHECK_OK(json_parse(a, rd_ptr(&out), rd_left(&out), NULL, &o, &e), &e);
	assert_true(json_str_eq(json_get(json_get(json_get(o, "error"), "innererror"), "message"),
	    p.message));
	assert_int_equal(json_get(json_get(o, "error"), "checks")->len, 3);
	p.to_reader = true;
	CHECK_OK(problem_json(a, &p, &out, &e), &e);
	assert_non_null(memmem(rd_ptr(&out), rd_left(&out), "secretly", 8));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refusals, start, stop),
		cmocka_unit_test_setup_teardown(test_every_known_version_and_spelling, start, stop),
		cmocka_unit_test_setup_teardown(test_limit_at_and_past, start, stop),
		cmocka_unit_test_setup_teardown(test_attest_passes_blobs_and_records, start, stop),
		cmocka_unit_test_setup_teardown(test_a_lost_worker_is_500_and_recorded, start, stop),
		cmocka_unit_test_setup_teardown(test_no_answer_without_a_record, start, stop),
		cmocka_unit_test_setup_teardown(test_endorsements_are_brought, start, stop),
		cmocka_unit_test_setup_teardown(test_endorsements_do_not_come, start, stop),
		cmocka_unit_test_setup_teardown(test_endless_needs, start, stop),
		cmocka_unit_test_setup_teardown(test_clock_behind, start, stop),
		cmocka_unit_test_setup_teardown(test_bearer_forms, start, stop),
		cmocka_unit_test_setup_teardown(test_full_queue, start, stop),
		cmocka_unit_test_setup_teardown(test_health, start, stop),
		cmocka_unit_test_setup_teardown(test_ambiguous_headers, start, stop),
		cmocka_unit_test(test_request_ids),
		cmocka_unit_test(test_problem_withholds_private_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

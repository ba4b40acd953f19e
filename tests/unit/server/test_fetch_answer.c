/* What an answer means, the form of bodies, and issuer chains out of headers. */
#include "tests/harness/check.h"

#include <stdlib.h>
#include <string.h>

#include "net/sources/answer.h"

#define PEM "-----BEGIN CERTIFICATE-----\nQUI+/Q==\n-----END CERTIFICATE-----\n"
#define CODED "-----BEGIN%20CERTIFICATE-----%0AQUI%2B%2FQ%3D%3D%0A-----END%20CERTIFICATE-----%0A"

static void test_meaning(void **state)
{
	static const struct {
		int status;
		int64_t after;
		enum answer_meaning want;
		int64_t wait;
	} rows[] = {
		{ 200, -1, ANSWER_GOOD, 0 },
		{ 200, 7, ANSWER_GOOD, 0 },
		{ 204, -1, ANSWER_NO, 0 },
		{ 206, -1, ANSWER_NO, 0 },
		{ 301, -1, ANSWER_NO, 0 },
		{ 302, 7, ANSWER_NO, 0 },
		{ 304, -1, ANSWER_NO, 0 },
		{ 400, -1, ANSWER_BAD_QUESTION, 0 },
		{ 401, -1, ANSWER_NO, 0 },
		{ 403, -1, ANSWER_NO, 0 },
		{ 404, -1, ANSWER_ABSENT, 0 },
		{ 404, 7, ANSWER_ABSENT, 0 },
		{ 408, -1, ANSWER_AGAIN, 0 },
		{ 410, -1, ANSWER_ABSENT, 0 },
		{ 418, -1, ANSWER_NO, 0 },
		{ 429, 7, ANSWER_WAIT, 7 },
		{ 429, 0, ANSWER_WAIT, 0 },
		{ 429, -1, ANSWER_WAIT, ANSWER_WAIT_S },
		{ 429, 3601, ANSWER_WAIT, 3600 },
		{ 429, INT64_MAX, ANSWER_WAIT, 3600 },
		{ 500, -1, ANSWER_AGAIN, 0 },
		{ 500, 7, ANSWER_AGAIN, 0 },
		{ 502, -1, ANSWER_AGAIN, 0 },
		{ 503, -1, ANSWER_AGAIN, 0 },
		{ 503, 7, ANSWER_WAIT, 7 },
		{ 599, -1, ANSWER_AGAIN, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct httpc_answer got = { .status = rows[i].status,
			.retry_after_s = rows[i].after };
		int64_t wait = -5;

		assert_int_equal(answer_meaning(&got, &wait), rows[i].want);
		assert_int_equal(wait, rows[i].wait);
	}
}

static void test_status_text(void **state)
{
	static const struct httpc_header both[] = { { "error-code", "InvalidRequestParameters" },
	    { "Error-Message", "fmspc" } };
	const struct httpc_answer rich = { .status = 400, .headers = both, .nheaders = 2 };
	const struct httpc_answer half = { .status = 401, .headers = both, .nheaders = 1 };
	const struct httpc_answer poor = { .status = 500 };
	struct arena *a = arena_new(1 << 16);

	(void)state;
	assert_string_equal(
	    answer_status_text(a, &rich), "status 400 (InvalidRequestParameters, fmspc)");
	assert_string_equal(answer_status_text(a, &half), "status 401 (InvalidRequestParameters)");
	assert_string_equal(answer_status_text(a, &poor), "status 500");
	arena_free(a);
}

#define CRL_STEP { "", FORM_CRL, NULL, 0 }
#define JSON_STEP { "", FORM_JSON, NULL, 0 }
#define PEM_STEP { "", FORM_PEM, NULL, 0 }
#define DER "\x30\x81\x05" "abcde"
static const struct form_row {
	struct step_row step;
	const char *body;
	size_t n;
	const char *text;               /* NULL: taken */
} form_rows[] = {
	{ JSON_STEP, "{}", 2, NULL },
	{ JSON_STEP, " \r\n\t{}", 6, NULL },
	{ JSON_STEP, "", 0, "0 bytes of no content type that are something else, want JSON" },
	{ JSON_STEP, "<html>", 6, "6 bytes of no content type that are something else, want JSON" },
	{ JSON_STEP, "[]", 2, "want JSON" },
	{ JSON_STEP, PEM, sizeof PEM - 1, "that are PEM, want JSON" },
	{ JSON_STEP, DER, sizeof DER - 1, "that are DER, want JSON" },
	{ JSON_STEP, "3081", 4, "that are hex, want JSON" },
	{ CRL_STEP, DER, sizeof DER - 1, NULL },
	{ CRL_STEP, "-----BEGIN X509 CRL-----\n", 25, NULL },
	{ CRL_STEP, "\n-----BEGIN X509 CRL-----\n", 26, NULL },
	{ CRL_STEP, "3082aF\n", 7, NULL },
	{ CRL_STEP, "3082af\0", 7, NULL },
	{ CRL_STEP, "3082a", 5, "something else, want PEM" },
	{ CRL_STEP, "30\0002", 4, "something else, want PEM" },
	{ CRL_STEP, "3082ag", 6, "something else, want PEM" },
	{ CRL_STEP, "\x30\x05", 2, "something else, want PEM" },
	{ CRL_STEP, "{}", 2, "that are JSON, want PEM" },
	{ CRL_STEP, "   ", 3, "something else, want PEM" },
	{ PEM_STEP, PEM, sizeof PEM - 1, NULL },
	{ PEM_STEP, DER, sizeof DER - 1, "that are DER, want PEM" },
	{ PEM_STEP, "-----BEGIN", 10, "something else, want PEM" },
};

static void test_forms(void **state)
{
	struct arena *a = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < sizeof form_rows / sizeof *form_rows; i++) {
		const struct form_row *r = &form_rows[i];
		/* Of its own size, so that a sanitizer sees what is read behind it. */
		uint8_t *body = malloc(r->n ? r->n : 1);
		struct httpc_answer got = { .status = 200, .body = body, .body_len = r->n };
		struct att_error e = { 0 };
		struct pieces p = { 0 };

		assert_non_null(body);
		memcpy(body, r->body, r->n);
		if (r->text)
			CHECK_ERR(answer_pieces(a, &r->step, &got, &p, &e), &e, ATT_E_BAD_FORMAT,
			    r->text);
		else
			CHECK_OK(answer_pieces(a, &r->step, &got, &p, &e), &e);
		assert_int_equal(p.n, r->text ? 0 : 1);
		if (!r->text)
			assert_int_equal(rd_left(&p.item[0]), r->n);
		free(body);
	}
	arena_free(a);
}

static void test_chain(void **state)
{
	static const struct { const char *header, *want, *text; enum att_err code;
	} rows[] = {
		{ CODED, PEM, NULL, ATT_E_OK },
		{ PEM, PEM, NULL, ATT_E_OK }, /* nothing to decode */
		/* A plus is a plus. */
		{ "-----BEGIN CERTIFICATE-----+%2b%2B", "-----BEGIN CERTIFICATE-----+++", NULL,
		    ATT_E_OK },
		{ "", NULL, "found \"\"", ATT_E_BAD_FORMAT },
		{ "hello", NULL, "found \"hello\", want -----BEGIN CERTIFICATE-----",
		    ATT_E_BAD_FORMAT },
		{ "-----BEGIN CERTIFICATE----", NULL, "want -----BEGIN", ATT_E_BAD_FORMAT },
		{ " -----BEGIN CERTIFICATE-----", NULL, "want -----BEGIN", ATT_E_BAD_FORMAT },
		{ "-----BEGIN CERTIFICATE-----%", NULL, "at byte 27", ATT_E_BAD_ENCODING },
		{ "-----BEGIN CERTIFICATE-----%2", NULL, "at byte 27", ATT_E_BAD_ENCODING },
		{ "-----BEGIN CERTIFICATE-----%2g", NULL, "at byte 27", ATT_E_BAD_ENCODING },
		{ "-----BEGIN CERTIFICATE-----%00", NULL, "at byte 27", ATT_E_BAD_ENCODING },
		{ "-----BEGIN CERTIFICATE-----%1b", NULL, "at byte 27", ATT_E_BAD_ENCODING },
		{ "-----BEGIN CERTIFICATE-----%7f", NULL, "at byte 27", ATT_E_BAD_ENCODING },
		{ "-----BEGIN CERTIFICATE-----\xc3\xa9", NULL, "at byte 27", ATT_E_BAD_ENCODING },
	};
	struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct att_error e = { 0 };
		struct rd out;

		if (rows[i].text) {
			CHECK_ERR(answer_chain(a, rows[i].header, &out, &e), &e, rows[i].code,
			    rows[i].text);
			continue;
		}
		CHECK_OK(answer_chain(a, rows[i].header, &out, &e), &e);
		assert_int_equal(rd_left(&out), strlen(rows[i].want));
		assert_memory_equal(rd_ptr(&out), rows[i].want, rd_left(&out));
	}
	arena_free(a);
}

/* Cut anywhere: refused, or a shorter text that still begins as it must. */
static void test_chain_cut(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char text[sizeof CODED];

	(void)state;
	for (size_t n = 0; n < sizeof CODED - 1; n++) {
		struct att_error e = { 0 };
		struct rd out;

		memcpy(text, CODED, n);
		text[n] = '\0';
		if (answer_chain(a, text, &out, &e))
			assert_memory_equal(rd_ptr(&out), PEM, rd_left(&out));
		else
			assert_int_not_equal(e.code, ATT_E_OK);
	}
	arena_free(a);
}

static void test_chain_limit(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char *text = malloc(ANSWER_CHAIN_MAX + 2);
	struct att_error e = { 0 };
	struct rd out;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', ANSWER_CHAIN_MAX + 1);
	memcpy(text, "-----BEGIN CERTIFICATE-----", 27);
	text[ANSWER_CHAIN_MAX + 1] = '\0';
	CHECK_ERR(answer_chain(a, text, &out, &e), &e, ATT_E_LIMIT, "65537 bytes, at most 65536");
	text[ANSWER_CHAIN_MAX] = '\0';
	CHECK_OK(answer_chain(a, text, &out, &e), &e);
	free(text);
	arena_free(a);
}

static void test_pieces(void **state)
{
	static const struct httpc_header second[] = { { "X", "y" },
		{ "sgx-tcb-info-issuer-chain", CODED } };
	const struct httpc_answer got = { .status = 200,
		.body = (const uint8_t *)"{}",
		.body_len = 2,
		.headers = second,
		.nheaders = 2 };
	const struct step_row either = { "", FORM_JSON,
		"TCB-Info-Issuer-Chain|SGX-TCB-Info-Issuer-Chain", 0 };
	const struct step_row other = { "", FORM_JSON, "TCB-Info-Issuer-Chain", 0 };
	const struct step_row only = { "", 0, "SGX-TCB-Info-Issuer-Chain",
		STEP_ISSUER | STEP_HEADER_ONLY };
	struct arena *a = arena_new(1 << 16);
	struct att_error e = { 0 };
	struct pieces p = { 0 };

	(void)state;
	CHECK_OK(answer_pieces(a, &either, &got, &p, &e), &e);
	assert_int_equal(p.n, 2);
	assert_int_equal(rd_left(&p.item[0]), 2);
	assert_int_equal(rd_left(&p.item[1]), sizeof PEM - 1);
	CHECK_OK(answer_pieces(a, &only, &got, &p, &e), &e);
	assert_int_equal(p.n, 1);
	assert_int_equal(rd_left(&p.item[0]), sizeof PEM - 1);
	p.n = 7;
	CHECK_ERR(answer_pieces(a, &other, &got, &p, &e), &e, ATT_E_BAD_FORMAT,
	    "no header TCB-Info-Issuer-Chain");
	assert_int_equal(p.n, 7);
	arena_free(a);
}

static void test_no_memory(void **state)
{
	bool done = false;

	(void)state;
	for (size_t n = 1; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct att_error e = { 0 };
		struct rd out;

		assert_non_null(a);
		done = answer_chain(a, CODED, &out, &e);
		if (!done)
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_status_text),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_chain_cut),
		cmocka_unit_test(test_chain_limit),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

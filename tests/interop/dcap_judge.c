/*
 * dcap_judge.c - our half of the differential test of SGX and TDX quotes: many quotes, one collateral.
 *
 *   dcap_judge TYPE COLLATERAL TIME [ANCHOR]
 *
 * Standard input: quotes, each behind its length (u32, little-endian).  Standard output: for each one
 * line, "VERDICT TAB TCB TAB CHECK TAB TEXT": the TCB member of the answer as JSON or "-", the first check
 * that failed or "-", and why.  Every TCB status but Revoked is accepted, as peers do; the policy permits
 * all.
 * One context serves all quotes, so what one quote leaves in its caches is under test too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "lib/base/rd.h"
#include "lib/base/time.h"
#include "libattest/attest.h"

#define CASE_MAX ((size_t)1 << 20)

static const char permit[] = "version=1.0;authorizationrules{=>permit();};issuancerules{};";

struct judge {
	struct att_ctx *ctx;
	struct att_settings settings;
	struct att_bytes collateral, anchor;
	struct att_request req;
};

static const char *first_failed(const struct att_result *r)
{
	for (size_t i = 0; i < r->nchecks; i++)
		if (r->checks[i].outcome == ATT_CHECK_FAIL)
			return r->checks[i].id;
	return "-";
}

static void answer(const char *verdict, const struct att_result *r, const char *text)
{
	(void)printf("%s\t%s\t%s\t", verdict, r && r->tcb_json ? r->tcb_json : "-",
	    r ? first_failed(r) : "-");
	for (; *text; text++)
		(void)putchar((unsigned char)*text < ' ' ? ' ' : *text);
	(void)putchar('\n');
	(void)fflush(stdout);
}

static void judge_one(struct judge *j, struct att_bytes quote)
{
	struct att_error e = { 0 };
	struct att_result *r = NULL;

	j->req.body = quote;
	if (!att_appraise(j->ctx, &j->req, &r, &e))
		answer("unreadable", NULL, e.text);
	else
		answer(att_verdict_name(r->verdict), r, r->error.text);
	att_result_free(r);
}

/* False at the end, and for a length that is cut short or too large. */
static bool read_case(uint8_t *p, size_t *n)
{
	uint8_t prefix[4];
	uint32_t len;
	struct rd r = rd_make(prefix, sizeof prefix);

	if (fread(prefix, 1, sizeof prefix, stdin) != sizeof prefix || !rd_le32(&r, &len) || len > CASE_MAX)
		return false;
	*n = len;
	return fread(p, 1, len, stdin) == len;
}

static bool set_up(struct judge *j, struct arena *a, char **argv, struct att_error *e)
{
	att_settings_default(&j->settings);
	j->settings.tcb_accept = ~(unsigned)ATT_TCB_REVOKED & ((1u << ATT_NTCB_STATUSES) - 1);
	j->req = (struct att_request){ .type = argv[1], .settings = &j->settings,
		.policy = { (const uint8_t *)permit, sizeof permit - 1 },
		.endorsements = &j->collateral, .nendorsements = 1, .caller_is_reader = true };
	if (argv[4]) {
		j->req.anchors = &j->anchor;
		j->req.nanchors = 1;
	}
	j->ctx = att_ctx_new(e);
	return j->ctx && file_read(a, argv[2], &j->collateral, e) &&
	    (!argv[4] || file_read(a, argv[4], &j->anchor, e)) &&
	    time_parse_rfc3339(argv[3], strlen(argv[3]), &j->req.now_s, e);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new((size_t)16 << 20);
	uint8_t *quote = malloc(CASE_MAX);
	struct att_error e = { 0 };
	struct judge j = { 0 };
	size_t n;

	if (argc < 4 || argc > 5 || !a || !quote || !set_up(&j, a, argv, &e)) {
		(void)fprintf(stderr, "dcap_judge: %s\n", e.code ? e.text : "TYPE COLLATERAL TIME [ANCHOR]");
		return 2;
	}
	while (read_case(quote, &n))
		judge_one(&j, (struct att_bytes){ quote, n });
	att_ctx_free(j.ctx);
	arena_free(a);
	free(quote);
	return 0;
}

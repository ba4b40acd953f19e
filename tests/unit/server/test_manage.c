/* server/api/manage.c: what becomes of a worker's answer; the worker and the signer are played here. */
#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "server/api/api.h"
#include "server/api/manage.h"
#include "server/auth/principal.h"
#include "server/datadir/datadir.h"

static const char *const issuers[] = { "https://a.example", "https://b.example" };
static const char yaml[] = "isolated: {freshness: required}\n"
	"providers:\n  - {name: open}\n  - {name: closed, trust_model: Isolated, policy_signers: [x]}\n";

static struct {
	struct config *config;
	struct role_facts facts;
	struct audit audit;
	struct api api;
	struct req req;
	struct resp resp;
	const char *bearer, *media;
	struct pool_job *job;
	unsigned submitted, answers, changes;
	bool signer_fails;
	char signed_claims[256], dir[64];
} t;

static const char *header(const struct req *r, const char *name)
{
	(void)r;
	if (strcasecmp(name, "Authorization") == 0)
		return t.bearer;
	return strcasecmp(name, "Content-Type") == 0 ? t.media : NULL;
}

static const char *query(const struct req *r, const char *name)
{
	(void)r;
	return strcmp(name, "api-version") == 0 ? "2022-08-01" : NULL;
}

static bool submit(void *state, struct pool_job *job)
{
	(void)state;
	t.job = job;
	t.submitted++;
	return true;
}

static void reply(struct req *r, struct resp *resp)
{
	(void)r;
	if (t.resp.is_owned)
		free((void *)(uintptr_t)t.resp.body);
	t.resp = *resp;
	t.answers++;
}

static bool sign_result(
    void *state, uint32_t provider, struct rd claims, struct rd *token, struct att_error *e)
{
	(void)state;
	(void)provider;
	(void)snprintf(t.signed_claims, sizeof t.signed_claims, "%.*s", (int)rd_left(&claims),
	    (const char *)rd_ptr(&claims));
	*token = rd_text("a.b.c");
	return !t.signer_fails || att_fail(e, ATT_E_INTERNAL, "signer: gone");
}

static void policies_changed(void *state, uint32_t provider)
{
	(void)state;
	(void)provider;
	t.changes++;
}

static int64_t now(void)
{
	return 1700000000;
}

static int start(void **state)
{
	struct att_error e = { 0 };
	int lock;

	(void)state;
	memset(&t, 0, sizeof t);
	(void)snprintf(t.dir, sizeof t.dir, "/tmp/test-manage-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	CHECK_OK(datadir_open(t.dir, &lock, &e), &e);
	(void)close(lock);
	CHECK_OK(audit_open(t.dir, &t.audit, &e), &e);
	CHECK_OK(config_parse(yaml, sizeof yaml - 1, &t.config, &e), &e);
	t.facts = (struct role_facts){ .authority = "a.example", .issuers = issuers, .nissuers = 2 };
	t.api = (struct api){ .config = t.config,
		.facts = &t.facts,
		.routes = api_routes,
		.scratch = arena_new(MIB),
		.audit = &t.audit,
		.submit = submit,
		.reply = reply,
		.policies_changed = policies_changed,
		.sign_result = sign_result,
		.now_s = now,
		.now_us = now };
	CHECK_OK(store_open_sqlite(":memory:", &t.api.store, &e), &e);
	t.bearer = "Bearer s3cret";
	t.media = "text/plain";
	return 0;
}

static int stop(void **state)
{
	char command[128];

	(void)state;
	if (t.resp.is_owned)
		free((void *)(uintptr_t)t.resp.body);
	tenants_clear(&t.api);
	store_close(t.api.store);
	arena_free(t.api.scratch);
	audit_close(&t.audit);
	config_free(t.config);
	(void)snprintf(command, sizeof command, "rm -rf %s", t.dir);
	return system(command);
}

static void ask(enum http_method method, const char *path)
{
	struct resp refusal = { 0 };
	static const uint8_t body[] = "jws";

	t.req = (struct req){ .method = method, .path = path, .header = header, .query = query };
	if (!api_begin(&t.api, &t.req, &refusal)) {
		reply(&t.req, &refusal);
		return;
	}
	t.req.body = body;
	t.req.body_len = 3;
	api_finish(&t.api, &t.req);
}

static void done(void)
{
	api_done(&t.api, &t.req, t.resp.status);
}

static void worker_says(unsigned status, const char *jti)
{
	uint8_t numbers[MANAGED_NUMBERS];
	struct managed m = { .status = (uint16_t)status,
		.caller = rd_text("ci"),
		.iat_s = now(),
		.claims = rd_text("{\"x-ms-policy-result\":\"Updated\"}"),
		.jws = rd_text("jws"),
		.text_hash = rd_text("text"),
		.token_hash = rd_text("token"),
		.statement_hash = rd_text("token"),
		.error_code = rd_text(status == 200 ? "" : "Unauthorized"),
		.body = rd_text("{}"),
		.signer = rd_text(NULL),
		.thumbprint = rd_text(NULL),
		.certificate = rd_text(NULL),
		.jti = rd_text(jti) };
	struct block blocks[MANAGED_BLOCKS];
	struct frame f = { .op = OP_MANAGED };

	managed_blocks(&m, numbers, blocks);
	for (unsigned i = 0; i < MANAGED_BLOCKS; i++)
		f.block[i] = rd_make(blocks[i].p, blocks[i].n);
	t.job->done(t.job, &f);
}

static size_t entries(const char *provider)
{
	struct store_key k = { provider, "SevSnpVm" };
	struct arena *a = arena_new(MIB);
	struct store_history h = { 0 };
	struct att_error e = { 0 };

	CHECK_OK(store_policy_history(t.api.store, &k, a, &h, &e), &e);
	arena_free(a);
	return (size_t)h.total;
}

static void a_write_is_stored_then_signed(void **state)
{
	(void)state;
	ask(HTTP_PUT, "/p/open/policies/sevsnpvm");
	assert_int_equal(t.submitted, 1);
	assert_int_equal(t.job->op, OP_MANAGE);
	assert_int_equal(((const uint8_t *)t.job->blocks[0].p)[0], MANAGE_SET);
	assert_int_equal(((const uint8_t *)t.job->blocks[0].p)[1], PRINCIPAL_CONTRIBUTOR);
	assert_memory_equal(t.job->blocks[1].p, "SevSnpVm", 8);
	assert_memory_equal(t.job->blocks[3].p, "s3cret", 6);
	assert_memory_equal(t.job->blocks[4].p, "jws", 3);
	assert_memory_equal(t.job->blocks[7].p, "policies/SevSnpVm", 17);
	assert_int_equal(entries("open"), 0);
	t.changes = 0;
	worker_says(200, NULL);
	assert_int_equal(t.resp.status, 200);
	assert_string_equal(t.signed_claims, "{\"x-ms-policy-result\":\"Updated\"}");
	assert_int_equal(t.resp.body_len, strlen("{\"token\":\"a.b.c\"}"));
	assert_int_equal(entries("open"), 1);
	assert_int_equal(entries("closed"), 0);
	assert_int_equal(t.changes, 1);         /* workers are told before the answer */
	done();
}

static void a_refusal_and_a_death_change_nothing(void **state)
{
	(void)state;
	ask(HTTP_PUT, "/p/open/policies/SevSnpVm");
	worker_says(401, NULL);
	assert_int_equal(t.resp.status, 401);
	done();
	ask(HTTP_PUT, "/p/open/policies/SevSnpVm");
	t.job->done(t.job, NULL);
	assert_int_equal(t.resp.status, 500);
	done();
	assert_int_equal(entries("open"), 0);
	t.bearer = NULL;
	t.submitted = 0;
	ask(HTTP_PUT, "/p/open/policies/SevSnpVm");
	assert_int_equal(t.resp.status, 401);
	assert_int_equal(t.submitted, 0);
	done();
}

/* Judged under certificates that another request has changed since: judged again, and not for ever. */
static void changed_certificates_are_judged_again(void **state)
{
	(void)state;
	ask(HTTP_PUT, "/p/closed/policies/SevSnpVm");
	t.api.tenant[1].certs_generation++;
	worker_says(200, "one");
	assert_int_equal(t.submitted, 2);
	assert_int_equal(t.answers, 0);
	assert_int_equal(entries("closed"), 0);
	worker_says(200, "one");
	assert_int_equal(t.resp.status, 200);
	assert_int_equal(entries("closed"), 1);
	done();
	t.submitted = t.answers = 0;
	ask(HTTP_PUT, "/p/closed/policies/SevSnpVm");
	while (t.answers == 0 && t.submitted < 100) {
		t.api.tenant[1].certs_generation++;
		worker_says(200, "two");
	}
	assert_int_equal(t.submitted, MANAGE_TRIES);
	assert_int_equal(t.resp.status, 503);
	assert_int_equal(entries("closed"), 1);
	done();
}

static void a_jti_is_used_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		ask(HTTP_PUT, "/p/closed/policies/SevSnpVm");
		worker_says(200, "one");
		assert_int_equal(t.resp.status, i == 0 ? 200 : 400);
		done();
	}
	/* A worker that did not ask for one knows another configuration: nothing is written. */
	ask(HTTP_PUT, "/p/closed/policies/SevSnpVm");
	worker_says(200, NULL);
	assert_int_equal(t.resp.status, 503);
	done();
	assert_int_equal(entries("closed"), 1);
}

/* The write stands, but is not acknowledged: the client asks for the state. */
static void a_signer_that_fails_acknowledges_nothing(void **state)
{
	(void)state;
	t.signer_fails = true;
	ask(HTTP_PUT, "/p/open/policies/SevSnpVm");
	worker_says(200, NULL);
	assert_int_equal(t.resp.status, 500);
	assert_int_equal(entries("open"), 1);
	assert_int_equal(t.changes, 2);         /* at the first use of the store, and after the write */
	done();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_write_is_stored_then_signed),
		TEST(a_refusal_and_a_death_change_nothing),
		TEST(changed_certificates_are_judged_again),
		TEST(a_jti_is_used_once),
		TEST(a_signer_that_fails_acknowledges_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

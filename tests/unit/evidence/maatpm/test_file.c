/* TPM evidence files: whose nonce counts, and files with several quotes; what inspect shows. */
#include <string.h>

#include "lib/base/hex.h"
#include "tests/unit/evidence/maatpm/kit.h"

static struct mk m;
static struct mk_order o;

static int set_up(void **state)
{
	(void)state;
	mk_init(&m);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mk_clear(&m);
	return 0;
}

static void sound(void)
{
	mk_fresh(&m);
	mk_sound(&m, &o);
	m.t.tpm.context = NULL;
}

static void verdict_is(struct rd file, const char *want)
{
	const char *got = mk_verdict(&m, file);

	if (strcmp(got, want) != 0)
		fail_msg("%s, want %s: %s", got, want,
		    checklist_failed(&m.checks) ? m.checks.results[m.checks.first_failed].found :
						  m.k.e.text);
}

static void a_file_passes(void **state)
{
	size_t missing;

	(void)state;
	sound();
	assert_true(maatpm_recognise(mk_file(&m, &o)));
	verdict_is(mk_file(&m, &o), "ok");
	assert_true(checklist_complete(&m.checks, &missing));
	assert_null(m.o.token_extra);
	assert_null(claims_find(&m.claims, "x-ms-tpm-request-key"));
	assert_non_null(claims_find(&m.claims, "pcrs"));
	assert_non_null(strstr(mk_claim(&m, "events"), "\"SecureBoot\""));
	assert_false(claims_find(&m.claims, "vbsReportPresent")->b);
}

static void the_callers_nonce_counts(void **state)
{
	(void)state;
	sound();
	m.t.tpm.nonce_known = true;
	m.t.tpm.nonce = rd_make(MK_CHALLENGE, 16);
	verdict_is(mk_file(&m, &o), "ok");
	m.t.tpm.nonce = rd_make("another", 7);
	verdict_is(mk_file(&m, &o), "tpm.quote.nonce");
	m.t.tpm.nonce = rd_make("", 0);
	verdict_is(mk_file(&m, &o), "tpm.quote.nonce");
}

static void the_files_own_word_must_fit(void **state)
{
	(void)state;
	sound();
	o.now.extra = rd_make("another", 7);
	verdict_is(mk_file(&m, &o), "tpm.quote.nonce");
	/* also where it is the caller's nonce that was quoted */
	m.t.tpm.nonce_known = true;
	m.t.tpm.nonce = rd_make("another", 7);
	verdict_is(mk_file(&m, &o), "tpm.quote.nonce");
}

/* The file with a second quote ahead, of the SHA-1 bank. */
static struct rd with_sha1(const struct mk_quote *sha1)
{
	struct buf q = buf_make(m.k.a), v = buf_make(m.k.a);
	struct rd attest = mk_attest(&m, sha1);
	char hex[41];

	buf_fmt(&q, "\"quotes\":[{\"quote\":\"%s\",\"signature\":\"%s\",\"bank\":\"sha1\"},",
	    mk_b64(&m, attest), mk_b64(&m, mk_signature(&m, sha1->key, attest)));
	buf_str(&v, "\"pcrs\":{\"sha1\":{");
	for (uint32_t i = 0; i < PCR_COUNT; i++) {
		hex_encode(sha1->values.value[i], 20, hex);
		buf_fmt(&v, "%s\"%u\":\"%s\"", i ? "," : "", i, hex);
	}
	buf_str(&v, "},");
	return mk_replaced(
	    &m, mk_replaced(&m, mk_file(&m, &o), "\"quotes\":[", q.p), "\"pcrs\":{", v.p);
}

static struct mk_quote sha1_quote(void)
{
	struct mk_quote q = o.now;

	q.extra = rd_make(MK_CHALLENGE, 16);
	q.values = m.k.pcrs[DIGEST_SHA1];
	q.values.mask = MK_ALL_PCRS;
	return q;
}

static void the_best_of_several_quotes_is_judged(void **state)
{
	struct mk_quote q;

	(void)state;
	sound();
	q = sha1_quote();
	verdict_is(with_sha1(&q), "ok");
	assert_null(strstr(mk_claim(&m, "pcrs"), "SHA1"));
	assert_non_null(strstr(mk_claim(&m, "pcrs"), "SHA256"));
}

static void every_quote_must_be_genuine(void **state)
{
	struct mk_quote q;

	(void)state;
	sound();
	q = sha1_quote();
	q.key = m.stranger;
	verdict_is(with_sha1(&q), "tpm.quote.signature");
	sound();
	q = sha1_quote();
	q.extra = rd_make("an older nonce", 14);
	verdict_is(with_sha1(&q), "tpm.quote.nonce");
}

static void nobody_vouches(void **state)
{
	(void)state;
	sound();
	o.now.cert = rd_make(NULL, 0);
	o.find = "\"akCert\":\"\",";
	o.put = "";
	verdict_is(mk_file(&m, &o), "tpm.ak.vouched");
	m.t.tpm.ak_required = false;
	verdict_is(mk_file(&m, &o), "ok");
	assert_false(claims_find(&m.claims, "aikValidated")->b);
}

static const struct json *described(struct rd in)
{
	struct json *j;
	void *ev;

	CHECK_OK(tpm_format.parse(in, m.k.a, m.k.c, &ev, &m.k.e), &m.k.e);
	CHECK_OK(tpm_format.describe(ev, m.k.a, &j, &m.k.e), &m.k.e);
	return j;
}

static void inspect_shows_what_is_there(void **state)
{
	const struct json *j, *q;

	(void)state;
	sound();
	j = described(mk_file(&m, &o));
	assert_true(json_str_eq(json_get(j, "form"), "TPM evidence file"));
	q = json_get(j, "quotes")->child;
	assert_true(json_str_eq(json_get(q, "extraData"), "30313233343536373839616263646566"));
	assert_int_equal(json_get(q, "resetCount")->i, 7);
	assert_int_equal(json_get(json_get(q, "selection"), "sha256")->len, 24);
	assert_int_equal(json_get(j, "logs")->len, 2);
	o.has_other = true;
	o.has_boot = true;
	o.boot = o.now;
	j = described(mk_message(&m, &o));
	assert_true(json_str_eq(json_get(j, "form"), "attReqV2"));
	assert_true(json_str_eq(json_get(json_get(j, "requestKey"), "binding"), "tpm_quote"));
	assert_int_equal(json_get(j, "otherKeys")->len, 2);
	assert_non_null(json_get(j, "bootAttestation"));
	assert_false(json_get(j, "vbs")->b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_passes),
		cmocka_unit_test(the_callers_nonce_counts),
		cmocka_unit_test(the_files_own_word_must_fit),
		cmocka_unit_test(the_best_of_several_quotes_is_judged),
		cmocka_unit_test(every_quote_must_be_genuine),
		cmocka_unit_test(nobody_vouches),
		cmocka_unit_test(inspect_shows_what_is_there),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

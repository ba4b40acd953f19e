/* Messages: what passes, and for every check one message that fails exactly there. */
#include <string.h>

#include "lib/base/base64.h"
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
}

static enum check_outcome outcome(const char *id)
{
	for (size_t i = 0; i < m.checks.n; i++)
		if (strcmp(m.checks.rows[i].id, id) == 0)
			return m.checks.results[i].outcome;
	fail_msg("no check %s", id);
	return CHECK_NA;
}

static bool failed_first[MAATPM_NCHECKS];

static void verdict_is(const char *want)
{
	const char *got = mk_order_verdict(&m, &o);

	if (strcmp(got, "form") == 0)           /* the pipeline marks this row */
		failed_first[MAATPM_CHECK_MESSAGE_FORM] = true;
	else if (checklist_failed(&m.checks))
		failed_first[m.checks.first_failed] = true;

	if (strcmp(got, want) != 0)
		fail_msg("%s, want %s: %s", got, want,
		    checklist_failed(&m.checks) ? m.checks.results[m.checks.first_failed].found :
						  m.k.e.text);
}

static void a_bound_key_passes(void **state)
{
	size_t missing;

	(void)state;
	sound();
	verdict_is("ok");
	assert_true(checklist_complete(&m.checks, &missing));
	assert_int_equal(outcome("tpm.message.request_key"), CHECK_PASS);
	assert_int_equal(outcome("tpm.context.unused"), CHECK_PASS);
	assert_int_equal(outcome("tpm.message.challenge"), CHECK_PASS);
	assert_int_equal(outcome("tpm.message.other_keys"), CHECK_NA);
	assert_true(json_str_eq(json_get(m.o.token_extra, "rp_data"), "cnBkYXRh"));
	assert_true(json_str_eq(json_get(m.o.token_extra, "nonce"), "cnBkYXRh"));
	assert_non_null(json_get(json_get(json_get(m.o.token_extra, "cnf"), "jwk"), "n"));
	assert_true(claims_find(&m.claims, "aikValidated")->b);
	assert_string_equal(claims_find(&m.claims, "urn:attestd:custom-claim:site")->s, "oslo");
	assert_int_equal(
	    claims_find(&m.claims, "urn:attestd:custom-claim:site")->issuer, CLAIM_BY_CUSTOM);
	assert_non_null(strstr(mk_claim(&m, "x-ms-tpm-request-key"),
	    "\"info\":{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}"));
}

static void certified_keys_pass(void **state)
{
	(void)state;
	sound();
	o.binding = MAATPM_TPM_CERTIFY;
	o.has_other = true;
	verdict_is("ok");
	assert_int_equal(outcome("tpm.certify.name"), CHECK_PASS);
	assert_int_equal(outcome("tpm.message.other_keys"), CHECK_PASS);
	assert_non_null(strstr(mk_claim(&m, "x-ms-tpm-request-key"),
	    "\"info\":{\"tpm_certify\":{\"name_alg\":11,\"obj_attr\":262258}}"));
	/* the second other key is not bound */
	assert_non_null(strstr(mk_claim(&m, "x-ms-tpm-other-keys"), "}},{\"jwk\":{\"kty\":\"EC\""));
}

static void version_1_passes(void **state)
{
	(void)state;
	sound();
	o.version = MAATPM_V1;
	o.header = "{\"alg\":\"PS256\",\"typ\":\"attReq\"}";
	o.now.ima = rd_make(NULL, 0);
	verdict_is("ok");
	assert_int_equal(outcome("tpm.message.request_key"), CHECK_NA);
	assert_non_null(json_get(m.o.token_extra, "cnf"));
	assert_null(strstr(mk_claim(&m, "x-ms-tpm-request-key"), "info"));
}

static void without_an_envelope(void **state)
{
	struct rd jws;

	(void)state;
	sound();
	o.bare = true;
	verdict_is("ok");
	jws = mk_jws(&m, &o);
	assert_true(maatpm_recognise(jws));
	assert_string_equal(mk_verdict(&m, jws), "ok");
	assert_true(maatpm_recognise(mk_message(&m, &o)));
	o.bare = false;
	assert_true(maatpm_recognise(mk_message(&m, &o)));
	assert_false(maatpm_recognise(rd_make("eyJhbGciOiJub25lIn0.e30.", 24)));
}

static void without_rp_data_the_token_has_no_nonce(void **state)
{
	(void)state;
	sound();
	o.find = "\"rp_data\":\"cnBkYXRh\",";
	o.put = "";
	verdict_is("ok");
	assert_null(json_get(m.o.token_extra, "nonce"));
	assert_null(json_get(m.o.token_extra, "rp_data"));
	assert_non_null(json_get(m.o.token_extra, "cnf"));
}

/* One thing wrong each. */

static void other_algorithm(void) { o.header = "{\"alg\":\"RS256\",\"typ\":\"attReqV2\"}"; }
static void no_algorithm(void) { o.header = "{\"alg\":\"none\",\"typ\":\"attReqV2\"}"; }
static void critical(void) { o.header = "{\"alg\":\"PS256\",\"typ\":\"attReqV2\",\"crit\":[\"exp\"]}"; }
static void unreadable(void) { m.context.state = ATT_TPM_CONTEXT_UNREADABLE; }
static void expired(void) { m.context.state = ATT_TPM_CONTEXT_EXPIRED; }
static void used(void) { m.context.state = ATT_TPM_CONTEXT_USED; }
static void other_challenge(void) { m.context.challenge[3] ^= 1; }
static void other_nonce(void)
{
	m.t.tpm.context = NULL;
	m.t.tpm.nonce_known = true;
	m.t.tpm.nonce = rd_make("another", 7);
}
static void unbound(void) { o.binding = MAATPM_UNBOUND; }
static void challenge_in_quote(void) { o.now.extra = rd_make(MK_CHALLENGE, 16); }
/* The same key, spelt otherwise than what was hashed. */
static void respelt(void)
{
	o.find = "\"request_key\":{\"jwk\":{";
	o.put = "\"request_key\":{\"jwk\":{ ";
}
static void other_request_key(void)
{
	o.binding = MAATPM_TPM_CERTIFY;
	o.has_other = true;
	o.certified = m.ak;
}
static void shown_aik(void)
{
	o.now.shown = m.stranger;
	o.now.cert = rd_make(NULL, 0);
	m.t.tpm.ak_required = false;
}
static void cert_of_another(void)
{
	size_t n;
	const uint8_t *p = x509_der(m.stranger_cert, &n);

	o.now.cert = rd_make(p, n);
}
static void no_cert(void) { o.now.cert = rd_make(NULL, 0); }
static void weak_aik(void)
{
	o.find = "\"aik_pub\":{\"kty\":\"EC\",\"crv\":\"P-256\"";
	o.put = "\"aik_pub\":{\"kty\":\"EC\",\"crv\":\"P-192\"";
}
static void other_pcrs(void) { o.now.values.mask &= ~(1U << 7); }

static const struct { const char *id; void (*wrong)(void); } rows[] = {
	{ "tpm.message.algorithm", other_algorithm },
	{ "tpm.message.algorithm", no_algorithm },
	{ "tpm.message.algorithm", critical },
	{ "tpm.context.authentic", unreadable },
	{ "tpm.context.current", expired },
	{ "tpm.context.unused", used },
	{ "tpm.message.challenge", other_challenge },
	{ "tpm.message.challenge", other_nonce },
	{ "tpm.message.request_key", unbound },
	{ "tpm.quote.nonce", challenge_in_quote },
	{ "tpm.quote.nonce", respelt },
	{ "tpm.message.other_keys", other_request_key },
	{ "tpm.quote.signature", shown_aik },
	{ "tpm.ak.certificate.key", cert_of_another },
	{ "tpm.ak.vouched", no_cert },
	{ "tpm.ak.key", weak_aik },
	{ "tpm.quote.required", other_pcrs },
};

static void each_check_has_a_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		sound();
		rows[i].wrong();
		verdict_is(rows[i].id);
		assert_null(m.o.facts);
		assert_null(m.o.token_extra);
	}
}

/* Somebody else's message under one's own signature, and one's own under somebody else's. */
static void the_signature_is_by_the_key_inside(void **state)
{
	struct rd payload;

	(void)state;
	sound();
	payload = mk_payload(&m, &o);
	assert_string_equal(mk_verdict(&m, mk_envelope(&m, mk_sign(&m, o.header, payload, m.idks))),
	    "tpm.message.signature");
	failed_first[MAATPM_CHECK_MESSAGE_SIGNATURE] = true;
	assert_int_equal(outcome("tpm.context.authentic"), CHECK_NA);
	assert_int_equal(outcome("tpm.quote.signature"), CHECK_NA);
}

static void a_certified_key_is_the_one_that_signed(void **state)
{
	struct rd payload;
	struct privkey *mine = m.request;

	(void)state;
	sound();
	o.binding = MAATPM_TPM_CERTIFY;
	m.request = m.idks;             /* the certification and the quote are of this key */
	payload = mk_payload(&m, &o);
	payload = mk_replaced(&m, payload, mk_jwk(&m, m.idks), mk_jwk(&m, mine));
	m.request = mine;
	assert_string_equal(mk_verdict(&m, mk_envelope(&m, mk_sign(&m, o.header, payload, mine))),
	    "tpm.message.request_key");
}

static void a_message_without_evidence(void **state)
{
	(void)state;
	sound();
	o.find = "\"current_attestation\"";
	o.put = "\"attestation\"";
	verdict_is("form");
}

/* The rows of messages; tpm, measuredboot and vbs walk their own. */
static void every_row_has_failed_first(void **state)
{
	(void)state;
	for (size_t i = MAATPM_CHECK_MESSAGE_FORM; i < MAATPM_NCHECKS; i++)
		if (!failed_first[i])
			fail_msg("%s: no message fails there first", tpm_format.checks[i].id);
}

/* What the caller does not look at stays n/a. */
static void a_context_that_nobody_looked_at(void **state)
{
	(void)state;
	sound();
	m.t.tpm.context = NULL;
	verdict_is("ok");
	assert_int_equal(outcome("tpm.context.authentic"), CHECK_NA);
	assert_int_equal(outcome("tpm.context.current"), CHECK_NA);
	assert_int_equal(outcome("tpm.context.unused"), CHECK_NA);
	assert_int_equal(outcome("tpm.message.challenge"), CHECK_NA);
}

static void an_unvouched_key_is_a_fact_if_allowed(void **state)
{
	(void)state;
	sound();
	no_cert();
	m.t.tpm.ak_required = false;
	verdict_is("ok");
	assert_false(claims_find(&m.claims, "aikValidated")->b);
}

/* After hibernation */

static void boot_order(void)
{
	sound();
	o.has_boot = true;
	o.boot = o.now;
	o.boot.extra = rd_make("not the challenge", 17);
	o.boot.restart = o.now.restart - 1;
	o.boot.clock = o.now.clock - 1000;
}

static void a_boot_attestation_adds_claims(void **state)
{
	(void)state;
	boot_order();
	verdict_is("ok");
	assert_int_equal(outcome("tpm.message.boot_aik"), CHECK_PASS);
	assert_non_null(strstr(mk_claim(&m, "bootEvents"), "\"UnicodeName\":\"SecureBoot\""));
	assert_non_null(strstr(mk_claim(&m, "bootPcrs"), "\"Index\":7"));
	boot_order();
	o.version = MAATPM_V1;
	o.header = "{\"alg\":\"PS256\",\"typ\":\"attReq\"}";
	verdict_is("ok");
	assert_non_null(strstr(mk_claim(&m, "bootEvents"), "\"UnicodeName\":\"SecureBoot\""));
}

static void a_boot_attestation_of_another_key(void **state)
{
	(void)state;
	boot_order();
	o.boot.key = o.boot.shown = m.stranger;
	verdict_is("tpm.message.boot_aik");
}

static void a_boot_attestation_of_another_boot(void **state)
{
	(void)state;
	boot_order();
	o.boot.reset--;
	assert_memory_equal(mk_order_verdict(&m, &o), "tpm.boot.", 9);
	boot_order();
	o.boot.restart = o.now.restart + 1;
	assert_memory_equal(mk_order_verdict(&m, &o), "tpm.boot.", 9);
	boot_order();
	o.boot.values.value[4][0] ^= 1;
	o.boot.log = o.boot.ima = rd_make(NULL, 0);
	verdict_is("ok");
}

static void the_table_is_consistent(void **state)
{
	(void)state;
	assert_string_equal(maatpm_recognise(rd_make("", 0)) ? "yes" : "no", "no");
	for (size_t i = 0; i < tpm_format.nchecks; i++) {
		assert_non_null(tpm_format.checks[i].id);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(tpm_format.checks[i].id, tpm_format.checks[j].id);
	}
	assert_string_equal(tpm_format.checks[TPM_CHECK_QUOTE_NONCE].id, "tpm.quote.nonce");
	assert_string_equal(tpm_format.checks[MEASUREDBOOT_NCHECKS + VBS_NCHECKS].id, "tpm.form");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_key_passes),
		cmocka_unit_test(certified_keys_pass),
		cmocka_unit_test(version_1_passes),
		cmocka_unit_test(without_an_envelope),
		cmocka_unit_test(without_rp_data_the_token_has_no_nonce),
		cmocka_unit_test(each_check_has_a_message),
		cmocka_unit_test(the_signature_is_by_the_key_inside),
		cmocka_unit_test(a_certified_key_is_the_one_that_signed),
		cmocka_unit_test(a_context_that_nobody_looked_at),
		cmocka_unit_test(an_unvouched_key_is_a_fact_if_allowed),
		cmocka_unit_test(a_boot_attestation_adds_claims),
		cmocka_unit_test(a_boot_attestation_of_another_key),
		cmocka_unit_test(a_boot_attestation_of_another_boot),
		cmocka_unit_test(a_message_without_evidence),
		cmocka_unit_test(every_row_has_failed_first),
		cmocka_unit_test(the_table_is_consistent),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Type Tpm through the public interface: messages, answers, and the policies of Azure's documentation
 * over real logs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "libattest/policy.h"
#include "libattest/tpm.h"
#include "tests/unit/evidence/maatpm/kit.h"

static struct mk m;
static struct mk_order o;
static struct att_ctx *ctx;
static struct att_result *r;

static int set_up(void **state)
{
	struct att_error e = { 0 };

	(void)state;
	mk_init(&m);
	ctx = att_ctx_new(&e);
	return ctx ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	att_result_free(r);
	att_ctx_free(ctx);
	mk_clear(&m);
	return 0;
}

static void sound(void)
{
	mk_fresh(&m);
	mk_sound(&m, &o);
}

static struct att_bytes body_of(struct rd message)
{
	char *s = arena_printf(m.k.a, "{\"data\":\"%s\"}", mk_b64(&m, message));

	assert_non_null(s);
	return (struct att_bytes){ (const uint8_t *)s, strlen(s) };
}

static struct att_bytes bytes_of(const char *s)
{
	return (struct att_bytes){ (const uint8_t *)s, strlen(s) };
}

/* Messages and answers */

static void message_1_asks_for_a_challenge(void **state)
{
	/* as recorded: spec maa-tpm section 1 */
	static const char recorded[] = "{\"data\":\"eyJwYXlsb2FkIjp7InR5cGUiOiJhaWtjZXJ0In19\"}";
	struct att_tpm_message *t = NULL;
	struct att_error e = { 0 };

	(void)state;
	CHECK_OK(att_tpm_message_read(bytes_of(recorded), &t, &e), &e);
	assert_int_equal(att_tpm_message_kind(t), ATT_TPM_INIT);
	att_tpm_message_free(t);
	att_tpm_message_free(NULL);
}

static void message_2_brings_its_context(void **state)
{
	struct att_tpm_message *t = NULL;
	struct att_bytes c;
	struct att_error e = { 0 };

	(void)state;
	sound();
	CHECK_OK(att_tpm_message_read(body_of(mk_message(&m, &o)), &t, &e), &e);
	assert_int_equal(att_tpm_message_kind(t), ATT_TPM_REQUEST);
	c = att_tpm_message_context(t);
	assert_int_equal(c.len, 16);
	assert_memory_equal(c.data, "a sealed context", 16);
	att_tpm_message_free(t);
}

static void what_is_no_message(void **state)
{
	static const struct { const char *body; enum att_err code; const char *substring; } rows[] = {
		{ "", ATT_E_BAD_JSON, "request body" },
		{ "{}", ATT_E_BAD_FORMAT, "data: found nothing" },
		{ "{\"data\":7}", ATT_E_BAD_FORMAT, "data: found another type" },
		{ "{\"data\":\"!\"}", ATT_E_BAD_ENCODING, "data" },
		{ "{\"data\":\"e30\"}", ATT_E_BAD_FORMAT, "tpm message" },
		{ "{\"data\":\"e30\",\"Data\":\"e30\"}", ATT_E_BAD_JSON, "duplicate" },
		{ "{\"data\":\"AA\"}", ATT_E_BAD_JSON, "tpm message" },
	};
	struct att_tpm_message *t = NULL;
	struct att_error e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(att_tpm_message_read(bytes_of(rows[i].body), &t, &e), &e, rows[i].code,
		    rows[i].substring);
	assert_null(t);
	sound();
	o.find = "\"service_context\":";
	o.put = "\"context\":";
	CHECK_ERR(att_tpm_message_read(body_of(mk_message(&m, &o)), &t, &e), &e, ATT_E_BAD_FORMAT,
	    "service_context");
}

/* The member data of an answer, decoded. */
static char *answered(char *body)
{
	struct json *j;
	const struct json *data;
	uint8_t *p;
	size_t n;

	CHECK_OK(json_parse(m.k.a, body, strlen(body), NULL, &j, &m.k.e), &m.k.e);
	data = json_get(j, "data");
	assert_int_equal(j->len, 1);
	CHECK_OK(b64_decode_arena(B64_URL, m.k.a, data->s, data->len, &p, &n, &m.k.e), &m.k.e);
	free(body);
	return arena_strndup(m.k.a, (const char *)p, n);
}

static void answers_have_the_recorded_shape(void **state)
{
	static const uint8_t challenge[ATT_TPM_CHALLENGE] = { 0xfb, 0xff };
	struct att_error e = { 0 };
	char *body;

	(void)state;
	mk_fresh(&m);
	CHECK_OK(att_tpm_answer_challenge(challenge, bytes_of("sealed"), &body, &e), &e);
	assert_string_equal(answered(body),
	    "{\"payload\":{\"challenge\":\"-_8AAAAAAAAAAAAAAAAAAA\",\"service_context\":\"c2VhbGVk\"}"
	    "}");
	CHECK_OK(att_tpm_answer_report("a.b.c", &body, &e), &e);
	assert_string_equal(answered(body), "{\"payload\":{\"report\":\"a.b.c\"}}");
}

/* Appraisal */

static void appraise(struct rd message, const char *policy)
{
	size_t n;
	const uint8_t *der = x509_der(m.root_cert, &n);
	const struct att_bytes anchor = { der, n };
	const struct att_request req = { .type = "Tpm",
		.body = body_of(message),
		.body_is_json_only = true,
		.policy = bytes_of(policy),
		.anchors = &anchor,
		.nanchors = 1,
		.tpm_context = &m.context,
		.now_s = MK_NOW,
		.caller_is_reader = true,
		.settings = &m.settings };

	att_result_free(r);
	r = NULL;
	CHECK_OK(att_appraise(ctx, &req, &r, &m.k.e), &m.k.e);
}

static void verdict_is(enum att_verdict want)
{
	if (r->verdict != want)
		fail_msg("%s, want %s: %s", att_verdict_name(r->verdict), att_verdict_name(want),
		    r->error.text);
}

static char *documented(const char *name)
{
	char path[128];
	struct blob b;
	char *s;

	(void)snprintf(path, sizeof path, "policies/%s.txt", name);
	b = vector_file(path);
	s = arena_strndup(m.k.a, (const char *)b.p, b.n);
	blob_free(&b);
	assert_non_null(s);
	return s;
}

static void windows(const struct mk_windows *w)
{
	sound();
	mk_windows_log(&m, &o, w);
}

static void capture(const char *name)
{
	sound();
	kit_reset(&m.k);
	mk_fresh(&m);
	o.now.log = kit_lab(&m.k, name);
	o.now.values = m.k.pcrs[DIGEST_SHA256];
	o.now.ima = rd_make(NULL, 0);
}

static void issues(const char *policy, const char *want)
{
	appraise(mk_message(&m, &o), documented(policy));
	verdict_is(ATT_PERMITTED);
	assert_string_equal(r->issued_json, want);
}

static void boot_claims_of_windows(void **state)
{
	const struct mk_windows good = { 0 }, unsafe = { .no_integrity = true };

	(void)state;
	need_vectors();
	windows(&good);
	issues("docs-tpm-v1.2-boot-claims", "{\"BitlockerStatus\":true,\"CodeIntegrityEnabled\":true,"
	    "\"ELAMDriverLoaded\":true,\"SecureBootEnabled\":true,\"aikValidated\":true}");
	windows(&unsafe);
	issues("docs-tpm-v1.2-boot-claims", "{\"BitlockerStatus\":true,\"CodeIntegrityEnabled\":false,"
	    "\"ELAMDriverLoaded\":true,\"SecureBootEnabled\":true,\"aikValidated\":true}");
}

/* ELAMDriverLoaded: the documented rule says true when no driver matched (policy-language section 8).
 */
static void boot_claims_of_the_lab(void **state)
{
	static const struct { const char *capture, *on; } rows[] = {
		{ "sbon", "true" }, { "sboff", "false" }, { "sbdis", "false" }, { "uki-sbon", "true" },
		{ "uki-sboff", "false" }, { "mokbypass", "true" },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char want[256];

		capture(rows[i].capture);
		(void)snprintf(want, sizeof want,
		    "{\"BitlockerStatus\":false,\"CodeIntegrityEnabled\":false,"
		    "\"ELAMDriverLoaded\":true,\"SecureBootEnabled\":%s,\"aikValidated\":true}",
		    rows[i].on);
		issues("docs-tpm-v1.2-boot-claims", want);
	}
}

static void version_1_0_and_1_1(void **state)
{
	const struct mk_windows good = { 0 }, debugging = { .debugging = true };

	(void)state;
	need_vectors();
	windows(&good);
	issues("docs-tpm-simple-v1.0", "{\"PlatformAttested\":true}");
	issues("docs-tpm-v1.0", "{\"PlatformAttested\":true}");
	issues("docs-tpm-v1.1-config", "{\"PlatformAttested\":true}");
	windows(&debugging);
	issues("docs-tpm-simple-v1.0", "{\"PlatformAttested\":true}");
	issues("docs-tpm-v1.0", "{}");
	capture("sboff");
	issues("docs-tpm-simple-v1.0", "{}");
	/* its configuration wants no certificate, and PCRs 0 to 3 only */
	windows(&good);
	o.now.cert = rd_make(NULL, 0);
	issues("docs-tpm-v1.1-config", "{\"PlatformAttested\":false}");
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.0"));
	verdict_is(ATT_REJECTED);
	windows(&good);
	o.now.values.mask &= ~(1U << 3);
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.1-config"));
	verdict_is(ATT_REJECTED);
}

static void drivers_are_listed(void **state)
{
	const struct mk_windows good = { 0 };

	(void)state;
	need_vectors();
	windows(&good);
	/* the second rule looks for "events", which is written "Events" */
	issues("docs-tpm-v1.2-driver-list", "{\"DriverLoadPolicy\":\"null\",\"alldriverloads\":"
	    "\"[\\\"\\\\\\\\Windows\\\\\\\\System32\\\\\\\\drivers\\\\\\\\WdBoot.sys\\\","
	    "\\\"\\\\\\\\Windows\\\\\\\\System32\\\\\\\\ntoskrnl.exe\\\"]\"}");
}

static void events_may_be_issued_whole(void **state)
{
	struct json *issued, *claims;

	(void)state;
	need_vectors();
	sound();
	o.has_boot = true;
	o.boot = o.now;
	o.boot.extra = rd_make("boot", 4);
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-issue-raw"));
	verdict_is(ATT_PERMITTED);
	CHECK_OK(
	    json_parse(m.k.a, r->issued_json, strlen(r->issued_json), NULL, &issued, &m.k.e), &m.k.e);
	CHECK_OK(
	    json_parse(m.k.a, r->claims_json, strlen(r->claims_json), NULL, &claims, &m.k.e), &m.k.e);
	assert_string_equal(json_get(issued, "outputEvents")->s, json_get(claims, "events")->s);
	assert_string_equal(json_get(issued, "outputBootEvents")->s, json_get(claims, "bootEvents")->s);
}

static void keys_are_judged(void **state)
{
	(void)state;
	need_vectors();
	sound();
	o.binding = MAATPM_TPM_CERTIFY;
	o.attributes = 50;
	issues("docs-tpm-v1.2-key-attest-in-authz", "{}");
	sound();
	o.binding = MAATPM_TPM_CERTIFY;
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-key-attest-in-authz"));
	verdict_is(ATT_DENIED);
	sound();
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-key-attest-in-authz"));
	verdict_is(ATT_DENIED);
}

static const struct json *issued_of(const char *name)
{
	struct json *issued;

	CHECK_OK(
	    json_parse(m.k.a, r->issued_json, strlen(r->issued_json), NULL, &issued, &m.k.e), &m.k.e);
	return json_get(issued, name);
}

static void linux_machines(void **state)
{
	(void)state;
	need_vectors();
	capture("sbon");
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-linux-ima"));
	verdict_is(ATT_PERMITTED);
	assert_true(issued_of("secureBootEnabled")->b);
	assert_true(json_is(issued_of("bootOrder"), JSON_STRING));
	assert_true(
	    json_is(issued_of("platformKey"), JSON_STRING) && issued_of("platformKey")->len > 100);
	assert_true(json_is(issued_of("keyExchangeKey"), JSON_STRING));
	assert_true(json_is(issued_of("keyDatabase"), JSON_STRING));
	assert_true(json_is(issued_of("forbiddenSignatures"), JSON_STRING));
	capture("sbdis");
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-linux-ima"));
	verdict_is(ATT_PERMITTED);
	assert_false(issued_of("secureBootEnabled")->b);
}

/* Kernel and keyrings, as kernels since 5.15 measure them. */
static void linux_kernels_and_keys(void **state)
{
	const struct mk_ima boot = { "ima-sig", "/usr/bin/true", rd_make("x", 1), rd_make(NULL, 0) };
	const struct mk_ima kernel = { "ima-buf", "kernel_version", rd_make("6.1.0", 5),
		rd_make("6.1.0", 5) };
	struct mk_ima key = { "ima-buf", ".builtin_trusted_keys", { 0 }, { 0 } };
	struct buf list;
	size_t n;
	const uint8_t *der = x509_der(m.root_cert, &n);

	(void)state;
	need_vectors();
	capture("sbon");
	mk_ima_begin(&o);
	list = buf_make(m.k.a);
	key.hashed = key.last = rd_make(der, n);
	mk_ima_entry(&m, &o, &list, &boot);
	mk_ima_entry(&m, &o, &list, &kernel);
	mk_ima_entry(&m, &o, &list, &key);
	o.now.ima = rd_make(list.p, list.len);
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-linux-ima"));
	verdict_is(ATT_PERMITTED);
	assert_true(json_str_eq(issued_of("kernelVersions"), "6.1.0"));
	assert_true(json_str_eq(issued_of("builtintrustedkeys"), "CN=root"));
}

/* Real logs of others, quoted as they replay. */
static void real_logs(void **state)
{
	/* as the variable is: two are named after another state */
	static const struct { const char *file, *on;
	} rows[] = {
		{ "gce-rhel8-uefi.bin", "true" },
		{ "gce-ubuntu-2104-sb-on-no-dbx.bin", "false" },
		{ "gce-ubuntu-2104-sb-off.bin", "false" },
		{ "workstation-glinux.bin", "false" },
		{ "gce-cos-101-sev.bin", "true" },
		{ "gce-sp800-155-event.bin", "true" },
		{ "crypto-agile-sb-var-empty.bin", "false" },
		{ "fedora37-sd-boot-sha256.bin", "false" },
		{ "postcode-blob.bin", "true" },
		{ "fedora-vm-sb-on-vendor-db.bin", "true" },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[128];

		sound();
		(void)snprintf(path, sizeof path, "eventlog/%s", rows[i].file);
		o.now.log = kit_take(&m.k, vector_file(path));
		o.now.ima = rd_make(NULL, 0);
		assert_true(kit_run_self(&m.k, o.now.log, DIGEST_SHA256));
		o.now.values = m.k.pcrs[DIGEST_SHA256];
		appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-boot-claims"));
		if (r->verdict != ATT_PERMITTED)
			fail_msg("%s: %s", rows[i].file, r->error.text);
		if (issued_of("SecureBootEnabled")->b != (rows[i].on[0] == 't'))
			fail_msg("%s: Secure Boot is not %s", rows[i].file, rows[i].on);
	}
}

/* The log is of SHA-1 alone: the same events as a machine with SHA-256 would have them. */
static void a_real_windows(void **state)
{
	static struct items t;
	struct json *v;
	const struct json *raw;
	struct blob b;
	uint8_t *p;
	size_t n;

	(void)state;
	need_vectors();
	sound();
	b = vector_file("eventlog/windows-gcp-shielded-vm.json");
	CHECK_OK(json_parse(m.k.a, b.p, b.n, NULL, &v, &m.k.e), &m.k.e);
	raw = json_get(json_get(v, "Log"), "Raw");
	CHECK_OK(b64_decode_arena(B64_STD, m.k.a, raw->s, raw->len, &p, &n, &m.k.e), &m.k.e);
	blob_free(&b);
	assert_true(kit_run_self(&m.k, rd_make(p, n), DIGEST_SHA1));
	items_of(&m.k, m.k.log, &t);
	t.agile = true;
	t.banks = 1U << DIGEST_SHA256;
	for (size_t i = 0; i < t.n; i++) {
		const struct eventlog_mark *mark = &m.k.m.of[i];
		struct rd what = mark->cover == COVER_NONE ? rd_make(t.v[i].digest[DIGEST_SHA1], 20) :
		    mark->covered;

		if (t.v[i].type != EV_NO_ACTION)
			CHECK_OK(digest(m.k.c, DIGEST_SHA256, rd_ptr(&what), rd_left(&what),
			    t.v[i].digest[DIGEST_SHA256], &m.k.e), &m.k.e);
	}
	items_pcrs(&m.k, &t, DIGEST_SHA256);
	o.now.log = items_log(&m.k, &t);
	o.now.ima = rd_make(NULL, 0);
	o.now.values = m.k.pcrs[DIGEST_SHA256];
	issues("docs-tpm-v1.2-boot-claims", "{\"BitlockerStatus\":false,\"CodeIntegrityEnabled\":true,"
	    "\"ELAMDriverLoaded\":true,\"SecureBootEnabled\":true,\"aikValidated\":true}");
	issues("docs-tpm-v1.0", "{\"PlatformAttested\":true}");
	appraise(mk_message(&m, &o), documented("docs-tpm-v1.2-driver-list"));
	verdict_is(ATT_PERMITTED);
	assert_non_null(strstr(r->issued_json, "WdBoot.sys"));
}

/* The documented digests are those of another machine; with this one's it permits. */
static void pcrs_are_matched(void **state)
{
	static const char *const theirs[] = {
		"4c833b1c361fceffd8dc0f81eec76081b71e1a0eb2193caed0b6e1c7735ec33e",
		"8c25e3be6ad6f5bd33c9ae40d5d5461e88c1a7366df0c9ee5c7e5ff40d3d1d0e",
		"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969",
		"3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"
	};
	const char *policy;
	struct rd text;

	(void)state;
	need_vectors();
	sound();
	policy = documented("docs-tpm-v1.2-pcr-match");
	appraise(mk_message(&m, &o), policy);
	verdict_is(ATT_DENIED);
	for (size_t i = 0; i < 4; i++) {
		char hex[65];

		for (size_t k = 0; k < 32; k++)
			(void)snprintf(hex + 2 * k, 3, "%02x", o.now.values.value[i][k]);
		text = mk_replaced(&m, rd_make(policy, strlen(policy)), theirs[i], hex);
		policy = (const char *)rd_ptr(&text);
	}
	appraise(mk_message(&m, &o), policy);
	verdict_is(ATT_PERMITTED);
}

static void enclaves_are_identified(void **state)
{
	const struct mk_windows good = { 0 };
	struct rd payload;

	(void)state;
	need_vectors();
	windows(&good);
	payload = mk_vbs_payload(&m, &o, 0);
	appraise(mk_envelope(&m, mk_sign(&m, o.header, payload, m.request)),
	    documented("docs-vbs-enclave-identity"));
	verdict_is(ATT_PERMITTED);
	windows(&good);
	appraise(mk_message(&m, &o), documented("docs-vbs-enclave-identity"));
	verdict_is(ATT_DENIED);
}

static void tokens_have_the_shape_of_tpm(void **state)
{
	const struct json *cnf;
	struct json *t;

	(void)state;
	sound();
	appraise(mk_message(&m, &o), "version=1.0;authorizationrules{=>permit();};"
	    "issuancerules{c:[type==\"tpmVersion\"]=>issue(type=\"v\",value=c.value);};");
	verdict_is(ATT_PERMITTED);
	assert_true(r->token_tpm);
	CHECK_OK(json_parse(m.k.a, r->token_json, strlen(r->token_json), NULL, &t, &m.k.e), &m.k.e);
	cnf = json_get(json_get(t, "cnf"), "jwk");
	assert_true(json_str_eq(json_get(cnf, "kty"), "RSA"));
	assert_int_equal(cnf->len, 3);
	assert_true(json_str_eq(json_get(t, "rp_data"), "cnBkYXRh") &&
	    json_str_eq(json_get(t, "nonce"), "cnBkYXRh"));
	assert_int_equal(json_get(t, "v")->i, 2);
	assert_null(json_get(t, "events"));
	assert_null(json_get(t, "x-ms-policy"));
}

static void without_a_policy_nothing_is_permitted(void **state)
{
	(void)state;
	sound();
	{
		const struct att_request req = { .type = "Tpm",
			.body = body_of(mk_message(&m, &o)),
			.body_is_json_only = true,
			.tpm_context = &m.context,
			.now_s = MK_NOW,
			.settings = &m.settings };

		att_result_free(r);
		r = NULL;
		CHECK_OK(att_appraise(ctx, &req, &r, &m.k.e), &m.k.e);
	}
	verdict_is(ATT_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_1_asks_for_a_challenge),
		cmocka_unit_test(message_2_brings_its_context),
		cmocka_unit_test(what_is_no_message),
		cmocka_unit_test(answers_have_the_recorded_shape),
		cmocka_unit_test(boot_claims_of_windows),
		cmocka_unit_test(boot_claims_of_the_lab),
		cmocka_unit_test(version_1_0_and_1_1),
		cmocka_unit_test(drivers_are_listed),
		cmocka_unit_test(events_may_be_issued_whole),
		cmocka_unit_test(keys_are_judged),
		cmocka_unit_test(linux_machines),
		cmocka_unit_test(linux_kernels_and_keys),
		cmocka_unit_test(real_logs),
		cmocka_unit_test(a_real_windows),
		cmocka_unit_test(pcrs_are_matched),
		cmocka_unit_test(enclaves_are_identified),
		cmocka_unit_test(tokens_have_the_shape_of_tpm),
		cmocka_unit_test(without_a_policy_nothing_is_permitted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

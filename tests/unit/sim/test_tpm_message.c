/* The client's side of the Tpm protocol: what it makes is what the service's parser reads. */
#include <string.h>

#include "lib/base/base64.h"
#include "lib/evidence/maatpm/maatpm.h"
#include "lib/evidence/tpm/file.h"
#include "sim/tpm_message.h"
#include "tests/harness/check.h"

#define MACHINE "tests/vectors/lab/sbon.json"

struct kit {
	struct arena *a;
	struct crypto *c;
	struct att_error e;
	struct blob file;
	struct sim_tpm_key key;
};

static int setup(void **state)
{
	static struct kit k;

	k = (struct kit){ .a = arena_new((size_t)64 << 20), .file = repo_file(MACHINE) };
	k.c = crypto_new(&k.e);
	*state = &k;
	return k.c && sim_tpm_key_make(k.c, k.a, &k.key, &k.e) ? 0 : -1;
}

static int teardown(void **state)
{
	struct kit *k = *state;

	sim_tpm_key_clear(&k->key);
	blob_free(&k->file);
	crypto_free(k->c);
	arena_free(k->a);
	return 0;
}

static struct att_bytes text(const char *s)
{
	return (struct att_bytes){ (const uint8_t *)s, strlen(s) };
}

/* The service's answer around a payload. */
static struct att_bytes answer(struct kit *k, const char *payload)
{
	const char *inner = arena_printf(k->a, "{\"payload\":%s}", payload);

	return text(arena_printf(k->a, "{\"data\":\"%s\"}", b64_encode_arena(B64_URL, k->a, inner,
	    strlen(inner))));
}

static struct rd data_of(struct kit *k, const struct sim_bytes *body)
{
	struct json *v;
	const struct json *data;
	uint8_t *p;
	size_t n;

	CHECK_OK(json_parse(k->a, body->p, body->n, NULL, &v, &k->e), &k->e);
	data = json_get(v, "data");
	assert_true(json_is(data, JSON_STRING));
	CHECK_OK(b64_decode_arena(B64_URL, k->a, data->s, data->len, &p, &n, &k->e), &k->e);
	return rd_make(p, n);
}

static void challenge(struct kit *k, struct sim_tpm_challenge *out)
{
	struct att_bytes a = answer(k,
	    "{\"challenge\":\"AAECAwQFBgcICQoLDA0ODw\",\"service_context\":\"c2VhbGVk\"}");

	CHECK_OK(sim_tpm_read_challenge(k->a, a, out, &k->e), &k->e);
}

static void test_init(void **state)
{
	struct kit *k = *state;
	struct sim_bytes body;
	struct maatpm_message m;

	CHECK_OK(sim_tpm_init(k->a, &body, &k->e), &k->e);
	CHECK_OK(maatpm_message_read(data_of(k, &body), k->a, &m, &k->e), &k->e);
	assert_int_equal(m.kind, ATT_TPM_INIT);
}

static void test_challenge(void **state)
{
	struct kit *k = *state;
	struct sim_tpm_challenge ch;

	challenge(k, &ch);
	assert_int_equal(ch.bytes.len, 16);
	assert_int_equal(ch.bytes.data[15], 15);
	assert_string_equal(ch.context, "c2VhbGVk");
}

static void test_bad_answers(void **state)
{
	static const struct { const char *body, *payload, *say; enum att_err code; } rows[] = {
		{ "", NULL, "the service's answer", ATT_E_BAD_JSON },
		{ "{}", NULL, "no member data", ATT_E_BAD_JSON },
		{ "{\"data\":1}", NULL, "no member data", ATT_E_BAD_JSON },
		{ "{\"data\":\"!\"}", NULL, "data", ATT_E_BAD_ENCODING },
		{ "{\"data\":\"AAAA\"}", NULL, "data", ATT_E_BAD_JSON },
		{ NULL, "{}", "no member payload.challenge", ATT_E_BAD_JSON },
		{ NULL, "{\"challenge\":\"AAAA\"}", "no member payload.service_context", ATT_E_BAD_JSON },
		{ NULL, "{\"challenge\":\"A\",\"service_context\":\"AAAA\"}", "challenge",
		    ATT_E_BAD_ENCODING },
	};
	struct kit *k = *state;
	struct sim_tpm_challenge ch;
	const char *token;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_bytes b = rows[i].body ? text(rows[i].body) : answer(k, rows[i].payload);

		CHECK_ERR(sim_tpm_read_challenge(k->a, b, &ch, &k->e), &k->e, rows[i].code, rows[i].say);
	}
	CHECK_ERR(sim_tpm_read_report(k->a, answer(k, "{}"), &token, &k->e), &k->e, ATT_E_BAD_JSON,
	    "payload.report");
	CHECK_OK(sim_tpm_read_report(k->a, answer(k, "{\"report\":\"a.b.c\"}"), &token, &k->e), &k->e);
	assert_string_equal(token, "a.b.c");
}

static void request(struct kit *k, const char *rp_data, struct maatpm_evidence **out)
{
	struct sim_tpm_challenge ch;
	struct sim_tpm_message m = { .key = &k->key, .challenge = &ch, .evidence = { k->file.p, k->file.n },
		.rp_id = "https://relying.example", .rp_data = rp_data };
	struct sim_bytes body;

	challenge(k, &ch);
	CHECK_OK(sim_tpm_request(k->c, k->a, &m, &body, &k->e), &k->e);
	CHECK_OK(maatpm_evidence_parse(data_of(k, &body), k->a, out, &k->e), &k->e);
}

/* Everything that the file says stands in the message, and the JWS is by the key inside it. */
static void test_request(void **state)
{
	struct kit *k = *state;
	struct maatpm_evidence *ev;
	struct tpm_file *f;
	struct pubkey *key;

	request(k, "bm9uY2U", &ev);
	CHECK_OK(tpm_file_parse(rd_make(k->file.p, k->file.n), k->a, &f, &k->e), &k->e);
	assert_int_equal(ev->payload.version, MAATPM_V2);
	assert_true(rd_is_text(&ev->rp_data, "bm9uY2U"));
	assert_int_equal(rd_left(&ev->challenge), 16);
	assert_int_equal(ev->request_key.binding, MAATPM_TPM_QUOTE);
	assert_true(rd_is_text(&ev->request_key.jwk_text, k->key.text));
	assert_int_equal(ev->now.nlogs, f->nlogs);
	for (size_t i = 0; i < f->nlogs; i++) {
		assert_int_equal(ev->now.logs[i].kind, f->logs[i].kind);
		assert_int_equal(rd_left(&ev->now.logs[i].data), rd_left(&f->logs[i].data));
	}
	assert_int_equal(ev->now.nbanks, 1);
	assert_int_equal(ev->now.banks[0].mask, f->quotes[0].quote.selection.bank[0].mask);
	assert_true(bytes_equal(ev->now.banks[0].value[7], f->banks[0].value[7], 32));
	assert_int_equal(rd_left(&ev->now.quote.raw), rd_left(&f->quotes[0].quote_raw));
	CHECK_OK(jwk_to_pubkey(k->c, ev->request_key.jwk, &key, &k->e), &k->e);
	CHECK_OK(jws_is_ps256(&ev->payload.jws, &k->e), &k->e);
	CHECK_OK(jws_verify_ps256(k->c, &ev->payload.jws, key, &k->e), &k->e);
	pubkey_free(key);
}

/* Computed the long way: SHA-256 over the JWK as it stands in the message, a zero byte, the challenge. */
static void test_nonce(void **state)
{
	struct kit *k = *state;
	struct maatpm_evidence *ev;
	struct sim_tpm_challenge ch;
	uint8_t nonce[SIM_TPM_NONCE], want[SIM_TPM_NONCE], joined[2048];
	size_t n;

	request(k, NULL, &ev);
	challenge(k, &ch);
	CHECK_OK(sim_tpm_nonce(k->c, k->a, &k->key, &ch, nonce, &k->e), &k->e);
	n = rd_left(&ev->request_key.jwk_text);
	assert_true(n + 17 <= sizeof joined);
	bytes_copy(joined, rd_ptr(&ev->request_key.jwk_text), n);
	joined[n] = 0;
	bytes_copy(joined + n + 1, rd_ptr(&ev->challenge), 16);
	CHECK_OK(digest(k->c, DIGEST_SHA256, joined, n + 17, want, &k->e), &k->e);
	assert_true(bytes_equal(nonce, want, sizeof want));
	assert_true(rd_empty(&ev->rp_data));
}

static void test_agrees(void **state)
{
	struct kit *k = *state;
	struct tpm_file *f;
	struct sim_tpm_quoted q = { .scheme_hash = DIGEST_SHA256 };
	bool agrees;

	CHECK_OK(tpm_file_parse(rd_make(k->file.p, k->file.n), k->a, &f, &k->e), &k->e);
	q.quote = (struct att_bytes){ rd_ptr(&f->quotes[0].quote_raw), rd_left(&f->quotes[0].quote_raw) };
	q.banks = f->banks;
	q.nbanks = f->nbanks;
	CHECK_OK(sim_tpm_agrees(k->c, k->a, &q, &agrees, &k->e), &k->e);
	assert_true(agrees);
	for (uint32_t i = 0; i < PCR_COUNT; i++) {
		f->banks[0].value[i][0] ^= 1;
		CHECK_OK(sim_tpm_agrees(k->c, k->a, &q, &agrees, &k->e), &k->e);
		assert_int_equal(agrees, !(f->quotes[0].quote.selection.bank[0].mask >> i & 1));
		f->banks[0].value[i][0] ^= 1;
	}
	q.scheme_hash = DIGEST_SHA384;
	CHECK_OK(sim_tpm_agrees(k->c, k->a, &q, &agrees, &k->e), &k->e);
	assert_false(agrees);
	q.quote.len--;
	CHECK_ERR(sim_tpm_agrees(k->c, k->a, &q, &agrees, &k->e), &k->e, ATT_E_TRUNCATED, "");
}

static void test_bad_file(void **state)
{
	struct kit *k = *state;
	struct sim_tpm_challenge ch;
	struct sim_tpm_message m = { .key = &k->key, .challenge = &ch, .evidence = text("{}") };
	struct sim_bytes body;

	challenge(k, &ch);
	CHECK_ERR(sim_tpm_request(k->c, k->a, &m, &body, &k->e), &k->e, ATT_E_BAD_JSON, "tpm evidence file");
}

/* Every allocation of the arena fails once. */
static void test_no_memory(void **state)
{
	struct kit *k = *state;
	struct failing failing;
	bool done = false;

	for (size_t n = 0; !done; n++) {
		struct arena *a = arena_failing(&failing, n);
		struct sim_tpm_challenge ch;
		struct sim_tpm_message m = { .key = &k->key, .challenge = &ch,
			.evidence = { k->file.p, k->file.n } };
		struct sim_bytes body;

		challenge(k, &ch);
		att_error_clear(&k->e);
		done = a && sim_tpm_request(k->c, a, &m, &body, &k->e);
		assert_true(done || !a || k->e.code == ATT_E_NOMEM);
		arena_free(a);
		assert_true(n < 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init), cmocka_unit_test(test_challenge),
		    cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_request), cmocka_unit_test(test_nonce), cmocka_unit_test(test_agrees),
		cmocka_unit_test(test_bad_file), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("sim/tpm_message", tests, setup, teardown);
}

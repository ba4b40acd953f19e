/* The TPM evidence file: a made one, each member broken in one way, limits, failing memory. */
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "tests/unit/evidence/tpm/kit.h"

static struct kit k;
static struct made m;
static const char *quote, *signature, *ak_pub, *pcr;

static const char *b64(struct rd r)
{
	return b64_encode_arena(B64_URL, k.a, rd_ptr(&r), rd_left(&r));
}

static int set_up(void **state)
{
	struct rd attest, pub;
	struct buf b;

	(void)state;
	kit_init(&k);
	kit_sound(&k, &m);
	attest = kit_attest(&k, &m);
	quote = b64(attest);
	signature = b64(kit_signature(&k, &m, attest));
	pub = kit_public(&k, k.key, KIT_ATTRIBUTES, TPM_ALG_SHA256, TPM_ALG_ECDSA, TPM_ALG_SHA256);
	b = buf_make(k.a);
	kit_2b(&b, rd_ptr(&pub), rd_left(&pub));
	ak_pub = b64(kit_rd(&b));
	pcr = hex_arena(k.a, m.given[0].value[7], 32);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

/* Members with what differs from a sound file; NULL: sound. */
struct parts {
	const char *type, *nonce, *ak_pub, *quotes, *pcrs, *logs, *extra;
};

static struct rd text(const struct parts *p)
{
	char *s = arena_printf(k.a,
	    "{\"type\":%s,\"nonce\":%s,\"akPub\":\"%s\",\"quotes\":%s,\"pcrs\":%s,\"logs\":%s%s}",
	    p->type ? p->type : "\"Tpm\"", p->nonce ? p->nonce : "\"MDEyMzQ1Njc4OWFiY2RlZg\"",
	    p->ak_pub ? p->ak_pub : ak_pub,
	    p->quotes ?
		p->quotes :
		arena_printf(k.a, "[{\"quote\":\"%s\",\"signature\":\"%s\",\"bank\":\"sha256\"}]",
		    quote, signature),
	    p->pcrs ? p->pcrs :
		      arena_printf(
			  k.a, "{\"sha256\":{\"7\":\"%s\",\"23\":\"%s\"},\"sha1\":{}}", pcr, pcr),
	    p->logs ? p->logs :
		      "[{\"type\":\"tcg\",\"data\":\"AAECAw==\"},{\"type\":\"ima\",\"data\":\"\"}]",
	    p->extra ? p->extra : ",\"akCert\":\"MAA\"");

	assert_non_null(s);
	return rd_make(s, strlen(s));
}

static void a_sound_file(void **state)
{
	const struct parts p = { 0 };
	struct tpm_file *f = NULL;

	(void)state;
	CHECK_OK(tpm_file_parse(text(&p), k.a, &f, &k.e), &k.e);
	assert_int_equal(f->nquotes, 1);
	assert_int_equal(f->quotes[0].bank, DIGEST_SHA256);
	assert_int_equal(f->quotes[0].quote.type, TPM_ST_QUOTE);
	assert_int_equal(rd_left(&f->nonce), 16);
	assert_int_equal(f->nbanks, 2);
	assert_int_equal(f->banks[0].mask, 0x800080);
	assert_int_equal(f->banks[0].value[7][0], 7);
	assert_int_equal(f->nlogs, 2);
	assert_int_equal(f->logs[1].kind, TPM_LOG_IMA);
	assert_int_equal(rd_left(&f->logs[0].data), 4);
	assert_int_equal(rd_left(&f->ak_cert), 2);
	assert_true(rd_empty(&f->ek_cert));
	assert_true(tpm_file_recognise(text(&p)));
	assert_true(tpm_file_recognise(rd_make("{\n  \"type\": \"Tpm\"", 17)));
	assert_false(tpm_file_recognise(rd_make("{\"type\":\"Tp", 11)));
	assert_false(tpm_file_recognise(rd_make("{\"report\":1}", 12)));
}

static void broken_files(void **state)
{
	static const struct { struct parts p; enum att_err code; const char *text;
	} rows[] = {
		{ { .type = "\"Sgx\"" }, ATT_E_BAD_JSON, "not an object with type" },
		{ { .nonce = "5" }, ATT_E_BAD_JSON, "nonce is not a string" },
		{ { .nonce = "\"MDE=\"" }, ATT_E_BAD_ENCODING, "nonce" },
		{ { .ak_pub = "AAEA" }, ATT_E_TRUNCATED, "tpm public" },
		{ { .quotes = "[]" }, ATT_E_BAD_JSON, "at least one" },
		{ { .quotes = "[1]" }, ATT_E_BAD_JSON, "quotes[0]" },
		{ { .quotes = "[1,2,3,4,5,6,7,8,9]" }, ATT_E_LIMIT, "9 quotes, at most 8" },
		{ { .quotes = "[{\"quote\":\"AA\",\"signature\":\"AA\",\"bank\":\"md5\"}]" },
		    ATT_E_BAD_JSON, "bank is not" },
		{ { .quotes = "[{\"quote\":\"AA\",\"signature\":\"AA\",\"bank\":\"sha256\"}]" },
		    ATT_E_TRUNCATED, "quotes[0]: tpm attest: magic or type" },
		{ { .quotes = "[{\"quote\":\"AA\",\"sig\":\"AA\",\"bank\":\"sha256\"}]" },
		    ATT_E_BAD_JSON, "unknown member \"sig\"" },
		{ { .pcrs = "[]" }, ATT_E_BAD_JSON, "pcrs is not an object" },
		{ { .pcrs = "{\"md5\":{}}" }, ATT_E_BAD_JSON, "bank \"md5\"" },
		{ { .pcrs = "{\"sha1\":{\"24\":\"00\"}}" }, ATT_E_BAD_JSON, "\"24\" is not a PCR" },
		{ { .pcrs = "{\"sha1\":{\"07\":\"00\"}}" }, ATT_E_BAD_JSON, "\"07\" is not a PCR" },
		{ { .pcrs = "{\"sha1\":{\"\":\"00\"}}" }, ATT_E_BAD_JSON, "is not a PCR" },
		{ { .pcrs = "{\"sha1\":{\"7\":\"00\"}}" }, ATT_E_BAD_JSON,
		    "sha1 7 is not 40 hex digits" },
		{ { .pcrs = "{\"sha1\":{},\"sha1\":{}}" }, ATT_E_BAD_JSON, "" },
		{ { .logs = "{}" }, ATT_E_BAD_JSON, "logs is not a list" },
		{ { .logs = "[{\"type\":\"x\",\"data\":\"\"}]" }, ATT_E_BAD_JSON, "logs[0]" },
		{ { .logs = "[{\"type\":\"tcg\",\"data\":\"AA\"}]" }, ATT_E_BAD_ENCODING, "data" },
		{ { .logs = "[1,2,3,4,5,6,7,8,9]" }, ATT_E_LIMIT, "9 logs, at most 8" },
		{ { .extra = ",\"akcert\":\"\"" }, ATT_E_BAD_JSON, "unknown member \"akcert\"" },
		{ { .extra = ",\"akCert\":5" }, ATT_E_BAD_JSON, "akCert is not a string" },
	};
	struct tpm_file *f = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(tpm_file_parse(text(&rows[i].p), k.a, &f, &k.e), &k.e, rows[i].code, rows[i].text);
	assert_null(f);
}

static void every_truncation_is_refused(void **state)
{
	const struct parts p = { 0 };
	struct rd whole = text(&p);
	struct tpm_file *f = NULL;

	(void)state;
	for (size_t n = 0; n < rd_left(&whole); n++)
		CHECK_ERR(tpm_file_parse(rd_make(rd_ptr(&whole), n), k.a, &f, &k.e), &k.e,
		    ATT_E_BAD_JSON, "");
}

static void each_failed_allocation_is_clean(void **state)
{
	const struct parts p = { 0 };
	struct rd whole = text(&p);
	bool ok = false;

	(void)state;
	for (size_t n = 1; !ok; n++) {
		struct failing fail = { 0 };
		struct arena *a = arena_failing(&fail, n);
		struct tpm_file *f = NULL;

		att_error_clear(&k.e);
		ok = tpm_file_parse(whole, a, &f, &k.e);
		if (!ok)
			assert_int_equal(k.e.code, ATT_E_NOMEM);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_file),
		cmocka_unit_test(broken_files),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(each_failed_allocation_is_clean),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Recorded quotes, certifications and names; each damaged in every way that counts. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hex.h"
#include "tests/unit/evidence/tpm/kit.h"

#define RECORDED_NONCE "8f3b2c1d0e5f6a7b8c9daebfc0d1e2f38f3b2c1d0e5f6a7b8c9daebfc0d1e2f3"

static struct kit k;
static struct pcr_bank banks[TPM_BANKS];
static struct tpm_quoted quoted;

static int set_up(void **state)
{
	(void)state;
	kit_init(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

static struct rd file(const char *folder, const char *name)
{
	char path[256];
	struct blob b;
	struct rd out;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	b = vector_file(path);
	out = rd_make(arena_memdup(k.a, b.p, b.n + 1), b.n);
	blob_free(&b);
	return out;
}

static void set_pcr(enum digest_alg alg, unsigned long pcr, const char *hex)
{
	assert_true(pcr < PCR_COUNT);
	CHECK_OK(hex_decode(hex, 2 * digest_len(alg), banks[alg].value[pcr], digest_len(alg), &k.e), &k.e);
	banks[alg].mask |= 1U << pcr;
}

/* "sha256 7 HEX" lines of captures, and the YAML of tpm2_pcrread: "  sha256:" then "    7 : 0xHEX". */
static void read_pcrs(struct rd text)
{
	enum digest_alg alg = DIGEST_SHA1;
	char line[256];
	size_t n = 0;
	uint8_t ch = 0;

	memset(banks, 0, sizeof banks);
	for (size_t i = 0; i < TPM_BANKS; i++)
		banks[i].alg = (enum digest_alg)i;
	while (rd_u8(&text, &ch)) {
		char name[16], hex[160];
		unsigned long pcr;

		if (ch != '\n' && n + 1 < sizeof line) {
			line[n++] = (char)ch;
			continue;
		}
		line[n] = 0;
		n = 0;
		if (sscanf(line, "%15s %lu %159s", name, &pcr, hex) == 3 && tpm_hash_named(name, &alg))
			set_pcr(alg, pcr, hex);
		else if (sscanf(line, " %lu : 0x%159s", &pcr, hex) == 2)
			set_pcr(alg, pcr, hex);
		else if (sscanf(line, " sha%15[0-9]:", hex) == 1) {
			(void)snprintf(name, sizeof name, "sha%.12s", hex);
			assert_true(tpm_hash_named(name, &alg));
		}
	}
}

static const struct capture {
	const char *folder, *pub, *name, *quote, *sig, *pcrs, *nonce;
	uint32_t mask;
} captures[] = {
#define MADE(ak, m)                                                                                \
	{                                                                                          \
		"tpm/made-here", ak ".pub", ak ".name", "quote_" ak ".msg", "quote_" ak ".sig",    \
		    "pcrs.yaml", RECORDED_NONCE, m                                                 \
	}
	MADE("ak_p256", 0), MADE("ak_p384", 0), MADE("ak_rsapss", 0), MADE("ak_rsassa", 0),
	MADE("ak_rsassa_sha384", 0),
#define LAB(dir, nonce)                                                                            \
	{ "eventlog/made-here/" dir, "ak.pub", "ak.name", "quote_sha256.msg", "quote_sha256.sig",  \
		"pcrs.txt", nonce, 0xff },                                                         \
	{                                                                                          \
		"eventlog/made-here/" dir, "akec.pub", "akec.name", "quote_ec.msg",                \
		    "quote_ec.sig", "pcrs.txt", nonce, 0                                           \
	}
#define NONCE_32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NONCE_16 "ffeeddccbbaa99887766554433221100"
	LAB("sbon", NONCE_32), LAB("sboff", NONCE_32), LAB("sbdis", NONCE_32),
	LAB("mokbypass", NONCE_32), LAB("uki-sbon", NONCE_16), LAB("uki-sboff", NONCE_16),
};

struct loaded {
	struct rd quote_raw, sig_raw;
	struct tpm_public pub;
	struct tpm_ak ak;
	uint8_t nonce[32];
	struct tpm_expect want;
};

static void load(const struct capture *c, struct loaded *l)
{
	memset(l, 0, sizeof *l);
	l->quote_raw = file(c->folder, c->quote);
	l->sig_raw = file(c->folder, c->sig);
	CHECK_OK(tpm2b_public_parse(file(c->folder, c->pub), &l->pub, &k.e), &k.e);
	kit_fresh(&k);
	assert_string_equal(kit_verdict(&k, tpm_ak_check(&k.m, k.c, &l->pub, &l->ak)), "ok");
	assert_true(tpm_name_is(&l->ak.name, file(c->folder, c->name)));
	read_pcrs(file(c->folder, c->pcrs));
	CHECK_OK(hex_decode(c->nonce, strlen(c->nonce), l->nonce, strlen(c->nonce) / 2, &k.e), &k.e);
	l->want = (struct tpm_expect){ .nonce_known = true, .nonce = rd_make(l->nonce, strlen(c->nonce) / 2),
		.required_mask = c->mask, .given = banks, .ngiven = TPM_BANKS };
}

static const char *verify(struct loaded *l, struct rd quote, struct rd sig)
{
	struct tpm_attest a;
	struct tpm_signature s;

	if (!tpm_attest_parse(quote, &a, NULL) || !tpm_signature_parse(sig, &s, NULL))
		return "form";
	kit_fresh(&k);
	return kit_verdict(&k, tpm_quote_verify(&k.m, k.c, &l->ak, &a, &s, &l->want, &quoted));
}

static void recorded_quotes_verify(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
		struct loaded l;

		load(&captures[i], &l);
		assert_string_equal(verify(&l, l.quote_raw, l.sig_raw), "ok");
		assert_true(quoted.bank[quoted.best].mask != 0);
		l.nonce[0] ^= 1;
		assert_string_equal(verify(&l, l.quote_raw, l.sig_raw), "tpm.quote.nonce");
		l.nonce[0] ^= 1;
		l.ak.pub = NULL;                /* the bare key will do */
		assert_string_equal(verify(&l, l.quote_raw, l.sig_raw), "ok");
		tpm_ak_clear(&l.ak);
	}
}

/* A capture's values do not fit another's quote. */
static void values_of_another_machine_do_not_pass(void **state)
{
	struct loaded l;

	(void)state;
	need_vectors();
	load(&captures[5], &l);
	read_pcrs(file("eventlog/made-here/sboff", "pcrs.txt"));
	assert_string_equal(verify(&l, l.quote_raw, l.sig_raw), "tpm.quote.pcr_digest");
	tpm_ak_clear(&l.ak);
}

static void every_damage_is_noticed(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < 5; i++) {
		struct loaded l;
		uint8_t *copy;

		load(&captures[i], &l);
		for (size_t n = 0; n < rd_left(&l.quote_raw); n++) {
			assert_string_equal(verify(&l, rd_make(rd_ptr(&l.quote_raw), n), l.sig_raw), "form");
			copy = arena_memdup(k.a, rd_ptr(&l.quote_raw), rd_left(&l.quote_raw));
			copy[n] ^= 0xff;
			assert_string_not_equal(
			    verify(&l, rd_make(copy, rd_left(&l.quote_raw)), l.sig_raw), "ok");
		}
		for (size_t n = 0; n < rd_left(&l.sig_raw); n++) {
			assert_string_equal(verify(&l, l.quote_raw, rd_make(rd_ptr(&l.sig_raw), n)), "form");
			copy = arena_memdup(k.a, rd_ptr(&l.sig_raw), rd_left(&l.sig_raw));
			copy[n] ^= 0xff;
			assert_string_not_equal(
			    verify(&l, l.quote_raw, rd_make(copy, rd_left(&l.sig_raw))), "ok");
		}
		tpm_ak_clear(&l.ak);
	}
}

/* Every byte of a public area counts in its name, and every truncation is refused. */
static void public_areas_are_exact(void **state)
{
	static const char *const names[] = { "ak_p256", "ak_p384", "ak_rsassa", "ek", "key" };

	(void)state;
	need_vectors();
	for (size_t i = 0; i < 5; i++) {
		char pub[64], name[64];
		struct rd raw, want;
		struct tpm_public p;
		struct tpm_name n;

		(void)snprintf(pub, sizeof pub, "%s.pub", names[i]);
		(void)snprintf(name, sizeof name, "%s.name", names[i]);
		raw = file("tpm/made-here", pub);
		want = file("tpm/made-here", name);
		CHECK_OK(tpm2b_public_parse(raw, &p, &k.e), &k.e);
		CHECK_OK(tpm_public_name(k.c, &p, &n, &k.e), &k.e);
		assert_true(tpm_name_is(&n, want));
		for (size_t j = 0; j < rd_left(&raw); j++) {
			uint8_t *copy = arena_memdup(k.a, rd_ptr(&raw), rd_left(&raw));

			assert_false(tpm2b_public_parse(rd_make(copy, j), &p, NULL));
			copy[j] ^= 0x01;
			if (!tpm2b_public_parse(rd_make(copy, rd_left(&raw)), &p, NULL))
				continue;
			CHECK_OK(tpm_public_name(k.c, &p, &n, &k.e), &k.e);
			assert_false(tpm_name_is(&n, want));
		}
	}
}

static void the_recorded_certification_names_its_key(void **state)
{
	struct tpm_certified got = { 0 };
	struct tpm_public pub, other;
	struct tpm_attest a;
	struct tpm_signature s;
	struct tpm_certification what = { &pub, &a, &s };
	const struct tpm_expect want = { .nonce_known = false };
	struct loaded l;

	(void)state;
	need_vectors();
	load(&captures[3], &l);
	CHECK_OK(tpm2b_public_parse(file("tpm/made-here", "key.pub"), &pub, &k.e), &k.e);
	CHECK_OK(tpm_attest_parse(file("tpm/made-here", "certify.msg"), &a, &k.e), &k.e);
	CHECK_OK(tpm_signature_parse(file("tpm/made-here", "certify.sig"), &s, &k.e), &k.e);
	kit_fresh(&k);
	assert_string_equal(kit_verdict(&k, tpm_certify_verify(&k.m, k.c, &l.ak, &what, &want, &got)), "ok");
	assert_true(tpm_name_is(&got.name, file("tpm/made-here", "key.name")));
	assert_true(got.hardware_bound);
	pubkey_free(got.key);
	CHECK_OK(tpm2b_public_parse(file("tpm/made-here", "ak_rsassa.pub"), &other, &k.e), &k.e);
	what.pub = &other;
	kit_fresh(&k);
	assert_string_equal(kit_verdict(&k, tpm_certify_verify(&k.m, k.c, &l.ak, &what, &want, &got)),
	    "tpm.certify.name");
	tpm_ak_clear(&l.ak);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_quotes_verify),
		cmocka_unit_test(values_of_another_machine_do_not_pass),
		cmocka_unit_test(every_damage_is_noticed),
		cmocka_unit_test(public_areas_are_exact),
		cmocka_unit_test(the_recorded_certification_names_its_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/*
 * Against a software TPM (swtpm and tpm2-tools; skipped where they are not installed): credentials
 * of ours that it opens, its quote under our verifier, and tpm2_checkquote as the second opinion.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/unit/evidence/tpm/kit.h"

static struct kit k;
static char dir[] = "/tmp/attestd-tpm-XXXXXX";

static int script(const char *what, const char *more)
{
	const char *root = getenv("REPO");
	char line[REPO_PATH_MAX + 256];
	int status;

	(void)snprintf(line, sizeof line,
	    "'%s/tests/unit/evidence/tpm/activate.sh' %s '%s' %s >'%s/log' 2>&1", root ? root : ".",
	    what, dir, more, dir);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int set_up(void **state)
{
	(void)state;
	kit_init(&k);
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char line[64];

	(void)state;
	(void)script("stop", "");               /* a failed assertion leaves it running */
	(void)snprintf(line, sizeof line, "rm -rf '%s'", dir);
	(void)system(line);
	kit_clear(&k);
	return 0;
}

static struct rd file(const char *name)
{
	char path[128];
	uint8_t *p = arena_alloc(k.a, 4096);
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(p, 1, 4096, f);
	(void)fclose(f);
	return rd_make(p, n);
}

/* tpm2-tools frame both parts with a magic and a version. */
static void write_blob(const struct tpm_credential *c)
{
	struct buf b = buf_make(k.a);
	char path[128];
	FILE *f;

	kit_be(&b, 0xBADCC0DE, 4);
	kit_be(&b, 1, 4);
	buf_put(&b, rd_ptr(&c->id_object), rd_left(&c->id_object));
	buf_put(&b, rd_ptr(&c->encrypted_secret), rd_left(&c->encrypted_secret));
	(void)snprintf(path, sizeof path, "%s/cred.blob", dir);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(b.p, 1, b.len, f), b.len);
	assert_int_equal(fclose(f), 0);
}

static void credential(bool own_name)
{
	static const char secret[] = "a secret of 31 bytes, as it is.";
	uint8_t random[TPM_CREDENTIAL_RANDOM];
	struct tpm_public pub;
	struct tpm_name name = { 0 };
	struct tpm_ek ek = { 0 };
	const struct tpm_credential_input in = { &ek, &name, rd_make(secret, 31),
		rd_make(random, sizeof random) };
	struct tpm_credential made;
	struct rd out;

	CHECK_OK(crypto_random(random, sizeof random, &k.e), &k.e);
	CHECK_OK(tpm2b_public_parse(file("ak.pub"), &pub, &k.e), &k.e);
	CHECK_OK(tpm_public_name(k.c, &pub, &name, &k.e), &k.e);
	assert_true(tpm_name_is(&name, file("ak.name")));
	name.bytes[9] ^= !own_name;
	CHECK_OK(tpm2b_public_parse(file("ek.pub"), &pub, &k.e), &k.e);
	CHECK_OK(tpm_ek_from_public(k.c, &pub, &ek, &k.e), &k.e);
	CHECK_OK(tpm_make_credential(k.c, k.a, &in, &made, &k.e), &k.e);
	write_blob(&made);
	tpm_ek_clear(&ek);
	if (!own_name) {
		assert_int_not_equal(script("open", ""), 0);
		return;
	}
	assert_int_equal(script("open", ""), 0);
	out = file("out.bin");
	assert_int_equal(rd_left(&out), 31);
	assert_memory_equal(rd_ptr(&out), secret, 31);
}

/* PCRs 0 to 3 of a TPM that no firmware has used are zero. */
static void quote(void)
{
	static const uint8_t nonce[] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	static struct pcr_bank zero = { .alg = DIGEST_SHA256, .mask = 0xf };
	static struct tpm_quoted q;
	const struct tpm_expect want = { .nonce_known = true, .nonce = rd_make(nonce, sizeof nonce),
		.required_mask = 0xf, .given = &zero, .ngiven = 1 };
	struct tpm_public pub;
	struct tpm_ak ak = { 0 };
	struct tpm_attest a;
	struct tpm_signature s;

	CHECK_OK(tpm2b_public_parse(file("ak.pub"), &pub, &k.e), &k.e);
	CHECK_OK(tpm_attest_parse(file("quote.msg"), &a, &k.e), &k.e);
	CHECK_OK(tpm_signature_parse(file("quote.sig"), &s, &k.e), &k.e);
	kit_fresh(&k);
	assert_string_equal(kit_verdict(&k, tpm_ak_check(&k.m, k.c, &pub, &ak)), "ok");
	assert_string_equal(kit_verdict(&k, tpm_quote_verify(&k.m, k.c, &ak, &a, &s, &want, &q)), "ok");
	tpm_ak_clear(&ak);
	assert_int_equal(script("check", ""), 0);
}

static void with(const char *kind)
{
	int rc = script("prepare", kind);

	if (rc == 77)
		skip();
	if (rc == 0) {
		quote();
		credential(true);
		credential(false);
	}
	(void)script("stop", "");
	assert_int_equal(rc, 0);
}

static void an_rsa_tpm_opens_our_credential(void **state)
{
	(void)state;
	with("rsa");
}

static void an_ecc_tpm_opens_our_credential(void **state)
{
	(void)state;
	with("ecc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_rsa_tpm_opens_our_credential),
		cmocka_unit_test(an_ecc_tpm_opens_our_credential),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

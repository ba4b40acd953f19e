/* Files that IMA measured: who signed them, which are known, what a list can pretend and what it cannot. */
#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"
#include "tests/unit/evidence/measuredboot/code_kit.h"

static void signed_by_known_keys(void **state)
{
	struct made r = with(&good_rsa, rsa), c = with(&good_ec, ec);
	struct buf list = begin();
	const struct measuredboot_code *code;

	(void)state;
	put_signed(&list, &r, "/a");
	put_signed(&list, &c, "/b");
	code = judge(list);
	assert_true(code->proven && code->all_signed && code->all_known);
	assert_int_equal(code->files, 2);
	assert_int_equal(code->by_signature[CODE_SIGNED], 2);
	assert_int_equal(code->nsigners, 2);
	assert_string_equal(code->signers[0]->name, "CN=rsa");
	assert_string_equal(code->signers[1]->name, "CN=ec");
	assert_int_equal(code->unsigned_files.n, 0);
}

/* One file whose signature has one thing wrong with it. */
static void each_fault_of_a_signature_is_named(void **state)
{
	static const struct {
		enum code_signature want;
		struct made m;
	} rows[] = {
		{ CODE_UNKNOWN_SIGNER, { .keyid = 9, .type = 3, .version = 2, .alg_id = 4,
		    .alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA256, .alg_name = "sha256" } },
		/* the keyid of another key that is known */
		{ CODE_BAD_SIGNATURE, { .keyid = 2, .type = 3, .version = 2, .alg_id = 4,
		    .alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA256, .alg_name = "sha256" } },
		/* the signature's algorithm is not the digest's */
		{ CODE_WRONG_DIGEST, { .keyid = 1, .type = 3, .version = 2, .alg_id = 6,
		    .alg = SIG_RSA_PKCS1_SHA512, .digest = DIGEST_SHA256, .alg_name = "sha256" } },
		{ CODE_WRONG_DIGEST, { .keyid = 1, .type = 3, .version = 2, .alg_id = 4,
		    .alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA512, .alg_name = "sha512" } },
		/* it says SHA-256 and was made with SHA-512's DigestInfo */
		{ CODE_BAD_SIGNATURE, { .keyid = 1, .type = 3, .version = 2, .alg_id = 4,
		    .alg = SIG_RSA_PKCS1_SHA512, .digest = DIGEST_SHA256, .alg_name = "sha256" } },
		/* RSA-PSS is none of the kernel's */
		{ CODE_BAD_SIGNATURE, { .keyid = 1, .type = 3, .version = 2, .alg_id = 4,
		    .alg = SIG_RSA_PSS_SHA256, .digest = DIGEST_SHA256, .alg_name = "sha256" } },
		{ CODE_UNSUPPORTED, { .keyid = 1, .type = 3, .version = 1, .alg_id = 4,
		    .alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA256, .alg_name = "sha256" } },
		{ CODE_UNSUPPORTED, { .keyid = 1, .type = 3, .version = 2, .alg_id = 2,
		    .alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA1, .alg_name = "sha1" } },
		/* fs-verity's type over a file's digest */
		{ CODE_WRONG_DIGEST, { .keyid = 1, .type = 6, .version = 3, .alg_id = 4,
		    .alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA256, .alg_name = "sha256" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct made m = with(&rows[i].m, rsa), good = with(&good_rsa, rsa);
		const struct measuredboot_code *code;
		struct buf list;

		fresh(NULL);
		list = begin();
		put_signed(&list, &good, "/good");
		put_signed(&list, &m, "/odd");
		code = judge(list);
		assert_int_equal(code->files, 2);
		assert_int_equal(code->by_signature[CODE_SIGNED], 1);
		if (code->by_signature[rows[i].want] != 1)
			fail_msg("row %zu: found %s", i,
			    code_signature_text(code->unsigned_files.v[0].signature));
		assert_false(code->all_signed || code->all_known);
		assert_int_equal(code->unsigned_files.n, 1);
		assert_int_equal(code->unknown_files.n, 1);
		assert_string_equal(code->unsigned_files.v[0].path, "/odd");
		assert_int_equal(code->unsigned_files.v[0].signature, rows[i].want);
		assert_int_equal(code->unsigned_files.v[0].entry, 2);
	}
}

static void the_same_key_id_twice(void **state)
{
	struct made m = with(&good_rsa, other);
	struct buf list = begin();
	const struct measuredboot_code *code;

	(void)state;
	signers[2].keyid[3] = 1;
	ref.nsigners = 3;
	put_signed(&list, &m, "/a");
	code = judge(list);
	signers[2].keyid[3] = 3;
	assert_true(code->all_signed);
	assert_int_equal(code->nsigners, 1);
	assert_string_equal(code->signers[0]->name, "CN=other");
}

/* Every byte of security.ima changes the verdict. */
static void damage_to_any_byte_is_seen(void **state)
{
	static const struct { const struct made *m; bool is_rsa; } rows[] = { { &good_rsa, true },
		{ &good_ec, false } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made m = with(rows[i].m, rows[i].is_rsa ? rsa : ec);
		struct buf sig = xattr(&m, text("/x"));
		struct rd h = hash_of(DIGEST_SHA256, text("/x"));

		for (size_t n = 0; n <= sig.len; n++) {
			struct buf list = begin(), bad = buf_make(k.a);
			const struct measuredboot_code *code;

			buf_put(&bad, sig.p, sig.len);
			if (n < sig.len)
				((uint8_t *)bad.p)[n] ^= 0x01;
			put_entry(&list, "ima-sig", "sha256", h, "/x", rd_make(bad.p, bad.len));
			code = judge(list);
			if (code->all_signed != (n == sig.len))
				fail_msg("key %zu, byte %zu", i, n);
		}
	}
}

static void damage_to_the_digest_is_seen(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf sig = xattr(&m, text("/x")), list;

	(void)state;
	for (size_t n = 0; n < 32; n++) {
		struct rd h = hash_of(DIGEST_SHA256, text("/x"));
		uint8_t d[32];

		bytes_copy(d, rd_ptr(&h), 32);
		d[n] ^= 0x80;
		list = begin();
		put_entry(&list, "ima-sig", "sha256", rd_make(d, 32), "/x", rd_make(sig.p, sig.len));
		assert_int_equal(judge(list)->by_signature[CODE_BAD_SIGNATURE], 1);
	}
}

static void unsigned_files_and_known_digests(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin();
	const struct measuredboot_code *code;
	struct rd h = hash_of(DIGEST_SHA256, text("/known"));
	char line[65];
	struct rd lines = rd_make(line, 64);

	(void)state;
	hex_encode(rd_ptr(&h), 32, line);
	CHECK_OK(allowlist_new(&lines, 1, k.a, &ref.digests, &k.e), &k.e);
	put_signed(&list, &m, "/signed");
	put_unsigned(&list, "/known");
	code = judge(list);
	assert_true(code->all_known);
	assert_false(code->all_signed);
	assert_int_equal(code->listed, 1);
	assert_int_equal(code->unsigned_files.n, 1);
	assert_true(code->unsigned_files.v[0].listed);
	put_unsigned(&list, "/strange");
	code = judge(list);
	assert_false(code->all_known);
	assert_int_equal(code->unknown_files.n, 1);
	assert_string_equal(code->unknown_files.v[0].path, "/strange");
	h = hash_of(DIGEST_SHA256, text("/strange"));
	hex_encode(rd_ptr(&h), 32, line);
	assert_memory_equal(code->unknown_files.v[0].digest, "sha256:", 7);
	assert_memory_equal(code->unknown_files.v[0].digest + 7, line, 64);
}

/* A digest of the same bytes under another algorithm's name, or fs-verity's, is not the listed one. */
static void a_listed_digest_is_of_its_algorithm(void **state)
{
	struct rd h = hash_of(DIGEST_SHA256, text("/known"));
	char line[65];
	struct rd lines = rd_make(line, 64);
	struct buf list = begin();

	(void)state;
	hex_encode(rd_ptr(&h), 32, line);
	CHECK_OK(allowlist_new(&lines, 1, k.a, &ref.digests, &k.e), &k.e);
	put_entry(&list, "ima-sig", "sm3", h, "/a", rd_make(NULL, 0));
	put_entry(&list, "ima-sigv2", "verity:sha256", h, "/b", rd_make(NULL, 0));
	assert_int_equal(judge(list)->listed, 0);
}

static void what_makes_nothing_hold(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin(), more;
	const struct measuredboot_code *code;
	struct ima_result r;
	struct trust t = trust();

	(void)state;
	code = judge(list);             /* no file at all */
	assert_false(code->all_signed || code->all_known);
	put_signed(&list, &m, "/a");
	assert_true(judge(list)->all_signed);
	/* not matched, or not given: nothing is said */
	for (size_t i = 0; i < 2; i++) {
		ima_kit_pcr(&k, DIGEST_SHA256, IMA_PCR, (uint8_t[DIGEST_MAX]){ 1 });
		k.pcrs[DIGEST_SHA256].mask &= i == 0 ? ~0U : ~(1U << IMA_PCR);
		code = judge_given(list, &t, &r);
		assert_false(r.matched || code->proven || code->all_signed || code->all_known);
		assert_int_equal(code->files + code->by_signature[CODE_SIGNED] + code->nsigners, 0);
	}
	/* a violation */
	more = buf_make(k.a);
	buf_put(&more, list.p, list.len);
	ima_kit_entry(&k, &more, "ima-sig",
	    ima_kit_data(&k, "sha256", hash_of(DIGEST_SHA256, text("/v")), "/v",
	    &(struct rd){ 0 }), true);
	code = judge(more);
	assert_int_equal(code->violations, 1);
	assert_int_equal(code->files, 1);
	assert_false(code->all_signed || code->all_known);
}

/* One that PCR 10 does not contain, amid those that it does. */
static void entries_of_other_pcrs_prove_nothing(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin(), amid;
	const struct measuredboot_code *code;
	struct ima_result r;
	struct trust t = trust();
	uint8_t value[DIGEST_MAX];
	size_t at = list.len;

	(void)state;
	put_signed(&list, &m, "/a");
	ima_kit_replay(&k, rd_make(list.p, list.len), DIGEST_SHA256, IMA_RULE_BANK, value);
	ima_kit_pcr(&k, DIGEST_SHA256, IMA_PCR, value);
	amid = buf_make(k.a);
	buf_put(&amid, list.p, at);
	put_unsigned(&amid, "/b");
	((uint8_t *)amid.p)[at] = 11;
	buf_put(&amid, (uint8_t *)list.p + at, list.len - at);
	code = judge_given(amid, &t, &r);
	assert_true(r.matched);
	assert_int_equal(code->files, 1);
	assert_int_equal(code->unproven, 1);
	assert_false(code->all_signed || code->all_known);
}

static void what_stands_behind_the_prefix_is_not_looked_at(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin();
	const struct measuredboot_code *code;
	size_t prefix;

	(void)state;
	put_unsigned(&list, "/first");
	prefix = list.len;
	put_signed(&list, &m, "/later");
	code = judge_prefix(list, prefix);
	assert_int_equal(code->files, 1);
	assert_int_equal(code->by_signature[CODE_SIGNED], 0);
	assert_int_equal(code->nsigners, 0);
}

static void put_buffer(struct buf *list, const char *name, struct rd buf)
{
	put_entry(list, "ima-buf", "sha256", hash_of(DIGEST_SHA256, buf), name, buf);
}

static void buffers_are_read(void **state)
{
	struct blob pem = repo_file("tests/vectors/lab/ima-ec.pem");
	struct x509_bundle certs = { 0 };
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin();
	const struct measuredboot_code *code;
	const uint8_t *der;
	size_t n;

	(void)state;
	CHECK_OK(x509_bundle_parse(k.c, pem.p, pem.n, &certs, &k.e), &k.e);
	der = x509_der(certs.certs[0], &n);
	put_buffer(&list, ".ima", rd_make(der, n));
	put_buffer(&list, "_evm", text("no certificate"));
	put_buffer(&list, "kernel_version", text("6.1.0-31-amd64"));
	put_buffer(&list, "kexec-cmdline", text("quiet \x01"));
	put_buffer(&list, "selinux-state", text("enforcing=1;"));
	put_signed(&list, &m, "/a");
	code = judge(list);
	assert_true(code->all_signed);
	assert_int_equal(code->files, 1);
	assert_int_equal(code->buffers, 5);
	assert_int_equal(code->nkeys, 2);
	assert_string_equal(code->keys[0].keyring, ".ima");
	assert_string_equal(code->keys[0].subject, "Lab IMA EC signing key");
	assert_memory_equal(code->keys[0].sha256, x509_sha256(certs.certs[0]), 32);
	assert_string_equal(code->keys[1].subject, "");
	assert_string_equal(code->kernel_version, "6.1.0-31-amd64");
	assert_string_equal(code->kexec_cmdline, "quiet ?");
	x509_bundle_clear(&certs);
	blob_free(&pem);
}

/* The template's name is not measured: a file's entry stays a file's, whatever it is called. */
static void a_file_cannot_be_relabelled_as_a_buffer(void **state)
{
	struct made m = with(&good_rsa, other);
	struct buf sig = xattr(&m, text("/evil")), list = begin();
	struct rd h = hash_of(DIGEST_SHA256, text("/evil")), own = rd_make(sig.p, sig.len);
	const struct measuredboot_code *code;

	(void)state;
	put_entry(&list, "ima-buf", "sha256", h, "/evil", own);
	put_entry(&list, "ima-buf", "sha256", h, "kernel_version", rd_make(NULL, 0));
	/* not the digest of the buffer */
	put_entry(&list, "ima-buf", "sha256", h, "kernel_version", text("6.1"));
	/* a path */
	put_entry(&list, "ima-buf", "sha256", hash_of(DIGEST_SHA256, text("x")), "/evil", text("x"));
	/* a file that is its own security.ima */
	put_entry(&list, "ima-buf", "sha256", hash_of(DIGEST_SHA256, own), "kernel_version", own);
	/* no field of that kind */
	put_entry(&list, "d-ng|n-ng|evmsig", "sha256", hash_of(DIGEST_SHA256, text("y")), ".ima", text("y"));
	code = judge(list);
	assert_int_equal(code->files, 6);
	assert_int_equal(code->buffers, 0);
	assert_null(code->kernel_version);
	assert_int_equal(code->unknown_files.n, 6);
}

/* After kexec there is a second one, with the digest of the first; any other is a file that took the name. */
static void only_the_first_entry_is_boot_aggregate(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin();
	const struct measuredboot_code *code;

	(void)state;
	put_signed(&list, &m, "/a");
	put_unsigned(&list, "boot_aggregate");
	assert_true(judge(list)->all_signed);
	put_entry(&list, "ima-sig", "sha256", hash_of(DIGEST_SHA256, text("evil")), "boot_aggregate",
	    rd_make(NULL, 0));
	code = judge(list);
	assert_false(code->all_signed || code->all_known);
	assert_int_equal(code->files, 2);
	assert_string_equal(code->unsigned_files.v[0].path, "boot_aggregate");
}

static void appended_signatures_are_reported(void **state)
{
	struct buf list = begin(), data = buf_make(k.a);
	struct rd h = hash_of(DIGEST_SHA256, text("/m.ko")), plain;
	const struct measuredboot_code *code;

	(void)state;
	plain = ima_kit_data(&k, "sha256", h, "/m.ko", &(struct rd){ 0 });
	buf_put(&data, rd_ptr(&plain), rd_left(&plain));
	buf_le32_block(&data, "", 0);
	buf_le32_block(&data, "\x30\x00", 2);
	ima_kit_entry(&k, &list, "ima-modsig", rd_make(data.p, data.len), false);
	code = judge(list);
	assert_int_equal(code->modsigs, 1);
	assert_int_equal(code->by_signature[CODE_MODSIG], 1);
	assert_false(code->all_signed);
	assert_string_equal(code_signature_text(code->unsigned_files.v[0].signature),
	    "appended PKCS #7, not verified");
}

/* fs-verity: what is signed is the digest of type, algorithm and digest. */
static void verity_signatures(void **state)
{
	static const struct made m = { .keyid = 1, .type = 6, .version = 3, .alg_id = 4,
		.alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA256 };
	struct made mine = with(&m, rsa), file = with(&good_rsa, rsa);
	struct rd h = hash_of(DIGEST_SHA256, text("tree"));
	struct buf id = buf_make(k.a), sig, list = begin();
	const struct measuredboot_code *code;

	(void)state;
	buf_put(&id, "\x06\x04", 2);
	buf_put(&id, rd_ptr(&h), 32);
	sig = xattr(&mine, rd_make(id.p, id.len));
	put_entry(&list, "ima-sigv2", "verity:sha256", h, "/v", rd_make(sig.p, sig.len));
	assert_true(judge(list)->all_signed);
	/* a file's signature over the same bytes, and the digest itself signed as verity's */
	sig = xattr(&file, text("tree"));
	put_entry(&list, "ima-sigv2", "verity:sha256", h, "/w", rd_make(sig.p, sig.len));
	sig = xattr(&mine, text("tree"));
	put_entry(&list, "ima-sigv2", "verity:sha256", h, "/x", rd_make(sig.p, sig.len));
	code = judge(list);
	assert_int_equal(code->by_signature[CODE_WRONG_DIGEST], 1);
	assert_int_equal(code->by_signature[CODE_BAD_SIGNATURE], 1);
	assert_memory_equal(code->unsigned_files.v[0].digest, "verity:sha256:", 14);
}

static void lists_are_capped_and_counted(void **state)
{
	struct buf list = begin();
	const struct measuredboot_code *code;

	(void)state;
	for (unsigned i = 0; i < CODE_LISTED_MAX + 1; i++) {
		char path[16];

		(void)snprintf(path, sizeof path, "/%u", i);
		put_unsigned(&list, path);
		put_buffer(&list, ".ima", text(path));
		code = judge(list);
		assert_int_equal(code->unsigned_files.n, i + 1);
		assert_int_equal(code->unsigned_files.nv, i < CODE_LISTED_MAX ? i + 1 : CODE_LISTED_MAX);
		assert_int_equal(code->unknown_files.n, i + 1);
		assert_int_equal(code->nkeys, i + 1);
		assert_int_equal(code->nkeys_v, i < CODE_LISTED_MAX ? i + 1 : CODE_LISTED_MAX);
	}
}

/* The lab's machine with its two keys: two signatures hold, one does not, all else has none. */
static void the_lab(void **state)
{
	static const char *const pems[] = { "tests/vectors/lab/ima-rsa.pem", "tests/vectors/lab/ima-ec.pem" };
	struct blob b[2] = { repo_file(pems[0]), repo_file(pems[1]) };
	struct att_bytes certs[2] = { { b[0].p, b[0].n }, { b[1].p, b[1].n } };
	struct att_reference_given g = { .code_signers = certs, .ncode_signers = 2 };
	struct att_reference *r;
	static const char *const forms[] = { "ima_binary", "ima_ascii" };

	(void)state;
	CHECK_OK(att_reference_new(&g, &r, &k.e), &k.e);
	for (size_t i = 0; i < 2; i++) {
		struct trust t = trust();
		const struct measuredboot_code *code;
		struct ima_result res;
		struct rd list;
		bool named = false;

		ima_kit_reset(&k);
		t.tpm.reference = r;
		ima_kit_pcrs(&k, "sbon");
		list = ima_kit_file(&k, "sbon", forms[i]);
		CHECK_OK(code_replay(list, &k.pcrs[DIGEST_SHA256], &t, k.a, &res, &code, &k.e), &k.e);
		assert_true(res.matched);
		assert_int_equal(code->files, res.prefix - 1);
		assert_int_equal(code->by_signature[CODE_SIGNED], 2);
		assert_int_equal(code->by_signature[CODE_BAD_SIGNATURE], 1);
		assert_int_equal(code->by_signature[CODE_UNSIGNED], code->files - 3);
		assert_int_equal(code->nsigners, 2);
		assert_false(code->all_signed || code->all_known);
		for (size_t n = 0; n < code->unsigned_files.nv; n++)
			named |= code->unsigned_files.v[n].signature == CODE_BAD_SIGNATURE &&
			    strcmp(code->unsigned_files.v[n].path, "/t/hello-badsig") == 0;
		assert_true(named);
	}
	att_reference_free(r);
	blob_free(&b[0]);
	blob_free(&b[1]);
}

static int64_t number(const struct claims *c, const char *name)
{
	const struct claim *v = claims_find(c, name);

	assert_non_null(v);
	return v->kind == CLAIM_BOOL ? v->b : v->i;
}

static void claims_say_what_was_found(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin();
	struct claims c = claims_make(k.a);
	const struct claim *v;
	char *json;
	size_t n;

	(void)state;
	put_signed(&list, &m, "/a");
	put_unsigned(&list, "/b\xff");
	put_buffer(&list, "kernel_version", text("6.1"));
	put_buffer(&list, ".ima", text("key"));
	CHECK_OK(code_claims(judge(list), &c, &k.e), &k.e);
	assert_int_equal(number(&c, "x-attestd-code-all-signed"), 0);
	assert_int_equal(number(&c, "x-attestd-code-all-known"), 0);
	assert_int_equal(number(&c, "x-attestd-code-files"), 2);
	assert_int_equal(number(&c, "x-attestd-code-unsigned-count"), 1);
	assert_int_equal(number(&c, "x-attestd-code-unknown-count"), 1);
	assert_int_equal(number(&c, "x-attestd-code-violations"), 0);
	assert_int_equal(number(&c, "x-attestd-code-keyrings-count"), 1);
	assert_string_equal(claims_find(&c, "x-attestd-code-signers")->s, "CN=rsa");
	assert_string_equal(claims_find(&c, "x-attestd-code-kernel-version")->s, "6.1");
	assert_null(claims_find(&c, "x-attestd-code-kexec-cmdline"));
	v = claims_find(&c, "x-attestd-code-unsigned");
	CHECK_OK(json_write(k.a, v->j, JSON_COMPACT, &json, &n, &k.e), &k.e);
	assert_non_null(strstr(json, "{\"path\":\"/b?\",\"digest\":\"sha256:"));
	assert_non_null(strstr(json, "\"signature\":\"unsigned\"}]"));
	v = claims_find(&c, "x-attestd-code-keyrings");
	CHECK_OK(json_write(k.a, v->j, JSON_COMPACT, &json, &n, &k.e), &k.e);
	assert_non_null(strstr(json, "\"keyring\":\".ima\""));
}

static void failing_memory(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin();
	struct trust t = trust();
	struct ima_result r;
	uint8_t value[DIGEST_MAX];
	bool ok = false;

	(void)state;
	put_signed(&list, &m, "/a");
	put_unsigned(&list, "/b");
	put_buffer(&list, ".ima", text("key"));
	put_buffer(&list, "kernel_version", text("6.1"));
	ima_kit_replay(&k, rd_make(list.p, list.len), DIGEST_SHA256, IMA_RULE_BANK, value);
	ima_kit_pcr(&k, DIGEST_SHA256, IMA_PCR, value);
	for (size_t n = 0; !ok; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		const struct measuredboot_code *code = NULL;
		struct claims c = claims_make(a);

		att_error_clear(&k.e);
		ok = a &&
		    code_replay(rd_make(list.p, list.len), &k.pcrs[DIGEST_SHA256], &t, a, &r, &code, &k.e) &&
		    code_claims(code, &c, &k.e);
		if (a && !ok)
			assert_int_equal(k.e.code, ATT_E_NOMEM);
		arena_free(a);
		assert_in_range(n, 0, 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signed_by_known_keys), TEST(each_fault_of_a_signature_is_named),
		TEST(the_same_key_id_twice),
		TEST(damage_to_any_byte_is_seen), TEST(damage_to_the_digest_is_seen),
		TEST(unsigned_files_and_known_digests), TEST(a_listed_digest_is_of_its_algorithm),
		TEST(what_makes_nothing_hold), TEST(entries_of_other_pcrs_prove_nothing),
		TEST(what_stands_behind_the_prefix_is_not_looked_at), TEST(buffers_are_read),
		TEST(a_file_cannot_be_relabelled_as_a_buffer), TEST(only_the_first_entry_is_boot_aggregate),
		TEST(appended_signatures_are_reported), TEST(verity_signatures),
		TEST(lists_are_capped_and_counted), TEST(the_lab),
		TEST(claims_say_what_was_found),
		TEST(failing_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

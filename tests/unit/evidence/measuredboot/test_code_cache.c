/* What was found of files and entries before: it changes no verdict, and no more than its room is kept. */
#include <string.h>

#include "tests/unit/evidence/measuredboot/code_kit.h"

/* With and without, and the second time: the same.  What is kept is no other key's, file's or signature's. */
static void the_cache_changes_no_verdict(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = begin(), sig, bad;
	struct rd h = hash_of(DIGEST_SHA256, text("/a"));
	const struct measuredboot_code *code;

	(void)state;
	cache = code_cache_new();
	put_signed(&list, &m, "/a");
	for (size_t i = 0; i < 3; i++)
		assert_true(judge(list)->all_signed);
	/* the same signature for another file; another signature for the same */
	sig = xattr(&m, text("/a"));
	put_entry(&list, "ima-sig", "sha256", hash_of(DIGEST_SHA256, text("/b")), "/b",
	    rd_make(sig.p, sig.len));
	bad = buf_make(k.a);
	buf_put(&bad, sig.p, sig.len);
	((uint8_t *)bad.p)[bad.len - 1] ^= 1;
	put_entry(&list, "ima-sig", "sha256", h, "/a", rd_make(bad.p, bad.len));
	for (size_t i = 0; i < 3; i++) {
		code = judge(list);
		assert_int_equal(code->by_signature[CODE_SIGNED], 1);
		assert_int_equal(code->by_signature[CODE_BAD_SIGNATURE], 2);
	}
	/* the key is known no more, or the keyid names another */
	ref.nsigners = 0;
	assert_int_equal(judge(list)->by_signature[CODE_SIGNED], 0);
	ref.nsigners = 1;
	signers[0].key = pub[2];
	assert_int_equal(judge(list)->by_signature[CODE_SIGNED], 0);
	signers[0].key = pub[0];
	assert_int_equal(judge(list)->by_signature[CODE_SIGNED], 1);
}

/* The verdict and all counts, with the cache and without it. */
static void check_same(struct buf list, struct code_cache *warm, const char *what)
{
	struct trust t = trust();
	const struct measuredboot_code *with_it, *without;
	struct ima_result a, b;
	uint8_t value[DIGEST_MAX];

	ima_kit_replay(&k, rd_make(list.p, list.len), DIGEST_SHA256, IMA_RULE_BANK, value);
	ima_kit_pcr(&k, DIGEST_SHA256, IMA_PCR, value);
	t.code_signatures = NULL;
	without = judge_given(list, &t, &a);
	t.code_signatures = warm;
	with_it = judge_given(list, &t, &b);
	if (memcmp(&a, &b, sizeof a) != 0 ||
	    memcmp(with_it->by_signature, without->by_signature, sizeof without->by_signature) != 0 ||
	    with_it->all_signed != without->all_signed || with_it->all_known != without->all_known ||
	    with_it->unproven != without->unproven || with_it->files != without->files ||
	    with_it->buffers != without->buffers || with_it->nsigners != without->nsigners)
		fail_msg("%s: another verdict with the cache", what);
}

/* One signed file; its template called name, its template hash damaged or not. */
static struct buf one_signed(const struct made *m, const char *name, bool damaged)
{
	struct buf list = begin(), sig = xattr(m, text("/a"));
	size_t at = list.len;

	put_entry(&list, name, "sha256", hash_of(DIGEST_SHA256, text("/a")), "/a", rd_make(sig.p, sig.len));
	((uint8_t *)list.p)[at + 4] ^= damaged;
	return list;
}

/* What was found of an entry's bytes holds for what they depend on, and for nothing else. */
static void a_known_entry_is_judged_as_a_new_one(void **state)
{
	static const char *const names[] = { "ima-sig", "d-ng|n-ng|sig", "ima-buf", "d-ng|n-ng|buf",
		"d-ng|n-ng|modsig" };
	struct made m = with(&good_rsa, rsa);
	struct ima_result r;
	struct code_cache *warm = code_cache_new();
	struct buf list;

	(void)state;
	cache = warm;
	for (int i = 0; i < 2; i++)
		check_same(one_signed(&m, "ima-sig", true), warm, "damaged before it is known");
	list = one_signed(&m, "ima-sig", false);
	assert_true(judge(list)->all_signed);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (int damaged = 0; damaged < 2; damaged++)
			check_same(one_signed(&m, names[i], damaged), warm, names[i]);
	/* a damaged template hash is found although the entry is known, and the file counts as unproven */
	list = one_signed(&m, "ima-sig", true);
	assert_false(judge(list)->all_signed);
	assert_int_equal(judge(list)->unproven, 1);
	/* another value of the PCR */
	ima_kit_pcr(&k, DIGEST_SHA256, IMA_PCR, (uint8_t[DIGEST_MAX]){ 1 });
	{
		struct trust t = trust();
		const struct measuredboot_code *code;

		code = judge_given(list, &t, &r);
		assert_false(code->all_signed || code->files);
	}
	/* the key goes, comes back under another keyid, or another has its keyid */
	list = one_signed(&m, "ima-sig", false);
	ref.nsigners = 0;
	check_same(list, warm, "no key");
	ref.nsigners = 2;
	signers[0].keyid[3] = 9;
	check_same(list, warm, "another keyid");
	signers[0].keyid[3] = 1;
	signers[0].key = pub[2];
	check_same(list, warm, "another key");
	signers[0].key = pub[0];
	assert_true(judge(list)->all_signed);
}

/* Template hashes of SHA-256, as kernels since 6.10 list them: kept too, and compared nevertheless. */
static void entries_with_sha256_template_hashes(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf sig = xattr(&m, text("/a")), list;
	struct code_cache *warm = code_cache_new();

	(void)state;
	cache = warm;
	for (int damaged = 0; damaged < 3; damaged++) {
		struct rd empty = rd_make(NULL, 0), own = rd_make(sig.p, sig.len);

		list = buf_make(k.a);
		for (int i = 0; i < 2; i++) {
			const char *path = i ? "/a" : "boot_aggregate";
			struct rd data = ima_kit_data(&k, "sha256", hash_of(DIGEST_SHA256, text(path)), path,
			    i ? &own : &empty);
			struct rd h = hash_of(DIGEST_SHA256, data);

			buf_le32(&list, IMA_PCR);
			buf_put(&list, rd_ptr(&h), 32);
			if (damaged == 2 && i)
				((uint8_t *)list.p)[list.len - 1] ^= 1;
			buf_le32_block(&list, "ima-sig", 7);
			buf_le32_block(&list, rd_ptr(&data), rd_left(&data));
		}
		assert_true(buf_ok(&list, NULL));
		check_same(list, warm, "template hashes of SHA-256");
		if (damaged < 2)
			assert_true(judge(list)->all_signed);
	}
	/* and the same entry in a list of SHA-1 */
	check_same(one_signed(&m, "ima-sig", false), warm, "SHA-1 after SHA-256");
	check_same(one_signed(&m, "ima-sig", true), warm, "SHA-1 after SHA-256, damaged");
}

/* Kernels before 5.8: a replay by the other rule went ahead, and what it gathered is forgotten. */
static void a_second_replay_judges_anew(void **state)
{
	struct made m = with(&good_rsa, rsa);
	struct buf list = one_signed(&m, "ima-sig", false);
	struct trust t = trust();
	const struct measuredboot_code *code;
	struct ima_result r;
	uint8_t value[DIGEST_MAX];

	(void)state;
	put_unsigned(&list, "/b");
	ima_kit_replay(&k, rd_make(list.p, list.len), DIGEST_SHA256, IMA_RULE_PADDED, value);
	ima_kit_pcr(&k, DIGEST_SHA256, IMA_PCR, value);
	cache = code_cache_new();
	for (size_t i = 0; i < 4; i++) {
		t.code_signatures = i < 2 ? NULL : cache;
		code = judge_given(list, &t, &r);
		assert_true(r.matched && r.rule == IMA_RULE_PADDED);
		assert_int_equal(code->files, 2);
		assert_int_equal(code->by_signature[CODE_SIGNED], 1);
		assert_int_equal(code->unsigned_files.n, 1);
		assert_int_equal(code->nsigners, 1);
	}
}

/* A digest of i, its place in the table as asked. */
static void number_key(uint8_t key[CODE_CACHE_KEY], size_t place, size_t i)
{
	memset(key, 0, CODE_CACHE_KEY);
	key[0] = (uint8_t)(place >> 16);
	key[1] = (uint8_t)(place >> 8);
	key[2] = (uint8_t)place;
	key[29] = 1;
	key[30] = (uint8_t)(i >> 8);
	key[31] = (uint8_t)i;
}

static void the_cache_keeps(void **state)
{
	uint8_t key[CODE_CACHE_KEY];

	(void)state;
	cache = code_cache_new();
	assert_non_null(cache);
	number_key(key, 0, 0);
	assert_false(code_cache_has(cache, key));
	for (size_t i = 0; i < 1000; i++) {
		number_key(key, 7 * i, i);
		code_cache_keep(cache, key);
		code_cache_keep(cache, key);
		assert_int_equal(code_cache_count(cache), i + 1);
	}
	for (size_t i = 0; i < 2000; i++) {
		number_key(key, 7 * i, i);
		assert_int_equal(code_cache_has(cache, key), i < 1000);
	}
	memset(key, 0, sizeof key);
	code_cache_keep(cache, key);
	assert_false(code_cache_has(cache, key));
}

/* As many as there are ways have room, at the end of the table too; one more takes the first's. */
static void a_key_has_few_places(void **state)
{
	static const size_t places[] = { 0, 1000, CODE_CACHE_PLACES - 1 };
	uint8_t key[CODE_CACHE_KEY];

	(void)state;
	cache = code_cache_new();
	for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
		for (size_t i = 0; i <= CODE_CACHE_WAYS; i++) {
			number_key(key, places[p] - (p == 2 ? CODE_CACHE_WAYS : 0), i);
			code_cache_keep(cache, key);
		}
		for (size_t i = 0; i <= CODE_CACHE_WAYS; i++) {
			number_key(key, places[p] - (p == 2 ? CODE_CACHE_WAYS : 0), i);
			assert_int_equal(code_cache_has(cache, key), i > 0);
		}
	}
	number_key(key, CODE_CACHE_PLACES - 1, 77);
	code_cache_keep(cache, key);
	assert_true(code_cache_has(cache, key));
	assert_int_equal(code_cache_count(cache), 3 * CODE_CACHE_WAYS + 1);
}

static void keep_entry(size_t i, size_t signer)
{
	uint8_t key[CODE_CACHE_KEY], spki[32] = { 1, (uint8_t)signer, (uint8_t)(signer >> 8) };

	number_key(key, i, i);
	code_cache_keep_entry(cache, &(struct code_entry){ .sha256 = key, .template_hash = NULL,
		.template = 3, .keyid = key + 28, .spki_sha256 = spki });
}

/* As many signers as can be numbered are told apart; with one more, entries are forgotten, not mixed up. */
static void entries_are_of_their_signer(void **state)
{
	uint8_t key[CODE_CACHE_KEY], zeros[CODE_CACHE_HASH] = { 0 };
	struct code_entry got;

	(void)state;
	cache = code_cache_new();
	for (size_t i = 1; i <= CODE_CACHE_SIGNERS; i++)
		keep_entry(i, i);
	for (size_t i = 1; i <= CODE_CACHE_SIGNERS; i++) {
		number_key(key, i, i);
		assert_true(code_cache_entry(cache, key, &got));
		assert_int_equal(got.spki_sha256[1] | got.spki_sha256[2] << 8, i);
		assert_memory_equal(got.template_hash, zeros, sizeof zeros);
		assert_memory_equal(got.keyid, key + 28, 4);
		assert_int_equal(got.template, 3);
	}
	keep_entry(300, CODE_CACHE_SIGNERS + 1);
	number_key(key, 1, 1);
	assert_false(code_cache_entry(cache, key, &got));
	number_key(key, 300, 300);
	assert_true(code_cache_entry(cache, key, &got));
	assert_int_equal(got.spki_sha256[1] | got.spki_sha256[2] << 8, CODE_CACHE_SIGNERS + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_cache_changes_no_verdict), TEST(a_known_entry_is_judged_as_a_new_one),
		TEST(entries_with_sha256_template_hashes), TEST(a_second_replay_judges_anew),
		TEST(the_cache_keeps), TEST(a_key_has_few_places), TEST(entries_are_of_their_signer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

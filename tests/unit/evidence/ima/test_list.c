/*
 * Lists entry by entry: fields of each template, ascii beside binary, damage, truncation, limits,
 * signatures.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/hex.h"
#include "tests/unit/evidence/ima/kit.h"

static struct ima_kit k;

static int set_up(void **state)
{
	(void)state;
	ima_kit_init(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ima_kit_clear(&k);
	return 0;
}

static struct ima_entry first(struct rd list)
{
	struct ima_list l;
	struct ima_entry en;
	bool more;

	CHECK_OK(ima_open(list, k.a, &l, &k.e), &k.e);
	CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
	assert_true(more);
	return en;
}

/* Reads all; false with the error in k.e. */
static bool read_all(struct rd list)
{
	struct ima_list l;
	struct ima_entry en;
	bool more = true;

	att_error_clear(&k.e);
	if (!ima_open(list, k.a, &l, &k.e))
		return false;
	while (more)
		if (!ima_next(&l, &en, &more, &k.e))
			return false;
	return true;
}

static bool same(struct rd a, struct rd b)
{
	return bytes_order(rd_ptr(&a), rd_left(&a), rd_ptr(&b), rd_left(&b)) == 0;
}

/* Both forms of the lab's lists give the same entries. */
static void ascii_and_binary_agree(void **state)
{
	static const char *const captures[] = { "sbon", "uki-sbon", "uki-sboff", "mokbypass" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct ima_list a, b;
		struct ima_entry x, y;
		bool more = true, more_b;

		ima_kit_reset(&k);
		CHECK_OK(ima_open(ima_kit_file(&k, captures[i], "ima_ascii"), k.a, &a, &k.e), &k.e);
		CHECK_OK(ima_open(ima_kit_file(&k, captures[i], "ima_binary"), k.a, &b, &k.e),
		    &k.e);
		assert_true(a.ascii && !b.ascii && a.hash_len == 20 && b.hash_len == 20);
		while (more) {
			CHECK_OK(ima_next(&a, &x, &more, &k.e), &k.e);
			CHECK_OK(ima_next(&b, &y, &more_b, &k.e), &k.e);
			assert_int_equal(more, more_b);
			if (!more)
				break;
			assert_int_equal(x.pcr, 10);
			assert_int_equal(x.index, y.index);
			assert_true(same(x.data, y.data) && same(x.template_hash,
			    y.template_hash) &&
			    same(x.template_name, y.template_name) && same(x.path, y.path) &&
			    same(x.sig, y.sig) &&
			    same(x.digest, y.digest) && same(x.alg, y.alg));
		}
		assert_int_equal(a.index, b.index);
		assert_in_range(a.index, 51, 53);
	}
}

static void signatures_are_taken_apart(void **state)
{
	struct ima_list l;
	struct ima_entry en;
	struct ima_signature sig;
	size_t n = 0;
	bool more = true;

	(void)state;
	ima_kit_reset(&k);
	CHECK_OK(ima_open(ima_kit_file(&k, "sbon", "ima_binary"), k.a, &l, &k.e), &k.e);
	while (more) {
		CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
		if (!more || rd_empty(&en.sig))
			continue;
		CHECK_OK(ima_signature_parse(en.sig, &sig, &k.e), &k.e);
		assert_int_equal(sig.type, IMA_SIG_DIGSIG);
		assert_string_equal(sig.alg, "sha256");
		assert_in_range(rd_left(&sig.signature), 70, 256);
		assert_memory_equal(sig.keyid, rd_is_text(&en.path,
		    "/t/hello-ecsigned") ? "\xed\xb8\x65\xbb" :
		    "\x77\x5b\x70\x44", 4);
		n++;
	}
	assert_int_equal(n, 3);
}

static void damaged_signatures_are_named(void **state)
{
	static const struct { const char *hex; enum att_err code; const char *text; } rows[] = {
		{ "03020411223344000101", ATT_E_OK, "" },
		{ "06030411223344000101", ATT_E_OK, "" },
		{ "030204112233440001", ATT_E_TRUNCATED, "ends inside" },
		{ "0302041122334400", ATT_E_TRUNCATED, "ends inside" },
		{ "", ATT_E_TRUNCATED, "ends inside" },
		{ "030204112233440000", ATT_E_BAD_FORMAT, "0 bytes" },
		{ "0302041122334400010101", ATT_E_BAD_FORMAT, "1 behind it" },
		{ "03010411223344000101", ATT_E_UNSUPPORTED, "type 3, version 1" },
		{ "06020411223344000101", ATT_E_UNSUPPORTED, "type 6, version 2" },
		{ "05030411223344000101", ATT_E_UNSUPPORTED, "type 5, version 3" },
		{ "04020411223344000101", ATT_E_UNSUPPORTED, "type 4" },
		{ "03020811223344000101", ATT_E_UNSUPPORTED, "hash algorithm 8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t p[32];
		struct ima_signature sig = { .version = 77 };
		size_t n = strlen(rows[i].hex) / 2;

		CHECK_OK(hex_decode(rows[i].hex, 2 * n, p, n, &k.e), &k.e);
		if (rows[i].code == ATT_E_OK) {
			CHECK_OK(ima_signature_parse(rd_make(p, n), &sig, &k.e), &k.e);
			assert_memory_equal(sig.keyid, "\x11\x22\x33\x44", 4);
			continue;
		}
		CHECK_ERR(ima_signature_parse(rd_make(p, n), &sig, &k.e), &k.e, rows[i].code,
		    rows[i].text);
		assert_int_equal(sig.version, 77);
	}
}

static struct rd block(struct rd a)
{
	struct buf b = buf_make(k.a);

	buf_le32_block(&b, rd_ptr(&a), rd_left(&a));
	return rd_make(b.p, b.len);
}

static struct rd join(const struct rd *v, size_t n)
{
	struct buf b = buf_make(k.a);

	buf_str(&b, "");
	for (size_t i = 0; i < n; i++)
		buf_put(&b, rd_ptr(&v[i]), rd_left(&v[i]));
	assert_true(buf_ok(&b, NULL));
	return rd_make(b.p, b.len);
}

static struct rd entry(const char *name, struct rd data)
{
	struct buf b = buf_make(k.a);

	ima_kit_entry(&k, &b, name, data, false);
	return rd_make(b.p, b.len);
}

/*
 * One row for each template: fields as they are in the binary list, and the line of the ascii
 * list.
 */
static void templates_have_their_fields(void **state)
{
	struct rd d = block(rd_make("sha256:\0AB", 10)), v = block(rd_make("verity:sha256:\0AB",
	    17)),
	    n = block(rd_make("/x\0", 3)), sig = block(rd_make("SIG", 3)),
	    none = block(rd_make("", 0)),
	    mod = block(rd_make("MOD", 3)), number = block(rd_make("\0\0\0\0", 4));
	struct ima_entry en;

	(void)state;
	en = first(entry("ima-ng", join((struct rd[]){ d, n }, 2)));
	assert_true(rd_is_text(&en.alg, "sha256") && rd_is_text(&en.digest, "AB") &&
	    rd_is_text(&en.path, "/x"));
	assert_false(en.verity || en.old || en.violation);
	en = first(entry("ima-sig", join((struct rd[]){ d, n, sig }, 3)));
	assert_true(rd_is_text(&en.sig, "SIG"));
	en = first(entry("ima-sig", join((struct rd[]){ d, n, none }, 3)));
	assert_true(rd_empty(&en.sig));
	en = first(entry("ima-buf", join((struct rd[]){ d, n, sig }, 3)));
	assert_true(rd_is_text(&en.buf, "SIG") && rd_empty(&en.sig));
	en = first(entry("ima-modsig", join((struct rd[]){ d, n, sig, d, mod }, 5)));
	assert_true(rd_is_text(&en.sig, "SIG") && rd_is_text(&en.modsig, "MOD"));
	en = first(entry("ima-modsig", join((struct rd[]){ d, n, sig, none, none }, 5)));
	assert_true(rd_empty(&en.modsig));
	en = first(entry("ima-ngv2", join((struct rd[]){ v, n }, 2)));
	assert_true(en.verity && rd_is_text(&en.alg, "sha256") && rd_is_text(&en.digest, "AB"));
	en = first(entry("ima-sigv2", join((struct rd[]){ v, n, sig }, 3)));
	assert_true(en.verity && rd_is_text(&en.sig, "SIG"));
	en = first(entry("evm-sig", join((struct rd[]){ d, n, sig, none, none, none, number, number,
	    number }, 9)));
	assert_true(rd_empty(&en.sig) && rd_is_text(&en.path, "/x"));
	en = first(entry("d-ng|n-ng|buf|sig", join((struct rd[]){ d, n, sig, mod }, 4)));
	assert_true(rd_is_text(&en.buf, "SIG") && rd_is_text(&en.sig, "MOD"));
}

static void the_first_template_is_read(void **state)
{
	struct buf b;
	struct ima_entry en;
	uint8_t room[IMA_OLD_LEN], hash[20], want[276] = { 0 };
	struct rd m;

	(void)state;
	ima_kit_reset(&k);
	memset(want, 'd', 20);
	bytes_copy(want + 20, "/bin/x", 6);
	CHECK_OK(digest(k.c, DIGEST_SHA1, want, 276, hash, &k.e), &k.e);
	b = buf_make(k.a);
	for (int i = 0; i < 2; i++) {
		buf_le32(&b, 10);
		buf_put(&b, hash, 20);
		buf_le32_block(&b, "ima", 3);
		buf_put(&b, want, 20);
		buf_le32_block(&b, "/bin/x", 6);
	}
	en = first(rd_make(b.p, b.len));
	assert_true(en.old && rd_is_text(&en.alg, "sha1") && rd_is_text(&en.path, "/bin/x"));
	CHECK_OK(ima_measured(&en, room, &m, &k.e), &k.e);
	assert_true(rd_left(&m) == 276);
	assert_memory_equal(rd_ptr(&m), want, 276);
	for (size_t bank = 0; bank < 4; bank++) {
		uint8_t v[DIGEST_MAX];
		struct ima_result r;

		ima_kit_replay(&k, rd_make(b.p, b.len), (enum digest_alg)bank, IMA_RULE_BANK, v);
		ima_kit_pcr(&k, (enum digest_alg)bank, IMA_PCR, v);
		CHECK_OK(ima_replay(rd_make(b.p, b.len), &k.pcrs[bank], IMA_PCR, k.c, k.a, &r,
		    &k.e), &k.e);
		assert_true(r.matched && r.prefix == 2 && r.bad_hashes == 0);
	}
	/* and as a line */
	{
		struct buf line = buf_make(k.a);
		buf_fmt(&line, "10 %s ima %s /bin/x\n", hex_arena(k.a, hash, 20), hex_arena(k.a,
		    want, 20));
		en = first(rd_make(line.p, line.len));
		assert_true(en.old && rd_is_text(&en.path, "/bin/x"));
	}
}

static void damage_is_named(void **state)
{
	struct rd d = block(rd_make("sha256:\0AB", 10)), n = block(rd_make("/x\0", 3));
	uint8_t *zeros = calloc(1, IMA_DATA_MAX);
	struct rd big = rd_make(zeros, IMA_DATA_MAX);
	const struct { struct rd list; enum att_err code; const char *text; } rows[] = {
		{ entry("ima-xx", d), ATT_E_BAD_FORMAT,
		    "its first entry is neither binary nor ascii" },
		{ rd_make("10 zz", 5), ATT_E_BAD_FORMAT, "neither binary nor ascii" },
		{ join((struct rd[]){ entry("ima-ng", join((struct rd[]){ d, n }, 2)), entry("odd",
		    d) }, 2),
		    ATT_E_UNSUPPORTED,
		    "IMA list: entry 1 at offset 59: template field \"odd\" is unknown" },
		{ entry("ima-ng", d), ATT_E_TRUNCATED,
		    "IMA list: entry 0 at offset 0: template data ends inside field 1" },
		{ entry("ima-ng", join((struct rd[]){ d, n, n }, 3)), ATT_E_BAD_FORMAT,
		    "7 bytes behind the last field" },
		{ entry("ima-ng", join((struct rd[]){ n, n }, 2)), ATT_E_BAD_FORMAT,
		    "field 0: digest with a malformed" },
		{ entry("ima-ng", join((struct rd[]){ block(rd_make("sha256:AB", 9)), n }, 2)),
		    ATT_E_BAD_FORMAT,
		    "digest without an algorithm" },
		{ entry("ima-ng", join((struct rd[]){ block(rd_make(":\0AB", 4)), n }, 2)),
		    ATT_E_BAD_FORMAT,
		    "malformed algorithm" },
		{ entry("ima-ng", join((struct rd[]){ block(rd_make("sha256:\0", 8)), n }, 2)),
		    ATT_E_BAD_FORMAT,
		    "digest of 0 bytes" },
		{ entry("ima-ng", join((struct rd[]){ d, block(rd_make("/x", 2)) }, 2)),
		    ATT_E_BAD_FORMAT,
		    "field 1: name is not a string with one NUL" },
		{ entry("ima-ng", join((struct rd[]){ d, block(rd_make("/x\0y\0", 5)) }, 2)),
		    ATT_E_BAD_FORMAT,
		    "name is not a string" },
		{ entry("ima-ngv2", join((struct rd[]){ block(rd_make("sha256\0AB", 9)), n }, 2)),
		    ATT_E_BAD_FORMAT,
		    "digest without a type" },
		{ entry("ima-sig", join((struct rd[]){ d, n, block(big) }, 3)), ATT_E_LIMIT,
		    "of template data, at most 262144" },
		{ rd_make("24 9befb7a380450bef21a937b660e2db455651b7fe ima-ng sha256:41 /x\n", 64),
		    ATT_E_BAD_FORMAT,
		    "no PCR from 0 to 23" },
		{ rd_make("10 9befb7a380450bef21a937b660e2db455651b7fe ima-ng sha256:4 /x\n", 63),
		    ATT_E_BAD_ENCODING,
		    "field 0: hex" },
		{ rd_make("10 9befb7a380450bef21a937b660e2db455651b7fe ima-ng 41 /x\n", 57),
		    ATT_E_BAD_FORMAT,
		    "digest without an algorithm" },
		{ rd_make("10 9befb7a380450bef21a937b660e2db455651b7fe ima-ng sha256:41 /x y\n",
		    66), ATT_E_BAD_FORMAT,
		    "1 characters behind the last field" },
		{ rd_make("10 9befb7a380450bef21a937b660e2db455651b7zz ima-ng sha256:41 /x\n", 64),
		    ATT_E_BAD_ENCODING,
		    "template hash" },
		{ rd_make("10 9befb7a380450bef21a937b660e2db455651b7fe odd\n", 48),
		    ATT_E_UNSUPPORTED, "\"odd\"" },
		{ rd_make("10 9befb7a380450bef21a937b660e2db455651b7fe ima-ng sha256:41 /x\n"
		    "10 41 ima-ng\n", 77),
		    ATT_E_BAD_FORMAT, "entry 1 at offset 64: template hash of 2 digits, want 40" },
		{ rd_make("10 9befb7a380450bef21a937b660e2db455651b7fe evm-sig sha256:41 /x 41 "
		    "- - - 0 0 0\n", 80),
		    ATT_E_UNSUPPORTED, "give the binary list" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		CHECK_ERR(read_all(rows[i].list), &k.e, rows[i].code, rows[i].text);
	free(zeros);
}

/* Template hashes of other lengths, as kernels since 6.10 list them. */
static void longer_template_hashes_are_recognised(void **state)
{
	static const size_t lens[] = { 32, 48, 64 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct rd d = ima_kit_data(&k, "sha256", rd_make("AB", 2), "/x", NULL);
		enum digest_alg alg = (enum digest_alg)(DIGEST_SHA256 + i);
		uint8_t hash[DIGEST_MAX], v[2 * DIGEST_MAX] = { 0 };
		struct buf b = buf_make(k.a), line = buf_make(k.a);
		struct ima_result r;
		struct ima_entry en;

		CHECK_OK(digest(k.c, alg, rd_ptr(&d), rd_left(&d), hash, &k.e), &k.e);
		buf_le32(&b, 10);
		buf_put(&b, hash, lens[i]);
		buf_le32_block(&b, "ima-ng", 6);
		buf_le32_block(&b, rd_ptr(&d), rd_left(&d));
		buf_fmt(&line, "10 %s ima-ng sha256:4142 /x\n", hex_arena(k.a, hash, lens[i]));
		en = first(rd_make(line.p, line.len));
		assert_true(same(en.data, d));
		bytes_copy(v + lens[i], hash, lens[i]);
		CHECK_OK(digest(k.c, alg, v, 2 * lens[i], v, &k.e), &k.e);
		ima_kit_pcr(&k, alg, IMA_PCR, v);
		CHECK_OK(ima_replay(rd_make(b.p, b.len), &k.pcrs[alg], IMA_PCR, k.c, k.a, &r, &k.e),
		    &k.e);
		assert_true(r.matched && r.prefix == 1 && r.bad_hashes == 0);
		CHECK_OK(ima_replay(rd_make(line.p, line.len), &k.pcrs[alg], IMA_PCR, k.c, k.a, &r,
		    &k.e), &k.e);
		assert_true(r.matched);
	}
}

/* Cut anywhere, a list is refused or is a shorter list. */
static void every_truncation_fails_or_is_shorter(void **state)
{
	static const char *const names[] = { "ima_binary", "ima_ascii" };

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		struct rd list;
		size_t whole = 0;

		ima_kit_reset(&k);
		list = ima_kit_file(&k, "sbon", names[f]);
		for (size_t n = 0; n < rd_left(&list); n++) {
			uint8_t *p = malloc(n ? n : 1);
			struct arena *a = k.a;

			k.a = arena_new((size_t)4 << 20);
			bytes_copy(p, rd_ptr(&list), n);
			whole += read_all(rd_make(p, n));
			arena_free(k.a);
			k.a = a;
			free(p);
		}
		assert_in_range(whole, 50, f ? 5000 : 53);
	}
}

/* Each byte inverted: never a crash, and the list then no longer proves as much. */
static void every_byte_damaged(void **state)
{
	struct rd list;
	uint8_t *p;
	size_t still = 0;

	(void)state;
	ima_kit_reset(&k);
	ima_kit_pcrs(&k, "sbon");
	list = ima_kit_file(&k, "sbon", "ima_binary");
	p = malloc(rd_left(&list));
	bytes_copy(p, rd_ptr(&list), rd_left(&list));
	for (size_t i = 0; i < rd_left(&list); i++) {
		struct ima_result r;
		struct att_error e = { 0 };

		p[i] ^= 0xFF;
		if (ima_replay(rd_make(p, rd_left(&list)), &k.pcrs[DIGEST_SHA256], IMA_PCR, k.c,
		    k.a, &r, &e))
			/* the listed SHA-1 template hash is not what this bank is extended with */
			still += r.matched && r.prefix == 51 && r.bad_hashes == 0;
		p[i] ^= 0xFF;
	}
	assert_int_equal(still, 0);
	free(p);
}

static void failing_memory_is_reported(void **state)
{
	struct rd list;

	(void)state;
	ima_kit_reset(&k);
	list = ima_kit_file(&k, "sbon", "ima_ascii");
	for (size_t n = 1; n < 4; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct ima_list l;
		struct att_error e = { 0 };

		if (ima_open(list, a, &l, &e))
			assert_false(f.fired);
		else
			assert_int_equal(e.code, ATT_E_NOMEM);
		arena_free(a);
	}
}

/* Lists of others, ascii, with file digests of each length. */
static void lists_of_others_are_read(void **state)
{
	static const struct { const char *file, *alg; size_t n; } rows[] = {
		{ "ima/keylime-ima-log-sha1.txt", "sha1", 20 }, { "ima/keylime-ima-log-sha256.txt",
		    "sha256", 32 },
		{ "ima/keylime-ima-log-sha384.txt", "sha384", 48 },
		    { "ima/keylime-ima-log-sha512.txt", "sha512", 64 },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < 4; i++) {
		struct blob b = vector_file(rows[i].file);
		struct ima_list l;
		struct ima_entry en;
		uint8_t h[DIGEST_MAX];
		bool more;

		CHECK_OK(ima_open(rd_make(b.p, b.n), k.a, &l, &k.e), &k.e);
		CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
		/* of machines without a TPM, but for the second */
		assert_int_equal(en.violation, i != 1);
		assert_true(rd_is_text(&en.path, "boot_aggregate"));
		CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
		assert_true(rd_is_text(&en.alg, rows[i].alg) && rd_left(&en.digest) == rows[i].n);
		CHECK_OK(digest(k.c, DIGEST_SHA1, rd_ptr(&en.data), rd_left(&en.data), h, &k.e),
		    &k.e);
		assert_memory_equal(h, rd_ptr(&en.template_hash), 20);
		CHECK_OK(ima_next(&l, &en, &more, &k.e), &k.e);
		assert_false(more);
		blob_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_and_binary_agree),
		cmocka_unit_test(signatures_are_taken_apart),
		cmocka_unit_test(damaged_signatures_are_named),
		cmocka_unit_test(templates_have_their_fields),
		cmocka_unit_test(the_first_template_is_read),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(longer_template_hashes_are_recognised),
		cmocka_unit_test(every_truncation_fails_or_is_shorter),
		cmocka_unit_test(every_byte_damaged),
		cmocka_unit_test(failing_memory_is_reported),
		cmocka_unit_test(lists_of_others_are_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

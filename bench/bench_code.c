/*
 * bench_code - files that IMA measured, judged: signed lists with their signatures cached, and digests
 * in a list.
 *
 * Floors as in bench_eventlog: for each entry one digest of its template data and one extension, by
 * libcrypto alone.  Product: code_replay, with every signature in the cache, as from the
 * second appraisal of a machine on.  2,500 files with RSA signatures and 20,000 with ECDSA, each
 * measured under several names. Allow-list: loading 1,000,000 digests, and 1,000 lookups, so that their
 * microseconds are nanoseconds of one.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/crypto/der.h"
#include "lib/evidence/measuredboot/code.h"
#include "lib/evidence/measuredboot/code_cache.h"

#define ENTRIES 100000
#define RSA_FILES 2500
#define EC_FILES 20000
#define DIGEST 32
#define KNOWN 1000000
#define LOOKUPS 1000
#define PATH "/usr/lib/x86_64-linux-gnu/libmeasured.so.%07u"

struct common {
	struct crypto *c;
	struct arena *keep, *a;
	EVP_MD_CTX *ctx;
	EVP_MD *md;
	struct code_cache *cache;
};

struct list_run {
	const struct common *common;
	struct rd list;
	struct pcr_bank given;
	struct code_signer signer;
	struct att_reference ref;
};

static bool hash(const struct common *c, const void *p, size_t n, uint8_t *out)
{
	return EVP_DigestInit_ex(c->ctx, c->md, NULL) > 0 && EVP_DigestUpdate(c->ctx, p, n) > 0 &&
	    EVP_DigestFinal_ex(c->ctx, out, NULL) > 0;
}

static bool floor_of_list(void *state)
{
	const struct list_run *r = state;
	struct rd in = r->list, data;
	uint8_t pcr[2 * DIGEST] = { 0 };

	while (!rd_empty(&in))
		if (!rd_skip(&in, 35) || !rd_le32_block(&in, &data) ||
		    !hash(r->common, rd_ptr(&data), rd_left(&data), pcr + DIGEST) ||
		    !hash(r->common, pcr, sizeof pcr, pcr))
			return false;
	return true;
}

static bool judged(void *state)
{
	struct list_run *r = state;
	const struct common *c = r->common;
	struct trust t = { .crypto = c->c, .tpm = { .reference = &r->ref }, .code_signatures = c->cache };
	const struct measuredboot_code *code;
	struct ima_result out;

	arena_reset(c->a);
	return code_replay(r->list, &r->given, &t, c->a, &out, &code, NULL) && out.matched &&
	    code->all_signed && code->files == ENTRIES - 1;
}

/* security.ima of a file whose content is i. */
static bool put_signature(struct buf *b, const struct common *c, struct privkey *key, enum sig_alg alg,
    unsigned i)
{
	uint8_t sig[SIG_MAX], head[9] = { 3, 2, 4, 0, 0, 0, 1 };
	struct buf inside = buf_make(c->keep), der = buf_make(c->keep);
	size_t n;

	if (!sig_sign(c->c, key, alg, rd_make(&i, sizeof i), sig, &n, NULL))
		return false;
	if (privkey_kind(key) == KEY_RSA) {
		buf_put(&der, sig, n);
	} else {
		der_put_uint(&inside, sig, n / 2);
		der_put_uint(&inside, sig + n / 2, n / 2);
		der_put_buf(&der, DER_SEQUENCE, &inside);
	}
	head[7] = (uint8_t)(der.len >> 8);
	head[8] = (uint8_t)der.len;
	buf_put(b, head, sizeof head);
	buf_put(b, der.p, der.len);
	return buf_ok(b, NULL);
}

static bool put_entry(struct buf *list, const struct common *c, unsigned i, const char *path,
    const struct buf *sig, uint8_t pcr[2 * DIGEST])
{
	struct buf d = buf_make(c->keep);
	uint8_t file[8 + DIGEST] = "sha256:", template_hash[20];

	if (!hash(c, &i, sizeof i, file + 8))
		return false;
	buf_le32_block(&d, file, sizeof file);
	buf_le32_block(&d, path, strlen(path) + 1);
	buf_le32_block(&d, sig->p, sig->len);
	if (!digest(c->c, DIGEST_SHA1, d.p, d.len, template_hash, NULL) ||
	    !hash(c, d.p, d.len, pcr + DIGEST) ||
	    !hash(c, pcr, 2 * DIGEST, pcr))
		return false;
	buf_le32(list, IMA_PCR);
	buf_put(list, template_hash, sizeof template_hash);
	buf_le32_block(list, "ima-sig", 7);
	buf_le32_block(list, d.p, d.len);
	return true;
}

/* `files` of them, each signed once and measured as often as it takes. */
static bool list_make(const struct common *c, struct privkey *key, enum sig_alg alg, unsigned files,
    struct list_run *out)
{
	struct buf list = buf_make(c->keep);
	struct buf *sigs = arena_array(c->keep, files, sizeof *sigs);
	uint8_t pcr[2 * DIGEST] = { 0 };

	for (unsigned i = 0; sigs && i < files; i++) {
		sigs[i] = buf_make(c->keep);
		if (!put_signature(&sigs[i], c, key, alg, i))
			return false;
	}
	for (unsigned i = 0; sigs && i < ENTRIES; i++) {
		char path[64];

		(void)snprintf(path, sizeof path, PATH, i);
		if (!put_entry(&list, c, i % files, i ? path : "boot_aggregate", &sigs[i % files], pcr))
			return false;
	}
	*out = (struct list_run){ .common = c, .list = rd_make(list.p, list.len),
	    .given = { .alg = DIGEST_SHA256, .mask = 1 << IMA_PCR },
	    .signer = { .keyid = { 0, 0, 0, 1 }, .name = "bench" } };
	memcpy(out->given.value[IMA_PCR], pcr, DIGEST);
	return sigs && buf_ok(&list, NULL) && privkey_public(c->c, key, &out->signer.key, NULL);
}

struct known_run {
	const struct common *common;
	struct rd text;
	const struct allowlist *list;
	unsigned missing;               /* added to the number of what is looked up */
	unsigned at;
};

static bool known_digest(const struct common *c, unsigned i, uint8_t out[DIGEST])
{
	return hash(c, &i, sizeof i, out);
}

static bool known_make(const struct common *c, struct known_run *out)
{
	struct buf b = buf_make(c->keep);
	struct allowlist *l;

	for (unsigned i = 0; i < KNOWN; i++) {
		uint8_t d[DIGEST];
		char hex[2 * DIGEST + 1];

		if (!known_digest(c, i, d))
			return false;
		hex_encode(d, DIGEST, hex);
		buf_put(&b, hex, 2 * DIGEST);
		buf_char(&b, '\n');
	}
	*out = (struct known_run){ .common = c, .text = rd_make(b.p, b.len) };
	if (!buf_ok(&b, NULL) || !allowlist_new(&out->text, 1, c->keep, &l, NULL))
		return false;
	out->list = l;
	return true;
}

static bool load(void *state)
{
	const struct known_run *r = state;
	struct allowlist *l;

	arena_reset(r->common->a);
	return allowlist_new(&r->text, 1, r->common->a, &l, NULL) && allowlist_size(l) == KNOWN;
}

/* Digests all over the list, made beforehand: their making is not what is measured. */
static uint8_t asked[KNOWN / 4][DIGEST];

static bool look_up(void *state)
{
	struct known_run *r = state;

	for (unsigned i = 0; i < LOOKUPS; i++, r->at = (r->at + 1) % (KNOWN / 4)) {
		uint8_t d[DIGEST];

		memcpy(d, asked[r->at], DIGEST);
		d[DIGEST - 1] ^= (uint8_t)r->missing;
		if (allowlist_has(r->list, DIGEST_SHA256, d) != (r->missing == 0))
			return false;
	}
	return true;
}

static int run(struct list_run lists[2], struct known_run *known)
{
	struct known_run misses = *known;
	struct variant v[] = {
		{ .name = "floor: two digests for each entry, RSA-2048 signed", .fn = floor_of_list,
		    .state = &lists[0], .per_round = 1 },
		{ .name = "IMA list of 100,000 signed entries, RSA: replay, judge, cached", .fn = judged,
		    .state = &lists[0], .per_round = 1 },
		{ .name = "floor: two digests for each entry, P-256 signed", .fn = floor_of_list,
		    .state = &lists[1], .per_round = 1 },
		{ .name = "IMA list of 100,000 signed entries, P-256: replay, judge, cached", .fn = judged,
		    .state = &lists[1], .per_round = 1 },
		{ .name = "allow-list: load 1,000,000 digests", .fn = load, .state = known, .per_round = 1 },
		{ .name = "allow-list: 1,000 lookups, all found", .fn = look_up, .state = known,
		    .per_round = 100 },
		{ .name = "allow-list: 1,000 lookups, none found", .fn = look_up, .state = &misses,
		    .per_round = 100 },
	};
	static const int floors[] = { -1, 0, -1, 2, -1, -1, -1 };

	misses.missing = 1;
	if (!bench_run(v, sizeof v / sizeof v[0]))
		return 1;
	for (size_t n = 0; n < sizeof v / sizeof v[0]; n++)
		bench_print(&v[n], floors[n] < 0 ? NULL : &v[floors[n]]);
	return 0;
}

static bool lists_make(const struct common *c, struct list_run lists[2])
{
	struct privkey *rsa, *ec;

	if (!privkey_generate(KEY_RSA, 2048, &rsa, NULL) || !privkey_generate(KEY_P256, 0, &ec, NULL) ||
	    !list_make(c, rsa, SIG_RSA_PKCS1_SHA256, RSA_FILES, &lists[0]) ||
	    !list_make(c, ec, SIG_ECDSA_P256_SHA256, EC_FILES, &lists[1]))
		return false;
	for (size_t i = 0; i < 2; i++)
		lists[i].ref = (struct att_reference){ .signers = &lists[i].signer, .nsigners = 1 };
	return true;
}

int main(void)
{
	static struct list_run lists[2];
	static struct known_run known;
	struct common c = { .c = crypto_new(NULL), .keep = arena_new((size_t)1 << 30),
		.a = arena_new((size_t)256 << 20), .ctx = EVP_MD_CTX_new(),
		.md = EVP_MD_fetch(NULL, "SHA256", NULL), .cache = code_cache_new() };

	if (!c.c || !c.keep || !c.a || !c.ctx || !c.md || !c.cache || !lists_make(&c, lists) ||
	    !known_make(&c, &known)) {
		(void)fprintf(stderr, "bench_code: not enough memory\n");
		return 1;
	}
	for (unsigned i = 0; i < KNOWN / 4; i++)
		if (!known_digest(&c, (unsigned)(i * 2654435761u % KNOWN), asked[i]))
			return 1;
	return run(lists, &known);
}

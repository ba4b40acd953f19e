#include "tests/unit/evidence/measuredboot/code_kit.h"

#include <string.h>

#include "lib/crypto/der.h"
#include "lib/crypto/wrap.h"

struct ima_kit k;
struct code_cache *cache;
struct privkey *rsa, *ec, *other;
struct pubkey *pub[3];
struct code_signer signers[3];
struct att_reference ref;

int set_up(void **state)
{
	static const char *const names[] = { "CN=rsa", "CN=ec", "CN=other" };
	struct privkey **keys[] = { &rsa, &ec, &other };

	(void)state;
	ima_kit_init(&k);
	CHECK_OK(privkey_generate(KEY_RSA, 2048, &rsa, &k.e), &k.e);
	CHECK_OK(privkey_generate(KEY_P256, 0, &ec, &k.e), &k.e);
	CHECK_OK(privkey_generate(KEY_RSA, 2048, &other, &k.e), &k.e);
	for (size_t i = 0; i < 3; i++) {
		CHECK_OK(privkey_public(k.c, *keys[i], &pub[i], &k.e), &k.e);
		signers[i] = (struct code_signer){ .keyid = { 0, 0, 0, (uint8_t)(i + 1) }, .name = names[i],
			.key = pub[i] };
	}
	return 0;
}

int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		pubkey_free(pub[i]);
	privkey_free(rsa);
	privkey_free(ec);
	privkey_free(other);
	ima_kit_clear(&k);
	return 0;
}

/* The first two keys are known, no digest is; nothing is cached. */
int fresh(void **state)
{
	(void)state;
	ima_kit_reset(&k);
	ref = (struct att_reference){ .signers = signers, .nsigners = 2 };
	cache = NULL;
	return 0;
}

int done(void **state)
{
	(void)state;
	code_cache_free(cache);
	return 0;
}

struct trust trust(void)
{
	return (struct trust){ .crypto = k.c, .tpm = { .reference = &ref }, .code_signatures = cache };
}

const struct measuredboot_code *judge_given(struct buf list, const struct trust *t, struct ima_result *r)
{
	const struct measuredboot_code *code = NULL;

	CHECK_OK(code_replay(rd_make(list.p, list.len), &k.pcrs[DIGEST_SHA256], t, k.a, r, &code, &k.e),
	    &k.e);
	return code;
}

const struct measuredboot_code *judge_prefix(struct buf list, size_t prefix)
{
	struct trust t = trust();
	const struct measuredboot_code *code;
	struct ima_result r;
	uint8_t value[DIGEST_MAX];

	ima_kit_replay(&k, rd_make(list.p, prefix), DIGEST_SHA256, IMA_RULE_BANK, value);
	ima_kit_pcr(&k, DIGEST_SHA256, IMA_PCR, value);
	code = judge_given(list, &t, &r);
	assert_true(r.matched);
	return code;
}

const struct measuredboot_code *judge(struct buf list)
{
	return judge_prefix(list, list.len);
}

const struct made good_rsa = { .keyid = 1, .type = 3, .version = 2, .alg_id = 4,
	.alg = SIG_RSA_PKCS1_SHA256, .digest = DIGEST_SHA256, .alg_name = "sha256" };
const struct made good_ec = { .keyid = 2, .type = 3, .version = 2, .alg_id = 4,
	.alg = SIG_ECDSA_P256_SHA256, .digest = DIGEST_SHA256, .alg_name = "sha256" };

static struct rd der_signature(const uint8_t *raw, size_t n)
{
	struct buf inside = buf_make(k.a), out = buf_make(k.a);

	der_put_uint(&inside, raw, n / 2);
	der_put_uint(&inside, raw + n / 2, n / 2);
	der_put_buf(&out, DER_SEQUENCE, &inside);
	assert_true(buf_ok(&out, NULL));
	return rd_make(out.p, out.len);
}

/* security.ima of a file with this content: signing hashes, so the content is what is signed. */
struct buf xattr(const struct made *m, struct rd content)
{
	uint8_t sig[SIG_MAX], head[9] = { m->type, m->version, m->alg_id, 0, 0, 0, m->keyid };
	struct buf b = buf_make(k.a);
	struct rd body;
	size_t n;

	CHECK_OK(sig_sign(k.c, m->key, m->alg, content, sig, &n, &k.e), &k.e);
	body = privkey_kind(m->key) == KEY_RSA ? rd_make(sig, n) : der_signature(sig, n);
	head[7] = (uint8_t)(rd_left(&body) >> 8);
	head[8] = (uint8_t)rd_left(&body);
	buf_put(&b, head, sizeof head);
	buf_put(&b, rd_ptr(&body), rd_left(&body));
	return b;
}

struct rd hash_of(enum digest_alg alg, struct rd content)
{
	uint8_t *h = arena_alloc(k.a, DIGEST_MAX);

	CHECK_OK(digest(k.c, alg, rd_ptr(&content), rd_left(&content), h, &k.e), &k.e);
	return rd_make(h, digest_len(alg));
}

struct rd text(const char *s)
{
	return rd_make(s, strlen(s));
}

void put_entry(struct buf *list, const char *template, const char *alg, struct rd digest,
    const char *path, struct rd last)
{
	ima_kit_entry(&k, list, template, ima_kit_data(&k, alg, digest, path, &last), false);
}

void put_signed(struct buf *list, const struct made *m, const char *path)
{
	struct buf sig = xattr(m, text(path));

	put_entry(list, "ima-sig", m->alg_name, hash_of(m->digest, text(path)), path,
	    rd_make(sig.p, sig.len));
}

void put_unsigned(struct buf *list, const char *path)
{
	put_entry(list, "ima-sig", "sha256", hash_of(DIGEST_SHA256, text(path)), path, rd_make(NULL, 0));
}

/* boot_aggregate. */
struct buf begin(void)
{
	struct buf list = buf_make(k.a);

	put_unsigned(&list, "boot_aggregate");
	return list;
}

struct made with(const struct made *m, struct privkey *key)
{
	struct made t = *m;

	t.key = key;
	return t;
}

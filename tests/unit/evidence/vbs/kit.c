#include "tests/unit/evidence/vbs/kit.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "lib/base/base64.h"

static const struct check_row rows[VBS_NCHECKS] = {
#define X(name, id, optional, title, spec) { id, title, spec, optional },
#include "lib/evidence/vbs/checks.tbl"
#undef X
};

void vbs_kit_init(struct vbs_kit *k)
{
	memset(k, 0, sizeof *k);
	k->a = arena_new((size_t)256 << 20);
	k->c = crypto_new(&k->e);
	assert_non_null(k->a);
	assert_non_null(k->c);
	CHECK_OK(privkey_generate(KEY_RSA, 2048, &k->key, &k->e), &k->e);
	CHECK_OK(privkey_generate(KEY_RSA, 2048, &k->other, &k->e), &k->e);
	k->modulus = vbs_kit_public(k, k->key, "n");
	k->exponent = vbs_kit_public(k, k->key, "e");
}

void vbs_kit_clear(struct vbs_kit *k)
{
	privkey_free(k->key);
	privkey_free(k->other);
	crypto_free(k->c);
	arena_free(k->a);
}

struct rd vbs_kit_public(struct vbs_kit *k, const struct privkey *key, const char *member)
{
	struct pubkey *public;
	const struct json *v;
	uint8_t *p;
	size_t n;

	CHECK_OK(privkey_public(k->c, key, &public, &k->e), &k->e);
	v = json_get(jwk_from_pubkey(k->a, public), member);
	assert_non_null(v);
	CHECK_OK(b64_decode_arena(B64_URL, k->a, v->s, v->len, &p, &n, &k->e), &k->e);
	pubkey_free(public);
	return rd_make(p, n);
}

void vbs_kit_sound(struct vbs_kit *k, struct vbs_made *m)
{
	*m = (struct vbs_made){
		.package_version = 1,
		.scheme = 1,
		.report_version = 1,
		.enclave_svn = 0x01020304,
		.kernel_svn = 5,
		.platform_svn = 6,
		.level = 7,
		.type = 0x10,
		.key = k->key,
		.salt = 32,
		.boot = { .nkeys = 1, .key_alg = 1, .key_bits = 2048, .exponent = k->exponent,
		    .modulus = k->modulus, .secure_boot = true, .no_debugging = true, .no_test_signing = true,
		    .vsm_launched = true, .code_integrity = true },
	};
	memset(m->data, 0xDA, sizeof m->data);
	memset(m->want, 0xDA, sizeof m->want);
}

static struct rd rd_of(const struct buf *b)
{
	assert_false(b->failed);
	return rd_make(b->p, b->len);
}

static void fill(struct buf *b, char value, size_t n)
{
	while (n--)
		buf_char(b, value);
}

struct rd vbs_kit_statement(struct vbs_kit *k, const struct vbs_made *m)
{
	struct buf b = buf_make(k->a);
	size_t nblocks = m->blocks.cur ? rd_left(&m->blocks) : 0;

	buf_le32(&b, (uint32_t)(VBS_KIT_REPORT + nblocks));
	buf_le32(&b, m->report_version);
	buf_put(&b, m->data, sizeof m->data);
	fill(&b, 'O', 32);
	fill(&b, 'U', 32);
	fill(&b, 'A', 32);
	fill(&b, 'F', 16);
	fill(&b, 'I', 16);
	buf_le32(&b, m->enclave_svn);
	buf_le32(&b, m->kernel_svn);
	buf_le32(&b, m->platform_svn);
	buf_le32(&b, m->flags);
	buf_le32(&b, m->level);
	buf_le32(&b, m->type);
	if (nblocks)
		buf_put(&b, rd_ptr(&m->blocks), nblocks);
	return rd_of(&b);
}

/* By libcrypto itself: ours signs with salts of one length. */
static size_t sign(struct vbs_kit *k, const struct vbs_made *m, struct rd over, uint8_t out[SIG_MAX])
{
	struct secret pem = { 0 };
	size_t n = SIG_MAX;
	EVP_PKEY *key;
	EVP_PKEY_CTX *settings;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	BIO *in;

	CHECK_OK(privkey_to_pem(m->key, &pem, &k->e), &k->e);
	in = BIO_new_mem_buf(pem.p, (int)pem.len);
	key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	assert_int_equal(EVP_DigestSignInit(ctx, &settings, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, m->salt), 1);
	assert_int_equal(EVP_DigestSign(ctx, out, &n, rd_ptr(&over), rd_left(&over)), 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(in);
	secret_clear(&pem);
	return n;
}

struct rd vbs_kit_package(struct vbs_kit *k, const struct vbs_made *m)
{
	struct rd statement = vbs_kit_statement(k, m);
	struct buf b = buf_make(k->a);
	uint8_t sig[SIG_MAX];
	size_t n = sign(k, m, statement, sig);

	buf_le32(&b, (uint32_t)(VBS_KIT_HEADER + rd_left(&statement) + n));
	buf_le32(&b, m->package_version);
	buf_le32(&b, m->scheme);
	buf_le32(&b, (uint32_t)rd_left(&statement));
	buf_le32(&b, (uint32_t)n);
	buf_le32(&b, m->reserved);
	buf_put(&b, rd_ptr(&statement), rd_left(&statement));
	buf_put(&b, sig, n);
	return rd_of(&b);
}

struct rd vbs_kit_module(struct vbs_kit *k, const char *name, size_t n)
{
	struct buf b = buf_make(k->a);
	size_t len = 108 + 2 * (strlen(name) + 1);

	n = n ? n : len;
	buf_le32(&b, 1);
	buf_le32(&b, (uint32_t)n);
	fill(&b, 'u', 32);
	fill(&b, 'a', 32);
	fill(&b, 'f', 16);
	fill(&b, 'i', 16);
	buf_le32(&b, 9);
	for (size_t i = 0; i <= strlen(name); i++) {
		buf_char(&b, name[i]);
		buf_char(&b, 0);
	}
	fill(&b, 0, n > len ? n - len : 0);
	return rd_of(&b);
}

const char *vbs_kit_judge(struct vbs_kit *k, const struct vbs_made *m, const struct vbs_report *r)
{
	CHECK_OK(checklist_init(&k->checks, k->a, rows, VBS_NCHECKS, &k->e), &k->e);
	CHECK_OK(vbs_report_verify(r, &m->boot, m->want, k->c, &k->checks, 0, &k->e), &k->e);
	return checklist_failed(&k->checks) ? rows[k->checks.first_failed].id : "ok";
}

const char *vbs_kit_run(struct vbs_kit *k, const struct vbs_made *m)
{
	CHECK_OK(vbs_report_parse(vbs_kit_package(k, m), &k->report, &k->e), &k->e);
	return vbs_kit_judge(k, m, &k->report);
}

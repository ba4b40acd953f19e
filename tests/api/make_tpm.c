/*
 * make_tpm.c - messages 2 of the Tpm protocol (attReqV2), by a TPM of software, for challenges that are known
 * only once the service runs.
 *
 *   make_tpm
 *
 * Makes an attestation key and a request key and says "ready".  Then each line of standard input is an object
 * with challenge and service_context as the service sent them, and each line of standard output a request
 * body. Member "extra" of the line, base64url, stands in place of what the quote must carry.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/crypto/crypto.h"

#define LINE_MAX_LEN 65536
#define MEMORY ((size_t)16 << 20)
#define PCRS 24
#define ALG_SHA256 0x000b
#define ALG_RSASSA 0x0014

struct maker {
	struct crypto *crypto;
	struct privkey *ak, *request;
	struct arena *a;                /* of one line */
	struct att_error e;
};

static void be(struct buf *b, uint64_t v, unsigned n)
{
	while (n--)
		buf_char(b, (char)(v >> (8 * n)));
}

static void put_2b(struct buf *b, const void *p, size_t n)
{
	be(b, n, 2);
	buf_put(b, p, n);
}

static struct rd rd_of(const struct buf *b)
{
	return rd_make(b->p, b->failed ? 0 : b->len);
}

static const char *b64u(struct maker *m, struct rd r)
{
	return b64_encode_arena(B64_URL, m->a, rd_ptr(&r), rd_left(&r));
}

static const char *jwk(struct maker *m, const struct privkey *key)
{
	struct pubkey *k = NULL;
	char *text;
	size_t n;
	bool ok = privkey_public(m->crypto, key, &k, &m->e) &&
	    json_write(m->a, jwk_from_pubkey(m->a, k), JSON_COMPACT, &text, &n, &m->e);

	pubkey_free(k);
	return ok ? text : "";
}

/* All PCRs of the SHA-256 bank, which are zero: nothing was measured. */
static struct rd attest(struct maker *m, struct rd extra)
{
	static const uint8_t signer[34] = { 0x00, 0x0b }, values[PCRS * 32];
	struct buf b = buf_make(m->a);
	uint8_t pcrs[DIGEST_MAX];

	be(&b, 0xff544347, 4);
	be(&b, 0x8018, 2);
	put_2b(&b, signer, sizeof signer);
	put_2b(&b, rd_ptr(&extra), rd_left(&extra));
	be(&b, 1000, 8);
	be(&b, 1, 4);
	be(&b, 1, 4);
	be(&b, 1, 1);
	be(&b, 0x2020, 8);
	be(&b, 1, 4);
	be(&b, ALG_SHA256, 2);
	be(&b, 0x03ffffff, 4);
	if (digest(m->crypto, DIGEST_SHA256, values, sizeof values, pcrs, &m->e))
		put_2b(&b, pcrs, 32);
	return rd_of(&b);
}

static struct rd signature(struct maker *m, struct rd over)
{
	struct buf b = buf_make(m->a);
	uint8_t sig[SIG_MAX];
	size_t n;

	be(&b, ALG_RSASSA, 2);
	be(&b, ALG_SHA256, 2);
	if (sig_sign(m->crypto, m->ak, SIG_RSA_PKCS1_SHA256, over, sig, &n, &m->e))
		put_2b(&b, sig, n);
	return rd_of(&b);
}

/* spec: maa-tpm section 1.2: HASH(UTF8(jwk) || 0x00 || challenge) */
static struct rd bound(struct maker *m, const char *key, const char *challenge)
{
	struct buf b = buf_make(m->a);
	uint8_t *bytes, *sha = arena_alloc(m->a, DIGEST_MAX);
	size_t n;

	buf_str(&b, key);
	buf_char(&b, 0);
	if (b64_decode_arena(B64_URL, m->a, challenge, strlen(challenge), &bytes, &n, &m->e))
		buf_put(&b, bytes, n);
	return rd_make(sha, digest(m->crypto, DIGEST_SHA256, b.p, b.len, sha, &m->e) ? 32 : 0);
}

static const char *text_of(const struct json *line, const char *name)
{
	const struct json *v = json_get(line, name);

	return json_is(v, JSON_STRING) ? v->s : "";
}

static struct rd extra_of(struct maker *m, const struct json *line, const char *key)
{
	const char *given = text_of(line, "extra");
	uint8_t *bytes;
	size_t n;

	if (*given && b64_decode_arena(B64_URL, m->a, given, strlen(given), &bytes, &n, &m->e))
		return rd_make(bytes, n);
	return bound(m, key, text_of(line, "challenge"));
}

static struct rd payload(struct maker *m, const struct json *line)
{
	static const uint8_t zero[32];
	const char *key = jwk(m, m->request);
	struct rd quote = attest(m, extra_of(m, line, key));
	struct buf b = buf_make(m->a);

	buf_fmt(&b, "{\"att_type\":\"basic\",\"att_data\":{\"rp_id\":\"https://relying.example\","
	    "\"rp_data\":\"cnAtZGF0YQ\",\"challenge\":\"%s\",\"tpm_att_data\":{"
	    "\"current_attestation\":{\"logs\":[],\"aik_pub\":%s,\"pcrs\":[{\"algorithm\":%d,"
	    "\"values\":[", text_of(line, "challenge"), jwk(m, m->ak), ALG_SHA256);
	for (int i = 0; i < PCRS; i++)
		buf_fmt(&b, "%s{\"index\":%d,\"digest\":\"%s\"}", i ? "," : "", i,
		    b64u(m, rd_make(zero, sizeof zero)));
	buf_fmt(&b, "]}],\"quote\":\"%s\",\"signature\":\"%s\"}},\"request_key\":{\"jwk\":%s,\"info\":"
	    "{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}},\"custom_claims\":[],\"service_context\":\"%s\"}}",
	    b64u(m, quote), b64u(m, signature(m, quote)), key, text_of(line, "service_context"));
	return rd_of(&b);
}

static struct rd jws(struct maker *m, struct rd inner)
{
	static const char header[] = "{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}";
	struct buf b = buf_make(m->a);
	uint8_t sig[SIG_MAX];
	size_t n = 0;

	buf_fmt(&b, "%s.", b64u(m, rd_make(header, sizeof header - 1)));
	buf_str(&b, b64u(m, inner));
	if (!sig_sign(m->crypto, m->request, SIG_RSA_PSS_SHA256, rd_of(&b), sig, &n, &m->e))
		return rd_make("", 0);
	buf_fmt(&b, ".%s", b64u(m, rd_make(sig, n)));
	return rd_of(&b);
}

static bool make(struct maker *m, const char *text)
{
	static const struct json_limits limits = { 0 };
	struct buf b = buf_make(m->a), out = buf_make(m->a);
	struct json *line;
	struct rd signed_text;

	if (!json_parse(m->a, text, strlen(text), &limits, &line, &m->e))
		return false;
	signed_text = jws(m, payload(m, line));
	buf_str(&b, "{\"payload\":{\"request\":\"");
	buf_put(&b, rd_ptr(&signed_text), rd_left(&signed_text));
	buf_str(&b, "\"}}");
	buf_fmt(&out, "{\"data\":\"%s\"}", b64u(m, rd_of(&b)));
	if (m->e.code != ATT_E_OK || !buf_ok(&out, &m->e))
		return false;
	(void)printf("%.*s\n", (int)out.len, (const char *)out.p);
	(void)fflush(stdout);
	return true;
}

static bool run(struct maker *m)
{
	static char line[LINE_MAX_LEN];

	m->crypto = crypto_new(&m->e);
	if (!m->crypto || !privkey_generate(KEY_RSA, 2048, &m->ak, &m->e) ||
	    !privkey_generate(KEY_RSA, 2048, &m->request, &m->e))
		return false;
	(void)puts("ready");
	(void)fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		m->a = arena_new(MEMORY);
		if (!m->a || !make(m, line))
			return false;
		arena_free(m->a);
		m->a = NULL;
	}
	return true;
}

int main(void)
{
	struct maker m = { 0 };
	bool ok = run(&m);

	if (!ok)
		(void)fprintf(stderr, "make_tpm: %s\n", m.e.text);
	arena_free(m.a);
	privkey_free(m.ak);
	privkey_free(m.request);
	crypto_free(m.crypto);
	return ok ? 0 : 2;
}

#include "lib/token/key.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"

#define RSA_BITS 2048           /* what MAA uses; clients refuse less (sdk-compat) */
#define CN_MAX 64               /* ub-common-name of RFC 5280 */

bool token_give(const char *s, size_t n, char **out, struct att_error *e)
{
	char *p = malloc(n + 1);

	if (!p)
		return att_fail(e, ATT_E_NOMEM, "token: out of memory");
	bytes_copy(p, s, n);
	p[n] = 0;
	*out = p;
	return true;
}

bool token_issuer_ok(const char *issuer, struct att_error *e)
{
	size_t n = issuer ? strlen(issuer) : 0;

	if (n == 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "token: the issuer is empty");
	for (size_t i = 0; i < n; i++)
		if (issuer[i] <= ' ' || issuer[i] > '~')
			return att_fail(e, ATT_E_BAD_FORMAT, "token: issuer has byte 0x%02x at offset %zu",
			    (unsigned char)issuer[i], i);
	if (issuer[n - 1] == '/')
		return att_fail(e, ATT_E_BAD_FORMAT, "token: issuer \"%s\" ends with a slash", issuer);
	return true;
}

static struct att_signing_key *key_new(struct att_error *e)
{
	ATT_AUTO_STRUCT(att_signing_key) k = calloc(1, sizeof *k);

	if (!k) {
		(void)att_fail(e, ATT_E_NOMEM, "signing key: out of memory");
		return NULL;
	}
	k->c = crypto_new(e);
	return k->c ? ATT_STEAL(k) : NULL;
}

/* Public half, algorithm and kid of the private key that stands in k. */
static bool key_finish(struct att_signing_key *k, struct att_error *e)
{
	if (!privkey_public(k->c, k->priv, &k->pub, e))
		return false;
	k->alg = jws_alg_of_kind(pubkey_kind(k->pub));
	b64_encode(B64_URL, pubkey_spki_sha256(k->pub), 32, k->kid);
	return true;
}

bool att_signing_key_generate(enum att_token_alg alg, struct att_signing_key **out, struct att_error *e)
{
	static const enum key_kind kinds[] = {
		[ATT_RS256] = KEY_RSA, [ATT_ES256] = KEY_P256, [ATT_ES384] = KEY_P384,
	};
	ATT_AUTO_STRUCT(att_signing_key) k = NULL;

	if ((size_t)alg >= sizeof kinds / sizeof kinds[0])
		return att_fail(e, ATT_E_UNSUPPORTED, "signing key: algorithm number %u", (unsigned)alg);
	k = key_new(e);
	if (!k ||
	    !privkey_generate(kinds[alg], RSA_BITS, &k->priv, e) ||
	    !key_finish(k, e))
		return false;
	*out = ATT_STEAL(k);
	return true;
}

/* The chain as x5c wants it (RFC 7515 §4.1.6): [0] holds our key, each next one issued the one before. */
static bool chain_fits(struct att_signing_key *k, struct att_error *e)
{
	const struct x509_bundle *b = &k->chain;

	if (b->n &&
	    !bytes_equal(pubkey_spki_sha256(x509_pubkey(b->certs[0])), pubkey_spki_sha256(k->pub), 32))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "signing key: the first certificate (%s) is for another key",
		    x509_subject_text(b->certs[0]));
	for (size_t i = 1; i < b->n; i++)
		if (!x509_issued_by(k->c, b->certs[i - 1], b->certs[i], (unsigned)(i - 1), e))
			return att_within(e, "signing key: certificate %zu", i);
	return true;
}

bool att_signing_key_load(struct att_bytes pem_key, struct att_bytes pem_certs, struct att_signing_key **out,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(att_signing_key) k = key_new(e);

	if (!k)
		return false;
	if (!privkey_from_pem((const char *)pem_key.data, pem_key.len, &k->priv, e) ||
	    !key_finish(k, e))
		return att_within(e, "signing key");
	if (pem_certs.len && !x509_bundle_parse(k->c, pem_certs.data, pem_certs.len, &k->chain, e))
		return att_within(e, "signing key: certificates");
	if (!chain_fits(k, e))
		return false;
	*out = ATT_STEAL(k);
	return true;
}

bool att_signing_key_export(const struct att_signing_key *k, char **pem, size_t *len, struct att_error *e)
{
	struct secret s = { 0 };
	bool ok;

	if (!privkey_to_pem(k->priv, &s, e))
		return att_within(e, "signing key");
	ok = token_give((const char *)s.p, s.len, pem, e);
	if (ok)
		*len = s.len;
	secret_clear(&s);
	return ok;
}

void att_secret_free(char *p, size_t len)
{
	if (!p)
		return;
	secret_wipe(p, len);
	free(p);
}

/* spec: rest-api §6.4, as MAA's: CN is the issuer, subject = issuer, CA:FALSE, key identifiers. */
bool att_signing_key_self_certify(struct att_signing_key *k, const char *issuer, int64_t not_before_s,
    int64_t not_after_s, struct att_error *e)
{
	char cn[CN_MAX + 1];
	struct x509_rdn name = { "CN", cn };
	struct x509_template t = {
		.subject = &name, .nsubject = 1, .issuer = &name, .nissuer = 1,
		.not_before_s = not_before_s, .not_after_s = not_after_s,
		.pathlen = -1, .with_bc = true, .key_usage = 1 /* digitalSignature */, .key_ids = true,
		.alg = k->alg->sig,
	};
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;
	struct x509_bundle b = { 0 };

	if (!token_issuer_ok(issuer, e) ||
	    !crypto_random(&t.serial, sizeof t.serial, e))
		return false;
	if (not_before_s >= not_after_s)
		return att_fail(
		    e, ATT_E_BAD_FORMAT, "signing key: the certificate would end before it begins");
	/* An X.500 name holds 64 characters; a longer issuer is cut in this label, never in iss. */
	bytes_copy(cn, issuer, strnlen(issuer, CN_MAX));
	cn[strnlen(issuer, CN_MAX)] = 0;
	t.serial = t.serial >> 1 | 1;
	if (!x509_make(k->c, &t, k->pub, k->priv, &cert, e) ||
	    !x509_bundle_add(&b, cert, e))
		return att_within(e, "signing key: certificate");
	x509_bundle_clear(&k->chain);
	k->chain = b;
	return true;
}

bool att_signing_key_certs(const struct att_signing_key *k, char **pem, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(TOKEN_MEMORY);
	struct buf b = buf_make(a);

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "signing key: out of memory");
	if (k->chain.n == 0)
		return att_fail(e, ATT_E_OPERATION, "signing key: it has no certificate yet");
	for (size_t i = 0; i < k->chain.n; i++) {
		size_t n;
		const uint8_t *der = x509_der(k->chain.certs[i], &n);
		char *text = x509_to_pem(a, der, n);

		if (!text)
			return arena_fail(a, e);
		buf_str(&b, text);
	}
	return buf_ok(&b, e) && token_give(b.p, b.len, pem, e);
}

void att_signing_key_free(struct att_signing_key *k)
{
	if (!k)
		return;
	x509_bundle_clear(&k->chain);
	pubkey_free(k->pub);
	privkey_free(k->priv);
	crypto_free(k->c);
	free(k);
}

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/secret.h"
#include "sim/dcap_plan.h"

#define BEGIN "-----BEGIN PRIVATE KEY"
#define NEXT "-----BEGIN "
#define PEM_MAX 8192

/* The keys in the order of the file. */
static const size_t offsets[] = {
	offsetof(struct sim_dcap_keys, root), offsetof(struct sim_dcap_keys, ca),
	offsetof(struct sim_dcap_keys, tcb_signer), offsetof(struct sim_dcap_keys, pck),
	offsetof(struct sim_dcap_keys, attestation), offsetof(struct sim_dcap_keys, other),
};
#define NKEYS (sizeof offsets / sizeof offsets[0])

static struct privkey **key_at(const struct sim_dcap_keys *k, size_t i)
{
	return (struct privkey **)(uintptr_t)((const char *)k + offsets[i]);
}

void sim_dcap_keys_clear(struct sim_dcap_keys *k)
{
	for (size_t i = 0; i < NKEYS; i++)
		privkey_free(*key_at(k, i));
	x509_cert_free(k->root_cert);
	*k = (struct sim_dcap_keys){ 0 };
}

bool sim_dcap_keys_generate(struct crypto *c, int64_t now_s, struct sim_dcap_keys *out, struct att_error *e)
{
	struct sim_dcap_keys k = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < NKEYS; i++)
		ok = privkey_generate(KEY_P256, 0, key_at(&k, i), e);
	if (ok && dcap_root_make(c, k.root, now_s, &k.root_cert, e)) {
		*out = k;
		return true;
	}
	sim_dcap_keys_clear(&k);
	return false;
}

/* The one certificate of the file. */
static bool load_root(struct crypto *c, struct att_bytes pem, struct x509_cert **out, struct att_error *e)
{
	struct x509_bundle b = { 0 };
	bool ok = x509_bundle_parse(c, pem.data, pem.len, &b, e) &&
	    (b.n == 1 || att_fail(e, ATT_E_BAD_FORMAT, "simulator keys: %zu certificates, want 1", b.n));

	if (ok)
		*out = x509_cert_ref(b.certs[0]);
	x509_bundle_clear(&b);
	return ok;
}

/* One key, whose text ends where the next begins. */
static bool load(const char **at, const char *end, struct privkey **out, struct att_error *e)
{
	const char *begin = memmem(*at, (size_t)(end - *at), BEGIN, strlen(BEGIN));
	const char *next = begin ? memmem(begin + 1, (size_t)(end - begin - 1), NEXT, strlen(NEXT)) : NULL;

	if (!begin)
		return att_fail(e, ATT_E_TRUNCATED, "want %zu private keys in PEM", NKEYS);
	*at = next ? next : end;
	if (!privkey_from_pem(begin, (size_t)(*at - begin), out, e))
		return false;
	return privkey_kind(*out) == KEY_P256 || att_fail(e, ATT_E_UNSUPPORTED, "want P-256 keys");
}

bool sim_dcap_keys_load(struct crypto *c, struct att_bytes pem, struct sim_dcap_keys *out,
    struct att_error *e)
{
	const char *at = (const char *)pem.data, *end = at + pem.len;
	struct sim_dcap_keys k = { 0 };

	if (!at || pem.len > PEM_MAX)
		return att_fail(e, ATT_E_LIMIT, "simulator keys: %zu bytes, want 1 to %d", pem.len,
		    PEM_MAX);
	for (size_t i = 0; i < NKEYS; i++)
		if (!load(&at, end, key_at(&k, i), e)) {
			sim_dcap_keys_clear(&k);
			return att_within(e, "simulator keys[%zu]", i);
		}
	if (!load_root(c, (struct att_bytes){ (const uint8_t *)at, (size_t)(end - at) }, &k.root_cert, e)) {
		sim_dcap_keys_clear(&k);
		return false;
	}
	*out = k;
	return true;
}

bool sim_dcap_keys_save(const struct sim_dcap_keys *k, struct arena *a, struct sim_bytes *pem,
    struct att_error *e)
{
	struct buf b = buf_make(a);
	const char *root;
	const uint8_t *der;
	size_t n;

	for (size_t i = 0; i < NKEYS; i++) {
		struct secret s = { 0 };
		if (!privkey_to_pem(*key_at(k, i), &s, e))
			return false;
		buf_put(&b, s.p, s.len);
		secret_clear(&s);
	}
	der = x509_der(k->root_cert, &n);
	root = x509_to_pem(a, der, n);
	buf_str(&b, root ? root : "");
	if (!root || !buf_ok(&b, e))
		return arena_fail(a, e);
	*pem = (struct sim_bytes){ (const uint8_t *)b.p, b.len };
	return true;
}

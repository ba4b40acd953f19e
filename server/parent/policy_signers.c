/* The operator's own PEM files: decoded here, so that nobody else has to open them.  Used while a
 * provider has none. */
#include <ctype.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "server/datadir/datadir.h"
#include "server/parent/parent.h"

#define PEM_FILE_MAX (256 * KIB)

static void put_certificate(struct buf *b, const gnutls_datum_t *der)
{
	uint8_t sha1[20];
	char thumbprint[41];

	b->failed |= gnutls_hash_fast(GNUTLS_DIG_SHA1, der->data, der->size, sha1) < 0;
	hex_encode(sha1, sizeof sha1, thumbprint);
	for (char *t = thumbprint; *t; t++)
		*t = (char)toupper((unsigned char)*t);
	buf_le32_block(b, thumbprint, strlen(thumbprint));
	buf_le32_block(b, der->data, der->size);
}

/* Every certificate of the list, which is freed. */
static bool put_list(struct buf *b, gnutls_x509_crt_t *list, unsigned n, struct att_error *e)
{
	bool ok = true;

	for (unsigned i = 0; i < n; i++) {
		gnutls_datum_t der = { 0 };
		ok = ok && gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &der) == 0;
		if (ok)
			put_certificate(b, &der);
		gnutls_free(der.data);
		gnutls_x509_crt_deinit(list[i]);
	}
	gnutls_free(list);
	return ok || att_fail(e, ATT_E_INTERNAL, "the certificate cannot be written as DER");
}

static bool put_file(struct buf *b, const char *path, struct att_error *e)
{
	struct secret pem = { 0 };
	gnutls_datum_t text;
	gnutls_x509_crt_t *list = NULL;
	unsigned n = 0;
	int rc;

	if (!file_read(path, PEM_FILE_MAX, &pem, e))
		return false;
	text = (gnutls_datum_t){ pem.p, (unsigned)pem.len };
	rc = gnutls_x509_crt_list_import2(&list, &n, &text, GNUTLS_X509_FMT_PEM, 0);
	secret_clear(&pem);
	if (rc < 0)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: %s, want certificates as PEM", path,
		    gnutls_strerror(rc));
	return put_list(b, list, n, e);
}

bool policy_signers_read(const struct config *c, struct arena *a, struct block *out, struct att_error *e)
{
	struct buf all = buf_make(a);

	for (unsigned i = 0; i < c->providers_count; i++) {
		const struct config_provider *p = &c->providers[i];
		struct buf one = buf_make(a);

		for (unsigned k = 0; k < p->policy_signers_count; k++)
			if (!put_file(&one, p->policy_signers[k], e))
				return att_within(e, "providers[%u].policy_signers", i);
		if (!buf_ok(&one, e))
			return false;
		buf_le32_block(&all, one.p, one.len);
	}
	*out = (struct block){ all.p ? all.p : "", all.len };
	return buf_ok(&all, e);
}

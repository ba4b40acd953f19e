/*
 * key_file.h - token-signing keys as files of the signer:
 * keys/<provider>.<algorithm>.{key.pem,cert.pem,issuer}.
 *
 * A key is made at the first start and kept.  Its self-signed certificate names the issuer, as MAA's does;
 * when the issuer changes, only the certificate is made anew, so the kid stays.
 */
#ifndef SERVER_SIGNER_KEY_FILE_H
#define SERVER_SIGNER_KEY_FILE_H

#include "lib/base/err.h"
#include "libattest/token.h"

/* "RS256", "ES256", "ES384" */
ATT_CHECK bool key_alg_parse(const char *name, enum att_token_alg *out, struct att_error *e);

struct key_file {
	const char *data_dir, *provider, *algorithm, *issuer;
	int64_t now_s;
};
/* Loads the key, or makes and stores it.  Freed with att_signing_key_free(). */
ATT_CHECK bool key_file_open(const struct key_file *f, struct att_signing_key **out, struct att_error *e);

#endif

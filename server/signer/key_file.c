#include "server/signer/key_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/datadir/datadir.h"
#include "server/log/log.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)
#define CERT_BACKDATE_S ((int64_t)24 * 3600)
#define CERT_LIFETIME_S ((int64_t)20 * 365 * 24 * 3600)

static const struct { const char *name; enum att_token_alg alg; } algs[] = {
	{ "RS256", ATT_RS256 },
	{ "ES256", ATT_ES256 },
	{ "ES384", ATT_ES384 },
};

bool key_alg_parse(const char *name, enum att_token_alg *out, struct att_error *e)
{
	for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
		if (strcmp(algs[i].name, name) == 0) {
			*out = algs[i].alg;
			return true;
		}
	return att_fail(e, ATT_E_UNSUPPORTED, "token.algorithm: %s, want RS256, ES256 or ES384", name);
}

static bool part_path(const struct key_file *f, const char *part, char out[DATADIR_PATH_MAX],
    struct att_error *e)
{
	char name[256];

	(void)snprintf(name, sizeof name, "%s.%s.%s", f->provider, f->algorithm, part);
	return datadir_path(f->data_dir, DATADIR_KEYS, name, out, e);
}

static bool write_part(const struct key_file *f, const char *part, const char *text, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];

	return part_path(f, part, path, e) && file_write(path, text, strlen(text), e);
}

static bool read_part(const struct key_file *f, const char *part, struct secret *out, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];

	return part_path(f, part, path, e) && file_read(path, KEY_FILE_MAX, out, e);
}

/* The issuer is written last: while it is absent or another one, the certificate is made again. */
static bool certify(const struct key_file *f, struct att_signing_key *k, struct att_error *e)
{
	char *certs = NULL;
	bool ok = att_signing_key_self_certify(k, f->issuer, f->now_s - CERT_BACKDATE_S,
	    f->now_s + CERT_LIFETIME_S, e) &&
	    att_signing_key_certs(k, &certs, e) && write_part(f, "cert.pem", certs, e) &&
	    write_part(f, "issuer", f->issuer, e);

	free(certs);
	return ok;
}

static bool store_key(const struct key_file *f, const struct att_signing_key *k, struct att_error *e)
{
	char *pem = NULL;
	size_t n = 0;
	bool ok;

	if (!att_signing_key_export(k, &pem, &n, e))
		return false;
	ok = write_part(f, "key.pem", pem, e);
	att_secret_free(pem, n);
	return ok;
}

static bool create(const struct key_file *f, struct att_signing_key **out, struct att_error *e)
{
	struct att_signing_key *k = NULL;
	enum att_token_alg alg;

	if (!key_alg_parse(f->algorithm, &alg, e) || !att_signing_key_generate(alg, &k, e))
		return false;
	if (!store_key(f, k, e) || !certify(f, k, e)) {
		att_signing_key_free(k);
		return false;
	}
	log_event(LOG_INFO, "key.created", "provider", "%s", f->provider, "algorithm", "%s", f->algorithm,
	    NULL);
	*out = k;
	return true;
}

static bool issuer_is_current(const struct key_file *f)
{
	struct secret issuer = { 0 };
	bool same = read_part(f, "issuer", &issuer, NULL) && strcmp((const char *)issuer.p, f->issuer) == 0;

	secret_clear(&issuer);
	return same;
}

static bool load(const struct key_file *f, struct att_signing_key **out, struct att_error *e)
{
	struct secret key = { 0 }, certs = { 0 };
	bool current = issuer_is_current(f), ok;

	ok = read_part(f, "key.pem", &key, e) && (!current || read_part(f, "cert.pem", &certs, e)) &&
	    att_signing_key_load((struct att_bytes){ key.p, key.len },
	    (struct att_bytes){ certs.p, certs.len }, out, e);
	secret_clear(&key);
	secret_clear(&certs);
	if (!ok)
		return att_within(e, "signing key of provider %s", f->provider);
	if (current || certify(f, *out, e))
		return true;
	att_signing_key_free(*out);
	*out = NULL;
	return false;
}

bool key_file_open(const struct key_file *f, struct att_signing_key **out, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];

	if (!part_path(f, "key.pem", path, e))
		return false;
	return file_exists(path) ? load(f, out, e) : create(f, out, e);
}

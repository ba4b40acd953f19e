#include "server/signer/ak_ca.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/crypto/crypto.h"
#include "libattest/token.h"
#include "server/datadir/datadir.h"
#include "server/log/log.h"

#define KEY_FILE_MAX ((size_t)16 * 1024)

static bool part_path(const char *data_dir, const char *provider, const char *part,
    char out[DATADIR_PATH_MAX],
    struct att_error *e)
{
	char name[256];

	(void)snprintf(name, sizeof name, "%s.ak-ca.%s", provider, part);
	return datadir_path(data_dir, DATADIR_KEYS, name, out, e);
}

static bool create(const char *path, const char *provider, struct att_ak_ca **out, struct att_error *e)
{
	struct att_ak_ca *ca;
	char *pem = NULL;
	size_t n = 0;
	bool ok;

	if (!att_ak_ca_generate(&ca, e))
		return false;
	ok = att_ak_ca_export(ca, &pem, &n, e) && file_write(path, pem, n, e);
	att_secret_free(pem, n);
	if (!ok) {
		att_ak_ca_free(ca);
		return false;
	}
	log_event(LOG_INFO, "key.created", "provider", "%s", provider, "use", "ak-ca", NULL);
	*out = ca;
	return true;
}

static bool load(const char *key_path, const char *cert_path, struct att_ak_ca **out, struct att_error *e)
{
	struct secret key = { 0 }, cert = { 0 };
	bool ok = file_read(key_path, KEY_FILE_MAX, &key, e) &&
	    (!file_exists(cert_path) || file_read(cert_path, KEY_FILE_MAX, &cert, e)) &&
	    att_ak_ca_load((struct att_bytes){ key.p, key.len }, (struct att_bytes){ cert.p,
	    cert.len }, out, e);

	secret_clear(&key);
	secret_clear(&cert);
	return ok;
}

static bool certify(struct att_ak_ca *ca, const char *path, const char *provider, int64_t now_s,
    struct att_error *e)
{
	struct att_bytes der;
	uint64_t serial;

	if (!crypto_random(&serial, sizeof serial, e) || !att_ak_ca_certify(ca, provider, now_s, serial, e))
		return false;
	der = att_ak_ca_certificate(ca);
	return file_write(path, der.data, der.len, e);
}

bool ak_ca_open(const char *data_dir, const char *provider, int64_t now_s, struct att_ak_ca **out,
    struct att_error *e)
{
	char key[DATADIR_PATH_MAX], cert[DATADIR_PATH_MAX];
	struct att_ak_ca *ca = NULL;

	if (!part_path(data_dir, provider, "key.pem", key, e) ||
	    !part_path(data_dir, provider, "cert.der", cert, e) ||
	    !(file_exists(key) ? load(key, cert, &ca, e) : create(key, provider, &ca, e)))
		return att_within(e, "AK CA of provider %s", provider);
	if (!att_ak_ca_is_current(ca, now_s) && !certify(ca, cert, provider, now_s, e)) {
		att_ak_ca_free(ca);
		return false;
	}
	*out = ca;
	return true;
}

/* The state that the client carried; empty when it is none of ours. */
static bool open_state(const struct ak_issuer *own, const struct frame *f, struct att_bytes *out,
    struct att_error *e)
{
	static const uint8_t purpose = SEAL_TPM_ENROL;
	struct frame ask = { .op = OP_OPEN, .provider = f->provider };
	struct att_error why = { 0 };
	struct rd state;

	ask.block[0] = rd_make(&purpose, 1);
	ask.block[1] = f->block[0];
	*out = (struct att_bytes){ 0 };
	if (sealing_answer(&own->sealing, &ask, &state, &why)) {
		*out = (struct att_bytes){ rd_ptr(&state), rd_left(&state) };
		return true;
	}
	return why.code == ATT_E_NOT_AUTHENTIC || why.code == ATT_E_BAD_FORMAT ||
	    att_fail(e, why.code, "%s", why.text);
}

static bool put_certificate(const struct ak_issuer *own, struct att_bytes ak_public, struct rd *out,
    struct att_error *e)
{
	struct buf b = buf_make(own->sealing.memory);
	struct att_ak_terms terms = { .now_s = own->now_s, .lifetime_s = own->lifetime_s };
	struct att_ak_certificate made;

	if (!crypto_random(&terms.serial, sizeof terms.serial, e) ||
	    !att_ak_ca_issue(own->ca, ak_public, &terms, &made, e))
		return false;
	buf_le64(&b, (uint64_t)made.expires_s);
	buf_put(&b, made.der.data, made.der.len);
	free((void *)(uintptr_t)made.der.data);
	*out = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

static bool issue(const struct ak_issuer *own, const struct frame *f, struct rd *out, struct att_error *e)
{
	struct att_bytes secret = { rd_ptr(&f->block[1]), rd_left(&f->block[1]) }, state;
	struct att_enrolment *o;
	bool ok;

	if (!open_state(own, f, &state, e) || !att_enrol_finish(state, secret, own->now_s, &o, e))
		return false;
	ok = o->accepted ? put_certificate(own, o->ak_public, out, e) :
	    att_fail(e, o->error.code, "%s", o->error.text);
	att_enrolment_free(o);
	return ok;
}

bool ak_ca_answer(const struct ak_issuer *own, const struct frame *f, struct rd *out, struct att_error *e)
{
	struct att_bytes der = att_ak_ca_certificate(own->ca);

	if (f->op == OP_ENROL_ISSUE)
		return issue(own, f, out, e);
	*out = rd_make(der.data, der.len);
	return true;
}

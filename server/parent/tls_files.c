/*
 * A private certification authority for the first start.  Its key signs one certificate and is forgotten:
 * whoever trusts tls/ca.pem trusts this one server key and nothing that could be made later.  An operator
 * who has certificates of their own puts them at tls/server.pem and tls/server.key.
 */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/auto.h"
#include "server/datadir/datadir.h"
#include "server/log/log.h"
#include "server/parent/parent.h"

#define VALIDITY_S ((time_t)10 * 365 * 24 * 3600)
#define BACKDATE_S ((time_t)24 * 3600)
#define SERIAL_BYTES 16
#define KEY_ID_MAX 64

struct key_and_cert {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t cert;
};

static void clear(struct key_and_cert *p)
{
	if (p->key)
		gnutls_x509_privkey_deinit(p->key);     /* wipes the numbers */
	if (p->cert)
		gnutls_x509_crt_deinit(p->cert);
}

/* Every step in order until one fails; rc is the library's code. */
static int common_fields(struct key_and_cert *p, const char *cn)
{
	uint8_t serial[SERIAL_BYTES], id[KEY_ID_MAX];
	size_t id_len = sizeof id;
	time_t now = time(NULL);
	int rc;

	if (getrandom(serial, sizeof serial, 0) != (ssize_t)sizeof serial)
		return GNUTLS_E_RANDOM_FAILED;
	serial[0] &= 0x7f;      /* positive and minimal in DER */
	serial[0] |= 0x40;
	if ((rc = gnutls_x509_privkey_init(&p->key)) < 0 ||
	    (rc = gnutls_x509_privkey_generate(p->key, GNUTLS_PK_ECDSA,
	    (unsigned)GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0)) < 0 ||
	    (rc = gnutls_x509_crt_init(&p->cert)) < 0 ||
	    (rc = gnutls_x509_crt_set_version(p->cert, 3)) < 0 ||
	    (rc = gnutls_x509_crt_set_serial(p->cert, serial, sizeof serial)) < 0 ||
	    (rc = gnutls_x509_crt_set_activation_time(p->cert, now - BACKDATE_S)) < 0 ||
	    (rc = gnutls_x509_crt_set_expiration_time(p->cert, now + VALIDITY_S)) < 0 ||
	    (rc = gnutls_x509_crt_set_dn_by_oid(p->cert, GNUTLS_OID_X520_COMMON_NAME, 0, cn,
	    (unsigned)strlen(cn))) < 0 ||
	    (rc = gnutls_x509_crt_set_key(p->cert, p->key)) < 0 ||
	    (rc = gnutls_x509_crt_get_key_id(p->cert, 0, id, &id_len)) < 0 ||
	    (rc = gnutls_x509_crt_set_subject_key_id(p->cert, id, id_len)) < 0)
		return rc;
	return 0;
}

static int make_ca(struct key_and_cert *ca)
{
	int rc = common_fields(ca, "attestd private CA");

	if (rc < 0 || (rc = gnutls_x509_crt_set_basic_constraints(ca->cert, 1, 0)) < 0 ||
	    (rc = gnutls_x509_crt_set_key_usage(ca->cert, GNUTLS_KEY_KEY_CERT_SIGN)) < 0)
		return rc;
	return gnutls_x509_crt_sign2(ca->cert, ca->cert, ca->key, GNUTLS_DIG_SHA256, 0);
}

static int add_name(gnutls_x509_crt_t cert, const char *host)
{
	uint8_t ip[16];
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, host, ip) == 1)
		return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_IPADDRESS, ip,
		    family == AF_INET6 ? 16 : 4, GNUTLS_FSAN_APPEND);
	return gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, host, (unsigned)strlen(host),
	    GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t cert, const char *listen_host)
{
	char self[HOST_NAME_MAX + 1] = { 0 };
	const char *names[] = { "localhost", "127.0.0.1", "::1", self, listen_host };
	int rc = 0;

	(void)gethostname(self, sizeof self - 1);
	for (size_t i = 0; rc >= 0 && i < sizeof names / sizeof *names; i++) {
		bool seen = names[i][0] == 0;
		for (size_t k = 0; k < i; k++)
			seen |= strcmp(names[i], names[k]) == 0;
		if (!seen)
			rc = add_name(cert, names[i]);
	}
	return rc;
}

static int make_server(struct key_and_cert *server, const struct key_and_cert *ca, const char *listen_host)
{
	uint8_t id[KEY_ID_MAX];
	size_t n = sizeof id;
	int rc = common_fields(server, "attestd");

	if (rc < 0 || (rc = gnutls_x509_crt_set_basic_constraints(server->cert, 0, -1)) < 0 ||
	    (rc = gnutls_x509_crt_set_key_usage(server->cert, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0 ||
	    (rc = gnutls_x509_crt_set_key_purpose_oid(server->cert, GNUTLS_KP_TLS_WWW_SERVER, 0)) < 0 ||
	    (rc = gnutls_x509_crt_get_subject_key_id(ca->cert, id, &n, NULL)) < 0 ||
	    (rc = gnutls_x509_crt_set_authority_key_id(server->cert, id, n)) < 0 ||
	    (rc = add_names(server->cert, listen_host)) < 0)
		return rc;
	return gnutls_x509_crt_sign2(server->cert, ca->cert, ca->key, GNUTLS_DIG_SHA256, 0);
}

static bool write_pem(const char *dir, const char *name, gnutls_datum_t *pem, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];
	bool ok = datadir_path(dir, DATADIR_TLS, name, path, e) && file_write(path, pem->data, pem->size, e);

	secret_wipe(pem->data, pem->size);
	gnutls_free(pem->data);
	return ok;
}

/* The server certificate last: while it is absent, everything is made again. */
static bool store(const char *dir, const struct key_and_cert *ca, const struct key_and_cert *server,
    struct att_error *e)
{
	gnutls_datum_t pem = { 0 };

	if (gnutls_x509_crt_export2(ca->cert, GNUTLS_X509_FMT_PEM, &pem) < 0 ||
	    !write_pem(dir, "ca.pem", &pem, e))
		return att_fail(e, ATT_E_INTERNAL, "tls: cannot store the CA certificate");
	if (gnutls_x509_privkey_export2_pkcs8(server->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
	    &pem) < 0 ||
	    !write_pem(dir, "server.key", &pem, e))
		return att_fail(e, ATT_E_INTERNAL, "tls: cannot store the server key");
	if (gnutls_x509_crt_export2(server->cert, GNUTLS_X509_FMT_PEM, &pem) < 0 ||
	    !write_pem(dir, "server.pem", &pem, e))
		return att_fail(e, ATT_E_INTERNAL, "tls: cannot store the server certificate");
	return true;
}

bool tls_files_make(const char *data_dir, const char *listen_host, struct att_error *e)
{
	struct key_and_cert ca = { 0 }, server = { 0 };
	char path[DATADIR_PATH_MAX];
	int rc;
	bool ok;

	if (!datadir_path(data_dir, DATADIR_TLS, "server.pem", path, e))
		return false;
	if (file_exists(path))
		return true;
	rc = make_ca(&ca);
	if (rc >= 0)
		rc = make_server(&server, &ca, listen_host);
	ok = rc >= 0 ? store(data_dir, &ca, &server, e) :
	    att_fail(e, ATT_E_INTERNAL, "tls: %s", gnutls_strerror(rc));
	clear(&ca);
	clear(&server);
	if (ok)
		log_event(LOG_INFO, "tls.created", "certificate", "%s", path, NULL);
	return ok;
}

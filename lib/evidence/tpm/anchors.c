/* anchors.c - what is compiled in: roots as pins, and issuers that clients never send. */
#include <string.h>

#include "lib/base/hex.h"
#include "lib/evidence/tpm/issuers.h"

static const struct {
	const char *name;
	const char *spki_sha256;
} pins[] = {
	{ "Azure Virtual TPM Root Certificate Authority 2023",
	  "5cbc52672ae101263c2976736044a964c1182ce9412c39937183baddcccb8cdf" },
	{ "Microsoft RSA Devices Root CA 2021",
	  "d61ed293962f1f6ceb26ea9ec1c5a8c6cab38e73671f27c22df90e47977707ff" },
};

bool tpm_root_pinned(const uint8_t spki_sha256[32])
{
	char text[65];

	hex_encode(spki_sha256, 32, text);
	for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
		if (strcmp(pins[i].spki_sha256, text) == 0)
			return true;
	return false;
}

static const struct tpm_issuer issuers[] = {
#define X(name, pathlen, not_before, not_after, subject, spki) \
	{ name, pathlen, not_before, not_after, subject, spki },
#include "lib/evidence/tpm/issuers.tbl"
#undef X
};

#define NAME_DER_MAX 512
#define SPKI_DER_MAX 1024

static bool names(const struct tpm_issuer *i, const struct x509_cert *cert)
{
	struct rd want = x509_issuer_der(cert);
	size_t n = strlen(i->subject) / 2;
	uint8_t der[NAME_DER_MAX];

	return n <= sizeof der && hex_decode(i->subject, 2 * n, der, n, NULL) && n == rd_left(&want) &&
	    bytes_equal(der, rd_ptr(&want), n);
}

static bool signs(
    struct crypto *c, const struct tpm_issuer *i, const struct x509_cert *cert, struct att_error *e)
{
	ATT_AUTO_STRUCT(pubkey) key = NULL;
	size_t n = strlen(i->spki) / 2;
	uint8_t der[SPKI_DER_MAX];

	return n <= sizeof der && hex_decode(i->spki, 2 * n, der, n, e) &&
	    pubkey_from_spki(c, der, n, &key, e) && x509_signed_by_key(c, cert, key, e);
}

const struct tpm_issuer *tpm_issuer_of(struct crypto *c, const struct x509_cert *cert, unsigned below,
    struct att_error *e)
{
	for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++)
		if (names(&issuers[i], cert) && below <= issuers[i].pathlen && signs(c, &issuers[i], cert, e))
			return &issuers[i];
	return NULL;
}

/*
 * efi_cert.c - the parts of a certificate that signature lists refer to. spec: RFC 5280 section
 * 4.1
 */
#include "lib/base/utf8.h"
#include "lib/crypto/der.h"
#include "lib/evidence/eventlog/siglist.h"

/*
 * id-at-commonName, id-at-organizationName: what names a certificate for people, the better
 * first.
 */
static const uint8_t names[][3] = { { 0x55, 0x04, 0x03 }, { 0x55, 0x04, 0x0a } };

/* Two-byte characters lose their zero bytes: a list entry is named for people only. */
static void put_name(struct rd text, uint8_t tag, char out[CERT_NAME_MAX])
{
	size_t n = 0;
	uint8_t b;

	while (n < CERT_NAME_MAX - 1 && rd_u8(&text, &b)) {
		if (tag == DER_BMP && b == 0)
			continue;
		out[n++] = (char)b;
	}
	out[n] = 0;
	utf8_mask(out);
}

/* The last attribute of this type in a subject. */
static void read_name(struct rd subject, const uint8_t oid_wanted[3], char out[CERT_NAME_MAX])
{
	struct rd rdn, pair, oid, value;
	uint8_t tag;

	while (der_take(&subject, DER_SET, &rdn))
		if (der_take(&rdn, DER_SEQUENCE, &pair) && der_take(&pair, DER_OID, &oid) &&
		    der_is(&oid, oid_wanted, sizeof names[0]) && der_any(&pair, &tag, &value))
			put_name(value, tag, out);
}

/* From the inside of TBSCertificate: subject and SubjectPublicKeyInfo. */
static bool read_tbs(struct rd in, struct rd *subject, struct rd *spki)
{
	struct rd skipped;

	return (!der_peek(&in, DER_CTX_CONS(0)) || der_take(&in, DER_CTX_CONS(0), &skipped)) &&
	    der_take(&in, DER_INTEGER, &skipped) && der_take(&in, DER_SEQUENCE, &skipped) &&
	    der_take(&in, DER_SEQUENCE, &skipped) && der_take(&in, DER_SEQUENCE, &skipped) &&
	    der_take(&in, DER_SEQUENCE, subject) &&
	    der_take_whole(&in, DER_SEQUENCE, spki, &skipped);
}

bool efi_cert_read(struct crypto *c, struct rd der, struct efi_cert *out, struct rd *whole,
    struct att_error *e)
{
	struct rd inside, tbs, tbs_inside, subject, spki, all;
	struct efi_cert t = { 0 };

	if (!der_take_whole(&der, DER_SEQUENCE, &all, &inside) ||
	    !der_take_whole(&inside, DER_SEQUENCE, &tbs, &tbs_inside) ||
	    !read_tbs(tbs_inside, &subject, &spki))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "signature list: entry is no X.509 certificate");
	if (!digest(c, DIGEST_SHA256, rd_ptr(&all), rd_left(&all), t.sha256, e) ||
	    !digest(c, DIGEST_SHA256, rd_ptr(&spki), rd_left(&spki), t.spki_sha256, e) ||
	    !digest(c, DIGEST_SHA256, rd_ptr(&tbs), rd_left(&tbs), t.tbs_sha256, e) ||
	    !digest(c, DIGEST_SHA384, rd_ptr(&tbs), rd_left(&tbs), t.tbs_sha384, e) ||
	    !digest(c, DIGEST_SHA512, rd_ptr(&tbs), rd_left(&tbs), t.tbs_sha512, e))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof names[0] && !t.name[0]; i++)
		read_name(subject, names[i], t.name);
	*out = t;
	*whole = all;
	return true;
}

/*
 * pcrs.c - quoted PCR values, as the JSON that policies look into. spec: policy-language §9
 *
 * Azure's documentation shows digests as base64url in one place and as hex in another, newer one:
 * Digests has hex, DigestsBase64Url the other.
 */
#include "lib/base/hex.h"
#include "lib/evidence/maatpm/text.h"

static const char *const names[] = {
	[DIGEST_SHA1] = "SHA1",
	[DIGEST_SHA256] = "SHA256",
	[DIGEST_SHA384] = "SHA384",
	[DIGEST_SHA512] = "SHA512",
};

static void put_digest(struct buf *b, const uint8_t *value, size_t n, bool as_hex)
{
	char hex[2 * DIGEST_MAX + 1];

	if (as_hex) {
		hex_encode(value, n, hex);
		buf_str(b, hex);
		return;
	}
	maatpm_put_b64url(b, rd_make(value, n));
}

static void put_digests(const struct tpm_quoted *q, uint32_t pcr, bool as_hex, struct buf *b)
{
	bool first = true;

	for (size_t i = 0; i < TPM_BANKS; i++) {
		if (!pcr_given(&q->bank[i], pcr))
			continue;
		buf_fmt(b, "%s\"%s\":\"", first ? "" : ",", names[i]);
		put_digest(b, q->bank[i].value[pcr], digest_len((enum digest_alg)i), as_hex);
		buf_char(b, '"');
		first = false;
	}
}

bool maatpm_pcrs(
    const struct tpm_quoted *q, struct arena *a, char **text, size_t *n, struct att_error *e)
{
	struct buf b = buf_make(a);
	uint32_t quoted = 0;
	bool first = true;

	for (size_t i = 0; i < TPM_BANKS; i++)
		quoted |= q->bank[i].mask;
	buf_str(&b, "{\"PCRs\":[");
	for (uint32_t pcr = 0; pcr < PCR_COUNT; pcr++) {
		if (!(quoted >> pcr & 1))
			continue;
		buf_fmt(&b, "%s{\"Index\":%u,\"Digests\":{", first ? "" : ",", pcr);
		put_digests(q, pcr, true, &b);
		buf_str(&b, "},\"DigestsBase64Url\":{");
		put_digests(q, pcr, false, &b);
		buf_str(&b, "}}");
		first = false;
	}
	buf_str(&b, "]}");
	*text = b.p;
	*n = b.len;
	return buf_ok(&b, e);
}

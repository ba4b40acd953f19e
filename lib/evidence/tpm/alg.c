/* alg.c - hashes by TPM_ALG_ID and by name, and the words that parsers share. */
#include <string.h>

#include "lib/evidence/tpm/parts.h"

static const struct {
	uint16_t id;
	const char *name;
} hashes[] = {
	[DIGEST_SHA1] = { TPM_ALG_SHA1, "sha1" },
	[DIGEST_SHA256] = { TPM_ALG_SHA256, "sha256" },
	[DIGEST_SHA384] = { TPM_ALG_SHA384, "sha384" },
	[DIGEST_SHA512] = { TPM_ALG_SHA512, "sha512" },
};

bool tpm_hash(uint16_t id, enum digest_alg *out)
{
	for (enum digest_alg i = DIGEST_SHA1; i <= DIGEST_SHA512; i++)
		if (hashes[i].id == id) {
			*out = i;
			return true;
		}
	return false;
}

const char *tpm_hash_name(enum digest_alg alg)
{
	return hashes[alg].name;
}

bool tpm_hash_named(const char *s, enum digest_alg *out)
{
	for (enum digest_alg i = DIGEST_SHA1; i <= DIGEST_SHA512; i++)
		if (strcmp(hashes[i].name, s) == 0) {
			*out = i;
			return true;
		}
	return false;
}

bool tpm_short(struct att_error *e, const char *what, const char *field, const struct rd *in)
{
	return att_fail(e, ATT_E_TRUNCATED, "%s: %s does not fit into the %zu bytes left at offset %zu", what,
	    field, rd_left(in), rd_off(in));
}

bool tpm_take_2b(struct rd *in, const char *what, const char *field, size_t max, struct rd *out,
    struct att_error *e)
{
	struct rd body;

	if (!rd_be16_block(in, &body))
		return tpm_short(e, what, field, in);
	if (rd_left(&body) > max)
		return att_fail(e, ATT_E_LIMIT, "%s: %s of %zu bytes at offset %zu, at most %zu", what, field,
		    rd_left(&body), rd_off(&body), max);
	*out = body;
	return true;
}

bool tpm_end(const struct rd *in, const char *what, struct att_error *e)
{
	return rd_empty(in) || att_fail(e, ATT_E_BAD_FORMAT, "%s: %zu bytes behind the end at offset %zu",
	    what, rd_left(in), rd_off(in));
}

#include "bench/floor_log.h"

#define DIGEST 32

bool floor_log_make(struct floor_log *f)
{
	*f = (struct floor_log){ EVP_MD_CTX_new(), EVP_MD_fetch(NULL, "SHA256", NULL) };
	return f->ctx && f->md;
}

bool floor_log_hash(const struct floor_log *f, const void *p, size_t n, uint8_t *out)
{
	return EVP_DigestInit_ex(f->ctx, f->md, NULL) > 0 && EVP_DigestUpdate(f->ctx, p, n) > 0 &&
	    EVP_DigestFinal_ex(f->ctx, out, NULL) > 0;
}

bool floor_log_extends(const struct floor_log *f, const struct eventlog *l)
{
	uint8_t pcr[PCR_COUNT][2 * DIGEST] = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		const struct eventlog_event *ev = &l->events[i];

		if (!eventlog_extends(ev))
			continue;
		bytes_copy(pcr[ev->pcr] + DIGEST, eventlog_digest(l, i, DIGEST_SHA256), DIGEST);
		if (!floor_log_hash(f, pcr[ev->pcr], 2 * DIGEST, pcr[ev->pcr]))
			return false;
	}
	return true;
}

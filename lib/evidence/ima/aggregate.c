/* aggregate.c - boot_aggregate from PCR values. spec: tpm-eventlog §5 */
#include "lib/evidence/ima/parts.h"

static const struct { const char *name; enum digest_alg alg; } algs[] = {
	{ "sha256", DIGEST_SHA256 }, { "sha1", DIGEST_SHA1 }, { "sha384", DIGEST_SHA384 },
	    { "sha512", DIGEST_SHA512 },
};

bool ima_digest_alg(struct rd name, enum digest_alg *out)
{
	for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++)
		if (rd_is_text(&name, algs[i].name)) {
			*out = algs[i].alg;
			return true;
		}
	return false;
}

const char *ima_aggregate_text(enum ima_aggregate_result r)
{
	static const char *const texts[] = {
		[IMA_AGGREGATE_ABSENT] = "the first entry is no boot_aggregate",
		[IMA_AGGREGATE_ZERO] = "boot_aggregate is zero: IMA had no TPM",
		[IMA_AGGREGATE_NO_VALUES] =
		"the PCR values that boot_aggregate is made of were not given",
		[IMA_AGGREGATE_MATCHES_10] = "boot_aggregate is that of PCRs 0 to 9",
		[IMA_AGGREGATE_MATCHES_8] = "boot_aggregate is that of PCRs 0 to 7",
		[IMA_AGGREGATE_DIFFERS] = "boot_aggregate is not that of the PCR values",
	};

	return texts[r];
}

static const struct pcr_bank *find_bank(const struct pcr_bank *banks, size_t n, enum digest_alg alg)
{
	for (size_t i = 0; i < n; i++)
		if (banks[i].alg == alg && banks[i].mask)
			return &banks[i];
	return NULL;
}

static bool over(struct crypto *c, const struct ima_entry *en, enum digest_alg alg,
    const struct pcr_bank *b,
    size_t npcrs, bool *same, struct att_error *e)
{
	uint8_t all[10 * DIGEST_MAX], h[DIGEST_MAX];
	size_t n = digest_len(b->alg);

	*same = false;
	if ((b->mask & ((1U << npcrs) - 1)) != (1U << npcrs) - 1)
		return true;
	for (size_t i = 0; i < npcrs; i++)
		bytes_copy(all + i * n, b->value[i], n);
	if (!digest(c, alg, all, npcrs * n, h, e))
		return false;
	*same = bytes_order(h, digest_len(alg), rd_ptr(&en->digest), rd_left(&en->digest)) == 0;
	return true;
}

bool ima_boot_aggregate(const struct ima_entry *en, const struct pcr_bank *banks, size_t nbanks,
    struct crypto *c,
    enum ima_aggregate_result *out, struct att_error *e)
{
	const struct pcr_bank *b = NULL;
	enum digest_alg alg;
	bool same = false;

	*out = IMA_AGGREGATE_ABSENT;
	if (!rd_is_text(&en->path, "boot_aggregate") || rd_empty(&en->digest))
		return true;
	*out = IMA_AGGREGATE_ZERO;
	if (bytes_zero(rd_ptr(&en->digest), rd_left(&en->digest)))
		return true;
	*out = IMA_AGGREGATE_NO_VALUES;
	if (!ima_digest_alg(en->alg, &alg))
		return true;
	b = find_bank(banks, nbanks, alg);
	b = b ? b : find_bank(banks, nbanks, DIGEST_SHA256);
	b = b ? b : find_bank(banks, nbanks, DIGEST_SHA1);
	if (!b || (b->mask & 0xFF) != 0xFF)
		return true;
	if (!over(c, en, alg, b, 10, &same, e))
		return false;
	*out = same ? IMA_AGGREGATE_MATCHES_10 : IMA_AGGREGATE_DIFFERS;
	if (same)
		return true;
	if (!over(c, en, alg, b, 8, &same, e))
		return false;
	if (same)
		*out = IMA_AGGREGATE_MATCHES_8;
	else if ((b->mask & 0x3FF) != 0x3FF)
		*out = IMA_AGGREGATE_NO_VALUES;
	return true;
}

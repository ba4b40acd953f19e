/* statement.c - NCRYPT_TPM_PLATFORM_ATTESTATION_STATEMENT (ncrypt.h of the Windows SDK). spec: maa-tpm
 * §1.2 */
#include "lib/evidence/maatpm/parts.h"

#define WHAT "platform claim"

struct head {
	uint32_t magic, version, pcr_alg, signature_len, quote_len, pcrs_len;
};

static bool read_head(struct rd *in, struct head *h, enum digest_alg *alg, struct att_error *e)
{
	if (!rd_le32(in, &h->magic) || !rd_le32(in, &h->version) || !rd_le32(in, &h->pcr_alg) ||
	    !rd_le32(in, &h->signature_len) || !rd_le32(in, &h->quote_len) ||
	    !rd_le32(in, &h->pcrs_len))
		return att_fail(e, ATT_E_TRUNCATED, WHAT ": %zu bytes, shorter than its header of 24",
		    rd_off(in) + rd_left(in));
	if (h->magic != MAATPM_STATEMENT_MAGIC)
		return att_fail(e, ATT_E_BAD_FORMAT, WHAT ": magic 0x%08x, want 0x%08x", h->magic,
		    MAATPM_STATEMENT_MAGIC);
	if (h->version != 0)
		return att_fail(e, ATT_E_UNSUPPORTED, WHAT ": version %u, want 0", h->version);
	if (h->pcr_alg > UINT16_MAX || !tpm_hash((uint16_t)h->pcr_alg, alg))
		return att_fail(
		    e, ATT_E_UNSUPPORTED, WHAT ": pcrAlg 0x%x is no hash that we compute", h->pcr_alg);
	if (h->pcrs_len != PCR_COUNT * digest_len(*alg))
		return att_fail(e, ATT_E_BAD_FORMAT, WHAT ": cbPcrs %u, want %zu", h->pcrs_len,
		    PCR_COUNT * digest_len(*alg));
	return true;
}

static bool read_pcrs(struct rd *in, struct pcr_bank *b)
{
	for (size_t i = 0; i < PCR_COUNT; i++)
		if (!rd_copy(in, b->value[i], digest_len(b->alg)))
			return false;
	b->mask = (1U << PCR_COUNT) - 1;
	return true;
}

bool maatpm_statement_parse(struct rd in, struct maatpm_attestation *out, struct att_error *e)
{
	struct pcr_bank *bank = &out->banks[0];
	struct rd signature, quote;
	struct head h = { 0 };

	in = rd_make(rd_ptr(&in), rd_left(&in));
	if (!read_head(&in, &h, &bank->alg, e))
		return false;
	if (!rd_take(&in, h.signature_len, &signature) || !rd_take(&in, h.quote_len, &quote) ||
	    !read_pcrs(&in, bank))
		return att_fail(e, ATT_E_TRUNCATED,
		    WHAT ": its parts of %u, %u and %u bytes go past its end", h.signature_len,
		    h.quote_len, h.pcrs_len);
	if (!rd_empty(&in))
		return att_fail(
		    e, ATT_E_BAD_FORMAT, WHAT ": %zu bytes behind the PCR values", rd_left(&in));
	out->nbanks = 1;
	return tpm_signature_parse(signature, &out->signature, e) &&
	    tpm_attest_parse(quote, &out->quote, e);
}

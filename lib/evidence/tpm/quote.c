/* quote.c - a quote and the PCR values given with it. spec: tpm-eventlog §1.4 */
#include "lib/evidence/tpm/parts.h"

/* Each bank once: two selections of one bank would let two values stand for one PCR. */
static bool selection(const struct tpm_marks *m, const struct tpm_selection *s)
{
	uint32_t any = 0;

	for (size_t i = 0; i < s->n; i++) {
		any |= s->bank[i].mask;
		for (size_t j = 0; j < i; j++)
			if (s->bank[i].hash == s->bank[j].hash)
				return tpm_refuse(m, TPM_CHECK_QUOTE_SELECTION, "each bank selected once",
				    check_text(m->c, "bank 0x%04x twice", s->bank[i].hash));
	}
	if (any == 0)
		return tpm_refuse(m, TPM_CHECK_QUOTE_SELECTION, "at least one PCR", "none is selected");
	return tpm_pass(m, TPM_CHECK_QUOTE_SELECTION);
}

static bool bank_allowed(enum digest_alg alg, unsigned allow)
{
	return alg != DIGEST_SHA1 || (allow & TPM_ALLOW_SHA1_BANK);
}

/* Covered by one bank: halves in two banks would mix what each proves. */
static bool required(const struct tpm_marks *m, const struct tpm_selection *s, const struct tpm_expect *want,
    struct tpm_quoted *q)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct tpm_selection_bank *b = &s->bank[i];

		if (!b->known || b->mask == 0 || !bank_allowed(b->alg, want->allow) ||
		    (b->mask & want->required_mask) != want->required_mask)
			continue;
		if (q->acceptable == 0 || b->alg > q->best)
			q->best = b->alg;
		q->acceptable |= 1U << b->alg;
	}
	if (q->acceptable)
		return tpm_pass(m, TPM_CHECK_QUOTE_REQUIRED);
	return tpm_refuse(m, TPM_CHECK_QUOTE_REQUIRED,
	    check_text(m->c, "PCR mask 0x%06x in one bank of %s", want->required_mask,
		want->allow & TPM_ALLOW_SHA1_BANK ? "a known hash" : "SHA-256 or better"),
	    s->n ? check_text(m->c, "bank 0x%04x with mask 0x%06x", s->bank[0].hash, s->bank[0].mask) :
	    "nothing selected");
}

static const struct pcr_bank *given_of(const struct tpm_expect *want, enum digest_alg alg)
{
	for (size_t i = 0; i < want->ngiven; i++)
		if (want->given[i].alg == alg)
			return &want->given[i];
	return NULL;
}

/* Copies what is quoted, and nothing else: a value beside it is the attester's word only (CVE-2022-0317). */
static bool values(const struct tpm_marks *m, const struct tpm_selection *s, const struct tpm_expect *want,
    struct tpm_quoted *q)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct tpm_selection_bank *b = &s->bank[i];
		const struct pcr_bank *given = b->known ? given_of(want, b->alg) : NULL;

		for (uint32_t pcr = 0; pcr < PCR_COUNT; pcr++) {
			if (!(b->mask >> pcr & 1))
				continue;
			if (!given || !pcr_given(given, pcr))
				return tpm_refuse(m, TPM_CHECK_QUOTE_VALUES, "a value for every quoted PCR",
				    check_text(m->c, "none for PCR %u of %s", pcr,
					b->known ? tpm_hash_name(b->alg) : "a bank that we cannot compute"));
			bytes_copy(q->bank[b->alg].value[pcr], given->value[pcr], digest_len(b->alg));
		}
		if (b->known)
			q->bank[b->alg].mask = b->mask;
	}
	return tpm_pass(m, TPM_CHECK_QUOTE_VALUES);
}

/* H over the values, banks in the order of the selection; H is the signature's hash, not the bank's. */
static bool pcr_digest(const struct tpm_marks *m, struct crypto *c, const struct tpm_attest *quote,
    enum digest_alg hash, const struct tpm_quoted *q)
{
	uint8_t all[TPM_BANKS * PCR_COUNT * DIGEST_MAX], made[DIGEST_MAX];
	size_t n = 0, len = digest_len(hash);

	for (size_t i = 0; i < quote->selection.n; i++) {
		const struct tpm_selection_bank *b = &quote->selection.bank[i];

		for (uint32_t pcr = 0; pcr < PCR_COUNT; pcr++) {
			if (!(b->mask >> pcr & 1))
				continue;
			bytes_copy(all + n, q->bank[b->alg].value[pcr], digest_len(b->alg));
			n += digest_len(b->alg);
		}
	}
	if (!digest(c, hash, all, n, made, m->fault))
		return false;
	if (rd_left(&quote->digest) == len && bytes_equal(made, rd_ptr(&quote->digest), len))
		return tpm_pass(m, TPM_CHECK_QUOTE_DIGEST);
	return tpm_refuse(m, TPM_CHECK_QUOTE_DIGEST,
	    check_text(m->c, "pcrDigest %s",
		check_text_hex(m->c, rd_ptr(&quote->digest), rd_left(&quote->digest))),
	    check_text(m->c, "%s over the values given", check_text_hex(m->c, made, len)));
}

static unsigned bits(uint32_t mask)
{
	unsigned n = 0;

	for (; mask; mask &= mask - 1)
		n++;
	return n;
}

static void finish(const struct tpm_attest *quote, const struct tpm_expect *want, struct tpm_quoted *q)
{
	for (size_t i = 0; i < want->ngiven; i++)
		q->unquoted += bits(want->given[i].mask & ~q->bank[want->given[i].alg].mask);
	if (!bank_allowed(DIGEST_SHA1, want->allow))
		q->bank[DIGEST_SHA1] = (struct pcr_bank){ .alg = DIGEST_SHA1 };
	q->clock = quote->clock;
	q->firmware_version = quote->firmware_version;
}

bool tpm_quote_verify(const struct tpm_marks *m, struct crypto *c, const struct tpm_ak *ak,
    const struct tpm_attest *quote, const struct tpm_signature *sig, const struct tpm_expect *want,
    struct tpm_quoted *out)
{
	const struct tpm_signed s = { quote, sig, TPM_ST_QUOTE, TPM_CHECK_QUOTE_SCHEME,
		TPM_CHECK_QUOTE_SIGNATURE, TPM_CHECK_QUOTE_MAGIC, TPM_CHECK_QUOTE_TYPE,
		TPM_CHECK_QUOTE_NONCE };
	struct tpm_quoted *q = arena_alloc(m->c->a, sizeof *q);         /* too large for a stack frame */

	if (!q)
		return arena_fail(m->c->a, m->fault);
	for (enum digest_alg i = DIGEST_SHA1; i <= DIGEST_SHA512; i++)
		q->bank[i].alg = i;
	if (!tpm_signed_check(m, c, ak, &s, want) || !selection(m, &quote->selection) ||
	    !required(m, &quote->selection, want, q) || !values(m, &quote->selection, want, q) ||
	    !pcr_digest(m, c, quote, sig->hash, q))
		return false;
	finish(quote, want, q);
	*out = *q;
	return true;
}

bool tpm_same_boot(const struct tpm_clock *boot, const struct tpm_clock *now)
{
	return boot->reset_count == now->reset_count && boot->restart_count <= now->restart_count &&
	    (!boot->safe || !now->safe || boot->clock_ms <= now->clock_ms);
}

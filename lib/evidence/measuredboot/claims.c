/* claims.c - from facts to claims: the key, the TPM, the PCRs; the rest in claims_*.c. spec: maa-tpm §2 */
#include "lib/evidence/measuredboot/code.h"
#include "lib/evidence/measuredboot/parts.h"

#define DOUBTS_SHOWN 32

bool tell_list(const struct telling *s, const char *name, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!claims_str(s->c, name, v[i], s->e))
			return false;
	return true;
}

bool tell_pcrs(const struct telling *s, const char *name, uint32_t mask)
{
	for (unsigned i = 0; i < PCR_COUNT; i++)
		if ((mask >> i & 1) && !claims_int(s->c, name, i, s->e))
			return false;
	return true;
}

static bool tell_optional(const struct telling *s, const char *name, const char *text)
{
	return !text || !*text || claims_str(s->c, name, text, s->e);
}

static bool key_claims(const struct telling *s, const struct measuredboot_facts *f)
{
	return claims_bool(s->c, "aikValidated", f->ak.validated, s->e) &&
	    claims_str(s->c, "aikPubHash", f->ak.pub_hash, s->e) &&
	    claims_int(s->c, "tpmVersion", 2, s->e) &&
	    claims_str(s->c, "x-attestd-tpm-ak-voucher", tpm_voucher_name(f->ak.who), s->e) &&
	    tell_optional(s, "x-attestd-tpm-ak-subject", f->ak.subject) &&
	    tell_optional(s, "x-attestd-tpm-ak-root", f->ak.root) &&
	    tell_optional(s, "x-attestd-tpm-ak-doubt", f->ak.why_not);
}

/* Whose TPM the shown certificate is of; that the attestation key is in that TPM follows from
 * enrolment alone. */
static bool endorsement_claims(const struct telling *s, const struct measuredboot_facts *f)
{
	return !f->has_ek ||
	    (tell_optional(s, "x-attestd-tpm-shown-ek-manufacturer", f->ek.manufacturer) &&
		tell_optional(s, "x-attestd-tpm-shown-ek-model", f->ek.model) &&
		tell_optional(s, "x-attestd-tpm-shown-ek-version", f->ek.version) &&
		tell_optional(s, "x-attestd-tpm-shown-ek-root", f->ek.chain.root));
}

static bool quote_claims(const struct telling *s)
{
	const struct tpm_quoted *q = &s->b->quoted;
	char firmware[17];
	uint8_t be[8];

	for (unsigned i = 0; i < 8; i++)
		be[i] = (uint8_t)(q->firmware_version >> (56 - 8 * i));
	hex_encode(be, sizeof be, firmware);
	return claims_int(s->c, "x-attestd-tpm-reset-count", q->clock.reset_count, s->e) &&
	    claims_int(s->c, "x-attestd-tpm-restart-count", q->clock.restart_count, s->e) &&
	    claims_bool(s->c, "x-attestd-tpm-clock-safe", q->clock.safe, s->e) &&
	    claims_str(s->c, "x-attestd-tpm-firmware-version", firmware, s->e) &&
	    claims_str(s->c, "x-attestd-tpm-bank", tpm_hash_name(s->b->bank), s->e) &&
	    tell_pcrs(s, "x-attestd-pcrs-quoted", q->bank[s->b->bank].mask);
}

static bool put_doubt(struct arena *a, struct json *list, const struct eventlog_marks *m, size_t i)
{
	const struct eventlog_event *ev = &m->log->events[i];
	struct json *o = json_object(a);

	return json_put(a, o, "event", json_int(a, (int64_t)i)) &&
	    json_put(a, o, "pcr", json_int(a, ev->pcr)) &&
	    json_put(a, o, "type", json_string(a, eventlog_type(ev->type)->name)) &&
	    json_put(a, o, "why", json_string(a, eventlog_doubt_text(m->of[i].doubt))) &&
	    json_append(list, o);
}

/* Events that gave no claim although their data should be covered, or that came too late. */
static bool doubt_claims(const struct telling *s)
{
	const struct eventlog_marks *m = &s->b->marks;
	struct arena *a = s->c->a;
	struct json *list = json_array(a);
	size_t n = 0;

	for (size_t i = 0; s->b->marked && i < m->log->n; i++) {
		enum eventlog_doubt d = m->of[i].doubt;
		if (d != DOUBT_UNCOVERED && d != DOUBT_LATE && d != DOUBT_UNPROVEN)
			continue;
		if (n++ < DOUBTS_SHOWN && !put_doubt(a, list, m, i))
			return arena_fail(a, s->e);
	}
	return claims_int(s->c, "x-attestd-events-doubtful-count", (int64_t)n, s->e) &&
	    (n == 0 || claims_json(s->c, "x-attestd-events-doubtful", list, s->e));
}

static bool log_claims(const struct telling *s)
{
	const struct eventlog_replay *r = &s->b->replay;
	/* PCR 10 has a list of its own. */
	uint32_t by_ima = s->b->ima.matched ? 1U << IMA_PCR : 0;

	return claims_bool(s->c, "x-attestd-eventlog", s->b->log != NULL, s->e) &&
	    tell_pcrs(s, "x-attestd-pcrs-proven", r->matched | by_ima) &&
	    tell_pcrs(s, "x-attestd-pcrs-unproven", (r->differs | r->unlogged) & ~by_ima) && doubt_claims(s);
}

static bool ima_claims(const struct telling *s)
{
	const struct measuredboot_boot *b = s->b;

	if (!claims_bool(s->c, "x-attestd-ima", b->has_ima, s->e))
		return false;
	return !b->has_ima ||
	    (claims_bool(s->c, "x-attestd-ima-proven", b->ima.matched && b->ima.prefix > 0, s->e) &&
		claims_int(s->c, "x-attestd-ima-entries", (int64_t)b->ima.entries, s->e) &&
		claims_int(s->c, "x-attestd-ima-entries-proven", (int64_t)b->ima.prefix, s->e) &&
		claims_int(s->c, "x-attestd-ima-violations", (int64_t)b->ima.violations, s->e) &&
		claims_str(s->c, "x-attestd-ima-boot-aggregate", ima_aggregate_text(b->aggregate), s->e));
}

bool measuredboot_claims(
    const struct measuredboot_facts *f, const struct trust *t, struct claims *c, struct att_error *e)
{
	const struct telling s = { &f->now, t, c, e };
	bool verified;

	return key_claims(&s, f) && endorsement_claims(&s, f) && quote_claims(&s) &&
	    log_claims(&s) && secureboot_claims(&s, &verified) && chain_claims(&s, verified) &&
	    windows_claims(&s) && ima_claims(&s) && (!f->code || code_claims(f->code, c, e));
}

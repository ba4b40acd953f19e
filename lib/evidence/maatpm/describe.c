/* describe.c - a file or message as attest inspect shows it: nothing here is verified. */
#include "lib/base/hex.h"
#include "lib/evidence/maatpm/parts.h"

static struct json *hex(struct arena *a, struct rd r)
{
	char *s = hex_arena(a, rd_ptr(&r), rd_left(&r));

	return s ? json_string(a, s) : NULL;
}

static struct json *selection(struct arena *a, const struct tpm_selection *s)
{
	struct json *o = json_object(a);

	for (size_t i = 0; i < s->n; i++) {
		struct json *list = json_array(a);

		for (uint32_t pcr = 0; pcr < PCR_COUNT; pcr++)
			if (s->bank[i].mask >> pcr & 1)
				(void)json_append(list, json_int(a, pcr));
		if (!json_put(a, o, s->bank[i].known ? tpm_hash_name(s->bank[i].alg) :
			arena_printf(a, "0x%04x", s->bank[i].hash), list))
			return NULL;
	}
	return o;
}

static struct json *quote(struct arena *a, const struct tpm_attest *q)
{
	struct json *o = json_object(a);

	if (!json_put(a, o, "extraData", hex(a, q->extra_data)) ||
	    !json_put(a, o, "firmwareVersion", json_string(a, arena_printf(a, "%016llx",
		(unsigned long long)q->firmware_version))) ||
	    !json_put(a, o, "clockMs", json_uint(a, q->clock.clock_ms)) ||
	    !json_put(a, o, "resetCount", json_int(a, q->clock.reset_count)) ||
	    !json_put(a, o, "restartCount", json_int(a, q->clock.restart_count)) ||
	    !json_put(a, o, "clockSafe", json_bool(a, q->clock.safe)) ||
	    !json_put(a, o, "selection", selection(a, &q->selection)))
		return NULL;
	return o;
}

static struct json *log_entry(struct arena *a, enum tpm_log_kind kind, struct rd data)
{
	struct json *o =
	    json_put(a, json_object(a), "type", json_string(a, kind == TPM_LOG_IMA ? "ima" : "tcg"));

	return json_put(a, o, "bytes", json_int(a, (int64_t)rd_left(&data)));
}

static struct json *file(struct arena *a, const struct tpm_file *f)
{
	struct json *o = json_object(a), *quotes = json_array(a), *logs = json_array(a);

	for (size_t i = 0; i < f->nquotes; i++)
		(void)json_append(quotes, quote(a, &f->quotes[i].quote));
	for (size_t i = 0; i < f->nlogs; i++)
		(void)json_append(logs, log_entry(a, f->logs[i].kind, f->logs[i].data));
	if (!json_put(a, o, "form", json_string(a, "TPM evidence file")) ||
	    !json_put(a, o, "nonce", hex(a, f->nonce)) ||
	    !json_put(a, o, "akCert", json_bool(a, !rd_empty(&f->ak_cert))) ||
	    !json_put(a, o, "ekCert", json_bool(a, !rd_empty(&f->ek_cert))) ||
	    !json_put(a, o, "quotes", quotes) || !json_put(a, o, "logs", logs))
		return NULL;
	return o;
}

static struct json *attestation(struct arena *a, const struct maatpm_attestation *t)
{
	struct json *o = json_object(a), *logs = json_array(a);

	for (size_t i = 0; i < t->nlogs; i++)
		(void)json_append(logs, log_entry(a, t->logs[i].kind, t->logs[i].data));
	if (!json_put(a, o, "quote", quote(a, &t->quote)) ||
	    !json_put(a, o, "aikCert", json_bool(a, !rd_empty(&t->aik_cert))) ||
	    !json_put(a, o, "logs", logs))
		return NULL;
	return o;
}

static struct json *key(struct arena *a, const struct maatpm_key *k)
{
	static const char *const bindings[] = {
		[MAATPM_UNBOUND] = "none",
		[MAATPM_TPM_QUOTE] = "tpm_quote",
		[MAATPM_TPM_CERTIFY] = "tpm_certify",
	};
	struct json *o = json_put(a, json_object(a), "jwk", json_copy(a, k->jwk));

	return json_put(a, o, "binding", json_string(a, bindings[k->binding]));
}

static struct json *message(struct arena *a, const struct maatpm_evidence *ev)
{
	struct json *o = json_object(a), *others = json_array(a);

	for (size_t i = 0; i < ev->nother_keys; i++)
		(void)json_append(others, key(a, &ev->other_keys[i]));
	if (!json_put(a, o, "form",
		json_string(a, ev->payload.version == MAATPM_V1 ? "attReq" : "attReqV2")) ||
	    !json_put(a, o, "algorithm", json_string(a, ev->payload.jws.alg)) ||
	    !json_put(a, o, "vbs", json_bool(a, ev->vbs_report != NULL)) ||
	    !json_put(a, o, "challenge", hex(a, ev->challenge)) ||
	    !json_put(a, o, "requestKey", key(a, &ev->request_key)) ||
	    !json_put(a, o, "otherKeys", others) ||
	    !json_put(a, o, "customClaims", json_int(a, (int64_t)ev->custom.n)) ||
	    !json_put(a, o, "currentAttestation", attestation(a, &ev->now)) ||
	    (ev->boot && !json_put(a, o, "bootAttestation", attestation(a, ev->boot))))
		return NULL;
	return o;
}

bool maatpm_describe(const void *evidence, struct arena *a, struct json **out, struct att_error *e)
{
	const struct maatpm_evidence *ev = evidence;

	*out = ev->file ? file(a, ev->file) : message(a, ev);
	return *out ? true : arena_fail(a, e);
}

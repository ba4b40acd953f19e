/* v2.c - payload of typ attReqV2. spec: maa-tpm §1.2 */
#include "lib/evidence/maatpm/parts.h"

static bool read_log(
    const struct json *v, struct arena *a, struct maatpm_attestation *t, struct att_error *e)
{
	const struct json *type = json_get(v, "type");
	bool ima = json_str_eq(type, "IMA");

	if (!ima && !json_str_eq(type, "TCG"))
		return maatpm_want(e, "type", "\"TCG\" or \"IMA\"");
	t->logs[t->nlogs].kind = ima ? TPM_LOG_IMA : TPM_LOG_TCG;
	if (!maatpm_octets(v, "log", MAATPM_LOG_MAX, a, &t->logs[t->nlogs].data, e))
		return false;
	t->nlogs++;
	return true;
}

static bool read_logs(
    const struct json *o, struct arena *a, struct maatpm_attestation *t, struct att_error *e)
{
	const struct json *list;

	if (!maatpm_list(o, "logs", MAATPM_LOGS_MAX, &list, e))
		return false;
	for (const struct json *v = list ? list->child : NULL; v; v = v->next)
		if (!read_log(v, a, t, e))
			return att_within(e, "logs[%zu]", t->nlogs);
	return maatpm_join_logs(t, a, e);
}

static bool read_value(const struct json *v, struct pcr_bank *b, struct arena *a, struct att_error *e)
{
	const struct json *index = json_get(v, "index");
	struct rd digest;

	if (!json_is(index, JSON_INT) || index->i < 0 || index->i >= PCR_COUNT)
		return maatpm_want(e, "index", "a PCR, 0 to 23");
	if (b->mask >> index->i & 1)
		return att_fail(e, ATT_E_BAD_FORMAT, "index: PCR %d twice", (int)index->i);
	if (!maatpm_octets(v, "digest", DIGEST_MAX, a, &digest, e))
		return false;
	if (rd_left(&digest) != digest_len(b->alg))
		return att_fail(e, ATT_E_BAD_FORMAT, "digest: %zu bytes, want %zu", rd_left(&digest),
		    digest_len(b->alg));
	bytes_copy(b->value[index->i], rd_ptr(&digest), rd_left(&digest));
	b->mask |= 1U << index->i;
	return true;
}

static bool read_bank(
    const struct json *v, struct arena *a, struct maatpm_attestation *t, struct att_error *e)
{
	const struct json *alg = json_get(v, "algorithm"), *list;
	struct pcr_bank *b = &t->banks[t->nbanks];
	size_t i = 0;

	if (!json_is(alg, JSON_INT) || alg->i < 0 || alg->i > UINT16_MAX ||
	    !tpm_hash((uint16_t)alg->i, &b->alg))
		return maatpm_want(
		    e, "algorithm", "4 (SHA-1), 11 (SHA-256), 12 (SHA-384) or 13 (SHA-512)");
	for (size_t k = 0; k < t->nbanks; k++)
		if (t->banks[k].alg == b->alg)
			return att_fail(e, ATT_E_BAD_FORMAT, "algorithm: %d twice", (int)alg->i);
	if (!maatpm_list(v, "values", PCR_COUNT, &list, e))
		return false;
	for (const struct json *p = list ? list->child : NULL; p; p = p->next, i++)
		if (!read_value(p, b, a, e))
			return att_within(e, "values[%zu]", i);
	t->nbanks++;
	return true;
}

static bool read_pcrs(
    const struct json *o, struct arena *a, struct maatpm_attestation *t, struct att_error *e)
{
	const struct json *list;

	if (!maatpm_list(o, "pcrs", TPM_BANKS, &list, e))
		return false;
	for (const struct json *v = list ? list->child : NULL; v; v = v->next)
		if (!read_bank(v, a, t, e))
			return att_within(e, "pcrs[%zu]", t->nbanks);
	return true;
}

static bool read_attestation(const struct json *o, struct arena *a, struct maatpm_attestation *t,
    struct att_error *e)
{
	struct rd quote, signature;

	return maatpm_object_wanted(o, "aik_pub", &t->aik_pub, e) &&
	    maatpm_octets(o, "aik_cert", MAATPM_CERT_MAX, a, &t->aik_cert, e) &&
	    read_logs(o, a, t, e) && read_pcrs(o, a, t, e) &&
	    maatpm_octets_wanted(o, "quote", TPM_ATTEST_MAX, a, &quote, e) &&
	    maatpm_octets_wanted(o, "signature", TPM_SIGNATURE_MAX, a, &signature, e) &&
	    tpm_attest_parse(quote, &t->quote, e) && tpm_signature_parse(signature, &t->signature, e);
}

static bool read_attestations(struct maatpm_evidence *ev, struct arena *a, struct att_error *e)
{
	const struct json *tpm, *now, *boot;
	struct maatpm_attestation *t;

	if (!maatpm_object_wanted(ev->payload.body, "tpm_att_data", &tpm, e) ||
	    !maatpm_object_wanted(tpm, "current_attestation", &now, e))
		return false;
	if (!read_attestation(now, a, &ev->now, e))
		return att_within(e, "current_attestation");
	boot = json_get(tpm, "boot_attestation");
	if (!boot || boot->kind == JSON_NULL)
		return true;
	t = arena_alloc(a, sizeof *t);
	if (!t)
		return arena_fail(a, e);
	ev->boot = t;
	if (!json_is(boot, JSON_OBJECT))
		return maatpm_want(e, "boot_attestation", "an object");
	return read_attestation(boot, a, t, e) || att_within(e, "boot_attestation");
}

static bool read_other_keys(struct maatpm_evidence *ev, struct arena *a, struct att_error *e)
{
	const struct json *list;

	if (!maatpm_list(ev->payload.body, "other_keys", MAATPM_OTHER_KEYS_MAX, &list, e))
		return false;
	for (const struct json *v = list ? list->child : NULL; v; v = v->next) {
		struct maatpm_key *k = &ev->other_keys[ev->nother_keys];

		if (!maatpm_key_read(&ev->payload, v, "other_keys", a, k, e))
			return att_within(e, "other_keys[%zu]", ev->nother_keys);
		/* The quote has room for one key's hash. */
		if (k->binding == MAATPM_TPM_QUOTE)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "other_keys[%zu]: tpm_quote binds the request key only", ev->nother_keys);
		ev->nother_keys++;
	}
	return true;
}

bool maatpm_v2_read(struct maatpm_evidence *ev, struct arena *a, struct att_error *e)
{
	return maatpm_key_read(&ev->payload, json_get(ev->payload.body, "request_key"), "request_key",
		   a, &ev->request_key, e) &&
	    read_attestations(ev, a, e) && read_other_keys(ev, a, e);
}

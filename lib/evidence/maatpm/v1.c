/* v1.c - payload of typ attReq: what Windows' own calls return. spec: maa-tpm §1.2 */
#include "lib/evidence/maatpm/parts.h"

#define STATEMENT_MAX 8192
#define LOGS 2                          /* of the static and of the dynamic launch, in this order */

static bool add_log(const struct json *tpm, const char *name, struct arena *a,
    struct maatpm_attestation *t, struct att_error *e)
{
	struct rd log;

	if (!maatpm_octets(tpm, name, MAATPM_LOG_MAX, a, &log, e))
		return false;
	if (rd_empty(&log))
		return true;
	t->logs[t->nlogs].kind = TPM_LOG_TCG;
	t->logs[t->nlogs++].data = log;
	return true;
}

static bool read_claim(const struct json *tpm, const char *name, const char *const logs[LOGS],
    struct arena *a, struct maatpm_attestation *out, struct att_error *e)
{
	struct rd blob;

	if (!maatpm_octets_wanted(tpm, name, STATEMENT_MAX, a, &blob, e))
		return false;
	if (!maatpm_statement_parse(blob, out, e))
		return att_within(e, "%s", name);
	for (size_t i = 0; i < LOGS; i++)
		if (!add_log(tpm, logs[i], a, out, e))
			return false;
	return maatpm_join_logs(out, a, e);
}

/*
 * After hibernation the quote is about the resume logs, and boot_claim about those of the cold boot;
 * without resume logs both are about the boot logs.
 */
bool maatpm_v1_read(struct maatpm_evidence *ev, struct arena *a, struct att_error *e)
{
	static const char *const boot_logs[LOGS] = { "srtm_boot_log", "drtm_boot_log" };
	static const char *const resume_logs[LOGS] = { "srtm_resume_log", "drtm_resume_log" };
	const struct json *tpm, *v;
	struct maatpm_attestation *boot;
	bool resumed;

	if (!maatpm_jwk_read(
		&ev->payload, json_get(ev->payload.body, "attest_key"), &ev->request_key, e))
		return att_within(e, "attest_key");
	if (!maatpm_object_wanted(ev->payload.body, "tpm_att_data", &tpm, e) ||
	    !maatpm_object_wanted(tpm, "aik_pub", &ev->now.aik_pub, e) ||
	    !maatpm_octets(tpm, "aik_cert", MAATPM_CERT_MAX, a, &ev->now.aik_cert, e))
		return false;
	v = json_get(tpm, resume_logs[0]);
	resumed = json_is(v, JSON_STRING) && v->len > 0;
	if (!read_claim(tpm, "current_claim", resumed ? resume_logs : boot_logs, a, &ev->now, e))
		return false;
	v = json_get(tpm, "boot_claim");
	if (!v || v->kind == JSON_NULL || (v->kind == JSON_STRING && v->len == 0))
		return true;
	boot = arena_alloc(a, sizeof *boot);
	if (!boot)
		return arena_fail(a, e);
	boot->aik_pub = ev->now.aik_pub;
	boot->aik_cert = ev->now.aik_cert;
	ev->boot = boot;
	return read_claim(tpm, "boot_claim", boot_logs, a, boot, e);
}

/* evidence.c - what may be sent as evidence of type Tpm, and its form. spec: maa-tpm §1.2 */
#include <string.h>

#include "lib/base/base64.h"
#include "lib/evidence/maatpm/parts.h"

#define RP_DATA_MAX 8192                /* bytes, decoded */
#define RP_ID_MAX 2048                  /* characters */
#define CHALLENGE_LEN_MAX 64
#define HEADER_MAX 512                  /* characters of a JWS header that we recognise */

static bool begins(struct rd in, const char *want)
{
	return json_begins(rd_ptr(&in), rd_left(&in), want);
}

/* A JWS whose header says what kind of message it is: policies and tokens are JWS too. */
static bool is_request(struct rd in)
{
	static const char want[] = "\"attReq";
	char header[HEADER_MAX];
	size_t n = 0;

	while (n < rd_left(&in) && n < HEADER_MAX && rd_ptr(&in)[n] != '.')
		n++;
	if (n == rd_left(&in) || n == HEADER_MAX ||
	    !b64_decode(B64_URL, (const char *)rd_ptr(&in), n, header, &n, NULL))
		return false;
	for (size_t i = 0; i + sizeof want - 1 <= n; i++)
		if (bytes_equal(header + i, want, sizeof want - 1))
			return true;
	return false;
}

bool maatpm_recognise(struct rd in)
{
	return tpm_file_recognise(in) || begins(in, "{\"payload\":{") ||
	    begins(in, "{\"request\":\"") || is_request(in);
}

/* The token gives rp_data back as it was sent. */
static bool read_rp(const struct json *body, struct arena *a, struct rd *data, struct att_error *e)
{
	const struct json *id = json_get(body, "rp_id"), *v = json_get(body, "rp_data");
	struct rd ignored;

	if (id && id->kind != JSON_NULL && (id->kind != JSON_STRING || id->len > RP_ID_MAX))
		return maatpm_want(e, "rp_id", "a URL of at most 2048 characters");
	if (!maatpm_octets(body, "rp_data", RP_DATA_MAX, a, &ignored, e))
		return false;
	if (json_is(v, JSON_STRING))
		*data = rd_make(v->s, v->len);
	return true;
}

/* v1: att_data.vsm_report is the report; v2: att_data.vsm_report.enclave.report is. */
static bool read_vbs(struct maatpm_evidence *ev, struct arena *a, struct att_error *e)
{
	const struct json *o = ev->payload.att_data;
	const char *name = "vsm_report";
	struct vbs_report *r = arena_alloc(a, sizeof *r);
	struct rd package;
	size_t off, len;

	if (!r)
		return arena_fail(a, e);
	if (!json_source_range(&ev->payload.source, ev->payload.body, &off, &len, e))
		return false;
	ev->report_signed = rd_make(ev->payload.jws.payload + off, len);
	if (ev->payload.version == MAATPM_V2) {
		if (!maatpm_object_wanted(o, "vsm_report", &o, e) ||
		    !maatpm_object_wanted(o, "enclave", &o, e))
			return false;
		name = "report";
	}
	if (!maatpm_octets_wanted(o, name, VBS_PACKAGE_MAX, a, &package, e) ||
	    !vbs_report_parse(package, r, e))
		return false;
	ev->vbs_report = r;
	return true;
}

static bool read_body(struct maatpm_evidence *ev, struct arena *a, struct att_error *e)
{
	const struct json *body = ev->payload.body;
	struct rd context;

	return read_rp(body, a, &ev->rp_data, e) &&
	    maatpm_octets_wanted(body, "challenge", CHALLENGE_LEN_MAX, a, &ev->challenge, e) &&
	    maatpm_payload_context(&ev->payload, a, &context, e) &&
	    maatpm_custom_read(body, &ev->custom, e) &&
	    (ev->payload.version == MAATPM_V1 ? maatpm_v1_read(ev, a, e) : maatpm_v2_read(ev, a, e)) &&
	    (!ev->payload.vbs || read_vbs(ev, a, e));
}

static bool read_message(struct rd in, struct arena *a, struct maatpm_evidence *ev, struct att_error *e)
{
	struct maatpm_message m = { ATT_TPM_REQUEST, in };

	if (!is_request(in) && !maatpm_message_read(in, a, &m, e))
		return false;
	if (m.kind != ATT_TPM_REQUEST)
		return att_fail(
		    e, ATT_E_BAD_FORMAT, "tpm message: it asks for a challenge and holds no evidence");
	if (!maatpm_payload_read(m.jws, a, &ev->payload, e))
		return false;
	return read_body(ev, a, e) || att_within(e, "request: payload");
}

bool maatpm_evidence_parse(
    struct rd in, struct arena *a, struct maatpm_evidence **out, struct att_error *e)
{
	struct maatpm_evidence *ev = arena_alloc(a, sizeof *ev);
	struct tpm_file *file;

	if (!ev)
		return arena_fail(a, e);
	ev->custom = claims_make(a);
	if (!begins(in, "{\"payload\"") && !begins(in, "{\"request\"") && !is_request(in)) {
		if (!tpm_file_parse(in, a, &file, e))
			return false;
		ev->file = file;
	} else if (!read_message(in, a, ev, e)) {
		return false;
	}
	*out = ev;
	return true;
}

#include <strings.h>

#include "lib/base/base64.h"
#include "lib/evidence/snp/snp.h"

#define RECOGNISE_MAX ((size_t)64 << 10)        /* bytes of JSON looked at */
#define RECOGNISE_VERSION_MAX 8                 /* above known versions, below the PCR index 10 of IMA logs */

static bool is_space(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

/* Does the text start like a JSON object? */
static bool starts_object(struct rd in)
{
	uint8_t b = 0;

	while (rd_u8(&in, &b) && is_space(b))
		b = 0;
	return b == '{';
}

static bool names_snp_report(struct rd in)
{
	static const char word[] = "\"SnpReport\"";
	size_t n = rd_left(&in) < RECOGNISE_MAX ? rd_left(&in) : RECOGNISE_MAX;
	const char *text = (const char *)rd_ptr(&in);

	for (size_t i = 0; i + sizeof word - 1 <= n; i++)
		if (text[i] == '"' && strncasecmp(text + i, word, sizeof word - 1) == 0)
			return true;
	return false;
}

/* A raw report: small version number, reserved bytes after key_info zero; or the JSON that carries one. */
bool snp_recognise(struct rd in)
{
	struct rd at = in, reserved;
	uint32_t version;

	if (starts_object(in))
		return names_snp_report(in);
	return rd_left(&in) >= SNP_SIGNED_LEN && rd_le32(&at, &version) && version >= 1 &&
	    version <= RECOGNISE_VERSION_MAX && rd_at(&in, 0x4C, 4, &reserved) && rd_skip_zero(&reserved, 4);
}

/* The report, and what may follow it: the certificate table of an extended report. */
static bool parse_raw(struct rd in, struct snp_evidence *t, struct att_error *e)
{
	struct rd report;

	if (!rd_take(&in, SNP_REPORT_LEN, &report))
		return att_fail(
		    e, ATT_E_TRUNCATED, "report: %zu bytes, want %d", rd_left(&in), SNP_REPORT_LEN);
	t->bytes = report;
	return snp_report_parse(report, &t->report, e) &&
	    (rd_empty(&in) || snp_certtable_parse(rd_make(rd_ptr(&in), rd_left(&in)), &t->certs, e));
}

/* A base64 member; absent, null and "" give an empty reader. */
static bool member(
    const struct json *v, const char *name, struct arena *a, struct rd *out, struct att_error *e)
{
	const struct json *m = json_get_fold(v, name);
	uint8_t *p;
	size_t n;

	*out = rd_make(NULL, 0);
	if (!m || m->kind == JSON_NULL || (m->kind == JSON_STRING && m->len == 0))
		return true;
	if (m->kind != JSON_STRING)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: want a base64url string", name);
	if (!b64_decode_arena(B64_LENIENT, a, m->s, m->len, &p, &n, e))
		return att_within(e, "%s", name);
	*out = rd_make(p, n);
	return true;
}

/* {"SnpReport":b64,"VcekCertChain":b64(PEM),"Endorsements":b64(JSON)}. spec: rest-api §5.4 */
static bool parse_json(struct rd in, struct arena *a, struct snp_evidence *t, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = 8, .max_nodes = 1000, .fold_names = true };
	struct json *v;
	struct rd certs;

	if (!json_parse(a, rd_ptr(&in), rd_left(&in), &limits, &v, e))
		return att_within(e, "evidence");
	if (!member(v, "SnpReport", a, &t->bytes, e) || !member(v, "VcekCertChain", a, &certs, e) ||
	    !member(v, "Endorsements", a, &t->uvm, e))
		return false;
	if (rd_empty(&t->bytes))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "SnpReport: found nothing, want %d bytes in base64url", SNP_REPORT_LEN);
	if (rd_left(&certs) > SNP_CERTS_LEN_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "VcekCertChain: %zu bytes, at most %zu", rd_left(&certs),
		    SNP_CERTS_LEN_MAX);
	if (!rd_empty(&certs))
		t->certs.certs[t->certs.ncerts++] = certs;
	return snp_report_parse(t->bytes, &t->report, e) || att_within(e, "SnpReport");
}

bool snp_evidence_parse(struct rd in, struct arena *a, struct snp_evidence **out, struct att_error *e)
{
	struct snp_evidence *t = arena_alloc(a, sizeof *t);

	if (!t)
		return arena_fail(a, e);
	if (!(starts_object(in) ? parse_json(in, a, t, e) : parse_raw(in, t, e)))
		return false;
	*out = t;
	return true;
}

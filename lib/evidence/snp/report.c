#include "lib/evidence/snp/snp.h"

/* Skips n reserved bytes; when the layout is known they must be zero, because they are signed:
 * another value means a layout that we do not understand. */
static bool reserved(struct rd *in, size_t n, bool known, struct att_error *e)
{
	struct rd part;

	if (!rd_take(in, n, &part))
		return false;
	while (known && !rd_empty(&part)) {
		size_t off = rd_off(&part);
		uint8_t b;

		if (rd_u8(&part, &b) && b != 0)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "report: reserved byte at offset 0x%03zx is 0x%02x, want 0", off, b);
	}
	return true;
}

static bool read_version(struct rd *in, struct snp_version *v, bool known, struct att_error *e)
{
	return rd_u8(in, &v->build) && rd_u8(in, &v->minor) && rd_u8(in, &v->major) &&
	    reserved(in, 1, known, e);
}

/* 0x000 to 0x180. spec: sev-snp §1 */
static bool read_guest(struct rd *in, struct snp_report *t, bool known, struct att_error *e)
{
	return rd_le32(in, &t->version) &&
	    rd_le32(in, &t->guest_svn) &&
	    rd_le64(in, &t->policy) &&
	    rd_copy(in, t->family_id, sizeof t->family_id) &&
	    rd_copy(in, t->image_id, sizeof t->image_id) &&
	    rd_le32(in, &t->vmpl) &&
	    rd_le32(in, &t->signature_algo) &&
	    rd_copy(in, t->current_tcb, sizeof t->current_tcb) &&
	    rd_le64(in, &t->platform_info) &&
	    rd_le32(in, &t->key_info) &&
	    reserved(in, 4, known, e) &&
	    rd_copy(in, t->report_data, sizeof t->report_data) &&
	    rd_copy(in, t->measurement, sizeof t->measurement) &&
	    rd_copy(in, t->host_data, sizeof t->host_data) &&
	    rd_copy(in, t->id_key_digest, sizeof t->id_key_digest) &&
	    rd_copy(in, t->author_key_digest, sizeof t->author_key_digest) &&
	    rd_copy(in, t->report_id, sizeof t->report_id) &&
	    rd_copy(in, t->report_id_ma, sizeof t->report_id_ma);
}

static bool read_cpuid(struct rd *in, struct snp_report *t, bool known, struct att_error *e)
{
	if (t->version < 3)
		return reserved(in, 24, known, e);
	return rd_u8(in, &t->cpuid_family) &&
	    rd_u8(in, &t->cpuid_model) &&
	    rd_u8(in, &t->cpuid_stepping) &&
	    reserved(in, 21, known, e);
}

static bool read_mitigations(struct rd *in, struct snp_report *t, bool known, struct att_error *e)
{
	if (t->version < 5)
		return reserved(in, 168, known, e);
	return rd_le64(in, &t->launch_mit_vector) &&
	    rd_le64(in, &t->current_mit_vector) &&
	    reserved(in, 152, known, e);
}

/* 0x180 to 0x4A0. */
static bool read_platform(struct rd *in, struct snp_report *t, bool known, struct att_error *e)
{
	return rd_copy(in, t->reported_tcb, sizeof t->reported_tcb) &&
	    read_cpuid(in, t, known, e) &&
	    rd_copy(in, t->chip_id, sizeof t->chip_id) &&
	    rd_copy(in, t->committed_tcb, sizeof t->committed_tcb) &&
	    read_version(in, &t->current, known, e) &&
	    read_version(in, &t->committed, known, e) &&
	    rd_copy(in, t->launch_tcb, sizeof t->launch_tcb) &&
	    read_mitigations(in, t, known, e) &&
	    rd_copy(in, t->r, sizeof t->r) &&
	    rd_copy(in, t->s, sizeof t->s) &&
	    reserved(in, 368, known, e);
}

bool snp_report_parse(struct rd in, struct snp_report *out, struct att_error *e)
{
	struct rd body = rd_make(rd_ptr(&in), rd_left(&in)), first = body;
	struct snp_report t = { 0 };
	uint32_t version;
	bool known;

	if (rd_left(&body) != SNP_REPORT_LEN || !rd_le32(&first, &version))
		return att_fail(e, rd_left(&body) < SNP_REPORT_LEN ? ATT_E_TRUNCATED : ATT_E_BAD_FORMAT,
		    "report: %zu bytes, want %d", rd_left(&body), SNP_REPORT_LEN);
	known = version >= 2 && version <= 5;
	if (!read_guest(&body, &t, known, e) || !read_platform(&body, &t, known, e))
		return false;
	if (known && t.key_info >> 5)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "report: key_info at offset 0x048 is 0x%08x, want bits 31:5 zero", t.key_info);
	*out = t;
	return true;
}

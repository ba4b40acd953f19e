/* report.c - the package of a VBS enclave report: bytes to struct. spec: maa-tpm §4 */
#include "lib/evidence/vbs/vbs.h"

#define HEADER_LEN 24
#define REPORT_LEN 224
#define MODULE_LEN 108          /* of a block, without the name */
#define VARDATA_MODULE 1

struct header {
	uint32_t package_size, statement_size, signature_size, reserved;
};

static bool read_header(struct rd *in, struct header *h, struct vbs_report *r, struct att_error *e)
{
	if (!rd_le32(in, &h->package_size) || !rd_le32(in, &r->package_version) ||
	    !rd_le32(in, &r->signature_scheme) || !rd_le32(in, &h->statement_size) ||
	    !rd_le32(in, &h->signature_size) || !rd_le32(in, &h->reserved))
		return att_fail(e, ATT_E_TRUNCATED, "vbs report: %zu bytes, shorter than its header of %d",
		    rd_left(in), HEADER_LEN);
	if (h->reserved)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "vbs report: reserved word of the header is 0x%08x, want 0", h->reserved);
	return true;
}

/* The header is not signed: nothing of it may leave bytes over, or make two readings possible. */
static bool sizes(size_t len, const struct header *h, struct att_error *e)
{
	uint64_t sum = (uint64_t)HEADER_LEN + h->statement_size + h->signature_size;

	if (h->package_size > len)
		return att_fail(e, ATT_E_TRUNCATED, "vbs report: %zu bytes, the header says %u", len,
		    h->package_size);
	if (h->package_size < len)
		return att_fail(e, ATT_E_BAD_FORMAT, "vbs report: %zu bytes, the header says %u", len,
		    h->package_size);
	if (sum != h->package_size)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "vbs report: header, statement and signature have %llu bytes, the package %u",
		    (unsigned long long)sum, h->package_size);
	if (h->statement_size < REPORT_LEN)
		return att_fail(e, ATT_E_BAD_FORMAT, "vbs report: statement of %u bytes, want at least %d",
		    h->statement_size, REPORT_LEN);
	if (h->signature_size == 0 || h->signature_size > VBS_SIGNATURE_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "vbs report: signature of %u bytes, want 1 to %d",
		    h->signature_size, VBS_SIGNATURE_MAX);
	return true;
}

/* REPORT_LEN bytes, which are there. */
static bool read_report(struct rd *in, struct vbs_report *r, struct att_error *e)
{
	size_t statement_len = rd_left(in);
	uint32_t size;

	if (!rd_le32(in, &size) || !rd_le32(in, &r->report_version) ||
	    !rd_take(in, 64, &r->enclave_data) || !rd_take(in, 32, &r->owner_id) ||
	    !rd_take(in, 32, &r->unique_id) || !rd_take(in, 32, &r->author_id) ||
	    !rd_take(in, 16, &r->family_id) || !rd_take(in, 16, &r->image_id) ||
	    !rd_le32(in, &r->enclave_svn) || !rd_le32(in, &r->secure_kernel_svn) ||
	    !rd_le32(in, &r->platform_svn) || !rd_le32(in, &r->flags) ||
	    !rd_le32(in, &r->signing_level) || !rd_le32(in, &r->enclave_type))
		return att_fail(e, ATT_E_TRUNCATED, "vbs report: the statement ends inside the report");
	if (size != statement_len)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "vbs report: ReportSize is %u, the statement has %zu bytes", size, statement_len);
	return true;
}

/* UTF-16 up to the first NUL; behind it a block may be filled with zeros. */
static bool read_name(struct rd body, struct rd *name, struct att_error *e)
{
	struct rd text = body;
	size_t off = rd_off(&body), n = 0;
	uint16_t unit = 0;

	while (rd_le16(&body, &unit) && unit)
		n += 2;
	if (unit || rd_left(&text) < 2)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "vbs report: name of the module at offset %zu has no end", off);
	if (!rd_skip_zero(&body, rd_left(&body)))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "vbs report: bytes behind the name of the module at offset %zu", off);
	return rd_take(&text, n, name);
}

static bool read_module(struct rd body, struct vbs_module *m, struct att_error *e)
{
	if (!rd_take(&body, 32, &m->unique_id) || !rd_take(&body, 32, &m->author_id) ||
	    !rd_take(&body, 16, &m->family_id) || !rd_take(&body, 16, &m->image_id) ||
	    !rd_le32(&body, &m->svn))
		return att_fail(e, ATT_E_BAD_FORMAT, "vbs report: block of a module with fewer than %d bytes",
		    MODULE_LEN);
	return read_name(body, &m->name, e);
}

static bool read_block(struct rd *in, struct vbs_report *r, struct att_error *e)
{
	size_t off = rd_off(in), left = rd_left(in);
	uint32_t type, size;
	struct rd body;

	if (!rd_le32(in, &type) || !rd_le32(in, &size) || size < 8 || !rd_take(in, size - 8, &body))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "vbs report: block at offset %zu does not fit the %zu bytes left of the statement", off,
		    left);
	if (type != VARDATA_MODULE)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "vbs report: block at offset %zu of unknown type %u", off, type);
	if (r->nmodules == VBS_MODULES_MAX)
		return att_fail(e, ATT_E_LIMIT, "vbs report: more than %d modules", VBS_MODULES_MAX);
	return read_module(body, &r->modules[r->nmodules++], e);
}

bool vbs_report_parse(struct rd in, struct vbs_report *out, struct att_error *e)
{
	struct rd body = rd_make(rd_ptr(&in), rd_left(&in)), statement;
	struct header h = { 0 };

	*out = (struct vbs_report){ 0 };
	if (rd_left(&body) > VBS_PACKAGE_MAX)
		return att_fail(e, ATT_E_LIMIT, "vbs report: %zu bytes, at most %zu", rd_left(&body),
		    VBS_PACKAGE_MAX);
	if (!read_header(&body, &h, out, e) || !sizes(rd_left(&in), &h, e))
		return false;
	if (!rd_take(&body, h.statement_size, &out->statement) ||
	    !rd_take(&body, h.signature_size, &out->signature))
		return att_fail(e, ATT_E_TRUNCATED, "vbs report: shorter than its header says");
	statement = out->statement;
	if (!read_report(&statement, out, e))
		return false;
	while (!rd_empty(&statement))
		if (!read_block(&statement, out, e))
			return false;
	return true;
}

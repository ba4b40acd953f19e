#include "lib/evidence/sgx/sgx.h"

#define UUID_LEN 16
#define REPORT_REMOTE 2

enum oe_version { OE_REPORT = 1, OE_EVIDENCE_LEGACY = 2, OE_EVIDENCE = 3 };

/* Formats of evidence by their UUID, in the order of its text. spec: sgx-tdx §9.1 */
static const struct format_row {
	uint8_t uuid[UUID_LEN];
	bool report_header;             /* Open Enclave's report header stands before the quote */
	bool claims;                    /* custom claims follow the quote */
} formats[] = {
	/* SGX ECDSA */
	{ { 0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c },
	    false, true },
	/* legacy report, remote */
	{ { 0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6, 0x91, 0xdf, 0x7d, 0xef, 0x46, 0x0a, 0x76 },
	    true, false },
	/* raw SGX quote */
	{ { 0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72, 0xb2, 0x20, 0x25, 0xcd, 0x8d, 0xac, 0xe8, 0x71 },
	    false, false },
};

/* u32 version, u32 type, u64 size. */
static bool report_header(struct rd in, struct rd *quote, struct att_error *e)
{
	uint32_t version, type;
	uint64_t size;

	if (!rd_le32(&in, &version) || !rd_le32(&in, &type) || !rd_le64(&in, &size))
		return att_fail(e, ATT_E_TRUNCATED, "Open Enclave report: want a header of %d bytes",
		    OE_REPORT_HEADER_LEN);
	if (version != OE_REPORT || type != REPORT_REMOTE)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "Open Enclave report: version %u and type %u, want 1 and 2 (remote)", version, type);
	if (size != rd_left(&in))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "Open Enclave report: size %llu, but %zu bytes follow", (unsigned long long)size,
		    rd_left(&in));
	*quote = in;
	return true;
}

static const struct format_row *format_of(const uint8_t uuid[UUID_LEN])
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (bytes_equal(formats[i].uuid, uuid, UUID_LEN))
			return &formats[i];
	return NULL;
}

/* u32 version, UUID, four bytes of padding, u64 size. */
static bool evidence_header(struct rd in, uint32_t version, struct oe_evidence *t, struct att_error *e)
{
	const struct format_row *f;
	uint8_t uuid[UUID_LEN];
	uint64_t size;

	if (!rd_skip(&in, sizeof version) || !rd_copy(&in, uuid, sizeof uuid) || !rd_skip(&in, 4) ||
	    !rd_le64(&in, &size))
		return att_fail(e, ATT_E_TRUNCATED, "Open Enclave evidence: want a header of %d bytes",
		    OE_EVIDENCE_HEADER_LEN);
	f = format_of(uuid);
	if (!f)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "Open Enclave evidence: format %02x%02x%02x%02x-... is not remote SGX evidence", uuid[0],
		    uuid[1], uuid[2], uuid[3]);
	if (size != rd_left(&in))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "Open Enclave evidence: size %llu, but %zu bytes follow", (unsigned long long)size,
		    rd_left(&in));
	t->has_claims = f->claims;
	if (f->report_header || version == OE_EVIDENCE_LEGACY)
		return report_header(in, &t->quote, e);
	t->quote = in;
	return true;
}

bool oe_header_parse(struct rd in, struct oe_evidence *out, struct att_error *e)
{
	struct oe_evidence t = { 0 };
	struct rd at = in;
	uint32_t version;
	bool ok;

	if (!rd_le32(&at, &version))
		return att_fail(e, ATT_E_TRUNCATED, "Open Enclave report: %zu bytes", rd_left(&in));
	switch (version) {
	case OE_REPORT:
		ok = report_header(in, &t.quote, e);
		break;
	case OE_EVIDENCE_LEGACY:
	case OE_EVIDENCE:
		ok = evidence_header(in, version, &t, e);
		break;
	default:
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "Open Enclave header: version %u, want 1, 2 or 3", version);
	}
	if (ok)
		*out = t;
	return ok;
}

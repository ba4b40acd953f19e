#include "lib/evidence/sgx/qe_report.h"

#define KEY_TYPE_P256 2

static const uint8_t intel[16] = {      /* 939a7233-f79c-4ca9-940a-0db3957f0607 */
	0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
};

/* Bodies by their type: spec: sgx-tdx §2.2 */
static const struct body_row { enum quote_body type; enum quote_tee tee; size_t len; } bodies[] = {
	{ QUOTE_BODY_SGX, QUOTE_TEE_SGX, SGX_REPORT_LEN },
	{ QUOTE_BODY_TD_10, QUOTE_TEE_TDX, TD_REPORT_10_LEN },
	{ QUOTE_BODY_TD_15, QUOTE_TEE_TDX, TD_REPORT_15_LEN },
	{ QUOTE_BODY_TD_15X, QUOTE_TEE_TDX, TD_REPORT_15X_LEN },
};

/* Lengths of certification data; the sample that Intel publishes has type 1 without the PCE-ID, so 34. */
static const struct certification_row { enum certification type; size_t min, max; } certifications[] = {
	{ CERT_PPID_PLAIN, 34, 36 },
	{ CERT_PPID_RSA2048, 276, 276 },
	{ CERT_PPID_RSA3072, 404, 404 },
	{ CERT_PCK_LEAF, 1, PCK_CHAIN_TEXT_MAX },
	{ CERT_PCK_CHAIN, 1, PCK_CHAIN_TEXT_MAX },
};

bool quote_vendor_is_intel(const struct quote_header *h)
{
	return bytes_equal(h->vendor, intel, sizeof intel);
}

static bool read_header(struct rd *in, struct quote_header *h)
{
	return rd_le16(in, &h->version) &&
	    rd_le16(in, &h->key_type) &&
	    rd_le32(in, &h->tee) &&
	    rd_le16(in, &h->qe_svn) &&
	    rd_le16(in, &h->pce_svn) &&
	    rd_copy(in, h->vendor, sizeof h->vendor) &&
	    rd_copy(in, h->user_data, sizeof h->user_data);
}

bool quote_recognise(struct rd in, enum quote_tee tee)
{
	struct quote_header h;

	return read_header(&in, &h) && h.version >= 3 && h.version <= 5 && h.tee == (uint32_t)tee &&
	    quote_vendor_is_intel(&h);
}

static bool truncated(const struct rd *in, const char *what, struct att_error *e)
{
	return att_fail(e, ATT_E_TRUNCATED, "quote: ends at offset %zu, in the %s", rd_off(in) + rd_left(in),
	    what);
}

static bool check_header(const struct quote_header *h, struct att_error *e)
{
	if (h->version < 3 || h->version > 5)
		return att_fail(e, ATT_E_UNSUPPORTED, "quote: version %u, want 3, 4 or 5", h->version);
	if (h->key_type != KEY_TYPE_P256)
		return att_fail(e, ATT_E_UNSUPPORTED, "quote: attestation key type %u, want %d (ECDSA P-256)",
		    h->key_type, KEY_TYPE_P256);
	if (h->tee != QUOTE_TEE_SGX && h->tee != QUOTE_TEE_TDX)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "quote: TEE type 0x%08x, want 0 (SGX) or 0x81 (TDX)", h->tee);
	if (h->version == 3 && h->tee != QUOTE_TEE_SGX)
		return att_fail(e, ATT_E_BAD_FORMAT, "quote: version 3 with TEE type 0x%08x, want 0 (SGX)",
		    h->tee);
	return true;
}

static const struct body_row *body_find(unsigned type)
{
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		if ((unsigned)bodies[i].type == type)
			return &bodies[i];
	return NULL;
}

/* Version 5 says what follows; before, the TEE type does. */
static bool read_body(struct rd *in, struct quote *q, struct att_error *e)
{
	uint16_t type = q->header.tee == QUOTE_TEE_SGX ? QUOTE_BODY_SGX : QUOTE_BODY_TD_10;
	const struct body_row *row = body_find(type);
	uint32_t len = (uint32_t)row->len;

	if (q->header.version == 5) {
		if (!rd_le16(in, &type) || !rd_le32(in, &len))
			return truncated(in, "body descriptor", e);
		row = body_find(type);
		if (!row)
			return att_fail(e, ATT_E_UNSUPPORTED, "quote: body type %u, want 1 to 4", type);
	}
	if ((uint32_t)row->tee != q->header.tee)
		return att_fail(e, ATT_E_BAD_FORMAT, "quote: body type %u with TEE type 0x%02x", type,
		    q->header.tee);
	if (len != row->len)
		return att_fail(e, ATT_E_BAD_FORMAT, "quote: body of %u bytes, want %zu for type %u", len,
		    row->len, type);
	q->body_type = row->type;
	return rd_take(in, row->len, &q->body) || truncated(in, "body", e);
}

bool sgx_report_parse(struct rd in, struct sgx_report *out, struct att_error *e)
{
	struct sgx_report t = { 0 };

	if (!rd_copy(&in, t.cpusvn, sizeof t.cpusvn) ||
	    !rd_le32(&in, &t.miscselect) ||
	    !rd_skip(&in, 12) ||
	    !rd_copy(&in, t.isvextprodid, sizeof t.isvextprodid) ||
	    !rd_copy(&in, t.attributes, sizeof t.attributes) ||
	    !rd_copy(&in, t.mrenclave, sizeof t.mrenclave) ||
	    !rd_skip(&in, 32) ||
	    !rd_copy(&in, t.mrsigner, sizeof t.mrsigner) ||
	    !rd_skip(&in, 32) ||
	    !rd_copy(&in, t.configid, sizeof t.configid) ||
	    !rd_le16(&in, &t.isvprodid) ||
	    !rd_le16(&in, &t.isvsvn) ||
	    !rd_le16(&in, &t.configsvn) ||
	    !rd_skip(&in, 42) ||
	    !rd_copy(&in, t.isvfamilyid, sizeof t.isvfamilyid) ||
	    !rd_copy(&in, t.report_data, sizeof t.report_data))
		return att_fail(e, ATT_E_TRUNCATED, "enclave report: want %d bytes", SGX_REPORT_LEN);
	if (!rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "enclave report: %zu bytes too many, want %d",
		    rd_left(&in), SGX_REPORT_LEN);
	*out = t;
	return true;
}

/* A length-prefixed part that must be the last of its surroundings. */
static bool read_certification(struct rd *in, uint16_t *type, struct rd *data, struct att_error *e)
{
	if (!rd_le16(in, type) || !rd_le32_block(in, data))
		return truncated(in, "certification data", e);
	if (!rd_empty(in))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "quote: %zu bytes at offset %zu behind the certification data", rd_left(in),
		    rd_off(in));
	return true;
}

static bool check_certification(uint16_t type, size_t len, struct att_error *e)
{
	for (size_t i = 0; i < sizeof certifications / sizeof certifications[0]; i++) {
		const struct certification_row *row = &certifications[i];
		if ((unsigned)row->type != type)
			continue;
		if (len < row->min || len > row->max)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "quote: certification data of type %u has %zu bytes, want %zu to %zu", type, len,
			    row->min, row->max);
		return true;
	}
	return att_fail(e, ATT_E_UNSUPPORTED,
	    "quote: certification data of type %u cannot certify a quoting enclave, want 1 to 5", type);
}

/* The quoting enclave's report and what certifies it; in quotes of versions 4 and 5 this is type 6. */
static bool read_qe(struct rd *in, struct quote *q, struct att_error *e)
{
	uint16_t auth_len, type;

	if (!rd_take(in, SGX_REPORT_LEN, &q->qe_bytes) ||
	    !rd_take(in, QUOTE_SIGNATURE_LEN, &q->qe_signature) ||
	    !rd_le16(in, &auth_len) ||
	    !rd_take(in, auth_len, &q->qe_auth))
		return truncated(in, "QE report", e);
	if (!read_certification(in, &type, &q->certification_data, e) ||
	    !check_certification(type, rd_left(&q->certification_data), e))
		return false;
	q->certification = (enum certification)type;
	return sgx_report_parse(q->qe_bytes, &q->qe, e) || att_within(e, "QE report");
}

/* spec: sgx-tdx §2.5 */
static bool read_signature_data(struct rd in, struct quote *q, struct att_error *e)
{
	uint16_t type;
	struct rd inner;

	if (!rd_take(&in, QUOTE_SIGNATURE_LEN, &q->signature) || !rd_take(&in, QUOTE_KEY_LEN, &q->key))
		return truncated(&in, "signature data", e);
	if (q->header.version == 3)
		return read_qe(&in, q, e);
	if (!read_certification(&in, &type, &inner, e))
		return false;
	if (type != CERT_QE_REPORT)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "quote: outer certification data of type %u, want %d (QE report)", type, CERT_QE_REPORT);
	return read_qe(&inner, q, e);
}

bool quote_parse(struct rd in, enum quote_tail tail, struct quote *out, struct att_error *e)
{
	struct rd all = rd_make(rd_ptr(&in), rd_left(&in)), at = all, signature_data;
	struct quote t = { 0 };

	if (!read_header(&at, &t.header))
		return truncated(&at, "header", e);
	if (!check_header(&t.header, e) || !read_body(&at, &t, e))
		return false;
	if (!rd_take(&all, rd_off(&at), &t.signed_bytes))
		return att_fail(e, ATT_E_INTERNAL, "quote: signed bytes");
	if (!rd_le32_block(&at, &signature_data))
		return truncated(&at, "signature data", e);
	t.quote_len = rd_off(&at);
	if (tail == QUOTE_TAIL_ZERO && !rd_skip_zero(&at, rd_left(&at)))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "quote: bytes behind offset %zu are not zero: no signature covers them", t.quote_len);
	if (!read_signature_data(signature_data, &t, e))
		return false;
	*out = t;
	return true;
}

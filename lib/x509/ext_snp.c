/* ext_snp.c - the extensions of VCEK and VLEK certificates (spec: sev-snp §7.2). */
#include "lib/x509/ext_snp.h"

#include "lib/crypto/der.h"

#define ARC "1.3.6.1.4.1.3704.1."
#define HWID_LONG 64
#define HWID_SHORT 8

/* When an extension has to be there: by structVersion, 0 Milan and Genoa, 1 Turin. */
enum presence { ABSENT, MAY_BE, MUST_BE };

static const struct spl_row {
	const char *oid, *name;
	size_t off;
	enum presence v0, v1;
} spls[] = {
	{ ARC "3.1", "blSPL", offsetof(struct ext_snp, bootloader), MUST_BE, MUST_BE },
	{ ARC "3.2", "teeSPL", offsetof(struct ext_snp, tee), MUST_BE, MUST_BE },
	{ ARC "3.3", "snpSPL", offsetof(struct ext_snp, snp), MUST_BE, MUST_BE },
	{ ARC "3.4", "spl4", offsetof(struct ext_snp, reserved[0]), MUST_BE, MAY_BE },
	{ ARC "3.5", "spl5", offsetof(struct ext_snp, reserved[1]), MUST_BE, MUST_BE },
	{ ARC "3.6", "spl6", offsetof(struct ext_snp, reserved[2]), MUST_BE, MUST_BE },
	{ ARC "3.7", "spl7", offsetof(struct ext_snp, reserved[3]), MUST_BE, MUST_BE },
	{ ARC "3.8", "ucodeSPL", offsetof(struct ext_snp, microcode), MUST_BE, MUST_BE },
	{ ARC "3.9", "fmcSPL", offsetof(struct ext_snp, fmc), ABSENT, MUST_BE },
};

/* INTEGER 0..255, the whole value. */
static bool small(struct rd in, uint8_t *out)
{
	uint64_t v;

	if (!der_u64(&in, &v) || !rd_empty(&in) || v > UINT8_MAX)
		return false;
	*out = (uint8_t)v;
	return true;
}

/* IA5String of printable ASCII, 1 to max - 1 characters. */
static bool ia5(struct rd in, char *out, size_t max)
{
	struct rd text, walk;
	uint8_t ch;

	if (!der_take(&in, DER_IA5, &text) || !rd_empty(&in) || rd_empty(&text) || rd_left(&text) >= max)
		return false;
	for (walk = text; rd_u8(&walk, &ch);)
		if (ch < 0x20 || ch > 0x7e)
			return false;
	bytes_copy(out, rd_ptr(&text), rd_left(&text));
	out[rd_left(&text)] = 0;
	return true;
}

static bool parse_head(const struct x509_cert *cert, struct ext_snp *t, struct att_error *e)
{
	struct rd v;

	if (!x509_extension(cert, ARC "1", &v) || !small(v, &t->struct_version) || t->struct_version > 1)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "structVersion (" ARC "1) is absent or not INTEGER 0 or 1");
	if (!x509_extension(cert, ARC "2", &v) || !ia5(v, t->product, sizeof t->product))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "productName (" ARC "2) is absent or not a short IA5String");
	return true;
}

static bool parse_spl(const struct x509_cert *cert, const struct spl_row *row, struct ext_snp *t,
    struct att_error *e)
{
	enum presence want = t->struct_version ? row->v1 : row->v0;
	uint8_t value = 0, *field = (uint8_t *)t;
	struct rd v;

	if (!x509_extension(cert, row->oid, &v))
		return want != MUST_BE || att_fail(e, ATT_E_BAD_FORMAT, "%s (%s) is absent", row->name,
		    row->oid);
	if (want == ABSENT)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s (%s) does not belong to structVersion %u", row->name,
		    row->oid, t->struct_version);
	if (!small(v, &value))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s (%s) is not INTEGER 0 to 255", row->name, row->oid);
	field[row->off] = value;
	return true;
}

/* By length and never by tag: the 64 or 8 raw bytes may begin with any value. */
static bool parse_hwid(struct rd v, struct ext_snp *t, struct att_error *e)
{
	size_t want = t->struct_version ? HWID_SHORT : HWID_LONG, found = rd_left(&v);
	struct rd raw = v;

	if (rd_left(&v) != want &&
	    (!der_take(&v, DER_OCTETS, &raw) || !rd_empty(&v) || rd_left(&raw) != want))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "HWID (" ARC "4): %zu bytes, want %zu raw or in an OCTET STRING",
		    found, want);
	bytes_copy(t->hwid, rd_ptr(&raw), want);
	t->hwid_len = want;
	t->has_hwid = true;
	return true;
}

static bool parse_identity(const struct x509_cert *cert, struct ext_snp *t, struct att_error *e)
{
	struct rd hwid, csp;
	bool has_hwid = x509_extension(cert, ARC "4", &hwid), has_csp = x509_extension(cert, ARC "5", &csp);

	if (has_hwid == has_csp)
		return att_fail(e, ATT_E_BAD_FORMAT, "%s HWID (" ARC "4) and CSP_ID (" ARC "5)",
		    has_hwid ? "both" : "neither");
	if (has_hwid)
		return parse_hwid(hwid, t, e);
	if (!ia5(csp, t->csp_id, sizeof t->csp_id))
		return att_fail(e, ATT_E_BAD_FORMAT, "CSP_ID (" ARC "5) is not a short IA5String");
	t->has_csp_id = true;
	return true;
}

bool ext_snp_parse(const struct x509_cert *cert, struct ext_snp *out, struct att_error *e)
{
	struct ext_snp t = { 0 };
	bool ok = parse_head(cert, &t, e);

	for (size_t i = 0; ok && i < sizeof spls / sizeof spls[0]; i++)
		ok = parse_spl(cert, &spls[i], &t, e);
	if (!ok || !parse_identity(cert, &t, e))
		return att_within(e, "certificate \"%s\"", x509_subject_text(cert));
	t.has_fmc = t.struct_version == 1;
	*out = t;
	return true;
}

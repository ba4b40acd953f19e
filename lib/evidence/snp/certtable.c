#include "lib/evidence/snp/snp.h"

#define GUID_LEN 16
#define ENTRY_LEN 24            /* GUID, u32 offset, u32 length */

struct entry {
	uint8_t guid[GUID_LEN];
	uint32_t off, len;
};

/* Certificates we use, in RFC 4122 byte order. spec: sev-snp §6 */
static const struct known {
	const char *name;
	uint8_t guid[GUID_LEN];
} known[] = {
	{ "VCEK", { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
	    0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd } },
	{ "VLEK", { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e,
	    0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1 } },
	{ "ASK", { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
	    0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82 } },
	{ "ARK", { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
	    0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae } },
};
#define NKNOWN (sizeof known / sizeof known[0])

/* Index in known[], NKNOWN for a GUID we have no use for. */
static size_t find_known(const uint8_t guid[GUID_LEN])
{
	size_t i = 0;

	while (i < NKNOWN && !bytes_equal(known[i].guid, guid, GUID_LEN))
		i++;
	return i;
}

static bool entry_read(struct rd *in, struct entry *t)
{
	return rd_copy(in, t->guid, sizeof t->guid) && rd_le32(in, &t->off) && rd_le32(in, &t->len);
}

static bool entry_is_end(const struct entry *t)
{
	return bytes_zero(t->guid, sizeof t->guid) && t->off == 0 && t->len == 0;
}

/* Entries up to the all-zero one; *header gets the size of the list with its end. */
static bool read_entries(struct rd in, struct entry *v, size_t *n, size_t *header, struct att_error *e)
{
	struct rd at = in;
	struct entry t;

	for (*n = 0; *n <= SNP_CERTTABLE_MAX; (*n)++) {
		if (!entry_read(&at, &t))
			return att_fail(e, ATT_E_TRUNCATED,
			    "certificate table: no all-zero entry after %zu entries", *n);
		*header = rd_left(&in) - rd_left(&at);
		if (entry_is_end(&t))
			return true;
		if (*n < SNP_CERTTABLE_MAX)
			v[*n] = t;
	}
	return att_fail(e, ATT_E_LIMIT, "certificate table: more than %d entries", SNP_CERTTABLE_MAX);
}

static bool take(struct rd in, const struct entry *t, size_t header, struct rd *out, struct att_error *e)
{
	if (t->off < header)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "offset %u is inside the list of entries, want at least %zu", t->off, header);
	if (t->len == 0 || t->len > X509_DER_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "length %u, want 1 to %d", t->len, X509_DER_MAX);
	if (!rd_at(&in, t->off, t->len, out))
		return att_fail(e, ATT_E_TRUNCATED, "offset %u, length %u: the table has %zu bytes",
		    t->off, t->len, rd_left(&in));
	return true;
}

bool snp_certtable_parse(struct rd in, struct snp_certtable *out, struct att_error *e)
{
	struct entry entries[SNP_CERTTABLE_MAX];
	struct snp_certtable t = { 0 };
	bool seen[NKNOWN] = { false };
	size_t n = 0, header = 0;

	if (rd_left(&in) > SNP_CERTTABLE_LEN_MAX)
		return att_fail(e, ATT_E_LIMIT, "certificate table: %zu bytes, at most %zu", rd_left(&in),
		    SNP_CERTTABLE_LEN_MAX);
	if (!read_entries(in, entries, &n, &header, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t k = find_known(entries[i].guid);

		if (k == NKNOWN)
			continue;
		if (seen[k])
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "certificate table: entry %zu: a second %s", i, known[k].name);
		seen[k] = true;
		if (!take(in, &entries[i], header, &t.certs[t.ncerts], e))
			return att_within(e, "certificate table: entry %zu (%s)", i, known[k].name);
		t.ncerts++;
	}
	*out = t;
	return true;
}

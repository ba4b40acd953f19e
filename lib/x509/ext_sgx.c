/* ext_sgx.c - the extension of PCK certificates (spec: sgx-tdx §3). */
#include "lib/x509/ext_sgx.h"

#include "lib/crypto/der.h"

#define OID "1.2.840.113741.1.13.1"

/* The arc's content bytes: every identifier inside begins with them. */
static const uint8_t arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

enum kind { K_OCTETS, K_SVN8, K_SVN16, K_ENUM, K_BOOL, K_TCB, K_CONFIGURATION };

/* One element: the arc's last number, where it goes, and whether it has to be there. */
struct row {
	uint8_t id;
	const char *name;
	enum kind kind;
	size_t off, len;
	bool must;
};
#define FIELD(m) offsetof(struct ext_sgx, m), sizeof(((struct ext_sgx *)0)->m)
#define NROWS(t) (sizeof(t) / sizeof((t)[0]))
#define SVN(n) { n, "tcb component " #n, K_SVN8, offsetof(struct ext_sgx, components[(n) - 1]), 1, true }

static const struct row tcb_rows[] = {
	SVN(1), SVN(2), SVN(3), SVN(4), SVN(5), SVN(6), SVN(7), SVN(8),
	SVN(9), SVN(10), SVN(11), SVN(12), SVN(13), SVN(14), SVN(15), SVN(16),
	{ 17, "pcesvn", K_SVN16, FIELD(pcesvn), true },
	{ 18, "cpusvn", K_OCTETS, FIELD(cpusvn), true },
};
static const struct row configuration_rows[] = {
	{ 1, "dynamic platform", K_BOOL, FIELD(dynamic_platform), false },
	{ 2, "cached keys", K_BOOL, FIELD(cached_keys), false },
	{ 3, "smt enabled", K_BOOL, FIELD(smt), false },
};
static const struct row rows[] = {
	{ 1, "ppid", K_OCTETS, FIELD(ppid), true },
	{ 2, "tcb", K_TCB, 0, 0, true },
	{ 3, "pce-id", K_OCTETS, FIELD(pceid), true },
	{ 4, "fmspc", K_OCTETS, FIELD(fmspc), true },
	{ 5, "sgx type", K_ENUM, FIELD(type), true },
	{ 6, "platform instance id", K_OCTETS, FIELD(platform_instance), false },
	{ 7, "configuration", K_CONFIGURATION, 0, 0, false },
};

/* A level: the number that stands between the arc and the elements' own (0: none), and its rows. */
struct level {
	uint8_t under;
	const struct row *rows;
	size_t n;
};
static const struct level tcb_level = { 2, tcb_rows, NROWS(tcb_rows) };
static const struct level configuration_level = { 7, configuration_rows, NROWS(configuration_rows) };
static const struct level top_level = { 0, rows, NROWS(rows) };

static bool parse_level(struct rd in, const struct level *level, struct ext_sgx *t, struct att_error *e);

static bool octets(struct rd *in, uint8_t *out, size_t n)
{
	struct rd body;

	return der_take(in, DER_OCTETS, &body) && rd_left(&body) == n && rd_copy(&body, out, n);
}

static bool number(struct rd *in, uint64_t max, uint64_t *out)
{
	return der_u64(in, out) && *out <= max;
}

static bool enumerated(struct rd *in, uint8_t *out)
{
	struct rd body;

	return der_take(in, DER_ENUM, &body) && rd_left(&body) == 1 && rd_u8(&body, out) &&
	    *out <= EXT_SGX_SCALABLE_INTEGRITY;
}

/* DER knows two values; FALSE is written out here. */
static bool boolean(struct rd *in, bool *out)
{
	struct rd body;
	uint8_t b;

	if (!der_take(in, DER_BOOLEAN, &body) || rd_left(&body) != 1 || !rd_u8(&body, &b) ||
	    (b != 0 && b != 0xff))
		return false;
	*out = b != 0;
	return true;
}

static bool scalar(struct rd *in, const struct row *row, struct ext_sgx *t)
{
	uint8_t *at = (uint8_t *)t + row->off;
	uint64_t v;
	uint16_t v16;
	bool b;

	switch (row->kind) {
	case K_OCTETS:
		return octets(in, at, row->len);
	case K_SVN8:
		if (!number(in, UINT8_MAX, &v))
			return false;
		*at = (uint8_t)v;
		return true;
	case K_SVN16:
		if (!number(in, UINT16_MAX, &v))
			return false;
		v16 = (uint16_t)v;
		bytes_copy(at, &v16, sizeof v16);
		return true;
	case K_ENUM:
		return enumerated(in, at);
	case K_BOOL:
		if (!boolean(in, &b))
			return false;
		bytes_copy(at, &b, sizeof b);
		return true;
	case K_TCB:
	case K_CONFIGURATION:
		break;
	}
	return false;
}

static bool element(struct rd in, const struct row *row, struct ext_sgx *t, struct att_error *e)
{
	struct rd list;

	if (row->kind == K_TCB || row->kind == K_CONFIGURATION) {
		if (!der_take(&in, DER_SEQUENCE, &list) || !rd_empty(&in))
			return att_fail(e, ATT_E_BAD_FORMAT, "%s is not a SEQUENCE", row->name);
		t->has_configuration = t->has_configuration || row->kind == K_CONFIGURATION;
		return parse_level(list, row->kind == K_TCB ? &tcb_level : &configuration_level, t, e);
	}
	if (!scalar(&in, row, t) || !rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s is not of its type or length", row->name);
	if (row->off == offsetof(struct ext_sgx, platform_instance))
		t->has_platform = true;
	return true;
}

/* The row that this identifier names; NULL for one that we do not know. */
static const struct row *find(const struct level *level, struct rd id)
{
	uint8_t under = 0, last;
	struct rd head;

	if (!rd_take(&id, sizeof arc, &head) || !der_is(&head, arc, sizeof arc) ||
	    (level->under && (!rd_u8(&id, &under) || under != level->under)) ||
	    !rd_u8(&id, &last) || !rd_empty(&id))
		return NULL;
	for (size_t i = 0; i < level->n; i++)
		if (level->rows[i].id == last)
			return &level->rows[i];
	return NULL;
}

static bool parse_level(struct rd in, const struct level *level, struct ext_sgx *t, struct att_error *e)
{
	uint32_t seen = 0;

	while (!rd_empty(&in)) {
		size_t off = rd_off(&in);
		struct rd pair, id;
		const struct row *row;
		uint32_t bit;

		if (!der_take(&in, DER_SEQUENCE, &pair) || !der_oid(&pair, &id))
			return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: want {OID, value}", off);
		row = find(level, id);
		if (!row)
			continue;
		bit = (uint32_t)1 << (row - level->rows);
		if (seen & bit)
			return att_fail(e, ATT_E_BAD_FORMAT, "%s is there twice", row->name);
		seen |= bit;
		if (!element(pair, row, t, e))
			return false;
	}
	for (size_t i = 0; i < level->n; i++)
		if (level->rows[i].must && !(seen >> i & 1))
			return att_fail(e, ATT_E_BAD_FORMAT, "%s is absent", level->rows[i].name);
	return true;
}

bool ext_sgx_parse_value(struct rd in, struct ext_sgx *out, struct att_error *e)
{
	struct rd value = rd_make(rd_ptr(&in), rd_left(&in)), list;
	struct ext_sgx t = { 0 };

	if (!der_take(&value, DER_SEQUENCE, &list) || !rd_empty(&value))
		return att_fail(e, ATT_E_BAD_FORMAT, "SGX extension (" OID "): not one SEQUENCE");
	if (!parse_level(list, &top_level, &t, e))
		return att_within(e, "SGX extension (" OID ")");
	*out = t;
	return true;
}

bool ext_sgx_parse(const struct x509_cert *cert, struct ext_sgx *out, struct att_error *e)
{
	struct rd v;

	if (!x509_extension(cert, OID, &v))
		(void)att_fail(e, ATT_E_BAD_FORMAT, "SGX extension (" OID ") is absent");
	else if (ext_sgx_parse_value(v, out, e))
		return true;
	return att_within(e, "certificate \"%s\"", x509_subject_text(cert));
}

/* name.c - distinguished names (RFC 5280 section 4.1.2.4) and their text (RFC 2253). */
#include <stdio.h>
#include <string.h>

#include "lib/x509/parts.h"

static const struct attribute {
	const char *name, *oid;
} attributes[] = {
	{ "CN", "2.5.4.3" }, { "C", "2.5.4.6" }, { "L", "2.5.4.7" }, { "ST", "2.5.4.8" }, { "O", "2.5.4.10" },
	{ "OU", "2.5.4.11" }, { "STREET", "2.5.4.9" }, { "serialNumber", "2.5.4.5" },
	{ "DC", "0.9.2342.19200300.100.1.25" }, { "UID", "0.9.2342.19200300.100.1.1" },
	{ "emailAddress", "1.2.840.113549.1.9.1" },
};
#define NATTRIBUTES (sizeof attributes / sizeof attributes[0])

/* One AttributeTypeAndValue. */
struct value {
	struct rd oid, body;
	uint8_t tag;
};

static bool value_next(struct rd *rdn, struct value *v)
{
	struct rd t = *rdn, pair;

	if (!der_take(&t, DER_SEQUENCE, &pair) || !der_oid(&pair, &v->oid) ||
	    !der_any(&pair, &v->tag, &v->body) ||
	    !rd_empty(&pair))
		return false;
	*rdn = t;
	return true;
}

bool name_parse(struct rd name, struct att_error *e)
{
	struct rd rdn;
	struct value v;
	size_t n = 0;

	while (!rd_empty(&name)) {
		if (!der_take(&name, DER_SET, &rdn) || rd_empty(&rdn))
			return att_fail(e, ATT_E_BAD_FORMAT, "name: offset %zu: not an RDN", rd_off(&name));
		while (!rd_empty(&rdn))
			if (!value_next(&rdn, &v))
				return att_fail(e, ATT_E_BAD_FORMAT,
				    "name: offset %zu: not a type and a value", rd_off(&rdn));
		if (++n > X509_RDN_MAX)
			return att_fail(e, ATT_E_LIMIT, "name: more than %d RDNs", X509_RDN_MAX);
	}
	return true;
}

/* Text that stops growing at the first piece that does not fit. */
struct text {
	char *p;
	size_t n;
	bool full;
};

static void text_put(struct text *t, const char *s, size_t n)
{
	t->full = t->full || n >= X509_NAME_TEXT_MAX - t->n;
	if (t->full)
		return;
	bytes_copy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = 0;
}

/* Code point as UTF-8, with a backslash in front when asked. */
static void text_char(struct text *t, uint32_t cp, bool escape)
{
	char s[5];
	size_t n = 0;

	if (escape)
		s[n++] = '\\';
	if (cp < 0x80) {
		s[n++] = (char)cp;
	} else if (cp < 0x800) {
		s[n++] = (char)(0xc0 | cp >> 6);
		s[n++] = (char)(0x80 | (cp & 0x3f));
	} else if (cp < 0x10000) {
		s[n++] = (char)(0xe0 | cp >> 12);
		s[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
		s[n++] = (char)(0x80 | (cp & 0x3f));
	} else {
		s[n++] = (char)(0xf0 | cp >> 18);
		s[n++] = (char)(0x80 | (cp >> 12 & 0x3f));
		s[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
		s[n++] = (char)(0x80 | (cp & 0x3f));
	}
	text_put(t, s, n);
}

static bool utf8_next(struct rd *r, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t first, more;
	unsigned extra;

	if (!rd_u8(r, &first))
		return false;
	if (first >= 0xf8 || (first >= 0x80 && first < 0xc0))
		return false;
	extra = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	*cp = extra ? first & (0x3fU >> extra) : first;
	for (unsigned i = 0; i < extra; i++) {
		if (!rd_u8(r, &more) || (more & 0xc0) != 0x80)
			return false;
		*cp = *cp << 6 | (more & 0x3fU);
	}
	return *cp >= least[extra] && *cp <= 0x10ffff && (*cp < 0xd800 || *cp > 0xdfff);
}

/* The next character of a value; false when it is not text we read (a T61String only in its ASCII part). */
static bool value_char(struct value *v, uint32_t *cp)
{
	uint16_t wide;
	uint8_t byte;

	switch (v->tag) {
	case DER_UTF8:
		return utf8_next(&v->body, cp);
	case DER_BMP:
		if (!rd_be16(&v->body, &wide) || (wide >= 0xd800 && wide <= 0xdfff))
			return false;
		*cp = wide;
		return true;
	case DER_PRINTABLE:
	case DER_IA5:
	case DER_TELETEX:
		if (!rd_u8(&v->body, &byte) || byte >= 0x80)
			return false;
		*cp = byte;
		return true;
	default:
		return false;
	}
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}

static const char *attribute_name(const struct rd *oid)
{
	uint8_t want[DER_OID_MAX];
	size_t n;

	for (size_t i = 0; i < NATTRIBUTES; i++)
		if (der_oid_encode(attributes[i].oid, want, &n) && der_is(oid, want, n))
			return attributes[i].name;
	return NULL;
}

static bool is_text(struct value v)
{
	uint32_t cp;

	while (!rd_empty(&v.body))
		if (!value_char(&v, &cp) || is_control(cp))
			return false;
	return true;
}

void name_cn(struct rd name, char out[X509_NAME_TEXT_MAX])
{
	static const uint8_t cn[] = { 0x55, 0x04, 0x03 };
	struct text t = { out, 0, false };
	struct rd rdn;
	struct value v, found = { 0 };
	unsigned count = 0;
	uint32_t cp;

	out[0] = 0;
	while (der_take(&name, DER_SET, &rdn))
		while (value_next(&rdn, &v))
			if (der_is(&v.oid, cn, sizeof cn)) {
				found = v;
				count++;
			}
	/* A CN with a NUL or another control character is no name to compare with: it counts as absent. */
	if (count != 1 || !is_text(found))
		return;
	while (value_char(&found, &cp))
		text_char(&t, cp, false);
	if (t.full)
		out[0] = 0;
}

/* RFC 2253 section 2.4. */
static void text_value(struct text *t, struct value v)
{
	bool first = true;
	uint32_t cp;
	uint8_t byte;
	char hex[3];

	if (!is_text(v)) {
		text_put(t, "#", 1);
		while (rd_u8(&v.body, &byte) && !t->full) {
			(void)snprintf(hex, sizeof hex, "%02x", byte);
			text_put(t, hex, 2);
		}
		return;
	}
	while (value_char(&v, &cp) && !t->full) {
		bool edge = cp == ' ' && (first || rd_empty(&v.body));
		text_char(t, cp, edge || (first && cp == '#') || (cp < 0x80 && strchr(",+\"\\<>;", (int)cp)));
		first = false;
	}
}

static void text_rdn(struct text *t, struct rd rdn)
{
	char dotted[DER_OID_TEXT_MAX];
	struct value v;
	bool more = false;

	while (value_next(&rdn, &v)) {
		const char *name = attribute_name(&v.oid);
		if (!name)
			der_oid_text(&v.oid, dotted);
		if (more)
			text_put(t, "+", 1);
		text_put(t, name ? name : dotted, strlen(name ? name : dotted));
		text_put(t, "=", 1);
		text_value(t, v);
		more = true;
	}
}

void name_text(struct rd name, char out[X509_NAME_TEXT_MAX])
{
	struct text t = { out, 0, false };
	struct rd rdn[X509_RDN_MAX];
	size_t n = 0;

	out[0] = 0;
	while (n < X509_RDN_MAX && der_take(&name, DER_SET, &rdn[n]))
		n++;
	for (size_t i = n; i > 0; i--) {
		if (i < n)
			text_put(&t, ",", 1);
		text_rdn(&t, rdn[i - 1]);
	}
}

/* Types that have to be a PrintableString, or (domain component, mail) an IA5String. */
static uint8_t string_tag(const char *type)
{
	if (strcmp(type, "C") == 0 || strcmp(type, "serialNumber") == 0)
		return DER_PRINTABLE;
	return strcmp(type, "DC") == 0 || strcmp(type, "emailAddress") == 0 ? DER_IA5 : DER_UTF8;
}

void name_put(struct buf *b, const struct x509_rdn *rdn, size_t n)
{
	struct buf name = buf_make(b->a);

	for (size_t i = 0; i < n; i++) {
		struct buf pair = buf_make(b->a), seq = buf_make(b->a);
		const char *oid = rdn[i].type;          /* a dotted OID stands for itself */
		for (size_t j = 0; j < NATTRIBUTES; j++)
			if (strcmp(attributes[j].name, rdn[i].type) == 0)
				oid = attributes[j].oid;
		der_put_oid(&pair, oid);
		der_put(&pair, string_tag(rdn[i].type), rdn[i].value, strlen(rdn[i].value));
		der_put_buf(&seq, DER_SEQUENCE, &pair);
		der_put_buf(&name, DER_SET, &seq);
	}
	der_put_buf(b, DER_SEQUENCE, &name);
}

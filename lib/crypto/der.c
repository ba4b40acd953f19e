#include "lib/crypto/der.h"

#include <inttypes.h>
#include <stdio.h>

/* Length octets, shortest form only (X.690 section 10.1); at most four bytes of length. */
static bool der_length(struct rd *r, size_t *out)
{
	uint8_t first, next;
	size_t n = 0;

	if (!rd_u8(r, &first))
		return false;
	if (first < 0x80) {
		*out = first;
		return true;
	}
	if (first == 0x80 || first > 0x84)
		return false;
	for (unsigned i = 0; i < (first & 0x7fU); i++) {
		if (!rd_u8(r, &next) || (i == 0 && next == 0))
			return false;
		n = n << 8 | next;
	}
	*out = n;
	return n >= 0x80;
}

bool der_any(struct rd *r, uint8_t *tag, struct rd *body)
{
	struct rd t = *r;
	uint8_t first;
	size_t n;

	if (!rd_u8(&t, &first) || (first & 0x1f) == 0x1f || first == 0 || !der_length(&t, &n) ||
	    !rd_take(&t, n, body))
		return false;
	*tag = first;
	*r = t;
	return true;
}

bool der_peek(const struct rd *r, uint8_t tag)
{
	struct rd t = *r;
	uint8_t first;

	return rd_u8(&t, &first) && first == tag;
}

bool der_take(struct rd *r, uint8_t tag, struct rd *body)
{
	uint8_t found;

	return der_peek(r, tag) && der_any(r, &found, body);
}

bool der_take_whole(struct rd *r, uint8_t tag, struct rd *whole, struct rd *body)
{
	struct rd t = *r, inside;
	size_t before = rd_left(r);

	if (!der_take(&t, tag, &inside))
		return false;
	if (!rd_at(r, 0, before - rd_left(&t), whole))
		return false;
	*body = inside;
	*r = t;
	return true;
}

bool der_uint(struct rd *r, struct rd *magnitude)
{
	struct rd t = *r, body, m;
	uint8_t first, second = 0x80;

	if (!der_take(&t, DER_INTEGER, &body))
		return false;
	m = body;
	if (!rd_u8(&body, &first) || first >= 0x80)
		return false;
	if (first == 0 && !rd_empty(&body)) {
		m = body;
		if (!rd_u8(&body, &second) || second < 0x80)
			return false;                   /* a leading zero that is not needed */
	}
	*magnitude = m;
	*r = t;
	return true;
}

bool der_u64(struct rd *r, uint64_t *out)
{
	struct rd t = *r, m;
	uint64_t v = 0;
	uint8_t byte;

	if (!der_uint(&t, &m) || rd_left(&m) > sizeof v)
		return false;
	while (rd_u8(&m, &byte))
		v = v << 8 | byte;
	*out = v;
	*r = t;
	return true;
}

bool der_oid(struct rd *r, struct rd *content)
{
	struct rd t = *r, body, walk;
	uint8_t byte = 0x80;
	bool at_start = true;

	if (!der_take(&t, DER_OID, &body))
		return false;
	walk = body;
	while (rd_u8(&walk, &byte)) {
		if (at_start && byte == 0x80)
			return false;                   /* an arc in more bytes than it needs */
		at_start = byte < 0x80;
	}
	if (byte >= 0x80)
		return false;                           /* empty, or the last arc is cut */
	*content = body;
	*r = t;
	return true;
}

bool der_true(struct rd *r)
{
	struct rd t = *r, body;
	uint8_t v;

	if (!der_take(&t, DER_BOOLEAN, &body) || !rd_u8(&body, &v) || v != 0xff || !rd_empty(&body))
		return false;
	*r = t;
	return true;
}

bool der_bits(struct rd *r, struct rd *bytes)
{
	struct rd t = *r, body;
	uint8_t unused;

	if (!der_take(&t, DER_BITS, &body) || !rd_u8(&body, &unused) || unused != 0)
		return false;
	*bytes = body;
	*r = t;
	return true;
}

bool der_is(const struct rd *r, const void *p, size_t n)
{
	return rd_left(r) == n && bytes_equal(rd_ptr(r), p, n);
}

bool der_same(const struct rd *a, const struct rd *b)
{
	return der_is(a, rd_ptr(b), rd_left(b));
}

/* One arc in base 128, most significant group first. */
static bool oid_arc(uint64_t v, uint8_t out[DER_OID_MAX], size_t *n)
{
	unsigned groups = 1;

	for (uint64_t rest = v >> 7; rest; rest >>= 7)
		groups++;
	if (*n + groups > DER_OID_MAX)
		return false;
	while (groups-- > 0)
		out[(*n)++] = (uint8_t)((v >> (7 * groups) & 0x7f) | (groups ? 0x80U : 0));
	return true;
}

static bool oid_number(const char **s, uint64_t *v)
{
	if (**s < '0' || **s > '9')
		return false;
	for (*v = 0; **s >= '0' && **s <= '9'; (*s)++) {
		if (*v > UINT32_MAX)
			return false;
		*v = *v * 10 + (uint64_t)(**s - '0');
	}
	return true;
}

bool der_oid_encode(const char *dotted, uint8_t out[DER_OID_MAX], size_t *n)
{
	uint64_t first, arc;
	size_t len = 0;

	if (!oid_number(&dotted, &first) || first > 2 || *dotted++ != '.' || !oid_number(&dotted, &arc) ||
	    (first < 2 && arc > 39) || !oid_arc(first * 40 + arc, out, &len))
		return false;
	while (*dotted == '.') {
		dotted++;
		if (!oid_number(&dotted, &arc) || !oid_arc(arc, out, &len))
			return false;
	}
	*n = len;
	return *dotted == 0;
}

void der_oid_text(const struct rd *content, char out[DER_OID_TEXT_MAX])
{
	struct rd r = *content;
	uint64_t arc = 0;
	uint8_t byte;
	size_t used = 0;
	bool first = true;

	out[0] = 0;
	while (rd_u8(&r, &byte)) {
		arc = arc << 7 | (byte & 0x7fU);
		if (byte >= 0x80)
			continue;
		if (used + 24 > DER_OID_TEXT_MAX) {
			(void)snprintf(out + used, DER_OID_TEXT_MAX - used, "...");
			return;
		}
		if (first) {
			uint64_t top = arc < 80 ? arc / 40 : 2;
			used += (size_t)snprintf(out, DER_OID_TEXT_MAX, "%" PRIu64 ".%" PRIu64, top,
			    arc - 40 * top);
		} else {
			used += (size_t)snprintf(out + used, DER_OID_TEXT_MAX - used, ".%" PRIu64, arc);
		}
		first = false;
		arc = 0;
	}
}

void der_put(struct buf *b, uint8_t tag, const void *p, size_t n)
{
	unsigned bytes = 0;

	buf_char(b, (char)tag);
	for (size_t rest = n; rest; rest >>= 8)
		bytes++;
	if (n >= 0x80)
		buf_char(b, (char)(0x80 | bytes));
	else
		bytes = 1;
	while (bytes-- > 0)
		buf_char(b, (char)(n >> (8 * bytes)));
	buf_put(b, p, n);
}

void der_put_buf(struct buf *b, uint8_t tag, const struct buf *inside)
{
	der_put(b, tag, inside->p, inside->len);
	b->failed = b->failed || inside->failed;
}

void der_put_uint(struct buf *b, const uint8_t *magnitude, size_t n)
{
	struct buf inside = buf_make(b->a);

	while (n > 1 && *magnitude == 0) {
		magnitude++;
		n--;
	}
	if (n == 0 || *magnitude >= 0x80)
		buf_char(&inside, 0);
	buf_put(&inside, magnitude, n);
	der_put_buf(b, DER_INTEGER, &inside);
}

void der_put_u64(struct buf *b, uint64_t v)
{
	uint8_t be[8];

	for (unsigned i = 0; i < 8; i++)
		be[i] = (uint8_t)(v >> (56 - 8 * i));
	der_put_uint(b, be, sizeof be);
}

void der_put_bits(struct buf *b, const void *p, size_t n)
{
	struct buf inside = buf_make(b->a);

	buf_char(&inside, 0);                           /* no unused bits */
	buf_put(&inside, p, n);
	der_put_buf(b, DER_BITS, &inside);
}

void der_put_oid(struct buf *b, const char *dotted)
{
	uint8_t oid[DER_OID_MAX];
	size_t n;

	if (der_oid_encode(dotted, oid, &n))
		der_put(b, DER_OID, oid, n);
	else
		b->failed = true;
}

/* reference_keys.c - keys that Secure Boot may hold, and the revocation list that counts as current. */
#include <string.h>

#include "lib/base/hex.h"
#include "lib/evidence/measuredboot/lines.h"
#include "lib/evidence/measuredboot/reference_parts.h"

#define SHA256_LEN 32
#define ATTRIBUTES_LEN 4        /* efivars: before the variable's data */

struct keys {
	struct att_reference *r;
	struct collected found;
};

static bool add(struct keys *k, const void *sha256, struct att_error *e)
{
	void *copy = arena_memdup(k->r->a, sha256, SHA256_LEN);

	if (!copy)
		return arena_fail(k->r->a, e);
	return collect(&k->found, rd_make(copy, SHA256_LEN), k->r->a, e);
}

/* A certificate counts as itself and by its key: authorities are renewed with the key they have. */
static bool add_cert(void *state, struct rd der, struct att_error *e)
{
	struct keys *k = state;
	struct efi_cert cert;
	struct rd whole;
	size_t n = rd_left(&der);

	if (!efi_cert_read(k->r->crypto, der, &cert, &whole, e))
		return false;
	if (rd_left(&whole) != n)
		return att_fail(e, ATT_E_BAD_FORMAT, "%zu bytes behind a certificate of %zu bytes",
		    n - rd_left(&whole), rd_left(&whole));
	return add(k, cert.sha256, e) && add(k, cert.spki_sha256, e);
}

static bool add_list(struct keys *k, const struct siglist *l, struct att_error *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct sig_entry *s = &l->v[i];
		bool ok = false;

		if (s->kind == SIG_KIND_X509)
			ok = add_cert(k, s->data, e);
		else if (s->kind == SIG_KIND_SHA256)
			ok = add(k, rd_ptr(&s->data), e);
		else
			(void)att_fail(e, ATT_E_UNSUPPORTED, "type %s, want X.509 or SHA-256",
			    sig_kind_name(s->kind));
		if (!ok)
			return att_within(e, "signature list entry %zu", i);
	}
	return l->n > 0 || att_fail(e, ATT_E_BAD_FORMAT, "signature lists without an entry");
}

static bool read_line(struct keys *k, struct rd word, struct att_error *e)
{
	static const char name[] = "sha256:";
	const size_t name_len = sizeof name - 1;
	uint8_t sha256[SHA256_LEN];
	struct rd hex = word, begin;

	if (!rd_take(&hex, name_len, &begin) || bytes_order(rd_ptr(&begin), name_len, name, name_len) != 0 ||
	    !hex_decode((const char *)rd_ptr(&hex), rd_left(&hex), sha256, sizeof sha256, NULL))
		return att_fail(e, ATT_E_BAD_FORMAT, "found \"%.*s\", want sha256: and 64 hexadecimal digits",
		    lines_shown(&word), (const char *)rd_ptr(&word));
	return add(k, sha256, e);
}

static bool read_text(struct keys *k, struct rd in, struct att_error *e)
{
	struct lines l = lines_of(in);
	struct rd word, rest;
	size_t n = 0;

	for (; lines_next(&l, &word, &rest); n++)
		if (!read_line(k, word, e))
			return att_within(e, "line %zu", l.line);
	return n > 0 || att_fail(e, ATT_E_BAD_FORMAT, "no key: want certificates, signature lists or lines "
	    "of sha256:HEX");
}

static bool is_text(struct rd in)
{
	uint8_t b;

	while (rd_u8(&in, &b))
		if ((b < ' ' && b != '\n' && b != '\r' && b != '\t') || b >= 0x7F)
			return false;
	return true;
}

/*
 * Signature lists as they are, or behind the attributes that efivars puts first: attributes are a small
 * number, which no known list type begins with.
 */
static bool read_lists(struct rd in, struct arena *a, struct siglist *out, struct att_error *e)
{
	struct rd data = rd_make(rd_ptr(&in), rd_left(&in)), t = data;
	uint32_t attributes;

	if (rd_le32(&t, &attributes) && attributes != 0 && attributes < 0x100)
		data = rd_make(rd_ptr(&t), rd_left(&t));
	return siglist_file_parse(data, a, out, e);
}

static bool read_binary(struct keys *k, struct rd in, struct att_error *e)
{
	struct siglist l;

	return read_lists(in, k->r->a, &l, e) && add_list(k, &l, e);
}

static bool read_keys(struct keys *k, struct rd in, struct att_error *e)
{
	if (rd_left(&in) > SIGLIST_LEN_MAX)
		return att_fail(e, ATT_E_LIMIT, "%zu bytes, at most %zu", rd_left(&in), SIGLIST_LEN_MAX);
	if (reference_is_pem(in))
		return reference_each_pem(in, "CERTIFICATE", add_cert, k, e);
	if (is_text(in))
		return read_text(k, in, e);
	if (*rd_ptr(&in) == 0x30)
		return add_cert(k, in, e);
	return read_binary(k, in, e);
}

bool reference_fill_keys(struct att_reference *r, const struct att_bytes *v, size_t n, struct att_error *e)
{
	struct keys k = { .r = r, .found = { .max = REFERENCE_KEYS_MAX } };
	struct rd *all;
	size_t nall;

	for (size_t i = 0; i < n; i++)
		if (!read_keys(&k, rd_make(v[i].data, v[i].len), e))
			return att_within(e, "secureboot_keys[%zu]", i);
	if (!collected_sort(&k.found, r->a, &all, &nall, e))
		return false;
	r->secureboot_keys = arena_array(r->a, nall, sizeof *r->secureboot_keys);
	if (!r->secureboot_keys)
		return arena_fail(r->a, e);
	for (size_t i = 0; i < nall; i++)
		bytes_copy(r->secureboot_keys[i], rd_ptr(&all[i]), SHA256_LEN);
	r->nsecureboot_keys = nall;
	return true;
}

static bool has(const struct att_reference *r, const uint8_t sha256[SHA256_LEN])
{
	size_t lo = 0, hi = r->nsecureboot_keys;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = bytes_order(r->secureboot_keys[mid], SHA256_LEN, sha256, SHA256_LEN);

		if (d == 0)
			return true;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

bool reference_secureboot_key(const struct att_reference *r, const uint8_t cert_sha256[32],
    const uint8_t spki_sha256[32])
{
	return (cert_sha256 && has(r, cert_sha256)) || (spki_sha256 && has(r, spki_sha256));
}

static bool read_dbx(struct att_reference *r, struct siglist *one, struct att_bytes in, struct att_error *e)
{
	const uint8_t *copy;

	if (in.len > SIGLIST_LEN_MAX)
		return att_fail(e, ATT_E_LIMIT, "%zu bytes, at most %zu", in.len, SIGLIST_LEN_MAX);
	copy = arena_memdup(r->a, in.data, in.len);
	if (!copy)
		return arena_fail(r->a, e);
	if (!read_lists(rd_make(copy, in.len), r->a, one, e))
		return false;
	/* An operator whose list is empty thinks that something is revoked which is not. */
	return one->n > 0 || att_fail(e, ATT_E_BAD_FORMAT, "signature lists without an entry");
}

/* Several files are one list. */
static bool join(struct att_reference *r, const struct siglist *lists, size_t n, struct att_error *e)
{
	struct siglist t = { 0 };
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += lists[i].n;
	if (total > REFERENCE_DBX_MAX)
		return att_fail(e, ATT_E_LIMIT, "dbx: %zu entries, at most %u", total, REFERENCE_DBX_MAX);
	t.v = arena_array(r->a, total, sizeof *t.v);
	if (!t.v)
		return arena_fail(r->a, e);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < lists[i].n; k++)
			t.v[t.n++] = lists[i].v[k];
		t.nunknown += lists[i].nunknown;
	}
	r->dbx = t;
	r->has_dbx = true;
	return true;
}

bool reference_fill_dbx(struct att_reference *r, const struct att_bytes *v, size_t n, struct att_error *e)
{
	struct siglist *lists = arena_array(r->a, n, sizeof *lists);

	if (!lists)
		return arena_fail(r->a, e);
	for (size_t i = 0; i < n; i++)
		if (!read_dbx(r, &lists[i], v[i], e))
			return att_within(e, "dbx[%zu]", i);
	return n == 0 || join(r, lists, n, e);
}

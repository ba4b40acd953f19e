#include "lib/evidence/eventlog/siglist.h"

#define LIST_HEADER 28          /* GUID, three u32 */
#define TIME_LEN 16             /* EFI_TIME */

/* Types in the byte order of the list; key 0: the whole data. spec: tpm-eventlog §2.6 */
static const struct {
	uint8_t guid[EFI_GUID_LEN];
	enum sig_kind kind;
	const char *name;
	size_t key_len;
	size_t data_len;        /* 0: any */
} kinds[] = {
	{ { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b,
	    0xf0, 0x72 },
	    SIG_KIND_X509, "X.509", 0, 0 },
	{ { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93,
	    0x43, 0x28 },
	    SIG_KIND_SHA256, "SHA-256", 0, 32 },
	{ { 0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40, 0xb4, 0x20, 0xfc, 0xf9, 0x8e, 0xf1,
	    0x03, 0xed },
	    SIG_KIND_TBS_SHA256, "X.509 by SHA-256", 32, 32 + TIME_LEN },
	{ { 0x6e, 0x87, 0x76, 0x70, 0xc2, 0x80, 0xe6, 0x4e, 0xaa, 0xd2, 0x28, 0xb3, 0x49, 0xa6,
	    0x86, 0x5b },
	    SIG_KIND_TBS_SHA384, "X.509 by SHA-384", 48, 48 + TIME_LEN },
	{ { 0x63, 0xbf, 0x6d, 0x44, 0x02, 0x25, 0xda, 0x4c, 0xbc, 0xfa, 0x24, 0x65, 0xd2, 0xb0,
	    0xfe, 0x9d },
	    SIG_KIND_TBS_SHA512, "X.509 by SHA-512", 64, 64 + TIME_LEN },
	{ { 0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a, 0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66,
	    0x31, 0xbd },
	    SIG_KIND_SHA1, "SHA-1", 0, 20 },
	{ { 0xe8, 0x66, 0x57, 0x3c, 0x9c, 0x26, 0x34, 0x4e, 0xaa, 0x14, 0xed, 0x77, 0x6e, 0x85,
	    0xb3, 0xb6 },
	    SIG_KIND_RSA2048, "RSA-2048", 0, 256 },
	{ { 0x07, 0x53, 0x3e, 0xff, 0xd0, 0x9f, 0xc9, 0x48, 0x85, 0xf1, 0x8a, 0xd5, 0x6c, 0x70,
	    0x1e, 0x01 },
	    SIG_KIND_SHA384, "SHA-384", 0, 48 },
	{ { 0xae, 0x0f, 0x3e, 0x09, 0xc4, 0xa6, 0x50, 0x4f, 0x9f, 0x1b, 0xd4, 0x1e, 0x2b, 0x89,
	    0xc1, 0x9a },
	    SIG_KIND_SHA512, "SHA-512", 0, 64 },
};
#define NKINDS (sizeof kinds / sizeof kinds[0])

const char *sig_kind_name(enum sig_kind k)
{
	for (size_t i = 0; i < NKINDS; i++)
		if (kinds[i].kind == k)
			return kinds[i].name;
	return "unknown";
}

static size_t kind_of(struct rd guid)
{
	size_t i = 0;

	while (i < NKINDS && !bytes_equal(kinds[i].guid, rd_ptr(&guid), EFI_GUID_LEN))
		i++;
	return i;
}

/* One EFI_SIGNATURE_LIST. */
struct list {
	size_t kind;                    /* index in kinds[], NKINDS: unknown */
	uint32_t entry_len;
	size_t n;
	struct rd entries;
};

static bool read_list(struct rd *in, struct list *t, struct att_error *e)
{
	uint32_t list_len, header_len;
	struct rd type, body;
	size_t off = rd_off(in);

	if (!rd_take(in, EFI_GUID_LEN, &type) || !rd_le32(in, &list_len) ||
	    !rd_le32(in, &header_len) ||
	    !rd_le32(in, &t->entry_len))
		return att_fail(e, ATT_E_TRUNCATED,
		    "signature list at offset %zu: ends inside its header", off);
	if (list_len < LIST_HEADER || !rd_take(in, list_len - (size_t)LIST_HEADER, &body) ||
	    !rd_skip(&body, header_len))
		return att_fail(e, ATT_E_TRUNCATED,
		    "signature list at offset %zu: %u bytes, header %u", off, list_len,
		    header_len);
	if (t->entry_len <= EFI_GUID_LEN || rd_left(&body) % t->entry_len != 0)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "signature list at offset %zu: %zu bytes of entries of %u bytes",
		    off, rd_left(&body), t->entry_len);
	t->kind = kind_of(type);
	if (t->kind < NKINDS && kinds[t->kind].data_len &&
	    kinds[t->kind].data_len != t->entry_len - EFI_GUID_LEN)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "signature list at offset %zu: %s entries of %u bytes", off,
		    kinds[t->kind].name, t->entry_len);
	t->n = rd_left(&body) / t->entry_len;
	t->entries = body;
	return true;
}

static bool count(struct rd in, size_t *n, struct att_error *e)
{
	struct list t;

	for (*n = 0; !rd_empty(&in); *n += t.n) {
		if (!read_list(&in, &t, e))
			return false;
		if (t.n > SIGLIST_ENTRIES_MAX - *n)
			return att_fail(e, ATT_E_LIMIT, "signature lists: more than %d entries",
			    SIGLIST_ENTRIES_MAX);
	}
	return true;
}

static bool take_entry(struct list *t, struct siglist *out)
{
	struct sig_entry *s = &out->v[out->n];
	bool known = t->kind < NKINDS;

	if (!rd_copy(&t->entries, s->owner, EFI_GUID_LEN) ||
	    !rd_take(&t->entries, t->entry_len - EFI_GUID_LEN, &s->data))
		return false;
	s->kind = known ? kinds[t->kind].kind : SIG_KIND_UNKNOWN;
	s->key_len = known && kinds[t->kind].key_len ? kinds[t->kind].key_len : rd_left(&s->data);
	out->nunknown += !known;
	out->n++;
	return true;
}

bool siglist_parse(struct rd in, struct arena *a, struct siglist *out, struct att_error *e)
{
	struct rd at = rd_make(rd_ptr(&in), rd_left(&in));
	struct siglist t = { 0 };
	struct list l;
	size_t n;

	if (rd_left(&in) > SIGLIST_LEN_MAX)
		return att_fail(e, ATT_E_LIMIT, "signature lists: %zu bytes, at most %zu",
		    rd_left(&in), SIGLIST_LEN_MAX);
	if (!count(at, &n, e))
		return false;
	t.v = arena_array(a, n, sizeof *t.v);
	if (!t.v)
		return arena_fail(a, e);
	while (!rd_empty(&at) && read_list(&at, &l, e))
		for (size_t i = 0; i < l.n; i++)
			if (!take_entry(&l, &t))
				return att_fail(e, ATT_E_TRUNCATED, "signature lists: entry %zu",
				    t.n);
	*out = t;
	return true;
}

/* EFI_TIME, then WIN_CERTIFICATE_UEFI_GUID with a PKCS #7 signature. */
static bool skip_authentication(struct rd *in)
{
	static const uint8_t pkcs7[EFI_GUID_LEN] = { 0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
		0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7 };
	struct rd t = *in, certificate, guid;
	uint32_t len;
	uint16_t revision, type;

	if (!rd_skip(&t, TIME_LEN) || !rd_le32(&t, &len) || !rd_le16(&t, &revision) ||
	    !rd_le16(&t, &type) ||
	    revision != 0x0200 || type != 0x0EF1 || len < 8 ||
	    !rd_take(&t, len - (size_t)8, &certificate) ||
	    !rd_take(&certificate, EFI_GUID_LEN, &guid) ||
	    !bytes_equal(rd_ptr(&guid), pkcs7, EFI_GUID_LEN))
		return false;
	*in = t;
	return true;
}

bool siglist_file_parse(struct rd in, struct arena *a, struct siglist *out, struct att_error *e)
{
	(void)skip_authentication(&in);
	return siglist_parse(in, a, out, e);
}

static int order(const struct sig_entry *x, const struct sig_entry *y)
{
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return bytes_order(rd_ptr(&x->data), x->key_len, rd_ptr(&y->data), y->key_len);
}

/* Merges the ordered runs [from, mid) and [mid, to) of src into dst. */
static void merge(const struct sig_entry **src, const struct sig_entry **dst, size_t from,
    size_t mid, size_t to)
{
	size_t i = from, j = mid;

	for (size_t k = from; k < to; k++)
		dst[k] = j == to || (i < mid && order(src[i], src[j]) <= 0) ? src[i++] : src[j++];
}

bool sigset_make(const struct siglist *l, struct arena *a, struct sigset *out, struct att_error *e)
{
	const struct sig_entry **v = arena_array(a, l->n, sizeof *v),
	    **w = arena_array(a, l->n, sizeof *w), **t;

	if (!v || !w)
		return arena_fail(a, e);
	for (size_t i = 0; i < l->n; i++)
		v[i] = &l->v[i];
	for (size_t run = 1; run < l->n; run *= 2) {
		for (size_t from = 0; from < l->n; from += 2 * run) {
			size_t mid = from + run < l->n ? from + run : l->n, to = from + 2 * run;
			merge(v, w, from, mid, to < l->n ? to : l->n);
		}
		t = v, v = w, w = t;
	}
	*out = (struct sigset){ v, l->n };
	return true;
}

static const struct sig_entry *find(const struct sigset *s, const struct sig_entry *key)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = order(s->v[mid], key);

		if (d == 0)
			return s->v[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct sig_entry *sigset_find(const struct sigset *s, enum sig_kind kind, const void *data,
    size_t n)
{
	struct sig_entry key = { .kind = kind, .data = rd_make(data, n), .key_len = n };

	return find(s, &key);
}

const struct sig_entry *sigset_find_cert(const struct sigset *s, struct rd der,
    const struct efi_cert *cert)
{
	const struct { enum sig_kind kind; const void *p; size_t n; } ways[] = {
		{ SIG_KIND_X509, rd_ptr(&der), rd_left(&der) },
		{ SIG_KIND_TBS_SHA256, cert->tbs_sha256, sizeof cert->tbs_sha256 },
		{ SIG_KIND_TBS_SHA384, cert->tbs_sha384, sizeof cert->tbs_sha384 },
		{ SIG_KIND_TBS_SHA512, cert->tbs_sha512, sizeof cert->tbs_sha512 },
	};
	const struct sig_entry *found = NULL;

	for (size_t i = 0; i < sizeof ways / sizeof ways[0] && !found; i++)
		found = sigset_find(s, ways[i].kind, ways[i].p, ways[i].n);
	return found;
}

size_t sigset_missing(const struct sigset *have, const struct siglist *wanted,
    const struct sig_entry **first)
{
	size_t n = 0;

	*first = NULL;
	for (size_t i = 0; i < wanted->n; i++)
		if (!find(have, &wanted->v[i])) {
			if (n++ == 0)
				*first = &wanted->v[i];
		}
	return n;
}

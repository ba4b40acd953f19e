/* crl.c - certificate revocation lists (RFC 5280 section 5): complete, direct lists only. */
#include <openssl/crypto.h>

#include "lib/crypto/pem.h"
#include "lib/x509/parts.h"

/* Smallest entry: SEQUENCE, INTEGER of one byte, UTCTime. */
#define ENTRY_MIN 20

struct entry {
	uint32_t off;                   /* of the serial's magnitude in the DER */
	uint32_t len;
};

struct x509_crl {
	struct rd der, issuer;          /* issuer with tag and length */
	struct x509_signed s;
	int version;
	int64_t this_update_s, next_update_s;
	struct rd number;               /* magnitude; empty when absent */
	struct entry *revoked;          /* sorted by serial_compare */
	size_t nrevoked;
	uint8_t sha256[32];
	char issuer_cn[X509_NAME_TEXT_MAX];
	uint8_t bytes[];
};

/* By length, then by bytes: the order of the numbers. */
static int serial_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	for (size_t i = 0; i < a_len; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static bool entry_less(const struct x509_crl *l, size_t a, size_t b)
{
	const struct entry *x = &l->revoked[a], *y = &l->revoked[b];

	return serial_compare(l->bytes + x->off, x->len, l->bytes + y->off, y->len) < 0;
}

static void entry_swap(struct x509_crl *l, size_t a, size_t b)
{
	struct entry t = l->revoked[a];

	l->revoked[a] = l->revoked[b];
	l->revoked[b] = t;
}

/* Moves entry i down until neither child is larger; the heap ends before n. */
static void sift_down(struct x509_crl *l, size_t i, size_t n)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && entry_less(l, child, child + 1))
			child++;
		if (!entry_less(l, i, child))
			return;
		entry_swap(l, i, child);
	}
}

/* Heap sort: in place, no worst case, and (other than qsort) no system call. */
static void entries_sort(struct x509_crl *l)
{
	for (size_t i = l->nrevoked / 2; i > 0; i--)
		sift_down(l, i - 1, l->nrevoked);
	for (size_t n = l->nrevoked; n > 1; n--) {
		entry_swap(l, 0, n - 1);
		sift_down(l, 0, n - 1);
	}
}

/* crlEntryExtensions: a certificateIssuer makes the list indirect and is critical, hence unknown. */
static bool entry_extensions(struct rd *entry, struct att_error *e)
{
	static const uint8_t known[] = { CE_REASON, CE_INVALIDITY_DATE };
	struct ext_list list;
	struct rd in;

	if (!der_take(entry, DER_SEQUENCE, &in) || !rd_empty(entry))
		return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: neither extensions nor the end",
		    rd_off(entry));
	if (!ext_list_parse(in, &list, e) || !ext_critical_known(&list, known, sizeof known, e))
		return false;
	if (ext_find_ce(&list, CE_CERT_ISSUER))
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "entry names a certificate issuer: indirect lists are not supported");
	return true;
}

static bool crl_entry(struct x509_crl *l, struct rd *list, struct att_error *e)
{
	struct rd entry, serial;
	int64_t when_s;

	if (!der_take(list, DER_SEQUENCE, &entry) || !der_uint(&entry, &serial) ||
	    rd_left(&serial) > X509_SERIAL_MAX ||
	    !when_parse(&entry, &when_s))
		return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: not a serial number and a time",
		    rd_off(list));
	if (!rd_empty(&entry) && l->version != 2)
		return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: extensions in version 1", rd_off(&entry));
	if (!rd_empty(&entry) && !entry_extensions(&entry, e))
		return false;
	l->revoked[l->nrevoked++] = (struct entry){ (uint32_t)rd_off(&serial), (uint32_t)rd_left(&serial) };
	return true;
}

/* An empty list is not how RFC 5280 says "none", but it says nothing else. */
static bool crl_entries(struct x509_crl *l, struct rd list, struct att_error *e)
{
	size_t most = rd_left(&list) / ENTRY_MIN;

	if (rd_empty(&list))
		return true;
	l->revoked = OPENSSL_malloc((most + 1) * sizeof *l->revoked);
	if (!l->revoked)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	while (!rd_empty(&list))
		if (l->nrevoked >= most)
			return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: entry of less than %d bytes",
			    rd_off(&list), ENTRY_MIN);
		else if (!crl_entry(l, &list, e))
			return att_within(e, "revoked[%zu]", l->nrevoked);
	entries_sort(l);
	return true;
}

/* [0] crlExtensions. */
static bool crl_extensions(struct x509_crl *l, struct rd *tbs, struct att_error *e)
{
	static const uint8_t known[] = { CE_CRL_NUMBER, CE_AUTHORITY_KEY_ID };
	struct ext_list list;
	struct rd wrap, in;
	const struct ext *x;

	if (rd_empty(tbs))
		return true;
	if (l->version != 2 || !der_take(tbs, DER_CTX_CONS(0), &wrap) || !rd_empty(tbs) ||
	    !der_take(&wrap, DER_SEQUENCE, &in) || !rd_empty(&wrap))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "offset %zu: neither extensions of version 2 nor the end", rd_off(tbs));
	if (!ext_list_parse(in, &list, e) || !ext_critical_known(&list, known, sizeof known, e))
		return false;
	/* Both say that the list is not the whole truth about its issuer, critical or not. */
	if (ext_find_ce(&list, CE_DELTA_CRL) || ext_find_ce(&list, CE_ISSUING_POINT))
		return att_fail(e, ATT_E_UNSUPPORTED, "delta, partial or indirect lists are not supported");
	x = ext_find_ce(&list, CE_CRL_NUMBER);
	if (!x)
		return true;
	in = x->value;
	if (!der_uint(&in, &l->number) || !rd_empty(&in) || rd_left(&l->number) > X509_SERIAL_MAX)
		return att_fail(e, ATT_E_BAD_FORMAT, "CRL number is malformed");
	return true;
}

/* version, signature, issuer, thisUpdate, nextUpdate. */
static bool crl_head(struct x509_crl *l, struct rd *tbs, struct att_error *e)
{
	struct rd alg, alg_inside, issuer;
	uint64_t version = 0;

	if (der_peek(tbs, DER_INTEGER) && (!der_u64(tbs, &version) || version != 1))
		return att_fail(e, ATT_E_BAD_FORMAT, "version is not 1 or 2 in DER");
	l->version = (int)version + 1;
	if (!der_take_whole(tbs, DER_SEQUENCE, &alg, &alg_inside) || !der_same(&alg, &l->s.alg))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "signature algorithm inside differs from the one outside");
	if (!der_take_whole(tbs, DER_SEQUENCE, &l->issuer, &issuer) || !name_parse(issuer, e))
		return att_fail(e, ATT_E_BAD_FORMAT, "no issuer name");
	name_cn(issuer, l->issuer_cn);
	if (!when_parse(tbs, &l->this_update_s))
		return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: thisUpdate is not a UTC time", rd_off(tbs));
	l->next_update_s = INT64_MIN;
	if ((der_peek(tbs, DER_UTCTIME) || der_peek(tbs, DER_GENTIME)) && !when_parse(tbs, &l->next_update_s))
		return att_fail(e, ATT_E_BAD_FORMAT, "offset %zu: nextUpdate is not a UTC time", rd_off(tbs));
	return true;
}

static bool crl_read(struct crypto *c, struct x509_crl *l, struct att_error *e)
{
	struct rd tbs, list;

	if (!signed_parse("CRL", l->der, &l->s, e))
		return false;
	tbs = l->s.inside;
	if (!crl_head(l, &tbs, e) || (der_take(&tbs, DER_SEQUENCE, &list) && !crl_entries(l, list, e)) ||
	    !crl_extensions(l, &tbs, e))
		return att_within(e, "CRL");
	return digest(c, DIGEST_SHA256, rd_ptr(&l->der), rd_left(&l->der), l->sha256, e);
}

static bool crl_from_der(struct crypto *c, const uint8_t *der, size_t n, struct x509_crl **out,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(x509_crl) l = NULL;

	if (n > X509_CRL_MAX)
		return att_fail(e, ATT_E_LIMIT, "CRL: %zu bytes, at most %zu", n, X509_CRL_MAX);
	l = OPENSSL_zalloc(sizeof *l + n);
	if (!l)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	bytes_copy(l->bytes, der, n);
	l->der = rd_make(l->bytes, n);
	if (!crl_read(c, l, e))
		return false;
	*out = ATT_STEAL(l);
	return true;
}

static bool crl_from_pem(struct crypto *c, struct rd in, struct x509_crl **out, struct att_error *e)
{
	struct secret der = { 0 }, second = { 0 };
	bool found = false, more = false, ok;

	ok = pem_next(&in, "X509 CRL", X509_CRL_MAX, &der, &found, e) &&
	    (!found || pem_next(&in, "X509 CRL", X509_CRL_MAX, &second, &more, e));
	if (ok && (!found || more))
		ok = att_fail(e, ATT_E_BAD_FORMAT, "CRL: %s", more ? "more than one X509 CRL block" :
		    "neither DER nor a PEM X509 CRL block");
	ok = ok && crl_from_der(c, der.p, der.len, out, e);
	secret_clear(&der);
	secret_clear(&second);
	return ok;
}

bool x509_crl_parse(struct crypto *c, const void *p, size_t n, struct x509_crl **out, struct att_error *e)
{
	struct rd in = rd_make(p, n), look = in;
	uint8_t tag, len;

	if (n > 2 * X509_CRL_MAX)
		return att_fail(e, ATT_E_LIMIT, "CRL: %zu bytes, at most %zu of DER", n, X509_CRL_MAX);
	if (rd_u8(&look, &tag) && rd_u8(&look, &len) && tag == DER_SEQUENCE && len >= 0x80)
		return crl_from_der(c, p, n, out, e);
	return crl_from_pem(c, in, out, e);
}

void x509_crl_free(struct x509_crl *l)
{
	if (!l)
		return;
	OPENSSL_free(l->revoked);
	OPENSSL_free(l);
}

int64_t x509_crl_this_update(const struct x509_crl *l)
{
	return l->this_update_s;
}

int64_t x509_crl_next_update(const struct x509_crl *l)
{
	return l->next_update_s;
}

const char *x509_crl_issuer_cn(const struct x509_crl *l)
{
	return l->issuer_cn;
}

const uint8_t *x509_crl_number(const struct x509_crl *l, size_t *n)
{
	*n = l->number.cur ? rd_left(&l->number) : 0;
	return *n ? rd_ptr(&l->number) : NULL;
}

size_t x509_crl_nrevoked(const struct x509_crl *l)
{
	return l->nrevoked;
}

bool x509_crl_names_issuer(const struct x509_crl *l, const struct x509_cert *issuer)
{
	return der_same(&l->issuer, &issuer->subject);
}

bool x509_crl_signed_by(struct crypto *c, const struct x509_crl *l, const struct x509_cert *issuer,
    struct att_error *e)
{
	if (!x509_crl_names_issuer(l, issuer))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "CRL: issuer is \"%s\", not \"%s\"", l->issuer_cn,
		    issuer->subject_text);
	if (!x509_may_sign_crls(issuer))
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "CRL: \"%s\" lacks cRLSign", issuer->subject_text);
	return signed_verify(c, &l->s, issuer->key, e) ||
	    att_within(e, "CRL of \"%s\"", issuer->subject_text);
}

bool x509_crl_current(const struct x509_crl *l, int64_t now_s, struct att_error *e)
{
	char bound[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
	bool early = now_s < l->this_update_s;

	if (l->next_update_s == INT64_MIN)
		return att_fail(e, ATT_E_NOT_AUTHENTIC, "CRL of \"%s\": without nextUpdate", l->issuer_cn);
	if (!early && now_s <= l->next_update_s)
		return true;
	time_format(early ? l->this_update_s : l->next_update_s, bound);
	time_format(now_s, now);
	return att_fail(e, ATT_E_NOT_AUTHENTIC, "CRL of \"%s\": not current %s %s, it is %s", l->issuer_cn,
	    early ? "before" : "after", bound, now);
}

bool x509_crl_revokes(const struct x509_crl *l, const struct x509_cert *cert)
{
	const uint8_t *serial = rd_ptr(&cert->serial);
	size_t len = rd_left(&cert->serial), low = 0, high = l->nrevoked;

	if (!der_same(&l->issuer, &cert->issuer))
		return false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = serial_compare(l->bytes + l->revoked[mid].off, l->revoked[mid].len, serial, len);
		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

const uint8_t *x509_crl_sha256(const struct x509_crl *l)
{
	return l->sha256;
}

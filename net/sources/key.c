#include "net/sources/key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hex.h"

#define PARTS_MAX 4
#define WORDS_MAX 4
#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"

struct word { const char *in_key, *in_url; };

/* A part of a key: hex digits, or one of some words. */
struct part {
	enum fetch_field field;
	unsigned hex;                           /* digits; 0: a word */
	const struct word *words;
};

#define SAME(w) { w, w }
static const struct word tees[] = { { "SGX", "sgx" }, { "TDX", "tdx" }, { 0 } };
static const struct word enclaves[] = { { "QE", "sgx/certification/v4/qe" },
    { "TD_QE", "tdx/certification/v4/qe" }, { "QVE", "sgx/certification/v4/qve" }, { 0 } };
static const struct word cas[] = { SAME("platform"), SAME("processor"), { 0 } };
static const struct word roots[] = { SAME("root"), { 0 } };
static const struct word products[] = { SAME("Milan"), SAME("Genoa"), { 0 } };
static const struct word turin[] = { SAME("Turin"), { 0 } };
static const struct word all_products[] = { SAME("Milan"), SAME("Genoa"), SAME("Turin"), { 0 } };
static const struct word branches[] = { SAME("vcek"), SAME("vlek"), { 0 } };

struct form {
	const char *kind;
	bool has_evaluation;
	struct part part[PARTS_MAX];
	unsigned nparts;
};
/* Of several rows of a kind the first that fits. */
static const struct form forms[] = {
	{ "tcb-info", true, { { FETCH_TEE, 0, tees }, { FETCH_FMSPC, 12, NULL } }, 2 },
	{ "qe-identity", true, { { FETCH_ENCLAVE, 0, enclaves } }, 1 },
	{ "evaluation-numbers", false, { { FETCH_TEE, 0, tees } }, 1 },
	{ "pck-crl", false, { { FETCH_CA, 0, cas } }, 1 },
	{ "root-crl", false, { { FETCH_ROOT, 0, roots } }, 1 },
	{ "pck-cert", false,
	    { { FETCH_QEID, 32, NULL }, { FETCH_PCEID, 4, NULL }, { FETCH_CPUSVN, 32, NULL },
		{ FETCH_PCESVN, 4, NULL } },
	    4 },
	{ "snp-vcek", false,
	    { { FETCH_PRODUCT, 0, products }, { FETCH_CHIP, 128, NULL }, { FETCH_TCB, 16, NULL } },
	    3 },
	{ "snp-vcek", false,
	    { { FETCH_PRODUCT, 0, turin }, { FETCH_CHIP, 16, NULL }, { FETCH_TCB, 16, NULL } }, 3 },
	{ "snp-chain", false, { { FETCH_PRODUCT, 0, all_products }, { FETCH_BRANCH, 0, branches } },
	    2 },
	{ "snp-crl", false, { { FETCH_PRODUCT, 0, all_products }, { FETCH_BRANCH, 0, branches } },
	    2 },
};

/* The word of the list that these characters are, or NULL. */
static const struct word *word_of(const struct word *w, const char *s, size_t n)
{
	for (; w->in_key; w++)
		if (strlen(w->in_key) == n && strncmp(w->in_key, s, n) == 0)
			return w;
	return NULL;
}

static bool fits(const struct form *f, const char *key)
{
	for (unsigned i = 0; i < f->nparts; i++) {
		const struct part *p = &f->part[i];
		size_t n = strcspn(key, "-");

		if (p->hex ? n != p->hex || strspn(key, HEX) < n : !word_of(p->words, key, n))
			return false;
		key += n;
		if (*key != (i + 1 < f->nparts ? '-' : '\0'))
			return false;
		key += *key == '-';
	}
	return true;
}

/* Of a key that fits. */
static bool take_parts(struct arena *a, const struct form *f, const char *key,
    struct fetch_key *out, struct att_error *e)
{
	for (unsigned i = 0; i < f->nparts; i++) {
		const struct part *p = &f->part[i];
		size_t n = strcspn(key, "-");

		out->value[p->field] =
		    p->hex ? arena_strndup(a, key, n) : word_of(p->words, key, n)->in_url;
		if (!out->value[p->field])
			return arena_fail(a, e);
		key += n + 1;
	}
	return true;
}

/* spec: sev-snp §7.3: decimal values of the reported TCB, named and placed by product line */
static bool add_tcb(struct arena *a, struct fetch_key *k, struct att_error *e)
{
	uint8_t t[8];
	uint64_t number = 0;
	bool is_turin;

	if (!k->value[FETCH_TCB])
		return true;
	if (!hex_decode(k->value[FETCH_TCB], 16, t, sizeof t, e))
		return false;
	for (unsigned i = 0; i < 8; i++)
		number |= (uint64_t)t[i] << (8 * i);
	is_turin = strcmp(k->value[FETCH_PRODUCT], "Turin") == 0;
	k->value[FETCH_SPL] = is_turin ?
	    arena_printf(a, "fmcSPL=%u&blSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u", t[0], t[1], t[2],
		t[3], t[7]) :
	    arena_printf(a, "blSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u", t[0], t[1], t[6], t[7]);
	k->value[FETCH_TCB_NUMBER] = arena_printf(a, "%" PRIx64, number);
	return (k->value[FETCH_SPL] && k->value[FETCH_TCB_NUMBER]) || arena_fail(a, e);
}

/* spec: sgx-tdx §8.1: update and tcbEvaluationDataNumber exclude each other */
static bool add_baseline(
    struct arena *a, const char *baseline, struct fetch_key *k, struct att_error *e)
{
	size_t n = strlen(baseline);
	bool is_word = strcmp(baseline, "standard") == 0 || strcmp(baseline, "early") == 0;

	if (!is_word && (n > 9 || strspn(baseline, DIGITS) < n || *baseline == '0'))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "baseline: found \"%.32s\", want standard, early or a number", baseline);
	k->value[FETCH_BASELINE] = n == 0 ? "" : arena_printf(a, "%s=%s",
	    is_word ? "update" : "tcbEvaluationDataNumber", baseline);
	return k->value[FETCH_BASELINE] || arena_fail(a, e);
}

bool fetch_key_parse(struct arena *a, const char *kind, const char *key, const char *baseline,
    struct fetch_key *out, struct att_error *e)
{
	bool known = false;

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct fetch_key k = { .kind = forms[i].kind };

		if (strcmp(forms[i].kind, kind) != 0)
			continue;
		known = true;
		if (!fits(&forms[i], key))
			continue;
		if (!take_parts(a, &forms[i], key, &k, e) || !add_tcb(a, &k, e) ||
		    !add_baseline(a, forms[i].has_evaluation ? baseline : "", &k, e))
			return false;
		k.id = arena_printf(a, "%s %s %s", kind, key, k.value[FETCH_BASELINE]);
		if (!k.id)
			return arena_fail(a, e);
		*out = k;
		return true;
	}
	return known ?
	    att_fail(e, ATT_E_BAD_FORMAT, "%s: \"%.200s\" is no key of that kind", kind, key) :
	    att_fail(e, ATT_E_BAD_FORMAT, "\"%.64s\" is no kind of endorsement that can be fetched",
		kind);
}

static const char *field_named(const struct fetch_key *k, const char *s, size_t n)
{
	static const char *const names[] = {
#define X(field, name) [FETCH_##field] = name,
		FETCH_FIELDS(X)
#undef X
	};

	for (size_t i = 0; i < FETCH_NFIELDS; i++)
		if (strlen(names[i]) == n && strncmp(names[i], s, n) == 0)
			return k->value[i];
	return NULL;
}

bool fetch_key_expand(const struct fetch_key *k, const char *template, struct arena *a,
    const char **out, struct att_error *e)
{
	struct buf b = buf_make(a);

	for (const char *p = template; *p; ) {
		size_t n = strcspn(p, "{"), m;
		char before = p[n] ? p[n + 1] : '\0';
		const char *value;

		buf_put(&b, p, n);
		p += n;
		if (!*p)
			break;
		p += before == '?' || before == '&' ? 2 : 1;
		m = strcspn(p, "}");
		value = field_named(k, p, m);
		if (!value)
			return att_fail(e, ATT_E_INTERNAL, "%s: no field %.*s in a key of %s",
			    template, (int)m, p, k->kind);
		if (*value && (before == '?' || before == '&'))
			buf_char(&b, before);
		buf_str(&b, value);
		p += m + 1;
	}
	buf_put(&b, "", 0);
	*out = b.p;
	return buf_ok(&b, e);
}

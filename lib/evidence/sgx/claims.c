#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/evidence/sgx/sgx.h"

enum kind { K_HEX, K_U16, K_FLAG };
struct row {
	const char *name, *alias;       /* alias: the name that policies may use too, or NULL */
	enum kind kind;
	size_t off, len;                /* in struct sgx_report */
	bool kss;                       /* only with the KSS attribute */
};
#define FIELD(m) offsetof(struct sgx_report, m), sizeof(((struct sgx_report *)0)->m)

/* MAA's names, to the letter. spec: claims §2 */
static const struct row rows[] = {
	{ "x-ms-sgx-is-debuggable", "$is-debuggable", K_FLAG, FIELD(attributes), false },
	{ "x-ms-sgx-mrenclave", "$sgx-mrenclave", K_HEX, FIELD(mrenclave), false },
	{ "x-ms-sgx-mrsigner", "$sgx-mrsigner", K_HEX, FIELD(mrsigner), false },
	{ "x-ms-sgx-product-id", "$product-id", K_U16, FIELD(isvprodid), false },
	{ "x-ms-sgx-svn", "$svn", K_U16, FIELD(isvsvn), false },
	{ "x-ms-sgx-report-data", NULL, K_HEX, FIELD(report_data), false },
	{ "x-ms-sgx-config-id", NULL, K_HEX, FIELD(configid), true },
	{ "x-ms-sgx-config-svn", NULL, K_U16, FIELD(configsvn), true },
	{ "x-ms-sgx-isv-extended-product-id", NULL, K_HEX, FIELD(isvextprodid), true },
	{ "x-ms-sgx-isv-family-id", NULL, K_HEX, FIELD(isvfamilyid), true },
};

static const char *const ehd_names[] = { "x-ms-sgx-ehd", "maa-ehd", "aas-ehd", "$maa-ehd", "$aas-ehd" };
static const char *const collateral_names[] = { "x-ms-sgx-collateral", "maa-attestationcollateral",
	"$maa-attestationcollateral" };

static const struct { const char *name; size_t off; } hash_rows[] = {
	{ "qeidcertshash", offsetof(struct dcap_hashes, qeid_certs) },
	{ "qeidcrlhash", offsetof(struct dcap_hashes, crl) },
	{ "qeidhash", offsetof(struct dcap_hashes, qeid) },
	{ "tcbinfocertshash", offsetof(struct dcap_hashes, tcb_info_certs) },
	{ "tcbinfocrlhash", offsetof(struct dcap_hashes, crl) },
	{ "tcbinfohash", offsetof(struct dcap_hashes, tcb_info) },
};

static bool add_as(const struct row *row, const char *name, const struct sgx_report *r, struct claims *c,
    struct att_error *e)
{
	const uint8_t *at = (const uint8_t *)r + row->off;
	uint16_t u16 = 0;

	switch (row->kind) {
	case K_HEX:
		return claims_hex(c, name, at, row->len, e);
	case K_U16:
		bytes_copy(&u16, at, sizeof u16);
		return claims_int(c, name, u16, e);
	case K_FLAG:
		return claims_bool(c, name, sgx_flag(r, SGX_FLAG_DEBUG), e);
	}
	return att_fail(e, ATT_E_INTERNAL, "claim %s: unknown kind", name);
}

static bool add_report(const struct sgx_report *r, bool aliases, struct claims *c, struct att_error *e)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		if (row->kss && !sgx_flag(r, SGX_FLAG_KSS))
			continue;
		if (!add_as(row, row->name, r, c, e))
			return false;
		if (aliases && row->alias && !add_as(row, row->alias, r, c, e))
			return false;
	}
	return !aliases || claims_str(c, "$tee", "sgx", e);
}

/* Binary runtime data, as sent; JSON becomes x-ms-runtime, which is the pipeline's. spec: rest-api §5.2 */
static bool add_ehd(const struct bound_data *data, struct claims *c, struct att_error *e)
{
	const char *text;

	if (!data || !data->present || data->json)
		return true;
	text = b64_encode_arena(B64_URL, c->a, rd_ptr(&data->bytes), rd_left(&data->bytes));
	if (!text)
		return arena_fail(c->a, e);
	for (size_t i = 0; i < sizeof ehd_names / sizeof ehd_names[0]; i++)
		if (!claims_str(c, ehd_names[i], text, e))
			return false;
	return true;
}

/* quotehash is over the evidence as it was posted, Open Enclave's header included. spec: sgx-tdx §9.2 */
static bool add_collateral(const struct sgx_evidence *ev, const struct dcap_hashes *h, struct crypto *crypto,
    struct claims *c, struct att_error *e)
{
	struct json *o = json_object(c->a);
	char text[DCAP_HASH_TEXT];
	uint8_t sum[32];

	if (!digest(crypto, DIGEST_SHA256, rd_ptr(&ev->whole), rd_left(&ev->whole), sum, e))
		return false;
	hex_encode(sum, sizeof sum, text);
	o = json_put(c->a, o, "quotehash", json_string(c->a, text));
	for (size_t i = 0; i < sizeof hash_rows / sizeof hash_rows[0]; i++)
		o = json_put(c->a, o, hash_rows[i].name,
		    json_string(c->a, (const char *)h + hash_rows[i].off));
	if (!o)
		return arena_fail(c->a, e);
	for (size_t i = 0; i < sizeof collateral_names / sizeof collateral_names[0]; i++)
		if (!claims_json(c, collateral_names[i], o, e))
			return false;
	return true;
}

bool sgx_claims(const void *ev, const struct trust *t, const struct evidence_outcome *o, struct claims *c,
    struct att_error *e)
{
	const struct sgx_evidence *s = ev;
	const struct dcap_facts *f = o->facts;

	if (!f)
		return att_fail(e, ATT_E_INTERNAL, "sgx: claims asked of evidence that was not verified");
	return add_report(&s->report, true, c, e) && add_ehd(t->runtime, c, e) &&
	    add_collateral(s, &f->hashes, t->crypto, c, e) && dcap_claims(f, c, e);
}

/* The same names for people, from the report alone. */
bool sgx_describe(const void *ev, struct arena *a, struct json **out, struct att_error *e)
{
	const struct sgx_evidence *s = ev;
	struct claims c = claims_make(a);

	if (s->quote.body_type == QUOTE_BODY_SGX && !add_report(&s->report, false, &c, e))
		return false;
	*out = claims_to_json(&c, a);
	*out = json_put(a, *out, "quote version", json_int(a, s->quote.header.version));
	*out = json_put(a, *out, "certification data type", json_int(a, s->quote.certification));
	return *out ? true : arena_fail(a, e);
}

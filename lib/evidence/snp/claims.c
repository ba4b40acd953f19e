#include "lib/base/hex.h"
#include "lib/evidence/snp/snp.h"

/* A field of the report as it is, or one bit of it. */
enum kind { K_HEX, K_U32, K_U64_HEX, K_BIT };
struct row {
	const char *name;
	enum kind kind;
	size_t off, len;        /* in struct snp_report; K_BIT: of a u64 */
	unsigned bit;
	uint32_t from;          /* report version from which on the field exists */
};
#define FIELD(m) offsetof(struct snp_report, m), sizeof(((struct snp_report *)0)->m)
#define HEX(name, m) { name, K_HEX, FIELD(m), 0, 0 }
#define U32(name, m) { name, K_U32, FIELD(m), 0, 0 }
#define U64(name, m, from) { name, K_U64_HEX, FIELD(m), 0, from }
#define POLICY(name, bit) { name, K_BIT, FIELD(policy), SNP_POLICY_##bit, 0 }
#define PLATFORM(name, bit) { name, K_BIT, FIELD(platform_info), SNP_PLATFORM_##bit, 0 }

static const struct row rows[] = {
	/* MAA's names, to the letter. spec: claims §3 */
	U32("x-ms-sevsnpvm-guestsvn", guest_svn),
	POLICY("x-ms-sevsnpvm-smt-allowed", SMT),
	POLICY("x-ms-sevsnpvm-migration-allowed", MIGRATE_MA),
	POLICY("x-ms-sevsnpvm-is-debuggable", DEBUG),
	HEX("x-ms-sevsnpvm-familyId", family_id),
	HEX("x-ms-sevsnpvm-imageId", image_id),
	U32("x-ms-sevsnpvm-vmpl", vmpl),
	HEX("x-ms-sevsnpvm-reportdata", report_data),
	HEX("x-ms-sevsnpvm-launchmeasurement", measurement),
	HEX("x-ms-sevsnpvm-hostdata", host_data),
	HEX("x-ms-sevsnpvm-idkeydigest", id_key_digest),
	HEX("x-ms-sevsnpvm-authorkeydigest", author_key_digest),
	HEX("x-ms-sevsnpvm-reportid", report_id),
	/* Facts MAA has no name for. */
	U32("x-attestd-snp-report-version", version),
	HEX("x-attestd-snp-chip-id", chip_id),
	HEX("x-attestd-snp-reportid-ma", report_id_ma),
	U64("x-attestd-snp-policy", policy, 0),
	POLICY("x-attestd-snp-policy-single-socket", SINGLE_SOCKET),
	POLICY("x-attestd-snp-policy-cxl-allowed", CXL_ALLOW),
	POLICY("x-attestd-snp-policy-mem-aes256-xts-required", MEM_AES_256_XTS),
	POLICY("x-attestd-snp-policy-rapl-disabled-required", RAPL_DIS),
	POLICY("x-attestd-snp-policy-ciphertext-hiding-required", CIPHERTEXT_HIDING),
	POLICY("x-attestd-snp-policy-page-swap-disabled-required", PAGE_SWAP_DISABLE),
	U64("x-attestd-snp-platform-info", platform_info, 0),
	PLATFORM("x-attestd-snp-platform-smt", SMT),
	PLATFORM("x-attestd-snp-platform-tsme", TSME),
	PLATFORM("x-attestd-snp-platform-ecc", ECC),
	PLATFORM("x-attestd-snp-platform-rapl-disabled", RAPL_DIS),
	PLATFORM("x-attestd-snp-platform-ciphertext-hiding", CIPHERTEXT_HIDING),
	PLATFORM("x-attestd-snp-platform-alias-check", ALIAS_CHECK),
	PLATFORM("x-attestd-snp-platform-tio", TIO),
	U64("x-attestd-snp-launch-mit-vector", launch_mit_vector, 5),
	U64("x-attestd-snp-current-mit-vector", current_mit_vector, 5),
};

/* Components under MAA's names: of the reported TCB. spec: sev-snp §10 */
static const struct { const char *name; size_t off; } maa_tcb[] = {
	{ "x-ms-sevsnpvm-bootloader-svn", offsetof(struct att_snp_tcb, bootloader) },
	{ "x-ms-sevsnpvm-tee-svn", offsetof(struct att_snp_tcb, tee) },
	{ "x-ms-sevsnpvm-snpfw-svn", offsetof(struct att_snp_tcb, snp) },
	{ "x-ms-sevsnpvm-microcode-svn", offsetof(struct att_snp_tcb, microcode) },
};

static const struct { const char *name; size_t off; } tcbs[] = {
	{ "current", offsetof(struct snp_report, current_tcb) },
	{ "committed", offsetof(struct snp_report, committed_tcb) },
	{ "launch", offsetof(struct snp_report, launch_tcb) },
	{ "reported", offsetof(struct snp_report, reported_tcb) },
};

static bool claim_text(struct claims *c, const char *name, const char *text, struct att_error *e)
{
	return text ? claims_str(c, name, text, e) : arena_fail(c->a, e);
}

static bool add_row(const struct row *row, const struct snp_report *r, struct claims *c, struct att_error *e)
{
	const uint8_t *at = (const uint8_t *)r + row->off;
	uint64_t u64 = 0;
	uint32_t u32 = 0;

	if (row->from > r->version)
		return true;
	switch (row->kind) {
	case K_HEX:
		return claims_hex(c, row->name, at, row->len, e);
	case K_U32:
		bytes_copy(&u32, at, sizeof u32);
		return claims_int(c, row->name, u32, e);
	case K_U64_HEX:
		bytes_copy(&u64, at, sizeof u64);
		return claim_text(c, row->name, arena_printf(c->a, "%016llx", (unsigned long long)u64), e);
	case K_BIT:
		bytes_copy(&u64, at, sizeof u64);
		return claims_bool(c, row->name, u64 >> row->bit & 1, e);
	}
	return att_fail(e, ATT_E_INTERNAL, "claim %s: unknown kind", row->name);
}

static bool add_tcb(const char *which, const struct snp_product *p, const uint8_t raw[8], struct claims *c,
    struct att_error *e)
{
	struct att_snp_tcb t = snp_tcb_decode(p, raw);

	for (size_t i = 0; i < SNP_TCB_COMPONENTS; i++) {
		const char *name;

		if (!snp_tcb_has(p, i))
			continue;
		name = arena_printf(c->a, "x-attestd-snp-%s-tcb-%s", which, snp_tcb_components[i].name);
		if (!name)
			return arena_fail(c->a, e);
		if (!claims_int(c, name, snp_tcb_get(&t, i), e))
			return false;
	}
	return true;
}

static bool add_tcbs(
    const struct snp_report *r, const struct snp_product *p, struct claims *c, struct att_error *e)
{
	struct att_snp_tcb reported = snp_tcb_decode(p, r->reported_tcb);

	for (size_t i = 0; i < sizeof maa_tcb / sizeof maa_tcb[0]; i++)
		if (!claims_int(c, maa_tcb[i].name, ((const uint8_t *)&reported)[maa_tcb[i].off], e))
			return false;
	for (size_t i = 0; i < sizeof tcbs / sizeof tcbs[0]; i++)
		if (!add_tcb(tcbs[i].name, p, (const uint8_t *)r + tcbs[i].off, c, e))
			return false;
	return true;
}

static bool add_version(struct claims *c, const char *name, const struct snp_version *v, struct att_error *e)
{
	return claim_text(c, name, arena_printf(c->a, "%u.%u.%u", v->major, v->minor, v->build), e);
}

/* What is not one field as it stands. */
static bool add_derived(const struct snp_report *r, struct claims *c, struct att_error *e)
{
	return claims_str(c, "x-attestd-snp-signing-key",
		   snp_signing_key(r) == SNP_KEY_VLEK ? "VLEK" : "VCEK", e) &&
	    claims_bool(c, "x-attestd-snp-author-key-enabled", snp_author_key_en(r), e) &&
	    claim_text(c, "x-attestd-snp-policy-abi",
		arena_printf(
		    c->a, "%u.%u", (unsigned)(r->policy >> 8 & 0xFF), (unsigned)(r->policy & 0xFF)),
		e) &&
	    add_version(c, "x-attestd-snp-current-version", &r->current, e) &&
	    add_version(c, "x-attestd-snp-committed-version", &r->committed, e) &&
	    (r->version < 3 ||
		claim_text(c, "x-attestd-snp-cpuid",
		    arena_printf(
			c->a, "%02x/%02x/%02x", r->cpuid_family, r->cpuid_model, r->cpuid_stepping),
		    e));
}

/* What certificates said. */
static bool add_facts(
    const struct snp_report *r, const struct snp_facts *f, struct claims *c, struct att_error *e)
{
	return claims_str(c, "x-attestd-snp-product", f->product->name, e) &&
	    (snp_signing_key(r) != SNP_KEY_VLEK || claims_str(c, "x-attestd-snp-csp-id", f->csp_id, e)) &&
	    claims_int(c, "x-attestd-snp-vcek-not-after", f->leaf_not_after_s, e);
}

static bool add_fields(
    const struct snp_report *r, const struct snp_product *p, struct claims *c, struct att_error *e)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!add_row(&rows[i], r, c, e))
			return false;
	return (!p || add_tcbs(r, p, c, e)) && add_derived(r, c, e);
}

bool snp_claims(const void *ev, const struct trust *t, const struct evidence_outcome *o, struct claims *c,
    struct att_error *e)
{
	const struct snp_report *r = &((const struct snp_evidence *)ev)->report;
	const struct snp_facts *f = o->facts;

	(void)t;
	if (!f)
		return att_fail(e, ATT_E_INTERNAL, "snp: claims asked of evidence that was not verified");
	return add_fields(r, f->product, c, e) && add_facts(r, f, c, e);
}

/* The same names for people, from the report alone: without a CPUID the layout of TCBs is not known. */
bool snp_describe(const void *ev, struct arena *a, struct json **out, struct att_error *e)
{
	const struct snp_evidence *s = ev;
	const struct snp_report *r = &s->report;
	const struct snp_product *p =
	    r->version >= 3 ? snp_product_of_cpuid(r->cpuid_family, r->cpuid_model) : NULL;
	struct claims c = claims_make(a);

	if (!add_fields(r, p, &c, e))
		return false;
	*out = claims_to_json(&c, a);
	return *out && json_put(a, *out, "certificates", json_int(a, (int64_t)s->certs.ncerts)) ?
	    true :
	    arena_fail(a, e);
}

/* SGX, Open Enclave and TDX evidence with its collateral under a throw-away root; options are rows
 * of a table. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/simulate.h"
#include "lib/base/time.h"
#include "sim/dcap.h"

#define KSS (UINT64_C(1) << 7)
#define DEBUG_FLAG 2                    /* ATTRIBUTES */

typedef bool setter(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e);

static bool word(const char *v, const char *const *words, size_t n, size_t *at, struct att_error *e)
{
	for (*at = 0; *at < n; ++*at)
		if (strcmp(words[*at], v) == 0)
			return true;
	return att_fail(e, ATT_E_OPERATION,
	    "found \"%.40s\", want \"%s\" or another word that --help lists", v,
	    words[0]);
}
#define WORD(v, words, at, e) word(v, words, sizeof(words) / sizeof((words)[0]), at, e)

/* The next part of a list; false at its end. */
static bool next_part(const char **list, const char **part, size_t *n)
{
	if (!**list)
		return false;
	*part = *list;
	*n = strcspn(*list, ",");
	*list += *n + ((*list)[*n] == ',');
	return true;
}

static bool set_advisories(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	const char *part;
	size_t n;

	o->nadvisories = 0;
	while (next_part(&v, &part, &n)) {
		if (o->nadvisories == SIM_ADVISORIES_MAX)
			return att_fail(e, ATT_E_LIMIT, "more than %d advisories",
			    SIM_ADVISORIES_MAX);
		o->advisories[o->nadvisories] = arena_strndup(a, part, n);
		if (!o->advisories[o->nadvisories++])
			return arena_fail(a, e);
	}
	return true;
}

static bool set_flags(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	static const char *const names[] = { "dynamic", "cached-keys", "smt" };
	struct sim_dcap_platform *x = &o->platform;
	bool *const flags[] = { &x->dynamic, &x->cached_keys, &x->smt };
	const char *part;
	size_t n, at;

	x->dynamic = x->cached_keys = x->smt = false;
	while (next_part(&v, &part, &n)) {
		const char *name = arena_strndup(a, part, n);
		if (!name)
			return arena_fail(a, e);
		if (!WORD(name, names, &at, e))
			return false;
		*flags[at] = true;
	}
	return true;
}

static bool set_revoke(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	static const char *const names[] = { "pck", "ca" };
	size_t at;

	(void)a;
	if (!WORD(v, names, &at, e))
		return false;
	*(at ? &o->revoke_ca : &o->revoke_pck) = true;
	return true;
}

static bool set_ca(struct sim_dcap_options *o, const char *v, struct arena *a, struct att_error *e)
{
	static const char *const names[] = { "platform", "processor" };
	size_t at;

	(void)a;
	if (!WORD(v, names, &at, e))
		return false;
	o->platform.processor_ca = at == 1;
	return true;
}

static bool set_data_type(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	static const char *const names[] = { "json", "binary" };
	size_t at;

	(void)a;
	if (!WORD(v, names, &at, e))
		return false;
	o->binary_data = at == 1;
	return true;
}

static bool set_oe_form(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	static const char *const names[] = { "report", "legacy", "evidence" };
	size_t at;

	(void)a;
	if (!WORD(v, names, &at, e))
		return false;
	o->oe_form = (enum sim_oe_form)(SIM_OE_REPORT + at);
	return true;
}

static bool set_td_report(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	static const char *const names[] = { "1.0", "1.5", "1.5x" };
	size_t at;

	(void)a;
	if (!WORD(v, names, &at, e))
		return false;
	o->td_report = (enum sim_td_report)(SIM_TD_10 + at);
	return true;
}

/* The components, and the CPUSVN that is equal to them wherever seen. */
static bool set_cpu_svn(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	(void)a;
	return simulate_hex(v, o->platform.components, sizeof o->platform.components, e) &&
	    simulate_hex(v, o->platform.cpusvn, sizeof o->platform.cpusvn, e);
}

static bool set_tee_tcb_svn(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	(void)a;
	return simulate_hex(v, o->td.tee_tcb_svn, sizeof o->td.tee_tcb_svn, e) &&
	    simulate_hex(v, o->td.tee_tcb_svn_2, sizeof o->td.tee_tcb_svn_2, e);
}

static bool set_debug(struct sim_dcap_options *o, const char *v, struct arena *a,
    struct att_error *e)
{
	(void)v, (void)a, (void)e;
	o->enclave.flags |= DEBUG_FLAG;
	o->td.attributes[0] |= 1;
	return true;
}

static bool set_kss(struct sim_dcap_options *o, const char *v, struct arena *a, struct att_error *e)
{
	(void)v, (void)a, (void)e;
	o->enclave.flags |= KSS;
	return true;
}

enum kind { HEX, U8, U16, U32, U64, SECONDS, TEXT, BYTES, BY };
#define SGX (1u << SIM_SGX | 1u << SIM_OE)
#define OE (1u << SIM_OE)
#define TDX (1u << SIM_TDX)
#define ANY (SGX | TDX)
#define IN(field) offsetof(struct sim_dcap_options, field), sizeof(((struct sim_dcap_options *)0)->field)

/* In this order: a later row may refine an earlier one. */
static const struct row {
	const char *name;
	unsigned types;
	enum kind kind;
	size_t off, len;                /* field; none for BY */
	setter *set;                    /* BY: does it all; HEX and numbers: done as well */
} rows[] = {
	{ "runtime-data", ANY, BYTES, IN(runtime_data), NULL },
	{ "inittime-data", ANY, BYTES, IN(inittime_data), NULL },
	{ "report-data", ANY, HEX, IN(report_data), NULL },
	{ "nonce", ANY, TEXT, IN(nonce), NULL },
	{ "fault", ANY, TEXT, IN(fault), NULL },
	{ "data-type", ANY, BY, 0, 0, set_data_type },
	{ "status", ANY, TEXT, IN(status), NULL },
	{ "qe-status", ANY, TEXT, IN(qe_status), NULL },
	{ "module-status", TDX, TEXT, IN(module_status), NULL },
	{ "advisories", ANY, BY, 0, 0, set_advisories },
	{ "evaluation", ANY, U32, IN(evaluation), NULL },
	{ "issued", ANY, SECONDS, IN(issued_s), NULL },
	{ "expires", ANY, SECONDS, IN(expires_s), NULL },
	{ "tcb-date", ANY, SECONDS, IN(tcb_date_s), NULL },
	{ "pck-expires", ANY, SECONDS, IN(pck_not_after_s), NULL },
	{ "crl-number", ANY, U64, IN(crl_number), NULL },
	{ "revoke", ANY, BY, 0, 0, set_revoke },
	{ "url", ANY, TEXT, IN(url), NULL },
	{ "ca", ANY, BY, 0, 0, set_ca },
	{ "fmspc", ANY, HEX, IN(platform.fmspc), NULL },
	{ "ppid", ANY, HEX, IN(platform.ppid), NULL },
	{ "platform-instance", ANY, HEX, IN(platform.instance), NULL },
	{ "pce-id", ANY, HEX, IN(platform.pceid), NULL },
	{ "pce-svn", ANY, U16, IN(platform.pcesvn), NULL },
	{ "cpu-svn", ANY, BY, 0, 0, set_cpu_svn },
	{ "sgx-type", ANY, U8, IN(platform.sgx_type), NULL },
	{ "platform-flags", ANY, BY, 0, 0, set_flags },
	{ "qe-svn", ANY, U16, IN(qe_isvsvn), NULL },
	{ "quote-version", ANY, U32, IN(quote_version), NULL },
	{ "certification", ANY, U32, IN(certification), NULL },
	{ "mrenclave", SGX, HEX, IN(enclave.mrenclave), NULL },
	{ "mrsigner", SGX, HEX, IN(enclave.mrsigner), NULL },
	{ "product-id", SGX, U16, IN(enclave.isvprodid), NULL },
	{ "svn", SGX, U16, IN(enclave.isvsvn), NULL },
	{ "kss", SGX, BY, 0, 0, set_kss },
	{ "config-id", SGX, HEX, IN(enclave.configid), set_kss },
	{ "config-svn", SGX, U16, IN(enclave.configsvn), set_kss },
	{ "family-id", SGX, HEX, IN(enclave.isvfamilyid), set_kss },
	{ "ext-product-id", SGX, HEX, IN(enclave.isvextprodid), set_kss },
	{ "oe-form", OE, BY, 0, 0, set_oe_form },
	{ "oe-claims", OE, BYTES, IN(oe_claims), NULL },
	{ "td-report", TDX, BY, 0, 0, set_td_report },
	{ "td-attributes", TDX, HEX, IN(td.attributes), NULL },
	{ "debug", ANY, BY, 0, 0, set_debug },
	{ "xfam", TDX, HEX, IN(td.xfam), NULL },
	{ "tee-tcb-svn", TDX, BY, 0, 0, set_tee_tcb_svn },
	{ "tee-tcb-svn-2", TDX, HEX, IN(td.tee_tcb_svn_2), NULL },
	{ "mrseam", TDX, HEX, IN(td.mrseam), NULL },
	{ "mrtd", TDX, HEX, IN(td.mrtd), NULL },
	{ "mrconfigid", TDX, HEX, IN(td.mrconfigid), NULL },
	{ "mrowner", TDX, HEX, IN(td.mrowner), NULL },
	{ "mrownerconfig", TDX, HEX, IN(td.mrownerconfig), NULL },
	{ "rtmr0", TDX, HEX, IN(td.rtmr[0]), NULL },
	{ "rtmr1", TDX, HEX, IN(td.rtmr[1]), NULL },
	{ "rtmr2", TDX, HEX, IN(td.rtmr[2]), NULL },
	{ "rtmr3", TDX, HEX, IN(td.rtmr[3]), NULL },
	{ "mrservicetd", TDX, HEX, IN(td.mrservicetd), NULL },
};
#define NROWS (sizeof rows / sizeof rows[0])

static bool takes(const struct simulate_type *t, const char *name)
{
	if (strcmp(name, "keys") == 0)
		return true;
	for (size_t i = 0; i < NROWS; i++)
		if (rows[i].types & 1u << t->id && strcmp(rows[i].name, name) == 0)
			return true;
	return false;
}

/* Numbers are stored in the host's order and the field's own length. */
static bool set_number(const struct row *r, void *field, const char *v, struct att_error *e)
{
	const unsigned long long max = r->len == 8 ? UINT64_MAX : (1ULL << 8 * r->len) - 1;
	unsigned long long n;

	if (!simulate_number(v, max, &n, e))
		return false;
	if (r->kind == U8)
		*(uint8_t *)field = (uint8_t)n;
	else if (r->kind == U16)
		*(uint16_t *)field = (uint16_t)n;
	else if (r->kind == U32)
		*(uint32_t *)field = (uint32_t)n;
	else
		*(uint64_t *)field = n;
	return true;
}

static bool set_field(const struct row *r, struct sim_dcap_options *o, const char *v,
    struct arena *a,
    struct att_error *e)
{
	void *field = (char *)o + r->off;

	switch (r->kind) {
	case HEX:
		return simulate_hex(v, field, r->len, e);
	case SECONDS:
		return time_parse_rfc3339(v, strlen(v), field, e);
	case TEXT:
		*(const char **)field = v;
		return true;
	case BYTES:
		return file_read(a, v, field, e);
	case BY:
		return true;
	case U8: case U16: case U32: case U64:
		break;
	}
	return set_number(r, field, v, e);
}

static bool options_from(const struct simulate_type *t, const struct args *args, struct arena *a,
    struct sim_dcap_options *o, struct att_error *e)
{
	int64_t now_s;

	if (!time_of(args, &now_s, e))
		return false;
	sim_dcap_options_default(o, (enum sim_dcap_type)t->id, now_s);
	for (size_t i = 0; i < NROWS; i++) {
		const char *v = arg(args, rows[i].name);
		if (v && (!set_field(&rows[i], o, v, a, e) || (rows[i].set && !rows[i].set(o, v, a,
		    e))))
			return att_within(e, "--%s", rows[i].name);
	}
	return true;
}

/* Read where they are, else made and kept. */
static bool keys_from(const struct args *args, struct arena *a, struct crypto *c,
    struct sim_dcap_keys *keys,
    struct att_error *e)
{
	const char *path = arg(args, "keys");
	struct att_bytes pem;
	struct sim_bytes made;
	int64_t now_s;

	if (path && access(path, F_OK) == 0)
		return file_read(a, path, &pem, e) &&
		    (sim_dcap_keys_load(c, pem, keys, e) || att_within(e, "%s", path));
	if (!time_of(args, &now_s, e) || !sim_dcap_keys_generate(c, now_s, keys, e))
		return false;
	return !path || (sim_dcap_keys_save(keys, a, &made, e) && file_write(path, made.p, made.n,
	    true, e));
}

static const struct simulate_output outputs[] = {
	{ "attest-request.json", offsetof(struct sim_dcap_output, request_json),
	    "body of POST /attest/<type>" },
	{ "quote.bin", offsetof(struct sim_dcap_output, quote), "the quote" },
	{ "evidence.bin", offsetof(struct sim_dcap_output, evidence),
	    "the same, for Open Enclave in its header" },
	{ "pck-chain.pem", offsetof(struct sim_dcap_output, pck_chain_pem),
	    "PCK certificate, its CA and root" },
	{ "root.pem", offsetof(struct sim_dcap_output, root_pem), "the root, for --anchors" },
	{ "collateral.json", offsetof(struct sim_dcap_output, collateral_json),
	    "TCB Info, QE identity and revocation lists, for --collateral" },
	{ "evaluation-numbers.json", offsetof(struct sim_dcap_output, evaluation_json),
	    "evaluation data numbers" },
};

static bool make(const struct simulate_type *t, const struct args *args, struct arena *a,
    struct crypto *c,
    struct att_error *e)
{
	const char *dir = arg(args, "o");
	struct sim_dcap_keys keys = { 0 };
	struct sim_dcap_options o;
	struct sim_dcap_output out;
	bool ok;

	if (!options_from(t, args, a, &o, e))
		return false;
	ok = keys_from(args, a, c, &keys, e) && sim_dcap_make(c, a, &keys, &o, &out, e) &&
	    simulate_write(args, a, outputs, sizeof outputs / sizeof outputs[0], &out, e);
	sim_dcap_keys_clear(&keys);
	if (ok)
		(void)printf("try: attest verify --anchors %s/root.pem --collateral %s/collateral.json "
		    "%s/attest-request.json\n", dir, dir, dir);
	return ok;
}

static const struct sim_fault *fault_at(const struct simulate_type *t, size_t i)
{
	return sim_dcap_fault_at((enum sim_dcap_type)t->id, i);
}

const struct simulate_type simulate_sgx = { "SgxEnclave", SIM_SGX, takes, fault_at, make };
const struct simulate_type simulate_oe = { "OpenEnclave", SIM_OE, takes, fault_at, make };
const struct simulate_type simulate_tdx = { "TdxVm", SIM_TDX, takes, fault_at, make };

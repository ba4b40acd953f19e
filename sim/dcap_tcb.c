/*
 * TCB Info, QE identity and evaluation numbers, whose levels are laid out around the simulated
 * platform: it reaches the level of the status asked for and misses those above.  spec: sgx-tdx
 * §4.2, §4.3
 */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "sim/dcap_plan.h"

#define NSTATUSES 7
#define STEP 10                 /* between the first components of two levels */
#define QE_STEP 2               /* between SVNs of two levels of an enclave or module */
#define NISV 3
#define QUARTER (INT64_C(90) * 86400)
#define NUMBERS 3
#define NNOTES 2
#define MODULE_VERSION(p) ((p)->o.td.tee_tcb_svn[1])

static const char *const statuses[NSTATUSES] = { "UpToDate", "SWHardeningNeeded",
    "ConfigurationNeeded",
	"ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
	    "Revoked" };
/* Of quoting enclaves and modules. */
static const char *const isv_statuses[NISV] = { "UpToDate", "OutOfDate", "Revoked" };

static bool find(const char *const *list, size_t n, const char *name, size_t *out,
    struct att_error *e)
{
	for (*out = 0; *out < n; ++*out)
		if (strcmp(list[*out], name) == 0)
			return true;
	return att_fail(e, ATT_E_NOT_FOUND, "TCB status \"%.60s\" is unknown here", name);
}

static void put_time(struct buf *b, const char *name, int64_t t_s)
{
	char text[TIME_TEXT_MAX];

	time_format(t_s, text);
	buf_fmt(b, "\"%s\":\"%s\"", name, text);
}

static void put_dates(struct buf *b, int64_t issued_s, int64_t expires_s)
{
	put_time(b, "issueDate", issued_s);
	buf_char(b, ',');
	put_time(b, "nextUpdate", expires_s);
}

/* Upper case, as Intel writes it. */
static void put_hex(struct buf *b, const char *name, const uint8_t *p, size_t n)
{
	buf_fmt(b, "\"%s\":\"", name);
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "%02X", p[i]);
	buf_str(b, "\"");
}

static void put_advisories(struct buf *b, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_fmt(b, "%s\"%s\"", i ? "," : ",\"advisoryIDs\":[", v[i]);
	buf_str(b, n ? "]" : "");
}

/* Levels by ISVSVN, best first: the platform's SVN reaches the one at `at`. */
static void put_isv_levels(struct buf *b, const struct dcap_plan *p, unsigned svn, size_t at)
{
	static const char *const advisories[NISV] = { NULL, "SIM-SA-00002", "SIM-SA-00003" };
	const char *comma = "";

	buf_str(b, "\"tcbLevels\":[");
	for (size_t k = 0; k < NISV; k++) {
		size_t i = p->worst_first ? NISV - 1 - k : k;
		if (i > at && svn < QE_STEP * (i - at))
			continue;
		buf_fmt(b, "%s{\"tcb\":{\"isvsvn\":%zu},", comma, svn + QE_STEP * at - QE_STEP * i);
		comma = ",";
		put_time(b, "tcbDate", p->o.tcb_date_s - (int64_t)i * QUARTER);
		buf_fmt(b, ",\"tcbStatus\":\"%s\"", isv_statuses[i]);
		put_advisories(b, &advisories[i], i > 0);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void put_sgx_components(struct buf *b, const struct dcap_plan *p, size_t first)
{
	const uint8_t *v = p->o.platform.components;
	static const char *const notes[NNOTES] = {
		",\"category\":\"BIOS\",\"type\":\"Early Microcode Update\"",
		",\"category\":\"OS/VMM\",\"type\":\"SGX Late Microcode Update\"",
	};

	buf_str(b, "\"sgxtcbcomponents\":[");
	for (size_t i = 0; i < p->nsgx_components; i++) {
		size_t svn = i == 0 ? first : i < DCAP_SIM_COMPONENTS ? v[i] : 0;
		buf_fmt(b, "%s{\"svn\":%zu%s}", i ? "," : "", svn, i < NNOTES ? notes[i] : "");
	}
	buf_char(b, ']');
}

/* The module's two bytes count only where it has no identity of its own. */
static void put_tdx_components(struct buf *b, const struct dcap_plan *p)
{
	const struct sim_td *t = &p->o.td;

	buf_str(b, ",\"tdxtcbcomponents\":[");
	for (size_t i = 0; i < p->ntdx_components; i++) {
		unsigned svn = i < DCAP_SIM_COMPONENTS ? t->tee_tcb_svn[i] : 0;
		if (svn && p->o.td_report != SIM_TD_10 && t->tee_tcb_svn_2[i] < svn)
			svn = t->tee_tcb_svn_2[i];
		if (i < 2 && MODULE_VERSION(p) > 0)
			svn = i == 0 ? 5 : 0;
		buf_fmt(b, "%s{\"svn\":%u}", i ? "," : "", svn);
	}
	buf_char(b, ']');
}

static void put_level(struct buf *b, const struct dcap_plan *p, size_t i, size_t at, size_t first)
{
	const char *text = arena_printf(p->a, "SIM-SA-0001%zu", i);

	buf_str(b, "{\"tcb\":{");
	put_sgx_components(b, p, first);
	buf_fmt(b, ",\"pcesvn\":%u", p->tcb_pcesvn);
	if (p->tcb_info_tdx)
		put_tdx_components(b, p);
	buf_str(b, "},");
	put_time(b, "tcbDate", p->o.tcb_date_s - (int64_t)i * QUARTER);
	buf_fmt(b, ",\"tcbStatus\":\"%s\"", statuses[i]);
	if (i == at && p->o.nadvisories)
		put_advisories(b, p->o.advisories, p->o.nadvisories);
	else
		put_advisories(b, &text, text && i > 0);
	buf_char(b, '}');
}

/* Levels that the first component has no room for are left out. */
static void put_levels(struct buf *b, const struct dcap_plan *p, size_t at)
{
	const size_t own = p->o.platform.components[0];
	const char *comma = "";

	buf_str(b, "\"tcbLevels\":[");
	for (size_t k = 0; k < NSTATUSES; k++) {
		size_t i = p->worst_first ? NSTATUSES - 1 - k : k;
		size_t up = at > i ? STEP * (at - i) : 0, down = i > at ? STEP * (i - at) : 0;
		if (down > own || own + up - down > UINT8_MAX)
			continue;
		buf_str(b, comma);
		put_level(b, p, i, at, own + up - down);
		comma = ",";
	}
	buf_char(b, ']');
}

static void put_module(struct buf *b, const struct dcap_plan *p)
{
	static const uint8_t ones[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	static const uint8_t zero[8];

	put_hex(b, "mrsigner", p->o.td.mrsignerseam, sizeof p->o.td.mrsignerseam);
	buf_char(b, ',');
	put_hex(b, "attributes", zero, sizeof zero);
	buf_char(b, ',');
	put_hex(b, "attributesMask", ones, sizeof ones);
}

/* The module that runs now reaches the level asked for; a TD to be relaunched has an older one. */
static void put_modules(struct buf *b, const struct dcap_plan *p, size_t at)
{
	const struct sim_td *t = &p->o.td;
	unsigned svn = p->o.td_report == SIM_TD_10 ? t->tee_tcb_svn[0] : t->tee_tcb_svn_2[0];

	buf_str(b, "\"tdxModule\":{");
	put_module(b, p);
	buf_str(b, "},");
	if (MODULE_VERSION(p) == 0)
		return;
	buf_fmt(b, "\"tdxModuleIdentities\":[{\"id\":\"TDX_%02X\",", MODULE_VERSION(p));
	put_module(b, p);
	buf_char(b, ',');
	put_isv_levels(b, p, svn, at);
	buf_str(b, "}],");
}

const char *dcap_tcb_info(const struct dcap_plan *p, struct att_error *e)
{
	const struct sim_dcap_options *o = &p->o;
	struct buf b = buf_make(p->a);
	size_t at, module_at;

	if (!find(statuses, NSTATUSES, o->status, &at, e) ||
	    !find(isv_statuses, NISV, o->module_status, &module_at, e))
		return NULL;
	buf_fmt(&b, "{\"id\":\"%s\",\"version\":3,", p->tcb_info_tdx ? "TDX" : "SGX");
	put_dates(&b, p->tcb_info.issued_s, p->tcb_info.expires_s);
	buf_char(&b, ',');
	put_hex(&b, "fmspc", p->tcb_fmspc, sizeof p->tcb_fmspc);
	buf_char(&b, ',');
	put_hex(&b, "pceId", p->tcb_pceid, sizeof p->tcb_pceid);
	buf_fmt(&b, ",\"tcbType\":0,\"tcbEvaluationDataNumber\":%u,", p->tcb_info.evaluation);
	if (p->tcb_info_tdx)
		put_modules(&b, p, module_at);
	put_levels(&b, p, at);
	buf_char(&b, '}');
	return buf_ok(&b, e) ? b.p : NULL;
}

const char *dcap_qe_identity(const struct dcap_plan *p, struct att_error *e)
{
	struct buf b = buf_make(p->a);
	size_t at;

	if (!find(isv_statuses, NISV, p->o.qe_status, &at, e))
		return NULL;
	buf_fmt(&b, "{\"id\":\"%s\",\"version\":2,", p->tdx ? "TD_QE" : "QE");
	put_dates(&b, p->qe_identity.issued_s, p->qe_identity.expires_s);
	buf_fmt(&b, ",\"tcbEvaluationDataNumber\":%u,\"miscselect\":\"00000000\","
	    "\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\","
	    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",", p->qe_identity.evaluation);
	put_hex(&b, "mrsigner", dcap_qe_mrsigner(p->tdx), 32);
	buf_fmt(&b, ",\"isvprodid\":%d,", p->tdx ? 2 : 1);
	put_isv_levels(&b, p, p->o.qe_isvsvn, at);
	buf_char(&b, '}');
	return buf_ok(&b, e) ? b.p : NULL;
}

const char *dcap_evaluation_numbers(const struct dcap_plan *p, struct att_error *e)
{
	struct buf b = buf_make(p->a);

	buf_fmt(&b, "{\"id\":\"%s\",\"version\":1,", p->tdx ? "TDX" : "SGX");
	put_dates(&b, p->o.issued_s, p->o.expires_s);
	buf_str(&b, ",\"tcbEvalNumbers\":[");
	for (unsigned i = 0; i < NUMBERS && i < p->o.evaluation; i++) {
		buf_fmt(&b, "%s{\"tcbEvaluationDataNumber\":%u,", i ? "," : "",
		    p->o.evaluation - i);
		put_time(&b, "tcbRecoveryEventDate",
		    p->o.tcb_date_s - 86400 - (int64_t)i * QUARTER);
		buf_char(&b, ',');
		put_time(&b, "tcbDate", p->o.tcb_date_s - (int64_t)i * QUARTER);
		buf_char(&b, '}');
	}
	buf_str(&b, "]}");
	return buf_ok(&b, e) ? b.p : NULL;
}

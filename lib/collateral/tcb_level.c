#include "lib/collateral/tcb_level.h"

#include <string.h>

#include "lib/base/buf.h"

#define MODULE_BYTES 2                  /* TEE_TCB_SVN bytes 0 and 1: SVN and version of the TDX module */

/* Bytes 0 and 1 are judged by the module's identity when it has one. spec: sgx-tdx §5.1 step 1 */
static size_t tdx_start(const struct tcb_platform *p)
{
	return p->tee_tcb_svn[1] > 0 ? MODULE_BYTES : 0;
}

/* Component-wise, never as one number. */
static bool reaches(const struct tcb_platform *p, const struct tcb_level *l)
{
	for (size_t i = 0; i < TCB_COMPONENTS; i++)
		if (p->sgx[i] < l->sgx[i].svn)
			return false;
	if (p->pcesvn < l->pcesvn)
		return false;
	for (size_t j = p->tee_tcb_svn ? tdx_start(p) : TCB_COMPONENTS; j < TCB_COMPONENTS; j++)
		if (p->tee_tcb_svn[j] < l->tdx[j].svn)
			return false;
	return true;
}

static const struct tcb_level *platform_level(const struct pcs_tcbinfo *info, const struct tcb_platform *p)
{
	for (size_t i = 0; i < info->nlevels; i++)
		if (reaches(p, &info->levels[i]))
			return &info->levels[i];
	return NULL;
}

static const struct isv_level *isv_level(const struct isv_level *levels, size_t n, unsigned isvsvn)
{
	for (size_t i = 0; i < n; i++)
		if (isvsvn >= levels[i].isvsvn)
			return &levels[i];
	return NULL;
}

static void add_short(struct tcb_evaluation *v, enum tcb_part part, unsigned component, unsigned have,
    unsigned need, const struct tcb_component *c)
{
	if (have < need)
		v->shorts[v->nshorts++] = (struct tcb_short){ part, component, have, need,
			c ? c->category : NULL, c ? c->type : NULL };
}

static void platform_shorts(struct tcb_evaluation *v, const struct tcb_level *best,
    const struct tcb_platform *p)
{
	for (unsigned i = 0; i < TCB_COMPONENTS; i++)
		add_short(v, TCB_PART_SGX, i + 1, p->sgx[i], best->sgx[i].svn, &best->sgx[i]);
	add_short(v, TCB_PART_PCESVN, 0, p->pcesvn, best->pcesvn, NULL);
	if (!p->tee_tcb_svn)
		return;
	for (size_t j = tdx_start(p); j < TCB_COMPONENTS; j++)
		add_short(v, TCB_PART_TDX, (unsigned)j + 1, p->tee_tcb_svn[j], best->tdx[j].svn,
		    &best->tdx[j]);
}

static void find_levels(const struct pcs_tcbinfo *info, const struct pcs_qeid *qe,
    const struct tcb_platform *p, bool has_module, struct tcb_evaluation *v)
{
	const struct tdx_module *m = has_module ? pcs_tcbinfo_module(info, p->tee_tcb_svn) : NULL;

	v->platform = platform_level(info, p);
	v->qe = isv_level(qe->levels, qe->nlevels, p->qe_isvsvn);
	platform_shorts(v, &info->levels[0], p);
	if (m) {
		v->module = isv_level(m->levels, m->nlevels, p->tee_tcb_svn[0]);
		add_short(v, TCB_PART_MODULE, 0, p->tee_tcb_svn[0], m->levels[0].isvsvn, NULL);
	}
	add_short(v, TCB_PART_QE, 0, p->qe_isvsvn, qe->levels[0].isvsvn, NULL);
}

static bool unknown(struct tcb_evaluation *v, const struct tcb_grade *g)
{
	v->outcome = TCB_UNKNOWN_STATUS;
	v->unknown = g->status_text;
	return false;
}

/* A module or an enclave is current, out of date or revoked; the table of §5.1 has no place for others. */
static bool component_known(struct tcb_evaluation *v, const struct isv_level *l)
{
	enum tcb_status s = l->grade.status;

	return s == TCB_UP_TO_DATE || s == TCB_OUT_OF_DATE || s == TCB_REVOKED || unknown(v, &l->grade);
}

static bool matched(struct tcb_evaluation *v, bool has_module)
{
	if (!v->platform)
		v->outcome = TCB_NO_PLATFORM_LEVEL;
	else if (has_module && !v->module)
		v->outcome = TCB_NO_MODULE_LEVEL;
	else if (!v->qe)
		v->outcome = TCB_NO_QE_LEVEL;
	else if (v->platform->grade.status == TCB_UNKNOWN)
		return unknown(v, &v->platform->grade);
	else if ((!has_module || component_known(v, v->module)) && component_known(v, v->qe))
		v->outcome = TCB_MATCHED;
	return v->outcome == TCB_MATCHED;
}

/* Into a list kept sorted, each text once. */
static void insert(const char **list, size_t *n, const char *id)
{
	size_t at = *n;

	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i], id) == 0)
			return;
	for (; at > 0 && strcmp(list[at - 1], id) > 0; at--)
		list[at] = list[at - 1];
	list[at] = id;
	++*n;
}

static bool merge(struct arena *a, struct tcb_evaluation *v, struct att_error *e)
{
	const struct tcb_grade *grades[] = { &v->platform->grade, &v->qe->grade,
		v->module ? &v->module->grade : NULL };
	const size_t ngrades = sizeof grades / sizeof grades[0];
	size_t most = 1;
	const char **ids;

	for (size_t i = 0; i < ngrades; i++)
		most += grades[i] ? grades[i]->nadvisories : 0;
	ids = arena_array(a, most, sizeof *ids);
	if (!ids)
		return arena_fail(a, e);
	v->date_s = grades[0]->date_s;
	for (size_t i = 0; i < ngrades; i++) {
		if (!grades[i])
			continue;
		v->date_s = grades[i]->date_s < v->date_s ? grades[i]->date_s : v->date_s;
		for (size_t j = 0; j < grades[i]->nadvisories; j++)
			insert(ids, &v->nadvisories, grades[i]->advisories[j]);
	}
	v->advisories = ids;
	return true;
}

bool tcb_evaluate(struct arena *a, const struct pcs_tcbinfo *info, const struct pcs_qeid *qe,
    const struct tcb_platform *p, struct tcb_evaluation *out, struct att_error *e)
{
	/* No level matches until all that apply do. */
	struct tcb_evaluation v = { .outcome = TCB_NO_PLATFORM_LEVEL };
	bool has_module = p->tee_tcb_svn && p->tee_tcb_svn[1] > 0;

	if ((info->tee == PCS_TDX) != (p->tee_tcb_svn != NULL))
		return att_fail(e, ATT_E_INTERNAL, "TCB Info of %s for the other TEE",
		    pcs_tee_name(info->tee));
	find_levels(info, qe, p, has_module, &v);
	if (matched(&v, has_module)) {
		if (!merge(a, &v, e))
			return false;
		v.status = tcb_converge(v.platform->grade.status,
		    v.module ? v.module->grade.status : TCB_UP_TO_DATE, v.qe->grade.status);
	}
	*out = v;
	return true;
}

enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status module, enum tcb_status qe)
{
	if (module == TCB_REVOKED || qe == TCB_REVOKED)
		return TCB_REVOKED;
	if (!tcb_status_out_of_date(module) && !tcb_status_out_of_date(qe))
		return platform;
	if (platform == TCB_UP_TO_DATE || platform == TCB_SW_HARDENING)
		return TCB_OUT_OF_DATE;
	if (platform == TCB_CONFIG || platform == TCB_CONFIG_AND_SW_HARDENING)
		return TCB_OUT_OF_DATE_CONFIG;
	return platform;
}

enum tcb_status tcb_relaunch(enum tcb_status launch, enum tcb_status current)
{
	bool would_help = tcb_status_out_of_date(launch) &&
	    (current == TCB_UP_TO_DATE || current == TCB_SW_HARDENING || current == TCB_CONFIG ||
	     current == TCB_CONFIG_AND_SW_HARDENING);

	if (!would_help)
		return launch;
	return tcb_status_needs_config(launch) || tcb_status_needs_config(current) ?
	    TCB_RELAUNCH_CONFIG : TCB_RELAUNCH;
}

static void short_text(struct buf *b, const struct tcb_short *s)
{
	static const char *const names[] = {
		[TCB_PART_SGX] = "component", [TCB_PART_PCESVN] = "PCESVN", [TCB_PART_TDX] = "TDX component",
		[TCB_PART_MODULE] = "TDX module ISVSVN", [TCB_PART_QE] = "QE ISVSVN",
	};

	buf_str(b, names[s->part]);
	if (s->component > 0)
		buf_fmt(b, " %u", s->component);
	buf_fmt(b, " is %u, needs %u", s->have, s->need);
	if (s->type || s->category)
		buf_fmt(b, " (%s)", s->type ? s->type : s->category);
}

const char *tcb_shorts_text(struct arena *a, const struct tcb_evaluation *v)
{
	struct buf b = buf_make(a);

	if (v->nshorts == 0)
		return "";
	for (size_t i = 0; i < v->nshorts; i++) {
		buf_str(&b, i ? "; " : "");
		short_text(&b, &v->shorts[i]);
	}
	for (size_t i = 0; i < v->nadvisories; i++) {
		buf_str(&b, i ? ", " : v->nadvisories == 1 ? "; advisory " : "; advisories ");
		buf_str(&b, v->advisories[i]);
	}
	return b.failed ? NULL : b.p;
}

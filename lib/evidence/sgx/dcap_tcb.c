#include <string.h>

#include "lib/base/buf.h"
#include "lib/evidence/sgx/dcap.h"

/* The public bits are the statuses in their order, without "unknown". */
#define BIT(s) (1u << ((s) - TCB_UP_TO_DATE))
#define SAME(name) _Static_assert((int)ATT_TCB_INDEX_##name == (int)TCB_##name - (int)TCB_UP_TO_DATE, \
	"ATT_TCB_" #name " is the bit of TCB_" #name)
SAME(UP_TO_DATE);
SAME(SW_HARDENING);
SAME(CONFIG);
SAME(CONFIG_AND_SW_HARDENING);
SAME(OUT_OF_DATE);
SAME(OUT_OF_DATE_CONFIG);
SAME(REVOKED);
SAME(RELAUNCH);
SAME(RELAUNCH_CONFIG);

static const struct { enum tcb_outcome outcome; const char *found; } failures[] = {
	{ TCB_NO_PLATFORM_LEVEL, "the platform is below every TCB level" },
	{ TCB_NO_MODULE_LEVEL, "the TDX module is not listed, or below every level of its identity" },
	{ TCB_NO_QE_LEVEL, "the quoting enclave is below every level of its identity" },
};

static bool unsupported(struct dcap *v, const struct tcb_evaluation *t, const char *which)
{
	const char *found = "no level", *shorts = tcb_shorts_text(v->a, t);

	if (t->outcome == TCB_UNKNOWN_STATUS)
		return check_fail(v->c, DCAP_CHECK_TCB_SUPPORTED, "a TCB status that is known",
		    check_text(v->c, "\"%s\"%s", t->unknown, which));
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (failures[i].outcome == t->outcome)
			found = failures[i].found;
	if (!shorts)
		return arena_fail(v->a, &v->fault);
	return check_fail(v->c, DCAP_CHECK_TCB_SUPPORTED, "a TCB level that the platform reaches",
	    check_text(v->c, "%s%s%s%s", found, which, shorts[0] ? ": " : "", shorts));
}

static bool evaluate(struct dcap *v, const uint8_t *svn, const char *which, struct tcb_evaluation *out)
{
	const struct ext_sgx *x = &v->chain.pck.ext;
	struct tcb_platform p = { .pcesvn = x->pcesvn, .tee_tcb_svn = svn, .qe_isvsvn = v->q->qe.isvsvn };

	bytes_copy(p.sgx, x->components, sizeof p.sgx);
	if (!tcb_evaluate(v->a, v->items.tcb_info->tcb_info, v->items.qe_identity->qe_identity, &p, out,
		&v->fault))
		return false;
	return out->outcome == TCB_MATCHED || unsupported(v, out, which);
}

static bool accepted(const struct dcap *v)
{
	return v->status != TCB_UNKNOWN && v->status != TCB_REVOKED &&
	    (v->t->settings->tcb_accept & BIT(v->status));
}

static bool check_level(struct dcap *v)
{
	struct buf b = buf_make(v->a);
	const char *shorts;

	if (accepted(v))
		return check_pass(v->c, DCAP_CHECK_TCB_LEVEL);
	shorts = tcb_shorts_text(v->a, &v->tcb);
	buf_str(&b, "");
	for (int s = TCB_UP_TO_DATE; s < TCB_NSTATUSES; s++)
		if (s != TCB_REVOKED && v->t->settings->tcb_accept & BIT(s))
			buf_fmt(&b, "%s%s", b.len ? ", " : "", tcb_status_name((enum tcb_status)s));
	if (!shorts || !buf_ok(&b, &v->fault))
		return arena_fail(v->a, &v->fault);
	return check_fail_private(v->c, DCAP_CHECK_TCB_LEVEL, b.len ? b.p : "no status is accepted",
	    check_text(v->c, "%s%s%s", tcb_status_name(v->status), shorts[0] ? ": " : "", shorts));
}

/* Lower of the two numbers: what the older of the documents knew. */
static uint32_t evaluation(const struct dcap *v)
{
	uint32_t tcb = v->items.tcb_info->evaluation, qe = v->items.qe_identity->evaluation;

	return tcb < qe ? tcb : qe;
}

bool dcap_tell_tcb(struct dcap *v)
{
	struct json *o = json_object(v->a), *list = json_array(v->a);

	for (size_t i = 0; list && i < v->tcb.nadvisories; i++)
		list = json_append(list, json_string(v->a, v->tcb.advisories[i]));
	o = json_put(v->a, o, "status", json_string(v->a, tcb_status_name(v->status)));
	o = json_put(v->a, o, "advisories", list);
	o = json_put(v->a, o, "date", json_time(v->a, v->tcb.date_s));
	o = json_put(v->a, o, "evaluationDataNumber", json_int(v->a, evaluation(v)));
	o = json_put(v->a, o, "earliestExpiry", json_time(v->a, v->span.expires_earliest_s));
	if (!o)
		return arena_fail(v->a, &v->fault);
	v->o->tcb = o;
	return true;
}

bool dcap_tcb(struct dcap *v, const uint8_t *svn, const uint8_t *svn2)
{
	struct tcb_evaluation current;

	if (!evaluate(v, svn, svn2 ? " (at launch)" : "", &v->tcb))
		return false;
	if (svn2 && !evaluate(v, svn2, " (as of now)", &current))
		return false;
	v->status = svn2 ? tcb_relaunch(v->tcb.status, current.status) : v->tcb.status;
	check_pass(v->c, DCAP_CHECK_TCB_SUPPORTED);
	return dcap_tell_tcb(v) && check_level(v);
}

bool dcap_identify(struct dcap *v, const uint8_t *signer, const uint8_t *measurement, size_t len)
{
	const struct ext_sgx *x = &v->chain.pck.ext;
	const struct { enum att_deny_kind kind; const uint8_t *p; size_t n; } who[] = {
		{ ATT_DENY_FMSPC, x->fmspc, sizeof x->fmspc },
		{ ATT_DENY_PPID, x->ppid, sizeof x->ppid },
		{ ATT_DENY_PLATFORM_INSTANCE, x->platform_instance,
		    x->has_platform ? sizeof x->platform_instance : 0 },
		{ ATT_DENY_SIGNER, signer, signer ? len : 0 },
		{ ATT_DENY_MEASUREMENT, measurement, len },
	};

	for (size_t i = 0; i < sizeof who / sizeof who[0]; i++)
		if (!evidence_identify(v->o, v->a, who[i].kind, who[i].p, who[i].n, &v->fault))
			return false;
	for (size_t i = 0; i < v->tcb.nadvisories; i++)
		if (!evidence_identify(v->o, v->a, ATT_DENY_ADVISORY, v->tcb.advisories[i],
			strlen(v->tcb.advisories[i]), &v->fault))
			return false;
	return true;
}

/* Advisory texts belong to the set, which the cache may drop. */
static bool copy_advisories(struct dcap *v, struct dcap_facts *f)
{
	const char **list = arena_array(v->a, v->tcb.nadvisories + 1, sizeof *list);

	for (size_t i = 0; list && i < v->tcb.nadvisories; i++) {
		list[i] = arena_strdup(v->a, v->tcb.advisories[i]);
		if (!list[i])
			return arena_fail(v->a, &v->fault);
	}
	f->advisories = list;
	f->nadvisories = v->tcb.nadvisories;
	return list ? true : arena_fail(v->a, &v->fault);
}

bool dcap_finish(struct dcap *v)
{
	struct dcap_facts *f;

	if (v->status != TCB_UNKNOWN) {
		f = arena_alloc(v->a, sizeof *f);
		if (!f)
			return arena_fail(v->a, &v->fault);
		f->ext = v->chain.pck.ext;
		f->status = v->status;
		f->date_s = v->tcb.date_s;
		f->evaluation = evaluation(v);
		if (!copy_advisories(v, f))
			return false;
		dcap_hash_items(v, &f->hashes);
		v->o->facts = f;
	}
	dcap_chain_keep(v);
	return true;
}

static bool add_time(struct claims *c, const char *name, int64_t t_s, struct att_error *e)
{
	char text[TIME_TEXT_MAX];

	time_format(t_s, text);
	return claims_str(c, name, text, e);
}

bool dcap_claims(const struct dcap_facts *f, struct claims *c, struct att_error *e)
{
	const struct ext_sgx *x = &f->ext;

	for (size_t i = 0; i < f->nadvisories; i++)
		if (!claims_str(c, "x-attestd-dcap-advisory", f->advisories[i], e))
			return false;
	if (x->has_platform && !claims_hex(c, "x-attestd-dcap-platform-instance", x->platform_instance,
		sizeof x->platform_instance, e))
		return false;
	if (x->has_configuration &&
	    (!claims_bool(c, "x-attestd-dcap-dynamic-platform", x->dynamic_platform, e) ||
		!claims_bool(c, "x-attestd-dcap-cached-keys", x->cached_keys, e) ||
		!claims_bool(c, "x-attestd-dcap-smt", x->smt, e)))
		return false;
	return claims_hex(c, "x-attestd-dcap-fmspc", x->fmspc, sizeof x->fmspc, e) &&
	    claims_hex(c, "x-attestd-dcap-pce-id", x->pceid, sizeof x->pceid, e) &&
	    claims_hex(c, "x-attestd-dcap-ppid", x->ppid, sizeof x->ppid, e) &&
	    claims_int(c, "x-attestd-dcap-sgx-type", x->type, e) &&
	    add_time(c, "x-attestd-dcap-tcb-date", f->date_s, e) &&
	    claims_int(c, "x-attestd-dcap-tcb-evaluation", f->evaluation, e) &&
	    claims_str(c, "x-attestd-dcap-tcb-status", tcb_status_name(f->status), e);
}

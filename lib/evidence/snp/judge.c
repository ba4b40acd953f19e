#include "lib/evidence/snp/verify.h"

struct tcbs {
	struct att_snp_tcb reported, committed, current, launch;
};

static bool check_order(struct snp_verifier *v, enum snp_check row, const struct att_snp_tcb *low,
    const struct att_snp_tcb *high)
{
	const struct snp_product *p = v->chain.product;

	if (snp_tcb_exceeds(low, high) < SNP_TCB_COMPONENTS)
		return check_fail(v->c, row, check_text(v->c, "at most %s", snp_tcb_text(v->a, p, high)),
		    snp_tcb_text(v->a, p, low));
	return check_pass(v->c, row);
}

/*
 * reported <= committed <= current and launch <= current, component by component.  committed may stay behind
 * current for years on real hosts, and launch is not compared with committed because of migration.
 * spec: sev-snp §8 step 9
 */
bool snp_step_tcb_order(struct snp_verifier *v)
{
	const struct snp_product *p = v->chain.product;
	const struct snp_report *r = v->r;
	struct tcbs t = {
		snp_tcb_decode(p, r->reported_tcb), snp_tcb_decode(p, r->committed_tcb),
		snp_tcb_decode(p, r->current_tcb), snp_tcb_decode(p, r->launch_tcb),
	};
	bool zero = snp_tcb_reserved_zero(p, r->committed_tcb) && snp_tcb_reserved_zero(p, r->current_tcb) &&
	    snp_tcb_reserved_zero(p, r->launch_tcb);

	if (zero)
		check_pass(v->c, SNP_CHECK_TCB_RESERVED);
	else
		check_fail(v->c, SNP_CHECK_TCB_RESERVED, "zero",
		    check_text(v->c, "committed %s, current %s, launch %s",
			check_text_hex(v->c, r->committed_tcb, 8),
			check_text_hex(v->c, r->current_tcb, 8),
			check_text_hex(v->c, r->launch_tcb, 8)));
	(void)check_order(v, SNP_CHECK_TCB_REPORTED, &t.reported, &t.committed);
	(void)check_order(v, SNP_CHECK_TCB_COMMITTED, &t.committed, &t.current);
	return check_order(v, SNP_CHECK_TCB_LAUNCH, &t.launch, &t.current);
}

static uint32_t version_number(const struct snp_version *x)
{
	return (uint32_t)x->major << 16 | (uint32_t)x->minor << 8 | x->build;
}

bool snp_step_versions(struct snp_verifier *v)
{
	const struct snp_report *r = v->r;
	uint32_t abi = (uint32_t)r->policy & 0xFFFF;

	if (version_number(&r->committed) > version_number(&r->current))
		check_fail(v->c, SNP_CHECK_VERSION_ORDER,
		    check_text(v->c, "at most %u.%u.%u", r->current.major, r->current.minor,
			r->current.build),
		    check_text(v->c, "%u.%u.%u", r->committed.major, r->committed.minor,
			r->committed.build));
	else
		check_pass(v->c, SNP_CHECK_VERSION_ORDER);
	if (abi > version_number(&r->current) >> 8)
		return check_fail(v->c, SNP_CHECK_POLICY_ABI,
		    check_text(v->c, "at most %u.%u", r->current.major, r->current.minor),
		    check_text(v->c, "%u.%u", abi >> 8, abi & 0xFF));
	return check_pass(v->c, SNP_CHECK_POLICY_ABI);
}

/* The operator's floor; without one given it is only in the strict default policy. */
bool snp_step_minimum(struct snp_verifier *v)
{
	const struct snp_product *p = v->chain.product;
	const struct att_settings *s = v->t->settings;
	struct att_snp_tcb found = snp_tcb_decode(p, v->r->reported_tcb);

	if (!s->snp_min_tcb_set || p->min_tcb < 0)
		return true;
	if (snp_tcb_exceeds(&s->snp_min_tcb[p->min_tcb], &found) < SNP_TCB_COMPONENTS)
		return check_fail_private(v->c, SNP_CHECK_MIN_TCB,
		    check_text(v->c, "at least %s", snp_tcb_text(v->a, p, &s->snp_min_tcb[p->min_tcb])),
		    snp_tcb_text(v->a, p, &found));
	return check_pass(v->c, SNP_CHECK_MIN_TCB);
}

/* Binary and JSON data are bound alike: by the octets as received. spec: rest-api §5.2 */
bool snp_step_binding(struct snp_verifier *v)
{
	const struct bound_data *runtime = v->t->runtime, *inittime = v->t->inittime;
	const struct snp_report *r = v->r;

	if (runtime && runtime->present) {
		if (!bytes_equal(r->report_data, runtime->sha256, 32) || !bytes_zero(r->report_data + 32, 32))
			check_fail(v->c, SNP_CHECK_REPORT_DATA,
			    check_text(v->c, "%s and 32 zero bytes",
				check_text_hex(v->c, runtime->sha256, 32)),
			    check_text_hex(v->c, r->report_data, 64));
		else
			check_pass(v->c, SNP_CHECK_REPORT_DATA);
	}
	if (!inittime || !inittime->present)
		return true;
	if (!bytes_equal(r->host_data, inittime->sha256, 32))
		return check_fail(v->c, SNP_CHECK_HOST_DATA, check_text_hex(v->c, inittime->sha256, 32),
		    check_text_hex(v->c, r->host_data, 32));
	return check_pass(v->c, SNP_CHECK_HOST_DATA);
}

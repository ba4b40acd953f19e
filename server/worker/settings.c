#include <string.h>

#include "server/worker/worker.h"

static bool allow_bit(const char *name, unsigned *bits, struct att_error *e)
{
	const char *known;

	for (unsigned i = 0; (known = att_relaxation_name(i)); i++)
		if (strcmp(known, name) == 0) {
			*bits |= 1u << i;
			return true;
		}
	return att_fail(e, ATT_E_BAD_FORMAT, "allow: %s is not the name of a relaxation", name);
}

/* The values were checked when the configuration was read. */
static unsigned tcb_bits(const struct config *c, unsigned standard)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < c->tcb.accept_count; i++)
		for (unsigned k = 0; att_tcb_status_name(k); k++)
			if (strcmp(att_tcb_status_name(k), c->tcb.accept[i]) == 0)
				bits |= 1u << k;
	return c->tcb.accept_count ? bits : standard;
}

/* Where AMD's lists can be had, they are asked for. */
static bool has_kds(const struct config *c)
{
	for (unsigned i = 0; i < c->collateral.sources_count; i++)
		if (strcmp(c->collateral.sources[i].kind, "kds") == 0)
			return true;
	return false;
}

static void min_tcb(const struct config_snp_tcb *in, enum att_snp_product product, struct att_settings *s)
{
	if (!in)
		return;
	s->snp_min_tcb[product] = (struct att_snp_tcb){ .fmc = in->fmc, .bootloader = in->bootloader,
	    .tee = in->tee, .snp = in->snp, .microcode = in->microcode };
	s->snp_min_tcb_set = true;
}

bool worker_settings(const struct config *c, uint32_t provider, struct att_settings *out, struct att_error *e)
{
	const struct config_provider *p = &c->providers[provider];
	char *const *allow = p->allow ? p->allow : c->allow;
	unsigned nallow = p->allow ? p->allow_count : c->allow_count;

	att_settings_default(out);
	for (unsigned i = 0; i < nallow; i++)
		if (!allow_bit(allow[i], &out->allow, e))
			return false;
	out->defaults = strcmp(c->policy.defaults, "strict") == 0 ? ATT_DEFAULTS_STRICT : ATT_DEFAULTS_MAA;
	out->isolated = strcmp(p->trust_model, "Isolated") == 0;
	min_tcb(c->snp.min_tcb.milan, ATT_SNP_MILAN, out);
	min_tcb(c->snp.min_tcb.genoa, ATT_SNP_GENOA, out);
	min_tcb(c->snp.min_tcb.turin, ATT_SNP_TURIN, out);
	out->tcb_accept = tcb_bits(c, out->tcb_accept);
	out->tcb_min_evaluation = c->tcb.min_evaluation;
	out->crl_required = has_kds(c);
	out->memory_limit = c->limits.memory;
	return true;
}

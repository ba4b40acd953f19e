#include "net/sources/source.h"

#include <string.h>

#define INTEL_ROOT_CRL "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

static const struct source_kind *const kinds[] = { &source_pcs, &source_pccs, &source_kds,
	&source_thim };

const struct source_kind *source_kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

static const struct recipe *recipe_for(const struct source_kind *kind, const char *endorsement)
{
	const struct recipe *r = kind->recipes;

	while (r->kind && strcmp(r->kind, endorsement) != 0)
		r++;
	return r;
}

bool source_has(const struct source_kind *kind, const char *endorsement)
{
	return recipe_for(kind, endorsement)->kind != NULL;
}

static const char *base_url(const struct source_place *s, const struct step_row *row)
{
	if (!(row->flags & STEP_AT_ROOT_URL))
		return s->url;
	return s->root_crl_url ? s->root_crl_url : INTEL_ROOT_CRL;
}

bool plan_make(struct arena *a, const struct source_place *s, const struct source_kind *kind,
    const struct fetch_key *k, struct plan *out, struct att_error *e)
{
	const struct recipe *r = recipe_for(kind, k->kind);
	struct plan p = { 0 };

	for (unsigned i = 0; r->kind && i < STEPS_MAX && r->step[i].path; i++) {
		const char *path;

		if (!fetch_key_expand(k, r->step[i].path, a, &path, e))
			return false;
		p.step[i].row = &r->step[i];
		p.step[i].url = arena_printf(a, "%s%s", base_url(s, &r->step[i]), path);
		if (!p.step[i].url)
			return arena_fail(a, e);
		p.nsteps++;
	}
	*out = p;
	return true;
}

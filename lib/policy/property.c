/* Property claims: one table (spec policy-language.md section 6). */
#include <string.h>

#include "lib/claims/names.h"
#include "lib/policy/eval.h"

#define CONFIG "configurationrules"
#define ISSUANCE "issuancerules"
#define TPM_VBS (CLAIM_F_TPM | CLAIM_F_VBS)
#define YEAR_MINUTES 525600

#define STANDARD_BOOL(n, v) { .name = n, .kind = CLAIM_BOOL, .b = v }
#define STANDARD_INT(n, v) { .name = n, .kind = CLAIM_INT, .i = v }
#define STANDARD_TEXT(n, v) { .name = n, .kind = CLAIM_STRING, .s = v, .len = sizeof v - 1 }

static const struct policy_property properties[] = {
	{ "omit_x5c", ISSUANCE, TPM_VBS, CLAIM_BOOL, 0, 0, STANDARD_BOOL("omit_x5c", false) },
	{ "report_validity_in_minutes", ISSUANCE, TPM_VBS, CLAIM_INT, 1, YEAR_MINUTES,
	    STANDARD_INT("report_validity_in_minutes", 1440) },
	{ "require_valid_aik_cert", CONFIG, TPM_VBS, CLAIM_BOOL, 0, 0,
	    STANDARD_BOOL("require_valid_aik_cert", true) },
	{ "required_pcr_mask", CONFIG, TPM_VBS, CLAIM_INT, 0, 0xFFFFFF,
	    STANDARD_INT("required_pcr_mask", 0xFFFFFF) },
	{ "x-ms-sgx-tcbidentifier", CONFIG, CLAIM_F_SGX, CLAIM_STRING, 1, 99999,
	    STANDARD_TEXT("x-ms-sgx-tcbidentifier", "azuredefault") }
};

const struct policy_property *policy_property_at(size_t i)
{
	return i < sizeof properties / sizeof properties[0] ? &properties[i] : NULL;
}

const struct policy_property *policy_property_find(const char *name)
{
	for (size_t i = 0; policy_property_at(i); i++)
		if (strcmp(properties[i].name, name) == 0)
			return &properties[i];
	return NULL;
}

const struct claim *policy_property_value(const struct policy_result *r, const char *name)
{
	const struct policy_property *p = policy_property_find(name);
	const struct claim *issued = claims_find(&r->properties, name);

	return issued ? issued : p ? &p->standard : NULL;
}

bool property_ignored(const char *name, enum pol_section s)
{
	const struct policy_property *p = policy_property_find(name);

	return p && strcmp(p->section, section_name(s)) != 0;
}

/* The standard text, or a decimal number in range. */
static bool text_fits(const struct policy_property *p, const struct claim *c)
{
	int64_t v = 0;

	if (strcmp(c->s, p->standard.s) == 0)
		return true;
	for (size_t i = 0; i < c->len; i++) {
		if (c->s[i] < '0' || c->s[i] > '9' || v > p->max)
			return false;
		v = v * 10 + (c->s[i] - '0');
	}
	return c->len > 0 && v >= p->min && v <= p->max;
}

static bool property_fits(struct eval *ev, const struct policy_property *p, const struct claim *c)
{
	if (c->kind != p->kind)
		return ev_fail(ev, "property %s is %s, want %s", p->name, value_kind_name(c->kind),
		    value_kind_name(p->kind));
	if (c->kind == CLAIM_INT && (c->i < p->min || c->i > p->max))
		return ev_fail(ev, "property %s is %lld, want %lld to %lld", p->name, (long long)c->i,
		    (long long)p->min, (long long)p->max);
	if (c->kind == CLAIM_STRING && !text_fits(p, c))
		return ev_fail(ev, "property %s is \"%.40s\", want \"%s\" or a number", p->name, c->s,
		    p->standard.s);
	return true;
}

/* Unknown names are accepted and ignored (spec); a known one must have one value that fits. */
bool properties_check(struct eval *ev)
{
	const struct claims *set = &ev->properties.c;

	for (size_t i = 0; policy_property_at(i); i++) {
		size_t n = 0;

		for (size_t k = 0; k < set->n; k++) {
			if (strcmp(set->v[k].name, properties[i].name) != 0)
				continue;
			if (!property_fits(ev, &properties[i], &set->v[k]))
				return false;
			if (++n > 1)
				return ev_fail(ev, "property %s has more than one value", properties[i].name);
		}
	}
	return true;
}

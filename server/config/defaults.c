#include "server/config/defaults.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rd.h"
#include "libattest/denylist.h"
#include "server/config/config_tbl.h"

struct uint_default { const char *path; size_t off, size; uint64_t value; };
struct text_default { size_t off; const char *value; };

#define UINT_DEFAULT(section, key, standard) \
	{ #section "." #key, offsetof(struct config, section.key), \
	  sizeof(((struct config *)NULL)->section.key), standard },
static const struct uint_default uints[] = {
#define UINT(key, standard, low, high) UINT_DEFAULT(limits, key, standard)
	CONFIG_LIMITS(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_DEFAULT(challenge, key, standard)
	CONFIG_CHALLENGE(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_DEFAULT(tpm, key, standard)
	CONFIG_TPM(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_DEFAULT(limits.body, key, standard)
	CONFIG_BODY(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_DEFAULT(collateral.fetch, key, standard)
	CONFIG_FETCH(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_DEFAULT(tcb, key, standard)
#define TEXT(key, standard, kind)
	CONFIG_TCB(UINT, TEXT)
#undef UINT
#undef TEXT
#define UINT(key, standard, low, high) UINT_DEFAULT(token, key, standard)
#define TEXT(key, standard, kind)
	CONFIG_TOKEN(UINT, TEXT)
#undef UINT
#undef TEXT
#define UINT(key, standard, low, high) UINT_DEFAULT(workers, key, standard)
	CONFIG_WORKERS(UINT)
#undef UINT
};

#define TEXT_DEFAULT(member, standard) { offsetof(struct config, member), standard },
static const struct text_default texts[] = {
#define TEXT(key, standard, kind) TEXT_DEFAULT(key, standard)
	CONFIG_TOP(TEXT)
#undef TEXT
#define TEXT(key, standard, kind) TEXT_DEFAULT(policy.key, standard)
	CONFIG_POLICY(TEXT)
#undef TEXT
#define TEXT(key, standard, kind) TEXT_DEFAULT(isolated.key, standard)
	CONFIG_ISOLATED(TEXT)
#undef TEXT
#define UINT(key, standard, low, high)
#define TEXT(key, standard, kind) TEXT_DEFAULT(tcb.key, standard)
	CONFIG_TCB(UINT, TEXT)
#undef UINT
#undef TEXT
#define UINT(key, standard, low, high)
#define TEXT(key, standard, kind) TEXT_DEFAULT(token.key, standard)
	CONFIG_TOKEN(UINT, TEXT)
#undef UINT
#undef TEXT
#define TEXT(key, standard, kind) TEXT_DEFAULT(log.key, standard)
	CONFIG_LOG(TEXT)
#undef TEXT
};

static void *member(struct config *c, size_t off)
{
	return (char *)c + off;
}

static void set_uint(struct config *c, const struct uint_default *d)
{
	uint32_t narrow = (uint32_t)d->value;

	assert(d->size == sizeof narrow || d->size == sizeof d->value);
	bytes_copy(member(c, d->off), d->size == sizeof narrow ? (const void *)&narrow : &d->value, d->size);
}

static bool set_text(char **at, const char *value, struct att_error *e)
{
	if (*at || !value)
		return true;
	*at = strdup(value);
	return *at ? true : att_fail(e, ATT_E_NOMEM, "out of memory");
}

/* systemd may name several folders; ours is the first. */
static bool set_data_dir(struct config *c, struct att_error *e)
{
	const char *state = getenv("STATE_DIRECTORY");
	bool ok;

	if (!state || !*state || *state == ':')
		return set_text(&c->data_dir, "./attestd-data", e);
	if (!c->data_dir)
		c->data_dir = strndup(state, strcspn(state, ":"));
	ok = c->data_dir != NULL;
	return ok ? true : att_fail(e, ATT_E_NOMEM, "out of memory");
}

static bool first_provider(struct config *c, struct att_error *e)
{
	if (c->providers_count)
		return true;
	free(c->providers);
	c->providers = calloc(1, sizeof *c->providers);
	if (!c->providers)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	c->providers_count = 1;
	return set_text(&c->providers[0].name, "default", e);
}

/*
 * libcyaml reads an empty list as NULL, which would mean "as at the top level".  A provider that allows
 * nothing must not inherit relaxations.
 */
static bool keep_empty_allow(struct config *c, const struct places *given, struct att_error *e)
{
	unsigned at = 0, lists = 0;

	for (size_t i = 0; i < given->n; i++) {
		const struct place *p = &given->item[i];

		if (p->type != CYAML_SEQUENCE || strcmp(p->key, "providers[].allow") != 0)
			continue;
		at = (unsigned)strtoul(p->path + sizeof "providers[" - 1, NULL, 10);
		lists++;
		if (c->providers[at].allow)
			continue;
		c->providers[at].allow = calloc(1, sizeof *c->providers[at].allow);
		if (!c->providers[at].allow)
			return att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	assert(lists <= c->providers_count);
	return true;
}

/* Certificates that no provider of this model would ask for are a misunderstanding of the operator's. */
static bool trust_models(struct config *c, struct att_error *e)
{
	for (unsigned i = 0; i < c->providers_count; i++) {
		struct config_provider *p = &c->providers[i];

		if (!set_text(&p->trust_model, "AAD", e) ||
		    !set_text(&p->tpm_attestation_authentication, "Enabled", e))
			return false;
		if (p->policy_signers_count && strcmp(p->trust_model, "AAD") == 0)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "providers[%u].policy_signers: found %u, want none: trust_model is "
			    "AAD, where anybody may sign",
			    i, p->policy_signers_count);
	}
	return true;
}

/* list is the path of the entries, for the message. */
static bool deny_list(const struct config_deny *v, unsigned n, const char *list, const struct places *given,
    struct att_error *e)
{
	const struct place *at;
	struct att_deny ignored;
	char path[64];

	for (unsigned i = 0; i < n; i++) {
		if (att_deny_read(v[i].kind, v[i].value, v[i].reason, &ignored, e))
			continue;
		(void)snprintf(path, sizeof path, "%s[%u].value", list, i);
		at = places_find(given, path);
		return att_within(e, "line %zu: %s[%u]", at ? at->line : 0, list, i);
	}
	return true;
}

/* Kind and value belong together, so they are looked at here and not each by its own rule. */
static bool deny_lists(const struct config *c, const struct places *given, struct att_error *e)
{
	char list[32];

	if (!deny_list(c->deny, c->deny_count, "deny", given, e))
		return false;
	for (unsigned i = 0; i < c->providers_count; i++) {
		(void)snprintf(list, sizeof list, "providers[%u].deny", i);
		if (!deny_list(c->providers[i].deny, c->providers[i].deny_count, list, given, e))
			return false;
	}
	return true;
}

/* What a source of that kind would not use. */
static bool sources(const struct config *c, struct att_error *e)
{
	static const struct { const char *kind; bool has_key, has_root; } kinds[] = {
		{ "pcs", true, true }, { "pccs", true, false },
		{ "kds", false, false }, { "thim", false, false },
	};
	size_t k;

	for (unsigned i = 0; i < c->collateral.sources_count; i++) {
		const struct config_source *s = &c->collateral.sources[i];

		for (k = 0; strcmp(kinds[k].kind, s->kind) != 0; k++)
			assert(k + 1 < sizeof kinds / sizeof *kinds);
		if ((s->key_file && !kinds[k].has_key) || (s->root_crl_url && !kinds[k].has_root))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "collateral.sources[%u].%s: found a value, want none: a source of kind %s "
			    "has no use for it", i,
			    s->key_file && !kinds[k].has_key ? "key_file" : "root_crl_url", s->kind);
	}
	return true;
}

bool defaults_fill(struct config *c, const struct places *given, struct att_error *e)
{
	for (size_t i = 0; i < sizeof uints / sizeof *uints; i++)
		if (!places_find(given, uints[i].path))
			set_uint(c, &uints[i]);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!set_text(member(c, texts[i].off), texts[i].value, e))
			return false;
	return set_data_dir(c, e) && keep_empty_allow(c, given, e) && first_provider(c, e) &&
	    trust_models(c, e) && deny_lists(c, given, e) && sources(c, e);
}

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "server/datadir/datadir.h"
#include "server/log/log.h"
#include "server/parent/parent.h"

#define GENERATION_MEMORY (384 * MIB)
#define OFFLINE_FILE_MAX (16 * MIB)
#define OFFLINE_MAX (48 * MIB)          /* all files of a folder together */

static const char *const offline_suffixes[] = { ".pem", ".der", ".crt", ".cer", ".crl", ".json" };
static const char *const anchor_suffixes[] = { ".pem", ".der", ".crt", ".cer" };

struct folder {
	const char *path;
	const char *const *suffixes;
	size_t nsuffixes;
	size_t nfiles;
};

bool generation_config(const struct options *o, struct config **out, struct att_error *e)
{
	const struct { const char *key, *value; } over[] = {
		{ "listen", o->listen }, { "data_dir", o->data_dir }, { "sandbox", o->sandbox },
	};
	struct config *c = NULL;

	if (!config_load(o->config, &c, e))
		return false;
	for (size_t i = 0; i < sizeof over / sizeof *over; i++)
		if (over[i].value && !config_override(c, over[i].key, over[i].value, e)) {
			config_free(c);
			return false;
		}
	*out = c;
	return true;
}

static bool has_suffix(const struct folder *f, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < f->nsuffixes; i++) {
		size_t s = strlen(f->suffixes[i]);
		if (n > s && strcasecmp(name + n - s, f->suffixes[i]) == 0)
			return true;
	}
	return false;
}

static bool add_file(struct folder *f, const char *name, struct buf *b, struct att_error *e)
{
	struct secret content = { 0 };
	char path[DATADIR_PATH_MAX];

	if (!datadir_join(f->path, name, path, e) || !file_read(path, OFFLINE_FILE_MAX, &content, e))
		return false;
	buf_le32_block(b, content.p, content.len);
	secret_clear(&content);
	f->nfiles++;
	return b->len <= OFFLINE_MAX || att_fail(e, ATT_E_LIMIT, "%s: more than %zu bytes", f->path,
	    OFFLINE_MAX);
}

/* The files as they are, in the order of their names, so that two starts see the same. */
static bool read_folder(struct folder *f, struct arena *a, struct block *out, struct att_error *e)
{
	struct dirent **names = NULL;
	struct buf b = buf_make(a);
	int n = scandir(f->path, &names, NULL, alphasort);
	bool ok = n >= 0;

	if (!ok)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", f->path, strerror(errno));
	for (int i = 0; i < n; i++) {
		ok = ok && (!has_suffix(f, names[i]->d_name) || add_file(f, names[i]->d_name, &b, e));
		free(names[i]);
	}
	free(names);
	if (!ok || !buf_ok(&b, e))
		return false;
	*out = (struct block){ b.p ? b.p : "", b.len };
	return true;
}

static bool read_endorsements(struct generation *g, struct att_error *e)
{
	struct folder f = { .path = g->config->collateral.dir, .suffixes = offline_suffixes,
	    .nsuffixes = sizeof offline_suffixes / sizeof *offline_suffixes };

	g->endorsements = block_text("");
	if (!f.path)
		return true;
	if (!read_folder(&f, g->memory, &g->endorsements, e))
		return att_within(e, "collateral.dir");
	log_event(LOG_INFO, "collateral.read", "folder", "%s", f.path, "files", "%zu", f.nfiles, NULL);
	return true;
}

/* Roots that somebody made are trusted only in a daemon that says it is for tests. */
static bool read_anchors(struct generation *g, struct att_error *e)
{
	char path[DATADIR_PATH_MAX];
	struct folder f = { .path = path, .suffixes = anchor_suffixes,
	    .nsuffixes = sizeof anchor_suffixes / sizeof *anchor_suffixes };

	g->anchors = block_text("");
	if (!datadir_join(g->config->data_dir, "test-anchors", path, e))
		return false;
	if (!g->facts.insecure_test || !file_exists(path))
		return true;
	if (!read_folder(&f, g->memory, &g->anchors, e))
		return att_within(e, "test-anchors");
	g->facts.nanchors = (uint32_t)f.nfiles;
	log_event(LOG_WARN, "test-anchors.trusted", "folder", "%s", path, "files", "%zu", f.nfiles, NULL);
	return true;
}

static bool make_issuers(struct generation *g, struct att_error *e)
{
	const struct config *c = g->config;
	const char **issuers = arena_array(g->memory, c->providers_count, sizeof *issuers);

	for (unsigned i = 0; issuers && i < c->providers_count; i++) {
		const struct config_provider *p = &c->providers[i];
		issuers[i] = p->issuer ? arena_strdup(g->memory, p->issuer) :
		    arena_printf(g->memory, "https://%s%s%s", g->facts.authority, i ? "/p/" : "",
		    i ? p->name : "");
		if (!issuers[i])
			return arena_fail(g->memory, e);
	}
	g->facts.issuers = issuers;
	g->facts.nissuers = c->providers_count;
	return issuers || arena_fail(g->memory, e);
}

bool generation_make(const struct options *o, struct config *c, const struct role_facts *base,
    struct generation *out, struct att_error *e)
{
	struct generation g = { .config = c, .facts = *base, .memory = arena_new(GENERATION_MEMORY) };

	g.facts.clock_s = o->clock_s;
	g.facts.insecure_test = o->insecure_test;
	g.facts.reset_time_floor = o->reset_time_floor;
	g.facts.nanchors = 0;
	if (c->providers_count == 0 || c->providers_count > PROVIDERS_MAX)
		(void)att_fail(e, ATT_E_LIMIT, "providers: %u, want 1 to %u", c->providers_count,
		    PROVIDERS_MAX);
	else if (!g.memory)
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
	else if (make_issuers(&g, e) && read_endorsements(&g, e) && read_anchors(&g, e) &&
	    policy_signers_read(c, g.memory, &g.signers, e) &&
	    measured_boot_read(c, g.memory, g.reference, e) &&
	    ek_roots_read(c, g.memory, &g.ek_roots, e) && fetcher_check(c, e) &&
	    config_dump(c, &g.yaml, &g.yaml_len, e)) {
		*out = g;
		return true;
	}
	g.config = NULL;        /* stays the caller's */
	generation_clear(&g);
	return false;
}

void generation_clear(struct generation *g)
{
	arena_free(g->memory);
	config_free(g->config);
	free(g->yaml);
	*g = (struct generation){ 0 };
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_trust_models(const struct config *a, const struct config *b)
{
	bool same = a->providers_count == b->providers_count;

	for (unsigned i = 0; same && i < a->providers_count; i++)
		same = same_text(a->providers[i].trust_model, b->providers[i].trust_model);
	return same;
}

static bool same_providers(const struct config *a, const struct config *b)
{
	bool same = a->providers_count == b->providers_count;

	for (unsigned i = 0; same && i < a->providers_count; i++)
		same = same_text(a->providers[i].name, b->providers[i].name) &&
		    same_text(a->providers[i].issuer, b->providers[i].issuer);
	return same;
}

bool generation_may_follow(const struct config *old, const struct config *new, struct att_error *e)
{
	const struct { const char *key; bool same; } rows[] = {
		{ "listen", same_text(old->listen, new->listen) },
		{ "data_dir", same_text(old->data_dir, new->data_dir) },
		{ "sandbox", same_text(old->sandbox, new->sandbox) },
		{ "token.algorithm", same_text(old->token.algorithm, new->token.algorithm) },
		{ "workers.signers", old->workers.signers == new->workers.signers },
		{ "workers.verify", old->workers.verify == new->workers.verify },
		{ "limits.connections", old->limits.connections == new->limits.connections },
		{ "limits.connections_per_ip",
		    old->limits.connections_per_ip == new->limits.connections_per_ip },
		{ "providers (names and issuers)", same_providers(old, new) },
		{ "providers (trust_model)", same_trust_models(old, new) },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!rows[i].same)
			return att_fail(e, ATT_E_OPERATION, "%s changed: that needs a restart", rows[i].key);
	return true;
}

#include "server/config/config.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/rd.h"
#include "server/config/defaults.h"
#include "server/config/places.h"
#include "server/config/unique.h"
#include "server/config/values.h"

#define TEXT_MAX ((size_t)1 << 20)
#define PARSE_MEMORY ((size_t)64 << 20)

ATT_AUTO_DEFINE(FILE, fclose);
ATT_AUTO_DEFINE_STRUCT(arena, arena_free);
ATT_AUTO_DEFINE_STRUCT(config, config_free);

/* The text has been walked before libcyaml sees it, so what it complains about is worth its own words. */
__attribute__((format(printf, 3, 0)))
static void keep_first(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	char *text = ctx;

	if (level == CYAML_LOG_ERROR && !*text)
		(void)vsnprintf(text, sizeof ((struct att_error *)NULL)->text, fmt, args);
	text[strcspn(text, "\n")] = '\0';
}

static cyaml_config_t cyaml_setup(char *log)
{
	return (cyaml_config_t){ .log_fn = log ? keep_first : NULL, .log_ctx = log, .mem_fn = cyaml_mem,
	    .log_level = CYAML_LOG_ERROR,
	    .flags = (cyaml_cfg_flags_t)(CYAML_CFG_NO_ALIAS | CYAML_CFG_STYLE_BLOCK) };
}

static bool cyaml_failed(cyaml_err_t err, const char *log, struct att_error *e)
{
	if (err == CYAML_ERR_OOM)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	return att_fail(e, ATT_E_BAD_FORMAT, "%s: %s", cyaml_strerror(err), log);
}

static bool load_struct(const char *yaml, size_t n, bool is_empty, struct config **out, struct att_error *e)
{
	char log[sizeof e->text] = "";
	cyaml_config_t setup = cyaml_setup(log);
	cyaml_data_t *data = NULL;
	cyaml_err_t err = CYAML_OK;

	if (!is_empty)
		err = cyaml_load_data((const uint8_t *)yaml, n, &setup, &config_schema, &data, NULL);
	if (err != CYAML_OK)
		return cyaml_failed(err, log, e);
	*out = data ? data : calloc(1, sizeof **out);
	return *out ? true : att_fail(e, ATT_E_NOMEM, "out of memory");
}

static bool check_places(struct arena *a, const struct places *p, struct att_error *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct place *at = &p->item[i];
		const struct value_rule *rule;

		if (!at->value || at->is_null)
			continue;
		rule = value_rule_find(at->key);
		assert(rule);
		if (!value_check(rule, at->value, e))
			return att_within(e, "line %zu: %s", at->line, at->path);
	}
	return unique_check(a, p, e) && references_check(p, e);
}

bool config_parse(const char *yaml, size_t n, struct config **out, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(PARSE_MEMORY);
	ATT_AUTO_STRUCT(config) c = NULL;
	struct places places;

	if (!a)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (n > TEXT_MAX)
		return att_fail(e, ATT_E_LIMIT, "configuration: found %zu bytes, want at most %zu", n,
		    TEXT_MAX);
	if (!places_read(a, yaml, n, &config_schema, &places, e) ||
	    !check_places(a, &places, e) ||
	    !load_struct(yaml, n, places.is_empty, &c, e) ||
	    !defaults_fill(c, &places, e))
		return false;
	*out = ATT_STEAL(c);
	return true;
}

static bool read_text(const char *path, char **text, size_t *n, struct att_error *e)
{
	ATT_AUTO(FILE) f = fopen(path, "rbe");
	char *p;

	if (!f)
		return att_fail(e, ATT_E_OPERATION, "cannot be opened: %s", strerror(errno));
	p = malloc(TEXT_MAX + 1);
	if (!p)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	*n = fread(p, 1, TEXT_MAX + 1, f);
	if (ferror(f)) {
		free(p);
		return att_fail(e, ATT_E_OPERATION, "cannot be read: %s", strerror(errno));
	}
	*text = p;
	return true;
}

bool config_load(const char *path, struct config **out, struct att_error *e)
{
	char *text = NULL;
	size_t n = 0;
	bool ok;

	if (!path)
		return config_parse("", 0, out, e);
	ok = read_text(path, &text, &n, e) && config_parse(text, n, out, e);
	free(text);
	return ok ? true : att_within(e, "%s", path);
}

bool config_dump(const struct config *c, char **yaml, size_t *n, struct att_error *e)
{
	char log[sizeof e->text] = "", *text = NULL, *ended;
	cyaml_config_t setup = cyaml_setup(log);
	size_t len = 0;
	cyaml_err_t err = cyaml_save_data(&text, &len, &setup, &config_schema, c, 0);

	if (err != CYAML_OK)
		return cyaml_failed(err, log, e);
	ended = realloc(text, len + 1);
	if (!ended) {
		free(text);
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	}
	ended[len] = '\0';
	*yaml = ended;
	*n = len;
	return true;
}

bool config_override(struct config *c, const char *key, const char *value, struct att_error *e)
{
	const struct { const char *key; char **at; } keys[] = {
		{ "listen", &c->listen }, { "data_dir", &c->data_dir }, { "sandbox", &c->sandbox },
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char *copy;

		if (strcmp(keys[i].key, key) != 0)
			continue;
		if (!value_check(value_rule_find(key), value, e))
			return att_within(e, "%s", key);
		copy = strdup(value);
		if (!copy)
			return att_fail(e, ATT_E_NOMEM, "out of memory");
		free(*keys[i].at);
		*keys[i].at = copy;
		return true;
	}
	return att_fail(e, ATT_E_NOT_FOUND, "%s cannot be set on the command line", key);
}

void config_free(struct config *c)
{
	cyaml_config_t setup = cyaml_setup(NULL);

	if (c)
		(void)cyaml_free(&setup, &config_schema, c, 0);
}

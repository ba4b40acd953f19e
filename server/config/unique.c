#include "server/config/unique.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Two issuers that are equal would be one issuer with two key sets. */
static const char *const unique_keys[] = {
	"providers[].name", "providers[].issuer", "providers[].hosts[]", "tokens[].name", "tokens[].sha256",
	"collateral.sources[].name",
};

static int by_value(const void *a, const void *b)
{
	const struct place *const *x = a, *const *y = b;
	int order = strcasecmp((*x)->value, (*y)->value);

	return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static bool check_key(const struct place **sorted, const struct places *p, const char *key,
    struct att_error *e)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->item[i].value && !p->item[i].is_null && strcmp(p->item[i].key, key) == 0)
			sorted[n++] = &p->item[i];
	qsort(sorted, n, sizeof *sorted, by_value);
	for (size_t i = 1; i < n; i++)
		if (strcasecmp(sorted[i - 1]->value, sorted[i]->value) == 0)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "line %zu: %s: found the value of %s (line %zu), want another",
			    sorted[i]->line, sorted[i]->path, sorted[i - 1]->path, sorted[i - 1]->line);
	return true;
}

bool unique_check(struct arena *a, const struct places *p, struct att_error *e)
{
	const struct place **sorted = arena_array(a, p->n + 1, sizeof(const struct place *));

	if (!sorted)
		return arena_fail(a, e);
	for (size_t i = 0; i < sizeof unique_keys / sizeof *unique_keys; i++)
		if (!check_key(sorted, p, unique_keys[i], e))
			return false;
	return true;
}

static bool has_provider(const struct places *p, const char *name)
{
	bool any = false;

	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->item[i].key, "providers[].name") != 0)
			continue;
		any = true;
		if (strcmp(p->item[i].value, name) == 0)
			return true;
	}
	return !any && strcmp(name, "default") == 0;
}

bool references_check(const struct places *p, struct att_error *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct place *t = &p->item[i];

		if (strcmp(t->key, "tokens[].provider") == 0 && !t->is_null && !has_provider(p, t->value))
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "line %zu: %s: found \"%s\", want the name of a provider",
			    t->line, t->path, t->value);
	}
	return true;
}

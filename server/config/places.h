/*
 * places.h - walks a YAML text beside its schema: what stands where, and every misfit with path, line,
 * found, wanted.
 *
 * libcyaml says neither which key it wanted nor where a value stood once it is loaded.  After
 * places_read() the text fits the schema: known keys, each once, the right kind of node, no missing
 * key, no alias, tag or second document. Ranges and spelling of values are not looked at here.
 */
#ifndef SERVER_CONFIG_PLACES_H
#define SERVER_CONFIG_PLACES_H

#include "lib/base/arena.h"
#include "server/config/schema.h"

/* A scalar or a list that the text gives. */
struct place {
	const char *path;       /* providers[0].name */
	const char *key;        /* the same without positions: providers[].name */
	const char *value;      /* NULL: a list */
	size_t line;            /* from 1 */
	enum cyaml_type type;
	bool is_null;           /* empty, null or ~ where that means: not given */
};
struct places {
	struct place *item;
	size_t n, cap;
	bool is_empty;          /* no document, or one that says nothing */
};

#define PLACES_MAX 65536

ATT_CHECK bool places_read(struct arena *a, const char *yaml, size_t n, const cyaml_schema_value_t *schema,
    struct places *out, struct att_error *e);
/* NULL when the text does not give it. */
const struct place *places_find(const struct places *p, const char *path);

#endif

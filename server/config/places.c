#include "server/config/places.h"

#include <string.h>
#include <yaml.h>

#include "lib/base/buf.h"
#include "lib/base/rd.h"

struct walk {
	yaml_parser_t parser;
	struct arena *a;
	struct places *out;
	struct att_error *e;
};

/* A node's name in messages and in the check tables. */
struct name { const char *path, *key; };

static const char *const event_names[] = {
	[YAML_NO_EVENT] = "nothing",
	[YAML_STREAM_START_EVENT] = "the start", [YAML_STREAM_END_EVENT] = "the end",
	[YAML_DOCUMENT_START_EVENT] = "a second document", [YAML_DOCUMENT_END_EVENT] = "the document's end",
	[YAML_ALIAS_EVENT] = "an alias", [YAML_SCALAR_EVENT] = "one value",
	[YAML_SEQUENCE_START_EVENT] = "a list",
	[YAML_SEQUENCE_END_EVENT] = "the list's end", [YAML_MAPPING_START_EVENT] = "keys below it",
	[YAML_MAPPING_END_EVENT] = "the section's end",
};

static const char *wanted(enum cyaml_type type)
{
	if (type == CYAML_MAPPING)
		return "keys below it";
	return type == CYAML_SEQUENCE ? "a list" : "one value";
}

static bool line_fail(struct walk *w, size_t line, const char *path, const char *found, const char *want)
{
	return att_fail(w->e, ATT_E_BAD_FORMAT, "line %zu: %s: found %s, want %s", line, path, found, want);
}

static bool next(struct walk *w, yaml_event_t *ev)
{
	if (yaml_parser_parse(&w->parser, ev))
		return true;
	if (w->parser.error == YAML_MEMORY_ERROR)
		return att_fail(w->e, ATT_E_NOMEM, "out of memory");
	return att_fail(w->e, ATT_E_BAD_FORMAT, "line %zu: not YAML: %s", w->parser.problem_mark.line + 1,
	    w->parser.problem ? w->parser.problem : "unknown reason");
}

static bool no_memory(struct walk *w)
{
	return arena_fail(w->a, w->e);
}

static bool remember(struct walk *w, const struct place *found)
{
	struct places *p = w->out;

	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		struct place *bigger = cap > PLACES_MAX ? NULL : arena_array(w->a, cap, sizeof *bigger);

		if (cap > PLACES_MAX)
			return att_fail(w->e, ATT_E_LIMIT, "line %zu: more than %d values", found->line,
			    PLACES_MAX);
		if (!bigger)
			return no_memory(w);
		bytes_copy(bigger, p->item, p->n * sizeof *bigger);
		p->item = bigger;
		p->cap = cap;
	}
	p->item[p->n++] = *found;
	return true;
}

static bool walk_value(struct walk *w, const cyaml_schema_value_t *schema, struct name name,
    const yaml_event_t *ev);

/* As libcyaml sees it. */
static bool is_null(const cyaml_schema_value_t *schema, const char *value)
{
	static const char *const words[] = { "", "null", "Null", "NULL", "~" };

	if ((schema->flags & CYAML_FLAG_POINTER_NULL_STR) != CYAML_FLAG_POINTER_NULL_STR)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(value, words[i]) == 0)
			return true;
	return false;
}

static bool walk_scalar(struct walk *w, const cyaml_schema_value_t *schema, struct name name,
    const yaml_event_t *ev)
{
	size_t line = ev->start_mark.line + 1, len = ev->data.scalar.length;
	const char *text = (const char *)ev->data.scalar.value;
	char *value;

	if (ev->data.scalar.tag)
		return line_fail(w, line, name.path, "a tag", "a plain value");
	if (len > CYAML_UNLIMITED || (schema->type == CYAML_STRING && len > schema->string.max))
		return att_fail(w->e, ATT_E_LIMIT, "line %zu: %s: found %zu bytes, want at most %u",
		    line, name.path, len, schema->string.max);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return line_fail(w, line, name.path, "a control character", "one line of text");
	value = arena_strndup(w->a, text, len);
	return value ? remember(w, &(struct place){ name.path, name.key, value, line, schema->type,
	    is_null(schema, value) }) : no_memory(w);
}

static bool walk_entry(struct walk *w, const cyaml_schema_value_t *schema, struct name list, unsigned i,
    const yaml_event_t *ev)
{
	struct name name = { .path = arena_printf(w->a, "%s[%u]", list.path, i),
	    .key = arena_printf(w->a, "%s[]", list.key) };

	if (!name.path || !name.key)
		return no_memory(w);
	if (i >= schema->sequence.max)
		return att_fail(w->e, ATT_E_LIMIT, "line %zu: %s: found more entries, want at most %u",
		    ev->start_mark.line + 1, list.path, schema->sequence.max);
	return walk_value(w, schema->sequence.entry, name, ev);
}

static bool walk_list(struct walk *w, const cyaml_schema_value_t *schema, struct name name, size_t line)
{
	yaml_event_t ev;

	if (!remember(w, &(struct place){ name.path, name.key, NULL, line, CYAML_SEQUENCE, false }))
		return false;
	for (unsigned i = 0; ; i++) {
		bool ok, at_end;

		if (!next(w, &ev))
			return false;
		at_end = ev.type == YAML_SEQUENCE_END_EVENT;
		ok = at_end || walk_entry(w, schema, name, i, &ev);
		yaml_event_delete(&ev);
		if (!ok || at_end)
			return ok;
	}
}

static bool unknown_key(struct walk *w, const cyaml_schema_field_t *fields, struct name section,
    const char *found, size_t line)
{
	struct buf known = buf_make(w->a);

	for (const cyaml_schema_field_t *f = fields; f->key; f++)
		buf_fmt(&known, "%s%s", f == fields ? "" : ", ", f->key);
	if (!buf_ok(&known, w->e))
		return false;
	return att_fail(w->e, ATT_E_BAD_FORMAT, "line %zu: %s%sunknown key \"%.64s\", want one of: %s", line,
	    section.path, *section.path ? ": " : "", found, known.p);
}

/* Reads the key's value; seen has a bit for every field. */
static bool walk_key(struct walk *w, const cyaml_schema_field_t *fields, struct name section,
    const yaml_event_t *key, uint64_t *seen)
{
	const char *text = (const char *)key->data.scalar.value, *dot = *section.path ? "." : "";
	size_t line = key->start_mark.line + 1;
	const cyaml_schema_field_t *f = fields;
	struct name name;
	yaml_event_t ev;
	bool ok;

	if (key->type != YAML_SCALAR_EVENT)
		return line_fail(w, line, *section.path ? section.path : "top level",
		    event_names[key->type], "a key");
	while (f->key && (strlen(f->key) != key->data.scalar.length || strcmp(f->key, text) != 0))
		f++;
	if (!f->key)
		return unknown_key(w, fields, section, text, line);
	name.path = arena_printf(w->a, "%s%s%s", section.path, dot, f->key);
	name.key = arena_printf(w->a, "%s%s%s", section.key, dot, f->key);
	if (!name.path || !name.key)
		return no_memory(w);
	if (*seen & UINT64_C(1) << (f - fields))
		return line_fail(w, line, name.path, "it a second time", "every key once");
	*seen |= UINT64_C(1) << (f - fields);
	if (!next(w, &ev))
		return false;
	ok = walk_value(w, &f->value, name, &ev);
	yaml_event_delete(&ev);
	return ok;
}

static bool all_needed(struct walk *w, const cyaml_schema_field_t *fields, struct name section, size_t line,
    uint64_t seen)
{
	for (const cyaml_schema_field_t *f = fields; f->key; f++)
		if (!(f->value.flags & CYAML_FLAG_OPTIONAL) && !(seen & UINT64_C(1) << (f - fields)))
			return att_fail(w->e, ATT_E_BAD_FORMAT, "line %zu: %s: key \"%s\" is missing", line,
			    section.path, f->key);
	return true;
}

static bool walk_section(struct walk *w, const cyaml_schema_field_t *fields, struct name name, size_t line)
{
	uint64_t seen = 0;
	yaml_event_t ev;

	for (;;) {
		bool ok, at_end;

		if (!next(w, &ev))
			return false;
		at_end = ev.type == YAML_MAPPING_END_EVENT;
		ok = at_end || walk_key(w, fields, name, &ev, &seen);
		yaml_event_delete(&ev);
		if (!ok)
			return false;
		if (at_end)
			return all_needed(w, fields, name, line, seen);
	}
}

/* Recursion follows the schema, so its depth is the schema's. */
static bool walk_value(struct walk *w, const cyaml_schema_value_t *schema, struct name name,
    const yaml_event_t *ev)
{
	size_t line = ev->start_mark.line + 1;
	const char *path = *name.path ? name.path : "top level";

	if (ev->type == YAML_SCALAR_EVENT && schema->type != CYAML_MAPPING && schema->type != CYAML_SEQUENCE)
		return walk_scalar(w, schema, name, ev);
	if (ev->type == YAML_SEQUENCE_START_EVENT && schema->type == CYAML_SEQUENCE)
		return walk_list(w, schema, name, line);
	if (ev->type == YAML_MAPPING_START_EVENT && schema->type == CYAML_MAPPING)
		return walk_section(w, schema->mapping.fields, name, line);
	if (ev->type == YAML_SCALAR_EVENT && ev->data.scalar.length == 0)
		return line_fail(w, line, path, "nothing", wanted(schema->type));
	return line_fail(w, line, path, event_names[ev->type], wanted(schema->type));
}

/* A text of comments only has no document, or one with an empty scalar. */
static bool is_nothing(const yaml_event_t *ev)
{
	return ev->type == YAML_SCALAR_EVENT && ev->data.scalar.length == 0;
}

static bool walk_document(struct walk *w, const cyaml_schema_value_t *schema)
{
	yaml_event_t ev;
	bool ok = next(w, &ev);

	if (!ok)
		return false;
	w->out->is_empty = is_nothing(&ev);
	ok = w->out->is_empty || walk_value(w, schema, (struct name){ "", "" }, &ev);
	yaml_event_delete(&ev);
	if (!ok || !next(w, &ev))       /* the document's end */
		return false;
	yaml_event_delete(&ev);
	if (!next(w, &ev))
		return false;
	if (ev.type != YAML_STREAM_END_EVENT)
		ok = line_fail(w, ev.start_mark.line + 1, "top level", event_names[ev.type], "one document");
	yaml_event_delete(&ev);
	return ok;
}

static bool walk_stream(struct walk *w, const cyaml_schema_value_t *schema)
{
	yaml_event_t ev;
	bool has_document;

	if (!next(w, &ev))              /* the stream's start */
		return false;
	yaml_event_delete(&ev);
	if (!next(w, &ev))
		return false;
	has_document = ev.type == YAML_DOCUMENT_START_EVENT;
	yaml_event_delete(&ev);
	w->out->is_empty = true;
	return !has_document || walk_document(w, schema);
}

bool places_read(struct arena *a, const char *yaml, size_t n, const cyaml_schema_value_t *schema,
    struct places *out, struct att_error *e)
{
	struct places p = { 0 };
	struct walk w = { .a = a, .out = &p, .e = e };
	bool ok;

	if (!yaml_parser_initialize(&w.parser))
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	yaml_parser_set_input_string(&w.parser, (const unsigned char *)yaml, n);
	ok = walk_stream(&w, schema);
	yaml_parser_delete(&w.parser);
	if (ok)
		*out = p;
	return ok;
}

const struct place *places_find(const struct places *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->item[i].path, path) == 0)
			return &p->item[i];
	return NULL;
}

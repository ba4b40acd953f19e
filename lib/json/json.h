/*
 * json.h - strict JSON (RFC 8259) over yyjson: one tree type for reading, building and printing.
 *
 * Reading refuses: anything but UTF-8, duplicate member names, trailing bytes, nesting above
 * max_depth, more than max_nodes values, and integers outside int64 (one named top-level member may go up to
 * 2^64-1, see json_limits).  Errors are BAD_JSON and name the byte offset; too many values are LIMIT.
 * Numbers with a fraction or exponent keep their text, whatever its magnitude; -0 is read as 0.
 * All nodes and strings live in the arena given; strings may hold NUL bytes
 * and are always NUL-terminated behind their length.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdint.h>

#include "lib/base/arena.h"

#define JSON_DEPTH_MAX 64       /* hard cap on max_depth: bounds every recursion over a tree */

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_UINT, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_kind kind;
	bool b;                 /* JSON_BOOL */
	bool lost;              /* JSON_ARRAY, JSON_OBJECT: an append failed, so it must not be written */
	int64_t i;              /* JSON_INT */
	uint64_t u;             /* JSON_UINT: only values above INT64_MAX */
	const char *s;          /* JSON_STRING: text; JSON_REAL: the number's text */
	size_t len;             /* of s, without the NUL; or number of elements or members */
	struct json *child;     /* JSON_ARRAY, JSON_OBJECT: first child */
	struct json *last;      /* last child, for appending */
	struct json *next;      /* next sibling */
	const char *name;       /* member name when the parent is an object */
	size_t name_len;
};

struct json_limits {
	size_t max_depth;       /* 1 = scalars only; at most JSON_DEPTH_MAX; 0 = JSON_DEPTH_MAX */
	size_t max_nodes;       /* 0 = 100 000 */
	const char *u64_member; /* top-level member that may exceed int64, in any letter case; or NULL */
	bool fold_names;        /* names of the TOP-LEVEL object equal but for ASCII case are duplicates */
};

/* limits may be NULL for the defaults. */
ATT_CHECK bool json_parse(struct arena *a, const void *p, size_t n, const struct json_limits *limits,
    struct json **out, struct att_error *e);

/* Does the text begin with these characters, white space aside?  Looks at JSON_BEGINS_MAX bytes. */
#define JSON_BEGINS_MAX 64
bool json_begins(const void *p, size_t n, const char *want);

/* Look-up; NULL when v is NULL, not an object, or has no such member. */
const struct json *json_get(const struct json *v, const char *name);
const struct json *json_get_fold(const struct json *v, const char *name);  /* ASCII case ignored */
bool json_is(const struct json *v, enum json_kind k);           /* v may be NULL */
bool json_str_eq(const struct json *v, const char *s);          /* a string equal to s? */

/* Building; every function returns NULL when out of memory, and accepts NULL parents or values
 * (returning NULL), so that a chain of calls needs one check at the end: json_write fails on NULL,
 * and on a container that was to take a NULL value. */
struct json *json_object(struct arena *a);
struct json *json_array(struct arena *a);
struct json *json_string(struct arena *a, const char *s);               /* copies */
struct json *json_stringn(struct arena *a, const char *s, size_t n);    /* copies */
struct json *json_int(struct arena *a, int64_t i);
struct json *json_uint(struct arena *a, uint64_t u);
struct json *json_bool(struct arena *a, bool b);
struct json *json_null(struct arena *a);
/* RFC 3339 in UTC; null for INT64_MIN, which is "not known". */
struct json *json_time(struct arena *a, int64_t t_s);
struct json *json_copy(struct arena *a, const struct json *v);          /* deep */
/* Append and return the parent; v becomes owned by it and must not be appended twice.  json_put replaces an
 * existing member, in its place; it looks at all of them, so build long lists as arrays. */
struct json *json_put(struct arena *a, struct json *object, const char *name, struct json *v);
struct json *json_putn(struct arena *a, struct json *object, const char *name, size_t n, struct json *v);
struct json *json_append(struct json *array, struct json *v);

enum json_style {
	JSON_COMPACT,           /* members in stored order */
	JSON_SORTED,            /* members in byte order of their names at every level, compact */
	JSON_PRETTY             /* stored order, two-space indentation, final newline */
};
/* *out is NUL-terminated; non-ASCII is written as UTF-8, control characters as \u00xx or short escapes.
 * A string that is not UTF-8 is refused (BAD_ENCODING), and so is a tree deeper than 2 * JSON_DEPTH_MAX. */
ATT_CHECK bool json_write(struct arena *a, const struct json *v, enum json_style style,
    char **out, size_t *n, struct att_error *e);

/* Byte range [*off, *off + *len) of the value of a top-level member in the original text,
 * for signatures over the exact received bytes.  The whole text is read as json_parse() does with
 * default limits and refused likewise.  False when absent (BAD_JSON). */
ATT_CHECK bool json_member_range(const void *p, size_t n, const char *name, size_t *off, size_t *len,
    struct att_error *e);
/* The same for members at any depth of a text that is read once: a member of the tree knows its place. */
struct json_source {
	const void *p; size_t n;        /* the text as given; borrowed */
	const char *copy;               /* in the arena: what names of the tree point into */
};
ATT_CHECK bool json_parse_source(struct arena *a, const void *p, size_t n, const struct json_limits *limits,
    struct json **out, struct json_source *src, struct att_error *e);
/* member: a value with a name, of the tree that src came with. */
ATT_CHECK bool json_source_range(const struct json_source *src, const struct json *member, size_t *off,
    size_t *len, struct att_error *e);
/* Where the characters of a string stand, v->len of them from *off; false when it is written with escapes.
 * Costs no walk through the text. */
bool json_source_string(const struct json_source *src, const struct json *v, size_t *off);

#endif

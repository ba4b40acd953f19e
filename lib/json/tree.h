/* tree.h - what the files of this folder share: names, their order, and places in valid text. */
#ifndef JSON_TREE_H
#define JSON_TREE_H

#include "lib/base/rd.h"
#include "lib/json/json.h"

/* As json_parse(); *text is the copy of the input in the arena that all names and strings point into. */
ATT_CHECK bool json_parse_text(struct arena *a, const void *p, size_t n, const struct json_limits *limits,
    struct json **out, const char **text, struct att_error *e);

bool json_name_eq(const struct json *member, const char *name, size_t n, bool fold);

/* Deepest tree that is copied or written: a parsed tree inside a built one. */
#define JSON_BUILD_DEPTH_MAX ((size_t)2 * JSON_DEPTH_MAX)

/* The members of an object in byte order of their names. All-zero is valid; release with
 * json_sorted_clear(). */
#define JSON_SORTED_SMALL 16
struct json_sorted {
	struct arena *a;
	const struct json *small[2 * JSON_SORTED_SMALL];
	const struct json **v;          /* object->len of them, in small or borrowed from the arena */
};
ATT_CHECK bool json_sort(struct json_sorted *s, struct arena *a, const struct json *object, bool fold);
void json_sorted_clear(struct json_sorted *s);

/* *dup is the later of two members with equal names, NULL when all differ.  False: out of memory. */
ATT_CHECK bool json_find_duplicate(struct arena *a, const struct json *object, bool fold,
    const struct json **dup);

/* Offsets in text that is known to be valid (on other text: some offset, never out of bounds). */
size_t json_locate_depth(struct rd text, size_t depth);         /* first container at that depth, root = 1 */
size_t json_locate_value(struct rd text, size_t index);         /* the index-th value, root = 0 */

#endif

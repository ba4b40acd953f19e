/*
 * ast.h - a compiled expression as a tree.
 *
 * Projections: PROJECT, PROJECT_VALUES and FILTER apply `right` to every element of what `left`
 * gives and drop nulls; how far `right` reaches was decided by the parser.
 */
#ifndef JMESPATH_AST_H
#define JMESPATH_AST_H

#include "lib/policy/jmespath/report.h"

/* A chain such as a || b || c is a tree as high as the chain is long. */
#define JMES_HEIGHT_MAX 1024
#define JMES_ITEMS_MAX 1000             /* of one multi-select or argument list */

enum jmes_node_kind {
	NODE_CURRENT,           /* @, and the empty right side of a projection */
	NODE_LITERAL,           /* literal */
	NODE_FIELD,             /* name */
	NODE_CHAIN,             /* left, then right on its result: "." and "|" */
	NODE_INDEX,             /* left, number */
	NODE_SLICE,             /* left, slice */
	NODE_FLATTEN,           /* left */
	NODE_PROJECT,           /* left [*] right */
	NODE_PROJECT_VALUES,    /* left .* right */
	NODE_FILTER,            /* left [? third ] right */
	NODE_OR, NODE_AND,      /* left, right */
	NODE_NOT,               /* left */
	NODE_COMPARE,           /* left, right, comparator */
	NODE_LIST,              /* items */
	NODE_HASH,              /* items with keys */
	NODE_CALL,              /* fn, items */
	NODE_EXPREF,            /* left; only as an item of a CALL */
	NODE_KINDS
};

enum jmes_comparator { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE };

struct jmes_slice {
	int64_t start, stop, step;      /* step is not 0 */
	bool has_start, has_stop;
};

struct jmes_node;
struct jmes_item {
	struct jmes_node *expr;
	const char *key;                /* HASH */
	size_t key_len;
	bool shadowed;                  /* HASH: a later item has the same key and wins */
	struct jmes_item *next;
};

struct jmes_fn;                         /* fn.h */
struct jmes_node {
	enum jmes_node_kind kind;
	uint32_t height;                /* 1 = leaf */
	size_t offset;                  /* in the text */
	struct jmes_node *left, *right, *third;
	const char *name;               /* FIELD */
	size_t name_len;
	const struct json *literal;
	int64_t number;                 /* INDEX */
	struct jmes_slice slice;
	enum jmes_comparator comparator;
	const struct jmes_fn *fn;
	struct jmes_item *items, *last;
	size_t nitems;
};

struct jmes { const struct jmes_node *root; };

#endif

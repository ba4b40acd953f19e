/*
 * fuzz_json.c - failed <=> error set; parse, write sorted, parse, write sorted gives the same text;
 * the range of every top-level member reads back as its value.
 */
#include <assert.h>
#include <string.h>

#include "lib/json/json.h"

#define MEMORY ((size_t)1 << 26)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *sorted(struct arena *a, const void *p, size_t n, const struct json_limits *limits,
    struct json **v)
{
	struct att_error e = { 0 };
	char *out = NULL;
	bool ok = json_parse(a, p, n, limits, v, &e);

	assert(ok == (e.code == ATT_E_OK) && ok == !e.text[0]);
	if (ok && !json_write(a, *v, JSON_SORTED, &out, &n, &e))
		assert(e.code == ATT_E_LIMIT);
	return out;
}

static void check_ranges(struct arena *a, const uint8_t *data, size_t size, const struct json *object)
{
	size_t off, len, n, left = 8;

	for (const struct json *m = object->child; m && left; m = m->next, left--) {
		struct att_error e = { 0 };
		struct json *part;
		char *got, *want;

		if (strlen(m->name) != m->name_len)
			continue;
		assert(json_member_range(data, size, m->name, &off, &len, &e));
		got = sorted(a, data + off, len, NULL, &part);
		if (got && json_write(a, m, JSON_SORTED, &want, &n, &e))
			assert(strcmp(got, want) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_limits limits = { .u64_member = "nonce", .fold_names = true };
	struct arena *a = arena_new(MEMORY);
	struct json *v = NULL, *again = NULL;
	char *one = sorted(a, data, size, &limits, &v), *two;

	if (one) {
		two = sorted(a, one, strlen(one), &limits, &again);
		assert(!two || strcmp(one, two) == 0);
	}
	if (sorted(a, data, size, NULL, &v) && v->kind == JSON_OBJECT)
		check_ranges(a, data, size, v);
	arena_free(a);
	return 0;
}

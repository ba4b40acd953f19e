/*
 * fuzz_jmespath.c - expression, then optionally a zero byte and a document.
 *
 * Properties: the same input gives the same answer twice; evaluation stays within its budget;
 * failed <=> problem and error are set; a result is printable and reads back.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/rd.h"
#include "lib/policy/jmespath/jmespath.h"

#define STEPS 20000

static const char fixed[] = "{\"a\":[{\"b\":1,\"c\":\"x\"},{\"b\":2.5,\"c\":[1,[2,[3]]]},null,7],"
    "\"b\":{\"a\":\"Str\",\"c\":{\"a\":null}},\"c\":[3,1,2],\"e\":\"a\xc3\xb1\xe2\x9c\x93\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The result as text, or NULL. */
static char *run(struct arena *a, struct rd text, struct rd document, size_t *n)
{
	struct jmes_budget b = { STEPS };
	struct jmes_problem p = { 0 };
	struct att_error e = { 0 };
	const struct json *v = NULL;
	struct jmes *q;
	struct json *doc;
	char *s = NULL;
	bool ok;

	if (!json_parse(a, rd_ptr(&document), rd_left(&document), NULL, &doc, NULL) &&
	    !json_parse(a, fixed, sizeof fixed - 1, NULL, &doc, NULL))
		return NULL;
	ok = jmes_compile(a, (const char *)rd_ptr(&text), rd_left(&text), &q, &p, &e) &&
	    jmes_search(q, doc, &b, &p, a, &v, &e);
	assert(b.steps <= STEPS && ok == (v != NULL) && p.offset <= rd_left(&text));
	assert(ok == (p.class == JMES_NONE) && ok == (p.message == NULL) && ok == (e.code == ATT_E_OK));
	if (ok && json_write(a, v, JSON_COMPACT, &s, n, &e))
		assert(json_parse(a, s, *n, NULL, &doc, &e) || e.code == ATT_E_LIMIT);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t n = zero ? (size_t)(zero - data) : size, len[2] = { 0 };
	struct rd text = rd_make(data, n), document = rd_make(data + n, 0);
	struct arena *a = arena_new((size_t)8 << 20), *b = arena_new((size_t)8 << 20);
	char *s, *t;

	if (zero)
		document = rd_make(zero + 1, size - n - 1);
	s = run(a, text, document, &len[0]);
	t = run(b, text, document, &len[1]);
	assert(!s == !t && len[0] == len[1] && (!s || bytes_equal(s, t, len[0])));
	arena_free(a);
	arena_free(b);
	return 0;
}

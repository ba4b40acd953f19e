/*
 * Property: nesting and number of tags stay in their limits, nodes lie inside their containers
 * and their order is that of the bytes; memory stays in a fixed limit whatever the lengths say; a
 * failure has its error set.
 */
#include <assert.h>

#include "lib/evidence/eventlog/wbcl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_node(const struct sipa_tree *t, size_t i)
{
	const struct sipa_node *n = &t->v[i];
	uint64_t v;

	assert(n->depth <= SIPA_DEPTH_MAX && n->after > i && n->after <= t->n);
	assert(n->after == i + 1 || sipa_is_box(n->tag));
	for (size_t k = i + 1; k < n->after; k++) {
		const struct sipa_node *in = &t->v[k];
		const uint8_t *end = rd_ptr(&in->data) + rd_left(&in->data);

		assert(in->depth > n->depth && in->after <= n->after && (!n->unmeasured || in->unmeasured));
		assert(rd_ptr(&in->data) >= rd_ptr(&n->data));
		assert(end <= rd_ptr(&n->data) + rd_left(&n->data));
	}
	assert(!sipa_value(n, &v) || n->row->payload != SIPA_BOOL || v <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)8 << 20);
	struct sipa_tree t = { .n = 77 };
	struct att_error e = { 0 };

	if (sipa_parse(rd_make(data, size), a, &t, &e)) {
		assert(e.code == ATT_E_OK && t.n <= SIPA_NODES_MAX);
		for (size_t i = 0; i < t.n && i < 256; i++)
			check_node(&t, i);
	} else
		assert(e.code != ATT_E_OK && e.text[0] && t.n == 77);
	assert(!arena_hit_limit(a));
	arena_free(a);
	return 0;
}

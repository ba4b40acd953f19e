/*
 * Any pieces as endorsements, without anchors: the first byte is how many, cut at even lengths.
 * Property: success and error go together; nothing is good, since no piece of ours ends in a pinned
 * root; every item says what it is and what is wrong, and its own piece can be read again and holds
 * an item of the same kind.
 */
#include <assert.h>
#include <string.h>

#include "libattest/endorse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIECES_MAX 4
#define NOW INT64_C(1780272000)

static void check_again(const struct att_endorsement *x)
{
	struct att_endorsement_list *l = NULL;
	struct att_error e = { 0 };
	bool found = false;

	assert(att_endorsements_read(&x->bytes, 1, NULL, 0, NOW, &l, &e));
	for (size_t i = 0; i < l->n; i++)
		found = found || strcmp(l->item[i].kind, x->kind) == 0;
	assert(found);
	att_endorsements_read_free(l);
}

static void check_item(const struct att_endorsement *x)
{
	assert(x->kind[0] && x->key && x->fault && strcmp(x->fault, "good") != 0);
	assert(x->why && x->why[0] && !x->simulated && x->bytes.len > 0);
	check_again(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct att_bytes pieces[PIECES_MAX];
	struct att_endorsement_list *l = NULL;
	struct att_error e = { 0 };
	size_t n = size ? data[0] % PIECES_MAX + 1u : 0, at = 1;

	for (size_t i = 0; i < n; i++) {
		size_t len = i + 1 == n ? size - at : (size - 1) / n;
		pieces[i] = (struct att_bytes){ data + at, len };
		at += len;
	}
	if (!att_endorsements_read(pieces, n, NULL, 0, NOW, &l, &e)) {
		assert(e.code != ATT_E_OK && e.text[0] && !l);
		return 0;
	}
	assert(e.code == ATT_E_OK);
	for (size_t i = 0; i < l->n; i++) {
		check_item(&l->item[i]);
		assert(att_endorsement_may_follow(&l->item[i], &l->item[i], &e));
	}
	att_endorsements_read_free(l);
	return 0;
}

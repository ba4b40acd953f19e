/*
 * Any bytes as a piece of collateral.  Property: failure and error go together and leave the set as it
 * was; what was added is an item with a name; nothing is good without a root that is trusted, at any
 * time.
 */
#include <assert.h>

#include "lib/collateral/set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_items(const struct collateral_set *s)
{
	for (size_t i = 0; i < s->nitems; i++) {
		const struct collateral_item *item = s->items[i];
		struct att_error e = { 0 };

		assert(item->key && item->kind < COLLATERAL_NKINDS);
		assert((item->proof.fault == COLLATERAL_GOOD) == (item->proof.nsigners > 0));
		assert(s->nroots > 0 || item->proof.fault != COLLATERAL_GOOD);
		assert((collateral_judge(s, item, item->issue_date_s,
		    &e) == COLLATERAL_GOOD) == (e.code == ATT_E_OK));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crypto *c;
	struct arena *a = arena_new((size_t)64 << 20);
	struct att_error e = { 0 };
	struct collateral_set s;
	bool ok;

	if (!c)
		c = crypto_new(NULL);
	assert(a && c && collateral_set_init(&s, a, c, &e));
	ok = collateral_set_add(&s, rd_make(data, size), 0, &e);
	assert(ok == (e.code == ATT_E_OK));
	assert(ok || (s.nitems == 0 && s.certs.n == 0));
	att_error_clear(&e);
	assert(collateral_set_prove(&s, NULL, &e));
	check_items(&s);
	collateral_set_clear(&s);
	arena_free(a);
	return 0;
}

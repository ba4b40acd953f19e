/* sort.h - stable sorting of values by their keys. */
#ifndef JMESPATH_SORT_H
#define JMESPATH_SORT_H

#include "lib/policy/jmespath/eval.h"

struct jmes_key {
	const struct json *element;     /* what is sorted */
	const struct json *key;         /* a string, or any number */
	long double number;             /* value of a number key */
};

/* Order of two keys of the same type: <0, 0, >0. */
ATT_CHECK bool jmes_key_compare(struct jmes_ev *x, const struct jmes_key *k,
    const struct jmes_key *l, int *out);
/* Sorts in place, smallest first, equal ones in the order given.  n log2 n steps. */
ATT_CHECK bool jmes_sort(struct jmes_ev *x, struct jmes_key *keys, size_t n);

#endif

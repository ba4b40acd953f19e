/* hint.h - "did you mean": the nearest known word by edit distance. */
#ifndef POLICY_HINT_H
#define POLICY_HINT_H

#include "lib/policy/problem.h"

/* The i-th known word, NULL past the end. */
typedef const char *(*word_at)(size_t i);

/* The known word nearest to what was written, NULL when none is near: at most one edit for every
 * three characters, or letter case only.  An edit inserts, drops, replaces or swaps two neighbours. */
const char *hint_nearest(const char *word, word_at known);
/* "did you mean X?" in the arena, or NULL. */
const char *hint_did_you_mean(struct problems *ps, const char *word, word_at known);

#endif

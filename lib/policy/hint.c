#include "lib/policy/hint.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX ((size_t)64)   /* longer words get no hint: the cost is a product of lengths */

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

/* Edits count two so that a difference of letter case can count one. */
static unsigned replace_cost(char a, char b)
{
	if (a == b)
		return 0;
	return lower(a) == lower(b) ? 1 : 2;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment over three rows. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][WORD_MAX + 1];

	for (unsigned j = 0; j <= nb; j++)
		rows[0][j] = 2 * j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		now[0] = 2 * (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];

			now[j] = least(up[j] + 2, now[j - 1] + 2,
			    up[j - 1] + replace_cost(a[i - 1], b[j - 1]));
			if (swapped && up2[j - 2] + 2 < now[j])
				now[j] = up2[j - 2] + 2;
		}
	}
	return rows[na % 3][nb];
}

const char *hint_nearest(const char *word, word_at known)
{
	size_t n = strlen(word);
	unsigned best = 2 * (unsigned)(n / 3 ? n / 3 : 1) + 1;
	const char *nearest = NULL;

	for (size_t i = 0; n <= WORD_MAX && known(i); i++) {
		size_t m = strlen(known(i));
		unsigned d;

		if (n == m && strcasecmp(word, known(i)) == 0)
			return known(i);
		if (m > WORD_MAX || 2 * (n > m ? n - m : m - n) >= best)
			continue;
		d = distance(word, n, known(i), m);
		if (d < best) {
			best = d;
			nearest = known(i);
		}
	}
	return nearest;
}

const char *hint_did_you_mean(struct problems *ps, const char *word, word_at known)
{
	const char *nearest = hint_nearest(word, known);

	return nearest ? problem_text(ps, "did you mean %s?", nearest) : NULL;
}

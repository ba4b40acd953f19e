#include <stdlib.h>
#include <string.h>

#include "server/fetch/fetch.h"

#define KEEP_MS ((int64_t)5 * 60 * 1000)

bool remembered_find(const struct fetcher *f, const char *url, struct rd *out)
{
	for (size_t i = 0; i < FETCH_REMEMBERED; i++) {
		const struct remembered *r = &f->remembered[i];

		if (!r->url || r->until_ms <= f->now_ms || strcmp(r->url, url) != 0)
			continue;
		*out = rd_make(r->p, r->n);
		return true;
	}
	return false;
}

static void forget(struct remembered *r)
{
	free(r->url);
	free(r->p);
	*r = (struct remembered){ 0 };
}

void remembered_put(struct fetcher *f, const char *url, struct rd piece)
{
	struct remembered r = { .url = strdup(url),
		.p = malloc(rd_left(&piece) + 1),
		.n = rd_left(&piece),
		.until_ms = f->now_ms + KEEP_MS };

	if (!r.url || !r.p) {
		forget(&r);
		return;
	}
	bytes_copy(r.p, rd_ptr(&piece), r.n);
	forget(&f->remembered[f->next_remembered]);
	f->remembered[f->next_remembered] = r;
	f->next_remembered = (f->next_remembered + 1) % FETCH_REMEMBERED;
}

void remembered_clear(struct fetcher *f)
{
	for (size_t i = 0; i < FETCH_REMEMBERED; i++)
		forget(&f->remembered[i]);
}

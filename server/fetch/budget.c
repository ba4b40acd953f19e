#include "server/fetch/budget.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rd.h"

#define ID_MAX 320
#define PAUSE_FIRST_MS 200u
#define PAUSE_MAX_MS 2000u

struct absent_entry {
	int64_t until_ms;
	uint64_t hash;                  /* only to look at fewer texts */
	char id[ID_MAX];
};

bool budget_init(struct budget *b, unsigned max, struct att_error *e)
{
	*b = (struct budget){ .max = max };
	b->taken_ms = calloc(max ? max : 1, sizeof *b->taken_ms);
	return b->taken_ms || att_fail(e, ATT_E_NOMEM, "out of memory");
}

void budget_clear(struct budget *b)
{
	free(b->taken_ms);
	*b = (struct budget){ 0 };
}

bool budget_take(struct budget *b, int64_t now_ms, int64_t *wait_ms)
{
	/* Once the ring is full, next is the oldest. */
	if (b->max == 0 || (b->n == b->max && now_ms - b->taken_ms[b->next] < BUDGET_WINDOW_MS)) {
		*wait_ms =
		    b->max ? b->taken_ms[b->next] + BUDGET_WINDOW_MS - now_ms : BUDGET_WINDOW_MS;
		return false;
	}
	b->taken_ms[b->next] = now_ms;
	b->next = (b->next + 1) % b->max;
	b->n += b->n < b->max;
	return true;
}

bool absent_init(struct absent *a, unsigned max, int64_t keep_ms, struct att_error *e)
{
	*a = (struct absent){ .max = max, .keep_ms = keep_ms };
	a->item = calloc(max ? max : 1, sizeof *a->item);
	return a->item || att_fail(e, ATT_E_NOMEM, "out of memory");
}

void absent_clear(struct absent *a)
{
	free(a->item);
	*a = (struct absent){ 0 };
}

/* FNV-1a; equal texts have equal values, and nothing more is asked of it. */
static uint64_t hash_of(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

static struct absent_entry *find(const struct absent *a, const char *id)
{
	uint64_t hash = hash_of(id);

	for (unsigned i = 0; i < a->n; i++)
		if (a->item[i].hash == hash && strcmp(a->item[i].id, id) == 0)
			return &a->item[i];
	return NULL;
}

void absent_put(struct absent *a, const char *id, int64_t now_ms)
{
	size_t len = strlen(id);
	struct absent_entry *x = find(a, id);

	if (len >= ID_MAX || a->max == 0)
		return;
	if (!x) {
		x = &a->item[a->next];
		a->next = (a->next + 1) % a->max;
		a->n += a->n < a->max;
	}
	x->until_ms = now_ms + a->keep_ms;
	x->hash = hash_of(id);
	bytes_copy(x->id, id, len + 1);
}

int64_t absent_left(const struct absent *a, const char *id, int64_t now_ms)
{
	const struct absent_entry *x = find(a, id);

	return x && x->until_ms > now_ms ? x->until_ms - now_ms : 0;
}

int64_t retry_pause_ms(unsigned repetition, uint32_t random)
{
	uint32_t most = repetition < 8 ? PAUSE_FIRST_MS << repetition : PAUSE_MAX_MS;

	if (most > PAUSE_MAX_MS)
		most = PAUSE_MAX_MS;
	return random % (most + 1);
}

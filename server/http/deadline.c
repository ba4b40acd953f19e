#include "server/http/deadline.h"

#include <limits.h>
#include <stddef.h>

void deadline_disarm(struct deadlines *list, struct deadline *d)
{
	if (!d->is_armed)
		return;
	if (d->prev)
		d->prev->next = d->next;
	else
		list->first = d->next;
	if (d->next)
		d->next->prev = d->prev;
	else
		list->last = d->prev;
	d->prev = d->next = NULL;
	d->is_armed = false;
}

void deadline_arm(struct deadlines *list, struct deadline *d, int64_t at_ms)
{
	struct deadline *after = list->last;

	deadline_disarm(list, d);
	after = list->last;
	/* Only after a shortened allowance (a reload) does this step back more than not at all. */
	while (after && after->at_ms > at_ms)
		after = after->prev;
	d->at_ms = at_ms;
	d->is_armed = true;
	d->prev = after;
	d->next = after ? after->next : list->first;
	if (d->prev)
		d->prev->next = d;
	else
		list->first = d;
	if (d->next)
		d->next->prev = d;
	else
		list->last = d;
}

struct deadline *deadline_expired(struct deadlines *list, int64_t now_ms)
{
	struct deadline *d = list->first;

	if (!d || d->at_ms > now_ms)
		return NULL;
	deadline_disarm(list, d);
	return d;
}

int deadline_wait_ms(const struct deadlines *list, int64_t now_ms)
{
	int64_t wait;

	if (!list->first)
		return -1;
	wait = list->first->at_ms - now_ms;
	if (wait < 0)
		return 0;
	return wait > INT_MAX ? INT_MAX : (int)wait;
}

/*
 * deadline.h - connections in the order in which their time runs out.
 *
 * Every connection has the same allowance, so appending at the tail keeps the list sorted and all steps
 * constant-time.
 */
#ifndef SERVER_HTTP_DEADLINE_H
#define SERVER_HTTP_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	struct deadline *prev, *next;
	int64_t at_ms;
	bool is_armed;
};
struct deadlines { struct deadline *first, *last; };

void deadline_arm(struct deadlines *list, struct deadline *d, int64_t at_ms);   /* moves d to the tail */
void deadline_disarm(struct deadlines *list, struct deadline *d);               /* legal when not armed */
/* The first that is over at now_ms, disarmed; NULL when none is. */
struct deadline *deadline_expired(struct deadlines *list, int64_t now_ms);
/* Milliseconds from now_ms to the first, at least 0; -1 when the list is empty. */
int deadline_wait_ms(const struct deadlines *list, int64_t now_ms);

#endif

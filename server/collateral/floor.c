#include "server/collateral/collateral.h"

#include "lib/base/time.h"
#include "server/log/log.h"

static void look(struct time_floor *f, int64_t now_s)
{
	bool behind = now_s < f->floor_s - TIME_FLOOR_SLACK_S;
	char when[TIME_TEXT_MAX];

	if (behind && !f->is_behind) {
		time_format(f->floor_s, when);
		log_event(LOG_ERROR, "clock.behind", "seen before", "%s", when, "note", "%s",
		    "nothing is attested until the clock is right, or a start with "
		    "--reset-time-floor",
		    NULL);
	}
	f->is_behind = behind;
	if (now_s > f->floor_s)
		f->floor_s = now_s;
}

bool time_floor_open(
    struct time_floor *f, struct store *s, int64_t now_s, bool reset, struct att_error *e)
{
	char now[TIME_TEXT_MAX], seen[TIME_TEXT_MAX];
	int64_t stored;

	if (!store_time_floor(s, &stored, e))
		return false;
	time_format(now_s, now);
	time_format(stored, seen);
	if (now_s < stored - TIME_FLOOR_SLACK_S && !reset)
		return att_fail(e, ATT_E_OPERATION,
		    "the clock says %s, but %s was seen before: expired endorsements would be "
		    "believed again. "
		    "If the clock is right now, start once with --reset-time-floor",
		    now, seen);
	if (now_s < stored)
		log_event(LOG_WARN, "clock.floor", "from", "%s", seen, "to", "%s", now, NULL);
	*f = (struct time_floor){ .floor_s = reset || now_s > stored ? now_s : stored };
	f->stored_s = f->floor_s;
	return store_time_floor_set(s, f->floor_s, e);
}

int time_floor_check(struct time_floor *f, struct store *s, int64_t now_s, int64_t now_us)
{
	struct att_error e = { 0 };

	look(f, now_s);
	if (now_us >= f->next_us) {
		f->next_us = now_us + TIME_FLOOR_EVERY_US;
		if (f->floor_s > f->stored_s && store_time_floor_set(s, f->floor_s, &e))
			f->stored_s = f->floor_s;
		else if (e.code != ATT_E_OK)
			log_event(LOG_ERROR, "clock.floor", "error", "%s", e.text, NULL);
	}
	return (int)((f->next_us - now_us) / 1000 + 1);
}

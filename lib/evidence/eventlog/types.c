#include "lib/evidence/eventlog/eventlog.h"

static const struct eventlog_type_row types[] = {
#define X(number, name, rule, place, shape) \
	{ number, name, RULE_##rule, PLACE_##place, SHAPE_##shape },
#include "lib/evidence/eventlog/types.tbl"
#undef X
};

const struct eventlog_quirk_row eventlog_quirks[QUIRK_COUNT] = {
#define X(name, what, vector) { #name, what, vector },
#include "lib/evidence/eventlog/quirks.tbl"
#undef X
};

const struct eventlog_type_row *eventlog_type(uint32_t type)
{
	static const struct eventlog_type_row unknown = { .name = "EV_UNKNOWN" };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == type)
			return &types[i];
	return &unknown;
}

bool eventlog_extends(const struct eventlog_event *ev)
{
	return ev->type != EV_NO_ACTION;
}

const char *eventlog_divergence_text(enum eventlog_divergence_kind k)
{
	static const char *const texts[] = {
		[DIVERGENCE_UNKNOWN] = "no single event explains the value",
		[DIVERGENCE_APPENDED] = "this event and those behind it were not measured",
		[DIVERGENCE_INSERTED] = "this event was not measured",
		[DIVERGENCE_SWAPPED] = "this event was measured behind the next one",
		[DIVERGENCE_DIGEST] = "another digest was measured, that of the event's data",
		[DIVERGENCE_DATA] = "the digest of this event is not that of its data",
	};

	return texts[k];
}

const char *eventlog_doubt_text(enum eventlog_doubt d)
{
	static const char *const texts[] = {
		[DOUBT_NONE] = "proven",
		[DOUBT_NOT_MEASURED] = "never measured",
		[DOUBT_UNPROVEN] = "its PCR does not replay to a given value",
		[DOUBT_OPAQUE] =
		"only its digest is proven: the log does not hold what was measured",
		[DOUBT_UNCOVERED] = "its digest does not cover its data",
		[DOUBT_LATE] = "it stands behind the separator of its PCR",
	};

	return texts[d];
}

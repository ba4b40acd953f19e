/* The verify role: nothing beyond filter_shared.c; it has its two channels and its memory. */
#include "server/sandbox/filter.h"

const struct filter_rule filter_verify[] = {
	FILTER_LAST
};

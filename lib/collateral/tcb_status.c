#include "lib/collateral/tcb_status.h"

#include <string.h>

#include "lib/base/rd.h"

static const char *const names[TCB_NSTATUSES] = {
#define X(name, text) text,
	TCB_STATUSES(X)
#undef X
};

const char *tcb_status_name(enum tcb_status s)
{
	return names[s];
}

static enum tcb_status find(const char *text, size_t len, enum tcb_status last)
{
	for (enum tcb_status s = TCB_UP_TO_DATE; s <= last; s++)
		if (bytes_order(names[s], strlen(names[s]), text, len) == 0)
			return s;
	return TCB_UNKNOWN;
}

enum tcb_status tcb_status_of_collateral(const char *text, size_t len)
{
	return find(text, len, TCB_REVOKED);
}

enum tcb_status tcb_status_find(const char *text)
{
	return find(text, strlen(text), TCB_NSTATUSES - 1);
}

bool tcb_status_out_of_date(enum tcb_status s)
{
	return s == TCB_OUT_OF_DATE || s == TCB_OUT_OF_DATE_CONFIG;
}

bool tcb_status_needs_config(enum tcb_status s)
{
	return s == TCB_CONFIG || s == TCB_CONFIG_AND_SW_HARDENING || s == TCB_OUT_OF_DATE_CONFIG ||
	    s == TCB_RELAUNCH_CONFIG;
}

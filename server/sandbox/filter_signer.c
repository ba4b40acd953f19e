/* The signer: many channels, which it takes over from the parent while it runs; its keys are open already. */
#include "server/sandbox/filter.h"

const struct filter_rule filter_signer[] = {
	ALLOW(epoll_ctl), ALLOW(epoll_wait), ALLOW(epoll_pwait), ALLOW(epoll_pwait2),
	FILTER_LAST
};

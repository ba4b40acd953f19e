/* enrol.h - what the parent tries before it gives workers the roots of endorsement keys. */
#ifndef SERVER_WORKER_ENROL_H
#define SERVER_WORKER_ENROL_H

#include "lib/base/rd.h"

/* Does this file hold certificates that workers can use as roots? */
ATT_CHECK bool ek_roots_check(struct rd file, struct att_error *e);

#endif

/* reference.h - an operator's reference values of measured boot, as a REFERENCE message holds them. */
#ifndef SERVER_WORKER_REFERENCE_H
#define SERVER_WORKER_REFERENCE_H

#include "libattest/reference.h"
#include "server/ipc/messages.h"

/* *out is NULL when there are none; else freed by att_reference_free(). */
ATT_CHECK bool reference_make(const struct rd block[REFERENCE_BLOCKS], struct att_reference **out,
    struct att_error *e);
/* Can they be used?  For the parent, which gives nothing to its children that they could not start with. */
ATT_CHECK bool reference_check(const struct block block[REFERENCE_BLOCKS], struct att_error *e);

#endif

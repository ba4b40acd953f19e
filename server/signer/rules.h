/* rules.h - which claims a channel may have signed. */
#ifndef SERVER_SIGNER_RULES_H
#define SERVER_SIGNER_RULES_H

#include "lib/base/arena.h"
#include "lib/base/rd.h"

/* A management result: an object of the names that policy and certificate results have, and no others. */
ATT_CHECK bool rules_management(struct arena *a, struct rd claims, struct att_error *e);
/* An attestation token: an object with x-ms-attestation-type and none of the names that only results have. */
ATT_CHECK bool rules_attestation(struct arena *a, struct rd claims, struct att_error *e);

#endif

/* members.h - members of a message's payload; names in messages are those of the protocol. */
#ifndef EVIDENCE_MAATPM_MEMBERS_H
#define EVIDENCE_MAATPM_MEMBERS_H

#include "lib/base/rd.h"
#include "lib/json/json.h"

bool maatpm_want(struct att_error *e, const char *name, const char *want);      /* always false */
/* A string member in base64url; *out stays empty when it is absent or null. */
ATT_CHECK bool maatpm_octets(const struct json *o, const char *name, size_t max, struct arena *a,
    struct rd *out, struct att_error *e);
/* The same of a member that must be there and not empty. */
ATT_CHECK bool maatpm_octets_wanted(const struct json *o, const char *name, size_t max, struct arena *a,
    struct rd *out, struct att_error *e);
ATT_CHECK bool maatpm_object_wanted(const struct json *o, const char *name, const struct json **out,
    struct att_error *e);
/* A list of at most max members; NULL when it is absent or null. */
ATT_CHECK bool maatpm_list(const struct json *o, const char *name, size_t max, const struct json **out,
    struct att_error *e);

#endif

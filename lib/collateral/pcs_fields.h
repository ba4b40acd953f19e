/*
 * pcs_fields.h - typed members of Intel's JSON objects; internal to lib/collateral.
 *
 * A member that is absent, of another type or out of range is BAD_FORMAT naming it (too many: LIMIT).
 */
#ifndef COLLATERAL_PCS_FIELDS_H
#define COLLATERAL_PCS_FIELDS_H

#include "lib/collateral/pcs_envelope.h"
#include "lib/collateral/pcs_tcbinfo.h"

/* Parses the signed object: within the limits, and an object. */
ATT_CHECK bool pcs_body_parse(struct rd body, struct arena *a, struct json **out, struct att_error *e);

ATT_CHECK bool field_uint(const struct json *o, const char *name, uint32_t max, uint32_t *out,
    struct att_error *e);
ATT_CHECK bool field_u16(const struct json *o, const char *name, uint16_t *out, struct att_error *e);
/* Exactly n bytes of hex, either case. */
ATT_CHECK bool field_hex(const struct json *o, const char *name, void *out, size_t n, struct att_error *e);
ATT_CHECK bool field_time(const struct json *o, const char *name, int64_t *out, struct att_error *e);
/* issueDate and nextUpdate, in this order in time. */
ATT_CHECK bool field_period(const struct json *o, int64_t *issue_s, int64_t *next_s, struct att_error *e);
/* A text of 1..TCB_TEXT_MAX bytes without NUL; borrowed. */
ATT_CHECK bool field_text(const struct json *o, const char *name, const char **out, struct att_error *e);
/* As field_text, NULL when absent. */
ATT_CHECK bool field_text_optional(const struct json *o, const char *name, const char **out,
    struct att_error *e);
/* An array of min..max elements. */
ATT_CHECK bool field_array(const struct json *o, const char *name, size_t min, size_t max,
    const struct json **out, struct att_error *e);

ATT_CHECK bool field_tee(const struct json *o, enum pcs_tee *out, struct att_error *e);         /* id */
/* tcbDate, tcbStatus, advisoryIDs of a level. */
ATT_CHECK bool field_grade(const struct json *level, struct arena *a, struct tcb_grade *out,
    struct att_error *e);
/* tcbLevels of {"tcb":{"isvsvn"},...}, sorted descending; two equal are malformed. */
ATT_CHECK bool field_isv_levels(const struct json *o, struct arena *a, const struct isv_level **out,
    size_t *n, struct att_error *e);

#endif

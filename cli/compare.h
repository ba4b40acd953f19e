/* compare.h - one piece of evidence under two sets of collateral: what would change. */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/inputs.h"
#include "lib/json/json.h"

/*
 * Appraises the request again, with the second set, and compares with first, the result under its own.
 * {"changes":bool,"verdict":{"first","second"},...,"advisories":{"first","second","added","removed"}}; a
 * member other than verdict and advisories is there when one of the sets gives it, null where one does not.
 */
ATT_CHECK bool compare(struct att_ctx *ctx, const struct inputs *in, const struct att_result *first,
    struct arena *a, struct json **out, struct att_error *e);
/* The lines that differ, or that nothing changes. */
void out_comparison_text(const struct json *comparison);

#endif

/* inputs.h - evidence, endorsements, anchors and settings of one appraisal, read from options and files. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/cmd.h"
#include "libattest/reference.h"

struct inputs {
	struct att_settings settings;
	struct att_request req;         /* borrows from here, the arguments and the arena */
	struct att_bytes endorsements[FILES_MAX], anchors[FILES_MAX];
	struct att_bytes compared[FILES_MAX];           /* --certs and --compare-collateral */
	size_t ncompared;
	int64_t compared_at_s;                          /* --compare-at, else that of the request */
	bool compares;
	struct att_reference *reference;                /* owned: inputs_clear() */
};

/* Options as in verify_opts, those absent from the command's table count as not given. */
ATT_CHECK bool inputs_read(const struct args *args, struct arena *a, struct inputs *in, struct att_error *e);
void inputs_clear(struct inputs *in);           /* whatever inputs_read() said */
/* reference.c: reference values of measured boot; *out stays when no option names any. */
ATT_CHECK bool reference_read(
    const struct args *args, struct arena *a, struct att_reference **out, struct att_error *e);
/* deny.c: options --deny and --deny-list into the settings, which borrow from the arguments and the arena. */
ATT_CHECK bool denials_read(
    const struct args *args, struct arena *a, struct att_settings *s, struct att_error *e);
/* A policy JWS becomes its text, so that what is stored in a service can be used as it is; a text stays. */
ATT_CHECK bool policy_unwrapped(struct arena *a, struct att_bytes *text, struct att_error *e);
enum exit_code exit_for(enum att_verdict v);

#endif

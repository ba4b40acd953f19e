/* submit.h - what the ways of submitting share: a file, or a machine's TPM over several rounds. */
#ifndef CLI_SUBMIT_H
#define CLI_SUBMIT_H

#include "cli/cmd.h"
#include "cli/remote.h"

/* Address (path begins with a slash), CA and bearer as the options say. */
ATT_CHECK bool submit_call(const struct args *args, struct arena *a, const char *path,
    struct remote_call *out,
    struct att_error *e);
/* Prints the token, or writes it to --token-out. */
enum exit_code submit_granted(const struct args *args, const char *token, struct att_error *e);
/* Prints why the service refused: its error body. */
enum exit_code submit_refused(struct arena *a, int status, struct att_bytes answer, bool json,
    struct att_error *e);

/* tpm/submit.c: collects and submits, with enrolment first where asked for. */
enum exit_code submit_tpm(const struct args *args, struct arena *a, bool json, struct att_error *e);

#endif

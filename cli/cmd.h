/*
 * cmd.h - the commands of attest: one row and one file each; what they share on the way in and out.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "cli/args.h"
#include "cli/file.h"
#include "lib/base/arena.h"
#include "libattest/attest.h"

/* Exit codes (design section 6). */
enum exit_code {
	EXIT_GOOD = 0,          /* permitted, or: did what was asked */
	EXIT_BAD = 1,           /* denied or rejected, or: the artefact is bad */
	EXIT_UNUSABLE = 2       /* undecided, usage, or unreadable input */
};

struct cmd {
	const char *name;       /* "verify", "policy check" */
	const char *usage;      /* what follows the name */
	const char *summary;    /* one line */
	const struct opt *opts;
	size_t min_words, max_words;
	enum exit_code (*run)(const struct args *args);
};
extern const struct cmd commands[];     /* ends with a row whose name is NULL */

/* "attest: text" on standard error, "out of memory" when e holds nothing; returns EXIT_UNUSABLE. */
enum exit_code complain(const struct att_error *e);
bool wants_json(const struct args *args, bool *json, struct att_error *e);      /* --format text|json */
/* Seconds: --at, else the clock of this machine. */
ATT_CHECK bool time_of(const struct args *args, int64_t *now_s, struct att_error *e);
/* Seconds of an option of this form; *out_s stays when it is absent. */
ATT_CHECK bool time_option(const struct args *args, const char *name, int64_t *out_s, struct att_error *e);

enum exit_code cmd_verify(const struct args *args);
enum exit_code cmd_inspect(const struct args *args);
enum exit_code cmd_policy_check(const struct args *args);
enum exit_code cmd_policy_eval(const struct args *args);
enum exit_code cmd_policy_hash(const struct args *args);
enum exit_code cmd_policy_wrap(const struct args *args);
enum exit_code cmd_policy_diff(const struct args *args);
enum exit_code cmd_policy_suggest(const struct args *args);
enum exit_code cmd_token_verify(const struct args *args);
enum exit_code cmd_submit(const struct args *args);
enum exit_code cmd_collect(const struct args *args);
enum exit_code cmd_simulate(const struct args *args);
enum exit_code cmd_jmespath(const struct args *args);
enum exit_code cmd_collateral_status(const struct args *args);
enum exit_code cmd_collateral_export(const struct args *args);
enum exit_code cmd_collateral_import(const struct args *args);
enum exit_code cmd_collateral_fetch(const struct args *args);

#endif

/*
 * attest - everything the service does, at the prompt, on one file.
 * The commands are rows of cmd_table.c; options are rows beside each command.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cmd.h"
#include "lib/base/time.h"
#include "libattest/version.h"

enum exit_code complain(const struct att_error *e)
{
	(void)fprintf(stderr, "attest: %s\n", e->code ? e->text : "out of memory");
	return EXIT_UNUSABLE;
}

bool wants_json(const struct args *args, bool *json, struct att_error *e)
{
	const char *f = arg(args, "format");

	*json = f && strcmp(f, "json") == 0;
	if (f && !*json && strcmp(f, "text") != 0)
		return att_fail(e, ATT_E_OPERATION, "--format: found \"%s\", want text or json", f);
	return true;
}

bool time_option(const struct args *args, const char *name, int64_t *out_s, struct att_error *e)
{
	const char *text = arg(args, name);

	return !text || time_parse_rfc3339(text, strlen(text), out_s, e) || att_within(e, "--%s", name);
}

bool time_of(const struct args *args, int64_t *now_s, struct att_error *e)
{
	*now_s = (int64_t)time(NULL);
	return time_option(args, "at", now_s, e);
}

static enum exit_code help(FILE *to)
{
	(void)fprintf(to, "attest %s - verify attestation evidence, policies and tokens\n\n", att_version());
	for (const struct cmd *c = commands; c->name; c++)
		(void)fprintf(to, "  attest %-17s %s\n", c->name, c->summary);
	(void)fputs("\nattest COMMAND --help shows its options.\n"
	    "Exit code: 0 permitted or done; 1 denied, rejected or bad; "
	    "2 undecided, usage or unreadable input.\n", to);
	return to == stdout ? EXIT_GOOD : EXIT_UNUSABLE;
}

static enum exit_code help_command(const struct cmd *c)
{
	(void)printf("attest %s %s\n  %s\n\n", c->name, c->usage, c->summary);
	for (const struct opt *o = c->opts; o->name; o++) {
		char left[64];
		(void)snprintf(left, sizeof left, "%s%s%s%s", strlen(o->name) == 1 ? "-" : "--", o->name,
		    o->metavar ? " " : "", o->metavar ? o->metavar : "");
		(void)printf("  %-32s %s\n", left, o->help);
	}
	return EXIT_GOOD;
}

/* "attest policy --help": the commands that begin with this word; false when there is none. */
static bool help_family(const char *word)
{
	size_t n = strlen(word);
	bool found = false;

	for (const struct cmd *c = commands; c->name; c++) {
		if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
			continue;
		(void)printf("  attest %-17s %s\n", c->name, c->summary);
		found = true;
	}
	return found;
}

/* Matches "verify" or the two words "policy check"; *used is the number of words. */
static const struct cmd *command(int argc, char **argv, int *used)
{
	for (const struct cmd *c = commands; c->name; c++) {
		const char *space = strchr(c->name, ' ');
		size_t first = space ? (size_t)(space - c->name) : strlen(c->name);
		if (strlen(argv[1]) != first || strncmp(argv[1], c->name, first) != 0)
			continue;
		if (space && (argc < 3 || strcmp(argv[2], space + 1) != 0))
			continue;
		*used = space ? 3 : 2;
		return c;
	}
	return NULL;
}

static bool asks_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

/* A result that nobody can read is no success: a full disk, a closed pipe. */
static enum exit_code written(enum exit_code code)
{
	struct att_error e = { 0 };

	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	(void)att_fail(&e, ATT_E_INTERNAL, "cannot write to standard output");
	return complain(&e);
}

static enum exit_code run(const struct cmd *c, int argc, char **argv)
{
	struct att_error e = { 0 };
	struct args args;

	if (asks_help(argc, argv))
		return written(help_command(c));
	if (!args_parse(c->opts, argc, argv, &args, &e)) {
		(void)att_within(&e, "%s", c->name);
	} else if (args_positional(&args) < c->min_words || args_positional(&args) > c->max_words) {
		(void)att_fail(&e, ATT_E_OPERATION, "usage: attest %s %s", c->name, c->usage);
	} else {
		return written(c->run(&args));
	}
	(void)complain(&e);
	(void)fprintf(stderr, "attest %s --help shows the options\n", c->name);
	return EXIT_UNUSABLE;
}

int main(int argc, char **argv)
{
	const struct cmd *c;
	int used = 0;

	if (argc < 2)
		return help(stderr);
	if (strcmp(argv[1], "--help") == 0)
		return written(help(stdout));
	if (strcmp(argv[1], "--version") == 0)
		return written(printf("attest %s\n", att_version()) > 0 ? EXIT_GOOD : EXIT_UNUSABLE);
	c = command(argc, argv, &used);
	if (!c && argc == 3 && strcmp(argv[2], "--help") == 0 && help_family(argv[1]))
		return written(EXIT_GOOD);
	if (!c) {
		(void)fprintf(stderr, "attest: unknown command %s%s%s; attest --help lists them\n", argv[1],
		    argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
		return EXIT_UNUSABLE;
	}
	return run(c, argc - used, argv + used);
}

/* main.c - attestd: the options, then the parent role; or one of the roles it starts itself as. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "libattest/version.h"
#include "server/parent/parent.h"

#define EXIT_USAGE 2

struct option_row {
	const char *name, *argument;    /* argument NULL: a switch */
	size_t off;                     /* into struct options */
	const char *help;
};
#define TEXT(name, arg, member, help) { name, arg, offsetof(struct options, member), help }
#define SWITCH(name, member, help) { name, NULL, offsetof(struct options, member), help }

static const struct option_row rows[] = {
	TEXT("--config", "FILE", config, "configuration, YAML; every key has a default"),
	TEXT("--data-dir", "DIR", data_dir,
	    "keys, certificates, store, audit log; default $STATE_DIRECTORY or ./attestd-data"),
	TEXT("--listen", "HOST:PORT", listen, "default 127.0.0.1:8443; port 0 takes a free one"),
	TEXT("--sandbox", "strict|best-effort", sandbox,
	    "what to do where the kernel lacks a sandbox feature"),
	SWITCH("--print-config", print_config, "print the effective configuration and exit"),
	TEXT("--clock", "RFC3339", clock, "verify as at this time; only with --insecure-test"),
	SWITCH("--reset-time-floor", reset_time_floor,
	    "take the clock for right although a later time was seen before"),
	SWITCH("--insecure-test", insecure_test,
	    "allow --clock and DATA-DIR/test-anchors; never in production"),
};
#define NROWS (sizeof rows / sizeof *rows)

static int usage_error(const char *what, const char *which)
{
	(void)fprintf(stderr, "attestd: %s%s; see attestd --help\n", what, which);
	return EXIT_USAGE;
}

static int help(void)
{
	char left[64];

	(void)printf("usage: attestd [options]\n\n"
	    "Remote attestation service, wire-compatible with Azure Attestation.\n\n");
	for (size_t i = 0; i < NROWS; i++) {
		(void)snprintf(left, sizeof left, "%s %s", rows[i].name,
		    rows[i].argument ? rows[i].argument : "");
		(void)printf("  %-30s %s\n", left, rows[i].help);
	}
	(void)printf("  %-30s %s\n  %-30s %s\n", "--help", "this text", "--version",
	    "version of the library and daemon");
	return fflush(stdout) == 0 ? 0 : 1;
}

static const struct option_row *find_row(const char *name)
{
	for (size_t i = 0; i < NROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

/* 0, or the exit status of a usage error. */
static int parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const struct option_row *row = find_row(argv[i]);
		if (!row)
			return usage_error("unknown option ", argv[i]);
		if (!row->argument)
			*(bool *)(void *)((char *)o + row->off) = true;
		else if (i + 1 == argc)
			return usage_error("an argument is missing after ", argv[i]);
		else
			*(const char **)(void *)((char *)o + row->off) = argv[++i];
	}
	return 0;
}

static int check_clock(struct options *o)
{
	struct att_error e = { 0 };

	o->clock_s = CLOCK_REAL;
	if (!o->clock)
		return 0;
	if (!o->insecure_test)
		return usage_error("--clock is for tests: it needs --insecure-test", "");
	return time_parse_rfc3339(o->clock, strlen(o->clock), &o->clock_s, &e) ? 0 :
	    usage_error("--clock: want a time such as 2026-01-31T12:00:00Z, found ", o->clock);
}

static int print_config(const struct options *o)
{
	struct att_error e = { 0 };
	struct config *c = NULL;
	char *yaml = NULL;
	size_t n = 0;
	bool ok = generation_config(o, &c, &e) && config_dump(c, &yaml, &n, &e);

	if (ok)
		ok = fwrite(yaml, 1, n, stdout) == n && fflush(stdout) == 0;
	else
		(void)fprintf(stderr, "attestd: %s\n", e.text);
	free(yaml);
	config_free(c);
	return ok ? 0 : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct att_error e = { 0 };
	int status;

	if (!sandbox_harden(&e)) {
		(void)fprintf(stderr, "attestd: %s\n", e.text);
		return 1;
	}
	if (argc == 3 && strcmp(argv[1], "--role") == 0)
		return role_main(argv[2]);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return help();
		if (strcmp(argv[i], "--version") == 0)
			return printf("attestd %s\n", att_version()) > 0 && fflush(stdout) == 0 ? 0 : 1;
	}
	status = parse(argc, argv, &o);
	if (status == 0)
		status = check_clock(&o);
	if (status != 0)
		return status;
	return o.print_config ? print_config(&o) : parent_main(&o);
}

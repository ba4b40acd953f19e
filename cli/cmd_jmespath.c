#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "libattest/policy.h"

#define ARENA_MAX ((size_t)256 << 20)

enum exit_code cmd_jmespath(const struct args *args)
{
	const char *query = arg_pos(args, 0), *path = arg_pos(args, 1);
	struct att_bytes expression = { (const uint8_t *)query, strlen(query) };
	struct arena *a = arena_new(ARENA_MAX);
	struct att_error e = { 0 };
	struct att_bytes doc;
	enum exit_code code = EXIT_GOOD;
	char *result = NULL;

	if (!a || !file_read(a, path ? path : "-", &doc, &e)) {
		code = complain(&e);
	} else if (!att_jmespath(expression, doc, &result, &e)) {
		(void)complain(&e);
		code = e.code == ATT_E_POLICY_EVAL ? EXIT_BAD : EXIT_UNUSABLE;
	} else {
		(void)puts(result);
	}
	free(result);
	arena_free(a);
	return code;
}

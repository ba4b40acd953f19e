#include "lib/base/checklist.h"

#include <stdio.h>

#include "lib/base/hex.h"
#include "lib/base/utf8.h"

bool checklist_init(struct checklist *c, struct arena *a, const struct check_row *rows,
    size_t n, struct att_error *e)
{
	struct check_result *r = arena_array(a, n ? n : 1, sizeof *r);

	if (!r)
		return arena_fail(a, e);
	*c = (struct checklist){ .a = a, .rows = rows, .results = r, .n = n, .first_failed = n };
	return true;
}

bool check_pass(struct checklist *c, size_t i)
{
	if (c->results[i].outcome == CHECK_NA)
		c->results[i].outcome = CHECK_PASS;
	return true;
}

bool check_fail(struct checklist *c, size_t i, const char *expected, const char *found)
{
	if (c->results[i].outcome != CHECK_FAIL)
		c->results[i] = (struct check_result){ CHECK_FAIL, false, expected, found };
	if (c->first_failed == c->n)
		c->first_failed = i;
	return false;
}

bool check_fail_private(struct checklist *c, size_t i, const char *expected, const char *found)
{
	(void)check_fail(c, i, expected, found);
	c->results[i].expected_private = true;
	return false;
}

const char *check_text(struct checklist *c, const char *fmt, ...)
{
	va_list ap;
	char small[512], *s;

	va_start(ap, fmt);
	(void)vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	utf8_mask(small);
	s = arena_strdup(c->a, small);
	return s ? s : "(out of memory)";
}

const char *check_text_hex(struct checklist *c, const void *p, size_t n)
{
	char *s = hex_arena(c->a, p, n);

	return s ? s : "(out of memory)";
}

bool checklist_failed(const struct checklist *c)
{
	return c->first_failed < c->n;
}

bool checklist_complete(const struct checklist *c, size_t *missing)
{
	*missing = 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->results[i].outcome == CHECK_FAIL ||
		    (c->results[i].outcome == CHECK_NA && !c->rows[i].optional)) {
			*missing = i;
			return false;
		}
	return c->n > 0;
}

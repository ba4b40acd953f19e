#include "lib/base/err.h"

#include <stdio.h>

#include "lib/base/utf8.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct err_row {
	int http;
	const char *name;
	const char *text;
} err_rows[] = {
#define X(name, http, code, text) { http, code, text },
	ATT_ERRORS(X)
#undef X
};

static const struct err_row *err_row(enum att_err code)
{
	size_t i = (size_t)code;
	return &err_rows[i < COUNT(err_rows) ? i : (size_t)ATT_E_INTERNAL];
}

int att_err_http(enum att_err code)
{
	return err_row(code)->http;
}

const char *att_err_name(enum att_err code)
{
	return err_row(code)->name;
}

const char *att_err_text(enum att_err code)
{
	return err_row(code)->text;
}

bool att_fail(struct att_error *e, enum att_err code, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->code != ATT_E_OK)
		return false;
	e->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	utf8_mask(e->text);
	return false;
}

/* Adds s at offset `at` of the text, as much as fits; the new end. */
static size_t append(struct att_error *e, size_t at, const char *s)
{
	while (at + 1 < sizeof e->text && *s)
		e->text[at++] = *s++;
	e->text[at] = 0;
	return at;
}

bool att_within(struct att_error *e, const char *fmt, ...)
{
	struct att_error t;
	va_list ap;
	int n;

	if (!e || e->code == ATT_E_OK)
		return false;
	t = *e;
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof e->text)
		append(e, append(e, (size_t)n, ": "), t.text);
	utf8_mask(e->text);
	return false;
}

void att_error_clear(struct att_error *e)
{
	if (e)
		*e = (struct att_error){ 0 };
}

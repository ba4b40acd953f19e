/* Numbers: reading, and printing so that they read back equal. */
#include "lib/policy/jmespath/eval.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>


#define WHOLE_MAX 9007199254740992.0    /* 2^53: up to here a whole double is printed as an integer */
#define REAL_TEXT_MAX 40

_Static_assert(LDBL_MANT_DIG >= 64, "jmes_number() needs a long double that holds int64 and uint64");

/*
 * The decimal point of strtod() and printf() belongs to the locale of the program we are linked
 * into.  The C libraries we build for return a static object for "C", so this neither allocates
 * nor leaks; it fails only on a broken system, and then the program's locale is used.
 */
static locale_t c_locale(void)
{
	return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

double jmes_text_double(const char *s)
{
	locale_t c = c_locale();

	return c ? strtod_l(s, NULL, c) : strtod(s, NULL);
}

bool jmes_is_number(const struct json *v)
{
	return v->kind == JSON_INT || v->kind == JSON_UINT || v->kind == JSON_REAL;
}

bool jmes_number(struct jmes_ev *x, const struct json *v, long double *out)
{
	if (v->kind == JSON_REAL) {
		*out = (long double)jmes_text_double(v->s);
		return jmes_spend_text(x, v->len);
	}
	*out = v->kind == JSON_UINT ? (long double)v->u : (long double)v->i;
	return true;
}

static int print_shortest(char out[REAL_TEXT_MAX], double d)
{
	int n = 0;

	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(out, REAL_TEXT_MAX, "%.*g", digits, d);
		if (!islessgreater(jmes_text_double(out), d))
			break;
	}
	return n;
}

const struct json *jmes_new_number(struct jmes_ev *x, double d)
{
	locale_t c, before;
	char text[REAL_TEXT_MAX];
	struct json *v;
	int n;

	if (!isfinite(d))
		return jmes_ev_fail(x, JMES_VALUE, "the number is too large");
	if (d >= -WHOLE_MAX && d <= WHOLE_MAX && !islessgreater((double)(int64_t)d, d))
		return jmes_new_int(x, (int64_t)d);
	c = c_locale();
	before = c ? uselocale(c) : (locale_t)0;
	n = print_shortest(text, d);
	if (before)
		(void)uselocale(before);
	v = jmes_new(x, JSON_REAL);
	if (!v)
		return NULL;
	v->s = arena_strndup(x->a, text, (size_t)n);
	v->len = (size_t)n;
	if (!v->s)
		(void)jmes_report_memory(x->r, x->offset);
	return v->s ? v : NULL;
}

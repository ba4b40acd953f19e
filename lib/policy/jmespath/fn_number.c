/* Functions over numbers.  Integers stay integers as long as they fit; else doubles. */
#include <math.h>

#include "lib/policy/jmespath/fn.h"

#define TWO_63 9223372036854775808.0

const struct json *jmes_fn_abs(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const struct json *v = args[0].v;
	struct json *out;
	double d;

	(void)n;
	if (v->kind == JSON_INT && v->i == INT64_MIN) {
		out = jmes_new(x, JSON_UINT);
		if (out)
			out->u = (uint64_t)INT64_MAX + 1;
		return out;
	}
	if (v->kind == JSON_INT)
		return v->i < 0 ? jmes_new_int(x, -v->i) : v;
	if (v->kind == JSON_UINT || v->s[0] != '-')
		return v;
	d = jmes_text_double(v->s);
	return jmes_spend_text(x, v->len) ? jmes_new_number(x, -d) : NULL;
}

/* Towards sign.  Not ceil() and floor(), so that the library needs no -lm. */
static const struct json *rounded(struct jmes_ev *x, const struct json *v, int sign)
{
	int64_t i;
	double d;

	if (v->kind != JSON_REAL)
		return v;
	if (!jmes_spend_text(x, v->len))
		return NULL;
	d = jmes_text_double(v->s);
	if (d < -TWO_63 || d >= TWO_63)
		return jmes_new_number(x, d);           /* so large that it is whole */
	i = (int64_t)d;
	if (sign > 0 ? (double)i < d : (double)i > d)
		i += sign;
	return jmes_new_int(x, i);
}

const struct json *jmes_fn_ceil(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return rounded(x, args[0].v, 1);
}

const struct json *jmes_fn_floor(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	(void)n;
	return rounded(x, args[0].v, -1);
}

struct total { bool whole; int64_t i; double d; };

/* Adds the elements from left to right: exactly while everything is an int64, then as doubles. */
static bool add_up(struct jmes_ev *x, const struct json *array, struct total *t)
{
	long double v;
	int64_t sum;

	*t = (struct total){ .whole = true };
	for (const struct json *c = array->child; c; c = c->next) {
		if (t->whole && c->kind == JSON_INT && !__builtin_add_overflow(t->i, c->i, &sum)) {
			t->i = sum;
			continue;
		}
		if (!jmes_number(x, c, &v))
			return false;
		t->d = (t->whole ? (double)t->i : t->d) + (double)v;
		t->whole = false;
	}
	return true;
}

const struct json *jmes_fn_sum(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	struct total t;

	(void)n;
	if (!add_up(x, args[0].v, &t))
		return NULL;
	return t.whole ? jmes_new_int(x, t.i) : jmes_new_number(x, t.d);
}

const struct json *jmes_fn_avg(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	int64_t count = (int64_t)args[0].v->len;
	struct total t;

	(void)n;
	if (count == 0)
		return &jmes_null;
	if (!add_up(x, args[0].v, &t))
		return NULL;
	if (t.whole && t.i % count == 0)
		return jmes_new_int(x, t.i / count);
	return jmes_new_number(x, (t.whole ? (double)t.i : t.d) / (double)count);
}

static size_t digits(const char *s, size_t n, size_t from)
{
	size_t i = from;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i - from;
}

/* Is s a json-number (RFC 8259 section 6)?  *whole: without fraction and exponent. */
static bool is_json_number(const char *s, size_t n, bool *whole)
{
	size_t i = n > 0 && s[0] == '-', k = digits(s, n, i);

	if (k == 0 || (k > 1 && s[i] == '0'))
		return false;
	i += k;
	*whole = i == n;
	if (i < n && s[i] == '.') {
		k = digits(s, n, i + 1);
		if (k == 0)
			return false;
		i += k + 1;
	}
	if (i < n && (s[i] == 'e' || s[i] == 'E')) {
		i += i + 1 < n && (s[i + 1] == '+' || s[i + 1] == '-') ? 2 : 1;
		k = digits(s, n, i);
		if (k == 0)
			return false;
		i += k;
	}
	return i == n;
}

/* s consists of digits behind an optional minus sign. */
static bool whole_value(const char *s, size_t n, int64_t *out)
{
	bool negative = s[0] == '-';
	int64_t v = 0;

	for (size_t i = negative; i < n; i++) {
		int64_t d = s[i] - '0';
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, negative ? -d : d, &v))
			return false;
	}
	*out = v;
	return true;
}

/* Texts that are no JSON number, or one that no double holds, give null. */
static const struct json *number_from_text(struct jmes_ev *x, const struct json *s)
{
	struct json *v;
	bool whole;
	int64_t i;
	double d;

	if (!jmes_spend_text(x, s->len))
		return NULL;
	if (!is_json_number(s->s, s->len, &whole))
		return &jmes_null;
	if (whole && whole_value(s->s, s->len, &i))
		return jmes_new_int(x, i);
	d = jmes_text_double(s->s);
	if (!isfinite(d))
		return &jmes_null;
	if (whole)
		return jmes_new_number(x, d);
	v = jmes_new(x, JSON_REAL);
	if (v) {
		v->s = s->s;
		v->len = s->len;
	}
	return v;
}

const struct json *jmes_fn_to_number(struct jmes_ev *x, const struct jmes_arg *args, size_t n)
{
	const struct json *v = args[0].v;

	(void)n;
	if (v->kind == JSON_STRING)
		return number_from_text(x, v);
	return jmes_is_number(v) ? v : &jmes_null;
}

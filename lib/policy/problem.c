#include "lib/policy/problem.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/utf8.h"
#include "lib/policy/token.h"

#define TOKEN_SHOWN ((size_t)48)        /* bytes of the offending text */
#define LINE_SHOWN ((size_t)160)        /* bytes of a source line */
#define LINE_BEFORE ((size_t)80)        /* of them before the problem, in a longer line */

static const char no_memory[] = "out of memory";

const char *problem_text(struct problems *ps, const char *fmt, ...)
{
	char text[512];
	const char *kept;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	utf8_mask(text);
	kept = arena_strdup(ps->a, text);
	return kept ? kept : no_memory;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t characters(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !is_continuation(s[i]);
	return count;
}

/* Cuts at a character's edge, which is at most three bytes back. */
static size_t whole_characters(const char *s, size_t len, size_t at)
{
	size_t edge = at;

	while (edge > 0 && edge < len && at - edge < 3 && is_continuation(s[edge]))
		edge--;
	return edge < len && is_continuation(s[edge]) ? at : edge;
}

/* Goes on from the last place asked for: problems come nearly in order, and a text may be one line. */
static void place_problem(struct problems *ps, struct policy_problem *p, size_t off)
{
	struct seen *at = &ps->seen;

	if (off < at->off || at->line == 0)
		*at = (struct seen){ .line = 1 };
	for (; at->off < off; at->off++) {
		if (ps->text[at->off] == '\n') {
			at->line++;
			at->column = 0;
			at->line_start = at->off + 1;
		} else {
			at->column += !is_continuation(ps->text[at->off]);
		}
	}
	p->offset = off;
	p->line = at->line;
	p->column = at->column;
}

/* Control characters become spaces and bad bytes question marks, so that a caret below stands right and
 * a terminal stays in order. */
static void show_clean(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7F)
			s[i] = ' ';
	utf8_mask(s);
}

/* The line around the problem, cut to a window when it is long. */
static void show_line(struct problems *ps, struct policy_problem *p)
{
	size_t start = ps->seen.line_start, off = p->offset, end = off;
	char *line;

	while (end < ps->len && ps->text[end] != '\n' && end - start < off - start + LINE_SHOWN)
		end++;
	if (end - start > LINE_SHOWN && off - start > LINE_BEFORE)
		start = whole_characters(ps->text, ps->len, off - LINE_BEFORE);
	if (end - start > LINE_SHOWN)
		end = whole_characters(ps->text, ps->len, start + LINE_SHOWN);
	line = arena_strndup(ps->a, ps->text + start, end - start);
	if (line)
		show_clean(line, end - start);
	p->source_line = line ? line : no_memory;
	p->caret = characters(ps->text + start, off - start);
}

static const char *show_token(struct problems *ps, size_t off, size_t len)
{
	size_t n = whole_characters(ps->text + off, ps->len - off, len < TOKEN_SHOWN ? len : TOKEN_SHOWN);
	char *s;

	if (len == 0)
		return "<EOF>";
	s = arena_strndup(ps->a, ps->text + off, n);
	if (s)
		show_clean(s, n);
	return s ? s : no_memory;
}

static const char *show_expected(struct problems *ps, uint64_t set)
{
	struct buf b = buf_make(ps->a);
	bool several = (set & (set - 1)) != 0, first = true;

	if (!set)
		return "";
	if (several)
		buf_char(&b, '{');
	for (unsigned k = 0; k < T_COUNT; k++) {
		if (!(set >> k & 1))
			continue;
		if (!first)
			buf_str(&b, ", ");
		buf_str(&b, pol_token_name((enum pol_token_kind)k));
		first = false;
	}
	if (several)
		buf_char(&b, '}');
	return b.failed ? no_memory : b.p;
}

static const char *show_path(struct problems *ps)
{
	struct buf b = buf_make(ps->a);

	buf_str(&b, "policy");
	for (size_t i = 0; i < ps->npath; i++) {
		buf_str(&b, " > ");
		buf_str(&b, ps->path[i]);
	}
	return b.failed ? no_memory : b.p;
}

/* Looked up before anything is allocated: problems at one place are repaired slips of one slip. */
static bool known_place(const struct problems *ps, size_t off, const char *id)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].offset == off && (!ps->lints || strcmp(ps->v[i].id, id) == 0))
			return true;
	return false;
}

static bool lacks_text(const struct policy_problem *p)
{
	return p->token == no_memory || p->expected == no_memory || p->rule == no_memory ||
	    p->message == no_memory || p->hint == no_memory || p->source_line == no_memory;
}

bool problem_add(struct problems *ps, const struct complaint *c)
{
	struct policy_problem *p;
	size_t off = c->at.off < ps->len ? c->at.off : ps->len;
	size_t len = c->at.len < ps->len - off ? c->at.len : ps->len - off;

	if (ps->full || ps->nomem)
		return false;
	if (ps->muted || known_place(ps, off, c->id))
		return true;
	if (!ps->v)
		ps->v = arena_array(ps->a, POLICY_PROBLEMS_MAX, sizeof *ps->v);
	if (!ps->v) {
		ps->nomem = true;
		return arena_fail(ps->a, ps->e);
	}
	p = &ps->v[ps->n];
	place_problem(ps, p, off);
	show_line(ps, p);
	p->id = c->id;
	p->hint = c->hint;
	p->token = show_token(ps, off, len);
	p->expected = show_expected(ps, c->expected);
	p->rule = show_path(ps);
	p->message = c->message ? c->message :
	    problem_text(ps, "mismatched input '%s' expecting %s", p->token, p->expected);
	if (lacks_text(p)) {
		ps->nomem = true;
		return arena_fail(ps->a, ps->e);
	}
	ps->full = ++ps->n == POLICY_PROBLEMS_MAX;
	return !ps->full;
}

static bool comes_before(const struct policy_problem *x, const struct policy_problem *y)
{
	return x->offset != y->offset ? x->offset < y->offset : strcmp(x->id, y->id) < 0;
}

/* Insertion: there are at most POLICY_PROBLEMS_MAX, nearly in order. */
void problems_sort(struct problems *ps)
{
	for (size_t i = 1; i < ps->n; i++) {
		struct policy_problem p = ps->v[i];
		size_t k = i;

		for (; k > 0 && comes_before(&p, &ps->v[k - 1]); k--)
			ps->v[k] = ps->v[k - 1];
		ps->v[k] = p;
	}
}

/*
 * spec: policy-language §11; the shape real clients parse.  att_fail() masks control characters, so
 * the line feeds of the shape are put in afterwards; token and message hold none.
 */
bool problem_report(const struct policy_problem *p, struct att_error *e)
{
	static const char shape[] = "Policy Parser Exception Thrown: Offending symbol: '%s'%c"
	    "Line: '%zu', Column: '%zu'%cFailure message: '%s'%cFailing rule: '%s'";
	char message[240];

	(void)snprintf(message, sizeof message, "%s", p->message);
	utf8_mask(message);
	if (e && e->code == ATT_E_OK && !att_fail(e, ATT_E_POLICY_PARSE, "%s", message))
		(void)snprintf(e->text, sizeof e->text, shape, p->token, '\n', p->line, p->column, '\n',
		    message, '\n', p->rule);
	return false;
}

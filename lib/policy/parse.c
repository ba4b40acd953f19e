/* The frame: version, sections, and where to go on after a problem. */
#include "lib/policy/parse.h"

#include <string.h>
#include <strings.h>

static const struct { const char *word, *rule; enum pol_token_kind kind; } sections[] = {
	[SEC_CONFIG] = { "configurationrules", "configurationRules", T_CONFIG },
	[SEC_AUTHZ] = { "authorizationrules", "authorizationRules", T_AUTHZ },
	[SEC_ISSUANCE] = { "issuancerules", "issuanceRules", T_ISSUANCE }
};

static const char semi_hint[] = "';' is missing before this";

const char *section_name(enum pol_section s)
{
	return sections[s].word;
}

void parse_enter(struct parser *ps, const char *rule)
{
	ps->path[ps->ps->npath++] = rule;
}

void parse_leave(struct parser *ps)
{
	ps->ps->npath--;
}

void parse_advance(struct parser *ps)
{
	ps->prev_end = ps->tok.off + ps->tok.len;
	ps->prev_line = ps->tok.line;
	if (ps->stop || !lex_next(&ps->lx, &ps->tok))
		ps->stop = true;
	if (ps->stop)
		ps->tok.kind = T_EOF;
}

bool parse_complain(struct parser *ps, const struct complaint *c)
{
	if (!ps->stop && !problem_add(ps->ps, c))
		ps->stop = true;
	return false;
}

bool parse_unexpected(struct parser *ps, uint64_t expected, const char *hint)
{
	/* The lexer has said what is wrong with a bad token. */
	if (ps->tok.kind == T_BAD)
		return false;
	return parse_complain(ps, &(struct complaint){ .id = "syntax", .at = parse_place(ps),
	    .expected = expected, .hint = hint });
}

bool parse_expect(struct parser *ps, enum pol_token_kind kind)
{
	if (ps->tok.kind != kind)
		return parse_unexpected(ps, UINT64_C(1) << kind, NULL);
	parse_advance(ps);
	return true;
}

void parse_insist(struct parser *ps, enum pol_token_kind kind, const char *hint)
{
	if (ps->tok.kind == kind)
		parse_advance(ps);
	else
		(void)parse_unexpected(ps, UINT64_C(1) << kind, hint);
}

void *parse_alloc(struct parser *ps, size_t n)
{
	void *p = arena_alloc(ps->ps->a, n);

	if (!p) {
		ps->stop = ps->ps->nomem = true;
		(void)arena_fail(ps->ps->a, ps->ps->e);
	}
	return p;
}

char *parse_copy(struct parser *ps, const struct pol_token *t)
{
	char *s = parse_alloc(ps, t->len + 1);

	for (size_t i = 0; s && i < t->len; i++)
		s[i] = (char)lex_at(&ps->lx, t->off + i);
	return s;
}

bool parse_is(const struct parser *ps, const char *word)
{
	return ps->tok.kind == T_IDENT && ps->tok.len == strlen(word) &&
	    strncmp(ps->ps->text + ps->tok.off, word, ps->tok.len) == 0;
}

struct place parse_place(const struct parser *ps)
{
	return (struct place){ ps->tok.off, ps->tok.len, ps->tok.line };
}

/* spec: policy-language §2: the four keywords in any letter case. */
static bool is_keyword(const struct parser *ps, const char *word)
{
	return ps->tok.kind == T_IDENT && ps->tok.len == strlen(word) &&
	    strncasecmp(ps->ps->text + ps->tok.off, word, ps->tok.len) == 0;
}

static bool section_here(const struct parser *ps, enum pol_section *out)
{
	for (unsigned s = 0; s < SEC_COUNT; s++)
		if (is_keyword(ps, sections[s].word)) {
			*out = (enum pol_section)s;
			return true;
		}
	return false;
}

static bool digit_is(const struct parser *ps, char *out)
{
	if (ps->tok.kind != T_INT || ps->tok.len != 1)
		return false;
	*out = ps->ps->text[ps->tok.off];
	return true;
}

static bool version_number(struct parser *ps)
{
	char major = 0, minor = 0;
	size_t start = ps->tok.off;

	if (ps->tok.kind != T_INT)
		return parse_unexpected(ps, SET(NUMBER), NULL);
	(void)digit_is(ps, &major);
	parse_advance(ps);
	if (!parse_expect(ps, T_DOT))
		return false;
	if (ps->tok.kind != T_INT)
		return parse_unexpected(ps, SET(INT), NULL);
	(void)digit_is(ps, &minor);
	parse_advance(ps);
	if (major != '1' || minor < '0' || minor > '2')
		return parse_complain(ps, &(struct complaint){ .id = "version",
		    .at = { .off = start, .len = ps->prev_end - start },
		    .message = "unknown version of the policy language",
		    .expected = SET(NUMBER), .hint = "write version=1.0; version=1.1; or version=1.2;" });
	ps->p->minor = (unsigned)(minor - '0');
	ps->version_known = true;
	return true;
}

/* Text starting with something else than a version: the rest is still worth reading. */
static void parse_version(struct parser *ps)
{
	bool jws = ps->ps->len > 3 && strncmp(ps->ps->text, "eyJ", 3) == 0;

	parse_enter(ps, "versionInfo");
	ps->p->minor = 2;
	if (!is_keyword(ps, "version")) {
		(void)parse_unexpected(ps, SET(VERSION), jws ?
		    "this is the JWS form: take the text out of it first" :
		    "a policy starts with version=1.0; 1.1 or 1.2");
	} else {
		parse_advance(ps);
		if (parse_expect(ps, T_ASSIGN) && version_number(ps))
			parse_insist(ps, T_SEMI, semi_hint);
		else
			while (ps->tok.kind != T_EOF && ps->tok.kind != T_SEMI &&
			    ps->tok.line == ps->prev_line)
				parse_advance(ps);
		if (ps->tok.kind == T_SEMI)
			parse_advance(ps);
	}
	parse_leave(ps);
}

/* What is skipped has been complained about already; its odd characters are no news. */
static void skip_token(struct parser *ps)
{
	ps->ps->muted = true;
	parse_advance(ps);
	ps->ps->muted = false;
}

/* Skips to behind the rule's ';', or before what ends the section. */
static void skip_rule(struct parser *ps)
{
	enum pol_section ignored;

	while (ps->tok.kind != T_EOF && ps->tok.kind != T_SEMI && ps->tok.kind != T_RBRACE &&
	    !section_here(ps, &ignored))
		skip_token(ps);
	if (ps->tok.kind == T_SEMI)
		parse_advance(ps);
}

static bool count_rule(struct parser *ps, struct section *s)
{
	s->nrules++;
	if (++ps->p->nrules <= POLICY_RULES_MAX)
		return true;
	(void)parse_complain(ps, &(struct complaint){ .id = "limit", .at = parse_place(ps),
	    .message = problem_text(ps->ps, "more than %d rules, the limit of a policy", POLICY_RULES_MAX) });
	ps->stop = true;
	ps->tok.kind = T_EOF;
	return false;
}

static void parse_rules(struct parser *ps, struct section *s)
{
	struct rule **tail = &s->rules;
	enum pol_section ignored;

	while (ps->tok.kind != T_RBRACE && ps->tok.kind != T_EOF && !section_here(ps, &ignored)) {
		struct rule *r;

		if (!count_rule(ps, s))
			return;
		parse_enter(ps, "rule");
		r = parse_rule(ps);
		if (r) {
			*tail = r;
			tail = &r->next;
			parse_insist(ps, T_SEMI, semi_hint);
		} else {
			skip_rule(ps);
		}
		parse_leave(ps);
	}
}

static uint64_t sections_after(const struct parser *ps, int last)
{
	uint64_t set = last >= (int)SEC_AUTHZ ? SET(EOF) : SET(AUTHZ);

	if (last == (int)SEC_AUTHZ)
		set |= SET(ISSUANCE);
	if (last < 0 && ps->p->minor > 0)
		set |= SET(CONFIG);
	return set;
}

/* A section out of place is reported and still read. */
static void check_order(struct parser *ps, enum pol_section s, int last)
{
	const char *hint = NULL;

	if (ps->p->sections[s].present)
		hint = "a section stands once: move the rules into the first one";
	else if ((int)s < last)
		hint = "the order is configurationrules, authorizationrules, issuancerules";
	else if (s == SEC_ISSUANCE && last < (int)SEC_AUTHZ)
		hint = "authorizationrules is mandatory and stands before issuancerules";
	if (hint)
		(void)parse_unexpected(ps, sections_after(ps, last), hint);
	else if (s == SEC_CONFIG && ps->p->minor == 0)
		(void)parse_complain(ps, &(struct complaint){ .id = "version", .at = parse_place(ps),
		    .message = "configurationrules is not part of version 1.0",
		    .expected = SET(AUTHZ), .hint = "write version=1.1; or version=1.2;" });
}

static void parse_section(struct parser *ps, enum pol_section which, int last)
{
	struct section spare = { 0 };           /* of a repeated section: read for its problems only */
	struct section *s = &ps->p->sections[which];

	parse_enter(ps, sections[which].rule);
	check_order(ps, which, last);
	if (s->present)
		s = &spare;
	s->present = true;
	s->at = parse_place(ps);
	parse_advance(ps);
	parse_insist(ps, T_LBRACE, NULL);
	parse_rules(ps, s);
	parse_insist(ps, T_RBRACE, "the section is not closed: '};' is missing");
	parse_insist(ps, T_SEMI, "a section ends with '};'");
	parse_leave(ps);
}

static void skip_to_section(struct parser *ps)
{
	enum pol_section ignored;

	while (ps->tok.kind != T_EOF && !section_here(ps, &ignored))
		skip_token(ps);
}

static void parse_sections(struct parser *ps)
{
	int last = -1;

	while (ps->tok.kind != T_EOF) {
		enum pol_section s;

		if (!section_here(ps, &s)) {
			(void)parse_unexpected(ps, sections_after(ps, last), last < 0 ? NULL :
			    "nothing but sections may stand here");
			skip_to_section(ps);
			continue;
		}
		parse_section(ps, s, last);
		last = (int)s > last ? (int)s : last;
	}
	if (!ps->p->sections[SEC_AUTHZ].present)
		(void)parse_unexpected(ps, sections_after(ps, last < (int)SEC_AUTHZ ? last : (int)SEC_CONFIG),
		    "authorizationrules is mandatory");
}

bool parse_policy(struct problems *problems, struct policy *p, bool *version_known)
{
	struct parser ps = { .lx = { problems, 0, 1 }, .ps = problems, .p = p };

	problems->path = ps.path;
	problems->npath = 0;
	if (problems->len >= 3 && strncmp(problems->text, "\xEF\xBB\xBF", 3) == 0)
		ps.lx.pos = 3;          /* a byte order mark counts for the hash only (spec section 1) */
	parse_advance(&ps);
	parse_version(&ps);
	parse_sections(&ps);
	problems->path = NULL;
	problems->npath = 0;
	*version_known = ps.version_known;
	return !ps.stop;
}

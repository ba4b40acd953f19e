#include "lib/token/jwt.h"

#include <string.h>
#include <strings.h>

#include "lib/base/time.h"
#include "lib/token/jwks.h"
#include "lib/token/key.h"

#define TIME_MAX INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */
#define SHOWN_MAX 200                   /* characters of a claim shown in a reason */

const struct check_row jwt_rows[JWT_NCHECKS] = {
#define X(name, word, stops, optional, title, spec) { "token." #word, title, spec, optional },
	JWT_CHECKS(X)
#undef X
};

/* One verification. */
struct run {
	struct arena *a;
	struct crypto *c;
	struct att_bytes token, jwks;
	const struct att_token_wanted *w;
	struct checklist cl;
	struct att_error fatal;         /* memory: no verdict can be given */
	struct jws j;
	const struct jws_alg *alg;
	const struct json *set;
	struct jwks_match match;
	const struct json *payload;     /* NULL when not acceptable */
	struct att_error payload_error;
};

/* The row fails for the reason in *why; running out of memory is no verdict on the token. */
static bool fail_why(struct run *r, enum jwt_check row, const char *expected, const struct att_error *why)
{
	if (why->code == ATT_E_NOMEM || why->code == ATT_E_INTERNAL || arena_hit_limit(r->a))
		return att_fail(&r->fatal, why->code, "%s", why->text);
	return check_fail(&r->cl, row, expected, check_text(&r->cl, "%s", why->text));
}

/* A value for people: strings as they are but for control characters, others as JSON. */
static const char *shown(struct run *r, const struct json *v)
{
	char text[SHOWN_MAX + 1];
	char *written;
	size_t n;

	if (!v)
		return "(absent)";
	if (json_is(v, JSON_STRING)) {
		n = v->len < SHOWN_MAX ? v->len : SHOWN_MAX;
		bytes_copy(text, v->s, n);
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
				text[i] = '?';
		text[n] = 0;
		return check_text(&r->cl, "%s", text);
	}
	if (!json_write(r->a, v, JSON_COMPACT, &written, &n, NULL))
		return "(out of memory)";
	return check_text(&r->cl, "%.*s", SHOWN_MAX, written);
}

/* The token itself, up to its signature */

static bool check_form(struct run *r)
{
	/* A request's nonce may be a number up to 2^64-1 (rest-api section 5.1). */
	static const struct json_limits limits = { .u64_member = "nonce" };
	struct att_error why = { 0 };
	struct json *p;

	if (!jws_split(r->a, r->token.data, r->token.len, &r->j, &why))
		return fail_why(r, JWT_FORM, "header.payload.signature in base64url without padding", &why);
	/* Parsed now for the report, judged in check_payload(), after the signature. */
	if (json_parse(r->a, r->j.payload, r->j.payload_len, &limits, &p, &r->payload_error)) {
		if (json_is(p, JSON_OBJECT))
			r->payload = p;
		else
			(void)att_fail(&r->payload_error, ATT_E_BAD_JSON, "another JSON value");
	}
	return check_pass(&r->cl, JWT_FORM);
}

static bool check_header(struct run *r)
{
	struct att_error why = { 0 };
	const struct json *typ;

	if (!jws_read_header(r->a, &r->j, &why))
		return fail_why(r, JWT_HEADER, "a JSON object with alg and kid", &why);
	/* spec: RFC 8725 §3.11: other kinds of JWS by the same key must not pass for a token. */
	typ = json_get(r->j.header, "typ");
	if (typ && strcasecmp(typ->s, "JWT") != 0)
		return check_fail(&r->cl, JWT_HEADER, "typ JWT", check_text(&r->cl, "typ %s", shown(r, typ)));
	return check_pass(&r->cl, JWT_HEADER);
}

static bool check_crit(struct run *r)
{
	struct att_error why = { 0 };

	if (!jws_no_crit(&r->j, &why))
		return fail_why(r, JWT_CRIT, "no crit", &why);
	return check_pass(&r->cl, JWT_CRIT);
}

static bool check_alg(struct run *r)
{
	static const char wanted[] = "RS256, ES256, ES384 or ES512";

	if (strcmp(r->j.alg, "none") == 0)
		return check_fail(&r->cl, JWT_ALG, wanted,
		    "none: a draft token, made with a draft policy and never signed; it proves nothing");
	r->alg = jws_alg_find(r->j.alg);
	if (!r->alg || r->alg->policy_only)
		return check_fail(&r->cl, JWT_ALG, wanted, shown(r, json_get(r->j.header, "alg")));
	return check_pass(&r->cl, JWT_ALG);
}

static bool check_key_set(struct run *r)
{
	struct att_error why = { 0 };

	if (!jwks_parse(r->a, r->jwks.data, r->jwks.len, &r->set, &why))
		return fail_why(r, JWT_KEY_SET, "{\"keys\":[...]}", &why);
	return check_pass(&r->cl, JWT_KEY_SET);
}

/* A token without kid is refused even when the set has one key: which key is meant is never guessed. */
static bool check_key(struct run *r)
{
	const struct json *kid = json_get(r->j.header, "kid");
	struct att_error why = { 0 };

	if (!kid)
		return check_fail(&r->cl, JWT_KEY, "a header with kid", "(absent)");
	if (!jwks_find(r->a, r->c, r->set, kid, &r->match, &why))
		return fail_why(
		    r, JWT_KEY, check_text(&r->cl, "a usable key %s in the JWK set", shown(r, kid)), &why);
	return check_pass(&r->cl, JWT_KEY);
}

static bool check_key_alg(struct run *r)
{
	const char *fits = jws_alg_of_kind(pubkey_kind(r->match.key))->name;

	if (r->alg->kind != pubkey_kind(r->match.key))
		return check_fail(
		    &r->cl, JWT_KEY_ALG, check_text(&r->cl, "%s, which the key is for", fits), r->alg->name);
	if (r->match.alg && strcmp(r->match.alg, r->alg->name) != 0)
		return check_fail(&r->cl, JWT_KEY_ALG,
		    check_text(&r->cl, "%.32s, which the JWK names", r->match.alg), r->alg->name);
	return check_pass(&r->cl, JWT_KEY_ALG);
}

static bool check_signature(struct run *r)
{
	struct att_error why = { 0 };

	if (!jws_verify_with(r->c, &r->j, r->match.key, &why))
		return fail_why(r, JWT_SIGNATURE, check_text(&r->cl, "a signature by key %s",
		    shown(r, json_get(r->j.header, "kid"))), &why);
	return check_pass(&r->cl, JWT_SIGNATURE);
}

static bool check_payload(struct run *r)
{
	if (!r->payload)
		return fail_why(r, JWT_PAYLOAD, "a JSON object", &r->payload_error);
	return check_pass(&r->cl, JWT_PAYLOAD);
}

/* Claims */

static bool string_claim(struct run *r, enum jwt_check row, const char *name, const char *wanted)
{
	const struct json *v = json_get(r->payload, name);

	if (!json_str_eq(v, wanted))
		return check_fail(&r->cl, row, wanted, shown(r, v));
	return check_pass(&r->cl, row);
}

static bool check_issuer(struct run *r)
{
	return string_claim(r, JWT_ISSUER, "iss", r->w->issuer);
}

/* spec: RFC 7519 §2 NumericDate; whole seconds within 1970..9999 here, so no arithmetic overflows. */
static bool date_claim(struct run *r, enum jwt_check row, const char *name, int64_t *out)
{
	const struct json *v = json_get(r->payload, name);

	if (!json_is(v, JSON_INT) || v->i < 0 || v->i > TIME_MAX)
		return check_fail(&r->cl, row,
		    check_text(&r->cl, "%s in whole seconds since 1970, up to year 9999", name), shown(r, v));
	*out = v->i;
	return true;
}

static const char *date_text(struct run *r, int64_t t)
{
	char text[TIME_TEXT_MAX];

	time_format(t, text);
	return check_text(&r->cl, "%s", text);
}

static const char *bound_text(struct run *r, const char *relation)
{
	char now[TIME_TEXT_MAX];

	time_format(r->w->now_s, now);
	return check_text(&r->cl, "%s %s (now), leeway %lld s", relation, now, (long long)r->w->leeway_s);
}

static bool check_exp(struct run *r)
{
	int64_t exp;

	if (!date_claim(r, JWT_EXP, "exp", &exp))
		return false;
	if (r->w->now_s - r->w->leeway_s >= exp)
		return check_fail(&r->cl, JWT_EXP, bound_text(r, "later than"), date_text(r, exp));
	return check_pass(&r->cl, JWT_EXP);
}

static bool not_later(struct run *r, enum jwt_check row, const char *name)
{
	int64_t t;

	if (!date_claim(r, row, name, &t))
		return false;
	if (t > r->w->now_s + r->w->leeway_s)
		return check_fail(&r->cl, row, bound_text(r, "not later than"), date_text(r, t));
	return check_pass(&r->cl, row);
}

static bool check_nbf(struct run *r)
{
	return not_later(r, JWT_NBF, "nbf");
}

static bool check_iat(struct run *r)
{
	return not_later(r, JWT_IAT, "iat");
}

/* spec: RFC 7519 §4.1.3: one string, or an array of strings with ours among them. */
static bool check_audience(struct run *r)
{
	const struct json *aud = json_get(r->payload, "aud");

	if (!r->w->audience)
		return true;
	if (json_str_eq(aud, r->w->audience))
		return check_pass(&r->cl, JWT_AUDIENCE);
	if (json_is(aud, JSON_ARRAY))
		for (const struct json *v = aud->child; v; v = v->next)
			if (json_str_eq(v, r->w->audience))
				return check_pass(&r->cl, JWT_AUDIENCE);
	return check_fail(&r->cl, JWT_AUDIENCE, r->w->audience, shown(r, aud));
}

static bool check_policy_hash(struct run *r)
{
	return !r->w->policy_hash ||
	    string_claim(r, JWT_POLICY_HASH, "x-ms-policy-hash", r->w->policy_hash);
}

/* A client may have sent its nonce as a number, and the claim is then a number (rest-api §5.1). */
static bool check_nonce(struct run *r)
{
	const struct json *v = json_get(r->payload, "nonce");

	if (!r->w->nonce)
		return true;
	if ((json_is(v, JSON_INT) || json_is(v, JSON_UINT)) && strcmp(shown(r, v), r->w->nonce) == 0)
		return check_pass(&r->cl, JWT_NONCE);
	return string_claim(r, JWT_NONCE, "nonce", r->w->nonce);
}

static bool check_type(struct run *r)
{
	return !r->w->attestation_type ||
	    string_claim(r, JWT_TYPE, "x-ms-attestation-type", r->w->attestation_type);
}

/* The run */

static const struct step {
	bool (*check)(struct run *r);
	bool stops;                     /* a failure here ends the run */
} steps[JWT_NCHECKS] = {
#define X(name, word, stops, optional, title, spec) { check_##word, stops },
	JWT_CHECKS(X)
#undef X
};

static void run_steps(struct run *r)
{
	for (size_t i = 0; i < JWT_NCHECKS && r->fatal.code == ATT_E_OK; i++)
		if (!steps[i].check(r) && steps[i].stops)
			return;
}

static bool wanted_ok(const struct att_token_wanted *w, struct att_error *e)
{
	if (!w->issuer || !*w->issuer)
		return att_fail(e, ATT_E_UNSUPPORTED, "token: no issuer is given to compare with");
	if (w->leeway_s < 0 || w->leeway_s > JWT_LEEWAY_MAX)
		return att_fail(e, ATT_E_UNSUPPORTED, "token: leeway of %lld s, want 0 to %d",
		    (long long)w->leeway_s, JWT_LEEWAY_MAX);
	if (w->now_s < 0 || w->now_s > TIME_MAX)
		return att_fail(e, ATT_E_UNSUPPORTED, "token: time %lld is not within 1970 to 9999",
		    (long long)w->now_s);
	return true;
}

/* The public form of the outcomes; texts stay in the arena. */
static bool report_checks(struct run *r, struct att_token_report *out)
{
	static const enum att_outcome outcomes[] = {
		[CHECK_NA] = ATT_CHECK_NA, [CHECK_PASS] = ATT_CHECK_PASS, [CHECK_FAIL] = ATT_CHECK_FAIL,
	};
	struct att_check *v = arena_array(r->a, JWT_NCHECKS, sizeof *v);

	if (!v)
		return arena_fail(r->a, &r->fatal);
	for (size_t i = 0; i < JWT_NCHECKS; i++) {
		const struct check_result *c = &r->cl.results[i];
		v[i] = (struct att_check){
			.id = jwt_rows[i].id, .title = jwt_rows[i].title, .spec = jwt_rows[i].spec,
			.outcome = outcomes[c->outcome], .expected = c->expected, .found = c->found,
		};
	}
	out->checks = v;
	out->nchecks = JWT_NCHECKS;
	return true;
}

static void report_error(struct run *r, struct att_token_report *out)
{
	size_t i = r->cl.first_failed;
	enum att_err code = i == JWT_FORM || i == JWT_HEADER || i == JWT_PAYLOAD ? ATT_E_BAD_FORMAT :
	    ATT_E_NOT_AUTHENTIC;

	if (i < JWT_NCHECKS)
		(void)att_fail(&out->error, code, "%s: expected %s, found %s", jwt_rows[i].id,
		    r->cl.results[i].expected, r->cl.results[i].found);
}

bool jwt_verify(struct arena *a, struct crypto *c, struct att_bytes token, struct att_bytes jwks,
    const struct att_token_wanted *w, struct att_token_report *out, struct att_error *e)
{
	struct run r = { .a = a, .c = c, .token = token, .jwks = jwks, .w = w };
	struct att_token_report t = { 0 };
	size_t missing;

	if (!wanted_ok(w, e) ||
	    !checklist_init(&r.cl, a, jwt_rows, JWT_NCHECKS, e))
		return false;
	run_steps(&r);
	pubkey_free(r.match.key);
	if (r.fatal.code == ATT_E_OK && report_checks(&r, &t)) {
		report_error(&r, &t);
		t.header_json = r.j.header ? r.j.header_text : NULL;
		t.payload_json = r.payload ? (const char *)r.j.payload : NULL;
	}
	if (r.fatal.code != ATT_E_OK)
		return att_fail(e, r.fatal.code, "%s", r.fatal.text);
	/* The one place where a token becomes valid. */
	t.valid = checklist_complete(&r.cl, &missing);
	*out = t;
	return true;
}

/* The public functions */

struct report {
	struct att_token_report pub;    /* first, so that the caller's pointer is ours */
	struct arena *a;                /* holds this struct too */
};

bool att_token_verify(struct att_bytes token, struct att_bytes jwks, const struct att_token_wanted *w,
    struct att_token_report **out, struct att_error *e)
{
	ATT_AUTO_STRUCT(arena) a = arena_new(TOKEN_MEMORY);
	ATT_AUTO_STRUCT(crypto) c = crypto_new(e);
	struct report *r = a ? arena_alloc(a, sizeof *r) : NULL;

	if (!c)
		return false;
	if (!r)
		return att_fail(e, ATT_E_NOMEM, "token: out of memory");
	if (!jwt_verify(a, c, token, jwks, w, &r->pub, e))
		return false;
	r->a = ATT_STEAL(a);
	*out = &r->pub;
	return true;
}

void att_token_report_free(struct att_token_report *report)
{
	struct report *r = (struct report *)report;

	if (r)
		arena_free(r->a);
}

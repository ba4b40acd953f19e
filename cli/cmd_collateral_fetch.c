/*
 * attest collateral fetch: asks one source for endorsements, judges what it says, and keeps what is good.
 * What to ask, and what of an answer is wanted, are the tables of the service's fetch role.
 */
#include <stdio.h>
#include <string.h>

#include "cli/collateral.h"
#include "cli/out.h"
#include "lib/base/time.h"
#include "net/sources/answer.h"

#define ARENA_MAX ((size_t)512 << 20)
#define WANTED_MAX 64
#define ROUNDS_MAX 4            /* what evidence needs shows step by step */

enum outcome { GOT, BAD, NOT_GOT };

struct wanted { const char *kind, *key, *baseline; enum outcome outcome; };

struct fetching {
	struct arena *a;
	struct source_place source;
	const char *ca_file;            /* NULL: the system's roots */
	const struct source_kind *kind;
	struct collateral c;            /* everything that was brought, unjudged */
	struct wanted wanted[WANTED_MAX];
	size_t nwanted, nasked;
	const char *baseline;           /* --baseline, else "" */
};

static bool want(struct fetching *f, const char *kind, const char *key, const char *baseline,
    struct att_error *e)
{
	struct wanted w = { arena_strdup(f->a, kind), arena_strdup(f->a, key), arena_strdup(f->a, baseline),
		NOT_GOT };

	for (size_t i = 0; i < f->nwanted; i++)
		if (strcmp(f->wanted[i].kind, kind) == 0 && strcmp(f->wanted[i].key, key) == 0 &&
		    strcmp(f->wanted[i].baseline, baseline) == 0)
			return true;
	if (f->nwanted == WANTED_MAX)
		return att_fail(e, ATT_E_LIMIT, "more than %d items at once", WANTED_MAX);
	if (!w.kind || !w.key || !w.baseline)
		return arena_fail(f->a, e);
	f->wanted[f->nwanted++] = w;
	return true;
}

/* ---- one item ---- */

static bool get(struct fetching *f, const char *url, const struct step_row *row, struct att_error *e)
{
	struct httpc_request r = { .url = url, .method = "GET", .ca_file = f->ca_file,
		.http_to_loopback = true, .answer_max = ANSWER_MAX };
	struct httpc_answer got;
	struct pieces pieces;
	int64_t wait_s;

	if (!httpc_send(f->a, &r, &got, e))
		return false;
	switch (answer_meaning(&got, &wait_s)) {
	case ANSWER_GOOD:
		break;
	case ANSWER_ABSENT:
		return att_fail(e, ATT_E_NOT_FOUND, "%s: has no such item (%s)", url,
		    answer_status_text(f->a, &got));
	case ANSWER_WAIT:
		return att_fail(e, ATT_E_OVERLOADED, "%s: %s, asks to wait for %lld s", url,
		    answer_status_text(f->a, &got), (long long)wait_s);
	case ANSWER_AGAIN:
	case ANSWER_BAD_QUESTION:
	case ANSWER_NO:
		return att_fail(e, ATT_E_OPERATION, "%s: %s", url, answer_status_text(f->a, &got));
	}
	if (!answer_pieces(f->a, row, &got, &pieces, e))
		return att_within(e, "%s", url);
	for (unsigned i = 0; i < pieces.n; i++) {
		if (f->c.n == COLLATERAL_FILES_MAX)
			return att_fail(e, ATT_E_LIMIT, "more than %d pieces", COLLATERAL_FILES_MAX);
		f->c.piece[f->c.n].data = rd_ptr(&pieces.item[i]);
		f->c.piece[f->c.n++].len = rd_left(&pieces.item[i]);
	}
	return true;
}

/* Of the steps that only bring issuers the first that succeeds is enough, and none has to. */
static bool ask(struct fetching *f, const struct wanted *w, struct att_error *e)
{
	bool has_issuer = false;
	struct fetch_key key;
	struct plan plan;

	if (!fetch_key_parse(f->a, w->kind, w->key, w->baseline, &key, e) ||
	    !plan_make(f->a, &f->source, f->kind, &key, &plan, e))
		return false;
	if (plan.nsteps == 0)
		return att_fail(e, ATT_E_UNSUPPORTED, "a source of kind %s has no "
		"%s", f->kind->name, w->kind);
	for (unsigned i = 0; i < plan.nsteps; i++) {
		bool issuer = plan.step[i].row->flags & STEP_ISSUER;

		if (issuer && has_issuer)
			continue;
		if (get(f, plan.step[i].url, plan.step[i].row, issuer ? NULL : e))
			has_issuer = has_issuer || issuer;
		else if (!issuer)
			return false;
	}
	return true;
}

static bool is_wanted(const struct wanted *w, const struct att_endorsement *i)
{
	/* Which platform a PCK certificate was asked for is not in it. */
	return strcmp(w->kind, i->kind) == 0 && (strcmp(w->key, i->key) == 0 ||
	    strcmp(w->kind, "pck-cert") == 0);
}

static const struct att_endorsement *find(const struct att_endorsement_list *l, const struct wanted *w)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_wanted(w, &l->item[i]))
			return &l->item[i];
	return NULL;
}

static void tell(struct fetching *f, const struct wanted *w, const struct att_endorsement *i, const char *why)
{
	char expires[TIME_TEXT_MAX] = "not known";
	const char *hint = i ? collateral_hint(i) : NULL;

	if (i && i->expires_s != INT64_MIN)
		time_format(i->expires_s, expires);
	(void)fputs("  ", stdout);
	out_mark(w->outcome == GOT ? MARK_GOOD : MARK_BAD);
	(void)printf(" %s", i ? collateral_name(f->a, i->kind, i->key, i->evaluation) :
	    collateral_name(f->a, w->kind, w->key, 0));
	if (i && w->outcome == GOT)
		(void)printf("  expires %s\n", expires);
	else
		(void)printf("\n      why:  %s\n", why);
	if (hint)
		(void)printf("      hint: %s\n", hint);
	(void)fflush(stdout);
}

/* Judges what this item's answers brought; the whole is judged again before it is kept. */
static void fetch_one(struct fetching *f, struct wanted *w)
{
	struct att_endorsement_list *l = NULL;
	const struct att_endorsement *i = NULL;
	struct att_error why = { 0 };
	size_t before = f->c.n;

	w->outcome = NOT_GOT;
	if (ask(f, w, &why)) {
		w->outcome = BAD;
		if (att_endorsements_read(f->c.piece + before, f->c.n - before, f->c.anchors, f->c.nanchors,
			f->c.now_s, &l, &why)) {
			i = find(l, w);
			if (!i)
				(void)att_fail(&why, ATT_E_BAD_FORMAT, "the source answered with "
				"something else");
			else if (strcmp(i->fault, "good") != 0)
				(void)att_fail(&why, ATT_E_NOT_AUTHENTIC, "%s: %s", i->fault,
				    i->why ? i->why : "");
			else
				w->outcome = GOT;
		}
	}
	if (w->outcome != GOT)
		f->c.n = before;
	tell(f, w, i, why.text);
	att_endorsements_read_free(l);
}

static void fetch_wanted(struct fetching *f)
{
	for (; f->nasked < f->nwanted; f->nasked++)
		fetch_one(f, &f->wanted[f->nasked]);
}

/* ---- what is wanted ---- */

/* Evidence says what it needs only as far as it can be followed with what is there. */
static bool fetch_evidence(struct fetching *f, const char *path, struct att_ctx *ctx, struct att_error *e)
{
	struct att_settings settings;
	struct att_request req = { .settings = &settings, .now_s = f->c.now_s, .anchors = f->c.anchors,
		.nanchors = f->c.nanchors, .endorsements = f->c.piece, .caller_is_reader = true };
	struct att_result *r = NULL;

	/* Whether such evidence is taken is not asked here; AMD's list is only wanted of who has it. */
	att_settings_default(&settings);
	settings.allow = ATT_ALLOW_VLEK | ATT_ALLOW_MASKED_CHIP_ID;
	settings.crl_required = strcmp(f->kind->name, "kds") == 0;
	if (!file_read(f->a, path, &req.body, e))
		return false;
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		bool ok = true;

		req.nendorsements = f->c.n;
		if (!att_appraise(ctx, &req, &r, e))
			return att_within(e, "%s", path);
		for (size_t i = 0; ok && i < r->nneeds; i++)
			ok = r->needs[i].is_there || want(f, r->needs[i].kind, r->needs[i].key,
			    *r->needs[i].baseline ? r->needs[i].baseline : f->baseline, e);
		if (ok && r->nneeds == 0)
			ok = att_fail(e, ATT_E_OPERATION, "%s: needs nothing that can be fetched "
			"(%s%s%s)", path,
			    att_verdict_name(r->verdict), r->error.code ? ": " : "", r->error.text);
		att_result_free(r);
		if (!ok)
			return false;
		if (f->nasked == f->nwanted)
			break;
		fetch_wanted(f);
	}
	return true;
}

static bool want_fmspc(struct fetching *f, const char *fmspc, const char *tee, struct att_error *e)
{
	bool tdx = tee && strcmp(tee, "tdx") == 0;
	char *key = arena_printf(f->a, "%s-%s", tdx ? "TDX" : "SGX", fmspc);

	if (tee && !tdx && strcmp(tee, "sgx") != 0)
		return att_fail(e, ATT_E_OPERATION, "--tee: found \"%s\", want sgx or tdx", tee);
	if (!key)
		return arena_fail(f->a, e);
	for (char *p = key + 4; *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p - 'A' + 'a');
	/* Which CA certified the platform is not in the FMSPC. */
	return want(f, "tcb-info", key, f->baseline, e) &&
	    want(f, "qe-identity", tdx ? "TD_QE" : "QE", f->baseline, e) &&
	    want(f, "pck-crl", "platform", "", e) &&
	    (tdx || want(f, "pck-crl", "processor", "", e)) && want(f, "root-crl", "root", "", e);
}

/* "tcb-info/SGX-00906ed50000" */
static bool want_named(struct fetching *f, const char *text, struct att_error *e)
{
	const char *slash = strchr(text, '/');
	char *kind = slash ? arena_strndup(f->a, text, (size_t)(slash - text)) : NULL;
	struct fetch_key key;

	if (!slash)
		return att_fail(e, ATT_E_OPERATION, "%s: want KIND/KEY, such as "
		"tcb-info/SGX-00906ed50000", text);
	if (!kind)
		return arena_fail(f->a, e);
	return fetch_key_parse(f->a, kind, slash + 1, f->baseline, &key, e) &&
	    want(f, kind, slash + 1, key.value[FETCH_BASELINE][0] ? f->baseline : "", e);
}

static bool fetch_all(struct fetching *f, const struct args *args, struct att_ctx *ctx, struct att_error *e)
{
	const char *evidence = arg(args, "evidence"), *fmspc = arg(args, "fmspc");

	if (!evidence && !fmspc && !arg_pos(args, 0))
		return att_fail(e, ATT_E_OPERATION, "fetch wants --evidence, --fmspc or KIND/KEY");
	if (fmspc && !want_fmspc(f, fmspc, arg(args, "tee"), e))
		return false;
	for (size_t i = 0; arg_pos(args, i); i++)
		if (!want_named(f, arg_pos(args, i), e))
			return false;
	fetch_wanted(f);
	return !evidence || fetch_evidence(f, evidence, ctx, e);
}

/* ---- what is kept ---- */

static bool keep_in_dir(struct fetching *f, const struct att_endorsement *v, size_t n, const char *path,
    size_t *refused, struct att_error *e)
{
	struct collateral_dir d = { 0 };
	bool ok = collateral_dir_open(path, &f->c, f->a, &d, e), same;

	for (size_t i = 0; ok && i < n; i++) {
		struct att_error why = { 0 };
		const char *file;

		if (!collateral_dir_may_put(&d, &v[i], &same, &why)) {
			++*refused;
			(void)fputs("  ", stdout);
			out_mark(MARK_BAD);
			(void)printf(" refused: %s\n", why.text);
		} else if (!same) {
			ok = collateral_dir_put(&d, &v[i], v[i].bytes, f->a, &file, e);
		}
	}
	collateral_clear(&d.held);
	return ok;
}

static bool is_bundle_name(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

/* Everything that is good, also what came along: an issuer of one item certifies another. */
static bool keep(struct fetching *f, const char *path, size_t *refused, struct att_error *e)
{
	struct att_endorsement *good;
	size_t n = 0;
	bool ok;

	if (f->c.n == 0)
		return true;
	if (!att_endorsements_read(f->c.piece, f->c.n, f->c.anchors, f->c.nanchors, f->c.now_s,
		&f->c.list, e))
		return false;
	good = arena_array(f->a, f->c.list->n + 1, sizeof *good);
	if (!good)
		return arena_fail(f->a, e);
	for (size_t i = 0; i < f->c.list->n; i++)
		if (strcmp(f->c.list->item[i].fault, "good") == 0)
			good[n++] = f->c.list->item[i];
	ok = is_bundle_name(path) ? collateral_bundle_put(path, good, n, f->a, e) :
	    keep_in_dir(f, good, n, path, refused, e);
	if (ok)
		(void)printf("\n%zu item%s in %s\n", n - *refused, n - *refused == 1 ? "" : "s", path);
	return ok;
}

static bool source_from(const struct args *args, struct fetching *f, struct att_error *e)
{
	const char *url = arg(args, "source"), *kind = arg(args, "kind"), *root = arg(args, "root-crl-url");
	size_t n = url ? strlen(url) : 0;

	if (!url || !arg(args, "o"))
		return att_fail(e, ATT_E_OPERATION,
		    "usage: attest collateral fetch --source URL -o DIR|BUNDLE ...");
	while (n > 0 && url[n - 1] == '/')
		n--;
	f->kind = source_kind_find(kind ? kind : "pcs");
	if (!f->kind)
		return att_fail(e, ATT_E_OPERATION, "--kind: found \"%s\", want pcs, pccs, kds or "
		"thim", kind);
	f->source.url = arena_strndup(f->a, url, n);
	f->source.root_crl_url = root;
	f->ca_file = arg(args, "ca");
	f->baseline = arg(args, "baseline") ? arg(args, "baseline") : "";
	return f->source.url || arena_fail(f->a, e);
}

static enum exit_code fetch(const struct args *args, struct fetching *f, struct att_ctx *ctx,
    struct att_error *e)
{
	enum exit_code code = EXIT_GOOD;
	size_t refused = 0;

	if (!source_from(args, f, e) || !collateral_begin(args, f->a, &f->c, e) ||
	    !fetch_all(f, args, ctx, e) || !keep(f, arg(args, "o"), &refused, e))
		return complain(e);
	if (refused > 0)
		code = EXIT_BAD;
	for (size_t i = 0; i < f->nwanted; i++)
		if (f->wanted[i].outcome == NOT_GOT)
			code = EXIT_UNUSABLE;
		else if (f->wanted[i].outcome == BAD && code == EXIT_GOOD)
			code = EXIT_BAD;
	return code;
}

enum exit_code cmd_collateral_fetch(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	struct fetching *f = a ? arena_alloc(a, sizeof *f) : NULL;
	struct att_ctx *ctx = att_ctx_new(&e);
	enum exit_code code = EXIT_UNUSABLE;

	if (f && ctx) {
		f->a = a;
		code = fetch(args, f, ctx, &e);
		collateral_clear(&f->c);
	} else {
		(void)complain(&e);
	}
	att_ctx_free(ctx);
	arena_free(a);
	return code;
}

#include "cli/collateral.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/inputs.h"
#include "lib/base/rd.h"

#define KEY_SHOWN 44            /* characters of a key for people */

/* Faults that come and go with the time of judging, and what to do about each. */
static const struct fault_row {
	const char *fault;
	bool is_authentic;
	const char *hint;
} faults[] = {
	{ "form", false, "this is not what the manufacturer publishes: fetch it again" },
	{ "root", false, "only the manufacturers' roots are trusted: give a simulated one with "
	    "--anchors" },
	{ "signer", false, "give the certificate of its issuer beside it, as the source sends it "
	    "with the item" },
	{ "signature", false, "it was changed after it was signed: fetch it again" },
	{ "signer-dates", true, "fetch it again: its signer has a newer certificate; check this "
	    "machine's clock" },
	{ "signer-revoked", true, "the manufacturer withdrew its signer: fetch the current one" },
	{ "early", true, "check this machine's clock, or say when with --at" },
	{ "expired", true, "fetch the current one with attest collateral fetch" },
};

static const struct fault_row *fault_of(const struct att_endorsement *i)
{
	for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++)
		if (strcmp(faults[k].fault, i->fault) == 0)
			return &faults[k];
	return NULL;
}

bool collateral_is_authentic(const struct att_endorsement *i)
{
	const struct fault_row *f = fault_of(i);

	return f ? f->is_authentic : strcmp(i->fault, "good") == 0;
}

const char *collateral_hint(const struct att_endorsement *i)
{
	const struct fault_row *f = fault_of(i);

	return f ? f->hint : NULL;
}

const char *collateral_name(struct arena *a, const char *kind, const char *key, uint32_t evaluation)
{
	size_t n = strlen(key);
	/* The key of a chip has 128 digits and more. */
	const char *shown = n <= KEY_SHOWN ? key :
	    arena_printf(a, "%.*s…%s", KEY_SHOWN / 2, key, key + n - KEY_SHOWN / 2);
	const char *text = evaluation ? arena_printf(a, "%s %s "
	"(%u)", kind, shown ? shown : key, evaluation) :
	    arena_printf(a, "%s %s", kind, shown ? shown : key);

	return text ? text : kind;
}

bool collateral_begin(const struct args *args, struct arena *a, struct collateral *c, struct att_error *e)
{
	*c = (struct collateral){ .piece = arena_array(a, COLLATERAL_FILES_MAX, sizeof *c->piece),
	    .anchors = arena_array(a, FILES_MAX, sizeof *c->anchors) };
	if (!c->piece || !c->anchors)
		return arena_fail(a, e);
	for (size_t i = 0; arg_nth(args, "anchors", i); i++)
		if (!files_read(a, arg_nth(args, "anchors", i), c->anchors, FILES_MAX, &c->nanchors, e))
			return att_within(e, "--anchors");
	return time_of(args, &c->now_s, e);
}

static bool judge(struct collateral *c, struct att_error *e)
{
	return att_endorsements_read(c->piece, c->n, c->anchors, c->nanchors, c->now_s, &c->list, e);
}

bool collateral_read(const struct args *args, size_t i, struct arena *a, struct collateral *c,
    struct att_error *e)
{
	if (!collateral_begin(args, a, c, e))
		return false;
	for (; arg_pos(args, i); i++)
		if (!files_read(a, arg_pos(args, i), c->piece, COLLATERAL_FILES_MAX, &c->n, e))
			return false;
	return judge(c, e);
}

void collateral_clear(struct collateral *c)
{
	att_endorsements_read_free(c->list);
	c->list = NULL;
}

bool collateral_bundle_put(const char *path, const struct att_endorsement *v, size_t n, struct arena *a,
    struct att_error *e)
{
	size_t len;
	char *text;
	bool ok;

	if (!att_bundle_write(v, n, &text, &len, e))
		return false;
	ok = file_replace(a, path, text, len, e);
	free(text);
	return ok;
}

/* ---- a folder ---- */

bool collateral_dir_open(const char *path, const struct collateral *like, struct arena *a,
    struct collateral_dir *d, struct att_error *e)
{
	struct stat st;

	*d = (struct collateral_dir){ .path = path, .held = *like };
	d->held.list = NULL;
	d->held.n = 0;
	d->held.piece = arena_array(a, COLLATERAL_FILES_MAX, sizeof *d->held.piece);
	if (!d->held.piece)
		return arena_fail(a, e);
	if (stat(path, &st) != 0)
		return errno == ENOENT || att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return att_fail(e, ATT_E_OPERATION, "%s: is there, and is no folder", path);
	return (files_read(a, path, d->held.piece, COLLATERAL_FILES_MAX, &d->held.n, e) &&
	    judge(&d->held, e)) || att_within(e, "%s", path);
}

static bool is_same_thing(const struct att_endorsement *x, const struct att_endorsement *y)
{
	return strcmp(x->kind, y->kind) == 0 && strcmp(x->key, y->key) == 0 && x->evaluation == y->evaluation;
}

bool collateral_dir_may_put(const struct collateral_dir *d, const struct att_endorsement *i, bool *same,
    struct att_error *e)
{
	const struct att_endorsement_list *l = d->held.list;

	*same = false;
	for (size_t k = 0; l && k < l->n; k++) {
		const struct att_endorsement *seen = &l->item[k];

		/* What nobody signed cannot stand in the way. */
		if (!is_same_thing(seen, i) || !collateral_is_authentic(seen))
			continue;
		if (bytes_equal(seen->sha256, i->sha256, sizeof seen->sha256))
			*same = true;
		else if (!att_endorsement_may_follow(seen, i, e))
			return false;
	}
	return true;
}

/* Keys are hex, names and dashes; whatever else one may hold never becomes part of a path. */
static const char *file_name(struct arena *a, const struct att_endorsement *i, struct att_bytes piece)
{
	const char *suffix = piece.len && piece.data[0] == '{' ? "json" :
	    piece.len && piece.data[0] == '-' ? "pem" : "der";
	char *name = i->evaluation ?
	    arena_printf(a, "%s_%s_%u_%s", i->kind, i->key, i->evaluation, suffix) :
	    arena_printf(a, "%s_%s_%s", i->kind, i->key, suffix);

	for (char *p = name; p && *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			*p = '_';
	if (name)
		name[strlen(name) - strlen(suffix) - 1] = '.';
	return name;
}

bool collateral_dir_put(const struct collateral_dir *d, const struct att_endorsement *i,
    struct att_bytes piece, struct arena *a, const char **file, struct att_error *e)
{
	const char *path;

	*file = file_name(a, i, piece);
	path = *file ? arena_printf(a, "%s/%s", d->path, *file) : NULL;
	if (!path)
		return arena_fail(a, e);
	if (mkdir(d->path, 0755) != 0 && errno != EEXIST)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", d->path, strerror(errno));
	return file_replace(a, path, piece.data, piece.len, e);
}

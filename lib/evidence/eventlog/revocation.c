/*
 * revocation.c - digests and authorities beside the measured dbx and an operator's. spec:
 * tpm-eventlog §3 Revocation
 */
#include "lib/evidence/eventlog/bootchain.h"

/* Entries of dbx that name an image by its digest in this bank. */
static const enum sig_kind bank_kinds[] = {
	[DIGEST_SHA1] = SIG_KIND_SHA1, [DIGEST_SHA256] = SIG_KIND_SHA256,
	[DIGEST_SHA384] = SIG_KIND_SHA384,
	[DIGEST_SHA512] = SIG_KIND_SHA512,
};

static void add(struct revocation *r, bool is_image, size_t index, enum revoked_by by,
    const struct sig_entry *entry)
{
	if (entry)
		r->v[r->n++] = (struct revoked){ is_image, index, by, entry };
}

static void look_up(struct revocation *r, const struct secureboot *sb, const struct bootchain *b,
    const struct sigset *dbx, enum revoked_by by, enum sig_kind kind)
{
	for (size_t i = 0; i < b->nimages; i++)
		add(r, true, i, by, sigset_find(dbx, kind, rd_ptr(&b->images[i].digest),
		    rd_left(&b->images[i].digest)));
	for (size_t i = 0; i < sb->nauthorities; i++) {
		const struct secureboot_authority *t = &sb->authorities[i];
		const struct rd *d = &t->entry.data;

		add(r, false, i, by, t->has_cert ? sigset_find_cert(dbx, *d, &t->cert) :
		    sigset_find(dbx, t->entry.kind, rd_ptr(d), rd_left(d)));
	}
}

bool revocation_read(const struct eventlog_marks *m, const struct secureboot *sb,
    const struct bootchain *b,
    const struct siglist *op, struct arena *a, struct revocation *out, struct att_error *e)
{
	struct revocation r = { .images_checked = m->replay->bank == DIGEST_SHA256,
	    .has_operator = op != NULL };
	enum sig_kind kind = bank_kinds[m->replay->bank];
	struct sigset operators;

	r.v = arena_array(a, 2 * (b->nimages + sb->nauthorities), sizeof *r.v);
	if (!r.v)
		return arena_fail(a, e);
	look_up(&r, sb, b, &sb->dbx, REVOKED_BY_MEASURED_DBX, kind);
	if (op) {
		if (!sigset_make(op, a, &operators, e))
			return false;
		look_up(&r, sb, b, &operators, REVOKED_BY_OPERATOR_DBX, kind);
		r.missing = sigset_missing(&sb->dbx, op, &r.first_missing);
	}
	*out = r;
	return true;
}

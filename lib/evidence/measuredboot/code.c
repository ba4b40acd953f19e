#include "lib/evidence/measuredboot/code.h"

#include "lib/base/hex.h"
#include "lib/base/utf8.h"
#include "lib/evidence/measuredboot/code_cache.h"
#include "lib/evidence/measuredboot/code_parts.h"

struct walk {
	const struct att_reference *ref;        /* NULL: none */
	struct code_keys keys;
	struct arena *a;
	struct measuredboot_code *out;
	bool *used;                             /* of keys.n: whose signatures held */
	bool is_known;                          /* has the cache something of the entry that is coming? */
	struct code_entry known;
	uint8_t aggregate[DIGEST_MAX];          /* of the list's first entry */
	size_t aggregate_len;
};

static char *text(struct arena *a, struct rd in)
{
	char *s = arena_strndup(a, (const char *)rd_ptr(&in), rd_left(&in));

	if (s)
		utf8_mask(s);
	return s;
}

static char *digest_text(struct arena *a, const struct ima_entry *en)
{
	char hex[2 * DIGEST_MAX + 1];

	if (rd_empty(&en->digest) || rd_left(&en->digest) > DIGEST_MAX)
		return arena_strdup(a, "");
	hex_encode(rd_ptr(&en->digest), rd_left(&en->digest), hex);
	return arena_printf(a, "%s%.*s:%s", en->verity ? "verity:" : "", (int)rd_left(&en->alg),
	    (const char *)rd_ptr(&en->alg), hex);
}

static bool name_file(struct walk *w, struct code_files *list, const struct code_file *f,
    const struct ima_entry *en, struct att_error *e)
{
	struct code_file *out;

	if (list->n++ >= CODE_LISTED_MAX)
		return true;
	if (!list->v)
		list->v = arena_array(w->a, CODE_LISTED_MAX, sizeof *list->v);
	if (!list->v)
		return arena_fail(w->a, e);
	out = &list->v[list->nv];
	*out = *f;
	out->path = text(w->a, en->path);
	out->digest = digest_text(w->a, en);
	if (!out->path || !out->digest)
		return arena_fail(w->a, e);
	list->nv++;
	return true;
}

/* fs-verity's digest is none of the file's bytes, and on no list of such. */
static bool is_listed(const struct walk *w, const struct ima_entry *en)
{
	enum digest_alg alg;

	return w->ref && w->ref->digests && !en->verity && ima_digest_alg(en->alg, &alg) &&
	    rd_left(&en->digest) == digest_len(alg) &&
	    allowlist_has(w->ref->digests, alg, rd_ptr(&en->digest));
}

static bool judge_file(struct walk *w, const struct ima_step *step, struct att_error *e)
{
	const struct ima_entry *en = step->entry;
	struct code_file f = { .entry = en->index, .listed = is_listed(w, en) };
	size_t by = 0;

	if (!code_signature_check(&w->keys, step, w->is_known ? &w->known : NULL, &f.signature, &by, e))
		return false;
	w->out->files++;
	w->out->by_signature[f.signature]++;
	w->out->listed += f.listed;
	w->out->modsigs += !rd_empty(&en->modsig);
	if (f.signature == CODE_SIGNED) {
		w->used[by] = true;
		return true;
	}
	return name_file(w, &w->out->unsigned_files, &f, en, e) &&
	    (f.listed || name_file(w, &w->out->unknown_files, &f, en, e));
}

static bool has_field(const struct ima_template *t, enum ima_field f)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->fields[i] == f)
			return true;
	return false;
}

/* May these bytes be a security.ima that the kernel measures?  They begin with its type. */
static bool like_signature(struct rd buf)
{
	return *rd_ptr(&buf) == IMA_SIG_DIGSIG || *rd_ptr(&buf) == IMA_SIG_VERITY;
}

static bool has_slash(struct rd name)
{
	uint8_t b;

	while (rd_u8(&name, &b))
		if (b == '/')
			return true;
	return false;
}

/* See code.h: a name of a template proves nothing. */
static bool is_buffer(struct walk *w, const struct ima_step *step, bool *yes, struct att_error *e)
{
	const struct ima_entry *en = step->entry;
	uint8_t h[DIGEST_MAX];
	enum digest_alg alg;

	*yes = false;
	if (rd_empty(&en->buf) || !has_field(step->template, IMA_BUF) || like_signature(en->buf) ||
	    has_slash(en->path) || rd_empty(&en->path) || !ima_digest_alg(en->alg, &alg))
		return true;
	if (!digest(w->keys.crypto, alg, rd_ptr(&en->buf), rd_left(&en->buf), h, e))
		return false;
	*yes = bytes_order(h, digest_len(alg), rd_ptr(&en->digest), rd_left(&en->digest)) == 0;
	return true;
}

static bool read_text(struct walk *w, const struct ima_entry *en, const char **out, struct att_error *e)
{
	*out = text(w->a, en->buf);
	return *out || arena_fail(w->a, e);
}

/* A key that was loaded: a certificate, as a rule. */
static bool read_key(struct walk *w, const struct ima_entry *en, struct att_error *e)
{
	struct efi_cert cert = { 0 };
	struct att_error why = { 0 };
	struct code_key *k;
	struct rd whole;

	if (w->out->nkeys++ >= CODE_LISTED_MAX)
		return true;
	if (!w->out->keys)
		w->out->keys = arena_array(w->a, CODE_LISTED_MAX, sizeof *w->out->keys);
	if (!w->out->keys)
		return arena_fail(w->a, e);
	if (!efi_cert_read(w->keys.crypto, en->buf, &cert, &whole, &why) && why.code == ATT_E_INTERNAL)
		return att_fail(e, why.code, "%s", why.text);
	k = &w->out->keys[w->out->nkeys_v];
	k->keyring = text(w->a, en->path);
	k->subject = arena_strdup(w->a, cert.name);
	if (!k->keyring || !k->subject)
		return arena_fail(w->a, e);
	w->out->nkeys_v++;
	return digest(w->keys.crypto, DIGEST_SHA256, rd_ptr(&en->buf), rd_left(&en->buf), k->sha256, e);
}

static bool read_buffer(struct walk *w, const struct ima_entry *en, struct att_error *e)
{
	uint8_t first = *rd_ptr(&en->path);

	w->out->buffers++;
	if (rd_is_text(&en->path, "kernel_version"))
		return read_text(w, en, &w->out->kernel_version, e);
	if (rd_is_text(&en->path, "kexec-cmdline"))
		return read_text(w, en, &w->out->kexec_cmdline, e);
	return (first != '.' && first != '_') || read_key(w, en, e);
}

/*
 * The entry that the kernel writes first, before any file can be.  After kexec it stands in the list
 * again, with the same digest; with another it is a file of that name, which a mount out of reach lets
 * one have.
 */
static bool is_aggregate(struct walk *w, const struct ima_entry *en)
{
	if (!rd_is_text(&en->path, "boot_aggregate") || rd_left(&en->digest) > DIGEST_MAX ||
	    rd_empty(&en->digest))
		return false;
	if (en->index == 0) {
		w->aggregate_len = rd_left(&en->digest);
		bytes_copy(w->aggregate, rd_ptr(&en->digest), w->aggregate_len);
		return true;
	}
	return bytes_order(w->aggregate, w->aggregate_len, rd_ptr(&en->digest), rd_left(&en->digest)) == 0;
}

static bool judge(struct walk *w, const struct ima_step *step, struct att_error *e)
{
	const struct ima_entry *en = step->entry;
	bool buffer;

	/* Nothing in it was measured but that it happened. */
	if (en->violation) {
		w->out->violations++;
		return true;
	}
	if (is_aggregate(w, en))
		return true;
	if (!is_buffer(w, step, &buffer, e))
		return false;
	return buffer ? read_buffer(w, en, e) : judge_file(w, step, e);
}

static void view_begin(void *state)
{
	struct walk *w = state;

	*w->out = (struct measuredboot_code){ 0 };
	for (size_t i = 0; i < w->keys.n; i++)
		w->used[i] = false;
	w->aggregate_len = 0;
	w->is_known = false;
}

/* A violation's hash of zeros is asked for nowhere: zeros in a row are never found equal. */
static bool view_known(void *state, const struct ima_step *step)
{
	struct walk *w = state;
	const struct ima_entry *en = step->entry;

	w->is_known = w->keys.cache && code_cache_entry(w->keys.cache, step->sha256, &w->known);
	return w->is_known && bytes_order(w->known.template_hash, CODE_CACHE_HASH, rd_ptr(&en->template_hash),
	    rd_left(&en->template_hash)) == 0;
}

static bool view_entry(void *state, const struct ima_step *step, struct att_error *e)
{
	struct walk *w = state;
	bool ok = judge(w, step, e);

	w->is_known = false;
	return ok;
}

static bool note_signers(struct walk *w, struct att_error *e)
{
	struct measuredboot_code *o = w->out;

	o->signers = arena_array(w->a, w->keys.n, sizeof(const struct code_signer *));
	if (!o->signers)
		return arena_fail(w->a, e);
	for (size_t i = 0; i < w->keys.n; i++)
		if (w->used[i])
			o->signers[o->nsigners++] = &w->keys.v[i];
	return true;
}

static void conclude(struct measuredboot_code *o, const struct ima_result *r)
{
	bool sound;

	if (!r->matched)
		*o = (struct measuredboot_code){ 0 };
	o->proven = r->matched && r->prefix > 0;
	o->unproven = r->other_pcr + r->bad_hashes;
	sound = o->proven && o->files > 0 && o->violations == 0 && o->unproven == 0;
	o->all_signed = sound && o->unsigned_files.n == 0;
	o->all_known = sound && o->unknown_files.n == 0;
}

bool code_replay(struct rd list, const struct pcr_bank *given, const struct trust *t, struct arena *a,
    struct ima_result *r, const struct measuredboot_code **out, struct att_error *e)
{
	const struct att_reference *ref = t->tpm.reference;
	struct walk w = { .ref = ref, .a = a, .out = arena_alloc(a, sizeof *w.out),
		.keys = { .v = ref ? ref->signers : NULL, .n = ref ? ref->nsigners : 0,
		    .crypto = t->crypto, .cache = t->code_signatures } };
	const struct ima_viewer viewer = { &w, view_begin, view_known, view_entry };
	const struct ima_viewed viewed = { .given = given, .pcr = IMA_PCR, .viewer = &viewer };

	*r = (struct ima_result){ 0 };
	w.used = arena_array(a, w.keys.n, sizeof *w.used);
	if (!w.out || !w.used)
		return arena_fail(a, e);
	if (pcr_given(given, IMA_PCR) &&
	    (!ima_replay_viewed(list, &viewed, t->crypto, a, r, e) || !note_signers(&w, e)))
		return false;
	conclude(w.out, r);
	*out = w.out;
	return true;
}

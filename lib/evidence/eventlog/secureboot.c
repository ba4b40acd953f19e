#include "lib/evidence/eventlog/secureboot.h"

#include <string.h>

#include "lib/evidence/eventlog/parts.h"

const struct secureboot_reason_row secureboot_reasons[SB_REASON_COUNT] = {
#define X(name, says, text) { #name, text, SB_SAYS_##says },
#include "lib/evidence/eventlog/secureboot.tbl"
#undef X
};

static const uint8_t global[EFI_GUID_LEN] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
	0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
static const uint8_t security_db[EFI_GUID_LEN] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
	0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };
static const uint8_t shim[EFI_GUID_LEN] = { 0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43,
	0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 };

static const struct { const char *name; const uint8_t *guid; } vars[SB_VARS] = {
	[SB_SECUREBOOT] = { "SecureBoot", global },
	[SB_PK] = { "PK", global },
	[SB_KEK] = { "KEK", global },
	[SB_DB] = { "db", security_db },
	[SB_DBX] = { "dbx", security_db },
	[SB_DBT] = { "dbt", security_db },
	[SB_DBR] = { "dbr", security_db },
};

const char *secureboot_var_name(enum secureboot_var v)
{
	return vars[v].name;
}

struct walk {
	const struct eventlog_marks *m;
	struct crypto *c;
	struct arena *a;
	struct secureboot *sb;
	struct att_error *e;
	size_t event;                   /* where the walk is */
	bool early;                     /* before the separator */
};

static void because(struct secureboot *sb, enum secureboot_reason why, size_t event)
{
	if (!(sb->reasons >> why & 1))
		sb->reason_event[why] = event;
	sb->reasons |= 1U << why;
}

/*
 * A variable's bytes as measured: old shim's length is too short, and its digest ends one byte
 * early.
 */
struct measured { struct efi_variable v; struct rd all; };

static bool read_measured(const struct eventlog_mark *m, struct measured *out)
{
	struct rd rest = m->covered;
	uint64_t chars;

	if (!efi_variable_read(m->covered, &out->v, NULL) || !rd_skip(&rest, EFI_GUID_LEN) ||
	    !rd_le64(&rest, &chars) ||
	    !rd_skip(&rest, 8 + 2 * (size_t)chars))
		return false;
	out->all = rest;
	return m->cover == COVER_PART || rd_empty(&out->v.behind);
}

/* Index of the slot that the variable fills, SB_VARS when it fills none. */
static size_t slot_of(const struct efi_variable *v)
{
	size_t i = 0;

	while (i < SB_VARS && (!bytes_equal(vars[i].guid, v->guid, EFI_GUID_LEN) ||
	    !efi_name_is(v->name, vars[i].name)))
		i++;
	return i;
}

/* *ok: the data is signature lists.  False only when memory runs out. */
static bool read_list(struct walk *w, struct rd data, struct siglist *out, bool *ok)
{
	struct att_error e = { 0 };

	*ok = siglist_parse(data, w->a, out, &e);
	if (*ok || (e.code != ATT_E_NOMEM && !arena_hit_limit(w->a)))
		return true;
	return arena_fail(w->a, w->e);
}

static bool config(struct walk *w, size_t slot, struct rd data)
{
	struct secureboot_variable *v = &w->sb->var[slot];
	bool ok = true;

	if (!w->early) {
		because(w->sb, SB_REASON_VARIABLE_LATE, w->event);
		return true;
	}
	if (v->count++ > 0) {
		because(w->sb, SB_REASON_VARIABLE_REPEATED, w->event);
		return true;
	}
	v->event = w->event;
	v->data = data;
	if (!digest(w->c, DIGEST_SHA256, rd_ptr(&data), rd_left(&data), v->sha256, w->e))
		return false;
	if (slot != SB_SECUREBOOT && !read_list(w, data, &v->list, &ok))
		return false;
	if (!ok)
		because(w->sb, SB_REASON_LIST_MALFORMED, w->event);
	return true;
}

/* An owner and a certificate or hash (db, MokListRT, vendor_db), or a bare certificate (Shim). */
static bool read_authority(struct walk *w, struct rd data, struct secureboot_authority *t)
{
	struct att_error e = { 0 };
	struct rd behind_owner = data, whole;

	t->entry.data = data;
	t->has_cert = efi_cert_read(w->c, data, &t->cert, &whole, &e);
	if (!t->has_cert && rd_skip(&behind_owner, EFI_GUID_LEN)) {
		att_error_clear(&e);
		bytes_copy(t->entry.owner, rd_ptr(&data), EFI_GUID_LEN);
		t->entry.data = behind_owner;
		t->has_cert = efi_cert_read(w->c, behind_owner, &t->cert, &whole, &e);
		t->entry.kind = rd_left(&behind_owner) == 32 ? SIG_KIND_SHA256 : SIG_KIND_UNKNOWN;
	}
	if (t->has_cert) {
		t->entry.kind = SIG_KIND_X509;
		t->entry.data = whole;
	}
	t->entry.key_len = rd_left(&t->entry.data);
	return e.code == ATT_E_OK || e.code == ATT_E_BAD_FORMAT;
}

static bool authority(struct walk *w, const struct efi_variable *v, struct rd data)
{
	struct secureboot_authority t = { .event = w->event, .early = w->early };

	t.of_db = slot_of(v) == SB_DB;
	t.variable = efi_utf16_text(w->a, v->name);
	if (!t.variable)
		return arena_fail(w->a, w->e);
	if (!read_authority(w, data, &t))
		return att_fail(w->e, ATT_E_INTERNAL, "event log: digest failed");
	w->sb->authorities[w->sb->nauthorities++] = t;
	return true;
}

static bool shim_state(struct walk *w, struct rd data)
{
	struct secureboot_shim *s = &w->sb->shim;

	s->nmok_sb_state++;
	if (!bytes_zero(rd_ptr(&data), rd_left(&data)) || rd_left(&data) != 1) {
		s->validation_event = s->validation_off ? s->validation_event : w->event;
		s->validation_off = true;
	}
	return true;
}

static bool shim_sbat(struct walk *w, struct rd data)
{
	struct secureboot_shim *s = &w->sb->shim;

	if (s->nsbat++ == 0) {
		s->sbat_event = w->event;
		sbat_parse(data, &s->sbat);
	}
	return true;
}

static bool shim_trusted(struct walk *w, struct rd data)
{
	(void)data;
	w->sb->shim.mok_list_trusted = true;
	return true;
}

static bool shim_variable(struct walk *w, const struct efi_variable *v, struct rd data)
{
	static const struct { const char *name; bool (*fn)(struct walk *, struct rd); } states[] = {
		{ "MokSBState", shim_state }, { "SbatLevel", shim_sbat },
		    { "MokListTrusted", shim_trusted },
	};

	w->sb->shim.seen = true;
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (efi_name_is(v->name, states[i].name))
			return states[i].fn(w, data);
	return authority(w, v, data);
}

/*
 * db is measured whole before the separator, and by the entry used whenever an image is verified.
 */
static bool db(struct walk *w, const struct measured *x)
{
	struct siglist l;
	bool ok;

	if (!read_list(w, x->all, &l, &ok))
		return false;
	return ok ? config(w, SB_DB, x->all) : authority(w, &x->v, x->all);
}

static bool variable(struct walk *w, const struct measured *x)
{
	size_t slot = slot_of(&x->v);

	if (slot == SB_DB)
		return db(w, x);
	if (slot < SB_VARS)
		return config(w, slot, x->all);
	if (bytes_equal(x->v.guid, shim, EFI_GUID_LEN))
		return shim_variable(w, &x->v, x->all);
	if (bytes_equal(x->v.guid, security_db, EFI_GUID_LEN) && !w->early)
		return authority(w, &x->v, x->all);
	if (!w->early && w->m->log->events[w->event].type == EV_EFI_VARIABLE_DRIVER_CONFIG)
		because(w->sb, SB_REASON_VARIABLE_LATE, w->event);
	return true;
}

static void action(struct walk *w, struct rd text)
{
	if (!is_action_text(text))
		because(w->sb, SB_REASON_EVENT_UNKNOWN, w->event);
	if (rd_is_text(&text, "UEFI Debug Mode")) {
		w->sb->debug_mode = true;
		because(w->sb, SB_REASON_DEBUG_MODE, w->event);
	}
	if (rd_is_text(&text, "DMA Protection Disabled"))
		w->sb->dma_protection_off = true;
}

static bool step(struct walk *w, const struct eventlog_mark *m)
{
	bool short_shim = m->cover == COVER_PART &&
	    w->m->log->events[w->event].type == EV_EFI_VARIABLE_AUTHORITY;
	struct measured x;

	w->early = m->phase == PHASE_EARLY || m->phase == PHASE_OPEN;
	if (m->separator == SEPARATOR_ERROR)
		because(w->sb, SB_REASON_SEPARATOR_ERROR, w->event);
	if (m->separator)
		return true;
	if (m->cover != COVER_ALL && !short_shim) {
		because(w->sb, SB_REASON_UNCOVERED, w->event);
		return true;
	}
	if (read_measured(m, &x))
		return variable(w, &x);
	action(w, m->covered);
	return true;
}

static bool walk_pcr7(struct walk *w)
{
	const struct eventlog *l = w->m->log;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += eventlog_extends(&l->events[i]) && l->events[i].pcr == 7;
	w->sb->authorities = arena_array(w->a, n, sizeof *w->sb->authorities);
	if (!w->sb->authorities)
		return arena_fail(w->a, w->e);
	for (w->event = 0; w->event < l->n; w->event++)
		if (eventlog_extends(&l->events[w->event]) && l->events[w->event].pcr == 7 &&
		    !step(w, &w->m->of[w->event]))
			return false;
	return true;
}

static bool read_mok(struct walk *w)
{
	const struct eventlog *l = w->m->log;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += eventlog_extends(&l->events[i]) && l->events[i].pcr == 14;
	w->sb->mok = arena_array(w->a, n, sizeof *w->sb->mok);
	if (!w->sb->mok)
		return arena_fail(w->a, w->e);
	for (size_t i = 0; i < l->n; i++) {
		struct secureboot_mok t = { .event = i };

		if (!eventlog_extends(&l->events[i]) || l->events[i].pcr != 14 ||
		    l->events[i].type != EV_IPL)
			continue;
		t.label = efi_ascii_text(w->a, l->events[i].data);
		t.digest = rd_make(eventlog_digest(l, i, w->m->replay->bank),
		    digest_len(w->m->replay->bank));
		if (!t.label)
			return arena_fail(w->a, w->e);
		w->sb->mok[w->sb->nmok++] = t;
	}
	return true;
}

static bool judge_authorities(struct walk *w)
{
	struct secureboot *sb = w->sb;
	bool used = false;

	if (!sigset_make(&sb->var[SB_DB].list, w->a, &sb->db, w->e) ||
	    !sigset_make(&sb->var[SB_DBX].list, w->a, &sb->dbx, w->e))
		return false;
	for (size_t i = 0; i < sb->nauthorities; i++) {
		struct secureboot_authority *t = &sb->authorities[i];
		const struct rd *d = &t->entry.data;

		t->in_db = sigset_find(&sb->db, t->entry.kind, rd_ptr(d), rd_left(d)) != NULL;
		t->in_dbx = t->has_cert ? sigset_find_cert(&sb->dbx, *d, &t->cert) != NULL :
		    sigset_find(&sb->dbx, t->entry.kind, rd_ptr(d), rd_left(d)) != NULL;
		used = used || (t->of_db && !t->early);
		if (t->of_db && !t->in_db)
			because(sb, SB_REASON_AUTHORITY_NOT_IN_DB, t->event);
	}
	if (!used && !(sb->reasons >> SB_REASON_SECUREBOOT_OFF & 1))
		because(sb, SB_REASON_NO_AUTHORITY, EVENTLOG_NONE);
	return true;
}

static void judge_variables(struct secureboot *sb)
{
	const struct secureboot_variable *v = &sb->var[SB_SECUREBOOT];

	for (size_t i = 0; i < SB_REQUIRED; i++)
		if (sb->var[i].count == 0)
			because(sb, SB_REASON_VARIABLE_MISSING, EVENTLOG_NONE);
	if (v->count && (rd_left(&v->data) != 1 || *rd_ptr(&v->data) != 1))
		because(sb, SB_REASON_SECUREBOOT_OFF, v->event);
	if (sb->var[SB_PK].count && rd_empty(&sb->var[SB_PK].data))
		because(sb, SB_REASON_SETUP_MODE, sb->var[SB_PK].event);
}

static void judge_replay(struct secureboot *sb, const struct eventlog_replay *r,
    const struct eventlog_marks *m)
{
	if (r->no_log)
		because(sb, SB_REASON_NO_LOG, EVENTLOG_NONE);
	else if (r->no_bank || !m)
		because(sb, SB_REASON_NO_BANK, EVENTLOG_NONE);
	if (!(r->given >> 7 & 1))
		because(sb, SB_REASON_NOT_GIVEN, EVENTLOG_NONE);
	else if (!(r->matched >> 7 & 1))
		because(sb, SB_REASON_NO_REPLAY, r->divergence[7].event);
	if (m && !(m->closed >> 7 & 1))
		because(sb, SB_REASON_NO_SEPARATOR, EVENTLOG_NONE);
	if (m && (m->twice >> 7 & 1))
		because(sb, SB_REASON_SEPARATOR_REPEATED, EVENTLOG_NONE);
}

bool secureboot_read(const struct eventlog_replay *r, const struct eventlog_marks *marks,
    struct crypto *c,
    struct arena *a, struct secureboot *out, struct att_error *e)
{
	struct secureboot sb = { 0 };
	struct walk w = { .m = marks, .c = c, .a = a, .sb = &sb, .e = e };
	uint32_t off = 0;

	for (size_t i = 0; i < SB_REASON_COUNT; i++) {
		sb.reason_event[i] = EVENTLOG_NONE;
		off |= secureboot_reasons[i].says == SB_SAYS_OFF ? 1U << i : 0;
	}
	judge_replay(&sb, r, marks);
	if (marks && !walk_pcr7(&w))
		return false;
	if (marks && (r->matched >> 14 & 1) && !read_mok(&w))
		return false;
	if (marks) {
		judge_variables(&sb);
		if (!judge_authorities(&w))
			return false;
	}
	sb.firmware_on = sb.reasons == 0;
	sb.off_proven = sb.reasons != 0 && (sb.reasons & ~off) == 0;
	*out = sb;
	return true;
}

bool sig_entry_cert(struct crypto *c, const struct sig_entry *s, struct efi_cert *out)
{
	struct rd whole;

	return s->kind == SIG_KIND_X509 && efi_cert_read(c, s->data, out, &whole, NULL);
}

/*
 * cover.c - which of its data the digest of an event covers, by the rule of its type. spec:
 * tpm-eventlog §2.5, §2.7
 */
#include "lib/evidence/eventlog/parts.h"

#define NAME_MAX_CHARS 64               /* section names of systemd-stub, with NUL */

bool hash_of(struct crypto *c, enum digest_alg alg, const void *p, size_t n, struct hash *out,
    struct att_error *e)
{
	out->n = digest_len(alg);
	return digest(c, alg, p, n, out->p, e);
}

bool hash_is(const struct hash *h, const uint8_t *digest)
{
	return bytes_order(h->p, h->n, digest, h->n) == 0;
}

struct seeking {
	const struct eventlog_event *ev;
	const uint8_t *digest;
	enum digest_alg bank;
	struct crypto *c;
	struct eventlog_mark *m;
	enum eventlog_quirk quirk;
	struct att_error *e;
};

/* Is the digest that of `part`?  *hit tells; false only when the machine fails. */
static bool try_part(struct seeking *s, struct rd part, enum eventlog_quirk quirk, bool *hit)
{
	struct hash h;

	if (!hash_of(s->c, s->bank, rd_ptr(&part), rd_left(&part), &h, s->e))
		return false;
	*hit = hash_is(&h, s->digest);
	if (!*hit)
		return true;
	s->m->cover = rd_left(&part) == rd_left(&s->ev->data) ? COVER_ALL : COVER_PART;
	s->m->covered = part;
	s->m->doubt = DOUBT_NONE;
	s->quirk = quirk;
	return true;
}

/*
 * Shim before 15.x: bytes behind what the lengths say, of its own certificate and of the firmware's,
 * and a digest that leaves out the last of them. spec: tpm-eventlog §2.6
 */
static bool is_short_shim(const struct eventlog_event *ev, const struct efi_variable *v)
{
	return ev->type == EV_EFI_VARIABLE_AUTHORITY && !rd_empty(&v->behind);
}

/* EDK2 hashes the data of a boot variable, others all of the event: the commoner form is tried first. */
static bool cover_boot(struct seeking *s)
{
	struct efi_variable v;
	bool hit = false;

	if (efi_variable_read(s->ev->data, &v, NULL) && !try_part(s, v.data, QUIRK_BOOT_DATA, &hit))
		return false;
	return hit || try_part(s, s->ev->data, QUIRK_BOOT_ALL, &hit);
}

static bool cover_variable(struct seeking *s)
{
	struct efi_variable v;
	struct rd data = s->ev->data, head;
	bool hit;

	if (s->ev->type != EV_EFI_VARIABLE_DRIVER_CONFIG && s->ev->type != EV_EFI_VARIABLE_AUTHORITY)
		return cover_boot(s);
	if (!try_part(s, data, QUIRK_COUNT, &hit))
		return false;
	if (hit || !efi_variable_read(data, &v, NULL))
		return true;
	if (is_short_shim(s->ev, &v) && rd_take(&data, rd_left(&data) - 1, &head))
		return try_part(s, head, QUIRK_SHIM_LENGTH, &hit);
	/* An authority's name must be covered: it says which list the certificate is from. */
	if (s->ev->type == EV_EFI_VARIABLE_AUTHORITY)
		return true;
	return try_part(s, v.data, QUIRK_CONFIG_DATA, &hit);
}

/*
 * systemd-stub measures a section's name in ASCII with its NUL and logs it in UTF-16. spec:
 * tpm-eventlog §2.7
 */
static bool cover_wide_name(struct seeking *s, struct rd wide)
{
	uint8_t name[NAME_MAX_CHARS] = { 0 };
	struct hash h;
	uint16_t u;
	size_t n = 0;

	while (n < NAME_MAX_CHARS - 1 && rd_le16(&wide, &u) && u > 0 && u < 0x80)
		name[n++] = (uint8_t)u;
	if (!rd_empty(&wide))
		return true;
	if (!hash_of(s->c, s->bank, name, n + 1, &h, s->e))
		return false;
	if (hash_is(&h, s->digest)) {
		s->m->cover = COVER_PART;
		s->m->covered = s->ev->data;
		s->m->doubt = DOUBT_NONE;
	}
	return true;
}

/* GRUB with the older spelling: commands are hashed with their NUL, command lines of kernels without. */
static bool cover_grub(struct seeking *s, const struct ipl_text *t, bool *hit)
{
	enum eventlog_quirk quirk = t->no_colon ? QUIRK_GRUB_NO_COLON : QUIRK_COUNT;
	struct rd with_nul = s->ev->data;

	if (!try_part(s, t->text, quirk, hit))
		return false;
	if (*hit || !t->no_colon || !t->has_nul ||
	    !rd_skip(&with_nul, rd_left(&with_nul) - rd_left(&t->text) - 1))
		return true;
	if (!try_part(s, with_nul, quirk, hit))
		return false;
	if (*hit)
		s->m->covered = t->text;
	return true;
}

static bool cover_text(struct seeking *s)
{
	struct ipl_text t = ipl_read(s->ev->data);
	bool grub = t.kind != IPL_OTHER && t.kind != IPL_WIDE, hit;

	/*
	 * Where no form fits, the digest is that of a file, a variable or a section with this
	 * name.
	 */
	s->m->doubt = grub ? DOUBT_UNCOVERED : DOUBT_OPAQUE;
	if (grub && !cover_grub(s, &t, &hit))
		return false;
	if (grub && hit)
		return true;
	if (!try_part(s, s->ev->data, QUIRK_COUNT, &hit))
		return false;
	return hit || t.kind != IPL_WIDE || cover_wide_name(s, t.text);
}

static bool cover_tag(struct seeking *s)
{
	struct event_tag t;
	bool hit;

	if (!try_part(s, s->ev->data, QUIRK_COUNT, &hit))
		return false;
	if (!hit && event_tag_read(s->ev->data, &t) && event_tag_is_stub(&t)) {
		s->m->doubt = DOUBT_OPAQUE;
		s->quirk = QUIRK_STUB_LABEL;
	}
	return true;
}

static bool cover_all(struct seeking *s)
{
	bool hit;

	return try_part(s, s->ev->data, QUIRK_COUNT, &hit);
}

static bool cover_other(struct seeking *s)
{
	s->m->doubt = DOUBT_OPAQUE;
	return true;
}

static bool cover_nothing(struct seeking *s)
{
	s->m->doubt = DOUBT_NOT_MEASURED;
	return true;
}

bool cover_find(const struct eventlog *l, size_t event, enum digest_alg bank, struct crypto *c,
    struct eventlog_mark *m, enum eventlog_quirk *quirk, struct att_error *e)
{
	static bool (*const rules[])(struct seeking *) = {
		[RULE_OTHER] = cover_other, [RULE_ALL] = cover_all,
		[RULE_VARIABLE] = cover_variable,
		[RULE_TEXT] = cover_text, [RULE_TAG] = cover_tag, [RULE_NOTHING] = cover_nothing,
	};
	struct seeking s = { &l->events[event], eventlog_digest(l, event, bank), bank, c, m,
	    QUIRK_COUNT, e };

	m->cover = COVER_NONE;
	m->covered = rd_make(NULL, 0);
	m->doubt = DOUBT_UNCOVERED;
	if (!rules[eventlog_type(s.ev->type)->rule](&s))
		return false;
	*quirk = s.quirk;
	return true;
}

#include "lib/evidence/eventlog/bootchain.h"

#include "lib/evidence/eventlog/parts.h"

/* PCRs 0 to 6: closed when the firmware hands over. spec: tpm-eventlog §3 rule 8 */
#define SEPARATED 0x7FU

struct walk {
	const struct eventlog_marks *m;
	const struct secureboot *sb;
	struct arena *a;
	struct bootchain *b;
	size_t event;
	size_t authorities;             /* how many were seen so far, in the order of the log */
};

static const struct eventlog_event *event_of(const struct walk *w)
{
	return &w->m->log->events[w->event];
}

static struct rd digest_of(const struct walk *w)
{
	return rd_make(eventlog_digest(w->m->log, w->event, w->m->replay->bank),
	    digest_len(w->m->replay->bank));
}

/*
 * An image, unless it is one of the firmware's texts ("Calling EFI Application from Boot
 * Option").  What is hashed of an image would be covered data too, if somebody put it there to
 * hide the image.
 */
static bool image(struct walk *w)
{
	const struct eventlog_event *ev = event_of(w);
	const struct eventlog_mark *m = &w->m->of[w->event];
	struct boot_image t = { .event = w->event, .pcr = ev->pcr, .digest = digest_of(w),
	    .path = "",
	    .authority = EVENTLOG_NONE };
	struct efi_image im;

	if (m->separator || (m->cover == COVER_ALL && is_action_text(m->covered)))
		return true;
	if (efi_image_read(ev->data, &im, NULL))
		t.path = efi_path_text(w->a, im.path);
	if (w->authorities > 0)
		t.authority = w->authorities - 1;
	if (!t.path)
		return false;
	w->b->images[w->b->nimages++] = t;
	return true;
}

static bool text(struct walk *w, enum boot_text_kind kind, const char *s)
{
	struct boot_text t = { w->event, kind, w->m->of[w->event].doubt == DOUBT_NONE, s };

	if (!s)
		return false;
	w->b->texts_unproven += !t.covered;
	w->b->texts[w->b->ntexts++] = t;
	return true;
}

static bool file(struct walk *w, enum boot_file_kind kind, const char *name)
{
	struct boot_file t = { .event = w->event, .kind = kind, .digest = digest_of(w),
	    .name = name };

	if (!name)
		return false;
	w->b->files[w->b->nfiles++] = t;
	return true;
}

/* PCR 8, and PCR 12 of systemd: strings. */
static bool loader_text(struct walk *w)
{
	static const enum boot_text_kind kinds[] = {
		[IPL_OTHER] = BOOT_LOADER_CMDLINE, [IPL_GRUB_CMD] = BOOT_GRUB_CMD,
		[IPL_KERNEL_CMDLINE] = BOOT_KERNEL_CMDLINE,
		[IPL_MODULE_CMDLINE] = BOOT_MODULE_CMDLINE,
		[IPL_WIDE] = BOOT_LOADER_CMDLINE,
	};
	const struct eventlog_event *ev = event_of(w);
	struct ipl_text t = ipl_read(ev->data);

	if (ev->type != EV_IPL && w->m->of[w->event].cover == COVER_NONE) {
		w->b->texts_unproven++;
		return true;
	}
	return text(w, kinds[t.kind], t.kind == IPL_WIDE ? efi_utf16_text(w->a,
	    t.text) : efi_ascii_text(w->a, t.text));
}

/* PCR 12 and 13: command lines are covered, packed files are not. */
static bool stub_extra(struct walk *w)
{
	const struct eventlog_event *ev = event_of(w);
	const struct eventlog_mark *m = &w->m->of[w->event];
	struct ipl_text t = ipl_read(ev->data);

	if (ev->type != EV_IPL)
		return true;            /* Windows: wbcl.h */
	if (m->cover != COVER_NONE)
		return loader_text(w);
	return file(w, BOOT_STUB_EXTRA,
	    t.kind == IPL_WIDE ? efi_utf16_text(w->a, t.text) : efi_ascii_text(w->a, t.text));
}

static bool stub_tag(struct walk *w, const struct event_tag *t)
{
	return file(w, t->tag == TAG_STUB_INITRD ? BOOT_STUB_INITRD : BOOT_STUB_OPTIONS,
	    efi_ascii_text(w->a, t->data));
}

static bool grub_file(struct walk *w)
{
	const struct eventlog_event *ev = event_of(w);
	struct event_tag t;

	if (ev->type == EV_EVENT_TAG && event_tag_read(ev->data, &t) && event_tag_is_stub(&t))
		return stub_tag(w, &t);
	return file(w, BOOT_GRUB_FILE, efi_ascii_text(w->a, ev->data));
}

/* Two events for each section: its name, then what is in it. spec: tpm-eventlog §2.7 */
static bool uki_section(struct walk *w)
{
	const struct eventlog_event *ev = event_of(w), *next;
	const struct eventlog_mark *m = &w->m->of[w->event];
	struct ipl_text t = ipl_read(ev->data);
	size_t at = w->event + 1;

	if (ev->type != EV_IPL || t.kind != IPL_WIDE || m->cover == COVER_NONE)
		return true;
	while (at < w->m->log->n && (w->m->log->events[at].pcr != ev->pcr ||
	    !eventlog_extends(&w->m->log->events[at])))
		at++;
	if (at == w->m->log->n)
		return true;
	next = &w->m->log->events[at];
	if (next->type != EV_IPL || w->m->of[at].cover != COVER_NONE)
		return true;
	if (!file(w, BOOT_UKI_SECTION, efi_utf16_text(w->a, t.text)))
		return false;
	w->b->files[w->b->nfiles - 1].event = at;
	w->b->files[w->b->nfiles - 1].digest = rd_make(eventlog_digest(w->m->log, at,
	    w->m->replay->bank),
	    digest_len(w->m->replay->bank));
	w->b->files[w->b->nfiles - 1].name_covered = m->doubt == DOUBT_NONE;
	return true;
}

static bool exit_services(struct walk *w)
{
	static const char invoked[] = "Exit Boot Services Invocation";
	static const char returned[] = "Exit Boot Services Returned with Success";
	const struct eventlog_mark *m = &w->m->of[w->event];
	size_t n = rd_left(&m->covered);

	if (m->doubt != DOUBT_NONE || m->cover != COVER_ALL)
		return true;
	w->b->exit_invoked |= n == sizeof invoked - 1 &&
	    bytes_equal(rd_ptr(&m->covered), invoked, n);
	w->b->exit_returned |= n == sizeof returned - 1 &&
	    bytes_equal(rd_ptr(&m->covered), returned, n);
	return true;
}

static bool authority(struct walk *w)
{
	if (w->authorities < w->sb->nauthorities &&
	    w->sb->authorities[w->authorities].event == w->event)
		w->authorities++;
	return true;
}

static bool (*const steps[PCR_COUNT])(struct walk *) = {
	[2] = image, [4] = image, [5] = exit_services, [7] = authority, [8] = loader_text,
	[9] = grub_file,
	[11] = uki_section, [12] = stub_extra, [13] = stub_extra,
};

bool bootchain_read(const struct eventlog_marks *m, const struct secureboot *sb, struct arena *a,
    struct bootchain *out,
    struct att_error *e)
{
	struct bootchain b = { 0 };
	struct walk w = { .m = m, .sb = sb, .a = a, .b = &b };
	const struct eventlog *l = m->log;

	b.images = arena_array(a, l->n, sizeof *b.images);
	b.texts = arena_array(a, l->n, sizeof *b.texts);
	b.files = arena_array(a, l->n, sizeof *b.files);
	if (!b.images || !b.texts || !b.files)
		return arena_fail(a, e);
	b.images_proven = (m->replay->matched >> 4 & 1) && (m->closed & SEPARATED) == SEPARATED;
	for (w.event = 0; w.event < l->n; w.event++) {
		const struct eventlog_event *ev = event_of(&w);

		if (eventlog_extends(ev) && steps[ev->pcr] && !steps[ev->pcr](&w))
			return arena_fail(a, e);
	}
	*out = b;
	return true;
}

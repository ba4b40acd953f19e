/* mark.c - separators, coverage and place of every event in one bank. */
#include "lib/evidence/eventlog/parts.h"

/* PCRs 0..7 are closed by the firmware, others by Windows ("WBCL") if at all */
#define FIRMWARE_PCRS 8

/*
 * Separators by their digests, since the type of an event proves nothing. spec: tpm-eventlog §2.5
 */
static const struct {
	uint8_t value[4];
	enum eventlog_separator kind;
	bool firmware;
} separators[] = {
	{ { 0, 0, 0, 0 }, SEPARATOR_OK, true },
	{ { 0xFF, 0xFF, 0xFF, 0xFF }, SEPARATOR_OK, true },
	{ { 1, 0, 0, 0 }, SEPARATOR_ERROR, true },
	{ { 'W', 'B', 'C', 'L' }, SEPARATOR_WBCL, false },
};
#define NSEPARATORS (sizeof separators / sizeof separators[0])

struct separator_digests { struct hash h[NSEPARATORS]; };

static bool separators_make(struct crypto *c, enum digest_alg bank, struct separator_digests *out,
    struct att_error *e)
{
	for (size_t i = 0; i < NSEPARATORS; i++)
		if (!hash_of(c, bank, separators[i].value, sizeof separators[i].value, &out->h[i],
		    e))
			return false;
	return true;
}

static enum eventlog_separator separator_of(const struct separator_digests *d, uint32_t pcr,
    const uint8_t *digest)
{
	for (size_t i = 0; i < NSEPARATORS; i++)
		if (separators[i].firmware == (pcr < FIRMWARE_PCRS) && hash_is(&d->h[i], digest))
			return separators[i].kind;
	return SEPARATOR_NONE;
}

/* Separators and phases; of[] is zero. */
static void mark_phases(struct eventlog_marks *m, const struct separator_digests *d)
{
	const struct eventlog *l = m->log;

	for (size_t i = 0; i < l->n; i++) {
		const struct eventlog_event *ev = &l->events[i];
		bool behind = m->closed >> (ev->pcr & 31) & 1;

		if (!eventlog_extends(ev))
			continue;
		m->of[i].separator = separator_of(d, ev->pcr,
		    eventlog_digest(l, i, m->replay->bank));
		m->of[i].phase = m->of[i].separator ? PHASE_SEPARATOR : behind ? PHASE_LATE :
		    PHASE_EARLY;
		if (m->of[i].separator) {
			m->twice |= behind ? 1U << ev->pcr : 0;
			m->closed |= 1U << ev->pcr;
		}
	}
	for (size_t i = 0; i < l->n; i++)
		if (m->of[i].phase == PHASE_EARLY && !(m->closed >> l->events[i].pcr & 1))
			m->of[i].phase = PHASE_OPEN;
}

/*
 * Behind a firmware separator come the loader's events, which belong there; behind Windows' comes
 * nothing.
 */
static bool is_late(const struct eventlog_event *ev, const struct eventlog_mark *m)
{
	return m->phase == PHASE_LATE && (ev->pcr >= FIRMWARE_PCRS ||
	    eventlog_type(ev->type)->place == PLACE_EARLY);
}

static bool mark_event(struct eventlog_marks *m, size_t i, struct crypto *c, struct att_error *e)
{
	const struct eventlog_event *ev = &m->log->events[i];
	struct eventlog_mark *mark = &m->of[i];
	enum eventlog_quirk quirk;

	if (!cover_find(m->log, i, m->replay->bank, c, mark, &quirk, e))
		return att_within(e, "event log: event %zu", i);
	if (quirk != QUIRK_COUNT)
		m->quirks |= 1U << quirk;
	if (mark->doubt == DOUBT_NOT_MEASURED) {
		if (!bytes_zero(eventlog_digest(m->log, i, m->replay->bank),
		    digest_len(m->replay->bank)))
			m->quirks |= 1U << QUIRK_NO_ACTION_DIGEST;
		return true;
	}
	if (is_late(ev, mark))
		mark->doubt = DOUBT_LATE;
	m->nlate += mark->doubt == DOUBT_LATE;
	m->nuncovered += mark->doubt == DOUBT_UNCOVERED;
	if (!(m->replay->matched >> ev->pcr & 1))
		mark->doubt = DOUBT_UNPROVEN;
	return true;
}

static bool is_exit(const struct eventlog_event *ev)
{
	static const char text[] = "Exit Boot Services";

	return ev->type == EV_EFI_ACTION && rd_left(&ev->data) >= sizeof text - 1 &&
	    bytes_equal(rd_ptr(&ev->data), text, sizeof text - 1);
}

static uint32_t image_quirk(const struct eventlog_event *ev)
{
	struct efi_image im;

	if (eventlog_type(ev->type)->shape != SHAPE_IMAGE || !efi_image_read(ev->data, &im, NULL))
		return 0;
	if (im.location == 0 && im.length == 0)
		return 1U << QUIRK_IMAGE_ZERO;
	return rd_empty(&im.path) ? 1U << QUIRK_IMAGE_NO_PATH : 0;
}

static uint32_t variable_quirk(const struct eventlog_event *ev)
{
	struct efi_variable v;

	if (ev->pcr != 7 || ev->type != EV_EFI_VARIABLE_DRIVER_CONFIG ||
	    !efi_variable_read(ev->data, &v, NULL))
		return 0;
	return efi_name_is(v.name, "SecureBoot") &&
	    rd_empty(&v.data) ? 1U << QUIRK_SECUREBOOT_EMPTY : 0;
}

/* Deviations that are seen in the data, or in the order of events. */
static uint32_t quirks_of(const struct eventlog_marks *m)
{
	uint32_t seen = 0, closed = 0;
	bool exits = false, early = false;

	for (size_t i = 0; i < m->log->n; i++) {
		const struct eventlog_event *ev = &m->log->events[i];

		seen |= image_quirk(ev) | variable_quirk(ev);
		exits = exits || is_exit(ev);
		early = early || (m->of[i].separator && ev->pcr == 7 && (closed & 0x7F) != 0x7F);
		if (m->of[i].separator)
			closed |= 1U << ev->pcr;
	}
	if (!exits)
		seen |= 1U << QUIRK_NO_EXIT;
	if ((closed & 0xFF) == 0xFF && !early)
		seen |= 1U << QUIRK_SEPARATOR_7_LAST;
	return seen;
}

bool eventlog_mark(const struct eventlog *l, const struct eventlog_replay *r, struct crypto *c,
    struct arena *a,
    struct eventlog_marks *out, struct att_error *e)
{
	struct eventlog_marks t = { .log = l, .replay = r, .quirks = l->quirks };
	struct separator_digests d;

	if (r->no_bank)
		return att_fail(e, ATT_E_UNSUPPORTED,
		    "event log: no digests of the bank that was replayed");
	t.of = arena_array(a, l->n, sizeof *t.of);
	if (!t.of)
		return arena_fail(a, e);
	if (!separators_make(c, r->bank, &d, e))
		return false;
	mark_phases(&t, &d);
	for (size_t i = 0; i < l->n; i++)
		if (!mark_event(&t, i, c, e))
			return false;
	t.quirks |= quirks_of(&t);
	*out = t;
	return true;
}

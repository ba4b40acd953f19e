/*
 * parse.c - bytes to events; no digests are computed, no data is looked into but the Spec ID
 * event's.
 */
#include "lib/evidence/eventlog/parts.h"

#define SPEC_SIGNATURE_LEN 16
/* room for events that is made at first; doubled as needed */
#define EVENTS_FIRST 64

/* TPM_ALG_ID of the digests we know. spec: tpm-eventlog §1.2 */
static const struct { uint16_t id; uint16_t len; } banks[EVENTLOG_BANKS] = {
	[DIGEST_SHA1] = { 0x0004, 20 },
	[DIGEST_SHA256] = { 0x000B, 32 },
	[DIGEST_SHA384] = { 0x000C, 48 },
	[DIGEST_SHA512] = { 0x000D, 64 },
};

/* Lengths that others have; 0: unknown algorithm. */
static uint16_t known_len(uint16_t id)
{
	static const struct { uint16_t id; uint16_t len; } others[] = {
		{ 0x0012, 32 }, { 0x0027, 32 }, { 0x0028, 48 }, { 0x0029, 64 },
	};

	for (size_t i = 0; i < EVENTLOG_BANKS; i++)
		if (banks[i].id == id)
			return banks[i].len;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (others[i].id == id)
			return others[i].len;
	return 0;
}

static size_t bank_of(uint16_t id)
{
	size_t i = 0;

	while (i < EVENTLOG_BANKS && banks[i].id != id)
		i++;
	return i;
}

static bool read_alg(struct rd *in, struct eventlog_spec *s, struct att_error *e)
{
	uint16_t id, len, known;

	if (!rd_le16(in, &id) || !rd_le16(in, &len))
		return att_fail(e, ATT_E_TRUNCATED, "Spec ID event: ends inside its algorithms");
	known = known_len(id);
	if (len == 0 || len > DIGEST_MAX || (known && len != known))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "Spec ID event: algorithm 0x%04x has digests of %u bytes", id,
		    len);
	for (size_t i = 0; i < s->nalgs; i++)
		if (s->algs[i].id == id)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "Spec ID event: algorithm 0x%04x twice", id);
	s->algs[s->nalgs].id = id;
	s->algs[s->nalgs].len = len;
	s->nalgs++;
	return true;
}

/*
 * TCG_EfiSpecIdEvent. spec: tpm-eventlog §2.2.  Some firmware leaves the vendor information out
 * of the event's size: it is then the next bytes of the log.
 */
static bool read_spec(struct rd in, struct rd *log, struct eventlog *l, struct att_error *e)
{
	struct eventlog_spec *s = &l->spec;
	uint32_t nalgs;
	uint8_t vendor_len;
	bool behind;

	if (!rd_skip(&in, SPEC_SIGNATURE_LEN) || !rd_le32(&in, &s->platform_class) ||
	    !rd_u8(&in, &s->minor) ||
	    !rd_u8(&in, &s->major) || !rd_u8(&in, &s->errata) || !rd_u8(&in, &s->uintn_size) ||
	    !rd_le32(&in, &nalgs))
		return att_fail(e, ATT_E_TRUNCATED, "Spec ID event: ends too early");
	if (nalgs == 0 || nalgs > EVENTLOG_ALGS_MAX)
		return att_fail(e, ATT_E_LIMIT, "Spec ID event: %u digest algorithms, want 1 to %d",
		    nalgs,
		    EVENTLOG_ALGS_MAX);
	for (uint32_t i = 0; i < nalgs; i++)
		if (!read_alg(&in, s, e))
			return false;
	if (!rd_u8(&in, &vendor_len))
		return att_fail(e, ATT_E_TRUNCATED, "Spec ID event: ends too early");
	behind = vendor_len > 0 && rd_empty(&in);
	if (!rd_take(behind ? log : &in, vendor_len, &s->vendor_info))
		return att_fail(e, ATT_E_TRUNCATED,
		    "Spec ID event: ends inside its vendor information");
	if (behind)
		l->quirks |= 1U << QUIRK_SPEC_VENDOR_BEHIND;
	if (!rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "Spec ID event: %zu bytes too many",
		    rd_left(&in));
	return true;
}

static bool is_spec_id(const struct eventlog_event *ev)
{
	static const char signature[SPEC_SIGNATURE_LEN] = "Spec ID Event03";
	struct rd in = ev->data, head;

	return ev->type == EV_NO_ACTION && ev->pcr == 0 &&
	    rd_take(&in, SPEC_SIGNATURE_LEN, &head) &&
	    bytes_equal(rd_ptr(&head), signature, SPEC_SIGNATURE_LEN);
}

static bool read_data(struct rd *in, struct eventlog_event *ev, struct att_error *e)
{
	if (rd_le32_block(in, &ev->data))
		return true;
	return att_fail(e, ATT_E_TRUNCATED, "its data goes past the end of the log at offset %zu",
	    rd_off(in) + rd_left(in));
}

/* TCG_PCR_EVENT. spec: tpm-eventlog §2.1 */
static bool read_legacy(struct rd *in, struct eventlog_event *ev, struct att_error *e)
{
	if (!rd_le32(in, &ev->pcr) || !rd_le32(in, &ev->type))
		return att_fail(e, ATT_E_TRUNCATED, "ends inside its header");
	ev->digest_off[DIGEST_SHA1] = (uint32_t)rd_off(in);
	if (!rd_skip(in, banks[DIGEST_SHA1].len))
		return att_fail(e, ATT_E_TRUNCATED, "ends inside its digest");
	return read_data(in, ev, e);
}

/* Each algorithm of the Spec ID event once; the order is free. */
static bool read_digests(struct rd *in, const struct eventlog_spec *s, struct eventlog_event *ev,
    struct att_error *e)
{
	unsigned seen = 0;

	for (size_t n = 0; n < s->nalgs; n++) {
		size_t i = 0, bank;
		uint16_t id;

		if (!rd_le16(in, &id))
			return att_fail(e, ATT_E_TRUNCATED, "ends inside its digests");
		while (i < s->nalgs && s->algs[i].id != id)
			i++;
		if (i == s->nalgs || seen >> i & 1)
			return att_fail(e, ATT_E_BAD_FORMAT, "digest algorithm 0x%04x %s", id,
			    i == s->nalgs ? "is not in the Spec ID event" : "twice");
		seen |= 1U << i;
		bank = bank_of(id);
		if (bank < EVENTLOG_BANKS)
			ev->digest_off[bank] = (uint32_t)rd_off(in);
		if (!rd_skip(in, s->algs[i].len))
			return att_fail(e, ATT_E_TRUNCATED, "ends inside its digests");
	}
	return true;
}

/* TCG_PCR_EVENT2. spec: tpm-eventlog §2.2 */
static bool read_agile(
    struct rd *in, const struct eventlog_spec *s, struct eventlog_event *ev, struct att_error *e)
{
	uint32_t count;

	if (!rd_le32(in, &ev->pcr) || !rd_le32(in, &ev->type) || !rd_le32(in, &count))
		return att_fail(e, ATT_E_TRUNCATED, "ends inside its header");
	if (count != s->nalgs)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "%u digests, the Spec ID event has %zu algorithms", count,
		    s->nalgs);
	return read_digests(in, s, ev, e) && read_data(in, ev, e);
}

static bool check_pcr(const struct eventlog_event *ev, struct att_error *e)
{
	if (ev->pcr < PCR_COUNT || (ev->pcr == UINT32_MAX && ev->type == EV_NO_ACTION))
		return true;
	return att_fail(e, ATT_E_BAD_FORMAT, "PCR %u, want 0 to %d", ev->pcr, PCR_COUNT - 1);
}

/* Events in reading: an array that doubles, so that small logs stay small. */
static bool append(struct eventlog *l, size_t *cap, const struct eventlog_event *ev,
    struct arena *a,
    struct att_error *e)
{
	if (l->n == EVENTLOG_EVENTS_MAX)
		return att_fail(e, ATT_E_LIMIT, "event log: more than %d events",
		    EVENTLOG_EVENTS_MAX);
	if (l->n == *cap) {
		size_t more = *cap ? 2 * *cap : EVENTS_FIRST;
		struct eventlog_event *v = arena_array(a, more, sizeof *v);

		if (!v)
			return arena_fail(a, e);
		bytes_copy(v, l->events, l->n * sizeof *v);
		l->events = v;
		*cap = more;
	}
	l->events[l->n++] = *ev;
	return true;
}

/* Bytes at the end that all have the value of the last one, if that is 0x00 or 0xFF. */
static size_t uniform_tail(struct rd in)
{
	const uint8_t *p = rd_ptr(&in);
	size_t n = rd_left(&in), tail = 0;

	if (n == 0 || (p[n - 1] != 0x00 && p[n - 1] != 0xFF))
		return 0;
	while (tail < n && p[n - 1 - tail] == p[n - 1])
		tail++;
	return tail;
}

/* One StartupLocality, ahead of every measurement into PCR 0. spec: tpm-eventlog §2.3 */
static void note_locality(struct eventlog *l, const struct eventlog_event *ev, bool *decided)
{
	uint8_t locality;

	if (eventlog_extends(ev)) {
		*decided = *decided || ev->pcr == 0;
	} else if (startup_locality(ev->data, &locality)) {
		if (*decided)
			l->quirks |= 1U << QUIRK_LOCALITY_LATE;
		else
			l->locality = locality;
		*decided = true;
	}
}

static bool read_events(struct eventlog *l, struct rd in, struct arena *a, struct att_error *e)
{
	size_t tail = uniform_tail(in), cap = 0;
	bool decided = false;

	while (!rd_empty(&in)) {
		struct eventlog_event ev = { 0 };
		struct rd at = in;

		if (rd_left(&in) <= tail) {
			l->quirks |= 1U << QUIRK_PADDING;
			break;
		}
		if (!(l->agile ? read_agile(&in, &l->spec, &ev, e) : read_legacy(&in, &ev, e)) ||
		    !check_pcr(&ev, e))
			return att_within(e, "event log: event %zu at offset %zu", l->n,
			    rd_off(&at));
		note_locality(l, &ev, &decided);
		if (!append(l, &cap, &ev, a, e))
			return false;
	}
	return true;
}

static bool read_log(struct eventlog *l, struct rd in, struct arena *a, struct att_error *e)
{
	struct eventlog_event first = { 0 };
	struct rd rest = in;

	if (!read_legacy(&rest, &first, e))
		return att_within(e, "event log: event 0 at offset 0");
	l->agile = is_spec_id(&first);
	l->banks = 1U << DIGEST_SHA1;
	if (!l->agile)
		return read_events(l, in, a, e);
	if (!read_spec(first.data, &rest, l, e))
		return att_within(e, "event log");
	l->banks = 0;
	for (size_t i = 0; i < l->spec.nalgs; i++)
		if (bank_of(l->spec.algs[i].id) < EVENTLOG_BANKS)
			l->banks |= 1U << bank_of(l->spec.algs[i].id);
	return read_events(l, rest, a, e);
}

bool eventlog_parse(struct rd in, struct arena *a, struct eventlog **out, struct att_error *e)
{
	struct eventlog *l;

	if (rd_empty(&in))
		return att_fail(e, ATT_E_TRUNCATED, "event log: empty");
	if (rd_left(&in) > EVENTLOG_LEN_MAX)
		return att_fail(e, ATT_E_LIMIT, "event log: %zu bytes, at most %zu", rd_left(&in),
		    EVENTLOG_LEN_MAX);
	l = arena_alloc(a, sizeof *l);
	if (!l)
		return arena_fail(a, e);
	l->bytes = rd_make(rd_ptr(&in), rd_left(&in));
	if (!read_log(l, l->bytes, a, e))
		return false;
	*out = l;
	return true;
}

const uint8_t *eventlog_digest(const struct eventlog *l, size_t event, enum digest_alg bank)
{
	uint32_t off = l->events[event].digest_off[bank];

	return off ? rd_ptr(&l->bytes) + off : NULL;
}

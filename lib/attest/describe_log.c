/* Logs for people: measured-boot event logs and IMA lists.  What they say of themselves; no quote,
 * no judgement. */
#include <string.h>

#include "lib/attest/describe.h"
#include "lib/base/hex.h"
#include "lib/base/utf8.h"
#include "lib/evidence/eventlog/secureboot.h"
#include "lib/evidence/ima/ima.h"
#include "lib/evidence/tpm/tpm.h"

/* Signature "Spec ID Event03" of a crypto-agile log, behind a SHA-1 record's header. */
#define SPEC_ID "Spec ID Event"
#define SHA1_HEADER 32u
#define SHORT_VARIABLE 4u /* bytes of a variable whose value is shown */
/* IMA entries shown from either end, and templates counted. */
#define IMA_SHOWN 5u
#define IMA_TEMPLATES 8u

/* The first record of a log, whether or not the rest is one: a known type in a PCR that exists,
 * data within. */
static bool looks_like_log(struct rd in)
{
	uint32_t pcr, type, size;
	struct rd data;

	if (!rd_le32(&in, &pcr) || !rd_le32(&in, &type) || !rd_skip(&in, 20) ||
	    !rd_le32(&in, &size) || !rd_take(&in, size, &data))
		return false;
	return (pcr < PCR_COUNT || (type == EV_NO_ACTION && pcr == UINT32_MAX)) &&
	    strcmp(eventlog_type(type)->name, "EV_UNKNOWN") != 0;
}

static bool begins_with_spec_id(struct rd in)
{
	return rd_skip(&in, SHA1_HEADER) && rd_left(&in) > strlen(SPEC_ID) &&
	    bytes_equal(rd_ptr(&in), SPEC_ID, strlen(SPEC_ID));
}

static bool put_problem(
    const struct subject *s, const char *kind, const struct att_error *why, struct json **out)
{
	struct json *o = json_object(s->a);

	if (!put_text(s->a, o, "kind", kind) || !put_text(s->a, o, "problem", why->text))
		return false;
	*out = o;
	return true;
}

/* The strongest bank of a log, which is what its digests are judged in; false: it has none that we
 * compute. */
static bool strongest(const struct eventlog *l, enum digest_alg *out)
{
	for (size_t i = EVENTLOG_BANKS; i-- > 0;) {
		if (l->banks >> i & 1) {
			*out = (enum digest_alg)i;
			return true;
		}
	}
	return false;
}

/* What the log yields in one bank; taken as the quoted values, so that a later look is at the log
 * alone. */
static bool replay(const struct subject *s, const struct eventlog *l, enum digest_alg alg,
    struct pcr_bank *values, struct eventlog_replay *out)
{
	struct pcr_bank nothing = { .alg = alg };

	if (!eventlog_replay(l, &nothing, s->c, s->a, out, NULL))
		return false;
	*values = nothing;
	values->mask = out->logged;
	for (size_t i = 0; i < PCR_COUNT; i++)
		bytes_copy(values->value[i], out->value[i], digest_len(alg));
	return eventlog_replay(l, values, s->c, s->a, out, NULL);
}

static bool put_bank(const struct subject *s, struct json *pcrs, const struct pcr_bank *v)
{
	struct json *o = json_object(s->a);

	for (uint32_t i = 0; i < PCR_COUNT; i++)
		if (pcr_given(v, i) &&
		    !put_hex(s->a, o, arena_printf(s->a, "%u", i), v->value[i], digest_len(v->alg)))
			return false;
	return put(s->a, pcrs, tpm_hash_name(v->alg), o);
}

static bool put_pcrs(const struct subject *s, const struct eventlog *l, struct json *o)
{
	struct json *pcrs = json_object(s->a);
	struct eventlog_replay r;
	struct pcr_bank v;

	for (size_t i = 0; i < EVENTLOG_BANKS; i++)
		if ((l->banks >> i & 1) &&
		    (!replay(s, l, (enum digest_alg)i, &v, &r) || !put_bank(s, pcrs, &v)))
			return false;
	return put(s->a, o, "pcrs", pcrs);
}

/* What a reader must know of the digest of an event. */
static const char *cover_text(const struct eventlog_event *ev, const struct eventlog_mark *m)
{
	if (!eventlog_extends(ev))
		return "not measured";
	if (m->doubt == DOUBT_OPAQUE)
		return "of something else";
	return m->cover == COVER_ALL ? "covers the data" :
	    m->cover == COVER_PART   ? "covers a part" :
				       "DOES NOT COVER";
}

/* One line; of a variable of a few bytes its value too, which is what people look for in
 * SecureBoot. */
static const char *event_text(struct arena *a, const struct eventlog_decoded *d)
{
	const struct rd *v = &d->variable.data;
	char *hex;

	if (d->malformed || d->type->shape != SHAPE_VARIABLE || rd_empty(v) ||
	    rd_left(v) > SHORT_VARIABLE)
		return d->text;
	hex = hex_arena(a, rd_ptr(v), rd_left(v));
	return hex ? arena_printf(a, "%s: %s", d->text, hex) : NULL;
}

static struct json *event_json(
    const struct subject *s, const struct eventlog_marks *m, size_t i, enum digest_alg alg)
{
	const struct eventlog_event *ev = &m->log->events[i];
	const uint8_t *d = eventlog_digest(m->log, i, alg);
	struct json *o = json_object(s->a);
	struct eventlog_decoded dec;

	if (!eventlog_decode(ev, s->a, &dec, NULL) ||
	    !put(s->a, o, "pcr",
		ev->pcr == UINT32_MAX ? json_int(s->a, -1) : json_int(s->a, ev->pcr)) ||
	    !put_text(s->a, o, "type",
		dec.type->type == ev->type ? dec.type->name :
					     arena_printf(s->a, "0x%08x", ev->type)) ||
	    !put_text(s->a, o, "digest", cover_text(ev, &m->of[i])) ||
	    !put_text(s->a, o, "text", event_text(s->a, &dec)) ||
	    !put(s->a, o, "bytes", json_int(s->a, (int64_t)rd_left(&ev->data))))
		return NULL;
	if (m->of[i].doubt == DOUBT_LATE &&
	    !put_text(s->a, o, "doubt", eventlog_doubt_text(DOUBT_LATE)))
		return NULL;
	if (d && eventlog_extends(ev) && !put_hex(s->a, o, tpm_hash_name(alg), d, digest_len(alg)))
		return NULL;
	return o;
}

/* What the log alone says: without a quote anybody may have written it. */
static const char *secureboot_text(const struct secureboot *sb)
{
	if (!sb->firmware_on)
		return sb->off_proven ? "off" : "not shown to be on";
	return sb->shim.validation_off ? "on, but shim validates nothing" : "on";
}

static bool put_secureboot(const struct subject *s, const struct eventlog_marks *m, struct json *o)
{
	struct json *box = json_object(s->a), *why = json_array(s->a);
	struct secureboot sb;

	if (!secureboot_read(m->replay, m, s->c, s->a, &sb, NULL))
		return false;
	for (size_t i = 0; i < SB_REASON_COUNT; i++)
		if (sb.reasons >> i & 1)
			why = json_append(why, json_string(s->a, secureboot_reasons[i].text));
	return put_text(s->a, box, "state", secureboot_text(&sb)) && put(s->a, box, "reasons", why) &&
	    put(s->a, box, "dbxEntries", json_int(s->a, (int64_t)sb.var[SB_DBX].list.n)) &&
	    put_text(s->a, box, "note", "as this log says; only a quote proves it (attest verify)") &&
	    put(s->a, o, "secureBoot", box);
}

static bool put_events(const struct subject *s, const struct eventlog *l, struct json *o)
{
	struct json *list = json_array(s->a), *quirks = json_array(s->a);
	struct eventlog_replay r;
	struct eventlog_marks m;
	enum digest_alg alg;
	struct pcr_bank v;

	if (!strongest(l, &alg))
		return put(s->a, o, "eventCount", json_int(s->a, (int64_t)l->n));
	if (!replay(s, l, alg, &v, &r) || !eventlog_mark(l, &r, s->c, s->a, &m, NULL))
		return false;
	for (size_t i = 0; i < l->n; i++)
		list = json_append(list, event_json(s, &m, i, alg));
	for (size_t i = 0; i < QUIRK_COUNT; i++)
		if (m.quirks >> i & 1)
			quirks = json_append(quirks, json_string(s->a, eventlog_quirks[i].what));
	return put(s->a, o, "eventCount", json_int(s->a, (int64_t)l->n)) &&
	    put(s->a, o, "uncovered", json_int(s->a, (int64_t)m.nuncovered)) &&
	    put(s->a, o, "late", json_int(s->a, (int64_t)m.nlate)) &&
	    put(s->a, o, "deviations", quirks) && put_secureboot(s, &m, o) &&
	    put(s->a, o, "events", list);
}

static bool put_header(const struct subject *s, const struct eventlog *l, struct json *o)
{
	struct json *banks = json_array(s->a);

	for (size_t i = 0; i < EVENTLOG_BANKS; i++)
		if (l->banks >> i & 1)
			banks = json_append(
			    banks, json_string(s->a, tpm_hash_name((enum digest_alg)i)));
	return put_text(s->a, o, "kind", "event log") &&
	    put_text(s->a, o, "form",
		l->agile ? arena_printf(s->a, "crypto-agile, version %u.%u errata %u",
			       l->spec.major, l->spec.minor, l->spec.errata) :
			   "SHA-1 records") &&
	    put(s->a, o, "banks", banks) &&
	    put(s->a, o, "startupLocality", json_int(s->a, l->locality));
}

bool describe_eventlog(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len);
	struct att_error why = { 0 };
	struct json *o = json_object(s->a);
	struct eventlog *l;

	if (!looks_like_log(in) && !begins_with_spec_id(in))
		return false;
	if (!eventlog_parse(in, s->a, &l, &why))
		return begins_with_spec_id(in) && put_problem(s, "event log", &why, out);
	if (!put_header(s, l, o) || !put_pcrs(s, l, o) || !put_events(s, l, o))
		return false;
	*out = o;
	return true;
}

static const char *text_of(struct arena *a, struct rd in)
{
	char *t = arena_strndup(a, (const char *)rd_ptr(&in), rd_left(&in));

	if (t)
		utf8_mask(t);
	return t;
}

static bool put_ima_signature(struct arena *a, struct json *o, struct rd sig)
{
	struct ima_signature v;

	if (rd_empty(&sig))
		return true;
	if (!ima_signature_parse(sig, &v, NULL))
		return put_text(a, o, "signature", "not readable");
	return put_text(a, o, "signature",
	    arena_printf(a, "%s by key %02x%02x%02x%02x", v.alg, v.keyid[0], v.keyid[1], v.keyid[2],
		v.keyid[3]));
}

static struct json *ima_json(struct arena *a, const struct ima_entry *en)
{
	struct json *o = json_object(a);
	char *hex = hex_arena(a, rd_ptr(&en->digest), rd_left(&en->digest));

	if (!hex || !put(a, o, "entry", json_int(a, (int64_t)en->index)) ||
	    !put(a, o, "pcr", json_int(a, en->pcr)) ||
	    !put_text(a, o, "template", text_of(a, en->template_name)) ||
	    !put_text(a, o, "digest", arena_printf(a, "%s:%s", text_of(a, en->alg), hex)) ||
	    !put_text(a, o, "path", text_of(a, en->path)) || !put_ima_signature(a, o, en->sig) ||
	    (en->violation &&
		!put_text(a, o, "violation", "the file changed while it was measured")))
		return NULL;
	return o;
}

/* What one walk through the list counts. */
struct ima_counts {
	size_t n, violations, signatures, pcr[PCR_COUNT];
	struct {
		struct rd name;
		size_t n;
	} templates[IMA_TEMPLATES];
	size_t ntemplates;
};

static void count_template(struct ima_counts *c, struct rd name)
{
	for (size_t i = 0; i < c->ntemplates; i++) {
		if (bytes_order(rd_ptr(&c->templates[i].name), rd_left(&c->templates[i].name),
			rd_ptr(&name), rd_left(&name)) == 0) {
			c->templates[i].n++;
			return;
		}
	}
	if (c->ntemplates < IMA_TEMPLATES) {
		c->templates[c->ntemplates].name = name;
		c->templates[c->ntemplates++].n = 1;
	}
}

/* True: the whole list was read.  False: up to an entry that is none; *why says which. */
static bool ima_count(
    const struct subject *s, struct ima_counts *c, bool *ascii, struct att_error *why)
{
	struct ima_list l;
	struct ima_entry en;
	bool more = true;

	if (!ima_open(rd_make(s->file.data, s->file.len), s->a, &l, why))
		return false;
	*ascii = l.ascii;
	while (ima_next(&l, &en, &more, why) && more) {
		c->n++;
		c->violations += en.violation;
		c->signatures += !rd_empty(&en.sig);
		c->pcr[en.pcr]++;
		count_template(c, en.template_name);
	}
	return why->code == 0;
}

/* Entries from one index on, `n` of them; the list was read before, so it reads again. */
static struct json *ima_some(const struct subject *s, size_t from, size_t n)
{
	struct json *list = json_array(s->a);
	struct ima_list l;
	struct ima_entry en;
	bool more = true;

	if (!ima_open(rd_make(s->file.data, s->file.len), s->a, &l, NULL))
		return NULL;
	for (size_t i = 0; i < from + n && ima_next(&l, &en, &more, NULL) && more; i++)
		if (i >= from)
			list = json_append(list, ima_json(s->a, &en));
	return list;
}

static bool put_ima_counts(const struct subject *s, const struct ima_counts *c, struct json *o)
{
	struct json *templates = json_object(s->a), *pcrs = json_object(s->a);

	for (size_t i = 0; i < c->ntemplates; i++)
		templates = json_put(s->a, templates, text_of(s->a, c->templates[i].name),
		    json_int(s->a, (int64_t)c->templates[i].n));
	for (uint32_t i = 0; i < PCR_COUNT; i++)
		if (c->pcr[i] > 0)
			pcrs = json_put(s->a, pcrs, arena_printf(s->a, "%u", i),
			    json_int(s->a, (int64_t)c->pcr[i]));
	return put(s->a, o, "entryCount", json_int(s->a, (int64_t)c->n)) &&
	    put(s->a, o, "templates", templates) && put(s->a, o, "entriesByPcr", pcrs) &&
	    put(s->a, o, "signatures", json_int(s->a, (int64_t)c->signatures)) &&
	    put(s->a, o, "violations", json_int(s->a, (int64_t)c->violations));
}

bool describe_ima(const struct subject *s, struct json **out)
{
	struct ima_counts c = { 0 };
	struct att_error why = { 0 };
	struct json *o = json_object(s->a);
	bool ascii = false, whole = ima_count(s, &c, &ascii, &why);
	size_t first = c.n <= 2 * (size_t)IMA_SHOWN ? c.n : IMA_SHOWN;

	if (c.n == 0)
		return false;
	if (!put_text(s->a, o, "kind", "IMA measurement list") ||
	    !put_text(s->a, o, "form", ascii ? "ascii" : "binary") ||
	    (!whole && !put_text(s->a, o, "problem", why.text)) || !put_ima_counts(s, &c, o) ||
	    !put(s->a, o, first == c.n ? "entries" : "firstEntries", ima_some(s, 0, first)) ||
	    (first < c.n && !put(s->a, o, "lastEntries", ima_some(s, c.n - IMA_SHOWN, IMA_SHOWN))))
		return false;
	*out = o;
	return true;
}

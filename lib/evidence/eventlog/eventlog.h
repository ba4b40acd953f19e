/*
 * eventlog.h - TCG measured-boot logs: bytes to events, replay against PCR values, and what of an
 * event is proven.
 *
 * TCG PC Client Platform Firmware Profile (records, event types), TCG EFI Platform Specification
 * (legacy records). `spec:` tags name sections of our own tpm-eventlog.md.  Everything in a log
 * is little-endian.
 *
 * What a TPM quote authenticates of a log is, for each PCR, the sequence of digests of one bank;
 * nothing else. Not authenticated: the type of an event, its data unless the digest is the digest
 * of that data, and the order of events of different PCRs.  Hence the rules here: separators are
 * recognised by their digest, Secure Boot and images by PCR and covered data (secureboot.h,
 * bootchain.h), and the label "type" only picks a decoder. After boot anybody with the operating
 * system's privileges can extend a PCR: what stands behind the separator of its PCR may come from
 * there.
 *
 * Steps: eventlog_parse(), eventlog_replay() once per bank of PCR values, eventlog_mark(), then
 * the facts of secureboot.h, bootchain.h, wbcl.h.  A missing log is a log too: give NULL to
 * eventlog_replay(). Nothing here judges; nothing here looks at signatures.  All memory is the
 * arena's; parts of the log are borrowed.
 */
#ifndef EVIDENCE_EVENTLOG_EVENTLOG_H
#define EVIDENCE_EVENTLOG_EVENTLOG_H

#include "lib/evidence/pcrs.h"

#define EVENTLOG_LEN_MAX ((size_t)16 << 20)     /* bytes of one log */
#define EVENTLOG_EVENTS_MAX 65536               /* events of one log */
#define EVENTLOG_ALGS_MAX 8                     /* digests of one event */
#define EVENTLOG_BANKS 4                        /* of enum digest_alg */
#define EVENTLOG_NONE SIZE_MAX                  /* index of no event */

/* The event types that code asks for; types.tbl has them all. */
#define EV_NO_ACTION 0x00000003U
#define EV_SEPARATOR 0x00000004U
#define EV_EVENT_TAG 0x00000006U
#define EV_IPL 0x0000000DU
#define EV_EFI_VARIABLE_DRIVER_CONFIG 0x80000001U
#define EV_EFI_VARIABLE_BOOT 0x80000002U
#define EV_EFI_ACTION 0x80000007U
#define EV_EFI_VARIABLE_AUTHORITY 0x800000E0U

enum eventlog_cover_rule { RULE_OTHER, RULE_ALL, RULE_VARIABLE, RULE_TEXT, RULE_TAG, RULE_NOTHING };
enum eventlog_place { PLACE_ANY, PLACE_EARLY };
enum eventlog_shape {
	SHAPE_RAW, SHAPE_BLOB, SHAPE_BLOB2, SHAPE_NO_ACTION, SHAPE_SEPARATOR, SHAPE_TEXT, SHAPE_TAG,
	    SHAPE_VERSION,
	SHAPE_IPL, SHAPE_VARIABLE, SHAPE_IMAGE, SHAPE_GPT, SHAPE_TABLES, SHAPE_TABLES2
};
struct eventlog_type_row {
	uint32_t type;
	const char *name;                       /* "EV_SEPARATOR" */
	enum eventlog_cover_rule rule;
	enum eventlog_place place;
	enum eventlog_shape shape;
};
/* never NULL: an "EV_UNKNOWN" row when unknown */
const struct eventlog_type_row *eventlog_type(uint32_t type);

enum eventlog_quirk {
#define X(name, what, vector) QUIRK_##name,
#include "lib/evidence/eventlog/quirks.tbl"
#undef X
	QUIRK_COUNT
};
extern const struct eventlog_quirk_row { const char *name, *what,
    *vector; } eventlog_quirks[QUIRK_COUNT];

struct eventlog_event {
	uint32_t pcr;                           /* 0..23; EV_NO_ACTION also 0xFFFFFFFF */
	uint32_t type;
	/* by enum digest_alg, from the start of the log; 0: no such digest */
	uint32_t digest_off[EVENTLOG_BANKS];
	struct rd data;
};

/* The Spec ID event that a crypto-agile log begins with. */
struct eventlog_spec {
	uint32_t platform_class;                /* 0 client, 1 server */
	uint8_t major, minor, errata, uintn_size;
	struct { uint16_t id, len; } algs[EVENTLOG_ALGS_MAX];
	size_t nalgs;
	struct rd vendor_info;
};

struct eventlog {
	struct rd bytes;                        /* the whole log */
	bool agile;                             /* else SHA-1 records only */
	struct eventlog_spec spec;              /* agile only */
	unsigned banks;                         /* bit 1 << enum digest_alg */
	struct eventlog_event *events;          /* without an agile log's Spec ID event */
	size_t n;
	/* of StartupLocality: first value of PCR 0; else 0 */
	uint8_t locality;
	/* bit 1 << enum eventlog_quirk, seen while parsing */
	uint32_t quirks;
};

/*
 * Reads a log, SHA-1 or crypto-agile.  Refused: lengths past the end, more than the limits, a PCR
 * above 23, digests that the Spec ID event does not announce exactly.  Padding of one byte value
 * behind the last event is cut.
 */
ATT_CHECK bool eventlog_parse(struct rd in, struct arena *a, struct eventlog **out,
    struct att_error *e);
/* digest_len(bank) bytes, borrowed; NULL when the log has no such bank. */
const uint8_t *eventlog_digest(const struct eventlog *l, size_t event, enum digest_alg bank);
/* Does the event change a PCR? */
bool eventlog_extends(const struct eventlog_event *ev);

/* Why a PCR does not come out as given, as far as that can be told from the final value. */
enum eventlog_divergence_kind {
	DIVERGENCE_UNKNOWN,     /* .event is the first event of the PCR; none can be singled out */
	/* the PCR is as it was before .event: that one and those behind it are not in it */
	DIVERGENCE_APPENDED,
	DIVERGENCE_INSERTED,    /* without .event the PCR comes out */
	DIVERGENCE_SWAPPED,     /* with .event behind its successor the PCR comes out */
	DIVERGENCE_DIGEST,      /* with the digest of its data as its digest the PCR comes out */
	/* none of these, but .event is the first whose digest should cover its data and does not */
	DIVERGENCE_DATA
};
const char *eventlog_divergence_text(enum eventlog_divergence_kind k);
struct eventlog_divergence {
	enum eventlog_divergence_kind kind;
	size_t event;                           /* EVENTLOG_NONE: the PCR comes out */
};

/* A log beside the values of one bank.  The masks tell what became of each PCR given. */
struct eventlog_replay {
	enum digest_alg bank;
	/* there is no log: every PCR given is in `unlogged` or `untouched` */
	bool no_log;
	bool no_bank;                           /* the log has no digests of this bank: the same */
	uint32_t given;                         /* = matched | untouched | unlogged | differs */
	/* the log has events of the PCR and they yield its value */
	uint32_t matched;
	uint32_t untouched;                     /* no events, and the value a PCR has after reset */
	/* no events, and another value: the log does not cover this PCR */
	uint32_t unlogged;
	uint32_t differs;                       /* events, and another value */
	uint32_t logged;                        /* the log has events of the PCR, given or not */
	/* what the log yields; the reset value where it has no events */
	uint8_t value[PCR_COUNT][DIGEST_MAX];
	struct eventlog_divergence divergence[PCR_COUNT];
	/* lowest divergent event of all PCRs, or EVENTLOG_NONE */
	size_t first;
};

/*
 * Replays the log in the bank of `given` and compares.  A mismatch is a result, not an error.
 * PCRs 17 to 22 begin with zeros when the log has events of one of them (a dynamic launch
 * happened), else with ones. Costs one digest for each event; looking for a divergence costs at
 * most EVENTLOG_SEARCH_MAX digests more.
 */
#define EVENTLOG_SEARCH_MAX 200000
ATT_CHECK bool eventlog_replay(const struct eventlog *l, const struct pcr_bank *given,
    struct crypto *c,
    struct arena *a, struct eventlog_replay *out, struct att_error *e);

/* How the digest relates to the data. */
enum eventlog_cover {
	COVER_NONE,             /* not at all */
	COVER_PART,             /* digest of .covered, which is less than the data */
	COVER_ALL               /* digest of the data */
};
enum eventlog_phase {
	PHASE_OPEN,             /* its PCR has no separator */
	/* before, one of, behind the first separator of its PCR */
	PHASE_EARLY, PHASE_SEPARATOR, PHASE_LATE
};
enum eventlog_separator { SEPARATOR_NONE, SEPARATOR_OK, SEPARATOR_ERROR, SEPARATOR_WBCL };
/* Why an event's data gives no claim. */
enum eventlog_doubt {
	DOUBT_NONE,             /* it may give claims */
	DOUBT_NOT_MEASURED,     /* EV_NO_ACTION: never extended */
	DOUBT_UNPROVEN,         /* its PCR is not among the matched */
	/* the digest is of something the log does not hold: only the digest is proven */
	DOUBT_OPAQUE,
	DOUBT_UNCOVERED,        /* the digest should cover the data and does not */
	/* it stands behind the separator of its PCR and belongs before it */
	DOUBT_LATE
};
const char *eventlog_doubt_text(enum eventlog_doubt d);

struct eventlog_mark {
	enum eventlog_cover cover;
	enum eventlog_phase phase;
	enum eventlog_separator separator;      /* by its digest, whatever its type */
	enum eventlog_doubt doubt;
	struct rd covered;                      /* COVER_NONE: empty */
};
struct eventlog_marks {
	const struct eventlog *log;
	const struct eventlog_replay *replay;
	struct eventlog_mark *of;               /* one for each event */
	uint32_t closed;                        /* PCRs with a separator */
	uint32_t twice;                         /* PCRs with more than one */
	uint32_t quirks;                        /* the log's and those seen here */
	size_t nuncovered, nlate;               /* events with that doubt */
};
/*
 * Marks every event in the bank of the replay.  Both must outlive *out; a log is needed (not
 * no_log, not no_bank).
 */
ATT_CHECK bool eventlog_mark(const struct eventlog *l, const struct eventlog_replay *r,
    struct crypto *c,
    struct arena *a, struct eventlog_marks *out, struct att_error *e);

#endif

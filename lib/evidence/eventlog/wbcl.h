/*
 * wbcl.h - Windows boot logs: trees of SIPA tags in PCRs 12 to 14 (and 19, 20 of a secure
 * launch), and what they say.
 *
 * wbcl.h of the Windows SDK; spec: tpm-eventlog §4.  The digest of such an event covers all of
 * its data.  The boot loader closes PCRs 12, 13 and 14 with "WBCL" separators, before any driver
 * of a third party runs: tags in a PCR that was not closed, was closed twice, or holds an event
 * that is not covered, give no fact, and so does a later event. What a closed PCR proves is what
 * the loader measured: that the loader was Windows' own follows from Secure Boot and the images
 * (secureboot.h, bootchain.h), and is the caller's to ask.
 */
#ifndef EVIDENCE_EVENTLOG_WBCL_H
#define EVIDENCE_EVENTLOG_WBCL_H

#include "lib/evidence/eventlog/eventlog.h"

#define SIPA_DEPTH_MAX 8                /* containers within containers */
#define SIPA_NODES_MAX 32768            /* tags of one event */

enum sipa_payload { SIPA_BOX, SIPA_BOOL, SIPA_U32, SIPA_U64, SIPA_WIDE, SIPA_RAW };
struct sipa_row { uint32_t tag; const char *name; enum sipa_payload payload; };

/*
 * One tag; the nodes of a tree stand in the order of the bytes, a container ahead of what is in
 * it.
 */
struct sipa_node {
	uint32_t tag;
	uint8_t depth;                  /* 0: top */
	/* the tag, or one it is in, has the not-measured bit: believe nothing */
	bool unmeasured;
	size_t after;                   /* index of the first node that is not inside this one */
	struct rd data;
	const struct sipa_row *row;     /* NULL: unknown tag */
};
struct sipa_tree { struct sipa_node *v; size_t n; };
/*
 * Refused: a size past the container's end, more than SIPA_DEPTH_MAX levels or SIPA_NODES_MAX
 * tags.
 */
ATT_CHECK bool sipa_parse(struct rd in, struct arena *a, struct sipa_tree *out,
    struct att_error *e);
const struct sipa_row *sipa_row(uint32_t tag);          /* NULL: unknown */
bool sipa_is_box(uint32_t tag);                         /* does the tag hold further tags? */
/* Value of a BOOL, U32 or U64 payload of its exact size; a BOOL is 0 or 1. */
ATT_CHECK bool sipa_value(const struct sipa_node *n, uint64_t *out);

/* All occurrences of one tag in the PCRs that give facts, wherever in the trees. */
struct wbcl_fact {
	size_t n;                       /* occurrences */
	size_t nzero;                   /* with value 0 */
	/* of a size, or a value, that the payload must not have: neither zero nor set */
	size_t nmalformed;
	uint64_t first, last;           /* values, in the order of the log */
};
/* The key that signs VBS enclave reports. */
struct wbcl_key {
	size_t n;                       /* occurrences; more than one different: conflict */
	bool conflict, malformed;
	uint32_t alg, bits;
	struct rd exponent, modulus;    /* big-endian */
};

struct wbcl {
	bool present;                   /* a WBCL separator, or a tree, in PCR 12, 13 or 14 */
	/* PCRs that give facts: replayed, closed once (12 to 14), all events covered trees */
	uint32_t sound;
	/* other PCRs of 12 to 14, 19 and 20 with events in the log */
	uint32_t unsound;
	/* one for each event of the log; n = 0: none, or in no sound PCR */
	struct sipa_tree *trees;
	struct wbcl_key idks;           /* EVENT_VSM_IDKS_INFO */
	struct wbcl_fact *facts;        /* by row of wbcl.tbl: wbcl_fact() */
};
ATT_CHECK bool wbcl_read(const struct eventlog_marks *m, struct arena *a, struct wbcl *out,
    struct att_error *e);
/* The fact of a tag of wbcl.tbl; of an unknown tag, no occurrences. */
struct wbcl_fact wbcl_fact(const struct wbcl *w, uint32_t tag);
/*
 * "Disabled": at least once, and never anything but zero.  "Enabled": at least once, and never
 * zero.
 */
bool wbcl_all_zero(const struct wbcl *w, uint32_t tag);
bool wbcl_all_set(const struct wbcl *w, uint32_t tag);

#endif

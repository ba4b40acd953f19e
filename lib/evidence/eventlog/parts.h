/* parts.h - what the files of this folder share and nobody else needs. */
#ifndef EVIDENCE_EVENTLOG_PARTS_H
#define EVIDENCE_EVENTLOG_PARTS_H

#include "lib/evidence/eventlog/decode.h"

/* EV_NO_ACTION "StartupLocality": 17 bytes, the last is the locality. */
bool startup_locality(struct rd data, uint8_t *out);
enum no_action_kind no_action_kind(struct rd data);

/* Short and printable, as the texts of EV_EFI_ACTION are. */
bool is_action_text(struct rd in);

/* A digest of one bank of some bytes. */
struct hash { size_t n; uint8_t p[DIGEST_MAX]; };
ATT_CHECK bool hash_of(
    struct crypto *c, enum digest_alg alg, const void *p, size_t n, struct hash *out,
    struct att_error *e);
bool hash_is(const struct hash *h, const uint8_t *digest);

/*
 * Which of the data a digest of the event covers; *quirk gets the deviation seen, or QUIRK_COUNT.
 * Deviating forms are tried only where the rule of the event's type allows them.
 */
ATT_CHECK bool cover_find(const struct eventlog *l, size_t event, enum digest_alg bank,
    struct crypto *c,
    struct eventlog_mark *m, enum eventlog_quirk *quirk, struct att_error *e);

#endif

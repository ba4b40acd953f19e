/* text.h - JSON text written straight into a buffer: logs are too long for a tree of their values. */
#ifndef EVIDENCE_MAATPM_TEXT_H
#define EVIDENCE_MAATPM_TEXT_H

#include "lib/evidence/maatpm/parts.h"

void maatpm_put_b64url(struct buf *b, struct rd bytes);         /* without quotes */
/* With quotes; s is UTF-8, as the decoders of lib/evidence/eventlog leave it. */
ATT_CHECK bool maatpm_put_string(struct buf *b, const char *s, struct att_error *e);

#endif

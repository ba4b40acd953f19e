/* parts.h - between the files of measuredboot. */
#ifndef EVIDENCE_MEASUREDBOOT_PARTS_H
#define EVIDENCE_MEASUREDBOOT_PARTS_H

#include "lib/base/hex.h"
#include "lib/evidence/measuredboot/measuredboot.h"

/* Rows of logs; of a cold boot all are its one row. */
struct log_rows {
	size_t form, replay, covered, revoked, ima_form, ima_replay, ima_aggregate;
};

struct reading {
	const struct trust *t;
	struct arena *a;
	struct checklist *c;
	const struct log_rows *rows;
	struct att_error *fault;        /* a failure of the machine */
	const struct measuredboot_code **code;  /* where the judgement of files goes; NULL: none is wanted */
};

/*
 * The logs of a quote that was verified (out->quoted) against it.  False: a check failed and is marked, or
 * *fault is set.
 */
ATT_CHECK bool boot_read(const struct reading *r, const struct measuredboot_quote *q,
    struct measuredboot_boot *out);

/* keys.c: is all that one of PK, KEK and db holds known? */
struct key_judgement {
	bool allowed;                   /* it holds something, and nothing else than known keys */
	const char **unknown; size_t n; /* "db: NAME (sha256:HEX)" */
};
ATT_CHECK bool secureboot_keys_judge(const struct secureboot *sb, enum secureboot_var v,
    const struct trust *t, struct arena *a, struct key_judgement *out, struct att_error *e);

/* claims of one subject each; b is the current boot */
struct telling {
	const struct measuredboot_boot *b;
	const struct trust *t;
	struct claims *c;
	struct att_error *e;
};
/* claims_secureboot.c; *verified: x-attestd-verified-boot */
ATT_CHECK bool secureboot_claims(const struct telling *s, bool *verified);
ATT_CHECK bool windows_claims(const struct telling *s);         /* claims_windows.c */
ATT_CHECK bool chain_claims(const struct telling *s, bool verified);    /* claims_chain.c */
/* Names repeated, so that policies see a set; none when n is 0. */
ATT_CHECK bool tell_list(const struct telling *s, const char *name, const char *const *v, size_t n);
ATT_CHECK bool tell_pcrs(const struct telling *s, const char *name, uint32_t mask);

#endif

/*
 * secureboot.h - what PCR 7 proves about Secure Boot and about shim below it: facts, not
 * verdicts.
 *
 * spec: tpm-eventlog §3.  Everything is taken from PCR 7 in the order of its events, from data
 * that the digest covers in the bank of the replay, whatever types the events claim to have.  A
 * fact that makes a machine look worse (SecureBoot off, validation in shim off, a revoked image)
 * cannot be hidden in a log that replays; a fact that makes it look better counts only from
 * before the separator, where no operating system can measure. Two things stay open and are the
 * caller's: that the firmware measures into this bank at all (a bank that it leaves alone belongs
 * to the operating system: accept the banks it is known to use), and whose keys PK, KEK and db
 * hold.
 */
#ifndef EVIDENCE_EVENTLOG_SECUREBOOT_H
#define EVIDENCE_EVENTLOG_SECUREBOOT_H

#include "lib/evidence/eventlog/siglist.h"

enum secureboot_reason {
#define X(name, says, text) SB_REASON_##name,
#include "lib/evidence/eventlog/secureboot.tbl"
#undef X
	SB_REASON_COUNT
};
enum secureboot_says { SB_SAYS_UNPROVEN, SB_SAYS_OFF };
extern const struct secureboot_reason_row {
	const char *name, *text;
	enum secureboot_says says;
} secureboot_reasons[SB_REASON_COUNT];

enum secureboot_var { SB_SECUREBOOT, SB_PK, SB_KEK, SB_DB, SB_DBX, SB_DBT, SB_DBR, SB_VARS };
#define SB_REQUIRED 5           /* the first of them must be measured */
const char *secureboot_var_name(enum secureboot_var v);

/* A variable measured before the separator; the first, when there are several. */
struct secureboot_variable {
	size_t count;                   /* how many times; 0: the rest is empty */
	size_t event;
	struct rd data;
	uint8_t sha256[32];             /* of data, whatever the bank */
	struct siglist list;            /* not of SecureBoot */
};

/*
 * Something an image was verified with: EV_EFI_VARIABLE_AUTHORITY, each as often as it was
 * measured.
 */
struct secureboot_authority {
	size_t event;
	/* "db"; shim's: "MokListRT", "MokList", "Shim", "vendor_db" */
	const char *variable;
	bool of_db;                     /* the firmware's db; else one of shim's lists */
	bool early;                     /* before the separator: option ROMs */
	bool has_cert;
	struct efi_cert cert;           /* has_cert */
	/* kind X509, SHA-256 or unknown; data: certificate or hash; owner zero if none */
	struct sig_entry entry;
	bool in_db, in_dbx;             /* of the measured ones */
};

/* "SbatLevel", as shim measured it. spec: tpm-eventlog §3 Revocation */
#define SBAT_ROWS_MAX 32
#define SBAT_NAME_MAX 48
struct sbat_row { char name[SBAT_NAME_MAX]; uint32_t generation; };
struct sbat {
	bool malformed;
	uint64_t date;                  /* YYYYMMDDHH of the first line; 0: none */
	size_t n;
	struct sbat_row v[SBAT_ROWS_MAX];       /* without the first line */
};
/* Reads "sbat,1,2025021800\nshim,4\n..."; also an operator's text.  Never fails: see malformed. */
void sbat_parse(struct rd text, struct sbat *out);
/*
 * The first component of `minimum` that `have` lacks or has at a lower generation; NULL when
 * none.
 */
const struct sbat_row *sbat_lacks(const struct sbat *have, const struct sbat *minimum);

struct secureboot_shim {
	bool seen;                      /* any variable of shim in PCR 7 */
	size_t nmok_sb_state;           /* MokSBState events */
	/* one of them is not 0: shim verifies nothing, whatever the firmware says */
	bool validation_off;
	size_t validation_event;        /* that one */
	/*
	 * The first SbatLevel; an old shim that measures none leaves room for a forged one: look
	 * at the images too.
	 */
	size_t nsbat, sbat_event;
	struct sbat sbat;
	/* MokListTrusted was measured: the kernel may trust MOK keys */
	bool mok_list_trusted;
};

/*
 * What shim logs into PCR 14: the digest is that of the mirrored variable, the label is not
 * covered.
 */
struct secureboot_mok { size_t event; const char *label; struct rd digest; };

struct secureboot {
	bool firmware_on;               /* no reason against it */
	/* only reasons that say OFF, at least one: the log shows that it is off */
	bool off_proven;
	uint32_t reasons;               /* bit 1 << enum secureboot_reason */
	size_t reason_event[SB_REASON_COUNT];   /* the event that gave it, or EVENTLOG_NONE */
	struct secureboot_variable var[SB_VARS];
	struct sigset db, dbx;          /* the measured lists, for lookups */
	struct secureboot_authority *authorities;
	size_t nauthorities;
	struct secureboot_shim shim;
	struct secureboot_mok *mok;     /* PCR 14, if that PCR replays */
	size_t nmok;
	bool debug_mode;                /* "UEFI Debug Mode" */
	bool dma_protection_off;        /* "DMA Protection Disabled" */
};
/* marks is NULL when there is no log or no bank to mark.  False only when the machine fails. */
ATT_CHECK bool secureboot_read(const struct eventlog_replay *r, const struct eventlog_marks *marks,
    struct crypto *c,
    struct arena *a, struct secureboot *out, struct att_error *e);

/* Certificate of a list entry; false when it has none that can be read. */
ATT_CHECK bool sig_entry_cert(struct crypto *c, const struct sig_entry *s, struct efi_cert *out);

#endif

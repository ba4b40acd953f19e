/*
 * bootchain.h - what was loaded, with which digests, and what loaders said they did.
 *
 * Proven of an image: that its digest (Authenticode, in the bank of the replay) was measured into
 * PCR 4 or 2. Not proven: its device path, and which authority of PCR 7 verified it: the order
 * between PCRs is not authenticated, so `authority` is what the log's order suggests.  What holds
 * for certain is for the set: with Secure Boot on and validation in shim on, each image was
 * verified by one of the authorities (secureboot.h). Proven of a text: its bytes, when `covered`.
 *  Not proven: which kind of text it is; look for a bad parameter in all texts of PCR 8 and 12,
 * not in the command line alone, and mind texts_unproven.
 */
#ifndef EVIDENCE_EVENTLOG_BOOTCHAIN_H
#define EVIDENCE_EVENTLOG_BOOTCHAIN_H

#include "lib/evidence/eventlog/secureboot.h"

/* Every measured event of PCR 2 and 4 but separators and covered texts, whatever its type. */
struct boot_image {
	size_t event;
	uint32_t pcr;
	struct rd digest;               /* of the bank of the replay */
	/* text of the device path; "" when there is none.  Not proven */
	const char *path;
	/* index in secureboot.authorities, or EVENTLOG_NONE.  Not proven */
	size_t authority;
};

enum boot_text_kind {
	BOOT_GRUB_CMD, BOOT_KERNEL_CMDLINE, BOOT_MODULE_CMDLINE,
	/* UTF-16, of systemd-boot or an addition to systemd-stub's */
	BOOT_LOADER_CMDLINE
};
struct boot_text {
	size_t event;
	enum boot_text_kind kind;
	bool covered;
	const char *text;               /* UTF-8 */
};

enum boot_file_kind {
	BOOT_GRUB_FILE,                 /* PCR 9: digest of the file GRUB read; name is its path */
	/* PCR 11: digest of a section of a unified kernel image; name is the section's */
	BOOT_UKI_SECTION,
	/* PCR 9: digest of all initrds that the kernel's EFI stub was given */
	BOOT_STUB_INITRD,
	/* PCR 9: digest of the UTF-16 command line that the stub was given */
	BOOT_STUB_OPTIONS,
	/* PCR 12, 13: credentials, system extensions; name is the description */
	BOOT_STUB_EXTRA
};
struct boot_file {
	size_t event;
	enum boot_file_kind kind;
	struct rd digest;
	const char *name;               /* UKI sections: proven when name_covered; others: not */
	bool name_covered;
};

struct bootchain {
	/* PCR 4 replays and the separators of PCRs 0 to 6 are in it or their PCRs */
	bool images_proven;
	struct boot_image *images;
	size_t nimages;
	struct boot_text *texts;
	size_t ntexts;
	/* measured events of PCR 8, and texts of PCR 12, that no digest covers or no PCR proves */
	size_t texts_unproven;
	struct boot_file *files;
	size_t nfiles;
	/* "Exit Boot Services ...", covered, PCR 5 replays */
	bool exit_invoked, exit_returned;
};
ATT_CHECK bool bootchain_read(const struct eventlog_marks *m, const struct secureboot *sb,
    struct arena *a,
    struct bootchain *out, struct att_error *e);

/* What is revoked. */
enum revoked_by { REVOKED_BY_MEASURED_DBX, REVOKED_BY_OPERATOR_DBX };
struct revoked {
	bool is_image;                  /* else an authority */
	size_t index;                   /* in images, or in authorities */
	enum revoked_by by;
	const struct sig_entry *entry;
};
struct revocation {
	/* the bank is SHA-256: lists name images by no other digest in practice */
	bool images_checked;
	struct revoked *v;
	size_t n;
	bool has_operator;
	/* entries of the operator's dbx that the measured one lacks: 0 = it is current */
	size_t missing;
	const struct sig_entry *first_missing;
};
/* op: the operator's dbx, or NULL. */
ATT_CHECK bool revocation_read(const struct eventlog_marks *m, const struct secureboot *sb,
    const struct bootchain *b,
    const struct siglist *op, struct arena *a, struct revocation *out, struct att_error *e);

#endif

/*
 * decode.h - what stands in the data of an event, by the shape that its type has (types.tbl).
 *
 * Decoding trusts nothing and proves nothing: whether the data was measured is in the event's
 * mark (eventlog.h). Layouts: TCG PC Client Platform Firmware Profile section 10.4; UEFI
 * specification sections 10 (device paths), 5.3 (GPT), 32.4.1 (signature lists: siglist.h).
 */
#ifndef EVIDENCE_EVENTLOG_DECODE_H
#define EVIDENCE_EVENTLOG_DECODE_H

#include "lib/base/buf.h"
#include "lib/evidence/eventlog/eventlog.h"

#define EFI_GUID_LEN 16
#define EFI_GUID_TEXT_MAX 37                    /* "8be4df61-93ca-11d2-aa0d-00e098032b8c" and NUL */
#define EFI_NAME_CHARS_MAX 1024                 /* UTF-16 units of a variable's name */
/* UTF-16 units of any other text: what is more is cut */
#define EFI_TEXT_CHARS_MAX 32768
#define EFI_PATH_NODES_MAX 64                   /* nodes of one device path */

void efi_guid_text(const uint8_t guid[EFI_GUID_LEN], char out[EFI_GUID_TEXT_MAX]);
/*
 * UTF-16LE up to a NUL or the end, as UTF-8; unpaired surrogates, control characters and an odd
 * byte become '?'.
 */
const char *efi_utf16_text(struct arena *a, struct rd in);      /* NULL: out of memory */
/* Bytes up to a NUL or the end, masked for people. */
const char *efi_ascii_text(struct arena *a, struct rd in);      /* NULL: out of memory */
/* Is this UTF-16LE name, without NUL, exactly the ASCII text? */
bool efi_name_is(struct rd utf16, const char *ascii);

/* UEFI_VARIABLE_DATA. */
struct efi_variable {
	uint8_t guid[EFI_GUID_LEN];
	struct rd name;                         /* UTF-16LE, no NUL */
	struct rd data;
	/* bytes that the lengths leave over: old shim's certificate */
	struct rd behind;
};
ATT_CHECK bool efi_variable_read(struct rd in, struct efi_variable *out, struct att_error *e);

/* UEFI_IMAGE_LOAD_EVENT. */
struct efi_image {
	uint64_t location, length, link_address;
	struct rd path;                         /* device path; may be empty */
};
ATT_CHECK bool efi_image_read(struct rd in, struct efi_image *out, struct att_error *e);
/*
 * UEFI_PLATFORM_FIRMWARE_BLOB and _BLOB2, EV_POST_CODE; a plain text has length 0 and the text as
 * its name.
 */
struct efi_blob {
	struct rd name;
	uint64_t base, length;
};
ATT_CHECK bool efi_blob_read(struct rd in, bool named, struct efi_blob *out, struct att_error *e);
/* EFI_GPT_DATA. */
struct efi_gpt {
	uint8_t disk_guid[EFI_GUID_LEN];
	uint64_t n;                             /* partitions */
	uint32_t entry_len;                     /* bytes of one of entries */
	/* type GUID, partition GUID, first and last LBA, attributes, name */
	struct rd entries;
};
ATT_CHECK bool efi_gpt_read(struct rd in, struct efi_gpt *out, struct att_error *e);
/* UEFI_HANDOFF_TABLE_POINTERS and _POINTERS2: how many tables. */
ATT_CHECK bool efi_tables_read(struct rd in, bool named, uint64_t *n, struct att_error *e);

/*
 * A device path as text, "PciRoot(0x0)/Pci(0x1,0x1)/HD(1,GPT,...)/\EFI\BOOT\BOOTX64.EFI"; never
 * fails on bad nodes.
 */
const char *efi_path_text(struct arena *a, struct rd path);     /* NULL: out of memory */

enum no_action_kind { NO_ACTION_OTHER, NO_ACTION_SPEC_ID, NO_ACTION_LOCALITY, NO_ACTION_SP800_155,
    NO_ACTION_VENDOR };

/* Loaders' strings in EV_IPL events. spec: tpm-eventlog §2.7 */
enum ipl_kind {
	IPL_OTHER,              /* a text of no known form: MOK names, file names */
	IPL_GRUB_CMD, IPL_KERNEL_CMDLINE, IPL_MODULE_CMDLINE,   /* GRUB, PCR 8: kind, then text */
	/* UTF-16: section names and command lines of systemd-stub and systemd-boot */
	IPL_WIDE
};
struct ipl_text {
	enum ipl_kind kind;
	bool no_colon;          /* an older spelling of the kind */
	bool has_nul;           /* one stands behind the text */
	struct rd text;         /* behind the kind, without NUL; IPL_WIDE: UTF-16LE without NUL */
};
struct ipl_text ipl_read(struct rd in);

/*
 * The tag of an EV_EVENT_TAG and what is behind its length, when the length is right for one tag.
 */
struct event_tag { uint32_t tag; struct rd data; };
ATT_CHECK bool event_tag_read(struct rd in, struct event_tag *out);
#define TAG_STUB_INITRD 0x8F3B22ECU     /* "Linux initrd" */
#define TAG_STUB_OPTIONS 0x8F3B22EDU    /* "LOADED_IMAGE::LoadOptions" */
/* one of the two labels of the Linux EFI stub */
bool event_tag_is_stub(const struct event_tag *t);

/* One event in one structure. */
struct eventlog_decoded {
	const struct eventlog_type_row *type;
	const char *text;                       /* one line for people; never NULL */
	enum no_action_kind no_action;          /* SHAPE_NO_ACTION */
	uint32_t separator;                     /* SHAPE_SEPARATOR */
	struct efi_variable variable;           /* SHAPE_VARIABLE */
	struct efi_image image;                 /* SHAPE_IMAGE */
	struct efi_blob blob;                   /* SHAPE_BLOB, SHAPE_BLOB2 */
	struct efi_gpt gpt;                     /* SHAPE_GPT */
	struct ipl_text ipl;                    /* SHAPE_IPL */
	uint64_t tables;                        /* SHAPE_TABLES, SHAPE_TABLES2 */
	/* the data has not the shape of the type: only text is set */
	bool malformed;
};
/* False only when memory runs out. */
ATT_CHECK bool eventlog_decode(const struct eventlog_event *ev, struct arena *a,
    struct eventlog_decoded *out,
    struct att_error *e);

#endif

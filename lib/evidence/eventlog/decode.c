#include "lib/evidence/eventlog/decode.h"

#include "lib/evidence/eventlog/parts.h"

#define SIGNATURE_LEN 16        /* "StartupLocality\0" and the like */
#define GPT_HEADER_LEN 92
#define GPT_ENTRY_MIN 48        /* two GUIDs, two block numbers */

static bool begins_with(struct rd in, const char *text, size_t n)
{
	return rd_left(&in) >= n && bytes_equal(rd_ptr(&in), text, n);
}

bool startup_locality(struct rd data, uint8_t *out)
{
	static const char signature[SIGNATURE_LEN] = "StartupLocality";

	return rd_left(&data) == SIGNATURE_LEN + 1 && begins_with(data, signature, SIGNATURE_LEN) &&
	    rd_skip(&data, SIGNATURE_LEN) && rd_u8(&data, out);
}

enum no_action_kind no_action_kind(struct rd data)
{
	static const struct { const char *text; size_t n; enum no_action_kind kind; } kinds[] = {
		{ "StartupLocality", 16, NO_ACTION_LOCALITY },
		{ "Spec ID Event", 13, NO_ACTION_SPEC_ID },
		{ "SP800-155 Event", 15, NO_ACTION_SP800_155 },
		{ "TCG VENDORINFO", 14, NO_ACTION_VENDOR },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (begins_with(data, kinds[i].text, kinds[i].n))
			return kinds[i].kind;
	return NO_ACTION_OTHER;
}

bool efi_variable_read(struct rd in, struct efi_variable *out, struct att_error *e)
{
	struct efi_variable t;
	uint64_t name_chars, data_len;

	if (!rd_copy(&in, t.guid, sizeof t.guid) || !rd_le64(&in, &name_chars) ||
	    !rd_le64(&in, &data_len))
		return att_fail(e, ATT_E_TRUNCATED, "variable: ends inside its header");
	if (name_chars > EFI_NAME_CHARS_MAX)
		return att_fail(e, ATT_E_LIMIT, "variable: name of %llu characters, at most %d",
		    (unsigned long long)name_chars, EFI_NAME_CHARS_MAX);
	if (!rd_take(&in, 2 * (size_t)name_chars, &t.name) || data_len > rd_left(&in) ||
	    !rd_take(&in, (size_t)data_len, &t.data))
		return att_fail(e, ATT_E_TRUNCATED,
		    "variable: name and data go past the end of the event");
	t.behind = in;
	*out = t;
	return true;
}

bool efi_image_read(struct rd in, struct efi_image *out, struct att_error *e)
{
	struct efi_image t;
	uint64_t path_len;

	if (!rd_le64(&in, &t.location) || !rd_le64(&in, &t.length) ||
	    !rd_le64(&in, &t.link_address) ||
	    !rd_le64(&in, &path_len))
		return att_fail(e, ATT_E_TRUNCATED, "image: ends inside its header");
	/* Old shim writes 41 bytes of which only the length of the structure is meant. */
	if (path_len > rd_left(&in) || !rd_take(&in, (size_t)path_len, &t.path))
		return att_fail(e, ATT_E_TRUNCATED,
		    "image: device path goes past the end of the event");
	*out = t;
	return true;
}

bool efi_blob_read(struct rd in, bool named, struct efi_blob *out, struct att_error *e)
{
	struct efi_blob t = { 0 };
	uint8_t name_len;

	t.name = rd_make(NULL, 0);
	if (named && (!rd_u8(&in, &name_len) || !rd_take(&in, name_len, &t.name)))
		return att_fail(e, ATT_E_TRUNCATED, "firmware blob: ends inside its name");
	if (!named && rd_left(&in) != 16) {
		t.name = in;
		*out = t;
		return true;
	}
	if (!rd_le64(&in, &t.base) || !rd_le64(&in, &t.length))
		return att_fail(e, ATT_E_TRUNCATED, "firmware blob: no base and length");
	*out = t;
	return true;
}

bool efi_tables_read(struct rd in, bool named, uint64_t *n, struct att_error *e)
{
	uint8_t name_len;

	if (named && (!rd_u8(&in, &name_len) || !rd_skip(&in, name_len)))
		return att_fail(e, ATT_E_TRUNCATED, "hand-off tables: end inside their name");
	if (!rd_le64(&in, n))
		return att_fail(e, ATT_E_TRUNCATED, "hand-off tables: no count");
	return true;
}

bool efi_gpt_read(struct rd in, struct efi_gpt *out, struct att_error *e)
{
	struct efi_gpt t = { 0 };
	struct rd header, at;

	if (!rd_take(&in, GPT_HEADER_LEN, &header) || !rd_le64(&in, &t.n))
		return att_fail(e, ATT_E_TRUNCATED, "partition table: ends inside its header");
	if (!rd_at(&header, 56, EFI_GUID_LEN, &at) || !rd_copy(&at, t.disk_guid, EFI_GUID_LEN) ||
	    !rd_at(&header, 84, 4, &at) || !rd_le32(&at, &t.entry_len) ||
	    !begins_with(header, "EFI PART", 8))
		return att_fail(e, ATT_E_BAD_FORMAT, "partition table: no GPT header");
	if (t.entry_len < GPT_ENTRY_MIN || t.n > rd_left(&in) / t.entry_len)
		return att_fail(e, ATT_E_TRUNCATED,
		    "partition table: %llu entries of %u bytes in %zu bytes",
		    (unsigned long long)t.n, t.entry_len, rd_left(&in));
	t.entries = in;
	*out = t;
	return true;
}

bool event_tag_read(struct rd in, struct event_tag *out)
{
	struct event_tag t;

	if (!rd_le32(&in, &t.tag) || !rd_le32_block(&in, &t.data) || !rd_empty(&in))
		return false;
	*out = t;
	return true;
}

bool event_tag_is_stub(const struct event_tag *t)
{
	return t->tag == TAG_STUB_INITRD || t->tag == TAG_STUB_OPTIONS;
}

/*
 * Each shape's decoder: fills its member and says the line for people; NULL: malformed, or no
 * memory.
 */
typedef const char *shape_fn(struct rd in, struct eventlog_decoded *d, struct arena *a);

static const char *malformed(struct eventlog_decoded *d)
{
	*d = (struct eventlog_decoded){ .type = d->type, .malformed = true };
	return NULL;
}

static const char *shape_raw(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	(void)d;
	return arena_printf(a, "%zu bytes", rd_left(&in));
}

static const char *shape_text(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	(void)d;
	return efi_ascii_text(a, in);
}

static const char *shape_version(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	(void)d;
	/* UTF-16 as the specification says, or a GUID as much firmware does. */
	if (rd_left(&in) == EFI_GUID_LEN && rd_ptr(&in)[1] != 0) {
		char guid[EFI_GUID_TEXT_MAX];
		efi_guid_text(rd_ptr(&in), guid);
		return arena_strdup(a, guid);
	}
	return efi_utf16_text(a, in);
}

static const char *shape_no_action(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	uint8_t locality;

	d->no_action = no_action_kind(in);
	if (startup_locality(in, &locality))
		return arena_printf(a, "StartupLocality %u", locality);
	return efi_ascii_text(a, in);
}

static const char *shape_separator(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	if (!rd_le32(&in, &d->separator))
		return malformed(d);
	return arena_printf(a, "0x%08x", d->separator);
}

static const char *shape_variable(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	char guid[EFI_GUID_TEXT_MAX];
	const char *name;

	if (!efi_variable_read(in, &d->variable, NULL))
		return malformed(d);
	efi_guid_text(d->variable.guid, guid);
	name = efi_utf16_text(a, d->variable.name);
	return name ? arena_printf(a, "%s-%s, %zu bytes", name, guid,
	    rd_left(&d->variable.data)) : NULL;
}

static const char *shape_image(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	return efi_image_read(in, &d->image, NULL) ? efi_path_text(a, d->image.path) : malformed(d);
}

static const char *blob_text(struct rd in, bool named, struct eventlog_decoded *d, struct arena *a)
{
	const char *name;

	if (!efi_blob_read(in, named, &d->blob, NULL))
		return malformed(d);
	name = efi_ascii_text(a, d->blob.name);
	if (!name || (!named && !rd_empty(&d->blob.name)))
		return name;
	return arena_printf(a, "%s%s0x%llx, 0x%llx bytes", name, *name ? " " : "",
	    (unsigned long long)d->blob.base, (unsigned long long)d->blob.length);
}

static const char *shape_blob(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	return blob_text(in, false, d, a);
}

static const char *shape_blob2(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	return blob_text(in, true, d, a);
}

static const char *shape_gpt(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	char guid[EFI_GUID_TEXT_MAX];

	if (!efi_gpt_read(in, &d->gpt, NULL))
		return malformed(d);
	efi_guid_text(d->gpt.disk_guid, guid);
	return arena_printf(a, "disk %s, %llu partitions", guid, (unsigned long long)d->gpt.n);
}

static const char *shape_ipl(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	d->ipl = ipl_read(in);
	return d->ipl.kind == IPL_WIDE ? efi_utf16_text(a, d->ipl.text) : efi_ascii_text(a, in);
}

static const char *shape_tag(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	struct event_tag t;

	(void)d;
	if (!event_tag_read(in, &t))
		return shape_raw(in, d, a);
	if (event_tag_is_stub(&t))
		return efi_ascii_text(a, t.data);
	return arena_printf(a, "tag 0x%08x, %zu bytes", t.tag, rd_left(&t.data));
}

static const char *tables_text(struct rd in, bool named, struct eventlog_decoded *d,
    struct arena *a)
{
	if (!efi_tables_read(in, named, &d->tables, NULL))
		return malformed(d);
	return arena_printf(a, "%llu tables", (unsigned long long)d->tables);
}

static const char *shape_tables(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	return tables_text(in, false, d, a);
}

static const char *shape_tables2(struct rd in, struct eventlog_decoded *d, struct arena *a)
{
	return tables_text(in, true, d, a);
}

bool eventlog_decode(const struct eventlog_event *ev, struct arena *a, struct eventlog_decoded *out,
    struct att_error *e)
{
	static shape_fn *const shapes[] = {
		[SHAPE_RAW] = shape_raw, [SHAPE_BLOB] = shape_blob, [SHAPE_BLOB2] = shape_blob2,
		[SHAPE_NO_ACTION] = shape_no_action, [SHAPE_SEPARATOR] = shape_separator,
		[SHAPE_TEXT] = shape_text,
		[SHAPE_TAG] = shape_tag, [SHAPE_VERSION] = shape_version, [SHAPE_IPL] = shape_ipl,
		[SHAPE_VARIABLE] = shape_variable, [SHAPE_IMAGE] = shape_image,
		[SHAPE_GPT] = shape_gpt,
		[SHAPE_TABLES] = shape_tables, [SHAPE_TABLES2] = shape_tables2,
	};

	*out = (struct eventlog_decoded){ .type = eventlog_type(ev->type) };
	out->text = shapes[out->type->shape](ev->data, out, a);
	if (out->malformed)
		out->text = shape_raw(ev->data, out, a);
	return out->text ? true : arena_fail(a, e);
}

/* text.c - GUIDs, UTF-16 and loader strings to text for people. */
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "lib/evidence/eventlog/parts.h"

#define ACTION_MAX 128          /* bytes of an action's text */

void efi_guid_text(const uint8_t guid[EFI_GUID_LEN], char out[EFI_GUID_TEXT_MAX])
{
	/* The first three fields are stored little-endian. */
	static const uint8_t order[EFI_GUID_LEN] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13,
	    14, 15 };
	char *p = out;

	for (size_t i = 0; i < EFI_GUID_LEN; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		(void)snprintf(p, 3, "%02x", guid[order[i]]);
		p += 2;
	}
}

static void put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		buf_char(b, '?');
	else if (c < 0x80)
		buf_char(b, (char)c);
	else if (c < 0x800)
		buf_fmt(b, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	else if (c < 0x10000)
		buf_fmt(b, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)),
		    (int)(0x80 | (c & 0x3f)));
	else
		buf_fmt(b, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)),
		    (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

/* The second half of a surrogate pair that u begins, or u itself. */
static uint32_t join_surrogates(uint16_t u, struct rd *in)
{
	struct rd ahead = *in;
	uint16_t low;

	if (u < 0xd800 || u >= 0xdc00 || !rd_le16(&ahead, &low) || low < 0xdc00 || low >= 0xe000)
		return u;
	*in = ahead;
	return 0x10000 + ((uint32_t)(u - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

const char *efi_utf16_text(struct arena *a, struct rd in)
{
	struct buf b = buf_make(a);
	uint16_t u;

	buf_str(&b, "");
	for (size_t n = 0; n < EFI_TEXT_CHARS_MAX && rd_le16(&in, &u) && u != 0; n++)
		put_utf8(&b, join_surrogates(u, &in));
	if (rd_left(&in) == 1)
		buf_char(&b, '?');
	return buf_ok(&b, NULL) ? b.p : NULL;
}

const char *efi_ascii_text(struct arena *a, struct rd in)
{
	size_t n = rd_left(&in);
	char *s;

	if (n > EFI_TEXT_CHARS_MAX)
		n = EFI_TEXT_CHARS_MAX;
	s = arena_strndup(a, (const char *)rd_ptr(&in), n);
	if (s)
		utf8_mask(s);
	return s;
}

bool efi_name_is(struct rd utf16, const char *ascii)
{
	uint16_t u;

	for (; *ascii; ascii++)
		if (!rd_le16(&utf16, &u) || u != (unsigned char)*ascii)
			return false;
	return rd_empty(&utf16);
}

bool is_action_text(struct rd in)
{
	size_t n = rd_left(&in);
	uint8_t b;

	while (n <= ACTION_MAX && rd_u8(&in, &b))
		if (b < ' ' || b > '~')
			return false;
	return n > 0 && n <= ACTION_MAX;
}

/* GRUB's kinds, the usual spelling first. spec: tpm-eventlog §2.7 */
static const struct { const char *prefix; enum ipl_kind kind; bool no_colon; } prefixes[] = {
	{ "grub_cmd: ", IPL_GRUB_CMD, false },
	{ "kernel_cmdline: ", IPL_KERNEL_CMDLINE, false },
	{ "module_cmdline: ", IPL_MODULE_CMDLINE, false },
	{ "grub_cmd ", IPL_GRUB_CMD, true },
	{ "kernel_cmdline ", IPL_KERNEL_CMDLINE, true },
	{ "grub_kernel_cmdline ", IPL_KERNEL_CMDLINE, true },
	{ "module_cmdline ", IPL_MODULE_CMDLINE, true },
};

static struct rd without_nul(struct rd in, size_t unit)
{
	struct rd head;

	if (rd_left(&in) >= unit && bytes_zero(rd_ptr(&in) + rd_left(&in) - unit, unit) &&
	    rd_take(&in, rd_left(&in) - unit, &head))
		return head;
	return in;
}

/*
 * Even length, ends with NUL, and begins with a character of the first 256: nobody writes wide
 * names otherwise.
 */
static bool looks_wide(struct rd in)
{
	const uint8_t *p = rd_ptr(&in);
	size_t n = rd_left(&in);

	return n >= 4 && n % 2 == 0 && p[1] == 0 && p[0] != 0 && p[n - 1] == 0 && p[n - 2] == 0;
}

struct ipl_text ipl_read(struct rd in)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		size_t n = strlen(prefixes[i].prefix);
		struct rd rest = in, text;

		if (!rd_skip(&rest, n) || !bytes_equal(rd_ptr(&in), prefixes[i].prefix, n))
			continue;
		text = without_nul(rest, 1);
		return (struct ipl_text){ .kind = prefixes[i].kind, .no_colon = prefixes[i].no_colon,
			.has_nul = rd_left(&text) < rd_left(&rest), .text = text };
	}
	if (looks_wide(in))
		return (struct ipl_text){ .kind = IPL_WIDE, .text = without_nul(in, 2) };
	return (struct ipl_text){ .kind = IPL_OTHER, .text = without_nul(in, 1) };
}

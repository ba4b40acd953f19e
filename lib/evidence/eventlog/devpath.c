/* devpath.c - UEFI device paths to text. spec: UEFI specification section 10 */
#include "lib/evidence/eventlog/parts.h"

#define NODE_HEADER 4
#define PATH_END 0x7f

/* A node's body to text; false when the body is too short: then it is printed as bytes. */
typedef bool node_fn(struct buf *b, struct rd body, struct arena *a);

static bool put_pci(struct buf *b, struct rd body, struct arena *a)
{
	uint8_t function, device;

	(void)a;
	if (!rd_u8(&body, &function) || !rd_u8(&body, &device))
		return false;
	buf_fmt(b, "Pci(0x%x,0x%x)", device, function);
	return true;
}

static bool put_acpi(struct buf *b, struct rd body, struct arena *a)
{
	uint32_t hid, uid;

	(void)a;
	if (!rd_le32(&body, &hid) || !rd_le32(&body, &uid))
		return false;
	if (hid == 0x0a0341d0 || hid == 0x0a0841d0)     /* PNP0A03, PNP0A08 */
		buf_fmt(b, "PciRoot(0x%x)", uid);
	else
		buf_fmt(b, "Acpi(0x%08x,0x%x)", hid, uid);
	return true;
}

static bool put_two_16(struct buf *b, struct rd body, const char *name)
{
	uint16_t x, y;

	if (!rd_le16(&body, &x) || !rd_le16(&body, &y))
		return false;
	buf_fmt(b, "%s(0x%x,0x%x)", name, x, y);
	return true;
}

static bool put_scsi(struct buf *b, struct rd body, struct arena *a)
{
	(void)a;
	return put_two_16(b, body, "Scsi");
}

static bool put_sata(struct buf *b, struct rd body, struct arena *a)
{
	(void)a;
	return put_two_16(b, body, "Sata");
}

static bool put_usb(struct buf *b, struct rd body, struct arena *a)
{
	uint8_t port, interface;

	(void)a;
	if (!rd_u8(&body, &port) || !rd_u8(&body, &interface))
		return false;
	buf_fmt(b, "USB(0x%x,0x%x)", port, interface);
	return true;
}

static bool put_nvme(struct buf *b, struct rd body, struct arena *a)
{
	uint32_t id;

	(void)a;
	if (!rd_le32(&body, &id))
		return false;
	buf_fmt(b, "NVMe(0x%x)", id);
	return true;
}

static bool put_mac(struct buf *b, struct rd body, struct arena *a)
{
	uint8_t mac[6];

	(void)a;
	if (!rd_copy(&body, mac, sizeof mac))
		return false;
	buf_fmt(b, "MAC(%02x%02x%02x%02x%02x%02x)", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return true;
}

static bool put_uri(struct buf *b, struct rd body, struct arena *a)
{
	const char *s = efi_ascii_text(a, body);

	buf_fmt(b, "Uri(%s)", s ? s : "");
	return true;
}

static bool put_guid(struct buf *b, struct rd body, const char *name)
{
	uint8_t guid[EFI_GUID_LEN];
	char text[EFI_GUID_TEXT_MAX];

	if (!rd_copy(&body, guid, sizeof guid))
		return false;
	efi_guid_text(guid, text);
	buf_fmt(b, "%s(%s)", name, text);
	return true;
}

static bool put_vendor(struct buf *b, struct rd body, struct arena *a)
{
	(void)a;
	return put_guid(b, body, "Vendor");
}

static bool put_fv(struct buf *b, struct rd body, struct arena *a)
{
	(void)a;
	return put_guid(b, body, "Fv");
}

static bool put_fv_file(struct buf *b, struct rd body, struct arena *a)
{
	(void)a;
	return put_guid(b, body, "FvFile");
}

static bool put_disk(struct buf *b, struct rd body, struct arena *a)
{
	uint32_t partition;
	uint64_t start, size;
	struct rd signature;
	char guid[EFI_GUID_TEXT_MAX];
	uint8_t format, kind;

	(void)a;
	if (!rd_le32(&body, &partition) || !rd_le64(&body, &start) || !rd_le64(&body, &size) ||
	    !rd_take(&body, EFI_GUID_LEN, &signature) || !rd_u8(&body, &format) ||
	    !rd_u8(&body, &kind))
		return false;
	efi_guid_text(rd_ptr(&signature), guid);
	buf_fmt(b, "HD(%u,%s,%s,0x%llx,0x%llx)", partition, kind == 2 ? "GPT" : "MBR", guid,
	    (unsigned long long)start, (unsigned long long)size);
	return true;
}

static bool put_cdrom(struct buf *b, struct rd body, struct arena *a)
{
	uint32_t entry;

	(void)a;
	if (!rd_le32(&body, &entry))
		return false;
	buf_fmt(b, "CDROM(0x%x)", entry);
	return true;
}

static bool put_file(struct buf *b, struct rd body, struct arena *a)
{
	const char *s = efi_utf16_text(a, body);

	buf_str(b, s ? s : "");
	return true;
}

static bool put_offset(struct buf *b, struct rd body, struct arena *a)
{
	uint64_t start, end;

	(void)a;
	if (!rd_skip(&body, 4) || !rd_le64(&body, &start) || !rd_le64(&body, &end))
		return false;
	buf_fmt(b, "Offset(0x%llx,0x%llx)", (unsigned long long)start, (unsigned long long)end);
	return true;
}

static const struct { uint8_t type, subtype; node_fn *put; } nodes[] = {
	{ 0x01, 0x01, put_pci }, { 0x01, 0x04, put_vendor },
	{ 0x02, 0x01, put_acpi },
	{ 0x03, 0x02, put_scsi }, { 0x03, 0x05, put_usb }, { 0x03, 0x0a, put_vendor },
	    { 0x03, 0x0b, put_mac },
	{ 0x03, 0x12, put_sata }, { 0x03, 0x17, put_nvme }, { 0x03, 0x18, put_uri },
	{ 0x04, 0x01, put_disk }, { 0x04, 0x02, put_cdrom }, { 0x04, 0x03, put_vendor },
	    { 0x04, 0x04, put_file },
	{ 0x04, 0x06, put_fv_file }, { 0x04, 0x07, put_fv }, { 0x04, 0x08, put_offset },
};

static void put_node(struct buf *b, uint8_t type, uint8_t subtype, struct rd body, struct arena *a)
{
	for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
		if (nodes[i].type == type && nodes[i].subtype == subtype &&
		    nodes[i].put(b, body, a))
			return;
	buf_fmt(b, "Path(%u,%u,%zu bytes)", type, subtype, rd_left(&body));
}

const char *efi_path_text(struct arena *a, struct rd path)
{
	struct buf b = buf_make(a);
	uint8_t type, subtype;
	uint16_t len;
	struct rd body;

	buf_str(&b, "");
	for (size_t n = 0; !rd_empty(&path); n++) {
		if (n == EFI_PATH_NODES_MAX || !rd_u8(&path, &type) || !rd_u8(&path, &subtype) ||
		    !rd_le16(&path, &len) || len < NODE_HEADER ||
		    !rd_take(&path, len - (size_t)NODE_HEADER, &body)) {
			buf_str(&b, "?");
			break;
		}
		if (type == PATH_END && subtype == 0xff)
			break;
		if (type == PATH_END) {
			buf_char(&b, ',');      /* the end of one of several paths */
			continue;
		}
		if (b.len && b.p[b.len - 1] != ',')
			buf_char(&b, '/');
		put_node(&b, type, subtype, body, a);
	}
	return buf_ok(&b, NULL) ? b.p : NULL;
}

#include "server/ipc/frame.h"

static bool frame_fields(struct rd *in, struct frame *f, uint16_t *op)
{
	uint16_t version;

	return rd_le16(in, &version) && version == FRAME_VERSION && rd_le16(in, op) &&
	    rd_le32(in, &f->provider) && rd_le64(in, &f->id) && rd_le32(in, &f->payload_len) &&
	    rd_le32(in, &f->flags);
}

bool frame_header(struct rd *in, struct frame *out, struct att_error *e)
{
	struct frame f = { 0 };
	struct rd r = *in;
	const struct ipc_row *row;
	uint16_t op = 0;

	if (!frame_fields(&r, &f, &op))
		return att_fail(e, ATT_E_BAD_FORMAT, "message: no header of version %u in %zu bytes",
		    FRAME_VERSION, rd_left(in));
	row = ipc_row(op);
	if (!row)
		return att_fail(e, ATT_E_BAD_FORMAT, "message: op %u is unknown", op);
	if (f.payload_len > row->payload_max)
		return att_fail(e, ATT_E_LIMIT, "message %s: %u payload bytes, at most %zu",
		    row->name, f.payload_len, row->payload_max);
	if (f.flags & ~FRAME_IN_MEMFD)
		return att_fail(e, ATT_E_BAD_FORMAT, "message %s: flags %u", row->name, f.flags);
	if (rd_left(&r) != (f.flags & FRAME_IN_MEMFD ? 0 : f.payload_len))
		return att_fail(e, ATT_E_BAD_FORMAT, "message %s: %zu bytes follow the header, want %u",
		    row->name, rd_left(&r), f.payload_len);
	f.op = (enum ipc_op)op;
	*out = f;
	*in = r;
	return true;
}

bool frame_blocks(struct rd payload, struct frame *f, struct att_error *e)
{
	const struct ipc_row *row = ipc_row(f->op);

	for (unsigned i = 0; i < row->nblocks; i++)
		if (!rd_le32_block(&payload, &f->block[i]))
			return att_fail(e, ATT_E_TRUNCATED,
			    "message %s: block %u does not end inside the message",
			    row->name, i);
	if (!rd_empty(&payload))
		return att_fail(e, ATT_E_BAD_FORMAT, "message %s: %zu bytes after the last block",
		    row->name, rd_left(&payload));
	return true;
}

bool frame_parse(struct rd in, struct frame *out, struct att_error *e)
{
	struct frame f;

	if (!frame_header(&in, &f, e))
		return false;
	if (f.flags & FRAME_IN_MEMFD)
		return att_fail(e, ATT_E_BAD_FORMAT, "message: a descriptor is announced, none came");
	if (!frame_blocks(in, &f, e))
		return false;
	*out = f;
	return true;
}

static uint8_t *put_le(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
	return p + n;
}

void frame_write_header(const struct frame *f, uint8_t out[FRAME_HEADER])
{
	uint8_t *p = put_le(out, FRAME_VERSION, 2);

	p = put_le(p, f->op, 2);
	p = put_le(p, f->provider, 4);
	p = put_le(p, f->id, 8);
	p = put_le(p, f->payload_len, 4);
	(void)put_le(p, f->flags, 4);
}

bool frame_text(struct rd block, char *out, size_t max)
{
	size_t n = rd_left(&block);

	if (n >= max)
		return false;
	for (size_t i = 0; i < n; i++)
		if (rd_ptr(&block)[i] == 0)
			return false;
	bytes_copy(out, rd_ptr(&block), n);
	out[n] = 0;
	return true;
}

/*
 * frame.h - the form of one message between roles.
 *
 * Header, little-endian: u16 version (1), u16 op, u32 provider, u64 id, u32 payload length, u32 flags; then
 * the payload, or, with FRAME_IN_MEMFD, nothing (the payload is the content of the descriptor that travels
 * along). A payload is the number of le32-length-prefixed blocks that its row in message_table.h states,
 * and nothing else.
 */
#ifndef SERVER_IPC_FRAME_H
#define SERVER_IPC_FRAME_H

#include "lib/base/rd.h"
#include "server/ipc/message_table.h"

#define FRAME_HEADER 24u
#define FRAME_VERSION 1u
#define FRAME_IN_MEMFD 1u

struct frame {
	enum ipc_op op;
	uint32_t provider;              /* index of the provider the message is about */
	uint64_t id;                    /* chosen by the asking side, repeated in the answer */
	uint32_t flags;
	uint32_t payload_len;
	struct rd block[BLOCKS_MAX];    /* borrowed; ipc_row(op)->nblocks of them, after frame_blocks() */
};

/*
 * Reads the header; the reader then stands at the payload.  Refuses unknown ops, versions, flags and excess
 * lengths.
 */
ATT_CHECK bool frame_header(struct rd *in, struct frame *out, struct att_error *e);
/* Splits the payload into the blocks of the op's row: exactly that many, nothing behind them. */
ATT_CHECK bool frame_blocks(struct rd payload, struct frame *f, struct att_error *e);
/* Both steps for a whole message that is not in a memfd. */
ATT_CHECK bool frame_parse(struct rd in, struct frame *out, struct att_error *e);
/* Writes the header of f (op, provider, id, flags, payload_len). */
void frame_write_header(const struct frame *f, uint8_t out[FRAME_HEADER]);
/* A block as NUL-free text of at most max-1 bytes into out; false when longer or with a NUL inside. */
ATT_CHECK bool frame_text(struct rd block, char *out, size_t max);

#endif

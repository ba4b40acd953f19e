#include "server/ipc/message_table.h"

static const struct ipc_row rows[OP_COUNT] = {
#define X(n, l, s, max, blocks, fd) [OP_##n] = { #n, l, s, max, blocks, fd },
	IPC_MESSAGES(X)
#undef X
};

const struct ipc_row *ipc_row(unsigned op)
{
	return op > OP_NONE && op < OP_COUNT ? &rows[op] : NULL;
}

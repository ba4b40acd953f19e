/*
 * message_table.h - every message between roles: number, link, direction, largest payload.
 *
 * A link is one socketpair between two roles; its asking side sends requests, the other side answers.  What
 * a side may receive on a link is decided by this table and nothing else: a message outside it is never
 * handed to a role. Payloads are le32-length-prefixed blocks; their number is part of the row.
 */
#ifndef SERVER_IPC_MESSAGE_TABLE_H
#define SERVER_IPC_MESSAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_kind {
	LINK_CONTROL,           /* asks: parent          answers: any role */
	LINK_WORK,              /* asks: front           answers: a verify worker */
	LINK_SIGN,              /* asks: verify worker   answers: signer */
	LINK_MANAGE,            /* asks: front           answers: signer */
	LINK_FETCH              /* asks: front           answers: fetch */
};
enum link_side { SIDE_ASKS, SIDE_ANSWERS };

#define KIB ((size_t)1024)
#define MIB (KIB * KIB)
#define BLOCKS_MAX 14

/*
 * X(name, link, side that SENDS it, payload bytes at most, blocks, carries a descriptor)
 * Control messages.
 *   CONFIG    configuration,
     role facts                       CHANNEL   channel facts + the end of a socketpair
 *   BUNDLE    endorsements, extra anchors (lists of blocks)   DRAIN     finish what is in flight and exit
 *   READY     role is in its sandbox and serves               STUCK     front: kill this worker (its id)
 *   SPENT     front: replace this worker (its id), it served enough
 *   REFERENCE reference values of measured boot, to a worker, before BUNDLE
 *   EK_ROOTS  certificates that endorsement keys must chain to, to a worker, behind REFERENCE
 *   SIGNERS   policy-signing certificates of the configuration, to the front
 *   FETCHER   the front's end of the channel to the fetch role
 *   SOURCE_KEYS  API keys, to the fetch role
 * The payloads are described in messages.h.
 */
#define IPC_MESSAGES(X) \
	X(CONFIG,      LINK_CONTROL, SIDE_ASKS,    4 * MIB,   2, false) \
	X(CHANNEL,     LINK_CONTROL, SIDE_ASKS,    KIB,       1, true) \
	X(BUNDLE,      LINK_CONTROL, SIDE_ASKS,    64 * MIB,  2, false) \
	X(REFERENCE,   LINK_CONTROL, SIDE_ASKS,    128 * MIB, 6, false) \
	X(EK_ROOTS,    LINK_CONTROL, SIDE_ASKS,    5 * MIB,   1, false) \
	X(SIGNERS,     LINK_CONTROL, SIDE_ASKS,    4 * MIB,   1, false) \
	X(FETCHER,     LINK_CONTROL, SIDE_ASKS,    0,         0, true) \
	X(SOURCE_KEYS, LINK_CONTROL, SIDE_ASKS,    64 * KIB,  1, false) \
	X(DRAIN,       LINK_CONTROL, SIDE_ASKS,    0,         0, false) \
	X(READY,       LINK_CONTROL, SIDE_ANSWERS, 0,         0, false) \
	X(STUCK,       LINK_CONTROL, SIDE_ANSWERS, 0,         0, false) \
	X(SPENT,       LINK_CONTROL, SIDE_ANSWERS, 0,         0, false) \
	X(PING,        LINK_WORK,    SIDE_ASKS,    0,         0, false) \
	X(POLICIES,    LINK_WORK,    SIDE_ASKS,    64 * MIB,  1, false) \
	X(ATTEST,      LINK_WORK,    SIDE_ASKS,    40 * MIB,  7, false) \
	X(JUDGE,       LINK_WORK,    SIDE_ASKS,    64 * MIB,  3, false) \
	X(FORGET,      LINK_WORK,    SIDE_ASKS,    0,         0, false) \
	X(MANAGE,      LINK_WORK,    SIDE_ASKS,    8 * MIB,   8, false) \
	X(PONG,        LINK_WORK,    SIDE_ANSWERS, 0,         0, false) \
	X(ANSWER,      LINK_WORK,    SIDE_ANSWERS, 64 * MIB, 12, false) \
	X(MANAGED,     LINK_WORK,    SIDE_ANSWERS, 16 * MIB, 14, false) \
	X(NEED,        LINK_WORK,    SIDE_ANSWERS, 64 * KIB,  1, false) \
	X(JUDGED,      LINK_WORK,    SIDE_ANSWERS, 64 * MIB,  2, false) \
	X(SIGN,        LINK_SIGN,    SIDE_ASKS,    32 * MIB,  2, false) \
	X(SEAL,        LINK_SIGN,    SIDE_ASKS,    64 * KIB,  2, false) \
	X(OPEN,        LINK_SIGN,    SIDE_ASKS,    64 * KIB,  2, false) \
	X(ENROL_CA,    LINK_SIGN,    SIDE_ASKS,    0,         0, false) \
	X(ENROL_ISSUE, LINK_SIGN,    SIDE_ASKS,    64 * KIB,  2, false) \
	X(SIGNED,      LINK_SIGN,    SIDE_ANSWERS, 64 * MIB,  2, false) \
	X(JWKS,        LINK_MANAGE,  SIDE_ASKS,    0,         0, false) \
	X(OPENID,      LINK_MANAGE,  SIDE_ASKS,    0,         0, false) \
	X(SIGN_RESULT, LINK_MANAGE,  SIDE_ASKS,    4 * MIB,   1, false) \
	X(DOCUMENT,    LINK_MANAGE,  SIDE_ANSWERS, 8 * MIB,   2, false) \
	X(FETCH,       LINK_FETCH,   SIDE_ASKS,    4 * KIB,   5, false) \
	X(FETCHED,     LINK_FETCH,   SIDE_ANSWERS, 32 * MIB,  5, false)

enum ipc_op {
	OP_NONE,
#define X(name, link, side, max, blocks, fd) OP_##name,
	IPC_MESSAGES(X)
#undef X
	OP_COUNT
};

struct ipc_row {
	const char *name;
	enum link_kind link;
	enum link_side sender;
	size_t payload_max;
	unsigned nblocks;
	bool has_fd;
};
/* NULL for numbers outside the table. */
const struct ipc_row *ipc_row(unsigned op);

#endif

/* fuzz_ipc.c - messages between roles: parsed and written again, the same bytes; a failure has a cause. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "server/ipc/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static bool read_contents(struct arena *a, const struct frame *f, struct att_error *e)
{
	union { struct role_facts facts; struct blob_list list; struct answer answer; } out;
	struct manage manage;
	struct managed managed;

	return (f->op != OP_CONFIG || facts_decode(a, f->block[1], &out.facts, e)) &&
	    (f->op != OP_BUNDLE || blobs_decode(a, f->block[0], &out.list, e)) &&
	    (f->op != OP_ANSWER || answer_decode(f, &out.answer, e)) &&
	    (f->op != OP_MANAGE || manage_decode(f, &manage, e)) &&
	    (f->op != OP_MANAGED || managed_decode(f, &managed, e));
}

static void contents(const struct frame *f)
{
	struct arena *a = arena_new(MIB);
	struct att_error e = { 0 };
	char text[64];

	assert(!a || read_contents(a, f, &e) == (e.code == ATT_E_OK));
	if (f->op == OP_ATTEST && frame_text(f->block[0], text, sizeof text))
		assert(rd_left(&f->block[0]) < sizeof text);
	arena_free(a);
}

static void same_again(const struct frame *f, const uint8_t *data, size_t size)
{
	uint8_t header[FRAME_HEADER];
	size_t n = FRAME_HEADER;
	frame_write_header(f, header);
	assert(size >= FRAME_HEADER && bytes_equal(header, data, FRAME_HEADER));
	for (unsigned i = 0; i < ipc_row(f->op)->nblocks; i++) {
		size_t len = rd_left(&f->block[i]);
		assert(rd_ptr(&f->block[i]) == data + n + 4);
		n += 4 + len;
	}
	assert(n == size);
	contents(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct att_error e = { 0 };
	struct frame f;
	bool ok = frame_parse(rd_make(data, size), &f, &e);

	assert(ok == (e.code == ATT_E_OK));
	if (ok)
		same_again(&f, data, size);
	return 0;
}

/*
 * fuzz_need.c - what a worker says of endorsements: NEED when the first byte is even, JUDGED when it is odd.
 * A failure has a cause; what is read fits where it is kept.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "server/collateral/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(struct rd in)
{
	static struct collateral_wait w;
	struct att_error e = { 0 };

	memset(&w, 0, sizeof w);
	assert(needs_read(&w, in, &e) == (e.code == ATT_E_OK));
	assert(w.nneeds <= COLLATERAL_NEEDS_MAX);
	for (size_t i = 0; i < w.nneeds; i++) {
		assert(memchr(w.need[i].name.key, 0, sizeof w.need[i].name.key));
		assert(w.need[i].wait == &w && w.need[i].state == NEED_OPEN);
	}
}

static void judged(struct rd in)
{
	struct arena *a = arena_new(MIB);
	struct frame f = { .op = OP_JUDGED, .block = { rd_make("", 0), in } };
	struct judged_list list;
	struct att_error e = { 0 };

	if (!a)
		return;
	if (judged_decode(a, &f, &list, &e))
		for (size_t i = 0; i < list.n; i++)
			assert(strlen(list.item[i].is.kind) < COLLATERAL_KIND_MAX &&
			    strlen(list.item[i].is.key) < COLLATERAL_KEY_MAX && list.item[i].is.fault);
	else
		assert(e.code != ATT_E_OK);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = rd_make(data, size);
	uint8_t which;

	if (!rd_u8(&in, &which))
		return 0;
	if (which & 1)
		judged(in);
	else
		need(in);
	return 0;
}

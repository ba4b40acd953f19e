/*
 * Property: whatever is in an event, each decoder ends, stays inside the data, and yields a text;
 * what it refuses has its error set.  The first four bytes are the type of the event.
 */
#include <assert.h>

#include "lib/evidence/eventlog/secureboot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const struct rd *part, const struct rd *whole)
{
	if (rd_empty(part))
		return;
	assert(rd_ptr(part) >= rd_ptr(whole));
	assert(rd_ptr(part) + rd_left(part) <= rd_ptr(whole) + rd_left(whole));
}

static void every_reader(struct rd in)
{
	struct att_error e = { 0 };
	struct efi_variable v;
	struct efi_image im;
	struct efi_blob blob;
	struct efi_gpt gpt;
	struct ipl_text t = ipl_read(in);
	struct sbat s;

	inside(&t.text, &in);
	assert(efi_variable_read(in, &v, &e) == (e.code == ATT_E_OK));
	att_error_clear(&e);
	assert(efi_image_read(in, &im, &e) == (e.code == ATT_E_OK));
	att_error_clear(&e);
	assert(efi_blob_read(in, true, &blob, &e) == (e.code == ATT_E_OK));
	att_error_clear(&e);
	assert(efi_gpt_read(in, &gpt, &e) == (e.code == ATT_E_OK));
	assert(e.code != ATT_E_OK || gpt.n * gpt.entry_len <= rd_left(&in));
	sbat_parse(in, &s);
	assert(s.n <= SBAT_ROWS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(((size_t)1 << 20) + 64 * size);
	struct eventlog_event ev = { .data = rd_make(data, size) };
	struct eventlog_decoded d;

	if (rd_le32(&ev.data, &ev.type) && eventlog_decode(&ev, a, &d, NULL)) {
		assert(d.text && d.type);
		inside(&d.variable.data, &ev.data);
		inside(&d.image.path, &ev.data);
		assert(efi_path_text(a, ev.data) || arena_hit_limit(a));
	}
	every_reader(ev.data);
	arena_free(a);
	return 0;
}

/*
 * The files of the section measured_boot: read here, because nobody else may open files, and tried once, so
 * that a daemon whose workers could not use them does not start, and a running one keeps what it has.
 */
#include <string.h>

#include "lib/base/buf.h"
#include "server/datadir/datadir.h"
#include "server/log/log.h"
#include "server/parent/parent.h"
#include "server/worker/reference.h"

#define FILES_MAX_BYTES (127 * MIB)     /* all together: they travel in one message */

struct list {
	const char *key;
	char *const *path;
	unsigned n;
};

static bool put_files(const struct list *l, const struct secret *content, struct arena *a, struct block *out,
    struct att_error *e)
{
	size_t size = 0, at = 0;
	uint8_t *p;

	for (unsigned i = 0; i < l->n; i++)
		size += 4 + content[i].len;
	p = arena_alloc(a, size ? size : 1);
	if (!p)
		return arena_fail(a, e);
	for (unsigned i = 0; i < l->n; i++) {
		for (unsigned k = 0; k < 4; k++)
			p[at++] = (uint8_t)(content[i].len >> (8 * k));
		bytes_copy(p + at, content[i].p, content[i].len);
		at += content[i].len;
	}
	*out = (struct block){ p, size };
	return true;
}

/* left: bytes that may still come. */
static bool read_list(const struct list *l, struct arena *a, size_t *left, struct block *out,
    struct att_error *e)
{
	struct secret *content = arena_array(a, l->n ? l->n : 1, sizeof *content);
	unsigned n = 0;
	bool ok = content || arena_fail(a, e);

	for (; ok && n < l->n; n++) {
		ok = file_read(l->path[n], *left, &content[n], e) || att_within(e, "%s", l->key);
		if (ok)
			*left -= content[n].len;
	}
	ok = ok && put_files(l, content, a, out, e);
	for (unsigned i = 0; i < n; i++)
		secret_clear(&content[i]);
	return ok;
}

/* All together were refused; which file is it?  None alone: the text that stands in *e says enough. */
static bool blame(const struct list *lists, const struct block *all, struct att_error *e)
{
	struct att_error own = { 0 };

	for (unsigned i = 0; i < REFERENCE_BLOCKS; i++) {
		const uint8_t *at = all[i].p;

		for (unsigned k = 0; k < lists[i].n; k++) {
			struct block one[REFERENCE_BLOCKS] = { 0 };
			size_t n = 4;

			for (unsigned b = 0; b < 4; b++)
				n += (size_t)at[b] << (8 * b);
			one[i] = (struct block){ at, n };
			at += n;
			if (reference_check(one, &own))
				continue;
			*e = own;
			return att_within(e, "%s: %s", lists[i].key, lists[i].path[k]);
		}
	}
	return att_within(e, "measured_boot");
}

bool measured_boot_read(const struct config *c, struct arena *a, struct block out[REFERENCE_BLOCKS],
    struct att_error *e)
{
	const __typeof__(c->measured_boot) *m = &c->measured_boot;
	char *const sbat[] = { m->sbat };
	const struct list lists[REFERENCE_BLOCKS] = {
#define LIST(number, name) [number] = { "measured_boot." #name, m->name, m->name##_count }
		LIST(REFERENCE_SECUREBOOT_KEYS, secureboot_keys),
		LIST(REFERENCE_DBX, dbx),
		[REFERENCE_SBAT] = { "measured_boot.sbat", sbat, m->sbat != NULL },
		LIST(REFERENCE_CODE_SIGNERS, code_signers),
		LIST(REFERENCE_CODE_DIGESTS, code_digests),
		LIST(REFERENCE_AK_NAMES, ak_names),
#undef LIST
	};
	size_t left = FILES_MAX_BYTES;
	unsigned files = 0;

	for (unsigned i = 0; i < REFERENCE_BLOCKS; i++) {
		if (!read_list(&lists[i], a, &left, &out[i], e))
			return false;
		files += lists[i].n;
	}
	if (files == 0)
		return true;
	if (!reference_check(out, e))
		return blame(lists, out, e);
	log_event(LOG_INFO, "measured-boot.read", "files", "%u", files, "bytes", "%zu",
	    FILES_MAX_BYTES - left, NULL);
	return true;
}

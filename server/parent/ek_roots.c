/* The files of tpm.ek_roots: read here, because nobody else may open files; tried once,
    as workers use them. */
#include "lib/base/buf.h"
#include "server/datadir/datadir.h"
#include "server/parent/parent.h"
#include "server/worker/enrol.h"

#define ROOTS_MAX_BYTES (4 * MIB)       /* all files together: they travel in one message */

bool ek_roots_read(const struct config *c, struct arena *a, struct block *out, struct att_error *e)
{
	struct buf b = buf_make(a);
	size_t left = ROOTS_MAX_BYTES;
	bool ok = true;

	for (unsigned i = 0; ok && i < c->tpm.ek_roots_count; i++) {
		struct secret file = { 0 };

		ok = file_read(c->tpm.ek_roots[i], left, &file, e) &&
		    (ek_roots_check(rd_make(file.p, file.len), e) ||
			att_within(e, "%s", c->tpm.ek_roots[i]));
		if (ok)
			buf_le32_block(&b, file.p, file.len);
		left -= file.len;
		secret_clear(&file);
		if (!ok)
			return att_within(e, "tpm.ek_roots[%u]", i);
	}
	*out = (struct block){ b.p ? b.p : "", b.len };
	return buf_ok(&b, e);
}

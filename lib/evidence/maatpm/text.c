#include "lib/evidence/maatpm/text.h"

#include <string.h>

#include "lib/base/base64.h"

#define PIECE 768                       /* bytes at once: a multiple of 3, so that pieces join */

void maatpm_put_b64url(struct buf *b, struct rd bytes)
{
	char text[PIECE / 3 * 4 + 1];
	struct rd piece;

	while (!rd_empty(&bytes)) {
		size_t n = rd_left(&bytes) < PIECE ? rd_left(&bytes) : PIECE;

		if (!rd_take(&bytes, n, &piece))
			return;
		b64_encode(B64_URL, rd_ptr(&piece), n, text);
		buf_str(b, text);
	}
}

bool maatpm_put_string(struct buf *b, const char *s, struct att_error *e)
{
	const struct json v = { .kind = JSON_STRING, .s = s, .len = strlen(s) };
	char *text;
	size_t n;

	if (!json_write(b->a, &v, JSON_COMPACT, &text, &n, e))
		return false;
	buf_put(b, text, n);
	return true;
}

/*
 * Bytes of a source: the first chooses what was wanted, a line is the header with the issuer chain,
 * the rest is the body.  Refused with a reason, or pieces: the body as it came, and a text that is
 * not longer than the header and begins as it must.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "net/sources/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define NAME "TCB-Info-Issuer-Chain"

static const struct step_row steps[] = {
	{ "", FORM_JSON, "Other|" NAME, 0 },
	{ "", FORM_CRL, NAME, 0 },
	{ "", FORM_PEM, NULL, 0 },
	{ "", 0, NAME, STEP_ISSUER | STEP_HEADER_ONLY },
};

/* Decoded once more it stays what it is, unless an encoded percent sign came out of it. */
static void check_chain(struct arena *a, struct rd chain, size_t header_len)
{
	const char *text = arena_strndup(a, (const char *)rd_ptr(&chain), rd_left(&chain));
	struct att_error e = { 0 };
	struct rd again;

	assert(text && strlen(text) == rd_left(&chain) && rd_left(&chain) <= header_len);
	assert(strncmp(text, "-----BEGIN CERTIFICATE-----", 27) == 0);
	if (!strchr(text, '%') && answer_chain(a, text, &again, &e))
		assert(bytes_equal(rd_ptr(&again), text, rd_left(&again)));
	assert(e.code == ATT_E_OK || strchr(text, '%'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new(1 << 20);
	const uint8_t *line = n > 1 ? memchr(data + 1, '\n', n - 1) : NULL;
	size_t len = line ? (size_t)(line - data) - 1 : 0;
	const struct step_row *step = &steps[n ? data[0] % 4 : 0];
	struct httpc_header h = { NAME, arena_strndup(a, (const char *)data + (n > 0), len) };
	struct httpc_answer got = { .status = 200, .headers = &h, .nheaders = line != NULL,
	    .body = line ? line + 1 : data, .body_len = line ? n - len - 2 : 0 };
	struct att_error e = { 0 };
	struct pieces p = { 0 };

	if (h.value && answer_pieces(a, step, &got, &p, &e)) {
		assert(e.code == ATT_E_OK && p.n > 0 && p.n <= 2);
		assert((step->flags & STEP_HEADER_ONLY) || rd_ptr(&p.item[0]) == got.body);
		if (step->chain)
			check_chain(a, p.item[p.n - 1], len);
	} else
		assert(!h.value || (e.code != ATT_E_OK && *e.text && p.n == 0));
	arena_free(a);
	return 0;
}

#include "net/sources/answer.h"

#include <string.h>

#include "lib/base/hex.h"

#define HEADER_NAME_MAX 64
#define PEM_BEGIN "-----BEGIN "
#define CERT_BEGIN "-----BEGIN CERTIFICATE-----"

enum answer_meaning answer_meaning(const struct httpc_answer *got, int64_t *wait_s)
{
	bool asks = got->status == 429 || (got->status == 503 && got->retry_after_s >= 0);

	*wait_s = 0;
	if (asks) {
		*wait_s = got->retry_after_s >= 0 ? got->retry_after_s : ANSWER_WAIT_S;
		if (*wait_s > ANSWER_WAIT_MAX_S)
			*wait_s = ANSWER_WAIT_MAX_S;
		return ANSWER_WAIT;
	}
	if (got->status == 200)
		return ANSWER_GOOD;
	if (got->status == 404 || got->status == 410)
		return ANSWER_ABSENT;
	if (got->status == 408 || got->status >= 500)
		return ANSWER_AGAIN;
	return got->status == 400 ? ANSWER_BAD_QUESTION : ANSWER_NO;
}

const char *answer_status_text(struct arena *a, const struct httpc_answer *got)
{
	const char *code = httpc_header(got, "Error-Code"),
		   *text = httpc_header(got, "Error-Message");
	const char *said = !code && !text ?
	    arena_printf(a, "status %d", got->status) :
	    arena_printf(a, "status %d (%.48s%s%.80s)", got->status, code ? code : "",
		code && text ? ", " : "", text ? text : "");

	return said ? said : "an answer that is not 200";
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool begins(struct rd in, const char *word)
{
	size_t n = strlen(word);

	return rd_left(&in) >= n && bytes_order(rd_ptr(&in), n, word, n) == 0;
}

static bool is_hex(struct rd in)
{
	const uint8_t *p = rd_ptr(&in);
	size_t n = rd_left(&in);

	while (n > 0 && (is_space(p[n - 1]) || p[n - 1] == 0))
		n--;
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0 || !strchr("0123456789abcdefABCDEF", p[i]))
			return false;
	return n > 0 && n % 2 == 0;
}

/* By the first bytes; DER first, because its tag is the digit 0. */
static enum answer_form form_of(struct rd in)
{
	struct rd text = in;
	uint8_t c, tag, len;
	struct rd der = in;

	if (rd_u8(&der, &tag) && rd_u8(&der, &len) && tag == 0x30 && len >= 0x80)
		return FORM_DER;
	while (!rd_empty(&text) && is_space(*rd_ptr(&text)))
		if (!rd_u8(&text, &c))
			break;
	if (begins(text, "{"))
		return FORM_JSON;
	if (begins(text, PEM_BEGIN))
		return FORM_PEM;
	return is_hex(text) ? FORM_HEX : 0;
}

static bool has_form(
    const struct step_row *step, const struct httpc_answer *got, struct att_error *e)
{
	static const struct { enum answer_form form; const char *name;
	} names[] = {
		{ FORM_JSON, "JSON" },
		{ FORM_PEM, "PEM" },
		{ FORM_DER, "DER" },
		{ FORM_HEX, "hex" },
	};
	enum answer_form form = form_of(rd_make(got->body, got->body_len));
	const char *type = httpc_header(got, "Content-Type"), *found = "something else";

	if (form & step->forms)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].form == form)
			found = names[i].name;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].form & step->forms)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "%zu bytes of %.40s that are %s, want %s", got->body_len,
			    type ? type : "no content type", found, names[i].name);
	return att_fail(e, ATT_E_INTERNAL, "%s: no form is wanted", step->path);
}

/* One character of the header; false at a malformed sequence.  A control character is no text. */
static bool take_char(struct rd *in, uint8_t *out)
{
	uint8_t digits[2];

	if (!rd_u8(in, out))
		return false;
	if (*out == '%' &&
	    (!rd_copy(in, digits, 2) || !hex_decode((const char *)digits, 2, out, 1, NULL)))
		return false;
	return *out == '\n' || *out == '\r' || *out == '\t' || (*out >= ' ' && *out < 0x7f);
}

bool answer_chain(struct arena *a, const char *header, struct rd *out, struct att_error *e)
{
	size_t len = strlen(header), n = 0;
	struct rd in = rd_make(header, len);
	uint8_t *text;

	if (len > ANSWER_CHAIN_MAX)
		return att_fail(
		    e, ATT_E_LIMIT, "issuer chain: %zu bytes, at most %zu", len, ANSWER_CHAIN_MAX);
	text = arena_alloc(a, len + 1);
	if (!text)
		return arena_fail(a, e);
	while (!rd_empty(&in)) {
		size_t at = rd_off(&in);

		if (!take_char(&in, &text[n]))
			return att_fail(e, ATT_E_BAD_ENCODING,
			    "issuer chain: not percent-encoded text at byte %zu", at);
		n++;
	}
	*out = rd_make(text, n);
	return begins(*out, CERT_BEGIN) ?
	    true :
	    att_fail(e, ATT_E_BAD_FORMAT, "issuer chain: found \"%.40s\", want " CERT_BEGIN,
		(const char *)text);
}

/* The first of the names, separated by |, that the answer has. */
static const char *chain_header(const struct httpc_answer *got, const char *names)
{
	char name[HEADER_NAME_MAX];

	for (;;) {
		size_t n = strcspn(names, "|");
		const char *value;

		if (n < sizeof name) {
			bytes_copy(name, names, n);
			name[n] = '\0';
			value = httpc_header(got, name);
			if (value)
				return value;
		}
		if (!names[n])
			return NULL;
		names += n + 1;
	}
}

bool answer_pieces(struct arena *a, const struct step_row *step, const struct httpc_answer *got,
    struct pieces *out, struct att_error *e)
{
	struct pieces p = { 0 };
	const char *header;

	if (!(step->flags & STEP_HEADER_ONLY)) {
		if (!has_form(step, got, e))
			return false;
		p.item[p.n++] = rd_make(got->body, got->body_len);
	}
	if (step->chain) {
		header = chain_header(got, step->chain);
		if (!header)
			return att_fail(e, ATT_E_BAD_FORMAT, "no header %.*s",
			    (int)strcspn(step->chain, "|"), step->chain);
		if (!answer_chain(a, header, &p.item[p.n++], e))
			return false;
	}
	*out = p;
	return true;
}

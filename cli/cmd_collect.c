/* Evidence of this machine. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/tpm/collect.h"
#include "cli/tpm/doctor.h"
#include "lib/base/hex.h"

#define ARENA_MAX ((size_t)512 << 20)

/* --nonce, else random bytes. */
static bool nonce_of(const struct args *args, struct arena *a, struct att_bytes *out, struct att_error *e)
{
	const char *hex = arg(args, "nonce");
	size_t n = hex ? strlen(hex) / 2 : COLLECT_NONCE;
	uint8_t *p = arena_alloc(a, n + 1);

	if (!p)
		return arena_fail(a, e);
	*out = (struct att_bytes){ p, n };
	if (!hex)
		return crypto_random(p, n, e);
	if (n == 0 || n > TPM2_SHA512_DIGEST_SIZE)
		return att_fail(e, ATT_E_OPERATION, "--nonce: want 1 to 64 bytes in hex");
	return hex_decode(hex, strlen(hex), p, n, e) || att_within(e, "--nonce");
}

static void print_result(const struct collect *c, const char *file)
{
	(void)puts("Tpm evidence of this machine");
	collect_notes_print(c);
	(void)fputs("\n", stdout);
	out_mark(MARK_GOOD);
	(void)printf(" written to %s\n  try: attest verify --nonce %s %s\n", file,
	    hex_arena(c->a, c->nonce.data, c->nonce.len), file);
}

static bool print_json(const struct collect *c, const char *file, struct att_error *e)
{
	struct json *o = json_put(c->a, json_object(c->a), "file", json_string(c->a, file)),
	    *notes = json_array(c->a);
	char *nonce = hex_arena(c->a, c->nonce.data, c->nonce.len);

	for (size_t i = 0; i < c->nnotes; i++) {
		struct json *v = json_put(c->a, json_object(c->a), "what", json_string(c->a,
		    c->notes[i].what));

		v = json_put(c->a, v, "ok", json_bool(c->a, c->notes[i].mark == MARK_GOOD));
		notes = json_append(notes, json_put(c->a, v, "found", json_string(c->a, c->notes[i].text)));
	}
	o = json_put(c->a, o, "nonce", nonce ? json_string(c->a, nonce) : NULL);
	o = json_put(c->a, o, "akName", json_string(c->a, c->ak_name));
	return out_json(c->a, json_put(c->a, o, "found", notes), e);
}

static bool run(struct collect *c, bool json, struct att_error *e)
{
	const char *file = arg(c->args, "o");
	struct att_bytes nonce, text;

	if (!nonce_of(c->args, c->a, &nonce, e) || !collect_open(c, e) || !collect_quote(c, nonce, e) ||
	    !collect_write(c, &text, e) || !file_write(file, text.data, text.len, false, e))
		return false;
	if (json)
		return print_json(c, file, e);
	print_result(c, file);
	return true;
}

/* Other types have their quotes made by drivers and libraries of their own. */
static bool usable(const struct args *args, bool *json, struct att_error *e)
{
	const char *type = arg(args, "type"), *known = type ? att_type_find(type) : "Tpm";

	if (!known)
		return att_fail(e, ATT_E_OPERATION, "--type: unknown attestation type");
	if (strcmp(known, "Tpm") != 0)
		return att_fail(e, ATT_E_OPERATION, "--type: this program collects Tpm evidence only; "
		    "evidence of %s is made with the tools of its platform, and attest verify and attest "
		    "submit take it",
		    known);
	if (!arg(args, "doctor") && !arg(args, "o"))
		return att_fail(e, ATT_E_OPERATION, "usage: attest collect [options] (-o FILE | --doctor)");
	return wants_json(args, json, e);
}

static enum exit_code collect(const struct args *args, struct arena *a, struct att_error *e)
{
	ATT_AUTO_STRUCT(crypto) crypto = NULL;
	struct collect c = { .args = args, .a = a };
	bool json, ok;

	if (!usable(args, &json, e))
		return complain(e);
	if (arg(args, "doctor"))
		return doctor(args, a, json);
	crypto = crypto_new(e);
	c.crypto = crypto;
	ok = crypto && run(&c, json, e);
	collect_close(&c);
	return ok ? EXIT_GOOD : complain(e);
}

enum exit_code cmd_collect(const struct args *args)
{
	struct att_error e = { 0 };
	struct arena *a = arena_new(ARENA_MAX);
	enum exit_code code = a ? collect(args, a, &e) : complain(&e);

	arena_free(a);
	return code;
}

/* code_claims.c - x-attestd-code-*: who signed what ran, and what nobody did. */
#include "lib/base/hex.h"
#include "lib/evidence/measuredboot/code.h"

static struct json *file_json(struct arena *a, const struct code_file *f)
{
	struct json *o = json_object(a);

	o = json_put(a, o, "path", json_string(a, f->path));
	o = json_put(a, o, "digest", json_string(a, f->digest));
	return json_put(a, o, "signature", json_string(a, code_signature_text(f->signature)));
}

static bool files_claim(struct claims *c, const char *name, const struct code_files *f, struct att_error *e)
{
	struct json *list = json_array(c->a);

	for (size_t i = 0; i < f->nv; i++)
		list = json_append(list, file_json(c->a, &f->v[i]));
	return list && !list->lost ? claims_json(c, name, list, e) : arena_fail(c->a, e);
}

static bool keys_claim(struct claims *c, const struct measuredboot_code *code, struct att_error *e)
{
	struct json *list = json_array(c->a);

	for (size_t i = 0; i < code->nkeys_v; i++) {
		const struct code_key *k = &code->keys[i];
		struct json *o = json_object(c->a);

		o = json_put(c->a, o, "keyring", json_string(c->a, k->keyring));
		o = json_put(c->a, o, "subject", json_string(c->a, k->subject));
		o = json_put(c->a, o, "sha256",
		    json_string(c->a, hex_arena(c->a, k->sha256, sizeof k->sha256)));
		list = json_append(list, o);
	}
	return list && !list->lost ? claims_json(c, "x-attestd-code-keyrings", list, e) : arena_fail(c->a, e);
}

static bool signers_claims(struct claims *c, const struct measuredboot_code *code, struct att_error *e)
{
	for (size_t i = 0; i < code->nsigners; i++)
		if (!claims_str(c, "x-attestd-code-signers", code->signers[i]->name, e) ||
		    !claims_hex(c, "x-attestd-code-signer-hashes", code->signers[i]->sha256, 32, e))
			return false;
	return true;
}

static bool counts_claims(struct claims *c, const struct measuredboot_code *code, struct att_error *e)
{
	const struct { const char *name; size_t n; } rows[] = {
		{ "x-attestd-code-files", code->files },
		{ "x-attestd-code-bad-signatures", code->by_signature[CODE_BAD_SIGNATURE] +
		    code->by_signature[CODE_WRONG_DIGEST] },
		{ "x-attestd-code-unsigned-count", code->unsigned_files.n },
		{ "x-attestd-code-unknown-count", code->unknown_files.n },
		{ "x-attestd-code-violations", code->violations },
		{ "x-attestd-code-unproven", code->unproven },
		{ "x-attestd-code-modsigs", code->modsigs },
		{ "x-attestd-code-keyrings-count", code->nkeys },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!claims_int(c, rows[i].name, (int64_t)rows[i].n, e))
			return false;
	return true;
}

static bool text_claim(struct claims *c, const char *name, const char *s, struct att_error *e)
{
	return !s || claims_str(c, name, s, e);
}

bool code_claims(const struct measuredboot_code *code, struct claims *c, struct att_error *e)
{
	return claims_bool(c, "x-attestd-code-all-signed", code->all_signed, e) &&
	    claims_bool(c, "x-attestd-code-all-known", code->all_known, e) &&
	    counts_claims(c, code, e) && signers_claims(c, code, e) &&
	    files_claim(c, "x-attestd-code-unsigned", &code->unsigned_files, e) &&
	    files_claim(c, "x-attestd-code-unknown", &code->unknown_files, e) && keys_claim(c, code, e) &&
	    text_claim(c, "x-attestd-code-kernel-version", code->kernel_version, e) &&
	    text_claim(c, "x-attestd-code-kexec-cmdline", code->kexec_cmdline, e);
}

/* keys.c - whose keys PK, KEK and db hold, beside the known ones. spec: tpm-eventlog §3 rule 11 */
#include "lib/evidence/measuredboot/parts.h"

enum place { IN_PK = 1, IN_KEK = 2, IN_DB = 4 };

static const struct {
	const char *name;
	unsigned places;
	uint8_t sha256[32];
} known[] = {
#define X(name, places, ...) { name, places, { __VA_ARGS__ } },
#include "lib/evidence/measuredboot/secureboot_keys.tbl"
#undef X
};

static unsigned place_of(enum secureboot_var v)
{
	return v == SB_PK ? IN_PK : v == SB_KEK ? IN_KEK : IN_DB;
}

static bool is_known(const uint8_t sha256[32], enum secureboot_var v)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if ((known[i].places & place_of(v)) && bytes_equal(known[i].sha256, sha256, 32))
			return true;
	return false;
}

/* A certificate by itself or its key, an image by its digest; of other kinds nothing is known. */
static bool is_allowed(const struct sig_entry *s, enum secureboot_var v, const struct trust *t,
    struct efi_cert *cert, bool *has_cert)
{
	const struct att_reference *ref = t->tpm.reference;

	*has_cert = sig_entry_cert(t->crypto, s, cert);
	if (*has_cert)
		return is_known(cert->sha256, v) ||
		    (ref && reference_secureboot_key(ref, cert->sha256, cert->spki_sha256));
	return s->kind == SIG_KIND_SHA256 && s->key_len == 32 && ref &&
	    reference_secureboot_key(ref, rd_ptr(&s->data), NULL);
}

static const char *unknown_text(struct arena *a, enum secureboot_var v, const struct sig_entry *s,
    const struct efi_cert *cert)
{
	char hex[65];

	if (cert) {
		hex_encode(cert->sha256, 32, hex);
		return arena_printf(a, "%s: %s (sha256:%s)", secureboot_var_name(v),
		    *cert->name ? cert->name : "a certificate without a name", hex);
	}
	return arena_printf(a, "%s: %s %s", secureboot_var_name(v), sig_kind_name(s->kind),
	    hex_arena(a, rd_ptr(&s->data), s->key_len < 32 ? s->key_len : 32));
}

bool secureboot_keys_judge(const struct secureboot *sb, enum secureboot_var v, const struct trust *t,
    struct arena *a, struct key_judgement *out, struct att_error *e)
{
	const struct siglist *l = &sb->var[v].list;
	struct key_judgement j = { .unknown = arena_array(a, l->n ? l->n : 1, sizeof *j.unknown) };

	if (!j.unknown)
		return arena_fail(a, e);
	for (size_t i = 0; i < l->n; i++) {
		struct efi_cert cert;
		bool has_cert;
		if (is_allowed(&l->v[i], v, t, &cert, &has_cert))
			continue;
		j.unknown[j.n] = unknown_text(a, v, &l->v[i], has_cert ? &cert : NULL);
		if (!j.unknown[j.n++])
			return arena_fail(a, e);
	}
	j.allowed = sb->var[v].count == 1 && l->n > 0 && j.n == 0;
	*out = j;
	return true;
}

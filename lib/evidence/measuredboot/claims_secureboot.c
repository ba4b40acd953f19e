/* claims_secureboot.c - what PCR 7 proves, and whether that is a verified boot. spec: tpm-eventlog §3 */
#include "lib/evidence/measuredboot/parts.h"

/* PK, KEK and db: what the claims of each are called. */
static const struct {
	enum secureboot_var v;
	const char *digest, *allowed;
} key_vars[] = {
	{ SB_PK, "x-attestd-secureboot-pk", "x-attestd-secureboot-pk-allowed" },
	{ SB_KEK, "x-attestd-secureboot-kek", "x-attestd-secureboot-kek-allowed" },
	{ SB_DB, "x-attestd-secureboot-db", "x-attestd-secureboot-db-allowed" },
	{ SB_DBX, "x-attestd-secureboot-dbx", NULL },
};

static bool is_replayed(const struct measuredboot_boot *b, unsigned pcr)
{
	return b->marked && (b->replay.matched >> pcr & 1);
}

static bool reasons(const struct telling *s)
{
	for (size_t i = 0; i < SB_REASON_COUNT; i++)
		if ((s->b->secureboot.reasons >> i & 1) &&
		    !claims_str(s->c, "x-attestd-secureboot-reasons", secureboot_reasons[i].text, s->e))
			return false;
	return true;
}

/* *allowed: all three hold known keys and nothing else. */
static bool keys(const struct telling *s, bool *allowed)
{
	const struct secureboot *sb = &s->b->secureboot;

	*allowed = true;
	for (size_t i = 0; i < sizeof key_vars / sizeof key_vars[0]; i++) {
		const struct secureboot_variable *v = &sb->var[key_vars[i].v];
		struct key_judgement j;
		if (v->count && !claims_hex(s->c, key_vars[i].digest, v->sha256, 32, s->e))
			return false;
		if (!key_vars[i].allowed)
			continue;
		if (!secureboot_keys_judge(sb, key_vars[i].v, s->t, s->c->a, &j, s->e) ||
		    !claims_bool(s->c, key_vars[i].allowed, j.allowed, s->e) ||
		    !tell_list(s, "x-attestd-secureboot-unknown-keys", j.unknown, j.n))
			return false;
		*allowed = *allowed && j.allowed;
	}
	return true;
}

/* How current the measured dbx and SBAT level are, beside those that the operator gave. */
static bool currency(const struct telling *s)
{
	const struct att_reference *ref = s->t->tpm.reference;
	const struct revocation *r = &s->b->revocation;
	const struct secureboot_shim *shim = &s->b->secureboot.shim;

	if (!claims_int(s->c, "x-attestd-secureboot-dbx-entries",
		(int64_t)s->b->secureboot.var[SB_DBX].list.n, s->e))
		return false;
	if (r->has_operator &&
	    (!claims_bool(s->c, "x-attestd-secureboot-dbx-current", r->missing == 0, s->e) ||
		!claims_int(s->c, "x-attestd-secureboot-dbx-missing", (int64_t)r->missing, s->e)))
		return false;
	if (shim->nsbat && !shim->sbat.malformed &&
	    !claims_int(s->c, "x-attestd-sbat-level", (int64_t)shim->sbat.date, s->e))
		return false;
	return !ref || !ref->has_sbat || !shim->seen ||
	    claims_bool(s->c, "x-attestd-sbat-current",
		shim->nsbat > 0 && !shim->sbat.malformed && !sbat_lacks(&shim->sbat, &ref->sbat), s->e);
}

/* Below firmware that verifies nothing shim verifies nothing either. */
static const char *shim_text(const struct secureboot *sb)
{
	if (!sb->shim.seen)
		return "none";
	return sb->shim.validation_off || !sb->firmware_on ? "off" : "on";
}

static bool authorities(const struct telling *s)
{
	const struct secureboot *sb = &s->b->secureboot;

	for (size_t i = 0; i < sb->nauthorities; i++) {
		const struct secureboot_authority *a = &sb->authorities[i];
		const char *text = arena_printf(s->c->a, "%s: %s", a->variable,
		    a->has_cert && *a->cert.name ? a->cert.name : sig_kind_name(a->entry.kind));
		if (!text)
			return arena_fail(s->c->a, s->e);
		if (!claims_str(s->c, "x-attestd-boot-authorities", text, s->e))
			return false;
	}
	return true;
}

/*
 * Secure Boot "on" proves nothing about a machine whose keys are anybody's, nor below a shim that was told to
 * verify nothing: a boot counts as verified when neither is so.
 */
bool secureboot_claims(const struct telling *s, bool *verified)
{
	const struct secureboot *sb = &s->b->secureboot;
	bool proven = is_replayed(s->b, 7), allowed = false;

	if (!claims_bool(s->c, "secureBootEnabled", sb->firmware_on, s->e) || !reasons(s) ||
	    (proven && !keys(s, &allowed)) || (proven && !currency(s)) || (proven && !authorities(s)))
		return false;
	if (proven && !claims_str(s->c, "x-attestd-shim-validation", shim_text(sb), s->e))
		return false;
	if (proven && sb->shim.seen &&
	    !claims_bool(s->c, "x-attestd-shim-mok-trusted", sb->shim.mok_list_trusted, s->e))
		return false;
	*verified = sb->firmware_on && allowed && !sb->shim.validation_off;
	return claims_bool(s->c, "x-attestd-verified-boot", *verified, s->e);
}

/* claims_chain.c - what was loaded, and what its command lines say. spec: tpm-eventlog §2.7, §5 at its end */
#include <string.h>

#include "lib/evidence/measuredboot/parts.h"

#define IMAGES_SHOWN 64
#define STUB_PCR 11                     /* systemd-stub: sections of the image */
#define WORD_MAX 256                    /* characters of a word and its NUL */

/*
 * Words on a kernel's command line that take a protection away; looked for in every text of PCR 8
 * and 12, since which of them is the command line is not proven.
 */
static const struct { const char *word; bool prefix;
} weakening[] = {
	{ "ima_appraise=off", false },
	{ "ima_appraise=log", false },
	{ "ima_appraise=fix", false },
	{ "module.sig_enforce=0", false },
	{ "lockdown=none", false },
	{ "efi=disable_early_pci_dma", false },
	{ "init=", true },
	{ "rdinit=", true },
	{ "nosmap", false },
	{ "nosmep", false },
	{ "nokaslr", false },
	{ "mitigations=off", false },
	{ "selinux=0", false },
	{ "enforcing=0", false },
	{ "apparmor=0", false },
	{ "iommu=off", false },
	{ "intel_iommu=off", false },
	{ "amd_iommu=off", false },
	{ "lsm=", true },
};

/* White space to the kernel; control characters were masked. */
static bool is_space(char c)
{
	return c == ' ' || c == '?';
}

/*
 * The next word of *text as the kernel compares it: quotes count for nothing, and in a parameter's
 * name '-' is
 * '_'.  What does not fit is cut.  False: there is none.
 */
static bool next_word(const char **text, char word[WORD_MAX])
{
	bool in_name = true;
	size_t n = 0;

	while (is_space(**text))
		(*text)++;
	if (!**text)
		return false;
	for (; **text && !is_space(**text); (*text)++) {
		char c = **text;
		in_name = in_name && c != '=';
		if (c != '"' && n < WORD_MAX - 1)
			word[n++] = (char)(c == '-' && in_name ? '_' : c);
	}
	word[n] = 0;
	return true;
}

static bool weakens(const char *word)
{
	for (size_t i = 0; i < sizeof weakening / sizeof weakening[0]; i++)
		if (weakening[i].prefix ? strncmp(word, weakening[i].word, strlen(weakening[i].word)) == 0 :
					  strcmp(word, weakening[i].word) == 0)
			return true;
	return false;
}

static bool find_weakening(const struct telling *s, const char *text, size_t *found)
{
	char word[WORD_MAX];

	while (next_word(&text, word)) {
		if (!weakens(word))
			continue;
		(*found)++;
		if (!claims_str(s->c, "x-attestd-cmdline-weakening", word, s->e))
			return false;
	}
	return true;
}

/*
 * Everything that a loader measured is covered and replays, and there is something.  A unified
 * kernel image has its command line in itself: then what stands in PCR 8 may be the running
 * system's.  Its stub measures into PCR 11, which has to be proven empty.
 */
static bool texts_are_proven(const struct measuredboot_boot *b)
{
	return b->marked && b->chain.images_proven && b->chain.ntexts > 0 && b->chain.texts_unproven == 0 &&
	    (b->replay.untouched >> STUB_PCR & 1);
}

static bool texts(const struct telling *s, size_t *found)
{
	const struct bootchain *ch = &s->b->chain;

	for (size_t i = 0; i < ch->ntexts; i++) {
		const struct boot_text *t = &ch->texts[i];
		if (!t->covered)
			continue;
		if (t->kind != BOOT_GRUB_CMD && !claims_str(s->c, "x-attestd-kernel-cmdline", t->text, s->e))
			return false;
		if (!find_weakening(s, t->text, found))
			return false;
	}
	return true;
}

static bool put_image(struct arena *a, struct json *list, const struct measuredboot_boot *b, size_t i)
{
	const struct boot_image *im = &b->chain.images[i];
	struct json *o = json_object(a);
	const char *hex = hex_arena(a, rd_ptr(&im->digest), rd_left(&im->digest));

	return hex && json_put(a, o, "digest", json_string(a, hex)) &&
	    json_put(a, o, "path", json_string(a, im->path)) && json_append(list, o);
}

static bool images(const struct telling *s)
{
	const struct bootchain *ch = &s->b->chain;
	struct arena *a = s->c->a;
	struct json *list = json_array(a);

	if (!claims_bool(s->c, "x-attestd-boot-images-proven", ch->images_proven, s->e))
		return false;
	if (!ch->images_proven)
		return true;
	for (size_t i = 0; i < ch->nimages && i < IMAGES_SHOWN; i++)
		if (!put_image(a, list, s->b, i))
			return arena_fail(a, s->e);
	return claims_json(s->c, "x-attestd-boot-images", list, s->e);
}

static bool says(const struct bootchain *ch, const char *wanted)
{
	for (size_t i = 0; i < ch->ntexts; i++) {
		const char *text = ch->texts[i].covered ? ch->texts[i].text : "";
		char word[WORD_MAX];
		while (next_word(&text, word))
			if (strcmp(word, wanted) == 0)
				return true;
	}
	return false;
}

/*
 * Lockdown is not measured.  Distributions' kernels lock themselves down when they are started with
 * Secure Boot, and demand signed modules then, unless their command line says otherwise.
 */
static const char *lockdown_text(const struct bootchain *ch, bool verified, bool proven)
{
	if (!verified || !proven || says(ch, "lockdown=none"))
		return "unproven";
	return says(ch, "lockdown=confidentiality") ? "confidentiality" : "integrity";
}

bool chain_claims(const struct telling *s, bool verified)
{
	size_t found = 0;
	bool proven;

	if (!images(s) || !texts(s, &found))
		return false;
	proven = texts_are_proven(s->b);
	return claims_str(s->c, "x-attestd-kernel-lockdown", lockdown_text(&s->b->chain, verified, proven),
		   s->e) &&
	    claims_bool(s->c, "x-attestd-cmdline-proven", proven, s->e) &&
	    claims_bool(s->c, "x-attestd-cmdline-safe", proven && found == 0, s->e);
}

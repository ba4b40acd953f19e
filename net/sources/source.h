/*
 * source.h - the kinds of source: for each kind of endorsement, what to ask and what of the answer
 * is wanted.
 *
 * One file per kind with its table.  URLs are the configured base and a template of key.h; nothing
 * else gets in. spec: sgx-tdx §8, sev-snp §7.3, azure-cvm §2
 */
#ifndef NET_SOURCES_SOURCE_H
#define NET_SOURCES_SOURCE_H

#include "net/sources/key.h"

/* What a body may be. */
enum answer_form { FORM_JSON = 1, FORM_PEM = 2, FORM_DER = 4, FORM_HEX = 8 };
#define FORM_CRL (FORM_PEM | FORM_DER | FORM_HEX)

enum step_flag {
	/* Certificates that certify what the first step brought, so that it can be judged: nice to
	 * have.  Of several such steps the first that succeeds is enough. */
	STEP_ISSUER = 1,
	STEP_HEADER_ONLY = 2, /* the chain in the header is wanted, the body is not */
	STEP_AT_ROOT_URL = 4 /* the URL is root_crl_url, not url */
};

struct step_row {
	const char *path;               /* template behind the base URL; NULL: no more steps */
	unsigned forms;                 /* enum answer_form */
	const char
	    *chain; /* headers that may bear the issuer chain, with | between; NULL: none does */
	unsigned flags;                 /* enum step_flag */
};
#define STEPS_MAX 3

struct recipe {
	const char *kind;               /* of the endorsement; NULL: no more recipes */
	struct step_row step[STEPS_MAX];
};

struct source_kind {
	const char *name;               /* as in collateral.sources[].kind */
	const char *key_header;         /* header that bears the API key; NULL: the kind has none */
	const struct recipe *recipes;
};
extern const struct source_kind source_pcs, source_pccs, source_kds, source_thim;
const struct source_kind *source_kind_find(const char *name);
/* Does a source of this kind have endorsements of that kind? */
bool source_has(const struct source_kind *kind, const char *endorsement);

/* Where a source is; borrowed. */
struct source_place {
	const char *url;                /* base without trailing slash */
	const char *root_crl_url;       /* pcs: where Intel's root CRL is; NULL: Intel's own address */
};

/* What to ask one source about one key. */
struct plan {
	struct { const char *url; const struct step_row *row; } step[STEPS_MAX];
	unsigned nsteps;                /* 0: this source has no such kind */
};
ATT_CHECK bool plan_make(struct arena *a, const struct source_place *s,
    const struct source_kind *kind, const struct fetch_key *k, struct plan *out,
    struct att_error *e);

#endif

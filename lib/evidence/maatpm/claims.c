/* claims.c - what messages and policies of version 1.2 add to the compound's claims.
 * spec: maa-tpm §2, claims §6 */
#include "lib/base/base64.h"
#include "lib/evidence/maatpm/parts.h"

static int64_t name_alg(const struct tpm_public *p)
{
	static const uint16_t ids[] = {
		[DIGEST_SHA1] = TPM_ALG_SHA1,
		[DIGEST_SHA256] = TPM_ALG_SHA256,
		[DIGEST_SHA384] = TPM_ALG_SHA384,
		[DIGEST_SHA512] = TPM_ALG_SHA512,
	};

	return ids[p->name_alg];
}

static struct json *certify_info(struct arena *a, const struct tpm_public *p)
{
	struct json *o = json_object(a);
	char *policy = b64_encode_arena(B64_URL, a, rd_ptr(&p->auth_policy), rd_left(&p->auth_policy));

	if (!policy || !json_put(a, o, "name_alg", json_int(a, name_alg(p))) ||
	    !json_put(a, o, "obj_attr", json_int(a, p->attributes)) ||
	    (*policy && !json_put(a, o, "auth_policy", json_string(a, policy))))
		return NULL;
	return json_put(a, json_object(a), "tpm_certify", o);
}

static struct json *quote_info(struct arena *a)
{
	return json_put(a, json_object(a), "tpm_quote",
	    json_put(a, json_object(a), "hash_alg", json_string(a, "sha-256")));
}

/* jwk as sent; a certification is replaced by what it proves. */
static struct json *key_object(struct arena *a, const struct maatpm_key *k)
{
	struct json *o = json_put(a, json_object(a), "jwk", json_copy(a, k->jwk));

	if (k->binding == MAATPM_TPM_QUOTE)
		return json_put(a, o, "info", quote_info(a));
	if (k->binding == MAATPM_TPM_CERTIFY)
		return json_put(a, o, "info", certify_info(a, &k->public));
	return o;
}

static bool json_text_claim(
    struct claims *c, const char *name, const struct json *v, struct att_error *e)
{
	char *text;
	size_t n;

	if (!v)
		return arena_fail(c->a, e);
	return json_write(c->a, v, JSON_COMPACT, &text, &n, e) && claims_strn(c, name, text, n, e);
}

static bool key_claims(const struct maatpm_evidence *ev, struct claims *c, struct att_error *e)
{
	struct json *others = json_array(c->a);

	for (size_t i = 0; i < ev->nother_keys; i++)
		if (!json_append(others, key_object(c->a, &ev->other_keys[i])))
			return arena_fail(c->a, e);
	return json_text_claim(c, "x-ms-tpm-request-key", key_object(c->a, &ev->request_key), e) &&
	    (ev->nother_keys == 0 || json_text_claim(c, "x-ms-tpm-other-keys", others, e));
}

static bool boot_claims(const struct measuredboot_boot *b, const char *events, const char *pcrs,
    const struct trust *t, struct claims *c, struct att_error *e)
{
	char *text;
	size_t n;

	return maatpm_events(b, t->crypto, c->a, &text, &n, e) && claims_strn(c, events, text, n, e) &&
	    maatpm_pcrs(&b->quoted, c->a, &text, &n, e) && claims_strn(c, pcrs, text, n, e);
}

static bool custom_claims(const struct maatpm_evidence *ev, struct claims *c, struct att_error *e)
{
	for (size_t i = 0; i < ev->custom.n; i++)
		if (!claims_add(c, &ev->custom.v[i], e))
			return false;
	return true;
}

bool maatpm_claims(const void *evidence, const struct trust *t, const struct evidence_outcome *o,
    struct claims *c, struct att_error *e)
{
	const struct maatpm_evidence *ev = evidence;
	const struct maatpm_facts *f = o->facts;
	const struct measuredboot_facts *m = f->boot;

	return measuredboot_claims(m, t, c, e) && boot_claims(&m->now, "events", "pcrs", t, c, e) &&
	    (!m->boot || boot_claims(m->boot, "bootEvents", "bootPcrs", t, c, e)) &&
	    claims_bool(c, "vbsReportPresent", ev->vbs_report != NULL, e) &&
	    claims_bool(c, "vsmReportPresent", ev->vbs_report != NULL, e) &&
	    (!ev->vbs_report || vbs_claims(ev->vbs_report, c, e)) &&
	    (ev->file || key_claims(ev, c, e)) && custom_claims(ev, c, e);
}

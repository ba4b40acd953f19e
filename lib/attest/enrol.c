/* enrol.c - libattest/enrol.h: who may have a credential, and is the secret the one that was in it? */
#include "lib/attest/enrol.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/buf.h"
#include "lib/evidence/tpm/credential.h"
#include "lib/evidence/tpm/trust.h"
#include "lib/x509/x509.h"

#define ENROL_MEMORY ((size_t)8 << 20)
#define STATE_VERSION 1U
#define TRUST "tpm-eventlog section 1.5"
#define NAMES "tpm-eventlog section 1.3"
#define ACTIVATE "tpm-eventlog section 1.6"

ATT_AUTO_DEFINE_STRUCT(arena, arena_free);

/* X(row, id, title, spec, hint) in the order in which they are made */
#define BEGIN_ROWS(X) \
	X(EK_FORM, "enrol.ek.certificate", "The endorsement key certificate is one", TRUST, \
	    "send what the TPM's NV index 0x01c00002 (RSA) or 0x01c0000a (ECC) holds, in DER") \
	X(EK_PURPOSE, "enrol.ek.purpose", "It is one of an endorsement key, and names a TPM", TRUST, \
	    "send the TPM's own endorsement key certificate: no other certificate of the machine will do") \
	X(EK_CHAIN, "enrol.ek.chain", "It chains to a root that counts for enrolment", TRUST, \
	    "add the certificate of the TPM's maker to tpm.ek_roots, and send what is between as ekChain") \
	X(EK_VALIDITY, "enrol.ek.validity", "Its certificates are within their validity", TRUST, \
	    "check this machine's clock; the maker may have a newer certificate for this TPM") \
	X(EK_CRL, "enrol.ek.revocation", "Its certificates are not revoked", TRUST, \
	    "a revoked TPM cannot be enrolled; where lists cannot be had, allow no-crl") \
	X(EK_KEY, "enrol.ek.key", "The endorsement key is of a kind with a default template", ACTIVATE, \
	    "use the RSA 2048 or ECC P-256 endorsement key, which every TPM has") \
	X(AK_FORM, "enrol.ak.public", "The attestation key is sent as a TPM2B_PUBLIC", NAMES, \
	    "send the public area as TPM2_Create gives it (tpm2_createak -u)") \
	X(AK_KEY, "enrol.ak.key", \
	    "The attestation key is RSA of 2048 bits or more, or on a NIST curve", NAMES, \
	    "make an attestation key of RSA 2048 or P-256") \
	X(AK_NAME_ALG, "enrol.ak.name_alg", "The attestation key is named by SHA-256 or better", NAMES, \
	    "make the attestation key with nameAlg SHA-256") \
	X(AK_ATTRIBUTES, "enrol.ak.attributes", \
	    "The attestation key is fixed to its TPM and signs only what the TPM made", NAMES, \
	    "make a restricted signing key inside the TPM (tpm2_createak does)")
#define FINISH_ROWS(X) \
	X(CONTEXT, "enrol.context", "The context was sealed by this provider", ACTIVATE, \
	    "send back the context byte for byte as this provider gave it, or begin again") \
	X(CURRENT, "enrol.context.current", "The context has not expired", ACTIVATE, \
	    "begin again, and send the secret before the context expires") \
	X(SECRET, "enrol.secret", "The secret is the one that only this TPM could read", ACTIVATE, \
	    "activate the credential that came with this context, with both keys loaded in the TPM")

enum begin_row {
#define X(name, id, title, spec, hint) ROW_##name,
	BEGIN_ROWS(X)
	BEGIN_COUNT
};
enum finish_row {
	FINISH_ROWS(X)
#undef X
	FINISH_COUNT
};
_Static_assert((int)ROW_AK_KEY == (int)ROW_AK_FORM + 1 && TPM_CHECK_AK_KEY == 0 &&
    TPM_CHECK_AK_NAME_ALG == 1 && TPM_CHECK_AK_ATTRIBUTES == 2 && BEGIN_COUNT - ROW_AK_KEY == ENROL_AK_ROWS,
    "the last rows are those of tpm_ak_check()");

#define X(name, id, title, spec, hint) { id, title, spec, false },
static const struct check_row begin_rows[] = { BEGIN_ROWS(X) };
static const struct check_row finish_rows[] = { FINISH_ROWS(X) };
#undef X
#define X(name, id, title, spec, hint) hint,
static const char *const begin_hints[] = { BEGIN_ROWS(X) };
static const char *const finish_hints[] = { FINISH_ROWS(X) };
#undef X
static const char no_roots[] =
    "no endorsement key roots are configured: the operator names certificates of TPM makers in "
    "tpm.ek_roots";

/* One call: everything that is freed together. */
struct call {
	struct crypto *crypto;
	struct arena *a;
	struct checklist checks;
	struct att_enrolment *out;
	struct att_error fault;         /* a failure of the machine: there is no verdict then */
};
struct owned {
	struct att_enrolment public;
	struct arena *a;
};

static bool refuse(struct call *k, size_t row, const char *expected, const struct att_error *why)
{
	if (why->code == ATT_E_NOMEM || why->code == ATT_E_INTERNAL)
		return att_fail(&k->fault, why->code, "%s", why->text);
	return check_fail(&k->checks, row, expected, check_text(&k->checks, "%s", why->text));
}

static bool call_begin(struct call *k, const struct check_row *rows, size_t n, struct att_error *e)
{
	struct owned *o;

	*k = (struct call){ .a = arena_new(ENROL_MEMORY) };
	o = k->a ? arena_alloc(k->a, sizeof *o) : NULL;
	if (!o)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	o->a = k->a;
	k->out = &o->public;
	k->crypto = crypto_new(e);
	return k->crypto && checklist_init(&k->checks, k->a, rows, n, e);
}

/* The checks as the caller sees them, and the verdict, which is "accepted" nowhere else. */
static bool conclude(struct call *k, const char *const *hints, struct att_error *e)
{
	const struct checklist *c = &k->checks;
	struct att_check *v = arena_array(k->a, c->n, sizeof *v);
	size_t missing;

	if (k->fault.code != ATT_E_OK)
		return att_fail(e, k->fault.code, "%s", k->fault.text);
	if (!v)
		return arena_fail(k->a, e);
	for (size_t i = 0; i < c->n; i++)
		v[i] = (struct att_check){ .id = c->rows[i].id, .title = c->rows[i].title,
			.spec = c->rows[i].spec, .outcome = (enum att_outcome)c->results[i].outcome,
			.expected = c->results[i].expected, .found = c->results[i].found };
	k->out->checks = v;
	k->out->nchecks = c->n;
	if (checklist_failed(c)) {
		size_t i = c->first_failed;
		(void)att_fail(&k->out->error, ATT_E_NOT_AUTHENTIC, "%s: found %s, expected %s", v[i].id,
		    v[i].found, v[i].expected);
		if (!k->out->hint)
			k->out->hint = hints[i];
		return true;
	}
	if (!checklist_complete(c, &missing))
		return att_fail(e, ATT_E_INTERNAL, "%s: the check was not made", c->rows[missing].id);
	k->out->accepted = true;
	return true;
}

/* True: *out has what came of it.  False: all is freed. */
static bool call_end(struct call *k, bool ok, struct att_enrolment **out)
{
	crypto_free(k->crypto);
	if (ok)
		*out = k->out;
	else
		arena_free(k->a);
	return ok;
}

void att_enrolment_free(struct att_enrolment *o)
{
	if (o)
		arena_free(((struct owned *)(void *)o)->a);
}

static struct rd rd_of(struct att_bytes b)
{
	return rd_make(b.data ? b.data : (const uint8_t *)"", b.data ? b.len : 0);
}

static bool keep(struct call *k, struct rd in, struct att_bytes *out)
{
	uint8_t *copy = arena_memdup(k->a, rd_left(&in) ? rd_ptr(&in) : (const uint8_t *)"", rd_left(&in));

	*out = (struct att_bytes){ copy, rd_left(&in) };
	return copy || rd_empty(&in) || arena_fail(k->a, &k->fault);
}

/* The attestation key */

bool enrol_ak_read(struct checklist *c, size_t first, struct crypto *crypto, struct rd tpm2b,
    struct enrol_ak *out,
    struct att_error *fault)
{
	struct tpm_marks marks = { .c = c, .first = first + 1, .fault = fault };
	struct att_error why = { 0 };

	if (!tpm2b_public_parse(tpm2b, &out->public, &why))
		return check_fail(c, first, "TPM2B_PUBLIC of an RSA or ECC key", check_text(c, "%s",
		    why.text));
	check_pass(c, first);
	return tpm_ak_check(&marks, crypto, &out->public, &out->ak);
}

/* The endorsement key */

struct ek {
	struct x509_cert *cert;
	struct x509_bundle sent, roots;
	struct tpm_ek_facts facts;
	struct tpm_ek key;
};

static void ek_clear(struct ek *ek)
{
	tpm_ek_clear(&ek->key);
	x509_bundle_clear(&ek->sent);
	x509_bundle_clear(&ek->roots);
	x509_cert_free(ek->cert);
}

static bool add_certificate(struct crypto *c, struct att_bytes der, struct x509_bundle *b,
    struct att_error *e)
{
	ATT_AUTO_STRUCT(x509_cert) cert = NULL;

	return x509_cert_from_der(c, der.data, der.len, &cert, e) && x509_bundle_add(b, cert, e);
}

/* The certificate itself, and what was sent beside it. */
static bool ek_form(struct call *k, const struct att_enrol_request *r, struct ek *ek)
{
	static const char want[] = "one X.509 certificate in DER";
	struct att_error why = { 0 };
	struct rd der;
	bool ok = tpm_cert_trim(rd_of(r->ek_cert), &der, &why) &&
	    x509_cert_from_der(k->crypto, rd_ptr(&der), rd_left(&der), &ek->cert, &why);

	for (size_t i = 0; ok && i < r->nek_chain; i++)
		ok = add_certificate(k->crypto, r->ek_chain[i], &ek->sent, &why) ||
		    att_within(&why, "ekChain[%zu]", i);
	return ok ? check_pass(&k->checks, ROW_EK_FORM) : refuse(k, ROW_EK_FORM, want, &why);
}

static bool add_roots(struct crypto *c, struct att_bytes in, struct x509_bundle *out, struct att_error *e)
{
	struct x509_bundle some = { 0 };
	bool ok = x509_bundle_parse(c, in.data, in.len, &some, e);

	for (size_t i = 0; ok && i < some.n; i++)
		ok = x509_bundle_add(out, some.certs[i], e);
	x509_bundle_clear(&some);
	return ok;
}

static bool ek_chain(struct call *k, const struct att_enrol_request *r, struct ek *ek)
{
	static const enum begin_row rows[] = { [TPM_STEP_CHAIN] = ROW_EK_CHAIN,
		[TPM_STEP_VALIDITY] = ROW_EK_VALIDITY, [TPM_STEP_CRL] = ROW_EK_CRL };
	struct trust t = { .crypto = k->crypto, .now_s = r->now_s, .settings = r->settings,
		.anchors = &ek->roots };
	enum tpm_chain_step step = TPM_STEP_CHAIN;
	struct att_error why = { 0 };
	bool ok;

	for (size_t i = 0; i < r->nek_roots; i++)
		if (!add_roots(k->crypto, r->ek_roots[i], &ek->roots, &k->fault))
			return false;
	ok = tpm_chain_verify(&t, k->a, ek->cert, &ek->sent, &ek->facts.chain, &step, &why);
	/* The steps before the one that failed were passed. */
	for (enum begin_row row = ROW_EK_CHAIN; row <= ROW_EK_CRL && (ok || row < rows[step]); row++)
		check_pass(&k->checks, row);
	if (ok)
		return true;
	if (r->nek_roots == 0 && step == TPM_STEP_CHAIN)
		k->out->hint = no_roots;
	return refuse(k, rows[step], r->nek_roots ? "a chain to a configured root, valid and not revoked" :
	    "a chain to a configured root, of which there is none", &why);
}

static bool ek_read(struct call *k, const struct att_enrol_request *r, struct ek *ek)
{
	struct att_error why = { 0 };

	if (!ek_form(k, r, ek))
		return false;
	if (!tpm_ek_cert_facts(ek->cert, &ek->facts, &why))
		return refuse(k, ROW_EK_PURPOSE, "an endorsement key certificate of a TPM", &why);
	check_pass(&k->checks, ROW_EK_PURPOSE);
	if (!ek_chain(k, r, ek))
		return false;
	/* A16: the certificate that was just proven is the only place the key comes from. */
	if (!tpm_ek_from_cert(ek->cert, &ek->key, &why))
		return refuse(k, ROW_EK_KEY,
		    "RSA of 2048, 3072 or 4096 bits, or P-256, P-384 or P-521", &why);
	return check_pass(&k->checks, ROW_EK_KEY);
}

/* The state: u8 version, le64 expiry, SHA-256 of the secret, EK id, blocks: AK public area,
    the EK's texts. */

static void put_text(struct buf *b, const char *s)
{
	buf_le32_block(b, s, strlen(s));
}

static bool put_state(struct call *k, const struct att_enrol_request *r)
{
	struct att_enrolment *o = k->out;
	struct buf b = buf_make(k->a);
	uint8_t sha256[32];

	if (!digest(k->crypto, DIGEST_SHA256, r->secret, ATT_ENROL_SECRET, sha256, &k->fault))
		return false;
	buf_char(&b, (char)STATE_VERSION);
	buf_le64(&b, (uint64_t)r->expires_s);
	buf_put(&b, sha256, sizeof sha256);
	buf_put(&b, o->ek_id, sizeof o->ek_id);
	buf_le32_block(&b, o->ak_public.data, o->ak_public.len);
	put_text(&b, o->manufacturer);
	put_text(&b, o->model);
	put_text(&b, o->version);
	put_text(&b, o->vendor);
	o->state = (struct att_bytes){ (const uint8_t *)b.p, b.len };
	return buf_ok(&b, &k->fault);
}

static bool facts(struct call *k, const struct att_enrol_request *r, const struct ek *ek,
    const struct enrol_ak *ak)
{
	struct att_enrolment *o = k->out;

	bytes_copy(o->ek_id, pubkey_spki_sha256(x509_pubkey(ek->cert)), sizeof o->ek_id);
	o->manufacturer = arena_strdup(k->a, ek->facts.manufacturer);
	o->vendor = arena_strdup(k->a, ek->facts.vendor);
	o->model = arena_strdup(k->a, ek->facts.model);
	o->version = arena_strdup(k->a, ek->facts.version);
	o->no_crl = ek->facts.chain.no_crl;
	if (!o->manufacturer || !o->vendor || !o->model || !o->version)
		return arena_fail(k->a, &k->fault);
	return keep(k, rd_of(r->ak_public), &o->ak_public) &&
	    keep(k, rd_make(ak->ak.name.bytes, ak->ak.name.len), &o->ak_name);
}

static bool make_credential(struct call *k, const struct att_enrol_request *r, const struct ek *ek,
    const struct enrol_ak *ak)
{
	struct tpm_credential_input in = { .ek = &ek->key, .ak_name = &ak->ak.name,
		.secret = rd_make(r->secret, ATT_ENROL_SECRET), .random = rd_make(r->random,
		    ATT_ENROL_RANDOM) };
	struct tpm_credential made;

	if (!tpm_make_credential(k->crypto, k->a, &in, &made, &k->fault))
		return false;
	k->out->id_object = (struct att_bytes){ rd_ptr(&made.id_object), rd_left(&made.id_object) };
	k->out->encrypted_secret =
	    (struct att_bytes){ rd_ptr(&made.encrypted_secret), rd_left(&made.encrypted_secret) };
	return true;
}

_Static_assert(ATT_ENROL_RANDOM == TPM_CREDENTIAL_RANDOM, "what one credential takes");

bool att_enrol_begin(const struct att_enrol_request *r, struct att_enrolment **out, struct att_error *e)
{
	struct call k;
	struct ek ek = { 0 };
	struct enrol_ak ak = { 0 };
	bool ok;

	if (r->nek_chain > ATT_ENROL_CHAIN_MAX)
		return att_fail(e, ATT_E_LIMIT, "ekChain: %zu certificates, at most %d are accepted",
		    r->nek_chain, ATT_ENROL_CHAIN_MAX);
	ok = call_begin(&k, begin_rows, BEGIN_COUNT, e);
	if (ok) {
		if (ek_read(&k, r, &ek) &&
		    enrol_ak_read(&k.checks, ROW_AK_FORM, k.crypto, rd_of(r->ak_public), &ak, &k.fault) &&
		    facts(&k, r, &ek, &ak) && make_credential(&k, r, &ek, &ak))
			(void)put_state(&k, r);
		ok = conclude(&k, begin_hints, e);
	}
	tpm_ak_clear(&ak.ak);
	ek_clear(&ek);
	return call_end(&k, ok, out);
}

bool att_enrol_roots_check(struct att_bytes roots, struct att_error *e)
{
	ATT_AUTO_STRUCT(crypto) c = crypto_new(e);
	struct x509_bundle b = { 0 };
	bool ok = c && x509_bundle_parse(c, roots.data, roots.len, &b, e);

	for (size_t i = 0; ok && i < b.n; i++)
		if (!x509_is_ca(b.certs[i]) || !x509_may_sign_certs(b.certs[i]))
			ok = att_fail(e, ATT_E_BAD_FORMAT, "certificate \"%s\": not that of a CA",
			    x509_subject_text(b.certs[i]));
	x509_bundle_clear(&b);
	return ok;
}

/* The second step */

struct state {
	uint64_t expires_s;
	uint8_t secret_sha256[32], ek_id[ATT_ENROL_EK_ID];
	struct rd ak_public;
};

static bool take_text(struct call *k, struct rd *in, const char **out)
{
	struct rd text;

	if (!rd_le32_block(in, &text))
		return false;
	*out = arena_strndup(k->a, (const char *)rd_ptr(&text), rd_left(&text));
	return *out || arena_fail(k->a, &k->fault);
}

static bool read_state(struct call *k, struct rd in, struct state *s)
{
	struct att_enrolment *o = k->out;
	uint8_t version;

	return rd_u8(&in, &version) && version == STATE_VERSION && rd_le64(&in, &s->expires_s) &&
	    s->expires_s <= INT64_MAX && rd_copy(&in, s->secret_sha256, sizeof s->secret_sha256) &&
	    rd_copy(&in, s->ek_id, sizeof s->ek_id) && rd_le32_block(&in, &s->ak_public) &&
	    take_text(k, &in, &o->manufacturer) && take_text(k, &in, &o->model) &&
	    take_text(k, &in, &o->version) && take_text(k, &in, &o->vendor) && rd_empty(&in);
}

static bool secret_is(struct call *k, const struct state *s, struct rd secret)
{
	uint8_t sha256[32];

	if (rd_left(&secret) != ATT_ENROL_SECRET)
		return check_fail(&k->checks, ROW_SECRET, "32 bytes",
		    check_text(&k->checks, "%zu bytes", rd_left(&secret)));
	if (!digest(k->crypto, DIGEST_SHA256, rd_ptr(&secret), rd_left(&secret), sha256, &k->fault))
		return false;
	return bytes_equal(sha256, s->secret_sha256, sizeof sha256) ? check_pass(&k->checks, ROW_SECRET) :
	    check_fail(&k->checks, ROW_SECRET, "the secret of this context's credential", "another one");
}

/* The name is computed once more, from what was sealed. */
static bool finish_facts(struct call *k, const struct state *s)
{
	struct tpm_public public;
	struct tpm_name name;

	bytes_copy(k->out->ek_id, s->ek_id, sizeof s->ek_id);
	return tpm2b_public_parse(s->ak_public, &public, &k->fault) &&
	    tpm_public_name(k->crypto, &public, &name, &k->fault) &&
	    keep(k, s->ak_public, &k->out->ak_public) && keep(k, rd_make(name.bytes, name.len),
	    &k->out->ak_name);
}

static bool judge(struct call *k, struct rd state, struct rd secret, int64_t now_s)
{
	struct checklist *c = &k->checks;
	struct state s;

	if (rd_empty(&state) || !read_state(k, state, &s))
		return check_fail(c, ROW_CONTEXT, "a context that this provider sealed",
		    rd_empty(&state) ? "one that it did not seal" : "one of another version");
	check_pass(c, ROW_CONTEXT);
	if ((int64_t)s.expires_s <= now_s)
		return check_fail(c, ROW_CURRENT, "a context that is still good",
		    check_text(c, "one that expired %lld s ago",
		    (long long)(now_s - (int64_t)s.expires_s)));
	check_pass(c, ROW_CURRENT);
	return secret_is(k, &s, secret) && finish_facts(k, &s);
}

bool att_enrol_finish(struct att_bytes state, struct att_bytes secret, int64_t now_s,
    struct att_enrolment **out,
    struct att_error *e)
{
	struct call k;
	bool ok;

	if (state.len > ATT_ENROL_STATE_MAX)
		return att_fail(e, ATT_E_LIMIT, "state: %zu bytes, at most %d", state.len,
		    ATT_ENROL_STATE_MAX);
	ok = call_begin(&k, finish_rows, FINISH_COUNT, e);
	if (ok) {
		(void)judge(&k, rd_of(state), rd_of(secret), now_s);
		ok = conclude(&k, finish_hints, e);
	}
	return call_end(&k, ok, out);
}

/*
 * verify.c - a file or a message put to the test. spec: maa-tpm §1.3
 *
 * A message's signature proves that its sender holds the request key; what it says of challenge and
 * context counts from there on.  Whether a TPM stands behind it is for the compound; what binds the key
 * to that TPM is here.
 */
#include "lib/evidence/maatpm/parts.h"

/* One appraisal. */
struct verifier {
	const struct maatpm_evidence *ev;
	const struct trust *t;
	struct arena *a;
	struct evidence_outcome *o;
	struct checklist *c;
	struct att_error fault;         /* a failure of the machine */
	struct pubkey *request, *aik;
	struct rd nonce;                /* what the quote must carry */
	struct maatpm_facts *facts;
};
typedef bool step_fn(struct verifier *v);

static bool is_fault(struct verifier *v, const struct att_error *why)
{
	if (why->code != ATT_E_NOMEM && why->code != ATT_E_INTERNAL && !arena_hit_limit(v->a))
		return false;
	v->fault = *why;
	return true;
}

static bool result(
    struct verifier *v, size_t row, bool ok, const char *expected, const struct att_error *why)
{
	if (ok)
		return check_pass(v->c, row);
	if (is_fault(v, why))
		return false;
	return check_fail(v->c, row, expected, check_text(v->c, "%s", why->text));
}

static struct tpm_marks marks_of(struct verifier *v)
{
	return (struct tpm_marks){ .c = v->c, .fault = &v->fault };
}

/* The compound, with what a file or a message gives it. */

static bool measure(struct verifier *v, const struct measuredboot_evidence *ev)
{
	const struct measuredboot_expect want = {
		.nonce_known = true,
		.nonce = v->nonce,
		.required_pcrs = v->t->tpm.required_pcrs,
		.ak_required = v->t->tpm.ak_required,
	};

	return measuredboot_verify(ev, v->t, &want, v->a, v->o, &v->facts->boot, &v->fault) &&
	    !checklist_failed(v->c) && !v->o->missing;
}

static struct measuredboot_quote quote_of(const struct maatpm_attestation *t)
{
	struct measuredboot_quote q = {
		.quote = &t->quote, .signature = &t->signature, .banks = t->banks, .nbanks = t->nbanks,
		.nlogs = t->nlogs,
	};

	for (size_t i = 0; i < t->nlogs; i++) {
		q.logs[i].kind = t->logs[i].kind;
		q.logs[i].data = t->logs[i].data;
	}
	return q;
}

/* Files */

/* The strongest bank that a quote has whole; -1: none. */
static int strength(const struct tpm_attest *q, uint32_t required)
{
	int best = -1;

	for (size_t i = 0; i < q->selection.n; i++) {
		const struct tpm_selection_bank *b = &q->selection.bank[i];

		if (b->known && b->mask && (b->mask & required) == required && (int)b->alg > best)
			best = (int)b->alg;
	}
	return best;
}

static size_t best_quote(const struct tpm_file *f, uint32_t required)
{
	size_t best = 0;

	for (size_t i = 1; i < f->nquotes; i++)
		if (strength(&f->quotes[i].quote, required) >
		    strength(&f->quotes[best].quote, required))
			best = i;
	return best;
}

/* Quotes that are not the one to be judged must be genuine too: a file is one piece of evidence. */
static bool other_quotes(struct verifier *v, size_t chosen)
{
	const struct tpm_marks m = marks_of(v);
	const struct tpm_file *f = v->ev->file;
	const struct tpm_expect want = {
		.nonce_known = true, .nonce = v->nonce, .allow = TPM_ALLOW_SHA1_BANK, .given = f->banks,
		.ngiven = f->nbanks,
	};
	struct tpm_quoted *q = arena_alloc(v->a, sizeof *q);
	struct tpm_ak ak;
	bool ok = true;

	if (f->nquotes == 1)
		return true;
	if (!q)
		return arena_fail(v->a, &v->fault);
	if (!tpm_ak_check(&m, v->t->crypto, &f->ak_pub, &ak))
		return false;
	for (size_t i = 0; ok && i < f->nquotes; i++)
		ok = i == chosen || tpm_quote_verify(&m, v->t->crypto, &ak, &f->quotes[i].quote,
		    &f->quotes[i].signature, &want, q);
	tpm_ak_clear(&ak);
	return ok;
}

/* The file's own word about its nonce must not be another than the caller's. */
static bool file_nonce(struct verifier *v)
{
	const struct rd *own = &v->ev->file->nonce, *want = &v->nonce;

	if (rd_left(own) == rd_left(want) && bytes_equal(rd_ptr(own), rd_ptr(want), rd_left(own)))
		return true;
	return check_fail(v->c, MAATPM_CHECK_QUOTE_NONCE,
	    check_text_hex(v->c, rd_ptr(want), rd_left(want)),
	    check_text(v->c, "%s in the file", check_text_hex(v->c, rd_ptr(own), rd_left(own))));
}

static bool step_file(struct verifier *v)
{
	const struct tpm_file *f = v->ev->file;
	size_t best = best_quote(f, v->t->tpm.required_pcrs);
	struct measuredboot_evidence ev = {
		.ak_pub = &f->ak_pub, .ak_cert = f->ak_cert, .ek_cert = f->ek_cert,
		.now = { .quote = &f->quotes[best].quote, .signature = &f->quotes[best].signature,
		    .banks = f->banks, .nbanks = f->nbanks, .nlogs = f->nlogs },
	};

	for (size_t i = 0; i < f->nlogs; i++) {
		ev.now.logs[i].kind = f->logs[i].kind;
		ev.now.logs[i].data = f->logs[i].data;
	}
	v->nonce = v->t->tpm.nonce_known ? v->t->tpm.nonce : f->nonce;
	return measure(v, &ev) && other_quotes(v, best) && file_nonce(v);
}

/* Messages */

static bool step_algorithm(struct verifier *v)
{
	struct att_error why = { 0 };

	return result(
	    v, MAATPM_CHECK_MESSAGE_ALGORITHM, jws_is_ps256(&v->ev->payload.jws, &why), "PS256", &why);
}

static bool step_signature(struct verifier *v)
{
	struct att_error why = { 0 };
	bool ok = jwk_to_pubkey(v->t->crypto, v->ev->request_key.jwk, &v->request, &why) &&
	    jws_verify_ps256(v->t->crypto, &v->ev->payload.jws, v->request, &why);

	return result(
	    v, MAATPM_CHECK_MESSAGE_SIGNATURE, ok, "a signature by the RSA key in the payload", &why);
}

/* What was found out about the sealed context: every state is a check of its own. */
static bool step_context(struct verifier *v)
{
	static const struct {
		enum att_tpm_context_state state;
		size_t row;
		const char *expected, *found;
	} rows[] = {
		{ ATT_TPM_CONTEXT_UNREADABLE, MAATPM_CHECK_CONTEXT_AUTHENTIC,
		    "a service_context that this provider sealed", "one that its key does not open" },
		{ ATT_TPM_CONTEXT_EXPIRED, MAATPM_CHECK_CONTEXT_CURRENT,
		    "a service_context that is still valid", "one that has expired" },
		{ ATT_TPM_CONTEXT_USED, MAATPM_CHECK_CONTEXT_UNUSED,
		    "a service_context that was not used before", "one that was used" },
	};
	const struct att_tpm_context *x = v->t->tpm.context;

	for (size_t i = 0; x && i < sizeof rows / sizeof rows[0]; i++) {
		if (x->state == rows[i].state)
			return check_fail(v->c, rows[i].row, rows[i].expected, rows[i].found);
		check_pass(v->c, rows[i].row);
	}
	return true;
}

/* Of the context, or what the caller said; nobody said anything: whatever was sent. */
static bool step_challenge(struct verifier *v)
{
	const struct att_tpm_context *x = v->t->tpm.context;
	const struct rd *found = &v->ev->challenge;
	struct rd want = v->t->tpm.nonce;

	if (x)
		want = rd_make(x->challenge, sizeof x->challenge);
	else if (!v->t->tpm.nonce_known)
		return true;
	if (rd_left(found) == rd_left(&want) &&
	    bytes_equal(rd_ptr(found), rd_ptr(&want), rd_left(found)))
		return check_pass(v->c, MAATPM_CHECK_MESSAGE_CHALLENGE);
	return check_fail(v->c, MAATPM_CHECK_MESSAGE_CHALLENGE,
	    check_text_hex(v->c, rd_ptr(&want), rd_left(&want)),
	    check_text_hex(v->c, rd_ptr(found), rd_left(found)));
}

/* HASH(UTF8(jwk) || 0 || challenge). spec: maa-tpm §1.2 */
static bool nonce_of_key(struct verifier *v)
{
	const struct rd *jwk = &v->ev->request_key.jwk_text, *challenge = &v->ev->challenge;
	struct buf b = buf_make(v->a);
	uint8_t *nonce = arena_alloc(v->a, digest_len(DIGEST_SHA256));

	buf_put(&b, rd_ptr(jwk), rd_left(jwk));
	buf_char(&b, 0);
	buf_put(&b, rd_ptr(challenge), rd_left(challenge));
	if (!nonce)
		return arena_fail(v->a, &v->fault);
	if (!buf_ok(&b, &v->fault) ||
	    !digest(v->t->crypto, DIGEST_SHA256, b.p, b.len, nonce, &v->fault))
		return false;
	v->nonce = rd_make(nonce, digest_len(DIGEST_SHA256));
	return true;
}

/* v1 does not say what binds its key: the quote carries the challenge, and the key is the sender's, no
 * more. */
static bool step_expected_nonce(struct verifier *v)
{
	v->nonce = v->ev->challenge;
	if (v->ev->payload.version == MAATPM_V1)
		return true;
	if (v->ev->request_key.binding == MAATPM_UNBOUND)
		return check_fail(v->c, MAATPM_CHECK_MESSAGE_REQUEST_KEY,
		    "request_key.info with tpm_quote or tpm_certify",
		    "a key that nothing binds to the quote");
	return v->ev->request_key.binding != MAATPM_TPM_QUOTE || nonce_of_key(v);
}

static bool step_aik(struct verifier *v)
{
	struct att_error why = { 0 };

	if (jwk_to_pubkey(v->t->crypto, v->ev->now.aik_pub, &v->aik, &why))
		return true;
	return result(v, MAATPM_CHECK_AK_KEY, false, "a key that can be used in aik_pub", &why);
}

static bool same_key(const struct pubkey *a, const struct pubkey *b)
{
	return bytes_equal(pubkey_spki_sha256(a), pubkey_spki_sha256(b), 32);
}

/* Two quotes of one boot come from one TPM, so from one attestation key. */
static bool step_boot_aik(struct verifier *v)
{
	ATT_AUTO_STRUCT(pubkey) boot = NULL;
	struct att_error why = { 0 };

	if (!v->ev->boot)
		return true;
	if (!jwk_to_pubkey(v->t->crypto, v->ev->boot->aik_pub, &boot, &why))
		return result(
		    v, MAATPM_CHECK_MESSAGE_BOOT_AIK, false, "a key that can be used in aik_pub", &why);
	if (!same_key(boot, v->aik))
		return check_fail(v->c, MAATPM_CHECK_MESSAGE_BOOT_AIK,
		    "boot_attestation.aik_pub as in current_attestation", "another key");
	return check_pass(v->c, MAATPM_CHECK_MESSAGE_BOOT_AIK);
}

static bool step_measure(struct verifier *v)
{
	const struct maatpm_evidence *m = v->ev;
	struct measuredboot_quote boot;
	struct measuredboot_evidence ev = {
		.ak_key = v->aik, .ak_cert = m->now.aik_cert, .now = quote_of(&m->now),
	};

	if (m->boot) {
		boot = quote_of(m->boot);
		ev.boot = &boot;
	}
	return measure(v, &ev);
}

/* The certification names a key; it must be the one of the message. */
static bool certified(struct verifier *v, const struct maatpm_key *k, size_t row)
{
	const struct tpm_marks m = marks_of(v);
	const struct tpm_certification what = { &k->public, &k->certification, &k->signature };
	const struct tpm_expect want = { .nonce_known = true, .nonce = v->ev->challenge };
	struct tpm_certified got = { 0 };
	struct tpm_ak ak;
	ATT_AUTO_STRUCT(pubkey) key = NULL;
	struct att_error why = { 0 };
	bool ok;

	if (!jwk_to_pubkey(v->t->crypto, k->jwk, &key, &why))
		return result(v, row, false, "a key that can be used in jwk", &why);
	tpm_ak_from_key(&m, v->aik, &ak);
	ok = tpm_certify_verify(&m, v->t->crypto, &ak, &what, &want, &got);
	if (ok && !same_key(key, got.key))
		ok = check_fail(v->c, row, "the certified key in jwk", "another key");
	pubkey_free(got.key);
	tpm_ak_clear(&ak);
	return ok;
}

static bool step_request_key(struct verifier *v)
{
	const struct maatpm_key *k = &v->ev->request_key;

	if (v->ev->payload.version == MAATPM_V1)
		return true;
	if (k->binding == MAATPM_TPM_CERTIFY && !certified(v, k, MAATPM_CHECK_MESSAGE_REQUEST_KEY))
		return false;
	return check_pass(v->c, MAATPM_CHECK_MESSAGE_REQUEST_KEY);
}

static bool step_other_keys(struct verifier *v)
{
	for (size_t i = 0; i < v->ev->nother_keys; i++)
		if (v->ev->other_keys[i].binding == MAATPM_TPM_CERTIFY &&
		    !certified(v, &v->ev->other_keys[i], MAATPM_CHECK_MESSAGE_OTHER_KEYS))
			return false;
	return v->ev->nother_keys == 0 || check_pass(v->c, MAATPM_CHECK_MESSAGE_OTHER_KEYS);
}

static bool step_vbs(struct verifier *v)
{
	const struct rd *text = &v->ev->report_signed;
	uint8_t want[DIGEST_MAX];
	struct vbs_boot boot;

	if (!v->ev->vbs_report)
		return true;
	if (!digest(v->t->crypto, DIGEST_SHA512, rd_ptr(text), rd_left(text), want, &v->fault))
		return false;
	maatpm_vbs_boot(&v->facts->boot->now, &boot);
	return vbs_report_verify(v->ev->vbs_report, &boot, want, v->t->crypto, v->c,
		   MEASUREDBOOT_NCHECKS, &v->fault) &&
	    !checklist_failed(v->c);
}

/* rp_data and nonce are the same value under two names. spec: maa-tpm §3 */
static bool step_token(struct verifier *v)
{
	const struct rd *rp = &v->ev->rp_data;
	struct json *jwk = jwk_from_pubkey(v->a, v->request), *o = json_object(v->a);
	const char *s = (const char *)rd_ptr(rp);

	v->facts->request_key_jwk = jwk;
	if (!rd_empty(rp) && (!json_put(v->a, o, "rp_data", json_stringn(v->a, s, rd_left(rp))) ||
	    !json_put(v->a, o, "nonce", json_stringn(v->a, s, rd_left(rp)))))
		return arena_fail(v->a, &v->fault);
	if (!json_put(v->a, o, "cnf", json_put(v->a, json_object(v->a), "jwk", json_copy(v->a, jwk))))
		return arena_fail(v->a, &v->fault);
	v->o->token_extra = o;
	return true;
}

static step_fn *const file_steps[] = { step_file };
static step_fn *const message_steps[] = {
	step_algorithm, step_signature, step_context, step_challenge, step_expected_nonce, step_aik,
	step_boot_aik, step_measure, step_request_key, step_other_keys, step_vbs, step_token,
};

static bool run(struct verifier *v, step_fn *const *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!steps[i](v))
			return false;
	return true;
}

bool maatpm_verify(const void *evidence, const struct trust *t, struct arena *a,
    struct evidence_outcome *o, struct att_error *e)
{
	struct verifier v = { .ev = evidence, .t = t, .a = a, .o = o, .c = o->checks,
		.facts = arena_alloc(a, sizeof *v.facts) };
	bool ok;

	if (!v.facts)
		return arena_fail(a, e);
	check_pass(v.c, MAATPM_CHECK_MESSAGE_FORM);
	ok = v.ev->file ? run(&v, file_steps, sizeof file_steps / sizeof file_steps[0]) :
	    run(&v, message_steps, sizeof message_steps / sizeof message_steps[0]);
	if (ok)
		o->facts = v.facts;
	pubkey_free(v.request);
	pubkey_free(v.aik);
	if (v.fault.code != ATT_E_OK)
		return att_fail(e, v.fault.code, "%s", v.fault.text);
	return true;
}

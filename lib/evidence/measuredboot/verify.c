/* verify.c - the key, who vouches for it, the quote, its logs, and the quote of a cold boot. */
#include "lib/evidence/measuredboot/parts.h"

#include "lib/evidence/measuredboot/code.h"

#define ONE_ROW(row) { row, row, row, row, row, row, row }

static const struct log_rows now_rows = { MEASUREDBOOT_CHECK_LOG_FORM, MEASUREDBOOT_CHECK_LOG_REPLAY,
	MEASUREDBOOT_CHECK_LOG_COVERED, MEASUREDBOOT_CHECK_REVOKED, MEASUREDBOOT_CHECK_IMA_FORM,
	MEASUREDBOOT_CHECK_IMA_REPLAY, MEASUREDBOOT_CHECK_IMA_AGGREGATE };
static const struct log_rows boot_rows = ONE_ROW(MEASUREDBOOT_CHECK_BOOT_LOG);

struct verifier {
	const struct measuredboot_evidence *ev;
	const struct trust *t;
	const struct measuredboot_expect *want;
	struct arena *a;
	struct evidence_outcome *o;
	struct tpm_ak ak;               /* cleared at the end */
	struct x509_cert *cert, *ek;    /* the same */
	struct measuredboot_facts *f;
	struct att_error fault;
};

static struct tpm_marks marks_of(struct verifier *v, struct checklist *c)
{
	return (struct tpm_marks){ .c = c, .fault = &v->fault };
}

/* A certificate that cannot be read vouches for nobody. */
static bool read_cert(struct verifier *v, struct rd in, struct x509_cert **out, struct att_error *why)
{
	struct rd der;

	return tpm_cert_trim(in, &der, why) &&
	    x509_cert_from_der(v->t->crypto, rd_ptr(&der), rd_left(&der), out, why);
}

static bool key(struct verifier *v)
{
	struct tpm_marks m = marks_of(v, v->o->checks);

	if (v->ev->ak_pub)
		return tpm_ak_check(&m, v->t->crypto, v->ev->ak_pub, &v->ak);
	tpm_ak_from_key(&m, v->ev->ak_key, &v->ak);
	return true;
}

/*
 * Under a CA of enrolment, which vouches for attestation keys and for nothing else: no other root, no
 * certificate beside it and no revocation list counts.
 */
static bool vouched_by_enrolment(struct verifier *v, const struct tpm_vouchers *by, bool *yes)
{
	struct att_settings settings = *v->t->settings;
	struct trust t = *v->t;
	struct tpm_ak_facts f;
	struct checklist scratch;
	struct tpm_marks m = marks_of(v, &scratch);
	struct tpm_vouchers alone = { .cert = by->cert, .required = true };

	*yes = false;
	if (!by->cert || !t.tpm.ak_cas || t.tpm.ak_cas->n == 0)
		return true;
	settings.crl_required = false;
	t.settings = &settings;
	t.certs = NULL;
	t.crls = NULL;
	t.ncrls = 0;
	t.anchors = t.tpm.ak_cas;
	if (!checklist_init(&scratch, v->a, tpm_checks, TPM_NCHECKS, &v->fault))
		return false;
	*yes = tpm_ak_vouch(&m, &t, &v->ak, &alone, &f) && f.who == TPM_VOUCHED_ANCHOR;
	if (!*yes)
		return v->fault.code == ATT_E_OK;
	m.c = v->o->checks;
	if (!tpm_ak_vouch(&m, &t, &v->ak, &alone, &f))
		return false;
	f.who = TPM_VOUCHED_ENROLLED;
	v->f->ak = f;
	return true;
}

/* What the operator's list, which may be long, has of this key: its name, its digest. */
static size_t on_list(const struct verifier *v, struct rd out[2])
{
	const struct att_reference *ref = v->t->tpm.reference;
	const struct rd known[2] = { rd_make(v->ak.name.bytes, v->ak.name.len),
		rd_make(pubkey_spki_sha256(v->ak.key), 32) };
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		if (ref && reference_ak_name(ref, known[i]))
			out[n++] = known[i];
	return n;
}

static bool vouch(struct verifier *v)
{
	struct tpm_marks m = marks_of(v, v->o->checks);
	struct rd listed[2];
	struct tpm_vouchers by = { .required = v->want->ak_required };
	struct att_error why = { 0 };
	bool enrolled;

	if (!rd_empty(&v->ev->ak_cert) && !read_cert(v, v->ev->ak_cert, &v->cert, &why)) {
		if (tpm_is_fault(&why))
			return att_fail(&v->fault, why.code, "%s", why.text);
		v->f->ak_cert_unreadable = check_text(v->o->checks, "%s", why.text);
	}
	by.cert = v->cert;
	by.listed = listed;
	by.nlisted = on_list(v, listed);
	if (!vouched_by_enrolment(v, &by, &enrolled))
		return false;
	if (enrolled)
		return true;
	if (!tpm_ak_vouch(&m, v->t, &v->ak, &by, &v->f->ak))
		return false;
	if (v->f->ak_cert_unreadable && !v->f->ak.why_not)
		v->f->ak.why_not = v->f->ak_cert_unreadable;
	v->o->relaxed |= v->f->ak.no_crl ? ATT_ALLOW_NO_CRL : 0;
	v->o->simulated_anchor |= v->f->ak.who == TPM_VOUCHED_ANCHOR;
	return true;
}

static bool quote(struct verifier *v)
{
	struct tpm_marks m = marks_of(v, v->o->checks);
	const struct measuredboot_quote *q = &v->ev->now;
	const struct tpm_expect want = { .nonce_known = v->want->nonce_known, .nonce = v->want->nonce,
		.required_mask = v->want->required_pcrs, .given = q->banks, .ngiven = q->nbanks };

	return tpm_quote_verify(&m, v->t->crypto, &v->ak, q->quote, q->signature, &want, &v->f->now.quoted);
}

static bool logs(struct verifier *v)
{
	const struct reading r = { v->t, v->a, v->o->checks, &now_rows, &v->fault, &v->f->code };

	return boot_read(&r, &v->ev->now, &v->f->now);
}

/* The rows of tpm are those of the current quote: another one has a list of its own, and one row here. */
static bool boot_quote(struct verifier *v, struct measuredboot_boot *b)
{
	const struct measuredboot_quote *q = v->ev->boot;
	struct checklist scratch;
	struct tpm_marks m = marks_of(v, &scratch);
	const struct tpm_expect want = { .required_mask = v->want->required_pcrs, .given = q->banks,
		.ngiven = q->nbanks };

	if (!checklist_init(&scratch, v->a, tpm_checks, TPM_NCHECKS, &v->fault))
		return false;
	if (tpm_quote_verify(&m, v->t->crypto, &v->ak, q->quote, q->signature, &want, &b->quoted))
		return check_pass(v->o->checks, MEASUREDBOOT_CHECK_BOOT_QUOTE);
	if (v->fault.code != ATT_E_OK)
		return false;
	return check_fail(v->o->checks, MEASUREDBOOT_CHECK_BOOT_QUOTE,
	    check_text(v->o->checks, "%s: %s", scratch.rows[scratch.first_failed].id,
		scratch.results[scratch.first_failed].expected),
	    scratch.results[scratch.first_failed].found);
}

static bool cold_boot(struct verifier *v)
{
	const struct reading r = { v->t, v->a, v->o->checks, &boot_rows, &v->fault, NULL };
	struct measuredboot_boot *b;
	const struct tpm_clock *now = &v->f->now.quoted.clock, *then;

	if (!v->ev->boot)
		return true;
	b = arena_alloc(v->a, sizeof *b);
	if (!b)
		return arena_fail(v->a, &v->fault);
	if (!boot_quote(v, b))
		return false;
	then = &b->quoted.clock;
	if (!tpm_same_boot(then, now))
		return check_fail(v->o->checks, MEASUREDBOOT_CHECK_BOOT_SAME,
		    check_text(v->o->checks, "resetCount %u, restartCount up to %u", now->reset_count,
			now->restart_count),
		    check_text(v->o->checks, "resetCount %u, restartCount %u", then->reset_count,
			then->restart_count));
	check_pass(v->o->checks, MEASUREDBOOT_CHECK_BOOT_SAME);
	if (!boot_read(&r, v->ev->boot, b))
		return false;
	v->f->boot = b;
	return true;
}

/* Shown, never a reason: an endorsement key certificate says nothing of the attestation key by itself. */
static bool endorsement(struct verifier *v)
{
	struct att_error why = { 0 };

	if (rd_empty(&v->ev->ek_cert))
		return true;
	if (read_cert(v, v->ev->ek_cert, &v->ek, &why) &&
	    tpm_ek_cert_check(v->t, v->a, v->ek, NULL, &v->f->ek, &why))
		v->f->has_ek = true;
	return !tpm_is_fault(&why) || att_fail(&v->fault, why.code, "%s", why.text);
}

static bool identify(struct verifier *v)
{
	return evidence_identify(v->o, v->a, ATT_DENY_AK, pubkey_spki_sha256(v->ak.key), 32, &v->fault);
}

bool measuredboot_verify(const struct measuredboot_evidence *ev, const struct trust *t,
    const struct measuredboot_expect *want, struct arena *a, struct evidence_outcome *o,
    const struct measuredboot_facts **facts, struct att_error *e)
{
	static bool (*const steps[])(struct verifier *) = { key, vouch, quote, identify, logs, cold_boot,
		endorsement };
	struct verifier v = { .ev = ev, .t = t, .want = want, .a = a, .o = o,
		.f = arena_alloc(a, sizeof *v.f) };
	size_t i = 0;

	if (!v.f)
		return arena_fail(a, e);
	while (i < sizeof steps / sizeof steps[0] && steps[i](&v))
		i++;
	tpm_ak_clear(&v.ak);
	x509_cert_free(v.cert);
	x509_cert_free(v.ek);
	if (v.fault.code != ATT_E_OK)
		return att_fail(e, v.fault.code, "%s", v.fault.text);
	if (i == sizeof steps / sizeof steps[0])
		*facts = v.f;
	return true;
}

#include <string.h>

#include "lib/collateral/set.h"

static bool same_key(const struct x509_cert *x, const struct x509_cert *y)
{
	return bytes_equal(pubkey_spki_sha256(x509_pubkey(x)), pubkey_spki_sha256(x509_pubkey(y)), 32);
}

/* Is this a root CRL that the root's key signed? */
static bool is_list_of(const struct collateral_item *i, const struct x509_cert *root)
{
	return i->kind == COLLATERAL_ROOT_CRL && i->proof.fault == COLLATERAL_GOOD &&
	    same_key(i->proof.root, root);
}

bool collateral_root_revokes(const struct collateral_set *s, const struct x509_cert *root,
    const struct x509_cert *cert)
{
	for (size_t i = 0; i < s->nitems; i++)
		if (is_list_of(s->items[i], root) && x509_crl_revokes(s->items[i]->crl, cert))
			return true;
	return false;
}

/* One signer within its dates and not revoked is enough. */
static enum collateral_fault judge_signers(const struct collateral_set *s, const struct collateral_item *i,
    int64_t now_s, struct att_error *why)
{
	const struct collateral_proof *p = &i->proof;
	bool revoked = false;

	if (!x509_valid_at(p->root, now_s, why))
		return COLLATERAL_SIGNER_DATES;
	for (size_t j = 0; j < p->nsigners; j++) {
		struct att_error dates = { 0 };

		if (!x509_valid_at(p->signers[j], now_s, &dates)) {
			(void)att_fail(why, dates.code, "%s", dates.text);
			continue;
		}
		if (!collateral_root_revokes(s, p->root, p->signers[j])) {
			att_error_clear(why);
			return COLLATERAL_GOOD;
		}
		revoked = true;
	}
	if (!revoked)
		return COLLATERAL_SIGNER_DATES;
	att_error_clear(why);
	(void)att_fail(why, ATT_E_NOT_AUTHENTIC, "certificate \"%s\": revoked by \"%s\"",
	    x509_subject_text(p->signers[0]), x509_subject_text(p->root));
	return COLLATERAL_SIGNER_REVOKED;
}

static enum collateral_fault judge_dates(const struct collateral_item *i, int64_t now_s,
    struct att_error *why)
{
	char bound[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
	bool early = now_s < i->issue_date_s;

	if (i->next_update_s == INT64_MIN) {
		(void)att_fail(why, ATT_E_NOT_AUTHENTIC, "%s %s: without nextUpdate",
		    collateral_kind_name(i->kind), i->key);
		return COLLATERAL_EXPIRED;
	}
	if (!early && now_s <= i->next_update_s)
		return COLLATERAL_GOOD;
	time_format(early ? i->issue_date_s : i->next_update_s, bound);
	time_format(now_s, now);
	(void)att_fail(why, ATT_E_NOT_AUTHENTIC, "%s %s: %s %s, it is %s", collateral_kind_name(i->kind),
	    i->key, early ? "issued only at" : "expired at", bound, now);
	return early ? COLLATERAL_EARLY : COLLATERAL_EXPIRED;
}

enum collateral_fault collateral_judge(const struct collateral_set *s, const struct collateral_item *i,
    int64_t now_s, struct att_error *why)
{
	enum collateral_fault f = i->proof.fault;
	struct att_error text = { 0 };

	if (!s->proved && f == COLLATERAL_GOOD) {
		(void)att_fail(why, ATT_E_INTERNAL, "collateral: the set is not proved");
		return COLLATERAL_SIGNATURE;
	}
	if (f != COLLATERAL_GOOD)
		text = i->proof.why;
	else
		f = judge_signers(s, i, now_s, &text);
	if (f == COLLATERAL_GOOD)
		f = judge_dates(i, now_s, &text);
	if (f != COLLATERAL_GOOD)
		(void)att_fail(why, text.code, "%s", text.text);
	return f;
}

/* Is x to be taken rather than y?  The rules of collateral_find(). */
static bool is_better(const struct collateral_item *x, const struct collateral_item *y, int64_t now_s)
{
	bool x_proved = x->proof.fault == COLLATERAL_GOOD, y_proved = y->proof.fault == COLLATERAL_GOOD;
	bool x_issued = x->issue_date_s <= now_s, y_issued = y->issue_date_s <= now_s;

	if (x_proved != y_proved)
		return x_proved;
	if (x_issued != y_issued)
		return x_issued;
	if (x->evaluation != y->evaluation)
		return x->evaluation > y->evaluation;
	return x->issue_date_s > y->issue_date_s;
}

static bool wanted(const struct collateral_item *i, const struct collateral_query *q, const char *key)
{
	return i->kind == q->kind && (!key || strcmp(i->key, key) == 0) &&
	    (q->evaluation == 0 || i->evaluation == q->evaluation || i->proof.fault == COLLATERAL_FORM);
}

static const struct collateral_item *best(const struct collateral_set *s, const struct collateral_query *q,
    const char *key)
{
	const struct collateral_item *found = NULL;

	for (size_t i = 0; i < s->nitems; i++)
		if (wanted(s->items[i], q, key) && (!found || is_better(s->items[i], found, q->now_s)))
			found = s->items[i];
	return found;
}

const struct collateral_item *collateral_find(const struct collateral_set *s,
    const struct collateral_query *q)
{
	const struct collateral_item *found = best(s, q, q->key);

	return found || !q->key ? found : best(s, q, "");
}

const struct collateral_item *collateral_pck_crl(const struct collateral_set *s, const struct x509_cert *ca,
    int64_t now_s)
{
	const struct collateral_item *found = NULL;

	for (size_t i = 0; i < s->nitems; i++)
		if (s->items[i]->kind == COLLATERAL_PCK_CRL && x509_crl_names_issuer(s->items[i]->crl, ca) &&
		    (!found || is_better(s->items[i], found, now_s)))
			found = s->items[i];
	return found;
}

const struct collateral_item *collateral_root_crl(const struct collateral_set *s,
    const struct x509_cert *root, int64_t now_s)
{
	const struct collateral_item *found = NULL;

	for (size_t i = 0; i < s->nitems; i++)
		if (is_list_of(s->items[i], root) && (!found || is_better(s->items[i], found, now_s)))
			found = s->items[i];
	return found;
}

static void span_add(struct collateral_span *d, int64_t issued_s, int64_t expires_s)
{
	d->issued_earliest_s = issued_s < d->issued_earliest_s ? issued_s : d->issued_earliest_s;
	d->issued_latest_s = issued_s > d->issued_latest_s ? issued_s : d->issued_latest_s;
	d->expires_earliest_s = expires_s < d->expires_earliest_s ? expires_s : d->expires_earliest_s;
}

void collateral_span_cert(struct collateral_span *d, const struct x509_cert *cert)
{
	span_add(d, x509_not_before(cert), x509_not_after(cert));
}

void collateral_span_item(struct collateral_span *d, const struct collateral_item *i)
{
	span_add(d, i->issue_date_s, i->next_update_s);
	for (size_t j = 0; j < i->chain.n; j++)
		collateral_span_cert(d, i->chain.certs[j]);
	if (i->chain.n > 0 || !i->proof.root)
		return;
	for (size_t j = 0; j < i->proof.nsigners; j++)
		collateral_span_cert(d, i->proof.signers[j]);
	collateral_span_cert(d, i->proof.root);
}

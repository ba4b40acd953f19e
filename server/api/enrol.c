/*
 * /tpm/enrol and /tpm/enrolments - which attestation key an endorsement key was enrolled with.
 *
 * A worker judges, and has the certificate by the time the row is written; the answer that holds
 * it leaves only
 * when the row is on the disk.  A certificate whose row is refused is thrown away.  security-history A17
 */
#include "lib/base/buf.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/api/manage.h"
#include "server/log/log.h"
#include "server/store/enrolment.h"

static const char another_key[] =
    "a TPM keeps its attestation key: enrol with that key again, or have an administrator remove the "
    "enrolment (DELETE /tpm/enrolments/{ekId}) if the key is lost or the machine was set up anew";

static bool row_of(struct api_call *c, const struct managed *m, const struct enrolled *in,
    struct store_enrolment *out, struct att_error *e)
{
	int64_t now_s = c->api->now_s();

	*out = (struct store_enrolment){ .ek_id = manage_text(c, in->ek_id),
		.ak_name = manage_text(c, in->ak_name),
		.manufacturer = manage_text(c, in->manufacturer), .vendor = manage_text(c, in->vendor),
		.model = manage_text(c, in->model), .version = manage_text(c, in->version),
		.enrolled_by = manage_text(c, m->caller), .enrolled_at_s = now_s, .renewed_at_s = now_s,
		.expires_s = in->expires_s };
	out->renewed_by = out->enrolled_by;
	return (out->ek_id && out->ak_name && out->manufacturer && out->vendor && out->model &&
	    out->version && out->enrolled_by) || arena_fail(c->manage->memory, e);
}

static bool apply_enrol(struct api_call *c, const struct managed *m, const struct store_use *use,
    struct att_error *e)
{
	struct store_enrolment row;
	struct enrolled in = { 0 };
	bool renewed = false;

	(void)use;
	if (rd_empty(&m->enrolment)) {
		c->manage->made_nothing = true;         /* the first step: a credential enrols nobody */
		return true;
	}
	if (!enrolled_decode(m->enrolment, &in, e) || !row_of(c, m, &in, &row, e))
		return false;
	if (!store_enrol(c->api->store, manage_key(c).provider, &row, &renewed, e)) {
		if (e->code == ATT_E_OPERATION)
			c->manage->hint = another_key;
		return false;
	}
	log_event(LOG_INFO, renewed ? "enrolment.renewed" : "enrolment.made", "provider", "%s",
	    manage_key(c).provider, "ek", "%s", row.ek_id, "ak", "%s", row.ak_name, NULL);
	return true;
}

void api_enrol(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "tpm.enrol", .verb = MANAGE_ENROL,
	    .is_document = true,
		.is_plain = true, .may_be_anonymous = true, .keeps_tenant = true, .apply = apply_enrol };

	manage_call(c, &kind);
}

/* Listing */

static struct json *entry_json(struct arena *a, const struct store_enrolment *r)
{
	const struct { const char *name, *value; } texts[] = { { "ekId", r->ek_id }, { "akName",
	    r->ak_name },
		{ "manufacturer", r->manufacturer }, { "vendor", r->vendor }, { "model", r->model },
		{ "version", r->version }, { "enrolledBy", r->enrolled_by }, { "renewedBy",
		    r->renewed_by } };
	const struct { const char *name; int64_t at_s; } times[] = { { "enrolledAt", r->enrolled_at_s },
		{ "renewedAt", r->renewed_at_s }, { "expires", r->expires_s } };
	struct json *o = json_object(a);
	char when[TIME_TEXT_MAX];

	(void)json_put(a, o, "n", json_int(a, r->n));
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (*texts[i].value)
			(void)json_put(a, o, texts[i].name, json_string(a, texts[i].value));
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		time_format(times[i].at_s, when);
		(void)json_put(a, o, times[i].name, json_string(a, when));
	}
	return o;
}

static bool respond_list(struct api_call *c, struct resp *out, struct att_error *e)
{
	struct arena *a = c->manage->memory;
	struct store_enrolments l = { 0 };
	struct json *o = json_object(a), *list = json_array(a);
	const char *link;
	char *text;
	size_t n;

	if (!api_page(c->r, &l.skip, &l.top, e) ||
	    !store_enrolments(c->api->store, manage_key(c).provider, a, &l, e))
		return false;
	for (size_t i = 0; i < l.n; i++)
		list = json_append(list, entry_json(a, &l.entry[i]));
	o = json_put(a, o, "entries", list);
	if (l.more) {
		link = arena_printf(a, "%s/tpm/enrolments?top=%zu&skip=%lld",
		    c->api->facts->issuers[c->provider],
		    l.top, (long long)l.entry[l.n - 1].n);
		o = json_put(a, o, "nextLink", link ? json_string(a, link) : NULL);
	}
	if (!json_write(a, o, JSON_COMPACT, &text, &n, e))
		return false;
	*out = resp_copy(200, text, n);
	return true;
}

void api_enrolments(struct api_call *c)
{
	static const struct manage_kind kind = { .verb = MANAGE_ALLOW, .respond = respond_list };

	manage_call(c, &kind);
}

/* Removing */

static bool apply_remove(struct api_call *c, const struct managed *m, const struct store_use *use,
    struct att_error *e)
{
	(void)m;
	(void)use;
	c->manage->ek_id = c->ek_id;
	return store_enrolment_remove(c->api->store, manage_key(c).provider, c->ek_id, c->manage->memory,
	    &c->manage->ak_name, e);
}

static bool respond_removed(struct api_call *c, struct resp *out, struct att_error *e)
{
	struct buf b = buf_make(c->manage->memory);

	/* Both are digits. */
	buf_fmt(&b, "{\"removed\":{\"ekId\":\"%s\",\"akName\":\"%s\"}}", c->ek_id, c->manage->ak_name);
	if (!buf_ok(&b, e))
		return false;
	*out = resp_copy(200, b.p, b.len);
	return true;
}

void api_enrolment_remove(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "tpm.enrolment.remove", .verb = MANAGE_ALLOW,
		.is_plain = true, .keeps_tenant = true, .apply = apply_remove, .respond = respond_removed };

	manage_call(c, &kind);
}

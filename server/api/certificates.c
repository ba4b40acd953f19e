/* /certificates, :add, :remove - who may sign the policies of an Isolated provider (rest-api section 7). */
#include "libattest/manage.h"
#include "server/api/manage.h"

/* The tenant's list is counted at each change, under the next statement's judgement. */
static bool changed(struct api_call *c, bool ok)
{
	c->api->tenant[c->provider].certs_generation += ok;
	return ok;
}

static bool has_room(struct api_call *c, const char *thumbprint, struct att_error *e)
{
	struct store_cert *list;
	size_t n;

	if (!store_certs(c->api->store, manage_key(c).provider, c->manage->memory, &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (bytes_order(list[i].thumbprint, 40, thumbprint, 40) == 0)
			return true;
	return n < ATT_REGISTERED_MAX ||
	    att_fail(e, ATT_E_OPERATION, "there are %zu policy certificates, at most %d", n,
		ATT_REGISTERED_MAX);
}

static bool apply_add(
    struct api_call *c, const struct managed *m, const struct store_use *use, struct att_error *e)
{
	struct store_cert cert = { .thumbprint = manage_text(c, m->thumbprint),
		.der = { rd_ptr(&m->certificate), rd_left(&m->certificate) },
		.added_by = manage_text(c, m->caller),
		.added_at_s = c->api->now_s() };

	if (!cert.thumbprint || !cert.added_by)
		return arena_fail(c->manage->memory, e);
	return has_room(c, cert.thumbprint, e) &&
	    changed(c, store_cert_add(c->api->store, manage_key(c).provider, &cert, use, e));
}

static bool apply_remove(struct api_call *c, const struct managed *m, const struct store_use *use,
    struct att_error *e)
{
	const char *thumbprint = manage_text(c, m->thumbprint);

	if (!thumbprint)
		return arena_fail(c->manage->memory, e);
	return changed(c, store_cert_remove(c->api->store, manage_key(c).provider, thumbprint, use, e));
}

void api_certificates_get(struct api_call *c)
{
	static const struct manage_kind kind = { .verb = MANAGE_READ_CERTS };

	manage_call(c, &kind);
}

void api_certificates_add(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "certificate.add", .verb = MANAGE_CERT_ADD,
		.apply = apply_add };

	manage_call(c, &kind);
}

void api_certificates_remove(struct api_call *c)
{
	static const struct manage_kind kind = { .action = "certificate.remove", .verb = MANAGE_CERT_REMOVE,
		.apply = apply_remove };

	manage_call(c, &kind);
}

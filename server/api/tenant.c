/* What the store holds of each provider, kept in the form in which workers get it. */
#include <string.h>

#include "lib/base/buf.h"
#include "libattest/manage.h"
#include "server/api/api.h"
#include "server/log/log.h"

#define TENANT_MEMORY (128 * MIB)

static const char *name_of(const struct api *api, uint32_t provider)
{
	return api->config->providers[provider].name;
}

/* One row of POLICIES: type, JWS, signer, shadow; none where the default is active and no shadow is set. */
static bool put_type(struct api *api, uint32_t provider, const char *type, struct buf *b, struct att_error *e)
{
	struct store_key k = { name_of(api, provider), type };
	struct store_policy active, shadow;

	if (!store_policy_active(api->store, &k, b->a, &active, e) ||
	    !store_shadow_get(api->store, &k, b->a, &shadow, e))
		return false;
	if (active.jws.n == 0 && shadow.jws.n == 0)
		return true;
	buf_le32_block(b, type, strlen(type));
	buf_le32_block(b, active.jws.p, active.jws.n);
	buf_le32_block(b, active.jws.n ? active.signer : "", active.jws.n ? strlen(active.signer) : 0);
	buf_le32_block(b, shadow.jws.p, shadow.jws.n);
	return true;
}

static bool read_policies(struct api *api, uint32_t provider, struct tenant *t, struct att_error *e)
{
	struct buf b = buf_make(t->memory);
	struct store_denylist deny;
	const char *type;

	if (!store_denylist_get(api->store, name_of(api, provider), t->memory, &deny, e))
		return false;
	buf_le32_block(&b, deny.entries.p, deny.entries.n);
	for (unsigned i = 0; (type = att_policy_type_name(i)); i++)
		if (!put_type(api, provider, type, &b, e))
			return false;
	t->policies = (struct block){ b.p ? b.p : "", b.len };
	return buf_ok(&b, e);
}

static bool read_certs(struct api *api, uint32_t provider, struct tenant *t, struct att_error *e)
{
	struct buf b = buf_make(t->memory);
	struct store_cert *list;
	size_t n;

	if (!store_certs(api->store, name_of(api, provider), t->memory, &list, &n, e))
		return false;
	for (size_t i = 0; i < n; i++)
		buf_le32_block(&b, list[i].der.p, list[i].der.n);
	t->certs = (struct block){ b.p ? b.p : "", b.len };
	return buf_ok(&b, e);
}

bool tenant_refresh(struct api *api, uint32_t provider, struct att_error *e)
{
	struct tenant *old = &api->tenant[provider], fresh = { .memory = arena_new(TENANT_MEMORY),
	    .certs_generation = old->certs_generation, .is_known = true };

	old->is_known = false;
	if (!fresh.memory)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!read_policies(api, provider, &fresh, e) || !read_certs(api, provider, &fresh, e)) {
		arena_free(fresh.memory);
		return false;
	}
	arena_free(old->memory);
	*old = fresh;
	api->policies_changed(api->state, provider);
	return true;
}

bool tenant_ready(struct api *api, uint32_t provider, struct att_error *e)
{
	return api->tenant[provider].is_known || tenant_refresh(api, provider, e);
}

void tenants_clear(struct api *api)
{
	for (size_t i = 0; i < PROVIDERS_MAX; i++)
		arena_free(api->tenant[i].memory);
}

static bool seed(struct api *api, uint32_t provider, const struct blob_list *pairs, struct att_error *e)
{
	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		struct store_cert c = { .der = { rd_ptr(&pairs->item[i + 1]), rd_left(&pairs->item[i + 1]) },
		    .added_by = "configuration", .added_at_s = api->now_s() };
		char thumbprint[41];

		if (!frame_text(pairs->item[i], thumbprint, sizeof thumbprint))
			return att_fail(e, ATT_E_BAD_FORMAT, "signers message: thumbprint");
		c.thumbprint = thumbprint;
		if (!store_cert_add(api->store, name_of(api, provider), &c, NULL, e))
			return false;
		log_event(LOG_INFO, "policy-signer.registered", "provider", "%s",
		    name_of(api, provider), "certificate", "%s", thumbprint, NULL);
	}
	return true;
}

/* The configured certificates found a provider; later only signed statements change who may sign. */
static bool open_one(struct api *api, uint32_t provider, struct rd signers, struct att_error *e)
{
	bool isolated = strcmp(api->config->providers[provider].trust_model, "Isolated") == 0;
	struct blob_list pairs;
	struct store_cert *list;
	size_t n;

	if (!blobs_decode(api->scratch, signers, &pairs, e) ||
	    !store_certs(api->store, name_of(api, provider), api->scratch, &list, &n, e))
		return false;
	if (isolated && n == 0 && pairs.n == 0)
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "provider %s is Isolated and has no policy-signing certificate: "
		    "give policy_signers",
		    name_of(api, provider));
	return (!isolated || n > 0 || seed(api, provider, &pairs, e)) && tenant_refresh(api, provider, e);
}

bool tenants_open(struct api *api, struct rd signers, struct att_error *e)
{
	struct blob_list list;
	bool ok = blobs_decode(api->scratch, signers, &list, e);

	if (ok && list.n != api->config->providers_count)
		ok = att_fail(e, ATT_E_BAD_FORMAT, "signers message: %zu providers", list.n);
	for (uint32_t i = 0; ok && i < list.n; i++)
		ok = open_one(api, i, list.item[i], e);
	arena_reset(api->scratch);
	return ok;
}

#include "server/store/store_impl.h"

const char *store_action_name(enum store_action a)
{
	static const char *const names[] = {
		[STORE_SET] = "set", [STORE_RESET] = "reset", [STORE_ROLLBACK] = "rollback",
	};

	return names[a];
}

uint64_t store_generation(const struct store *s)
{
	return atomic_load(&s->generation);
}

/* A write that succeeded makes older copies stale. */
static bool written(struct store *s, bool ok)
{
	if (ok)
		(void)atomic_fetch_add(&s->generation, 1);
	return ok;
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}

void store_maintain(struct store *s)
{
	s->ops->maintain(s);
}

bool store_policy_active(struct store *s, const struct store_key *k, struct arena *a,
    struct store_policy *out, struct att_error *e)
{
	return s->ops->policy_active(s, k, a, out, e);
}

bool store_policy_at(struct store *s, const struct store_key *k, int64_t n, struct arena *a,
    struct store_policy *out, struct att_error *e)
{
	return s->ops->policy_at(s, k, n, a, out, e);
}

bool store_policy_history(struct store *s, const struct store_key *k, struct arena *a,
    struct store_history *h, struct att_error *e)
{
	return s->ops->policy_history(s, k, a, h, e);
}

bool store_policy_append(struct store *s, const struct store_key *k, const struct store_policy *p,
    const struct store_use *use, int64_t *n, struct att_error *e)
{
	return written(s, s->ops->policy_append(s, k, p, use, n, e));
}

bool store_shadow_get(struct store *s, const struct store_key *k, struct arena *a, struct store_policy *out,
    struct att_error *e)
{
	return s->ops->shadow_get(s, k, a, out, e);
}

bool store_shadow_set(struct store *s, const struct store_key *k, const struct store_policy *p,
    const struct store_use *use, struct att_error *e)
{
	return written(s, s->ops->shadow_set(s, k, p, use, e));
}

bool store_certs(struct store *s, const char *provider, struct arena *a, struct store_cert **out, size_t *n,
    struct att_error *e)
{
	return s->ops->certs(s, provider, a, out, n, e);
}

bool store_cert_add(struct store *s, const char *provider, const struct store_cert *c,
    const struct store_use *use, struct att_error *e)
{
	return written(s, s->ops->cert_add(s, provider, c, use, e));
}

bool store_cert_remove(struct store *s, const char *provider, const char *thumbprint,
    const struct store_use *use, struct att_error *e)
{
	return written(s, s->ops->cert_remove(s, provider, thumbprint, use, e));
}

bool store_context_use(struct store *s, const struct store_context *c, uint32_t max, bool *fresh,
    struct att_error *e)
{
	return s->ops->context->use(s, c, max, fresh, e);
}

bool store_contexts_forget(struct store *s, int64_t before_s, bool *more, struct att_error *e)
{
	return s->ops->context->forget(s, before_s, more, e);
}

bool store_enrol(struct store *s, const char *provider, const struct store_enrolment *r, bool *renewed,
    struct att_error *e)
{
	return s->ops->enrolment->put(s, provider, r, renewed, e);
}

bool store_enrolments(struct store *s, const char *provider, struct arena *a, struct store_enrolments *l,
    struct att_error *e)
{
	return s->ops->enrolment->list(s, provider, a, l, e);
}

bool store_enrolment_remove(struct store *s, const char *provider, const char *ek_id, struct arena *a,
    const char **ak_name, struct att_error *e)
{
	return s->ops->enrolment->remove(s, provider, ek_id, a, ak_name, e);
}

bool store_denylist_get(struct store *s, const char *provider, struct arena *a,
    struct store_denylist *out, struct att_error *e)
{
	return s->ops->denylist->get(s, provider, a, out, e);
}

bool store_denylist_set(
    struct store *s, const char *provider, const struct store_denylist *l, struct att_error *e)
{
	return written(s, s->ops->denylist->set(s, provider, l, e));
}

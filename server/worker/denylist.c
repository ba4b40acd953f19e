/*
 * Whom this worker refuses: what the configuration names for all providers and for this one, and
 * what the front tells with the policies.
 */
#include "libattest/denylist.h"

#include "server/log/log.h"
#include "server/worker/worker.h"

/* Checked when the configuration was read; a failure here is another configuration than that. */
static bool add_configured(
    struct worker *w, const struct config_deny *v, unsigned n, struct att_error *e)
{
	for (unsigned i = 0; i < n; i++)
		if (!att_deny_read(
			v[i].kind, v[i].value, v[i].reason, &w->configured[w->nconfigured++], e))
			return att_within(e, "deny[%u]", i);
	return true;
}

static bool use_both(struct worker *w, const struct att_denylist *told, struct att_error *e)
{
	size_t ntold = told ? told->n : 0;
	struct att_deny *all = arena_array(w->policies, w->nconfigured + ntold + 1, sizeof *all);

	if (!all)
		return arena_fail(w->policies, e);
	bytes_copy(all, w->configured, w->nconfigured * sizeof *all);
	bytes_copy(all + w->nconfigured, told ? told->entries : NULL, ntold * sizeof *all);
	w->settings.deny = all;
	w->settings.ndeny = w->nconfigured + ntold;
	return true;
}

bool worker_deny_configured(struct worker *w, struct att_error *e)
{
	const struct config *c = w->env->config;
	const struct config_provider *p = &c->providers[w->env->facts.provider];

	w->configured =
	    arena_array(w->env->memory, c->deny_count + p->deny_count + 1, sizeof *w->configured);
	if (!w->configured)
		return arena_fail(w->env->memory, e);
	return add_configured(w, c->deny, c->deny_count, e) &&
	    add_configured(w, p->deny, p->deny_count, e) && use_both(w, NULL, e);
}

/* A list that cannot be read refuses everybody: nobody knows whom it was to refuse. */
bool worker_take_denylist(struct worker *w, struct rd json, struct att_error *e)
{
	struct att_bytes text = { rd_ptr(&json), rd_left(&json) };
	struct att_error why = { 0 };

	att_denylist_free(w->told);
	w->told = NULL;
	w->deny_is_broken = text.len > 0 && !att_denylist_read(text, &w->told, &why);
	if (w->deny_is_broken)
		log_event(LOG_ERROR, "denylist.unreadable", "error", "%s", why.text, NULL);
	return use_both(w, w->told, e);
}

/* store_impl.h - what an implementation provides; store.h's functions forward to it. */
#ifndef SERVER_STORE_STORE_IMPL_H
#define SERVER_STORE_STORE_IMPL_H

#include <stdatomic.h>

#include "server/store/collateral.h"
#include "server/store/context.h"
#include "server/store/enrolment.h"

struct store_collateral_ops {
	bool (*get)(struct store *s, const struct store_item *name, struct arena *a,
	    struct store_item *out, struct att_error *e);
	bool (*seen)(struct store *s, const struct store_item *name, struct arena *a,
	    struct store_item *out, struct att_error *e);
	bool (*put)(struct store *s, const struct store_item *item,
	    const struct store_choice *choice, struct att_error *e);
	bool (*items)(struct store *s, bool every_kind, size_t max, struct arena *a,
	    struct store_item **out, size_t *n, struct att_error *e);
	bool (*forget)(
	    struct store *s, const char *kind, const char *key, int64_t *gone, struct att_error *e);
	bool (*drop_lapsed)(struct store *s, int64_t before_s, struct att_error *e);
	bool (*choice_get)(struct store *s, const struct store_choice *name, struct arena *a,
	    struct store_choice *out, struct att_error *e);
	bool (*choice_put)(struct store *s, const struct store_choice *c, struct att_error *e);
	bool (*choices)(struct store *s, size_t max, struct arena *a, struct store_choice **out,
	    size_t *n, struct att_error *e);
	bool (*floor_get)(struct store *s, int64_t *out, struct att_error *e);
	bool (*floor_set)(struct store *s, int64_t floor_s, struct att_error *e);
};

struct store_denylist_ops {
	bool (*get)(struct store *s, const char *provider, struct arena *a,
	    struct store_denylist *out, struct att_error *e);
	bool (*set)(struct store *s, const char *provider, const struct store_denylist *l,
	    struct att_error *e);
};

struct store_context_ops {
	bool (*use)(struct store *s, const struct store_context *c, uint32_t max, bool *fresh,
	    struct att_error *e);
	bool (*forget)(struct store *s, int64_t before_s, bool *more, struct att_error *e);
};

struct store_enrolment_ops {
	bool (*put)(struct store *s, const char *provider, const struct store_enrolment *r, bool *renewed,
	    struct att_error *e);
	bool (*list)(struct store *s, const char *provider, struct arena *a, struct store_enrolments *l,
	    struct att_error *e);
	bool (*remove)(struct store *s, const char *provider, const char *ek_id, struct arena *a,
	    const char **ak_name, struct att_error *e);
};

struct store_ops {
	const struct store_collateral_ops *collateral;
	const struct store_denylist_ops *denylist;
	const struct store_context_ops *context;
	const struct store_enrolment_ops *enrolment;
	void (*close)(struct store *s);
	void (*maintain)(struct store *s);
	bool (*policy_active)(struct store *s, const struct store_key *k, struct arena *a,
	    struct store_policy *out, struct att_error *e);
	bool (*policy_at)(struct store *s, const struct store_key *k, int64_t n, struct arena *a,
	    struct store_policy *out, struct att_error *e);
	bool (*policy_history)(struct store *s, const struct store_key *k, struct arena *a,
	    struct store_history *h, struct att_error *e);
	bool (*policy_append)(struct store *s, const struct store_key *k, const struct store_policy *p,
	    const struct store_use *use, int64_t *n, struct att_error *e);
	bool (*shadow_get)(struct store *s, const struct store_key *k, struct arena *a,
	    struct store_policy *out, struct att_error *e);
	bool (*shadow_set)(struct store *s, const struct store_key *k, const struct store_policy *p,
	    const struct store_use *use, struct att_error *e);
	bool (*certs)(struct store *s, const char *provider, struct arena *a,
	    struct store_cert **out, size_t *n, struct att_error *e);
	bool (*cert_add)(struct store *s, const char *provider, const struct store_cert *c,
	    const struct store_use *use, struct att_error *e);
	bool (*cert_remove)(struct store *s, const char *provider, const char *thumbprint,
	    const struct store_use *use, struct att_error *e);
};

/* First member of every implementation's structure. */
struct store {
	const struct store_ops *ops;
	atomic_uint_fast64_t generation;
};

#endif

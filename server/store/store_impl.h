/* store_impl.h - what an implementation provides; store.h's functions forward to it. */
#ifndef SERVER_STORE_STORE_IMPL_H
#define SERVER_STORE_STORE_IMPL_H

#include <stdatomic.h>

#include "server/store/store.h"

struct store_ops {
	void (*close)(struct store *s);
	void (*maintain)(struct store *s);
	bool (*policy_active)(struct store *s, const struct store_key *k, struct arena *a,
	    struct store_policy *out, struct att_error *e);
	bool (*policy_at)(struct store *s, const struct store_key *k, int64_t n, struct arena *a,
	    struct store_policy *out, struct att_error *e);
	bool (*policy_history)(struct store *s, const struct store_key *k, struct arena *a,
	    struct store_policy **out, size_t *n, struct att_error *e);
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

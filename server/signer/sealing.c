#include "server/signer/sealing.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/seal.h"
#include "server/datadir/datadir.h"
#include "server/log/log.h"

static bool create(const char *path, const char *provider, struct secret *out, struct att_error *e)
{
	uint8_t key[SEAL_KEY];
	bool ok = crypto_random(key, sizeof key, e) && file_write(path, key, sizeof key, e) &&
	    secret_set(out, key, sizeof key, e);

	secret_wipe(key, sizeof key);
	if (ok)
		log_event(LOG_INFO, "key.created", "provider", "%s", provider, "use", "sealing", NULL);
	return ok;
}

bool sealing_key_open(const char *data_dir, const char *provider, struct secret *out, struct att_error *e)
{
	char path[DATADIR_PATH_MAX], name[256];

	(void)snprintf(name, sizeof name, "%s.sealing.key", provider);
	if (!datadir_path(data_dir, DATADIR_KEYS, name, path, e))
		return false;
	if (!file_exists(path))
		return create(path, provider, out, e);
	if (!file_read(path, SEAL_KEY, out, e))
		return false;
	if (out->len == SEAL_KEY)
		return true;
	(void)att_fail(e, ATT_E_BAD_FORMAT, "%s: %zu bytes, want %d", path, out->len, SEAL_KEY);
	secret_clear(out);
	return false;
}

/* What a sealed state is bound to: purpose and provider, by name, because numbers change with the
 * configuration. */
static bool binding_of(const struct sealing *s, const struct rd *purpose, struct rd *out, struct att_error *e)
{
	struct rd in = *purpose;
	struct buf b = buf_make(s->memory);
	uint8_t p;

	if (!rd_u8(&in, &p) || !rd_empty(&in) || p == SEAL_NONE || p >= SEAL_PURPOSES)
		return att_fail(e, ATT_E_OPERATION, "there is no such purpose of a sealed state");
	buf_put(&b, &p, 1);
	buf_str(&b, s->provider);
	*out = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

bool sealing_answer(const struct sealing *s, const struct frame *f, struct rd *out, struct att_error *e)
{
	const struct rd *in = &f->block[1];
	struct rd binding;
	size_t n = rd_left(in) + SEAL_OVERHEAD;
	uint8_t *bytes;

	if (!binding_of(s, &f->block[0], &binding, e))
		return false;
	bytes = arena_alloc(s->memory, n);
	if (!bytes)
		return arena_fail(s->memory, e);
	if (!(f->op == OP_SEAL ? seal_close(s->key->p, binding, *in, bytes, e) :
	    seal_open(s->key->p, binding, *in, bytes, &n, e)))
		return false;
	*out = rd_make(bytes, n);
	return true;
}

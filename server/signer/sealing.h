/*
 * sealing.h - sealing keys: one per provider, beside its token-signing key and never the same.
 *
 * What workers have sealed is carried by clients, so what opens it is only: the same provider's key, the
 * same provider's name, the same purpose (messages.h).  The key is a file of the signer,
 * keys/<provider>.sealing.key, 32 random bytes, made at the first start; whoever removes it makes every
 * sealed state that is under way unreadable, and nothing worse.
 */
#ifndef SERVER_SIGNER_SEALING_H
#define SERVER_SIGNER_SEALING_H

#include "lib/base/arena.h"
#include "lib/base/secret.h"
#include "server/ipc/messages.h"

/* Loads the key, or makes and stores it.  Cleared with secret_clear(). */
ATT_CHECK bool sealing_key_open(const char *data_dir, const char *provider, struct secret *out,
    struct att_error *e);

struct sealing {
	const char *provider;
	const struct secret *key;
	struct arena *memory;           /* *out lives there */
};
/*
 * Answers a SEAL or an OPEN message.  NOT_AUTHENTIC and BAD_FORMAT are ordinary outcomes of OPEN: clients
 * send what they like.
 */
ATT_CHECK bool sealing_answer(const struct sealing *s, const struct frame *f, struct rd *out,
    struct att_error *e);

#endif

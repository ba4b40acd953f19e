/*
 * seal.h - authenticated encryption of small states that somebody else carries for us.
 *
 * A sealed state is opened only with the key that sealed it and with the same binding: bytes that say whose
 * and what for it is, authenticated but not contained.  It does not say when it was sealed, nor does opening
 * it use it up: expiry and single use are part of what is sealed, and the caller's business.
 *
 * Form: u8 version 1, 16 bytes salt, 12 bytes nonce, ciphertext, 16 bytes tag.  AES-256-GCM (SP 800-38D) with
 * the key HMAC-SHA256(key, "attestd seal" || 0 || salt): with salt and nonce random, the limit of 2^32
 * messages that random nonces set to a GCM key is out of reach for any number of callers.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include <stdint.h>

#include "lib/base/rd.h"

#define SEAL_KEY 32                     /* bytes of a key */
#define SEAL_OVERHEAD (1u + 16u + 12u + 16u)
#define SEAL_MAX ((size_t)1 << 20)      /* bytes of plaintext or of binding */

/* Writes rd_left(plain) + SEAL_OVERHEAD bytes to out.  Two calls never give the same bytes. */
ATT_CHECK bool seal_close(const uint8_t key[SEAL_KEY], struct rd binding, struct rd plain, uint8_t *out,
    struct att_error *e);
/*
 * Writes *out_len = rd_left(sealed) - SEAL_OVERHEAD bytes to out.  BAD_FORMAT: no sealed state;
 * NOT_AUTHENTIC: damaged, of another key, or of another binding, which cannot be told apart; out then
 * holds nothing of it.
 */
ATT_CHECK bool seal_open(const uint8_t key[SEAL_KEY], struct rd binding, struct rd sealed, uint8_t *out,
    size_t *out_len, struct att_error *e);

#endif

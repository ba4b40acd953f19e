/*
 * signer.h - the signer role: holds the signing and sealing keys and nothing else.
 *
 * What may be asked depends on the channel.  A verify worker's channel is bound to one provider when the
 * parent hands it over and gets attestation tokens and sealed states; the front's channel gets public
 * documents and management results, whose claim names are fixed here (rules.h).  Registered claims (iss,
 * iat, nbf, exp, jti, aud) are set here, never taken from a message.
 */
#ifndef SERVER_SIGNER_SIGNER_H
#define SERVER_SIGNER_SIGNER_H

#include "server/role.h"

#define SIGNER_FD_MANAGE 4      /* the front's channel; only the first signer has it */

int signer_run(struct role_env *env);

#endif

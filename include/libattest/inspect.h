/* inspect.h - what a file is and what it says, without judging it. */
#ifndef LIBATTEST_INSPECT_H
#define LIBATTEST_INSPECT_H

#include "libattest/attest.h"

/*
 * Recognises a report, request body, certificate, certificate bundle, CRL, policy JWS, policy text,
 * token, measured-boot event log, IMA list, TPM structure (quote, certification, public area, name,
 * signature, credential), Secure Boot variable or dbx update, and describes it as one JSON object
 * {"kind":..., ...fields}; nothing is verified.  A damaged one may have a member "problem".  free() *json.
 */
ATT_API bool att_inspect(struct att_bytes file, char **json, struct att_error *e);

#endif

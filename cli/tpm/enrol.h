/*
 * enrol.h - proves to a service that the attestation key is in the TPM of an EK certificate, and gets a
 * certificate for it: POST /tpm/enrol twice (docs/api.md).
 */
#ifndef CLI_TPM_ENROL_H
#define CLI_TPM_ENROL_H

#include "cli/cmd.h"
#include "cli/tpm/collect.h"

/* EXIT_GOOD: c->ak_cert is the new certificate, which --state keeps.  Else what went wrong was printed. */
enum exit_code enrol(struct collect *c, bool json, struct att_error *e);

#endif

/* doctor.h - what this machine lacks to be attested by its TPM, and how to get it. */
#ifndef CLI_TPM_DOCTOR_H
#define CLI_TPM_DOCTOR_H

#include "cli/cmd.h"

/* Prints a table, or with --format json one object. EXIT_BAD: something is missing. */
enum exit_code doctor(const struct args *args, struct arena *a, bool json);

#endif

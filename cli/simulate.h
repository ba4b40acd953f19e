/* simulate.h - what the types of attest simulate share: one object each, options by name, files
 * written. */
#ifndef CLI_SIMULATE_H
#define CLI_SIMULATE_H

#include "cli/cmd.h"
#include "sim/sim.h"

struct simulate_type {
	const char *name;               /* "SevSnpVm" */
	unsigned id;                    /* the type's own number where one file makes several */
	bool (*takes)(const struct simulate_type *t, const char *option);
	const struct sim_fault *(*fault_at)(const struct simulate_type *t, size_t i);
	/* Makes and writes it all, and says what to try next. */
	bool (*make)(const struct simulate_type *t, const struct args *args, struct arena *a,
	    struct crypto *c,
	    struct att_error *e);
};
extern const struct simulate_type simulate_snp, simulate_sgx, simulate_oe, simulate_tdx;

extern const struct opt simulate_opts[];

/* Decimal, or with 0x. */
ATT_CHECK bool simulate_number(const char *text, unsigned long long max, unsigned long long *out,
    struct att_error *e);
ATT_CHECK bool simulate_hex(const char *text, void *out, size_t n, struct att_error *e);

struct simulate_output {
	const char *file;
	size_t off;                     /* of a struct sim_bytes in what was made; empty: not written */
	const char *what;
};
/* Into the folder of -o, which is made when absent. */
ATT_CHECK bool simulate_write(const struct args *args, struct arena *a,
    const struct simulate_output *rows,
    size_t n, const void *made, struct att_error *e);

#endif

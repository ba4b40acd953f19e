/* request.h - the body of POST /attest/<type> around simulated evidence. spec: rest-api §5 */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "sim/sim.h"

struct sim_request {
	const char *member;             /* that carries the evidence */
	struct att_bytes evidence;
	struct att_bytes runtime_data, inittime_data;   /* empty: none */
	const char *data_type;          /* of both: "JSON" or "Binary" */
	const char *nonce;              /* NULL: none */
};
ATT_CHECK bool sim_request_write(struct arena *a, const struct sim_request *r,
    struct sim_bytes *out,
    struct att_error *e);

#endif

/*
 * oe_endorsements.h - Open Enclave's endorsements of an SGX quote: Intel's collateral in one binary piece.
 *
 * u32 version 1, u32 enclave type 2 (SGX), u32 bytes behind these 16, u32 number of items 9, as many u32
 * offsets from behind the last of them; then the items, most ending with a NUL.  Little-endian.
 * spec: sgx-tdx §9.1
 *
 * The creation time (item 8) says nothing that anybody signed; it is not looked at.
 */
#ifndef COLLATERAL_OE_ENDORSEMENTS_H
#define COLLATERAL_OE_ENDORSEMENTS_H

#include "lib/base/rd.h"

struct oe_endorsements {
	struct rd tcb_info, tcb_info_chain;     /* the raw answer; PEM */
	struct rd pck_crl, root_crl, crl_chain; /* DER, PEM or hex; PEM */
	struct rd qe_identity, qe_identity_chain;
};

/* Does it begin as such a piece does? */
bool oe_endorsements_recognise(struct rd in);
/* Borrowed from in; items as they are there, the NUL behind them included. */
ATT_CHECK bool oe_endorsements_parse(struct rd in, struct oe_endorsements *out, struct att_error *e);

#endif

/* Intel's Provisioning Certification Service, version 4.  spec: sgx-tdx §8.1 */
#include "net/sources/source.h"
#include "net/sources/pcs.h"

/* No pck-cert: the service wants the encrypted PPID, which a quote with certification data of type
 * 3 holds, but the key of an endorsement does not. */
static const struct recipe recipes[] = {
	PCS_TCB_INFO(""),
	PCS_ENCLAVE("/{enclave}/identity{?baseline}"),
	PCS_NUMBERS,
	PCS_CRL(""),
	PCS_ROOT_CRL("", STEP_AT_ROOT_URL, ""),
	{ 0 }
};

const struct source_kind source_pcs = { "pcs", "Ocp-Apim-Subscription-Key", recipes };

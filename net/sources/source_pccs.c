/* A PCCS, the cache of Intel's service that operators run themselves.  spec: sgx-tdx §8.2 */
#include "net/sources/source.h"
#include "net/sources/pcs.h"

static const struct recipe recipes[] = {
	PCS_TCB_INFO(""),
	PCS_ENCLAVE("/{enclave}/identity{?baseline}"),
	PCS_NUMBERS,
	PCS_CRL(""),
	PCS_ROOT_CRL("/sgx/certification/v4/rootcacrl", 0, ""),
	PCS_CERT(""),
	{ 0 }
};

const struct source_kind source_pccs = { "pccs", "Ocp-Apim-Subscription-Key", recipes };

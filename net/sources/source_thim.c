/*
 * Azure's cache (Trusted Hardware Identity Management): Intel's paths with two more parameters, and
 * AMD's certificates with their chain in one answer.  spec: sgx-tdx §8.2, azure-cvm §2
 */
#include "net/sources/source.h"
#include "net/sources/pcs.h"

#define CLIENT "clientid=production_client&api-version=2020-02-12-preview"

static const struct recipe recipes[] = { PCS_TCB_INFO("&" CLIENT),
	PCS_ENCLAVE("/{enclave}/identity?" CLIENT "{&baseline}"), PCS_CRL("&" CLIENT),
	PCS_ROOT_CRL("/sgx/certification/v4/rootcacrl?" CLIENT, 0, "&" CLIENT),
	PCS_CERT("&" CLIENT),
	{ "snp-vcek",
	    { { "/SevSnpVM/certificates/{chip}/{tcb_number}?api-version=2020-10-15-preview",
		FORM_PEM, NULL, 0 } } },
	{ 0 } };

const struct source_kind source_thim = { "thim", NULL, recipes };

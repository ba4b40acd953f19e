/*
 * pcs.h - recipes that Intel's service, its caches and Azure's have in common.
 *
 * more: query parameters at the end, "" or "&name=value".  spec: sgx-tdx §8.1
 */
#ifndef NET_SOURCES_PCS_H
#define NET_SOURCES_PCS_H

/* The second name is that of version 3 of the interface, which some caches still send. */
#define PCS_TCB_INFO(more) \
	{ "tcb-info", { { "/{tee}/certification/v4/tcb?fmspc={fmspc}{&baseline}" more, \
	    FORM_JSON, "TCB-Info-Issuer-Chain|SGX-TCB-Info-Issuer-Chain", 0 } } }
#define PCS_ENCLAVE(path) \
	{ "qe-identity", { { path, FORM_JSON, "SGX-Enclave-Identity-Issuer-Chain", 0 } } }
#define PCS_NUMBERS \
	{ "evaluation-numbers", { { "/{tee}/certification/v4/tcbevaluationdatanumbers", \
	    FORM_JSON, "TCB-Evaluation-Data-Numbers-Issuer-Chain", 0 } } }
#define PCS_CRL_PATH(ca, more) "/sgx/certification/v4/pckcrl?ca=" ca "&encoding=der" more
#define PCS_CRL_CHAIN "SGX-PCK-CRL-Issuer-Chain"
#define PCS_CRL(more) \
	{ "pck-crl", { { PCS_CRL_PATH("{ca}", more), FORM_CRL, PCS_CRL_CHAIN, 0 } } }
/* Its root certificate comes with no document of its own, but at the end of every chain. */
#define PCS_ROOT_STEP(ca, more) \
	{ PCS_CRL_PATH(ca, more), 0, PCS_CRL_CHAIN, STEP_ISSUER | STEP_HEADER_ONLY }
#define PCS_ROOT_CRL(path, flags, more) \
	{ "root-crl", { { path, FORM_CRL, NULL, flags }, \
	    PCS_ROOT_STEP("platform", more), PCS_ROOT_STEP("processor", more) } }
#define PCS_CERT(more)                                                                             \
	{                                                                                          \
		"pck-cert",                                                                        \
		{                                                                                  \
			{                                                                          \
				"/sgx/certification/v4/"                                           \
				"pckcert?qeid={qeid}&pceid={pceid}&cpusvn={cpusvn}"                \
				"&pcesvn={pcesvn}" more,                                           \
				    FORM_PEM, "SGX-PCK-Certificate-Issuer-Chain", 0                \
			}                                                                          \
		}                                                                                  \
	}

#endif

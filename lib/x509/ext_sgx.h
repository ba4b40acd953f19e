/*
 * ext_sgx.h - Intel's extension of SGX PCK certificates, 1.2.840.113741.1.13.1
 * (Intel "SGX PCK Certificate and Certificate Revocation List Profile Specification" 1.5; spec sgx-tdx.md 3).
 *
 * Everything here is signed by Intel; a verifier takes FMSPC, PCE-ID and TCB from nowhere else.
 */
#ifndef X509_EXT_SGX_H
#define X509_EXT_SGX_H

#include "lib/x509/x509.h"

#define EXT_SGX_COMPONENTS 16

enum ext_sgx_type { EXT_SGX_STANDARD = 0, EXT_SGX_SCALABLE = 1, EXT_SGX_SCALABLE_INTEGRITY = 2 };

struct ext_sgx {
	uint8_t ppid[16];                       /* .1: identifies the processor package */
	uint8_t components[EXT_SGX_COMPONENTS]; /* .2.1 to .2.16: SGX TCB component SVNs */
	uint16_t pcesvn;                        /* .2.17 */
	uint8_t cpusvn[16];                     /* .2.18; equal to components wherever seen, not relied on */
	uint8_t pceid[2];                       /* .3, in the order of the certificate */
	uint8_t fmspc[6];                       /* .4 */
	uint8_t type;                           /* .5: enum ext_sgx_type, 0 to 2 */
	bool has_platform;                      /* .6 is there: a leaf of the Platform CA */
	uint8_t platform_instance[16];          /* .6 */
	bool has_configuration;                 /* .7 is there */
	bool dynamic_platform, cached_keys, smt;        /* .7.1 to .7.3; false when absent */
};

/*
 * Each of .1 to .5 and all 18 parts of .2 exactly once, in any order; a second one of any kind is an
 * error, an identifier that is not known is ignored.  Does not look at who issued the certificate.
 */
ATT_CHECK bool ext_sgx_parse(const struct x509_cert *cert, struct ext_sgx *out, struct att_error *e);
/* The same from the extension's value octets. */
ATT_CHECK bool ext_sgx_parse_value(struct rd in, struct ext_sgx *out, struct att_error *e);

#endif

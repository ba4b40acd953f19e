/*
 * ext_snp.h - AMD's VCEK/VLEK certificate extensions, arc 1.3.6.1.4.1.3704.1
 * (AMD 57230 "VCEK Certificate and KDS Interface Specification" section 3.1; spec sev-snp.md 7.2).
 */
#ifndef X509_EXT_SNP_H
#define X509_EXT_SNP_H

#include "lib/x509/x509.h"

struct ext_snp {
	uint8_t struct_version;         /* .1: 0 Milan and Genoa, 1 Turin */
	char product[32];               /* .2 productName, e.g. "Milan-B0" */
	uint8_t bootloader, tee, snp, microcode;        /* .3.1 .3.2 .3.3 .3.8 */
	uint8_t reserved[4];            /* .3.4 to .3.7; absent counts as zero where the layout lacks it */
	bool has_fmc;
	uint8_t fmc;                    /* .3.9, Turin only */
	bool has_hwid;
	uint8_t hwid[64];               /* .4; Turin: 8 bytes, rest zero */
	size_t hwid_len;                /* 8 or 64 */
	bool has_csp_id;
	char csp_id[128];               /* .5, VLEK only */
};

/* Missing, duplicate, malformed or mutually exclusive extensions are errors. Compares with no report. */
ATT_CHECK bool ext_snp_parse(const struct x509_cert *cert, struct ext_snp *out, struct att_error *e);

#endif

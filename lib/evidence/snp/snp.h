/*
 * snp.h - AMD SEV-SNP attestation reports: structures, limits and the steps between the files here.
 *
 * Layout: AMD 56860 "SEV Secure Nested Paging Firmware ABI Specification", section 7.3 (ATTESTATION_REPORT);
 * certificates: AMD 57230.  Section numbers in `spec:` tags are those of our own sev-snp.md.
 * All integers are stored in host order; byte strings stay in the order of the report.
 */
#ifndef EVIDENCE_SNP_SNP_H
#define EVIDENCE_SNP_SNP_H

#include "lib/evidence/format.h"
#include "lib/x509/ext_snp.h"

#define SNP_REPORT_LEN 1184             /* bytes of a report, every version */
#define SNP_SIGNED_LEN 0x2A0            /* bytes the signature covers, from the start */
#define SNP_SIG_FIELD 72                /* bytes of R and of S in the report */
#define SNP_CERTTABLE_MAX 16            /* entries of a certificate table */
#define SNP_CERTTABLE_LEN_MAX ((size_t)1 << 20) /* bytes of a certificate table */
#define SNP_CERTS_LEN_MAX ((size_t)256 << 10)   /* bytes of VcekCertChain, decoded */

#define SNP_VMPL_HOST UINT32_MAX        /* VMPL field of a report that the host asked for */
#define SNP_VMPL_MAX 3

enum snp_policy_bit {                   /* guest policy, spec section 2 */
	SNP_POLICY_SMT = 16, SNP_POLICY_ONE = 17, SNP_POLICY_MIGRATE_MA = 18, SNP_POLICY_DEBUG = 19,
	SNP_POLICY_SINGLE_SOCKET = 20, SNP_POLICY_CXL_ALLOW = 21, SNP_POLICY_MEM_AES_256_XTS = 22,
	SNP_POLICY_RAPL_DIS = 23, SNP_POLICY_CIPHERTEXT_HIDING = 24, SNP_POLICY_PAGE_SWAP_DISABLE = 25,
	SNP_POLICY_BITS = 26            /* this bit and those above must be zero */
};

enum snp_platform_bit {                 /* PLATFORM_INFO, spec section 3; others are carried, never judged */
	SNP_PLATFORM_SMT = 0, SNP_PLATFORM_TSME = 1, SNP_PLATFORM_ECC = 2, SNP_PLATFORM_RAPL_DIS = 3,
	SNP_PLATFORM_CIPHERTEXT_HIDING = 4, SNP_PLATFORM_ALIAS_CHECK = 5, SNP_PLATFORM_TIO = 7
};

enum snp_signing_key { SNP_KEY_VCEK = 0, SNP_KEY_VLEK = 1, SNP_KEY_NONE = 7 };

/* A firmware version, ordered by major, minor, build. */
struct snp_version {
	uint8_t build, minor, major;
};

/* The report, field by field; names are the specification's. */
struct snp_report {
	uint32_t version;               /* 2 to 5 have a known layout */
	uint32_t guest_svn;             /* of the ID block */
	uint64_t policy;                /* enum snp_policy_bit; bits 7:0 ABI minor, 15:8 ABI major */
	uint8_t family_id[16], image_id[16];
	uint32_t vmpl;                  /* 0..3, or SNP_VMPL_HOST */
	uint32_t signature_algo;        /* 1 = ECDSA P-384 with SHA-384 */
	uint8_t current_tcb[8];         /* layout depends on the product line: snp_tcb_decode() */
	uint64_t platform_info;         /* enum snp_platform_bit */
	uint32_t key_info;              /* bit 0 AUTHOR_KEY_EN, 1 MASK_CHIP_KEY, 4:2 SIGNING_KEY */
	uint8_t report_data[64];        /* chosen by the guest */
	uint8_t measurement[48];        /* launch digest, SHA-384 */
	uint8_t host_data[32];          /* chosen by the host at launch */
	uint8_t id_key_digest[48], author_key_digest[48];
	uint8_t report_id[32], report_id_ma[32];
	uint8_t reported_tcb[8];        /* the endorsement key is derived for this TCB */
	uint8_t cpuid_family, cpuid_model, cpuid_stepping;      /* version >= 3, else 0 */
	uint8_t chip_id[64];            /* zero when masked or under a VLEK; Turin: 8 bytes, rest zero */
	uint8_t committed_tcb[8];
	struct snp_version current, committed;
	uint8_t launch_tcb[8];
	uint64_t launch_mit_vector, current_mit_vector;         /* version >= 5, else 0 */
	uint8_t r[SNP_SIG_FIELD], s[SNP_SIG_FIELD];             /* little-endian, as in the report */
};

static inline bool snp_policy_bit(const struct snp_report *r, enum snp_policy_bit bit)
{
	return r->policy >> bit & 1;
}

static inline unsigned snp_signing_key(const struct snp_report *r)
{
	return r->key_info >> 2 & 7;
}

static inline bool snp_author_key_en(const struct snp_report *r)
{
	return r->key_info & 1;
}

static inline bool snp_mask_chip_key(const struct snp_report *r)
{
	return r->key_info >> 1 & 1;
}

/*
 * Exactly SNP_REPORT_LEN bytes to the structure.  Reserved bytes that are not zero are an error naming field,
 * offset, found and wanted, when the version's layout is known; a report of an unknown version is read by
 * the fields all versions share, so that the version check can name it.  Values are not judged here.
 */
ATT_CHECK bool snp_report_parse(struct rd in, struct snp_report *out, struct att_error *e);

/* A certificate table as the guest kernel hands it out behind an extended report (GHCB specification). */
struct snp_certtable {
	/* VCEK, VLEK, ASK or ASVK, ARK: as one set, since the label is not signed. */
	struct rd certs[SNP_CERTTABLE_MAX];
	size_t ncerts;
};

/*
 * Reads the table; entries of other GUIDs are ignored, among them the CRL: revocation data is the
 * operator's to give, not the attester's.  Entries may overlap (they are only read).
 */
ATT_CHECK bool snp_certtable_parse(struct rd in, struct snp_certtable *out, struct att_error *e);

/* Evidence: the report, the certificates that came with it, and endorsements of the utility VM. */
struct snp_evidence {
	struct snp_report report;
	struct rd bytes;                /* SNP_REPORT_LEN bytes as received: the signature covers these */
	struct snp_certtable certs;     /* PEM or DER, unparsed: verify looks into its cache first */
	struct rd uvm; /* Endorsements, decoded JSON; empty when absent.  Kept, not verified yet */
};
ATT_CHECK bool snp_evidence_parse(
    struct rd in, struct arena *a, struct snp_evidence **out, struct att_error *e);
bool snp_recognise(struct rd in);

/* Product lines */
struct snp_product {
	const char *name;               /* as in certificates and KDS URLs: "Milan" */
	bool fmc;                       /* Turin's TCB layout: byte 0 is the FMC's SVN */
	size_t hwid_len;                /* bytes of HWID: 64, Turin 8 */
	uint8_t struct_version;         /* of the certificate extensions */
	int min_tcb;                    /* index in att_settings.snp_min_tcb; -1: no floor known */
};
const struct snp_product *snp_product_at(size_t i);     /* NULL past the end */
/* From CPUID family and model ("combined" values); NULL when no product line is known there. */
const struct snp_product *snp_product_of_cpuid(uint8_t family, uint8_t model);
/* The product whose ICA is named like this, VCEK ("SEV-Milan") or VLEK ("SEV-VLEK-Milan"); NULL for
 * other names. */
const struct snp_product *snp_product_of_ica(const char *cn, enum snp_signing_key kind);
/* Does the productName extension ("Milan-B0", "Genoa") name this product? */
bool snp_product_named(const struct snp_product *p, const char *product_name);

/* TCB components, in the order of struct att_snp_tcb. */
#define SNP_TCB_COMPONENTS 5
extern const struct snp_tcb_component {
	const char *name;
	size_t off;
} snp_tcb_components[SNP_TCB_COMPONENTS];
bool snp_tcb_has(
    const struct snp_product *p, size_t component); /* does the product's layout have it? */
uint8_t snp_tcb_get(const struct att_snp_tcb *t, size_t component);
struct att_snp_tcb snp_tcb_decode(const struct snp_product *p, const uint8_t raw[8]);
void snp_tcb_encode(const struct snp_product *p, const struct att_snp_tcb *t, uint8_t raw[8]);
bool snp_tcb_reserved_zero(const struct snp_product *p, const uint8_t raw[8]);
/* First component in which a > b, or SNP_TCB_COMPONENTS.  Component-wise, never as one number. */
size_t snp_tcb_exceeds(const struct att_snp_tcb *a, const struct att_snp_tcb *b);
const char *snp_tcb_text(struct arena *a, const struct snp_product *p, const struct att_snp_tcb *t);

/* Is this the SubjectPublicKeyInfo digest of AMD's root of the product? */
bool snp_root_pinned(const struct snp_product *p, const uint8_t spki_sha256[32]);
/* What x509_issued_by() leaves open: AMD's CAs have RSA-4096 keys, PSS signatures and a keyUsage. */
ATT_CHECK bool snp_ca_form(const struct x509_cert *cert, struct att_error *e);

/* A chain that was verified but for time: certificates are references owned by the structure. */
struct snp_chain {
	struct x509_cert *leaf, *ica, *ark;
	struct ext_snp ext;             /* of the leaf */
	const struct snp_product *product;
	bool simulated;                 /* root known only from the anchors given */
};
void snp_chain_clear(struct snp_chain *c);

/* What verify learned from certificates, for claims(). */
struct snp_facts {
	const struct snp_product *product;
	int64_t leaf_not_after_s;
	char csp_id[sizeof((struct ext_snp *)0)->csp_id];       /* VLEK only, else "" */
};

ATT_CHECK bool snp_verify(const void *ev, const struct trust *t, struct arena *a, struct evidence_outcome *o,
    struct att_error *e);
ATT_CHECK bool snp_claims(const void *ev, const struct trust *t, const struct evidence_outcome *o,
    struct claims *c, struct att_error *e);
ATT_CHECK bool snp_describe(const void *ev, struct arena *a, struct json **out, struct att_error *e);
ATT_CHECK bool snp_strict_policy(
    const struct att_settings *s, struct arena *a, char **text, struct att_error *e);

#endif

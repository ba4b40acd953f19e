/*
 * sim.h - simulated evidence under throw-away roots, for trying policies and testing without the hardware.
 *
 * What is made here looks genuine but ends in a root of our own, so no verifier accepts it without
 * being given that root as an anchor.  Nothing is read or written but buffers; results live in the arena.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "lib/base/arena.h"
#include "lib/base/auto.h"
#include "lib/base/rd.h"
#include "lib/crypto/crypto.h"
#include "libattest/attest.h"

struct sim_bytes {
	const uint8_t *p;               /* arena; a NUL follows texts */
	size_t n;                       /* without that NUL; 0 = not made */
};

/* SEV-SNP */

/* Keys of one simulated AMD: owned by the structure. */
struct sim_snp_keys {
	struct privkey *ark, *ask, *asvk;       /* RSA-4096 */
	struct privkey *leaf;                   /* P-384: VCEK or VLEK */
	struct privkey *other_leaf;             /* P-384: belongs to no certificate; for faults */
};
/* Takes seconds: three RSA-4096 keys. */
ATT_CHECK bool sim_snp_keys_generate(struct sim_snp_keys *out, struct att_error *e);
/* PKCS#8 PEM texts; other_leaf may be empty: it is then made. */
struct sim_snp_key_pems {
	struct att_bytes ark, ask, asvk, leaf, other_leaf;
};
ATT_CHECK bool sim_snp_keys_load(
    const struct sim_snp_key_pems *pems, struct sim_snp_keys *out, struct att_error *e);
void sim_snp_keys_clear(struct sim_snp_keys *k);

/* A firmware version: 1.55.29. */
struct sim_snp_version {
	uint8_t major, minor, build;
};

/* What the report and its endorsements say.  sim_snp_options_default() fills it; every field may be
 * changed. */
struct sim_snp_options {
	const char *product;            /* "Milan", "Genoa" or "Turin": root names, TCB layout */
	uint32_t version;               /* of the report */
	uint32_t guest_svn;
	uint64_t policy;                /* guest policy */
	uint8_t family_id[16], image_id[16];
	uint32_t vmpl;
	uint64_t platform_info;
	bool author_key_en, mask_chip_key;
	uint8_t report_data[64];        /* used when runtime_data is empty */
	uint8_t measurement[48], host_data[32];
	uint8_t id_key_digest[48], author_key_digest[48], report_id[32], report_id_ma[32];
	uint8_t cpuid[3];               /* family, model, stepping; written from version 3 on */
	uint8_t chip_id[64];            /* Turin: 8 bytes, rest zero */
	struct att_snp_tcb current, committed, launch, reported;
	struct sim_snp_version current_version, committed_version;
	uint64_t launch_mit_vector, current_mit_vector; /* written from version 5 on */
	bool vlek;                      /* signed by a VLEK, chip_id zero */
	const char *csp_id;             /* VLEK only */
	bool masked_chip_id;            /* chip_id zero although a VCEK signs */
	int64_t now_s;                  /* certificates are valid around this time */
	int64_t leaf_not_before_s, leaf_not_after_s;
	/* Their digests become report_data and host_data; the request carries them as JSON. */
	struct att_bytes runtime_data;
	struct att_bytes inittime_data;
	const char *nonce;              /* of the request; NULL: none */
	bool crl;                       /* make a revocation list of the root */
	bool revoke_ica;                /* which names the intermediate */
	const char *fault;              /* name of a fault, see sim_snp_fault_at(); NULL: none */
};
ATT_CHECK bool sim_snp_options_default(
    struct sim_snp_options *o, const char *product, int64_t now_s, struct att_error *e);

/* Deliberate faults, each meant to make one check fail first. */
struct sim_fault {
	const char *name;               /* "leaf-other-hwid" */
	const char *check;              /* id of the check that should fail first */
	const char *text;               /* what is wrong, one line */
};
const struct sim_fault *sim_snp_fault_at(size_t i);     /* NULL past the end */

struct sim_snp_output {
	struct sim_bytes report;        /* 1184 bytes */
	struct sim_bytes extended;      /* report and certificate table, as the guest kernel hands it out */
	struct sim_bytes leaf_der;      /* VCEK or VLEK */
	struct sim_bytes chain_pem;     /* leaf, ICA, ARK */
	struct sim_bytes ark_pem;       /* the anchor to trust */
	struct sim_bytes crl_der;       /* when asked for */
	struct sim_bytes request_json;  /* body of POST /attest/SevSnpVm */
};
/* An unknown fault or product is an error. */
ATT_CHECK bool sim_snp_make(struct crypto *c, struct arena *a, const struct sim_snp_keys *keys,
    const struct sim_snp_options *o, struct sim_snp_output *out, struct att_error *e);

#endif

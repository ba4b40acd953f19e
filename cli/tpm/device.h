/*
 * device.h - a TPM 2.0: reading what it holds, its endorsement and attestation key, quotes, activation.
 *
 * Over tss2-esys and a TCTI: a device file with the kernel's resource manager, or a software TPM.
 * Authorizations of the endorsement hierarchy and of keys are empty, as they are after a TPM was cleared.
 * What is loaded is flushed by tpmdev_close(): a TPM without a resource manager has room for three objects.
 * spec: tpm-eventlog sections 1.3, 1.5 and 1.6
 */
#ifndef CLI_TPM_DEVICE_H
#define CLI_TPM_DEVICE_H

#include <tss2/tss2_esys.h>

#include "lib/base/arena.h"
#include "lib/base/auto.h"
#include "libattest/attest.h"
#include "sim/tpm_message.h"

#define TPMDEV_PATH "/dev/tpmrm0"
#define TPMDEV_TCTI "device:" TPMDEV_PATH
#define TPMDEV_BANKS 4                  /* banks of enum digest_alg */
#define TPMDEV_LOADED_MAX 4

#define TPMDEV_NV_EK_RSA 0x01C00002U
#define TPMDEV_NV_EK_P256 0x01C0000AU
#define TPMDEV_NV_AZURE_AK 0x01C101D0U  /* certificate of the key below */
#define TPMDEV_AZURE_AK 0x81000003U

struct tpmdev {
	ESYS_CONTEXT *esys;
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_TR loaded[TPMDEV_LOADED_MAX];      /* transient objects and sessions */
	size_t nloaded;
};
/* "device:PATH", "swtpm:host=H,port=P", ...: as asked, else of the environment, else TPMDEV_TCTI. */
const char *tpmdev_tcti(const char *asked);
/* The PATH of a TCTI of kind device; NULL for others. */
const char *tpmdev_path(const char *tcti);
/* Connects and asks one question, so that success means that a TPM 2.0 answers. */
ATT_CHECK bool tpmdev_open(const char *tcti, struct tpmdev *out, struct att_error *e);
void tpmdev_close(struct tpmdev *d);            /* all-zero is legal */

/* "tpm: WHAT: text of the response code"; true when rc is success. */
ATT_CHECK bool tpmdev_ok(TSS2_RC rc, const char *what, struct att_error *e);
/* Remembers an object that is to be flushed. */
void tpmdev_keep(struct tpmdev *d, ESYS_TR handle);

/* Bit i: the bank of enum digest_alg i is allocated. */
ATT_CHECK bool tpmdev_banks(struct tpmdev *d, unsigned *mask, struct att_error *e);
const char *tpmdev_bank_name(size_t alg);       /* "sha256" */
/* Is there a persistent object or an NV index with this handle? */
ATT_CHECK bool tpmdev_has(struct tpmdev *d, uint32_t handle, bool *has, struct att_error *e);
/* The contents of an NV index; *out stays empty when there is no such index. */
ATT_CHECK bool tpmdev_nv(struct tpmdev *d, struct arena *a, uint32_t index, struct att_bytes *out,
    struct att_error *e);
/* Values of the PCRs of mask in one bank. */
ATT_CHECK bool tpmdev_pcrs(struct tpmdev *d, enum digest_alg alg, uint32_t mask, struct pcr_bank *out,
    struct att_error *e);

/* keys.c */
struct tpmdev_key {
	ESYS_TR handle;
	TPM2B_PUBLIC public;
};
enum tpmdev_kind { TPMDEV_RSA, TPMDEV_ECC };    /* RSA 2048 with RSASSA; P-256 with ECDSA:
    both with SHA-256 */
/* The endorsement key of the default template for this kind: always the same key. */
ATT_CHECK bool tpmdev_ek(struct tpmdev *d, enum tpmdev_kind kind, struct tpmdev_key *out,
    struct att_error *e);
/* An attestation key, derived from the endorsement seed: the same key until the TPM is cleared by its
 * maker. */
ATT_CHECK bool tpmdev_ak(struct tpmdev *d, enum tpmdev_kind kind, struct tpmdev_key *out,
    struct att_error *e);
/* A key that is in the TPM already, at a persistent handle. */
ATT_CHECK bool tpmdev_ak_at(struct tpmdev *d, uint32_t handle, struct tpmdev_key *out, struct att_error *e);
/* TPM2B_PUBLIC */
ATT_CHECK bool tpmdev_public(const struct tpmdev_key *k, struct arena *a, struct att_bytes *out,
    struct att_error *e);

struct tpmdev_quote {
	struct att_bytes quote;         /* TPMS_ATTEST */
	struct att_bytes signature;     /* TPMT_SIGNATURE */
	enum digest_alg scheme_hash;
};
/* banks: bit i of enum digest_alg i. */
struct tpmdev_selection { unsigned banks; uint32_t pcrs; };
ATT_CHECK bool tpmdev_quote(struct tpmdev *d, struct arena *a, const struct tpmdev_key *ak,
    const struct tpmdev_selection *s, struct att_bytes nonce, struct tpmdev_quote *out, struct att_error *e);

/* TPM2_ActivateCredential: TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET to the secret. */
struct tpmdev_credential { struct att_bytes id_object, encrypted_secret; };
ATT_CHECK bool tpmdev_activate(struct tpmdev *d, struct arena *a, const struct tpmdev_key *ek,
    const struct tpmdev_key *ak, const struct tpmdev_credential *credential, struct att_bytes *secret,
    struct att_error *e);

#endif

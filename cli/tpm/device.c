#include "cli/tpm/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#define PCRS_PER_READ 8
#define NV_CHUNK 512                    /* every TPM reads that much at once */
#define NV_MAX 16384

static const struct { const char *name; TPM2_ALG_ID id; } banks[TPMDEV_BANKS] = {
	[DIGEST_SHA1] = { "sha1", TPM2_ALG_SHA1 }, [DIGEST_SHA256] = { "sha256", TPM2_ALG_SHA256 },
	[DIGEST_SHA384] = { "sha384", TPM2_ALG_SHA384 }, [DIGEST_SHA512] = { "sha512", TPM2_ALG_SHA512 },
};

const char *tpmdev_bank_name(size_t alg)
{
	return banks[alg].name;
}

const char *tpmdev_tcti(const char *asked)
{
	const char *of_tools = getenv("TPM2TOOLS_TCTI");

	if (asked)
		return asked;
	return of_tools && *of_tools ? of_tools : TPMDEV_TCTI;
}

const char *tpmdev_path(const char *tcti)
{
	if (strcmp(tcti, "device") == 0)
		return TPMDEV_PATH;
	return strncmp(tcti, "device:", 7) == 0 ? tcti + 7 : NULL;
}

bool tpmdev_ok(TSS2_RC rc, const char *what, struct att_error *e)
{
	return rc == TSS2_RC_SUCCESS ||
	    att_fail(e, ATT_E_OPERATION, "tpm: %s: %s", what, Tss2_RC_Decode(rc));
}

/* The stack's own message for a missing device says nothing. */
static bool reachable(const char *tcti, struct att_error *e)
{
	const char *path = tpmdev_path(tcti);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK) : -1;

	if (path && fd < 0)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return true;
}

static bool connect_to(const char *tcti, struct tpmdev *d, struct att_error *e)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	bool ok;

	if (!tpmdev_ok(Tss2_TctiLdr_Initialize(tcti, &d->tcti), tcti, e) ||
	    !tpmdev_ok(Esys_Initialize(&d->esys, d->tcti, NULL), tcti, e))
		return false;
	ok = tpmdev_ok(Esys_GetCapability(d->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	    TPM2_CAP_TPM_PROPERTIES, TPM2_PT_FAMILY_INDICATOR, 1, NULL, &cap), tcti, e);
	Esys_Free(cap);
	return ok;
}

bool tpmdev_open(const char *tcti, struct tpmdev *out, struct att_error *e)
{
	struct tpmdev d = { 0 };

	/* Errors are told by our own messages; whoever wants the stack's sets the variable. */
	(void)setenv("TSS2_LOG", "all+NONE", 0);
	if (!reachable(tcti, e))
		return false;
	if (!connect_to(tcti, &d, e)) {
		tpmdev_close(&d);
		return false;
	}
	*out = d;
	return true;
}

void tpmdev_close(struct tpmdev *d)
{
	while (d->nloaded > 0)
		(void)Esys_FlushContext(d->esys, d->loaded[--d->nloaded]);
	if (d->esys)
		Esys_Finalize(&d->esys);
	if (d->tcti)
		Tss2_TctiLdr_Finalize(&d->tcti);
	*d = (struct tpmdev){ 0 };
}

void tpmdev_keep(struct tpmdev *d, ESYS_TR handle)
{
	if (d->nloaded == TPMDEV_LOADED_MAX)
		(void)Esys_FlushContext(d->esys, d->loaded[--d->nloaded]);
	d->loaded[d->nloaded++] = handle;
}

static size_t bank_of(TPM2_ALG_ID id)
{
	size_t i = 0;

	while (i < TPMDEV_BANKS && banks[i].id != id)
		i++;
	return i;
}

bool tpmdev_banks(struct tpmdev *d, unsigned *mask, struct att_error *e)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	unsigned found = 0;

	if (!tpmdev_ok(Esys_GetCapability(d->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_PCRS,
	    0, 1,
	    NULL, &cap), "PCR banks", e))
		return false;
	for (uint32_t i = 0; i < cap->data.assignedPCR.count; i++) {
		const TPMS_PCR_SELECTION *s = &cap->data.assignedPCR.pcrSelections[i];
		size_t bank = bank_of(s->hash);

		if (bank < TPMDEV_BANKS && !bytes_zero(s->pcrSelect, s->sizeofSelect))
			found |= 1U << bank;
	}
	Esys_Free(cap);
	*mask = found;
	return true;
}

bool tpmdev_has(struct tpmdev *d, uint32_t handle, bool *has, struct att_error *e)
{
	TPMS_CAPABILITY_DATA *cap = NULL;

	if (!tpmdev_ok(Esys_GetCapability(d->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES,
	    handle, 1, NULL, &cap), "handles", e))
		return false;
	*has = cap->data.handles.count > 0 && cap->data.handles.handle[0] == handle;
	Esys_Free(cap);
	return true;
}

static bool nv_size(struct tpmdev *d, ESYS_TR nv, uint32_t index, size_t *size, struct att_error *e)
{
	TPM2B_NV_PUBLIC *public = NULL;

	if (!tpmdev_ok(Esys_NV_ReadPublic(d->esys, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public,
	    NULL),
	    "NV index", e))
		return false;
	*size = public->nvPublic.dataSize;
	Esys_Free(public);
	return *size <= NV_MAX ||
	    att_fail(e, ATT_E_LIMIT, "tpm: NV 0x%08X: %zu bytes, at most %d", index, *size, NV_MAX);
}

/* Who may read differs: the index's own authorization is tried, then the owner's. */
static bool nv_chunk(struct tpmdev *d, ESYS_TR nv, size_t off, size_t n, uint8_t *out, struct att_error *e)
{
	const ESYS_TR as[] = { nv, ESYS_TR_RH_OWNER };
	TPM2B_MAX_NV_BUFFER *data = NULL;
	TSS2_RC rc = TSS2_BASE_RC_GENERAL_FAILURE;

	for (size_t i = 0; i < 2 && rc != TSS2_RC_SUCCESS; i++)
		rc = Esys_NV_Read(d->esys, as[i], nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, (UINT16)n,
		    (UINT16)off, &data);
	if (!tpmdev_ok(rc, "reading NV", e))
		return false;
	if (data->size != n) {
		Esys_Free(data);
		return att_fail(e, ATT_E_OPERATION, "tpm: reading NV: fewer bytes than asked for");
	}
	bytes_copy(out, data->buffer, n);
	Esys_Free(data);
	return true;
}

static bool nv_contents(struct tpmdev *d, struct arena *a, uint32_t index, ESYS_TR nv, struct att_bytes *out,
    struct att_error *e)
{
	size_t size, n;
	uint8_t *p;

	if (!nv_size(d, nv, index, &size, e))
		return false;
	p = arena_alloc(a, size + 1);
	if (!p)
		return arena_fail(a, e);
	for (size_t off = 0; off < size; off += n) {
		n = size - off < NV_CHUNK ? size - off : NV_CHUNK;
		if (!nv_chunk(d, nv, off, n, p + off, e))
			return att_within(e, "NV 0x%08X", index);
	}
	*out = (struct att_bytes){ p, size };
	return true;
}

bool tpmdev_nv(struct tpmdev *d, struct arena *a, uint32_t index, struct att_bytes *out, struct att_error *e)
{
	ESYS_TR nv = ESYS_TR_NONE;
	bool has, ok;

	*out = (struct att_bytes){ 0 };
	if (!tpmdev_has(d, index, &has, e))
		return false;
	if (!has)
		return true;
	if (!tpmdev_ok(Esys_TR_FromTPMPublic(d->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &nv),
	    "NV index", e))
		return false;
	ok = nv_contents(d, a, index, nv, out, e);
	(void)Esys_TR_Close(d->esys, &nv);
	return ok;
}

/* The PCRs of *left from the front: a TPM answers with at most eight, and says which. */
static bool pcrs_some(struct tpmdev *d, enum digest_alg alg, uint32_t *left, struct pcr_bank *out,
    struct att_error *e)
{
	TPML_PCR_SELECTION ask = { 1, { { banks[alg].id, 3, { 0 } } } };
	TPML_DIGEST *values = NULL;
	uint32_t asked[PCRS_PER_READ], n = 0;
	bool ok;

	for (uint32_t i = 0; i < PCR_COUNT && n < PCRS_PER_READ; i++)
		if (*left >> i & 1) {
			asked[n++] = i;
			ask.pcrSelections[0].pcrSelect[i / 8] |= (BYTE)(1U << i % 8);
		}
	if (!tpmdev_ok(Esys_PCR_Read(d->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &ask, NULL, NULL,
	    &values),
	    "reading PCRs", e))
		return false;
	ok = values->count == n;
	for (uint32_t i = 0; ok && i < n; i++) {
		ok = values->digests[i].size == digest_len(alg);
		bytes_copy(out->value[asked[i]], values->digests[i].buffer, ok ? digest_len(alg) : 0);
		*left &= ~(1U << asked[i]);
	}
	Esys_Free(values);
	return ok || att_fail(e, ATT_E_OPERATION, "tpm: reading PCRs: the %s bank has not all of them",
	    banks[alg].name);
}

bool tpmdev_pcrs(struct tpmdev *d, enum digest_alg alg, uint32_t mask, struct pcr_bank *out,
    struct att_error *e)
{
	*out = (struct pcr_bank){ .alg = alg, .mask = mask };
	for (uint32_t left = mask; left;)
		if (!pcrs_some(d, alg, &left, out, e))
			return false;
	return true;
}

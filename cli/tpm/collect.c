#include "cli/tpm/collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "lib/base/buf.h"
#include "lib/base/hex.h"

#define ALL_PCRS 0xFFFFFFU
#define TRIES 8                         /* a machine that measures all the time is not one we can quote */

void collect_note(struct collect *c, const char *what, enum mark mark, const char *text)
{
	if (c->nnotes < COLLECT_NOTES_MAX)
		c->notes[c->nnotes++] = (struct collect_note){ what, text ? text : "", mark };
}

void collect_notes_print(const struct collect *c)
{
	for (size_t i = 0; i < c->nnotes; i++) {
		(void)fputs("  ", stdout);
		out_mark(c->notes[i].mark);
		(void)printf(" %-16s %s\n", c->notes[i].what, c->notes[i].text);
	}
}

const char *collect_sys_path(const struct args *args, struct arena *a, const char *path)
{
	const char *root = arg(args, "sysfs");

	return arena_printf(a, "%s/%s", root ? root : "/sys", path);
}

bool collect_handle(const struct args *args, const char *option, uint32_t *out, struct att_error *e)
{
	const char *text = arg(args, option);
	char *end;
	unsigned long v;

	if (!text)
		return true;
	errno = 0;
	v = strtoul(text, &end, 16);
	if (end == text || *end || errno || v > UINT32_MAX || *text == '-')
		return att_fail(e, ATT_E_OPERATION, "--%s: found \"%s\", want a number such as 0x81000003",
		    option,
		    text);
	*out = (uint32_t)v;
	return true;
}

/* "0-7,10" */
static bool read_pcrs(const char *text, uint32_t *mask, struct att_error *e)
{
	uint32_t found = 0;

	for (const char *p = text; p; ) {
		char *end;
		unsigned long from = strtoul(p, &end, 10), to = from;
		bool ok = end != p && *p >= '0' && *p <= '9';

		if (ok && *end == '-') {
			p = end + 1;
			to = strtoul(p, &end, 10);
			ok = end != p && *p >= '0' && *p <= '9';
		}
		if (!ok || from > to || to >= PCR_COUNT || (*end && *end != ','))
			return att_fail(e, ATT_E_OPERATION, "--pcrs: found \"%s\", want such as 0-7,10,14",
			    text);
		for (; from <= to; from++)
			found |= 1U << from;
		p = *end ? end + 1 : NULL;
	}
	*mask = found;
	return true;
}

static bool read_kind(const char *text, enum tpmdev_kind *out, struct att_error *e)
{
	*out = text && strcmp(text, "ecc") == 0 ? TPMDEV_ECC : TPMDEV_RSA;
	return !text || *out == TPMDEV_ECC || strcmp(text, "rsa") == 0 ||
	    att_fail(e, ATT_E_OPERATION, "--ak: found \"%s\", want rsa or ecc", text);
}

static bool read_banks(struct collect *c, struct att_error *e)
{
	struct buf b = buf_make(c->a);
	unsigned banks;

	if (!tpmdev_banks(&c->dev, &banks, e))
		return false;
	/* A SHA-1 bank proves nothing. */
	c->selection.banks = banks & ~(1U << DIGEST_SHA1);
	if (!c->selection.banks)
		return att_fail(e, ATT_E_OPERATION, "tpm: no PCR bank of SHA-256 or better is allocated; "
		    "attest collect --doctor says how to get one");
	for (size_t i = 0; i < TPMDEV_BANKS; i++)
		if (c->selection.banks >> i & 1)
			buf_fmt(&b, ", bank %s", tpmdev_bank_name(i));
	if (!buf_ok(&b, e))
		return false;
	collect_note(c, "TPM", MARK_GOOD, arena_printf(c->a, "%s%s", c->tcti, b.p));
	return true;
}

/* spec: tpm-eventlog §1.5 */
static const struct { uint32_t index; bool known; enum tpmdev_kind kind; const char *name; } ek_certs[] = {
	{ TPMDEV_NV_EK_RSA, true, TPMDEV_RSA, "RSA 2048" }, { TPMDEV_NV_EK_P256, true, TPMDEV_ECC, "P-256" },
	{ 0x01C0001CU, false, TPMDEV_RSA, "RSA 3072" }, { 0x01C00016U, false, TPMDEV_ECC, "P-384" },
	{ 0x01C0001EU, false, TPMDEV_RSA, "RSA 4096" }, { 0x01C00018U, false, TPMDEV_ECC, "P-521" },
};

bool collect_ek_cert(struct collect *c, struct att_error *e)
{
	for (size_t i = 0; i < sizeof ek_certs / sizeof ek_certs[0]; i++) {
		if (!tpmdev_nv(&c->dev, c->a, ek_certs[i].index, &c->ek_cert, e))
			return false;
		if (!c->ek_cert.len)
			continue;
		c->ek_known = ek_certs[i].known;
		c->ek_kind = ek_certs[i].kind;
		collect_note(c, "EK certificate", MARK_GOOD, arena_printf(c->a, "%s, %zu bytes at NV 0x%08X",
		    ek_certs[i].name, c->ek_cert.len, ek_certs[i].index));
		return true;
	}
	collect_note(c, "EK certificate", MARK_WARN, "none: the TPM's maker left none in it");
	return true;
}

/* As asked; else the key that Azure puts into its virtual TPMs, with its certificate; else one of our own. */
static bool find_ak(struct collect *c, uint32_t *cert_nv, struct att_error *e)
{
	uint32_t handle = 0;
	bool azure = false;

	if (!collect_handle(c->args, "ak-handle", &handle, e) || !collect_handle(c->args, "ak-cert-nv",
	    cert_nv, e))
		return false;
	if (!handle && !arg(c->args, "ak") && !arg(c->args, "enrol")) {
		if (!tpmdev_has(&c->dev, TPMDEV_AZURE_AK, &azure, e) ||
		    (azure && !tpmdev_has(&c->dev, TPMDEV_NV_AZURE_AK, &azure, e)))
			return false;
		handle = azure ? TPMDEV_AZURE_AK : 0;
		*cert_nv = azure && !*cert_nv ? TPMDEV_NV_AZURE_AK : *cert_nv;
	}
	return handle ? tpmdev_ak_at(&c->dev, handle, &c->ak, e) : tpmdev_ak(&c->dev, c->kind, &c->ak, e);
}

static bool find_ak_cert(struct collect *c, uint32_t nv, struct att_error *e)
{
	const char *file = arg(c->args, "ak-cert"), *from = "the state folder";

	if (file) {
		from = file;
		if (!file_read(c->a, file, &c->ak_cert, e))
			return att_within(e, "--ak-cert");
	} else if (nv) {
		from = arena_printf(c->a, "NV 0x%08X", nv);
		if (!tpmdev_nv(&c->dev, c->a, nv, &c->ak_cert, e))
			return false;
		if (!c->ak_cert.len)
			return att_fail(e, ATT_E_OPERATION, "tpm: there is no NV index 0x%08X", nv);
	} else if (!collect_state_read(c, &c->ak_cert, e)) {
		return false;
	}
	if (c->ak_cert.len)
		collect_note(c, "AK certificate", MARK_GOOD, arena_printf(c->a, "%zu bytes from %s",
		    c->ak_cert.len, from ? from : ""));
	else
		collect_note(c, "AK certificate", MARK_WARN, "none: attest submit --enrol gets one; attest "
		    "verify --ak-names takes the key's name instead");
	return true;
}

static bool name_ak(struct collect *c, struct att_error *e)
{
	TPM2B_NAME *name = NULL;

	if (!tpmdev_ok(Esys_TR_GetName(c->dev.esys, c->ak.handle, &name), "attestation key", e))
		return false;
	c->ak_name = hex_arena(c->a, name->name, name->size);
	Esys_Free(name);
	if (!c->ak_name)
		return arena_fail(c->a, e);
	collect_note(c, "attestation key", MARK_GOOD, arena_printf(c->a, "name %s", c->ak_name));
	return tpmdev_public(&c->ak, c->a, &c->ak_pub, e);
}

bool collect_open(struct collect *c, struct att_error *e)
{
	const char *pcrs = arg(c->args, "pcrs");
	uint32_t cert_nv = 0;

	c->selection.pcrs = ALL_PCRS;
	c->tcti = tpmdev_tcti(arg(c->args, "tcti"));
	return (!pcrs || read_pcrs(pcrs, &c->selection.pcrs, e)) && read_kind(arg(c->args, "ak"), &c->kind,
	    e) &&
	    tpmdev_open(c->tcti, &c->dev, e) && read_banks(c, e) && collect_ek_cert(c, e) &&
	    find_ak(c, &cert_nv, e) && name_ak(c, e) && find_ak_cert(c, cert_nv, e);
}

void collect_close(struct collect *c)
{
	tpmdev_close(&c->dev);
}

static bool read_values(struct collect *c, struct att_error *e)
{
	c->nbanks = 0;
	c->banks = arena_array(c->a, TPMDEV_BANKS, sizeof *c->banks);
	if (!c->banks)
		return arena_fail(c->a, e);
	for (size_t i = 0; i < TPMDEV_BANKS; i++)
		if (c->selection.banks >> i & 1 &&
		    !tpmdev_pcrs(&c->dev, (enum digest_alg)i, c->selection.pcrs, &c->banks[c->nbanks++], e))
			return false;
	return true;
}

/* Something may be measured between reading and quoting: then both are done again. */
static bool quote_values(struct collect *c, struct att_error *e)
{
	bool agrees = false;

	for (int i = 0; i < TRIES && !agrees; i++) {
		if (!read_values(c, e) || !tpmdev_quote(&c->dev, c->a, &c->ak, &c->selection, c->nonce,
		    &c->quote, e))
			return false;
		const struct sim_tpm_quoted q = { c->quote.quote, c->quote.scheme_hash, c->banks, c->nbanks };
		if (!sim_tpm_agrees(c->crypto, c->a, &q, &agrees, e))
			return false;
	}
	if (!agrees)
		return att_fail(e, ATT_E_OPERATION, "tpm: the PCRs change faster than they can be "
		    "quoted; try --pcrs without those of the running system");
	collect_note(c, "quote", MARK_GOOD, arena_printf(c->a, "%d PCRs",
	    __builtin_popcount(c->selection.pcrs)));
	return true;
}

/* A file that was named must be there; the kernel's may be missing, and the note says so. */
static bool read_log(struct collect *c, const char *what, const char *option, const char *path,
    struct att_bytes *out, struct att_error *e)
{
	const char *named = arg(c->args, option), *at = named ? named : collect_sys_path(c->args, c->a, path);

	if (!at)
		return arena_fail(c->a, e);
	if (!named && access(at, R_OK) != 0) {
		collect_note(c, what, MARK_WARN, arena_printf(c->a, "none: %s: %s", at, strerror(errno)));
		return true;
	}
	if (!file_read(c->a, at, out, e))
		return att_within(e, "%s", what);
	if (out->len > 0 && out->len <= COLLECT_LOG_MAX) {
		collect_note(c, what, MARK_GOOD, arena_printf(c->a, "%zu bytes", out->len));
		return true;
	}
	collect_note(c, what, MARK_WARN, arena_printf(c->a, out->len ? "left out: %s is larger than 16 MiB" :
	    "none: %s is empty", at));
	*out = (struct att_bytes){ 0 };
	return true;
}

/* The logs after the quote: what was measured since then stands behind what was quoted. */
bool collect_quote(struct collect *c, struct att_bytes nonce, struct att_error *e)
{
	c->nonce = nonce;
	return quote_values(c, e) &&
	    read_log(c, "event log", "event-log", COLLECT_EVENT_LOG, &c->event_log, e) &&
	    read_log(c, "IMA list", "ima", COLLECT_IMA, &c->ima, e);
}

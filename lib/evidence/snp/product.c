#include <string.h>

#include "lib/evidence/snp/snp.h"

/* Product lines with the SNP attestation layout we know. spec: sev-snp §4 */
enum { MILAN, GENOA, TURIN, VENICE, NPRODUCTS };
static const struct snp_product products[NPRODUCTS] = {
	[MILAN] = { "Milan", false, 64, 0, ATT_SNP_MILAN },
	[GENOA] = { "Genoa", false, 64, 0, ATT_SNP_GENOA },
	[TURIN] = { "Turin", true, 8, 1, ATT_SNP_TURIN },
	/* Turin's layout; no root is published yet, so it needs one given as an anchor. */
	[VENICE] = { "Venice", true, 8, 1, -1 },
};

/* Bergamo and Siena are of the Genoa line: one root, one name. */
static const struct cpuid_range {
	uint8_t family, first, last, product;
} cpuids[] = {
	{ 0x19, 0x00, 0x0F, MILAN },
	{ 0x19, 0x10, 0x1F, GENOA },
	{ 0x19, 0xA0, 0xAF, GENOA },
	{ 0x1A, 0x00, 0x11, TURIN },
	{ 0x1A, 0x50, 0x57, VENICE },
	{ 0x1A, 0x90, 0xAF, VENICE },
	{ 0x1A, 0xC0, 0xC7, VENICE },
};

const struct snp_product *snp_product_at(size_t i)
{
	return i < NPRODUCTS ? &products[i] : NULL;
}

const struct snp_product *snp_product_of_cpuid(uint8_t family, uint8_t model)
{
	for (size_t i = 0; i < sizeof cpuids / sizeof cpuids[0]; i++)
		if (cpuids[i].family == family && cpuids[i].first <= model && model <= cpuids[i].last)
			return &products[cpuids[i].product];
	return NULL;
}

const struct snp_product *snp_product_of_ica(const char *cn, enum snp_signing_key kind)
{
	const char *prefix = kind == SNP_KEY_VLEK ? "SEV-VLEK-" : "SEV-";
	size_t n = strlen(prefix);

	for (size_t i = 0; i < NPRODUCTS; i++)
		if (strncmp(cn, prefix, n) == 0 && strcmp(cn + n, products[i].name) == 0)
			return &products[i];
	return NULL;
}

/* Up to a hyphen: older certificates add the stepping. spec: sev-snp §8 step 5 */
bool snp_product_named(const struct snp_product *p, const char *product_name)
{
	size_t n = strlen(p->name);

	return strncmp(product_name, p->name, n) == 0 && (product_name[n] == '\0' || product_name[n] == '-');
}

#define COMPONENT(m) { #m, offsetof(struct att_snp_tcb, m) }
const struct snp_tcb_component snp_tcb_components[SNP_TCB_COMPONENTS] = {
	COMPONENT(fmc), COMPONENT(bootloader), COMPONENT(tee), COMPONENT(snp), COMPONENT(microcode),
};

bool snp_tcb_has(const struct snp_product *p, size_t component)
{
	return p->fmc || snp_tcb_components[component].off != offsetof(struct att_snp_tcb, fmc);
}

uint8_t snp_tcb_get(const struct att_snp_tcb *t, size_t component)
{
	return ((const uint8_t *)t)[snp_tcb_components[component].off];
}

struct att_snp_tcb snp_tcb_decode(const struct snp_product *p, const uint8_t raw[8])
{
	if (p->fmc)
		return (struct att_snp_tcb){ .fmc = raw[0],
			.bootloader = raw[1],
			.tee = raw[2],
			.snp = raw[3],
			.microcode = raw[7] };
	return (struct att_snp_tcb){
		.bootloader = raw[0], .tee = raw[1], .snp = raw[6], .microcode = raw[7]
	};
}

void snp_tcb_encode(const struct snp_product *p, const struct att_snp_tcb *t, uint8_t raw[8])
{
	const uint8_t turin[8] = { t->fmc, t->bootloader, t->tee, t->snp, 0, 0, 0, t->microcode };
	const uint8_t milan[8] = { t->bootloader, t->tee, 0, 0, 0, 0, t->snp, t->microcode };

	bytes_copy(raw, p->fmc ? turin : milan, 8);
}

bool snp_tcb_reserved_zero(const struct snp_product *p, const uint8_t raw[8])
{
	return p->fmc ? bytes_zero(raw + 4, 3) : bytes_zero(raw + 2, 4);
}

size_t snp_tcb_exceeds(const struct att_snp_tcb *a, const struct att_snp_tcb *b)
{
	size_t i = 0;

	while (i < SNP_TCB_COMPONENTS && snp_tcb_get(a, i) <= snp_tcb_get(b, i))
		i++;
	return i;
}

const char *snp_tcb_text(struct arena *a, const struct snp_product *p, const struct att_snp_tcb *t)
{
	const char *s = p->fmc ?
	    arena_printf(a, "fmc %u, bootloader %u, tee %u, snp %u, microcode %u", t->fmc,
		t->bootloader, t->tee, t->snp, t->microcode) :
	    arena_printf(a, "bootloader %u, tee %u, snp %u, microcode %u", t->bootloader, t->tee,
		t->snp, t->microcode);

	return s ? s : "(out of memory)";
}

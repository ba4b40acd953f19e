#include "sim/snp_plan.h"

#define SIGNED_LEN 0x2A0
#define SIG_FIELD 72
#define P384_LEN 48

/* The layout of AMD 56860 section 7.3, written independently of the parser. */
static void put(uint8_t *r, size_t off, const void *p, size_t n)
{
	bytes_copy(r + off, p, n);
}

static void put_le(uint8_t *r, size_t off, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r[off + i] = (uint8_t)(v >> 8 * i);
}

static void put_tcb(uint8_t *r, size_t off, const struct att_snp_tcb *t, bool fmc)
{
	const uint8_t turin[8] = { t->fmc, t->bootloader, t->tee, t->snp, 0, 0, 0, t->microcode };
	const uint8_t milan[8] = { t->bootloader, t->tee, 0, 0, 0, 0, t->snp, t->microcode };

	put(r, off, fmc ? turin : milan, 8);
}

static void put_version(uint8_t *r, size_t off, const struct sim_snp_version *v)
{
	const uint8_t b[4] = { v->build, v->minor, v->major, 0 };

	put(r, off, b, sizeof b);
}

static uint32_t key_info(const struct snp_plan *p)
{
	return (uint32_t)p->o.author_key_en | (uint32_t)p->o.mask_chip_key << 1 |
	    (uint32_t)p->signing_key << 2;
}

static void put_guest(uint8_t *r, const struct sim_snp_options *o)
{
	put_le(r, 0x000, o->version, 4);
	put_le(r, 0x004, o->guest_svn, 4);
	put_le(r, 0x008, o->policy, 8);
	put(r, 0x010, o->family_id, 16);
	put(r, 0x020, o->image_id, 16);
	put_le(r, 0x030, o->vmpl, 4);
	put_le(r, 0x040, o->platform_info, 8);
	put(r, 0x050, o->report_data, 64);
	put(r, 0x090, o->measurement, 48);
	put(r, 0x0C0, o->host_data, 32);
	put(r, 0x0E0, o->id_key_digest, 48);
	put(r, 0x110, o->author_key_digest, 48);
	put(r, 0x140, o->report_id, 32);
	put(r, 0x160, o->report_id_ma, 32);
}

static void put_platform(uint8_t *r, const struct snp_plan *p)
{
	const struct sim_snp_options *o = &p->o;

	put_le(r, 0x034, p->signature_algo, 4);
	put_tcb(r, 0x038, &o->current, p->fmc);
	put_le(r, 0x048, key_info(p), 4);
	put_tcb(r, 0x180, &o->reported, p->fmc);
	if (o->version >= 3)
		put(r, 0x188, o->cpuid, 3);
	if (!o->vlek && !o->masked_chip_id)
		put(r, 0x1A0, o->chip_id, 64);
	put_tcb(r, 0x1E0, &o->committed, p->fmc);
	put_version(r, 0x1E8, &o->current_version);
	put_version(r, 0x1EC, &o->committed_version);
	put_tcb(r, 0x1F0, &o->launch, p->fmc);
	if (o->version >= 5) {
		put_le(r, 0x1F8, o->launch_mit_vector, 8);
		put_le(r, 0x200, o->current_mit_vector, 8);
	}
}

static void patch(uint8_t *r, const struct snp_patch *p)
{
	if (p->set)
		r[p->off] = p->value;
}

bool snp_report_make(struct crypto *c, const struct snp_plan *p, uint8_t *out, struct att_error *e)
{
	uint8_t r[SNP_SIM_REPORT_LEN] = { 0 }, sig[SIG_MAX];
	size_t n = sizeof sig;

	put_guest(r, &p->o);
	put_platform(r, p);
	patch(r, &p->before);
	if (!sig_sign(c, p->report_key, SIG_ECDSA_P384_SHA384, rd_make(r, SIGNED_LEN), sig, &n, e))
		return att_within(e, "simulated report");
	bytes_reverse(r + SIGNED_LEN, sig, P384_LEN);
	bytes_reverse(r + SIGNED_LEN + SIG_FIELD, sig + P384_LEN, P384_LEN);
	patch(r, &p->after);
	bytes_copy(out, r, sizeof r);
	return true;
}

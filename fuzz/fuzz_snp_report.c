/*
 * Property: a report of a known version that parses is the bytes its fields say: written back at
 * the offsets of the specification they give the same 1184 bytes.  A failure has its error set and
 * leaves the output alone.
 */
#include <assert.h>

#include "lib/evidence/snp/snp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[SNP_REPORT_LEN];

static void put(size_t off, const void *p, size_t n)
{
	bytes_copy(out + off, p, n);
}

static void put_version(size_t off, const struct snp_version *v)
{
	const uint8_t b[3] = { v->build, v->minor, v->major };

	put(off, b, sizeof b);
}

/* Integers of the host are little-endian wherever we fuzz. */
static void put_all(const struct snp_report *r)
{
	const uint8_t cpuid[3] = { r->cpuid_family, r->cpuid_model, r->cpuid_stepping };

	put(0x000, &r->version, 4), put(0x004, &r->guest_svn, 4), put(0x008, &r->policy, 8);
	put(0x010, r->family_id, 16), put(0x020, r->image_id, 16), put(0x030, &r->vmpl, 4);
	put(0x034, &r->signature_algo, 4), put(0x038, r->current_tcb, 8), put(0x040, &r->platform_info, 8);
	put(0x048, &r->key_info, 4), put(0x050, r->report_data, 64), put(0x090, r->measurement, 48);
	put(0x0C0, r->host_data, 32), put(0x0E0, r->id_key_digest, 48), put(0x110, r->author_key_digest, 48);
	put(0x140, r->report_id, 32), put(0x160, r->report_id_ma, 32), put(0x180, r->reported_tcb, 8);
	put(0x188, cpuid, 3), put(0x1A0, r->chip_id, 64), put(0x1E0, r->committed_tcb, 8);
	put_version(0x1E8, &r->current), put_version(0x1EC, &r->committed), put(0x1F0, r->launch_tcb, 8);
	put(0x1F8, &r->launch_mit_vector, 8), put(0x200, &r->current_mit_vector, 8);
	put(0x2A0, r->r, 72), put(0x2E8, r->s, 72);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snp_report r = { .version = 99 };
	struct att_error e = { 0 };

	if (!snp_report_parse(rd_make(data, size), &r, &e)) {
		assert(e.code != ATT_E_OK && e.text[0] && r.version == 99);
		return 0;
	}
	assert(e.code == ATT_E_OK && size == SNP_REPORT_LEN);
	if (r.version < 2 || r.version > 5)
		return 0;
	bytes_copy(out, (const uint8_t[SNP_REPORT_LEN]){ 0 }, sizeof out);
	put_all(&r);
	assert(bytes_equal(out, data, sizeof out));
	return 0;
}

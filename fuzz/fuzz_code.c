/* Property: a list replayed to its own value is judged the same, whatever the cache has of its files. */
#include <assert.h>
#include <string.h>

#include "lib/evidence/measuredboot/code.h"
#include "lib/evidence/measuredboot/code_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public key of tests/vectors/lab/ima-ec.pem. */
static const uint8_t point[64] =
    "\xA6\xC1\x56\xA9\x83\x63\xFE\x71\x2F\x2B\x9E\xDB\x29\x1A\xBA\xAA\xFC\x12\x42\x09\x23\x74"
    "\x3B\x48\x84\x77\x95\xD2\x04\x3A\x43\xAC\x7D\x30\x2D\x76\x56\xC8\x5C\x46\x45\x6B\xA1\x18"
    "\x74\xCC\xB9\x76\xF8\xD2\x03\x22\x34\x30\xE3\x90\xBA\xA4\x14\x2D\x1C\x0D\xE5\xC1";

/* PCR 10 after all entries, as a kernel since 5.8 extends it. */
static void own_value(struct rd in, struct crypto *c, struct arena *a, uint8_t value[DIGEST_MAX])
{
	uint8_t both[64] = { 0 }, room[IMA_OLD_LEN];
	struct ima_list l;
	struct ima_entry en;
	bool more = ima_open(in, a, &l, NULL);
	struct rd m;

	while (more && ima_next(&l, &en, &more, NULL) && more) {
		if (en.pcr != IMA_PCR || !ima_measured(&en, room, &m, NULL))
			continue;
		memset(both + 32, 0xFF, 32);
		assert(en.violation || digest(c, DIGEST_SHA256, rd_ptr(&m), rd_left(&m), both + 32, NULL));
		assert(digest(c, DIGEST_SHA256, both, 64, both, NULL));
	}
	memcpy(value, both, 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct code_signer signer = { .keyid = { 0xED, 0xB8, 0x65, 0xBB }, .name = "lab" };
	static struct att_reference ref = { .signers = &signer, .nsigners = 1 };
	static struct trust t[2] = { { .tpm = { .reference = &ref } }, { .tpm = { .reference = &ref } } };
	struct pcr_bank given = { .alg = DIGEST_SHA256, .mask = 1 << IMA_PCR };
	struct arena *a = arena_new(((size_t)1 << 20) + 16 * size);
	const struct measuredboot_code *code[3];
	struct ima_result r[3];
	bool ok[3];

	if (!t[1].code_signatures) {
		t[0].crypto = t[1].crypto = crypto_new(NULL);
		t[1].code_signatures = code_cache_new();
		assert(pubkey_from_ec(t[0].crypto, KEY_P256, point, point + 32, &signer.key, NULL));
	}
	own_value(rd_make(data, size), t[0].crypto, a, given.value[IMA_PCR]);
	for (int i = 0; i < 3; i++) {
		ok[i] = code_replay(rd_make(data, size), &given, &t[i > 0], a, &r[i], &code[i], NULL);
		assert(ok[i] == ok[0] && (!ok[i] || memcmp(&r[i], &r[0], sizeof r[i]) == 0));
		for (size_t k = 0; ok[i] && k < CODE_SIGNATURES; k++)
			assert(code[i]->by_signature[k] == code[0]->by_signature[k]);
	}
	arena_free(a);
	return 0;
}

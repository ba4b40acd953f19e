/*
 * Property: entries come one behind the other and their parts lie in the list or in the reader's
 * room; a failure has its error set; memory does not grow with the list; what is replayed to its
 * own value is a prefix of it.
 */
#include <assert.h>

#include "lib/evidence/ima/ima.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_entry(const struct ima_list *l, const struct ima_entry *en)
{
	uint8_t room[IMA_OLD_LEN];
	struct ima_signature sig;
	struct rd m;

	assert(en->pcr < PCR_COUNT && rd_left(&en->data) <= IMA_DATA_MAX &&
	    rd_left(&en->path) <= IMA_PATH_MAX);
	assert(rd_left(&en->template_hash) == l->hash_len && rd_left(&en->alg) <= IMA_ALG_NAME_MAX);
	assert(rd_left(&en->digest) <= DIGEST_MAX && ima_measured(en, room, &m, NULL));
	return ima_signature_parse(en->sig, &sig, NULL);
}

static size_t walk(struct rd in, struct arena *a)
{
	struct ima_list l;
	struct ima_entry en = { 0 };
	struct att_error e = { 0 };
	size_t n = 0, at = 0;
	bool more = true;

	if (!ima_open(in, a, &l, &e))
		return SIZE_MAX;
	while (ima_next(&l, &en, &more, &e) && more) {
		assert(en.index == n++ && en.offset >= at);
		at = en.offset + 1;
		(void)check_entry(&l, &en);
	}
	assert(more == (e.code != ATT_E_OK));
	return more ? SIZE_MAX : n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(((size_t)1 << 20) + 4 * size);
	struct crypto *c = crypto_new(NULL);
	struct pcr_bank given = { .alg = size ? data[size - 1] % 4 : 0, .mask = 1 << IMA_PCR };
	struct rd in = rd_make(data, size);
	size_t n = walk(in, a);
	struct ima_result r;

	if (ima_replay(in, &given, IMA_PCR, c, a, &r, NULL))
		assert(n == r.entries && r.prefix <= n && r.prefix_bytes <= size && r.matched);
	arena_free(a);
	crypto_free(c);
	return 0;
}

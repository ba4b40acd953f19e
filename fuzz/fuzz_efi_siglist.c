/*
 * Property: entries lie in the input, one behind the other; a set made of them finds each of them
 * and lacks none; a failure has its error set and leaves the output alone; certificates are
 * inside their entries.
 */
#include <assert.h>

#include "lib/evidence/eventlog/siglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct siglist *l, struct crypto *c, struct arena *a,
    const uint8_t *data)
{
	const struct sig_entry *first;
	struct sigset set;
	const uint8_t *at = data;

	if (!sigset_make(l, a, &set, NULL))
		return;
	assert(set.n == l->n && sigset_missing(&set, l, &first) == 0 && !first);
	for (size_t i = 0; i < l->n && i < 64; i++) {
		struct efi_cert cert;
		struct rd whole;

		assert(rd_ptr(&l->v[i].data) > at && l->v[i].key_len <= rd_left(&l->v[i].data));
		at = rd_ptr(&l->v[i].data);
		assert(sigset_find(&set, l->v[i].kind, at, l->v[i].key_len));
		if (!efi_cert_read(c, l->v[i].data, &cert, &whole, NULL))
			continue;
		assert(rd_ptr(&whole) == at && rd_left(&whole) <= rd_left(&l->v[i].data));
		(void)sigset_find_cert(&set, whole, &cert);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(((size_t)1 << 20) + 16 * size);
	struct crypto *c = crypto_new(NULL);
	struct siglist l = { .n = 77 };
	struct att_error e = { 0 };

	if (siglist_file_parse(rd_make(data, size), a, &l, &e)) {
		assert(e.code == ATT_E_OK && l.n <= SIGLIST_ENTRIES_MAX && l.nunknown <= l.n);
		check_list(&l, c, a, data);
	} else
		assert(e.code != ATT_E_OK && e.text[0] && l.n == 77);
	arena_free(a);
	crypto_free(c);
	return 0;
}

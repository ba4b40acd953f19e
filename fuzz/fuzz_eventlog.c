/*
 * Property: a failure has its error set and leaves the output alone; events lie in the log, one
 * behind the other; every PCR given is in exactly one mask; Secure Boot is on only when PCR 7 is
 * replayed and no event of it is uncovered; and nothing takes more memory than a small multiple
 * of the log.
 */
#include <assert.h>

#include "lib/evidence/eventlog/bootchain.h"
#include "lib/evidence/eventlog/wbcl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void facts(const struct eventlog *l, struct pcr_bank *given, struct crypto *c,
    struct arena *a)
{
	struct eventlog_replay r;
	struct eventlog_marks m;
	struct secureboot sb;
	struct bootchain b;
	struct revocation rev;
	struct wbcl w;

	assert(eventlog_replay(l, given, c, a, &r, NULL));
	assert((r.matched ^ r.untouched ^ r.unlogged ^ r.differs) == r.given);
	bytes_copy(given->value, r.value, sizeof given->value);
	given->mask = (1U << PCR_COUNT) - 1;
	assert(eventlog_replay(l, given, c, a, &r, NULL) && !r.differs && !r.unlogged &&
	    r.matched == r.logged);
	if (r.no_bank || !eventlog_mark(l, &r, c, a, &m, NULL) || !secureboot_read(&r, &m, c, a,
	    &sb, NULL) ||
	    !bootchain_read(&m, &sb, a, &b, NULL) || !wbcl_read(&m, a, &w, NULL) ||
	    !revocation_read(&m, &sb, &b, &sb.var[SB_DBX].list, a, &rev, NULL))
		return;
	assert(rev.missing == 0 && (w.sound & w.unsound) == 0 && (w.sound & ~r.matched) == 0);
	for (size_t i = 0; sb.firmware_on && i < l->n; i++)
		assert(l->events[i].pcr != 7 || m.of[i].separator ||
		    m.of[i].doubt <= DOUBT_NOT_MEASURED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(((size_t)1 << 20) + 64 * size);
	struct crypto *c = crypto_new(NULL);
	struct pcr_bank given = { .alg = size ? data[size - 1] % 4 : 0, .mask = 0x80 };
	struct eventlog *l = NULL;
	struct att_error e = { 0 };

	if (eventlog_parse(rd_make(data, size), a, &l, &e)) {
		assert(e.code == ATT_E_OK && l->n <= EVENTLOG_EVENTS_MAX);
		for (size_t i = 0; i < l->n; i++)
			assert(rd_ptr(&l->events[i].data) + rd_left(&l->events[i].data) <= data + size);
		facts(l, &given, c, a);
	} else
		assert(e.code != ATT_E_OK && e.text[0] && !l);
	arena_free(a);
	crypto_free(c);
	return 0;
}

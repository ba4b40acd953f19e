/* The contract of store.h, run over every implementation: one row of `implementations` each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/harness/check.h"

#include "server/store/collateral.h"
#include "server/store/context.h"
#include "server/store/enrolment.h"
#include "server/store/store.h"

static const struct implementation {
	const char *name;
	bool (*open)(const char *where, struct store **, struct att_error *);
} implementations[] = {
	{ "sqlite", store_open_sqlite },
};

struct fixture {
	struct store *s;
	struct arena *a;
	struct att_error e;
	char dir[64], path[96];
};

static const struct store_key sgx = { "default", "SgxEnclave" }, snp = { "default", "SevSnpVm" },
	other = { "tenant-b", "SevSnpVm" };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	(void)snprintf(f->dir, sizeof f->dir, "/tmp/attestd-store-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	(void)snprintf(f->path, sizeof f->path, "%s/store.db", f->dir);
	f->a = arena_new((size_t)16 << 20);
	*state = f;
	return implementations[0].open(f->path, &f->s, &f->e) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct fixture *f = *state;
	char name[128];

	store_close(f->s);
	arena_free(f->a);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		(void)snprintf(name, sizeof name, "%s%s", f->path, suffixes[i]);
		(void)unlink(name);
	}
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

static struct store_policy policy(const char *jws)
{
	return (struct store_policy){ .action = STORE_SET,
		.jws = { (const uint8_t *)jws, strlen(jws) },
		.text_hash = "text",
		.token_hash = "token",
		.signer = "{}",
		.set_by = "admin",
		.set_at_s = 1700000000 };
}

static int64_t put(struct fixture *f, const struct store_key *k, const char *jws)
{
	struct store_policy p = policy(jws);
	int64_t n = 0;

	CHECK_OK(store_policy_append(f->s, k, &p, NULL, &n, &f->e), &f->e);
	return n;
}

static void check_active(struct fixture *f, const struct store_key *k, int64_t n, const char *jws)
{
	struct store_policy p;

	CHECK_OK(store_policy_active(f->s, k, f->a, &p, &f->e), &f->e);
	assert_int_equal(p.n, n);
	assert_int_equal(p.jws.n, strlen(jws));
	assert_memory_equal(n ? p.jws.p : (const uint8_t *)"", jws, strlen(jws));
}

static void test_empty(void **state)
{
	struct fixture *f = *state;
	struct store_history h = { .top = 9 };
	struct store_policy p;
	struct store_cert *certs;
	size_t n = 9;

	check_active(f, &sgx, 0, "");
	CHECK_OK(store_policy_history(f->s, &sgx, f->a, &h, &f->e), &f->e);
	assert_int_equal(h.n, 0);
	assert_int_equal(h.total, 0);
	CHECK_ERR(store_policy_at(f->s, &sgx, 1, f->a, &p, &f->e), &f->e, ATT_E_NOT_FOUND, "no entry 1");
	CHECK_OK(store_shadow_get(f->s, &sgx, f->a, &p, &f->e), &f->e);
	assert_int_equal(p.jws.n, 0);
	CHECK_OK(store_certs(f->s, "default", f->a, &certs, &n, &f->e), &f->e);
	assert_int_equal(n, 0);
}

static void test_history(void **state)
{
	struct fixture *f = *state;
	struct store_policy reset = policy(""), p;
	struct store_history h = { .top = 9 };
	int64_t number;

	assert_int_equal(put(f, &snp, "one"), 1);
	assert_int_equal(put(f, &snp, "two"), 2);
	assert_int_equal(put(f, &sgx, "of another type"), 1);
	reset.action = STORE_RESET;
	reset.text_hash = "";
	CHECK_OK(store_policy_append(f->s, &snp, &reset, NULL, &number, &f->e), &f->e);
	check_active(f, &snp, 3, "");
	CHECK_OK(store_policy_at(f->s, &snp, 1, f->a, &p, &f->e), &f->e);
	assert_memory_equal(p.jws.p, "one", 3);
	CHECK_OK(store_policy_history(f->s, &snp, f->a, &h, &f->e), &f->e);
	assert_int_equal(h.n, 3);
	for (size_t i = 0; i < h.n; i++)
		assert_int_equal(h.entry[i].n, (int64_t)i + 1);
	assert_int_equal(h.entry[0].jws.n, 3);
	assert_int_equal(h.entry[2].action, STORE_RESET);
	assert_string_equal(h.entry[1].set_by, "admin");
	assert_int_equal(h.entry[1].set_at_s, 1700000000);
}

static void test_history_in_parts(void **state)
{
	static const struct { int64_t skip; size_t top, n; } rows[] = {
		{ 0, 0, 0 }, { 0, 2, 2 }, { 2, 2, 2 }, { 4, 2, 1 }, { 5, 2, 0 }, { 4, 1, 1 },
		{ 0, 5, 5 }, { 0, 6, 5 }, { 1, SIZE_MAX, 4 }, { INT64_MAX, SIZE_MAX, 0 },
	};
	struct fixture *f = *state;

	for (int i = 0; i < 5; i++)
		put(f, &snp, "jws");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct store_history h = { .skip = rows[i].skip, .top = rows[i].top };

		CHECK_OK(store_policy_history(f->s, &snp, f->a, &h, &f->e), &f->e);
		assert_int_equal(h.total, 5);
		assert_int_equal(h.n, rows[i].n);
		for (size_t k = 0; k < h.n; k++)
			assert_int_equal(h.entry[k].n, rows[i].skip + 1 + (int64_t)k);
	}
}

/* security-history A24, B7: what one provider stores is not visible from another. */
static void test_providers_are_apart(void **state)
{
	struct fixture *f = *state;
	struct store_cert c = { "AA", { (const uint8_t *)"der", 3 }, "admin", 1 }, *certs;
	struct store_policy p = policy("shadow");
	struct store_use use = { "jti-1", 10, 100 };
	size_t n;
	int64_t number;

	(void)put(f, &snp, "mine");
	CHECK_OK(store_shadow_set(f->s, &snp, &p, NULL, &f->e), &f->e);
	CHECK_OK(store_cert_add(f->s, "default", &c, NULL, &f->e), &f->e);
	check_active(f, &other, 0, "");
	CHECK_OK(store_shadow_get(f->s, &other, f->a, &p, &f->e), &f->e);
	assert_int_equal(p.jws.n, 0);
	CHECK_OK(store_certs(f->s, "tenant-b", f->a, &certs, &n, &f->e), &f->e);
	assert_int_equal(n, 0);
	p = policy("x");
	CHECK_OK(store_policy_append(f->s, &snp, &p, &use, &number, &f->e), &f->e);
	CHECK_OK(store_policy_append(f->s, &other, &p, &use, &number, &f->e), &f->e);
	assert_int_equal(number, 1);
}

/* security-history B11: a signed statement is used once, and its refusal changes nothing. */
static void test_use_once(void **state)
{
	struct fixture *f = *state;
	struct store_use use = { "jti-1", 10, 100 }, later = { "jti-1", 101, 200 };
	struct store_policy p = policy("one");
	struct store_cert c = { "AA", { (const uint8_t *)"der", 3 }, "admin", 1 };
	int64_t n;

	CHECK_OK(store_policy_append(f->s, &snp, &p, &use, &n, &f->e), &f->e);
	p = policy("two");
	CHECK_ERR(store_policy_append(f->s, &snp, &p, &use, &n, &f->e), &f->e, ATT_E_OPERATION, "jti-1");
	CHECK_ERR(store_shadow_set(f->s, &snp, &p, &use, &f->e), &f->e, ATT_E_OPERATION, "used before");
	CHECK_ERR(store_cert_add(f->s, "default", &c, &use, &f->e), &f->e, ATT_E_OPERATION, "used before");
	CHECK_ERR(store_cert_remove(f->s, "default", "AA", &use, &f->e), &f->e, ATT_E_OPERATION,
	    "used before");
	check_active(f, &snp, 1, "one");
	/* Forgotten after its time: by then its iat is too old to be accepted. */
	CHECK_OK(store_policy_append(f->s, &snp, &p, &later, &n, &f->e), &f->e);
	check_active(f, &snp, 2, "two");
}

static void test_shadow(void **state)
{
	struct fixture *f = *state;
	struct store_policy p = policy("strict"), got;

	CHECK_OK(store_shadow_set(f->s, &snp, &p, NULL, &f->e), &f->e);
	p = policy("stricter");
	CHECK_OK(store_shadow_set(f->s, &snp, &p, NULL, &f->e), &f->e);
	CHECK_OK(store_shadow_get(f->s, &snp, f->a, &got, &f->e), &f->e);
	assert_int_equal(got.jws.n, 8);
	assert_string_equal(got.set_by, "admin");
	check_active(f, &snp, 0, "");
	CHECK_OK(store_shadow_set(f->s, &snp, NULL, NULL, &f->e), &f->e);
	CHECK_OK(store_shadow_get(f->s, &snp, f->a, &got, &f->e), &f->e);
	assert_int_equal(got.jws.n, 0);
}

static void test_certificates(void **state)
{
	struct fixture *f = *state;
	struct store_cert a = { "AA", { (const uint8_t *)"der-a", 5 }, "admin", 1 };
	struct store_cert b = { "BB", { (const uint8_t *)"der-b", 5 }, "admin", 2 }, *all;
	size_t n;

	CHECK_OK(store_cert_add(f->s, "default", &a, NULL, &f->e), &f->e);
	CHECK_OK(store_cert_add(f->s, "default", &a, NULL, &f->e), &f->e);
	CHECK_ERR(store_cert_remove(f->s, "default", "AA", NULL, &f->e), &f->e, ATT_E_OPERATION, "last");
	CHECK_OK(store_cert_remove(f->s, "default", "CC", NULL, &f->e), &f->e);
	CHECK_OK(store_cert_add(f->s, "default", &b, NULL, &f->e), &f->e);
	CHECK_OK(store_cert_remove(f->s, "default", "AA", NULL, &f->e), &f->e);
	CHECK_OK(store_certs(f->s, "default", f->a, &all, &n, &f->e), &f->e);
	assert_int_equal(n, 1);
	assert_string_equal(all[0].thumbprint, "BB");
	assert_memory_equal(all[0].der.p, "der-b", 5);
}

static void set_denylist(struct fixture *f, const char *provider, const char *entries)
{
	struct store_denylist l = { .entries = { (const uint8_t *)entries, strlen(entries) },
		.set_by = "admin", .set_at_s = 1700000000 };

	CHECK_OK(store_denylist_set(f->s, provider, &l, &f->e), &f->e);
}

static void check_denylist(struct fixture *f, const char *provider, const char *entries)
{
	struct store_denylist l;

	CHECK_OK(store_denylist_get(f->s, provider, f->a, &l, &f->e), &f->e);
	assert_int_equal(l.entries.n, strlen(entries));
	assert_memory_equal(l.entries.p ? l.entries.p : (const uint8_t *)"", entries, l.entries.n);
	assert_string_equal(l.set_by, *entries ? "admin" : "");
	assert_int_equal(l.set_at_s, *entries ? 1700000000 : 0);
}

/* One list per provider, the last one set, also after the file was closed. */
static void test_denylist(void **state)
{
	struct fixture *f = *state;
	uint64_t before = store_generation(f->s);

	check_denylist(f, "default", "");
	set_denylist(f, "default", "{\"entries\":[1]}");
	check_denylist(f, "default", "{\"entries\":[1]}");
	set_denylist(f, "default", "{\"entries\":[]}");
	check_denylist(f, "tenant-b", "");
	set_denylist(f, "tenant-b", "{}");
	assert_true(store_generation(f->s) > before);
	store_close(f->s);
	f->s = NULL;
	CHECK_OK(implementations[0].open(f->path, &f->s, &f->e), &f->e);
	check_denylist(f, "default", "{\"entries\":[]}");
	check_denylist(f, "tenant-b", "{}");
}

static void test_survives_reopen(void **state)
{
	struct fixture *f = *state;

	(void)put(f, &snp, "kept");
	store_maintain(f->s);
	(void)put(f, &snp, "kept too");
	store_close(f->s);
	f->s = NULL;
	CHECK_OK(implementations[0].open(f->path, &f->s, &f->e), &f->e);
	check_active(f, &snp, 2, "kept too");
}

static void test_generation(void **state)
{
	struct fixture *f = *state;
	struct store_use use = { "j", 1, 2 };
	struct store_policy p = policy("x");
	uint64_t before = store_generation(f->s);
	int64_t n;

	CHECK_OK(store_policy_append(f->s, &snp, &p, &use, &n, &f->e), &f->e);
	assert_int_equal(store_generation(f->s), before + 1);
	CHECK_ERR(store_policy_append(f->s, &snp, &p, &use, &n, &f->e), &f->e, ATT_E_OPERATION, "used");
	assert_int_equal(store_generation(f->s), before + 1);
}

static void test_bytes_are_kept(void **state)
{
	struct fixture *f = *state;
	uint8_t raw[256];
	struct store_policy p = policy(""), got;
	int64_t n;

	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)i;
	p.jws = (struct store_bytes){ raw, sizeof raw };
	CHECK_OK(store_policy_append(f->s, &snp, &p, NULL, &n, &f->e), &f->e);
	CHECK_OK(store_policy_active(f->s, &snp, f->a, &got, &f->e), &f->e);
	assert_int_equal(got.jws.n, sizeof raw);
	assert_memory_equal(got.jws.p, raw, sizeof raw);
}

/* ---- endorsements ---- */

static struct store_item item(uint32_t evaluation, int64_t issued, const char *piece)
{
	struct store_item i = { .kind = "tcb-info",
		.key = "SGX-00906ed50000",
		.evaluation = evaluation,
		.issued_s = issued,
		.expires_s = issued + 100,
		.crl_number = "0a",
		.source = "intel",
		.piece = { (const uint8_t *)piece, strlen(piece) },
		.fetched_s = issued + 1 };

	memset(i.sha256, (int)evaluation, sizeof i.sha256);
	return i;
}

static void check_item(struct fixture *f, const struct store_item *name, const char *piece)
{
	struct store_item got;

	CHECK_OK(store_item_get(f->s, name, f->a, &got, &f->e), &f->e);
	assert_non_null(got.kind);
	assert_int_equal(got.piece.n, strlen(piece));
	assert_memory_equal(got.piece.p, piece, strlen(piece));
	assert_string_equal(got.kind, name->kind);
	assert_string_equal(got.key, name->key);
	assert_int_equal(got.evaluation, name->evaluation);
	assert_int_equal(got.expires_s, got.issued_s + 100);
	assert_int_equal(got.fetched_s, got.issued_s + 1);
	assert_string_equal(got.crl_number, "0a");
	assert_string_equal(got.source, "intel");
	assert_int_equal(got.sha256[31], name->evaluation);
}

static void test_items(void **state)
{
	struct fixture *f = *state;
	struct store_item a = item(17, 1000, "seventeen"), b = item(18, 2000, "eighteen"), got,
			  *list;
	struct store_item cert = {
		.kind = "snp-vcek", .key = "Milan-00", .crl_number = "", .source = "amd"
	};
	struct store_choice c = { "tcb-info", "SGX-00906ed50000", "standard", 17, "source", 5 },
			    chosen, *choices;
	size_t n;
	int64_t gone;

	CHECK_OK(store_item_get(f->s, &a, f->a, &got, &f->e), &f->e);
	assert_null(got.kind);
	CHECK_OK(store_item_seen(f->s, &a, f->a, &got, &f->e), &f->e);
	assert_null(got.kind);
	CHECK_OK(store_choice_get(f->s, &c, f->a, &chosen, &f->e), &f->e);
	assert_null(chosen.kind);
	CHECK_OK(store_item_put(f->s, &a, &c, &f->e), &f->e);
	CHECK_OK(store_item_put(f->s, &b, NULL, &f->e), &f->e);
	CHECK_OK(store_item_put(f->s, &cert, NULL, &f->e), &f->e);
	check_item(f, &a, "seventeen");
	check_item(f, &b, "eighteen");
	a = item(17, 1500, "newer");
	CHECK_OK(store_item_put(f->s, &a, NULL, &f->e), &f->e);
	check_item(f, &a, "newer");
	CHECK_OK(store_item_seen(f->s, &a, f->a, &got, &f->e), &f->e);
	assert_int_equal(got.issued_s, 1500);
	assert_string_equal(got.crl_number, "0a");
	CHECK_OK(store_choice_get(f->s, &c, f->a, &chosen, &f->e), &f->e);
	assert_int_equal(chosen.evaluation, 17);
	assert_string_equal(chosen.by, "source");
	assert_int_equal(chosen.checked_s, 5);
	c.evaluation = 18;
	CHECK_OK(store_choice_put(f->s, &c, &f->e), &f->e);
	CHECK_OK(store_choices(f->s, 10, f->a, &choices, &n, &f->e), &f->e);
	assert_int_equal(n, 1);
	assert_int_equal(choices[0].evaluation, 18);
	CHECK_OK(store_items(f->s, false, 10, f->a, &list, &n, &f->e), &f->e);
	assert_int_equal(n, 2);
	assert_int_equal(list[1].evaluation, 18);
	assert_int_equal(list[1].piece.n, 8);
	assert_null(list[1].piece.p);
	CHECK_OK(store_items(f->s, true, 10, f->a, &list, &n, &f->e), &f->e);
	assert_int_equal(n, 3);
	CHECK_OK(store_items(f->s, true, 1, f->a, &list, &n, &f->e), &f->e);
	assert_int_equal(n, 1);
	/* 17 has lapsed, 18 is the standard; certificates have no evaluation number. */
	CHECK_OK(store_items_drop_lapsed(f->s, 1600, &f->e), &f->e);
	check_item(f, &a, "newer");
	CHECK_OK(store_items_drop_lapsed(f->s, 9999, &f->e), &f->e);
	CHECK_OK(store_items(f->s, true, 10, f->a, &list, &n, &f->e), &f->e);
	assert_int_equal(n, 2);
	check_item(f, &b, "eighteen");
	CHECK_OK(store_item_forget(f->s, "tcb-info", "SGX-00906ed50000", &gone, &f->e), &f->e);
	assert_int_equal(gone, 4);
	CHECK_OK(store_item_seen(f->s, &a, f->a, &got, &f->e), &f->e);
	assert_null(got.kind);
	CHECK_OK(store_items(f->s, true, 10, f->a, &list, &n, &f->e), &f->e);
	assert_int_equal(n, 1);
}

/* Rollback protection and the time floor are worth what they are worth after a restart. */
static void test_items_survive_reopen(void **state)
{
	struct fixture *f = *state;
	struct store_item a = item(17, 1000, "kept"), got;
	int64_t floor_s;

	CHECK_OK(store_time_floor(f->s, &floor_s, &f->e), &f->e);
	assert_int_equal(floor_s, 0);
	CHECK_OK(store_item_put(f->s, &a, NULL, &f->e), &f->e);
	CHECK_OK(store_time_floor_set(f->s, 1234, &f->e), &f->e);
	CHECK_OK(store_time_floor_set(f->s, 1200, &f->e), &f->e);
	store_close(f->s);
	f->s = NULL;
	CHECK_OK(implementations[0].open(f->path, &f->s, &f->e), &f->e);
	check_item(f, &a, "kept");
	CHECK_OK(store_item_seen(f->s, &a, f->a, &got, &f->e), &f->e);
	assert_int_equal(got.issued_s, 1000);
	CHECK_OK(store_time_floor(f->s, &floor_s, &f->e), &f->e);
	assert_int_equal(floor_s, 1200);
}

static bool use(struct fixture *f, const char *provider, const char *id, int64_t expires_s)
{
	struct store_context c = { .provider = provider, .id = { (const uint8_t *)id, strlen(id) },
		.expires_s = expires_s };
	bool fresh = false;

	CHECK_OK(store_context_use(f->s, &c, 3, &fresh, &f->e), &f->e);
	return fresh;
}

/* security-history A19: one use of a context, by one provider, also after the file was closed. */
static void test_contexts(void **state)
{
	struct fixture *f = *state;
	uint64_t before = store_generation(f->s);
	bool more = true;

	assert_true(use(f, "default", "one", 100));
	assert_false(use(f, "default", "one", 100));
	assert_false(use(f, "default", "one", 999));
	assert_true(use(f, "tenant-b", "one", 100));
	assert_true(use(f, "default", "two", 200));
	assert_int_equal(store_generation(f->s), before);
	store_close(f->s);
	f->s = NULL;
	CHECK_OK(implementations[0].open(f->path, &f->s, &f->e), &f->e);
	assert_false(use(f, "default", "one", 100));
	CHECK_OK(store_contexts_forget(f->s, 100, &more, &f->e), &f->e);
	assert_false(more);
	assert_false(use(f, "default", "one", 100));
	CHECK_OK(store_contexts_forget(f->s, 101, &more, &f->e), &f->e);
	assert_true(use(f, "default", "one", 100));
	assert_true(use(f, "tenant-b", "one", 100));
	assert_false(use(f, "default", "two", 200));
}

static struct store_enrolment enrolment(const char *ek, const char *ak, int64_t at_s)
{
	return (struct store_enrolment){ .ek_id = ek, .ak_name = ak, .manufacturer = "id:494e5443",
	    .vendor = "INTC",
		.model = "m", .version = "v", .enrolled_by = "reader", .enrolled_at_s = at_s,
		    .renewed_by = "reader",
		.renewed_at_s = at_s, .expires_s = at_s + 30 };
}

static size_t enrolments(struct fixture *f, const char *provider, int64_t skip, size_t top,
    struct store_enrolments *l)
{
	*l = (struct store_enrolments){ .skip = skip, .top = top };
	CHECK_OK(store_enrolments(f->s, provider, f->a, l, &f->e), &f->e);
	return l->n;
}

/* security-history A17: an endorsement key keeps its attestation key, also after the file was closed. */
static void test_enrolments(void **state)
{
	struct fixture *f = *state;
	struct store_enrolment one = enrolment("aa", "ak-1", 100), two = enrolment("bb", "ak-2", 110);
	struct store_enrolments l;
	const char *name;
	bool renewed;

	CHECK_OK(store_enrol(f->s, "default", &one, &renewed, &f->e), &f->e);
	assert_false(renewed);
	CHECK_OK(store_enrol(f->s, "default", &two, &renewed, &f->e), &f->e);
	one = enrolment("aa", "ak-3", 120);
	CHECK_ERR(store_enrol(f->s, "default", &one, &renewed, &f->e), &f->e, ATT_E_OPERATION, "another");
	CHECK_OK(store_enrol(f->s, "tenant-b", &one, &renewed, &f->e), &f->e);
	one = enrolment("aa", "ak-1", 130);
	one.renewed_by = "writer";
	CHECK_OK(store_enrol(f->s, "default", &one, &renewed, &f->e), &f->e);
	assert_true(renewed);
	store_close(f->s);
	f->s = NULL;
	CHECK_OK(implementations[0].open(f->path, &f->s, &f->e), &f->e);
	CHECK_ERR(store_enrol(f->s, "tenant-b", &one, &renewed, &f->e), &f->e, ATT_E_OPERATION, "another");
	assert_int_equal(enrolments(f, "default", 0, 9, &l), 2);
	assert_false(l.more);
	assert_string_equal(l.entry[0].ak_name, "ak-1");
	assert_string_equal(l.entry[0].enrolled_by, "reader");
	assert_string_equal(l.entry[0].renewed_by, "writer");
	assert_int_equal(l.entry[0].enrolled_at_s, 100);
	assert_int_equal(l.entry[0].renewed_at_s, 130);
	assert_int_equal(l.entry[0].expires_s, 160);
	assert_int_equal(enrolments(f, "default", 0, 1, &l), 1);
	assert_true(l.more);
	assert_int_equal(enrolments(f, "default", l.entry[0].n, 1, &l), 1);
	assert_false(l.more);
	assert_string_equal(l.entry[0].ek_id, "bb");
	/* Removing: only here, once, and the number is not given again. */
	CHECK_ERR(store_enrolment_remove(f->s, "tenant-b", "bb", f->a, &name, &f->e), &f->e,
	    ATT_E_NOT_FOUND, "id");
	CHECK_OK(store_enrolment_remove(f->s, "default", "bb", f->a, &name, &f->e), &f->e);
	assert_string_equal(name, "ak-2");
	CHECK_ERR(store_enrolment_remove(f->s, "default", "bb", f->a, &name, &f->e), &f->e,
	    ATT_E_NOT_FOUND, "id");
	two = enrolment("bb", "ak-9", 140);
	CHECK_OK(store_enrol(f->s, "default", &two, &renewed, &f->e), &f->e);
	assert_false(renewed);
	assert_int_equal(enrolments(f, "default", 2, 9, &l), 1);
	assert_int_equal(l.entry[0].n, 3);
}

/* What is over the limit was not used, and room comes back with what is forgotten. */
static void test_contexts_are_limited(void **state)
{
	struct fixture *f = *state;
	struct store_context over = { .provider = "default", .id = { (const uint8_t *)"four", 4 },
		.expires_s = 100 };
	bool fresh = false, more;

	assert_true(use(f, "default", "one", 100));
	assert_true(use(f, "default", "two", 100));
	assert_true(use(f, "default", "three", 200));
	CHECK_ERR(store_context_use(f->s, &over, 3, &fresh, &f->e), &f->e, ATT_E_OVERLOADED,
	    "3 used contexts");
	assert_false(fresh);
	assert_false(use(f, "default", "one", 100));
	assert_true(use(f, "tenant-b", "four", 100));
	CHECK_OK(store_contexts_forget(f->s, 150, &more, &f->e), &f->e);
	assert_true(use(f, "default", "four", 300));
	assert_true(use(f, "default", "five", 300));
	CHECK_ERR(store_context_use(f->s, &(struct store_context){ .provider = "default",
	    .id = { (const uint8_t *)"six", 3 }, .expires_s = 1 }, 3, &fresh, &f->e), &f->e,
	    ATT_E_OVERLOADED, "used contexts");
}

static void test_many_contexts_go_in_parts(void **state)
{
	struct fixture *f = *state;
	struct store_context c = { .provider = "default", .expires_s = 1 };
	unsigned rounds = 0;
	uint8_t id[4];
	bool fresh, more = true;
	struct store *s;

	CHECK_OK(store_open_sqlite(":memory:", &s, &f->e), &f->e);
	for (unsigned i = 0; i < 5000; i++) {
		for (unsigned k = 0; k < sizeof id; k++)
			id[k] = (uint8_t)(i >> (8 * k));
		c.id = (struct store_bytes){ id, sizeof id };
		CHECK_OK(store_context_use(s, &c, 5000, &fresh, &f->e), &f->e);
	}
	for (; more; rounds++)
		CHECK_OK(store_contexts_forget(s, 2, &more, &f->e), &f->e);
	assert_int_equal(rounds, 2);
	CHECK_OK(store_context_use(s, &c, 1, &fresh, &f->e), &f->e);
	assert_true(fresh);
	store_close(s);
}

static void test_cannot_open(void **state)
{
	struct fixture *f = *state;
	struct store *s = NULL;

	CHECK_ERR(implementations[0].open("/nonexistent/folder/store.db", &s, &f->e), &f->e,
	    ATT_E_STORE, "store");
	assert_null(s);
}

static void test_memory_only(void **state)
{
	struct fixture *f = *state;
	struct store *s;
	struct store_policy p = policy("x"), got;
	int64_t n;

	CHECK_OK(store_open_sqlite(":memory:", &s, &f->e), &f->e);
	CHECK_OK(store_policy_append(s, &snp, &p, NULL, &n, &f->e), &f->e);
	CHECK_OK(store_policy_active(s, &snp, f->a, &got, &f->e), &f->e);
	assert_int_equal(got.n, 1);
	store_close(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_empty),
		T(test_history), T(test_history_in_parts),
		T(test_providers_are_apart),
		T(test_use_once),
		T(test_shadow),
		T(test_certificates),
		T(test_denylist),
		T(test_survives_reopen),
		T(test_generation),
		T(test_bytes_are_kept),
		T(test_items),
		T(test_items_survive_reopen),
		T(test_contexts),
		T(test_enrolments),
		T(test_contexts_are_limited),
		T(test_many_contexts_go_in_parts),
		T(test_cannot_open),
		T(test_memory_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

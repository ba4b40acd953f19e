/*
 * How many times a write of the store waits for the disk: counted by a VFS that stands before SQLite's own.
 * A change is durable with at most two fsyncs.
 */
#include "tests/harness/check.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/store/context.h"
#include "server/store/store.h"

#define SYNCS_MAX 2u
#define WRITES 50

struct counted_file {
	sqlite3_file base;
	sqlite3_io_methods methods;     /* the real ones but for xSync */
	const sqlite3_io_methods *real;
};

static sqlite3_vfs counting;
static unsigned syncs;

/* The counted file stands behind the real one in memory, which SQLite allocates by szOsFile. */
static struct counted_file *tail(sqlite3_file *f)
{
	sqlite3_vfs *real = counting.pAppData;

	return (struct counted_file *)(void *)((char *)f + real->szOsFile);
}

static int sync_counted(sqlite3_file *f, int flags)
{
	syncs++;
	return tail(f)->real->xSync(f, flags);
}

static int open_counted(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	sqlite3_vfs *real = vfs->pAppData;
	int rc = real->xOpen(real, name, f, flags, out);
	struct counted_file *c = tail(f);

	if (!f->pMethods)
		return rc;
	c->real = f->pMethods;
	c->methods = *f->pMethods;
	c->methods.xSync = sync_counted;
	f->pMethods = &c->methods;
	return rc;
}

static int count_syncs(void **state)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	(void)state;
	counting = *real;
	counting.pNext = NULL;
	counting.zName = "counting";
	counting.pAppData = real;
	counting.szOsFile = real->szOsFile + (int)sizeof(struct counted_file);
	counting.xOpen = open_counted;
	return sqlite3_vfs_register(&counting, 1) == SQLITE_OK ? 0 : -1;
}

struct fixture { struct store *s; char dir[64], path[96]; };

static struct fixture open_store(void)
{
	struct fixture f;
	struct att_error e = { 0 };

	(void)snprintf(f.dir, sizeof f.dir, "/tmp/attestd-sync-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	(void)snprintf(f.path, sizeof f.path, "%s/store.db", f.dir);
	CHECK_OK(store_open_sqlite(f.path, &f.s, &e), &e);
	return f;
}

static void close_store(struct fixture *f)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[128];

	store_close(f->s);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		(void)snprintf(name, sizeof name, "%s%s", f->path, suffixes[i]);
		(void)unlink(name);
	}
	(void)rmdir(f->dir);
}

static void counts(const char *what)
{
	if (syncs < 1 || syncs > SYNCS_MAX)
		fail_msg("%s: %u fsyncs, want 1 to %u", what, syncs, SYNCS_MAX);
	syncs = 0;
}

static void each_write_is_durable_in_two_fsyncs(void **state)
{
	static char jws[100000];
	struct store_key k = { "default", "SevSnpVm" };
	struct store_policy p = { .jws = { (const uint8_t *)jws, sizeof jws },
		.text_hash = "t",
		.token_hash = "h",
		.signer = "",
		.set_by = "admin",
		.set_at_s = 1700000000 };
	struct store_use use = { .jti = "one", .now_s = 1700000000, .expires_s = 1700000300 };
	struct store_cert cert = {
		.thumbprint = "AA", .der = { (const uint8_t *)jws, 900 }, .added_by = "admin"
	};
	struct store_context context = { .provider = "default", .id = { (const uint8_t *)"id", 2 } };
	struct fixture f = open_store();
	bool fresh;
	struct att_error e = { 0 };
	int64_t n;

	(void)state;
	memset(jws, 'x', sizeof jws);
	syncs = 0;
	for (int i = 0; i < WRITES; i++) {
		p.jws.n = i % 2 ? sizeof jws : 200;
		CHECK_OK(store_policy_append(f.s, &k, &p, NULL, &n, &e), &e);
		counts("a policy");
		if (i % 10 == 9) {
			store_maintain(f.s); /* the log begins anew: the next write must not pay for
						it twice */
			syncs = 0;
		}
	}
	CHECK_OK(store_policy_append(f.s, &k, &p, &use, &n, &e), &e);
	counts("a policy with a jti");
	CHECK_OK(store_shadow_set(f.s, &k, &p, NULL, &e), &e);
	counts("a shadow");
	CHECK_OK(store_cert_add(f.s, "default", &cert, NULL, &e), &e);
	counts("a certificate");
	CHECK_OK(store_context_use(f.s, &context, 9, &fresh, &e), &e);
	assert_true(fresh);
	counts("a used context");
	close_store(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_write_is_durable_in_two_fsyncs),
	};

	return cmocka_run_group_tests(tests, count_syncs, NULL);
}

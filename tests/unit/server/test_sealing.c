/* server/signer/sealing.c: whose sealed states open, and for what. */
#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/crypto/seal.h"
#include "server/datadir/datadir.h"
#include "server/signer/sealing.h"

static char folder[64];
static struct arena *memory;
static struct att_error e;

static int set_up(void **state)
{
	char keys[80];

	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/test-sealing-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(keys, sizeof keys, "%s/keys", folder);
	memory = arena_new(MIB);
	return memory && mkdir(keys, 0700) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "keys/one.sealing.key", "keys/two.sealing.key", "keys", "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	arena_free(memory);
	return 0;
}

static struct rd ask(const struct sealing *s, enum ipc_op op, uint8_t purpose, struct rd in)
{
	struct frame f = { .op = op, .block = { rd_make(&purpose, 1), in } };
	struct rd out;

	att_error_clear(&e);
	return sealing_answer(s, &f, &out, &e) ? out : rd_make("", 0);
}

static void keys_are_made_once_and_differ(void **state)
{
	struct secret one = { 0 }, again = { 0 }, two = { 0 };
	char path[DATADIR_PATH_MAX];
	struct stat st;

	(void)state;
	CHECK_OK(sealing_key_open(folder, "one", &one, &e), &e);
	CHECK_OK(sealing_key_open(folder, "one", &again, &e), &e);
	CHECK_OK(sealing_key_open(folder, "two", &two, &e), &e);
	assert_int_equal(one.len, SEAL_KEY);
	assert_true(secret_equal(&one, again.p, again.len));
	assert_false(secret_equal(&one, two.p, two.len));
	CHECK_OK(datadir_path(folder, DATADIR_KEYS, "one.sealing.key", path, &e), &e);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	secret_clear(&one);
	secret_clear(&again);
	CHECK_OK(file_write(path, "short", 5, &e), &e);
	CHECK_ERR(sealing_key_open(folder, "one", &one, &e), &e, ATT_E_BAD_FORMAT, "5 bytes, want 32");
	secret_clear(&two);
}

static void opens_for_the_same_provider_and_purpose_only(void **state)
{
	struct secret a = { 0 }, b = { 0 };
	struct sealing one = { "one", &a, memory }, two = { "two", &b, memory };
	struct sealing renamed = { "two", &a, memory };
	struct rd sealed, out;

	(void)state;
	CHECK_OK(secret_set(&a, "0123456789abcdef0123456789abcdef", SEAL_KEY, &e), &e);
	CHECK_OK(secret_set(&b, "fedcba9876543210fedcba9876543210", SEAL_KEY, &e), &e);
	sealed = ask(&one, OP_SEAL, SEAL_TPM_CHALLENGE, rd_text("state"));
	assert_int_equal(rd_left(&sealed), 5 + SEAL_OVERHEAD);
	out = ask(&one, OP_OPEN, SEAL_TPM_CHALLENGE, sealed);
	assert_true(rd_is_text(&out, "state"));
	(void)ask(&one, OP_OPEN, SEAL_TPM_ENROL, sealed);
	assert_int_equal(e.code, ATT_E_NOT_AUTHENTIC);
	(void)ask(&two, OP_OPEN, SEAL_TPM_CHALLENGE, sealed);
	assert_int_equal(e.code, ATT_E_NOT_AUTHENTIC);
	/* The key alone does not make a provider. */
	(void)ask(&renamed, OP_OPEN, SEAL_TPM_CHALLENGE, sealed);
	assert_int_equal(e.code, ATT_E_NOT_AUTHENTIC);
	(void)ask(&one, OP_SEAL, SEAL_NONE, rd_text("state"));
	check_error(&e, ATT_E_OPERATION, "no such purpose", __FILE__, __LINE__);
	(void)ask(&one, OP_OPEN, SEAL_PURPOSES, sealed);
	check_error(&e, ATT_E_OPERATION, "no such purpose", __FILE__, __LINE__);
	secret_clear(&a);
	secret_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_made_once_and_differ),
		cmocka_unit_test(opens_for_the_same_provider_and_purpose_only),
	};

	return cmocka_run_group_tests_name("server/sealing", tests, set_up, tear_down);
}

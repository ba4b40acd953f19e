/* server/datadir: modes, the lock, whole files. */
#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/datadir/datadir.h"

static char dir[64];

static int start(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof dir, "/tmp/test-datadir-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int stop(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static void test_layout_and_lock(void **state)
{
	struct att_error e = { 0 };
	char path[DATADIR_PATH_MAX];
	struct stat st;
	int lock = -1, second = -1;

	(void)state;
	CHECK_OK(datadir_open(dir, &lock, &e), &e);
	for (enum datadir_folder f = 0; f < DATADIR_FOLDERS; f++) {
		CHECK_OK(datadir_path(dir, f, NULL, path, &e), &e);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	CHECK_ERR(datadir_open(dir, &second, &e), &e, ATT_E_OPERATION, "another attestd");
	(void)close(lock);
	CHECK_OK(datadir_open(dir, &lock, &e), &e);
	(void)close(lock);
	CHECK_OK(datadir_path(dir, DATADIR_KEYS, NULL, path, &e), &e);
	assert_int_equal(chmod(path, 0750), 0);
	CHECK_ERR(datadir_open(dir, &lock, &e), &e, ATT_E_OPERATION, "mode 0700");
	(void)close(lock);
}

static void test_files(void **state)
{
	struct att_error e = { 0 };
	char path[DATADIR_PATH_MAX];
	struct secret got;
	struct stat st;

	(void)state;
	CHECK_OK(datadir_join(dir, "f", path, &e), &e);
	assert_false(file_exists(path));
	CHECK_ERR(file_read(path, 10, &got, &e), &e, ATT_E_OPERATION, "No such file");
	CHECK_OK(file_write(path, "0123456789", 10, &e), &e);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	CHECK_OK(file_read(path, 10, &got, &e), &e);
	assert_int_equal(got.len, 10);
	assert_string_equal((char *)got.p, "0123456789");
	secret_clear(&got);
	CHECK_ERR(file_read(path, 9, &got, &e), &e, ATT_E_LIMIT, "10 bytes, at most 9");
	CHECK_OK(file_write(path, "x", 1, &e), &e);
	CHECK_OK(file_read(path, 9, &got, &e), &e);
	assert_int_equal(got.len, 1);
	secret_clear(&got);
	CHECK_ERR(file_read(dir, 9, &got, &e), &e, ATT_E_OPERATION, "not a regular file");
	CHECK_ERR(file_write("/nonexistent/x", "x", 1, &e), &e, ATT_E_OPERATION, "No such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layout_and_lock, start, stop),
		cmocka_unit_test_setup_teardown(test_files, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

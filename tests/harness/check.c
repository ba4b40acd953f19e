#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void check_error(
    const struct att_error *e, enum att_err want, const char *substring, const char *file, int line)
{
	if (e->code != want || !strstr(e->text, substring)) {
		print_error("%s:%d: got %s \"%s\", want %s with \"%s\"\n", file, line,
		    att_err_text(e->code), e->text, att_err_text(want), substring);
		_fail(file, line);
	}
}

static const char *repo_root(void)
{
	const char *r = getenv("REPO");

	return r && *r ? r : ".";
}

static void vectors_root(char out[REPO_PATH_MAX])
{
	const char *v = getenv("ATTEST_VECTORS");

	if (v && *v)
		(void)snprintf(out, REPO_PATH_MAX, "%s", v);
	else
		(void)snprintf(out, REPO_PATH_MAX, "%s/../shared/vectors", repo_root());
}

static struct blob load(const char *path)
{
	struct blob b = { 0 };
	struct stat st;
	FILE *f = fopen(path, "rb");

	if (!f || fstat(fileno(f), &st) != 0)
		fail_msg("cannot read %s", path);
	b.n = (size_t)st.st_size;
	b.p = calloc(1, b.n + 1);
	assert_non_null(b.p);
	assert_int_equal(fread(b.p, 1, b.n, f), b.n);
	(void)fclose(f);
	return b;
}

struct blob repo_file(const char *path)
{
	char full[REPO_PATH_MAX];
	int n = snprintf(full, sizeof full, "%s/%s", repo_root(), path);

	assert_in_range(n, 1, sizeof full - 1);
	return load(full);
}

struct blob vector_file(const char *path)
{
	char root[REPO_PATH_MAX], full[REPO_PATH_MAX + 256];

	vectors_root(root);
	assert_in_range(snprintf(full, sizeof full, "%s/%s", root, path), 1, sizeof full - 1);
	return load(full);
}

void blob_free(struct blob *b)
{
	free(b->p);
	*b = (struct blob){ 0 };
}

void need_vectors(void)
{
	char root[REPO_PATH_MAX];
	struct stat st;
	const char *ci = getenv("CI");

	vectors_root(root);
	if (stat(root, &st) == 0)
		return;
	if (ci && strcmp(ci, "true") == 0)
		fail_msg("vectors are absent at %s", root);
	skip();
}

static void provenance_row(char *line, void (*fn)(char **cells, size_t n, void *state), void *state)
{
	char *cells[16];
	size_t n = 0;

	for (char *cell = strsep(&line, "\t"); cell && n < 16; cell = strsep(&line, "\t"))
		cells[n++] = cell;
	fn(cells, n, state);
}

void each_provenance(const char *folder, void (*fn)(char **cells, size_t n, void *state), void *state)
{
	char path[REPO_PATH_MAX];
	struct blob b;
	char *text, *line;
	bool header = true;

	(void)snprintf(path, sizeof path, "%s/PROVENANCE.tsv", folder);
	b = vector_file(path);
	text = (char *)b.p;
	while ((line = strsep(&text, "\n"))) {
		if (!header && *line)
			provenance_row(line, fn, state);
		header = false;
	}
	blob_free(&b);
}

static void *failing_get(void *state, size_t n)
{
	struct failing *f = state;

	if (f->countdown == 0) {
		f->fired = true;
		return NULL;
	}
	f->countdown--;
	return malloc(n);
}

static void failing_put(void *state, void *p)
{
	(void)state;
	free(p);
}

struct arena *arena_failing(struct failing *state, size_t n)
{
	struct arena_source src = { failing_get, failing_put, state };

	*state = (struct failing){ .countdown = n };
	return arena_new_from((size_t)1 << 30, &src);
}

/*
 * replay.c - runs a fuzz target over every file of a corpus folder, as an ordinary test (TAP).
 * The empty input is always run, so a target without a corpus still proves its property once.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replay_file(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data = NULL;
	size_t n = 0, got;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f)
		return 0;
	do {
		uint8_t *bigger = realloc(data, n + 65536);
		if (!bigger)
			abort();
		data = bigger;
		got = fread(data + n, 1, 65536, f);
		n += got;
	} while (got > 0);
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

int main(int argc, char **argv)
{
	size_t files = 0;
	struct dirent *d;
	DIR *dir = argc > 1 ? opendir(argv[1]) : NULL;

	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			files += replay_file(argv[1], d->d_name);
	if (dir)
		(void)closedir(dir);
	(void)printf("1..1\nok 1 - %zu corpus files\n", files);
	return 0;
}

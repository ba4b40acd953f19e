/*
 * floor_driver - what no verifier can avoid, by libcrypto alone: floor_driver dcap|snp; asked as a peer is.
 *
 * dcap: P-256 verifications.  warm: the quote and the quoting enclave's report.  fresh: and the two
 * certificates of the platform.  cold: and those of the collateral, its two documents and two revocation
 * lists.  snp: a P-384 verification; fresh and cold: and the two RSA-4096 PSS signatures of the chain.
 */
#include <stdio.h>
#include <string.h>

#include "bench/floor.h"

enum part { WARM, FRESH, COLD, NPARTS };
static const char *const parts[NPARTS] = { "warm", "fresh", "cold" };
static const struct floor_row {
	const char *family;
	enum floor_kind kind;
	unsigned n[NPARTS], rsa[NPARTS];
} rows[] = {
	{ "dcap", FLOOR_P256_VERIFY, { 2, 4, 9 }, { 0, 0, 0 } },
	{ "snp", FLOOR_P384_VERIFY, { 1, 1, 1 }, { 0, 2, 2 } },
};
#define NROWS (sizeof rows / sizeof rows[0])

static struct floor_op ec, rsa;

static bool run(const struct floor_row *row, size_t part, long times)
{
	bool ok = true;

	while (ok && times-- > 0) {
		for (unsigned i = 0; ok && i < row->n[part]; i++)
			ok = floor_run(&ec);
		for (unsigned i = 0; ok && i < row->rsa[part]; i++)
			ok = floor_run(&rsa);
	}
	return ok;
}

static size_t find_part(const char *word)
{
	size_t i = 0;

	while (i < NPARTS && strcmp(parts[i], word) != 0)
		i++;
	return i;
}

int main(int argc, char **argv)
{
	const struct floor_row *row = rows;
	char line[64], word[16];
	long n;

	while (argc == 2 && row < rows + NROWS && strcmp(row->family, argv[1]) != 0)
		row++;
	if (argc != 2 || row == rows + NROWS || !floor_make(&ec, row->kind) ||
	    !floor_make(&rsa, FLOOR_RSA4096_PSS_VERIFY))
		return 1;
	while (fgets(line, sizeof line, stdin)) {
		size_t part = sscanf(line, "%15s %ld", word, &n) == 2 ? find_part(word) : NPARTS;
		if (part == NPARTS || !run(row, part, n))
			return 1;
		(void)puts("done");
		(void)fflush(stdout);
	}
	return 0;
}

/*
 * eventlog_driver - replay|floor LOG PCRS: what it is asked: bench/peers/README.md.
 *
 * replay: libattest from the bytes of the log to its PCRs, compared with those of PCRS (lines of bank,
 * PCR, value; the bank of SHA-256 is taken).  floor: the digests alone, over a log that is read already.
 */
#include <stdio.h>
#include <string.h>

#include "bench/floor_log.h"
#include "cli/file.h"
#include "lib/base/hex.h"

#define LINE_MAX_BYTES 256
#define BANK "sha256"

struct driver {
	bool is_floor;
	struct rd bytes;
	struct eventlog *kept;
	struct pcr_bank given;
	struct crypto *c;
	struct arena *a;
	struct floor_log floor;
	struct att_error e;
};

static bool pcrs_read(const char *path, struct pcr_bank *out, struct att_error *e)
{
	FILE *f = fopen(path, "r");
	char line[LINE_MAX_BYTES], bank[16], hex[2 * DIGEST_MAX + 1];
	unsigned pcr;
	bool ok = f != NULL;

	out->alg = DIGEST_SHA256;
	while (ok && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%15s %u %128s", bank, &pcr, hex) != 3 || strcmp(bank, BANK) != 0)
			continue;
		ok = pcr < PCR_COUNT &&
		    hex_decode(hex, strlen(hex), out->value[pcr], digest_len(out->alg), e);
		if (ok)
			out->mask |= 1U << pcr;
	}
	if (f)
		(void)fclose(f);
	return ok;
}

/* Accepted as the others accept: every PCR that the log has events of comes out as given. */
static bool replay(struct driver *d)
{
	struct eventlog *log;
	struct eventlog_replay r;

	arena_reset(d->a);
	return eventlog_parse(d->bytes, d->a, &log, &d->e) &&
	    eventlog_replay(log, &d->given, d->c, d->a, &r, &d->e) && r.matched && !r.differs;
}

static bool warm(struct driver *d, long n)
{
	while (n-- > 0)
		if (d->is_floor ? !floor_log_extends(&d->floor, d->kept) : !replay(d))
			return false;
	return puts("done") >= 0;
}

static bool set_up(struct driver *d, struct arena *keep, char **argv)
{
	struct att_bytes file;

	d->is_floor = strcmp(argv[1], "floor") == 0;
	d->c = crypto_new(NULL);
	d->a = arena_new((size_t)64 << 20);
	if (!d->c || !d->a || !floor_log_make(&d->floor) || !file_read(keep, argv[2], &file, &d->e))
		return false;
	d->bytes = rd_make(file.data, file.len);
	return eventlog_parse(d->bytes, keep, &d->kept, &d->e) &&
	    (d->kept->banks >> DIGEST_SHA256 & 1) && pcrs_read(argv[3], &d->given, &d->e);
}

static bool answer(struct driver *d, const char *line)
{
	long n;

	if (sscanf(line, "warm %ld", &n) == 1)
		return warm(d, n);
	return printf("{\"accepted\":%s}\n", replay(d) ? "true" : "false") > 0;
}

int main(int argc, char **argv)
{
	static struct driver d;
	struct arena *keep = arena_new((size_t)64 << 20);
	char line[LINE_MAX_BYTES];
	bool ok = keep && argc == 4 && set_up(&d, keep, argv);

	while (ok && fgets(line, sizeof line, stdin))
		ok = answer(&d, line) && fflush(stdout) == 0;
	if (!ok)
		(void)fprintf(stderr, "eventlog_driver: %s\n",
		    d.e.code ? d.e.text : "replay|floor LOG PCRS");
	return ok ? 0 : 1;
}

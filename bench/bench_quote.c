/*
 * bench_quote EVIDENCE - a TPM evidence file's quote and event log beside the hashing that nobody avoids.
 *
 * Floor: one digest for each event that changes a PCR, and one of the quoted values.  Product: the quote
 * parsed and verified, the values compared with its digest, the log parsed and replayed to them.  Both
 * contain the quote's signature, measured alone in the same rounds and taken off.  Target: 1.5.
 */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/floor_log.h"
#include "cli/file.h"
#include "lib/evidence/tpm/file.h"

struct quote_run {
	struct crypto *c;
	struct arena *a;                /* of one run */
	struct tpm_file *file;
	struct rd log_bytes;
	struct eventlog *log;
	struct tpm_ak ak;
	struct checklist checks;        /* of the appraisal; its rows only ever pass here */
	struct floor_log floor;
};

static bool signature(void *state)
{
	const struct quote_run *q = state;
	const struct tpm_file_quote *f = &q->file->quotes[0];

	return sig_verify_scheme(q->c, q->ak.key, f->signature.scheme, f->signature.hash, f->quote_raw,
	    f->signature.rsa, NULL);
}

static bool floor_all(void *state)
{
	const struct quote_run *q = state;
	uint8_t out[DIGEST_MAX];

	return signature(state) && floor_log_extends(&q->floor, q->log) &&
	    floor_log_hash(&q->floor, q->file->banks[0].value, (size_t)PCR_COUNT * 32, out);
}

static bool product(void *state)
{
	struct quote_run *q = state;
	const struct tpm_file_quote *f = &q->file->quotes[0];
	const struct tpm_expect want = { .nonce_known = true, .nonce = q->file->nonce,
		.given = q->file->banks, .ngiven = q->file->nbanks };
	struct att_error fault = { 0 };
	struct tpm_marks m = { .c = &q->checks, .fault = &fault };
	struct tpm_attest attest;
	struct tpm_quoted *quoted;
	struct eventlog *log;
	struct eventlog_replay r;

	arena_reset(q->a);
	quoted = arena_alloc(q->a, sizeof *quoted);
	return quoted && tpm_attest_parse(f->quote_raw, &attest, &fault) &&
	    tpm_quote_verify(&m, q->c, &q->ak, &attest, &f->signature, &want, quoted) &&
	    eventlog_parse(q->log_bytes, q->a, &log, &fault) &&
	    eventlog_replay(log, &quoted->bank[DIGEST_SHA256], q->c, q->a, &r, &fault) &&
	    !(r.differs & 0xFF);
}

static bool make(struct arena *keep, struct att_bytes file, struct quote_run *q, struct att_error *e)
{
	struct tpm_marks m = { .c = &q->checks, .fault = e };

	if (!tpm_file_parse(rd_make(file.data, file.len), keep, &q->file, e))
		return false;
	q->log_bytes = q->file->logs[0].data;
	if (q->file->nlogs == 0 || q->file->quotes[0].signature.scheme == SCHEME_ECDSA ||
	    !checklist_init(&q->checks, keep, tpm_checks, TPM_NCHECKS, e) ||
	    !tpm_ak_check(&m, q->c, &q->file->ak_pub, &q->ak) ||
	    !eventlog_parse(q->log_bytes, keep, &q->log, e))
		return false;
	q->checks.a = q->a;             /* what one run needs is forgotten with it */
	return true;
}

/* What the signature costs both is taken off, round by round. */
static void take_off(struct variant *v, const struct variant *sig)
{
	for (size_t i = 0; i < BENCH_ROUNDS; i++)
		v->us[i] -= sig->us[i];
}

int main(int argc, char **argv)
{
	struct arena *keep = arena_new((size_t)64 << 20);
	static struct quote_run q;
	struct att_bytes file;
	struct att_error e = { 0 };
	struct variant v[] = {
		{ .name = "quote: signature", .fn = signature, .state = &q, .per_round = 1000 },
		{ .name = "floor: one digest for each event, one of the PCRs", .fn = floor_all, .state = &q,
		    .per_round = 1000 },
		{ .name = "quote and event log, beyond the signature", .fn = product, .state = &q,
		    .per_round = 1000 },
	};

	q.c = crypto_new(NULL);
	q.a = arena_new((size_t)16 << 20);
	if (argc != 2 || !keep || !q.c || !q.a || !floor_log_make(&q.floor) ||
	    !file_read(keep, argv[1], &file, &e) || !make(keep, file, &q, &e) ||
	    !bench_run(v, sizeof v / sizeof v[0])) {
		(void)fprintf(stderr, "bench_quote EVIDENCE: %s\n",
		    e.code ? e.text : "an RSA quote with a log");
		return 1;
	}
	take_off(&v[1], &v[0]);
	take_off(&v[2], &v[0]);
	bench_print(&v[0], NULL);
	bench_print(&v[1], NULL);
	bench_print(&v[2], &v[1]);
	return 0;
}

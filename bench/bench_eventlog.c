/*
 * bench_eventlog LOG - measured-boot logs and IMA lists beside their hashing floors, in one run.
 *
 * Floors are libcrypto alone, with a kept context and a fetched algorithm: one digest of PCR and
 * event digest for each event, and one of each event's data for coverage; for IMA one digest of
 * each entry's template data and one extension. Product: bytes to replayed PCRs (eventlog_parse,
 * eventlog_replay); that and eventlog_mark; all facts; ima_replay. Targets: event log 1.5 x its
 * floor, an IMA list of 100,000 entries 2.5 x.
 */
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/floor_log.h"
#include "cli/file.h"
#include "lib/base/buf.h"
#include "lib/evidence/eventlog/bootchain.h"
#include "lib/evidence/eventlog/wbcl.h"
#include "lib/evidence/ima/ima.h"

#define IMA_ENTRIES 100000
#define DIGEST 32

struct log_run {
	struct rd bytes;
	struct eventlog *log;
	struct pcr_bank given;
	struct crypto *c;
	struct arena *a;
	struct floor_log floor;
};

static bool floor_extends(void *state)
{
	const struct log_run *l = state;

	return floor_log_extends(&l->floor, l->log);
}

static bool floor_covered(void *state)
{
	const struct log_run *l = state;
	uint8_t out[DIGEST];

	for (size_t i = 0; i < l->log->n; i++) {
		const struct eventlog_event *ev = &l->log->events[i];
		enum eventlog_cover_rule rule = eventlog_type(ev->type)->rule;

		if (rule != RULE_OTHER && rule != RULE_NOTHING && !floor_log_hash(&l->floor,
		    rd_ptr(&ev->data), rd_left(&ev->data), out))
			return false;
	}
	return floor_extends(state);
}

static bool replay(void *state)
{
	struct log_run *l = state;
	struct eventlog *log;
	struct eventlog_replay r;

	arena_reset(l->a);
	return eventlog_parse(l->bytes, l->a, &log, NULL) && eventlog_replay(log, &l->given, l->c,
	    l->a, &r, NULL) &&
	    !r.differs;
}

static bool covered(void *state)
{
	struct log_run *l = state;
	struct eventlog *log;
	struct eventlog_replay r;
	struct eventlog_marks m;

	arena_reset(l->a);
	return eventlog_parse(l->bytes, l->a, &log, NULL) && eventlog_replay(log, &l->given, l->c,
	    l->a, &r, NULL) &&
	    !r.differs && eventlog_mark(log, &r, l->c, l->a, &m, NULL);
}

static bool facts(void *state)
{
	struct log_run *l = state;
	struct eventlog *log;
	struct eventlog_replay r;
	struct eventlog_marks m;
	struct secureboot sb;
	struct bootchain b;
	struct wbcl w;

	arena_reset(l->a);
	return eventlog_parse(l->bytes, l->a, &log, NULL) && eventlog_replay(log, &l->given, l->c,
	    l->a, &r, NULL) &&
	    eventlog_mark(log, &r, l->c, l->a, &m, NULL) && secureboot_read(&r, &m, l->c, l->a, &sb,
	    NULL) &&
	    bootchain_read(&m, &sb, l->a, &b, NULL) && wbcl_read(&m, l->a, &w, NULL);
}

static bool log_make(struct arena *keep, const struct log_run *common, struct rd bytes,
    struct log_run *out)
{
	struct eventlog_replay r;

	*out = *common;
	out->bytes = bytes;
	out->given.alg = DIGEST_SHA256;
	if (!eventlog_parse(bytes, keep, &out->log, NULL) ||
	    !eventlog_replay(out->log, &out->given, out->c, keep, &r, NULL) || r.no_bank)
		return false;
	memcpy(out->given.value, r.value, sizeof r.value);
	out->given.mask = r.logged;
	return true;
}

struct ima_run { struct log_run common; struct rd list; struct pcr_bank given; };

/* Paths and digests of the length that machines have. */
static bool ima_make(struct arena *keep, const struct log_run *common, struct ima_run *out)
{
	struct buf b = buf_make(keep);
	uint8_t pcr[2 * DIGEST] = { 0 };

	for (unsigned i = 0; i < IMA_ENTRIES; i++) {
		struct buf d = buf_make(keep);
		uint8_t file[40] = "sha256:", template_hash[20];
		char path[64];

		memcpy(file + 8, &i, sizeof i);
		(void)snprintf(path, sizeof path, "/usr/lib/x86_64-linux-gnu/libmeasured.so.%07u",
		    i);
		buf_le32_block(&d, file, sizeof file);
		buf_le32_block(&d, path, strlen(path) + 1);
		if (!digest(common->c, DIGEST_SHA1, d.p, d.len, template_hash, NULL) ||
		    !digest(common->c, DIGEST_SHA256, d.p, d.len, pcr + DIGEST, NULL) ||
		    !digest(common->c, DIGEST_SHA256, pcr, sizeof pcr, pcr, NULL))
			return false;
		buf_le32(&b, IMA_PCR);
		buf_put(&b, template_hash, sizeof template_hash);
		buf_le32_block(&b, "ima-ng", 6);
		buf_le32_block(&b, d.p, d.len);
	}
	*out = (struct ima_run){ .common = *common, .list = rd_make(b.p, b.len),
	    .given = { .alg = DIGEST_SHA256, .mask = 1 << IMA_PCR } };
	memcpy(out->given.value[IMA_PCR], pcr, DIGEST);
	return buf_ok(&b, NULL);
}

static bool ima_floor(void *state)
{
	const struct ima_run *r = state;
	struct rd in = r->list, data;
	uint8_t pcr[2 * DIGEST] = { 0 };

	while (!rd_empty(&in))
		if (!rd_skip(&in, 34) || !rd_le32_block(&in, &data) ||
		    !floor_log_hash(&r->common.floor, rd_ptr(&data), rd_left(&data), pcr + DIGEST) ||
		    !floor_log_hash(&r->common.floor, pcr, sizeof pcr, pcr))
			return false;
	return true;
}

static bool ima(void *state)
{
	const struct ima_run *r = state;
	struct ima_result out;

	arena_reset(r->common.a);
	return ima_replay(r->list, &r->given, IMA_PCR, r->common.c, r->common.a, &out, NULL) &&
	    out.matched &&
	    out.prefix == IMA_ENTRIES && out.bad_hashes == 0;
}

static int run(struct log_run *l, struct ima_run *i)
{
	struct variant v[] = {
		{ .name = "floor: one digest for each event", .fn = floor_extends, .state = l,
		    .per_round = 500 },
		{ .name = "event log: parse and replay", .fn = replay, .state = l,
		    .per_round = 500 },
		{ .name = "floor: that, and digests of the data", .fn = floor_covered, .state = l,
		    .per_round = 500 },
		{ .name = "event log: parse, replay, coverage", .fn = covered, .state = l,
		    .per_round = 500 },
		{ .name = "event log: all facts", .fn = facts, .state = l, .per_round = 500 },
		{ .name = "floor: two digests for each IMA entry", .fn = ima_floor, .state = i,
		    .per_round = 1 },
		{ .name = "IMA list of 100,000 entries: replay", .fn = ima, .state = i,
		    .per_round = 1 },
	};
	static const int floors[] = { -1, 0, -1, 2, 2, -1, 5 };

	if (!bench_run(v, sizeof v / sizeof v[0]))
		return 1;
	for (size_t n = 0; n < sizeof v / sizeof v[0]; n++)
		bench_print(&v[n], floors[n] < 0 ? NULL : &v[floors[n]]);
	return 0;
}

int main(int argc, char **argv)
{
	struct arena *keep = arena_new((size_t)256 << 20);
	struct log_run common = { .c = crypto_new(NULL), .a = arena_new((size_t)64 << 20) };
	static struct log_run l;
	static struct ima_run i;
	struct att_bytes file;
	struct att_error e = { 0 };

	if (argc != 2 || !keep || !common.c || !common.a || !floor_log_make(&common.floor) ||
	    !file_read(keep, argv[1], &file, &e) || !log_make(keep, &common,
	    rd_make(file.data, file.len), &l) ||
	    !ima_make(keep, &common, &i)) {
		(void)fprintf(stderr, "bench_eventlog LOG: %s\n",
		    e.code ? e.text : "one log with SHA-256 digests");
		return 1;
	}
	return run(&l, &i);
}

/*
 * collateral_kit.h - server/collateral with the fetch role and the workers played by the test;
 * times are given.
 */
#ifndef TESTS_SERVER_COLLATERAL_KIT_H
#define TESTS_SERVER_COLLATERAL_KIT_H

#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/collateral/collateral.h"

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1750000000)
#define FETCHES 64
#define WAITS 1000

struct asked {
	struct collateral_name what;
	bool is_authentic;
	char behind[COLLATERAL_SOURCE_MAX];
	uint64_t id;
};

extern struct collateral_kit {
	struct collateral c;
	struct arena *a;
	struct asked fetch[FETCHES];
	unsigned nfetches, njudged, changed;
	struct pool_job *judge[FETCHES];
	bool is_full;                   /* workers take nothing */
	bool has_next;                  /* there is a source behind that of the first question */
	int64_t now_s, now_us;
	struct collateral_wait wait[WAITS];
	unsigned done;
} t;

struct want { const char *kind, *key, *baseline; };
struct said {
	const char *kind, *key;
	uint32_t evaluation;
	int64_t issued, expires;
	const char *crl_number, *fault, *piece;
};
extern const struct want info, crl, both[2];    /* standard TCB Info, the root CRL; both of them */
extern const struct said good_info, good_crl;

int start(void **state);
int stop(void **state);
struct rd needs_of(const struct want *names, size_t n, uint8_t authentic);
void put(struct buf *b, const char *s);
void over(struct collateral_wait *w);           /* a wait's done */
/* The i-th request asks. */
struct collateral_wait *ask(unsigned i, const struct want *names, size_t n, uint8_t authentic);
struct collateral_wait *ask_one(unsigned i, struct want name);
void fetched(unsigned i, enum fetch_outcome outcome, const char *tried, uint32_t retry_s);
/* Worker's answer to the i-th JUDGE. */
void judged_all(unsigned i, const struct said *s, size_t n);
void judged(unsigned i, struct said s);
void unreadable(unsigned i);
/* A whole fetch of one thing, with what a worker says of it. */
struct collateral_wait *bring(unsigned w, struct want name, struct said s);
void check_piece(const struct collateral_wait *w, size_t i, const char *piece);
void check_lacking(const struct collateral_wait *w, const char *part);

#endif

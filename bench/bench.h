/* bench.h - interleaved rounds of a floor and a product; medians of CPU time, one JSON line per figure. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#define BENCH_ROUNDS 9
#define BENCH_VARIANTS_MAX 8

/* One thing to time: fn runs it once; false stops the benchmark. */
struct variant {
	const char *name;
	bool (*fn)(void *state);
	void *state;
	size_t per_round;       /* runs in one round */
	double us[BENCH_ROUNDS];        /* CPU microseconds of one run, by round */
};

/* Runs all variants in turn, round by round, after one uncounted round. */
bool bench_run(struct variant *v, size_t n);
double bench_median(const struct variant *v);
/* {"figure":name,"unit":"us","median":..,"min":..,"max":..,"floor":floor name,"ratio":..} */
void bench_print(const struct variant *v, const struct variant *floor);

#endif

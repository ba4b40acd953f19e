#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A round of all variants is made in slices, so that a busy neighbour meets all of them alike. */
#define SLICES 10

static bool slice_of(struct variant *v, size_t slice, double *us)
{
	size_t begin = v->per_round * slice / SLICES, end = v->per_round * (slice + 1) / SLICES;
	double start = cpu_us();

	for (size_t i = begin; i < end; i++)
		if (!v->fn(v->state))
			return false;
	*us += (cpu_us() - start) / (double)v->per_round;
	return true;
}

static bool round_of_all(struct variant *v, size_t n, size_t round)
{
	for (size_t i = 0; i < n; i++)
		v[i].us[round] = 0;
	for (size_t slice = 0; slice < SLICES; slice++)
		for (size_t i = 0; i < n; i++)
			if (!slice_of(&v[i], slice, &v[i].us[round])) {
				(void)fprintf(stderr, "bench: %s failed\n", v[i].name);
				return false;
			}
	return true;
}

bool bench_run(struct variant *v, size_t n)
{
	if (!round_of_all(v, n, 0)) /* not counted: what it measured is measured again */
		return false;
	for (size_t r = 0; r < BENCH_ROUNDS; r++)
		if (!round_of_all(v, n, r))
			return false;
	return true;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sorted(const struct variant *v, double out[BENCH_ROUNDS])
{
	for (size_t i = 0; i < BENCH_ROUNDS; i++)
		out[i] = v->us[i];
	qsort(out, BENCH_ROUNDS, sizeof out[0], by_value);
}

double bench_median(const struct variant *v)
{
	double s[BENCH_ROUNDS];

	sorted(v, s);
	return s[BENCH_ROUNDS / 2];
}

/* The ratio is taken round by round, because the machine's speed drifts between rounds. */
static double median_ratio(const struct variant *v, const struct variant *floor)
{
	struct variant r = *v;

	for (size_t i = 0; i < BENCH_ROUNDS; i++)
		r.us[i] = v->us[i] / floor->us[i];
	return bench_median(&r);
}

void bench_print(const struct variant *v, const struct variant *floor)
{
	double s[BENCH_ROUNDS];

	sorted(v, s);
	(void)printf("{\"figure\":\"%s\",\"unit\":\"us\",\"median\":%.2f,\"min\":%.2f,\"max\":%.2f",
	    v->name, bench_median(v), s[0], s[BENCH_ROUNDS - 1]);
	if (floor)
		(void)printf(
		    ",\"floor\":\"%s\",\"ratio\":%.3f", floor->name, median_ratio(v, floor));
	(void)puts("}");
}

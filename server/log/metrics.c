#include "server/log/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "libattest/version.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const struct { uint64_t us; const char *text; } buckets[] = {
	{ 500, "0.0005" }, { 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" }, { 10000, "0.01" },
	{ 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" }, { 250000, "0.25" }, { 500000, "0.5" },
	{ 1000000, "1" }, { 2500000, "2.5" }, { 5000000, "5" }, { 10000000, "10" }, { 30000000, "30" },
};
#define NBUCKETS (sizeof buckets / sizeof *buckets)

/* The cells of one histogram: one per bucket, one for everything slower, the sum of microseconds. */
#define CELL_SLOWER NBUCKETS
#define CELL_SUM (NBUCKETS + 1)
#define HISTOGRAM_CELLS (NBUCKETS + 2)

#define ROUTE_CODES(name) \
	"route=\"" #name "\",code=\"1xx\"", "route=\"" #name "\",code=\"2xx\"", \
	"route=\"" #name "\",code=\"3xx\"", "route=\"" #name "\",code=\"4xx\"", \
	"route=\"" #name "\",code=\"5xx\"",
static const char *const labels_NONE[] = { "" };
static const char *const labels_ROUTE_CODE[] = { METRIC_ROUTES(ROUTE_CODES) };
#define X(name) "route=\"" #name "\"",
static const char *const labels_ROUTE[] = { METRIC_ROUTES(X) };
#undef X
#define X(name) "verdict=\"" #name "\"",
static const char *const labels_VERDICT[] = { METRIC_VERDICTS(X) };
#undef X
#define X(name) "decision=\"" #name "\"",
static const char *const labels_SHADOW[] = { METRIC_SHADOWS(X) };
#undef X
#define X(name) "state=\"" #name "\"",
static const char *const labels_CHALLENGE[] = { METRIC_CHALLENGES(X) };
#undef X
#define X(name) "reason=\"" #name "\"",
static const char *const labels_CUT[] = { METRIC_CUTS(X) };
#undef X
#define X(name) "outcome=\"" #name "\"",
static const char *const labels_FETCH[] = { METRIC_FETCHES(X) };
#undef X
#define X(name) "result=\"" #name "\"",
static const char *const labels_RESULT[] = { METRIC_RESULTS(X) };
#undef X
static const char *const labels_VERSION[] = { "version=\"" ATT_VERSION "\"" };

static const struct row {
	const char *name, *help;
	enum kind kind;
	const char *const *labels;
	unsigned nlabels;
} rows[M_COUNT] = {
#define X(name, kind, set, help) [M_##name] = \
	{ #name, help, kind, labels_##set, sizeof labels_##set / sizeof *labels_##set },
	METRICS(X)
#undef X
};

/* Room for the widest row; the whole table is a few tens of KiB. */
#define CELLS_MAX (METRIC_ROUTE_COUNT * HISTOGRAM_CELLS)
_Static_assert(sizeof labels_ROUTE_CODE / sizeof *labels_ROUTE_CODE <= CELLS_MAX, "room for the labels");
static _Atomic uint64_t cells[M_COUNT][CELLS_MAX];

static void add(enum metric m, size_t cell, uint64_t n)
{
	(void)atomic_fetch_add_explicit(&cells[m][cell], n, memory_order_relaxed);
}

static uint64_t get(enum metric m, size_t cell)
{
	return atomic_load_explicit(&cells[m][cell], memory_order_relaxed);
}

void metric_add(enum metric m, unsigned label, uint64_t n)
{
	assert(rows[m].kind == COUNTER && label < rows[m].nlabels);
	add(m, label, n);
}

void metric_set(enum metric m, unsigned label, int64_t value)
{
	assert(rows[m].kind == GAUGE && label < rows[m].nlabels);
	atomic_store_explicit(&cells[m][label], (uint64_t)value, memory_order_relaxed);
}

void metric_observe_us(enum metric m, unsigned label, uint64_t microseconds)
{
	size_t base = label * HISTOGRAM_CELLS, i = 0;

	assert(rows[m].kind == HISTOGRAM && label < rows[m].nlabels);
	while (i < NBUCKETS && microseconds > buckets[i].us)
		i++;
	add(m, base + i, 1);
	add(m, base + CELL_SUM, microseconds);
}

static void show_simple(FILE *f, enum metric m, unsigned label)
{
	const struct row *r = &rows[m];
	const char *l = r->labels[label], *open = *l ? "{" : "", *close = *l ? "}" : "";

	if (r->kind == COUNTER)
		(void)fprintf(f, "attestd_%s_total%s%s%s %" PRIu64 "\n", r->name, open, l, close,
		    get(m, label));
	else
		(void)fprintf(f, "attestd_%s%s%s%s %" PRId64 "\n", r->name, open, l, close,
		    (int64_t)get(m, label));
}

/* Buckets count everything up to their bound, so that the last one and the count are one number. */
static void show_histogram(FILE *f, enum metric m, unsigned label)
{
	const struct row *r = &rows[m];
	const char *l = r->labels[label], *comma = *l ? "," : "";
	const char *open = *l ? "{" : "", *close = *l ? "}" : "";
	size_t base = label * HISTOGRAM_CELLS;
	uint64_t upto = 0, sum;

	for (size_t i = 0; i < NBUCKETS; i++) {
		upto += get(m, base + i);
		(void)fprintf(f, "attestd_%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", r->name, l, comma,
		    buckets[i].text, upto);
	}
	upto += get(m, base + CELL_SLOWER);
	sum = get(m, base + CELL_SUM);
	(void)fprintf(f, "attestd_%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", r->name, l, comma, upto);
	(void)fprintf(f, "attestd_%s_sum%s%s%s %" PRIu64 ".%06" PRIu64 "\n", r->name, open, l, close,
	    sum / 1000000, sum % 1000000);
	(void)fprintf(f, "attestd_%s_count%s%s%s %" PRIu64 "\n", r->name, open, l, close, upto);
}

static void show(FILE *f, enum metric m)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	const struct row *r = &rows[m];
	const char *suffix = r->kind == COUNTER ? "_total" : "";

	(void)fprintf(f, "# HELP attestd_%s%s %s\n", r->name, suffix, r->help);
	(void)fprintf(f, "# TYPE attestd_%s%s %s\n", r->name, suffix, kinds[r->kind]);
	for (unsigned i = 0; i < r->nlabels; i++)
		(r->kind == HISTOGRAM ? show_histogram : show_simple)(f, m, i);
}

/* Prometheus text exposition format, version 0.0.4. */
char *metrics_text(size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);
	bool ok;

	if (!f)
		return NULL;
	metric_set(M_build_info, 0, 1);
	for (unsigned m = 0; m < M_COUNT; m++)
		show(f, m);
	ok = !ferror(f);
	if (fclose(f) == 0 && ok)
		return text;
	free(text);
	return NULL;
}

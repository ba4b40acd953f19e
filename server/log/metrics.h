/*
 * metrics.h - counters, gauges and histograms as one table (metrics_tbl.h); Prometheus text exposition.
 * Belong to the front; all calls are thread-safe (atomics, no locks).
 */
#ifndef SERVER_LOG_METRICS_H
#define SERVER_LOG_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "server/log/metrics_tbl.h"

/* One enumerator per row, e.g. M_requests.  Label values come from small fixed sets, see metrics_tbl.h. */
enum metric {
#define X(name, kind, labels, help) M_##name,
	METRICS(X)
#undef X
	M_COUNT
};

/* label: index into the row's label set (0 when the row has none). */
void metric_add(enum metric m, unsigned label, uint64_t n);
void metric_set(enum metric m, unsigned label, int64_t value);
/* histograms, shown in seconds */
void metric_observe_us(enum metric m, unsigned label, uint64_t microseconds);
/* The whole exposition; free() it; NULL when out of memory. */
char *metrics_text(size_t *n);

#endif

#include "server/api/api.h"
#include "server/api/route_tbl.h"
#include "server/log/metrics.h"

/* The metrics name the same routes in the same order. */
_Static_assert((int)ROUTE_none == (int)METRIC_ROUTE_none, "a route without its metric label");

const struct api_route api_routes[] = {
#define X(label, ...) { ROUTE_##label, __VA_ARGS__ },
	API_ROUTES(X)
#undef X
	{ 0 }
};

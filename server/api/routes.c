#include "server/api/api.h"
#include "server/api/route_tbl.h"

const struct api_route api_routes[] = {
#define X(label, pattern, methods, allow, version, body, auth, handler) \
	{ pattern, methods, allow, version, body, auth, ROUTE_##label, handler },
	API_ROUTES(X)
#undef X
	{ 0 }
};

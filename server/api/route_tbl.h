/*
 * route_tbl.h - every route:
 *   X(metric label, pattern, [methods, Allow, api-version, body, authorisation], handler)
 *
 * What is not in this table does not exist.  Every provider has the same routes, also below /p/{name}.
 */
#ifndef SERVER_API_ROUTE_TBL_H
#define SERVER_API_ROUTE_TBL_H

#define API_GET HTTP_GET, "GET, HEAD", API_VERSION_IGNORED, API_BODY_NONE, API_AUTH_NONE
#define API_POST_EVIDENCE HTTP_POST, "POST", API_VERSION_REQUIRED, API_BODY_EVIDENCE, API_AUTH_OPTIONAL

#define API_ROUTES(X) \
	X(attest,  "/attest/{type}", API_POST_EVIDENCE, api_attest) \
	X(certs,   "/certs", API_GET, api_certs) \
	X(openid,  "/.well-known/openid-configuration", API_GET, api_openid) \
	X(livez,   "/livez", API_GET, api_livez) \
	X(readyz,  "/readyz", API_GET, api_readyz) \
	X(metrics, "/metrics", API_GET, api_metrics)

enum api_route_label {
#define X(label, ...) ROUTE_##label,
	API_ROUTES(X)
#undef X
	ROUTE_none              /* no route was found */
};

#endif

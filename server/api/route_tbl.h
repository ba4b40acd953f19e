/*
 * route_tbl.h - every route:
 *   X(metric label, pattern, [methods, Allow, api-version, body, authorisation, type], handler)
 *
 * What is not in this table does not exist, and what a row does not allow nobody may.  Every
 * provider has the same routes, also below /p/{name}.  Rows of one pattern share the text of Allow.
 */
#ifndef SERVER_API_ROUTE_TBL_H
#define SERVER_API_ROUTE_TBL_H

#define API_GET HTTP_GET, "GET, HEAD", API_VERSION_IGNORED, API_BODY_NONE, API_AUTH_NONE, API_TYPE_NONE
#define API_POST_EVIDENCE HTTP_POST, "POST", API_VERSION_REQUIRED, API_BODY_EVIDENCE, API_AUTH_OPTIONAL, \
	API_TYPE_EVIDENCE
/* As Azure Attestation has them (rest-api section 7), and what we add, which takes any version or none. */
#define API_MAA(method, allow, body, role, type) \
	HTTP_##method, allow, API_VERSION_REQUIRED, API_BODY_##body, API_AUTH_##role, API_TYPE_##type
#define API_OURS(method, allow, body, role, type) \
	HTTP_##method, allow, API_VERSION_IGNORED, API_BODY_##body, API_AUTH_##role, API_TYPE_##type
#define ALLOW_POLICY "GET, HEAD, PUT"
#define ALLOW_SHADOW "GET, HEAD, PUT, DELETE"
#define ALLOW_COLLATERAL "GET, HEAD, DELETE"
#define ALLOW_DENYLIST "GET, HEAD, PUT"

#define API_ROUTES(X) \
	X(attest,  "/attest/{type}", API_POST_EVIDENCE, api_attest) \
	X(certs,   "/certs", API_GET, api_certs) \
	X(openid,  "/.well-known/openid-configuration", API_GET, api_openid) \
	X(livez,   "/livez", API_GET, api_livez) \
	X(readyz,  "/readyz", API_GET, api_readyz) \
	X(metrics, "/metrics", API_GET, api_metrics) \
	X(policy_get, "/policies/{type}", \
	    API_MAA(GET, ALLOW_POLICY, NONE, READER, POLICY), api_policy_get) \
	X(policy_set, "/policies/{type}", \
	    API_MAA(PUT, ALLOW_POLICY, STATEMENT, CONTRIBUTOR, POLICY), api_policy_set) \
	X(policy_reset, "/policies/{type}:reset", \
	    API_MAA(POST, "POST", STATEMENT, CONTRIBUTOR, POLICY), api_policy_reset) \
	X(policy_history, "/policies/{type}/history", \
	    API_OURS(GET, "GET, HEAD", NONE, READER, POLICY), api_policy_history) \
	X(policy_entry, "/policies/{type}/history/{n}", \
	    API_OURS(GET, "GET, HEAD", NONE, READER, POLICY), api_policy_entry) \
	X(policy_rollback, "/policies/{type}:rollback", \
	    API_OURS(POST, "POST", MAY_STATEMENT, CONTRIBUTOR, POLICY), api_policy_rollback) \
	X(shadow_get, "/policies/{type}:shadow", \
	    API_OURS(GET, ALLOW_SHADOW, NONE, READER, POLICY), api_shadow_get) \
	X(shadow_set, "/policies/{type}:shadow", \
	    API_OURS(PUT, ALLOW_SHADOW, STATEMENT, CONTRIBUTOR, POLICY), api_shadow_set) \
	X(shadow_remove, "/policies/{type}:shadow", \
	    API_OURS(DELETE, ALLOW_SHADOW, MAY_STATEMENT, CONTRIBUTOR, POLICY), api_shadow_remove) \
	X(certificates_get, "/certificates", \
	    API_MAA(GET, "GET, HEAD", NONE, READER, NONE), api_certificates_get) \
	X(certificates_add, "/certificates:add", \
	    API_MAA(POST, "POST", STATEMENT, CONTRIBUTOR, NONE), api_certificates_add) \
	X(certificates_remove, "/certificates:remove", \
	    API_MAA(POST, "POST", STATEMENT, CONTRIBUTOR, NONE), api_certificates_remove) \
	X(challenge, "/challenges", API_OURS(POST, "POST", NONE, OPTIONAL, NONE), api_challenge) \
	X(denylist_get, "/denylist", API_OURS(GET, ALLOW_DENYLIST, NONE, READER, NONE), api_denylist_get) \
	X(denylist_set, "/denylist", \
	    API_OURS(PUT, ALLOW_DENYLIST, DENYLIST, CONTRIBUTOR, NONE), api_denylist_set) \
	X(enrol, "/tpm/enrol", API_OURS(POST, "POST", ENROL, OPTIONAL, NONE), api_enrol) \
	X(enrolments, "/tpm/enrolments", API_OURS(GET, "GET, HEAD", NONE, READER, NONE), api_enrolments) \
	X(enrolment_remove, "/tpm/enrolments/{ekId}", \
	    API_OURS(DELETE, "DELETE", NONE, CONTRIBUTOR, EK), api_enrolment_remove) \
	X(tcb_baselines, "/tcbbaselines/{type}", \
	    API_MAA(GET, "GET, HEAD", NONE, READER, EVIDENCE), api_baselines) \
	X(collateral_list, "/collateral", \
	    API_OURS(GET, ALLOW_COLLATERAL, NONE, READER, NONE), api_collateral_list) \
	X(collateral_forget, "/collateral", \
	    API_OURS(DELETE, ALLOW_COLLATERAL, NONE, CONTRIBUTOR, NONE), api_collateral_forget)

enum api_route_label {
#define X(label, ...) ROUTE_##label,
	API_ROUTES(X)
#undef X
	ROUTE_none              /* no route was found */
};

#endif

/*
 * metrics_tbl.h - every metric of the daemon, and the label sets they may use.
 *
 * X(name, kind, labels, help).  Shown as attestd_<name>, counters with _total behind;
 * docs/operations.md explains how to read them.  Label values come from these lists only: nothing a
 * caller sends can make a new time series.
 */
#ifndef SERVER_LOG_METRICS_TBL_H
#define SERVER_LOG_METRICS_TBL_H

#define METRICS(X)                                                                                 \
	X(requests, COUNTER, ROUTE_CODE, "Requests answered, by route and class of status.")       \
	X(request_seconds, HISTOGRAM, ROUTE,                                                       \
	    "Time from the first byte of a request to its answer.")                                \
	X(in_flight, GAUGE, NONE, "Requests that are being worked on.")                            \
	X(verdicts, COUNTER, VERDICT, "Appraisals, by verdict.")                                   \
	X(shadow, COUNTER, SHADOW,                                                                 \
	    "Appraisals with a shadow policy, by how it would have decided.")                      \
	X(challenges, COUNTER, CHALLENGE,                                                          \
	    "Nonces of POST /challenges, challenges of type Tpm: given out, used, refused.")   \
	X(collateral_needs, COUNTER, NONE, "Endorsements that workers asked for: they had not kept them.") \
	X(collateral_hits, COUNTER, NONE, "Of those, the ones that the store had.")                \
	X(collateral_fetches, COUNTER, FETCH, "Endorsements fetched, by what came of it.")          \
	X(collateral_waiting, GAUGE, NONE, "Requests that wait for endorsements.")                 \
	X(store_failures, COUNTER, NONE, "Reads and writes of the store that failed.")             \
	X(answer_seconds, HISTOGRAM, NONE, "Time a verify worker took for one request.")           \
	X(queue_length, GAUGE, NONE, "Requests that wait for a verify worker.")                    \
	X(queue_full, COUNTER, NONE, "Requests refused with 503: the queue was full.")             \
	X(body_too_large, COUNTER, NONE, "Requests refused with 413 because of their size.")       \
	X(unauthorized, COUNTER, NONE, "Requests refused with 401.")                               \
	X(connections, GAUGE, NONE, "Open client connections.")                                    \
	X(connections_cut, COUNTER, CUT, "Connections closed by the service, by reason.")          \
	X(workers_alive, GAUGE, NONE, "Verify workers that serve.")                                \
	X(worker_restarts, COUNTER, NONE, "Verify workers replaced, for whatever reason.")         \
	X(workers_stuck, COUNTER, NONE, "Verify workers replaced that gave no answer in time.")    \
	X(signer_requests, COUNTER, NONE, "Signatures asked of the signer.")                       \
	X(config_reloads, COUNTER, RESULT, "Reloads of the configuration, by result.")             \
	X(audit_failures, COUNTER, NONE, "Audit records that could not be written.")               \
	X(sandbox_incomplete, GAUGE, NONE, "1 when a kernel feature of the sandbox is missing.")   \
	X(start_time_seconds, GAUGE, NONE, "Start of the service, seconds since 1970.")            \
	X(build_info, GAUGE, VERSION, "Always 1; the label tells the version.")

/* Routes by the labels of server/api/route_tbl.h; none: no such path. */
#define METRIC_ROUTES(X) \
	X(attest) X(certs) X(openid) X(livez) X(readyz) X(metrics) \
	X(policy_get) X(policy_set) X(policy_reset) X(policy_history) X(policy_entry) X(policy_rollback) \
	X(shadow_get) X(shadow_set) X(shadow_remove) \
	X(certificates_get) X(certificates_add) X(certificates_remove) \
	X(challenge) X(denylist_get) X(denylist_set) X(enrol) X(enrolments) X(enrolment_remove) \
	X(tcb_baselines) X(collateral_list) X(collateral_forget) X(none)
enum metric_route {
#define X(name) METRIC_ROUTE_##name,
	METRIC_ROUTES(X)
#undef X
	METRIC_ROUTE_COUNT
};
#define METRIC_CODES 5          /* 1xx to 5xx */
/* Label of a row with ROUTE_CODE. */
#define METRIC_ROUTE_CODE(route, status) \
	((unsigned)(route) * METRIC_CODES + \
	 ((unsigned)(status) < 100 || (unsigned)(status) > 599 ? 4 : (unsigned)(status) / 100 - 1))

/* In the order of enum att_verdict. */
#define METRIC_VERDICTS(X) X(rejected) X(denied) X(undecided) X(permitted)
enum metric_verdict {
#define X(name) METRIC_VERDICT_##name,
	METRIC_VERDICTS(X)
#undef X
	METRIC_VERDICT_COUNT
};

/* Against the active policy: same decision, would deny, would permit, could not be evaluated. */
#define METRIC_SHADOWS(X) X(same) X(would_deny) X(would_permit) X(error)
enum metric_shadow {
#define X(name) METRIC_SHADOW_##name,
	METRIC_SHADOWS(X)
#undef X
	METRIC_SHADOW_COUNT
};

/* Refused: unknown, expired, used before, or of another provider. */
#define METRIC_CHALLENGES(X) X(issued) X(used) X(refused)
enum metric_challenge {
#define X(name) METRIC_CHALLENGE_##name,
	METRIC_CHALLENGES(X)
#undef X
	METRIC_CHALLENGE_COUNT
};

/* In the order of enum fetch_outcome; the last: what came was not good. */
#define METRIC_FETCHES(X) X(accepted) X(absent) X(failed) X(refused) X(not_accepted)
enum metric_fetch {
#define X(name) METRIC_FETCH_##name,
	METRIC_FETCHES(X)
#undef X
	METRIC_FETCH_COUNT
};

#define METRIC_CUTS(X) X(deadline) X(limit)
enum metric_cut {
#define X(name) METRIC_CUT_##name,
	METRIC_CUTS(X)
#undef X
	METRIC_CUT_COUNT
};

#define METRIC_RESULTS(X) X(ok) X(failed)
enum metric_result {
#define X(name) METRIC_RESULT_##name,
	METRIC_RESULTS(X)
#undef X
	METRIC_RESULT_COUNT
};

#endif

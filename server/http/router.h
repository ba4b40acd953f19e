/* router.h - matching a path against patterns such as "/attest/{type}"; segments match in any letter case. */
#ifndef SERVER_HTTP_ROUTER_H
#define SERVER_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#define ROUTE_PARAM_MAX 65      /* SHA-256 as hexadecimal digits fits */

#define ROUTE_PARAMS 2

struct route_match {
	char param[ROUTE_PARAMS][ROUTE_PARAM_MAX];      /* texts of the {…} segments, else empty */
	size_t nparams;
};
/*
 * A parameter is 1 to ROUTE_PARAM_MAX-1 characters without a slash or colon.  A pattern's segment
 * may go on behind it:
 * "{type}:reset".
 */
bool route_matches(const char *pattern, const char *path, struct route_match *m);

#endif

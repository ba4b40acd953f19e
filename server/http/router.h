/* router.h - matching a path against patterns such as "/attest/{type}"; segments match in any letter case. */
#ifndef SERVER_HTTP_ROUTER_H
#define SERVER_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#define ROUTE_PARAM_MAX 64

struct route_match {
	char param[ROUTE_PARAM_MAX];    /* text of the one {…} segment, empty when the pattern has none */
};
/* A parameter is 1 to ROUTE_PARAM_MAX-1 characters without a slash. */
bool route_matches(const char *pattern, const char *path, struct route_match *m);

#endif

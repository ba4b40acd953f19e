#include "server/http/router.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool segment_matches(const char *pattern, size_t np, const char *path, size_t n, struct route_match *m)
{
	if (np == 0 || pattern[0] != '{')
		return np == n && strncasecmp(pattern, path, n) == 0;
	if (n == 0 || n >= ROUTE_PARAM_MAX)
		return false;
	(void)snprintf(m->param, sizeof m->param, "%.*s", (int)n, path);
	return true;
}

bool route_matches(const char *pattern, const char *path, struct route_match *m)
{
	m->param[0] = 0;
	while (*pattern == '/' && *path == '/') {
		size_t np = strcspn(++pattern, "/"), n = strcspn(++path, "/");
		if (!segment_matches(pattern, np, path, n, m))
			return false;
		pattern += np;
		path += n;
	}
	return *pattern == 0 && *path == 0;
}

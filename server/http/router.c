#include "server/http/router.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "{name}" or "{name}:word" against a segment of the path. */
static bool param_matches(const char *pattern, size_t np, const char *path, size_t n, struct route_match *m)
{
	const char *suffix = memchr(pattern, '}', np);
	size_t ns = np - (size_t)(suffix + 1 - pattern), value;

	if (n <= ns || strncasecmp(suffix + 1, path + n - ns, ns) != 0)
		return false;
	value = n - ns;
	if (value >= ROUTE_PARAM_MAX || memchr(path, ':', value))
		return false;
	(void)snprintf(m->param[m->nparams++], ROUTE_PARAM_MAX, "%.*s", (int)value, path);
	return true;
}

static bool segment_matches(const char *pattern, size_t np, const char *path, size_t n, struct route_match *m)
{
	if (np > 0 && pattern[0] == '{')
		return m->nparams < ROUTE_PARAMS && param_matches(pattern, np, path, n, m);
	return np == n && strncasecmp(pattern, path, n) == 0;
}

bool route_matches(const char *pattern, const char *path, struct route_match *m)
{
	*m = (struct route_match){ 0 };
	while (*pattern == '/' && *path == '/') {
		size_t np = strcspn(++pattern, "/"), n = strcspn(++path, "/");
		if (!segment_matches(pattern, np, path, n, m))
			return false;
		pattern += np;
		path += n;
	}
	return *pattern == 0 && *path == 0;
}

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/api/api.h"

#define PREFIX "/p/"

static bool by_name(const struct config *c, const char *name, size_t n, uint32_t *provider)
{
	for (uint32_t i = 0; i < c->providers_count; i++)
		if (strlen(c->providers[i].name) == n && strncasecmp(c->providers[i].name, name, n) == 0) {
			*provider = i;
			return true;
		}
	return false;
}

/* hosts[] entries are "host" (any port) or "host:port". */
static bool host_matches(const char *entry, const char *authority)
{
	size_t n = strlen(entry);
	const char *port = strrchr(authority, ':');

	if (strcasecmp(entry, authority) == 0)
		return true;
	if (port && strchr(port, ']'))
		port = NULL;
	return port && (size_t)(port - authority) == n && strncasecmp(entry, authority, n) == 0;
}

/* An issuer without a path names its provider's authority. */
static bool issuer_matches(const char *issuer, const char *authority)
{
	static const char scheme[] = "https://";

	return strncmp(issuer, scheme, sizeof scheme - 1) == 0 &&
	    strcasecmp(issuer + sizeof scheme - 1, authority) == 0;
}

static bool provider_has(const struct config_provider *p, const char *issuer, const char *authority)
{
	for (unsigned h = 0; h < p->hosts_count; h++)
		if (host_matches(p->hosts[h], authority))
			return true;
	return issuer_matches(issuer, authority);
}

static enum att_err by_authority(const struct config *c, const struct role_facts *f, const char *authority,
    uint32_t *provider)
{
	*provider = 0;
	if (c->providers_count == 1)
		return ATT_E_OK;
	for (uint32_t i = 0; authority && i < c->providers_count; i++)
		if (provider_has(&c->providers[i], f->issuers[i], authority)) {
			*provider = i;
			return ATT_E_OK;
		}
	return authority && strcasecmp(authority, f->authority) == 0 ? ATT_E_OK : ATT_E_MISDIRECTED;
}

enum att_err provider_find(const struct config *c, const struct role_facts *f, const struct req *r,
    const char **path, uint32_t *provider)
{
	const char *name = r->path + sizeof PREFIX - 1, *end;

	*path = r->path;
	if (strncasecmp(r->path, PREFIX, sizeof PREFIX - 1) != 0)
		return by_authority(c, f, r->header(r, "Host"), provider);
	end = strchrnul(name, '/');
	if (!by_name(c, name, (size_t)(end - name), provider))
		return ATT_E_NOT_FOUND;
	*path = end;
	return ATT_E_OK;
}

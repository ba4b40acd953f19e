/* state.c - what is kept between runs: the certificates that a service issued. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/tpm/collect.h"

/* A key that changed has another name, and so no certificate. */
static const char *path_of(struct collect *c)
{
	const char *dir = arg(c->args, "state");

	return dir ? arena_printf(c->a, "%s/ak-%s.der", dir, c->ak_name) : NULL;
}

bool collect_state_read(struct collect *c, struct att_bytes *cert, struct att_error *e)
{
	const char *path = path_of(c);

	*cert = (struct att_bytes){ 0 };
	if (!arg(c->args, "state"))
		return true;
	if (!path)
		return arena_fail(c->a, e);
	return (access(path, F_OK) != 0 && errno == ENOENT) || file_read(c->a, path, cert, e);
}

bool collect_state_write(struct collect *c, struct att_bytes cert, struct att_error *e)
{
	const char *dir = arg(c->args, "state"), *path = path_of(c);

	if (!dir)
		return true;
	if (!path)
		return arena_fail(c->a, e);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return att_fail(e, ATT_E_OPERATION, "--state: %s: %s", dir, strerror(errno));
	return file_replace(c->a, path, cert.data, cert.len, e);
}

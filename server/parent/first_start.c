#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/base64.h"
#include "server/datadir/datadir.h"
#include "server/log/log.h"
#include "server/parent/parent.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT 64
#define TOKEN_FILE_MAX 1024

static bool make_token(const char *path, struct att_error *e)
{
	uint8_t random[TOKEN_BYTES];
	char text[TOKEN_TEXT];
	size_t n;
	bool ok;

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return att_fail(e, ATT_E_INTERNAL, "random bytes");
	b64_encode(B64_URL, random, sizeof random, text);
	n = strlen(text);
	text[n] = '\n';
	ok = file_write(path, text, n + 1, e);
	secret_wipe(random, sizeof random);
	secret_wipe(text, sizeof text);
	if (ok)
		log_event(LOG_INFO, "admin.token", "created", "%s", path, NULL);
	return ok;
}

bool admin_token_open(const char *data_dir, uint8_t sha256[32], struct att_error *e)
{
	char path[DATADIR_PATH_MAX];
	struct secret token = { 0 };
	size_t n;
	bool ok;

	if (!datadir_join(data_dir, "admin.token", path, e) || (!file_exists(path) && !make_token(path, e)) ||
	    !file_read(path, TOKEN_FILE_MAX, &token, e))
		return false;
	n = strcspn((const char *)token.p, "\r\n");
	ok = n >= 16 && gnutls_hash_fast(GNUTLS_DIG_SHA256, token.p, n, sha256) == 0;
	secret_clear(&token);
	return ok || att_fail(e, ATT_E_OPERATION, "%s: want one line of at least 16 characters", path);
}

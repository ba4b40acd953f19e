/* A configuration text is refused with a reason, or it survives being written and read again. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char *dump(const struct config *c, size_t *n)
{
	struct att_error e = { 0 };
	char *text = NULL;

	if (!config_dump(c, &text, n, &e))
		abort();
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct att_error e = { 0 };
	struct config *c = NULL, *again = NULL;
	char *first, *second;
	size_t first_len, second_len;

	if (!config_parse((const char *)data, n, &c, &e)) {
		assert(!c && e.code != ATT_E_OK && *e.text);
		return 0;
	}
	assert(e.code == ATT_E_OK && c->providers_count > 0);
	first = dump(c, &first_len);
	if (!config_parse(first, first_len, &again, &e))
		abort();
	second = dump(again, &second_len);
	assert(first_len == second_len && strcmp(first, second) == 0);
	free(first);
	free(second);
	config_free(c);
	config_free(again);
	return 0;
}

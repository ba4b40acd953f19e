#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/hex.h"
#include "lib/base/rd.h"
#include "server/api/api.h"

#define TRACE_BYTES 16
#define SPAN_BYTES 8
#define STOCK_BYTES 4096

/* Random bytes bought in bulk: ids need to be unique, and a system call per request is dear. */
static void random_bytes(uint8_t *out, size_t n)
{
	static uint8_t stock[STOCK_BYTES];
	static size_t used = STOCK_BYTES;

	if (used + n > STOCK_BYTES) {
		for (size_t got = 0; got < STOCK_BYTES;) {
			ssize_t more = getrandom(stock + got, STOCK_BYTES - got, 0);
			got += more > 0 ? (size_t)more : 0;
		}
		used = 0;
	}
	bytes_copy(out, stock + used, n);
	used += n;
}

/* W3C trace context: 00-<32 lower hex, not all zero>-<16 lower hex>-<2 hex> */
static bool trace_id(const char *t, uint8_t out[TRACE_BYTES])
{
	uint8_t rest[SPAN_BYTES];

	return t && strlen(t) == 55 && strncmp(t, "00-", 3) == 0 && t[35] == '-' && t[52] == '-' &&
	    hex_decode(t + 3, 32, out, TRACE_BYTES, NULL) && hex_decode(t + 36, 16, rest, sizeof rest,
	    NULL) &&
	    hex_decode(t + 53, 2, rest, 1, NULL) && !bytes_zero(out, TRACE_BYTES);
}

void request_id_make(const char *traceparent, char out[REQUEST_ID_TEXT])
{
	uint8_t trace[TRACE_BYTES], span[SPAN_BYTES];
	char trace_hex[2 * TRACE_BYTES + 1], span_hex[2 * SPAN_BYTES + 1];

	if (!trace_id(traceparent, trace))
		random_bytes(trace, sizeof trace);
	random_bytes(span, sizeof span);
	hex_encode(trace, sizeof trace, trace_hex);
	hex_encode(span, sizeof span, span_hex);
	(void)snprintf(out, REQUEST_ID_TEXT, "00-%s-%s-00", trace_hex, span_hex);
}

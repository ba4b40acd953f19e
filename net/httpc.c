#include "net/httpc.h"

#include <curl/curl.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/buf.h"

#define DEADLINE_MS 30000L
#define ANSWER_MAX ((size_t)16 << 20)

typedef struct curl_slist curl_list;
ATT_AUTO_DEFINE(CURL, curl_easy_cleanup);
ATT_AUTO_DEFINE(curl_list, curl_slist_free_all);

struct sink {
	struct buf b;
	size_t max;
	bool too_large;
};

static size_t take(char *p, size_t size, size_t n, void *state)
{
	struct sink *s = state;

	if (n > s->max - s->b.len) {
		s->too_large = true;
		return 0;
	}
	buf_put(&s->b, p, size * n);
	return s->b.failed ? 0 : size * n;
}

static bool scheme_ok(const struct httpc_request *r)
{
	static const char *const loopback[] = { "http://127.0.0.1", "http://[::1]", "http://localhost" };

	if (strncmp(r->url, "https://", 8) == 0)
		return true;
	for (size_t i = 0; r->http_to_loopback && i < sizeof loopback / sizeof loopback[0]; i++) {
		size_t n = strlen(loopback[i]);
		if (strncmp(r->url, loopback[i], n) == 0 && strchr(":/", r->url[n]))
			return true;
	}
	return false;
}

static bool set(CURL *c, const struct httpc_request *r, curl_list *headers, struct sink *s)
{
	return curl_easy_setopt(c, CURLOPT_URL, r->url) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, r->http_to_loopback ? "http,https" : "https") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, r->deadline_ms ? r->deadline_ms : DEADLINE_MS) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, s) == CURLE_OK &&
	    (!r->ca_file || curl_easy_setopt(c, CURLOPT_CAINFO, r->ca_file) == CURLE_OK) &&
	    (!r->body || (curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body) == CURLE_OK));
}

static bool add_headers(const char *const *v, curl_list **list, struct att_error *e)
{
	for (; v && *v; v++) {
		curl_list *longer = curl_slist_append(*list, *v);
		if (!longer)
			return att_fail(e, ATT_E_NOMEM, "out of memory");
		*list = longer;
	}
	return true;
}

static bool finish(CURL *c, struct sink *s, struct httpc_answer *out, struct att_error *e)
{
	curl_off_t retry = 0;
	long status = 0;

	buf_put(&s->b, "", 0);
	if (!buf_ok(&s->b, e))
		return false;
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry);
	*out = (struct httpc_answer){ (int)status, (const uint8_t *)s->b.p, s->b.len, retry > 0 ? retry : -1 };
	return true;
}

bool httpc_send(struct arena *a, const struct httpc_request *r, struct httpc_answer *out, struct att_error *e)
{
	struct sink s = { .b = buf_make(a), .max = r->answer_max ? r->answer_max : ANSWER_MAX };
	ATT_AUTO(curl_list) headers = NULL;
	ATT_AUTO(CURL) c = NULL;
	CURLcode code;

	if (!scheme_ok(r))
		return att_fail(e, ATT_E_OPERATION, "%s: want an https:// URL", r->url);
	c = curl_easy_init();
	if (!c)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!add_headers(r->headers, &headers, e))
		return false;
	if (!set(c, r, headers, &s))
		return att_fail(e, ATT_E_OPERATION, "%s: not a usable URL", r->url);
	code = curl_easy_perform(c);
	if (s.too_large)
		return att_fail(e, ATT_E_LIMIT, "%s: answer larger than %zu bytes", r->url, s.max);
	if (code != CURLE_OK)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", r->url, curl_easy_strerror(code));
	return finish(c, &s, out, e);
}

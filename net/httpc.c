#include "net/httpc.h"

#include <curl/curl.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/buf.h"

#define DEADLINE_MS 30000L
#define ANSWER_MAX ((size_t)16 << 20)

ATT_AUTO_DEFINE(CURL, curl_easy_cleanup);
ATT_AUTO_DEFINE_STRUCT(curl_slist, curl_slist_free_all);

static void url_free(CURLU *u)
{
	curl_url_cleanup(u);
}
ATT_AUTO_DEFINE(CURLU, url_free);

static void text_free(char *s)
{
	curl_free(s);
}
ATT_AUTO_DEFINE(char, text_free);

/* What one transfer needs until its end. */
struct transfer {
	const struct httpc_request *r;
	CURLU *url;             /* the parsed URL: what was checked is what is used */
	struct curl_slist *headers;
	struct buf body;
	size_t max;
	bool too_large;
	char reason[CURL_ERROR_SIZE];
};

static size_t take(char *p, size_t size, size_t n, void *state)
{
	struct transfer *t = state;

	n *= size;
	if (n > t->max - t->body.len) {
		t->too_large = true;
		return 0;
	}
	buf_put(&t->body, p, n);
	return t->body.failed ? 0 : n;
}

static bool is_loopback(const char *host)
{
	static const char *const names[] = { "127.0.0.1", "[::1]", "localhost" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], host) == 0)
			return true;
	return false;
}

/* Looks at the parsed URL, because http://127.0.0.1:80@elsewhere.example leads elsewhere. */
static bool check_url(CURLU *u, const struct httpc_request *r, struct att_error *e)
{
	ATT_AUTO(char) scheme = NULL;
	ATT_AUTO(char) host = NULL;
	ATT_AUTO(char) user = NULL;
	CURLUcode code = curl_url_set(u, CURLUPART_URL, r->url, 0);

	if (code != CURLUE_OK)
		return att_fail(e, ATT_E_OPERATION, "%s: not a URL: %s", r->url, curl_url_strerror(code));
	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return att_fail(e, ATT_E_OPERATION, "%s: want https://HOST/...", r->url);
	if (curl_url_get(u, CURLUPART_USER, &user, 0) != CURLUE_NO_USER)
		return att_fail(e, ATT_E_OPERATION, "URL at %s: found a user name, want none", host);
	if (strcmp(scheme, "https") == 0)
		return true;
	if (strcmp(scheme, "http") == 0 && r->http_to_loopback && is_loopback(host))
		return true;
	return att_fail(e, ATT_E_OPERATION, "%s: want an https:// URL", r->url);
}

static bool add_headers(struct transfer *t, struct att_error *e)
{
	for (const char *const *v = t->r->headers; v && *v; v++) {
		struct curl_slist *longer = curl_slist_append(t->headers, *v);

		if (!longer)
			return att_fail(e, ATT_E_NOMEM, "out of memory");
		t->headers = longer;
	}
	return true;
}

static bool set_body(CURL *c, const struct httpc_request *r)
{
	curl_off_t n = (curl_off_t)r->body_len;

	return !r->body || (curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, n) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body) == CURLE_OK);
}

static bool set(CURL *c, struct transfer *t)
{
	const struct httpc_request *r = t->r;
	const char *protocols = r->http_to_loopback ? "http,https" : "https";
	long deadline = r->deadline_ms ? r->deadline_ms : DEADLINE_MS;
	long tls = CURL_SSLVERSION_TLSv1_2;

	return curl_easy_setopt(c, CURLOPT_CURLU, t->url) == CURLE_OK && set_body(c, r) &&
	    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSLVERSION, tls) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, deadline) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, t) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->reason) == CURLE_OK &&
	    (!r->ca_file || curl_easy_setopt(c, CURLOPT_CAINFO, r->ca_file) == CURLE_OK);
}

static bool finish(CURL *c, struct transfer *t, struct httpc_answer *out, struct att_error *e)
{
	curl_off_t retry = 0;
	long status = 0;

	buf_put(&t->body, "", 0);
	if (!buf_ok(&t->body, e))
		return false;
	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry);
	*out = (struct httpc_answer){ .status = (int)status, .body = (const uint8_t *)t->body.p,
	    .body_len = t->body.len, .retry_after_s = retry > 0 ? retry : -1 };
	return true;
}

static bool perform(CURL *c, struct transfer *t, struct httpc_answer *out, struct att_error *e)
{
	const char *url = t->r->url;
	CURLcode code;

	if (!set(c, t))
		return att_fail(e, ATT_E_OPERATION, "%s: not a usable request", url);
	code = curl_easy_perform(c);
	if (t->too_large)
		return att_fail(e, ATT_E_LIMIT, "%s: answer larger than %zu bytes", url, t->max);
	if (!buf_ok(&t->body, e))
		return false;
	if (code != CURLE_OK)
		return att_fail(e, ATT_E_OPERATION, "%s: %s", url,
		    *t->reason ? t->reason : curl_easy_strerror(code));
	return finish(c, t, out, e);
}

bool httpc_send(struct arena *a, const struct httpc_request *r, struct httpc_answer *out,
    struct att_error *e)
{
	struct transfer t = { .r = r, .body = buf_make(a),
	    .max = r->answer_max ? r->answer_max : ANSWER_MAX };
	ATT_AUTO(CURLU) url = curl_url();
	ATT_AUTO_STRUCT(curl_slist) headers = NULL;
	ATT_AUTO(CURL) c = curl_easy_init();
	bool ok;

	if (!url || !c)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	if (!check_url(url, r, e))
		return false;
	t.url = url;
	ok = add_headers(&t, e);
	headers = t.headers;
	return ok && perform(c, &t, out, e);
}

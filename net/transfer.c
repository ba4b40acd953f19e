#include "net/transfer.h"

#include <string.h>
#include <strings.h>

#include "lib/base/auto.h"

#define DEADLINE_MS 30000L
#define HEAD_MAX ((size_t)128 << 10)    /* of status lines and headers together */

static void text_free(char *s)
{
	curl_free(s);
}
ATT_AUTO_DEFINE(char, text_free);

static size_t take_body(char *p, size_t size, size_t n, void *state)
{
	struct transfer *t = state;

	n *= size;
	if (n > t->max - t->body.len) {
		t->body_too_large = true;
		return 0;
	}
	buf_put(&t->body, p, n);
	return t->body.failed ? 0 : n;
}

/* libcurl keeps the headers; here they are only counted, because it bounds each but not all. */
static size_t take_head(char *p, size_t size, size_t n, void *state)
{
	struct transfer *t = state;

	(void)p;
	n *= size;
	if (n > HEAD_MAX - t->head_len) {
		t->head_too_large = true;
		return 0;
	}
	t->head_len += n;
	return n;
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
		return att_fail(
		    e, ATT_E_OPERATION, "%s: not a URL: %s", r->url, curl_url_strerror(code));
	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return att_fail(e, ATT_E_OPERATION, "%s: want https://HOST/...", r->url);
	if (curl_url_get(u, CURLUPART_USER, &user, 0) != CURLUE_NO_USER)
		return att_fail(
		    e, ATT_E_OPERATION, "URL at %s: found a user name, want none", host);
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

static bool set_callbacks(CURL *c, struct transfer *t)
{
	return curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, t) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HEADERDATA, t) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->reason) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PRIVATE, t) == CURLE_OK;
}

static bool set(CURL *c, struct transfer *t)
{
	const struct httpc_request *r = t->r;
	const char *protocols = r->http_to_loopback ? "http,https" : "https";
	long deadline = r->deadline_ms ? r->deadline_ms : DEADLINE_MS;
	long tls = CURL_SSLVERSION_TLSv1_2, http = CURL_HTTP_VERSION_1_1;

	return curl_easy_setopt(c, CURLOPT_CURLU, t->url) == CURLE_OK && set_body(c, r) &&
	    set_callbacks(c, t) &&
	    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, http) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_SSLVERSION, tls) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    /* A name look-up that hangs is left behind instead of waited for. */
	    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, deadline) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
	    (!r->ca_file || (curl_easy_setopt(c, CURLOPT_CAINFO, r->ca_file) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK));
}

bool transfer_init(
    struct transfer *t, struct arena *a, const struct httpc_request *r, struct att_error *e)
{
	*t = (struct transfer){ .r = r, .a = a, .body = buf_make(a),
	    .max = r->answer_max ? r->answer_max : TRANSFER_ANSWER_MAX };
	t->url = curl_url();
	t->easy = curl_easy_init();
	if (!t->url || !t->easy)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	return check_url(t->url, r, e) && add_headers(t, e) &&
	    (set(t->easy, t) || att_fail(e, ATT_E_OPERATION, "%s: not a usable request", r->url));
}

void transfer_clear(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	curl_url_cleanup(t->url);
	t->easy = NULL;
	t->headers = NULL;
	t->url = NULL;
}

/* Those of the last answer: an informational one before it does not count. */
static bool copy_headers(struct transfer *t, struct httpc_answer *out, struct att_error *e)
{
	struct curl_header *h = NULL;
	struct httpc_header *v;
	size_t n = 0, i = 0;

	while ((h = curl_easy_nextheader(t->easy, CURLH_HEADER, -1, h)))
		n++;
	if (n == 0)
		return true;
	v = arena_array(t->a, n, sizeof *v);
	if (!v)
		return arena_fail(t->a, e);
	while (i < n && (h = curl_easy_nextheader(t->easy, CURLH_HEADER, -1, h))) {
		v[i] = (struct httpc_header){ arena_strdup(t->a, h->name),
			arena_strdup(t->a, h->value) };
		if (!v[i].name || !v[i].value)
			return arena_fail(t->a, e);
		i++;
	}
	out->headers = v;
	out->nheaders = i;
	return true;
}

bool transfer_finish(
    struct transfer *t, CURLcode code, struct httpc_answer *out, struct att_error *e)
{
	struct httpc_answer got = { 0 };
	curl_off_t retry = 0;
	long status = 0;

	if (t->body_too_large)
		return att_fail(e, ATT_E_LIMIT, "answer larger than %zu bytes", t->max);
	if (t->head_too_large)
		return att_fail(
		    e, ATT_E_LIMIT, "headers of the answer larger than %zu bytes", HEAD_MAX);
	if (code == CURLE_OK)
		buf_put(&t->body, "", 0);
	if (!buf_ok(&t->body, e))
		return false;
	if (code != CURLE_OK)
		return att_fail(e, ATT_E_OPERATION, "%s",
		    *t->reason ? t->reason : curl_easy_strerror(code));
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry);
	got.status = (int)status;
	got.body = (const uint8_t *)t->body.p;
	got.body_len = t->body.len;
	got.retry_after_s = retry > 0 ? retry : -1;
	if (!copy_headers(t, &got, e))
		return false;
	*out = got;
	return true;
}

const char *httpc_header(const struct httpc_answer *a, const char *name)
{
	for (size_t i = 0; i < a->nheaders; i++)
		if (strcasecmp(a->headers[i].name, name) == 0)
			return a->headers[i].value;
	return NULL;
}

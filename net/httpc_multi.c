#include "net/httpc_multi.h"

#include <stdlib.h>

#include "net/transfer.h"

#define FDS_MAX 8
/* The body grows by doubling in an arena, and the headers beside it. */
#define MEMORY(max) (4 * (max) + ((size_t)1 << 20))

struct running {
	struct transfer transfer;
	struct arena *memory;
	void *tag;
	struct running *next, **link;   /* link: what points here */
};

struct httpc_multi {
	CURLM *curl;
	struct running *first;
	unsigned n, max;
};

struct httpc_multi *httpc_multi_new(unsigned max, struct att_error *e)
{
	struct httpc_multi *m = calloc(1, sizeof *m);

	if (m && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		m->curl = curl_multi_init();
	if (!m || !m->curl ||
	    curl_multi_setopt(m->curl, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HTTPC_PER_HOST) !=
		CURLM_OK ||
	    curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, (long)2 * HTTPC_PER_HOST) !=
		CURLM_OK) {
		httpc_multi_free(m);
		(void)att_fail(e, ATT_E_NOMEM, "libcurl cannot be started");
		return NULL;
	}
	m->max = max;
	return m;
}

static void end(struct httpc_multi *m, struct running *r)
{
	(void)curl_multi_remove_handle(m->curl, r->transfer.easy);
	transfer_clear(&r->transfer);
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	m->n--;
	free(r);
}

void httpc_multi_free(struct httpc_multi *m)
{
	if (!m)
		return;
	while (m->first) {
		struct arena *memory = m->first->memory;
		end(m, m->first);
		arena_free(memory);
	}
	if (m->curl)
		(void)curl_multi_cleanup(m->curl);
	free(m);
}

unsigned httpc_multi_running(const struct httpc_multi *m)
{
	return m->n;
}

static bool begin(struct httpc_multi *m, struct running *r, const struct httpc_request *request,
    struct att_error *e)
{
	if (!transfer_init(&r->transfer, r->memory, request, e))
		return false;
	return curl_multi_add_handle(m->curl, r->transfer.easy) == CURLM_OK ||
	    att_fail(e, ATT_E_NOMEM, "out of memory");
}

bool httpc_multi_start(struct httpc_multi *m, const struct httpc_request *request, void *tag,
    struct att_error *e)
{
	struct running *r;

	if (m->n >= m->max)
		return att_fail(e, ATT_E_OVERLOADED, "%u requests are running already", m->n);
	r = calloc(1, sizeof *r);
	if (!r)
		return att_fail(e, ATT_E_NOMEM, "out of memory");
	r->tag = tag;
	r->memory =
	    arena_new(MEMORY(request->answer_max ? request->answer_max : TRANSFER_ANSWER_MAX));
	if (!r->memory || !begin(m, r, request, e)) {
		(void)att_fail(e, ATT_E_NOMEM, "out of memory");
		transfer_clear(&r->transfer);
		arena_free(r->memory);
		free(r);
		return false;
	}
	r->next = m->first;
	r->link = &m->first;
	if (m->first)
		m->first->link = &r->next;
	m->first = r;
	m->n++;
	return true;
}

bool httpc_multi_poll(struct httpc_multi *m, struct pollfd *fds, size_t n, int timeout_ms,
    struct att_error *e)
{
	struct curl_waitfd wait[FDS_MAX];
	int running = 0, ready = 0;
	CURLMcode code;

	if (n > FDS_MAX)
		return att_fail(e, ATT_E_INTERNAL, "httpc: %zu descriptors to wait for", n);
	for (size_t i = 0; i < n; i++)
		wait[i] = (struct curl_waitfd){ .fd = fds[i].fd, .events = CURL_WAIT_POLLIN };
	/* First, so that a request just begun is on its way before the wait. */
	code = curl_multi_perform(m->curl, &running);
	/* Some may be done by that already, and then no event would end the wait. */
	if (code == CURLM_OK)
		code = curl_multi_poll(
		    m->curl, wait, (unsigned)n, running < (int)m->n ? 0 : timeout_ms, &ready);
	if (code == CURLM_OK)
		code = curl_multi_perform(m->curl, &running);
	if (code != CURLM_OK)
		return att_fail(e, ATT_E_INTERNAL, "httpc: %s", curl_multi_strerror(code));
	for (size_t i = 0; i < n; i++)
		fds[i].revents = wait[i].revents;
	return true;
}

/* The transfer that libcurl says is done. */
static struct running *find(const struct httpc_multi *m, const CURL *easy)
{
	struct running *r = m->first;

	while (r && r->transfer.easy != easy)
		r = r->next;
	return r;
}

bool httpc_multi_finish(struct httpc_multi *m, struct httpc_done *out)
{
	int left = 0;
	CURLMsg *said;
	CURLcode code;
	struct running *r;

	do
		said = curl_multi_info_read(m->curl, &left);
	while (said && said->msg != CURLMSG_DONE);
	r = said ? find(m, said->easy_handle) : NULL;
	if (!r)
		return false;
	code = said->data.result;       /* said goes with the handle */
	*out = (struct httpc_done){ .tag = r->tag, .memory = r->memory };
	out->ok = transfer_finish(&r->transfer, code, &out->answer, &out->error);
	end(m, r);
	return true;
}

const char *httpc_default_ca_file(void)
{
	return curl_version_info(CURLVERSION_NOW)->cainfo;
}

const char *httpc_default_ca_folder(void)
{
	return curl_version_info(CURLVERSION_NOW)->capath;
}

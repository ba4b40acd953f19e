/*
 * Enrolment: who may have a credential, and what the secret that comes back earns.
 *
 * Nothing is remembered between the two steps: the client carries what the first one found,
 * sealed.  Whether the
 * second one earns a certificate is decided by the signer, which holds the key; what is judged
 * here is judged for
 * the sake of a good refusal.  That an endorsement key keeps its attestation key is the front's business.
 */
#include "server/worker/enrol.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"
#include "lib/base/hex.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "server/log/log.h"
#include "server/worker/worker.h"

#define HEX_MAX 256

/* At start */

bool ek_roots_check(struct rd file, struct att_error *e)
{
	return att_enrol_roots_check((struct att_bytes){ rd_ptr(&file), rd_left(&file) }, e);
}

bool worker_take_ek_roots(struct worker *w, struct att_error *e)
{
	struct arena *a = w->env->memory;
	struct blob_list list;
	struct frame f;
	uint8_t *copy;

	if (channel_recv(&w->env->control, true, &f, NULL, e) != CHANNEL_MESSAGE || f.op != OP_EK_ROOTS)
		return att_fail(e, ATT_E_INTERNAL, "control channel: no endorsement key roots came");
	/* The message's bytes last until the next one. */
	copy = arena_memdup(a, rd_ptr(&f.block[0]), rd_left(&f.block[0]));
	if (!copy && !rd_empty(&f.block[0]))
		return arena_fail(a, e);
	if (!blobs_decode(a, rd_make(copy ? copy : (const uint8_t *)"", rd_left(&f.block[0])), &list, e))
		return false;
	w->ek_roots = arena_array(a, list.n + 1, sizeof *w->ek_roots);
	if (!w->ek_roots)
		return arena_fail(a, e);
	for (size_t i = 0; i < list.n; i++)
		w->ek_roots[i] = (struct att_bytes){ rd_ptr(&list.item[i]), rd_left(&list.item[i]) };
	w->nek_roots = list.n;
	return true;
}

bool worker_ask_ak_ca(struct worker *w, struct att_error *e)
{
	const struct frame f = { .provider = w->env->facts.provider, .id = w->env->facts.worker_id };
	struct rd der;
	uint8_t *copy;

	if (!worker_ask_signer(w, &f, OP_ENROL_CA, NULL, &der, e))
		return att_within(e, "AK CA");
	copy = arena_memdup(w->env->memory, rd_ptr(&der), rd_left(&der));
	if (!copy)
		return arena_fail(w->env->memory, e);
	w->ak_ca = (struct att_bytes){ copy, rd_left(&der) };
	w->settings.ak_cas = &w->ak_ca;
	w->settings.nak_cas = 1;
	return true;
}

/* The body */

struct asked {
	struct att_bytes ek_cert, ak_public, context, secret;
	struct att_bytes chain[ATT_ENROL_CHAIN_MAX];
	size_t nchain;
	bool is_begin;
};

static bool bytes_member(struct worker *w, const struct json *v, const char *name, struct att_bytes *out,
    struct att_error *e)
{
	uint8_t *p;
	size_t n;

	if (!json_is(v, JSON_STRING))
		return att_fail(e, ATT_E_BAD_FORMAT, "%s: found %s, want a base64url string", name,
		    v ? "another type" : "nothing");
	if (!b64_decode_arena(B64_LENIENT, w->request, v->s, v->len, &p, &n, e))
		return att_within(e, "%s", name);
	*out = (struct att_bytes){ p, n };
	return true;
}

static bool chain_member(struct worker *w, const struct json *v, struct asked *q, struct att_error *e)
{
	if (!v)
		return true;
	if (!json_is(v, JSON_ARRAY))
		return att_fail(e, ATT_E_BAD_FORMAT, "ekChain: want an array of base64url strings");
	if (v->len > ATT_ENROL_CHAIN_MAX)
		return att_fail(e, ATT_E_LIMIT,
		    "ekChain: %zu certificates, at most %d are accepted", v->len,
		    ATT_ENROL_CHAIN_MAX);
	for (const struct json *c = v->child; c; c = c->next, q->nchain++)
		if (!bytes_member(w, c, "ekChain", &q->chain[q->nchain], e))
			return false;
	return true;
}

/* Members of one step and none of the other's. */
static bool read_body(struct worker *w, struct rd body, struct asked *q, struct att_error *e)
{
	static const struct json_limits limits = { .max_depth = 3, .max_nodes = 64 };
	static const char *const names[2][3] = { { "context", "secret", NULL }, { "ekCert",
	    "ekChain", "akPub" } };
	struct json *o;

	if (!json_parse(w->request, rd_ptr(&body), rd_left(&body), &limits, &o, e))
		return att_within(e, "request body");
	if (!json_is(o, JSON_OBJECT))
		return att_fail(e, ATT_E_BAD_FORMAT, "request body: want an object");
	q->is_begin = !json_get(o, "context");
	for (const struct json *m = o->child; m; m = m->next) {
		size_t i = 0;
		while (i < 3 && (!names[q->is_begin][i] || strcmp(names[q->is_begin][i], m->name) != 0))
			i++;
		if (i == 3)
			return att_fail(e, ATT_E_BAD_FORMAT,
			    "member \"%.40s\": want ekCert, ekChain and akPub, "
			    "or context and secret", m->name);
	}
	if (!q->is_begin)
		return bytes_member(w, json_get(o, "context"), "context", &q->context, e) &&
		    bytes_member(w, json_get(o, "secret"), "secret", &q->secret, e);
	return bytes_member(w, json_get(o, "ekCert"), "ekCert", &q->ek_cert, e) &&
	    bytes_member(w, json_get(o, "akPub"), "akPub", &q->ak_public, e) &&
	    chain_member(w, json_get(o, "ekChain"), q, e);
}

/* Answers */

static struct json *base64_json(struct arena *a, struct att_bytes b)
{
	char *text = b64_encode_arena(B64_URL, a, b.data, b.len);

	return text ? json_string(a, text) : NULL;
}

static struct json *hex_json(struct arena *a, const uint8_t *p, size_t n)
{
	char *text = hex_arena(a, p, n);

	return text ? json_string(a, text) : NULL;
}

static struct json *time_json(struct arena *a, int64_t s)
{
	char when[TIME_TEXT_MAX];

	time_format(s, when);
	return json_string(a, when);
}

static bool put_answer(struct worker *w, const struct json *o, struct managed *out, struct att_error *e)
{
	char *text;
	size_t n;

	if (!json_write(w->request, o, JSON_COMPACT, &text, &n, e))
		return false;
	out->claims = rd_make(text, n);
	return true;
}

/* A result's texts in the request's memory. */
static const char *keep(struct worker *w, const char *s, bool *lost)
{
	const char *copy = s ? arena_strdup(w->request, s) : NULL;

	*lost |= s && !copy;
	return copy;
}

static bool refusal(struct worker *w, const struct att_enrolment *o, struct managed *out,
    struct worker_refusal *why, struct att_error *e)
{
	struct enrolled record = { 0 };
	struct att_check *v = arena_array(w->request, o->nchecks, sizeof *v);
	bool lost = !v;

	for (size_t i = 0; v && i < o->nchecks; i++) {
		v[i] = o->checks[i];
		v[i].expected = keep(w, v[i].expected, &lost);
		v[i].found = keep(w, v[i].found, &lost);
		if (v[i].outcome == ATT_CHECK_FAIL && rd_empty(&record.failed_check))
			record.failed_check = rd_text(v[i].id);
	}
	*why = (struct worker_refusal){ v, o->nchecks, o->hint };
	if (lost)
		return arena_fail(w->request, e);
	return enrolled_encode(w->request, &record, &out->enrolment, e) &&
	    att_fail(e, o->error.code, "%s", o->error.text);
}

/* The first step */

static bool credential_answer(struct worker *w, const struct frame *f, const struct att_enrolment *o,
    int64_t expires_s, struct managed *out, struct att_error *e)
{
	struct arena *a = w->request;
	struct json *answer = json_object(a);
	struct rd sealed;

	if (!worker_seal(w, f, SEAL_TPM_ENROL, rd_make(o->state.data, o->state.len), &sealed, e))
		return false;
	(void)json_put(a, answer, "context",
	    base64_json(a, (struct att_bytes){ rd_ptr(&sealed), rd_left(&sealed) }));
	(void)json_put(a, answer, "credentialBlob", base64_json(a, o->id_object));
	(void)json_put(a, answer, "encryptedSecret", base64_json(a, o->encrypted_secret));
	(void)json_put(a, answer, "ekId", hex_json(a, o->ek_id, sizeof o->ek_id));
	(void)json_put(a, answer, "akName", hex_json(a, o->ak_name.data, o->ak_name.len));
	(void)json_put(a, answer, "expires", time_json(a, expires_s));
	return put_answer(w, answer, out, e);
}

static bool begin(struct worker *w, const struct frame *f, const struct asked *q, struct managed *out,
    struct worker_refusal *why, struct att_error *e)
{
	uint8_t secret[ATT_ENROL_SECRET], random[ATT_ENROL_RANDOM];
	int64_t now_s = worker_now_s(w);
	struct att_enrol_request r = { .ek_cert = q->ek_cert, .ek_chain = q->chain, .nek_chain = q->nchain,
		.ak_public = q->ak_public, .ek_roots = w->ek_roots, .nek_roots = w->nek_roots,
		    .now_s = now_s,
		.expires_s = now_s + w->env->config->challenge.lifetime, .settings = &w->settings,
		.secret = secret, .random = random };
	struct att_enrolment *o = NULL;
	bool ok = crypto_random(secret, sizeof secret, e) && crypto_random(random, sizeof random, e) &&
	    att_enrol_begin(&r, &o, e);

	secret_wipe(secret, sizeof secret);
	secret_wipe(random, sizeof random);
	if (!ok)
		return false;
	ok = o->accepted ? credential_answer(w, f, o, r.expires_s, out, e) : refusal(w, o, out, why, e);
	if (o->accepted && o->no_crl)
		log_event(LOG_INFO, "enrolment.relaxed", "relaxation", "no-crl", NULL);
	att_enrolment_free(o);
	return ok;
}

/* The second step */

/* The state that the client carried; empty when it is none of ours. */
static bool open_state(struct worker *w, const struct frame *f, const struct asked *q,
    struct att_bytes *out,
    struct att_error *e)
{
	struct att_error why = { 0 };
	struct rd state;

	*out = (struct att_bytes){ 0 };
	if (worker_open(w, f, SEAL_TPM_ENROL, rd_make(q->context.data, q->context.len), &state, &why)) {
		*out = (struct att_bytes){ rd_ptr(&state), rd_left(&state) };
		return true;
	}
	return why.code == ATT_E_NOT_AUTHENTIC || att_fail(e, why.code, "%s", why.text);
}

static struct rd hex_rd(struct worker *w, const uint8_t *p, size_t n)
{
	return rd_text(hex_arena(w->request, p, n));
}

static struct rd kept_rd(struct worker *w, const char *s)
{
	return rd_text(arena_strdup(w->request, s));
}

static bool certificate_answer(struct worker *w, const struct att_enrolment *o, struct rd issued,
    struct managed *out, struct att_error *e)
{
	struct arena *a = w->request;
	struct json *answer = json_object(a);
	struct enrolled row = { .ek_id = hex_rd(w, o->ek_id, sizeof o->ek_id),
		.ak_name = hex_rd(w, o->ak_name.data, o->ak_name.len), .manufacturer = kept_rd(w,
		    o->manufacturer),
		.vendor = kept_rd(w, o->vendor), .model = kept_rd(w, o->model),
		    .version = kept_rd(w, o->version) };
	uint64_t expires;

	if (!rd_le64(&issued, &expires) || rd_empty(&row.ek_id) || rd_empty(&row.ak_name))
		return att_fail(e, ATT_E_INTERNAL, "signer: malformed certificate, or out of memory");
	row.expires_s = (int64_t)expires;
	(void)json_put(a, answer, "akCert",
	    base64_json(a, (struct att_bytes){ rd_ptr(&issued), rd_left(&issued) }));
	(void)json_put(a, answer, "caCert", base64_json(a, w->ak_ca));
	(void)json_put(a, answer, "ekId", hex_json(a, o->ek_id, sizeof o->ek_id));
	(void)json_put(a, answer, "akName", hex_json(a, o->ak_name.data, o->ak_name.len));
	(void)json_put(a, answer, "expires", time_json(a, row.expires_s));
	return enrolled_encode(a, &row, &out->enrolment, e) && put_answer(w, answer, out, e);
}

static bool finish(struct worker *w, const struct frame *f, const struct asked *q, struct managed *out,
    struct worker_refusal *why, struct att_error *e)
{
	struct block ask[2] = { { q->context.data, q->context.len }, { q->secret.data, q->secret.len } };
	struct att_enrolment *o;
	struct att_bytes state;
	struct rd issued;
	bool ok;

	if (!open_state(w, f, q, &state, e) || !att_enrol_finish(state, q->secret, worker_now_s(w), &o, e))
		return false;
	ok = o->accepted ? worker_ask_signer(w, f, OP_ENROL_ISSUE, ask, &issued, e) &&
	    certificate_answer(w, o, issued, out, e) : refusal(w, o, out, why, e);
	att_enrolment_free(o);
	return ok;
}

bool worker_enrol(struct worker *w, const struct frame *f, struct rd body, struct managed *out,
    struct worker_refusal *why, struct att_error *e)
{
	struct asked *q = arena_alloc(w->request, sizeof *q);

	if (!q)
		return arena_fail(w->request, e);
	if (!read_body(w, body, q, e))
		return false;
	return q->is_begin ? begin(w, f, q, out, why, e) : finish(w, f, q, out, why, e);
}

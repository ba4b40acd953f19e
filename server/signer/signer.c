#include "server/signer/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "libattest/token.h"
#include "server/ipc/fdpass.h"
#include "server/log/log.h"
#include "server/signer/ak_ca.h"
#include "server/signer/key_file.h"
#include "server/signer/rules.h"
#include "server/signer/sealing.h"

#define REQUEST_MEMORY (160 * MIB)
#define RESULT_LIFETIME_S 3600
#define EVENTS 16

struct signer;

/* One channel and what may be asked on it. */
struct asker {
	struct channel own;             /* unused by the control channel, which belongs to the role */
	struct channel *channel;
	uint32_t provider;              /* workers only */
	uint64_t worker_id;
	bool (*serve)(struct signer *s, struct asker *from);    /* false: the channel is finished */
};

struct signer {
	struct role_env *env;
	int epoll;
	struct arena *request;
	struct att_signing_key *key[PROVIDERS_MAX];
	struct secret sealing[PROVIDERS_MAX];
	struct att_ak_ca *ak_ca[PROVIDERS_MAX];
	struct asker control, manage;
	bool stop;
};

/* text: malloc'ed; or body, borrowed; or the error */
struct reply { enum ipc_op op; char *text; struct rd body; struct att_error e; };

static bool send_reply(struct asker *to, const struct frame *f, struct reply *r)
{
	uint8_t code = (uint8_t)r->e.code;
	struct block blocks[2] = { { &code, 1 }, block_text(r->text ? r->text : r->e.text) };
	struct att_error dead = { 0 };
	bool ok;

	if (!r->text && code == ATT_E_OK)
		blocks[1] = (struct block){ rd_ptr(&r->body), rd_left(&r->body) };
	ok = channel_send(to->channel, &(struct frame){ .op = r->op, .provider = f->provider,
	    .id = f->id },
	    blocks, -1, true, &dead);
	free(r->text);
	return ok;
}

static bool sign_token(struct signer *s, uint32_t provider, struct rd claims,
    const struct att_token_std *kind,
    struct reply *r)
{
	struct att_token_std std = *kind;

	std.issuer = s->env->facts.issuers[provider];
	std.now_s = time(NULL);
	return att_token_sign(s->key[provider], (struct att_bytes){ rd_ptr(&claims), rd_left(&claims) }, &std,
	    &r->text, &r->e);
}

/* Whether what a client sent is ours is what these ask: no is an answer. */
static bool is_ordinary(const struct frame *f, const struct reply *r)
{
	return (f->op == OP_OPEN || f->op == OP_ENROL_ISSUE) && (r->e.code == ATT_E_NOT_AUTHENTIC ||
	    r->e.code == ATT_E_BAD_FORMAT);
}

/* Refusals are answered, so that the asker fails at once, and logged, because no correct role causes one. */
static void refuse(const struct asker *from, const struct frame *f, struct reply *r)
{
	if (is_ordinary(f, r))
		return;
	(void)att_fail(&r->e, ATT_E_OPERATION, "the signer does not do that on this channel");
	log_event(LOG_WARN, "signer.refused", "op", "%s", ipc_row(f->op)->name, "worker", "%llu",
	    (unsigned long long)from->worker_id, "reason", "%s", r->e.text, NULL);
}

static struct sealing sealing_of(struct signer *s, const struct frame *f)
{
	return (struct sealing){ .provider = s->env->config->providers[f->provider].name,
	    .key = &s->sealing[f->provider], .memory = s->request };
}

static bool answer_sealing(struct signer *s, const struct frame *f, struct reply *r)
{
	struct sealing own = sealing_of(s, f);

	return sealing_answer(&own, f, &r->body, &r->e);
}

/* Certificates are judged at the time of verification, so they are issued at it. */
static int64_t certificate_time(const struct signer *s)
{
	return s->env->facts.clock_s == CLOCK_REAL ? time(NULL) : s->env->facts.clock_s;
}

static bool answer_enrol(struct signer *s, const struct frame *f, struct reply *r)
{
	struct ak_issuer own = { .ca = s->ak_ca[f->provider], .sealing = sealing_of(s, f),
	    .now_s = certificate_time(s),
	    .lifetime_s = (int64_t)s->env->config->tpm.ak_certificate_days * 86400 };

	return ak_ca_answer(&own, f, &r->body, &r->e);
}

static bool sign_flags(struct rd block, struct att_token_std *std, struct att_error *e)
{
	uint8_t bits;
	uint32_t lifetime;

	if (!rd_u8(&block, &bits) || !rd_le32(&block, &lifetime) || !rd_empty(&block) ||
	    bits & ~(SIGN_DRAFT | SIGN_TPM | SIGN_OMIT_X5C) ||
	    (!(bits & SIGN_TPM) && (bits & SIGN_OMIT_X5C || lifetime > 0)))
		return att_fail(e, ATT_E_BAD_FORMAT, "sign message: flags");
	std->unsigned_draft = bits & SIGN_DRAFT;
	std->tpm = bits & SIGN_TPM;
	std->omit_x5c = bits & SIGN_OMIT_X5C;
	if (lifetime > 0)
		std->lifetime_s = lifetime < SIGN_LIFETIME_MAX_S ? lifetime : SIGN_LIFETIME_MAX_S;
	return true;
}

static bool answer_sign(struct signer *s, const struct asker *from, const struct frame *f, struct reply *r)
{
	const struct config *c = s->env->config;
	struct att_token_std std = { .lifetime_s = c->token.lifetime, .audience = c->token.audience,
	    .with_jti = true };

	if (!sign_flags(f->block[0], &std, &r->e))
		return false;
	return rules_attestation(s->request, f->block[1], &r->e) &&
	    sign_token(s, from->provider, f->block[1], &std, r);
}

static bool answer_worker(struct signer *s, const struct asker *from, const struct frame *f, struct reply *r)
{
	if (f->provider != from->provider)
		return att_fail(&r->e, ATT_E_OPERATION, "the channel belongs to another provider");
	if (f->op == OP_ENROL_CA || f->op == OP_ENROL_ISSUE)
		return answer_enrol(s, f, r);
	return f->op == OP_SIGN ? answer_sign(s, from, f, r) : answer_sealing(s, f, r);
}

static bool answer_front(struct signer *s, const struct frame *f, struct reply *r)
{
	static const struct att_token_std result = { .lifetime_s = RESULT_LIFETIME_S };

	if (f->provider >= s->env->facts.nissuers)
		return att_fail(&r->e, ATT_E_OPERATION, "there is no provider %u", f->provider);
	if (f->op == OP_JWKS)
		return att_token_jwks(&s->key[f->provider], 1, &r->text, &r->e);
	if (f->op == OP_OPENID)
		return att_token_openid(s->env->facts.issuers[f->provider], s->key[f->provider], &r->text,
		    &r->e);
	return rules_management(s->request, f->block[0], &r->e) &&
	    sign_token(s, f->provider, f->block[0], &result, r);
}

static bool serve_asker(struct signer *s, struct asker *from)
{
	bool is_worker = from->channel->link == LINK_SIGN;
	struct reply r = { .op = is_worker ? OP_SIGNED : OP_DOCUMENT };
	struct att_error e = { 0 };
	struct frame f;
	bool replied;
	enum channel_got got = channel_recv(from->channel, false, &f, NULL, &e);

	if (got == CHANNEL_EMPTY)
		return true;
	if (got == CHANNEL_BAD)
		log_event(LOG_WARN, "signer.message", "error", "%s", e.text, NULL);
	if (got == CHANNEL_CLOSED || got == CHANNEL_BAD)
		return false;
	if (got == CHANNEL_REFUSED ||
	    !(is_worker ? answer_worker(s, from, &f, &r) : answer_front(s, &f, &r)))
		refuse(from, &f, &r);
	replied = send_reply(from, &f, &r);
	arena_reset(s->request);
	return replied;
}

static bool watch(struct signer *s, struct asker *a)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = a };

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, a->channel->fd, &ev) == 0;
}

static bool add_worker(struct signer *s, const struct frame *f, int fd, struct att_error *e)
{
	struct asker *a = f->provider < s->env->facts.nissuers ? calloc(1, sizeof *a) : NULL;

	if (!a) {
		fd_close(&fd);
		return att_fail(e, ATT_E_INTERNAL, "worker channel for provider %u", f->provider);
	}
	a->provider = f->provider;
	a->worker_id = f->id;
	a->channel = &a->own;
	a->serve = serve_asker;
	if (channel_open(&a->own, fd, LINK_SIGN, SIDE_ANSWERS, e) && watch(s, a))
		return true;
	channel_close(&a->own);
	free(a);
	return att_fail(e, ATT_E_INTERNAL, "worker channel: %s", strerror(errno));
}

static bool serve_control(struct signer *s, struct asker *from)
{
	struct att_error e = { 0 };
	struct frame f;
	int fd = -1;
	enum channel_got got = channel_recv(from->channel, false, &f, &fd, &e);
	bool ok = true;

	if (got == CHANNEL_EMPTY)
		return true;
	if (got != CHANNEL_MESSAGE || f.op == OP_DRAIN) {
		s->stop = true;
		return true;
	}
	if (f.op == OP_CHANNEL)
		ok = add_worker(s, &f, fd, &e);
	if (f.op == OP_CONFIG)
		ok = role_take_config(s->env, &f, &e);
	if (!ok)
		log_event(LOG_ERROR, "signer.control", "error", "%s", e.text, NULL);
	return true;
}

static void drop(struct signer *s, struct asker *a)
{
	(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, a->channel->fd, NULL);
	channel_close(&a->own);
	if (a != &s->manage)
		free(a);
}

static int loop(struct signer *s)
{
	struct epoll_event events[EVENTS];

	while (!s->stop) {
		int n = epoll_wait(s->epoll, events, EVENTS, -1);
		for (int i = 0; i < n && !s->stop; i++) {
			struct asker *a = events[i].data.ptr;
			if (!a->serve(s, a))
				drop(s, a);
		}
		if (n < 0 && errno != EINTR)
			return 1;
	}
	return 0;
}

static bool open_keys(struct signer *s, struct att_error *e)
{
	const struct config *c = s->env->config;

	for (uint32_t i = 0; i < s->env->facts.nissuers; i++) {
		struct key_file f = { .data_dir = c->data_dir, .provider = c->providers[i].name,
		    .algorithm = c->token.algorithm, .issuer = s->env->facts.issuers[i],
		    .now_s = time(NULL) };
		if (!key_file_open(&f, &s->key[i], e) ||
		    !sealing_key_open(c->data_dir, f.provider, &s->sealing[i], e) ||
		    !ak_ca_open(c->data_dir, f.provider, certificate_time(s), &s->ak_ca[i], e))
			return false;
	}
	return true;
}

static bool prepare(struct signer *s, struct att_error *e)
{
	s->request = arena_new(REQUEST_MEMORY);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!s->request || s->epoll < 0)
		return att_fail(e, ATT_E_NOMEM, "out of memory or descriptors");
	s->control = (struct asker){ .channel = &s->env->control, .serve = serve_control };
	if (fcntl(SIGNER_FD_MANAGE, F_GETFD) >= 0) {
		s->manage.serve = serve_asker;
		s->manage.channel = &s->manage.own;
		if (!channel_open(&s->manage.own, SIGNER_FD_MANAGE, LINK_MANAGE, SIDE_ANSWERS, e) ||
		    !watch(s, &s->manage))
			return att_fail(e, ATT_E_INTERNAL, "the front's channel: %s", strerror(errno));
	}
	return open_keys(s, e) && role_confine(s->env, SANDBOX_SIGNER, NULL, 0, e) &&
	    role_say(s->env, OP_READY, 0, e) && watch(s, &s->control);
}

int signer_run(struct role_env *env)
{
	struct att_error e = { 0 };
	struct signer s = { .env = env, .epoll = -1, .manage.own.fd = -1 };
	int status = prepare(&s, &e) ? loop(&s) : role_failed("signer.start", &e);

	for (size_t i = 0; i < PROVIDERS_MAX; i++) {
		att_signing_key_free(s.key[i]);
		secret_clear(&s.sealing[i]);
		att_ak_ca_free(s.ak_ca[i]);
	}
	channel_close(&s.manage.own);
	arena_free(s.request);
	fd_close(&s.epoll);
	return status;
}

#include "server/fetch/task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "server/log/log.h"

#define TASK_MEMORY (16 * MIB)
#define TEXT_MAX 512                    /* bytes of a kind, key or baseline */
#define TOO_LATE_MS 50 /* with less time than this a question is not worth sending */

static bool send_fetched(struct fetcher *f, uint64_t id, uint32_t provider,
    const struct block blocks[5], struct att_error *e)
{
	return channel_send(&f->front,
	    &(struct frame){ .op = OP_FETCHED, .id = id, .provider = provider }, blocks, -1, true,
	    e);
}

/* For questions that never became a task. */
static bool refuse(struct fetcher *f, const struct frame *m, const char *why, int64_t wait_ms,
    struct att_error *e)
{
	uint8_t outcome = FETCH_REFUSED, seconds[4];
	int64_t s = (wait_ms + 999) / 1000;
	struct block blocks[5] = { { &outcome, 1 }, { seconds, sizeof seconds }, block_text(""),
		block_text(why), block_text("") };

	for (unsigned i = 0; i < 4; i++)
		seconds[i] = (uint8_t)(s >> (8 * i));
	return send_fetched(f, m->id, m->provider, blocks, e);
}

static void task_free(struct fetcher *f, struct fetch_task *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	f->ntasks--;
	arena_free(t->a);
	free(t);
}

static struct fetch_task *task_new(struct fetcher *f, const struct frame *m)
{
	struct fetch_task *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->a = arena_new(TASK_MEMORY);
	if (!t->a) {
		free(t);
		return NULL;
	}
	t->id = m->id;
	t->provider = m->provider;
	t->begun_ms = f->now_ms;
	t->wake_ms = t->wait_ms = INT64_MAX;
	t->pieces = buf_make(t->a);
	t->tried = buf_make(t->a);
	t->next = f->tasks;
	t->link = &f->tasks;
	if (f->tasks)
		f->tasks->link = &t->next;
	f->tasks = t;
	f->ntasks++;
	return t;
}

static const char *outcome_text(enum fetch_outcome o)
{
	static const char *const names[] = { [FETCH_FOUND] = "found", [FETCH_ABSENT] = "absent",
	    [FETCH_FAILED] = "failed", [FETCH_REFUSED] = "refused" };

	return names[o];
}

static enum fetch_outcome outcome_of(const struct fetch_task *t)
{
	if (!t->is_asked)
		return FETCH_REFUSED;
	return t->has_failed ? FETCH_FAILED : FETCH_ABSENT;
}

static const char *name_of(const struct fetcher *f, const struct fetch_task *t)
{
	return t->source < f->nsources ? f->source[t->source].config->name : "";
}

/* Answers the front; the task ends. */
static bool finish(
    struct fetcher *f, struct fetch_task *t, enum fetch_outcome outcome, struct att_error *e)
{
	const char *source = outcome == FETCH_FOUND ? name_of(f, t) : "";
	const char *tried = t->tried.p ? t->tried.p : "";
	uint8_t code = (uint8_t)outcome, seconds[4];
	int64_t wait =
	    t->wait_ms == INT64_MAX || outcome == FETCH_FOUND ? 0 : (t->wait_ms + 999) / 1000;
	struct block blocks[5] = { { &code, 1 }, { seconds, sizeof seconds }, block_text(source),
	    block_text(tried), { t->pieces.p ? t->pieces.p : "", t->pieces.len } };
	bool ok;

	for (unsigned i = 0; i < 4; i++)
		seconds[i] = (uint8_t)(wait >> (8 * i));
	log_event(outcome == FETCH_FOUND ? LOG_DEBUG : LOG_INFO, "fetch", "item", "%s", t->key.id,
	    "outcome", "%s", outcome_text(outcome), "source", "%s", source, "ms", "%lld",
	    (long long)(f->now_ms - t->begun_ms), "tried", "%s", tried, NULL);
	ok = send_fetched(f, t->id, t->provider, blocks, e);
	task_free(f, t);
	return ok;
}

static void note(const struct fetcher *f, struct fetch_task *t, const char *text)
{
	buf_fmt(&t->tried, "%s%s: %s", t->tried.len ? "; " : "", name_of(f, t), text);
	if (t->repetition > 0)
		buf_fmt(&t->tried, " (%u times)", t->repetition + 1);
}

static void note_wait(
    const struct fetcher *f, struct fetch_task *t, const char *text, int64_t wait_ms)
{
	const char *all =
	    arena_printf(t->a, "%s for %lld s", text, (long long)((wait_ms + 999) / 1000));

	note(f, t, all ? all : text);
	t->has_failed = true;
	if (wait_ms < t->wait_ms)
		t->wait_ms = wait_ms;
}

static struct breaker *breaker_of(struct fetcher *f, const struct fetch_task *t)
{
	return &f->source[t->source].breaker[t->class];
}

static void source_failed(struct fetcher *f, const struct fetch_task *t)
{
	struct breaker *b = breaker_of(f, t);
	bool was_open = b->state == BREAKER_OPEN;

	breaker_failed(b, &f->rule, f->now_ms);
	if (b->state == BREAKER_OPEN && !was_open)
		log_event(LOG_WARN, "fetch.source-left-alone", "source", "%s", name_of(f, t),
		    "seconds", "%lld", (long long)(b->open_ms / 1000), "keys", "%s",
		    t->class == FETCH_AUTHENTIC ? "authentic" : "unauthentic", NULL);
}

/* Sends the present step.  False: it could not be sent, and why. */
static bool send_step(struct fetcher *f, struct fetch_task *t, struct att_error *e)
{
	const struct source *s = &f->source[t->source];
	int64_t left_ms = t->until_ms - f->now_ms;

	if (left_ms <= 0)
		return att_fail(e, ATT_E_TIMEOUT, "no time left");
	t->headers[0] = "Accept: */*";
	t->headers[1] = s->key_line;
	t->headers[2] = NULL;
	t->wake_ms = INT64_MAX;
	t->request = (struct httpc_request){ .url = t->plan.step[t->step].url, .method = "GET",
	    .headers = t->headers, .ca_file = s->config->ca_file, .deadline_ms = left_ms,
	    .answer_max = ANSWER_MAX, .http_to_loopback = true };
	return httpc_multi_start(f->http, &t->request, t, e);
}

/* Begins with the source t->source.  False: it is not to be asked, or cannot be. */
static bool ask_source(struct fetcher *f, struct fetch_task *t)
{
	const struct source *s = &f->source[t->source];
	const struct source_place place = { s->config->url, s->config->root_crl_url };
	uint32_t own = s->config->deadline_ms;
	struct att_error e = { 0 };
	int64_t wait;

	t->step = t->repetition = 0;
	t->until_ms = f->now_ms + (own ? own : f->env->config->collateral.fetch.deadline_ms);
	if (!plan_make(t->a, &place, s->kind, &t->key, &t->plan, &e)) {
		t->has_failed = true;
		note(f, t, e.text);
		return false;
	}
	if (t->plan.nsteps == 0)
		return false;
	if (!breaker_take(breaker_of(f, t), f->now_ms, &wait)) {
		note_wait(f, t, "left alone", wait);
		return false;
	}
	if (send_step(f, t, &e)) {
		t->is_asked = true;
		return true;
	}
	breaker_return(breaker_of(f, t));
	t->has_failed = true;
	note(f, t, e.text);
	return false;
}

/* Asks the next source that can be asked, from t->source on; the task ends when there is none. */
static bool ask_on(struct fetcher *f, struct fetch_task *t, struct att_error *e)
{
	for (; t->source < f->nsources; t->source++)
		if (ask_source(f, t))
			return true;
	if (outcome_of(t) == FETCH_ABSENT) {
		t->wait_ms = (int64_t)f->env->config->collateral.fetch.absent_seconds * 1000;
		if (t->class == FETCH_UNAUTHENTIC)
			absent_put(&f->absent, t->key.id, f->now_ms);
	}
	return finish(f, t, outcome_of(t), e);
}

static bool next_source(struct fetcher *f, struct fetch_task *t, const char *text, bool failed,
    struct att_error *e)
{
	note(f, t, text);
	t->has_failed |= failed;
	t->source++;
	return ask_on(f, t, e);
}

/* A repetition costs as much as a question. */
static bool may_repeat(struct fetcher *f, struct fetch_task *t)
{
	int64_t ignored;

	return t->repetition < f->env->config->collateral.fetch.retries &&
	    (t->class == FETCH_AUTHENTIC || budget_take(&f->budget, f->now_ms, &ignored));
}

/* The same question may succeed the next time. */
static bool attempt_failed(
    struct fetcher *f, struct fetch_task *t, const char *text, struct att_error *e)
{
	uint32_t random = 0;
	int64_t due;

	source_failed(f, t);
	(void)!getrandom(&random, sizeof random, 0);
	due = f->now_ms + retry_pause_ms(t->repetition, random);
	if (due + TOO_LATE_MS >= t->until_ms || !may_repeat(f, t))
		return next_source(f, t, text, true, e);
	log_event(LOG_DEBUG, "fetch.again", "item", "%s", t->key.id, "source", "%s", name_of(f, t),
	    "why", "%s", text, NULL);
	t->wake_ms = due;
	return true;
}

static bool repeat(struct fetcher *f, struct fetch_task *t, struct att_error *e)
{
	struct att_error why = { 0 };
	int64_t wait;

	if (!breaker_take(breaker_of(f, t), f->now_ms, &wait)) {
		note_wait(f, t, "failed and is left alone", wait);
		t->source++;
		return ask_on(f, t, e);
	}
	t->repetition++;
	if (send_step(f, t, &why))
		return true;
	breaker_return(breaker_of(f, t));
	return next_source(f, t, why.text, true, e);
}

static void add_pieces(struct fetch_task *t, const struct pieces *p)
{
	for (unsigned i = 0; i < p->n; i++)
		buf_le32_block(&t->pieces, rd_ptr(&p->item[i]), rd_left(&p->item[i]));
}

/* Is that being asked for at this moment, as an item of its own? */
static bool is_being_asked(const struct fetcher *f, const char *url)
{
	for (const struct fetch_task *t = f->tasks; t; t = t->next)
		if (t->step == 0 && t->plan.nsteps > 0 && strcmp(t->plan.step[0].url, url) == 0)
			return true;
	return false;
}

/* The item is there; what certifies it is looked for until one step brings it, or the time is over.
 * An answer that somebody else is waiting for is not asked for twice. */
static bool issuer_step(struct fetcher *f, struct fetch_task *t, struct att_error *e)
{
	struct att_error ignored = { 0 };
	struct rd known;

	t->is_parked = false;
	for (; t->step < t->plan.nsteps; t->step++) {
		const char *url = t->plan.step[t->step].url;
		if (remembered_find(f, url, &known)) {
			buf_le32_block(&t->pieces, rd_ptr(&known), rd_left(&known));
			break;
		}
		t->is_parked = t->until_ms - f->now_ms > TOO_LATE_MS && is_being_asked(f, url);
		if (t->is_parked)
			return true;
		if (t->until_ms - f->now_ms > TOO_LATE_MS && send_step(f, t, &ignored))
			return true;
	}
	return finish(f, t, t->pieces.failed ? FETCH_FAILED : FETCH_FOUND, e);
}

static bool issuer_answered(struct fetcher *f, struct fetch_task *t, const struct httpc_done *done,
    struct att_error *e)
{
	const char *url = t->plan.step[t->step].url;
	struct att_error ignored = { 0 };
	struct pieces p;

	if (done->ok && done->answer.status == 200 &&
	    answer_pieces(t->a, t->plan.step[t->step].row, &done->answer, &p, &ignored)) {
		add_pieces(t, &p);
		remembered_put(f, url, p.item[0]);
		t->step = t->plan.nsteps;
	} else
		t->step++;
	return issuer_step(f, t, e);
}

static bool item_answered(struct fetcher *f, struct fetch_task *t, const struct httpc_done *done,
    struct att_error *e)
{
	struct att_error why = done->error;
	struct pieces p;
	int64_t wait_s;
	enum answer_meaning meaning =
	    done->ok ? answer_meaning(&done->answer, &wait_s) : ANSWER_AGAIN;
	const char *text = done->ok ? answer_status_text(t->a, &done->answer) : why.text;

	if (meaning == ANSWER_GOOD &&
	    !answer_pieces(t->a, t->plan.step[0].row, &done->answer, &p, &why))
		return attempt_failed(f, t, why.text, e);
	if (meaning == ANSWER_AGAIN)
		return attempt_failed(f, t, text, e);
	if (meaning == ANSWER_NO) {
		source_failed(f, t);
		return next_source(f, t, text, true, e);
	}
	if (meaning == ANSWER_WAIT) {
		breaker_asked(breaker_of(f, t), f->now_ms, wait_s * 1000);
		text = arena_printf(t->a, "%s, wants to be left alone", text);
		note_wait(f, t, text ? text : "busy", wait_s * 1000);
		t->source++;
		return ask_on(f, t, e);
	}
	breaker_ok(breaker_of(f, t));
	if (meaning != ANSWER_GOOD)
		return next_source(f, t, text, meaning == ANSWER_BAD_QUESTION, e);
	add_pieces(t, &p);
	if (p.n > 1)
		remembered_put(f, t->plan.step[0].url, p.item[p.n - 1]);
	t->step = 1;
	return issuer_step(f, t, e);
}

bool task_answered(struct fetcher *f, struct httpc_done *done, struct att_error *e)
{
	struct fetch_task *t = done->tag;
	bool ok = t->step == 0 ? item_answered(f, t, done, e) : issuer_answered(f, t, done, e);

	arena_free(done->memory);
	return ok;
}

bool tasks_wake(struct fetcher *f, int64_t *next_ms, struct att_error *e)
{
	*next_ms = INT64_MAX;
	for (struct fetch_task *t = f->tasks, *next; t; t = next) {
		next = t->next;
		if (t->is_parked) {
			if (!issuer_step(f, t, e))
				return false;
		} else if (t->wake_ms <= f->now_ms) {
			if (!repeat(f, t, e))
				return false;
		} else if (t->wake_ms < *next_ms)
			*next_ms = t->wake_ms;
	}
	return true;
}

void tasks_clear(struct fetcher *f)
{
	while (f->tasks)
		task_free(f, f->tasks);
}

/* A name that is none of ours, after a reload, begins anew. */
static unsigned source_behind(const struct fetcher *f, const char *name)
{
	for (unsigned i = 0; *name && i < f->nsources; i++)
		if (strcmp(f->source[i].config->name, name) == 0)
			return i + 1;
	return 0;
}

static bool read_message(
    const struct fetcher *f, struct fetch_task *t, const struct frame *m, struct att_error *e)
{
	char kind[TEXT_MAX], key[TEXT_MAX], baseline[TEXT_MAX], behind[TEXT_MAX];
	struct rd flag = m->block[3];
	uint8_t authentic;

	if (!frame_text(m->block[0], kind, sizeof kind) || !frame_text(m->block[4], behind, sizeof behind) ||
	    !frame_text(m->block[1], key, sizeof key) ||
	    !frame_text(m->block[2], baseline, sizeof baseline) || !rd_u8(&flag, &authentic) ||
	    authentic > 1 || !rd_empty(&flag))
		return att_fail(e, ATT_E_BAD_FORMAT, "a question that is malformed");
	t->source = source_behind(f, behind);
	t->class = authentic ? FETCH_AUTHENTIC : FETCH_UNAUTHENTIC;
	return fetch_key_parse(t->a, kind, key, baseline, &t->key, e);
}

static bool is_served(const struct fetcher *f, const struct fetch_key *k, struct att_error *e)
{
	for (unsigned i = 0; i < f->nsources; i++)
		if (source_has(f->source[i].kind, k->kind))
			return true;
	return att_fail(e, ATT_E_NOT_FOUND, "no source is configured for %s", k->kind);
}

/* True: the question may cost something.  Else the outcome. */
static bool within_budget(struct fetcher *f, struct fetch_task *t, enum fetch_outcome *outcome)
{
	int64_t left;

	if (t->class == FETCH_AUTHENTIC)
		return true;
	left = absent_left(&f->absent, t->key.id, f->now_ms);
	*outcome = FETCH_ABSENT;
	if (left == 0) {
		*outcome = FETCH_REFUSED;
		if (budget_take(&f->budget, f->now_ms, &left))
			return true;
	}
	t->wait_ms = left;
	buf_str(&t->tried, *outcome == FETCH_ABSENT ? "asked a moment ago, and no source had it" :
	    "too many questions about machines that are not known yet");
	return false;
}

bool task_begin(struct fetcher *f, const struct frame *m, struct att_error *e)
{
	enum fetch_outcome outcome;
	struct att_error why = { 0 };
	struct fetch_task *t;

	if (f->ntasks >= FETCH_TASKS_MAX)
		return refuse(f, m, "too many questions at once", 1000, e);
	t = task_new(f, m);
	if (!t)
		return refuse(f, m, "out of memory", 1000, e);
	if (!read_message(f, t, m, &why) || !is_served(f, &t->key, &why)) {
		task_free(f, t);
		return refuse(f, m, why.text, 0, e);
	}
	if (!within_budget(f, t, &outcome))
		return finish(f, t, outcome, e);
	return ask_on(f, t, e);
}

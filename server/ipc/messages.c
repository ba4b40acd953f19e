#include "server/ipc/messages.h"

#include <string.h>

#include "lib/base/buf.h"

struct rd rd_text(const char *s)
{
	return rd_make(s ? s : "", s ? strlen(s) : 0);
}

struct block facts_encode(struct arena *a, const struct role_facts *f)
{
	struct buf b = buf_make(a);

	buf_le32(&b, f->provider);
	buf_le32(&b, f->worker_id);
	buf_le64(&b, (uint64_t)f->clock_s);
	buf_le32(&b, f->insecure_test | (uint32_t)f->reset_time_floor << 1);
	buf_put(&b, f->admin_sha256, sizeof f->admin_sha256);
	buf_le32_block(&b, f->authority, strlen(f->authority));
	buf_le32(&b, f->nanchors);
	buf_le32(&b, f->nissuers);
	for (uint32_t i = 0; i < f->nissuers; i++)
		buf_le32_block(&b, f->issuers[i], strlen(f->issuers[i]));
	return b.failed ? (struct block){ NULL, 0 } : (struct block){ b.p, b.len };
}

static bool text_block(struct arena *a, struct rd *in, const char **out)
{
	struct rd block;
	char *s;

	if (!rd_le32_block(in, &block))
		return false;
	s = arena_strndup(a, (const char *)rd_ptr(&block), rd_left(&block));
	*out = s;
	return s && strlen(s) == rd_left(&block);
}

bool facts_decode(struct arena *a, struct rd in, struct role_facts *out, struct att_error *e)
{
	struct role_facts f = { 0 };
	uint64_t clock;
	uint32_t insecure;
	const char **issuers = NULL;
	bool ok = rd_le32(&in, &f.provider) && rd_le32(&in, &f.worker_id) && rd_le64(&in, &clock) &&
	    rd_le32(&in, &insecure) && insecure <= 3 && rd_copy(&in, f.admin_sha256, sizeof f.admin_sha256) &&
	    text_block(a, &in, &f.authority) && rd_le32(&in, &f.nanchors) && rd_le32(&in, &f.nissuers) &&
	    f.nissuers <= PROVIDERS_MAX && f.provider < f.nissuers;

	if (ok)
		issuers = arena_array(a, f.nissuers, sizeof *issuers);
	for (uint32_t i = 0; ok && issuers && i < f.nissuers; i++)
		ok = text_block(a, &in, &issuers[i]);
	if (!ok || !issuers || !rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "role facts: malformed at offset %zu", rd_off(&in));
	f.clock_s = (int64_t)clock;
	f.insecure_test = insecure & 1;
	f.reset_time_floor = insecure & 2;
	f.issuers = issuers;
	*out = f;
	return true;
}

bool blobs_decode(struct arena *a, struct rd in, struct blob_list *out, struct att_error *e)
{
	struct rd count = in, block;
	struct blob_list list = { 0 };
	size_t n = 0;

	while (rd_le32_block(&count, &block))
		n++;
	if (!rd_empty(&count))
		return att_fail(e, ATT_E_BAD_FORMAT, "bundle: malformed at offset %zu", rd_off(&count));
	list.item = arena_array(a, n ? n : 1, sizeof *list.item);
	if (!list.item)
		return arena_fail(a, e);
	while (rd_le32_block(&in, &block))
		list.item[list.n++] = block;
	*out = list;
	return true;
}

static bool sha256_block(struct rd b, bool optional, const uint8_t **out)
{
	*out = rd_left(&b) ? rd_ptr(&b) : NULL;
	return rd_left(&b) == 32 || (optional && rd_left(&b) == 0);
}

bool answer_decode(const struct frame *f, struct answer *out, struct att_error *e)
{
	struct answer a = { .type = f->block[3], .policy_hash = f->block[4], .failed_check = f->block[5],
	    .caller = f->block[6], .error_code = f->block[7], .relaxed = f->block[8], .body = f->block[9],
	    .shadow = f->block[10], .shadow_hash = f->block[11] };
	struct rd numbers = f->block[0];

	if (f->op != OP_ANSWER || !rd_le16(&numbers, &a.status) || !rd_u8(&numbers, &a.verdict) ||
	    !rd_le32(&numbers, &a.retry_after_s) || !rd_empty(&numbers) ||
	    !sha256_block(f->block[1], false, &a.evidence_sha256) ||
	    !sha256_block(f->block[2], true, &a.token_sha256))
		return att_fail(e, ATT_E_BAD_FORMAT, "answer: malformed");
	if (a.status < 200 || a.status > 599)
		return att_fail(e, ATT_E_BAD_FORMAT, "answer: status %u", a.status);
	*out = a;
	return true;
}

static struct block block_rd(const struct rd *r)
{
	return (struct block){ rd_ptr(r), rd_left(r) };
}

void answer_blocks(const struct answer *a, uint8_t numbers[ANSWER_NUMBERS], struct block out[ANSWER_BLOCKS])
{
	numbers[0] = (uint8_t)a->status;
	numbers[1] = (uint8_t)(a->status >> 8);
	numbers[2] = a->verdict;
	for (unsigned i = 0; i < 4; i++)
		numbers[3 + i] = (uint8_t)(a->retry_after_s >> (8 * i));
	out[0] = (struct block){ numbers, ANSWER_NUMBERS };
	out[1] = (struct block){ a->evidence_sha256, 32 };
	out[2] = (struct block){ a->token_sha256, a->token_sha256 ? 32 : 0 };
	out[3] = block_rd(&a->type);
	out[4] = block_rd(&a->policy_hash);
	out[5] = block_rd(&a->failed_check);
	out[6] = block_rd(&a->caller);
	out[7] = block_rd(&a->error_code);
	out[8] = block_rd(&a->relaxed);
	out[9] = block_rd(&a->body);
	out[10] = block_rd(&a->shadow);
	out[11] = block_rd(&a->shadow_hash);
}

static void put_le(uint8_t *out, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

void manage_blocks(const struct manage *m, uint8_t numbers[MANAGE_NUMBERS], struct block out[MANAGE_BLOCKS])
{
	numbers[0] = m->verb;
	numbers[1] = m->role;
	put_le(numbers + 2, (uint64_t)m->n, 8);
	out[0] = (struct block){ numbers, MANAGE_NUMBERS };
	out[1] = block_rd(&m->type);
	out[2] = block_rd(&m->request_id);
	out[3] = block_rd(&m->bearer);
	out[4] = block_rd(&m->body);
	out[5] = block_rd(&m->stored);
	out[6] = block_rd(&m->certs);
	out[7] = block_rd(&m->target);
}

bool manage_decode(const struct frame *f, struct manage *out, struct att_error *e)
{
	struct manage m = { .type = f->block[1], .request_id = f->block[2], .bearer = f->block[3],
	    .body = f->block[4], .stored = f->block[5], .certs = f->block[6], .target = f->block[7] };
	struct rd numbers = f->block[0];
	uint64_t n;

	if (f->op != OP_MANAGE || !rd_u8(&numbers, &m.verb) || !rd_u8(&numbers, &m.role) ||
	    !rd_le64(&numbers, &n) || !rd_empty(&numbers) || m.verb >= MANAGE_VERBS)
		return att_fail(e, ATT_E_BAD_FORMAT, "manage message: malformed");
	m.n = (int64_t)n;
	*out = m;
	return true;
}

void managed_blocks(
    const struct managed *m, uint8_t numbers[MANAGED_NUMBERS], struct block out[MANAGED_BLOCKS])
{
	put_le(numbers, m->status, 2);
	put_le(numbers + 2, (uint64_t)m->iat_s, 8);
	out[0] = (struct block){ numbers, MANAGED_NUMBERS };
	out[1] = block_rd(&m->caller);
	out[2] = block_rd(&m->error_code);
	out[3] = block_rd(&m->body);
	out[4] = block_rd(&m->claims);
	out[5] = block_rd(&m->jws);
	out[6] = block_rd(&m->text_hash);
	out[7] = block_rd(&m->token_hash);
	out[8] = block_rd(&m->signer);
	out[9] = block_rd(&m->thumbprint);
	out[10] = block_rd(&m->certificate);
	out[11] = block_rd(&m->jti);
	out[12] = block_rd(&m->statement_hash);
	out[13] = block_rd(&m->enrolment);
}

bool managed_decode(const struct frame *f, struct managed *out, struct att_error *e)
{
	struct managed m = { .caller = f->block[1],
		.error_code = f->block[2],
		.body = f->block[3],
		.claims = f->block[4],
		.jws = f->block[5],
		.text_hash = f->block[6],
		.token_hash = f->block[7],
		.signer = f->block[8],
		.thumbprint = f->block[9],
		.certificate = f->block[10],
		.jti = f->block[11],
		.statement_hash = f->block[12],
		.enrolment = f->block[13] };
	struct rd numbers = f->block[0];
	uint64_t iat;

	if (f->op != OP_MANAGED || !rd_le16(&numbers, &m.status) || !rd_le64(&numbers, &iat) ||
	    !rd_empty(&numbers) || (m.status != 200 && (m.status < 400 || m.status > 599)))
		return att_fail(e, ATT_E_BAD_FORMAT, "managed message: malformed");
	m.iat_s = (int64_t)iat;
	*out = m;
	return true;
}

#define ENROLLED_TEXTS 7

bool enrolled_encode(struct arena *a, const struct enrolled *in, struct rd *out, struct att_error *e)
{
	const struct rd texts[ENROLLED_TEXTS] = { in->failed_check, in->ek_id, in->ak_name,
	    in->manufacturer,
		in->vendor, in->model, in->version };
	struct buf b = buf_make(a);

	for (size_t i = 0; i < ENROLLED_TEXTS; i++)
		buf_le32_block(&b, rd_ptr(&texts[i]), rd_left(&texts[i]));
	buf_le64(&b, (uint64_t)in->expires_s);
	*out = rd_make(b.p, b.len);
	return buf_ok(&b, e);
}

bool enrolled_decode(struct rd in, struct enrolled *out, struct att_error *e)
{
	struct enrolled r = { 0 };
	struct rd *const texts[ENROLLED_TEXTS] = { &r.failed_check, &r.ek_id, &r.ak_name, &r.manufacturer,
		&r.vendor, &r.model, &r.version };
	uint64_t expires;
	bool ok = true;

	for (size_t i = 0; ok && i < ENROLLED_TEXTS; i++)
		ok = rd_le32_block(&in, texts[i]);
	if (!ok || !rd_le64(&in, &expires) || !rd_empty(&in))
		return att_fail(e, ATT_E_BAD_FORMAT, "enrolment: malformed at offset %zu", rd_off(&in));
	r.expires_s = (int64_t)expires;
	*out = r;
	return true;
}

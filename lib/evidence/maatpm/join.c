/*
 * join.c - several logs of one kind as one: a dynamic launch has a TCG log of its own, and messages may
 * cut an IMA list. spec: maa-tpm §1.2 (logs in the order of measurement)
 */
#include "lib/evidence/maatpm/parts.h"

#define SPEC_ID "Spec ID Event03"

/* The record that a crypto-agile log begins with; empty: the log is of SHA-1 records. */
static struct rd head_of(struct rd log)
{
	struct rd in = log, data, head = rd_make(NULL, 0);

	if (rd_skip(&in, 4 + 4 + 20) && rd_le32_block(&in, &data) && rd_left(&data) >= sizeof SPEC_ID &&
	    bytes_equal(rd_ptr(&data), SPEC_ID, sizeof SPEC_ID) &&
	    rd_take(&log, rd_left(&log) - rd_left(&in), &head))
		return head;
	return rd_make(NULL, 0);
}

static bool same(struct rd a, struct rd b)
{
	return bytes_order(rd_ptr(&a), rd_left(&a), rd_ptr(&b), rd_left(&b)) == 0;
}

/* What follows is without its head, which must be that of the first. */
static bool append(
    struct buf *b, struct rd first, struct rd next, enum tpm_log_kind kind, struct att_error *e)
{
	struct rd head = head_of(next);

	if (kind == TPM_LOG_IMA) {
		buf_put(b, rd_ptr(&next), rd_left(&next));
		return true;
	}
	if (!same(head, head_of(first)))
		return att_fail(e, ATT_E_BAD_FORMAT,
		    "logs: a TCG log has other digests than the one before it");
	return rd_skip(&next, rd_left(&head)) && (buf_put(b, rd_ptr(&next), rd_left(&next)), true);
}

static bool join(
    struct maatpm_attestation *t, enum tpm_log_kind kind, struct arena *a, struct att_error *e)
{
	struct buf b = buf_make(a);
	size_t first = t->nlogs, n = 0, kept = 0;

	for (size_t i = 0; i < t->nlogs; i++)
		if (t->logs[i].kind == kind && n++ == 0)
			first = i;
	if (n <= 1)
		return true;
	buf_put(&b, rd_ptr(&t->logs[first].data), rd_left(&t->logs[first].data));
	for (size_t i = 0; i < t->nlogs; i++) {
		bool more = t->logs[i].kind == kind && i != first;

		if (more && !append(&b, t->logs[first].data, t->logs[i].data, kind, e))
			return false;
		if (!more)
			t->logs[kept++] = t->logs[i];
	}
	t->nlogs = kept;
	if (!buf_ok(&b, e))
		return false;
	for (size_t i = 0; i < kept; i++)
		if (t->logs[i].kind == kind)
			t->logs[i].data = rd_make(b.p, b.len);
	return true;
}

bool maatpm_join_logs(struct maatpm_attestation *t, struct arena *a, struct att_error *e)
{
	return join(t, TPM_LOG_TCG, a, e) && join(t, TPM_LOG_IMA, a, e);
}

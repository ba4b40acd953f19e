/* logs.c - the logs of one quote against its PCRs, and the facts that follow. spec: tpm-eventlog
 * §2.4, §3, §5 */
#include "lib/evidence/measuredboot/code.h"
#include "lib/evidence/measuredboot/parts.h"

/*
 * PCRs whose value is final when the log ends: a log that yields another value was changed, or is
 * of another boot.  The others may go on: systemd measures into 9, 11, 12, 13 and 15, IMA into 10,
 * anybody into 16 and 23; 17 to 22 belong to dynamic launches.  What differs there is not proven,
 * and gives no claim.
 */
#define FINAL_PCRS 0x0041FFU            /* 0 to 8, and 14, where shim measures the owner's keys */
#define EXIT_PCR 5                      /* where the firmware measures that it hands over */
#define SECUREBOOT_PCR 7
#define GROWING_PCR 9

static bool failed(const struct reading *r, size_t row, const char *expected, const char *found)
{
	return check_fail(r->c, row, expected, found);
}

static bool unreadable(const struct reading *r, size_t row, const struct att_error *why, const char *expected)
{
	if (tpm_is_fault(why))
		return att_fail(r->fault, why->code, "%s", why->text);
	return failed(r, row, expected, check_text(r->c, "%s", why->text));
}

/* The one log of a kind; NULL data: there is none. */
static bool log_of(const struct reading *r, const struct measuredboot_quote *q, enum tpm_log_kind kind,
    size_t row, struct rd *out, bool *there)
{
	size_t n = 0;

	for (size_t i = 0; i < q->nlogs; i++)
		if (q->logs[i].kind == kind) {
			*out = q->logs[i].data;
			n++;
		}
	*there = n > 0;
	return n <= 1 || failed(r, row, "one log of each kind", check_text(r->c, "%zu of them", n));
}

static const char *event_text(const struct reading *r, const struct eventlog *l, size_t event)
{
	const struct eventlog_event *ev = &l->events[event];

	return check_text(r->c, "event %zu (PCR %u, %s)", event, ev->pcr, eventlog_type(ev->type)->name);
}

/*
 * The bank that logs are replayed in.  SHA-256 before others, whatever is quoted beside it: it is
 * the bank that every firmware measures into; one that it leaves alone belongs to whoever runs
 * later.
 */
static bool choose_bank(const struct tpm_quoted *q, const struct eventlog *l, enum digest_alg *out)
{
	static const enum digest_alg order[] = { DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if ((q->acceptable >> order[i] & 1) && (!l || (l->banks >> order[i] & 1))) {
			*out = order[i];
			return true;
		}
	*out = q->best;
	return false;
}

/* Some logs end before the firmware handed over, and lack what it measured then. */
static uint32_t final_pcrs(const struct measuredboot_boot *b)
{
	bool is_cut = b->marked && (b->marks.quirks >> QUIRK_NO_EXIT & 1);

	return FINAL_PCRS & ~(is_cut ? 1U << EXIT_PCR : 0);
}

/* The first final PCR that the log does not yield, and where it goes wrong. */
static bool judge_replay(const struct reading *r, const struct measuredboot_boot *b)
{
	uint32_t wrong = b->replay.differs & final_pcrs(b);
	unsigned pcr = 0;
	size_t event;

	if (!wrong)
		return (b->replay.matched & FINAL_PCRS) ? check_pass(r->c, r->rows->replay) : true;
	while (!(wrong >> pcr & 1))
		pcr++;
	event = b->replay.divergence[pcr].event;
	return failed(r, r->rows->replay,
	    check_text(r->c, "PCR %u %s", pcr,
		check_text_hex(r->c, b->quoted.bank[b->bank].value[pcr], digest_len(b->bank))),
	    check_text(r->c, "%s from the log; %s%s%s",
		check_text_hex(r->c, b->replay.value[pcr], digest_len(b->bank)),
		eventlog_divergence_text(b->replay.divergence[pcr].kind), event == EVENTLOG_NONE ? "" : ": ",
		event == EVENTLOG_NONE ? "" : event_text(r, b->log, event)));
}

/* Data that its digest does not cover was edited, or was never what is measured: the log is not believed. */
static bool judge_cover(const struct reading *r, const struct measuredboot_boot *b)
{
	size_t event = b->secureboot.reason_event[SB_REASON_UNCOVERED];

	if (!(b->replay.matched >> SECUREBOOT_PCR & 1))
		return true;
	if (!(b->secureboot.reasons >> SB_REASON_UNCOVERED & 1))
		return check_pass(r->c, r->rows->covered);
	return failed(r, r->rows->covered, "a digest of the event's data",
	    check_text(r->c, "another digest at %s", event_text(r, b->log, event)));
}

static const char *revoked_text(const struct reading *r, const struct measuredboot_boot *b)
{
	const struct revoked *v = &b->revocation.v[0];
	const char *by = v->by == REVOKED_BY_OPERATOR_DBX ? "the operator's dbx" : "the measured dbx";

	if (v->is_image) {
		const struct boot_image *im = &b->chain.images[v->index];
		return check_text(r->c, "image %s (%s) in %s",
		    check_text_hex(r->c, rd_ptr(&im->digest), rd_left(&im->digest)),
		    *im->path ? im->path : "no path", by);
	}
	return check_text(r->c, "authority \"%s\" in %s",
	    b->secureboot.authorities[v->index].has_cert ? b->secureboot.authorities[v->index].cert.name :
							   "a digest",
	    by);
}

static bool judge_revocation(const struct reading *r, const struct measuredboot_boot *b)
{
	if (b->revocation.n > 0)
		return failed(r, r->rows->revoked, "images and authorities that no dbx names",
		    revoked_text(r, b));
	if (b->revocation.images_checked && b->chain.images_proven)
		check_pass(r->c, r->rows->revoked);
	return true;
}

static bool facts(const struct reading *r, struct measuredboot_boot *b)
{
	const struct att_reference *ref = r->t->tpm.reference;
	const struct siglist *dbx = ref && ref->has_dbx ? &ref->dbx : NULL;
	struct crypto *c = r->t->crypto;

	if (!eventlog_replay(b->log, &b->quoted.bank[b->bank], c, r->a, &b->replay, r->fault))
		return false;
	b->marked = b->log && !b->replay.no_bank;
	if (b->marked && !eventlog_mark(b->log, &b->replay, c, r->a, &b->marks, r->fault))
		return false;
	if (!secureboot_read(&b->replay, b->marked ? &b->marks : NULL, c, r->a, &b->secureboot, r->fault))
		return false;
	return !b->marked ||
	    (bootchain_read(&b->marks, &b->secureboot, r->a, &b->chain, r->fault) &&
		revocation_read(&b->marks, &b->secureboot, &b->chain, dbx, r->a, &b->revocation, r->fault) &&
		wbcl_read(&b->marks, r->a, &b->wbcl, r->fault));
}

static bool read_log(const struct reading *r, const struct measuredboot_quote *q, struct measuredboot_boot *b)
{
	struct att_error why = { 0 };
	struct eventlog *log;
	struct rd data;
	bool there;

	if (!log_of(r, q, TPM_LOG_TCG, r->rows->form, &data, &there))
		return false;
	if (there && !eventlog_parse(data, r->a, &log, &why))
		return unreadable(r, r->rows->form, &why, "a TCG event log");
	b->log = there ? log : NULL;
	(void)choose_bank(&b->quoted, b->log, &b->bank);
	if (!facts(r, b))
		return false;
	return !there || (check_pass(r->c, r->rows->form) && judge_replay(r, b) && judge_cover(r, b) &&
	    judge_revocation(r, b));
}

/*
 * boot_aggregate is of the PCRs as they were when the kernel began.  systemd goes on in PCR 9 later: then the
 * value that the log yields is the one to compare, which the entry in PCR 10 proves when it fits.
 */
static bool aggregate_at_start(
    const struct reading *r, const struct ima_entry *first, struct measuredboot_boot *b)
{
	struct pcr_bank *banks;

	if (!ima_boot_aggregate(first, b->quoted.bank, TPM_BANKS, r->t->crypto, &b->aggregate, r->fault))
		return false;
	if (b->aggregate != IMA_AGGREGATE_DIFFERS || !(b->replay.differs >> GROWING_PCR & 1))
		return true;
	banks = arena_memdup(r->a, b->quoted.bank, sizeof b->quoted.bank);
	if (!banks)
		return arena_fail(r->a, r->fault);
	bytes_copy(banks[b->bank].value[GROWING_PCR], b->replay.value[GROWING_PCR], digest_len(b->bank));
	return ima_boot_aggregate(first, banks, TPM_BANKS, r->t->crypto, &b->aggregate, r->fault);
}

static bool aggregate(const struct reading *r, struct measuredboot_boot *b)
{
	struct att_error why = { 0 };
	struct ima_list list;
	struct ima_entry first;
	bool more;

	if (!ima_open(b->ima_list, r->a, &list, &why) || !ima_next(&list, &first, &more, &why))
		return unreadable(r, r->rows->ima_form, &why, "an IMA measurement list");
	if (!more || b->ima.prefix == 0)
		return true;
	if (!aggregate_at_start(r, &first, b))
		return false;
	if (b->aggregate == IMA_AGGREGATE_DIFFERS)
		return failed(r, r->rows->ima_aggregate, "boot_aggregate of the quoted PCRs",
		    ima_aggregate_text(b->aggregate));
	if (b->aggregate == IMA_AGGREGATE_MATCHES_10 || b->aggregate == IMA_AGGREGATE_MATCHES_8)
		check_pass(r->c, r->rows->ima_aggregate);
	return true;
}

static bool replay_ima(const struct reading *r, const struct pcr_bank *bank, struct measuredboot_boot *b,
    struct att_error *why)
{
	if (r->code)
		return code_replay(b->ima_list, bank, r->t, r->a, &b->ima, r->code, why);
	return !pcr_given(bank, IMA_PCR) ||
	    ima_replay(b->ima_list, bank, IMA_PCR, r->t->crypto, r->a, &b->ima, why);
}

/* A list grows while the machine runs: the quote is of a beginning of it. */
static bool read_ima(const struct reading *r, const struct measuredboot_quote *q, struct measuredboot_boot *b)
{
	const struct pcr_bank *bank = &b->quoted.bank[b->bank];
	struct att_error why = { 0 };

	if (!log_of(r, q, TPM_LOG_IMA, r->rows->ima_form, &b->ima_list, &b->has_ima))
		return false;
	if (!b->has_ima)
		return true;
	if (!replay_ima(r, bank, b, &why))
		return unreadable(r, r->rows->ima_form, &why, "an IMA measurement list");
	if (!pcr_given(bank, IMA_PCR))
		return true;
	check_pass(r->c, r->rows->ima_form);
	if (!b->ima.matched)
		return failed(r, r->rows->ima_replay,
		    check_text(r->c, "PCR 10 %s after some entry",
			check_text_hex(r->c, bank->value[IMA_PCR], digest_len(b->bank))),
		    check_text(r->c, "none of the beginnings of %zu entries yields it", b->ima.entries));
	check_pass(r->c, r->rows->ima_replay);
	return aggregate(r, b);
}

bool boot_read(const struct reading *r, const struct measuredboot_quote *q, struct measuredboot_boot *b)
{
	return read_log(r, q, b) && read_ima(r, q, b);
}

/* attest.c - TPMS_ATTEST and TPML_PCR_SELECTION (TPM 2.0 Part 2 sections 10.12 and 10.9.7). */
#include "lib/evidence/tpm/parts.h"

#define WHAT "tpm attest"
#define SELECT_MAX 4                    /* bytes of a PCR bitmap (PCR_SELECT_MAX, with room) */

/* TPMS_PCR_SELECTION: hash, sizeofSelect, bitmap. */
static bool selection_bank(struct rd *in, struct tpm_selection_bank *b, struct att_error *e)
{
	uint8_t size, octet;

	if (!rd_be16(in, &b->hash) || !rd_u8(in, &size))
		return tpm_short(e, WHAT, "pcrSelection", in);
	if (size > SELECT_MAX)
		return att_fail(e, ATT_E_LIMIT, WHAT ": sizeofSelect %u at offset %zu, at most %d", size,
		    rd_off(in) - 1, SELECT_MAX);
	for (unsigned i = 0; i < size; i++) {
		if (!rd_u8(in, &octet))
			return tpm_short(e, WHAT, "pcrSelect", in);
		b->mask |= (uint32_t)octet << 8 * i;
	}
	if (b->mask >> PCR_COUNT)
		return att_fail(e, ATT_E_UNSUPPORTED, WHAT ": a PCR past %d is selected before offset %zu",
		    PCR_COUNT - 1, rd_off(in));
	b->known = tpm_hash(b->hash, &b->alg);
	return true;
}

bool tpm_selection_parse(struct rd *in, struct tpm_selection *out, struct att_error *e)
{
	struct tpm_selection t = { 0 };
	struct rd r = *in;
	uint32_t count;

	if (!rd_be32(&r, &count))
		return tpm_short(e, WHAT, "pcrSelection count", &r);
	if (count > TPM_BANKS_MAX)
		return att_fail(e, ATT_E_LIMIT, WHAT ": %u PCR selections at offset %zu, at most %d", count,
		    rd_off(&r) - 4, TPM_BANKS_MAX);
	for (; t.n < count; t.n++)
		if (!selection_bank(&r, &t.bank[t.n], e))
			return false;
	*in = r;
	*out = t;
	return true;
}

static bool clock_info(struct rd *in, struct tpm_clock *c, struct att_error *e)
{
	uint8_t safe;

	if (!rd_be64(in, &c->clock_ms) || !rd_be32(in, &c->reset_count) || !rd_be32(in, &c->restart_count) ||
	    !rd_u8(in, &safe))
		return tpm_short(e, WHAT, "clockInfo", in);
	if (safe > 1)
		return att_fail(e, ATT_E_BAD_FORMAT, WHAT ": clockInfo.safe is %u at offset %zu, want 0 or 1",
		    safe, rd_off(in) - 1);
	c->safe = safe;
	return true;
}

static bool body_quote(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	return tpm_selection_parse(in, &t->selection, e) &&
	    tpm_take_2b(in, WHAT, "pcrDigest", DIGEST_MAX, &t->digest, e);
}

static bool body_certify(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	return tpm_take_2b(in, WHAT, "name", TPM_NAME_MAX, &t->name, e) &&
	    tpm_take_2b(in, WHAT, "qualifiedName", TPM_NAME_MAX, &t->qualified_name, e);
}

static bool body_creation(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	return tpm_take_2b(in, WHAT, "objectName", TPM_NAME_MAX, &t->name, e) &&
	    tpm_take_2b(in, WHAT, "creationHash", DIGEST_MAX, &t->digest, e);
}

/* TPMS_TIME_INFO repeats the clock, and then the firmware version. */
static bool body_time(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	struct tpm_clock again = { 0 };
	uint64_t version;

	if (!rd_be64(in, &t->time_ms))
		return tpm_short(e, WHAT, "time", in);
	if (!clock_info(in, &again, e))
		return false;
	return rd_be64(in, &version) || tpm_short(e, WHAT, "time firmwareVersion", in);
}

static bool body_nv(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	uint16_t offset;

	if (!tpm_take_2b(in, WHAT, "indexName", TPM_NAME_MAX, &t->name, e))
		return false;
	if (!rd_be16(in, &offset))
		return tpm_short(e, WHAT, "offset", in);
	return tpm_take_2b(in, WHAT, "nvContents", TPM_ATTEST_MAX, &t->nv_contents, e);
}

static bool body_session_audit(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	uint8_t exclusive;

	if (!rd_u8(in, &exclusive))
		return tpm_short(e, WHAT, "exclusiveSession", in);
	return tpm_take_2b(in, WHAT, "sessionDigest", DIGEST_MAX, &t->digest, e);
}

static bool body_command_audit(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	struct rd command;
	uint64_t counter;
	uint16_t alg;

	if (!rd_be64(in, &counter) || !rd_be16(in, &alg))
		return tpm_short(e, WHAT, "auditCounter", in);
	return tpm_take_2b(in, WHAT, "auditDigest", DIGEST_MAX, &t->digest, e) &&
	    tpm_take_2b(in, WHAT, "commandDigest", DIGEST_MAX, &command, e);
}

static const struct {
	enum tpm_st type;
	bool (*body)(struct rd *in, struct tpm_attest *t, struct att_error *e);
} bodies[] = {
	{ TPM_ST_QUOTE, body_quote },
	{ TPM_ST_CERTIFY, body_certify },
	{ TPM_ST_CREATION, body_creation },
	{ TPM_ST_TIME, body_time },
	{ TPM_ST_NV, body_nv },
	{ TPM_ST_SESSION_AUDIT, body_session_audit },
	{ TPM_ST_COMMAND_AUDIT, body_command_audit },
};

static bool attested(struct rd *in, struct tpm_attest *t, struct att_error *e)
{
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		if (bodies[i].type == t->type)
			return bodies[i].body(in, t, e);
	return att_fail(
	    e, ATT_E_UNSUPPORTED, WHAT ": type 0x%04x at offset 4 is none that TPMs sign", t->type);
}

bool tpm_attest_parse(struct rd in, struct tpm_attest *out, struct att_error *e)
{
	struct tpm_attest t = { .raw = in };

	if (rd_left(&in) > TPM_ATTEST_MAX)
		return att_fail(e, ATT_E_LIMIT, WHAT ": %zu bytes, at most %d", rd_left(&in), TPM_ATTEST_MAX);
	if (!rd_be32(&in, &t.magic) || !rd_be16(&in, &t.type))
		return tpm_short(e, WHAT, "magic or type", &in);
	if (!tpm_take_2b(&in, WHAT, "qualifiedSigner", TPM_NAME_MAX, &t.qualified_signer, e) ||
	    !tpm_take_2b(&in, WHAT, "extraData", TPM_NONCE_MAX, &t.extra_data, e) ||
	    !clock_info(&in, &t.clock, e))
		return false;
	if (!rd_be64(&in, &t.firmware_version))
		return tpm_short(e, WHAT, "firmwareVersion", &in);
	if (!attested(&in, &t, e) || !tpm_end(&in, WHAT, e))
		return false;
	*out = t;
	return true;
}

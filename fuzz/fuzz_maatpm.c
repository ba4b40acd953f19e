/*
 * Property: a message of the Tpm protocol parses within a memory that its length bounds, or sets an
 * error; what it says keeps its limits, and the exact bytes of keys lie within the payload.  The first
 * byte chooses what the rest is: a message, the payload of a JWS (by version), or a platform claim.
 */
#include <assert.h>

#include "lib/base/base64.h"
#include "lib/evidence/maatpm/maatpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const headers[] = { "{\"alg\":\"PS256\",\"typ\":\"attReq\"}",
	"{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}" };

static struct rd jws_around(struct arena *a, const char *header, struct rd payload)
{
	struct rd h = rd_make(header, __builtin_strlen(header));
	char *s = arena_printf(a, "%s.%s.", b64_encode_arena(B64_URL, a, rd_ptr(&h), rd_left(&h)),
	    b64_encode_arena(B64_URL, a, rd_ptr(&payload), rd_left(&payload)));

	assert(s);
	return rd_make(s, __builtin_strlen(s));
}

static void check_message(const struct maatpm_evidence *ev)
{
	const struct rd *jwk = &ev->request_key.jwk_text;
	const uint8_t *payload = ev->payload.jws.payload;

	if (ev->file)
		return;
	assert(ev->nother_keys <= MAATPM_OTHER_KEYS_MAX && ev->custom.n <= MAATPM_CUSTOM_CLAIMS_MAX);
	assert(ev->now.nlogs <= MAATPM_LOGS_MAX && ev->now.nbanks <= TPM_BANKS);
	assert(rd_ptr(jwk) >= payload &&
	    rd_ptr(jwk) + rd_left(jwk) <= payload + ev->payload.jws.payload_len);
	assert(*rd_ptr(jwk) == '{' && rd_ptr(jwk)[rd_left(jwk) - 1] == '}' &&
	    ev->payload.vbs == !!ev->vbs_report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(((size_t)2 << 20) + 64 * size);
	struct rd in = rd_make(data + !!size, size - !!size);
	unsigned kind = size ? data[0] % 4 : 0;
	struct maatpm_attestation claim = { 0 };
	struct maatpm_evidence *ev = NULL;
	struct att_error e = { 0 };
	bool ok;

	(void)maatpm_recognise(in);
	in = kind == 1 || kind == 2 ? jws_around(a, headers[kind - 1], in) : in;
	ok = kind == 3 ? maatpm_statement_parse(in, &claim, &e) : maatpm_evidence_parse(in, a, &ev, &e);
	assert(ok == (e.code == ATT_E_OK) && e.code != ATT_E_NOMEM && e.code != ATT_E_INTERNAL);
	if (ok && kind != 3)
		check_message(ev);
	arena_free(a);
	return 0;
}

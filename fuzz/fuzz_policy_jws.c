/*
 * fuzz_policy_jws.c - what operators send: policies, resets, certificates (lib/attest/manage.c).
 *
 * Property: the registered certificate's key is gone, so at an Isolated provider nothing passes but
 * what it signed before: one text and that certificate; an error is set exactly when the answer is no.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/rd.h"
#include "libattest/manage.h"

static const char registered[] =
    "MIIBUzCB+qADAgECAhRKJRZ2uH10E7iLJwC9qJYI/NPMITAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARmdXp6MCAXDTI2MTEyNDIw"
    "NTIxOFoYDzIxMjYxMDMxMjA1MjE4WjAPMQ0wCwYDVQQDDARmdXp6MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtPOS9AF01vUt"
    "isTXp5dyiZND0NMXVd4u2s8Vp/CnczBVgyUtrmMYP3VzUSP32H1uKQ2WzPVlh+DQNJ569oFNJqMyMDAwDwYDVR0TAQH/BAUwAwEB"
    "/zAdBgNVHQ4EFgQUHKdKkV7lovq19FH1U1935hPFIY0wCgYIKoZIzj0EAwIDSAAwRQIgJOMbayw9s+MU8DyGcdKPNutR6MCV1czB"
    "RgyfcC1dhS4CIQDSSNYbFxapCyOwFCpG5vdFiLU9t/hTjpdzKCeFf5eDpA==";
static const char permit[] = "version= 1.0;authorizationrules{=> permit();};";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static bool is(struct att_bytes found, const void *want, size_t n)
{
	return !found.data || (found.len == n && bytes_equal(found.data, want, n));
}

static void judge(struct att_bytes body, const struct att_statement_rules *r)
{
	struct att_statement *s = NULL;
	struct att_error e = { 0 };
	bool ok = att_statement_judge(body, r, &s, &e);

	assert(ok == (e.code == ATT_E_OK) && ok == (s != NULL));
	if (ok && r->signature_required) {
		assert(s->signer_json && s->jws.len && s->jws.data[s->jws.len - 1] != '.');
		assert(is(s->text, permit, sizeof permit - 1));
		assert(is(s->certificate, r->registered[0].data, r->registered[0].len));
		assert(!r->fresh || (s->jti && *s->jti));
	}
	att_statement_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t der[1024];
	static struct att_bytes cert = { der, 0 };

	assert(cert.len || b64_decode(B64_STD, registered, sizeof registered - 1, der, &cert.len, NULL));
	for (unsigned i = 0; i < 12; i++) {
		struct att_statement_rules r = { .kind = (enum att_statement_kind)(i % 3),
			.signature_required = i >= 6, .fresh = i >= 6 && i % 2, .may_be_absent = i % 2,
			.registered = &cert, .nregistered = 1, .target = "policies/Tpm",
			.now_s = 1700000000 };
		judge((struct att_bytes){ data, size }, &r);
	}
	return 0;
}

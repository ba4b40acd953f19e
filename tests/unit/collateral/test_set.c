#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/time.h"
#include "lib/crypto/der.h"
#include "tests/unit/collateral/kit.h"

#define DAY INT64_C(86400)
#define TCB_KEY "SGX-" KIT_FMSPC

static struct kit k;

static const struct collateral_item *find(enum collateral_kind kind, const char *key, int64_t now_s)
{
	const struct collateral_query q = { .kind = kind, .key = key, .now_s = now_s };

	return collateral_find(&k.set, &q);
}

static void add(const struct json *doc)
{
	CHECK_OK(kit_add(&k, doc), &k.e);
}

static void a_document_is_good(void **state)
{
	static const struct { enum collateral_kind kind; const char *key; } rows[] = {
		{ COLLATERAL_TCB_INFO, TCB_KEY }, { COLLATERAL_QE_IDENTITY, "QE" },
		{ COLLATERAL_PCK_CRL, "platform" }, { COLLATERAL_ROOT_CRL, "root" },
	};

	(void)state;
	kit_reset(&k);
	add(kit_document(&k));
	assert_int_equal(k.set.nitems, 4);
	/* Nothing is good before it is proved. */
	assert_int_not_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_GOOD);
	kit_prove(&k);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct collateral_item *item = find(rows[i].kind, rows[i].key, KIT_NOW);

		assert_non_null(item);
		assert_int_equal(item->source, 3);
		assert_true(item->proof.simulated);
		assert_int_equal(kit_fault(&k, rows[i].kind, rows[i].key, KIT_NOW), COLLATERAL_GOOD);
	}
	assert_int_equal(find(COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW)->evaluation, 20);
	assert_null(find(COLLATERAL_TCB_INFO, "TDX-" KIT_FMSPC, KIT_NOW));
	assert_null(find(COLLATERAL_QE_IDENTITY, "TD_QE", KIT_NOW));
	assert_null(find(COLLATERAL_PCK_CRL, "processor", KIT_NOW));
	assert_string_equal(collateral_fmspc_key(k.a, PCS_SGX,
		find(COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW)->tcb_info->fmspc), TCB_KEY);
}

static void answers_are_kept_as_received(void **state)
{
	const char *body = kit_qeid(k.a, "QE"), *hex = kit_hex_signature(&k, TCB_SIGNING, body);
	const char *raw = arena_printf(k.a, " {\"signature\" : \"%s\",\n \"enclaveIdentity\": %s } ",
	    hex, body);
	const struct collateral_item *item;

	(void)state;
	kit_reset(&k);
	CHECK_OK(kit_add_text(&k, raw), &k.e);
	CHECK_OK(kit_add_text(&k, kit_pem(&k, TCB_SIGNING, ROOT)), &k.e);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_QE_IDENTITY, "QE", KIT_NOW), COLLATERAL_GOOD);
	item = find(COLLATERAL_QE_IDENTITY, "QE", KIT_NOW);
	assert_int_equal(rd_left(&item->body), strlen(body));
	assert_memory_equal(rd_ptr(&item->body), body, strlen(body));
	/* White space around the answer is not part of it. */
	assert_int_equal(rd_left(&item->answer), strlen(raw) - 2);
	/* From the normalised form it is put together as the service sends it. */
	kit_reset(&k);
	add(kit_group(&k, json_object(k.a), "qe_identity", body, TCB_SIGNING, kit_pem(&k, TCB_SIGNING,
	    ROOT)));
	item = find(COLLATERAL_QE_IDENTITY, "QE", KIT_NOW);
	raw = arena_printf(k.a, "{\"enclaveIdentity\":%s,\"signature\":\"", body);
	assert_memory_equal(rd_ptr(&item->answer), raw, strlen(raw));
	assert_int_equal(rd_left(&item->answer), strlen(raw) + 130);
	assert_true(rd_left(&item->chain_text) > 100);
}

static void pieces_may_come_singly(void **state)
{
	struct rd crl = kit_crl(&k, PLATFORM_CA, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY);
	struct rd root_crl = kit_crl(&k, ROOT, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY);
	const char *hex = hex_arena(k.a, rd_ptr(&root_crl), rd_left(&root_crl));
	uint8_t *with_nul = arena_alloc(k.a, rd_left(&crl) + 2);
	size_t n;
	const uint8_t *der = x509_der(k.p[PLATFORM_CA].cert, &n);

	(void)state;
	kit_reset(&k);
	bytes_copy(with_nul, rd_ptr(&crl), rd_left(&crl));
	CHECK_OK(collateral_set_add(&k.set, rd_make(with_nul, rd_left(&crl) + 1), 0, &k.e), &k.e);
	CHECK_ERR(collateral_set_add(&k.set, rd_make(with_nul, rd_left(&crl) + 2), 0, &k.e), &k.e,
	    ATT_E_BAD_FORMAT,
	    "2 bytes behind the end");
	CHECK_OK(kit_add_text(&k, arena_printf(k.a, "%s\n", hex)), &k.e);
	CHECK_OK(collateral_set_add(&k.set, rd_make(der, n), 0, &k.e), &k.e);
	CHECK_OK(kit_add_text(&k, kit_pem(&k, TCB_SIGNING, ROOT)), &k.e);
	/* The same again adds nothing. */
	CHECK_OK(collateral_set_add(&k.set, root_crl, 1, &k.e), &k.e);
	CHECK_OK(kit_add_text(&k, kit_pem(&k, TCB_SIGNING, ROOT)), &k.e);
	assert_int_equal(k.set.nitems, 2);
	assert_int_equal(k.set.certs.n, 3);
	CHECK_OK(kit_add_text(&k, arena_printf(k.a, "{\"tcbEvaluationDataNumbers\":%s,\"signature\":\"%s\"}",
		kit_numbers(), kit_hex_signature(&k, TCB_SIGNING, kit_numbers()))), &k.e);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_PCK_CRL, "platform", KIT_NOW), COLLATERAL_GOOD);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW), COLLATERAL_GOOD);
	assert_int_equal(kit_fault(&k, COLLATERAL_NUMBERS, "SGX", KIT_NOW), COLLATERAL_GOOD);
	assert_ptr_equal(collateral_pck_crl(&k.set, k.p[PLATFORM_CA].cert, KIT_NOW),
	    find(COLLATERAL_PCK_CRL, NULL, KIT_NOW));
	assert_null(collateral_pck_crl(&k.set, k.p[PROCESSOR_CA].cert, KIT_NOW));
	assert_ptr_equal(collateral_root_crl(&k.set, k.p[ROOT].cert, KIT_NOW),
	    find(COLLATERAL_ROOT_CRL, NULL, KIT_NOW));
	assert_null(collateral_root_crl(&k.set, k.p[ROGUE_ROOT].cert, KIT_NOW));
}

/* Who signs a TCB Info, with which chain; what is wrong with it. */
static void signers_are_judged(void **state)
{
	static const struct {
		enum kit_party signer, leaf, root;
		enum collateral_fault fault;
		const char *text;
	} rows[] = {
		{ TCB_SIGNING, TCB_SIGNING, ROOT, COLLATERAL_GOOD, "" },
		/* A1: signed by another key, under the genuine chain */
		{ ROGUE_SIGNING, TCB_SIGNING, ROOT, COLLATERAL_SIGNATURE, "" },
		{ ROGUE_SIGNING, ROGUE_SIGNING, ROGUE_ROOT, COLLATERAL_ROOT, "not Intel's" },
		{ ROGUE_SIGNING, ROGUE_SIGNING, ROOT, COLLATERAL_SIGNER, "" },
		{ TCB_SIGNING, TCB_SIGNING, ROGUE_ROOT, COLLATERAL_ROOT, "not Intel's" },
		{ PLATFORM_CA, PLATFORM_CA, ROOT, COLLATERAL_SIGNER,
		    "no certificate \"Intel SGX TCB Signing\"" },
		{ PCK_LEAF, PCK_LEAF, ROOT, COLLATERAL_SIGNER, "no certificate \"Intel SGX TCB Signing\"" },
		{ SUB_SIGNING, SUB_SIGNING, ROOT, COLLATERAL_SIGNER,
		    "issuer is \"Intel SGX PCK Platform CA\"" },
		{ CA_SIGNING, CA_SIGNING, ROOT, COLLATERAL_SIGNER, "no certificate" },
		{ ROOT, ROOT, ROOT, COLLATERAL_SIGNER, "no certificate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *chain = kit_pem(&k, rows[i].leaf, rows[i].root);

		kit_reset(&k);
		add(kit_group(&k, kit_group(&k, json_object(k.a), "tcb_info", kit_tcbinfo(k.a, PCS_SGX),
			rows[i].signer, chain), "qe_identity", kit_qeid(k.a, "QE"), rows[i].signer, chain));
		kit_prove(&k);
		assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), rows[i].fault);
		assert_int_equal(kit_fault(&k, COLLATERAL_QE_IDENTITY, "QE", KIT_NOW), rows[i].fault);
		assert_non_null(strstr(k.e.text, rows[i].text));
	}
}

static void bytes_count_not_values(void **state)
{
	const char *body = kit_tcbinfo(k.a, PCS_SGX);
	struct json *doc;

	(void)state;
	kit_reset(&k);
	doc = kit_group(&k, json_object(k.a), "tcb_info", body, TCB_SIGNING, kit_pem(&k, TCB_SIGNING, ROOT));
	json_put(k.a, doc, "tcb_info", json_string(k.a, kit_replace(k.a, body, "\"version\":",
	    "\"version\": ")));
	add(doc);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_SIGNATURE);
}

static void without_anchor_nothing_holds(void **state)
{
	(void)state;
	kit_reset(&k);
	add(kit_document(&k));
	CHECK_OK(collateral_set_prove(&k.set, NULL, &k.e), &k.e);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_ROOT);
	assert_int_equal(kit_fault(&k, COLLATERAL_QE_IDENTITY, "QE", KIT_NOW), COLLATERAL_ROOT);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW), COLLATERAL_ROOT);
	assert_int_equal(kit_fault(&k, COLLATERAL_PCK_CRL, "platform", KIT_NOW), COLLATERAL_ROOT);
	assert_null(collateral_root_crl(&k.set, k.p[ROOT].cert, KIT_NOW));
}

/* An anchor that is no root, and a root with the pinned name only. */
static void an_anchor_must_be_a_root(void **state)
{
	struct x509_bundle anchors = { 0 };

	(void)state;
	kit_reset(&k);
	CHECK_OK(x509_bundle_add(&anchors, k.p[TCB_SIGNING].cert, &k.e), &k.e);
	CHECK_OK(x509_bundle_add(&anchors, k.p[PLATFORM_CA].cert, &k.e), &k.e);
	add(kit_document(&k));
	CHECK_OK(collateral_set_prove(&k.set, &anchors, &k.e), &k.e);
	x509_bundle_clear(&anchors);
	assert_int_equal(k.set.nroots, 0);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_ROOT);
}

/* The right key under a certificate that this key did not sign: its dates and constraints are anybody's. */
static void a_root_must_have_signed_itself(void **state)
{
	struct x509_bundle anchors = { 0 };

	(void)state;
	kit_reset(&k);
	CHECK_OK(x509_bundle_add(&anchors, k.p[FORGED_ROOT].cert, &k.e), &k.e);
	add(kit_group(&k, json_object(k.a), "qe_identity", kit_qeid(k.a, "QE"), TCB_SIGNING,
	    kit_pem(&k, TCB_SIGNING, FORGED_ROOT)));
	CHECK_OK(collateral_set_prove(&k.set, &anchors, &k.e), &k.e);
	x509_bundle_clear(&anchors);
	assert_int_equal(k.set.nroots, 0);
	assert_int_equal(kit_fault(&k, COLLATERAL_QE_IDENTITY, "QE", KIT_NOW), COLLATERAL_ROOT);
}

static void a_root_must_be_valid_too(void **state)
{
	struct x509_bundle anchors = { 0 };

	(void)state;
	kit_reset(&k);
	CHECK_OK(x509_bundle_add(&anchors, k.p[SHORT_ROOT].cert, &k.e), &k.e);
	add(kit_group(&k, json_object(k.a), "qe_identity", kit_qeid(k.a, "QE"), SHORT_SIGNING,
	    kit_pem(&k, SHORT_SIGNING, SHORT_ROOT)));
	CHECK_OK(collateral_set_prove(&k.set, &anchors, &k.e), &k.e);
	x509_bundle_clear(&anchors);
	assert_int_equal(kit_fault(&k, COLLATERAL_QE_IDENTITY, "QE", KIT_NOW - 11 * DAY), COLLATERAL_GOOD);
	assert_int_equal(kit_fault(&k, COLLATERAL_QE_IDENTITY, "QE", KIT_NOW), COLLATERAL_SIGNER_DATES);
}

/* An empty list of the root without extensions, properly signed. */
static struct buf numberless_crl(void)
{
	static const uint8_t alg[] = { 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };
	struct buf tbs = buf_make(k.a), list = buf_make(k.a), signature = buf_make(k.a), out = buf_make(k.a);
	struct rd name = x509_subject_der(k.p[ROOT].cert);
	struct buf tbs_whole = buf_make(k.a), sig_whole = buf_make(k.a);
	uint8_t sig[SIG_MAX];
	size_t n;

	der_put_u64(&tbs, 1);
	der_put(&tbs, DER_SEQUENCE, alg, sizeof alg);
	buf_put(&tbs, rd_ptr(&name), rd_left(&name));
	der_put(&tbs, DER_UTCTIME, "260531000000Z", 13);
	der_put(&tbs, DER_UTCTIME, "260602000000Z", 13);
	der_put_buf(&tbs_whole, DER_SEQUENCE, &tbs);
	CHECK_OK(sig_sign(k.c, k.p[ROOT].priv, SIG_ECDSA_P256_SHA256, rd_make(tbs_whole.p,
	    tbs_whole.len), sig, &n,
		&k.e), &k.e);
	der_put_uint(&signature, sig, 32);
	der_put_uint(&signature, sig + 32, 32);
	der_put_buf(&sig_whole, DER_SEQUENCE, &signature);
	buf_put(&list, tbs_whole.p, tbs_whole.len);
	der_put(&list, DER_SEQUENCE, alg, sizeof alg);
	der_put_bits(&list, sig_whole.p, sig_whole.len);
	der_put_buf(&out, DER_SEQUENCE, &list);
	assert_false(out.failed);
	return out;
}

/* Without its number, going backwards could not be noticed. */
static void a_list_must_have_a_number(void **state)
{
	struct buf crl;

	(void)state;
	kit_reset(&k);
	crl = numberless_crl();
	CHECK_OK(collateral_set_add(&k.set, rd_make(crl.p, crl.len), 0, &k.e), &k.e);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW), COLLATERAL_FORM);
	assert_non_null(strstr(k.e.text, "no CRL number"));
	assert_null(collateral_root_crl(&k.set, k.p[ROOT].cert, KIT_NOW));
}

static void dates_are_judged(void **state)
{
	int64_t issued, next;

	(void)state;
	kit_reset(&k);
	add(kit_document(&k));
	kit_prove(&k);
	CHECK_OK(time_parse_rfc3339("2026-05-20T00:00:00Z", 20, &issued, &k.e), &k.e);
	CHECK_OK(time_parse_rfc3339("2026-06-19T00:00:00Z", 20, &next, &k.e), &k.e);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, issued - 1), COLLATERAL_EARLY);
	assert_non_null(strstr(k.e.text, "tcb-info SGX-00aa11000000: issued only at 2026-05-20T00:00:00Z"));
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, issued), COLLATERAL_GOOD);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, next), COLLATERAL_GOOD);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, next + 1), COLLATERAL_EXPIRED);
	assert_non_null(strstr(k.e.text, "expired at 2026-06-19T00:00:00Z, it is 2026-06-19T00:00:01Z"));
	assert_int_equal(kit_fault(&k, COLLATERAL_QE_IDENTITY, "QE", next + 1), COLLATERAL_EXPIRED);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW + DAY + 1), COLLATERAL_EXPIRED);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW - DAY - 1), COLLATERAL_EARLY);
	assert_int_equal(kit_fault(&k, COLLATERAL_PCK_CRL, "platform", KIT_NOW + DAY + 1),
	    COLLATERAL_EXPIRED);
	/* The signing certificate's own dates come first. */
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW - 101 * DAY),
	    COLLATERAL_SIGNER_DATES);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW + 901 * DAY),
	    COLLATERAL_SIGNER_DATES);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW - 901 * DAY),
	    COLLATERAL_SIGNER_DATES);
}

/* A list without nextUpdate never expires, so it is never good. */
static void a_list_must_expire(void **state)
{
	(void)state;
	kit_reset(&k);
	CHECK_OK(collateral_set_add(&k.set, kit_crl(&k, ROOT, NPARTIES, KIT_NOW - DAY, 0), 0, &k.e), &k.e);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW), COLLATERAL_EXPIRED);
	assert_non_null(strstr(k.e.text, "without nextUpdate"));
}

/* The same key certified twice: whichever certificate is valid at the time. */
static void a_key_may_be_certified_anew(void **state)
{
	const char *body = kit_replace(k.a, kit_tcbinfo(k.a, PCS_SGX), "2026-05-20", "2024-01-01");
	const char *raw = arena_printf(k.a, "{\"tcbInfo\":%s,\"signature\":\"%s\"}", body,
	    kit_hex_signature(&k, TCB_SIGNING, body));

	(void)state;
	for (int both = 0; both < 2; both++) {
		kit_reset(&k);
		CHECK_OK(kit_add_text(&k, raw), &k.e);
		CHECK_OK(kit_add_text(&k, kit_pem(&k, OLD_SIGNING, ROOT)), &k.e);
		if (both)
			CHECK_OK(kit_add_text(&k, kit_pem(&k, TCB_SIGNING, ROOT)), &k.e);
		kit_prove(&k);
		assert_int_equal(find(COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW)->proof.nsigners, 1 + both);
		assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW - 200 * DAY),
		    COLLATERAL_GOOD);
		assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW),
		    both ? COLLATERAL_GOOD : COLLATERAL_SIGNER_DATES);
	}
}

static void revoked_signers_are_refused(void **state)
{
	struct json *doc = kit_document(&k);

	(void)state;
	/* A6 */
	kit_reset(&k);
	kit_crl_member(&k, doc, "root_ca_crl", kit_crl(&k, ROOT, TCB_SIGNING, KIT_NOW - DAY, KIT_NOW + DAY));
	add(doc);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_SIGNER_REVOKED);
	assert_non_null(strstr(k.e.text, "Intel SGX TCB Signing"));
	assert_int_equal(kit_fault(&k, COLLATERAL_PCK_CRL, "platform", KIT_NOW), COLLATERAL_GOOD);
	kit_reset(&k);
	kit_crl_member(&k, doc, "root_ca_crl", kit_crl(&k, ROOT, PLATFORM_CA, KIT_NOW - DAY, KIT_NOW + DAY));
	add(doc);
	/* A later list without the entry does not take the revocation back. */
	CHECK_OK(collateral_set_add(&k.set, kit_crl(&k, ROOT, NPARTIES, KIT_NOW, KIT_NOW + DAY), 0,
	    &k.e), &k.e);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_GOOD);
	assert_int_equal(kit_fault(&k, COLLATERAL_PCK_CRL, "platform", KIT_NOW), COLLATERAL_SIGNER_REVOKED);
	assert_true(collateral_root_revokes(&k.set, k.p[ROOT].cert, k.p[PLATFORM_CA].cert));
	assert_false(collateral_root_revokes(&k.set, k.p[ROOT].cert, k.p[PROCESSOR_CA].cert));
	assert_false(collateral_root_revokes(&k.set, k.p[ROGUE_ROOT].cert, k.p[PLATFORM_CA].cert));
	assert_int_equal(collateral_root_crl(&k.set, k.p[ROOT].cert, KIT_NOW)->issue_date_s, KIT_NOW);
}

/* A list with the root's name by another key neither counts nor revokes. */
static void a_strangers_list_does_not_count(void **state)
{
	(void)state;
	kit_reset(&k);
	CHECK_OK(collateral_set_add(&k.set, kit_crl(&k, ROGUE_ROOT, TCB_SIGNING, KIT_NOW - DAY,
	    KIT_NOW + DAY), 0,
		&k.e), &k.e);
	CHECK_OK(kit_add_text(&k, kit_pem(&k, TCB_SIGNING, ROOT)), &k.e);
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, "root", KIT_NOW), COLLATERAL_SIGNATURE);
	assert_null(collateral_root_crl(&k.set, k.p[ROOT].cert, KIT_NOW));
	assert_false(collateral_root_revokes(&k.set, k.p[ROOT].cert, k.p[TCB_SIGNING].cert));
}

/* A list in a place that is not its own does not get another meaning. */
static void a_list_in_the_wrong_place(void **state)
{
	struct rd root = kit_crl(&k, ROOT, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY);
	struct rd pck = kit_crl(&k, PLATFORM_CA, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY);
	struct json *doc = kit_crl_member(&k, json_object(k.a), "pck_crl", root);

	(void)state;
	kit_reset(&k);
	kit_crl_member(&k, doc, "root_ca_crl", pck);
	json_put(k.a, doc, "pck_crl_issuer_chain", json_string(k.a, kit_pem(&k, PLATFORM_CA, ROOT)));
	add(doc);
	kit_prove(&k);
	assert_null(find(COLLATERAL_PCK_CRL, "platform", KIT_NOW));
	assert_int_equal(kit_fault(&k, COLLATERAL_PCK_CRL, COLLATERAL_CN_ROOT, KIT_NOW), COLLATERAL_SIGNER);
	assert_int_equal(kit_fault(&k, COLLATERAL_ROOT_CRL, NULL, KIT_NOW), COLLATERAL_SIGNER);
	assert_null(collateral_root_crl(&k.set, k.p[ROOT].cert, KIT_NOW));
	assert_null(collateral_pck_crl(&k.set, k.p[PLATFORM_CA].cert, KIT_NOW));
}

static void pck_lists_need_their_ca(void **state)
{
	struct rd processor = kit_crl(&k, PROCESSOR_CA, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY);
	struct json *doc = kit_document(&k);

	(void)state;
	/* A5, A6: the list of the other CA */
	kit_reset(&k);
	kit_crl_member(&k, doc, "pck_crl", processor);
	add(doc);
	CHECK_OK(collateral_set_add(&k.set, kit_crl(&k, TCB_SIGNING, NPARTIES, KIT_NOW - DAY,
	    KIT_NOW + DAY), 0,
		&k.e), &k.e);
	kit_prove(&k);
	assert_null(collateral_pck_crl(&k.set, k.p[PLATFORM_CA].cert, KIT_NOW));
	assert_int_equal(kit_fault(&k, COLLATERAL_PCK_CRL, "processor", KIT_NOW), COLLATERAL_SIGNER);
	/* Any other list is kept and never good. */
	assert_int_equal(kit_fault(&k, COLLATERAL_OTHER_CRL, COLLATERAL_CN_TCB_SIGNING, KIT_NOW),
	    COLLATERAL_SIGNER);
}

/* A malformed object is an item with that fault, found under what it claims to be. */
static void malformed_objects_are_items(void **state)
{
	static const struct { const char *from, *to, *key, *text; } rows[] = {
		{ "\"tcbType\":0", "\"tcbType\":1", TCB_KEY, "tcbType: 1, want 0" },
		{ ",{\"svn\":0}],\"pcesvn\":13}", "],\"pcesvn\":13}", TCB_KEY, "15 elements, want 16" },
		{ "],\"pcesvn\":13}", ",{\"svn\":0}],\"pcesvn\":13}", TCB_KEY, "17 elements, want 16" },
		{ "\"id\":\"SGX\"", "\"id\":\"TPM\"", "", "id: TPM" },
		{ "00AA11000000", "00AA", "", "fmspc" },
		{ "{\"id\"", "[{\"id\"", "", "json" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *body = kit_replace(k.a, kit_tcbinfo(k.a, PCS_SGX), rows[i].from, rows[i].to);
		const struct collateral_item *item;

		kit_reset(&k);
		add(kit_group(&k, json_object(k.a), "tcb_info", body, TCB_SIGNING, kit_pem(&k,
		    TCB_SIGNING, ROOT)));
		kit_prove(&k);
		item = find(COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW);
		assert_non_null(item);
		assert_null(item->tcb_info);
		assert_string_equal(item->key, rows[i].key);
		assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_FORM);
		assert_non_null(strstr(k.e.text, rows[i].text));
	}
	kit_reset(&k);
	add(kit_group(&k, json_object(k.a), "qe_identity", "{\"id\":\"QE\"}", TCB_SIGNING, NULL));
	assert_string_equal(find(COLLATERAL_QE_IDENTITY, "QE", KIT_NOW)->key, "QE");
}

static const char *variant(const char *issue, unsigned number)
{
	const char *body = kit_replace(k.a, kit_tcbinfo(k.a, PCS_SGX), "2026-05-20T00:00:00Z", issue);

	return kit_replace(k.a, body, "DataNumber\":20", arena_printf(k.a, "DataNumber\":%u", number));
}

static void add_variant(const char *issue, unsigned number, enum kit_party signer)
{
	add(kit_group(&k, json_object(k.a), "tcb_info", variant(issue, number), signer,
	    kit_pem(&k, TCB_SIGNING, ROOT)));
}

static void the_newest_number_is_found(void **state)
{
	struct collateral_query q = { .kind = COLLATERAL_TCB_INFO, .key = TCB_KEY, .now_s = KIT_NOW };
	int64_t before;

	(void)state;
	kit_reset(&k);
	add_variant("2026-05-21T00:00:00Z", 18, TCB_SIGNING);
	add_variant("2026-05-20T00:00:00Z", 19, TCB_SIGNING);
	add_variant("2026-05-22T00:00:00Z", 18, TCB_SIGNING);
	/* Not yet issued, and not authentic: neither hides the others. */
	add_variant("2026-06-02T00:00:00Z", 20, TCB_SIGNING);
	add_variant("2026-05-23T00:00:00Z", 30, ROGUE_SIGNING);
	kit_prove(&k);
	assert_int_equal(collateral_find(&k.set, &q)->evaluation, 19);
	q.now_s = KIT_NOW + 2 * DAY;
	assert_int_equal(collateral_find(&k.set, &q)->evaluation, 20);
	q.now_s = KIT_NOW;
	q.evaluation = 18;
	CHECK_OK(time_parse_rfc3339("2026-05-22T00:00:00Z", 20, &before, &k.e), &k.e);
	assert_int_equal(collateral_find(&k.set, &q)->issue_date_s, before);
	q.evaluation = 30;
	assert_int_equal(collateral_find(&k.set, &q)->proof.fault, COLLATERAL_SIGNATURE);
	q.evaluation = 17;
	assert_null(collateral_find(&k.set, &q));
}

/* B5: what a low number would allow, an expired higher one forbids. */
static void an_expired_number_is_not_passed_over(void **state)
{
	const char *body = kit_replace(k.a, variant("2026-05-20T00:00:00Z", 21), "2026-06-19", "2026-05-30");

	(void)state;
	kit_reset(&k);
	add_variant("2026-05-21T00:00:00Z", 20, TCB_SIGNING);
	add(kit_group(&k, json_object(k.a), "tcb_info", body, TCB_SIGNING, kit_pem(&k, TCB_SIGNING, ROOT)));
	kit_prove(&k);
	assert_int_equal(kit_fault(&k, COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW), COLLATERAL_EXPIRED);
}

static void unreadable_pieces_change_nothing(void **state)
{
	static const struct { const char *text, *why; } rows[] = {
		{ "", "empty" },
		{ " \n", "empty" },
		{ "{", "json" },
		{ "{\"x\":1}", "member x is not known" },
		{ "{\"pck_crl\":1}", "pck_crl: want a string" },
		{ "{\"pck_crl\":\"30\"}", "pck_crl" },
		{ "{\"pck_crl\":\"zz\"}", "neither DER nor PEM nor hex" },
		{ "{\"tcb_info\":\"{}\"}", "signature" },
		{ "{\"tcb_info_signature\":\"00\"}", "tcb_info_signature without tcb_info" },
		{ "{\"tcb_info\":\"{}\",\"tcb_info\":\"{}\"}", "tcb_info" },
		{ "{\"tcbInfo\":{}}", "want the object tcbInfo, the string signature and nothing else" },
		{ "{\"tcbInfo\":{},\"signature\":3}", "nothing else" },
		{ "{\"tcbInfo\":[],\"signature\":\"\"}", "nothing else" },
		{ "{\"tcbInfo\":{},\"signature\":\"\",\"x\":1}", "nothing else" },
		{ "{\"tcbInfo\":{},\"signature\":\"00\"}", "signature: " },
		{ "-----BEGIN CERTIFICATE-----\n", "" },
		{ "-----BEGIN X509 CRL-----\n", "" },
		{ "-----BEGIN PRIVATE KEY-----\n", "" },
		{ "text", "neither DER nor PEM nor hex" },
		{ "0\x81", "" },
	};
	struct json *doc = kit_document(&k);

	(void)state;
	kit_reset(&k);
	add(doc);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		att_error_clear(&k.e);
		if (kit_add_text(&k, rows[i].text))
			fail_msg("accepted: %s", rows[i].text);
		if (!strstr(k.e.text, rows[i].why) || !strstr(k.e.text, "collateral: "))
			fail_msg("%s: %s", rows[i].text, k.e.text);
	}
	/* What came before the unreadable member goes again. */
	json_put(k.a, doc, "tcb_info", json_string(k.a, "{}"));
	json_put(k.a, doc, "pck_crl_issuer_chain", json_string(k.a, kit_pem(&k, PROCESSOR_CA, ROOT)));
	json_put(k.a, doc, "root_ca_crl", json_string(k.a, "00"));
	assert_false(kit_add(&k, doc));
	assert_int_equal(k.set.nitems, 4);
	assert_int_equal(k.set.certs.n, 2);
	kit_prove(&k);
	CHECK_ERR(kit_add(&k, doc), &k.e, ATT_E_INTERNAL, "proved already");
	CHECK_ERR(collateral_set_prove(&k.set, NULL, &k.e), &k.e, ATT_E_INTERNAL, "proved already");
}

static void json_is_recognised(void **state)
{
	static const struct { const char *text; bool ours; } rows[] = {
		{ "{\"vcekCert\":\"\",\"certificateChain\":\"\"}", false },
		{ "{\"tcbInfo\":{}}", true },
		{ " {\"enclaveIdentity\":{}}", true },
		{ "{\"tcbEvaluationDataNumbers\":{}}", true },
		{ "{\"qe_identity\":\"\"}", true },
		{ "{\"root_ca_crl\":\"\"}", true },
		{ "-----BEGIN CERTIFICATE-----", true },
		{ "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(collateral_recognise(rd_make(rows[i].text, strlen(rows[i].text))),
		    rows[i].ours);
}

static void limits_hold(void **state)
{
	const char *body = kit_qeid(k.a, "QE");
	struct arena *a = arena_new((size_t)256 << 20);
	struct collateral_set s;

	(void)state;
	CHECK_OK(collateral_set_init(&s, a, k.c, &k.e), &k.e);
	for (size_t i = 0; i <= COLLATERAL_ITEMS_MAX; i++) {
		const char *text = kit_replace(k.a, body, "isvprodid\":1", arena_printf(k.a,
		    "isvprodid\":%zu", i));
		const char *raw = arena_printf(k.a, "{\"enclaveIdentity\":%s,\"signature\":\"%0128d\"}",
		    text, 0);

		if (i < COLLATERAL_ITEMS_MAX)
			CHECK_OK(collateral_set_add(&s, rd_make(raw, strlen(raw)), 0, &k.e), &k.e);
		else
			CHECK_ERR(collateral_set_add(&s, rd_make(raw, strlen(raw)), 0, &k.e), &k.e,
			    ATT_E_LIMIT,
			    "more than 1024 items");
	}
	CHECK_ERR(collateral_set_add(&s, rd_make("x", COLLATERAL_PIECE_MAX + 1), 0, &k.e), &k.e, ATT_E_LIMIT,
	    "at most");
	collateral_set_clear(&s);
	arena_free(a);
}

static void spans_are_joined(void **state)
{
	struct collateral_span d = COLLATERAL_SPAN_EMPTY;

	(void)state;
	kit_reset(&k);
	add(kit_document(&k));
	kit_prove(&k);
	collateral_span_item(&d, find(COLLATERAL_TCB_INFO, TCB_KEY, KIT_NOW));
	assert_int_equal(d.issued_earliest_s, KIT_NOW - 900 * DAY);
	assert_int_equal(d.expires_earliest_s, KIT_NOW + 18 * DAY);
	collateral_span_item(&d, find(COLLATERAL_ROOT_CRL, "root", KIT_NOW));
	assert_int_equal(d.expires_earliest_s, KIT_NOW + DAY);
	assert_int_equal(d.issued_latest_s, KIT_NOW - DAY);
	collateral_span_cert(&d, k.p[OLD_SIGNING].cert);
	assert_int_equal(d.expires_earliest_s, KIT_NOW - 50 * DAY);
}

/* Every bit of the signed text and of the signature counts. */
static void damage_is_seen(void **state)
{
	const char *body = kit_qeid(k.a, "QE"), *hex = kit_hex_signature(&k, TCB_SIGNING, body);
	char *raw = arena_printf(k.a, "{\"enclaveIdentity\":%s,\"signature\":\"%s\"}", body, hex);

	(void)state;
	for (size_t i = 0; raw[i]; i++) {
		char was = raw[i];

		raw[i] = (char)(was ^ 1);
		kit_reset(&k);
		/* Case of a hex digit in the signature: another spelling of the same. */
		if (kit_add_text(&k, raw)) {
			CHECK_OK(kit_add_text(&k, kit_pem(&k, TCB_SIGNING, ROOT)), &k.e);
			kit_prove(&k);
			assert_int_not_equal(k.set.items[0]->proof.fault, COLLATERAL_GOOD);
		}
		raw[i] = was;
	}
}

static void memory_may_fail(void **state)
{
	struct json *doc = kit_document(&k);
	bool done = false;
	char *text;
	size_t len;

	(void)state;
	CHECK_OK(json_write(k.a, doc, JSON_COMPACT, &text, &len, &k.e), &k.e);
	for (size_t n = 0; !done; n++) {
		struct failing f;
		struct arena *a = arena_failing(&f, n);
		struct collateral_set s = { 0 };

		if (!a)
			continue;
		att_error_clear(&k.e);
		done = collateral_set_init(&s, a, k.c, &k.e) &&
		    collateral_set_add(&s, rd_make(text, len), 0, &k.e) &&
		    collateral_set_prove(&s, &k.anchors, &k.e);
		assert_true(done || (k.e.code == ATT_E_NOMEM && !s.proved));
		collateral_set_clear(&s);
		arena_free(a);
	}
}

static int setup(void **state)
{
	(void)state;
	kit_init(&k);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_good),
		cmocka_unit_test(answers_are_kept_as_received),
		cmocka_unit_test(pieces_may_come_singly),
		cmocka_unit_test(signers_are_judged),
		cmocka_unit_test(bytes_count_not_values),
		cmocka_unit_test(without_anchor_nothing_holds),
		cmocka_unit_test(an_anchor_must_be_a_root),
		cmocka_unit_test(a_root_must_have_signed_itself),
		cmocka_unit_test(a_root_must_be_valid_too),
		cmocka_unit_test(a_list_must_have_a_number),
		cmocka_unit_test(dates_are_judged),
		cmocka_unit_test(a_list_must_expire),
		cmocka_unit_test(a_key_may_be_certified_anew),
		cmocka_unit_test(revoked_signers_are_refused),
		cmocka_unit_test(a_strangers_list_does_not_count),
		cmocka_unit_test(a_list_in_the_wrong_place),
		cmocka_unit_test(pck_lists_need_their_ca),
		cmocka_unit_test(malformed_objects_are_items),
		cmocka_unit_test(the_newest_number_is_found),
		cmocka_unit_test(an_expired_number_is_not_passed_over),
		cmocka_unit_test(unreadable_pieces_change_nothing),
		cmocka_unit_test(json_is_recognised),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(spans_are_joined),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(memory_may_fail),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

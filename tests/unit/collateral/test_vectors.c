/* test_vectors.c - recorded and made collateral: what is good at its time, and where the made faults
 * are found. */
#include <stdio.h>
#include <string.h>

#include "lib/base/time.h"
#include "tests/unit/collateral/kit.h"

static struct crypto *crypto;
static struct x509_bundle no_anchors;
static struct att_error e;

struct loaded {
	struct arena *a;
	struct collateral_set set;
};

static void add_file(struct loaded *l, const char *path)
{
	struct blob b = vector_file(path);

	att_error_clear(&e);
	if (!collateral_set_add(&l->set, rd_make(b.p, b.n), 0, &e))
		fail_msg("%s: %s", path, e.text);
	blob_free(&b);
}

static struct loaded load_only(void)
{
	struct loaded l = { .a = arena_new((size_t)64 << 20) };

	CHECK_OK(collateral_set_init(&l.set, l.a, crypto, &e), &e);
	return l;
}

static struct loaded load(const char *path, const struct x509_bundle *anchors)
{
	struct loaded l = load_only();

	add_file(&l, path);
	CHECK_OK(collateral_set_prove(&l.set, anchors, &e), &e);
	return l;
}

static void unload(struct loaded *l)
{
	collateral_set_clear(&l->set);
	arena_free(l->a);
}

static int64_t at(const char *text)
{
	int64_t t;

	CHECK_OK(time_parse_rfc3339(text, strlen(text), &t, &e), &e);
	return t;
}

static enum collateral_fault fault(const struct loaded *l, enum collateral_kind kind, const char *key,
    const char *time)
{
	const struct collateral_query q = { .kind = kind, .key = key, .now_s = at(time) };
	const struct collateral_item *i = collateral_find(&l->set, &q);

	att_error_clear(&e);
	return i ? collateral_judge(&l->set, i, q.now_s, &e) : COLLATERAL_GOOD;
}

static const struct file {
	const char *path, *time, *tcb, *qe, *ca;
	uint32_t evaluation;
	const char *expires;            /* earliest of all items; NULL: not recorded */
	size_t nlevels;
} files[] = {
	{ "sgx/sgx-v3-00a067110000.collateral.json", "2025-06-20T00:00:00Z", "SGX-00a067110000",
	    "QE", "processor", 17, "2025-07-19T10:01:18Z", 11 },
	{ "sgx/sgx-v3-00906ed50000.2022-04.collateral.json", "2022-04-27T00:00:00Z", "SGX-00906ed50000",
	    "QE", "processor", 12, "2022-05-26T22:39:25Z", 13 },
	{ "sgx/sgx-v3-multipackage-00606a000000.tcb19.collateral.json", "2025-06-20T00:00:00Z",
	    "SGX-00606a000000",
	    "QE", "platform", 19, NULL, 15 },
	{ "tdx/tdx-v4-b0c06f000000.collateral.json", "2025-06-20T00:00:00Z", "TDX-b0c06f000000",
	    "TD_QE", "platform", 17, "2025-07-19T10:00:35Z", 2 },
	{ "tdx/tdx-90c06f000000.2025-02.eval18.collateral.json", "2025-02-27T00:00:00Z", "TDX-90c06f000000",
	    "TD_QE", "platform", 18, "2025-03-22T11:31:38Z", 3 },
	{ "tdx/tdx-90c06f000000.2025-06.eval17.collateral.json", "2025-06-20T00:00:00Z", "TDX-90c06f000000",
	    "TD_QE", "platform", 17, NULL, 2 },
	{ "tdx/tdx-00806f050000.2026-06.eval21.collateral.json", "2026-06-14T00:00:00Z", "TDX-00806f050000",
	    "TD_QE", "platform", 21, "2026-07-12T22:09:43Z", 6 },
	{ "tdx/tdx-90c06f000000.2026-02.eval18.collateral.json", "2026-02-20T00:00:00Z", "TDX-90c06f000000",
	    "TD_QE", "platform", 18, "2026-03-20T10:41:15Z", 3 },
	{ "tdx/tdx-50806f000000.2023-06.collateral.json", "2023-06-20T00:00:00Z", "TDX-50806f000000",
	    "TD_QE", "platform", 15, "2023-07-08T07:24:59Z", 2 },
};

static void check_span(const struct loaded *l, const struct file *f)
{
	struct collateral_span d = COLLATERAL_SPAN_EMPTY;

	for (size_t i = 0; i < l->set.nitems; i++)
		collateral_span_item(&d, l->set.items[i]);
	if (f->expires)
		assert_int_equal(d.expires_earliest_s, at(f->expires));
}

static void intels_files_are_good(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		const struct file *f = &files[i];
		struct loaded l = load(f->path, NULL);
		const struct { enum collateral_kind kind; const char *key; } items[] = {
			{ COLLATERAL_TCB_INFO, f->tcb }, { COLLATERAL_QE_IDENTITY, f->qe },
			{ COLLATERAL_PCK_CRL, f->ca }, { COLLATERAL_ROOT_CRL, "root" },
		};

		assert_int_equal(l.set.nitems, 4);
		for (size_t j = 0; j < 4; j++) {
			const struct collateral_query q = { items[j].kind, items[j].key, 0, at(f->time) };
			const struct collateral_item *item = collateral_find(&l.set, &q);

			if (!item || collateral_judge(&l.set, item, q.now_s, &e) != COLLATERAL_GOOD)
				fail_msg("%s: %s: %s", f->path, items[j].key, item ? e.text : "absent");
			assert_false(item->proof.simulated);
			if (j < 2)
				assert_int_equal(item->evaluation, f->evaluation);
			if (j == 0)
				assert_int_equal(item->tcb_info->nlevels, f->nlevels);
			assert_int_equal(collateral_judge(&l.set, item, item->next_update_s + 1, NULL),
			    COLLATERAL_EXPIRED);
			assert_int_equal(collateral_judge(&l.set, item, item->issue_date_s - 1, NULL),
			    COLLATERAL_EARLY);
		}
		check_span(&l, f);
		unload(&l);
	}
}

/* Raw answers, their issuer chain from elsewhere; three numbers of one FMSPC in one set. */
static void raw_answers_are_good(void **state)
{
	struct loaded l;
	struct collateral_query q = { .kind = COLLATERAL_TCB_INFO, .key = "SGX-00606a000000",
		.now_s = 0 };

	(void)state;
	need_vectors();
	l = load_only();
	add_file(&l, "sgx/intel-sgx-root-ca.2033.der");
	add_file(&l, "sgx/tcbinfo-00606a000000.tcb18.json");
	add_file(&l, "sgx/sgx-v3-multipackage-00606a000000.tcb19.collateral.json");
	add_file(&l, "sgx/tcbinfo-00606a000000.tcb17.json");
	add_file(&l, "sgx/tcbevaluationdatanumbers.sgx.json");
	add_file(&l, "tdx/tcbevaluationdatanumbers.tdx.json");
	add_file(&l, "sgx/intel-sgx-root-ca.2049.der");
	/* The signing certificate is loose only if somebody gives it so. */
	for (size_t i = 0; i < l.set.nitems; i++)
		if (l.set.items[i]->chain.n > 0)
			CHECK_OK(x509_bundle_add(&l.set.certs, l.set.items[i]->chain.certs[0], &e), &e);
	CHECK_OK(collateral_set_prove(&l.set, NULL, &e), &e);
	assert_int_equal(l.set.nroots, 2);
	/* The certificate that runs to 2049, whatever the order they came in. */
	assert_true(x509_not_after(l.set.roots[0].cert) > x509_not_after(l.set.roots[1].cert));
	assert_int_equal(x509_not_after(l.set.roots[0].cert), at("2049-12-31T23:59:59Z"));
	q.now_s = at("2025-06-20T00:00:00Z");
	assert_int_equal(collateral_find(&l.set, &q)->evaluation, 19);
	for (q.evaluation = 17; q.evaluation <= 19; q.evaluation++) {
		const struct collateral_item *i = collateral_find(&l.set, &q);

		assert_int_equal(i->evaluation, q.evaluation);
		assert_int_equal(collateral_judge(&l.set, i, q.now_s, &e), COLLATERAL_GOOD);
	}
	assert_int_equal(fault(&l, COLLATERAL_NUMBERS, "SGX", "2025-06-20T00:00:00Z"), COLLATERAL_GOOD);
	assert_int_equal(fault(&l, COLLATERAL_NUMBERS, "TDX", "2025-10-20T00:00:00Z"), COLLATERAL_GOOD);
	q.kind = COLLATERAL_NUMBERS;
	q.key = "TDX";
	q.evaluation = 0;
	assert_int_equal(collateral_find(&l.set, &q)->numbers->tee, PCS_TDX);
	unload(&l);
}

/* Everything of Intel's in one set: what is found depends on the time. */
static void eras_live_in_one_set(void **state)
{
	static const struct { const char *time; uint32_t evaluation; enum collateral_fault fault; } rows[] = {
		{ "2025-02-27T00:00:00Z", 18, COLLATERAL_GOOD },
		/* Not 17, which is current: 18 is known already, and its signing certificate has expired. */
		{ "2025-06-20T00:00:00Z", 18, COLLATERAL_SIGNER_DATES },
		{ "2025-04-20T00:00:00Z", 18, COLLATERAL_EXPIRED },
		{ "2026-02-20T00:00:00Z", 18, COLLATERAL_GOOD },
	};
	struct loaded l;

	(void)state;
	need_vectors();
	l = load_only();
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		add_file(&l, files[i].path);
	CHECK_OK(collateral_set_prove(&l.set, NULL, &e), &e);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct collateral_query q = { COLLATERAL_TCB_INFO, "TDX-90c06f000000", 0, at(rows[i].time) };

		assert_int_equal(collateral_find(&l.set, &q)->evaluation, rows[i].evaluation);
		assert_int_equal(fault(&l, q.kind, q.key, rows[i].time), rows[i].fault);
	}
	unload(&l);
}

static struct x509_bundle test_root(void)
{
	struct x509_bundle out = { 0 };
	struct blob b = vector_file("sgx/made-here/test-root-ca.der");

	CHECK_OK(x509_bundle_parse(crypto, b.p, b.n, &out, &e), &e);
	blob_free(&b);
	return out;
}

/* Each row: the item that carries the fault; the others of the document are good. */
static void made_faults_are_found(void **state)
{
	static const struct {
		const char *file, *time;
		enum collateral_kind kind;
		enum collateral_fault fault;
	} rows[] = {
		{ "sgx", NULL, COLLATERAL_TCB_INFO, COLLATERAL_GOOD },
		{ "sgx-v2", NULL, COLLATERAL_TCB_INFO, COLLATERAL_GOOD },
		{ "sgx-processor", NULL, COLLATERAL_PCK_CRL, COLLATERAL_GOOD },
		{ "tdx", NULL, COLLATERAL_TCB_INFO, COLLATERAL_GOOD },
		{ "tdx-sgx-qe", NULL, COLLATERAL_QE_IDENTITY, COLLATERAL_GOOD },
		{ "fmspc-mismatch", NULL, COLLATERAL_TCB_INFO, COLLATERAL_GOOD },
		{ "pceid-mismatch", NULL, COLLATERAL_TCB_INFO, COLLATERAL_GOOD },
		{ "unsorted-levels", NULL, COLLATERAL_TCB_INFO, COLLATERAL_GOOD },
		{ "pck-revoked", NULL, COLLATERAL_PCK_CRL, COLLATERAL_GOOD },
		{ "rogue-collateral", NULL, COLLATERAL_TCB_INFO, COLLATERAL_ROOT },
		{ "rogue-collateral", NULL, COLLATERAL_QE_IDENTITY, COLLATERAL_ROOT },
		{ "tcbinfo-expired", NULL, COLLATERAL_TCB_INFO, COLLATERAL_EXPIRED },
		{ "tcbinfo-future", NULL, COLLATERAL_TCB_INFO, COLLATERAL_EARLY },
		{ "qeid-expired", NULL, COLLATERAL_QE_IDENTITY, COLLATERAL_EXPIRED },
		{ "tcbinfo-altered", NULL, COLLATERAL_TCB_INFO, COLLATERAL_SIGNATURE },
		{ "tcbinfo-reserialised", NULL, COLLATERAL_TCB_INFO, COLLATERAL_SIGNATURE },
		{ "tcbinfo-signed-by-pck-ca", NULL, COLLATERAL_TCB_INFO, COLLATERAL_SIGNER },
		{ "tcbinfo-signed-by-pck-leaf", NULL, COLLATERAL_TCB_INFO, COLLATERAL_SIGNER },
		{ "qeid-signed-by-pck-leaf", NULL, COLLATERAL_QE_IDENTITY, COLLATERAL_SIGNER },
		{ "tcbtype1", NULL, COLLATERAL_TCB_INFO, COLLATERAL_FORM },
		{ "empty-levels", NULL, COLLATERAL_TCB_INFO, COLLATERAL_FORM },
		{ "unknown-status", NULL, COLLATERAL_TCB_INFO, COLLATERAL_GOOD },
		{ "root-crl-expired", NULL, COLLATERAL_ROOT_CRL, COLLATERAL_EXPIRED },
		{ "pck-crl-expired", NULL, COLLATERAL_PCK_CRL, COLLATERAL_EXPIRED },
		{ "tcb-signing-revoked", NULL, COLLATERAL_TCB_INFO, COLLATERAL_SIGNER_REVOKED },
		{ "tcb-signing-revoked", NULL, COLLATERAL_QE_IDENTITY, COLLATERAL_SIGNER_REVOKED },
		{ "platform-ca-revoked", NULL, COLLATERAL_PCK_CRL, COLLATERAL_SIGNER_REVOKED },
		/* A good list, of a CA that did not issue the leaf: collateral_pck_crl() does not give
		 * it out. */
		{ "crl-wrong-ca", NULL, COLLATERAL_PCK_CRL, COLLATERAL_GOOD },
		{ "crl-bad-signature", NULL, COLLATERAL_PCK_CRL, COLLATERAL_SIGNATURE },
		{ "root-crl-as-pck-crl", NULL, COLLATERAL_PCK_CRL, COLLATERAL_SIGNER },
		{ "sgx", "2026-05-01T00:00:00Z", COLLATERAL_TCB_INFO, COLLATERAL_EARLY },
		{ "sgx", "2026-07-01T00:00:00Z", COLLATERAL_TCB_INFO, COLLATERAL_EXPIRED },
	};

	struct x509_bundle test_anchors;

	(void)state;
	need_vectors();
	test_anchors = test_root();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[128];
		const char *time = rows[i].time ? rows[i].time : "2026-06-01T00:00:00Z";
		struct loaded l;
		enum collateral_fault f;

		(void)snprintf(path, sizeof path, "sgx/made-here/collateral/%s.json", rows[i].file);
		l = load(path, &test_anchors);
		f = fault(&l, rows[i].kind, NULL, time);
		if (f != rows[i].fault)
			fail_msg("%s, %s: fault %d (%s), want %d", rows[i].file,
			    collateral_kind_name(rows[i].kind), f,
			    e.text, rows[i].fault);
		unload(&l);
		/* Under the compiled-in pin alone, nothing of it counts. */
		l = load(path, &no_anchors);
		f = fault(&l, rows[i].kind, NULL, time);
		assert_true(f == COLLATERAL_ROOT || f == COLLATERAL_FORM);
		unload(&l);
	}
	x509_bundle_clear(&test_anchors);
}

/* The published sample of Intel's library: a version 2 TCB Info under a synthetic root. */
static void the_sample_reads(void **state)
{
	struct x509_bundle anchors = { 0 };
	struct loaded l;
	struct blob b;

	(void)state;
	need_vectors();
	b = vector_file("sgx/intel-sample/trustedRootCaCert.pem");
	CHECK_OK(x509_bundle_parse(crypto, b.p, b.n, &anchors, &e), &e);
	blob_free(&b);
	l = load_only();
	add_file(&l, "sgx/intel-sample/tcbInfo.json");
	add_file(&l, "sgx/intel-sample/qeIdentity.json");
	add_file(&l, "sgx/intel-sample/tcbSignChain.pem");
	add_file(&l, "sgx/intel-sample/pckSignChain.pem");
	add_file(&l, "sgx/intel-sample/rootCaCrl.der");
	add_file(&l, "sgx/intel-sample/intermediateCaCrl.der");
	CHECK_OK(collateral_set_prove(&l.set, &anchors, &e), &e);
	for (size_t i = 0; i < l.set.nitems; i++)
		if (l.set.items[i]->proof.fault != COLLATERAL_GOOD)
			fail_msg("%s: %s", collateral_kind_name(l.set.items[i]->kind),
			    l.set.items[i]->proof.why.text);
	x509_bundle_clear(&anchors);
	unload(&l);
}

static void the_pin_is_the_key(void **state)
{
	static const struct { const char *path; bool pinned; } rows[] = {
		{ "sgx/intel-sgx-root-ca.2033.der", true },
		{ "sgx/intel-sgx-root-ca.2049.der", true },
		{ "sgx/made-here/test-root-ca.der", false },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ATT_AUTO_STRUCT(x509_cert) cert = NULL;
		struct blob b = vector_file(rows[i].path);

		CHECK_OK(x509_cert_from_der(crypto, b.p, b.n, &cert, &e), &e);
		assert_string_equal(x509_subject_cn(cert), COLLATERAL_CN_ROOT);
		assert_int_equal(collateral_is_intel_root(cert), rows[i].pinned);
		blob_free(&b);
	}
}

/* Each byte of what Intel signed counts. */
static void damage_is_seen(void **state)
{
	struct blob b;
	const uint8_t *start;
	size_t first, last;

	(void)state;
	need_vectors();
	b = vector_file("sgx/tcbinfo-00606a000000.tcb17.json");
	start = memmem(b.p, b.n, "{\"id\"", 5);
	assert_non_null(start);
	first = (size_t)(start - b.p);
	last = b.n - 146;
	for (size_t i = first; i < last; i += 7) {
		struct loaded l = load_only();

		add_file(&l, "sgx/sgx-v3-multipackage-00606a000000.tcb19.collateral.json");
		CHECK_OK(x509_bundle_add(&l.set.certs, l.set.items[0]->chain.certs[0], &e), &e);
		b.p[i] ^= 1;
		if (collateral_set_add(&l.set, rd_make(b.p, b.n), 0, &e)) {
			CHECK_OK(collateral_set_prove(&l.set, NULL, &e), &e);
			assert_int_not_equal(l.set.items[l.set.nitems - 1]->proof.fault, COLLATERAL_GOOD);
		}
		b.p[i] ^= 1;
		unload(&l);
	}
	blob_free(&b);
}

static int setup(void **state)
{
	(void)state;
	crypto = crypto_new(&e);
	return crypto ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	crypto_free(crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intels_files_are_good),
		cmocka_unit_test(raw_answers_are_good),
		cmocka_unit_test(eras_live_in_one_set),
		cmocka_unit_test(made_faults_are_found),
		cmocka_unit_test(the_sample_reads),
		cmocka_unit_test(the_pin_is_the_key),
		cmocka_unit_test(damage_is_seen),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* Endorsements outside of an appraisal: what real and made pieces are, and that each stands by
 * itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "libattest/endorse.h"
#include "tests/harness/check.h"
#include "tests/unit/evidence/snp/fix.h"

#define PIECES 16

struct reading {
	struct blob files[PIECES];
	struct att_bytes pieces[PIECES];
	size_t n;
	struct att_bytes anchors[4];
	struct blob anchor_files[4];
	size_t nanchors;
	struct att_endorsement_list *list;
	struct att_error e;
};

static struct reading r;

static void forget(void)
{
	att_endorsements_read_free(r.list);
	for (size_t i = 0; i < r.n; i++)
		blob_free(&r.files[i]);
	for (size_t i = 0; i < r.nanchors; i++)
		blob_free(&r.anchor_files[i]);
	r = (struct reading){ 0 };
}

static void give(const char *path)
{
	assert_true(r.n < PIECES);
	r.files[r.n] = vector_file(path);
	r.pieces[r.n] = (struct att_bytes){ r.files[r.n].p, r.files[r.n].n };
	r.n++;
}

static void anchor(const char *path)
{
	r.anchor_files[r.nanchors] = vector_file(path);
	r.anchors[r.nanchors] =
	    (struct att_bytes){ r.anchor_files[r.nanchors].p, r.anchor_files[r.nanchors].n };
	r.nanchors++;
}

static int64_t at(const char *text)
{
	int64_t t;

	CHECK_OK(time_parse_rfc3339(text, strlen(text), &t, &r.e), &r.e);
	return t;
}

static void read_at(const char *time)
{
	att_endorsements_read_free(r.list);
	r.list = NULL;
	CHECK_OK(
	    att_endorsements_read(r.pieces, r.n, r.anchors, r.nanchors, at(time), &r.list, &r.e),
	    &r.e);
}

static const struct att_endorsement *find(const char *kind, const char *key)
{
	for (size_t i = 0; i < r.list->n; i++)
		if (strcmp(r.list->item[i].kind, kind) == 0 &&
		    strcmp(r.list->item[i].key, key) == 0)
			return &r.list->item[i];
	fail_msg("no %s %s", kind, key);
	return NULL;
}

static void same(const struct att_endorsement *x, const struct att_endorsement *y)
{
	assert_string_equal(x->kind, y->kind);
	assert_string_equal(x->key, y->key);
	assert_int_equal(x->evaluation, y->evaluation);
	assert_int_equal(x->issued_s, y->issued_s);
	assert_int_equal(x->expires_s, y->expires_s);
	assert_string_equal(x->fault, y->fault);
	assert_int_equal(x->simulated, y->simulated);
	assert_int_equal(!x->crl_number, !y->crl_number);
	if (x->crl_number)
		assert_string_equal(x->crl_number, y->crl_number);
	assert_int_equal(x->bytes.len, y->bytes.len);
	assert_memory_equal(x->bytes.data, y->bytes.data, x->bytes.len);
	assert_memory_equal(x->sha256, y->sha256, 32);
}

/* The piece of each good item, read alone, is the same item again, to the byte. */
static void each_stands_alone(const char *time)
{
	for (size_t i = 0; i < r.list->n; i++) {
		const struct att_endorsement *x = &r.list->item[i];
		struct att_endorsement_list *again;
		size_t hits = 0;

		if (strcmp(x->fault, "good") != 0)
			continue;
		CHECK_OK(att_endorsements_read(
			     &x->bytes, 1, r.anchors, r.nanchors, at(time), &again, &r.e),
		    &r.e);
		for (size_t k = 0; k < again->n; k++)
			if (strcmp(again->item[k].kind, x->kind) == 0) {
				same(x, &again->item[k]);
				hits++;
			}
		assert_int_equal(hits, 1);
		att_endorsements_read_free(again);
	}
}

/* A row for each item: nothing that is not listed may be there. */
struct want { const char *kind, *key, *fault; uint32_t evaluation; };

static void check(const struct want *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct att_endorsement *x = find(w[i].kind, w[i].key);
		if (strcmp(x->fault, w[i].fault) != 0)
			fail_msg("%s %s: %s (%s), want %s", x->kind, x->key, x->fault,
			    x->why ? x->why : "", w[i].fault);
		assert_int_equal(x->evaluation, w[i].evaluation);
		assert_int_equal(x->why == NULL, strcmp(w[i].fault, "good") == 0);
	}
	assert_int_equal(r.list->n, n);
}
#define CHECK_ITEMS(w) check(w, sizeof(w) / sizeof((w)[0]))

static void intels_documents(void **state)
{
	static const struct want good[] = {
		{ "tcb-info", "SGX-00906ed50000", "good", 12 }, { "qe-identity", "QE", "good", 12 },
		{ "pck-crl", "processor", "good", 0 }, { "root-crl", "root", "good", 0 },
	}, late[] = {
		{ "tcb-info", "SGX-00906ed50000", "expired", 12 }, { "qe-identity", "QE", "expired", 12 },
		{ "pck-crl", "processor", "expired", 0 }, { "root-crl", "root", "good", 0 },
	};

	(void)state;
	need_vectors();
	give("sgx/sgx-v3-00906ed50000.2022-04.collateral.json");
	read_at("2022-04-27T00:00:00Z");
	CHECK_ITEMS(good);
	assert_null(find("tcb-info", "SGX-00906ed50000")->crl_number);
	assert_non_null(find("root-crl", "root")->crl_number);
	each_stands_alone("2022-04-27T00:00:00Z");
	read_at("2022-06-27T00:00:00Z");
	CHECK_ITEMS(late);
	forget();
}

/* As a PCS answers: a document, and its chain in a header. */
static void raw_answers_with_their_chain(void **state)
{
	static const struct want alone[] = {
		{ "tcb-info", "SGX-00606a000000", "root", 17 },
		{ "evaluation-numbers", "SGX", "root", 0 },
	}, together[] = {
		{ "tcb-info", "SGX-00606a000000", "good", 17 },
		{ "evaluation-numbers", "SGX", "good", 0 },
	};
	const char *chain;
	struct blob whole;

	(void)state;
	need_vectors();
	give("sgx/tcbinfo-00606a000000.tcb17.json");
	give("sgx/tcbevaluationdatanumbers.sgx.json");
	read_at("2025-06-20T00:00:00Z");
	CHECK_ITEMS(alone);
	/* the chain of another document of the same days */
	whole = vector_file("sgx/sgx-v3-multipackage-00606a000000.tcb19.collateral.json");
	chain = strstr((const char *)whole.p, "-----BEGIN CERTIFICATE-----");
	assert_non_null(chain);
	{
		size_t n = (size_t)(strchr(chain, '"') - chain), k = 0;
		char *pem = malloc(n + 1);
		for (size_t i = 0; i < n; i++, k++) {
			pem[k] = chain[i] == '\\' ? '\n' : chain[i];
			i += chain[i] == '\\';
		}
		r.files[r.n] = (struct blob){ (uint8_t *)pem, k };
		r.pieces[r.n++] = (struct att_bytes){ (uint8_t *)pem, k };
	}
	blob_free(&whole);
	read_at("2025-06-20T00:00:00Z");
	CHECK_ITEMS(together);
	each_stands_alone("2025-06-20T00:00:00Z");
	forget();
}

static void amds_certificates(void **state)
{
#define TURIN_KEY "Turin-59790fb1c39f35c1-0101010400000051"
#define MILAN_KEY "Milan-b12164b45a2a27426e04ab52c5781d404fe2eab35ef5c4f714ce0fc23d2fb3f3" \
	"e65631710244a4edfad191616be3366e48a6352b35128d748458bc9c282d0f5a-0300000000000873"
	static const struct want alone[] = { { "snp-vcek", TURIN_KEY, "signer", 0 } };
	static const struct want together[] = { { "snp-vcek", TURIN_KEY, "good", 0 },
		{ "snp-chain", "Turin-vcek", "good", 0 },
		{ "snp-chain", "Turin-vlek", "good", 0 } };
	static const struct want early[] = { { "snp-vcek", TURIN_KEY, "early", 0 },
		{ "snp-chain", "Turin-vcek", "good", 0 },
		{ "snp-chain", "Turin-vlek", "good", 0 } };
	static const struct want other[] = { { "snp-vcek", TURIN_KEY, "signer", 0 },
		{ "snp-chain", "Milan-vcek", "good", 0 },
		{ "snp-chain", "Milan-vlek", "good", 0 } };
	static const struct want thim[] = { { "snp-vcek", MILAN_KEY, "good", 0 },
		{ "snp-chain", "Milan-vcek", "good", 0 } };

	(void)state;
	need_vectors();
	give("snp/v5-turin.vcek.pem");
	read_at("2026-03-01T00:00:00Z");
	CHECK_ITEMS(alone);
	give("snp/turin_ask_ark_asvk.pem");
	read_at("2026-03-01T00:00:00Z");
	CHECK_ITEMS(together);
	each_stands_alone("2026-03-01T00:00:00Z");
	read_at("2026-01-01T00:00:00Z");
	CHECK_ITEMS(early);
	forget();
	give("snp/v5-turin.vcek.pem");
	give("snp/milan_ask_ark_asvk.pem");
	read_at("2026-03-01T00:00:00Z");
	CHECK_ITEMS(other);
	forget();
	give("snp/v2-milan-aci.thim.json");
	read_at("2024-01-01T00:00:00Z");
	CHECK_ITEMS(thim);
	each_stands_alone("2024-01-01T00:00:00Z");
	/* a provider's certificate is nobody's to fetch */
	forget();
	give("snp/v3-milan-vlek.der");
	read_at("2024-01-01T00:00:00Z");
	assert_int_equal(r.list->n, 0);
}

/* Every fault that Intel's kinds can have, by its name; under the pin alone all of it is another's.
 */
static void faults_have_names(void **state)
{
	static const struct { const char *file, *kind, *fault;
	} rows[] = {
		{ "sgx", "tcb-info", "good" },
		{ "tcbtype1", "tcb-info", "form" },
		{ "rogue-collateral", "tcb-info", "root" },
		{ "tcbinfo-signed-by-pck-leaf", "tcb-info", "signer" },
		{ "tcbinfo-altered", "tcb-info", "signature" },
		{ "tcb-signing-revoked", "tcb-info", "signer-revoked" },
		{ "tcbinfo-future", "tcb-info", "early" },
		{ "tcbinfo-expired", "tcb-info", "expired" },
		{ "crl-bad-signature", "pck-crl", "signature" },
		{ "pck-crl-expired", "pck-crl", "expired" },
		{ "platform-ca-revoked", "pck-crl", "signer-revoked" },
		{ "root-crl-expired", "root-crl", "expired" },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool seen = false;

		for (unsigned pinned = 0; pinned < 2; pinned++) {
			char path[128];
			forget();
			if (!pinned)
				anchor("sgx/made-here/test-root-ca.der");
			(void)snprintf(
			    path, sizeof path, "sgx/made-here/collateral/%s.json", rows[i].file);
			give(path);
			read_at("2026-06-01T00:00:00Z");
			for (size_t k = 0; k < r.list->n; k++) {
				const struct att_endorsement *x = &r.list->item[k];
				bool good = strcmp(x->fault, "good") == 0;
				assert_false(pinned && good);
				assert_true(!good || x->simulated);
				if (pinned || strcmp(x->kind, rows[i].kind) != 0)
					continue;
				seen = true;
				if (strcmp(x->fault, rows[i].fault) != 0)
					fail_msg("%s %s: %s (%s)", rows[i].file, x->kind, x->fault,
					    x->why);
			}
			if (!pinned)
				each_stands_alone("2026-06-01T00:00:00Z");
		}
		assert_true(seen);
	}
}

/* Of the simulator: a list of AMD's, under an anchor; and every other thing that can be wrong with
 * one. */
static void lists_of_amd(void **state)
{
	struct fix fix;
	struct sim_snp_options o;
	struct sim_snp_output out;
	struct arena *a = arena_new((size_t)64 << 20);
	const struct att_endorsement *x;

	(void)state;
	fix_init(&fix);
	fix_sim_options(&o, "Genoa");
	o.crl = true;
	out = fix_sim(&fix, a, &o);
	r.anchors[0] = (struct att_bytes){ out.ark_pem.p, out.ark_pem.n };
	r.nanchors = 1;
	r.pieces[0] = (struct att_bytes){ out.crl_der.p, out.crl_der.n };
	r.pieces[1] = (struct att_bytes){ out.chain_pem.p, out.chain_pem.n };
	for (r.n = 1; r.n <= 2; r.n++) {
		CHECK_OK(att_endorsements_read(r.pieces, r.n, r.anchors, 1, FIX_NOW, &r.list, &r.e),
		    &r.e);
		x = find("snp-crl", "Genoa-vcek");
		assert_string_equal(x->fault, "good");
		assert_true(x->simulated);
		assert_non_null(x->crl_number);
		/* a list and its root in one PEM text */
		assert_non_null(memmem(x->bytes.data, x->bytes.len, "BEGIN CERTIFICATE", 17));
		att_endorsements_read_free(r.list);
		r.list = NULL;
		CHECK_OK(
		    att_endorsements_read(r.pieces, r.n, NULL, 0, FIX_NOW, &r.list, &r.e), &r.e);
		assert_string_equal(find("snp-crl", "Genoa-vcek")->fault, "root");
		att_endorsements_read_free(r.list);
		r.list = NULL;
	}
	r = (struct reading){ 0 };
	arena_free(a);
	fix_clear(&fix);
}

/* The faults of the simulator that certificates and lists can have by themselves, by the names of
 * ours. */
static void faults_of_amd(void **state)
{
	static const struct { const char *fault, *kind, *name;
	} rows[] = {
		{ NULL, "snp-vcek", "good" },
		{ NULL, "snp-chain", "good" },
		{ NULL, "snp-crl", "good" },
		{ "leaf-no-hwid", "snp-vcek", "form" },
		{ "leaf-no-snp", "snp-vcek", "form" },
		{ "leaf-other-layout", "snp-vcek", "form" },
		{ "leaf-other-product", "snp-vcek", "form" },
		{ "unknown-root", "snp-chain", "root" },
		{ "unknown-root", "snp-vcek", "root" },
		{ "ark-not-ca", "snp-chain", "root" },
		{ "ark-not-self-signed", "snp-chain", "root" },
		{ "ica-other-key", "snp-chain", "signature" },
		{ "ica-other-key", "snp-vcek", "signer" },
		{ "ica-no-key-usage", "snp-chain", "signature" },
		{ "ica-small-key", "snp-chain", "signature" },
		{ "leaf-other-issuer", "snp-vcek", "signature" },
		{ "ica-not-ca", "snp-vcek", "signature" },
		{ "ark-expired", "snp-chain", "signer-dates" },
		{ "ark-expired", "snp-crl", "signer-dates" },
		{ "ica-expired", "snp-chain", "expired" },
		{ "ica-expired", "snp-vcek", "signer-dates" },
		{ "leaf-expired", "snp-vcek", "expired" },
		{ "leaf-early", "snp-vcek", "early" },
		{ "crl-other-key", "snp-crl", "signature" },
		{ "crl-expired", "snp-crl", "expired" },
		{ "ica-revoked", "snp-chain", "signer-revoked" },
		{ "ica-revoked", "snp-vcek", "signer-revoked" },
	};
	struct arena *a = arena_new((size_t)64 << 20);
	struct fix fix;

	(void)state;
	fix_init(&fix);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sim_snp_options o;
		struct sim_snp_output out;
		const struct att_endorsement *x = NULL;

		fix_sim_options(&o, "Milan");
		o.crl = true;
		o.fault = rows[i].fault;
		out = fix_sim(&fix, a, &o);
		r.anchors[0] = (struct att_bytes){ out.ark_pem.p, out.ark_pem.n };
		r.pieces[0] = (struct att_bytes){ out.crl_der.p, out.crl_der.n };
		r.pieces[1] = (struct att_bytes){ out.chain_pem.p, out.chain_pem.n };
		CHECK_OK(
		    att_endorsements_read(r.pieces, 2, r.anchors, 1, FIX_NOW, &r.list, &r.e), &r.e);
		for (size_t k = 0; k < r.list->n; k++)
			if (strcmp(r.list->item[k].kind, rows[i].kind) == 0)
				x = &r.list->item[k];
		assert_non_null(x);
		if (strcmp(x->fault, rows[i].name) != 0)
			fail_msg("%s: %s is %s (%s), want %s", rows[i].fault, rows[i].kind,
			    x->fault, x->why ? x->why : "", rows[i].name);
		att_endorsements_read_free(r.list);
		r.list = NULL;
		arena_reset(a);
	}
	arena_free(a);
	fix_clear(&fix);
}

static void what_is_nothing_is_refused(void **state)
{
	static const char *const rows[] = { "", "hello", "{}", "{\"tcbInfo\":{}}", "[1]",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n" };
	struct att_endorsement_list *l = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_bytes piece = { (const uint8_t *)rows[i], strlen(rows[i]) };
		att_error_clear(&r.e);
		assert_false(att_endorsements_read(&piece, 1, NULL, 0, 0, &l, &r.e));
		assert_null(l);
		assert_true(r.e.code != ATT_E_OK && r.e.code != ATT_E_INTERNAL);
	}
	CHECK_OK(att_endorsements_read(NULL, 0, NULL, 0, 0, &l, &r.e), &r.e);
	assert_int_equal(l->n, 0);
	att_endorsements_read_free(l);
	att_endorsements_read_free(NULL);
}

static void nothing_goes_backwards(void **state)
{
	static const struct {
		const char *seen, *next;
		int64_t seen_s, next_s;
		const char *why;
	} rows[] = {
		{ NULL, NULL, 10, 10, NULL },
		{ NULL, NULL, 10, 11, NULL },
		{ NULL, NULL, 11, 10, "issued at" },
		{ "9", "10", 10, 10, NULL },
		{ "10", "9", 10, 11, "CRL number 9, but 10" },
		{ "ff", "100", 10, 10, NULL },
		{ "100", "ff", 10, 10, "CRL number" },
		{ "a", "a", 10, 9, "issued at" },
		{ "1", NULL, 10, 11, "CRL number (none)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct att_endorsement seen = { .kind = "root-crl",
			.key = "root",
			.issued_s = rows[i].seen_s,
			.crl_number = rows[i].seen };
		struct att_endorsement next = { .kind = "root-crl",
			.key = "root",
			.issued_s = rows[i].next_s,
			.crl_number = rows[i].next };
		if (rows[i].why)
			CHECK_ERR(att_endorsement_may_follow(&seen, &next, &r.e), &r.e,
			    ATT_E_NOT_AUTHENTIC, rows[i].why);
		else
			CHECK_OK(att_endorsement_may_follow(&seen, &next, &r.e), &r.e);
		next.key = "other";
		CHECK_ERR(att_endorsement_may_follow(&seen, &next, &r.e), &r.e, ATT_E_INTERNAL,
		    "compared");
	}
}

static int fresh(void **state)
{
	(void)state;
	forget();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(intels_documents, fresh),
		cmocka_unit_test_setup(raw_answers_with_their_chain, fresh),
		cmocka_unit_test_setup(amds_certificates, fresh),
		cmocka_unit_test_setup(faults_have_names, fresh),
		cmocka_unit_test_setup(lists_of_amd, fresh),
		cmocka_unit_test_setup(faults_of_amd, fresh),
		cmocka_unit_test_setup(what_is_nothing_is_refused, fresh),
		cmocka_unit_test_setup(nothing_goes_backwards, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/evidence/snp/fix.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/buf.h"

#define LIMIT ((size_t)64 << 20)

void fix_init(struct fix *f)
{
	*f = (struct fix){ .now_s = FIX_NOW };
	f->crypto = crypto_new(&f->e);
	f->a = arena_new(LIMIT);
	f->settings.snp_min_tcb[ATT_SNP_MILAN].snp = 0x18;
	f->settings.snp_min_tcb[ATT_SNP_GENOA].snp = 0x17;
	assert_non_null(f->crypto);
	assert_non_null(f->a);
}

void fix_forget(struct fix *f)
{
	x509_bundle_clear(&f->certs);
	x509_bundle_clear(&f->anchors);
	for (size_t i = 0; i < f->ncrls; i++)
		x509_crl_free(f->crls[i]);
	f->ncrls = 0;
}

void fix_clear(struct fix *f)
{
	fix_forget(f);
	chain_cache_free(f->cache);
	arena_free(f->a);
	crypto_free(f->crypto);
	*f = (struct fix){ 0 };
}

void fix_cache(struct fix *f)
{
	chain_cache_free(f->cache);
	f->cache = chain_cache_new(8, &f->e);
	assert_non_null(f->cache);
}

static void add(struct fix *f, struct x509_bundle *to, const void *p, size_t n)
{
	struct x509_bundle b = { 0 };

	CHECK_OK(x509_bundle_parse(f->crypto, p, n, &b, &f->e), &f->e);
	for (size_t i = 0; i < b.n; i++)
		CHECK_OK(x509_bundle_add(to, b.certs[i], &f->e), &f->e);
	x509_bundle_clear(&b);
}

void fix_anchor(struct fix *f, const void *p, size_t n)
{
	add(f, &f->anchors, p, n);
}

void fix_cert(struct fix *f, const void *p, size_t n)
{
	add(f, &f->certs, p, n);
}

void fix_crl(struct fix *f, const void *p, size_t n)
{
	assert_true(f->ncrls < FIX_CRLS);
	CHECK_OK(x509_crl_parse(f->crypto, p, n, &f->crls[f->ncrls], &f->e), &f->e);
	f->ncrls++;
}

void fix_bind(struct fix *f, struct bound_data *b, const char *text)
{
	*b = (struct bound_data){ 0 };
	if (!text)
		return;
	*b = (struct bound_data){ .present = true, .json = true, .bytes = rd_make(text, strlen(text)) };
	CHECK_OK(digest(f->crypto, DIGEST_SHA256, text, strlen(text), b->sha256, &f->e), &f->e);
}

static void begin(struct fix *f)
{
	arena_reset(f->a);
	att_error_clear(&f->e);
	f->outcome = (struct evidence_outcome){ .checks = &f->checks };
	f->ev = NULL;
	assert_true(checklist_init(&f->checks, f->a, snp_checks, SNP_NCHECKS, &f->e));
}

static void put_bundle(struct buf *b, const struct x509_bundle *set)
{
	buf_le32(b, (uint32_t)set->n);
	for (size_t i = 0; i < set->n; i++)
		buf_put(b, x509_sha256(set->certs[i]), 32);
}

static void digest_given(struct fix *f)
{
	struct buf b = buf_make(f->a);

	put_bundle(&b, &f->certs);
	put_bundle(&b, &f->anchors);
	for (size_t i = 0; i < f->ncrls; i++)
		buf_put(&b, x509_crl_sha256(f->crls[i]), 32);
	CHECK_OK(buf_ok(&b, &f->e) &&
	    digest(f->crypto, DIGEST_SHA256, b.p, b.len, f->given_sha256, &f->e), &f->e);
}

static struct trust trust_of(struct fix *f)
{
	digest_given(f);
	return (struct trust){
		.crypto = f->crypto, .now_s = f->now_s, .settings = &f->settings, .certs = &f->certs,
		.certs_picked = f->certs_picked,
		.crls = f->crls, .ncrls = f->ncrls, .anchors = &f->anchors, .chains = f->cache,
		.runtime = &f->runtime, .inittime = &f->inittime,
		.given_sha256 = f->given_sha256, .look_up = f->look_up, .look_up_state = f,
	};
}

static const char *verify(struct fix *f)
{
	struct trust t = trust_of(f);
	size_t skipped;

	CHECK_OK(snp_format.verify(f->ev, &t, f->a, &f->outcome, &f->e), &f->e);
	if (checklist_failed(&f->checks))
		return snp_checks[f->checks.first_failed].id;
	if (f->outcome.missing)
		return "missing";
	if (!checklist_complete(&f->checks, &skipped))
		fail_msg("%s was skipped", snp_checks[skipped].id);
	return "ok";
}

static const char *form_failed(struct fix *f)
{
	struct att_error why = f->e;

	(void)check_fail(&f->checks, snp_format.form_check, "", check_text(&f->checks, "%s", why.text));
	return snp_checks[snp_format.form_check].id;
}

const char *fix_run(struct fix *f, const void *evidence, size_t n)
{
	void *ev;

	begin(f);
	if (!snp_format.parse(rd_make(evidence, n), f->a, f->crypto, &ev, &f->e))
		return form_failed(f);
	f->ev = ev;
	return verify(f);
}

const char *fix_run_parts(struct fix *f, const void *report, size_t n, const void *chain, size_t nchain)
{
	struct snp_evidence *ev;

	begin(f);
	ev = arena_alloc(f->a, sizeof *ev);
	assert_non_null(ev);
	ev->bytes = rd_make(report, n);
	if (nchain)
		ev->certs.certs[ev->certs.ncerts++] = rd_make(chain, nchain);
	if (!snp_report_parse(ev->bytes, &ev->report, &f->e))
		return form_failed(f);
	f->ev = ev;
	return verify(f);
}

struct claims fix_claims(struct fix *f)
{
	struct claims c = claims_make(f->a);
	struct trust t = trust_of(f);

	CHECK_OK(snp_format.claims(f->ev, &t, &f->outcome, &c, &f->e), &f->e);
	return c;
}

const char *fix_transcript(struct fix *f)
{
	struct buf b = buf_make(f->a);
	struct claims c;
	char *json;
	size_t n;

	for (size_t i = 0; i < f->checks.n; i++) {
		const struct check_result *r = &f->checks.results[i];
		buf_fmt(&b, "%s %d %s|%s\n", snp_checks[i].id, (int)r->outcome,
		    r->expected ? r->expected : "", r->found ? r->found : "");
	}
	buf_fmt(&b, "relaxed %u simulated %d missing %s\n", f->outcome.relaxed, f->outcome.simulated_anchor,
	    f->outcome.missing ? f->outcome.missing : "");
	if (f->outcome.facts) {
		c = fix_claims(f);
		CHECK_OK(json_write(f->a, claims_to_json(&c, f->a), JSON_SORTED, &json, &n, &f->e), &f->e);
		buf_str(&b, json);
	}
	assert_true(buf_ok(&b, NULL));
	return b.p;
}

const struct sim_snp_keys *fix_keys(void)
{
	static struct sim_snp_keys keys;
	static const char *const names[] = { "ark", "ask", "asvk", "leaf", "other-leaf" };
	struct sim_snp_key_pems pems;
	struct att_bytes *const into[] = { &pems.ark, &pems.ask, &pems.asvk, &pems.leaf, &pems.other_leaf };
	struct blob b[5];
	struct att_error e = { 0 };

	if (keys.ark)
		return &keys;
	for (size_t i = 0; i < 5; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "tests/keys/snp-%s.pem", names[i]);
		b[i] = repo_file(path);
		*into[i] = (struct att_bytes){ b[i].p, b[i].n };
	}
	CHECK_OK(sim_snp_keys_load(&pems, &keys, &e), &e);
	for (size_t i = 0; i < 5; i++)
		blob_free(&b[i]);
	return &keys;
}

void fix_sim_options(struct sim_snp_options *o, const char *product)
{
	struct att_error e = { 0 };

	CHECK_OK(sim_snp_options_default(o, product, FIX_NOW, &e), &e);
}

struct sim_snp_output fix_sim(struct fix *f, struct arena *a, const struct sim_snp_options *o)
{
	struct sim_snp_output out;

	CHECK_OK(sim_snp_make(f->crypto, a, fix_keys(), o, &out, &f->e), &f->e);
	return out;
}

const char *fix_run_sim(struct fix *f, const struct sim_snp_options *o)
{
	struct arena *a = arena_new(LIMIT);
	struct sim_snp_output out = fix_sim(f, a, o);
	const char *verdict;

	fix_forget(f);
	fix_anchor(f, out.ark_pem.p, out.ark_pem.n);
	if (out.crl_der.n)
		fix_crl(f, out.crl_der.p, out.crl_der.n);
	verdict = fix_run_parts(f, out.report.p, out.report.n, out.chain_pem.p, out.chain_pem.n);
	if (f->ev)      /* the arena of the simulation goes: claims read the parsed report only */
		((struct snp_evidence *)(uintptr_t)f->ev)->bytes = rd_make(NULL, 0);
	arena_free(a);
	return verdict;
}

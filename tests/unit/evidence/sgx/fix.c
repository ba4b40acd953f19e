#include "tests/unit/evidence/sgx/fix.h"

#include <string.h>

#include "lib/base/buf.h"

#define LIMIT ((size_t)64 << 20)

void dfix_init(struct dfix *f)
{
	*f = (struct dfix){ 0 };
	f->crypto = crypto_new(&f->e);
	f->a = arena_new(LIMIT);
	f->settings.tcb_accept = ~0u;
	assert_non_null(f->crypto);
	assert_non_null(f->a);
}

void dfix_forget(struct dfix *f)
{
	x509_bundle_clear(&f->certs);
	x509_bundle_clear(&f->anchors);
	for (size_t i = 0; i < f->npieces; i++)
		blob_free(&f->files[i]);
	f->npieces = 0;
}

void dfix_clear(struct dfix *f)
{
	dfix_forget(f);
	collateral_pack_free(f->pack);
	chain_cache_free(f->cache);
	arena_free(f->a);
	crypto_free(f->crypto);
	*f = (struct dfix){ 0 };
}

void dfix_cache(struct dfix *f)
{
	chain_cache_free(f->cache);
	f->cache = chain_cache_new(4, &f->e);
	assert_non_null(f->cache);
}

static void add(struct dfix *f, struct x509_bundle *to, const char *vector)
{
	struct x509_bundle b = { 0 };
	struct blob file = vector_file(vector);

	CHECK_OK(x509_bundle_parse(f->crypto, file.p, file.n, &b, &f->e), &f->e);
	for (size_t i = 0; i < b.n; i++)
		CHECK_OK(x509_bundle_add(to, b.certs[i], &f->e), &f->e);
	x509_bundle_clear(&b);
	blob_free(&file);
}

void dfix_anchor(struct dfix *f, const char *vector)
{
	add(f, &f->anchors, vector);
}

void dfix_cert(struct dfix *f, const char *vector)
{
	add(f, &f->certs, vector);
}

void dfix_piece(struct dfix *f, const char *vector)
{
	struct blob b = vector_file(vector);

	assert_true(f->npieces < DFIX_PIECES);
	f->files[f->npieces] = b;
	f->pieces[f->npieces++] = (struct att_bytes){ b.p, b.n };
}

void dfix_piece_bytes(struct dfix *f, const void *p, size_t n)
{
	assert_true(f->npieces < DFIX_PIECES);
	f->files[f->npieces] = (struct blob){ 0 };
	f->pieces[f->npieces++] = (struct att_bytes){ p, n };
}

void dfix_time(struct dfix *f, const char *rfc3339)
{
	CHECK_OK(time_parse_rfc3339(rfc3339, strlen(rfc3339), &f->now_s, &f->e), &f->e);
}

void dfix_bind(struct dfix *f, struct bound_data *b, const void *p, size_t n)
{
	*b = (struct bound_data){ 0 };
	if (!p)
		return;
	*b = (struct bound_data){ .present = true, .bytes = rd_make(p, n) };
	CHECK_OK(digest(f->crypto, DIGEST_SHA256, p, n, b->sha256, &f->e), &f->e);
}

const struct evidence_format *dfix_format(const void *p, size_t n)
{
	if (tdx_format.recognise(rd_make(p, n)))
		return &tdx_format;
	return oe_format.recognise(rd_make(p, n)) ? &oe_format : &sgx_format;
}

/* Certificates given are not among the pieces here, so they count for the digest by themselves. */
static void digest_given(struct dfix *f)
{
	struct buf b = buf_make(f->a);

	buf_put(&b, f->pack->keys.all, sizeof f->pack->keys.all);
	for (size_t i = 0; i < f->certs.n; i++)
		buf_put(&b, x509_sha256(f->certs.certs[i]), 32);
	CHECK_OK(buf_ok(&b, &f->e) &&
	    digest(f->crypto, DIGEST_SHA256, b.p, b.len, f->given_sha256, &f->e), &f->e);
}

void dfix_pack(struct dfix *f)
{
	struct rd pieces[DFIX_PIECES], anchors[DFIX_PIECES];
	struct collateral_given g = { pieces, f->npieces, anchors, f->anchors.n };
	struct collateral_keys keys;

	assert_true(f->anchors.n <= DFIX_PIECES);
	for (size_t i = 0; i < f->npieces; i++)
		pieces[i] = rd_make(f->pieces[i].data, f->pieces[i].len);
	for (size_t i = 0; i < f->anchors.n; i++) {
		size_t n;
		const uint8_t *der = x509_der(f->anchors.certs[i], &n);
		anchors[i] = rd_make(der, n);
	}
	CHECK_OK(collateral_keys_make(f->crypto, &g, &keys, &f->e), &f->e);
	if (!f->pack || !bytes_equal(keys.all, f->pack->keys.all, sizeof keys.all)) {
		collateral_pack_free(f->pack);
		f->pack = NULL;
		CHECK_OK(collateral_pack_new(f->crypto, &g, &f->pack, &f->e), &f->e);
	}
	digest_given(f);
}

struct trust dfix_trust(struct dfix *f)
{
	return (struct trust){
		.crypto = f->crypto, .now_s = f->now_s, .settings = &f->settings, .certs = &f->certs,
		.anchors = &f->anchors, .chains = f->cache, .runtime = &f->runtime, .inittime = &f->inittime,
		.collateral = f->pack,
		.collateral_picked = f->npieces == 1,
		.given_sha256 = f->given_sha256,
		.baseline = f->baseline,
		.look_up = f->look_up,
		.look_up_state = f,
	};
}

static const char *verify(struct dfix *f)
{
	struct trust t = dfix_trust(f);
	size_t skipped;

	CHECK_OK(f->format->verify(f->ev, &t, f->a, &f->outcome, &f->e), &f->e);
	if (checklist_failed(&f->checks))
		return f->format->checks[f->checks.first_failed].id;
	if (f->outcome.missing)
		return "missing";
	if (!checklist_complete(&f->checks, &skipped))
		fail_msg("%s was skipped", f->format->checks[skipped].id);
	return "ok";
}

const char *dfix_run(struct dfix *f, const struct evidence_format *format, const void *p, size_t n)
{
	void *ev;

	arena_reset(f->a);
	att_error_clear(&f->e);
	dfix_pack(f);
	f->format = format;
	f->outcome = (struct evidence_outcome){ .checks = &f->checks };
	f->ev = NULL;
	assert_true(checklist_init(&f->checks, f->a, format->checks, format->nchecks, &f->e));
	if (!format->parse(rd_make(p, n), f->a, f->crypto, &ev, &f->e)) {
		struct att_error why = f->e;
		(void)check_fail(&f->checks, format->form_check, "", check_text(&f->checks, "%s", why.text));
		return format->checks[format->form_check].id;
	}
	f->ev = ev;
	return verify(f);
}

const char *dfix_run_file(struct dfix *f, const char *vector)
{
	static struct blob last;        /* evidence is borrowed until the next run */

	blob_free(&last);
	last = vector_file(vector);
	return dfix_run(f, dfix_format(last.p, last.n), last.p, last.n);
}

const char *dfix_status(const struct dfix *f)
{
	const struct json *s = json_get(f->outcome.tcb, "status");

	return s ? s->s : "";
}

const char *dfix_tcb_text(const struct dfix *f)
{
	char *text = NULL;
	size_t n;

	if (!f->outcome.tcb || !json_write(f->a, f->outcome.tcb, JSON_COMPACT, &text, &n, NULL))
		return "";
	return text;
}

const char *dfix_transcript(struct dfix *f)
{
	static const char *const outcomes[] = { "n/a", "pass", "fail" };
	struct buf b = buf_make(f->a);
	struct trust t = dfix_trust(f);
	struct claims c = claims_make(f->a);
	char *text;
	size_t n;

	for (size_t i = 0; i < f->checks.n; i++) {
		const struct check_result *r = &f->checks.results[i];
		buf_fmt(&b, "%s: %s", f->format->checks[i].id, outcomes[r->outcome]);
		if (r->outcome == CHECK_FAIL)
			buf_fmt(&b, ", want %s, found %s", r->expected, r->found);
		buf_str(&b, "\n");
	}
	buf_fmt(&b, "missing: %s\nsimulated: %d\ntcb: %s\n", f->outcome.missing ? f->outcome.missing : "none",
	    f->outcome.simulated_anchor, dfix_tcb_text(f));
	if (f->outcome.facts) {
		CHECK_OK(f->format->claims(f->ev, &t, &f->outcome, &c, &f->e), &f->e);
		CHECK_OK(json_write(f->a, claims_to_json(&c, f->a), JSON_SORTED, &text, &n, &f->e), &f->e);
		buf_fmt(&b, "claims: %s\n", text);
	}
	CHECK_OK(buf_ok(&b, &f->e), &f->e);
	return b.p;
}

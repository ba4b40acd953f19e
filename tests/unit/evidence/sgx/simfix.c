#include "tests/unit/evidence/sgx/simfix.h"

#include <string.h>

#define LIMIT ((size_t)16 << 20)

void simfix_init(struct simfix *s)
{
	*s = (struct simfix){ 0 };
	dfix_init(&s->f);
	s->a = arena_new(LIMIT);
	CHECK_OK(sim_dcap_keys_generate(s->f.crypto, SIMFIX_NOW, &s->keys, &s->e), &s->e);
}

void simfix_clear(struct simfix *s)
{
	dfix_clear(&s->f);
	sim_dcap_keys_clear(&s->keys);
	arena_free(s->a);
}

const struct evidence_format *simfix_format(const struct simfix *s)
{
	static const struct evidence_format *const formats[] = { &sgx_format, &oe_format,
	    &tdx_format };

	return formats[s->o.type];
}

void simfix_options(struct simfix *s, enum sim_dcap_type type)
{
	sim_dcap_options_default(&s->o, type, SIMFIX_NOW);
	s->f.now_s = SIMFIX_NOW;
	s->f.settings = (struct att_settings){ .tcb_accept = ~0u };
	s->f.runtime = s->f.inittime = (struct bound_data){ 0 };
}

void simfix_plan(struct simfix *s)
{
	arena_free(s->a);
	s->a = arena_new(LIMIT);
	CHECK_OK(dcap_plan_begin(s->f.crypto, s->a, &s->keys, &s->o, &s->p, &s->e), &s->e);
}

void simfix_write(struct simfix *s)
{
	struct x509_bundle b = { 0 };

	CHECK_OK(dcap_plan_write(&s->p, &s->out, &s->e), &s->e);
	x509_bundle_clear(&s->f.anchors);
	CHECK_OK(x509_bundle_parse(s->f.crypto, s->out.root_pem.p, s->out.root_pem.n, &b, &s->e),
	    &s->e);
	CHECK_OK(x509_bundle_add(&s->f.anchors, b.certs[0], &s->e), &s->e);
	x509_bundle_clear(&b);
}

void simfix_drop(struct simfix *s, const char *member)
{
	struct json *whole, *doc = json_object(s->a);
	char *text;
	size_t n;

	CHECK_OK(json_parse(s->a, s->out.collateral_json.p, s->out.collateral_json.n, NULL, &whole,
	    &s->e),
	    &s->e);
	for (const struct json *m = whole->child; m; m = m->next)
		if (strncmp(m->name, member, strlen(member)) != 0)
			json_put(s->a, doc, m->name, json_copy(s->a, m));
	CHECK_OK(json_write(s->a, doc, JSON_COMPACT, &text, &n, &s->e), &s->e);
	s->out.collateral_json = (struct sim_bytes){ (const uint8_t *)text, n };
}

/* Data that the request carries is bound, given by the options or made up for a fault. */
static void bind(struct simfix *s)
{
	const struct sim_dcap_options *o = &s->p.o;

	if (o->runtime_data.len)
		dfix_bind(&s->f, &s->f.runtime, o->runtime_data.data, o->runtime_data.len);
	if (o->inittime_data.len)
		dfix_bind(&s->f, &s->f.inittime, o->inittime_data.data, o->inittime_data.len);
}

const char *simfix_appraise_bytes(struct simfix *s, const void *p, size_t n)
{
	bind(s);
	s->f.npieces = 0;
	dfix_piece_bytes(&s->f, s->out.collateral_json.p, s->out.collateral_json.n);
	return dfix_run(&s->f, simfix_format(s), p, n);
}

const char *simfix_appraise(struct simfix *s)
{
	return simfix_appraise_bytes(s, s->out.evidence.p, s->out.evidence.n);
}

const char *simfix_run(struct simfix *s)
{
	simfix_plan(s);
	simfix_write(s);
	return simfix_appraise(s);
}

const char *simfix_run_fault(struct simfix *s, enum sim_dcap_type type, const char *fault)
{
	simfix_options(s, type);
	s->o.fault = fault;
	return simfix_run(s);
}

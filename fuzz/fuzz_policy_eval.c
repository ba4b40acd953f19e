/* A policy of a piece for each byte: evaluation keeps steps and memory, and gives the same answer twice. */
#include <assert.h>

#include "lib/base/buf.h"
#include "lib/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define C(test) "c:[" test "]"
#define ADD(type, value) "=>add(type=" type ",value=" value ");"
static const char *const pieces[] = {
	C("type==\"a\""), "d:[type==\"b\"]", C("value!=1"), "![type==\"b\"]", C("type==\"j\""), "&&",
	"=>deny();", C("issuer==\"AttestationPolicy\""), C("type==\"a\"") "&&d:[value==c.value]",
	C("type==\"pcrs\""), "=>issue(claim=c);",
	"=>issue(type=\"j\",value=\"[1,[2],{\\\"a\\\":true}]\");", ADD("\"a\"", "1"),
	ADD("\"b\"", "c.value"), ADD("\"q\"", "NegateBool(c.value)"),
	ADD("\"b\"", "AppendString(c.value,c.value)"), ADD("\"a\"", "JsonToClaimValue(c.value)"),
	"=>issue(type=c.type,value=JmesPath(c.value,\"[*].a\"));",
	ADD("\"q\"", "IsSubsetOf(c.value,d.value)"),
	ADD("\"q\"", "ContainsOnlyValue(c.value,d.value)"), "=>issueproperty(type=\"p\",value=c.value);",
	ADD("c.value", "JmesPath(d.value,c.value)"), ADD("\"j\"", "JmesPath(c.value,\"[@,@]\")")
};
static const char claims[] =
    "{\"a\":[1,\"x\",true],\"b\":\"[1]\",\"j\":{\"a\":[{\"a\":1},[2]]},\"pcrs\":\"{}\",\"q\":\"[][]\"}";

static void eval(struct policy *p, struct claims *in, struct policy_limits *l, struct arena *a,
    struct policy_result *r)
{
	size_t before = arena_used(a);

	assert(policy_eval(p, in, l, a, r, NULL));
	assert(r->steps <= l->steps && arena_used(a) - before <= l->memory + 1024);
	assert((r->decision == POLICY_PERMIT) == !r->message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct buf text = buf_make(a);
	struct claims in = claims_make(a);
	struct policy_limits limits = { size > 0 ? 40u * data[0] : 10000, (size_t)1 << 20 };
	struct policy_result r, s;
	struct policy *p;
	struct json *j;

	buf_str(&text, "version=1.2;authorizationrules{=>permit();};issuancerules{");
	for (size_t i = 1; i < size && i < 120; i++)
		buf_str(&text, pieces[data[i] % (sizeof pieces / sizeof pieces[0])]);
	buf_str(&text, "};");
	assert(json_parse(a, claims, sizeof claims - 1, NULL, &j, NULL) && claims_from_json(&in, j, NULL));
	if (policy_compile(a, text.p, text.len, &p, NULL, NULL)) {
		eval(p, &in, &limits, a, &r);
		eval(p, &in, &limits, a, &s);
		assert(r.decision == s.decision && r.steps == s.steps && r.outgoing.n == s.outgoing.n);
		for (size_t i = 0; i < r.outgoing.n; i++)
			assert(claim_same(&r.outgoing.v[i], &s.outgoing.v[i]) && !r.outgoing.v[i].read_only);
	}
	arena_free(a);
	return 0;
}

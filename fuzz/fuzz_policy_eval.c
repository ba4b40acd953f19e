/*
 * A policy and claims put together from the input: evaluation stays within its steps and memory and gives the
 * same answer twice.  Each byte chooses a piece, so that most inputs are policies that compile.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const pieces[] = {
	"c:[type==\"a\"]", "d:[type==\"b\"]", "c:[value!=1]", "[type==\"j\"]", "![type==\"b\"]", "c:[type==\"j\"]",
	"c:[issuer==\"AttestationPolicy\"]", "c:[type==\"a\"] && d:[value==c.value]", "c:[type==\"pcrs\"]",
	"=>permit();", "=>deny();", "=>add(type=\"a\",value=1);", "=>add(type=\"b\",value=c.value);", "=>issue(claim=c);",
	"=>issue(type=\"j\",value=\"[1,[2],{\\\"a\\\":true}]\");", "=>add(type=\"b\",value=AppendString(c.value,c.value));",
	"=>add(type=\"a\",value=JsonToClaimValue(c.value));", "=>issue(type=c.type,value=JmesPath(c.value,\"[*].a\"));",
	"=>add(type=\"q\",value=IsSubsetOf(c.value,d.value));", "=>add(type=\"q\",value=NegateBool(c.value));",
	"=>add(type=\"q\",value=ContainsOnlyValue(c.value,d.value));", "=>add(type=c.value,value=JmesPath(d.value,c.value));",
	"=>issueproperty(type=\"omit_x5c\",value=c.value);", "=>add(type=\"j\",value=JmesPath(c.value,\"[@,@]\"));", "&&"
};
static const char *const claims[] = {
	"{\"a\":[1,\"x\",true]", ",\"b\":\"[1]\"", ",\"j\":{\"a\":[{\"a\":1},[2]]}", ",\"pcrs\":\"{}\"", ",\"q\":\"[][]\"}"
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct policy_result eval(const struct policy *p, const struct claims *in, const struct policy_limits *l, struct arena *a)
{
	struct policy_result r;
	struct att_error e = { 0 };
	size_t before = arena_used(a);

	assert(policy_eval(p, in, l, a, &r, &e));
	assert(r.steps <= l->steps && arena_used(a) - before <= l->memory + 1024);
	assert((r.decision == POLICY_PERMIT) == (r.message == NULL));
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct buf text = buf_make(a), json = buf_make(a);
	struct claims in = claims_make(a);
	struct policy_limits limits = { size > 0 ? 40u * data[0] : 10000, (size_t)1 << 20 };
	struct policy_result r, s;
	struct policy *p;
	struct json *j;
	struct att_error e = { 0 };

	buf_str(&text, "version=1.2;authorizationrules{=>permit();};issuancerules{");
	for (size_t i = 1; i < size && i < 120; i++)
		buf_str(&text, pieces[data[i] % COUNT(pieces)]);
	buf_str(&text, "};");
	for (size_t i = 0; i < COUNT(claims); i++)
		buf_str(&json, i > 0 && i + 1 < COUNT(claims) && size > 1 && data[1] >> i & 1 ? "" : claims[i]);
	assert(json_parse(a, json.p, json.len, NULL, &j, &e) && claims_from_json(&in, j, &e));
	if (policy_compile(a, text.p, text.len, &p, NULL, &e)) {
		r = eval(p, &in, &limits, a);
		s = eval(p, &in, &limits, a);
		assert(r.decision == s.decision && r.steps == s.steps && r.outgoing.n == s.outgoing.n);
		for (size_t i = 0; i < r.outgoing.n; i++)
			assert(claim_same(&r.outgoing.v[i], &s.outgoing.v[i]) && !r.outgoing.v[i].read_only);
		assert(!r.message || strcmp(r.message, s.message) == 0);
	}
	arena_free(a);
	return 0;
}

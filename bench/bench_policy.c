/*
 * bench_policy [FILE...] - compiling and evaluating policies: every default one, the files given, and one
 * of 200 rules.
 *
 * Evaluation is warm: the policy is compiled already, the claims are loaded by the evaluator as for every
 * request.  Claims are one of each name that the attestation type makes, with values that policies like.
 * Targets: a default policy 20 us, 200 rules 500 us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "cli/file.h"
#include "lib/base/buf.h"
#include "lib/claims/names.h"
#include "lib/policy/policy.h"
#include "libattest/manage.h"

#define ARENA_MAX ((size_t)1 << 30)
#define SUBJECTS_MAX 64
#define GENERATED_RULES 200
#define EVENTS 64               /* boot events of the TPM claims */

struct subject {
	const char *name;
	const char *text;
	size_t len;
	bool is_default;
	struct claims claims;
	struct policy *policy;
	struct variant compile, evaluate;
	char compile_name[96], evaluate_name[96];
};

static struct subject subjects[SUBJECTS_MAX];
static size_t nsubjects;

static bool compile(void *state)
{
	const struct subject *s = state;
	struct arena *a = arena_new((size_t)64 << 20);
	struct policy *p;
	bool ok = a && policy_compile(a, s->text, s->len, &p, NULL, NULL);

	arena_free(a);
	return ok;
}

static bool evaluate(void *state)
{
	const struct subject *s = state;
	struct policy_limits limits = { .steps = POLICY_STEPS_DEFAULT, .memory = POLICY_MEMORY_DEFAULT };
	struct arena *a = arena_new((size_t)64 << 20);
	struct policy_result r;
	bool ok = a && policy_eval(s->policy, &s->claims, &limits, a, &r, NULL);

	arena_free(a);
	return ok;
}

/* By the beginning of a policy's name; the last row fits all. */
static const struct { const char *prefix; unsigned format; } formats[] = {
	{ "Sgx", CLAIM_F_SGX }, { "OpenEnclave", CLAIM_F_SGX }, { "docs-sgx", CLAIM_F_SGX },
	    { "sdk-draft", CLAIM_F_SGX },
	{ "SevSnpVm", CLAIM_F_SNP }, { "rules", CLAIM_F_SNP }, { "TdxVm", CLAIM_F_TDX },
	{ "AzureGuest", CLAIM_F_AZGUEST }, { "docs-permit-secureboot", CLAIM_F_AZGUEST },
	    { "", CLAIM_F_TPM | CLAIM_F_VBS },
};

static unsigned format_of(const char *name)
{
	size_t i = 0;

	while (strncmp(name, formats[i].prefix, strlen(formats[i].prefix)) != 0)
		i++;
	return formats[i].format;
}

static const char *events_text(struct arena *a)
{
	struct buf b = buf_make(a);

	buf_str(&b, "{\"Events\":[");
	for (unsigned i = 0; i < EVENTS; i++) {
		const char *type = i % 3 ? "EV_EFI_VARIABLE_DRIVER_CONFIG" : "EV_SEPARATOR";
		buf_fmt(&b, "%s{\"EventSeq\":%u,\"PcrIndex\":%u,\"EventTypeString\":\"%s\","
		    "\"ProcessedData\":{\"UnicodeName\":\"SecureBoot\",\"VariableData\":\"AQ\","
		    "\"VariableGuid\":\"8BE4DF61-93CA-11D2-AA0D-00E098032B8C\"}}",
		    i ? "," : "", i, i % 15, type);
	}
	buf_str(&b, "]}");
	return buf_ok(&b, NULL) ? b.p : NULL;
}

/* Some texts are JSON to policies. */
static const char *claim_text(const char *name, const char *events)
{
	static const char pcrs[] =
	    "{\"PCRs\":[{\"Index\":0,\"Digests\":{\"SHA1\":\"KCk6Ow\",\"SHA256\":\"00\"}}]}";

	if (strcmp(name, "events") == 0 || strcmp(name, "bootEvents") == 0)
		return events;
	if (strcmp(name, "pcrs") == 0)
		return pcrs;
	return strstr(name, "-key") ? "{}" : "00112233445566778899";
}

static bool claims_of(struct arena *a, unsigned format, struct claims *out)
{
	const char *events = events_text(a);
	bool ok = events != NULL;

	*out = claims_make(a);
	for (size_t i = 0; ok && i < claim_name_count(); i++) {
		const struct claim_name *n = claim_name_at(i);
		bool bad = strstr(n->name, "debuggable") || strstr(n->name, "migration");
		if (!n->in_policy || !(n->formats & (format | CLAIM_F_ALL)))
			continue;
		if (n->kind == CLAIM_INT)
			ok = claims_int(out, n->name, 5, NULL);
		else if (n->kind == CLAIM_BOOL)
			ok = claims_bool(out, n->name, !bad, NULL);
		else
			ok = claims_str(out, n->name, claim_text(n->name, events), NULL);
	}
	return ok;
}

static bool add(struct arena *a, const char *name, const char *text, size_t len, bool is_default)
{
	struct subject *s = &subjects[nsubjects];
	struct att_error e = { 0 };

	if (nsubjects == SUBJECTS_MAX || len == 0)
		return nsubjects < SUBJECTS_MAX;
	*s = (struct subject){ .name = arena_strdup(a, name), .text = text, .len = len,
	    .is_default = is_default };
	if (!policy_compile(a, text, len, &s->policy, NULL, &e) ||
	    !claims_of(a, format_of(name), &s->claims)) {
		(void)fprintf(stderr, "bench_policy: %s: %s\n", name, e.text);
		return false;
	}
	(void)snprintf(s->compile_name, sizeof s->compile_name, "compile %s", name);
	(void)snprintf(s->evaluate_name, sizeof s->evaluate_name, "evaluate %s", name);
	s->compile = (struct variant){ .name = s->compile_name, .fn = compile, .state = s, .per_round = 100 };
	s->evaluate = (struct variant){ .name = s->evaluate_name, .fn = evaluate, .state = s,
	    .per_round = 1000 };
	nsubjects++;
	return true;
}

static bool add_defaults(struct arena *a)
{
	struct att_settings settings;
	char name[64];
	bool ok = true;

	att_settings_default(&settings);
	for (unsigned i = 0; ok && att_policy_type_name(i); i++)
		for (int d = ATT_DEFAULTS_MAA; ok && d <= ATT_DEFAULTS_STRICT; d++) {
			char *text, *kept;
			settings.defaults = (enum att_defaults)d;
			text = att_default_policy(att_policy_type_name(i), &settings);
			kept = text ? arena_strdup(a, text) : NULL;
			free(text);
			(void)snprintf(name, sizeof name, "%s default, %s", att_policy_type_name(i), d ?
			    "strict" : "maa");
			ok = kept && add(a, name, kept, strlen(kept), true);
		}
	return ok;
}

static bool add_files(struct arena *a, char **paths)
{
	struct att_error e = { 0 };
	struct att_bytes text;

	for (; *paths; paths++) {
		const char *slash = strrchr(*paths, '/');
		if (!file_read(a, *paths, &text, &e) ||
		    !add(a, slash ? slash + 1 : *paths, (const char *)text.data, text.len, false))
			return false;
	}
	return true;
}

/* Half of the rules look at a claim that is there and deny, half issue one of its own. */
static bool add_generated(struct arena *a)
{
	struct buf b = buf_make(a), issue = buf_make(a);
	struct claims names;

	if (!claims_of(a, CLAIM_F_SNP, &names))
		return false;
	buf_str(&b, "version=1.0;authorizationrules{");
	for (unsigned i = 0; i < GENERATED_RULES / 2; i++) {
		const char *name = names.v[i % names.n].name;
		buf_fmt(&b, "c:[type==\"%s\"]&&[type==\"%s\",value==\"other-%u\"]=>deny();",
		    names.v[(i + 7) % names.n].name, name,
		    i);
		if (i > 0)
			buf_fmt(&issue, "c:[type==\"%s\"]=>issue(type=\"mine-%u\",value=c.value);", name, i);
	}
	buf_fmt(&b, "=>permit();};issuancerules{%s};", issue.p);
	return buf_ok(&issue, NULL) && buf_ok(&b, NULL) && add(a, "rules 200", b.p, b.len, false);
}

static void print_target(const char *figure, double us, int target)
{
	(void)printf("{\"figure\":\"%s\",\"unit\":\"us\",\"median\":%.2f,\"target\":%d}\n", figure, us,
	    target);
}

/* The slowest default policy and the generated one beside what they are to reach. */
static void print_targets(void)
{
	double slowest = 0;

	for (size_t i = 0; i < nsubjects; i++)
		if (subjects[i].is_default && bench_median(&subjects[i].evaluate) > slowest)
			slowest = bench_median(&subjects[i].evaluate);
	print_target("slowest default policy, evaluate", slowest, 20);
	print_target("policy of 200 rules, evaluate", bench_median(&subjects[nsubjects - 1].evaluate), 500);
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new(ARENA_MAX);

	(void)argc;
	if (!a || !add_defaults(a) || !add_files(a, argv + 1) || !add_generated(a))
		return 1;
	for (size_t i = 0; i < nsubjects; i++)
		if (!bench_run(&subjects[i].compile, 1) || !bench_run(&subjects[i].evaluate, 1))
			return 1;
	for (size_t i = 0; i < nsubjects; i++) {
		bench_print(&subjects[i].compile, NULL);
		bench_print(&subjects[i].evaluate, NULL);
	}
	print_targets();
	arena_free(a);
	return 0;
}

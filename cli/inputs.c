/* From options and files to one appraisal request; the options are those of attest verify. */
#include "cli/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hex.h"
#include "libattest/policy.h"

/* "vlek,no-crl": the bits of the names; name(i) is the i-th name, NULL past the end. */
static bool bits_from(const char *list, const char *(*name)(unsigned i), const char *what, unsigned *bits,
    struct att_error *e)
{
	while (list && *list) {
		size_t n = strcspn(list, ",");
		unsigned i = 0;
		while (name(i) && (strlen(name(i)) != n || strncmp(name(i), list, n) != 0))
			i++;
		if (!name(i))
			return att_fail(e, ATT_E_OPERATION, "%s \"%.*s\"", what, (int)n, list);
		*bits |= 1u << i;
		list += n + (list[n] == ',');
	}
	return true;
}

/* The statuses given replace the default ones; Revoked is never accepted. */
static bool tcb_accept_from(const char *list, unsigned *accept, struct att_error *e)
{
	unsigned bits = 0;

	if (!list)
		return true;
	if (!bits_from(list, att_tcb_status_name, "--tcb-accept: unknown status", &bits, e))
		return false;
	if (bits & ATT_TCB_REVOKED)
		return att_fail(e, ATT_E_OPERATION, "--tcb-accept: Revoked is never accepted");
	*accept = bits;
	return true;
}

static bool settings_from(const struct args *args, struct att_settings *s, struct att_error *e)
{
	const char *defaults = arg(args, "defaults");

	att_settings_default(s);
	if (defaults && strcmp(defaults, "strict") == 0)
		s->defaults = ATT_DEFAULTS_STRICT;
	else if (defaults && strcmp(defaults, "maa") != 0)
		return att_fail(e, ATT_E_OPERATION, "--defaults: found \"%s\", want maa or strict", defaults);
	if (defaults && arg(args, "policy"))
		return att_fail(e, ATT_E_OPERATION, "--policy and --defaults exclude each other");
	for (size_t i = 0; arg_nth(args, "allow", i); i++)
		if (!bits_from(arg_nth(args, "allow", i), att_relaxation_name, "--allow: unknown relaxation",
		    &s->allow, e))
			return false;
	return tcb_accept_from(arg(args, "tcb-accept"), &s->tcb_accept, e);
}

bool policy_unwrapped(struct arena *a, struct att_bytes *text, struct att_error *e)
{
	char *plain;
	size_t n;

	if (text->len < 3 || strncmp((const char *)text->data, "eyJ", 3) != 0)
		return true;
	if (!att_policy_unwrap(*text, &plain, &n, e))
		return false;
	*text = (struct att_bytes){ arena_memdup(a, plain, n), n };
	free(plain);
	return text->data ? true : arena_fail(a, e);
}

/* One that does not parse is unreadable input. */
static bool policy_from(const char *path, struct arena *a, struct att_bytes *out, struct att_error *e)
{
	struct att_policy_report *report = NULL;
	bool ok;

	if (!path)
		return true;
	if (!file_read(a, path, out, e))
		return false;
	if (!policy_unwrapped(a, out, e) || !att_policy_check(*out, &report, e))
		return att_within(e, "%s", path);
	ok = report->ok ||
	    att_fail(e, ATT_E_POLICY_PARSE, "%s: the policy does not parse; attest policy check %s "
	    "shows where and why", path, path);
	att_policy_report_free(report);
	return ok;
}

static bool bound_from(const struct args *args, const char *name, struct arena *a, struct att_bytes *out,
    bool *json, struct att_error *e)
{
	const char *path = arg(args, name);
	const char *type_option = strcmp(name, "runtime-data") == 0 ? "runtime-type" : "inittime-type";
	const char *type = arg(args, type_option);

	*json = type && strcmp(type, "json") == 0;
	if (type && !*json && strcmp(type, "binary") != 0)
		return att_fail(e, ATT_E_OPERATION, "--%s: found \"%s\", want binary or json", type_option,
		    type);
	return !path || file_read(a, path, out, e);
}

static bool pieces(const struct args *args, const char *option, struct arena *a, struct att_bytes *v,
    size_t *n, struct att_error *e)
{
	for (size_t i = 0; arg_nth(args, option, i); i++)
		if (!files_read(a, arg_nth(args, option, i), v, FILES_MAX, n, e))
			return att_within(e, "--%s", option);
	return true;
}

/* The certificates were chosen for the evidence, so they belong to both sets. */
static bool compared_from(const struct args *args, struct arena *a, struct inputs *in, struct att_error *e)
{
	in->compares = arg(args, "compare-collateral") != NULL;
	in->compared_at_s = in->req.now_s;
	in->ncompared = 0;
	if (!in->compares)
		return !arg(args, "compare-at") ||
		    att_fail(e, ATT_E_OPERATION, "--compare-at wants --compare-collateral");
	return time_option(args, "compare-at", &in->compared_at_s, e) &&
	    pieces(args, "certs", a, in->compared, &in->ncompared, e) &&
	    pieces(args, "compare-collateral", a, in->compared, &in->ncompared, e);
}

/* What a TPM signed is bytes; a request's nonce is text. */
static bool nonce_from(const struct args *args, struct arena *a, struct inputs *in, struct att_error *e)
{
	const char *text = arg(args, "nonce"), *type = in->req.type;
	uint8_t *bytes;
	size_t n;
	bool raw;

	if (!text)
		return true;
	type = type ? att_type_find(type) : att_recognise(in->req.body, &raw);
	if (!type || strcmp(type, "Tpm") != 0) {
		in->req.nonce = text;
		return true;
	}
	n = strlen(text) / 2;
	bytes = arena_alloc(a, n + 1);
	if (!bytes)
		return arena_fail(a, e);
	if (!hex_decode(text, strlen(text), bytes, n, e))
		return att_within(e, "--nonce");
	in->req.quote_nonce = (struct att_bytes){ bytes, n };
	return true;
}

static bool use_reference(struct inputs *in)
{
	in->settings.reference = in->reference;
	return true;
}

void inputs_clear(struct inputs *in)
{
	att_reference_free(in->reference);
	in->reference = NULL;
}

bool inputs_read(const struct args *args, struct arena *a, struct inputs *in, struct att_error *e)
{
	struct att_request *r = &in->req;
	const char *type = arg(args, "type");

	in->reference = NULL;
	*r = (struct att_request){ .settings = &in->settings, .endorsements = in->endorsements,
		.anchors = in->anchors, .caller_is_reader = true, .type = type,
		.endorsements_picked = arg(args, "certs") && !arg(args, "collateral") };
	if (type && !att_type_find(type))
		return att_fail(e, ATT_E_OPERATION, "--type: unknown attestation type \"%s\"", type);
	return settings_from(args, &in->settings, e) && denials_read(args, a, &in->settings, e) &&
	    time_of(args, &r->now_s, e) &&
	    reference_read(args, a, &in->reference, e) && use_reference(in) &&
	    file_read(a, arg_pos(args, 0), &r->body, e) && nonce_from(args, a, in, e) &&
	    policy_from(arg(args, "policy"), a, &r->policy, e) &&
	    bound_from(args, "runtime-data", a, &r->runtime_data, &r->runtime_is_json, e) &&
	    bound_from(args, "inittime-data", a, &r->inittime_data, &r->inittime_is_json, e) &&
	    pieces(args, "certs", a, in->endorsements, &r->nendorsements, e) &&
	    pieces(args, "collateral", a, in->endorsements, &r->nendorsements, e) &&
	    pieces(args, "anchors", a, in->anchors, &r->nanchors, e) && compared_from(args, a, in, e);
}

enum exit_code exit_for(enum att_verdict v)
{
	static const enum exit_code codes[] = {
		[ATT_REJECTED] = EXIT_BAD, [ATT_DENIED] = EXIT_BAD,
		[ATT_UNDECIDED] = EXIT_UNUSABLE, [ATT_PERMITTED] = EXIT_GOOD,
	};

	return codes[v];
}

/* Attestation types by name and by content; the list itself is the registry of formats. */
#include "lib/attest/appraisal.h"

#define RECOGNISE_MEMORY ((size_t)64 << 20)

const char *att_type_name(unsigned i)
{
	const struct evidence_format *f = format_at(i);

	return f ? f->name : NULL;
}

const char *att_type_find(const char *name)
{
	const struct evidence_format *f = format_find(name);

	return f ? f->name : NULL;
}

const char *att_type_member(const char *type)
{
	const struct evidence_format *f = format_find(type);

	return f ? f->member : NULL;
}

const char *att_type_claim(const char *type)
{
	const struct evidence_format *f = format_find(type);

	return f ? f->attestation_type : NULL;
}

const char *att_recognise(struct att_bytes evidence, bool *raw)
{
	const struct evidence_format *f = format_recognise(rd_make(evidence.data, evidence.len));
	struct att_settings settings;
	struct att_request req = { .body = evidence, .body_is_json_only = true, .settings = &settings };
	struct crypto *c = crypto_new(NULL);
	struct arena *a = arena_new(RECOGNISE_MEMORY);
	struct decoded d;

	*raw = f != NULL;
	att_settings_default(&settings);
	if (!f && c && a && request_decode(&req, c, a, &d, NULL))
		f = d.format;
	crypto_free(c);
	arena_free(a);
	return f ? f->name : NULL;
}

#include <strings.h>

#include "lib/evidence/format.h"

/* Every format there is; adding one adds a row. */
static const struct evidence_format *const formats[] = {
	&oe_format, /* before SNP: a raw Open Enclave report begins like an SNP report of version 1
		     */
	&sgx_format,
	&tdx_format,
	&snp_format,
	&tpm_format,
};

const struct evidence_format *format_at(size_t i)
{
	return i < sizeof formats / sizeof formats[0] ? formats[i] : NULL;
}

const struct evidence_format *format_find(const char *name)
{
	const struct evidence_format *f;

	for (size_t i = 0; (f = format_at(i)); i++)
		if (strcasecmp(f->name, name) == 0)
			return f;
	return NULL;
}

const struct evidence_format *format_recognise(struct rd raw)
{
	const struct evidence_format *f;

	for (size_t i = 0; (f = format_at(i)); i++)
		if (f->recognise(raw))
			return f;
	return NULL;
}

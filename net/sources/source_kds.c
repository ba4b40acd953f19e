/* AMD's Key Distribution Service.  spec: sev-snp §7.3 */
#include "net/sources/source.h"

#define CHAIN(branch) { "/" branch "/v1/{product}/cert_chain", FORM_PEM, NULL, STEP_ISSUER }

static const struct recipe recipes[] = {
	{ "snp-vcek", { { "/vcek/v1/{product}/{chip}?{spl}", FORM_DER | FORM_PEM, NULL, 0 },
	    CHAIN("vcek") } },
	{ "snp-chain", { { "/{branch}/v1/{product}/cert_chain", FORM_PEM, NULL, 0 } } },
	/* Which branch a list is for shows only beside the intermediate of that branch. */
	{ "snp-crl", { { "/{branch}/v1/{product}/crl", FORM_DER | FORM_PEM, NULL, 0 },
	    CHAIN("{branch}") } },
	{ 0 }
};

const struct source_kind source_kds = { "kds", NULL, recipes };

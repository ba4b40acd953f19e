#include "lib/collateral/set.h"

#include <string.h>

#include "lib/base/hex.h"

static const char *const kinds[COLLATERAL_NKINDS] = {
	[COLLATERAL_TCB_INFO] = "tcb-info",
	[COLLATERAL_QE_IDENTITY] = "qe-identity",
	[COLLATERAL_NUMBERS] = "evaluation-numbers",
	[COLLATERAL_PCK_CRL] = "pck-crl",
	[COLLATERAL_ROOT_CRL] = "root-crl",
	[COLLATERAL_OTHER_CRL] = "crl",
};

const char *collateral_kind_name(enum collateral_kind k)
{
	return kinds[k];
}

bool collateral_set_init(struct collateral_set *s, struct arena *a, struct crypto *c, struct att_error *e)
{
	struct collateral_item **items = arena_array(a, COLLATERAL_ITEMS_MAX,
	    sizeof(struct collateral_item *));

	if (!items)
		return arena_fail(a, e);
	*s = (struct collateral_set){ .a = a, .c = c, .items = items };
	return true;
}

void collateral_set_clear(struct collateral_set *s)
{
	for (size_t i = 0; i < s->nitems; i++) {
		x509_bundle_clear(&s->items[i]->chain);
		x509_crl_free(s->items[i]->crl);
	}
	for (size_t i = 0; i < s->nroots; i++)
		x509_cert_free(s->roots[i].cert);
	x509_bundle_clear(&s->certs);
	*s = (struct collateral_set){ 0 };
}

const char *collateral_fmspc_key(struct arena *a, enum pcs_tee tee, const uint8_t fmspc[PCS_FMSPC_LEN])
{
	char hex[2 * PCS_FMSPC_LEN + 1];

	hex_encode(fmspc, PCS_FMSPC_LEN, hex);
	return arena_printf(a, "%s-%s", pcs_tee_name(tee), hex);
}

#include "lib/collateral/oe_endorsements.h"

#define VERSION 1u
#define ENCLAVE_SGX 2u
#define ITEMS 9u

enum {
	ITEM_VERSION, ITEM_TCB_INFO, ITEM_TCB_INFO_CHAIN, ITEM_PCK_CRL, ITEM_ROOT_CRL, ITEM_CRL_CHAIN,
	ITEM_QE_IDENTITY, ITEM_QE_IDENTITY_CHAIN, ITEM_CREATED
};

struct head { uint32_t version, enclave, size, items; };

static bool read_head(struct rd *in, struct head *h)
{
	return rd_le32(in, &h->version) && rd_le32(in, &h->enclave) && rd_le32(in, &h->size) &&
	    rd_le32(in, &h->items);
}

bool oe_endorsements_recognise(struct rd in)
{
	struct head h;

	return read_head(&in, &h) && h.version == VERSION && h.enclave == ENCLAVE_SGX && h.items == ITEMS;
}

/* Item i ends where the next begins, the last with the data. */
static bool cut(struct rd data, const uint32_t *offset, unsigned i, struct rd *out, struct att_error *e)
{
	size_t end = i + 1 < ITEMS ? offset[i + 1] : rd_left(&data);

	if (offset[i] > end || end > rd_left(&data))
		return att_fail(e, ATT_E_BAD_FORMAT, "offset %u is %u and the item ends at %zu, of %zu bytes",
		    i, offset[i], end, rd_left(&data));
	*out = rd_make(rd_ptr(&data) + offset[i], end - offset[i]);
	return true;
}

bool oe_endorsements_parse(struct rd in, struct oe_endorsements *out, struct att_error *e)
{
	const struct { unsigned item; struct rd *to; } rows[] = {
		{ ITEM_TCB_INFO, &out->tcb_info }, { ITEM_TCB_INFO_CHAIN, &out->tcb_info_chain },
		{ ITEM_PCK_CRL, &out->pck_crl }, { ITEM_ROOT_CRL, &out->root_crl },
		{ ITEM_CRL_CHAIN, &out->crl_chain }, { ITEM_QE_IDENTITY, &out->qe_identity },
		{ ITEM_QE_IDENTITY_CHAIN, &out->qe_identity_chain },
	};
	uint32_t offset[ITEMS] = { 0 };
	struct head h;

	if (!oe_endorsements_recognise(in) || !read_head(&in, &h))
		return att_fail(e, ATT_E_BAD_FORMAT, "no Open Enclave endorsements of version %u for SGX",
		    VERSION);
	if (h.size != rd_left(&in))
		return att_fail(e, h.size > rd_left(&in) ? ATT_E_TRUNCATED : ATT_E_BAD_FORMAT,
		    "%zu bytes follow the header, want %u", rd_left(&in), h.size);
	for (unsigned i = 0; i < ITEMS; i++)
		if (!rd_le32(&in, &offset[i]))
			return att_fail(e, ATT_E_TRUNCATED, "offset %u is not there", i);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!cut(in, offset, rows[i].item, rows[i].to, e))
			return false;
	return true;
}

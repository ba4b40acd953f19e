#include "sim/sim.h"

#define CA_BITS 4096

void sim_snp_keys_clear(struct sim_snp_keys *k)
{
	privkey_free(k->ark);
	privkey_free(k->ask);
	privkey_free(k->asvk);
	privkey_free(k->leaf);
	privkey_free(k->other_leaf);
	*k = (struct sim_snp_keys){ 0 };
}

bool sim_snp_keys_generate(struct sim_snp_keys *out, struct att_error *e)
{
	struct sim_snp_keys k = { 0 };

	if (privkey_generate(KEY_RSA, CA_BITS, &k.ark, e) && privkey_generate(KEY_RSA, CA_BITS, &k.ask, e) &&
	    privkey_generate(KEY_RSA, CA_BITS, &k.asvk, e) && privkey_generate(KEY_P384, 0, &k.leaf, e) &&
	    privkey_generate(KEY_P384, 0, &k.other_leaf, e)) {
		*out = k;
		return true;
	}
	sim_snp_keys_clear(&k);
	return false;
}

static bool load(struct att_bytes pem, const char *name, enum key_kind want, struct privkey **out,
    struct att_error *e)
{
	if (!privkey_from_pem((const char *)pem.data, pem.len, out, e))
		return att_within(e, "simulator key %s", name);
	if (privkey_kind(*out) != want)
		return att_fail(e, ATT_E_UNSUPPORTED, "simulator key %s: want %s", name,
		    want == KEY_RSA ? "RSA" : "P-384");
	return true;
}

bool sim_snp_keys_load(const struct sim_snp_key_pems *pems, struct sim_snp_keys *out, struct att_error *e)
{
	struct sim_snp_keys k = { 0 };

	if (load(pems->ark, "ark", KEY_RSA, &k.ark, e) && load(pems->ask, "ask", KEY_RSA, &k.ask, e) &&
	    load(pems->asvk, "asvk", KEY_RSA, &k.asvk, e) && load(pems->leaf, "leaf", KEY_P384, &k.leaf, e) &&
	    (pems->other_leaf.len ? load(pems->other_leaf, "other_leaf", KEY_P384, &k.other_leaf, e) :
	        privkey_generate(KEY_P384, 0, &k.other_leaf, e))) {
		*out = k;
		return true;
	}
	sim_snp_keys_clear(&k);
	return false;
}

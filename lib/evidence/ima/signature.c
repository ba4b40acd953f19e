/* signature.c - security.ima: what a file was signed with. spec: tpm-eventlog §5 */
#include "lib/evidence/ima/parts.h"

/* HASH_ALGO of the kernel, in its order. */
static const char *const algs[] = { "md4", "md5", "sha1", "rmd160", "sha256", "sha384", "sha512",
    "sha224" };

bool ima_signature_parse(struct rd in, struct ima_signature *out, struct att_error *e)
{
	struct ima_signature t = { 0 };
	uint8_t type, alg;

	if (!rd_u8(&in, &type) || !rd_u8(&in, &t.version) || !rd_u8(&in, &alg) ||
	    !rd_copy(&in, t.keyid, sizeof t.keyid) || !rd_be16_block(&in, &t.signature))
		return att_fail(e, ATT_E_TRUNCATED,
		    "IMA signature: ends inside its header or signature");
	if (!rd_empty(&in) || rd_empty(&t.signature))
		return att_fail(e, ATT_E_BAD_FORMAT, "IMA signature: %zu bytes, and %zu behind it",
		    rd_left(&t.signature), rd_left(&in));
	if (!(type == IMA_SIG_DIGSIG && t.version == 2) &&
	    !(type == IMA_SIG_VERITY && t.version == 3))
		return att_fail(e, ATT_E_UNSUPPORTED, "IMA signature: type %u, version %u", type,
		    t.version);
	if (alg >= sizeof algs / sizeof algs[0])
		return att_fail(e, ATT_E_UNSUPPORTED, "IMA signature: hash algorithm %u", alg);
	t.type = (enum ima_sig_type)type;
	t.alg = algs[alg];
	t.alg_id = alg;
	*out = t;
	return true;
}

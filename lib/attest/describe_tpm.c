/* TPM structures and Secure Boot variables for people; nothing is verified. */
#include <string.h>

#include "lib/attest/describe.h"
#include "lib/base/auto.h"
#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/base/utf8.h"
#include "lib/crypto/pem.h"
#include "lib/evidence/eventlog/secureboot.h"
#include "lib/evidence/tpm/tpm.h"

#define PEM_MAX 8192u
/* Attributes that efivarfs puts ahead of a variable: flags of one byte. */
#define EFIVARFS_HEADER 4u
#define EFIVARFS_FLAGS 0xffu
/* What tpm2-tools puts ahead of a credential. */
#define CREDENTIAL_MAGIC 0xBADCC0DEU

static bool put_rd(struct arena *a, struct json *o, const char *name, struct rd r)
{
	return put_hex(a, o, name, rd_ptr(&r), rd_left(&r));
}

static const char *hash_text(struct arena *a, uint16_t id)
{
	enum digest_alg alg;

	return tpm_hash(id, &alg) ? tpm_hash_name(alg) : arena_printf(a, "0x%04x", id);
}

static struct json *selection_json(struct arena *a, const struct tpm_selection *sel)
{
	struct json *o = json_object(a);

	for (size_t i = 0; i < sel->n; i++) {
		struct json *list = json_array(a);

		for (uint32_t pcr = 0; pcr < PCR_COUNT; pcr++)
			if (sel->bank[i].mask >> pcr & 1)
				list = json_append(list, json_int(a, pcr));
		o = json_put(a, o, hash_text(a, sel->bank[i].hash), list);
	}
	return o;
}

static const struct {
	enum tpm_st type;
	const char *name;
} statements[] = {
	{ TPM_ST_NV, "NV certification" },
	{ TPM_ST_COMMAND_AUDIT, "command audit" },
	{ TPM_ST_SESSION_AUDIT, "session audit" },
	{ TPM_ST_CERTIFY, "key certification" },
	{ TPM_ST_QUOTE, "quote" },
	{ TPM_ST_TIME, "time" },
	{ TPM_ST_CREATION, "creation certification" },
};

static const char *statement_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
		if (statements[i].type == type)
			return statements[i].name;
	return "unknown";
}

static bool put_clock(struct arena *a, struct json *o, const struct tpm_attest *t)
{
	return put(a, o, "clockMs", json_uint(a, t->clock.clock_ms)) &&
	    put(a, o, "resetCount", json_int(a, t->clock.reset_count)) &&
	    put(a, o, "restartCount", json_int(a, t->clock.restart_count)) &&
	    put(a, o, "clockSafe", json_bool(a, t->clock.safe)) &&
	    put_text(a, o, "firmwareVersion",
		arena_printf(a, "0x%016llx", (unsigned long long)t->firmware_version));
}

static bool put_statement(struct arena *a, struct json *o, const struct tpm_attest *t)
{
	return put_text(a, o, "statement", statement_name(t->type)) &&
	    put_rd(a, o, "extraData", t->extra_data) &&
	    put_rd(a, o, "qualifiedSigner", t->qualified_signer) &&
	    (t->type != TPM_ST_QUOTE || put(a, o, "selection", selection_json(a, &t->selection))) &&
	    (rd_empty(&t->digest) ||
		put_rd(a, o, t->type == TPM_ST_QUOTE ? "pcrDigest" : "digest", t->digest)) &&
	    (rd_empty(&t->name) || put_rd(a, o, "name", t->name)) && put_clock(a, o, t);
}

static bool describe_attest(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len), head = in;
	struct json *o = json_object(s->a);
	struct att_error why = { 0 };
	struct tpm_attest t;
	uint32_t magic;

	if (!rd_be32(&head, &magic) || magic != TPM_MAGIC)
		return false;
	if (!put_text(s->a, o, "kind", "TPM statement") ||
	    !(tpm_attest_parse(in, &t, &why) ? put_statement(s->a, o, &t) :
					       put_text(s->a, o, "problem", why.text)))
		return false;
	*out = o;
	return true;
}

static const struct {
	uint32_t bit;
	const char *name;
} attributes[] = {
	{ TPMA_FIXED_TPM, "fixedTPM" },
	{ TPMA_ST_CLEAR, "stClear" },
	{ TPMA_FIXED_PARENT, "fixedParent" },
	{ TPMA_SENSITIVE_DATA_ORIGIN, "sensitiveDataOrigin" },
	{ TPMA_USER_WITH_AUTH, "userWithAuth" },
	{ TPMA_ADMIN_WITH_POLICY, "adminWithPolicy" },
	{ 0x00000400U, "noDA" },
	{ 0x00000800U, "encryptedDuplication" },
	{ TPMA_RESTRICTED, "restricted" },
	{ TPMA_DECRYPT, "decrypt" },
	{ TPMA_SIGN, "sign" },
};

static struct json *attributes_json(struct arena *a, uint32_t v)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
		if (v & attributes[i].bit)
			list = json_append(list, json_string(a, attributes[i].name));
		v &= ~attributes[i].bit;
	}
	return v ? json_append(list, json_string(a, arena_printf(a, "0x%08x", v))) : list;
}

static const char *scheme_text(struct arena *a, uint16_t id)
{
	switch (id) {
	case TPM_ALG_NULL:
		return "none";
	case TPM_ALG_RSASSA:
		return "RSASSA";
	case TPM_ALG_RSAPSS:
		return "RSAPSS";
	case TPM_ALG_ECDSA:
		return "ECDSA";
	default:
		return arena_printf(a, "0x%04x", id);
	}
}

/* What the public area may be used as here; a person wants to know why an attestation key is
 * refused. */
static const char *role_text(uint32_t v)
{
	bool restricted = v & TPMA_RESTRICTED, sign = v & TPMA_SIGN, decrypt = v & TPMA_DECRYPT;

	if (restricted && sign && !decrypt)
		return (v & TPMA_HARDWARE_BOUND) == TPMA_HARDWARE_BOUND ?
		    "attestation key" :
		    "signs restricted data, but is not bound to its TPM";
	if (restricted && decrypt && !sign)
		return "storage or endorsement key";
	return "ordinary key";
}

static bool put_key(const struct subject *s, struct json *o, const struct tpm_public *p)
{
	ATT_AUTO_STRUCT(pubkey) k = NULL;
	struct att_error why = { 0 };

	if (!tpm_public_key(s->c, p, &k, &why))
		return put_text(s->a, o, "keyProblem", why.text);
	return put(s->a, o, "key", key_json(s->a, k));
}

static bool describe_public(const struct subject *s, struct json **out)
{
	struct json *o = json_object(s->a);
	struct tpm_public p;
	struct tpm_name name;

	if (!tpm2b_public_parse(rd_make(s->file.data, s->file.len), &p, NULL) ||
	    !tpm_public_name(s->c, &p, &name, NULL) ||
	    !put_text(s->a, o, "kind", "TPM public area") ||
	    !put_hex(s->a, o, "name", name.bytes, name.len) ||
	    !put_text(s->a, o, "nameAlg", tpm_hash_name(p.name_alg)) ||
	    !put_text(s->a, o, "role", role_text(p.attributes)) ||
	    !put(s->a, o, "attributes", attributes_json(s->a, p.attributes)) ||
	    !put_rd(s->a, o, "authPolicy", p.auth_policy) ||
	    !put_text(s->a, o, "scheme", scheme_text(s->a, p.scheme)) ||
	    (p.scheme_hash && !put_text(s->a, o, "schemeHash", hash_text(s->a, p.scheme_hash))) ||
	    !put_key(s, o, &p))
		return false;
	*out = o;
	return true;
}

static bool describe_signature(const struct subject *s, struct json **out)
{
	static const char *const names[] = {
		[SCHEME_RSA_PKCS1] = "RSASSA",
		[SCHEME_RSA_PSS] = "RSAPSS",
		[SCHEME_ECDSA] = "ECDSA",
	};
	struct json *o = json_object(s->a);
	struct tpm_signature sig;

	if (!tpm_signature_parse(rd_make(s->file.data, s->file.len), &sig, NULL) ||
	    !put_text(s->a, o, "kind", "TPM signature") ||
	    !put_text(s->a, o, "scheme", names[sig.scheme]) ||
	    !put_text(s->a, o, "hash", tpm_hash_name(sig.hash)) ||
	    !(sig.scheme == SCHEME_ECDSA ?
		    put_rd(s->a, o, "r", sig.r) && put_rd(s->a, o, "s", sig.s) :
		    put_rd(s->a, o, "signature", sig.rsa)))
		return false;
	*out = o;
	return true;
}

/* nameAlg and exactly its digest. */
static bool describe_name(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len), whole = in;
	struct json *o = json_object(s->a);
	enum digest_alg alg;
	uint16_t id;

	if (!rd_be16(&in, &id) || !tpm_hash(id, &alg) || rd_left(&in) != digest_len(alg) ||
	    !put_text(s->a, o, "kind", "TPM name") || !put_rd(s->a, o, "name", whole) ||
	    !put_text(s->a, o, "nameAlg", tpm_hash_name(alg)))
		return false;
	*out = o;
	return true;
}

static bool describe_credential(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len), id, secret;
	struct json *o = json_object(s->a);
	uint32_t magic, version;

	if (!rd_be32(&in, &magic) || magic != CREDENTIAL_MAGIC || !rd_be32(&in, &version) ||
	    !rd_be16_block(&in, &id) || !rd_be16_block(&in, &secret) || !rd_empty(&in) ||
	    !put_text(s->a, o, "kind", "TPM credential") ||
	    !put(s->a, o, "version", json_int(s->a, version)) ||
	    !put(s->a, o, "idObjectBytes", json_int(s->a, (int64_t)rd_left(&id))) ||
	    !put(s->a, o, "encryptedSecretBytes", json_int(s->a, (int64_t)rd_left(&secret))))
		return false;
	*out = o;
	return true;
}

static struct json *entry_json(const struct subject *s, const struct sig_entry *en)
{
	struct json *o = json_object(s->a);
	char owner[EFI_GUID_TEXT_MAX];
	struct efi_cert cert;
	struct rd whole;

	efi_guid_text(en->owner, owner);
	if (!put_text(s->a, o, "kind", sig_kind_name(en->kind)) ||
	    !put_text(s->a, o, "owner", owner))
		return NULL;
	if (en->kind != SIG_KIND_X509 || !efi_cert_read(s->c, en->data, &cert, &whole, NULL))
		return put_rd(s->a, o, "data", en->data) ? o : NULL;
	utf8_mask(cert.name);
	return put_text(s->a, o, "name", cert.name) &&
		put_hex(s->a, o, "sha256", cert.sha256, 32) &&
		put_hex(s->a, o, "spkiSha256", cert.spki_sha256, 32) ?
	    o :
	    NULL;
}

/* A variable as efivarfs gives it, without what stands ahead of it. */
static bool without_attributes(struct rd *in)
{
	uint32_t flags;

	return rd_left(in) > EFIVARFS_HEADER && rd_le32(in, &flags) && flags != 0 &&
	    flags <= EFIVARFS_FLAGS;
}

static bool describe_siglist(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len), variable = in;
	struct json *o = json_object(s->a), *list = json_array(s->a);
	struct siglist l;
	const char *form = "signature lists, or an update of them";

	if (!siglist_file_parse(in, s->a, &l, NULL)) {
		form = "variable of efivarfs";
		if (!without_attributes(&variable) || !siglist_parse(variable, s->a, &l, NULL))
			return false;
	}
	if (l.n == 0)
		return false;
	for (size_t i = 0; i < l.n; i++)
		list = json_append(list, entry_json(s, &l.v[i]));
	if (!put_text(s->a, o, "kind", "EFI signature list") || !put_text(s->a, o, "form", form) ||
	    !put(s->a, o, "entryCount", json_int(s->a, (int64_t)l.n)) ||
	    !put(s->a, o, "entries", list))
		return false;
	*out = o;
	return true;
}

static struct json *sbat_json(struct arena *a, const struct sbat *v)
{
	struct json *o = json_object(a);

	for (size_t i = 0; i < v->n; i++)
		if (!put(a, o, v->v[i].name, json_int(a, v->v[i].generation)))
			return NULL;
	return o;
}

static bool describe_sbat(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len), t = in;
	struct json *o = json_object(s->a);
	struct sbat v;

	if ((rd_left(&in) < 5 || !bytes_equal(rd_ptr(&in), "sbat,", 5)) &&
	    (!without_attributes(&t) || rd_left(&t) < 5 || !bytes_equal(rd_ptr(&t), "sbat,", 5)))
		return false;
	sbat_parse(rd_left(&t) == rd_left(&in) ? in : t, &v);
	if (v.malformed || !put_text(s->a, o, "kind", "SBAT level") ||
	    !put(s->a, o, "date", json_int(s->a, (int64_t)v.date)) ||
	    !put(s->a, o, "generations", sbat_json(s->a, &v)))
		return false;
	*out = o;
	return true;
}

static bool describe_pubkey(const struct subject *s, struct json **out)
{
	struct rd in = rd_make(s->file.data, s->file.len);
	ATT_AUTO_STRUCT(pubkey) k = NULL;
	struct json *o = json_object(s->a);
	struct secret der = { 0 };
	bool found = false, ok;

	ok = pem_next(&in, "PUBLIC KEY", PEM_MAX, &der, &found, NULL) && found &&
	    pubkey_from_spki(s->c, der.p, der.len, &k, NULL);
	secret_clear(&der);
	if (!ok || !put_text(s->a, o, "kind", "public key") ||
	    !put(s->a, o, "key", key_json(s->a, k)))
		return false;
	*out = o;
	return true;
}

static describe_fn *const structures[] = {
	describe_attest,
	describe_public,
	describe_signature,
	describe_name,
	describe_credential,
	describe_siglist,
	describe_sbat,
	describe_pubkey,
};

bool describe_tpm(const struct subject *s, struct json **out)
{
	for (size_t i = 0; i < sizeof structures / sizeof structures[0]; i++)
		if (structures[i](s, out))
			return true;
	return false;
}

/* claims.c - what a VBS enclave says of itself, under MAA's names. spec: maa-tpm §2 */
#include "lib/base/base64.h"
#include "lib/evidence/vbs/vbs.h"

static const struct { const char *name; size_t off; } identities[] = {
	{ "enclaveAuthorId", offsetof(struct vbs_report, author_id) },
	{ "enclaveImageId", offsetof(struct vbs_report, image_id) },
	{ "enclaveOwnerId", offsetof(struct vbs_report, owner_id) },
	{ "enclaveFamilyId", offsetof(struct vbs_report, family_id) },
};
static const struct { const char *name; size_t off; } numbers[] = {
	{ "enclaveSvn", offsetof(struct vbs_report, enclave_svn) },
	{ "enclavePlatformSvn", offsetof(struct vbs_report, platform_svn) },
	{ "enclaveFlags", offsetof(struct vbs_report, flags) },
};

static bool add_identity(const char *name, const void *field, struct claims *c, struct att_error *e)
{
	struct rd id;
	char *text;

	bytes_copy(&id, field, sizeof id);
	text = b64_encode_arena(B64_URL, c->a, rd_ptr(&id), rd_left(&id));
	return text ? claims_str(c, name, text, e) : arena_fail(c->a, e);
}

static bool add_number(const char *name, const void *field, struct claims *c, struct att_error *e)
{
	uint32_t v;

	bytes_copy(&v, field, sizeof v);
	return claims_int(c, name, v, e);
}

bool vbs_claims(const struct vbs_report *r, struct claims *c, struct att_error *e)
{
	const uint8_t *at = (const uint8_t *)r;

	for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++)
		if (!add_identity(identities[i].name, at + identities[i].off, c, e))
			return false;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (!add_number(numbers[i].name, at + numbers[i].off, c, e))
			return false;
	return true;
}

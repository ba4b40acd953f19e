/*
 * Property: fields of a package that parses are the bytes at the offsets of the specification, and its parts
 * lie side by side to the last byte.  A failure has its error set.
 */
#include <assert.h>

#include "lib/evidence/vbs/vbs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void holds(const uint8_t *at, const void *field, size_t n)
{
	assert(bytes_equal(at, field, n));
}

static void is_at(const struct rd *field, const uint8_t *at, size_t n)
{
	assert(rd_ptr(field) == at && rd_left(field) == n);
}

static const uint8_t *check_module(const struct vbs_module *m, const uint8_t *at, const uint8_t *end)
{
	struct rd head = rd_make(at, (size_t)(end - at));
	uint32_t type = 0, size = 0;
	bool read = rd_le32(&head, &type) && rd_le32(&head, &size);

	assert(read && type == 1 && size >= 110 && size <= (size_t)(end - at));
	is_at(&m->unique_id, at + 8, 32), is_at(&m->author_id, at + 40, 32);
	is_at(&m->family_id, at + 72, 16), is_at(&m->image_id, at + 88, 16);
	holds(at + 104, &m->svn, 4), is_at(&m->name, at + 108, rd_left(&m->name));
	assert(108 + rd_left(&m->name) + 2 <= size);
	assert(bytes_zero(at + 108 + rd_left(&m->name), size - 108 - rd_left(&m->name)));
	return at + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vbs_report r;
	struct att_error e = { 0 };
	const uint8_t *s, *at;

	if (!vbs_report_parse(rd_make(data, size), &r, &e)) {
		assert(e.code != ATT_E_OK && e.text[0]);
		return 0;
	}
	assert(e.code == ATT_E_OK && size == 24 + rd_left(&r.statement) + rd_left(&r.signature));
	s = data + 24, at = s + 224;
	is_at(&r.statement, s, rd_left(&r.statement));
	holds(data + 4, &r.package_version, 4), holds(data + 8, &r.signature_scheme, 4);
	holds(s + 4, &r.report_version, 4), is_at(&r.enclave_data, s + 8, 64), is_at(&r.owner_id, s + 72, 32);
	is_at(&r.unique_id, s + 104, 32), is_at(&r.author_id, s + 136, 32), is_at(&r.family_id, s + 168, 16);
	is_at(&r.image_id, s + 184, 16), holds(s + 200, &r.enclave_svn, 4), holds(s + 212, &r.flags, 4);
	holds(s + 204, &r.secure_kernel_svn, 4), holds(s + 208, &r.platform_svn, 4);
	holds(s + 216, &r.signing_level, 4), holds(s + 220, &r.enclave_type, 4);
	for (size_t i = 0; i < r.nmodules; i++)
		at = check_module(&r.modules[i], at, rd_ptr(&r.signature));
	assert(at == rd_ptr(&r.signature) && at == s + rd_left(&r.statement));
	return 0;
}

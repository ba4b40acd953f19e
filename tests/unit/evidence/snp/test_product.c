#include "lib/evidence/snp/snp.h"

#include <string.h>

#include "tests/harness/check.h"

static void cpuid_names_the_product(void **state)
{
	static const struct { uint8_t family, model; const char *name;
	} rows[] = {
		{ 0x19, 0x00, "Milan" },
		{ 0x19, 0x01, "Milan" },
		{ 0x19, 0x0F, "Milan" },
		{ 0x19, 0x10, "Genoa" },
		{ 0x19, 0x1F, "Genoa" },
		{ 0x19, 0x20, NULL },
		{ 0x19, 0x9F, NULL },
		{ 0x19, 0xA0, "Genoa" },
		{ 0x19, 0xAF, "Genoa" },
		{ 0x19, 0xB0, NULL },
		{ 0x1A, 0x00, "Turin" },
		{ 0x1A, 0x11, "Turin" },
		{ 0x1A, 0x12, NULL },
		{ 0x1A, 0x4F, NULL },
		{ 0x1A, 0x50, "Venice" },
		{ 0x1A, 0x57, "Venice" },
		{ 0x1A, 0x58, NULL },
		{ 0x1A, 0x90, "Venice" },
		{ 0x1A, 0xAF, "Venice" },
		{ 0x1A, 0xC0, "Venice" },
		{ 0x1A, 0xC8, NULL },
		{ 0x17, 0x01, NULL },
		{ 0, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct snp_product *p = snp_product_of_cpuid(rows[i].family, rows[i].model);

		assert_string_equal(p ? p->name : "none", rows[i].name ? rows[i].name : "none");
	}
}

static void issuer_names_are_exact(void **state)
{
	static const struct { const char *cn; enum snp_signing_key kind; const char *name;
	} rows[] = {
		{ "SEV-Milan", SNP_KEY_VCEK, "Milan" },
		{ "SEV-Genoa", SNP_KEY_VCEK, "Genoa" },
		{ "SEV-VLEK-Turin", SNP_KEY_VLEK, "Turin" },
		{ "SEV-VLEK-Milan", SNP_KEY_VCEK, NULL },
		{ "SEV-Milan", SNP_KEY_VLEK, NULL },
		{ "SEV-milan", SNP_KEY_VCEK, NULL },
		{ "SEV-Milan2", SNP_KEY_VCEK, NULL },
		{ "ARK-Milan", SNP_KEY_VCEK, NULL },
		{ "SEV-", SNP_KEY_VCEK, NULL },
		{ "", SNP_KEY_VCEK, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct snp_product *p = snp_product_of_ica(rows[i].cn, rows[i].kind);

		assert_string_equal(p ? p->name : "none", rows[i].name ? rows[i].name : "none");
	}
}

static void product_names_may_have_a_stepping(void **state)
{
	const struct snp_product *milan = snp_product_at(0);

	(void)state;
	assert_true(snp_product_named(milan, "Milan"));
	assert_true(snp_product_named(milan, "Milan-B0"));
	assert_false(snp_product_named(milan, "Milano"));
	assert_false(snp_product_named(milan, "Mila"));
	assert_false(snp_product_named(milan, "Genoa-B1"));
	assert_false(snp_product_named(milan, ""));
}

static void tcb_layouts_differ(void **state)
{
	const uint8_t raw[8] = { 1, 2, 3, 4, 0, 0, 7, 200 };
	const struct snp_product *milan = snp_product_of_cpuid(0x19, 1),
				 *turin = snp_product_of_cpuid(0x1A, 2);
	struct att_snp_tcb m = snp_tcb_decode(milan, raw), t = snp_tcb_decode(turin, raw);

	(void)state;
	assert_true(m.fmc == 0 && m.bootloader == 1 && m.tee == 2 && m.snp == 7 && m.microcode == 200);
	assert_true(t.fmc == 1 && t.bootloader == 2 && t.tee == 3 && t.snp == 4 && t.microcode == 200);
	assert_false(snp_tcb_reserved_zero(milan, raw));
	assert_false(snp_tcb_reserved_zero(turin, raw));
	for (size_t i = 0; i < 8; i++) {
		uint8_t one[8] = { 0 };

		one[i] = 1;
		assert_int_equal(snp_tcb_reserved_zero(milan, one), !(i >= 2 && i <= 5));
		assert_int_equal(snp_tcb_reserved_zero(turin, one), !(i >= 4 && i <= 6));
	}
}

/* A higher number in one component does not make up for a lower one in another. */
static void tcbs_are_compared_by_component(void **state)
{
	const struct att_snp_tcb base = { 5, 5, 5, 5, 5 };

	(void)state;
	assert_int_equal(snp_tcb_exceeds(&base, &base), SNP_TCB_COMPONENTS);
	for (size_t i = 0; i < SNP_TCB_COMPONENTS; i++) {
		struct att_snp_tcb up = base, mixed = { 9, 9, 9, 9, 9 };

		((uint8_t *)&up)[snp_tcb_components[i].off] = 6;
		((uint8_t *)&mixed)[snp_tcb_components[i].off] = 4;
		assert_int_equal(snp_tcb_exceeds(&up, &base), i);
		assert_int_equal(snp_tcb_exceeds(&base, &up), SNP_TCB_COMPONENTS);
		assert_int_equal(snp_tcb_exceeds(&base, &mixed), i);
		assert_int_equal(snp_tcb_get(&up, i), 6);
	}
}

static void pins_belong_to_their_product(void **state)
{
	/* ARK-Milan. */
	static const uint8_t milan[32] = {
		0x9f,
		0x05,
		0x6b,
		0xee,
		0x44,
		0x37,
		0x7e,
		0x29,
		0x30,
		0x8c,
		0xb5,
		0xff,
		0xa8,
		0x95,
		0xbd,
		0xfb,
		0x62,
		0xd1,
		0x88,
		0x81,
		0xfa,
		0x6b,
		0xed,
		0x8d,
		0x6f,
		0x07,
		0x5b,
		0x02,
		0x04,
		0x08,
		0x9c,
		0xb9,
	};
	uint8_t zeros[32] = { 0 };

	(void)state;
	assert_true(snp_root_pinned(snp_product_of_cpuid(0x19, 1), milan));
	assert_false(snp_root_pinned(snp_product_of_cpuid(0x19, 0x11), milan));
	assert_false(snp_root_pinned(snp_product_of_cpuid(0x1A, 0x50), milan));
	for (size_t i = 0; snp_product_at(i); i++)
		assert_false(snp_root_pinned(snp_product_at(i), zeros));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpuid_names_the_product),
		cmocka_unit_test(issuer_names_are_exact),
		cmocka_unit_test(product_names_may_have_a_stepping),
		cmocka_unit_test(tcb_layouts_differ),
		cmocka_unit_test(tcbs_are_compared_by_component),
		cmocka_unit_test(pins_belong_to_their_product),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

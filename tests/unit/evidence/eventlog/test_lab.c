/* The six captures of our own machines: replay in every bank, and what each proves. */
#include <string.h>

#include "tests/unit/evidence/eventlog/kit.h"

static struct kit k;

static int set_up(void **state)
{
	(void)state;
	kit_init(&k);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kit_clear(&k);
	return 0;
}

static const struct {
	const char *name;
	unsigned banks;         /* bit 1 << enum digest_alg, of which there are PCR values */
	size_t events;
	bool on, off, validation_off;
	const char *reasons;
	const char *authorities;        /* variable and name, of each */
	uint64_t sbat;
	size_t images;
	const char *cmdline;
} rows[] = {
	{ "sbon", 0x3, 48, true, false, false, "",
	    "db Microsoft Corporation UEFI CA 2011, MokListRT Debian Secure Boot CA", 2025021800, 4,
	    "console=ttyS0" },
	{ "sboff", 0x3, 44, false, true, false, "SECUREBOOT_OFF SETUP_MODE", "", 2021030218, 2,
	    "console=ttyS0" },
	{ "sbdis", 0x2, 44, false, true, false, "SECUREBOOT_OFF", "", 2021030218, 2,
	    "console=ttyS0" },
	{ "mokbypass", 0x2, 47, true, false, true, "", "db Microsoft Corporation UEFI CA 2011",
	    2025021800, 2,
	    "console=ttyS0" },
	{ "uki-sbon", 0x6, 37, true, false, false, "", "db SnakeOil", 0, 1, NULL },
	{ "uki-sboff", 0x7, 37, false, true, false, "SECUREBOOT_OFF SETUP_MODE", "", 0, 2, NULL },
};
#define NROWS (sizeof rows / sizeof rows[0])

static const char *authorities(void)
{
	struct buf b = buf_make(k.a);

	buf_str(&b, "");
	for (size_t i = 0; i < k.sb.nauthorities; i++)
		buf_fmt(&b, "%s%s %s", i ? ", " : "", k.sb.authorities[i].variable,
		    k.sb.authorities[i].cert.name);
	return b.p;
}

static void check_facts(size_t i)
{
	assert_int_equal(k.log->n, rows[i].events);
	assert_string_equal(kit_reasons(&k), rows[i].reasons);
	assert_int_equal(k.sb.firmware_on, rows[i].on);
	assert_int_equal(k.sb.off_proven, rows[i].off);
	assert_int_equal(k.sb.shim.validation_off, rows[i].validation_off);
	assert_string_equal(authorities(), rows[i].authorities);
	assert_int_equal(k.sb.shim.sbat.date, rows[i].sbat);
	assert_false(k.sb.shim.nsbat && k.sb.shim.sbat.malformed);
	assert_int_equal(k.chain.nimages, rows[i].images);
	assert_true(k.chain.images_proven);
	assert_true(k.chain.exit_invoked && k.chain.exit_returned);
	assert_int_equal(k.chain.texts_unproven, 0);
	assert_int_equal(k.m.nuncovered, 0);
	assert_int_equal(k.m.nlate, 0);
	assert_false(k.wbcl.present);
}

static void check_cmdline(const char *want)
{
	bool seen = want == NULL;

	for (size_t i = 0; i < k.chain.ntexts; i++)
		if (k.chain.texts[i].kind == BOOT_KERNEL_CMDLINE)
			seen = k.chain.texts[i].covered && want && strstr(k.chain.texts[i].text,
			    want);
	assert_true(seen);
}

static void captures_prove_what_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < NROWS; i++)
		for (size_t b = 0; b < KIT_BANKS; b++) {
			struct rd log;

			kit_reset(&k);
			log = kit_lab(&k, rows[i].name);
			assert_int_equal(rows[i].banks >> b & 1, k.pcrs[b].mask != 0);
			if (!k.pcrs[b].mask)
				continue;
			print_message("# %s bank %zu\n", rows[i].name, b);
			assert_true(kit_run(&k, log, (enum digest_alg)b));
			assert_int_equal(k.r.given, 0xFFFFFF);
			assert_int_equal(k.r.differs, 0);
			assert_int_equal(k.r.unlogged, 1 << 10);        /* IMA's */
			assert_int_equal(k.r.matched, k.r.logged);
			assert_int_equal(k.r.first, EVENTLOG_NONE);
			check_facts(i);
			check_cmdline(rows[i].cmdline);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_prove_what_they_are),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

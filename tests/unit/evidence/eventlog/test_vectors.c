/* Real logs of others, and damaged ones: each gives what its PROVENANCE row says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/json/json.h"
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

static struct json *parse_json(const char *path)
{
	struct rd text = kit_take(&k, vector_file(path));
	struct json *v;

	CHECK_OK(json_parse(k.a, rd_ptr(&text), rd_left(&text), NULL, &v, &k.e), &k.e);
	return v;
}

static struct rd decode(const struct json *v)
{
	uint8_t *p;
	size_t n;

	assert_true(json_is(v, JSON_STRING));
	CHECK_OK(b64_decode_arena(B64_STD, k.a, v->s, v->len, &p, &n, &k.e), &k.e);
	return rd_make(p, n);
}

/* A log of go-attestation's JSON form; sets its SHA-1 PCR values. */
static struct rd load_json(const char *path)
{
	const struct json *log = json_get(parse_json(path), "Log"), *pcrs = json_get(log, "PCRs");

	for (const struct json *p = pcrs->child; p; p = p->next) {
		struct rd d = decode(json_get(p, "Digest"));
		int64_t i = json_get(p, "Index")->i;

		assert_int_equal(rd_left(&d), 20);
		bytes_copy(k.pcrs[DIGEST_SHA1].value[i], rd_ptr(&d), 20);
		k.pcrs[DIGEST_SHA1].mask |= 1U << i;
	}
	return decode(json_get(log, "Raw"));
}

static struct rd load(const char *file)
{
	char path[128];

	(void)snprintf(path, sizeof path, "eventlog/%s", file);
	return strstr(file, ".json") ? load_json(path) : kit_take(&k, vector_file(path));
}

static enum digest_alg bank_named(const char *name)
{
	static const char *const names[] = { "sha1", "sha256", "sha384", "sha512" };
	size_t i = 0;

	while (strcmp(names[i], name) != 0)
		i++;
	return (enum digest_alg)i;
}

static void known_bank_replays(const char *file, const struct json *bank, int64_t events)
{
	enum digest_alg alg = bank_named(bank->name);

	for (const struct json *p = bank->child; p; p = p->next)
		kit_pcr_hex(&k, alg, (uint32_t)strtoul(p->name, NULL, 10), p->s);
	print_message("# %s %s, %zu PCRs\n", file, bank->name, bank->len);
	assert_true(kit_run(&k, load(file), alg));
	assert_int_equal(k.log->n, events);
	assert_int_equal(k.r.matched, k.pcrs[alg].mask);
	assert_int_equal(k.r.logged, k.pcrs[alg].mask);
}

static void known_pcr_values_replay(void **state)
{
	struct arena *a = arena_new((size_t)8 << 20);
	struct json *known;
	struct blob text;
	size_t n = 0;

	(void)state;
	need_vectors();
	text = vector_file("eventlog/pcrs-known.json");
	CHECK_OK(json_parse(a, text.p, text.n, NULL, &known, &k.e), &k.e);
	for (const struct json *f = known->child; f; f = f->next)
		for (const struct json *b = json_get(f, "replay")->child; b; b = b->next, n++) {
			kit_reset(&k);
			known_bank_replays(f->name, b, json_get(f, "events")->i);
		}
	assert_in_range(n, 20, 40);
	blob_free(&text);
	arena_free(a);
}

/* PCR values of their own: of a real Windows and a real Linux machine. */
static void logs_with_values_replay(void **state)
{
	(void)state;
	need_vectors();
	kit_reset(&k);
	assert_true(kit_run(&k, load("windows-gcp-shielded-vm.json"), DIGEST_SHA1));
	assert_int_equal(k.r.matched, 1 << 0 | 1 << 4 | 1 << 5 | 1 << 7 | 0xF << 11);
	assert_int_equal(k.r.differs | k.r.unlogged, 0);
	assert_int_equal(k.m.nuncovered, 0);
	for (size_t i = 0; i < k.log->n; i++)
		assert_true(k.log->events[i].type != EV_EVENT_TAG || k.m.of[i].cover == COVER_ALL);
	kit_reset(&k);
	assert_true(kit_run(&k, load("linux-tpm12.json"), DIGEST_SHA1));
	assert_int_equal(k.r.matched, 0xFF);
	assert_int_equal(k.r.differs, 0);
	assert_int_equal(k.r.unlogged, 1 << 10);
}

/* The state that PROVENANCE names, with the values the log itself yields. */
static void secure_boot_is_as_provenance_says(void **state)
{
	static const struct { const char *file, *reasons; size_t authorities; } rows[] = {
		{ "gce-debian-10-sb-on-legacy-sha1.bin", "", 2 },
		{ "gce-rhel8-uefi.bin", "", 2 },
		/* Named after another state: the variable is 0, and no authority was used. */
		{ "gce-ubuntu-2104-sb-on-no-dbx.bin", "SECUREBOOT_OFF", 0 },
		{ "gce-ubuntu-2104-sb-off.bin", "SECUREBOOT_OFF", 0 },
		{ "workstation-glinux.bin", "SECUREBOOT_OFF", 0 },
		{ "gce-cos-101-sev.bin", "", 2 },
		{ "gce-sp800-155-event.bin", "", 2 },
		{ "ebs-event-missing-legacy.bin", "SECUREBOOT_OFF", 0 },
		{ "sb-cert-shim-bad-size.bin", "", 3 },
		{ "crypto-agile-sb-var-empty.bin", "SECUREBOOT_OFF", 0 },
		{ "fedora37-sd-boot-sha256.bin", "SECUREBOOT_OFF SETUP_MODE", 0 },
		{ "legacy-sha1-uefi.bin", "SECUREBOOT_OFF SETUP_MODE", 0 },
		{ "postcode-blob.bin", "", 3 },
		{ "fedora-vm-sb-on-vendor-db.bin", "", 2 },
		{ "windows-gcp-shielded-vm.json", "", 1 },
		{ "linux-tpm12.json", "UNCOVERED VARIABLE_MISSING NO_AUTHORITY", 0 },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct eventlog *l;
		struct rd log;

		kit_reset(&k);
		log = load(rows[i].file);
		CHECK_OK(eventlog_parse(log, k.a, &l, &k.e), &k.e);
		for (size_t b = 0; b < KIT_BANKS; b++) {
			if (!(l->banks >> b & 1))
				continue;
			print_message("# %s %zu\n", rows[i].file, b);
			assert_true(kit_run_self(&k, log, (enum digest_alg)b));
			assert_string_equal(kit_reasons(&k), rows[i].reasons);
			assert_int_equal(k.sb.nauthorities, rows[i].authorities);
		}
	}
}

/* GRUB of RHEL 8 hashes commands with their NUL and the kernel's command line without: all is covered. */
static void old_grub_is_covered(void **state)
{
	size_t commands = 0;

	(void)state;
	need_vectors();
	kit_reset(&k);
	assert_true(kit_run_self(&k, load("gce-rhel8-uefi.bin"), DIGEST_SHA256));
	assert_int_equal(k.m.nuncovered, 0);
	assert_true(k.m.quirks >> QUIRK_GRUB_NO_COLON & 1);
	for (size_t i = 0; i < k.log->n; i++) {
		struct ipl_text t = ipl_read(k.log->events[i].data);
		const struct rd *got = &k.m.of[i].covered;

		if (k.log->events[i].type != EV_IPL || t.kind != IPL_GRUB_CMD)
			continue;
		commands++;
		assert_int_equal(rd_left(got), rd_left(&t.text));
		assert_memory_equal(rd_ptr(got), rd_ptr(&t.text), rd_left(got));
	}
	assert_int_equal(commands, 49);
}

static void the_empty_dbx_is_a_fact(void **state)
{
	(void)state;
	need_vectors();
	kit_reset(&k);
	assert_true(kit_run_self(&k, load("gce-ubuntu-2104-sb-on-no-dbx.bin"), DIGEST_SHA256));
	assert_int_equal(k.sb.dbx.n, 0);
	assert_int_equal(k.sb.var[SB_DBX].count, 1);
	kit_reset(&k);
	assert_true(kit_run_self(&k, load("fedora-vm-sb-on-vendor-db.bin"), DIGEST_SHA256));
	assert_int_equal(k.sb.dbx.n, 371);
	assert_string_equal(k.sb.authorities[1].variable, "vendor_db");
}

static void small_logs_parse(void **state)
{
	(void)state;
	need_vectors();
	kit_reset(&k);
	assert_true(kit_run_self(&k, load("short-no-action-startuplocality.bin"), DIGEST_SHA1));
	assert_int_equal(k.log->n, 1);
	assert_int_equal(k.log->locality, 3);
	assert_int_equal(k.m.of[0].doubt, DOUBT_NOT_MEASURED);
	kit_reset(&k);
	assert_true(kit_run_self(&k, load("specid-vendordata.bin"), DIGEST_SHA256));
	assert_int_equal(k.log->n, 0);
	assert_true(rd_left(&k.log->spec.vendor_info) > 0);
}

static void malformed_logs_are_refused(void **state)
{
	static const struct { const char *file; enum att_err code; const char *text; } rows[] = {
		{ "malformed-text.bin", ATT_E_TRUNCATED,
		    "event 0 at offset 0: its data goes past the end" },
		{ "adversarial/empty.bin", ATT_E_TRUNCATED, "event log: empty" },
		{ "adversarial/truncated-mid-event.bin", ATT_E_TRUNCATED,
		    "event 7 at offset 7483: ends inside its digests" },
		{ "adversarial/digest-count-max.bin", ATT_E_BAD_FORMAT,
		    "event 0 at offset 69: 4294967295 digests" },
		{ "adversarial/event-size-max.bin", ATT_E_TRUNCATED, "its data goes past the end" },
		{ "adversarial/unknown-digest-alg.bin", ATT_E_BAD_FORMAT,
		    "is not in the Spec ID event" },
		{ "adversarial/pcr-index-24plus.bin", ATT_E_BAD_FORMAT, "PCR 99, want 0 to 23" },
		{ "adversarial/spec-id-alg-count-max.bin", ATT_E_LIMIT,
		    "digest algorithms, want 1 to 8" },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd log;

		kit_reset(&k);
		log = load(rows[i].file);
		print_message("# %s\n", rows[i].file);
		CHECK_ERR(eventlog_parse(log, k.a, &k.log, &k.e), &k.e, rows[i].code, rows[i].text);
		assert_true(arena_used(k.a) < 100000);
	}
}

/* Logs that parse, beside the values that the TPM had; SHA-256 of sbon, or of sboff. */
static void adversarial_logs_give_no_false_claim(void **state)
{
	static const struct { const char *file, *values,
	    *reasons; bool on; uint32_t differs; } rows[] = {
		{ "sb-data-flipped-digest-kept.bin", "sbon", "UNCOVERED VARIABLE_MISSING", false,
		    0 },
		{ "sboff-forged-data-on.bin", "sboff",
		    "UNCOVERED VARIABLE_MISSING SETUP_MODE NO_AUTHORITY", false, 0 },
		{ "sboff-fake-sbvar-after-separator.bin", "sboff",
		    "NO_REPLAY VARIABLE_LATE SECUREBOOT_OFF SETUP_MODE", false, 1 << 7 },
		{ "no-separator-pcr7.bin", "sboff",
		    "NO_REPLAY NO_SEPARATOR SETUP_MODE NO_AUTHORITY", false, 1 << 7 },
		{ "separator-error-value.bin", "sbon", "NO_REPLAY SEPARATOR_ERROR", false, 1 << 7 },
		{ "late-startup-locality.bin", "sbon", "", true, 0 },
		{ "noaction-nonzero-digest.bin", "sbon", "", true, 0 },
		{ "padded-ff.bin", "sbon", "", true, 0 },
	};

	(void)state;
	need_vectors();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char path[128];
		struct rd log;

		kit_reset(&k);
		(void)kit_lab(&k, rows[i].values);
		(void)snprintf(path, sizeof path, "adversarial/%s", rows[i].file);
		log = load(path);
		print_message("# %s\n", rows[i].file);
		assert_true(kit_run(&k, log, DIGEST_SHA256));
		assert_string_equal(kit_reasons(&k), rows[i].reasons);
		assert_int_equal(k.sb.firmware_on, rows[i].on);
		assert_int_equal(k.r.differs, rows[i].differs);
	}
}

/*
 * The attacker's own PCR 7, extended from the running system: the log replays, and still proves
 * nothing.
 */
static void a_late_variable_that_replays_proves_nothing(void **state)
{
	(void)state;
	need_vectors();
	for (size_t b = DIGEST_SHA1; b <= DIGEST_SHA256; b++) {
		struct rd log;

		kit_reset(&k);
		(void)kit_lab(&k, "sboff");
		kit_pcrs_text(&k,
		    kit_take(&k,
		    vector_file("eventlog/adversarial/sboff-fake-sbvar-after-separator.pcr7.txt")));
		log = load("adversarial/sboff-fake-sbvar-after-separator.bin");
		assert_true(kit_run(&k, log, (enum digest_alg)b));
		assert_int_equal(k.r.differs, 0);
		assert_string_equal(kit_reasons(&k), "VARIABLE_LATE SECUREBOOT_OFF SETUP_MODE");
		assert_int_equal(k.m.nlate, 1);
		assert_false(k.sb.firmware_on);
	}
}

static void every_quirk_has_its_vector(void **state)
{
	(void)state;
	need_vectors();
	for (size_t i = 0; i < QUIRK_COUNT; i++) {
		struct rd log;

		kit_reset(&k);
		log = load(eventlog_quirks[i].vector);
		print_message("# %s: %s\n", eventlog_quirks[i].name, eventlog_quirks[i].vector);
		if (!kit_run_self(&k, log, DIGEST_SHA1))
			fail_msg("%s", k.e.text);
		if (k.r.no_bank)
			assert_true(kit_run_self(&k, log, DIGEST_SHA256));
		assert_true(k.m.quirks >> i & 1);
	}
}

/* Every file of the folder that is a log is in one of the tables above. */
static void count_logs(char **cells, size_t n, void *state)
{
	if (n > 6 && strncmp(cells[0], "made-here/", 10) != 0 && strstr(cells[0], ".txt") == NULL &&
	    strstr(cells[0], "pcrs-known") == NULL)
		++*(size_t *)state;
}

static void the_tables_are_complete(void **state)
{
	size_t n = 0;

	(void)state;
	need_vectors();
	each_provenance("eventlog", count_logs, &n);
	/* states, small, refused (one of them text), adversarial that parse */
	assert_int_equal(n, 16 + 2 + 8 + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_pcr_values_replay),
		cmocka_unit_test(logs_with_values_replay),
		cmocka_unit_test(secure_boot_is_as_provenance_says),
		cmocka_unit_test(old_grub_is_covered),
		cmocka_unit_test(the_empty_dbx_is_a_fact),
		cmocka_unit_test(small_logs_parse),
		cmocka_unit_test(malformed_logs_are_refused),
		cmocka_unit_test(adversarial_logs_give_no_false_claim),
		cmocka_unit_test(a_late_variable_that_replays_proves_nothing),
		cmocka_unit_test(every_quirk_has_its_vector),
		cmocka_unit_test(the_tables_are_complete),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/*
 * Mistakes that other verifiers of SGX and TDX made, one test each, named after its row in the
 * security history: none of them is made here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libattest/endorse.h"
#include "tests/unit/evidence/sgx/simfix.h"

#define TD_SERVICE 600                  /* MRSERVICETD in a TD report 1.5 */
#define DEFAULT_ACCEPT (ATT_TCB_UP_TO_DATE | ATT_TCB_SW_HARDENING | ATT_TCB_CONFIG | \
	ATT_TCB_CONFIG_AND_SW_HARDENING)

static struct simfix s;

static const enum sim_dcap_type types[] = { SIM_SGX, SIM_OE, SIM_TDX };
#define NTYPES (sizeof types / sizeof types[0])

struct fault_row { const char *fault, *check; unsigned types; };
#define ANY 7u
#define TDX (1u << SIM_TDX)

/* Each is refused by the check named, whatever the accepted statuses. */
static void refused(const struct fault_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < NTYPES; t++)
			if (rows[i].types & 1u << types[t]) {
				const char *found = simfix_run_fault(&s, types[t], rows[i].fault);
				if (strcmp(found, rows[i].check) != 0)
					fail_msg("%s %s: %s, want %s", sim_dcap_type_name(types[t]),
					    rows[i].fault, found, rows[i].check);
				assert_null(s.f.outcome.facts);
			}
}
#define REFUSED(rows) refused(rows, sizeof(rows) / sizeof((rows)[0]))

/* A1: QE identity not verified, quoting enclave not compared with it. */
static void A1_a_forged_qe_identity_is_refused(void **state)
{
	static const struct fault_row rows[] = {
		{ "qe-identity-other-key", "dcap.qe_identity.signature", ANY },
		{ "qe-identity-other-root", "dcap.qe_identity.chain", ANY },
		{ "qe-identity-expired", "dcap.qe_identity.current", ANY },
		{ "qe-identity-other-tee", "dcap.qe.identity", ANY },
		{ "qe-mrsigner", "dcap.qe.identity", ANY },
		{ "qe-isvprodid", "dcap.qe.identity", ANY },
		{ "qe-debug", "dcap.qe.identity", ANY },
		{ "qe-too-low", "dcap.tcb.supported", ANY },
	};

	(void)state;
	REFUSED(rows);
	/* an identity that names the forger's enclave, but was not signed anew */
	for (size_t t = 0; t < NTYPES; t++) {
		char *at;

		simfix_options(&s, types[t]);
		simfix_plan(&s);
		simfix_write(&s);
		at = arena_memdup(s.a, s.out.collateral_json.p, s.out.collateral_json.n + 1);
		s.out.collateral_json.p = (const uint8_t *)at;
		at = strstr(at, "\\\"isvprodid\\\":");
		assert_non_null(at);
		at[strlen("\\\"isvprodid\\\":")] = '7';
		assert_string_equal(simfix_appraise(&s), "dcap.qe_identity.signature");
	}
}

/* A2: comparisons that end where the shorter list ends. */
static void A2_lists_of_components_have_16(void **state)
{
	static const struct fault_row rows[] = {
		{ "tcb-15", "dcap.tcb.form", ANY }, { "tcb-17", "dcap.tcb.form", ANY },
		{ "tdx-15", "dcap.tcb.form", TDX }, { "tdx-17", "dcap.tcb.form", TDX },
		{ "extension-15", "dcap.pck.extension", ANY },
	};

	(void)state;
	REFUSED(rows);
	/* a single level among good ones is enough, the last as well as the first */
	for (size_t t = 0; t < NTYPES; t++)
		for (unsigned last = 0; last < 2; last++) {
			simfix_options(&s, types[t]);
			simfix_plan(&s);
			s.p.worst_first = last;
			s.p.tcb_info.edit = (struct dcap_edit){ ",{\"svn\":0}],\"pcesvn\"",
				"],\"pcesvn\"", false };
			simfix_write(&s);
			assert_string_equal(simfix_appraise(&s), "dcap.tcb.form");
		}
}

/* A3: module identities and vendor not looked at. */
static void A3_modules_and_vendor_are_compared(void **state)
{
	static const struct fault_row rows[] = {
		{ "other-vendor", "dcap.quote.vendor", ANY },
		{ "module-signer", "tdx.module.identity", TDX },
		{ "seam-attributes", "tdx.module.identity", TDX },
		{ "module-unlisted", "tdx.module.listed", TDX },
		{ "module-too-low", "dcap.tcb.supported", TDX },
	};

	(void)state;
	REFUSED(rows);
	/* the SVN of the module decides its status: of version 0 by the levels, else by its
	 * identity */
	simfix_options(&s, SIM_TDX);
	s.o.module_status = "OutOfDate";
	assert_string_equal(simfix_run(&s), "ok");
	assert_string_equal(dfix_status(&s.f), "OutOfDate");
	s.f.settings.tcb_accept = DEFAULT_ACCEPT;
	assert_string_equal(simfix_appraise(&s), "dcap.tcb.level");
	simfix_options(&s, SIM_TDX);
	s.o.td.tee_tcb_svn[1] = s.o.td.tee_tcb_svn_2[1] = 0;
	assert_string_equal(simfix_run(&s), "ok");
	s.p.body[0]--;
	simfix_write(&s);
	assert_string_equal(simfix_appraise(&s), "dcap.tcb.supported");
}

/* A3: the order of levels is not the manufacturer's promise. */
static void A3_unsorted_levels_give_the_same_status(void **state)
{
	static const char *const statuses[] = { "UpToDate", "ConfigurationNeeded", "OutOfDate",
	    "Revoked" };

	(void)state;
	for (size_t t = 0; t < NTYPES; t++)
		for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
			simfix_options(&s, types[t]);
			s.o.status = statuses[i];
			simfix_plan(&s);
			s.p.worst_first = true;
			simfix_write(&s);
			(void)simfix_appraise(&s);
			assert_string_equal(dfix_status(&s.f), statuses[i]);
		}
}

/* A3: a bound service TD is a claim that policies see; the strict default denies it (tests of
 * tdx/report). */
static void A3_a_service_td_is_visible(void **state)
{
	(void)state;
	simfix_options(&s, SIM_TDX);
	s.o.td_report = SIM_TD_15;
	simfix_plan(&s);
	s.p.body[TD_SERVICE] = 0xAB;
	simfix_write(&s);
	assert_string_equal(simfix_appraise(&s), "ok");
	assert_non_null(strstr(dfix_transcript(&s.f), "\"x-attestd-tdx-mrservicetd\":\"ab00"));
}

/* A4: the status computed, and then not asked. */
static void A4_each_status_is_enforced(void **state)
{
	static const struct { const char *status; unsigned bit; bool td; } rows[] = {
		{ "UpToDate", ATT_TCB_UP_TO_DATE, false },
		{ "SWHardeningNeeded", ATT_TCB_SW_HARDENING, false },
		{ "ConfigurationNeeded", ATT_TCB_CONFIG, false },
		{ "ConfigurationAndSWHardeningNeeded", ATT_TCB_CONFIG_AND_SW_HARDENING, false },
		{ "OutOfDate", ATT_TCB_OUT_OF_DATE, false },
		{ "OutOfDateConfigurationNeeded", ATT_TCB_OUT_OF_DATE_CONFIG, false },
		{ "Revoked", 0, false },
		{ "TDRelaunchAdvised", ATT_TCB_RELAUNCH, true },
		{ "TDRelaunchAdvisedConfigurationNeeded", ATT_TCB_RELAUNCH_CONFIG, true },
	};

	(void)state;
	for (size_t t = 0; t < NTYPES; t++)
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			const unsigned bit = rows[i].bit;

			if (rows[i].td && types[t] != SIM_TDX)
				continue;
			simfix_options(&s, types[t]);
			s.o.td_report = SIM_TD_15;
			s.o.status = rows[i].status;
			assert_string_equal(simfix_run(&s), bit ? "ok" : "dcap.tcb.level");
			assert_string_equal(dfix_status(&s.f), rows[i].status);
			s.f.settings.tcb_accept = bit;
			assert_string_equal(simfix_appraise(&s), bit ? "ok" : "dcap.tcb.level");
			s.f.settings.tcb_accept = ~bit;
			assert_string_equal(simfix_appraise(&s), "dcap.tcb.level");
			s.f.settings.tcb_accept = DEFAULT_ACCEPT;
			assert_string_equal(simfix_appraise(&s), bit & DEFAULT_ACCEPT ?
			    "ok" : "dcap.tcb.level");
		}
}

/* Which part is revoked. */
static const struct { const char *name; unsigned types; } parts[] = {
	{ "platform", ANY }, { "quoting enclave", ANY }, { "module", TDX },
};
#define NPARTS (sizeof parts / sizeof parts[0])

static void revoke_part(size_t part)
{
	const char **const fields[NPARTS] = { &s.o.status, &s.o.qe_status, &s.o.module_status };

	*fields[part] = "Revoked";
}

/* A5: Revoked is never accepted, whichever part it is of. */
static void A5_revoked_is_refused(void **state)
{
	(void)state;
	for (size_t t = 0; t < NTYPES; t++)
		for (size_t part = 0; part < NPARTS; part++) {
			if (!(parts[part].types & 1u << types[t]))
				continue;
			simfix_options(&s, types[t]);
			revoke_part(part);
			assert_string_equal(simfix_run(&s), "dcap.tcb.level");
			assert_string_equal(dfix_status(&s.f), "Revoked");
			/* for both evaluations of a TD report 1.5 */
			s.o.td_report = SIM_TD_15;
			assert_string_equal(simfix_run(&s), "dcap.tcb.level");
			assert_string_equal(dfix_status(&s.f), "Revoked");
		}
}

static bool before_level(enum sim_dcap_type type, const char *check)
{
	const struct evidence_format *f = type == SIM_TDX ? &tdx_format : &sgx_format;
	size_t i = 0;

	while (i < f->nchecks && strcmp(f->checks[i].id, check) != 0)
		i++;
	return i < DCAP_CHECK_EVALUATION;
}

/* A5: a revoked status is no way around a single check: with every fault, that fault is what is
 * found. */
static void A5_revoked_skips_no_check(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t t = 0; t < NTYPES; t++) {
		const struct sim_fault *fault;

		for (size_t i = 0; (fault = sim_dcap_fault_at(types[t], i)); i++)
			for (size_t part = 0; part < NPARTS; part++) {
				const char *found;

				if (!(parts[part].types & 1u << types[t]) || !before_level(types[t],
				    fault->check))
					continue;
				simfix_options(&s, types[t]);
				revoke_part(part);
				s.o.fault = fault->name;
				found = simfix_run(&s);
				if (strcmp(found, fault->check) != 0)
					fail_msg("%s revoked and %s: %s, want %s", parts[part].name,
					    fault->name, found, fault->check);
				assert_null(s.f.outcome.facts);
				n++;
			}
	}
	assert_true(n > 250);
}

/* A6: revocation left out, or by the wrong list. */
static void A6_revocation_is_mandatory(void **state)
{
	static const struct fault_row rows[] = {
		{ "leaf-revoked", "dcap.crl.pck", ANY }, { "ca-revoked", "dcap.crl.ca", ANY },
		{ "tcb-signer-revoked", "dcap.tcb.signer_crl", ANY },
		{ "qe-identity-signer-revoked", "dcap.qe_identity.signer_crl", ANY },
		{ "crl-expired", "dcap.crl.current", ANY }, { "root-crl-expired",
		    "dcap.crl.current", ANY },
		{ "crl-early", "dcap.crl.current", ANY },
		{ "crl-other-ca", "dcap.crl.issuer", ANY }, { "crl-other-key", "dcap.crl.signature",
		    ANY },
	};
	/* where one list came alone, the set is taken to be meant for this evidence, and wrong */
	static const struct { const char *member, *verdict; } lists[] = {
		{ "pck_crl", "missing" }, { "root_ca_crl", "dcap.crl.issuer" },
	};

	(void)state;
	REFUSED(rows);
	/* a list that is not there is never done without, whatever is allowed */
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		simfix_options(&s, SIM_SGX);
		s.f.settings.allow = ~0u;
		simfix_plan(&s);
		simfix_write(&s);
		simfix_drop(&s, lists[i].member);
		assert_string_equal(simfix_appraise(&s), lists[i].verdict);
		assert_null(s.f.outcome.facts);
	}
}

static struct att_endorsement_list *endorsements(void)
{
	const struct att_bytes pieces = { s.out.collateral_json.p, s.out.collateral_json.n };
	const struct att_bytes root = { s.out.root_pem.p, s.out.root_pem.n };
	struct att_endorsement_list *l = NULL;

	CHECK_OK(att_endorsements_read(&pieces, 1, &root, 1, SIMFIX_NOW, &l, &s.e), &s.e);
	return l;
}

static const struct att_endorsement *of_kind(const struct att_endorsement_list *l, const char *kind)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->item[i].kind, kind) == 0) {
			assert_string_equal(l->item[i].fault, "good");
			return &l->item[i];
		}
	fail_msg("no %s", kind);
	return NULL;
}

/* A6, B5: genuine, current and older than what was seen: lists by their number, documents by their
 * date. */
static void A6_B5_nothing_older_follows(void **state)
{
	static const char *const kinds[] = { "root-crl", "pck-crl", "tcb-info", "qe-identity" };
	struct att_endorsement_list *newer, *older;

	(void)state;
	simfix_options(&s, SIM_SGX);
	s.o.crl_number = 0x100;
	assert_string_equal(simfix_run(&s), "ok");
	newer = endorsements();
	s.o.crl_number = 0xFF;
	s.o.issued_s -= 3600;
	assert_string_equal(simfix_run(&s), "ok");
	older = endorsements();
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct att_endorsement *n = of_kind(newer, kinds[i]), *o = of_kind(older,
		    kinds[i]);

		CHECK_OK(att_endorsement_may_follow(o, n, &s.e), &s.e);
		CHECK_OK(att_endorsement_may_follow(n, n, &s.e), &s.e);
		att_error_clear(&s.e);
		assert_false(att_endorsement_may_follow(n, o, &s.e));
		assert_true(s.e.text[0] != '\0');
		att_error_clear(&s.e);
	}
	att_endorsements_read_free(newer);
	att_endorsements_read_free(older);
}

/* B13: what certificates say of places to ask is never followed. */
static void B13_urls_in_certificates_are_not_followed(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr =
	    htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	for (size_t t = 0; t < NTYPES; t++) {
		const char *url;

		simfix_options(&s, types[t]);
		s.o.url = "http://127.0.0.1:1";
		simfix_plan(&s);
		url = arena_printf(s.a, "http://127.0.0.1:%d", ntohs(at.sin_port));
		s.p.o.url = url;
		simfix_write(&s);
		assert_string_equal(simfix_appraise(&s), "ok");
		s.f.npieces = 0;
		assert_string_equal(dfix_run(&s.f, simfix_format(&s), s.out.evidence.p,
		    s.out.evidence.n),
		    "missing");
	}
	assert_int_equal(accept(fd, NULL, NULL), -1);
	assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	simfix_init(&s);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	simfix_clear(&s);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A1_a_forged_qe_identity_is_refused),
		cmocka_unit_test(A2_lists_of_components_have_16),
		cmocka_unit_test(A3_modules_and_vendor_are_compared),
		cmocka_unit_test(A3_unsorted_levels_give_the_same_status),
		cmocka_unit_test(A3_a_service_td_is_visible),
		cmocka_unit_test(A4_each_status_is_enforced),
		cmocka_unit_test(A5_revoked_is_refused),
		cmocka_unit_test(A5_revoked_skips_no_check),
		cmocka_unit_test(A6_revocation_is_mandatory),
		cmocka_unit_test(A6_B5_nothing_older_follows),
		cmocka_unit_test(B13_urls_in_certificates_are_not_followed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

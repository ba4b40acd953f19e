/* Every check that can fail says what to do next, in one sentence. */
#include <string.h>

#include "tests/harness/check.h"

#include "lib/attest/appraisal.h"

static void check_hint(const char *id)
{
	struct att_error why = { .code = ATT_E_NOT_AUTHENTIC };
	const char *hint = hint_for(id, &why);

	if (!hint)
		fail_msg("%s: no hint", id);
	if (strlen(hint) < 20 || strlen(hint) > 220 || strchr(hint, '\n') || hint[strlen(hint) - 1] == '.')
		fail_msg("%s: \"%s\" is no sentence to show", id, hint);
}

static void every_check(void **state)
{
	(void)state;
	for (size_t f = 0; format_at(f); f++)
		for (size_t i = 0; i < format_at(f)->nchecks; i++)
			check_hint(format_at(f)->checks[i].id);
	for (size_t i = 0; i < ATT_NDENY_KINDS; i++)
		check_hint(deny_checks[i].id);
}

/* The first row that fits is taken, so that a family must not hide its members. */
static void members_before_families(void **state)
{
	static const struct { const char *id, *part; } rows[] = {
		{ "dcap.tcb.level", "named as short" }, { "dcap.tcb.supported", "below everything" },
		{ "dcap.tcb.signer_crl", "revoked the signer" }, { "dcap.tcb.current", "fetch the TCB Info" },
		{ "dcap.qe_identity.signer_crl", "revoked the signer" },
		{ "dcap.qe_identity.form", "fetch the QE identity" }, { "dcap.qe.identity", "DCAP packages" },
		{ "dcap.qe.binding", "changed on the way" }, { "dcap.crl.pck", "out of service" },
		{ "dcap.crl.current", "current revocation lists" }, { "dcap.pck.root", "anchor" },
		{ "dcap.pck.chain", "certificate chain" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_non_null(strstr(hint_for(rows[i].id, &(struct att_error){ 0 }), rows[i].part));
}

static void by_code(void **state)
{
	(void)state;
	assert_non_null(strstr(hint_for(NULL, &(struct att_error){ .code = ATT_E_COLLATERAL }),
	    "attest collateral fetch"));
	assert_null(hint_for("no.such.check", &(struct att_error){ .code = ATT_E_INTERNAL }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_check), cmocka_unit_test(members_before_families),
		cmocka_unit_test(by_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "server/config/values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/rd.h"
#include "libattest/denylist.h"
#include "server/config/config_tbl.h"

#define HOST_MAX 253            /* RFC 1035 section 2.3.4, as text */

static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static bool only(const char *s, size_t n, const char *also)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr(alnum, s[i]) && !strchr(also, s[i]))
			return false;
	return true;
}

static bool is_text(const char *v)
{
	return *v != '\0';
}

static bool is_short_text(const char *v)
{
	return *v != '\0' && strlen(v) <= 256;
}

/* Decimal digits without sign, blanks or leading zeros: what is read is what is written. */
static bool number(const char *v, uint64_t *out)
{
	size_t n = strspn(v, "0123456789");

	if (n == 0 || v[n] || (n > 1 && *v == '0'))
		return false;
	errno = 0;
	*out = strtoull(v, NULL, 10);
	return errno == 0;
}

static bool is_port(const char *v)
{
	uint64_t port;

	return number(v, &port) && port <= 65535;
}

static bool is_ip(int family, const char *s, size_t n)
{
	struct in6_addr ignored;
	char text[INET6_ADDRSTRLEN];

	if (n >= sizeof text)
		return false;
	bytes_copy(text, s, n);
	text[n] = '\0';
	return inet_pton(family, text, &ignored) == 1;
}

/* Length of the host at the start of v, 0 when there is none.  IPv6 addresses are in brackets. */
static size_t host_len(const char *v)
{
	size_t n = strcspn(v, *v == '[' ? "]" : ":/");

	if (*v == '[')
		return v[n] && is_ip(AF_INET6, v + 1, n - 1) ? n + 1 : 0;
	if (n == 0 || n > HOST_MAX || !only(v, n, ".-") || strchr(".-", v[0]))
		return 0;
	if (strspn(v, "0123456789.") >= n && !is_ip(AF_INET, v, n))
		return 0;
	return n;
}

static bool is_address(const char *v)
{
	size_t n = host_len(v);

	return n && v[n] == ':' && is_port(v + n + 1);
}

static bool is_host(const char *v)
{
	size_t n = host_len(v);

	return n && (!v[n] || (v[n] == ':' && is_port(v + n + 1)));
}

/* What follows the scheme: HOST[:PORT][/PATH], without a slash at the end. */
static bool is_place(const char *v)
{
	size_t n = strlen(v), host = host_len(v), port = 0;

	if (!host || v[n - 1] == '/')
		return false;
	v += host;
	if (*v == ':')
		port = 1 + strspn(v + 1, "0123456789");
	if (*v == ':' && (port < 2 || port > 6))
		return false;
	v += port;
	return !*v || (*v == '/' && only(v, strlen(v), "/-._~"));
}

static bool is_issuer(const char *v)
{
	static const char scheme[] = "https://";

	return strncmp(v, scheme, sizeof scheme - 1) == 0 && is_place(v + sizeof scheme - 1);
}

/* Without TLS only to this machine, and only where the address says so itself. */
static bool is_source_url(const char *v)
{
	static const char *const loopback[] = { "http://127.0.0.1", "http://[::1]" };

	for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
		size_t n = strlen(loopback[i]);

		if (strncmp(v, loopback[i], n) == 0 && (v[n] == ':' || v[n] == '/' || !v[n]))
			return is_place(v + sizeof "http://" - 1);
	}
	return is_issuer(v);
}

static bool is_source_name(const char *v)
{
	size_t n = strlen(v);

	return n >= 1 && n <= 32 && only(v, n, ".-_");
}

static bool is_relaxation(const char *v)
{
	static const char *const names[] = {
#define X(name, text) text,
		ATT_RELAXATIONS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], v) == 0)
			return true;
	return false;
}

static bool is_deny_kind(const char *v)
{
	unsigned i = 0;

	while (att_deny_kind_name(i) && strcmp(att_deny_kind_name(i), v) != 0)
		i++;
	return att_deny_kind_name(i) != NULL;
}

static bool is_baseline(const char *v)
{
	uint64_t n;

	return strcmp(v, "standard") == 0 || strcmp(v, "early") == 0 ||
	    (number(v, &n) && n > 0 && n <= 999999999);
}

/* Revoked has a name too, but nobody may accept it. */
static bool is_tcb_status(const char *v)
{
	for (unsigned i = 0; att_tcb_status_name(i); i++)
		if (i != ATT_TCB_INDEX_REVOKED && strcmp(att_tcb_status_name(i), v) == 0)
			return true;
	return false;
}

static bool is_sha256(const char *v)
{
	uint8_t digest[32];

	return hex_decode(v, strlen(v), digest, sizeof digest, NULL);
}

/* spec: rest-api, names of attestation providers */
static bool is_provider(const char *v)
{
	size_t n = strlen(v);

	return n >= 3 && n <= 24 && only(v, n, "-");
}

static bool is_word(const char *words, const char *v)
{
	size_t n = strlen(v);

	for (const char *w = words; ; w++) {
		size_t len = strcspn(w, "|");

		if (len == n && strncmp(w, v, n) == 0)
			return true;
		w += len;
		if (!*w)
			return false;
	}
}

static const struct { bool (*test)(const char *v); const char *want; } kinds[] = {
#define X(name, test, want) [VALUE_##name] = { test, want },
	CONFIG_KINDS(X)
#undef X
};

#define TEXT_RULE(section, key, kind) { section #key, VALUE_##kind, 0, 0 },
#define UINT_RULE(section, key, low, high) { section #key, VALUE_UINT, low, high },
const struct value_rule value_rules[] = {
#define TEXT(key, standard, kind) TEXT_RULE("", key, kind)
	CONFIG_TOP(TEXT)
#undef TEXT
#define TEXT(key, standard, kind) TEXT_RULE("policy.", key, kind)
	CONFIG_POLICY(TEXT)
#undef TEXT
#define TEXT(key, standard, kind) TEXT_RULE("isolated.", key, kind)
	CONFIG_ISOLATED(TEXT)
#undef TEXT
#define TEXT(key, standard, kind) TEXT_RULE("measured_boot.", key, kind)
	CONFIG_MEASURED_BOOT(TEXT)
#undef TEXT
#define FILES(key) { "measured_boot." #key "[]", VALUE_PATH, 0, 0 },
	CONFIG_REFERENCE_FILES(FILES)
#undef FILES
#define TEXT(key, standard, kind) TEXT_RULE("collateral.", key, kind)
	CONFIG_COLLATERAL(TEXT)
#undef TEXT
#define UINT(key, standard, low, high) UINT_RULE("collateral.fetch.", key, low, high)
	CONFIG_FETCH(UINT)
#undef UINT
#define ITEM(key, kind) TEXT_RULE("collateral.sources[].", key, kind)
#define UINT(key, low, high) UINT_RULE("collateral.sources[].", key, low, high)
	CONFIG_SOURCE(ITEM, ITEM, UINT)
#undef ITEM
#undef UINT
#define UINT(key, standard, low, high) \
	UINT_RULE("snp.min_tcb.milan.", key, low, high) \
	UINT_RULE("snp.min_tcb.genoa.", key, low, high) \
	UINT_RULE("snp.min_tcb.turin.", key, low, high)
	CONFIG_SNP_TCB(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_RULE("tcb.", key, low, high)
#define TEXT(key, standard, kind) TEXT_RULE("tcb.", key, kind)
	CONFIG_TCB(UINT, TEXT)
#undef UINT
#undef TEXT
#define UINT(key, standard, low, high) UINT_RULE("challenge.", key, low, high)
	CONFIG_CHALLENGE(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_RULE("tpm.", key, low, high)
	CONFIG_TPM(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_RULE("limits.", key, low, high)
	CONFIG_LIMITS(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_RULE("limits.body.", key, low, high)
	CONFIG_BODY(UINT)
#undef UINT
#define UINT(key, standard, low, high) UINT_RULE("token.", key, low, high)
#define TEXT(key, standard, kind) TEXT_RULE("token.", key, kind)
	CONFIG_TOKEN(UINT, TEXT)
#undef UINT
#undef TEXT
#define UINT(key, standard, low, high) UINT_RULE("workers.", key, low, high)
	CONFIG_WORKERS(UINT)
#undef UINT
#define TEXT(key, standard, kind) TEXT_RULE("log.", key, kind)
	CONFIG_LOG(TEXT)
#undef TEXT
#define ITEM(key, kind) TEXT_RULE("tokens[].", key, kind)
	CONFIG_BEARER(ITEM, ITEM)
#undef ITEM
#define ITEM(key, kind) TEXT_RULE("deny[].", key, kind) TEXT_RULE("providers[].deny[].", key, kind)
	CONFIG_DENY(ITEM, ITEM)
#undef ITEM
#define ITEM(key, kind) TEXT_RULE("providers[].", key, kind)
	CONFIG_PROVIDER(ITEM, ITEM)
#undef ITEM
	{ "allow[]", VALUE_RELAXATION, 0, 0 },
	{ "tpm.ek_roots[]", VALUE_PATH, 0, 0 },
	{ "tcb.accept[]", VALUE_TCB_STATUS, 0, 0 },
	{ "providers[].allow[]", VALUE_RELAXATION, 0, 0 },
	{ "providers[].hosts[]", VALUE_HOST, 0, 0 },
	{ "providers[].policy_signers[]", VALUE_PATH, 0, 0 },
	{ 0 }
};

const struct value_rule *value_rule_find(const char *key)
{
	for (const struct value_rule *r = value_rules; r->key; r++)
		if (strcmp(r->key, key) == 0)
			return r;
	return NULL;
}

static bool number_check(const struct value_rule *rule, const char *value, struct att_error *e)
{
	uint64_t v;

	if (number(value, &v) && v >= rule->low && v <= rule->high)
		return true;
	return att_fail(e, ATT_E_BAD_FORMAT, "found %.64s, want a whole number from %llu to %llu",
	    *value ? value : "nothing", (unsigned long long)rule->low, (unsigned long long)rule->high);
}

bool value_check(const struct value_rule *rule, const char *value, struct att_error *e)
{
	const char *want = kinds[rule->kind].want;

	if (rule->kind == VALUE_UINT)
		return number_check(rule, value, e);
	if (kinds[rule->kind].test ? kinds[rule->kind].test(value) : is_word(want, value))
		return true;
	/* Somebody may have put the token itself where its digest belongs. */
	if (rule->kind == VALUE_SHA256)
		return att_fail(e, ATT_E_BAD_FORMAT, "found %zu characters that are something else, want %s",
		    strlen(value), want);
	return att_fail(e, ATT_E_BAD_FORMAT, "found \"%.96s\", want %s", value, want);
}

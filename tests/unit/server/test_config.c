#include "tests/harness/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/config/config.h"
#include "server/config/places.h"
#include "server/config/unique.h"
#include "server/config/values.h"

static struct config *parsed(const char *yaml)
{
	struct att_error e = { 0 };
	struct config *c = NULL;

	CHECK_OK(config_parse(yaml, strlen(yaml), &c, &e), &e);
	return c;
}

static char *dumped(const struct config *c)
{
	struct att_error e = { 0 };
	char *text = NULL;
	size_t n = 0;

	CHECK_OK(config_dump(c, &text, &n, &e), &e);
	assert_int_equal(strlen(text), n);
	return text;
}

static char *dump_of(const char *yaml)
{
	struct config *c = parsed(yaml);
	char *text = dumped(c);

	config_free(c);
	return text;
}

static void test_defaults(void **state)
{
	struct att_error e = { 0 };
	struct config *c = NULL;

	(void)state;
	CHECK_OK(config_load(NULL, &c, &e), &e);
	assert_string_equal(c->listen, "127.0.0.1:8443");
	assert_string_equal(c->data_dir, "./attestd-data");
	assert_string_equal(c->sandbox, "strict");
	assert_string_equal(c->policy.defaults, "maa");
	assert_null(c->collateral.dir);
	assert_int_equal(c->collateral.sources_count, 0);
	assert_int_equal(c->collateral.fetch.deadline_ms, 5000);
	assert_int_equal(c->collateral.fetch.retries, 2);
	assert_int_equal(c->collateral.fetch.breaker_failures, 5);
	assert_int_equal(c->collateral.fetch.breaker_seconds, 30);
	assert_int_equal(c->collateral.fetch.breaker_max_seconds, 600);
	assert_int_equal(c->collateral.fetch.unauthentic_per_minute, 10);
	assert_int_equal(c->collateral.fetch.absent_seconds, 600);
	assert_int_equal(c->collateral.fetch.absent_entries, 4096);
	assert_null(c->snp.min_tcb.milan);
	assert_int_equal(c->allow_count, 0);
	assert_int_equal(c->limits.connections, 1024);
	assert_int_equal(c->limits.connections_per_ip, 256);
	assert_int_equal(c->limits.request_seconds, 20);
	assert_int_equal(c->limits.queue, 256);
	assert_int_equal(c->limits.answer_seconds, 20);
	assert_int_equal(c->limits.body.SevSnpVm, 256 << 10);
	assert_int_equal(c->limits.body.AzureGuest, 2 << 20);
	assert_int_equal(c->limits.body.Tpm, 16 << 20);
	assert_int_equal(c->limits.memory, 64 << 20);
	assert_int_equal(c->token.lifetime, 28800);
	assert_null(c->token.audience);
	assert_string_equal(c->token.algorithm, "RS256");
	assert_int_equal(c->workers.verify, 0);
	assert_int_equal(c->workers.signers, 0);
	assert_int_equal(c->workers.requests, 10000);
	assert_string_equal(c->log.format, "text");
	assert_string_equal(c->log.level, "info");
	assert_int_equal(c->tokens_count, 0);
	assert_int_equal(c->providers_count, 1);
	assert_string_equal(c->providers[0].name, "default");
	assert_null(c->providers[0].issuer);
	assert_null(c->providers[0].allow);
	config_free(c);
}

static void test_state_directory(void **state)
{
	static const char *const rows[][2] = {
		{ "/var/lib/attestd", "/var/lib/attestd" }, { "/a:/b", "/a" }, { "", "./attestd-data" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct config *c;

		assert_int_equal(setenv("STATE_DIRECTORY", rows[i][0], 1), 0);
		c = parsed("");
		assert_string_equal(c->data_dir, rows[i][1]);
		config_free(c);
		c = parsed("data_dir: /given\n");
		assert_string_equal(c->data_dir, "/given");
		config_free(c);
	}
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
}

/* Texts that say nothing, each in its own way. */
static void test_empty(void **state)
{
	static const char *const rows[] = { "", "\n", "# only a comment\n", "---\n", "{}\n", "---\n{}\n...\n",
	    "listen:\n", "listen: ~\ndata_dir: null\ntoken: {audience: }\n",
	    "tokens: []\nproviders: []\nallow: []\n" };
	char *want = dump_of("");

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *got = dump_of(rows[i]);

		assert_string_equal(got, want);
		free(got);
	}
	free(want);
}

#define SHA "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
static const char full[] =
	"listen: \"[::1]:0\"\n"
	"data_dir: /srv/attest data\n"
	"sandbox: best-effort\n"
	"policy: {defaults: strict}\n"
	"collateral:\n  dir: /etc/attestd/collateral\n  fetch: {retries: 0}\n  sources:\n"
	"    - {name: intel, kind: pcs, url: 'https://api.example:8443/a', key_file: /k, deadline_ms: 700,\n"
	"       root_crl_url: 'https://root.example/r.der'}\n"
	"    - {name: near.1_a, kind: pccs, url: 'http://127.0.0.1:8081', ca_file: /ca.pem}\n"
	"    - {name: v6, kind: kds, url: 'http://[::1]'}\n"
	"snp:\n  min_tcb:\n    milan: {snp: 24, microcode: 255}\n    turin: {fmc: 1}\n"
	"allow: [vlek, no-crl]\n"
	"deny:\n  - {kind: fmspc, value: 00906ed50000, reason: \"sold: #2\"}\n"
	"  - {kind: product, value: Milan}\n"
	"limits: {connections: 7, memory: 4294967296, body: {Tpm: 33554432}}\n"
	"token: {lifetime: 60, audience: \"relying party: #1\", algorithm: ES384}\n"
	"workers: {requests: 0, verify: 3}\n"
	"log: {format: json, level: debug}\n"
	"tokens:\n"
	"  - {name: ci, sha256: " SHA ", role: reader, provider: two}\n"
	"  - name: ops\n    role: contributor\n"
	"    sha256: ff112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n"
	"providers:\n"
	"  - name: one\n    issuer: https://attest.example.org:8443/p/one\n"
	"    hosts: [attest.example.org, '[::1]:8443']\n"
	"  - name: two\n    allow: []\n    deny: [{kind: advisory, value: INTEL-SA-00615}]\n"
	"  - {name: three, allow: [masked-chip-id], hosts: [10.0.0.1]}\n";

static void test_full(void **state)
{
	struct config *c = parsed(full);

	(void)state;
	assert_string_equal(c->listen, "[::1]:0");
	assert_string_equal(c->data_dir, "/srv/attest data");
	assert_string_equal(c->collateral.dir, "/etc/attestd/collateral");
	assert_int_equal(c->collateral.fetch.retries, 0);
	assert_int_equal(c->collateral.sources_count, 3);
	assert_string_equal(c->collateral.sources[0].url, "https://api.example:8443/a");
	assert_int_equal(c->collateral.sources[0].deadline_ms, 700);
	assert_string_equal(c->collateral.sources[1].ca_file, "/ca.pem");
	assert_int_equal(c->collateral.sources[1].deadline_ms, 0);
	assert_null(c->collateral.sources[2].key_file);
	assert_int_equal(c->snp.min_tcb.milan->snp, 24);
	assert_int_equal(c->snp.min_tcb.milan->microcode, 255);
	assert_int_equal(c->snp.min_tcb.milan->tee, 0);
	assert_null(c->snp.min_tcb.genoa);
	assert_int_equal(c->snp.min_tcb.turin->fmc, 1);
	assert_int_equal(c->allow_count, 2);
	assert_string_equal(c->allow[1], "no-crl");
	assert_int_equal(c->deny_count, 2);
	assert_string_equal(c->deny[0].value, "00906ed50000");
	assert_string_equal(c->deny[0].reason, "sold: #2");
	assert_null(c->deny[1].reason);
	assert_int_equal(c->providers[0].deny_count, 0);
	assert_string_equal(c->providers[1].deny[0].kind, "advisory");
	assert_int_equal(c->limits.connections, 7);
	assert_int_equal(c->limits.queue, 256);
	assert_true(c->limits.memory == UINT64_C(4294967296));
	assert_int_equal(c->limits.body.Tpm, 32 << 20);
	assert_int_equal(c->limits.body.TdxVm, 256 << 10);
	assert_string_equal(c->token.audience, "relying party: #1");
	assert_int_equal(c->workers.requests, 0);
	assert_int_equal(c->tokens_count, 2);
	assert_string_equal(c->tokens[0].provider, "two");
	assert_null(c->tokens[1].provider);
	assert_int_equal(c->providers_count, 3);
	assert_string_equal(c->providers[0].hosts[1], "[::1]:8443");
	assert_null(c->providers[0].allow);
	assert_int_equal(c->providers[2].allow_count, 1);
	config_free(c);
}

/* An empty list of relaxations is not "those of the top level", also after a round trip. */
static void test_empty_allow(void **state)
{
	char *text = dump_of(full);
	struct config *c = parsed(text);

	(void)state;
	assert_non_null(c->providers[1].allow);
	assert_int_equal(c->providers[1].allow_count, 0);
	config_free(c);
	free(text);
}

static void round_trip(const char *yaml)
{
	char *first = dump_of(yaml), *second = dump_of(first);

	assert_string_equal(first, second);
	free(first);
	free(second);
}

static void test_round_trip(void **state)
{
	static const char *const rows[] = { "", full, "data_dir: '  padded: # '\n",
	    "data_dir: \"a'b\\\"c\"\n",
	    "token: {audience: '0x10'}\n", "token: {audience: \"grüße\"}\n", "collateral: {dir: '*x'}\n",
	    "snp: {min_tcb: {genoa: {}}}\n", "tokens: []\n" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		round_trip(rows[i]);
}

static void test_broken(void **state)
{
	static const struct { const char *yaml, *text; } rows[] = {
		{ "listn: x\n",
		    "line 1: unknown key \"listn\", want one of: listen, data_dir, sandbox, policy" },
		{ "a: b\nlimits:\n", "line 1: unknown key \"a\"" },
		{ "\nlimits:\n  body:\n    Sgx: 5\n",
		    "line 4: limits.body: unknown key \"Sgx\", want one of: SgxEnclave" },
		{ "providers:\n - name: abc\n   host: [x]\n",
		    "line 3: providers[0]: unknown key \"host\", want one of: name" },
		{ "\"lis\\0ten\": x\n", "unknown key" },
		{ "listen: x\n", "line 1: listen: found \"x\", want ADDRESS:PORT" },
		{ "listen: 127.0.0.1\n", "want ADDRESS:PORT" },
		{ "listen: 127.0.0.1:65536\n", "want ADDRESS:PORT" },
		{ "listen: 127.0.0.1:08\n", "want ADDRESS:PORT" },
		{ "listen: 127.0.0.256:80\n", "want ADDRESS:PORT" },
		{ "listen: ::1:80\n", "want ADDRESS:PORT" },
		{ "listen: '[::1'\n", "want ADDRESS:PORT" },
		{ "listen: '[1.2.3.4]:80'\n", "want ADDRESS:PORT" },
		{ "listen: ':80'\n", "want ADDRESS:PORT" },
		{ "listen: 'a b:80'\n", "want ADDRESS:PORT" },
		{ "sandbox: off\n", "line 1: sandbox: found \"off\", want strict|best-effort" },
		{ "sandbox: stric\n", "found \"stric\"" },
		{ "sandbox: strict|best-effort\n", "sandbox" },
		{ "policy:\n  defaults: none\n", "line 2: policy.defaults: found \"none\", want maa|strict" },
		{ "data_dir: ''\nlog: {level: loud}\n",
		    "log.level: found \"loud\", want debug|info|warn|error" },
		{ "log: {format: xml}\n", "log.format: found \"xml\", want text|json" },
		{ "token: {algorithm: none}\n", "token.algorithm: found \"none\", want RS256|ES256|ES384" },
		{ "token: {lifetime: 59}\n",
		    "token.lifetime: found 59, want a whole number from 60 to 31536000" },
		{ "token: {lifetime: 31536001}\n", "token.lifetime: found 31536001" },
		{ "limits: {connections: 0}\n",
		    "line 1: limits.connections: found 0, want a whole number from 1 to 65536" },
		{ "limits: {connections: 0x10}\n", "found 0x10" },
		{ "limits: {connections: 010}\n", "found 010" },
		{ "limits: {connections: -1}\n", "found -1" },
		{ "limits: {connections: 1.5}\n", "found 1.5" },
		{ "limits: {connections: }\n", "found nothing, want a whole number" },
		{ "limits: {memory: 18446744073709551616}\n", "found 18446744073709551616" },
		{ "limits: {memory: 1048575}\n", "found 1048575" },
		{ "limits: {body: {Tpm: 33554433}}\n", "limits.body.Tpm: found 33554433" },
		{ "limits: [1]\n", "line 1: limits: found a list, want keys below it" },
		{ "limits: 5\n", "limits: found one value, want keys below it" },
		{ "limits:\n", "limits: found nothing, want keys below it" },
		{ "listen: {a: b}\n", "listen: found keys below it, want one value" },
		{ "allow: vlek\n", "allow: found one value, want a list" },
		{ "allow:\n - vlek\n - vlk\n",
		    "line 3: allow[1]: found \"vlk\", want the name of a relaxation" },
		{ "allow: [[vlek]]\n", "allow[0]: found a list, want one value" },
		{ "- x\n", "top level: found a list" },
		{ "text\n", "top level: found one value" },
		{ "snp: {min_tcb: {milan: {snp: 256}}}\n",
		    "snp.min_tcb.milan.snp: found 256, want a whole number from 0 to 255" },
		{ "snp: {min_tcb: {naples: {snp: 1}}}\n",
		    "unknown key \"naples\", want one of: milan, genoa, turin" },
#define SOURCE "collateral: {sources: [{name: a, kind: "
		{ SOURCE "pcs}]}\n", "collateral.sources[0]: key \"url\" is missing" },
		{ SOURCE "amd, url: 'https://h'}]}\n",
		    "sources[0].kind: found \"amd\", want pcs|pccs|kds|thim" },
		{ SOURCE "pcs, url: 'http://h'}]}\n",
		    "sources[0].url: found \"http://h\", want an https URL" },
		{ SOURCE "pcs, url: 'http://127.0.0.1.h'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'http://127.0.0.1@h'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'http://127.0.0.1:80@h'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'http://localhost'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'https://h/'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'https://h?a'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'https://u:p@h'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'file:///etc/passwd'}]}\n", "sources[0].url" },
		{ SOURCE "pcs, url: 'https://h', deadline_ms: 60001}]}\n",
		    "sources[0].deadline_ms: found 60001, want a whole number from 0 to 60000" },
		{ SOURCE "kds, url: 'https://h', key_file: /k}]}\n",
		    "sources[0].key_file: found a value, want none: a source of kind kds" },
		{ SOURCE "pccs, url: 'https://h', root_crl_url: 'https://h'}]}\n",
		    "sources[0].root_crl_url: found a value, want none: a source of kind pccs" },
		{ SOURCE "pcs, url: 'https://h'}, {name: A, kind: kds, url: 'https://h'}]}\n",
		    "sources[1].name: found the value of collateral.sources[0].name" },
		{ "collateral: {sources: [{name: 'a b', kind: pcs, url: 'https://h'}]}\n",
		    "sources[0].name: found \"a b\"" },
		{ "collateral: {fetch: {deadline_ms: 99}}\n", "collateral.fetch.deadline_ms: found 99" },
		{ "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "line 2: listen: found it a second time" },
		{ "listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:2\n",
		    "line 2: top level: found a second document" },
		{ "listen: &a 127.0.0.1:1\ndata_dir: *a\n", "line 2: data_dir: found an alias" },
		{ "data_dir: !!str x\n", "data_dir: found a tag" },
		{ "data_dir: \"a\\nb\"\n", "data_dir: found a control character" },
		{ "data_dir: \"a\\0b\"\n", "data_dir: found a control character" },
		{ "? [a]\n: b\n", "top level: found a list, want a key" },
		{ "allow: [\n", "not YAML" },
		{ "\tlisten: x\n", "line 1: not YAML" },
		{ "listen: \xff\n", "not YAML" },
		{ "tokens: [{name: a, role: reader}]\n", "tokens[0]: key \"sha256\" is missing" },
		{ "tokens: [{name: a, role: admin, sha256: " SHA "}]\n",
		    "tokens[0].role: found \"admin\", want reader|contributor" },
		{ "tokens: [{name: '', role: reader, sha256: " SHA "}]\n", "tokens[0].name: found \"\"" },
		{ "tokens: [{name: a, role: reader, sha256: " SHA "0}]\n",
		    "tokens[0].sha256: found 65 characters" },
		{ "tokens: [{name: a, role: reader, provider: nobody, sha256: " SHA "}]\n",
		  "tokens[0].provider: found \"nobody\", want the name of a provider" },
		{ "tokens:\n- {name: a, role: reader, sha256: " SHA "}\n"
		  "- {name: a, role: reader, sha256: '0'}\n", "tokens[1].sha256" },
		{ "tokens:\n- {name: a, role: reader, sha256: " SHA "}\n"
		  "- {name: b, role: reader, sha256: " SHA "}\n",
		  "line 3: tokens[1].sha256: found the value of tokens[0].sha256 (line 2)" },
		{ "providers: [{}]\n", "providers[0]: key \"name\" is missing" },
		{ "providers: [{name: ab}]\n", "providers[0].name: found \"ab\", want 3 to 24 letters" },
		{ "providers: [{name: a_bc}]\n", "providers[0].name" },
		{ "providers: [{name: abcdefghijklmnopqrstuvwxy}]\n", "providers[0].name" },
		{ "providers:\n- name: abc\n- name: ABC\n",
		    "line 3: providers[1].name: found the value of providers[0].name" },
		{ "providers:\n- {name: abc, hosts: [h]}\n- {name: abd, hosts: [x, H]}\n",
		    "providers[1].hosts[1]: found the value" },
		{ "providers: [{name: abc, hosts: ['h:0x']}]\n", "providers[0].hosts[0]: found \"h:0x\"" },
		{ "providers: [{name: abc, hosts: ['https://h']}]\n", "providers[0].hosts[0]" },
		{ "providers: [{name: abc, issuer: 'http://h'}]\n",
		    "providers[0].issuer: found \"http://h\", want an https URL" },
		{ "providers: [{name: abc, issuer: 'https://h/'}]\n", "issuer" },
		{ "providers: [{name: abc, issuer: 'https://'}]\n", "issuer" },
		{ "providers: [{name: abc, issuer: 'https://u@h'}]\n", "issuer" },
		{ "providers: [{name: abc, issuer: 'https://h/a?b'}]\n", "issuer" },
		{ "providers: [{name: abc, issuer: 'https://h:/a'}]\n", "issuer" },
		{ "providers: [{name: abc, issuer: 'https://h'}, {name: abd, issuer: 'https://h'}]\n",
		    "issuer: found the value" },
		{ "deny: [{kind: moon, value: x}]\n",
		    "line 1: deny[0].kind: found \"moon\", want what can be denied" },
		{ "deny: [{kind: ppid}]\n", "line 1: deny[0]: key \"value\" is missing" },
		{ "deny:\n- {kind: product, value: Milan}\n- kind: ppid\n  value: abc\n",
		    "line 4: deny[1]: value of ppid: found \"abc\", want 32 hexadecimal digits" },
		{ "deny: [{kind: product, value: Milan, until: 1}]\n", "deny[0]: unknown key \"until\"" },
		{ "providers:\n- name: abc\n- name: abd\n  deny:\n  - {kind: fmspc, value: 00}\n",
		    "line 5: providers[1].deny[0]: value of fmspc" },
		{ "providers: [{name: abc, allow: [all]}]\n", "providers[0].allow[0]: found \"all\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct att_error e = { 0 };
		struct config *c = NULL;

		CHECK_ERR(config_parse(rows[i].yaml, strlen(rows[i].yaml), &c, &e), &e,
		    ATT_E_BAD_FORMAT, rows[i].text);
		assert_null(c);
	}
}

/* A token that was put where its digest belongs must not get into the log. */
static void test_no_secret(void **state)
{
	static const char yaml[] = "tokens: [{name: a, role: reader, sha256: top-secret-token}]\n";
	struct att_error e = { 0 };
	struct config *c = NULL;

	(void)state;
	CHECK_ERR(config_parse(yaml, strlen(yaml), &c, &e), &e, ATT_E_BAD_FORMAT, "found 16 characters");
	assert_null(strstr(e.text, "secret"));
}

/* One list of n entries, from a pattern with the number in it. */
static char *list_of(const char *head, const char *entry, unsigned n)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	(void)fputs(head, f);
	for (unsigned i = 0; i < n; i++) {
		const char *mark = strchr(entry, '@');

		(void)fprintf(f, "%.*s%u%s", (int)(mark - entry), entry, i, mark + 1);
	}
	(void)fclose(f);
	return text;
}

static void test_limits(void **state)
{
	static const struct { const char *head, *entry; unsigned max; } rows[] = {
		{ "providers:\n", " - name: p-@\n", 64 },
		{ "providers:\n - name: abc\n   hosts:\n", "    - h@\n", 64 },
	};
	struct att_error e = { 0 };
	struct config *c = NULL;
	char long_text[3100], *text;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		text = list_of(rows[i].head, rows[i].entry, rows[i].max);
		config_free(parsed(text));
		free(text);
		text = list_of(rows[i].head, rows[i].entry, rows[i].max + 1);
		CHECK_ERR(config_parse(text, strlen(text), &c, &e), &e, ATT_E_LIMIT,
		    "found more entries, want at most 64");
		free(text);
	}
	(void)snprintf(long_text, sizeof long_text, "data_dir: %03072d", 0);
	config_free(parsed(long_text));
	(void)snprintf(long_text, sizeof long_text, "data_dir: %03073d", 0);
	CHECK_ERR(config_parse(long_text, strlen(long_text), &c, &e), &e, ATT_E_LIMIT,
	    "found 3073 bytes, want at most 3072");
	text = calloc(1, (1 << 20) + 2);
	assert_non_null(text);
	for (size_t i = 0; i <= 1 << 20; i++)
		text[i] = '\n';
	CHECK_OK(config_parse(text, 1 << 20, &c, &e), &e);
	config_free(c);
	c = NULL;
	CHECK_ERR(config_parse(text, (1 << 20) + 1, &c, &e), &e, ATT_E_LIMIT, "want at most 1048576");
	free(text);
}

static void test_override(void **state)
{
	struct att_error e = { 0 };
	struct config *c = parsed("");

	(void)state;
	CHECK_OK(config_override(c, "listen", "localhost:0", &e), &e);
	CHECK_OK(config_override(c, "data_dir", "/x", &e), &e);
	CHECK_OK(config_override(c, "sandbox", "best-effort", &e), &e);
	assert_string_equal(c->listen, "localhost:0");
	assert_string_equal(c->data_dir, "/x");
	assert_string_equal(c->sandbox, "best-effort");
	CHECK_ERR(config_override(c, "listen", "nonsense", &e), &e, ATT_E_BAD_FORMAT,
	    "listen: found \"nonsense\", want ADDRESS");
	CHECK_ERR(config_override(c, "data_dir", "", &e), &e, ATT_E_BAD_FORMAT, "data_dir: found \"\"");
	CHECK_ERR(config_override(c, "token.lifetime", "5", &e), &e, ATT_E_NOT_FOUND, "token.lifetime");
	assert_string_equal(c->listen, "localhost:0");
	config_free(c);
}

static void test_load(void **state)
{
	char path[] = "/tmp/attestd-conf-XXXXXX";
	int fd = mkstemp(path);
	struct att_error e = { 0 };
	struct config *c = NULL;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "log:\n  level: x\n", 16), 16);
	CHECK_ERR(config_load(path, &c, &e), &e, ATT_E_BAD_FORMAT, ": line 2: log.level: found \"x\"");
	assert_non_null(strstr(e.text, path));
	assert_int_equal(pwrite(fd, "warn\n", 5, 14), 5);
	CHECK_OK(config_load(path, &c, &e), &e);
	assert_string_equal(c->log.level, "warn");
	config_free(c);
	c = NULL;
	(void)close(fd);
	(void)unlink(path);
	CHECK_ERR(config_load(path, &c, &e), &e, ATT_E_OPERATION, "cannot be opened: No such file");
	CHECK_ERR(config_load("/", &c, &e), &e, ATT_E_OPERATION, "/: cannot be");
}

static void test_example(void **state)
{
	struct blob b = repo_file("docs/attestd.conf.example");
	char *want = dump_of(""), *got = dump_of((const char *)b.p);

	(void)state;
	assert_string_equal(got, want);
	free(got);
	free(want);
	blob_free(&b);
}

/* Calls fn for every scalar of the schema with its key. */
static void each_scalar(const cyaml_schema_value_t *s, const char *key, void (*fn)(const char *key,
    const char *last,
    const void *state), const void *state)
{
	char below[256];

	if (s->type == CYAML_SEQUENCE) {
		(void)snprintf(below, sizeof below, "%s[]", key);
		each_scalar(s->sequence.entry, below, fn, state);
		return;
	}
	if (s->type != CYAML_MAPPING) {
		fn(key, strrchr(key, '.') ? strrchr(key, '.') + 1 : key, state);
		return;
	}
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key; f++) {
		(void)snprintf(below, sizeof below, "%s%s%s", key, *key ? "." : "", f->key);
		each_scalar(&f->value, below, fn, state);
	}
}

static void has_rule(const char *key, const char *last, const void *state)
{
	(void)last;
	(void)state;
	if (!value_rule_find(key))
		fail_msg("no rule for %s", key);
}

static void is_in_example(const char *key, const char *last, const void *state)
{
	char text[128];

	(void)snprintf(text, sizeof text, "%.*s:", (int)strcspn(last, "["), last);
	if (!strstr(state, text))
		fail_msg("%s is not in docs/attestd.conf.example", key);
}

static size_t scalars;
static void count(const char *key, const char *last, const void *state)
{
	(void)key;
	(void)last;
	(void)state;
	scalars++;
}

/* Every key has a check, every check a key, and the example shows all. */
static void test_tables(void **state)
{
	struct blob b = repo_file("docs/attestd.conf.example");
	size_t rules = 0;

	(void)state;
	each_scalar(&config_schema, "", has_rule, NULL);
	each_scalar(&config_schema, "", is_in_example, b.p);
	each_scalar(&config_schema, "", count, NULL);
	while (value_rules[rules].key)
		rules++;
	assert_int_equal(rules, scalars);
	assert_true(scalars > 40);
	blob_free(&b);
}

/* Either a configuration that survives a round trip, or an error with a text. */
static void either_way(const char *yaml, size_t n)
{
	struct att_error e = { 0 };
	struct config *c = NULL;

	if (config_parse(yaml, n, &c, &e)) {
		char *text = dumped(c);

		assert_int_equal(e.code, ATT_E_OK);
		round_trip(text);
		free(text);
		config_free(c);
		return;
	}
	assert_null(c);
	assert_int_not_equal(e.code, ATT_E_OK);
	assert_true(strlen(e.text) > 0);
}

static void test_truncated_and_damaged(void **state)
{
	char *copy = strdup(full);
	size_t n = strlen(full);

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i < n; i++)
		either_way(full, i);
	for (size_t i = 0; i < n; i++) {
		static const char damage[] = { '\0', '\n', '#', ':', '[', '0', '~', (char)0x80 };

		for (size_t k = 0; k < sizeof damage; k++) {
			copy[i] = damage[k];
			either_way(copy, n);
		}
		copy[i] = full[i];
	}
	free(copy);
}

static void test_no_memory(void **state)
{
	struct failing f;
	size_t n = 0;

	(void)state;
	do {
		struct arena *a = arena_failing(&f, n++);
		struct att_error e = { 0 };
		struct places p;

		if (!a)
			continue;
		if (!places_read(a, full, strlen(full), &config_schema, &p, &e) || !unique_check(a, &p, &e)) {
			assert_true(f.fired);
			assert_int_equal(e.code, ATT_E_NOMEM);
		}
		arena_free(a);
	} while (f.fired);
	assert_true(n > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_state_directory),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_empty_allow),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_no_secret),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_truncated_and_damaged),
		cmocka_unit_test(test_no_memory),
	};

	(void)unsetenv("STATE_DIRECTORY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * make_snp.c - SEV-SNP evidence for runtime data that is known only once the service runs.
 *
 *   make_snp KEYS TIME ARK
 *
 * KEYS is the folder of the tests' keys, TIME the appraisal's.  Writes the root's certificate to
 * ARK; then each line of standard input is runtime data, and each line of standard output the body
 * of a request that is bound to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/time.h"
#include "sim/sim.h"

#define KEY_MAX 8192
#define LINE_MAX_LEN 4096
#define MEMORY ((size_t)16 << 20)

struct maker {
	struct crypto *crypto;
	struct sim_snp_keys keys;
	struct sim_snp_options o;
};

static bool read_key(const char *folder, const char *name, char text[KEY_MAX],
    struct att_bytes *out, struct att_error *e)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/snp-%s.pem", folder, name);
	f = fopen(path, "rbe");
	if (!f)
		return att_fail(e, ATT_E_OPERATION, "%s cannot be opened", path);
	*out = (struct att_bytes){ (const uint8_t *)text, fread(text, 1, KEY_MAX, f) };
	(void)fclose(f);
	return true;
}

static bool load_keys(const char *folder, struct sim_snp_keys *keys, struct att_error *e)
{
	static const char *const names[] = { "ark", "ask", "asvk", "leaf", "other-leaf" };
	static char text[5][KEY_MAX];
	struct sim_snp_key_pems pems;
	struct att_bytes *const into[] = { &pems.ark, &pems.ask, &pems.asvk, &pems.leaf,
		&pems.other_leaf };

	for (size_t i = 0; i < 5; i++)
		if (!read_key(folder, names[i], text[i], into[i], e))
			return false;
	return sim_snp_keys_load(&pems, keys, e);
}

static bool make(
    struct maker *m, const char *runtime_data, FILE *request, FILE *ark, struct att_error *e)
{
	struct arena *a = arena_new(MEMORY);
	struct sim_snp_output out;
	bool ok;

	m->o.runtime_data =
	    (struct att_bytes){ (const uint8_t *)runtime_data, strlen(runtime_data) };
	ok = sim_snp_make(m->crypto, a, &m->keys, &m->o, &out, e);
	if (ok && ark)
		(void)fwrite(out.ark_pem.p, 1, out.ark_pem.n, ark);
	if (ok && request) {
		(void)fwrite(out.request_json.p, 1, out.request_json.n, request);
		(void)fputc('\n', request);
		(void)fflush(request);
	}
	arena_free(a);
	return ok;
}

static bool run(char **argv, struct att_error *e)
{
	struct maker m = { .crypto = crypto_new(e) };
	char line[LINE_MAX_LEN];
	int64_t now_s;
	FILE *ark;

	if (!m.crypto || !load_keys(argv[1], &m.keys, e) ||
	    !time_parse_rfc3339(argv[2], strlen(argv[2]), &now_s, e) ||
	    !sim_snp_options_default(&m.o, "Milan", now_s, e))
		return false;
	ark = fopen(argv[3], "wbe");
	if (!ark)
		return att_fail(e, ATT_E_OPERATION, "%s cannot be made", argv[3]);
	if (!make(&m, "{}", NULL, ark, e) || fclose(ark) != 0)
		return false;
	(void)puts("ready");
	(void)fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!make(&m, line, stdout, NULL, e))
			return false;
	}
	sim_snp_keys_clear(&m.keys);
	crypto_free(m.crypto);
	return true;
}

int main(int argc, char **argv)
{
	struct att_error e = { 0 };

	if (argc == 4 && run(argv, &e))
		return 0;
	(void)fprintf(
	    stderr, "make_snp: %s\n", argc == 4 ? e.text : "usage: make_snp KEYS TIME ARK");
	return 2;
}

/*
 * lab_message.c - the client's side of the Tpm protocol for a machine that has no network: it
 * quotes the nonce that it was booted with, and somebody else posts.  What travels goes through
 * standard input and output, a line each:
 *
 *   out  body of message 1
 *   in   its answer                          out  the nonce to quote, in hex
 *   in   path of the TPM evidence file       out  body of message 2
 *   in   its answer                          out  the token
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"
#include "sim/tpm_message.h"

#define LINE_MAX_LEN ((size_t)32 << 20)
#define FILE_MAX_LEN ((size_t)48 << 20)
#define MEMORY ((size_t)512 << 20)

struct client {
	struct crypto *c;
	struct arena *a;
	struct sim_tpm_key key;
	struct sim_tpm_challenge challenge;
	struct att_error e;
};

static bool say(const void *p, size_t n)
{
	return fwrite(p, 1, n, stdout) == n && putchar('\n') != EOF && fflush(stdout) == 0;
}

/* A line without its end. */
static bool hear(struct client *m, struct att_bytes *out)
{
	char *line = arena_alloc(m->a, LINE_MAX_LEN);

	if (!line || !fgets(line, (int)LINE_MAX_LEN, stdin))
		return att_fail(&m->e, ATT_E_TRUNCATED, "standard input ended");
	*out = (struct att_bytes){ (const uint8_t *)line, strcspn(line, "\n") };
	line[out->len] = '\0';
	return true;
}

static bool read_file(struct client *m, const char *path, struct att_bytes *out)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = arena_alloc(m->a, FILE_MAX_LEN);
	size_t n = f && p ? fread(p, 1, FILE_MAX_LEN, f) : 0;

	if (f)
		(void)fclose(f);
	*out = (struct att_bytes){ p, n };
	return n > 0 && n < FILE_MAX_LEN ?
	    true :
	    att_fail(&m->e, ATT_E_TRUNCATED, "%s: cannot be read", path);
}

static bool first_round(struct client *m)
{
	uint8_t nonce[SIM_TPM_NONCE];
	struct sim_bytes body;
	struct att_bytes line;
	char *hex;

	if (!sim_tpm_init(m->a, &body, &m->e) || !say(body.p, body.n) || !hear(m, &line) ||
	    !sim_tpm_read_challenge(m->a, line, &m->challenge, &m->e) ||
	    !sim_tpm_nonce(m->c, m->a, &m->key, &m->challenge, nonce, &m->e))
		return false;
	hex = hex_arena(m->a, nonce, sizeof nonce);
	return hex && say(hex, strlen(hex));
}

static bool second_round(struct client *m)
{
	struct sim_tpm_message message = { .key = &m->key, .challenge = &m->challenge };
	struct att_bytes line;
	struct sim_bytes body;

	return hear(m, &line) && read_file(m, (const char *)line.data, &message.evidence) &&
	    sim_tpm_request(m->c, m->a, &message, &body, &m->e) && say(body.p, body.n);
}

static bool report(struct client *m)
{
	struct att_bytes line;
	const char *token;

	return hear(m, &line) && sim_tpm_read_report(m->a, line, &token, &m->e) &&
	    say(token, strlen(token));
}

int main(void)
{
	struct client m = { .a = arena_new(MEMORY) };
	bool ok;

	m.c = crypto_new(&m.e);
	ok = m.a && m.c && sim_tpm_key_make(m.c, m.a, &m.key, &m.e) && first_round(&m) &&
	    second_round(&m) && report(&m);
	if (!ok)
		(void)fprintf(stderr, "lab_message: %s\n", m.e.text);
	sim_tpm_key_clear(&m.key);
	crypto_free(m.c);
	arena_free(m.a);
	return ok ? 0 : 1;
}

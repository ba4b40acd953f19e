/*
 * ours - driver of libattest: ours EVIDENCE ENDORSEMENTS SECONDS; what it is asked: bench/peers/README.md.
 *
 * warm: context and prepared collateral are kept, as in the daemon.  fresh: a new context each time, the
 * prepared collateral is kept, so the certificates of the platform are seen for the first time.  cold: all
 * is new, from the bytes of the file.  Whole appraisals: also claims, the default policy, token payload.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "libattest/endorse.h"

#define LINE_MAX_BYTES 256

struct ours {
	struct att_ctx *ctx;
	struct att_prepared *kept;
	struct att_settings settings;
	struct att_bytes endorsements;
	struct att_request req;
	struct att_error e;
};

static bool appraise(struct ours *o, struct att_ctx *ctx, const struct att_prepared *set)
{
	struct att_result *r;
	bool ok;

	o->req.prepared = set;
	if (!att_appraise(ctx, &o->req, &r, &o->e))
		return false;
	ok = r->verdict == ATT_PERMITTED;
	if (!ok)
		o->e = r->error;
	att_result_free(r);
	return ok;
}

static bool warm(struct ours *o)
{
	return appraise(o, o->ctx, o->kept);
}

static bool fresh(struct ours *o)
{
	struct att_ctx *ctx = att_ctx_new(&o->e);
	bool ok = ctx && appraise(o, ctx, o->kept);

	att_ctx_free(ctx);
	return ok;
}

static bool cold(struct ours *o)
{
	struct att_ctx *ctx = att_ctx_new(&o->e);
	struct att_prepared *set = NULL;
	bool ok = ctx && att_prepared_new(&o->endorsements, 1, NULL, 0, &set, &o->e) &&
	    appraise(o, ctx, set);

	att_prepared_free(set);
	att_ctx_free(ctx);
	return ok;
}

/* {"accepted","tcb","why"}; the runner takes status and advisories from the TCB. */
static bool judge(struct ours *o)
{
	struct att_result *r;

	o->req.prepared = o->kept;
	if (!att_appraise(o->ctx, &o->req, &r, &o->e))
		return false;
	(void)printf("{\"accepted\":%s,\"tcb\":%s,\"why\":\"%s\"}\n",
	    r->verdict == ATT_PERMITTED ? "true" : "false", r->tcb_json ? r->tcb_json : "null",
	    att_err_text(r->error.code));
	att_result_free(r);
	return true;
}

static const struct { const char *word; bool (*fn)(struct ours *o); } words[] = {
	{ "warm", warm }, { "fresh", fresh }, { "cold", cold },
};

static bool repeat(struct ours *o, const char *word, long n)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(words[i].word, word) != 0)
			continue;
		while (n-- > 0)
			if (!words[i].fn(o))
				return false;
		return puts("done") >= 0;
	}
	return judge(o);
}

static bool set_up(struct ours *o, struct arena *a, char **argv)
{
	att_settings_default(&o->settings);
	o->settings.tcb_accept = ~(unsigned)ATT_TCB_REVOKED & ((1u << ATT_NTCB_STATUSES) - 1);
	o->req = (struct att_request){ .settings = &o->settings, .now_s = strtoll(argv[3], NULL, 10) };
	o->ctx = att_ctx_new(&o->e);
	return o->ctx && file_read(a, argv[1], &o->req.body, &o->e) &&
	    file_read(a, argv[2], &o->endorsements, &o->e) &&
	    att_prepared_new(&o->endorsements, 1, NULL, 0, &o->kept, &o->e);
}

int main(int argc, char **argv)
{
	static struct ours o;
	struct arena *a = arena_new((size_t)16 << 20);
	char line[LINE_MAX_BYTES], word[16];
	bool ok = a && argc == 4 && set_up(&o, a, argv);
	long n;

	while (ok && fgets(line, sizeof line, stdin)) {
		n = 0;
		ok = sscanf(line, "%15s %ld", word, &n) >= 1 && repeat(&o, word, n) && fflush(stdout) == 0;
	}
	if (!ok)
		(void)fprintf(stderr, "ours: %s\n", o.e.code ? o.e.text : "EVIDENCE ENDORSEMENTS SECONDS");
	return ok ? 0 : 1;
}

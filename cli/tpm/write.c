/* write.c - the TPM evidence file. */
#include <stdio.h>

#include "cli/tpm/collect.h"
#include "lib/base/base64.h"
#include "lib/base/hex.h"

static struct json *b64(struct arena *a, enum b64_kind kind, struct att_bytes v)
{
	char *s = b64_encode_arena(kind, a, v.data, v.len);

	return s ? json_string(a, s) : NULL;
}

static struct json *bank_json(struct arena *a, const struct pcr_bank *b)
{
	struct json *o = json_object(a);
	char index[4];

	for (uint32_t i = 0; i < PCR_COUNT; i++) {
		char *hex = pcr_given(b, i) ? hex_arena(a, b->value[i], digest_len(b->alg)) : NULL;

		(void)snprintf(index, sizeof index, "%u", i);
		if (pcr_given(b, i) && !json_put(a, o, index, hex ? json_string(a, hex) : NULL))
			return NULL;
	}
	return o;
}

static struct json *pcrs_json(const struct collect *c)
{
	struct json *o = json_object(c->a);

	for (size_t i = 0; i < c->nbanks; i++)
		o = json_put(c->a, o, tpmdev_bank_name(c->banks[i].alg), bank_json(c->a, &c->banks[i]));
	return o;
}

/* The bank is the weakest quoted: no one may read more into it. */
static struct json *quotes_json(const struct collect *c)
{
	struct json *list = json_array(c->a), *o = json_object(c->a);

	o = json_put(c->a, o, "quote", b64(c->a, B64_URL, c->quote.quote));
	o = json_put(c->a, o, "signature", b64(c->a, B64_URL, c->quote.signature));
	o = json_put(c->a, o, "bank", json_string(c->a, tpmdev_bank_name(c->banks[0].alg)));
	return json_append(list, o);
}

static struct json *log_json(struct arena *a, struct json *list, const char *type, struct att_bytes log)
{
	struct json *o;

	if (!log.len)
		return list;
	o = json_put(a, json_object(a), "type", json_string(a, type));
	return json_append(list, json_put(a, o, "data", b64(a, B64_STD, log)));
}

bool collect_write(const struct collect *c, struct att_bytes *file, struct att_error *e)
{
	struct arena *a = c->a;
	struct json *o = json_put(a, json_object(a), "type", json_string(a, "Tpm")), *logs = json_array(a);
	char *text;
	size_t n;

	o = json_put(a, o, "nonce", b64(a, B64_URL, c->nonce));
	o = json_put(a, o, "akPub", b64(a, B64_URL, c->ak_pub));
	if (c->ak_cert.len)
		o = json_put(a, o, "akCert", b64(a, B64_URL, c->ak_cert));
	if (c->ek_cert.len)
		o = json_put(a, o, "ekCert", b64(a, B64_URL, c->ek_cert));
	o = json_put(a, o, "quotes", quotes_json(c));
	o = json_put(a, o, "pcrs", pcrs_json(c));
	logs = log_json(a, log_json(a, logs, "tcg", c->event_log), "ima", c->ima);
	o = json_put(a, o, "logs", logs);
	if (!o)
		return arena_fail(a, e);
	if (!json_write(a, o, JSON_PRETTY, &text, &n, e))
		return false;
	*file = (struct att_bytes){ (const uint8_t *)text, n };
	return true;
}

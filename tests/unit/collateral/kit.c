#include "tests/unit/collateral/kit.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/hex.h"

#define DAY INT64_C(86400)
#define KU_CA (1U << 5 | 1U << 6)
#define KU_LEAF 1U
#define MODULE_ZERO "000000000000000000000000000000000000000000000000" \
	"000000000000000000000000000000000000000000000000"
#define MODULE "\"mrsigner\":\"" MODULE_ZERO "\",\"attributes\":\"0000000000000000\"," \
	"\"attributesMask\":\"FFFFFFFFFFFFFFFF\""

static const struct {
	const char *cn;
	enum kit_party issuer;
	bool ca;
	int pathlen;
	int64_t not_before_s, not_after_s;
} rows[NPARTIES] = {
	[ROOT] = { COLLATERAL_CN_ROOT, ROOT, true, 1, KIT_NOW - 900 * DAY, KIT_NOW + 9000 * DAY },
	[TCB_SIGNING] = { COLLATERAL_CN_TCB_SIGNING, ROOT, false, -1, KIT_NOW - 100 * DAY,
	    KIT_NOW + 900 * DAY },
	[PLATFORM_CA] = { COLLATERAL_CN_PCK_PLATFORM, ROOT, true, 0, KIT_NOW - 100 * DAY,
	    KIT_NOW + 900 * DAY },
	[PROCESSOR_CA] = { COLLATERAL_CN_PCK_PROCESSOR, ROOT, true, 0, KIT_NOW - 100 * DAY,
	    KIT_NOW + 900 * DAY },
	[PCK_LEAF] = { "Intel SGX PCK Certificate", PLATFORM_CA, false, -1, KIT_NOW - 100 * DAY,
	    KIT_NOW + 900 * DAY },
	[ROGUE_ROOT] = { COLLATERAL_CN_ROOT, ROGUE_ROOT, true, 1, KIT_NOW - 900 * DAY, KIT_NOW + 9000 * DAY },
	[ROGUE_SIGNING] = { COLLATERAL_CN_TCB_SIGNING, ROGUE_ROOT, false, -1, KIT_NOW - 100 * DAY,
	    KIT_NOW + 900 * DAY },
	/* The right name, but not directly below the root. */
	[SUB_SIGNING] = { COLLATERAL_CN_TCB_SIGNING, PLATFORM_CA, false, -1, KIT_NOW - 100 * DAY,
	    KIT_NOW + 900 * DAY },
	/* The right name, but a CA. */
	[CA_SIGNING] = { COLLATERAL_CN_TCB_SIGNING, ROOT, true, 0, KIT_NOW - 100 * DAY, KIT_NOW + 900 * DAY },
	/* Of an earlier time, like Intel's of 2018 to 2025; the key is TCB_SIGNING's. */
	[OLD_SIGNING] = { COLLATERAL_CN_TCB_SIGNING, ROOT, false, -1, KIT_NOW - 900 * DAY,
	    KIT_NOW - 50 * DAY },
	/* A root that ends before what it certified. */
	[SHORT_ROOT] = { COLLATERAL_CN_ROOT, SHORT_ROOT, true, 1, KIT_NOW - 900 * DAY, KIT_NOW - 10 * DAY },
	[SHORT_SIGNING] = { COLLATERAL_CN_TCB_SIGNING, SHORT_ROOT, false, -1, KIT_NOW - 100 * DAY,
	    KIT_NOW + 900 * DAY },
	/* The root's key and name, signed by another key. */
	[FORGED_ROOT] = { COLLATERAL_CN_ROOT, FORGED_ROOT, true, -1, KIT_NOW - 900 * DAY,
	    KIT_NOW + 9000 * DAY },
};

static void party_make(struct kit *k, enum kit_party i)
{
	const struct x509_rdn name[] = { { "CN", rows[i].cn }, { "O", "Test Only" } };
	struct party *p = &k->p[i], *issuer = &k->p[rows[i].issuer];
	struct x509_template t = { .subject = name, .nsubject = 2, .serial = 1 + (uint64_t)i,
		.not_before_s = rows[i].not_before_s, .not_after_s = rows[i].not_after_s, .ca = rows[i].ca,
		.pathlen = rows[i].pathlen, .key_usage = rows[i].ca ? KU_CA : KU_LEAF,
		.alg = SIG_ECDSA_P256_SHA256 };

	CHECK_OK(privkey_generate(KEY_P256, 0, &p->priv, &k->e), &k->e);
	CHECK_OK(privkey_public(k->c, p->priv, &p->pub, &k->e), &k->e);
	if (i == OLD_SIGNING || i == FORGED_ROOT) {
		pubkey_free(p->pub);
		p->pub = pubkey_ref(k->p[i == OLD_SIGNING ? TCB_SIGNING : ROOT].pub);
	}
	if (issuer->cert)
		t.issuer_cert = issuer->cert;
	else {
		t.issuer = name;
		t.nissuer = 2;
	}
	CHECK_OK(x509_make(k->c, &t, p->pub, issuer->priv, &p->cert, &k->e), &k->e);
}

void kit_init(struct kit *k)
{
	*k = (struct kit){ 0 };
	k->c = crypto_new(&k->e);
	k->a = arena_new((size_t)256 << 20);
	assert_non_null(k->c);
	assert_non_null(k->a);
	for (enum kit_party i = ROOT; i < NPARTIES; i++)
		party_make(k, i);
	CHECK_OK(x509_bundle_add(&k->anchors, k->p[ROOT].cert, &k->e), &k->e);
	CHECK_OK(collateral_set_init(&k->set, k->a, k->c, &k->e), &k->e);
}

void kit_reset(struct kit *k)
{
	att_error_clear(&k->e);
	collateral_set_clear(&k->set);
	CHECK_OK(collateral_set_init(&k->set, k->a, k->c, &k->e), &k->e);
}

void kit_clear(struct kit *k)
{
	collateral_set_clear(&k->set);
	x509_bundle_clear(&k->anchors);
	for (size_t i = 0; i < NPARTIES; i++) {
		privkey_free(k->p[i].priv);
		pubkey_free(k->p[i].pub);
		x509_cert_free(k->p[i].cert);
	}
	arena_free(k->a);
	crypto_free(k->c);
}

static const char *const statuses[] = { "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
	"ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded", "Revoked" };

static void put_levels(struct buf *b, enum pcs_tee tee, bool v2)
{
	for (unsigned i = 0; i < 7; i++) {
		buf_str(b, i ? ",{\"tcb\":{" : "{\"tcb\":{");
		buf_str(b, v2 ? "" : "\"sgxtcbcomponents\":[");
		for (unsigned c = 1; c <= 16; c++) {
			unsigned svn = c == 1 ? 70 - 10 * i : c < 5 ? 2 : 0;

			if (v2)
				buf_fmt(b, "%s\"sgxtcbcomp%02usvn\":%u", c > 1 ? "," : "", c, svn);
			else if (c == 2)
				buf_fmt(b, ",{\"svn\":%u,\"category\":\"BIOS\","
				    "\"type\":\"Late Microcode\"}", svn);
			else
				buf_fmt(b, "%s{\"svn\":%u}", c > 1 ? "," : "", svn);
		}
		buf_str(b, v2 ? "" : "]");
		if (tee == PCS_TDX) {
			buf_str(b, ",\"tdxtcbcomponents\":[");
			for (unsigned c = 1; c <= 16; c++)
				buf_fmt(b, "%s{\"svn\":%u}", c > 1 ? "," : "",
				    c == 1 ? 5U : c == 3 ? 3U : 0U);
			buf_str(b, "]");
		}
		buf_fmt(b, ",\"pcesvn\":13},\"tcbDate\":\"202%u-01-01T00:00:00Z\",\"tcbStatus\":\"%s\"",
		    6 - i % 7,
		    statuses[i]);
		if (i > 0)
			buf_fmt(b, ",\"advisoryIDs\":[\"TEST-SA-000%u\",\"TEST-SA-ALL\"]", 70 - 10 * i);
		buf_str(b, "}");
	}
}

#define DATES "\"issueDate\":\"2026-05-20T00:00:00Z\",\"nextUpdate\":\"2026-06-19T00:00:00Z\""

static const char *tcbinfo(struct arena *a, enum pcs_tee tee, bool v2)
{
	struct buf b = buf_make(a);

	buf_str(&b, "{");
	if (!v2)
		buf_fmt(&b, "\"id\":\"%s\",", pcs_tee_name(tee));
	buf_fmt(&b, "\"version\":%d," DATES ",\"fmspc\":\"00AA11000000\",\"pceId\":\"0100\",\"tcbType\":0,"
	    "\"tcbEvaluationDataNumber\":20,", v2 ? 2 : 3);
	if (tee == PCS_TDX)
		buf_str(&b, "\"tdxModule\":{" MODULE "},\"tdxModuleIdentities\":["
		    "{\"id\":\"TDX_1a\"," MODULE ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":3},\"tcbDate\":"
		    "\"2025-11-12T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]},"
		    "{\"id\":\"TDX_01\"," MODULE ",\"tcbLevels\":["
		    "{\"tcb\":{\"isvsvn\":7},\"tcbDate\":\"2025-11-12T00:00:00Z\","
		    "\"tcbStatus\":\"UpToDate\"},"
		    "{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2019-03-13T00:00:00Z\","
		    "\"tcbStatus\":\"OutOfDate\","
		    "\"advisoryIDs\":[\"TEST-SA-MOD04\"]},"
		    "{\"tcb\":{\"isvsvn\":2},\"tcbDate\":\"2018-08-09T00:00:00Z\","
		    "\"tcbStatus\":\"Revoked\"}]}],");
	buf_str(&b, "\"tcbLevels\":[");
	put_levels(&b, tee, v2);
	buf_str(&b, "]}");
	assert_false(b.failed);
	return b.p;
}

const char *kit_tcbinfo(struct arena *a, enum pcs_tee tee)
{
	return tcbinfo(a, tee, false);
}

const char *kit_tcbinfo_v2(struct arena *a)
{
	return tcbinfo(a, PCS_SGX, true);
}

const char *kit_qeid(struct arena *a, const char *id)
{
	const char *text = arena_printf(a,
	    "{\"id\":\"%s\",\"version\":2," DATES ",\"tcbEvaluationDataNumber\":20,"
	    "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
	    "\"attributes\":\"11000000000000000000000000000000\","
	    "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
	    "\"mrsigner\":\"8C4F5775D796503E96137F77C68A829A0056AC8DED70140B081B094490C57BFF\","
	    "\"isvprodid\":1,\"tcbLevels\":["
	    "{\"tcb\":{\"isvsvn\":8},\"tcbDate\":\"2025-11-12T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"
	    "{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2017-11-10T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
	    "\"advisoryIDs\":[\"TEST-SA-QE006\",\"TEST-SA-ALL\"]},"
	    "{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2016-11-13T00:00:00Z\",\"tcbStatus\":\"Revoked\"}]}", id);

	assert_non_null(text);
	return text;
}

const char *kit_numbers(void)
{
	return "{\"id\":\"SGX\",\"version\":1," DATES ",\"tcbEvalNumbers\":[{\"tcbEvaluationDataNumber\":20,"
	    "\"tcbRecoveryEventDate\":\"2025-05-13T00:00:00Z\",\"tcbDate\":\"2025-05-14T00:00:00Z\"}]}";
}

char *kit_replace(struct arena *a, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out;

	if (!at)
		fail_msg("\"%s\" is not in the text", from);
	out = arena_printf(a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	assert_non_null(out);
	return out;
}

const char *kit_pem(struct kit *k, enum kit_party leaf, enum kit_party root)
{
	size_t n, m;
	const uint8_t *x = x509_der(k->p[leaf].cert, &n), *y = x509_der(k->p[root].cert, &m);

	return arena_printf(k->a, "%s%s", x509_to_pem(k->a, x, n), x509_to_pem(k->a, y, m));
}

const char *kit_hex_signature(struct kit *k, enum kit_party signer, const char *body)
{
	uint8_t sig[SIG_MAX];
	size_t n;

	CHECK_OK(sig_sign(k->c, k->p[signer].priv, SIG_ECDSA_P256_SHA256, rd_make(body, strlen(body)),
	    sig, &n,
		&k->e), &k->e);
	assert_int_equal(n, PCS_SIG_LEN);
	return hex_arena(k->a, sig, n);
}

struct json *kit_group(struct kit *k, struct json *doc, const char *name, const char *body,
    enum kit_party signer, const char *chain)
{
	json_put(k->a, doc, name, json_string(k->a, body));
	json_put(k->a, doc, arena_printf(k->a, "%s_signature", name),
	    json_string(k->a, kit_hex_signature(k, signer, body)));
	if (chain)
		json_put(k->a, doc, arena_printf(k->a, "%s_issuer_chain", name), json_string(k->a, chain));
	return doc;
}

struct rd kit_crl(struct kit *k, enum kit_party issuer, enum kit_party revoked, int64_t this_s,
    int64_t next_s)
{
	uint64_t serial = 1 + (uint64_t)revoked;
	struct x509_crl_template t = { .issuer = k->p[issuer].cert, .this_update_s = this_s,
		.next_update_s = next_s, .number = 7, .revoked = &serial, .nrevoked = revoked < NPARTIES,
		.alg = SIG_ECDSA_P256_SHA256 };
	uint8_t *der;
	size_t n;

	CHECK_OK(x509_make_crl(k->a, &t, k->p[issuer].priv, &der, &n, &k->e), &k->e);
	return rd_make(der, n);
}

struct json *kit_crl_member(struct kit *k, struct json *doc, const char *name, struct rd der)
{
	return json_put(k->a, doc, name, json_string(k->a, hex_arena(k->a, rd_ptr(&der), rd_left(&der))));
}

struct json *kit_document(struct kit *k)
{
	struct json *doc = json_object(k->a);
	const char *chain = kit_pem(k, TCB_SIGNING, ROOT);

	kit_group(k, doc, "tcb_info", kit_tcbinfo(k->a, PCS_SGX), TCB_SIGNING, chain);
	kit_group(k, doc, "qe_identity", kit_qeid(k->a, "QE"), TCB_SIGNING, chain);
	json_put(k->a, doc, "pck_crl_issuer_chain", json_string(k->a, kit_pem(k, PLATFORM_CA, ROOT)));
	kit_crl_member(k, doc, "pck_crl", kit_crl(k, PLATFORM_CA, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY));
	return kit_crl_member(k, doc, "root_ca_crl",
	    kit_crl(k, ROOT, NPARTIES, KIT_NOW - DAY, KIT_NOW + DAY));
}

bool kit_add(struct kit *k, const struct json *doc)
{
	char *text;
	size_t n;

	CHECK_OK(json_write(k->a, doc, JSON_COMPACT, &text, &n, &k->e), &k->e);
	return collateral_set_add(&k->set, rd_make(text, n), 3, &k->e);
}

bool kit_add_text(struct kit *k, const char *text)
{
	return collateral_set_add(&k->set, rd_make(text, strlen(text)), 4, &k->e);
}

void kit_prove(struct kit *k)
{
	CHECK_OK(collateral_set_prove(&k->set, &k->anchors, &k->e), &k->e);
}

enum collateral_fault kit_fault(struct kit *k, enum collateral_kind kind, const char *key, int64_t now_s)
{
	const struct collateral_query q = { .kind = kind, .key = key, .now_s = now_s };
	const struct collateral_item *i = collateral_find(&k->set, &q);
	enum collateral_fault f;

	if (!i)
		fail_msg("no %s %s", collateral_kind_name(kind), key ? key : "at all");
	att_error_clear(&k->e);
	f = collateral_judge(&k->set, i, now_s, &k->e);
	assert_int_equal(f == COLLATERAL_GOOD, k->e.code == ATT_E_OK);
	return f;
}

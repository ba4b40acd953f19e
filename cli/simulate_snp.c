/* SEV-SNP evidence under a throw-away root; the options are rows, each with the field it sets. */
#include <stdio.h>
#include <string.h>

#include "cli/simulate.h"
#include "sim/sim.h"

/* "bootloader=4,snp=24": sets the components named, in every TCB of the report. */
static bool tcb_from(const char *list, struct att_snp_tcb *t, struct att_error *e)
{
	static const struct { const char *name; size_t off; } parts[] = {
		{ "fmc", offsetof(struct att_snp_tcb, fmc) },
		{ "bootloader", offsetof(struct att_snp_tcb, bootloader) },
		{ "tee", offsetof(struct att_snp_tcb, tee) }, { "snp", offsetof(struct att_snp_tcb,
		    snp) },
		{ "microcode", offsetof(struct att_snp_tcb, microcode) },
	};

	while (*list) {
		size_t n = strcspn(list, ","), i = 0;
		const char *eq = memchr(list, '=', n);
		char value[8] = "";
		unsigned long long v;
		while (i < sizeof parts / sizeof parts[0] && (!eq ||
		    strlen(parts[i].name) != (size_t)(eq - list) ||
		    strncmp(parts[i].name, list, (size_t)(eq - list)) != 0))
			i++;
		if (i == sizeof parts / sizeof parts[0])
			return att_fail(e, ATT_E_OPERATION,
			    "found \"%.*s\", want fmc, bootloader, tee, snp or microcode=N", (int)n,
			    list);
		(void)snprintf(value, sizeof value, "%.*s", (int)(list + n - eq - 1), eq + 1);
		if (!simulate_number(value, 255, &v, e))
			return false;
		((uint8_t *)t)[parts[i].off] = (uint8_t)v;
		list += n + (list[n] == ',');
	}
	return true;
}

static bool set_tcb(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	if (!tcb_from(v, &o->reported, e))
		return false;
	o->current = o->committed = o->launch = o->reported;
	return true;
}

static bool set_version(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	unsigned long long n;

	if (!simulate_number(v, 5, &n, e))
		return false;
	o->version = (uint32_t)n;
	return true;
}

static bool set_policy(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	unsigned long long n;

	if (!simulate_number(v, UINT64_MAX, &n, e))
		return false;
	o->policy = n;
	return true;
}

static bool set_vmpl(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	unsigned long long n;

	if (!simulate_number(v, 3, &n, e))
		return false;
	o->vmpl = (uint32_t)n;
	return true;
}

static bool set_measurement(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	return simulate_hex(v, o->measurement, sizeof o->measurement, e);
}

static bool set_host_data(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	return simulate_hex(v, o->host_data, sizeof o->host_data, e);
}

static bool set_report_data(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	return simulate_hex(v, o->report_data, sizeof o->report_data, e);
}

static bool set_chip_id(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	size_t n = strcmp(o->product, "Turin") == 0 ? 8 : sizeof o->chip_id;

	return simulate_hex(v, o->chip_id, n, e);
}

static bool set_key(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	o->vlek = strcmp(v, "vlek") == 0;
	return o->vlek || strcmp(v, "vcek") == 0 ||
	    att_fail(e, ATT_E_OPERATION, "found \"%s\", want vcek or vlek", v);
}

static bool set_fault(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	(void)e;
	o->fault = v;
	return true;
}

static bool set_nonce(struct sim_snp_options *o, const char *v, struct att_error *e)
{
	(void)e;
	o->nonce = v;
	return true;
}

static const struct {
	const char *name;
	bool (*set)(struct sim_snp_options *o, const char *v, struct att_error *e);
} setters[] = {
	{ "report-version", set_version }, { "tcb", set_tcb }, { "policy", set_policy }, { "vmpl",
	    set_vmpl },
	{ "measurement", set_measurement }, { "host-data", set_host_data },
	{ "report-data", set_report_data },
	{ "chip-id", set_chip_id }, { "key", set_key }, { "nonce", set_nonce }, { "fault",
	    set_fault },
};

static bool options_from(const struct args *args, struct arena *a, struct sim_snp_options *o,
    struct att_error *e)
{
	const char *product = arg(args, "product"), *runtime = arg(args, "runtime-data"),
	    *init = arg(args, "inittime-data");
	int64_t now_s;

	if (!time_of(args, &now_s, e) || !sim_snp_options_default(o, product ? product : "Milan",
	    now_s, e))
		return false;
	for (size_t i = 0; i < sizeof setters / sizeof setters[0]; i++) {
		const char *v = arg(args, setters[i].name);
		if (v && !setters[i].set(o, v, e))
			return att_within(e, "--%s", setters[i].name);
	}
	o->crl = true;
	return (!runtime || file_read(a, runtime, &o->runtime_data, e)) &&
	    (!init || file_read(a, init, &o->inittime_data, e));
}

static const struct simulate_output outputs[] = {
	{ "attest-request.json", offsetof(struct sim_snp_output, request_json),
	    "body of POST /attest/SevSnpVm" },
	{ "report.bin", offsetof(struct sim_snp_output, report), "the attestation report" },
	{ "extended-report.bin", offsetof(struct sim_snp_output, extended),
	    "report and certificate table" },
	{ "leaf.der", offsetof(struct sim_snp_output, leaf_der), "VCEK or VLEK certificate" },
	{ "chain.pem", offsetof(struct sim_snp_output, chain_pem), "leaf, intermediate and root" },
	{ "ark.pem", offsetof(struct sim_snp_output, ark_pem), "the root, for --anchors" },
	{ "crl.der", offsetof(struct sim_snp_output, crl_der), "revocation list of the root" },
};

static const char *const shared[] = { "product", "runtime-data", "inittime-data" };

static bool takes(const struct simulate_type *t, const char *name)
{
	(void)t;
	for (size_t i = 0; i < sizeof setters / sizeof setters[0]; i++)
		if (strcmp(setters[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
		if (strcmp(shared[i], name) == 0)
			return true;
	return false;
}

static const struct sim_fault *fault_at(const struct simulate_type *t, size_t i)
{
	(void)t;
	return sim_snp_fault_at(i);
}

static bool make(const struct simulate_type *t, const struct args *args, struct arena *a,
    struct crypto *c,
    struct att_error *e)
{
	struct sim_snp_keys keys = { 0 };
	struct sim_snp_options o;
	struct sim_snp_output out;
	bool ok;

	(void)t;
	if (!options_from(args, a, &o, e))
		return false;
	(void)printf("making three RSA-4096 keys, which takes a few seconds\n");
	(void)fflush(stdout);
	ok = sim_snp_keys_generate(&keys, e) && sim_snp_make(c, a, &keys, &o, &out, e) &&
	    simulate_write(args, a, outputs, sizeof outputs / sizeof outputs[0], &out, e);
	sim_snp_keys_clear(&keys);
	if (ok)
		(void)printf("try: attest verify --anchors %s/ark.pem %s/attest-request.json\n",
		    arg(args, "o"), arg(args, "o"));
	return ok;
}

const struct simulate_type simulate_snp = { "SevSnpVm", 0, takes, fault_at, make };

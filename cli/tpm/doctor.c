#include "cli/tpm/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/tpm/collect.h"
#include "lib/base/buf.h"

#define SECURE_BOOT "firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SECURE_BOOT_LEN 5               /* attributes, and one byte of value */

enum outcome { PASS, FAIL, SKIPPED };

/* What the rows share, and what the row being looked at says. */
struct exam {
	struct collect c;
	const char *path;               /* of the device; NULL: the TCTI is none */
	bool open;                      /* the TPM answered: c.dev is good */
	const char *found, *fix;        /* fix: instead of the row's */
};
struct row {
	const char *id, *title;
	enum outcome (*look)(struct exam *x);
	const char *fix;                /* shown when it fails */
};

static enum outcome say(struct exam *x, enum outcome o, const char *found)
{
	x->found = found ? found : "out of memory";
	return o;
}

static enum outcome say_error(struct exam *x, const char *path)
{
	return say(x, FAIL, arena_printf(x->c.a, "%s: %s", path, strerror(errno)));
}

static enum outcome look_tpm(struct exam *x)
{
	const char *sys = collect_sys_path(x->c.args, x->c.a, "class/tpm/tpm0");

	if (!x->path)
		return say(x, PASS, arena_printf(x->c.a, "reached by %s", x->c.tcti));
	if (!sys || access(sys, F_OK) != 0)
		return say_error(x, sys ? sys : "");
	return access(x->path, F_OK) == 0 ? say(x, PASS, x->path) : say_error(x, x->path);
}

static enum outcome look_version(struct exam *x)
{
	const char *path = collect_sys_path(x->c.args, x->c.a, "class/tpm/tpm0/tpm_version_major");
	struct att_bytes text;

	if (!x->path)
		return say(x, SKIPPED, "not a device of this machine");
	if (!path || access(path, R_OK) != 0 || !file_read(x->c.a, path, &text, NULL))
		return say(x, SKIPPED, "the kernel does not say");
	return say(x, text.len > 0 && text.data[0] == '2' ? PASS : FAIL, arena_printf(x->c.a, "version %.*s",
	    (int)strcspn((const char *)text.data, "\n"), (const char *)text.data));
}

static enum outcome look_permission(struct exam *x)
{
	int fd = x->path ? open(x->path, O_RDWR | O_CLOEXEC | O_NONBLOCK) : -1;

	if (!x->path)
		return say(x, SKIPPED, "not a device of this machine");
	if (fd >= 0) {
		(void)close(fd);
		return say(x, PASS, x->path);
	}
	if (errno == EBUSY)
		x->fix = "another program holds it; use /dev/tpmrm0, which many programs share";
	return errno == ENOENT ? say(x, SKIPPED, "there is no device") : say_error(x, x->path);
}

static enum outcome look_answers(struct exam *x)
{
	struct att_error e = { 0 };

	if (x->path && access(x->path, R_OK | W_OK) != 0)
		return say(x, SKIPPED, "it cannot be opened");
	x->open = tpmdev_open(x->c.tcti, &x->c.dev, &e);
	return x->open ? say(x, PASS, x->c.tcti) : say(x, FAIL, arena_strdup(x->c.a, e.text));
}

static enum outcome look_bank(struct exam *x)
{
	struct buf b = buf_make(x->c.a);
	struct att_error e = { 0 };
	unsigned banks;

	if (!x->open)
		return say(x, SKIPPED, "the TPM does not answer");
	if (!tpmdev_banks(&x->c.dev, &banks, &e))
		return say(x, FAIL, arena_strdup(x->c.a, e.text));
	for (size_t i = 0; i < TPMDEV_BANKS; i++)
		if (banks >> i & 1)
			buf_fmt(&b, "%s%s", b.len ? ", " : "", tpmdev_bank_name(i));
	return say(x, banks & ~(1U << DIGEST_SHA1) ? PASS : FAIL, banks ? b.p : "none");
}

static enum outcome look_ek_cert(struct exam *x)
{
	struct att_error e = { 0 };

	if (!x->open)
		return say(x, SKIPPED, "the TPM does not answer");
	x->c.nnotes = 0;
	if (!collect_ek_cert(&x->c, &e))
		return say(x, FAIL, arena_strdup(x->c.a, e.text));
	return say(x, x->c.ek_cert.len ? PASS : FAIL, x->c.nnotes ? x->c.notes[0].text : NULL);
}

/* As collect does it, for the key decides which certificate there is; a device may serve one at a time. */
static enum outcome look_ak_cert(struct exam *x)
{
	struct collect c = { .args = x->c.args, .a = x->c.a, .crypto = x->c.crypto };
	struct att_error e = { 0 };
	enum outcome o;

	if (!x->open)
		return say(x, SKIPPED, "the TPM does not answer");
	tpmdev_close(&x->c.dev);
	if (!collect_open(&c, &e))
		o = say(x, FAIL, arena_strdup(x->c.a, e.text));
	else if (c.ak_cert.len)
		o = say(x, PASS, arena_printf(x->c.a, "%zu bytes, of key %s", c.ak_cert.len, c.ak_name));
	else
		o = say(x, FAIL, arena_printf(x->c.a, "none, of key %s", c.ak_name));
	collect_close(&c);
	return o;
}

/* The kernel shows its lists to root alone. */
static enum outcome look_file(struct exam *x, const char *path, struct att_bytes *out)
{
	const char *at = collect_sys_path(x->c.args, x->c.a, path);
	struct att_error e = { 0 };

	if (!at || access(at, R_OK) != 0) {
		if (errno == EACCES)
			x->fix = "run it as root: the kernel shows this file to nobody else";
		return say_error(x, at ? at : "");
	}
	if (!file_read(x->c.a, at, out, &e))
		return say(x, FAIL, arena_strdup(x->c.a, e.text));
	return say(x, out->len ? PASS : FAIL, arena_printf(x->c.a, "%zu bytes", out->len));
}

static enum outcome look_event_log(struct exam *x)
{
	const char *root = collect_sys_path(x->c.args, x->c.a, "kernel/security");
	struct att_bytes log;

	if (root && access(root, X_OK) == 0 && access(arena_printf(x->c.a, "%s/lsm", root), F_OK) != 0 &&
	    access(arena_printf(x->c.a, "%s/tpm0", root), F_OK) != 0)
		x->fix = "mount -t securityfs securityfs /sys/kernel/security; if it is mounted, the "
		    "boot loader handed the kernel no log: in grub.cfg use linuxefi and initrdefi "
		    "instead of linux and initrd";
	return look_file(x, COLLECT_EVENT_LOG, &log);
}

static enum outcome look_secure_boot(struct exam *x)
{
	const char *efi = collect_sys_path(x->c.args, x->c.a, "firmware/efi");
	struct att_bytes v;
	enum outcome o;

	if (!efi || access(efi, F_OK) != 0) {
		x->fix = "boot by UEFI: firmware setup, or OVMF for a virtual machine";
		return say(x, FAIL, "the machine was not booted by UEFI");
	}
	o = look_file(x, SECURE_BOOT, &v);
	if (o != PASS)
		return o;
	if (v.len != SECURE_BOOT_LEN)
		return say(x, FAIL, "the variable SecureBoot has another length than 5 bytes");
	return v.data[SECURE_BOOT_LEN - 1] == 1 ? say(x, PASS, "on, says the running firmware") :
	    say(x, FAIL, "off");
}

/* With no rule that measures, the list has one entry: boot_aggregate. */
static enum outcome look_ima(struct exam *x)
{
	struct att_bytes list, count;
	enum outcome o = look_file(x, COLLECT_IMA, &list);

	if (o != PASS || look_file(x, "kernel/security/ima/runtime_measurements_count", &count) != PASS)
		return o == PASS ? say(x, PASS, arena_printf(x->c.a, "%zu bytes", list.len)) : o;
	if (strtoul((const char *)count.data, NULL, 10) > 1)
		return say(x, PASS, arena_printf(x->c.a, "%zu bytes, %.*s entries", list.len,
		    (int)strcspn((const char *)count.data, "\n"), (const char *)count.data));
	return say(x, FAIL, "it holds boot_aggregate alone: no rule measures anything");
}

static const struct row rows[] = {
	{ "doctor.tpm", "There is a TPM", look_tpm,
	    "switch it on in the firmware's setup, or give the virtual machine one; a software TPM is "
	    "named with --tcti swtpm:host=127.0.0.1,port=2321" },
	{ "doctor.version", "It is a TPM 2.0", look_version,
	    "a TPM 1.2 cannot be attested here; some change to 2.0 in the firmware's setup" },
	{ "doctor.permission", "This user may use it", look_permission,
	    "add the user to the group tss (sudo usermod -aG tss USER) and log in again, or run it as root" },
	{ "doctor.answers", "It answers", look_answers,
	    "a software TPM must be running, its control port one above its port, and --tpmstate an "
	    "absolute path; a device in failure mode wants a cold start" },
	{ "doctor.bank", "A PCR bank of SHA-256 or better is allocated", look_bank,
	    "tpm2_pcrallocate sha256:all, then restart; or the firmware's setup" },
	{ "doctor.ek_certificate", "The TPM's maker certified it", look_ek_cert,
	    "without an EK certificate the key cannot be enrolled; attest verify judges files where the "
	    "operator lists its name (--ak-names)" },
	{ "doctor.ak_certificate", "The attestation key is certified", look_ak_cert,
	    "attest submit --type Tpm --server URL --enrol --state DIR gets a certificate; give --state "
	    "DIR from then on" },
	{ "doctor.event_log", "The kernel shows the boot's event log", look_event_log,
	    "the boot loader handed the kernel none: GRUB's older linux command does not, when Secure "
	    "Boot is off; in grub.cfg use linuxefi and initrdefi" },
	{ "doctor.secure_boot", "Secure Boot is on", look_secure_boot,
	    "switch it on in the firmware's setup, with Microsoft's or your own keys enrolled" },
	{ "doctor.ima", "The kernel measures files (IMA)", look_ima,
	    "add ima_policy=tcb to the kernel command line, or load a policy at start; the kernel needs "
	    "CONFIG_IMA" },
};
#define NROWS (sizeof rows / sizeof rows[0])

static bool print_row(const struct row *r, enum outcome o, const struct exam *x)
{
	static const enum mark marks[] = { [PASS] = MARK_GOOD, [FAIL] = MARK_BAD, [SKIPPED] = MARK_NONE };

	(void)fputs("  ", stdout);
	out_mark(marks[o]);
	(void)printf(" %-22s %s: %s\n", r->id, r->title, x->found);
	if (o == FAIL)
		(void)printf("      fix       %s\n", x->fix ? x->fix : r->fix);
	return true;
}

static struct json *row_json(struct arena *a, const struct row *r, enum outcome o, const struct exam *x)
{
	static const char *const names[] = { [PASS] = "pass", [FAIL] = "fail", [SKIPPED] = "n/a" };
	struct json *v = json_put(a, json_object(a), "id", json_string(a, r->id));

	v = json_put(a, v, "outcome", json_string(a, names[o]));
	v = json_put(a, v, "title", json_string(a, r->title));
	v = json_put(a, v, "found", json_string(a, x->found));
	return o == FAIL ? json_put(a, v, "fix", json_string(a, x->fix ? x->fix : r->fix)) : v;
}

static bool examine(struct exam *x, struct json *list)
{
	bool good = true;

	for (size_t i = 0; i < NROWS; i++) {
		enum outcome o;

		x->found = "";
		x->fix = NULL;
		o = rows[i].look(x);
		good = good && o != FAIL;
		if (list)
			(void)json_append(list, row_json(x->c.a, &rows[i], o, x));
		else
			print_row(&rows[i], o, x);
	}
	return good;
}

enum exit_code doctor(const struct args *args, struct arena *a, bool json)
{
	struct exam x = { .c = { .args = args, .a = a, .tcti = tpmdev_tcti(arg(args, "tcti")) } };
	struct json *list = json ? json_array(a) : NULL, *o;
	struct att_error e = { 0 };
	bool good;

	x.path = tpmdev_path(x.c.tcti);
	good = examine(&x, list);
	collect_close(&x.c);
	if (json) {
		o = json_put(a, json_object(a), "ok", json_bool(a, good));
		if (!out_json(a, json_put(a, o, "checks", list), &e))
			return complain(&e);
	}
	return good ? EXIT_GOOD : EXIT_BAD;
}

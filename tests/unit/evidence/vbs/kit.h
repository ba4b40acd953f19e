/* kit.h - packages of VBS enclave reports, with any one thing wrong, signed by an RSA key made here. */
#ifndef TEST_VBS_KIT_H
#define TEST_VBS_KIT_H

#include "lib/base/buf.h"
#include "lib/evidence/vbs/vbs.h"
#include "tests/harness/check.h"

#define VBS_KIT_HEADER 24
#define VBS_KIT_REPORT 224

struct vbs_kit {
	struct arena *a;
	struct crypto *c;
	struct att_error e, fault;
	struct privkey *key, *other;            /* RSA of 2048 bits: the boot's, another */
	struct rd modulus, exponent;            /* of key */
	struct vbs_report report;               /* of the last run; too large for a stack frame */
	struct checklist checks;                /* rows of checks.tbl alone */
};
void vbs_kit_init(struct vbs_kit *k);
void vbs_kit_clear(struct vbs_kit *k);
struct rd vbs_kit_public(struct vbs_kit *k, const struct privkey *key, const char *member);

/* Everything that a package is made of; vbs_kit_sound() fills in what passes. */
struct vbs_made {
	uint32_t package_version, scheme, report_version, reserved;
	uint32_t enclave_svn, kernel_svn, platform_svn, flags, level, type;
	uint8_t data[64];
	struct rd blocks;                       /* behind the report */
	struct privkey *key;                    /* that signs */
	int salt;                               /* bytes; 32 is the length of the digest */
	struct vbs_boot boot;
	uint8_t want[64];
};
void vbs_kit_sound(struct vbs_kit *k, struct vbs_made *m);
struct rd vbs_kit_statement(struct vbs_kit *k, const struct vbs_made *m);
struct rd vbs_kit_package(struct vbs_kit *k, const struct vbs_made *m);
/* A block of a module: name in ASCII; n bytes in all with its filling, 0: as many as it needs. */
struct rd vbs_kit_module(struct vbs_kit *k, const char *name, size_t n);

/* Verifies what was parsed: "ok" or the id of the first row that failed. */
const char *vbs_kit_judge(struct vbs_kit *k, const struct vbs_made *m, const struct vbs_report *r);
/* Makes, parses and verifies. */
const char *vbs_kit_run(struct vbs_kit *k, const struct vbs_made *m);

#endif

/* parts.h - what the files of this folder share. */
#ifndef EVIDENCE_MAATPM_PARTS_H
#define EVIDENCE_MAATPM_PARTS_H

#include "lib/evidence/maatpm/maatpm.h"
#include "lib/evidence/maatpm/members.h"

#define MAATPM_CERT_MAX 16384           /* bytes of aik_cert */
#define MAATPM_LOG_MAX EVENTLOG_LEN_MAX

/* v1.c, v2.c: the members of the body that differ between the versions */
ATT_CHECK bool maatpm_v1_read(struct maatpm_evidence *ev, struct arena *a, struct att_error *e);
ATT_CHECK bool maatpm_v2_read(struct maatpm_evidence *ev, struct arena *a, struct att_error *e);

/* join.c: logs of one kind become one */
ATT_CHECK bool maatpm_join_logs(struct maatpm_attestation *t, struct arena *a, struct att_error *e);
/* custom.c */
ATT_CHECK bool maatpm_custom_read(const struct json *body, struct claims *out, struct att_error *e);
/* keys.c: {"jwk","info"} */
ATT_CHECK bool maatpm_key_read(const struct maatpm_payload *p, const struct json *v, const char *name,
    struct arena *a, struct maatpm_key *out, struct att_error *e);
/* The jwk member of a key that has no info. */
ATT_CHECK bool maatpm_jwk_read(const struct maatpm_payload *p, const struct json *jwk,
    struct maatpm_key *out, struct att_error *e);

/* format.c */
extern const struct check_row maatpm_checks[MAATPM_NCHECKS];
/* verify.c, claims.c, describe.c: as in struct evidence_format */
ATT_CHECK bool maatpm_verify(const void *ev, const struct trust *t, struct arena *a,
    struct evidence_outcome *o, struct att_error *e);
ATT_CHECK bool maatpm_claims(const void *ev, const struct trust *t, const struct evidence_outcome *o,
    struct claims *c, struct att_error *e);
ATT_CHECK bool maatpm_describe(const void *ev, struct arena *a, struct json **out, struct att_error *e);

/* vbsboot.c: what the replayed log says of the key that signs enclave reports */
void maatpm_vbs_boot(const struct measuredboot_boot *b, struct vbs_boot *out);

#endif

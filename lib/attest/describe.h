/* describe.h - what the kinds of attest inspect share: a subject, and members put into an object. */
#ifndef ATTEST_DESCRIBE_H
#define ATTEST_DESCRIBE_H

#include "lib/attest/appraisal.h"

struct subject {
	struct att_bytes file;
	struct arena *a;
	struct crypto *c;
};

/* False: not this kind; *out stays.  A file is of the first kind whose function makes a description. */
typedef bool describe_fn(const struct subject *s, struct json **out);
describe_fn describe_bundle, describe_collateral, describe_eventlog, describe_ima, describe_tpm;

/* All false when out of memory, and for a NULL object. */
bool put(struct arena *a, struct json *o, const char *name, struct json *v);
bool put_text(struct arena *a, struct json *o, const char *name, const char *text);
/* INT64_MIN is null. */
bool put_time(struct arena *a, struct json *o, const char *name, int64_t t);
bool put_hex(struct arena *a, struct json *o, const char *name, const void *p, size_t n);
/* Kind, size and identity of a public key; NULL when out of memory. */
struct json *key_json(struct arena *a, const struct pubkey *k);
/* The fields of Intel's extension, or what is wrong with it; nothing for a certificate without it. */
bool put_pck_extension(struct arena *a, struct json *o, const struct x509_cert *cert);

#endif

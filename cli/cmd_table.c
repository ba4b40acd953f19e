#include "cli/simulate.h"

#define FORMAT { "format", "text|json", "for people (default) or for programs" }
#define AT { "at", "RFC3339", "time of the appraisal, such as 2026-01-31T12:00:00Z; default now" }
#define TYPE \
	{ "type", "TYPE", "attestation type, such as TdxVm; default: recognised from the content" }

/* How evidence is verified, whoever judges it. */
#define APPRAISAL                                                                                  \
	TYPE, AT,                                                                                  \
	    { "collateral", "FILE|DIR",                                                            \
		    "certificates, revocation lists, Intel's and THIM's JSON, bundles; may be "    \
		    "repeated" },                                                                  \
	    { "certs", "FILE|DIR", "the same; may be repeated" },                                  \
	    { "anchors", "FILE|DIR",                                                               \
		    "additional trusted roots, PEM or DER, for this run; may be repeated" },       \
	    { "allow", "NAME,...", "relaxations: vlek, masked-chip-id, no-crl" },                  \
	    { "tcb-accept", "STATUS,...",                                                          \
		    "TCB statuses of SGX and TDX that are accepted, instead of the default "       \
		    "ones" },                                                                      \
	    { "nonce", "TEXT|HEX",                                                                 \
		    "the request's nonce must be this; type Tpm: the bytes that the quote carries" }, \
	    { "ak-names", "FILE|DIR",                                                              \
		    "names (or SHA-256) of TPM attestation keys that are known, in hex, a line each" }, \
	    { "secureboot-keys", "FILE|DIR",                                                       \
		    "certificates, EFI lists or sha256:HEX lines that PK, KEK and db may hold" },  \
	    { "dbx", "FILE|DIR", "the revocation list that counts as current" },                   \
	    { "sbat", "FILE", "the least SBAT generations" },                                      \
	    { "code-signers", "FILE|DIR", "certificates whose keys may sign files for IMA" },      \
	    { "code-digests", "FILE|DIR", "digests of files that may run, in hex, a line each" },  \
	    { "runtime-data", "FILE", "data that the report must be bound to" },                   \
	    { "runtime-type", "binary|json", "its type; default binary" },                         \
	    { "inittime-data", "FILE", "data fixed at launch that the report must name" },         \
	{                                                                                          \
		"inittime-type", "binary|json", "its type; default binary"                         \
	}

static const struct opt verify_opts[] = {
	{ "policy", "FILE", "policy text or policy JWS that judges" },
	{ "defaults", "maa|strict", "which default policy judges when --policy is absent; default maa" },
	{ "deny", "KIND=VALUE[=REASON]",
	    "refuse this chip-id, product, fmspc, ppid, platform-instance, signer, measurement, "
	    "advisory or ak; may be repeated" },
	{ "deny-list", "FILE", "refuse whom this list (JSON, as of PUT /denylist) names; may be repeated" },
	APPRAISAL,
	{ "compare-collateral", "FILE|DIR",
	    "a second set of collateral: show what would change under it; may be repeated" },
	{ "compare-at", "RFC3339", "time of the appraisal under the second set; default that of the first" },
	FORMAT,
	{ 0 }
};
static const struct opt suggest_opts[] = { APPRAISAL, { 0 } };
static const struct opt diff_opts[] = {
	{ "claims", "FILE", "claims as JSON: show what both policies decide; may be repeated" }, FORMAT, { 0 }
};
static const struct opt inspect_opts[] = { FORMAT, { 0 } };
static const struct opt check_opts[] = { FORMAT, { 0 } };
static const struct opt eval_opts[] = {
	{ "claims", "FILE", "claims as JSON: an object of names, or an array of {\"type\",\"value\"}" },
	FORMAT,
	{ 0 }
};
static const struct opt none_opts[] = { { 0 } };
static const struct opt wrap_opts[] = {
	{ "key", "FILE", "private key (PEM) that signs; without it the JWS is unsigned" },
	{ "cert", "FILE", "its certificate chain (PEM), leaf first" },
	{ 0 }
};
static const struct opt token_opts[] = {
	{ "jwks", "FILE", "trusted JWK set" },
	{ "server", "URL", "fetch the JWK set from URL/certs; the issuer is URL" },
	{ "ca", "FILE", "certificates (PEM) that the server's certificate must chain to; with --server" },
	{ "issuer", "URL", "iss must be this" },
	{ "audience", "TEXT", "aud must hold this" },
	{ "policy-hash", "HASH", "x-ms-policy-hash must be this" },
	{ "nonce", "TEXT", "nonce must be this" },
	{ "type", "TYPE", "x-ms-attestation-type must be this, such as sevsnpvm" },
	{ "leeway", "SECONDS", "allowed clock difference, 0 to 300; default 0" },
	AT, FORMAT,
	{ 0 }
};
/* What collect and submit --type Tpm ask a TPM, and where they look. */
#define COLLECT                                                                                    \
	{ "tcti", "TCTI",                                                                          \
	    "how the TPM is reached, such as device:/dev/tpmrm0 (default) or "                     \
	    "swtpm:host=127.0.0.1,port=2321; else TPM2TOOLS_TCTI" },                               \
	    { "ak", "rsa|ecc",                                                                     \
		    "the attestation key that is made; default rsa, or Azure's where there is one" }, \
	    { "ak-handle", "0xHANDLE", "use the attestation key at this persistent handle" },      \
	    { "ak-cert", "FILE", "certificate of the attestation key, DER" },                      \
	    { "ak-cert-nv", "0xINDEX", "or the NV index that holds it" },                          \
	    { "event-log", "FILE", "TCG event log; default the kernel's" },                        \
	    { "ima", "FILE", "IMA measurement list; default the kernel's" },                       \
	    { "pcrs", "LIST", "PCRs to quote, such as 0-7,10,14; default all" },                   \
	    { "state", "DIR", "where certificates of attestation keys are kept between runs" },    \
	{                                                                                          \
		"sysfs", "DIR", "root of the kernel's files, instead of /sys"                      \
	}

static const struct opt collect_opts[] = {
	{ "o", "FILE", "the TPM evidence file to write" },
	{ "doctor", NULL, "write nothing; say what is missing and how to get it" },
	{ "type", "TYPE", "Tpm, which is the default and the only one" },
	{ "nonce", "HEX", "1 to 64 bytes that the quote must carry; default 32 random ones" },
	COLLECT, FORMAT,
	{ 0 }
};
static const struct opt submit_opts[] = {
	{ "server", "URL", "the service, such as https://127.0.0.1:8443" },
	{ "ca", "FILE",
	    "certificates (PEM) that the server's certificate must chain to; default: the system's" },
	{ "bearer-file", "FILE", "bearer token to send" },
	TYPE,
	{ "token-out", "FILE", "write the token here instead of printing it" },
	{ "enrol", NULL, "type Tpm of this machine: first get a certificate for the attestation key" },
	{ "rp-id", "URL", "type Tpm: whom the token is for" },
	{ "rp-data", "BASE64URL", "type Tpm: what the token gives back as nonce" },
	COLLECT, FORMAT,
	{ 0 }
};
#define ANCHORS { "anchors", "FILE|DIR", "additional trusted roots, PEM or DER; may be repeated" }
#define PARTIAL { "partial", NULL, "leave out what is refused; without it nothing is written then" }
static const struct opt status_opts[] = {
	{ "server", "URL", "what this service holds, instead of files" },
	{ "token", "FILE", "bearer token for --server" },
	{ "ca", "FILE", "certificates (PEM) that the server's certificate must chain to; with --server" },
	AT, ANCHORS, FORMAT,
	{ 0 }
};
static const struct opt export_opts[] = {
	{ "o", "BUNDLE", "the file to make; the same items make the same bytes" }, PARTIAL, AT, ANCHORS, { 0 }
};
static const struct opt import_opts[] = {
	{ "o", "DIR", "the folder, such as the service's collateral.dir; made when absent" },
	PARTIAL, AT, ANCHORS,
	{ 0 }
};
static const struct opt fetch_opts[] = {
	{ "source", "URL", "the one source that is asked: its base URL, https, or http to this machine" },
	{ "kind", "KIND", "what it is: pcs (Intel; default), pccs, kds (AMD), thim (Azure)" },
	{ "ca", "FILE",
	    "certificates (PEM) that the source's certificate must chain to; default: the system's" },
	{ "root-crl-url", "URL", "pcs: where the root's revocation list is; default Intel's address" },
	{ "evidence", "FILE", "fetch all that this evidence needs" },
	{ "fmspc", "HEX", "fetch all that platforms of this kind need" },
	{ "tee", "sgx|tdx", "with --fmspc; default sgx" },
	{ "baseline", "standard|early|N", "which evaluation number; default as the source decides" },
	{ "o", "DIR|BUNDLE", "where what is good is kept; a name that ends in .json is a bundle" },
	AT, ANCHORS,
	{ 0 }
};

const struct cmd commands[] = {
	{ "verify", "[options] EVIDENCE", "verify evidence and judge it by a policy", verify_opts, 1, 1,
	    cmd_verify },
	{ "inspect", "[options] FILE", "say what a file is and what it holds, without judging it",
	    inspect_opts, 1, 1, cmd_inspect },
	{ "policy check", "FILE", "check a policy", check_opts, 1, 1, cmd_policy_check },
	{ "policy eval", "--claims CLAIMS.json FILE", "evaluate a policy over claims", eval_opts, 1, 1,
	    cmd_policy_eval },
	{ "policy hash", "FILE", "print x-ms-policy-hash of a policy text", none_opts, 1, 1,
	    cmd_policy_hash },
	{ "policy diff", "[--claims CLAIMS.json]... A B", "show what changed between two policies",
	    diff_opts, 2, 2, cmd_policy_diff },
	{ "policy suggest", "[options] EVIDENCE",
	    "write a starting policy that pins what this evidence shows",
	    suggest_opts, 1, 1, cmd_policy_suggest },
	{ "policy wrap", "FILE [--key K --cert C]", "print the policy JWS that PUT /policies/{type} takes",
	    wrap_opts, 1, 1, cmd_policy_wrap },
	{ "token verify", "(--jwks FILE --issuer URL | --server URL) TOKEN|FILE|-", "verify a token",
	    token_opts, 1, 1, cmd_token_verify },
	{ "jmespath", "EXPRESSION [FILE|-]", "print the JSON result of a JMESPath query", none_opts, 1, 2,
	    cmd_jmespath },
	{ "submit", "--server URL (EVIDENCE | --type Tpm [options])",
	    "post evidence, or this machine's, to the service and get a token", submit_opts, 0, 1,
	    cmd_submit },
	{ "collect", "[options] (-o FILE | --doctor)", "make evidence of this machine, by its TPM",
	    collect_opts, 0, 0, cmd_collect },
	{ "collateral status", "[options] (FILE|DIR... | --server URL --token FILE)",
	    "show what collateral is at hand, whether it is good and for how long", status_opts, 0,
	    ARGS_VALUES_MAX, cmd_collateral_status },
	{ "collateral export", "[options] -o BUNDLE FILE|DIR...", "pack collateral into one file",
	    export_opts,
	    1, ARGS_VALUES_MAX, cmd_collateral_export },
	{ "collateral import", "[options] BUNDLE -o DIR",
	    "check every signature of a bundle and unpack it for the service", import_opts, 1, 1,
	    cmd_collateral_import },
	{ "collateral fetch", "--source URL (--evidence FILE | --fmspc HEX | KIND/KEY...) -o DIR|BUNDLE",
	    "bring collateral from its manufacturer or a cache", fetch_opts, 0, ARGS_VALUES_MAX,
	    cmd_collateral_fetch },
	{ "simulate", "TYPE [options] -o DIR", "make evidence under a throw-away test root", simulate_opts,
	    1, 1, cmd_simulate },
	{ 0 }
};

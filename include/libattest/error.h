/*
 * error.h - the error object of libattest: one code, one text, the first cause wins.
 *
 * An error means: the input could not be read, is not authentic, or could not be decided.
 * What a policy may judge (debug enabled, TCB level) is data, never an error.
 */
#ifndef LIBATTEST_ERROR_H
#define LIBATTEST_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The one list of error codes: name, HTTP status, code in the MAA error envelope
 * (rest-api section 4), short text.  Code branches on codes, never on text.
 */
#define ATT_ERRORS(X) \
	X(OK,            200, "",                      "ok") \
	X(TRUNCATED,     400, "InvalidParameter",      "input ends too early") \
	X(BAD_FORMAT,    400, "InvalidParameter",      "input is malformed") \
	X(BAD_JSON,      400, "InvalidParameter",      "not acceptable JSON") \
	X(BAD_ENCODING,  400, "InvalidParameter",      "not acceptable base64 or hex") \
	X(UNSUPPORTED,   400, "InvalidParameter",      "not supported") \
	X(NOT_AUTHENTIC, 400, "InvalidParameter",      "evidence is not authentic") \
	X(POLICY_PARSE,  400, "PolicyParsingError",    "policy does not parse") \
	X(POLICY_EVAL,   400, "PolicyEvaluationError", "policy refused or failed") \
	X(OPERATION,     400, "InvalidOperation",      "operation not possible") \
	X(UNAUTHORIZED,  401, "Unauthorized",          "missing or invalid bearer token") \
	X(NOT_FOUND,     404, "NotFound",              "no such path or attestation type") \
	X(METHOD,        405, "MethodNotAllowed",      "method not allowed here") \
	X(TIMEOUT,       408, "RequestTimeout",        "request was not complete in time") \
	X(LIMIT,         413, "RequestTooLarge",       "a limit was exceeded") \
	X(MEDIA_TYPE,    415, "UnsupportedMediaType",  "content type not accepted") \
	X(MISDIRECTED,   421, "MisdirectedRequest",    "no provider at this authority") \
	X(INTERNAL,      500, "InternalError",         "internal error") \
	X(NOMEM,         500, "InternalError",         "out of memory") \
	X(COLLATERAL,    503, "CollateralUnavailable", "an endorsement is missing") \
	X(STORE,         503, "ServiceUnavailable",    "the store cannot be used") \
	X(OVERLOADED,    503, "ServiceUnavailable",    "service is overloaded")

enum att_err {
#define X(name, http, code, text) ATT_E_##name,
	ATT_ERRORS(X)
#undef X
};

/* Caller owns it; all-zero means "no error". */
struct att_error {
	enum att_err code;
	char text[480];         /* UTF-8, never a secret */
};

/* Every symbol with this mark is exported from the shared library. */
#define ATT_API __attribute__((visibility("default")))

ATT_API int att_err_http(enum att_err code);               /* HTTP status of the code */
ATT_API const char *att_err_name(enum att_err code);       /* code in the error envelope */
ATT_API const char *att_err_text(enum att_err code);       /* short fixed text */

#endif

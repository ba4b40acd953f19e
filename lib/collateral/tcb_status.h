/*
 * tcb_status.h - what Intel says of a trusted computing base, and in which order statuses are worse.
 *
 * Values of `tcbStatus` in TCB Info and enclave identities (PCS API v4), and two that only an evaluation of a
 * TD report 1.5 makes.  spec: sgx-tdx §4.2, §5.2
 */
#ifndef COLLATERAL_TCB_STATUS_H
#define COLLATERAL_TCB_STATUS_H

#include "lib/base/err.h"

#include <stddef.h>

#define TCB_STATUSES(X) \
	X(UNKNOWN,                  "")  /* a text that is none of these: never acceptable */ \
	X(UP_TO_DATE,               "UpToDate") \
	X(SW_HARDENING,             "SWHardeningNeeded") \
	X(CONFIG,                   "ConfigurationNeeded") \
	X(CONFIG_AND_SW_HARDENING,  "ConfigurationAndSWHardeningNeeded") \
	X(OUT_OF_DATE,              "OutOfDate") \
	X(OUT_OF_DATE_CONFIG,       "OutOfDateConfigurationNeeded") \
	X(REVOKED,                  "Revoked") \
	/* made by tcb_relaunch(), never read from collateral */ \
	X(RELAUNCH,                 "TDRelaunchAdvised") \
	X(RELAUNCH_CONFIG,          "TDRelaunchAdvisedConfigurationNeeded")

enum tcb_status {
#define X(name, text) TCB_##name,
	TCB_STATUSES(X)
#undef X
	TCB_NSTATUSES
};

const char *tcb_status_name(enum tcb_status s);                 /* "UpToDate"; "" for UNKNOWN */
/* Exact spelling; TCB_UNKNOWN when it is none, the two relaunch values included. */
enum tcb_status tcb_status_of_collateral(const char *text, size_t len);
/* The same for names given by people (tcb.accept): all values but UNKNOWN, exact spelling. */
enum tcb_status tcb_status_find(const char *text);
bool tcb_status_out_of_date(enum tcb_status s);                 /* OutOfDate, with or without configuration */
bool tcb_status_needs_config(enum tcb_status s);                /* a configuration-needed part */

#endif

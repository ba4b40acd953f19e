/* version.h - version of the library; the programs print the same. */
#ifndef LIBATTEST_VERSION_H
#define LIBATTEST_VERSION_H

#include "libattest/error.h"

#define ATT_VERSION "0.1.0"
ATT_API const char *att_version(void);          /* "0.1.0"; of the library that is loaded */

#endif

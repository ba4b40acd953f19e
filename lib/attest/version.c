#include "libattest/version.h"

const char *att_version(void)
{
	return ATT_VERSION;
}

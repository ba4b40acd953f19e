/* defaults.h - fills in what the text does not give. */
#ifndef SERVER_CONFIG_DEFAULTS_H
#define SERVER_CONFIG_DEFAULTS_H

#include "server/config/config.h"
#include "server/config/places.h"

ATT_CHECK bool defaults_fill(struct config *c, const struct places *given, struct att_error *e);

#endif

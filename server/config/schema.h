/* schema.h - the libcyaml schema of the configuration, made from config_tbl.h. */
#ifndef SERVER_CONFIG_SCHEMA_H
#define SERVER_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>

extern const cyaml_schema_value_t config_schema;        /* of struct config */

#endif

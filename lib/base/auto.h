/*
 * auto.h - scoped handles: freed at the end of the scope unless moved out by name.
 *
 *   ATT_AUTO_DEFINE(FILE, fclose);       once, beside the wrapper
 *   ATT_AUTO(FILE) f = fopen(...);       closed when f leaves scope
 *   return ATT_STEAL(f);                 ownership leaves, f becomes NULL
 */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#define ATT_AUTO_DEFINE(type, fn) \
	static inline void att_auto_##type(type **p) \
	{ \
		if (*p) \
			(void)fn(*p); \
	} \
	struct att_auto_semicolon_##type
#define ATT_AUTO_DEFINE_STRUCT(type, fn) \
	static inline void att_auto_##type(struct type **p) \
	{ \
		if (*p) \
			(void)fn(*p); \
	} \
	struct att_auto_semicolon_##type
#define ATT_AUTO(type) __attribute__((cleanup(att_auto_##type))) type *
#define ATT_AUTO_STRUCT(type) __attribute__((cleanup(att_auto_##type))) struct type *
#define ATT_STEAL(p) __extension__({ __typeof__(p) att_stolen = (p); (p) = NULL; att_stolen; })

#endif

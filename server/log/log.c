#include "server/log/log.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/log/line.h"

static struct { const char *role; bool json; enum log_level least; } setup = { "attestd", false, LOG_INFO };

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error",
};

void log_init(const char *role, bool json, enum log_level least)
{
	setup.role = role;
	setup.json = json;
	setup.least = least;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_level_parse(const char *name, enum log_level *out)
{
	for (unsigned i = 0; i < sizeof level_names / sizeof *level_names; i++)
		if (strcmp(level_names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

void log_event(enum log_level level, const char *event, ...)
{
	char line[LOG_LINE_MAX];
	struct line_head head = { .role = setup.role, .event = event, .level = level, .json = setup.json };
	struct timespec now = { 0 };
	va_list pairs;
	size_t n;

	if (level < setup.least)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	head.now_s = now.tv_sec;
	va_start(pairs, event);
	n = line_format(line, &head, pairs);
	va_end(pairs);
	/* Nothing can be done about a log that cannot be written. */
	while (write(STDERR_FILENO, line, n) < 0 && errno == EINTR)
		continue;
}

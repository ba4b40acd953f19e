/*
 * lines.h - an operator's text, a line each: a word and, behind white space, what is for people.
 *
 * Lines end in LF or CRLF, the last may have no end.  White space at their begin is skipped, and so are empty
 * lines and those that begin with '#'.
 */
#ifndef EVIDENCE_MEASUREDBOOT_LINES_H
#define EVIDENCE_MEASUREDBOOT_LINES_H

#include "lib/base/rd.h"

struct lines {
	struct rd in;
	size_t line;                    /* number of the last line that was read, from 1 */
};

struct lines lines_of(struct rd text);
/* False: no line is left.  *rest is what stands behind the word, without the white space around it. */
bool lines_next(struct lines *l, struct rd *word, struct rd *rest);
/* How many characters of a word a message shows: the precision of "%.*s". */
int lines_shown(const struct rd *word);

#endif

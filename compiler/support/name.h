/* What models call things, as text for people. A name is data: any UTF-8, or none, of any length. */
#ifndef NNC_NAME_H
#define NNC_NAME_H

#include <stddef.h>

struct arena;
struct strbuf;

enum { NAME_BYTES = 200 };      /* of a name are shown */

/** Appends text on one line: letters of all scripts stay; control characters, bytes that are no UTF-8, and marks that
 *  break a line or turn its direction (and hide so what it says) are spelled \x0a, byte by byte. */
void text_add_printable(struct strbuf *b, const char *text, size_t n);

/** As text_add_printable; of what is longer than `most` bytes the beginning and the end alone: "first...last". */
void text_add_short(struct strbuf *b, const char *text, size_t n, size_t most);

/** Appends a name or path in that way. What makes a message, a comment or a report name anything of the model's calls
 *  this. */
void name_add(struct strbuf *b, const char *name);

/** The same as a string. From arena a. */
const char *name_text(struct arena *a, const char *name);

#endif

/* Text as a C string literal, for files embedded at build time. */
#ifndef NNC_RTINDEX_CSTRING_H
#define NNC_RTINDEX_CSTRING_H

#include <stddef.h>
#include <stdio.h>

/** Writes n bytes of text as literals, one a line of text, each on a new line of its own. */
void cstring_write(FILE *out, const char *text, size_t n);

#endif

/* What the runtime may use of <string.h>, for the index alone. */
#ifndef NNC_RTINDEX_STRING_H
#define NNC_RTINDEX_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

#endif

/* A look at the bytes of a model before they are unpacked: protobuf-c recurses without a limit and allocates a struct
 * for every two bytes, so depth and counts are bounded here. */
#ifndef NNC_NESTING_H
#define NNC_NESTING_H

#include <stdbool.h>
#include <stddef.h>

struct diag;

/** Walks the messages of a ModelProto. False (reported): truncated or damaged, nested beyond MAX_MESSAGE_NESTING, more
 *  than MAX_MESSAGES messages or MAX_FIELDS fields, or a string with a NUL. Linear in size, with a stack of its own. */
bool nesting_check(struct diag *d, const unsigned char *bytes, size_t size);

#endif

/* From what libclang calls the extent of a declaration to the text that a reader would cut out. */
#ifndef NNC_RTINDEX_EXTENT_H
#define NNC_RTINDEX_EXTENT_H

#include <stdbool.h>
#include <stddef.h>

struct extent {
	unsigned begin, end;    /* bytes */
};

/** A declaration or, with is_function, a function's definition: widened to the start of its line, to attributes on
 *  lines above, to its semicolon, to a comment behind it, and to the comments right above it. */
struct extent extent_declaration(const char *text, struct extent x, bool is_function);

/** A macro's definition, given from its name on: from # to the end of its last line, with the comments above. */
struct extent extent_macro(const char *text, struct extent x);

#endif

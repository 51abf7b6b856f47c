/* The hash that the generated files name their model by. */
#ifndef NNC_SHA256_H
#define NNC_SHA256_H

#include <stddef.h>

enum { SHA256_TEXT_BYTES = 65 };

/** FIPS 180-4 SHA-256 of n bytes, in lower-case hex, NUL-terminated. */
void sha256_text(char text[SHA256_TEXT_BYTES], const void *bytes, size_t n);

#endif

/* Bytes as C string literals: the only plain-C form that compilers read at 100 MB in seconds. */
#ifndef NNC_OCTAL_H
#define NNC_OCTAL_H

#include <stddef.h>

struct emit;

/** Literals of 64 bytes each, one a line, the last without a newline; nothing but "" for n = 0. Printable characters
 *  stand for themselves but for the quote, the backslash and the question mark (trigraphs); the rest are octal escapes
 *  as short as the character behind them allows. Groups of `swap` bytes (1, 2, 4, 8; n a multiple) are reversed. */
void emit_octal(struct emit *e, const unsigned char *bytes, size_t n, size_t swap);

#endif

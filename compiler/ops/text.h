/* Strings as bytes (text.c). */
#ifndef NNC_TEXT_H
#define NNC_TEXT_H

#include "graph/ir.h"

/** Lets t stand for the strings in the last axis of a tensor of bytes. */
void text_set(struct module *m, int t, int bytes);
/** Equal of strings: appends what compares them. */
bool text_equal(struct module *m, int node);

#endif

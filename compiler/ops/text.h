/* Strings as bytes (text.c). */
#ifndef NNC_TEXT_H
#define NNC_TEXT_H

#include "graph/ir.h"

/** Lets t stand for the strings in the last axis of a tensor of bytes. */
void text_set(struct module *m, int t, int bytes);
/** Input 0 is of strings. */
bool text_is_input(const struct module *m, int node);
/** Appends what is true, along an axis more, where a string of input 0 is word k; -1: reported. */
int text_matches(struct module *m, int node, const char *const *word, int n);
/** Equal of strings: appends what compares them. */
bool text_equal(struct module *m, int node);

#endif

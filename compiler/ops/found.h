/* Operators whose results have as many elements as the program finds: NonZero, Compress, NonMaxSuppression, Unique.
 *
 * Each is short for one of our own, which has the same inputs, attributes and outputs, and one output more: how many it
 * found, an int64 that a variable of sizes (num_var_of) stands for. The results are planned for the greatest number. */
#ifndef NNC_FOUND_H
#define NNC_FOUND_H

#include "graph/ir.h"

/** The number that output i of a node, an int64 scalar, will hold: low … high. */
struct num found_between(struct module *m, int node, int i, int64_t low, int64_t high);

/** Whether one of the dimensions is a size that the given graph, or one inside it, finds: it may differ from turn to
 *  turn of a loop round that graph. */
bool found_inside(const struct module *m, int rank, const struct num *dim, int graph);

#endif

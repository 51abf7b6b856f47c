/* The two ways in which what arrives as data is made known to an operator (run_time.c chooses). */
#ifndef NNC_RUN_TIME_PARTS_H
#define NNC_RUN_TIME_PARTS_H

#include "ops/arguments.h"

/** run_time_values.c: appends a node that reads the n elements of the node's input as sizes; the input becomes what it
 *  takes them for. The caller sets `wanted`, or `low` and `high`, and infers it. The node. */
int run_time_values(struct module *m, int node, int input, int n);

/** run_time_axes.c: appends the nodes that choose, by the n axes in the node's input, between copies of it for each set
 *  of axes; they make the node's outputs. False: no set fits, or too many, or the model does not say which shape the
 *  outputs have and there are several. */
bool run_time_branches(struct module *m, int node, int input, int n);

/** Element k of an integer tensor as int64. */
int run_time_element(struct nest *n, int t, int k);

#endif

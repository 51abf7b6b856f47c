/* Axes, sizes and counts that arrive as data: run_time.def says which, and how each is made known. */
#ifndef NNC_RUN_TIME_H
#define NNC_RUN_TIME_H

#include "graph/ir.h"

enum run_time { RUN_TIME_NOT, RUN_TIME_KNOWN, RUN_TIME_REPLACED };

/** Makes known what node needs of its input, whose values inference did not find: KNOWN: appends a node that checks or
 *  finds them, whose result is the input now: infer the node anew. REPLACED: appends nodes that stand for it. What is
 *  appended is inferred. NOT: there is no way. */
enum run_time run_time_resolve(struct module *m, int node, int input);

/** Appends to a graph what checks that the n elements of the integer tensor t lie within low[i] … high[i], or the run
 *  ends; a tensor with the same elements, which inference reckons with. */
int run_time_bounded(struct module *m, int graph, int t, const int64_t *low, const int64_t *high, int n);

/** Takes what the model says of shapes back through operators that keep them: sums of axes that are data are often
 *  followed by a root or a logarithm, of which alone the shape is said. */
void run_time_spread(struct module *m, int graph);

#endif

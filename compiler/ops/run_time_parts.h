/* The two ways in which what arrives as data is made known to an operator (run_time.c chooses). */
#ifndef NNC_RUN_TIME_PARTS_H
#define NNC_RUN_TIME_PARTS_H

#include "ops/arguments.h"

/** run_time_values.c: appends a node that reads the n elements of the node's input as sizes; the input becomes what it
 *  takes them for. The caller sets `wanted`, or `low` and `high`, and infers it. The node. */
int run_time_values(struct module *m, int node, int input, int n);

/* In place of a number that is wanted: any. */
#define RUN_TIME_ANY INT64_MIN

/** Sets of n numbers each; with a rank they are axes, in any order. More than MAX_SETS (C(8, 4)) are of no use. */
enum { MAX_SETS = 70 };
struct run_time_sets {
	int n, count, rank;
	int64_t v[MAX_SETS][MAX_RANK];
};

/** run_time_sets.c: adds axes of input 0, or of the result of Unsqueeze; sizes of blocks of which so many channels
 *  stay; single numbers. */
void run_time_axes_sets(const struct module *m, int node, struct run_time_sets *s);
void run_time_block_sets(const struct module *m, int node, int64_t channels, struct run_time_sets *s);
void run_time_range_sets(int64_t low, int64_t high, struct run_time_sets *s);

/** run_time_axes.c: appends the nodes that choose, by the numbers in the node's input, between copies of it for each
 *  set; they make the node's outputs. False: no set fits, or too many, or the model does not say which shape the
 *  outputs have and there are several. */
bool run_time_branches(struct module *m, int node, int input, struct run_time_sets *sets);

/** run_time_lists.c: makes lists by axes that are data, of which input `input` holds n, lists by all axes of
 *  input 0. */
bool run_time_spread_lists(struct module *m, int node, int input, int n);

/** run_time_range.c: puts in place of a Range one whose numbers are data and whose result has the size that the
 *  model says. */
bool run_time_range(struct module *m, int node);

/** The operator's result has the shape of input 0. */
bool run_time_keeps_shape(const struct op_def *op);
/** What the model itself says that output i of the node has along an axis; -1: nothing. */
int64_t run_time_said(const struct module *m, int node, int i, int axis);

/** Element k of an integer tensor as int64. */
int run_time_element(struct nest *n, int t, int k);

#endif

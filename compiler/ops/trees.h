/* Ensembles of decision trees as all operators of them are read, and what becomes of them. */
#ifndef NNC_TREES_H
#define NNC_TREES_H

#include "graph/ir.h"

/* What a node asks of its feature's x: whether it is at most, below, at least, above, equal to, other than the node's
 * value, or one of its values. */
enum branch { BRANCH_LEQ, BRANCH_LT, BRANCH_GTE, BRANCH_GT, BRANCH_EQ, BRANCH_NEQ, BRANCH_MEMBER };

struct branch_node {
	enum branch mode;
	bool missing;                   /* it is true of NaN as well */
	int64_t feature;
	const double *value;
	int n_values;                   /* 1, of BRANCH_MEMBER any number */
	int next[2];                    /* where to go on when it is false, when it is true: a node, or -1 - leaf */
};

enum aggregate { AGGREGATE_SUM, AGGREGATE_AVERAGE, AGGREGATE_MIN, AGGREGATE_MAX };      /* as enum nnrt_tree_sum */

/* Trees of one node of the graph: no node is reached twice. All lists are scratch memory. */
struct forest {
	struct module *m;
	int node;                       /* of the graph */
	struct branch_node *branch;
	int n_branches;
	int *root;                      /* of each tree: a branch, or -1 - leaf */
	int n_trees;
	int n_leaves;
	int *begin;                     /* n_leaves + 1: leaf n has weights number begin[n] to begin[n + 1] - 1 */
	int *target;                    /* of each weight */
	double *weight;
	int64_t targets;
	enum aggregate aggregate;
	enum dtype type;                /* x is taken as, and scores are made in: float32 or float64 */
};

/** Rows x targets of scores of input 0 in f->type; -1: reported. Features beyond the input's are refused here. */
int forest_scores(struct forest *f);

#endif

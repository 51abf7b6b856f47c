/* Lowering: nodes to steps. Heavy operators go to the cheapest strategy that applies; everything else to its loop
 * nests. */
#ifndef NNC_LOWER_H
#define NNC_LOWER_H

#include "graph/ir.h"
#include "ops/ops.h"
#include "steps/step.h"

/* One way of computing one operator, in a file of its own. */
struct strategy {
	const char *name;
	const char *op;         /* name of the operator, domain "" or "nnc" */
	/** Estimated cost in cycles of the target, or a negative number with the reason in *why when it does not apply.
	 *  Sees the node after layout and views: strides of inputs and outputs are known. */
	double (*cost)(struct module *m, int node, const char **why);
	bool (*lower)(struct lowering *l, int node);
};

#define STRATEGY(symbol) extern const struct strategy symbol;
#include "strategies.def"
#undef STRATEGY

/** Lowers one node (see struct lowering.node). */
bool lower_node(struct lowering *l);

/** Steps that only copy are left out when source and destination are the same storage. */
bool nest_is_noop(struct nest *n);

/** An empty block for steps of a sub-graph, with the same module and node. */
struct lowering lower_inside(struct lowering *l, struct block *b);

/** The axes of t in `order` have falling strides and the innermost has stride 1 (axes of one element count for
 *  nothing). */
bool lower_has_order(const struct module *m, int t, const uint8_t *order);

/** The given axes, outermost first, walk memory in equal steps, as one axis would. */
bool lower_is_run(struct module *m, int t, const int *axes, int n);

/** The step of that run: the stride of the innermost of the axes that has more than one element. */
struct num lower_run_step(const struct module *m, int t, const int *axes, int n);

/** t itself when its storage has `order` and stride 1 on the innermost axis; else a copy that has, made by a step. */
int lower_in_order(struct lowering *l, int t, const uint8_t *order);

#endif

/* Lowering: nodes to steps. Heavy operators go to the cheapest strategy that applies; everything else to its loop
 * nests. */
#ifndef NNC_LOWER_H
#define NNC_LOWER_H

#include "graph/ir.h"
#include "ops/ops.h"
#include "steps/step.h"

/* How a strategy would compute a node. What a strategy returns begins with this and goes on with all that its lower
 * function needs: shapes read, kernel chosen, layouts. */
struct node_plan {
	double cycles;          /* estimated, of the target */
};

/* One way of computing one operator, in a file of its own. */
struct strategy {
	const char *name;
	const char *op;         /* name of the operator, domain "" or "nnc" */
	/** A plan in m->scratch, valid until the node is lowered; or NULL with the reason in *why when the strategy
	 *  does not apply. Sees the node after layout and views: strides of inputs and outputs are known. Changes
	 *  nothing. */
	struct node_plan *(*plan)(struct module *m, int node, const char **why);
	/** Appends the steps of a plan that this strategy made for l->node. */
	void (*lower)(struct lowering *l, const struct node_plan *plan);
};

#define STRATEGY(symbol, file) extern const struct strategy symbol;
#include "strategies.def"
#undef STRATEGY

/** Lowers one node (see struct lowering.node). */
bool lower_node(struct lowering *l);

/** Drops the steps from number `first` on that do nothing: they copy a storage onto itself, store into an axis without
 *  elements, or make what is known. */
void lower_drop_noops(const struct module *m, struct block *b, int first);

#endif
